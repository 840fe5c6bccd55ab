// Helpers of the vector files: bytes as lower-case hex, and the single faults that make negative vectors.

import { psiFrobenius } from "@noble/curves/abstract/tower.js";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { bytesToHex, concatBytes, hexToBytes } from "../../../protocol/bytes.ts";
import {
  encodeG1,
  encodeGT,
  Fp12,
  G,
  type G1,
  G1Point,
  type G2,
  G2Point,
  P2,
  pairing,
  R_ORDER,
} from "../../../protocol/suite.ts";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export const hex = bytesToHex;
export const hexes = (list: readonly Uint8Array[]): string[] => list.map(hex);

/** A negative vector as one edit of the positive one: `insert` replaces `remove` bytes at offset `at`. */
export type Edit = { at: number; remove: number; insert: string };
export function edit(base: Uint8Array, altered: Uint8Array): Edit {
  const limit = Math.min(base.length, altered.length);
  let at = 0;
  while (at < limit && base[at] === altered[at]) at++;
  let same = 0;
  while (same < limit - at && base.at(-1 - same) === altered.at(-1 - same)) same++;
  return { at, remove: base.length - at - same, insert: hex(altered.slice(at, altered.length - same)) };
}
export const applied = (base: Uint8Array, { at, remove, insert }: Edit): Uint8Array =>
  concatBytes(base.slice(0, at), hexToBytes(insert), base.slice(at + remove));

export const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const out = bytes.slice();
  out[at < 0 ? out.length + at : at]! ^= 1;
  return out;
};
export const longer = (bytes: Uint8Array): Uint8Array => concatBytes(bytes, Uint8Array.of(0));
export const replaced = (bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array => {
  const out = bytes.slice();
  out.set(by, at);
  return out;
};

const big = (n: bigint, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Number((n >> BigInt(8 * (length - 1 - i))) & 255n));

export const IDENTITY_G1 = (G1Point.ZERO as G1).toBytes(true);
export const IDENTITY_G2 = (G2Point.ZERO as G2).toBytes(true);
/** r itself: the same residue as 0 in another form */
export const UNREDUCED_SCALAR = big(R_ORDER, 32);
export const ZERO_SCALAR = new Uint8Array(32);

/**
 * A point on the curve of G1 outside the subgroup, with the smallest possible x. Computed here, because noble encodes
 * no such point.
 */
export function offSubgroupG1(): Uint8Array {
  const { Fp } = bls.fields;
  for (let x = 1n; ; x++) {
    let y: bigint;
    try {
      y = Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n));
    } catch {
      continue; // no square root: try the next x
    }
    const p = G1Point.fromAffine({ x, y });
    if (
      p
        .multiplyUnsafe(R_ORDER - 1n)
        .add(p)
        .is0()
    )
      continue; // public because it is a constant
    return compressed(Fp.toBytes(x), y > Fp.neg(y));
  }
}

function compressed(x: Uint8Array, larger: boolean): Uint8Array {
  x[0]! |= 0x80 | (larger ? 0x20 : 0);
  return x;
}

/** A point of order prime to r, on the curve of G2. */
function torsionG2(): G2 {
  const { Fp2 } = bls.fields;
  const b = Fp2.create({ c0: 4n, c1: 4n });
  for (let i = 1n; ; i++) {
    const x = Fp2.create({ c0: i, c1: 0n });
    try {
      const p = G2Point.fromAffine({ x, y: Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b)) });
      const q = p.multiplyUnsafe(R_ORDER - 1n).add(p); // public because it is a constant
      if (!q.is0()) return q as G2;
    } catch {
      // no square root: try the next x
    }
  }
}

/** (0, 2), a point of order 3 on the curve of G1 */
export const ORDER_3_G1 = G1Point.fromAffine({ x: 0n, y: 2n }) as G1;

/** A point of order 13 on the curve of G2, which ψ maps to a multiple of itself. */
export function order13G2(): G2 {
  const { Fp, Fp2 } = bls.fields;
  const { psi } = psiFrobenius(Fp, Fp2, Fp2.div(Fp2.ONE, Fp2.NONRESIDUE));
  const times = (p: G2, n: bigint): G2 =>
    [...n.toString(2)].reduce<G2>((sum, bit) => {
      const twice = sum.double() as G2;
      return bit === "1" ? (twice.add(p) as G2) : twice;
    }, G2Point.ZERO as G2);
  const mapped = (p: G2): G2 => {
    const { x, y } = p.toAffine();
    const [px, py] = psi(x, y);
    return G2Point.fromAffine({ x: px, y: py }) as G2;
  };
  let p = times(times(torsionG2(), R_ORDER), G2Point.CURVE().h / 169n);
  if (!times(p, 13n).is0()) p = times(p, 13n);
  for (let mu = 0n; mu < 13n; mu++) {
    const q = p.is0() ? p : (mapped(p).subtract(times(p, mu)) as G2);
    for (let nu = 1n; nu < 13n; nu++) if (!q.is0() && mapped(q).equals(times(q, nu))) return q;
  }
  throw new Error("no such point");
}

/** T plus a point of small order, which a check of the curve equation alone would accept. */
export function plusTorsion(p: G2): Uint8Array {
  const { Fp, Fp2 } = bls.fields;
  const { x, y } = p.add(torsionG2()).toAffine();
  const minus = Fp2.neg(y);
  const larger = y.c1 === 0n ? y.c0 > minus.c0 : y.c1 > minus.c1;
  return compressed(concatBytes(Fp.toBytes(x.c1), Fp.toBytes(x.c0)), larger);
}

export const MINUS_ONE_GT = encodeGT(Fp12.neg(Fp12.ONE));
export const ONE_GT = encodeGT(Fp12.ONE);
/** -e(G, P2), of order 2r */
export const SIGN_FLIPPED_GT = encodeGT(Fp12.neg(pairing(G, P2)));
export const OFF_CURVE_G1 = (() => {
  const { Fp } = bls.fields;
  for (let x = 1n; ; x++) {
    try {
      Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n));
    } catch {
      const out = Fp.toBytes(x);
      out[0]! |= 0x80;
      return out;
    }
  }
})();
/** The generator's x plus p would need 382 bits, so x = p is the smallest unreduced coordinate. */
export const UNREDUCED_G1 = (() => {
  const out = big(bls.fields.Fp.ORDER, 48);
  out[0]! |= 0x80;
  return out;
})();
export const UNCOMPRESSED_FLAG_G1 = replaced(encodeG1(G), 0, Uint8Array.of(encodeG1(G)[0]! & 0x7f));
