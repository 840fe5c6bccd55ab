// Trust in the transparency log: which head a reader believes, and that an entry stands under such a head.
//
//   witnesses   n = trustees + outside witnesses. Fewer than t of them lie (t is the threshold of the key set)
//   quorum      q = ⌊(n + t − 1)/2⌋ + 1. Two quorums share at least 2q − n >= t witnesses, so at least one honest one. An
//               honest witness signs only heads that continue each other. So no two readers believe two different logs
//   freshness   a cosignature counts only if its time lies in [now − maxAgeSeconds, now + CLOCK_TOLERANCE_SECONDS]
//
// Freshness matters if the reader concludes from a head that nothing newer exists: no notice, no revocation. A head that
// only proves that an entry is in the log may have any age; use `atAnyAge` for it.

import { equalBytes } from "./bytes.ts";
import { trusteeWitnessKey } from "./case-documents.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./clock.ts";
import { LogEntry, type Parameters } from "./documents.ts";
import type { VerifySignature } from "./ed25519.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { type Checkpoint, LOG_KEY, type NoteKey, parseVkey, verifyCheckpoint, WITNESS_KEY } from "./note.ts";

/** The default of Parameters.logFreshnessSeconds. */
export const LOG_FRESHNESS_SECONDS = 72 * 3600;
/** Readers accept no parameters outside these bounds. Witnesses sign the head at least daily. */
export const MIN_LOG_FRESHNESS_SECONDS = 36 * 3600;
export const MAX_LOG_FRESHNESS_SECONDS = 14 * 86_400;

/** The number of cosignatures that a head needs. @param n witnesses @param t threshold: fewer than t witnesses lie */
export const cosignatureQuorum = (n: number, t: number): number => Math.floor((n + t - 1) / 2) + 1;

/** The pinned keys that a head must be signed with, and how many cosignatures of which age. */
export interface LogTrust {
  /** type 0x01; its name is the log's origin */
  readonly logKey: NoteKey;
  /** type 0x04: the trustees, then the outside witnesses */
  readonly witnesses: readonly NoteKey[];
  readonly quorum: number;
  /** Infinity if the age does not matter */
  readonly maxAgeSeconds: number;
}

/** The pinned names of a log and its witnesses. */
export interface LogPins {
  logVkey: string;
  /** Ed25519 identity keys, trustee i at [i - 1] */
  trusteeKeys: readonly Uint8Array[];
  /** vkeys of the outside witnesses */
  witnessVkeys: readonly string[];
}

/** All witnesses of a log: the trustees, then the outside witnesses. @throws RangeError for a bad vkey or key */
export const witnessesOf = ({ trusteeKeys, witnessVkeys }: Omit<LogPins, "logVkey">): NoteKey[] => [
  ...trusteeKeys.map((key, i) => trusteeWitnessKey(i + 1, key)),
  ...witnessVkeys.map((vkey) => parseVkey(vkey, WITNESS_KEY)),
];

/** The trust that follows from pinned keys and from the parameters or key set in force. @throws RangeError for a bad key */
export function logTrustOf(
  pins: LogPins,
  { threshold, logFreshnessSeconds }: Pick<Parameters, "threshold" | "logFreshnessSeconds">,
): LogTrust {
  const witnesses = witnessesOf(pins);
  return {
    logKey: parseVkey(pins.logVkey, LOG_KEY),
    witnesses,
    quorum: cosignatureQuorum(witnesses.length, threshold),
    maxAgeSeconds: logFreshnessSeconds,
  };
}

/** The same trust for a head that only proves that an entry is in the log. */
export const atAnyAge = (trust: LogTrust): LogTrust => ({ ...trust, maxAgeSeconds: Number.POSITIVE_INFINITY });

/**
 * The result of verifyHead. `cosignedAt`: a quorum of the counted cosignatures is at least this new (unix seconds). "stale": a
 * quorum signed the head, but not lately.
 */
export type VerifiedHead =
  | { ok: true; checkpoint: Checkpoint; text: string; cosignedAt: number }
  | {
      ok: false;
      reason: "malformed" | "wrong-origin" | "not-signed-by-log" | "bad-signature" | "no-quorum" | "stale";
    };

/**
 * Verifies a head: the log's signature, and fresh cosignatures of a quorum.
 * @param now unix seconds
 * @throws RangeError if two witnesses share a name or a key
 */
export function verifyHead(note: string, trust: LogTrust, now: number, verify?: VerifySignature): VerifiedHead {
  const { logKey, witnesses, quorum, maxAgeSeconds } = trust;
  const verified = verifyCheckpoint({ note, logKey, witnesses, quorum, verify });
  if (!verified.ok) return verified;
  const times = verified.cosigners.map(({ time }) => time).filter((time) => isFresh(time, maxAgeSeconds, now));
  if (times.length < quorum) return { ok: false, reason: "stale" };
  const cosignedAt = times.sort((a, b) => b - a)[quorum - 1] ?? 0;
  return { ok: true, checkpoint: verified.checkpoint, text: verified.text, cosignedAt };
}

/** Whether a cosignature of this time counts at `now`. A time in the future would make a head fresh for too long. */
export const isFresh = (time: number, maxAgeSeconds: number, now: number): boolean =>
  maxAgeSeconds === Number.POSITIVE_INFINITY || (time >= now - maxAgeSeconds && time <= now + CLOCK_TOLERANCE_SECONDS);

/** An entry of the log with its audit path under a head. */
export interface LoggedEntry {
  /** LogEntry, encoded */
  readonly entry: Uint8Array;
  readonly index: number;
  /** hashes of 32 bytes (RFC 9162 section 2.1.3) */
  readonly proof: readonly Uint8Array[];
}

/** The entry, if the tree of the checkpoint contains it and it can be decoded. The checkpoint is already verified. */
export function verifyLogged({ entry, index, proof }: LoggedEntry, { size, root }: Checkpoint): LogEntry | undefined {
  if (!verifyInclusion({ index, size, leafHash: leafHash(entry), proof, root })) return undefined;
  try {
    const value = LogEntry.decode(entry);
    return equalBytes(LogEntry.encode(value), entry) ? value : undefined;
  } catch {
    return undefined;
  }
}
