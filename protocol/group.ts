// The three groups of the suite behind one interface, so that one sigma engine serves equations in all of them. All
// groups have the prime order r and are written additively. In GT, "add" is the product of Fp12 and "multiply" is the
// power.
//
//   multiply        for secret scalars. G1 and G2 use noble's window tables for fixed bases, else endomorphism.ts. GT
//                   uses a fixed sequence of squarings, multiplications and full table scans. JavaScript's bigints
//                   themselves are not constant-time.
//   multiplyPublic  for public scalars (responses, challenges, batching coefficients); variable time is safe there
//   combine         sum of s_i·E_i for public scalars, with one shared chain of doublings (Straus; in G1 and G2 the
//                   endomorphisms shorten it, endomorphism.ts). The chain is as long as the longest scalar.
//   encode          one element that is known to be in the group: decoded by suite.ts, or computed from such elements
//   encodeAll       many such elements, concatenated, with one inversion for all
//
// The identity has no encoding here (draft-irtf-cfrg-sigma-protocols, "Group": serialization fails on the identity).

import { normalizeZ } from "@noble/curves/abstract/curve.js";
import { concatBytes } from "./bytes.ts";
import { combineG1, combineG2, multiplyG1, multiplyG2 } from "./endomorphism.ts";
import {
  DecodeError,
  decodeG1,
  decodeG2,
  decodeGT,
  encodeG1,
  encodeG2,
  encodeGT,
  Fp12,
  Fr,
  G,
  type G1,
  G1_BYTES,
  G1Point,
  type G2,
  G2_BYTES,
  G2Point,
  type GT,
  GT_BYTES,
  invertGT,
  lazy,
  P2,
  pairing,
  R_ORDER,
  type Scalar,
} from "./suite.ts";

/** One group of prime order r. E is the type of its elements. */
export interface Group<E> {
  readonly name: "G1" | "G2" | "GT";
  readonly elementBytes: number;
  readonly identity: E;
  /** G, P2 or e(G, P2): element 0 of every instance (draft: `elements[0]` is the generator) */
  readonly generator: () => E;
  /** @throws DecodeError for the identity */
  encode(e: E): Uint8Array;
  /** encodings of elements that were computed from checked ones, concatenated; @throws DecodeError for an identity */
  encodeAll(elements: readonly E[]): Uint8Array;
  /** the decoder of suite.ts; @throws DecodeError */
  decode(b: Uint8Array): E;
  /** Only for commitments of a batch (sigma-batch.ts): an engine may skip the subgroup test. @throws DecodeError */
  decodeOnCurve(b: Uint8Array): E;
  add(a: E, b: E): E;
  negate(a: E): E;
  /** for a secret scalar in [0, r); 0 gives the identity */
  multiply(e: E, s: Scalar): E;
  /** for a public scalar in [0, r) */
  multiplyPublic(e: E, s: Scalar): E;
  /** Σ s_i·E_i for public scalars in [0, r). @throws RangeError if the lists differ in length */
  combine(elements: readonly E[], scalars: readonly Scalar[]): E;
  equals(a: E, b: E): boolean;
  isIdentity(e: E): boolean;
}

function checkScalar(s: Scalar): void {
  if (s < 0n || s >= R_ORDER) throw new RangeError("scalar outside [0, r)");
}

/** The arguments of `combine`. @throws RangeError if the lists differ in length, or a scalar is outside [0, r) */
export function checkTerms(elements: readonly unknown[], scalars: readonly Scalar[]): void {
  if (elements.length !== scalars.length)
    throw new RangeError(`combine: ${scalars.length} scalars for ${elements.length} elements`);
  scalars.forEach(checkScalar);
}

/** The elements with Z = 1, with one inversion for all. */
function normalized<P>(curve: unknown, elements: readonly P[]): P[] {
  return normalizeZ(curve as never, [...elements] as never) as P[];
}

const windowed = new WeakSet<object>([G, P2]);

/**
 * Gives a base that is used often a window table. Its first use builds the table, in about 2.5 ms; multiplications are
 * then 5 times faster.
 */
export function fixedBase<P extends G1 | G2>(base: P): P {
  base.precompute(5);
  windowed.add(base);
  return base;
}

/** The methods of noble's points that the code below uses, for G1 and G2 alike. */
interface CurvePoint<P> {
  add(other: P): P;
  negate(): P;
  multiply(s: bigint): P;
  multiplyUnsafe(s: bigint): P;
  equals(other: P): boolean;
  is0(): boolean;
}
type CurveGroup<P> = Omit<
  Group<P>,
  "encode" | "encodeAll" | "decode" | "decodeOnCurve" | "generator" | "name" | "elementBytes"
>;

function curveGroup<P extends CurvePoint<P>>(
  identity: P,
  straus: (points: P[], scalars: bigint[]) => P,
  secretly: (point: P, scalar: bigint) => P,
): CurveGroup<P> {
  return {
    identity,
    add: (a, b) => a.add(b),
    negate: (a) => a.negate(),
    multiply(e, s) {
      checkScalar(s);
      // noble's constant-time path takes [1, r) only; a secret scalar is 0 with negligible probability
      return s === 0n ? identity : windowed.has(e) ? e.multiply(s) : secretly(e, s);
    },
    multiplyPublic: (e, s) => e.multiplyUnsafe(s), // public because the caller says so by choosing this method
    combine(elements, scalars) {
      checkTerms(elements, scalars);
      let sum = identity;
      const points: P[] = [];
      const factors: bigint[] = [];
      elements.forEach((e, i) => {
        const s = scalars[i]!;
        if (s === 0n || e.is0()) return;
        // public because combine is for public scalars only
        if (windowed.has(e)) sum = sum.add(e.multiplyUnsafe(s));
        else {
          points.push(e);
          factors.push(s);
        }
      });
      return points.length === 0 ? sum : sum.add(straus(points, factors));
    },
    equals: (a, b) => a.equals(b),
    isIdentity: (e) => e.is0(),
  };
}

/** G1 on noble. */
export const groupG1: Group<G1> = {
  name: "G1",
  elementBytes: G1_BYTES,
  generator: () => G,
  ...curveGroup(G1Point.ZERO as G1, combineG1, multiplyG1),
  encode: encodeG1,
  encodeAll: (elements) => concatBytes(...normalized(G1Point, elements).map(encodeG1)),
  decode: decodeG1,
  decodeOnCurve: decodeG1,
};

/** G2 on noble. */
export const groupG2: Group<G2> = {
  name: "G2",
  elementBytes: G2_BYTES,
  generator: () => P2,
  ...curveGroup(G2Point.ZERO as G2, combineG2, multiplyG2),
  encode: encodeG2,
  encodeAll: (elements) => concatBytes(...normalized(G2Point, elements).map(encodeG2)),
  decode: decodeG2,
  decodeOnCurve: decodeG2,
};

const square = (e: GT): GT => Fp12._cyclotomicSquare(e); // every element is in the cyclotomic subgroup

/** For a secret exponent: 4 bits per step, every table entry is read, and the digit 0 costs a multiplication too. */
function powerFixedWindow(e: GT, s: Scalar): GT {
  const table: GT[] = [Fp12.ONE];
  for (let i = 1; i < 16; i++) table.push(Fp12.mul(table[i - 1]!, e));
  let acc = Fp12.ONE;
  for (let bit = 252n; bit >= 0n; bit -= 4n) {
    for (let k = 0; k < 4; k++) acc = square(acc);
    const digit = Number((s >> bit) & 15n);
    let factor = table[0]!;
    for (let i = 1; i < 16; i++) factor = Fp12.cmov(factor, table[i]!, i === digit);
    acc = Fp12.mul(acc, factor);
  }
  return acc;
}

/** Signed digits of width 5, each odd or 0, least significant first. */
function wnaf(s: Scalar): number[] {
  const digits: number[] = [];
  for (let n = s; n > 0n; n >>= 1n) {
    let digit = 0;
    if (n & 1n) {
      digit = Number(n & 31n);
      if (digit > 15) digit -= 32;
      n -= BigInt(digit);
    }
    digits.push(digit);
  }
  return digits;
}

/** For public exponents: one chain of cyclotomic squarings for all. An inverse is a conjugate and costs nothing. */
function powerProduct(elements: readonly GT[], scalars: readonly Scalar[]): GT {
  checkTerms(elements, scalars);
  const digits = scalars.map(wnaf);
  const tables = elements.map((e) => {
    const e2 = square(e);
    const odd = [e];
    for (let i = 1; i < 8; i++) odd.push(Fp12.mul(odd[i - 1]!, e2));
    return odd;
  });
  let acc = Fp12.ONE;
  for (let bit = Math.max(0, ...digits.map((d) => d.length)) - 1; bit >= 0; bit--) {
    acc = square(acc);
    for (let i = 0; i < digits.length; i++) {
      const digit = digits[i]![bit] ?? 0;
      if (digit === 0) continue;
      const power = tables[i]![(Math.abs(digit) - 1) / 2]!;
      acc = Fp12.mul(acc, digit > 0 ? power : invertGT(power));
    }
  }
  return acc;
}

/** GT on noble. */
export const groupGT: Group<GT> = {
  name: "GT",
  elementBytes: GT_BYTES,
  generator: lazy(() => pairing(G, P2)),
  identity: Fp12.ONE,
  encode(e) {
    if (Fp12.eql(e, Fp12.ONE)) throw new DecodeError("GT: the identity has no encoding");
    return encodeGT(e);
  },
  encodeAll: (elements) => concatBytes(...elements.map((e) => groupGT.encode(e))),
  decode: decodeGT,
  decodeOnCurve: decodeGT,
  add: (a, b) => Fp12.mul(a, b),
  negate: invertGT,
  multiply(e, s) {
    checkScalar(s);
    return powerFixedWindow(e, s);
  },
  multiplyPublic: (e, s) => powerProduct([e], [s]),
  combine: powerProduct,
  equals: (a, b) => Fp12.eql(a, b),
  isIdentity: (e) => Fp12.eql(e, Fp12.ONE),
};

/** x mod r. The coefficients of an instance may be any integers, for example -1n for a minus sign. */
export const toScalar = (x: bigint): Scalar => Fr.create(x);
