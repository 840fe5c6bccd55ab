// BBS signatures (draft-irtf-cfrg-bbs-signatures), ciphersuite BLS12-381-SHA-256. Secret key x, public key W = x·P2.
//
//   sign     B = P1 + domain·Q_1 + Σ m_i·H_i;  e = hash(x, m_1..m_L, domain);  A = B·1/(x + e)
//   verify   e(A, W + e·P2) = e(B, P2)
//   prove    D = r2·B;  Abar = (r1·r2)·A;  Bbar = r1·D - e·Abar;  r3 = 1/r2;  and of (e, r1, r3, hidden m_j):
//            Bbar = r1·D - e·Abar    and    P1 + domain·Q_1 + Σ_shown m_i·H_i = r3·D - Σ_hidden m_j·H_j
//   check    that proof, and e(Abar, W) = e(Bbar, P2)
//
//   signature  A 48 ‖ e 32
//   proof      Abar 48 ‖ Bbar 48 ‖ D 48 ‖ e^ 32 ‖ r1^ 32 ‖ r3^ 32 ‖ m^_j 32 each hidden message ‖ challenge 32
//
// Core operations take scalars, generators and an api_id; interfaces stand on them: the plain one below, the blind
// one in blind-bbs.ts, Symbolon's own in credential.ts. Making throws; checking returns false for anything malformed.
// The draft lets scalars on the wire run from 1 to r - 1 only, and forbids the identity wherever a point is read.

import {
  BBS_API_ID,
  calculateDomain,
  createGenerators,
  hashToScalarOf,
  messagesToScalars,
  P1,
  serialize,
  u64,
} from "./bbs-generators.ts";
import { concatBytes, type Rng } from "./bytes.ts";
import { groupG1 } from "./group.ts";
import {
  DecodeError,
  decodeG1,
  decodeG2,
  decodeScalar,
  encodeG2,
  Fp12,
  Fr,
  type G1,
  G1_BYTES,
  type G2,
  hashToScalar,
  P2,
  pairingProduct,
  randomScalar,
  SCALAR_BYTES,
  type Scalar,
} from "./suite.ts";

export const SIGNATURE_BYTES = G1_BYTES + SCALAR_BYTES;
const NONE = new Uint8Array(0);

export interface Signature {
  readonly A: G1;
  readonly e: Scalar;
}

// ---- keys

/** KeyGen: key material of at least 32 secret bytes; `keyInfo` separates keys made from the same material. */
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

export const skToPk = (sk: Scalar): G2 => P2.multiply(sk) as G2;

// ---- octets

/** A scalar on the wire, in [1, r - 1] (octets_to_signature, octets_to_proof). */
export function decodeNonZero(b: Uint8Array): Scalar {
  const x = decodeScalar(b);
  if (x === 0n) throw new DecodeError("scalar: zero");
  return x;
}

/** All of `b` as non-zero scalars. */
export function decodeScalars(b: Uint8Array): Scalar[] {
  if (b.length % SCALAR_BYTES !== 0) throw new DecodeError(`scalars: ${b.length} bytes, not a multiple of 32`);
  return Array.from({ length: b.length / SCALAR_BYTES }, (_, i) =>
    decodeNonZero(b.subarray(i * SCALAR_BYTES, (i + 1) * SCALAR_BYTES)),
  );
}

export const encodeSignature = (s: Signature): Uint8Array => serialize(s.A, s.e);

export function decodeSignature(b: Uint8Array): Signature {
  if (b.length !== SIGNATURE_BYTES) throw new DecodeError(`signature: ${b.length} bytes, expected ${SIGNATURE_BYTES}`);
  return { A: decodeG1(b.subarray(0, G1_BYTES)), e: decodeNonZero(b.subarray(G1_BYTES)) };
}

/** Runs a check; whatever was malformed in its input makes it false. */
export function refusing(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

// ---- sums

/** base + Σ scalars_i·points_i for secret scalars. Zero stands only for an absent value, so skipping it tells nothing. */
export function addSecret(base: G1, points: readonly G1[], scalars: readonly Scalar[]): G1 {
  return points.reduce((sum, p, i) => (scalars[i] === 0n ? sum : (sum.add(p.multiply(scalars[i]!)) as G1)), base);
}

/** The same where the verifier, or everybody, knows the scalars. */
export function addPublic(base: G1, points: readonly G1[], scalars: readonly Scalar[]): G1 {
  return base.add(groupG1.combine(points, scalars)) as G1;
}

/** e(a, W) = e(b, P2), as one product. */
export const pairsWith = (a: G1, W: G2, b: G1): boolean =>
  Fp12.eql(
    pairingProduct([
      { g1: a, g2: W },
      { g1: b.negate() as G1, g2: P2 },
    ]),
    Fp12.ONE,
  );

function sameLength(generators: readonly G1[], messages: readonly Scalar[]): void {
  if (generators.length !== messages.length + 1)
    throw new RangeError(`${generators.length} generators for ${messages.length} messages`);
}

// ---- signatures

export function coreSign(
  sk: Scalar,
  generators: readonly G1[],
  header: Uint8Array,
  messages: readonly Scalar[],
  apiId: string,
): Signature {
  sameLength(generators, messages);
  const domain = calculateDomain(encodeG2(skToPk(sk)), generators, header, apiId);
  const e = hashToScalarOf(apiId, serialize(sk, ...messages, domain));
  return { A: addSecret(P1, generators, [domain, ...messages]).multiply(Fr.inv(Fr.add(sk, e))) as G1, e };
}

/** The pairing equation alone, over a known B. */
export const verifyPoint = (W: G2, { A, e }: Signature, B: G1): boolean =>
  // public because the signature is being checked in the open, or by its owner alone
  pairsWith(A, e === 0n ? W : (W.add(P2.multiplyUnsafe(e)) as G2), B);

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

// ---- proofs

/** The hidden indexes; disclosed ones must be ascending, without repetition, in [0, L). */
function hiddenIndexes(total: number, disclosed: readonly number[]): number[] {
  disclosed.forEach((x, i) => {
    if (!Number.isInteger(x) || x < 0 || x >= total || (i > 0 && x <= disclosed[i - 1]!))
      throw new DecodeError(`disclosed index ${x}: not ascending or not below ${total}`);
  });
  return Array.from({ length: total }, (_, i) => i).filter((i) => !disclosed.includes(i));
}

/** ProofChallengeCalculate. */
function proofChallenge(
  [Abar, Bbar, D, T1, T2]: readonly [G1, G1, G1, G1, G1],
  disclosed: readonly (readonly [index: number, message: Scalar])[],
  domain: Scalar,
  ph: Uint8Array,
  apiId: string,
): Scalar {
  const items = serialize(disclosed.length, ...disclosed.flat(), Abar, Bbar, D, T1, T2, domain);
  return hashToScalarOf(apiId, concatBytes(items, u64(ph.length), ph));
}

/** Draws r1, r2, e~, r1~, r3~, m~_j in that order, 48 bytes each. */
export function coreProofGen(
  pk: Uint8Array,
  signature: Uint8Array,
  generators: readonly G1[],
  header: Uint8Array,
  ph: Uint8Array,
  messages: readonly Scalar[],
  disclosedIndexes: readonly number[],
  apiId: string,
  rng: Rng,
): Uint8Array {
  sameLength(generators, messages);
  const { A, e } = decodeSignature(signature);
  const hidden = hiddenIndexes(messages.length, disclosedIndexes);
  const hiddenH = hidden.map((i) => generators[i + 1]!);
  const [r1, r2, e_, r1_, r3_] = [rng, rng, rng, rng, rng].map(randomScalar) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const m_ = hidden.map(() => randomScalar(rng));

  const domain = calculateDomain(pk, generators, header, apiId);
  const D = addSecret(P1, generators, [domain, ...messages]).multiply(r2) as G1;
  const Abar = A.multiply(Fr.mul(r1, r2)) as G1;
  const Bbar = D.multiply(r1).subtract(Abar.multiply(e)) as G1;
  const T1 = Abar.multiply(e_).add(D.multiply(r1_)) as G1;
  const T2 = addSecret(D.multiply(r3_) as G1, hiddenH, m_);
  const disclosed = disclosedIndexes.map((i) => [i, messages[i]!] as const);
  const c = proofChallenge([Abar, Bbar, D, T1, T2], disclosed, domain, ph, apiId);

  return serialize(
    Abar,
    Bbar,
    D,
    Fr.add(e_, Fr.mul(e, c)),
    Fr.sub(r1_, Fr.mul(r1, c)),
    Fr.sub(r3_, Fr.mul(Fr.inv(r2), c)),
    ...hidden.map((i, j) => Fr.add(m_[j]!, Fr.mul(messages[i]!, c))),
    c,
  );
}

/** 3 points and 4 scalars, without hidden messages */
export const PROOF_FLOOR_BYTES = 3 * G1_BYTES + 4 * SCALAR_BYTES;

/** How many messages a proof of this length hides; refused if it cannot be a proof. */
export function hiddenCount(proof: Uint8Array): number {
  const rest = proof.length - PROOF_FLOOR_BYTES;
  if (rest < 0 || rest % SCALAR_BYTES !== 0) throw new DecodeError(`proof: ${proof.length} bytes`);
  return rest / SCALAR_BYTES;
}

export function coreProofVerify(
  pk: Uint8Array,
  proof: Uint8Array,
  generators: readonly G1[],
  header: Uint8Array,
  ph: Uint8Array,
  disclosedMessages: readonly Scalar[],
  disclosedIndexes: readonly number[],
  apiId: string,
): boolean {
  return refusing(() => {
    const W = decodeG2(pk);
    const total = generators.length - 1;
    const hidden = hiddenIndexes(total, disclosedIndexes);
    if (disclosedMessages.length !== disclosedIndexes.length || hiddenCount(proof) !== hidden.length) return false;
    const [Abar, Bbar, D] = [0, 1, 2].map((i) => decodeG1(proof.subarray(i * G1_BYTES, (i + 1) * G1_BYTES))) as [
      G1,
      G1,
      G1,
    ];
    const scalars = decodeScalars(proof.subarray(3 * G1_BYTES));
    const [e_, r1_, r3_] = scalars as [bigint, bigint, bigint];
    const c = scalars[scalars.length - 1]!;

    const domain = calculateDomain(pk, generators, header, apiId);
    const shownH = disclosedIndexes.map((i) => generators[i + 1]!);
    const Bv = addPublic(P1, [generators[0]!, ...shownH], [domain, ...disclosedMessages]);
    const hiddenH = hidden.map((i) => generators[i + 1]!);
    const T1 = groupG1.combine([Bbar, Abar, D], [c, e_, r1_]);
    const T2 = groupG1.combine([Bv, D, ...hiddenH], [c, r3_, ...scalars.slice(3, -1)]);
    const disclosed = disclosedIndexes.map((i, j) => [i, disclosedMessages[j]!] as const);
    if (proofChallenge([Abar, Bbar, D, T1, T2], disclosed, domain, ph, apiId) !== c) return false;
    return pairsWith(Abar, W, Bbar);
  });
}

// ---- the plain interface: octet string messages, api_id = ciphersuite_id ‖ "H2G_HM2S_"

export function sign(sk: Scalar, header: Uint8Array, messages: readonly Uint8Array[]): Uint8Array {
  const generators = createGenerators(messages.length + 1, BBS_API_ID);
  return encodeSignature(coreSign(sk, generators, header, messagesToScalars(messages, BBS_API_ID), BBS_API_ID));
}

export function verify(
  pk: Uint8Array,
  signature: Uint8Array,
  header: Uint8Array,
  messages: readonly Uint8Array[],
): boolean {
  const generators = createGenerators(messages.length + 1, BBS_API_ID);
  return coreVerify(pk, signature, generators, header, messagesToScalars(messages, BBS_API_ID), BBS_API_ID);
}

export function proofGen(
  pk: Uint8Array,
  signature: Uint8Array,
  header: Uint8Array,
  ph: Uint8Array,
  messages: readonly Uint8Array[],
  disclosedIndexes: readonly number[],
  rng: Rng,
): Uint8Array {
  const generators = createGenerators(messages.length + 1, BBS_API_ID);
  const scalars = messagesToScalars(messages, BBS_API_ID);
  return coreProofGen(pk, signature, generators, header, ph, scalars, disclosedIndexes, BBS_API_ID, rng);
}

export function proofVerify(
  pk: Uint8Array,
  proof: Uint8Array,
  header: Uint8Array,
  ph: Uint8Array,
  disclosedMessages: readonly Uint8Array[],
  disclosedIndexes: readonly number[],
): boolean {
  return refusing(() => {
    const generators = createGenerators(hiddenCount(proof) + disclosedIndexes.length + 1, BBS_API_ID);
    const scalars = messagesToScalars(disclosedMessages, BBS_API_ID);
    return coreProofVerify(pk, proof, generators, header, ph, scalars, disclosedIndexes, BBS_API_ID);
  });
}
