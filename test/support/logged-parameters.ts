// The registrar's answer with parameters that a log proves, for every test that plays the registrar. The log is one of its
// own, in memory, with real proofs and cosignatures.

import { LogEntry, openSigned, Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { ParametersAnswer } from "../../protocol/logged-parameters.ts";
import { type LogSigners, ProofLog } from "./case-proofs.ts";

/** Signed<Parameters> and KeySet */
export interface PublishedParameters {
  document: Uint8Array;
  keySet: Uint8Array;
}

/** The log entry of a document, dated one second before its first epoch. */
export function entryOf(document: Uint8Array, changes: Partial<LogEntry> = {}): LogEntry {
  const { value } = openSigned(LABELS.signParameters, Parameters, document);
  const at = epochStart(value.epochFrom) - 1;
  return { kind: "parameters", at, subject: paramsHashOf(value), caseId: undefined, body: document, ...changes };
}

/**
 * @param now the time of the cosignatures, unix seconds
 * @param entry the log's entry of a document, if it is not the honest one
 */
export function loggedParameters(
  published: readonly PublishedParameters[],
  signers: LogSigners,
  now: number,
  entry: (document: Uint8Array) => LogEntry = entryOf,
): ParametersAnswer {
  const log = new ProofLog(signers);
  const indexes = published.map(({ document }) => log.append(LogEntry.encode(entry(document))));
  return {
    documents: published.map((p) => toBase64url(p.document)),
    keySets: published.map((p) => toBase64url(p.keySet)),
    logged: indexes.map((index) => log.inclusion(index)),
    checkpoint: published.length === 0 ? "" : log.head(now),
  };
}
