// Compares one head of the log with the next. A witness makes this check before it signs, and a reader before it
// believes. C2SP tlog-witness, add-checkpoint, without its HTTP.
//
//   seen   the newest head that this party accepted (none at first);  shown  the head that it is shown now
//   proof  RFC 9162 consistency proof from the smaller of the two to the larger
//
// If a log signs two heads and neither continues the other, it shows two people different logs. The two notes together
// are the evidence, in anybody's hands. A head that is older than the one seen is no lie by itself, if the proof holds.

import { equalBytes } from "./bytes.ts";
import type { VerifySignature } from "./ed25519.ts";
import { emptyRoot, verifyConsistency } from "./merkle.ts";
import {
  type Checkpoint,
  cosign,
  type NoteKey,
  type NoteSignature,
  type NoteSigner,
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

/** A head to sign, with the last head that the witness signed. `now` is in unix seconds. */
export interface WitnessRequest {
  /** The newest head that this witness signed. The caller persists the new head before the signature goes out. */
  last: Checkpoint | undefined;
  note: string;
  proof: readonly Uint8Array[];
  logKey: NoteKey;
  signer: NoteSigner;
  verify?: VerifySignature;
  now: number;
}
/** The cosignature, or the reason why the witness does not sign. */
export type WitnessAnswer =
  | { ok: true; signature: NoteSignature; checkpoint: Checkpoint }
  | { ok: false; reason: "bad-checkpoint" | "older" | "split-view" | "no-proof" };

/** Signs a head that continues the last head that this witness signed, or that same head again. */
export function witness(request: WitnessRequest): WitnessAnswer {
  const verified = verifyCheckpoint({ ...request, witnesses: [], quorum: 0 });
  if (!verified.ok) return { ok: false, reason: "bad-checkpoint" };
  const { checkpoint, text } = verified;
  const succession = checkConsistency(request.last, checkpoint, request.proof);
  if (succession === "older" || succession === "split-view" || succession === "no-proof")
    return { ok: false, reason: succession };
  return { ok: true, signature: cosign(text, request.signer, request.now), checkpoint };
}
