// The signed parameters of an epoch, as every role but the registrar comes by them: fetched, verified with the pinned
// registrar key, parsed once, and then kept for the isolate's life.
//
// Exactly one document may cover an epoch. Two that do, in one answer or one after the other, are refused: that would be
// a way to give somebody parameters of their own, and to tell their tags from the others'.

import { bytesToHex, equalBytes, hexToBytes } from "../protocol/bytes.ts";
import { decodeIssuerParams, type IssuerParams } from "../protocol/credential.ts";
import { openSigned, Parameters, paramsHashOf } from "../protocol/documents.ts";
import { LABELS } from "../protocol/labels.ts";
import { decodeG1, type G1 } from "../protocol/suite.ts";
import { callJson } from "./calls.ts";
import { fromBase64, Problem } from "./http.ts";

/** Also IssuerParams: pass the object itself to the presentation's verifier, which keeps tables by it. */
export interface EpochParameters extends IssuerParams {
  readonly document: Parameters;
  /** p_e of every epoch that the document covers */
  readonly hash: Uint8Array;
  /** Signed<Parameters>, as the registrar gave it */
  readonly signed: Uint8Array;
  readonly recordKey: G1;
}

export interface ParametersSource {
  REGISTRAR_URL: string;
  /** Ed25519 public key, hex */
  REGISTRAR_KEY: string;
}

const known = new Map<string, EpochParameters[]>();

const covers = (p: EpochParameters, epoch: number): boolean =>
  p.document.epochFrom <= epoch && epoch <= p.document.epochTo;
const overlap = (a: EpochParameters, b: EpochParameters): boolean =>
  a.document.epochFrom <= b.document.epochTo && b.document.epochFrom <= a.document.epochTo;

/** @throws Problem unavailable: a registrar that signs nonsense is not the caller's fault */
function parse(signed: Uint8Array, registrarKey: Uint8Array): EpochParameters {
  try {
    const { key, value } = openSigned(LABELS.signParameters, Parameters, signed);
    if (!equalBytes(key, registrarKey)) throw new Error("signed by another key");
    return {
      document: value,
      hash: paramsHashOf(value),
      signed,
      recordKey: decodeG1(value.recordKey),
      ...decodeIssuerParams(value),
    };
  } catch (cause) {
    throw new Problem("unavailable", undefined, `parameters: ${String(cause)}`);
  }
}

/** Adds a document to those already believed. @throws Problem unavailable when it contradicts one of them */
export function joinParameters(believed: readonly EpochParameters[], next: EpochParameters): EpochParameters[] {
  for (const p of believed) {
    if (equalBytes(p.hash, next.hash)) return [...believed];
    if (overlap(p, next))
      throw new Problem(
        "unavailable",
        undefined,
        `two parameter documents cover one epoch: ${bytesToHex(p.hash)} and ${bytesToHex(next.hash)}`,
      );
  }
  return [...believed, next];
}

/** @throws Problem not-allowed-now when no document covers the epoch, unavailable when the registrar cannot be believed */
export async function parametersFor(source: ParametersSource, epoch: number, now: number): Promise<EpochParameters> {
  const cacheKey = `${source.REGISTRAR_KEY} ${source.REGISTRAR_URL}`;
  const cached = known.get(cacheKey)?.find((p) => covers(p, epoch));
  if (cached) return cached;
  const answer = await callJson<{ documents: string[] }>({
    baseUrl: source.REGISTRAR_URL,
    method: "GET",
    path: "/v1/parameters",
    now,
  });
  const registrarKey = hexToBytes(source.REGISTRAR_KEY);
  // Read again after the await: another request of this isolate may have learnt something in the meantime.
  const believed = answer.documents
    .map((d) => parse(fromBase64(d, "parameters"), registrarKey))
    .reduce(joinParameters, known.get(cacheKey) ?? []);
  known.set(cacheKey, believed);
  const found = believed.find((p) => covers(p, epoch));
  if (!found) throw new Problem("not-allowed-now", "No parameters are published for this epoch.");
  return found;
}
