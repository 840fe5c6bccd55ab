// When a wallet should ask the registrar for its next credential. The registrar sees each fetch, so its time must tell
// nothing about a visit: it is drawn at random, long before it is needed, and never follows from opening an invitation.
//
//   this month's is missing    within CATCH_UP_SECONDS from now
//   next month's is missing    within the last PREFETCH_DAYS of this month
//   both are there             within the last PREFETCH_DAYS of next month, for the month after it
//   the registrar refused      again after RETRY_SECONDS, half as long or half as long again
//
// The bound of a lost phone follows: before the last PREFETCH_DAYS of a month it holds no credential of the next one.

import { epochOf, epochStart } from "../../protocol/epoch.ts";

const DAY_SECONDS = 86_400;
/** The spare time: a registrar that does not answer is asked some twenty times before the old credential ends. */
export const PREFETCH_DAYS = 5;
const CATCH_UP_SECONDS = 4 * 3600;
const RETRY_SECONDS = 6 * 3600;

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

/** The next try after the registrar gave no credential. */
export const planRetry = (now: number, epoch: number, jitter: number): PlannedFetch => ({
  epoch,
  at: now + Math.floor((0.5 + jitter) * RETRY_SECONDS),
});
