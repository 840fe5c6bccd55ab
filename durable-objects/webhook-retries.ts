// When a webhook's delivery is tried again. The waits grow about exponentially, as the Standard Webhooks specification suggests,
// and each is random within a fifth around its mean, so that events which failed together do not come back together. The last
// attempt is about a day and a half after the first. docs/OPERATIONS.md has the table.

/** Mean waits in seconds, before the second attempt and so on. */
export const RETRY_SECONDS = [5, 30, 300, 1800, 7200, 18_000, 36_000, 57_600] as const;
export const MAX_ATTEMPTS = RETRY_SECONDS.length + 1;
/** A webhook that has failed for so long without any success is disabled. */
export const DISABLE_AFTER_SECONDS = 5 * 86_400;
const JITTER = 0.2;
const LONGEST_RETRY_AFTER_SECONDS = 86_400;

/**
 * Milliseconds to wait after a failure; undefined if there is no further attempt.
 * @param attempts made so far, from 1
 * @param random from 0 (included) to 1 (excluded)
 * @param retryAfterSeconds what the receiver asked for
 */
export function retryWaitMs(attempts: number, random: number, retryAfterSeconds = 0): number | undefined {
  const mean = RETRY_SECONDS[attempts - 1];
  if (mean === undefined) return undefined;
  const asked = Math.min(retryAfterSeconds, LONGEST_RETRY_AFTER_SECONDS);
  return Math.round(Math.max(mean * (1 - JITTER + 2 * JITTER * random), asked) * 1000);
}
