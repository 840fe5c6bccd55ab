// The device mark: a wallet finds out by it that its store is a copy, or was restored from a backup.
//
// A backup brings an old state to this phone or to another one. That state does not know the slots and frame numbers that
// were used since. A slot used again shows two clinics one tag, and a frame number used again breaks the secrecy of both
// frames. So the state names a mark, and a second store, which no backup reaches (DeviceMarkStore), holds the mark too.
//
//   mark     16 random bytes, new at each write of the state that uses a slot or a frame number
//   state    its own mark, and the one before
//   order    1 save the state with a new mark   2 save the mark on the device   3 the check-in or frame leaves
//
// Invariant: a check-in or frame leaves only when the device's mark was the mark of a saved state that holds it. The wallet
// compares both marks when it opens the store, and before and after each such write:
//
//   the state's mark is the device's          everything that left is in this state
//   the state's mark before is the device's   the app stopped between 1 and 2. This state follows one that holds everything
//                                             that left, and nothing new of it has left. Step 2 is done now
//   anything else                             a copy, or an older state. The wallet claims the store
//
// The second line needs random marks. With a counter, a state that was abandoned between 1 and 2 and comes back from a
// backup would have the number of another state, whose slot did leave.
//
// Claiming bars every phone of the state for ever: it checks in under none of them, and sends in none of their channels.
// It drops the device key and a pending enrolment, because the phone with the original has the same ones. Reading goes on.
// The person enrols again, with a fresh salt. A claim is a write like the others: the claimed state names the device's mark
// as the one before, and another window can do step 2. A device without a mark first draws one, so that no two devices
// start from the same. A state without a mark is claimed too, which costs an empty wallet nothing.

import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { type CodeOf, SymbolonError } from "../errors.ts";
import { knownPhones } from "./claims.ts";
import { MAX_RELOADS, type WalletContext } from "./context.ts";
import { type DeviceMarkStore, type StateMark, StoreConflictError, type WalletState } from "./state.ts";

const MARK_BYTES = 16;

/** The store is a copy or was restored from a backup. Only a new enrolment lets this phone check in again. */
export class CopiedStoreError extends SymbolonError<CodeOf<"CopiedStoreError">> {
  override name = "CopiedStoreError";
  constructor() {
    super("copied-store");
  }
}

/** Whether this store must not check in or send under this phone. */
export const isBarred = ({ barred }: Readonly<WalletState>, { salt }: { salt: Hex }): boolean => barred.includes(salt);

/** @throws CopiedStoreError */
export function assertNotBarred(state: Readonly<WalletState>, phone: { salt: Hex }): void {
  if (isBarred(state, phone)) throw new CopiedStoreError();
}

const newMark = (w: WalletContext): Hex => bytesToHex(w.transport.rng(MARK_BYTES));

/** Whether the state follows the write that left this mark on the device. */
const follows = ({ mark }: Readonly<WalletState>, found: Hex): boolean => mark?.now === found || mark?.before === found;

function claim(s: WalletState, mark: StateMark | undefined): void {
  s.mark = mark;
  const phones = [...knownPhones(s), ...(s.pendingEnrolment?.generations ?? [])];
  s.barred = [...new Set([...s.barred, ...phones.map(({ salt }) => salt)])];
  s.restored ||= s.generations.length > 0;
  s.deviceSecretKey = undefined;
  s.pendingEnrolment = undefined;
  s.credentials = [];
  s.nextFetch = undefined;
  s.withheld = undefined;
}

/** Saves a mark on the device. @returns false if another window saved one first */
async function saved(deviceMark: DeviceMarkStore, mark: Hex, expected: Hex | undefined): Promise<boolean> {
  try {
    await deviceMark.save(mark, expected);
    return true;
  } catch (error) {
    if (error instanceof StoreConflictError) return false;
    throw error;
  }
}

/**
 * Compares the marks, and brings state and device together.
 * @returns whether the store is this phone's own; false if it was claimed just now
 * @throws StoreConflictError if other windows write all the time
 */
async function agree(w: WalletContext): Promise<boolean> {
  const { deviceMark } = w;
  if (!deviceMark) {
    if (w.state.mark === undefined) return true;
    await w.update((s) => claim(s, undefined));
    return false;
  }
  let own = true;
  for (let tries = 0; tries <= MAX_RELOADS; tries++) {
    const found = await deviceMark.load();
    if (found === undefined) {
      await saved(deviceMark, newMark(w), undefined);
      continue;
    }
    // Another window may have gone on, and then the newest state follows a newer mark.
    if (!follows(w.state, found)) await w.reload();
    const { mark } = w.state;
    if (mark?.now === found) return own;
    if (mark?.before === found) {
      if (await saved(deviceMark, mark.now, found)) return own;
    } else if ((await deviceMark.load()) === found) {
      own = false;
      await w.update((s) => follows(s, found) || claim(s, { now: newMark(w), before: found }));
    }
  }
  throw new StoreConflictError("the device mark changes all the time");
}

/** Claims the store if it is a copy. @throws StoreConflictError */
export const checkStore = (w: WalletContext): Promise<void> =>
  w.turns.take("device mark", async () => void (await agree(w)));

/**
 * `WalletContext.update` for a change that uses a slot or a frame number of this phone. When it resolves, state and mark are
 * durable, and the check-in or frame may leave.
 * @throws CopiedStoreError, StoreConflictError; then nothing of the change may leave
 */
export const updateUsing = (
  w: WalletContext,
  phone: { salt: Hex },
  change: (state: WalletState) => void,
): Promise<void> =>
  w.turns.take("device mark", async () => {
    for (let made = false; !made; ) {
      if (!(await agree(w))) throw new CopiedStoreError();
      const before = w.state.mark?.now;
      await w.update((s) => {
        // Another window may have moved the mark since. Then its write is finished first.
        made = s.mark?.now === before;
        if (!made) return;
        assertNotBarred(s, phone); // another window may have claimed the store
        change(s);
        if (before !== undefined) s.mark = { now: newMark(w), before };
      });
    }
    if (!(await agree(w))) throw new CopiedStoreError();
  });
