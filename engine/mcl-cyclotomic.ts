// The cyclotomic subgroup of Fp12 on mcl, built from its operations in Fp and Fp2. A verifier of link shares does two
// things with each value of another trustee: it tests membership in GT, and it computes a power by a 128-bit
// coefficient. This file does both for little more than the price of the first. f = a + b·w with a, b in Fp6 = Fp2[v],
// v³ = ξ = 1 + i, w² = v; six coordinates in Fp2, in mcl's order.
//
//   squaring     R. Granger, M. Scott (eprint 2009/565): 9 squarings in Fp2; only for f with f^(p^4)·f = f^(p^2)
//   Frobenius    acts on each coordinate separately: a_i^(p^k)·c_(k,i); the c come from noble, on first use
//   membership   as isInGT of suite.ts: f^(p^4)·f = f^(p^2) first, then f^p · f^|x| = 1 (eprint 2021/1130). mcl's own
//                power must not be used for the test: it splits exponents by Frobenius, which assumes membership.
//   ladder       f^(64^i), i = 0 … 10. They occur in the chain of squarings for f^|x|, and are kept.
//   short power  Π f_s^ρ_s, ρ_s < 2^128. ρ = a + b·|x|, and f^|x| = 1/f^p in GT, so it is Π f_s^a_s · 1/(Π f_s^b_s)^p.
//                Signed digits of a and b to the base 64 put ladder elements into 32 buckets: 22 products per value and
//                no squaring. Membership comes first: only members have a ladder.

import { concatBytes } from "../protocol/bytes.ts";
import { Fp12, GT_BYTES, lazy, X_ABS } from "../protocol/suite.ts";
import { FP, type Mcl } from "./mcl-module.ts";

/** bytes of an element of GT in mcl's form */
export const GT_SIZE = 12 * FP;
const FP2 = 2 * FP;
/** bits of |x|, the lowest first; six are set */
const X_BITS = [...X_ABS.toString(2)].reverse();

const DIGIT_BITS = 6;
const DIGITS = 11;
const BUCKETS = 1 << (DIGIT_BITS - 1);
const LADDER_SIZE = DIGITS * GT_SIZE;
/** bound of the scalars of shortPowers */
export const SHORT_LIMIT = 1n << 128n;
const MEMBER_ROOM = 12 * GT_SIZE + LADDER_SIZE;
const SHORT_ROOM = (BUCKETS + 8) * GT_SIZE;

/** The c_(k,i) of the header, in noble's bytes. */
function frobeniusConstants(k: number): Uint8Array[] {
  return Array.from({ length: 6 }, (_, i) => {
    const unit = new Uint8Array(GT_BYTES);
    const one = Fp12.toBytes(Fp12.ONE).subarray(0, FP2);
    unit.set(one, i * FP2);
    return Fp12.toBytes(Fp12.frobeniusMap(Fp12.fromBytes(unit), k)).slice(i * FP2, (i + 1) * FP2);
  });
}

/** The digits of a number below 2^65, in [-32, 32), the lowest first. */
function signedDigits(n: bigint): number[] {
  let rest = n;
  return Array.from({ length: DIGITS }, () => {
    let digit = Number(rest & 63n);
    rest >>= 6n;
    if (digit >= BUCKETS) {
      digit -= 2 * BUCKETS;
      rest += 1n;
    }
    return digit;
  });
}

/** Membership and short powers in GT. */
export interface Cyclotomic {
  /** The ladder of a member of GT (the identity is one). Undefined for any other element. */
  ladderOf(limbs: Uint8Array): Uint8Array | undefined;
  /** Π f^ρ for members, given by their ladders; 0 <= ρ < SHORT_LIMIT */
  shortPowers(ladders: readonly Uint8Array[], scalars: readonly bigint[]): Uint8Array;
}

/** @param limbsOf converts an element from noble's bytes to mcl's form */
export function cyclotomic(mcl: Mcl, limbsOf: (bytes: Uint8Array) => Uint8Array): Cyclotomic {
  const { call } = mcl;

  const constants = lazy(() =>
    [1, 2, 4].map((k) => {
      const limbs = frobeniusConstants(k).map((c) => {
        const padded = new Uint8Array(GT_BYTES);
        padded.set(c);
        return limbsOf(padded).subarray(0, FP2);
      });
      return concatBytes(...limbs);
    }),
  );
  const scale = (to: number, from: number, by: number): void => {
    for (let i = 0; i < GT_SIZE; i += FP2) call.mclBnFp2_mul(to + i, from + i, by + i);
  };
  /** f^p, in place */
  const frobenius = (f: number, c1: number): void => {
    for (let i = FP; i < GT_SIZE; i += FP2) call.mclBnFp_neg(f + i, f + i);
    scale(f, f, c1);
  };

  const { mclBnFp2_sqr: sqr, mclBnFp2_add: add, mclBnFp2_sub: sub } = call;
  const timesXi = (to: number, x: number): void => {
    call.mclBnFp_sub(to, x, x + FP);
    call.mclBnFp_add(to + FP, x, x + FP);
  };
  /**
   * (a + b·s)² in Fp4 = Fp2[s], s² = ξ. The result is at `to` and `to + FP2`; the two places after it hold intermediate
   * values.
   */
  const squareFp4 = (to: number, a: number, b: number): void => {
    const [c0, c1, aa, bb] = [to, to + FP2, to + 2 * FP2, to + 3 * FP2];
    sqr(aa, a);
    sqr(bb, b);
    add(c1, a, b);
    sqr(c1, c1);
    sub(c1, c1, aa);
    sub(c1, c1, bb);
    timesXi(c0, bb);
    add(c0, c0, aa);
  };
  /** z = 3·t − 2·z if `step` is `sub`, or 3·t + 2·z if it is `add` */
  const settle = (z: number, t: number, step: typeof add): void => {
    step(z, t, z);
    add(z, z, z);
    add(z, z, t);
  };
  /** f², in place. `work` has room for 12 elements of Fp2. */
  const square = (f: number, work: number): void => {
    const [z0, z4, z3, z2, z1, z5] = [0, 1, 2, 3, 4, 5].map((i) => f + i * FP2) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const [s, t, u] = [work, work + 4 * FP2, work + 8 * FP2];
    squareFp4(s, z0, z1);
    squareFp4(t, z2, z3);
    squareFp4(u, z4, z5);
    settle(z0, s, sub);
    settle(z1, s + FP2, add);
    settle(z4, t, sub);
    settle(z5, t + FP2, add);
    settle(z3, u, sub);
    timesXi(s, u + FP2);
    settle(z2, s, add);
  };

  /** Π f^(Σ 64^i·digit_i) */
  function productOf(
    to: number,
    { first, buckets, inverse }: Record<"first" | "buckets" | "inverse", number>,
    digits: readonly (readonly number[])[],
  ): void {
    const used = new Set<number>();
    digits.forEach((ofOne, s) => {
      ofOne.forEach((digit, i) => {
        if (digit === 0) return;
        const size = Math.abs(digit);
        const bucket = buckets + size * GT_SIZE;
        let f = first + s * LADDER_SIZE + i * GT_SIZE;
        if (digit < 0) {
          call.mclBnGT_inv(inverse, f);
          f = inverse;
        }
        if (used.has(size)) call.mclBnGT_mul(bucket, bucket, f);
        else mcl.copy(bucket, f, GT_SIZE);
        used.add(size);
      });
    });
    // Π bucket_j^j: for each j, the product of the buckets from j up is one factor.
    const running = buckets;
    call.mclBnGT_setInt32(to, 1);
    call.mclBnGT_setInt32(running, 1);
    for (let j = BUCKETS; j > 0; j--) {
      if (used.has(j)) call.mclBnGT_mul(running, running, buckets + j * GT_SIZE);
      call.mclBnGT_mul(to, to, running);
    }
  }

  return {
    ladderOf(limbs) {
      const tables = constants();
      mcl.begin(MEMBER_ROOM);
      const f = mcl.put(limbs);
      const [c1, c2, c4] = tables.map((t) => mcl.put(t)) as [number, number, number];
      const [u, v, work] = [mcl.room(GT_SIZE), mcl.room(GT_SIZE), mcl.room(2 * GT_SIZE)];
      scale(u, f, c4);
      call.mclBnGT_mul(u, u, f);
      scale(v, f, c2);
      if (call.mclBnGT_isEqual(u, v) !== 1) return undefined;
      const [power, chain, ladder] = [mcl.room(GT_SIZE), mcl.put(limbs), mcl.room(LADDER_SIZE)];
      call.mclBnGT_setInt32(power, 1);
      X_BITS.forEach((bit, i) => {
        if (i > 0) square(chain, work); // f^(2^i)
        if (i % DIGIT_BITS === 0) mcl.copy(ladder + (i / DIGIT_BITS) * GT_SIZE, chain, GT_SIZE);
        if (bit === "1") call.mclBnGT_mul(power, power, chain);
      });
      mcl.copy(u, f, GT_SIZE);
      frobenius(u, c1);
      call.mclBnGT_mul(power, power, u);
      return call.mclBnGT_isOne(power) === 1 ? mcl.get(ladder, LADDER_SIZE) : undefined;
    },

    shortPowers(ladders, scalars) {
      const [c1] = constants();
      mcl.begin(SHORT_ROOM + ladders.length * LADDER_SIZE);
      const first = mcl.putAll(ladders);
      const [a, b, inverse] = [mcl.room(GT_SIZE), mcl.room(GT_SIZE), mcl.room(GT_SIZE)];
      const buckets = mcl.room((BUCKETS + 1) * GT_SIZE);
      productOf(
        a,
        { first, buckets, inverse },
        scalars.map((rho) => signedDigits(rho % X_ABS)),
      );
      productOf(
        b,
        { first, buckets, inverse },
        scalars.map((rho) => signedDigits(rho / X_ABS)),
      );
      frobenius(b, mcl.put(c1!));
      call.mclBnGT_inv(b, b); // for members, the conjugate
      call.mclBnGT_mul(a, a, b);
      return mcl.get(a, GT_SIZE);
    },
  };
}
