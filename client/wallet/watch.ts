// When a wallet reads the log by itself: about once a day, at random times that follow from no visit (schedule.ts). It learns
// the newest cards of the clinics, finds notices, and compares its parameters with the log (notices.ts).

import { SymbolonError } from "../errors.ts";
import { ApiError } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import { findNotices } from "./notices.ts";
import { jitterOf, planLook, planLookAgain } from "./schedule.ts";
import type { WalletState } from "./state.ts";

/** Reads the log. If it cannot, or if something is wrong with it, the overview tells the person. */
export async function look(w: WalletContext): Promise<void> {
  const now = w.transport.now();
  const jitter = jitterOf(w.transport.rng);
  let trouble: WalletState["logTrouble"];
  try {
    await findNotices(w);
  } catch (error) {
    if (!(error instanceof SymbolonError)) throw error;
    const isWrong = !(error instanceof ApiError);
    trouble = { since: w.state.logTrouble?.since ?? now, reason: error.code, isWrong };
  }
  await w.update((s) => {
    s.logTrouble = trouble;
    s.nextLook = trouble ? planLookAgain(now, jitter) : planLook(now, jitter);
  });
}

/** Reads the log when its time has come. @returns when to call again, in unix seconds */
export async function keepWatch(w: WalletContext): Promise<number> {
  if (w.state.nextLook === undefined || w.state.nextLook <= w.transport.now()) await look(w);
  return w.state.nextLook!;
}
