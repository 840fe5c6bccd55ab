// The proof that parameters stand in the transparency log. The registrar serves it beside the documents, and every reader
// checks it before it believes a document. So the registrar cannot give one reader parameters that the public never sees.
//
//   logged   the tree of a fresh head has an entry "parameters" with subject p_e, and this signed document as its body
//   early    the entry is dated before the document's first epoch. The deployment's first document is dated before the end
//            of its first epoch. Only a reader that believes no parameters yet grants this, and to the earliest entry alone
//
// A reader's slow clock makes no head stale here. Lying witnesses alone are no quorum, so nobody gains by a time in the future,
// and the role that this reader calls next tells it by how much its clock is wrong.
//
// The proof does not say that no other logged document covers the epoch. Whoever reads the whole log finds that out.

import { equalBytes } from "./bytes.ts";
import { type LogEntry, type Parameters, paramsHashOf } from "./documents.ts";
import type { VerifySignature } from "./ed25519.ts";
import { type Base64url, fromBase64url } from "./encodings.ts";
import { epochStart } from "./epoch.ts";
import { atAnyAge, type LogPins, logTrustOf, verifyHead, verifyLogged } from "./log-trust.ts";
import type { Checkpoint } from "./note.ts";

/** The answer to GET /v1/parameters. The lists have one order. */
export interface ParametersAnswer {
  /** Signed<Parameters> */
  documents: Base64url[];
  /** the KeySet whose keys the document names */
  keySets: Base64url[];
  /** the log entry of each document, with its audit path under `checkpoint` */
  logged: { entry: Base64url; index: number; proof: Base64url[] }[];
  /** the note of a fresh head; empty if there are no documents */
  checkpoint: string;
}

/** The result of the check. "stale": too few witnesses signed the head lately, so it may hide newer entries. */
export type ParametersStanding = "logged" | "unlogged" | "late" | "stale";

/**
 * The standing of the document at position `i` of an answer. Its signature and its key set are already verified.
 * @param signed Signed<Parameters>, as served
 * @param believes whether the reader already believes other parameters
 * @param now unix seconds
 */
export function standingOf(
  { value, signed }: { value: Parameters; signed: Uint8Array },
  i: number,
  answer: Pick<ParametersAnswer, "logged" | "checkpoint">,
  { pins, believes, now, verify }: { pins: LogPins; believes: boolean; now: number; verify?: VerifySignature },
): ParametersStanding {
  const served = answer.logged?.[i];
  if (!served) return "unlogged";
  const trust = logTrustOf(pins, value);
  const head = verifyHead(`${answer.checkpoint}`, atAnyAge(trust), now, verify);
  if (!head.ok) return "unlogged";
  if (head.cosignedAt < now - trust.maxAgeSeconds) return "stale";
  const entry = provenEntry(served, head.checkpoint);
  if (!entry || !isEntryOf(entry, value, signed)) return "unlogged";
  const isFirst = !believes && answer.logged.every(({ index }) => index >= served.index);
  return entry.at < epochStart(isFirst ? value.epochFrom + 1 : value.epochFrom) ? "logged" : "late";
}

function provenEntry(
  { entry, index, proof }: ParametersAnswer["logged"][number],
  checkpoint: Checkpoint,
): LogEntry | undefined {
  try {
    return verifyLogged({ entry: fromBase64url(entry), index, proof: proof.map((p) => fromBase64url(p)) }, checkpoint);
  } catch {
    return undefined;
  }
}

const isEntryOf = (entry: LogEntry, value: Parameters, signed: Uint8Array): boolean =>
  entry.kind === "parameters" &&
  equalBytes(entry.subject, paramsHashOf(value)) &&
  entry.caseId === undefined &&
  equalBytes(entry.body, signed);
