// Limits of an order. The escrow applies them when it accepts an order. Each trustee applies them again before every round.

/** An order is valid for at most 90 days. */
export const MAX_ORDER_SECONDS = 90 * 86_400;
/** Ten years. */
export const MAX_SCOPE_EPOCHS = 120;
/** 16 slots per epoch. A Worker needs seconds for each chunk of them (protocol/case-chunks.ts). */
export const MAX_SCOPE_SLOTS = 1920;
