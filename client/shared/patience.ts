// Waiting before a request is sent again. Waits grow and are random ("full jitter"), so that clients which met once do not meet
// again and again.

/** What a wait needs of a Transport. */
interface Waits {
  rng(n: number): Uint8Array;
}

const FIRST_MS = 50;
const LONGEST_MS = 5_000;

/** A random number from 0 (included) to 1 (excluded). */
function fraction({ rng }: Waits): number {
  const [a, b] = rng(2) as unknown as [number, number];
  return (a * 256 + b) / 65_536;
}

/** Waits before attempt `attempt` + 1. @param atLeastMs what the other side asked for */
export function pause(t: Waits, attempt: number, atLeastMs = 0, longestMs = LONGEST_MS): Promise<void> {
  const span = Math.min(longestMs, FIRST_MS * 2 ** attempt);
  const ms = atLeastMs + fraction(t) * Math.max(span, atLeastMs / 2);
  return new Promise((done) => setTimeout(done, ms));
}
