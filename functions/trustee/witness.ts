// This trustee as a witness of the transparency log (protocol/witness.ts, C2SP tlog-witness): it signs only a head that
// continues the newest one it signed. The head is remembered before the signature goes out; of two requests that race,
// one is told to come again.

import { nativeVerify } from "../../engine/ed25519.ts";
import { formatSignature, LOG_KEY, parseVkey } from "../../protocol/note.ts";
import { type WitnessAnswer as Verdict, witness } from "../../protocol/witness.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { Problem, refused } from "../shared/http.ts";
import { ownKeys, vaultOf } from "./context.ts";

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
  const answer: Verdict = witness({
    last,
    note,
    proof,
    logKey,
    signer: ownKeys(env).witness,
    verify: nativeVerify,
    now,
  });
  if (!answer.ok) {
    if (answer.reason === "bad-checkpoint") throw refused("checkpoint: not signed by the log");
    throw new Problem("conflict", `${answer.reason}: the newest head signed here has ${last?.size ?? 0} entries`);
  }
  const { size, root } = answer.checkpoint;
  if (!(await vault.advanceWitness(head, { size, root }))) throw new Problem("in-progress");
  return formatSignature(answer.signature);
}

export async function witnessedSize(env: TrusteeEnv): Promise<number> {
  return (await vaultOf(env).witnessHead())?.size ?? 0;
}
