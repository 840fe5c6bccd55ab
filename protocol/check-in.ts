// Verifies a check-in. The service's Worker does so before it opens a session, the clinic before it believes its
// operator, and a trustee before it opens anything. Verification needs no secret and no network.
//
//   challenge     Signed<Challenge> by the service's key; service id = H(key), so the challenge vouches for itself
//   epoch         of the signed issuedAt; its parameters must be the ones that the challenge names
//   presentation  proof over the relation and checkInContext (presentation.ts)
//   row proof     by the same tag, for this service, epoch and slot (index-row.ts)
//   policy        each required attribute is shown, with a value that the challenge accepts
//
// Two things are not checked here, because they need a clock and a memory: the freshness of the challenge and the
// single use of the tag.

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
  type ServiceCard,
  Signed,
  serviceIdOf,
} from "./documents.ts";
import { nobleVerify, type VerifySignature } from "./ed25519.ts";
import { type Engine, nobleEngine } from "./engine.ts";
import { epochOf } from "./epoch.ts";
import { verifyIndexRow } from "./index-row.ts";
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

/** A decoded check-in. Nothing in it is verified yet. */
export interface ReadCheckIn {
  readonly checkIn: CheckIn;
  readonly challenge: Challenge;
  readonly presentation: Presentation;
  /** of the signed issuedAt */
  readonly epoch: number;
  readonly tagHash: Uint8Array;
  readonly presentationHash: Uint8Array;
}

/** Decodes a check-in without verifying it. @throws CodecError */
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

/** Why a check-in was refused. It is for tests and audit, like Refusal. */
export type CheckInRefusal = Refusal | "challenge-signature" | "parameters" | "row" | "policy";
/** An accepted check-in, or the reason for the refusal. */
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
/**
 * The service's key, if it signed the challenge and the challenge names it; otherwise undefined. The result is kept per
 * ReadCheckIn.
 */
export function challengeKey(read: ReadCheckIn, verify: VerifySignature = nobleVerify): Uint8Array | undefined {
  const key = challengeKeys.get(read) ?? keyOfChallenge(read, verify);
  challengeKeys.set(read, key);
  return key === "none" ? undefined : key;
}

/** Whether a challenge asks for what the service's card says. Everybody can read the card, and nobody but one wallet the challenge. */
export const asksAsItsCard = (challenge: Challenge, { required, maxStaleEpochs }: ServiceCard): boolean =>
  equalBytes(Challenge.encode(challenge), Challenge.encode({ ...challenge, required, maxStaleEpochs }));

/** A decoded check-in with the verified parameters of its two epochs. */
export interface CheckInToVerify {
  readonly read: ReadCheckIn;
  readonly tag: ParametersOfEpoch;
  readonly credential: ParametersOfEpoch;
}

const covers = ({ document: d }: ParametersOfEpoch, epoch: number): boolean =>
  d.epochFrom <= epoch && epoch <= d.epochTo;

/** The expectation for its presentation, or the reason why the check-in is refused whatever the presentation shows. */
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

/**
 * Whether each required attribute is shown, with a value that the challenge accepts. An attribute that is not shown
 * does not pass as "", even if the policy accepts "".
 */
const meetsPolicy = ({ required }: Challenge, { shown }: Verified): boolean =>
  required.every(({ attribute, accepted }) => Object.hasOwn(shown, attribute) && accepted.includes(shown[attribute]!));

/** Whether the tag's owner bound it to this service, epoch and slot. It uses the T that the presentation decoded. */
const provesRow = (
  { read: { checkIn, challenge, presentation, epoch }, tag }: CheckInToVerify,
  verdict: Verified,
  engine: Engine,
): boolean =>
  verifyIndexRow(
    { serviceId: challenge.serviceId, epoch, slot: presentation.slot, paramsHash: tag.hash },
    verdict.tag,
    checkIn.rowProof,
    engine,
  );

/** Verifies many check-ins, with the same verdicts as one by one and less work per check-in (verifyPresentations). */
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
  return checkIns.map((checkIn, i): CheckInVerdict => {
    const expected = expectations[i]!;
    if (typeof expected === "string") return { ok: false, reason: expected };
    const verdict = verdicts.next().value!;
    if (!verdict.ok) return verdict;
    if (!meetsPolicy(checkIn.read.challenge, verdict)) return { ok: false, reason: "policy" };
    return provesRow(checkIn, verdict, engine) ? verdict : { ok: false, reason: "row" };
  });
}

/** Verifies one check-in. */
export const verifyCheckIn = (
  read: ReadCheckIn,
  parameters: Omit<CheckInToVerify, "read">,
  engine: Engine = nobleEngine,
  verify: VerifySignature = nobleVerify,
): CheckInVerdict => verifyCheckIns([{ read, ...parameters }], NO_WEIGHTS, engine, verify)[0]!;
