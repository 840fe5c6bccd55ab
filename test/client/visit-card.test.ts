// A visit card: an open visit on paper. The visit's clinic takes it once, and every other text is refused.

import { createHash, createHmac } from "node:crypto";
import { base32nopad } from "@scure/base";
import { beforeAll, describe, expect, it } from "vitest";
import { qrModules } from "../../cli/qr.ts";
import { MemoryTakenVisitCards } from "../../client/clinic/visit-cards.ts";
import { Clinic } from "../../client/clinic.ts";
import { restoreChannel } from "../../client/sealing/messages.ts";
import {
  isCardOf,
  readVisitCardText,
  VISIT_CARD_SECONDS,
  visitCardEnd,
  writeVisitCard,
} from "../../client/shared/visit-card.ts";
import { stateOf } from "../../client/wallet/inspect.ts";
import type { Wallet } from "../../client/wallet.ts";
import { bytesToHex, concatBytes, hexToBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { parseTid } from "../../protocol/tid.ts";
import { rng } from "../support/trustees.ts";
import { deployment, NOW, newClinic, receiptFor, World } from "../support/wallet-world.ts";

const SCHEME = "SYMBOLON-CARD:";
const bytesOf = (text: string): Uint8Array => base32nopad.decode(text.slice(SCHEME.length));
const checked = (body: Uint8Array): string =>
  SCHEME + base32nopad.encode(concatBytes(body, createHash("sha256").update(body).digest().subarray(0, 4)));
const refused = (code: string) => expect.objectContaining({ code });
const key = new Uint8Array(32).fill(3);
const tagHash = new Uint8Array(32).fill(7);

describe("the text", () => {
  const card = writeVisitCard(key, tagHash, NOW);

  it("is as SPEC section 6 says, computed without the SDK", () => {
    const notAfter = new Uint8Array(8);
    new DataView(notAfter.buffer).setBigUint64(0, BigInt(NOW));
    const mac = createHmac("sha256", key)
      .update(concatBytes(Uint8Array.of(1), tagHash, notAfter))
      .digest();
    expect(card).toEqual({
      text: checked(concatBytes(Uint8Array.of(1), notAfter, mac.subarray(0, 16))),
      notAfter: NOW,
    });
  });

  it("is short enough for typing, and for a code that survives a fold", () => {
    expect(card.text.length).toBe(SCHEME.length + 47);
    expect(qrModules(card.text)).toBeLessThanOrEqual(33);
  });

  it("is read in either case and with space around it", () => {
    const parts = readVisitCardText(card.text);
    expect(readVisitCardText(` ${card.text.toLowerCase()}\n`)).toEqual(parts);
    expect(isCardOf(key, tagHash, parts)).toBe(true);
  });

  it("is refused if a letter is wrong, missing or more, and in any second form", () => {
    const { text } = card;
    const body = bytesOf(text).subarray(0, -4);
    expect(checked(body)).toBe(text); // control: the helper makes the right check
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(text.at(-1)!);
    const bad = [
      "",
      SCHEME,
      text.slice(SCHEME.length),
      text.replace("-CARD", ""),
      `${text}A`,
      `${text}=`,
      text.slice(0, -1),
      text.replace(/.{8}$/, ""),
      `${text.slice(0, 20)} ${text.slice(20)}`,
      checked(concatBytes(body, Uint8Array.of(0))), // trailing bytes
      checked(body.subarray(0, -1)),
      checked(concatBytes(Uint8Array.of(2), body.subarray(1))),
      checked(concatBytes(Uint8Array.of(1, 255), body.subarray(2))), // a time beyond 2^53
      `${text.slice(0, -1)}${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[last ^ 1]}`, // the same bytes, other bits of padding
      text + "A".repeat(500),
    ];
    for (let at = SCHEME.length; at < text.length; at++)
      bad.push(`${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`);
    for (const one of bad) expect(() => readVisitCardText(one), one).toThrow(refused("bad-card"));
  });

  it("fits no other key, visit or time", () => {
    const parts = readVisitCardText(card.text);
    expect(isCardOf(new Uint8Array(32).fill(4), tagHash, parts)).toBe(false);
    expect(isCardOf(key, new Uint8Array(32).fill(8), parts)).toBe(false);
    expect(isCardOf(key, tagHash, { ...parts, notAfter: NOW + 1 })).toBe(false);
    for (let i = 0; i < 16; i++)
      expect(isCardOf(key, tagHash, { ...parts, mac: parts.mac.map((x, j) => (i === j ? x ^ 1 : x)) })).toBe(false);
    expect(isCardOf(key, tagHash, { ...parts, mac: parts.mac.subarray(0, 15) })).toBe(false);
  });
});

/** A service that stores check-ins, two clinics, and a wallet. */
async function region() {
  const world = new World();
  const rows = new Map<string, { service: string; checkIn: Uint8Array }>();
  let down = false;
  world.onCheckIn = (body) => {
    const { tagHash: tag, challenge } = readCheckIn(body);
    rows.set(bytesToHex(tag), { service: bytesToHex(challenge.serviceId), checkIn: body.slice() });
    return new Response(receiptFor(body) as BodyInit);
  };
  world.answer = (path) => {
    if (down) throw new TypeError("fetch failed");
    if (path === "/v1/token") return { access_token: "token", expires_in: 300 };
    const [, service, rest = ""] = /^\/v1\/services\/([0-9a-f]{32})\/(.*)$/.exec(path) ?? [];
    const own = [...rows].filter(([, row]) => row.service === service);
    if (rest.startsWith("events?after=")) {
      const after = Number(new URLSearchParams(rest.slice(7)).get("after"));
      const events = own
        .map(([tag, { checkIn }]) => ({
          type: "check-in",
          day: dayOf(readCheckIn(checkIn).challenge.issuedAt),
          tagHash: tag,
        }))
        .filter(({ day }) => day >= after - 1);
      return { events, today: String(dayOf(world.now)) };
    }
    const row = own.find(([tag]) => rest === `sessions/${tag}`);
    return row && { tagHash: toBase64url(hexToBytes(row[0])), checkIn: toBase64url(row[1].checkIn) };
  };
  const open = async (name: string) => new Clinic(world.transport, deployment, await newClinic(name));
  const [harbour, hill] = [await open("Harbour"), await open("Hill")];
  const wallet = await world.enrolledWallet();
  const checkIn = async (at: Clinic) =>
    (await wallet.checkIn(await wallet.readInvitation(await at.invitation()))).tagHash;
  return { world, rows, harbour, hill, wallet, checkIn, setDown: (next: boolean) => (down = next) };
}

/** The card of a visit under its true key, with a time of the test's choice. */
function cardUntil(wallet: Wallet, tag: string, notAfter: number): string {
  const { channel } = stateOf(wallet).sessions.find((s) => s.tagHash === tag)!;
  return writeVisitCard(restoreChannel(channel!).visitCardKey(), hexToBytes(tag), notAfter).text;
}

describe("a card at the clinic", () => {
  let r: Awaited<ReturnType<typeof region>>;
  let first: string;
  let second: string;
  let elsewhere: string;
  beforeAll(async () => {
    r = await region();
    first = await r.checkIn(r.harbour);
    second = await r.checkIn(r.harbour);
    elsewhere = await r.checkIn(r.hill);
  });
  const cards = () => r.harbour.visitCards(new MemoryTakenVisitCards());

  it("finds its visit among all, and is good until a full hour, three days after the clinic's challenge", async () => {
    for (const tag of [first, second]) {
      const card = r.wallet.visitCard(tag);
      expect(NOW + VISIT_CARD_SECONDS - card.notAfter).toBe(3200);
      expect(card.notAfter % 3600).toBe(0);
      expect(r.wallet.visitCard(tag)).toEqual(card);
      expect(await cards().take(card.text)).toMatchObject({ outcome: "arrived", at: NOW, session: { tagHash: tag } });
    }
  });

  it("is taken once, also after a restart", async () => {
    const store = new MemoryTakenVisitCards();
    const { text } = r.wallet.visitCard(first);
    const at = r.harbour.visitCards(store);
    const both = await Promise.all([at.take(text), at.take(text)]);
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(["arrived", "used"]);
    r.world.now = NOW + 60;
    const restarted = r.harbour.visitCards(store);
    expect(await restarted.take(text)).toMatchObject({ outcome: "used", at: NOW });
    expect(await restarted.take(r.wallet.visitCard(second).text)).toMatchObject({ outcome: "arrived", at: NOW + 60 });
    r.world.now = NOW;
  });

  it("asks nobody about a visit that the caller knows", async () => {
    const known = [await r.harbour.session(second), await r.harbour.session(first)];
    const asked = r.world.asked.length;
    expect((await cards().take(r.wallet.visitCard(first).text, known)).session).toBe(known[1]);
    expect(r.world.asked.length).toBe(asked);
  });

  it("is unknown, with one and the same answer, if it is of another clinic or forged", async () => {
    const parts = readVisitCardText(r.wallet.visitCard(first).text);
    const forged = writeVisitCard(rng(32), hexToBytes(first), parts.notAfter).text;
    const errors = [];
    for (const text of [r.wallet.visitCard(elsewhere).text, forged])
      errors.push(
        await cards()
          .take(text)
          .catch((error: Error & { code: string }) => [error.code, error.message]),
      );
    expect(errors[0]).toEqual(["unknown-card", "No visit of this clinic has this card."]);
    expect(errors[1]).toEqual(errors[0]);
    expect(await r.hill.visitCards(new MemoryTakenVisitCards()).take(r.wallet.visitCard(elsewhere).text)).toMatchObject(
      {
        outcome: "arrived",
      },
    );
  });

  it("is refused after its time, by the desk's clock and in the wallet", async () => {
    const { text, notAfter } = r.wallet.visitCard(first);
    r.world.now = notAfter;
    expect(await cards().take(text)).toMatchObject({ outcome: "arrived" });
    r.world.now = notAfter + 1;
    await expect(cards().take(text)).rejects.toMatchObject({ code: "card-expired" });
    expect(() => r.wallet.visitCard(first)).toThrow(refused("card-expired"));
    r.world.now = NOW;
    await expect(cards().take(cardUntil(r.wallet, first, NOW - 1))).rejects.toMatchObject({ code: "card-expired" });
  });

  it("is refused if its own wallet made it for longer, or if the time was altered", async () => {
    const longest = NOW + VISIT_CARD_SECONDS;
    expect(await cards().take(cardUntil(r.wallet, first, longest))).toMatchObject({ outcome: "arrived" });
    for (const known of [[], [await r.harbour.session(first)]])
      await expect(cards().take(cardUntil(r.wallet, first, longest + 1), known)).rejects.toMatchObject({
        code: "bad-card",
      });
    const bytes = bytesOf(r.wallet.visitCard(first).text).subarray(0, -4).slice();
    bytes[8]! -= 1;
    await expect(cards().take(checked(bytes))).rejects.toMatchObject({ code: "unknown-card" });
  });

  it("is not called unknown while the service cannot be asked", async () => {
    r.setDown(true);
    await expect(cards().take(r.wallet.visitCard(first).text)).rejects.toMatchObject({ code: "unreachable" });
    r.setDown(false);
  });

  it("is found behind check-ins of the service that are no good", async () => {
    const bad = "0".repeat(64);
    r.rows.set(bad, { service: bytesToHex(r.harbour.serviceId), checkIn: r.rows.get(first)!.checkIn });
    const [entry] = [...r.rows].filter(([tag]) => tag === bad);
    expect(entry).toBeDefined();
    const late = await r.checkIn(r.harbour);
    expect((await cards().take(r.wallet.visitCard(late).text)).session.tagHash).toBe(late);
    r.rows.delete(bad);
  });

  it("has nothing that can be looked up: neither the tag hash nor the TID", async () => {
    const { text } = r.wallet.visitCard(first);
    const { tid } = await r.harbour.session(first);
    expect(parseTid(tid)).toBe(tid);
    expect(text).not.toContain(tid.slice(0, 5));
    // Version, time and a mac that changes wholly with the key.
    const other = writeVisitCard(rng(32), hexToBytes(first), visitCardEnd(NOW)).text;
    const [a, b] = [bytesOf(text), bytesOf(other)];
    expect(a.subarray(0, 9)).toEqual(b.subarray(0, 9));
    expect(a.subarray(9, 25).filter((x, i) => x === b[9 + i]).length).toBeLessThan(6);
    const day = bytesOf(r.wallet.visitCard(second).text);
    expect(day.subarray(0, 9)).toEqual(a.subarray(0, 9)); // all cards of one hour begin alike
  });
});

describe("the wallet makes no card", () => {
  it("of a visit that it does not have, that was not confirmed, or that was recovered", async () => {
    const { world, harbour, wallet, checkIn } = await region();
    expect(() => wallet.visitCard("00".repeat(32))).toThrow(refused("no-such-session"));
    expect(() => wallet.visitCard("x")).toThrow(refused("bad-id"));

    const offer = await wallet.readInvitation(await harbour.invitation());
    const { tagHash: handed } = await wallet.handOver(offer);
    expect(() => wallet.visitCard(handed)).toThrow(refused("card-not-open"));

    const open = await checkIn(harbour);
    expect(wallet.visitCard(open).text).toMatch(/^SYMBOLON-CARD:[A-Z2-7]{47}$/); // control
    const state = structuredClone(stateOf(wallet));
    for (const s of state.sessions)
      if (s.tagHash === open) {
        s.state = "recovered";
        delete s.checkIn;
        delete s.channel;
      }
    const { visitCard } = await import("../../client/wallet/visit-card.ts");
    const recovered = state.sessions.find((s) => s.tagHash === open)!;
    expect(() => visitCard(recovered, world.now)).toThrow(refused("card-not-open"));
  });
});
