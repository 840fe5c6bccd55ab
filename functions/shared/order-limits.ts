// Limits of an order. The escrow applies them when it accepts an order. Each trustee applies them again before every round.

import { clockSkew } from "./clock.ts";

/** An order is valid for at most 90 days. */
export const MAX_ORDER_SECONDS = 90 * 86_400;
/** Ten years. */
export const MAX_SCOPE_EPOCHS = 120;
/** 16 slots per epoch. A Worker needs seconds for each chunk of them (protocol/case-chunks.ts). */
export const MAX_SCOPE_SLOTS = 1920;

/** @throws Problem clock-skew if the order is dated further ahead of this Worker's clock than the tolerance */
export function checkOrderIsNotAhead(issuedAt: number, now: number, toleranceSeconds: number): void {
  const ahead = issuedAt - now;
  if (ahead > toleranceSeconds)
    throw clockSkew(
      `The order is dated ${ahead} seconds ahead of this server's clock; at most ${toleranceSeconds} are allowed.`,
    );
}
