// A check-in as whoever receives it verifies it: the service's Worker before it opens a session, the clinic itself before
// it believes its operator, a trustee before it opens anything. Needs no secret and no network.
//
//   challenge     Signed<Challenge> by the service's key; service id = H(key), so the challenge vouches for itself
//   epoch         of the signed issuedAt; its parameters must be the ones the challenge names
//   presentation  proof over the relation and checkInContext (presentation.ts)
//   policy        each required attribute shown, with a value that the challenge accepts
//
// Not checked here, for they need a clock and a memory: freshness of the challenge and single use of the tag.

import { equalBytes } from "./bytes.ts";
import { CodecError } from "./codec.ts";
import type { IssuerParams } from "./credential.ts";
import {
  Challenge,
  CheckIn,
  checkInContext,
  openSigned,
  type Parameters,
  presentationHashOf,
  Signed,
  serviceIdOf,
} from "./documents.ts";
import { nobleVerify, type VerifySignature } from "./ed25519.ts";
import { type Engine, nobleEngine } from "./engine.ts";
import { epochOf } from "./epoch.ts";
import { LABELS } from "./labels.ts";
import { Presentation, type Refusal, tagHashOf, type Verified, verifyPresentation } from "./presentation.ts";

/** Decoded, and nothing verified yet. */
export interface ReadCheckIn {
  readonly checkIn: CheckIn;
  readonly challenge: Challenge;
  readonly presentation: Presentation;
  /** of the signed issuedAt */
  readonly epoch: number;
  readonly tagHash: Uint8Array;
  readonly presentationHash: Uint8Array;
}

/** @throws CodecError */
export function readCheckIn(bytes: Uint8Array): ReadCheckIn {
  const checkIn = CheckIn.decode(bytes);
  const challenge = Challenge.decode(Signed.decode(checkIn.challenge).document);
  const presentation = Presentation.decode(checkIn.presentation);
  return {
    checkIn,
    challenge,
    presentation,
    epoch: epochOf(challenge.issuedAt),
    tagHash: tagHashOf(presentation.T),
    presentationHash: presentationHashOf(bytes),
  };
}

/** The verified parameters of an epoch. */
export interface ParametersOfEpoch {
  readonly document: Parameters;
  readonly hash: Uint8Array;
  readonly issuer: IssuerParams;
}

export type CheckInRefusal = Refusal | "challenge-signature" | "parameters" | "policy";
export type CheckInVerdict = Verified | { readonly ok: false; readonly reason: CheckInRefusal };

/** The service's key, if it signed the challenge and the challenge names it. */
export function challengeKey(
  { checkIn, challenge }: ReadCheckIn,
  verify: VerifySignature = nobleVerify,
): Uint8Array | undefined {
  try {
    const { key } = openSigned(LABELS.signChallenge, Challenge, checkIn.challenge, verify);
    return equalBytes(serviceIdOf(key), challenge.serviceId) ? key : undefined;
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

export function verifyCheckIn(
  read: ReadCheckIn,
  parameters: { readonly tag: ParametersOfEpoch; readonly credential: ParametersOfEpoch },
  engine: Engine = nobleEngine,
  verify: VerifySignature = nobleVerify,
): CheckInVerdict {
  const { challenge, presentation, epoch } = read;
  const { tag, credential } = parameters;
  if (!challengeKey(read, verify)) return { ok: false, reason: "challenge-signature" };
  const covers = ({ document: d }: ParametersOfEpoch, e: number): boolean => d.epochFrom <= e && e <= d.epochTo;
  if (!equalBytes(challenge.paramsHash, tag.hash) || !covers(tag, epoch)) return { ok: false, reason: "parameters" };
  if (!covers(credential, presentation.credentialEpoch)) return { ok: false, reason: "parameters" };
  const verdict = verifyPresentation(
    {
      params: tag.issuer,
      credentialParams: credential.issuer,
      tagEpoch: epoch,
      slots: tag.document.slots,
      maxStaleEpochs: challenge.maxStaleEpochs,
      tagParamsHash: tag.hash,
      credentialParamsHash: credential.hash,
      context: checkInContext(read.checkIn),
    },
    presentation,
    engine,
  );
  if (!verdict.ok) return verdict;
  // shown, and not merely empty: a policy may accept ""
  const meetsPolicy = challenge.required.every(
    ({ attribute, accepted }) =>
      Object.hasOwn(verdict.shown, attribute) && accepted.includes(verdict.shown[attribute]!),
  );
  return meetsPolicy ? verdict : { ok: false, reason: "policy" };
}
