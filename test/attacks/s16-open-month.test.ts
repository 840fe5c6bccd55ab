// S16, S7: a month's index stays open for as long as a check-in of that month can arrive: max(grace, window) after its end,
// and the delivery margin after that. The same scenes run against ours, and against Workers that close after the smaller of
// the two tolerances.
//
//   August      window 10 minutes, grace 2 days: a clinic that was offline hands a check-in in, two hours after the month
//   September   window 3 hours, no grace: a wallet answers a challenge of the month, two hours after the month
//
// Alice has one visit early in each month. The late one is made in the month's last minute and arrives two hours after it.
// Both services accept it: nothing is wrong with it. If the index was closed by then, the session has no row in it.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { Requester } from "../../client/requester.ts";
import type { Wallet } from "../../client/wallet.ts";
import type { Weakening } from "../../local/bundles.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { INDEX_CLOSED_WITHIN_SECONDS } from "../../protocol/index-tree.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { approvedBy, cosigned, enrolled, indexOf, LINK, newRequester, outcome, ownTrustee, visit } from "./cases.ts";
import { craftCheckIn, partsOf, postCheckIn } from "./visits.ts";

const HOUR = 3600;
const AUGUST = epochOf(Date.UTC(2026, 7, 10) / 1000);
const SEPTEMBER = AUGUST + 1;
const ATTRIBUTES = [
  { name: "coverage", values: ["standard", "extended"] },
  { name: "age", values: ["child", "adult", "senior"] },
];
/** The month ends for these Workers when the smaller tolerance has passed. */
const HASTY: Weakening[] = [
  {
    file: "protocol/epoch.ts",
    find: "epochStart(epoch + 1) + maxArrivalSeconds(tolerances);",
    replace: "epochStart(epoch + 1) + Math.min(tolerances.challengeWindowSeconds, tolerances.offlineGraceSeconds);",
  },
];

interface Scene {
  p: Practice;
  clinic: Clinic;
  wallet: Wallet;
  requester: Requester;
}

async function openScene(weakening: Weakening[]): Promise<Scene> {
  const workers = ["service", "escrow", "trustee-1", "trustee-2", "trustee-3"];
  const weaken = weakening.length > 0 ? Object.fromEntries(workers.map((role) => [role, weakening])) : {};
  const start = epochStart(AUGUST) + 9 * 86_400;
  const p = await openPractice({ start, slots: 4, epochs: 1, weaken });
  await p.operator.issueParameters({
    keySet: KeySet.encode(ownTrustee(p.host, 1).keySet),
    realm: "symbolon.local",
    epochFrom: SEPTEMBER,
    epochTo: SEPTEMBER + 1,
    slots: 4,
    attributes: ATTRIBUTES,
    challengeWindowSeconds: 3 * HOUR,
    offlineGraceSeconds: 0,
  });
  const clinic = await p.openClinic("General practice");
  const { wallet } = await enrolled(p, "Alice");
  const { requester } = await newRequester(p, "Dr. Later");
  return { p, clinic, wallet, requester };
}

let ours: Scene;
let hasty: Scene;
beforeAll(async () => {
  ours = await openScene([]);
  hasty = await openScene(HASTY);
}, 240_000);
afterAll(async () => {
  await ours?.p.stop();
  await hasty?.p.stop();
});

/** Both steps of closing a month, as an operator does them. */
async function close({ p }: Scene, epoch: number): Promise<{ late: number; logIndex: number }> {
  await p.operator.completeIndex(epoch);
  return p.operator.closeIndex(epoch);
}

/** A month from its tenth day until its index is closed in time. `stays`: what keeps it open, in seconds. */
async function month(s: Scene, epoch: number, handedIn: "by the clinic" | "by the wallet", stays: number) {
  const { p, clinic, wallet } = s;
  const end = epochStart(epoch + 1);
  p.clock.now = epochStart(epoch) + 9 * 86_400;
  await wallet.refresh(epoch);
  const early = await visit(wallet, clinic);
  await indexOf(p, epoch, 1);
  p.clock.now = end - 60;
  const slot = [0, 1, 2, 3].find((n) => !wallet.sessions.some((x) => x.epoch === epoch && x.slot === n))!;
  const made = await craftCheckIn(p, partsOf(wallet, epoch), clinic, { slot });

  // Somebody in a hurry closes the month as soon as the Workers let them.
  p.clock.now = end + 600 + HOUR;
  const closedEarly = await outcome(() => close(s, epoch));

  p.clock.now = end + 2 * HOUR;
  let late: ClinicSession;
  if (handedIn === "by the clinic") {
    late = await clinic.verify(made.bytes);
    await clinic.handIn(late);
  } else {
    expect(await postCheckIn(p, made.bytes)).toMatchObject({ status: 201 });
    late = await clinic.verify(made.bytes);
  }

  p.clock.now = end + stays + HOUR - 1;
  const closedBefore = await outcome(() => close(s, epoch));
  p.clock.now = end + stays + HOUR;
  const closed = await close(s, epoch);
  await cosigned(p, closed.logIndex + 1);
  const { findings } = await clinic.auditIndex(epoch);

  p.clock.now = end + stays + HOUR + INDEX_CLOSED_WITHIN_SECONDS; // from now on, trustees expect the root
  const epochs = { from: epoch, to: epoch };
  const request = { ...LINK, purpose: "care", epochs, subject: { checkIn: early.checkInBytes } };
  const prepared = await approvedBy(p, s.requester, request, [1, 2]);
  await s.requester.advance(prepared);
  const { sessions, unproved } = await s.requester.openResult(prepared);
  return {
    closedEarly,
    closedBefore,
    late: closed.late,
    audit: findings.map(({ kind }) => kind),
    found: sessions.map((x) => x.tagHash).sort(),
    unproved,
    both: [early.tagHash, late.tagHash].sort(),
    early: [early.tagHash],
  };
}

describe.each([
  { name: "the grace is longer", epoch: AUGUST, handedIn: "by the clinic" as const, stays: 2 * 86_400 },
  { name: "the window is longer", epoch: SEPTEMBER, handedIn: "by the wallet" as const, stays: 3 * HOUR },
])("a month in which $name", ({ epoch, handedIn, stays }) => {
  it("stays open until the last check-in can have arrived, and each session has its row", async () => {
    const { both, early: _, ...told } = await month(ours, epoch, handedIn, stays);
    expect(told).toEqual({
      closedEarly: expect.stringContaining("not-allowed-now"),
      closedBefore: expect.stringContaining("not-allowed-now"),
      late: 0,
      audit: [],
      found: both,
      unproved: [],
    });
  });
  it("control: closed after the shorter one, it misses an accepted session, and no case finds it", async () => {
    const { early, both: _, ...told } = await month(hasty, epoch, handedIn, stays);
    expect(told).toEqual({
      closedEarly: "accepted",
      closedBefore: "accepted",
      late: 1,
      audit: ["missing-session"],
      found: early,
      unproved: [], // the month has its root, so the result does not say that a session is missing
    });
  });
});
