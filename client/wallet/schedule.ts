// When a wallet should ask the registrar for its next credential, and read the log. Registrar and log see it, so the time must
// tell nothing about a visit: it is drawn at random, long before it is needed, and never follows from opening an invitation.
//
//   this month's is missing    within CATCH_UP_SECONDS from now
//   next month's is missing    within the last PREFETCH_DAYS of this month
//   both are there             within the last PREFETCH_DAYS of next month, for the month after it
//   the registrar refused      again after RETRY_SECONDS, half as long or half as long again
//   the log was read           again after LOOK_SECONDS, half as long or half as long again; RETRY_SECONDS if it failed
//
// The bound of a lost phone follows: before the last PREFETCH_DAYS of a month it holds no credential of the next one.

import type { Rng } from "../../protocol/bytes.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";

const DAY_SECONDS = 86_400;
/** The spare time: a registrar that does not answer is asked some twenty times before the old credential ends. */
export const PREFETCH_DAYS = 5;
const CATCH_UP_SECONDS = 4 * 3600;
const RETRY_SECONDS = 6 * 3600;
/** Half as long again is still half of the log's freshness. */
const LOOK_SECONDS = DAY_SECONDS;

/** The next fetch. `at`: unix seconds */
export interface PlannedFetch {
  epoch: number;
  at: number;
}

/** @param now unix seconds @param holds whether the wallet has the credential of an epoch @param jitter in [0, 1) */
export function planFetch(now: number, holds: (epoch: number) => boolean, jitter: number): PlannedFetch {
  const current = epochOf(now);
  if (!holds(current)) return { epoch: current, at: now + Math.floor(jitter * CATCH_UP_SECONDS) };
  const epoch = holds(current + 1) ? current + 2 : current + 1;
  const end = epochStart(epoch);
  const from = Math.max(now, end - PREFETCH_DAYS * DAY_SECONDS);
  return { epoch, at: from + Math.floor(jitter * (end - from)) };
}

/** Uniform in [0, 1). */
export const jitterOf = (rng: Rng): number => new DataView(rng(4).slice().buffer).getUint32(0) / 2 ** 32;

/** When to read the log again, after a reading and after one that failed. */
export const planLook = (now: number, jitter: number): number => now + Math.floor((0.5 + jitter) * LOOK_SECONDS);
export const planLookAgain = (now: number, jitter: number): number => now + Math.floor((0.5 + jitter) * RETRY_SECONDS);

/** The next try after the registrar gave no credential. */
export const planRetry = (now: number, epoch: number, jitter: number): PlannedFetch => ({
  epoch,
  at: now + Math.floor((0.5 + jitter) * RETRY_SECONDS),
});
