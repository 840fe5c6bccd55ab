// Reading the transparency log from another role's Worker. The log is trusted for nothing: the reader verifies the signatures
// of a head, the age of its cosignatures, and each audit path.
//
//   freshHead      a head with the quorum of fresh cosignatures (protocol/log-trust.ts). The isolate keeps it for KEPT_MS, so
//                  a Worker learns of a newer entry up to that much later
//   loggedIndex    the log's word for the index of an entry; the reader of its audit path finds out whether it is true

import type { Leaf } from "../../api/log/entries.ts";
import type { Head as CosignedHead } from "../../api/log/heads.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import type { Parameters } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { type LogPins, type LogTrust, logTrustOf, verifyHead } from "../../protocol/log-trust.ts";
import { leafHash } from "../../protocol/merkle.ts";
import type { Checkpoint } from "../../protocol/note.ts";
import { callJson } from "./calls.ts";
import { Problem } from "./problems.ts";

/** The bindings that a reader of the log needs. Every role has them. */
export interface LogReaderEnv {
  LOG_URL: string;
  LOG_VKEY: string;
  /** JSON list of the trustees' Ed25519 identity keys, hex */
  TRUSTEE_KEYS: string;
  /** JSON list of the vkeys of the outside witnesses */
  LOG_WITNESSES: string;
}

/** The values of the parameters on which trust in a head depends. Pass the parameters' document. */
export type LogTerms = Pick<Parameters, "threshold" | "logFreshnessSeconds">;

/** A verified head, with the note that proves it to others. */
export interface Head {
  /** checkpoint text with its signature lines */
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

const KEPT_MS = 30_000;
const kept = new WeakMap<object, Map<string, { note: string; until: number }>>();

/** The trust in this deployment's log. @throws Problem misconfigured */
export function logTrust(env: LogReaderEnv, terms: LogTerms): LogTrust {
  try {
    return logTrustOf(logPins(env), terms);
  } catch (cause) {
    throw new Problem("misconfigured", undefined, `keys of the log: ${String(cause)}`);
  }
}

/** The names that the bindings pin. @throws SyntaxError, CodecError */
export const logPins = (env: Omit<LogReaderEnv, "LOG_URL">): LogPins => ({
  logVkey: env.LOG_VKEY,
  trusteeKeys: (JSON.parse(env.TRUSTEE_KEYS) as Hex[]).map(hexToBytes),
  witnessVkeys: JSON.parse(env.LOG_WITNESSES) as string[],
});

/**
 * A fresh head: the newest one, at most KEPT_MS old; or with `min`, one that has at least so many entries, always fetched.
 * @throws Problem unavailable if the log has none: it does not answer, or too few witnesses signed lately
 */
export async function freshHead(env: LogReaderEnv, terms: LogTerms, now: number, min?: number): Promise<Head> {
  const trust = logTrust(env, terms);
  const heads = kept.get(env) ?? new Map<string, { note: string; until: number }>();
  kept.set(env, heads);
  const name = `${trust.quorum} ${trust.maxAgeSeconds}`;
  const before = heads.get(name);
  if (min === undefined && before && Date.now() < before.until) {
    const head = verifyHead(before.note, trust, now, nativeVerify);
    if (head.ok) return { note: before.note, checkpoint: head.checkpoint };
  }
  const path = `/v1/cosigned?quorum=${trust.quorum}${min === undefined ? "" : `&min=${min}`}`;
  const note = await newestNote(env, path, now);
  const head = verifyHead(note, trust, now, nativeVerify);
  if (!head.ok)
    throw new Problem(
      "unavailable",
      "The log's head is not signed by enough witnesses lately.",
      `head: ${head.reason}`,
    );
  if (head.checkpoint.size < (min ?? 0))
    throw new Problem("unavailable", "The log's head does not contain the newest entries yet.");
  heads.set(name, { note, until: Date.now() + KEPT_MS });
  return { note, checkpoint: head.checkpoint };
}

/** @throws Problem unavailable */
async function newestNote(env: LogReaderEnv, path: string, now: number): Promise<string> {
  try {
    return (await callJson<CosignedHead>({ baseUrl: env.LOG_URL, method: "GET", path, now })).checkpoint;
  } catch (cause) {
    if (!(cause instanceof Problem && cause.code === "not-found")) throw cause;
    throw new Problem("unavailable", "Too few witnesses cosigned the log's checkpoint.", cause.detail);
  }
}

/**
 * The log's word for the index of an entry; undefined if the log does not know the entry. It is no proof.
 * @throws Problem unavailable
 */
export async function loggedIndex(
  env: Pick<LogReaderEnv, "LOG_URL">,
  entry: Uint8Array,
  now: number,
): Promise<number | undefined> {
  const path = `/v1/leaves/${bytesToHex(leafHash(entry))}`;
  try {
    return (await callJson<Leaf>({ baseUrl: env.LOG_URL, method: "GET", path, now })).index;
  } catch (error) {
    if (error instanceof Problem && error.code === "not-found") return undefined;
    throw error;
  }
}
