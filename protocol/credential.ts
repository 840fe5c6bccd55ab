// The credential: a blind BBS signature (blind-bbs.ts, with an api_id of Symbolon's own) by the registrar, key x, W = x·P2.
//
//   B = P1 + domain·Q1 + epoch·H_1 + Σ m_i·H_(1+i) + Cm,    Cm = s·Q2 + k·J1 + z·J2
//   domain   calculate_domain over (W; Q1, H_1..H_L, Q2, J1, J2; header),  L = 1 + number of attributes
//   header   H(p_e): the parameters hash of the epoch in which the credential serves
//   epoch    the integer itself;  m_i = hash_to_scalar(frame(name_i, value_i)), "" where the patient has none
//   s, k, z  blinding, holder secret, tag secret: chosen by the wallet, never seen by the registrar
//
// Transitions:  enrolment.ts: requestEnrolment / requestRefresh → verifyContract / verifyRefresh (registrar)
//               here:         issue (registrar, answers a verified commitment) → receive (wallet)
// The registrar learns nothing of s, k, z beyond R, V and F° of the contract; the wallet needs no secret channel for (A, e).

import { addPublic, decodeNonZero, type Signature, verifyPoint } from "./bbs.ts";
import { calculateDomain, createGenerators, P1 } from "./bbs-generators.ts";
import { coreBlindSign, createBlindGenerators } from "./blind-bbs.ts";
import { frame, labelledHash, utf8ToBytes } from "./bytes.ts";
import { document, list, type Of, text, u32 } from "./codec.ts";
import type { IssuedCredential, Parameters } from "./documents.ts";
import { g1, scalar } from "./element-coders.ts";
import { fixedBase } from "./group.ts";
import { LABELS } from "./labels.ts";
import {
  DecodeError,
  decodeG1,
  decodeG2,
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

export interface AttributeSpec {
  readonly name: string;
  readonly values: readonly string[];
}

/** What the credential and the presentation need of the signed Parameters; decode once, keep the object. */
export interface IssuerParams {
  /** W */
  readonly issuerKey: G2;
  /** Y_R, trace */
  readonly traceKey: G1;
  /** Y_K, link */
  readonly linkKey: G1;
  /** one message each, after the epoch; at most 255 */
  readonly attributes: readonly AttributeSpec[];
}

/** The wallet's secrets of one generation. */
export interface WalletSecrets {
  /** holder secret: behind the handle R = k·Ĝ */
  readonly k: Scalar;
  /** tag secret: behind every session tag */
  readonly z: Scalar;
}

/** @throws DecodeError */
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

export interface CredentialGenerators {
  readonly Q1: G1;
  /** H_1 the epoch's, then one an attribute */
  readonly H: readonly G1[];
  readonly Q2: G1;
  readonly J1: G1;
  readonly J2: G1;
}

/** (Q2, J1, J2): the same for every number of attributes. */
export const committedGenerators = lazy(() => {
  const [Q2, J1, J2] = createBlindGenerators(2, API_ID).map(fixedBase) as [G1, G1, G1];
  return { Q2, J1, J2 };
});

const signerGenerators: G1[] = [];

export function credentialGenerators(attributes: number): CredentialGenerators {
  const wanted = createGenerators(attributes + 2, API_ID);
  for (let i = signerGenerators.length; i < wanted.length; i++) signerGenerators.push(fixedBase(wanted[i]!));
  const [Q1, ...H] = signerGenerators.slice(0, attributes + 2);
  return { Q1: Q1!, H, ...committedGenerators() };
}

/** Ĝ with a window table. */
export const handleGenerator = lazy(() => fixedBase(handleBase()));

/** header of the BBS signature, from p_e of the credential's epoch */
export const credentialHeader = (paramsHash: Uint8Array): Uint8Array =>
  labelledHash(LABELS.credentialHeader, paramsHash);

/** Is `value` in the attribute's list, or "" for none? */
export const isListed = (attribute: AttributeSpec | undefined, value: string): boolean =>
  attribute !== undefined && (value === "" || attribute.values.includes(value));

/** The message of a listed value. @throws DecodeError for any other */
export function attributeScalar(attribute: AttributeSpec | undefined, value: string): Scalar {
  if (!isListed(attribute, value)) throw new DecodeError(`attribute value not in the parameters: ${value}`);
  return hashToScalar(LABELS.attribute, frame(utf8ToBytes(attribute!.name), utf8ToBytes(value)));
}

/** One scalar an attribute. @throws DecodeError if there are not exactly as many values, or one is not listed */
export function attributeScalars(params: IssuerParams, values: readonly string[]): Scalar[] {
  if (values.length !== params.attributes.length)
    throw new DecodeError(`${values.length} values for ${params.attributes.length} attributes`);
  return values.map((v, i) => attributeScalar(params.attributes[i], v));
}

// ---- the public part of B, the same for all credentials of an epoch that show the same

/** By index in the parameters' list, ascending. */
export interface ShownAttribute {
  readonly index: number;
  readonly value: string;
}

const MAX_KEPT_BASES = 256;
const keptBases = new WeakMap<IssuerParams, Map<string, G1>>();

/**
 * P1 + domain·Q1 + epoch·H_1 + Σ_shown m_i·H_(1+i). Kept for each (params, p_e, epoch, shown): a verifier meets few.
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
/** Cm of a request whose proof held: only verifyContract and verifyRefresh make one, and only that is ever signed. */
export type CheckedCommitment = G1 & { readonly [checked]: true };

/** Registrar. Deterministic, as the draft's BlindSign. @throws DecodeError for a value that is not listed */
export function issue(input: {
  params: IssuerParams;
  issuerSecret: Scalar;
  Cm: CheckedCommitment;
  epoch: number;
  attributeValues: readonly string[];
  /** p_e of `epoch` */
  paramsHash: Uint8Array;
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
  );
  return { epoch, values: [...attributeValues], A: encodeG1(A), e: encodeScalar(e) };
}

/** The wallet's own credential, as it stores it: whoever has it and the secrets k, z can present it. */
export const Credential = document("Credential", 0x21, 1, {
  epoch: u32,
  values: list(text),
  A: g1,
  e: scalar,
  s: scalar,
});
export type Credential = Of<typeof Credential>;

/** B of a credential, for its owner. */
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
 * Wallet. Accepts what the registrar answered only if it is the signature over the wallet's own secrets, and for the
 * epoch that was asked for. @throws DecodeError
 */
export function receive(input: {
  params: IssuerParams;
  issued: IssuedCredential;
  /** asked for */
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
