// S3 Audience, in time. A clinic lost its HPKE key and replaced it. A thief with the lost key, and with the clinic's help for a
// fresh challenge (or its signing key), shows the card of before, so that wallets seal their messages to the lost key.
//
// A wallet knows the newest cards from its own readings of the log, about once a day, and never reads it at a visit. So the old
// card is good at a wallet until its next reading. That is the control.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClinicKeys, replaceHpkeKey } from "../../client/clinic/keys.ts";
import { Clinic } from "../../client/clinic.ts";
import type { Transport } from "../../client/transport.ts";
import type { Invitation } from "../../client/wallet/check-in.ts";
import type { Wallet } from "../../client/wallet.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { cardHashOf, openSigned, ServiceCard, signDocument } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { enrolled, START } from "./cases.ts";
import { craftChallenge, HOOK_MILLISECONDS } from "./visits.ts";

let p: Practice;
let before: Clinic;
let after: Clinic;
/** knows the old card as the newest from a visit of before */
let regular: Wallet;
/** meets the clinic for the first time */
let newcomer: Wallet;
beforeAll(async () => {
  p = await openPractice({ start: START, slots: 4 });
  before = await p.openClinic("Clinic A");
  ({ wallet: regular } = await enrolled(p, "Alice"));
  ({ wallet: newcomer } = await enrolled(p, "Bob"));
  expect((await regular.readInvitation(await before.invitation())).warnings).toEqual([]);
  after = new Clinic(p.transport, p.deployment, await replaceHpkeKey(before.keys, p.clock.now));
  await p.operator.registerService(after.card());
}, HOOK_MILLISECONDS);
afterAll(() => p?.stop());

const verdict = (wallet: Wallet, invitation: Invitation): Promise<string> =>
  wallet.readInvitation(invitation).then(
    ({ warnings }) => (warnings.length === 0 ? "accepted" : warnings.join(" ")),
    (error: { code: string }) => error.code,
  );

/** Runs while nobody reaches the log. */
async function withoutLog<T>(act: () => Promise<T>): Promise<T> {
  const transport = p.transport as { fetch: Transport["fetch"] };
  const honest = transport.fetch;
  transport.fetch = (async (input: string, init?: RequestInit) => {
    if (String(input).startsWith(p.deployment.logUrl)) throw new TypeError("fetch failed");
    return honest(input, init);
  }) as Transport["fetch"];
  return act().finally(() => {
    transport.fetch = honest;
  });
}

/** The wallet's own reading of the log, when its time has come. */
async function nextLook(wallet: Wallet): Promise<void> {
  p.clock.now = Math.max(p.clock.now, await wallet.keepWatch());
  await wallet.keepWatch();
}

describe("the card of before", () => {
  it("control: is taken by a wallet that knew it as the newest, until it next reads the log", async () => {
    expect(await verdict(regular, await before.invitation())).toBe("accepted");
  });

  it("under the new card's challenge is refused even then: the challenge names the card", async () => {
    const mixed = { card: before.card(), challenge: (await after.invitation()).challenge };
    expect(await verdict(regular, mixed)).toBe("old-card");
  });

  it("beside another card of the same version is refused: a clinic has one card of a version", async () => {
    const { value } = openSigned(LABELS.signServiceCard, ServiceCard, before.card());
    const other = { ...value, name: "Clinic A, another card" };
    const card = signDocument(LABELS.signServiceCard, ServiceCard, other, hexToBytes(before.keys.signSecretKey));
    const challenge = await craftChallenge(before, { cardHash: cardHashOf(card) });
    expect(await verdict(regular, { card, challenge })).toBe("old-card");
  });

  it("is refused after the reading, and the new card is taken", async () => {
    await nextLook(regular);
    expect(await verdict(regular, await before.invitation())).toBe("old-card");
    expect(await verdict(regular, await after.invitation())).toBe("accepted");
  });

  it("is not believed silently by a wallet that could not read the log for long, which warns its owner", async () => {
    p.clock.now += LOG_FRESHNESS_SECONDS + 1;
    await withoutLog(() => nextLook(newcomer));
    p.clock.now += LOG_FRESHNESS_SECONDS;
    expect(await verdict(newcomer, await before.invitation())).toMatch(/not yet seen in the public log/);
    expect(newcomer.overview().warnings.join()).toMatch(/no good answer from the public log/);
    await nextLook(newcomer);
    expect(newcomer.overview().warnings).toEqual([]);
    expect(await verdict(newcomer, await before.invitation())).toBe("old-card");
  });

  it("and one that was never registered: the wallet warns, and the service opens no session", async () => {
    const unknown = new Clinic(p.transport, p.deployment, await createClinicKeys("Nobody", undefined, p.clock.now));
    const offer = await newcomer.readInvitation(await unknown.invitation());
    expect(offer.warnings.join()).toMatch(/not yet seen in the public log/);
    await expect(newcomer.checkIn(offer)).rejects.toMatchObject({ code: "check-in-refused" });
  });
});

describe("a visit", () => {
  const askedOf = async (act: () => Promise<unknown>): Promise<string[]> => {
    const asked: string[] = [];
    const transport = p.transport as { fetch: Transport["fetch"] };
    const honest = transport.fetch;
    transport.fetch = ((input: string, init?: RequestInit) => {
      if (String(input).startsWith(p.deployment.logUrl)) asked.push(String(input));
      return honest(input, init);
    }) as Transport["fetch"];
    await act().finally(() => {
      transport.fetch = honest;
    });
    return asked;
  };

  it("asks the log nothing, whatever card is shown: the log learns no time of a visit", async () => {
    const late = await p.openClinic("Clinic of today");
    const invitations = [await after.invitation(), await before.invitation(), await late.invitation()];
    expect(await askedOf(async () => void (await Promise.all(invitations.map((i) => verdict(regular, i)))))).toEqual(
      [],
    );
    const offer = await regular.readInvitation(await late.invitation());
    expect(await askedOf(() => regular.checkIn(offer))).toEqual([]);
  });
  it("control: the wallet's own reading asks it", async () =>
    expect((await askedOf(() => nextLook(regular))).length).toBeGreaterThan(0));
});
