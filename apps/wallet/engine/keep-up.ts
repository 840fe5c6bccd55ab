// Renews the pass and reads the public log while the app is open, at times that follow from no visit. A page cannot do so while
// it is closed. People open it when they are at a clinic, so the first time comes some minutes after it was opened, at random.

import { SymbolonError } from "../../../client/doors/wallet.ts";
import { tell } from "../../shared/remote.ts";
import { wallet } from "./held.ts";

const FIRST_MS = { from: 60_000, to: 360_000 };
const AGAIN_MS = 3_600_000;

const timers = new Map<string, ReturnType<typeof setTimeout>>();

const uniform = ({ from, to }: typeof FIRST_MS): number =>
  from + (crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32) * (to - from);

function schedule(name: string, act: () => Promise<number>, after: number): void {
  const timer = setTimeout(async () => {
    let next = AGAIN_MS;
    try {
      next = Math.max(1000, Math.min(AGAIN_MS, (await act()) * 1000 - Date.now()));
      tell("changed", undefined);
    } catch (error) {
      if (!(error instanceof SymbolonError)) console.error(error);
    }
    if (timers.get(name) === timer) schedule(name, act, next);
  }, after);
  timers.set(name, timer);
}

/** Call it when a wallet of an enrolled phone is open. */
export function keepUp(): void {
  stopKeepingUp();
  schedule("pass", () => wallet().keepFresh(), uniform(FIRST_MS));
  schedule("log", () => wallet().keepWatch(), uniform(FIRST_MS));
}

export function stopKeepingUp(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
}
