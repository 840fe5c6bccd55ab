// Multiplication with short chains of doublings, by the endomorphisms of BLS12-381 (x = -0xd201000000010000):
//
//   G1   φ(X : Y : Z) = (βX : Y : Z) = -x²·P    s = s_0 + s_1·x²,        s·P = s_0·P - s_1·φ(P)           128 doublings
//   G2   ψ(P) = x·P                            s = Σ_(i<4) d_i·|x|^i,   s·P = Σ d_i·(-1)^i·ψ^i(P)         64 doublings
//
// A plain chain has 255 doublings (R. Gallant, R. Lambert, S. Vanstone, CRYPTO 2001; S. Galbraith, X. Lin, M. Scott,
// EUROCRYPT 2009). Both identities hold in the prime-order subgroups only. That is satisfied, because all points come
// from the decoders of suite.ts.
//
//   combine    Σ s_i·P_i in variable time. This is safe because only verifiers use it, on public responses, challenges
//              and coefficients.
//   multiply   s·P for a secret s. It does the same doublings and additions for every s, in windows of 4 bits. It reads
//              every entry of a table, and noble's complete formulas cover the identity. Bigints themselves are not
//              constant-time.

import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import { psiFrobenius } from "@noble/curves/abstract/tower.js";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { type G1, G1Point, type G2, G2Point, lazy, type Scalar, X_ABS } from "./suite.ts";

const { Fp, Fp2 } = bls.fields;
const X_SQUARED = X_ABS * X_ABS;
/** β: the cube root of unity in the subgroup check of eprint 2021/1130 */
const BETA = 0x5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffen;

/** P and x²·P. */
const splitG1 = (p: G1): G1[] => [p, new G1Point(Fp.mul(p.X, BETA), Fp.neg(p.Y), p.Z) as G1];
const digitsG1 = (s: Scalar): bigint[] => [s % X_SQUARED, s / X_SQUARED];

/** Σ s_i·P_i in G1, for public scalars in [0, r). */
export function combineG1(points: readonly G1[], scalars: readonly Scalar[]): G1 {
  return mulAddUnsafe(G1Point, ...live(points.flatMap(splitG1), scalars.flatMap(digitsG1))) as G1;
}
/** s·P in G1, for a secret s in [0, r) */
export const multiplyG1 = (p: G1, s: Scalar): G1 => fixedWindows(G1Point.ZERO as G1, splitG1(p), digitsG1(s), 128);

const psi = lazy(() => psiFrobenius(Fp, Fp2, Fp2.div(Fp2.ONE, Fp2.NONRESIDUE)).psi);

/** |x|^i·P for i = 0 to 3. */
function splitG2(p: G2): G2[] {
  let { x, y } = p.toAffine();
  const powers: G2[] = [p];
  for (let i = 1; i < 4; i++) {
    [x, y] = psi()(x, y);
    y = Fp2.neg(y); // |x|^i·P = (-ψ)^i(P): a minus sign per step
    powers.push(G2Point.fromAffine({ x, y }) as G2);
  }
  return powers;
}
const digitsG2 = (s: Scalar): bigint[] => [0n, 1n, 2n, 3n].map((i) => (s / X_ABS ** i) % X_ABS);

/** Σ s_i·P_i in G2, for public scalars in [0, r). */
export function combineG2(points: readonly G2[], scalars: readonly Scalar[]): G2 {
  return mulAddUnsafe(G2Point, ...live(points.flatMap(splitG2), scalars.flatMap(digitsG2))) as G2;
}
/** s·P in G2, for a secret s in [0, r) */
export const multiplyG2 = (p: G2, s: Scalar): G2 => fixedWindows(G2Point.ZERO as G2, splitG2(p), digitsG2(s), 64);

/** Drops the terms with digit 0, so that a 128-bit coefficient costs no more than it must. */
function live<P>(points: P[], digits: bigint[]): [P[], bigint[]] {
  const at = digits.flatMap((d, i) => (d === 0n ? [] : [i]));
  return [at.map((i) => points[i]!), at.map((i) => digits[i]!)];
}

interface Addable<P> {
  add(other: P): P;
  double(): P;
}
const WINDOW_BITS = 4;

/** Σ d_i·P_i for digits below 2^bits, in a fixed sequence of operations. */
function fixedWindows<P extends Addable<P>>(zero: P, points: readonly P[], digits: readonly bigint[], bits: number): P {
  const tables = points.map((p) => {
    const multiples = [zero];
    for (let i = 1; i < 1 << WINDOW_BITS; i++) multiples.push(multiples[i - 1]!.add(p));
    return multiples;
  });
  let sum = zero;
  for (let at = bits - WINDOW_BITS; at >= 0; at -= WINDOW_BITS) {
    for (let i = 0; i < WINDOW_BITS; i++) sum = sum.double();
    tables.forEach((table, t) => {
      const digit = Number((digits[t]! >> BigInt(at)) & 15n);
      let term = zero;
      for (let i = 0; i < table.length; i++) term = i === digit ? table[i]! : term;
      sum = sum.add(term);
    });
  }
  return sum;
}
