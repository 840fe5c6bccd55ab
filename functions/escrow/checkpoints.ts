// Cosigned checkpoints for a case. The bundle of a case contains a head that the log and a quorum of its witnesses signed lately
// (functions/shared/log-reader.ts), together with the audit paths of the case's entries. The log asks its witnesses itself, and
// answers with the first quorum. So one silent witness holds up no case.
//
// The escrow verifies all signatures and proofs before it stores them.

import type { Proof } from "../../api/log/proofs.ts";
import type { Parameters } from "../../protocol/documents.ts";
import { type Base64url, bytesToHex, toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { leafHash, verifyInclusion } from "../../protocol/merkle.ts";
import { callJson } from "../shared/calls.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { readAllBase64url } from "../shared/http.ts";
import { freshHead, type Head } from "../shared/log-reader.ts";
import { parametersFor } from "../shared/parameters.ts";
import { Problem } from "../shared/problems.ts";

/** @throws Problem misconfigured if TRUSTEE_URLS has no URL for this trustee */
export const trusteeUrl = (env: EscrowEnv, trustee: number): string => {
  const url = (JSON.parse(env.TRUSTEE_URLS) as string[])[trustee - 1];
  if (url === undefined) throw new Problem("misconfigured", undefined, `no URL of trustee ${trustee}`);
  return url;
};

/** A fresh head that contains all entries below `size`. @throws Problem unavailable */
export async function cosignedCheckpoint(
  env: EscrowEnv,
  { threshold }: Pick<Parameters, "threshold">,
  size: number,
  now: number,
): Promise<Head> {
  const { logFreshnessSeconds } = await parametersFor(env, epochOf(now), now).then(
    ({ document }) => document,
    () => ({ logFreshnessSeconds: LOG_FRESHNESS_SECONDS }),
  );
  return freshHead(env, { threshold, logFreshnessSeconds }, now, size);
}

/** The audit path of an entry, fetched from the log and verified. @throws Problem unavailable */
export async function inclusionProof(
  env: EscrowEnv,
  { checkpoint }: Head,
  { entry, index }: { entry: Uint8Array; index: number },
  now: number,
): Promise<Uint8Array[]> {
  const { size, root } = checkpoint;
  const path = `/v1/inclusion?index=${index}&size=${size}`;
  const answer = await callJson<Proof>({ baseUrl: env.LOG_URL, method: "GET", path, now });
  const proof = readAllBase64url(answer.proof, "proof");
  const leaf = leafHash(entry);
  if (!verifyInclusion({ index, size, leafHash: leaf, proof, root }))
    throw new Problem(
      "unavailable",
      "The log does not prove an entry that it accepted.",
      `${bytesToHex(leaf)} at ${index}`,
    );
  return proof;
}

export const encodeProof = (proof: readonly Uint8Array[]): Base64url[] => proof.map(toBase64url);
