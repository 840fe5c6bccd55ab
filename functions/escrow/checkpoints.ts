// Cosigned checkpoints for a case. The log signs its head. The trustees, as its witnesses, cosign it when it continues the
// newest head that they signed. The bundle of a case contains a checkpoint with the log's signature and t cosignatures,
// together with the audit paths of the case's entries.
//
//   head      GET <log>/checkpoint                               contains every entry appended before
//   witness   GET <trustee>/v1/witness → size; consistency proof from that size; POST <trustee>/v1/cosign → one signature line
//   log       POST <log>/v1/cosignatures                         so that wallets and auditors also find the cosigned head
//
// The escrow verifies all signatures and proofs before it stores them. A witness never signs a head that is older than its
// newest one. If too few witnesses sign, the escrow fetches the log's next head and asks again.

import type * as z from "zod";
import { nativeVerify } from "../../engine/ed25519.ts";
import { trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { type Base64url, bytesToHex, type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { leafHash, verifyInclusion } from "../../protocol/merkle.ts";
import {
  type Checkpoint,
  LOG_KEY,
  type NoteKey,
  parseSignatures,
  parseVkey,
  verifyCheckpoint,
} from "../../protocol/note.ts";
import { call, callJson } from "../shared/calls.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { Problem, readBase64url } from "../shared/http.ts";
import type { CosignAnswer, WitnessAnswer } from "../shared/trustee-api.ts";

/** heads that are tried before the round ends with "unavailable" */
const ATTEMPTS = 3;

export interface Trustees {
  /** pinned identity keys, trustee i at [i - 1] */
  trusteeKeys: readonly Hex[];
  threshold: number;
}
export interface CosignedCheckpoint {
  /** checkpoint text with its signature lines */
  note: string;
  checkpoint: Checkpoint;
}
export interface FreshCheckpoint extends CosignedCheckpoint {
  /** resolves when the log has received the new cosignatures, or has failed to; never rejects */
  brought: Promise<unknown>;
}

/** @throws Problem misconfigured if TRUSTEE_URLS has no URL for this trustee */
export const trusteeUrl = (env: EscrowEnv, trustee: number): string => {
  const url = (JSON.parse(env.TRUSTEE_URLS) as string[])[trustee - 1];
  if (url === undefined) throw new Problem("misconfigured", undefined, `no URL of trustee ${trustee}`);
  return url;
};

async function proofOf(env: EscrowEnv, path: string, now: number): Promise<Base64url[]> {
  return (await callJson<{ proof: Base64url[] }>({ baseUrl: env.LOG_URL, method: "GET", path, now })).proof;
}

/** One signature line of this trustee's witness over `head`; undefined if the witness has already signed a newer head. */
async function cosignature(
  env: EscrowEnv,
  trustee: number,
  head: CosignedCheckpoint,
  now: number,
): Promise<string | undefined> {
  const baseUrl = trusteeUrl(env, trustee);
  const { size } = await callJson<z.infer<typeof WitnessAnswer>>({ baseUrl, method: "GET", path: "/v1/witness", now });
  const to = head.checkpoint.size;
  if (size > to) return undefined;
  const proof = size === 0 || size === to ? [] : await proofOf(env, `/v1/consistency?from=${size}&to=${to}`, now);
  const json = { checkpoint: head.note, proof };
  const answer = await callJson<z.infer<typeof CosignAnswer>>({
    baseUrl,
    method: "POST",
    path: "/v1/cosign",
    json,
    now,
  });
  const line = answer.cosignature.endsWith("\n") ? answer.cosignature : `${answer.cosignature}\n`;
  return parseSignatures(line)?.length === 1 ? line : undefined;
}

/** A checkpoint that the log and t trustees signed, and that contains all entries below `size`. @throws Problem unavailable */
export async function cosignedCheckpoint(
  env: EscrowEnv,
  { trusteeKeys, threshold }: Trustees,
  size: number,
  now: number,
): Promise<FreshCheckpoint> {
  const logKey = parseVkey(env.LOG_VKEY, LOG_KEY);
  const witnesses: NoteKey[] = trusteeKeys.map((key, i) => trusteeWitnessKey(i + 1, hexToBytes(key)));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const response = await call({ baseUrl: env.LOG_URL, method: "GET", path: "/checkpoint", now });
    const note = await response.text();
    const head = verifyCheckpoint({ note, logKey, witnesses, quorum: 0, verify: nativeVerify });
    if (!head.ok) throw new Problem("unavailable", "The log's checkpoint does not verify.", head.reason);
    if (head.checkpoint.size < size)
      throw new Problem("unavailable", "The log's head does not contain the case's entries yet.");
    const have = new Set(head.cosigners.map((c) => c.name));
    const asked = witnesses.flatMap((w, i) => (have.has(w.name) ? [] : [i + 1]));
    const shown = { note, checkpoint: head.checkpoint };
    const lines = await firstLines(asked, threshold - have.size, async (trustee) => {
      const line = await cosignature(env, trustee, shown, now);
      const alone = { logKey, witnesses: [witnesses[trustee - 1]!], quorum: 1, verify: nativeVerify };
      // A line that does not verify is left out, because one wrong line makes the whole note invalid.
      return line !== undefined && verifyCheckpoint({ note: note + line, ...alone }).ok ? line : undefined;
    });
    if (have.size + lines.length < threshold) continue;
    const cosigned = note + lines.join("");
    const brought = lines.map((line) =>
      call({
        baseUrl: env.LOG_URL,
        method: "POST",
        path: "/v1/cosignatures",
        json: { checkpoint: cosigned, cosignature: line },
        now,
      }).catch(() => undefined),
    ); // the case needs only the note; if this call fails, the next case brings the log its cosignatures
    return { note: cosigned, checkpoint: head.checkpoint, brought: Promise.all(brought) };
  }
  throw new Problem("unavailable", "Too few trustees cosigned the log's checkpoint.");
}

/**
 * Asks all trustees at once, and returns as soon as `needed` lines have arrived. Returns fewer lines if all have answered and
 * too few gave one. A trustee that fails counts as one that gave no line.
 */
function firstLines(
  trustees: readonly number[],
  needed: number,
  lineOf: (trustee: number) => Promise<string | undefined>,
): Promise<string[]> {
  return new Promise((done) => {
    const lines: string[] = [];
    let left = trustees.length;
    if (needed <= 0 || left === 0) done(lines);
    for (const trustee of trustees)
      lineOf(trustee)
        .catch(() => undefined)
        .then((line) => {
          left--;
          if (lines.length >= needed) return;
          if (line !== undefined) lines.push(line);
          if (lines.length >= needed || left === 0) done(lines);
        });
  });
}

/** The audit path of an entry, fetched from the log and verified. @throws Problem unavailable */
export async function inclusionProof(
  env: EscrowEnv,
  { checkpoint }: CosignedCheckpoint,
  { entry, index }: { entry: Uint8Array; index: number },
  now: number,
): Promise<Uint8Array[]> {
  const { size, root } = checkpoint;
  const proof = (await proofOf(env, `/v1/inclusion?index=${index}&size=${size}`, now)).map((h) =>
    readBase64url(h, "proof"),
  );
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
