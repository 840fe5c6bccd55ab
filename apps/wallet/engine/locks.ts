// The worker's methods for the locks of the wallet: a second one, another one, one fewer. Each change needs a proof that the owner can
// open the wallet just now, so that nobody who holds the open phone for a moment adds a lock of their own.

import { Locker, type LockerState, type Opener } from "../../shared/locker.ts";
import { locker } from "./held.ts";

/** A proof serves one change, within this time. */
const PROOF_MS = 3 * 60_000;
let proof: { kind: Opener["kind"]; until: number } | undefined;

/** Nobody has opened the lock for this change. */
class NotProvenError extends Error {
  override name = "NotProvenError";
  readonly code = "not-proven";
}

/** @throws NotProvenError */
function proven(): Opener["kind"] {
  const now = proof;
  proof = undefined;
  if (!now || now.until < Date.now()) throw new NotProvenError("the lock was not opened for this change");
  return now.kind;
}

export const locksApi = {
  /** @throws WrongOpenerError */
  async proveLock(opener: Opener): Promise<void> {
    locker(); // only while the wallet is open
    proof = undefined;
    await Locker.open(opener);
    proof = { kind: opener.kind, until: Date.now() + PROOF_MS };
  },

  /** Adds a lock, or replaces the one of its kind. @throws NotProvenError */
  async setLock(opener: Opener): Promise<LockerState> {
    proven();
    await locker().setOpener(opener);
    return Locker.state();
  },

  /** The lock that stays is the one that was just opened, so nobody locks themselves out. @throws NotProvenError */
  async removeLock(kind: Opener["kind"]): Promise<LockerState> {
    if (proven() === kind) throw new NotProvenError("the lock that stays was not opened");
    await locker().removeOpeners(kind);
    return Locker.state();
  },
};
