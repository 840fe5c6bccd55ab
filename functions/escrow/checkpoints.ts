// Cosigned checkpoints for a case. The log signs its head; trustees, as its witnesses, sign it after they have seen that it
// continues the newest one they signed. A checkpoint with the log's signature and t cosignatures goes into the bundle, with
// the audit paths of the case's entries.
//
//   head      GET <log>/checkpoint                               holds every entry appended before
//   witness   GET <trustee>/v1/witness -> size;  proof from there;  POST <trustee>/v1/cosign -> one signature line
//   log       POST <log>/v1/cosignatures                         so that wallets and auditors find the cosigned head too
//
// Nothing answered is believed: signatures and proofs are verified here before they are stored. A witness that has moved
// on to a newer head signs no older one; then the next head is taken.

import type * as z from "zod";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
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

const ATTEMPTS = 3;

export interface Trustees {
  /** pinned identity keys in hex, trustee i at [i - 1] */
  trusteeKeys: readonly string[];
  threshold: number;
}
export interface CosignedCheckpoint {
  note: string;
  checkpoint: Checkpoint;
}
export interface FreshCheckpoint extends CosignedCheckpoint {
  /** the log has been told, if it wanted to be; never rejects */
  brought: Promise<unknown>;
}

export const trusteeUrl = (env: EscrowEnv, trustee: number): string => {
  const url = (JSON.parse(env.TRUSTEE_URLS) as string[])[trustee - 1];
  if (url === undefined) throw new Problem("misconfigured", undefined, `no URL of trustee ${trustee}`);
  return url;
};

async function proofOf(env: EscrowEnv, path: string, now: number): Promise<string[]> {
  return (await callJson<{ proof: string[] }>({ baseUrl: env.LOG_URL, method: "GET", path, now })).proof;
}

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

/** A checkpoint signed by the log and t trustees that holds all entries below `size`. @throws Problem unavailable */
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
    if (head.checkpoint.size < size) throw new Problem("unavailable", "The log's head lags behind.");
    const have = new Set(head.cosigners.map((c) => c.name));
    const asked = witnesses.flatMap((w, i) => (have.has(w.name) ? [] : [i + 1]));
    const shown = { note, checkpoint: head.checkpoint };
    const lines = await firstLines(asked, threshold - have.size, async (trustee) => {
      const line = await cosignature(env, trustee, shown, now);
      const alone = { logKey, witnesses: [witnesses[trustee - 1]!], quorum: 1, verify: nativeVerify };
      // Only a line that verifies is taken over: a wrong one would spoil the whole note.
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
    ); // the case needs the note only; the next one brings the log its lines
    return { note: cosigned, checkpoint: head.checkpoint, brought: Promise.all(brought) };
  }
  throw new Problem("unavailable", "Too few trustees cosigned the log's checkpoint.");
}

/** The first `needed` lines of whoever gives one; fewer where too many give none. A witness that does not answer is one less. */
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

/** The audit path of an entry, checked. @throws Problem unavailable */
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
      "The log does not prove an entry that it took.",
      `${bytesToHex(leaf)} at ${index}`,
    );
  return proof;
}

export const encodeProof = (proof: readonly Uint8Array[]): string[] => proof.map(toBase64url);
