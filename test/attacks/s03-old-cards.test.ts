// S3 Audience, in time. A clinic lost its HPKE key and replaced it. A thief with the lost key, and with the clinic's help for a
// fresh challenge (or its signing key), shows the card of before, so that wallets seal their messages to the lost key.
//
// The attack has three forms: the old card under the new card's challenge, the old card under a challenge of its own, and the
// same at a wallet that knew the old card as the newest. The control is a phone without a way to the log: it takes the old
// card, and warns its owner.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClinicKeys, replaceHpkeKey } from "../../client/clinic/keys.ts";
import { Clinic } from "../../client/clinic.ts";
import type { Transport } from "../../client/transport.ts";
import type { Invitation } from "../../client/wallet/check-in.ts";
import type { Wallet } from "../../client/wallet.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { enrolled, START } from "./cases.ts";
import { HOOK_MILLISECONDS } from "./visits.ts";

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

describe("the card of before", () => {
  it("control: a phone without a way to the log takes it, with a warning", async () => {
    expect(await withoutLog(async () => verdict(newcomer, await before.invitation()))).toMatch(/cannot check now/);
  });

  it("under the new card's challenge is refused even then: the challenge names the card", async () => {
    const mixed = { card: before.card(), challenge: (await after.invitation()).challenge };
    expect(await withoutLog(() => verdict(newcomer, mixed))).toBe("old-card");
  });

  it("is refused by a wallet that meets the clinic for the first time", async () => {
    expect(await verdict(newcomer, await before.invitation())).toBe("old-card");
    expect(await verdict(newcomer, await after.invitation())).toBe("accepted");
  });

  it("is refused by a wallet that knew it as the newest, once its knowledge is not fresh", async () => {
    // Control: until then the wallet asks nobody, so it cannot know.
    expect(await verdict(regular, await before.invitation())).toBe("accepted");
    p.clock.now += LOG_FRESHNESS_SECONDS + 1;
    expect(await withoutLog(async () => verdict(regular, await before.invitation()))).toMatch(/cannot check now/);
    expect(await verdict(regular, await before.invitation())).toBe("old-card");
    expect(await withoutLog(async () => verdict(regular, await before.invitation()))).toBe("old-card");
  });

  it("opens no session at the service, and a card that was never registered is refused everywhere", async () => {
    const unknown = new Clinic(p.transport, p.deployment, await createClinicKeys("Nobody", undefined, p.clock.now));
    expect(await verdict(newcomer, await unknown.invitation())).toBe("unlogged-card");
    const offer = await withoutLog(async () => newcomer.readInvitation(await unknown.invitation()));
    await expect(newcomer.checkIn(offer)).rejects.toMatchObject({ code: "check-in-refused" });
  });
});
