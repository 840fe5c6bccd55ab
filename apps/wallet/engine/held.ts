// What the wallet's worker holds while it is open: the locker and the SDK's wallet. Every part of the engine takes them from here.

import type { Wallet } from "../../../client/doors/wallet.ts";
import type { Locker } from "../../shared/locker.ts";

export interface Held {
  locker: Locker;
  wallet: Wallet;
}

/** The wallet is locked, or there is none yet. */
class NotOpenError extends Error {
  override name = "NotOpenError";
  readonly code = "not-open";
}

let held: Held | undefined;

export function hold(next: Held | undefined): void {
  held = next;
}
export const isHeld = (): boolean => held !== undefined;

/** @throws NotOpenError */
function required(): Held {
  if (!held) throw new NotOpenError("the wallet is not open");
  return held;
}
export const wallet = (): Wallet => required().wallet;
export const locker = (): Locker => required().locker;
