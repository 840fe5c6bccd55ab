// How far a wallet has read the public log, and who signed the head up to which it read. A screen shows it beside the list of
// notices. The head was accepted when it was read (log/monitor.ts); here its signatures are checked and counted once more.

import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { logTrustOf } from "../../protocol/log-trust.ts";
import { verifyCheckpoint } from "../../protocol/note.ts";
import { logPinsOf } from "../parameters.ts";
import type { WalletContext } from "./context.ts";

export interface LogStanding {
  /** unix seconds */
  readAt: number;
  /** entries read, from the first one of the log on */
  entries: number;
  /** entries among them that this version of the wallet could not read */
  unreadable: number;
  /** Merkle root of the head, 32 bytes. Two readers of one size must see one root */
  root: Hex;
  /** witnesses whose signatures over the head hold; the log's own signature holds too */
  witnesses: number;
  /** witnesses that there are */
  ofWitnesses: number;
  /** signatures of witnesses that a head needs */
  quorum: number;
  /** since when the log could not be read, or was found wrong; `reason` is an error's code */
  trouble: { since: number; reason: string; isWrong: boolean } | undefined;
}

/** Undefined before the first reading, and if the head kept does not verify any more. */
export function logStandingOf(w: WalletContext): LogStanding | undefined {
  const { lastCheckpoint: note, logReadAt: readAt, logReading, logTrouble } = w.state;
  if (note === undefined || readAt === undefined) return undefined;
  const { document } = w.parameters.known(epochOf(readAt));
  const { logKey, witnesses, quorum } = logTrustOf(logPinsOf(w.deployment), document);
  const verified = verifyCheckpoint({ note, logKey, witnesses, quorum });
  if (!verified.ok) return undefined;
  return {
    readAt,
    entries: logReading.seen,
    unreadable: logReading.unreadable,
    root: bytesToHex(verified.checkpoint.root),
    witnesses: verified.cosigners.length,
    ofWitnesses: witnesses.length,
    quorum,
    trouble: logTrouble && { ...logTrouble },
  };
}
