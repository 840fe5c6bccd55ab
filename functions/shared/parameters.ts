// The signed parameters of an epoch, for every role except the registrar. This file fetches them, verifies them with the
// pinned registrar key, parses them once, and keeps them for the isolate's life.
//
// The registrar alone cannot replace the trustees. Each document comes with the key set that it names. Every holder has
// signed that key set, and the holders must be the pinned ones.
//
// The log must have each document, under a fresh head that a quorum of witnesses signed (protocol/logged-parameters.ts).
// This is checked once, when the isolate accepts the document. Later the isolate keeps it, also if registrar or log are down.
//
// Exactly one document may cover an epoch. If two documents cover it, in one answer or in two, both are refused. Otherwise
// the registrar could give one person parameters of their own, and tell that person's tags from the others'.

import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { decodeIssuerParams, type IssuerParams } from "../../protocol/credential.ts";
import { openSigned, Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { checkKeysOf, KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { type ParametersAnswer, standingOf } from "../../protocol/logged-parameters.ts";
import { decodeG1, type G1 } from "../../protocol/suite.ts";
import { callJson } from "./calls.ts";
import { readBase64url } from "./http.ts";
import { type LogReaderEnv, logPins } from "./log-reader.ts";
import { Problem } from "./problems.ts";

/** It extends IssuerParams. Pass this object itself to the presentation's verifier, which keeps tables per object. */
export interface EpochParameters extends IssuerParams {
  readonly document: Parameters;
  /** p_e of every epoch that the document covers */
  readonly hash: Uint8Array;
  /** Signed<Parameters>, as the registrar gave it */
  readonly signed: Uint8Array;
  readonly recordKey: G1;
}

export interface ParametersSource extends Omit<LogReaderEnv, "LOG_URL"> {
  REGISTRAR_URL: string;
  /** Ed25519 public key, hex */
  REGISTRAR_KEY: string;
}

const FAULTS = {
  unlogged: "the log is not proven to have the document",
  late: "the document was logged after its first month had begun",
  stale: "the log's head is not signed by enough witnesses lately",
} as const;

const known = new Map<string, EpochParameters[]>();

const covers = (p: EpochParameters, epoch: number): boolean =>
  p.document.epochFrom <= epoch && epoch <= p.document.epochTo;
const overlap = (a: EpochParameters, b: EpochParameters): boolean =>
  a.document.epochFrom <= b.document.epochTo && b.document.epochFrom <= a.document.epochTo;

/**
 * The document at position `i` of the registrar's answer, verified.
 * @param believes whether the isolate already believes other parameters
 * @throws Problem unavailable, because a wrong document of the registrar is not the caller's fault
 */
function parse(
  answer: ParametersAnswer,
  i: number,
  { source, believes, now }: { source: ParametersSource; believes: boolean; now: number },
): EpochParameters {
  try {
    const text = answer.documents[i]!;
    const keySet = answer.keySets?.[i];
    const signed = readBase64url(text, "parameters");
    const { key, value } = openSigned(LABELS.signParameters, Parameters, signed);
    if (bytesToHex(key) !== source.REGISTRAR_KEY) throw new Error("signed by another key");
    if (keySet === undefined) throw new Error("without their key set");
    const pinned = (JSON.parse(source.TRUSTEE_KEYS) as string[]).map(hexToBytes);
    checkKeysOf(value, KeySet.decode(readBase64url(keySet, "keySets")), pinned);
    const pins = logPins(source);
    const standing = standingOf({ value, signed }, i, answer, { pins, believes, now, verify: nativeVerify });
    if (standing !== "logged") throw new Error(FAULTS[standing]);
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

/** Adds a document to those already verified. @throws Problem unavailable if it covers an epoch of another document */
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

/**
 * The verified parameters that cover `epoch`.
 * @throws Problem not-allowed-now if no document covers the epoch, unavailable if a document does not verify
 */
export async function parametersFor(source: ParametersSource, epoch: number, now: number): Promise<EpochParameters> {
  const { REGISTRAR_KEY, REGISTRAR_URL, TRUSTEE_KEYS, LOG_VKEY, LOG_WITNESSES } = source;
  const cacheKey = [REGISTRAR_KEY, REGISTRAR_URL, TRUSTEE_KEYS, LOG_VKEY, LOG_WITNESSES].join(" ");
  const cached = known.get(cacheKey)?.find((p) => covers(p, epoch));
  if (cached) return cached;
  const answer = await callJson<ParametersAnswer>({
    baseUrl: source.REGISTRAR_URL,
    method: "GET",
    path: "/v1/parameters",
    now,
  });
  // Each isolate verifies a document once.
  const before = new Map((known.get(cacheKey) ?? []).map((p) => [toBase64url(p.signed), p]));
  const trust = { source, believes: before.size > 0, now };
  const parsed = answer.documents.map((d, i) => before.get(d) ?? parse(answer, i, trust));
  // Read again after the await, because another request of this isolate may have added documents in the meantime.
  const believed = parsed.reduce(joinParameters, known.get(cacheKey) ?? []);
  known.set(cacheKey, believed);
  const found = believed.find((p) => covers(p, epoch));
  if (!found) throw new Problem("not-allowed-now", "No parameters are published for this epoch.");
  return found;
}

/** The tolerance of clocks: that of this month's parameters, or the default if there are none to be had. */
export async function clockTolerance(source: ParametersSource, now: number): Promise<number> {
  try {
    return (await parametersFor(source, epochOf(now), now)).document.challengeWindowSeconds;
  } catch (cause) {
    if (cause instanceof Problem) return CLOCK_TOLERANCE_SECONDS;
    throw cause;
  }
}
