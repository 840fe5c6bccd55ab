// The answer to a party whose clock is too far from this Worker's (protocol/clock.ts). It says by how many seconds. It is
// computed from the time that the message claims and from this Worker's own clock, and from nothing else.

import { Problem } from "./problems.ts";

/** @param detail says which time is meant, and by how many seconds it differs */
export const clockSkew = (detail: string): Problem => new Problem("clock-skew", detail);

/**
 * @param ahead seconds by which the sender's clock is ahead of this Worker's; negative if it is behind
 * @throws Problem clock-skew if that is more than the tolerance
 */
export function checkClock(ahead: number, toleranceSeconds: number): void {
  const seconds = Math.abs(ahead);
  if (seconds <= toleranceSeconds) return;
  const direction = ahead > 0 ? "ahead of" : "behind";
  throw clockSkew(
    `Your clock is ${seconds} seconds ${direction} this server's; at most ${toleranceSeconds} are allowed.`,
  );
}

/** The answer to an order that is dated further ahead of this Worker's clock than the tolerance. */
export const orderAhead = (issuedAt: number, now: number, toleranceSeconds: number): Problem =>
  clockSkew(
    `The order is dated ${issuedAt - now} seconds ahead of this server's clock; at most ${toleranceSeconds} are allowed.`,
  );
