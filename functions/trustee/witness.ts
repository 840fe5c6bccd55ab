// This trustee as a witness of the transparency log (protocol/witness.ts, C2SP tlog-witness). It signs a head only if the head
// continues the newest one that it signed.
//
// The vault stores the new head before the signature leaves the Worker. If two requests race, one of them gets "in-progress"
// and must come again.

import { nativeVerify } from "../../engine/ed25519.ts";
import { formatSignature, LOG_KEY, parseVkey } from "../../protocol/note.ts";
import { type WitnessAnswer as WitnessVerdict, witness } from "../../protocol/witness.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { Problem, refused } from "../shared/http.ts";
import { ownKeys, vaultOf } from "./context.ts";

/** One signature line over the checkpoint `note`. @throws Problem credential-refused, conflict, in-progress */
export async function cosignHead(
  env: TrusteeEnv,
  note: string,
  proof: readonly Uint8Array[],
  now: number,
): Promise<string> {
  const vault = vaultOf(env);
  const logKey = parseVkey(env.LOG_VKEY, LOG_KEY);
  const head = await vault.witnessHead();
  const last = head && { origin: logKey.name, ...head };
  const verdict: WitnessVerdict = witness({
    last,
    note,
    proof,
    logKey,
    signer: ownKeys(env).witness,
    verify: nativeVerify,
    now,
  });
  if (!verdict.ok) {
    if (verdict.reason === "bad-checkpoint") throw refused("checkpoint: not signed by the log");
    throw new Problem("conflict", `${verdict.reason}: the newest head signed here has ${last?.size ?? 0} entries`);
  }
  const { size, root } = verdict.checkpoint;
  if (!(await vault.advanceWitness(head, { size, root }))) throw new Problem("in-progress");
  return formatSignature(verdict.signature);
}

/** Number of entries of the newest head that this trustee signed; 0 if it has signed none. */
export async function witnessedSize(env: TrusteeEnv): Promise<number> {
  return (await vaultOf(env).witnessHead())?.size ?? 0;
}
