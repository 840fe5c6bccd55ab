// One head of the log after another: the check that a witness makes before it signs and a reader before it believes.
// C2SP tlog-witness, add-checkpoint, without its HTTP.
//
//   seen   the newest head this party accepted (none at first);  shown  the head it is shown now
//   proof  RFC 9162 consistency proof from the smaller of the two to the larger
//
// A log that signs two heads of which neither continues the other shows two people different logs. Both notes together
// are the evidence, whoever holds them. A head older than the one seen is no lie by itself, if the proof holds.

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

/** "no-proof": the proof does not hold, which is a broken answer, or a split view when every answer is broken. */
export type Succession = "first" | "same" | "newer" | "older" | "split-view" | "no-proof";

/** Where `shown` stands to `seen`, two heads already verified to be signed by the same log. */
export function checkConsistency(
  seen: Checkpoint | undefined,
  shown: Checkpoint,
  proof: readonly Uint8Array[],
): Succession {
  if (shown.size === 0 && !equalBytes(shown.root, emptyRoot())) return "split-view";
  if (!seen) return "first";
  if (seen.origin !== shown.origin) throw new RangeError(`heads of two logs: ${seen.origin}, ${shown.origin}`);
  if (seen.size === shown.size) return equalBytes(seen.root, shown.root) ? "same" : "split-view";
  const [old, young] = seen.size < shown.size ? [seen, shown] : [shown, seen];
  // The empty tree is a prefix of every other: there is nothing to prove, and RFC 9162 has no proof for it.
  const holds =
    old.size === 0
      ? proof.length === 0
      : verifyConsistency({ from: old.size, to: young.size, fromRoot: old.root, toRoot: young.root, proof });
  if (!holds) return "no-proof";
  return young === shown ? "newer" : "older";
}

export interface WitnessRequest {
  /** The newest head this witness signed. Persist the new one before the signature goes out. */
  last: Checkpoint | undefined;
  note: string;
  proof: readonly Uint8Array[];
  logKey: NoteKey;
  signer: NoteSigner;
  verify?: VerifySignature;
  now: number;
}
export type WitnessAnswer =
  | { ok: true; signature: NoteSignature; checkpoint: Checkpoint }
  | { ok: false; reason: "bad-checkpoint" | "older" | "split-view" | "no-proof" };

/** A witness signs a head that continues the last one it signed, or that one again. */
export function witness(request: WitnessRequest): WitnessAnswer {
  const verified = verifyCheckpoint({ ...request, witnesses: [], quorum: 0 });
  if (!verified.ok) return { ok: false, reason: "bad-checkpoint" };
  const { checkpoint, text } = verified;
  const succession = checkConsistency(request.last, checkpoint, request.proof);
  if (succession === "older" || succession === "split-view" || succession === "no-proof")
    return { ok: false, reason: succession };
  return { ok: true, signature: cosign(text, request.signer, request.now), checkpoint };
}
