// When a wallet renews its pass, and how a person learns that the registrar gives none or enrolled somebody else.

import { describe, expect, it } from "vitest";
import { createClinicKeys } from "../../client/clinic/keys.ts";
import { stateOf } from "../../client/wallet/inspect.ts";
import { PREFETCH_DAYS, planFetch } from "../../client/wallet/schedule.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { contractHashOf } from "../../protocol/documents.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { EPOCH, invitation, NOW, parameters, World } from "../support/wallet-world.ts";

const DAY = 86_400;
const holding =
  (...epochs: number[]) =>
  (epoch: number) =>
    epochs.includes(epoch);

describe("the plan", () => {
  it("fetches next month's pass in the last days of the month, and never before", () => {
    const [start, end] = [epochStart(EPOCH), epochStart(EPOCH + 1)];
    for (const jitter of [0, 0.5, 0.999]) {
      const early = planFetch(start, holding(EPOCH), jitter);
      expect(early.epoch).toBe(EPOCH + 1);
      expect(early.at).toBeGreaterThanOrEqual(end - PREFETCH_DAYS * DAY);
      expect(early.at).toBeLessThan(end);
      const late = planFetch(end - 60, holding(EPOCH), jitter);
      expect(late.at).toBeGreaterThanOrEqual(end - 60);
      expect(late.at).toBeLessThan(end);
      const both = planFetch(end - 60, holding(EPOCH, EPOCH + 1), jitter);
      expect(both.epoch).toBe(EPOCH + 2);
      expect(both.at).toBeGreaterThan(epochStart(EPOCH + 2) - PREFETCH_DAYS * DAY - 1);
    }
  });

  it("draws the time of a missing pass at random, so that it does not follow from the app's start", () => {
    const times = new Set([0, 0.25, 0.5, 0.75].map((jitter) => planFetch(NOW, holding(), jitter).at));
    expect(times.size).toBe(4);
    for (const at of times) expect(at - NOW).toBeLessThan(4 * 3600);
  });
});

describe("a wallet on its schedule", () => {
  it("asks nobody before the time, fetches at it, and holds no pass of a later month before the last days", async () => {
    const world = new World();
    const wallet = await world.enrolledWallet();
    world.asked.splice(0);
    const at = await wallet.keepFresh();
    expect(await wallet.keepFresh()).toBe(at); // drawn once
    expect(world.asked).toEqual([]);
    expect(at).toBeGreaterThanOrEqual(epochStart(EPOCH + 1) - PREFETCH_DAYS * DAY);
    world.now = at;
    expect(epochOf(await wallet.keepFresh())).toBe(EPOCH + 1);
    expect(wallet.overview().credentials.map((c) => c.epoch)).toEqual([EPOCH, EPOCH + 1]);
    expect(wallet.overview()).toMatchObject({ pass: { epoch: EPOCH + 1, stale: false }, warnings: [] });
  });

  it("tells the person when the registrar withholds the pass, tries again, and shows no older one unasked", async () => {
    const world = new World();
    const wallet = await world.enrolledWallet();
    world.refuse = "/v1/refresh/nonce";
    world.now = await wallet.keepFresh();
    for (let i = 0; i < 3; i++) {
      const again = await wallet.keepFresh();
      expect(again - world.now).toBeGreaterThan(0);
      expect(again - world.now).toBeLessThan(10 * 3600);
      world.now = again;
    }
    expect(wallet.overview().warnings.at(-1)).toContain("has given this phone no pass since");
    world.now = epochStart(EPOCH + 2) + DAY;
    expect(wallet.overview()).toMatchObject({ pass: { epoch: EPOCH, stale: true } });
    const warnings = () => wallet.overview().warnings.filter((w) => !w.includes("public log")); // this world has none
    expect(warnings().length).toBe(2);
    expect(wallet.overview().alerts).toContainEqual({ kind: "stale-pass", epoch: EPOCH });
    expect(wallet.overview().alerts).toContainEqual(expect.objectContaining({ kind: "no-pass" }));
    const keys = await createClinicKeys("Patient clinic", { required: [], maxStaleEpochs: 2 }, NOW);
    const offer = await wallet.readInvitation(invitation(keys, world.now));
    expect(offer.stale).toBe(true);
    await expect(wallet.checkIn(offer)).rejects.toMatchObject({ code: "old-credential" });
    expect(wallet.sessions).toEqual([]);
    await wallet.checkIn(offer, { acceptAgeEpochs: 2 }); // the person agrees
    expect(wallet.sessions.length).toBe(1);

    world.refuse = undefined;
    await wallet.refresh();
    expect(wallet.overview()).toMatchObject({ pass: { epoch: EPOCH + 2, stale: false } });
    expect(warnings()).toEqual([]);
  });

  it("warns of a phone in the person's name that it does not know, and of a list without its own", async () => {
    const world = new World();
    const wallet = await world.enrolledWallet();
    const own = world.contracts.map(contractHashOf);
    const strange = contractHashOf(utf8ToBytes("a contract of the registrar's own"));
    for (const [listed, warning, kind] of [
      [[...own, strange], "does not know", "unknown-phone"],
      [[], "lacks one", "missing-phone"],
    ] as const) {
      world.listed = listed;
      world.now = await wallet.keepFresh();
      await wallet.keepFresh();
      expect(wallet.overview().warnings.join()).toContain(warning);
      expect(wallet.overview().alerts).toContainEqual({ kind });
      expect(stateOf(wallet).registrations).toBeDefined(); // signed: evidence
    }
  });

  it("believes no list that the registrar has not signed, or that is of another person", async () => {
    const world = new World();
    const wallet = await world.enrolledWallet();
    world.record = utf8ToBytes("another person");
    await expect(wallet.refresh(EPOCH + 1)).rejects.toMatchObject({ code: "bad-registrations" });
  });

  it("believes no list of another day: one from before a contract of the registrar's own would contradict nothing", async () => {
    const world = new World();
    const wallet = await world.enrolledWallet();
    const { challengeWindowSeconds } = parameters;
    for (const listedAt of [world.now - challengeWindowSeconds - 1, world.now + challengeWindowSeconds + 1]) {
      world.listedAt = listedAt;
      await expect(wallet.refresh(EPOCH + 1)).rejects.toMatchObject({ code: "bad-registrations" });
    }
    expect(wallet.overview().warnings.join()).toContain("bad-registrations");
    // Control: a list within the tolerance of clocks is kept.
    world.listedAt = world.now - challengeWindowSeconds;
    await wallet.refresh(EPOCH + 1);
    expect(stateOf(wallet).registrations).toBeDefined();
  });
});
