// A check-in as whoever receives it verifies it: the service's Worker before it opens a session, the clinic itself
// before it believes its operator, a trustee before it opens anything. Needs no secret and no network.
//
//   challenge     Signed<Challenge> by the service's key; service id = H(key), so the challenge vouches for itself
//   epoch         of the signed issuedAt; its parameters must be the ones the challenge names
//   presentation  proof over the relation and checkInContext (presentation.ts)
//   policy        each required attribute shown, with a value that the challenge accepts
//
// Not checked here, for they need a clock and a memory: freshness of the challenge and single use of the tag.

import { equalBytes, type Rng } from "./bytes.ts";
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
import {
  type Expectation,
  NO_WEIGHTS,
  Presentation,
  type Refusal,
  tagHashOf,
  type Verified,
  verifyPresentations,
} from "./presentation.ts";

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

const challengeKeys = new WeakMap<ReadCheckIn, Uint8Array | "none">();
function keyOfChallenge({ checkIn, challenge }: ReadCheckIn, verify: VerifySignature): Uint8Array | "none" {
  try {
    const { key } = openSigned(LABELS.signChallenge, Challenge, checkIn.challenge, verify);
    return equalBytes(serviceIdOf(key), challenge.serviceId) ? key : "none";
  } catch (error) {
    if (error instanceof CodecError) return "none";
    throw error;
  }
}
/** The service's key, if it signed the challenge and the challenge names it. Tested once for what was read once. */
export function challengeKey(read: ReadCheckIn, verify: VerifySignature = nobleVerify): Uint8Array | undefined {
  const key = challengeKeys.get(read) ?? keyOfChallenge(read, verify);
  challengeKeys.set(read, key);
  return key === "none" ? undefined : key;
}

export interface CheckInToVerify {
  readonly read: ReadCheckIn;
  readonly tag: ParametersOfEpoch;
  readonly credential: ParametersOfEpoch;
}

const covers = ({ document: d }: ParametersOfEpoch, epoch: number): boolean =>
  d.epochFrom <= epoch && epoch <= d.epochTo;

/** What its presentation must show, or why it cannot be good whatever that shows. */
function expectationOf(
  { read, tag, credential }: CheckInToVerify,
  verify: VerifySignature,
): Expectation | CheckInRefusal {
  const { challenge, presentation, epoch } = read;
  if (!challengeKey(read, verify)) return "challenge-signature";
  if (!equalBytes(challenge.paramsHash, tag.hash) || !covers(tag, epoch)) return "parameters";
  if (!covers(credential, presentation.credentialEpoch)) return "parameters";
  return {
    params: tag.issuer,
    credentialParams: credential.issuer,
    tagEpoch: epoch,
    slots: tag.document.slots,
    maxStaleEpochs: challenge.maxStaleEpochs,
    tagParamsHash: tag.hash,
    credentialParamsHash: credential.hash,
    context: checkInContext(read.checkIn),
  };
}

/** Each required attribute shown, and not merely empty: a policy may accept "". */
const meetsPolicy = ({ required }: Challenge, { shown }: Verified): boolean =>
  required.every(({ attribute, accepted }) => Object.hasOwn(shown, attribute) && accepted.includes(shown[attribute]!));

/** Many at once: the same verdicts as one by one, for less work each (verifyPresentations). */
export function verifyCheckIns(
  checkIns: readonly CheckInToVerify[],
  rng: Rng,
  engine: Engine = nobleEngine,
  verify: VerifySignature = nobleVerify,
): CheckInVerdict[] {
  const expectations = checkIns.map((checkIn) => expectationOf(checkIn, verify));
  const batch = checkIns.flatMap(({ read: { presentation } }, i) => {
    const expected = expectations[i]!;
    return typeof expected === "string" ? [] : [{ expected, presentation }];
  });
  const verdicts = verifyPresentations(batch, rng, engine).values();
  return checkIns.map(({ read }, i): CheckInVerdict => {
    const expected = expectations[i]!;
    if (typeof expected === "string") return { ok: false, reason: expected };
    const verdict = verdicts.next().value!;
    return verdict.ok && !meetsPolicy(read.challenge, verdict) ? { ok: false, reason: "policy" } : verdict;
  });
}

export const verifyCheckIn = (
  read: ReadCheckIn,
  parameters: Omit<CheckInToVerify, "read">,
  engine: Engine = nobleEngine,
  verify: VerifySignature = nobleVerify,
): CheckInVerdict => verifyCheckIns([{ read, ...parameters }], NO_WEIGHTS, engine, verify)[0]!;
