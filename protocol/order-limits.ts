// Limits of an order: how long it is valid, and which epochs and slots it may open. The escrow applies them when it accepts an
// order. Each trustee applies them again before every round (SPEC.md, section 9).
//
//   ahead             issuedAt > now + the tolerance of clocks
//   expired           now >= expiresAt
//   too-long          expiresAt > issuedAt + MAX_ORDER_SECONDS
//   epoch-order       epochFrom > epochTo
//   not-begun         epochTo is later than the epoch of now
//   too-many-epochs   link, assemble: more than MAX_SCOPE_EPOCHS
//
// A link or an assemble opens slots. The parameters of each of its epochs are judged too:
//
//   other-key-set     an epoch's parameters name another key set than the order
//   epoch-open        check-ins of an epoch can still arrive (isEpochOpen), and the order is no emergency
//   too-many-slots    the epochs have more than MAX_SCOPE_SLOTS slots

import { equalBytes } from "./bytes.ts";
import type { Order, Parameters } from "./documents.ts";
import { epochOf, isEpochOpen, type Tolerances } from "./epoch.ts";

/** An order is valid for at most 90 days. */
export const MAX_ORDER_SECONDS = 90 * 86_400;
/** Ten years. */
export const MAX_SCOPE_EPOCHS = 120;
/** 16 slots per epoch. A Worker needs seconds for each chunk of them (protocol/case-chunks.ts). */
export const MAX_SCOPE_SLOTS = 1920;

export type OrderFault = "ahead" | "expired" | "too-long" | "epoch-order" | "not-begun" | "too-many-epochs";
export type ScopeFault = "other-key-set" | "epoch-open" | "too-many-slots";

/** The first fault of the header's first list; undefined if there is none. @param now unix seconds */
export function orderFault(
  order: Pick<Order, "kind" | "issuedAt" | "expiresAt" | "epochFrom" | "epochTo">,
  now: number,
  toleranceSeconds: number,
): OrderFault | undefined {
  const { kind, issuedAt, expiresAt, epochFrom, epochTo } = order;
  if (issuedAt - now > toleranceSeconds) return "ahead";
  if (now >= expiresAt) return "expired";
  if (expiresAt - issuedAt > MAX_ORDER_SECONDS) return "too-long";
  if (epochFrom > epochTo) return "epoch-order";
  if (epochTo > epochOf(now)) return "not-begun";
  if (kind !== "trace" && epochTo - epochFrom >= MAX_SCOPE_EPOCHS) return "too-many-epochs";
  return undefined;
}

/**
 * The first fault of the header's second list, epoch by epoch and the number of slots last; undefined if there is none.
 * @param epochs the parameters of each epoch of the order, ascending from epochFrom
 */
export function scopeFault(
  order: Pick<Order, "keySetId" | "emergency" | "epochFrom">,
  epochs: readonly (Pick<Parameters, "keySetId" | "slots"> & Tolerances)[],
  now: number,
): ScopeFault | undefined {
  for (const [i, parameters] of epochs.entries()) {
    if (!equalBytes(parameters.keySetId, order.keySetId)) return "other-key-set";
    if (!order.emergency && isEpochOpen(order.epochFrom + i, parameters, now)) return "epoch-open";
  }
  if (epochs.reduce((sum, { slots }) => sum + slots, 0) > MAX_SCOPE_SLOTS) return "too-many-slots";
  return undefined;
}
