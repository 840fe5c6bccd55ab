// Compares one head of the log with the next. A witness makes this check before it signs, and a reader before it
// believes. C2SP tlog-witness, add-checkpoint: the bodies and the verdict; functions/shared/witness.ts adds its HTTP.
//
//   seen   the newest head that this party accepted (none at first);  shown  the head that it is shown now
//   proof  RFC 9162 consistency proof from the smaller of the two to the larger
//
// If a log signs two heads and neither continues the other, it shows two people different logs. The two notes together
// are the evidence, in anybody's hands. A head that is older than the one seen is no lie by itself, if the proof holds.
//
// Body of add-checkpoint:  "old <size>\n", one base64 hash per line of the proof, "\n", the checkpoint's note

import { equalBytes } from "./bytes.ts";
import type { VerifySignature } from "./ed25519.ts";
import { fromBase64, toBase64 } from "./encodings.ts";
import { emptyRoot, HASH_BYTES, verifyConsistency } from "./merkle.ts";
import {
  type Checkpoint,
  cosign,
  type NoteKey,
  type NoteSignature,
  type NoteSigner,
  parseCheckpoint,
  parseNote,
  verifyCheckpoint,
} from "./note.ts";

/**
 * The result of the comparison. "no-proof": the proof does not hold. Either the answer is broken, or, if every answer
 * is broken, the log shows a split view.
 */
export type Succession = "first" | "same" | "newer" | "older" | "split-view" | "no-proof";

/**
 * Compares `shown` with `seen`. Both heads are already verified to be signed by the same log.
 * @throws RangeError if their origins differ
 */
export function checkConsistency(
  seen: Checkpoint | undefined,
  shown: Checkpoint,
  proof: readonly Uint8Array[],
): Succession {
  if (shown.size === 0 && !equalBytes(shown.root, emptyRoot())) return "split-view";
  if (!seen) return "first";
  if (seen.origin !== shown.origin)
    throw new RangeError(`the heads belong to two logs: ${seen.origin}, ${shown.origin}`);
  if (seen.size === shown.size) return equalBytes(seen.root, shown.root) ? "same" : "split-view";
  const [old, young] = seen.size < shown.size ? [seen, shown] : [shown, seen];
  // The empty tree is a prefix of every other tree. There is nothing to prove, and RFC 9162 has no proof for it.
  const holds =
    old.size === 0
      ? proof.length === 0
      : verifyConsistency({ from: old.size, to: young.size, fromRoot: old.root, toRoot: young.root, proof });
  if (!holds) return "no-proof";
  return young === shown ? "newer" : "older";
}

/** tlog-witness: "The client MUST NOT send more than 63 consistency proof lines." */
const MAX_PROOF_LINES = 63;

/** The content of a request to sign a head. */
export interface AddCheckpoint {
  /** the size of the head that the witness signed last, as the client believes; 0 if it signed none */
  readonly oldSize: number;
  /** RFC 9162 consistency proof from `oldSize` to the head */
  readonly proof: readonly Uint8Array[];
  /** the head, signed by the log */
  readonly note: string;
}

/** The body of add-checkpoint. */
export const formatAddCheckpoint = ({ oldSize, proof, note }: AddCheckpoint): string =>
  `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join("")}\n${note}`;

/** Reads the body of add-checkpoint; undefined if it is none. */
export function parseAddCheckpoint(body: string): AddCheckpoint | undefined {
  const end = body.indexOf("\n\n");
  if (end < 0) return undefined;
  const [old, ...lines] = body.slice(0, end).split("\n");
  const size = /^old (0|[1-9][0-9]{0,15})$/.exec(old as string)?.[1];
  if (size === undefined || !Number.isSafeInteger(Number(size)) || lines.length > MAX_PROOF_LINES) return undefined;
  try {
    const proof = lines.map(fromBase64);
    if (proof.some((hash) => hash.length !== HASH_BYTES)) return undefined;
    return { oldSize: Number(size), proof, note: body.slice(end + 2) };
  } catch {
    return undefined;
  }
}

/** A head to sign, with the last head that the witness signed. `now` is in unix seconds. */
export interface WitnessRequest extends AddCheckpoint {
  /** The newest head that this witness signed. The caller persists the new head before the signature goes out. */
  last: Checkpoint | undefined;
  logKey: NoteKey;
  signer: NoteSigner;
  verify?: VerifySignature;
  now: number;
}
/**
 * The cosignature, or the reason why the witness does not sign. "other-size": the client does not know the head that this
 * witness signed last; `size` tells its size.
 */
export type WitnessAnswer =
  | { ok: true; signature: NoteSignature; checkpoint: Checkpoint }
  | { ok: false; reason: "malformed" | "unknown-origin" | "not-signed-by-log" | "no-proof" }
  | { ok: false; reason: "other-size" | "split-view"; size: number };

/** Signs a head that continues the last head that this witness signed, or that same head again. */
export function witness({ oldSize, proof, note, last, logKey, signer, verify, now }: WitnessRequest): WitnessAnswer {
  const text = parseNote(note)?.text;
  const shown = text === undefined ? undefined : parseCheckpoint(text);
  if (text === undefined || !shown) return { ok: false, reason: "malformed" };
  if (shown.origin !== logKey.name) return { ok: false, reason: "unknown-origin" };
  const verified = verifyCheckpoint({ note, logKey, witnesses: [], quorum: 0, verify });
  if (!verified.ok) return { ok: false, reason: "not-signed-by-log" };
  if (oldSize > shown.size) return { ok: false, reason: "malformed" };
  const size = last?.size ?? 0;
  if (oldSize !== size) return { ok: false, reason: "other-size", size };
  const succession = checkConsistency(last, shown, proof);
  if (succession === "split-view") return { ok: false, reason: "split-view", size };
  if (succession === "no-proof" || succession === "older") return { ok: false, reason: "no-proof" };
  return { ok: true, signature: cosign(text, signer, now), checkpoint: shown };
}
