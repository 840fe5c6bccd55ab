// The text of an invitation: it fits a QR code, and a text that was cut, mistyped or made otherwise is refused.

import { sha256 } from "@noble/hashes/sha2.js";
import { base32nopad } from "@scure/base";
import { expect, it } from "vitest";
import { qrModules } from "../../cli/qr.ts";
import { clinicCard, createClinicKeys } from "../../client/clinic/keys.ts";
import { readInvitationText, writeInvitation } from "../../client/shared/invitation.ts";
import { concatBytes } from "../../protocol/bytes.ts";
import { invitation, NOW, newClinic, World } from "../support/wallet-world.ts";

const SCHEME = "SYMBOLON:";
const bytesOf = (text: string): Uint8Array => base32nopad.decode(text.slice(SCHEME.length));
/** A text over these bytes with a check that fits. */
const textOver = (body: Uint8Array): string =>
  SCHEME + base32nopad.encode(concatBytes(body, sha256(body).subarray(0, 4)));

it("carries a challenge, with the card or without it, in either case", async () => {
  const { card, challenge } = invitation(await newClinic());
  expect(readInvitationText(writeInvitation({ challenge }))).toEqual({ challenge, card: undefined });
  expect(readInvitationText(` ${writeInvitation({ challenge, card }).toLowerCase()}\n`)).toEqual({ challenge, card });
});

it("fits a QR code that a phone reads from a screen", async () => {
  // Two attributes with several values: more than the clinics of the demo ask for.
  const required = [
    { attribute: "coverage", accepted: ["standard", "extended"] },
    { attribute: "age", accepted: ["adult", "senior"] },
  ];
  const keys = await createClinicKeys("Harbour Clinic", { required, maxStaleEpochs: 1 }, NOW);
  const text = writeInvitation({ challenge: invitation(keys).challenge });
  expect(text.length).toBeLessThan(520);
  expect(qrModules(text)).toBeLessThanOrEqual(69);
  // Bytes of the largest code of all, with 177 modules a side: the card alone would not fit.
  expect(clinicCard(keys).length).toBeGreaterThan(2953);
});

it("refuses every other text", async () => {
  const { challenge } = invitation(await newClinic());
  const text = writeInvitation({ challenge });
  const bytes = bytesOf(text);
  const body = bytes.subarray(0, -4);
  expect(textOver(body)).toBe(text); // control: the helper makes the right check
  const other = (at: number): string => `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
  const bad: [string, string][] = [
    ["", "does not begin"],
    ["https://symbolon.example/AAAA", "does not begin"],
    [SCHEME, "version"],
    [text.slice(0, -8), "cut or mistyped"],
    [other(40), "cut or mistyped"],
    [other(text.length - 3), "cut or mistyped"],
    [textOver(concatBytes(Uint8Array.of(2), body.subarray(1))), "version 2"],
    [textOver(concatBytes(body, Uint8Array.of(0))), ""], // trailing bytes
    [textOver(body.subarray(0, -1)), ""],
    [`${text}=`, ""],
    [`${text}1`, ""], // 1 is no symbol of base32
    [text + "A".repeat(70_000), "more than"],
  ];
  for (const [one, reason] of bad) {
    const read = (): unknown => readInvitationText(one);
    expect(read, one.slice(0, 60)).toThrow(expect.objectContaining({ code: "bad-invitation" }));
    expect(read).toThrow(reason);
  }
});

it("lets the wallet fetch the card that the challenge names, and no other", async () => {
  const world = new World();
  const [wallet, keys] = [await world.enrolledWallet(), await newClinic()];
  const { card, challenge } = invitation(keys);
  const text = writeInvitation({ challenge });
  world.answer = (path) => (path.startsWith("/v1/services/") ? card : undefined);
  const offer = await wallet.readInvitation(text);
  expect(offer.service.name).toBe("Clinic");
  expect(offer.invitation).toEqual({ card, challenge });
  expect(world.asked.at(-1)).toMatch(/^service\.test\/v1\/services\/[0-9a-f]{32}$/);

  const foreign = clinicCard(await newClinic("Foreign"));
  world.answer = () => foreign;
  await expect(wallet.readInvitation(text)).rejects.toMatchObject({ code: "old-card" });
  // With the card in the text nobody is asked.
  const asked = world.asked.length;
  await wallet.readInvitation(writeInvitation({ challenge, card }));
  expect(world.asked.length).toBe(asked);
});
