// The signed parameters of an epoch, as every role but the registrar comes by them: fetched, verified with the pinned
// registrar key, parsed once, and then kept for the isolate's life.
//
// The registrar alone cannot replace the trustees: beside each document stands the key set that it names, signed by every
// holder, and the holders must be the pinned ones.
//
// Exactly one document may cover an epoch. Two that do, in one answer or one after the other, are refused: that would be
// a way to give somebody parameters of their own, and to tell their tags from the others'.

import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { decodeIssuerParams, type IssuerParams } from "../../protocol/credential.ts";
import { openSigned, Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { type Base64url, toBase64url } from "../../protocol/encodings.ts";
import { checkKeysOf, KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { decodeG1, type G1 } from "../../protocol/suite.ts";
import { callJson } from "./calls.ts";
import { Problem, readBase64url } from "./http.ts";

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
  /** JSON list of the trustees' Ed25519 identity keys, hex */
  TRUSTEE_KEYS: string;
}

const known = new Map<string, EpochParameters[]>();

const covers = (p: EpochParameters, epoch: number): boolean =>
  p.document.epochFrom <= epoch && epoch <= p.document.epochTo;
const overlap = (a: EpochParameters, b: EpochParameters): boolean =>
  a.document.epochFrom <= b.document.epochTo && b.document.epochFrom <= a.document.epochTo;

/** @throws Problem unavailable: a registrar that signs nonsense is not the caller's fault */
function parse(text: string, keySet: string | undefined, source: ParametersSource): EpochParameters {
  try {
    const signed = readBase64url(text, "parameters");
    const { key, value } = openSigned(LABELS.signParameters, Parameters, signed);
    if (bytesToHex(key) !== source.REGISTRAR_KEY) throw new Error("signed by another key");
    if (keySet === undefined) throw new Error("without their key set");
    const pinned = (JSON.parse(source.TRUSTEE_KEYS) as string[]).map(hexToBytes);
    checkKeysOf(value, KeySet.decode(readBase64url(keySet, "keySets")), pinned);
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
  const cacheKey = `${source.REGISTRAR_KEY} ${source.REGISTRAR_URL} ${source.TRUSTEE_KEYS}`;
  const cached = known.get(cacheKey)?.find((p) => covers(p, epoch));
  if (cached) return cached;
  const answer = await callJson<{ documents: Base64url[]; keySets?: Base64url[] }>({
    baseUrl: source.REGISTRAR_URL,
    method: "GET",
    path: "/v1/parameters",
    now,
  });
  // What is believed already was verified: a document is verified once an isolate.
  const before = new Map((known.get(cacheKey) ?? []).map((p) => [toBase64url(p.signed), p]));
  const parsed = answer.documents.map((d, i) => before.get(d) ?? parse(d, answer.keySets?.[i], source));
  // Read again after the await: another request of this isolate may have learnt something in the meantime.
  const believed = parsed.reduce(joinParameters, known.get(cacheKey) ?? []);
  known.set(cacheKey, believed);
  const found = believed.find((p) => covers(p, epoch));
  if (!found) throw new Problem("not-allowed-now", "No parameters are published for this epoch.");
  return found;
}
