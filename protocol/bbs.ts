// BBS signatures (draft-irtf-cfrg-bbs-signatures), ciphersuite BLS12-381-SHA-256. Secret key x, public key W = x·P2.
//
//   sign     B = P1 + domain·Q_1 + Σ m_i·H_i;  e = hash(x, m_1..m_L, domain);  A = B·1/(x + e)
//   verify   e(A, W + e·P2) = e(B, P2)
//   octets   A 48 ‖ e 32
//
// bbs-proof.ts has the proofs of a signature. The core operations take scalars, generators and an api_id. Three
// interfaces use them: the plain one below, the blind one in blind-bbs.ts, and Symbolon's own in credential.ts.
// Functions that sign throw on bad input; functions that verify return false for malformed input. The draft allows only
// scalars from 1 to r - 1 on the wire, and it forbids the identity wherever a point is read.

import {
  BBS_API_ID,
  calculateDomain,
  createGenerators,
  hashToScalarOf,
  messagesToScalars,
  P1,
  serialize,
} from "./bbs-generators.ts";
import { concatBytes, type Rng } from "./bytes.ts";
import { groupG1 } from "./group.ts";
import { pairingProductIsOne } from "./pairing-check.ts";
import {
  DecodeError,
  decodeG1,
  decodeG2,
  decodeNonZero,
  encodeG2,
  Fr,
  type G1,
  G1_BYTES,
  type G2,
  hashToScalar,
  P2,
  randomScalar,
  SCALAR_BYTES,
  type Scalar,
} from "./suite.ts";

const SIGNATURE_BYTES = G1_BYTES + SCALAR_BYTES;
const NONE = new Uint8Array(0);

/** The signature (A, e). */
export interface Signature {
  readonly A: G1;
  readonly e: Scalar;
}

// ---- keys

/**
 * KeyGen of the draft.
 * @param keyMaterial at least 32 secret bytes
 * @param keyInfo separates keys made from the same material
 * @throws RangeError if keyMaterial is too short or keyInfo is longer than 65535 bytes
 */
export function keyGen(
  keyMaterial: Uint8Array,
  keyInfo: Uint8Array = NONE,
  keyDst = `${BBS_API_ID}KEYGEN_DST_`,
): Scalar {
  if (keyMaterial.length < 32) throw new RangeError(`key material: ${keyMaterial.length} bytes, at least 32 needed`);
  if (keyInfo.length > 0xffff) throw new RangeError(`key info: ${keyInfo.length} bytes, at most 65535`);
  const length = Uint8Array.of(keyInfo.length >>> 8, keyInfo.length & 255);
  return hashToScalar(keyDst, concatBytes(keyMaterial, length, keyInfo));
}

/** W = x·P2 */
export const skToPk = (sk: Scalar): G2 => P2.multiply(sk) as G2;

// ---- octets

/** A 48 ‖ e 32 */
export const encodeSignature = (s: Signature): Uint8Array => serialize(s.A, s.e);

/** @throws DecodeError if a byte is missing or extra, A is no valid point or e is not in [1, r) */
export function decodeSignature(b: Uint8Array): Signature {
  if (b.length !== SIGNATURE_BYTES) throw new DecodeError(`signature: ${b.length} bytes, expected ${SIGNATURE_BYTES}`);
  return { A: decodeG1(b.subarray(0, G1_BYTES)), e: decodeNonZero(b.subarray(G1_BYTES)) };
}

/**
 * Runs a check and returns its result. If the check throws a DecodeError, the input was malformed and the result is
 * false.
 */
export function refusing(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

// ---- sums

/**
 * base + Σ scalars_i·points_i for secret scalars. A scalar is 0 only if its value is absent, so skipping it reveals
 * nothing.
 */
export function addSecret(base: G1, points: readonly G1[], scalars: readonly Scalar[]): G1 {
  return points.reduce((sum, p, i) => (scalars[i] === 0n ? sum : (sum.add(p.multiply(scalars[i]!)) as G1)), base);
}

/** base + Σ scalars_i·points_i for scalars that the verifier, or everybody, knows. */
export function addPublic(base: G1, points: readonly G1[], scalars: readonly Scalar[]): G1 {
  return base.add(groupG1.combine(points, scalars)) as G1;
}

/** Whether e(a, W) = e(b, P2), computed as one product of pairings. */
const pairsWith = (a: G1, W: G2, b: G1): boolean =>
  pairingProductIsOne([
    { g1: a, g2: W },
    { g1: b.negate() as G1, g2: P2 },
  ]);

/** There must be one generator per message, after Q_1. @throws RangeError */
export function sameLength(generators: readonly G1[], messages: readonly Scalar[]): void {
  if (generators.length !== messages.length + 1)
    throw new RangeError(`${generators.length} generators for ${messages.length} messages`);
}

// ---- signatures

/**
 * 1/(sk + e), as b / (b·sk + b·e) with a fresh random b. The inversion takes a time that depends on its input, and the
 * input is then uniform. The result does not depend on b.
 */
export function invertSecretSum(sk: Scalar, e: Scalar, rng: Rng): Scalar {
  const b = randomScalar(rng);
  return Fr.mul(b, Fr.inv(Fr.add(Fr.mul(b, sk), Fr.mul(b, e))));
}

/** CoreSign of the draft, for messages that are scalars already. */
function coreSign(
  sk: Scalar,
  generators: readonly G1[],
  header: Uint8Array,
  messages: readonly Scalar[],
  apiId: string,
  rng: Rng,
): Signature {
  sameLength(generators, messages);
  const domain = calculateDomain(encodeG2(skToPk(sk)), generators, header, apiId);
  const e = hashToScalarOf(apiId, serialize(sk, ...messages, domain));
  return { A: addSecret(P1, generators, [domain, ...messages]).multiply(invertSecretSum(sk, e, rng)) as G1, e };
}

/**
 * Whether the pairing equation holds for a known B: e(A, W + e·P2) = e(B, P2), computed as e(A, W) = e(B - e·A, P2).
 */
export const verifyPoint = (W: G2, { A, e }: Signature, B: G1): boolean =>
  pairsWith(A, W, B.subtract(A.multiply(e)) as G1);

/** CoreVerify of the draft. @param pk 96 bytes @param signature 80 bytes */
export function coreVerify(
  pk: Uint8Array,
  signature: Uint8Array,
  generators: readonly G1[],
  header: Uint8Array,
  messages: readonly Scalar[],
  apiId: string,
): boolean {
  return refusing(() => {
    sameLength(generators, messages);
    const domain = calculateDomain(pk, generators, header, apiId);
    return verifyPoint(decodeG2(pk), decodeSignature(signature), addSecret(P1, generators, [domain, ...messages]));
  });
}

// ---- the plain interface: octet string messages, api_id = ciphersuite_id ‖ "H2G_HM2S_"

/** Sign of the draft: 80 bytes, the same for every `rng`. */
export function sign(sk: Scalar, header: Uint8Array, messages: readonly Uint8Array[], rng: Rng): Uint8Array {
  const generators = createGenerators(messages.length + 1, BBS_API_ID);
  return encodeSignature(coreSign(sk, generators, header, messagesToScalars(messages, BBS_API_ID), BBS_API_ID, rng));
}

/** Verify of the draft. Malformed input gives false. */
export function verify(
  pk: Uint8Array,
  signature: Uint8Array,
  header: Uint8Array,
  messages: readonly Uint8Array[],
): boolean {
  const generators = createGenerators(messages.length + 1, BBS_API_ID);
  return coreVerify(pk, signature, generators, header, messagesToScalars(messages, BBS_API_ID), BBS_API_ID);
}
