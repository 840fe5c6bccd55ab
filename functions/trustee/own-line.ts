// Before this trustee relies on a head of the log that others show, it checks its own line: that head and the newest one that
// it signed as a witness continue each other. Either it cosigned the head itself, or the log proves the consistency of both. So
// if other trustees help the log to fork, this trustee serves no case on the other branch.

import type { Proof } from "../../api/log/proofs.ts";
import type { TrusteeVault } from "../../durable-objects/trustee-vault.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { type Checkpoint, type NoteKey, parseNote, verifyCosignature } from "../../protocol/note.ts";
import { checkConsistency } from "../../protocol/witness.ts";
import { callJson } from "../shared/calls.ts";
import { readAllBase64url } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";

/** The witness of this trustee. */
export interface OwnWitness {
  logUrl: string;
  key: NoteKey;
  vault: Pick<DurableObjectStub<TrusteeVault>, "witnessHead" | "advanceWitness">;
}

/**
 * Checks a head that is already verified by its quorum. If the head is newer than this trustee's own, this trustee signs nothing
 * from now on that contradicts it.
 * @throws Problem credential-refused if the two heads contradict each other; unavailable if the log does not answer
 */
export async function checkOwnLine(
  { logUrl, key, vault }: OwnWitness,
  note: string,
  shown: Checkpoint,
  now: number,
): Promise<void> {
  const { text, signatures } = parseNote(note)!;
  if (signatures.some((s) => verifyCosignature(text, s, key, nativeVerify) !== undefined)) return;
  // As a witness, this trustee may sign another head meanwhile. Then the check is made again, against that one.
  while (!(await continuesOwn({ logUrl, key, vault }, shown, now)));
}

/** @returns false if this trustee's own head changed during the check */
async function continuesOwn({ logUrl, vault }: OwnWitness, shown: Checkpoint, now: number): Promise<boolean> {
  const head = await vault.witnessHead();
  const own = head && { origin: shown.origin, ...head };
  const [from, to] = [shown.size, own?.size ?? shown.size].sort((a, b) => a - b) as [number, number];
  const proof = from > 0 && from < to ? await proofBetween(logUrl, from, to, now) : [];
  const succession = checkConsistency(own, shown, proof);
  if (succession === "split-view" || succession === "no-proof") throw refused(`checkpoint: own line, ${succession}`);
  const newer = succession === "first" || succession === "newer";
  return !newer || (await vault.advanceWitness(head, { size: shown.size, root: shown.root }));
}

/** The log's proof that two heads continue each other; no hashes if it has no tree of the larger size. @throws Problem unavailable */
async function proofBetween(logUrl: string, from: number, to: number, now: number): Promise<Uint8Array[]> {
  const path = `/v1/consistency?from=${from}&to=${to}`;
  try {
    const { proof } = await callJson<Proof>({ baseUrl: logUrl, method: "GET", path, now });
    return readAllBase64url(proof, "proof");
  } catch (cause) {
    // A log that shrank has lost a head that it had signed. That is the log's fault, and no proof.
    if (cause instanceof Problem && cause.code === "not-found") return [];
    throw cause;
  }
}
