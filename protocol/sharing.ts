// Shamir's secret sharing over Fr with Feldman's commitments in G1.
//
//   f(X) = a_0 + a_1·X + … + a_{t-1}·X^{t-1}     a_0 the secret, the others uniform
//   share of holder i (1 <= i <= n):              f(i)
//   any t holders S:                              f(0) = Σ_{i∈S} λ_i·f(i),   λ_i = Π_{j∈S, j≠i} j / (j - i)
//   commitments:                                  C_m = a_m·G;   f(i)·G = Σ_m i^m·C_m, which anybody can check
//
// Indices start at 1. The share at index 0 would be the secret itself, so every function refuses 0.
// Sources: A. Shamir, "How to share a secret", 1979; P. Feldman, "A practical scheme for non-interactive verifiable
// secret sharing", 1987.

import type { Rng } from "./bytes.ts";
import { Fr, G, type G1, G1Point, randomScalar, type Scalar } from "./suite.ts";

/** The largest number of holders of a key. Indices then fit in one byte with room, and ceremonies stay small. */
export const MAX_HOLDERS = 16;

/** A bad index, set of holders or degree. It is the caller's mistake, not a peer's. */
export class SharingError extends Error {
  override name = "SharingError";
}

/** @throws SharingError if `index` is not an integer in 1..MAX_HOLDERS */
function assertIndex(index: number): void {
  if (!Number.isInteger(index) || index < 1 || index > MAX_HOLDERS)
    throw new SharingError(`index ${index}: must be an integer in 1..${MAX_HOLDERS}`);
}

/**
 * A polynomial of t coefficients with `secret` as constant term. The other coefficients are uniform and never zero.
 * @throws SharingError if t is not in 1..MAX_HOLDERS
 */
export function sharePolynomial(secret: Scalar, t: number, rng: Rng): Scalar[] {
  if (!Number.isInteger(t) || t < 1 || t > MAX_HOLDERS)
    throw new SharingError(`threshold ${t}: must be in 1..${MAX_HOLDERS}`);
  return [secret, ...Array.from({ length: t - 1 }, () => randomScalar(rng))];
}

/** f(index), by Horner's rule. @throws SharingError for a bad index */
export function evaluate(coefficients: readonly Scalar[], index: number): Scalar {
  assertIndex(index);
  const x = BigInt(index);
  return coefficients.reduceRight((sum, a) => Fr.add(Fr.mul(sum, x), a), 0n);
}

/**
 * λ of `index` within `set`, at 0. It is public, because S is.
 * @throws SharingError if the indices of `set` are bad or not distinct, or if `index` is not among them
 */
export function lagrangeAtZero(index: number, set: readonly number[]): Scalar {
  for (const i of set) assertIndex(i);
  if (new Set(set).size !== set.length) throw new SharingError(`set ${set}: indices must be distinct`);
  if (!set.includes(index)) throw new SharingError(`index ${index}: not in set ${set}`);
  let numerator = 1n;
  let denominator = 1n;
  for (const j of set) {
    if (j === index) continue;
    numerator = Fr.mul(numerator, BigInt(j));
    denominator = Fr.mul(denominator, Fr.create(BigInt(j - index)));
  }
  return Fr.div(numerator, denominator);
}

/** The value f(index) of one holder. */
export interface Share {
  readonly index: number;
  readonly value: Scalar;
}

/**
 * f(0) from t shares. With fewer shares, or with shares of two polynomials, the result is another scalar and no error.
 */
export function combineScalars(shares: readonly Share[]): Scalar {
  const set = shares.map((s) => s.index);
  return shares.reduce((sum, s) => Fr.add(sum, Fr.mul(lagrangeAtZero(s.index, set), s.value)), 0n);
}

/** Σ λ_i·P_i: like combineScalars, for share keys and partials. All of them are public once they are sent. */
export function interpolatePoints(shares: readonly { readonly index: number; readonly point: G1 }[]): G1 {
  const set = shares.map((s) => s.index);
  // multiplyUnsafe: public because partials and share keys are messages, and λ follows from the published set.
  return shares.reduce((sum, s) => sum.add(s.point.multiplyUnsafe(lagrangeAtZero(s.index, set))), G1Point.ZERO as G1);
}

/**
 * Feldman's commitments C_m = a_m·G. A zero coefficient (probability 2^-255) is refused, because its commitment would
 * be the identity.
 */
export function commitPolynomial(coefficients: readonly Scalar[]): G1[] {
  return coefficients.map((a) => G.multiply(a) as G1);
}

/**
 * f(index)·G, from the commitments. If dealers cheat, it may be the identity; a caller that needs a key checks for
 * that.
 */
export function evaluateCommitment(commitments: readonly G1[], index: number): G1 {
  assertIndex(index);
  const x = BigInt(index);
  // multiplyUnsafe: public because commitments are broadcast and the index is a seat number.
  return commitments.reduceRight((sum, c) => sum.multiplyUnsafe(x).add(c), G1Point.ZERO as G1);
}

/**
 * Whether values[i] = f(i)·G for i = 0..n and one f of degree below t. This holds if and only if all t-th forward
 * differences vanish. So the test needs point subtractions only, and it covers every set of t holders at once.
 */
export function liesOnPolynomial(values: readonly G1[], t: number): boolean {
  let row = [...values];
  for (let k = 0; k < t; k++) row = row.slice(1).map((v, i) => v.subtract(row[i]!) as G1);
  return row.every((v) => v.is0());
}
