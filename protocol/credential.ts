// The credential: the registrar's blind BBS signature (blind-bbs.ts, under Symbolon's own api_id), key x, W = x·P2.
//
//   B = P1 + domain·Q1 + epoch·H_1 + Σ m_i·H_(1+i) + Cm,    Cm = s·Q2 + k·J1 + z·J2
//   domain   calculate_domain over (W; Q1, H_1..H_L, Q2, J1, J2; header),  L = 1 + number of attributes
//   header   H(p_e): the parameters hash of the epoch for which the credential is made
//   epoch    the integer itself;  m_i = hash_to_scalar(frame(name_i, value_i)), "" if the patient has no value
//   s, k, z  blinding, holder secret, tag secret: chosen by the wallet, never seen by the registrar
//
// Transitions:  enrolment.ts: requestEnrolment / requestRefresh → verifyContract / verifyRefresh (registrar)
//               here:         issue (registrar, answers a verified commitment) → receive (wallet)
//
// The registrar learns nothing about s, k, z except R, V and F° of the contract.
// The wallet needs no secret channel for (A, e).

import { addPublic, type Signature, verifyPoint } from "./bbs.ts";
import { calculateDomain, createGenerators, P1 } from "./bbs-generators.ts";
import { coreBlindSign, createBlindGenerators } from "./blind-bbs.ts";
import { frame, labelledHash, type Rng, utf8ToBytes } from "./bytes.ts";
import { document, list, type Of, text, u32 } from "./codec.ts";
import type { IssuedCredential, Parameters } from "./documents.ts";
import { g1, scalar } from "./element-coders.ts";
import { fixedBase } from "./group.ts";
import { LABELS } from "./labels.ts";
import {
  DecodeError,
  decodeG1,
  decodeG2,
  decodeNonZero,
  encodeG1,
  encodeG2,
  encodeScalar,
  type G1,
  type G2,
  handleBase,
  hashToScalar,
  lazy,
  type Scalar,
} from "./suite.ts";

/** An attribute's name, and the values that the parameters allow for it. */
export interface AttributeSpec {
  readonly name: string;
  readonly values: readonly string[];
}

/**
 * The decoded part of the signed Parameters that credential and presentation use. Decode it once and keep the object:
 * caches are keyed by it.
 */
export interface IssuerParams {
  /** W */
  readonly issuerKey: G2;
  /** Y_R, trace */
  readonly traceKey: G1;
  /** Y_K, link */
  readonly linkKey: G1;
  /** one message per attribute, after the epoch's message; at most 255 */
  readonly attributes: readonly AttributeSpec[];
}

/** The wallet's secrets of one generation. Both stay in the wallet. */
export interface WalletSecrets {
  /** holder secret, in the handle R = k·Ĝ */
  readonly k: Scalar;
  /** tag secret, in the handle V = z·H2v and in every session tag */
  readonly z: Scalar;
}

/** @throws DecodeError if a key is not a valid point */
export function decodeIssuerParams(
  p: Pick<Parameters, "issuerKey" | "traceKey" | "linkKey" | "attributes">,
): IssuerParams {
  return {
    issuerKey: decodeG2(p.issuerKey),
    traceKey: fixedBase(decodeG1(p.traceKey)),
    linkKey: fixedBase(decodeG1(p.linkKey)),
    attributes: p.attributes,
  };
}

// ---- generators and messages

const API_ID = LABELS.bbsApi;

/** The generators of B, in the notation of the header. */
export interface CredentialGenerators {
  readonly Q1: G1;
  /** H_1 for the epoch, then one per attribute */
  readonly H: readonly G1[];
  readonly Q2: G1;
  readonly J1: G1;
  readonly J2: G1;
}

/** (Q2, J1, J2). They do not depend on the number of attributes. */
export const committedGenerators = lazy(() => {
  const [Q2, J1, J2] = createBlindGenerators(2, API_ID).map(fixedBase) as [G1, G1, G1];
  return { Q2, J1, J2 };
});

const signerGenerators: G1[] = [];

/** All generators for a credential with this number of attributes, each with a window table. */
export function credentialGenerators(attributes: number): CredentialGenerators {
  const wanted = createGenerators(attributes + 2, API_ID);
  for (let i = signerGenerators.length; i < wanted.length; i++) signerGenerators.push(fixedBase(wanted[i]!));
  const [Q1, ...H] = signerGenerators.slice(0, attributes + 2);
  return { Q1: Q1!, H, ...committedGenerators() };
}

/** Ĝ, with a window table. */
export const handleGenerator = lazy(() => fixedBase(handleBase()));

/** Header of the BBS signature, from p_e of the credential's epoch; 32 bytes. */
export const credentialHeader = (paramsHash: Uint8Array): Uint8Array =>
  labelledHash(LABELS.credentialHeader, paramsHash);

/** Whether `value` is in the attribute's list, or is "" for none. */
export const isListed = (attribute: AttributeSpec | undefined, value: string): boolean =>
  attribute !== undefined && (value === "" || attribute.values.includes(value));

/** The message of a listed value. @throws DecodeError for any other value */
export function attributeScalar(attribute: AttributeSpec | undefined, value: string): Scalar {
  if (!isListed(attribute, value)) throw new DecodeError(`attribute value not in the parameters: ${value}`);
  return hashToScalar(LABELS.attribute, frame(utf8ToBytes(attribute!.name), utf8ToBytes(value)));
}

/** One scalar per attribute. @throws DecodeError if the number of values is wrong, or if a value is not listed */
export function attributeScalars(params: IssuerParams, values: readonly string[]): Scalar[] {
  if (values.length !== params.attributes.length)
    throw new DecodeError(`${values.length} values for ${params.attributes.length} attributes`);
  return values.map((v, i) => attributeScalar(params.attributes[i], v));
}

// ---- the public part of B, the same for all credentials of an epoch that show the same

/**
 * One shown attribute. `index` is its position in the parameters' list; lists of shown attributes are ascending by
 * index.
 */
export interface ShownAttribute {
  readonly index: number;
  readonly value: string;
}

const MAX_KEPT_BASES = 256;
const keptBases = new WeakMap<IssuerParams, Map<string, G1>>();

/**
 * P1 + domain·Q1 + epoch·H_1 + Σ_shown m_i·H_(1+i). The result is kept per (params, p_e, epoch, shown), because a
 * verifier sees few of them.
 * @throws DecodeError if a shown value is not in the attribute's list
 */
export function publicBase(
  params: IssuerParams,
  paramsHash: Uint8Array,
  epoch: number,
  shown: readonly ShownAttribute[] = [],
): G1 {
  let bases = keptBases.get(params);
  if (bases === undefined || bases.size >= MAX_KEPT_BASES) {
    bases = new Map();
    keptBases.set(params, bases);
  }
  const key = JSON.stringify([epoch, [...paramsHash], shown.map(({ index, value }) => [index, value])]);
  let base = bases.get(key);
  if (base === undefined) {
    const { Q1, H, Q2, J1, J2 } = credentialGenerators(params.attributes.length);
    const messages = shown.map(({ index, value }) => attributeScalar(params.attributes[index], value));
    const header = credentialHeader(paramsHash);
    const domain = calculateDomain(encodeG2(params.issuerKey), [Q1, ...H, Q2, J1, J2], header, API_ID);
    const points = [Q1, H[0]!, ...shown.map(({ index }) => H[index + 1]!)];
    base = addPublic(P1, points, [domain, BigInt(epoch), ...messages]);
    bases.set(key, base);
  }
  return base;
}

// ---- issue and receive

declare const checked: unique symbol;
/**
 * Cm of a request whose proof was verified. Only verifyContract and verifyRefresh make this type, and `issue` signs no
 * other commitment.
 */
export type CheckedCommitment = G1 & { readonly [checked]: true };

/**
 * Registrar: signs a verified commitment. It is deterministic, like the draft's BlindSign.
 * @throws DecodeError for an attribute value that is not listed
 */
export function issue(input: {
  params: IssuerParams;
  issuerSecret: Scalar;
  Cm: CheckedCommitment;
  epoch: number;
  attributeValues: readonly string[];
  /** p_e of `epoch` */
  paramsHash: Uint8Array;
  /** blinds an inversion; the result does not depend on it */
  rng: Rng;
}): IssuedCredential {
  const { params, epoch, attributeValues } = input;
  const { Q1, H, Q2, J1, J2 } = credentialGenerators(params.attributes.length);
  const { A, e } = coreBlindSign(
    input.issuerSecret,
    input.Cm,
    [Q1, ...H],
    [Q2, J1, J2],
    credentialHeader(input.paramsHash),
    [BigInt(epoch), ...attributeScalars(params, attributeValues)],
    API_ID,
    input.rng,
  );
  return { epoch, values: [...attributeValues], A: encodeG1(A), e: encodeScalar(e) };
}

/** The credential as the wallet stores it. Anybody who has it and the secrets k, z can present it. */
export const Credential = document("Credential", 0x21, 1, {
  epoch: u32,
  values: list(text),
  A: g1,
  e: scalar,
  s: scalar,
});
export type Credential = Of<typeof Credential>;

/** B of a credential. Only its owner can compute it, because B needs s, k and z. */
export function signedPoint(
  params: IssuerParams,
  paramsHash: Uint8Array,
  { epoch, values, s }: Pick<Credential, "epoch" | "values" | "s">,
  { k, z }: WalletSecrets,
): G1 {
  const { H, Q2, J1, J2 } = credentialGenerators(params.attributes.length);
  return [...attributeScalars(params, values), s, k, z].reduce<G1>(
    (sum, m, i) => sum.add([...H.slice(1), Q2, J1, J2][i]!.multiply(m)) as G1,
    publicBase(params, paramsHash, epoch),
  );
}

/**
 * Wallet: accepts the registrar's answer only if it is the signature over the wallet's own secrets, for the epoch that
 * the wallet requested.
 * @throws DecodeError
 */
export function receive(input: {
  params: IssuerParams;
  issued: IssuedCredential;
  /** the epoch that the wallet requested */
  epoch: number;
  /** p_e of `epoch` */
  paramsHash: Uint8Array;
  secrets: WalletSecrets;
  s: Scalar;
}): Credential {
  const { params, issued, s } = input;
  if (issued.epoch !== input.epoch) throw new DecodeError(`credential for epoch ${issued.epoch}, not ${input.epoch}`);
  const signature: Signature = { A: decodeG1(issued.A), e: decodeNonZero(issued.e) };
  const credential: Credential = { epoch: issued.epoch, values: [...issued.values], ...signature, s };
  const B = signedPoint(params, input.paramsHash, credential, input.secrets);
  if (!verifyPoint(params.issuerKey, signature, B)) throw new DecodeError("credential: signature does not verify");
  return credential;
}
