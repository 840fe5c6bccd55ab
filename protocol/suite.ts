// The cipher suite: BLS12-381 (draft-irtf-cfrg-pairing-friendly-curves), hash to curve after RFC 9380, scalars mod r.
// Every group element and scalar from outside enters through the decoders of this file. They check the exact length,
// the canonical form and the prime-order subgroup, and they refuse the identity.
//
//   scalar  32 bytes, big-endian, 0 <= x < r
//   G1      48 bytes, compressed (ZCash form);  G2  96 bytes, compressed
//   GT      576 bytes, in noble's order of Fp12; the element must lie in the order-r subgroup
//
// The pairing e is noble's, final exponentiation included. The vectors in test/vectors/symbolon fix its normalisation.

import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { concatBytes, fromBigEndian, type Rng, u32be, utf8ToBytes } from "./bytes.ts";
import { LABELS, type Label } from "./labels.ts";

/** a point of G1, as noble holds it */
export type G1 = InstanceType<typeof bls.G1.Point>;
/** a point of G2, as noble holds it */
export type G2 = InstanceType<typeof bls.G2.Point>;
/** an element of GT, as noble holds it */
export type GT = typeof bls.fields.Fp12.ONE;
/** an integer in [0, r) */
export type Scalar = bigint;
type AnyPoint<F> = WeierstrassPoint<F>;

export const G1Point = bls.G1.Point;
export const G2Point = bls.G2.Point;
export const Fp12 = bls.fields.Fp12;
export const Fr = bls.fields.Fr;
/** r, the order of G1, G2 and GT */
export const R_ORDER: bigint = Fr.ORDER;

export const SCALAR_BYTES = 32;
export const G1_BYTES = 48;
export const G2_BYTES = 96;
export const GT_BYTES = 576;

/** A group element or scalar was refused. The message is for tests and audit logs; it must never go over the wire. */
export class DecodeError extends Error {
  override name = "DecodeError";
}

/** 32 bytes, big-endian */
export function encodeScalar(x: Scalar): Uint8Array {
  return Fr.toBytes(x);
}

/**
 * Reads a scalar in [0, r). Zero is allowed: a response or a coefficient of a sigma proof may be 0.
 * @throws DecodeError if `b` is not 32 bytes, or if the number is not below r
 */
export function decodeScalar(b: Uint8Array): Scalar {
  if (b.length !== SCALAR_BYTES) throw new DecodeError(`scalar: ${b.length} bytes, expected ${SCALAR_BYTES}`);
  const x = fromBigEndian(b);
  if (x >= R_ORDER) throw new DecodeError("scalar: not canonical");
  return x;
}

/**
 * Reads a scalar in [1, r). BBS allows no zero on the wire (draft-irtf-cfrg-bbs-signatures, octets_to_signature and
 * octets_to_proof).
 * @throws DecodeError
 */
export function decodeNonZero(b: Uint8Array): Scalar {
  const x = decodeScalar(b);
  if (x === 0n) throw new DecodeError("scalar: zero");
  return x;
}

/**
 * Reads exactly `count` scalars of 32 bytes each, with nothing after them.
 * @param decode the rule about zero: `decodeScalar` allows it, `decodeNonZero` refuses it
 * @throws DecodeError
 */
export function decodeScalars(
  b: Uint8Array,
  count: number,
  decode: typeof decodeScalar | typeof decodeNonZero,
): Scalar[] {
  if (b.length !== SCALAR_BYTES * count) {
    throw new DecodeError(`scalars: ${b.length} bytes, expected ${SCALAR_BYTES * count}`);
  }
  return Array.from({ length: count }, (_, i) => decode(b.subarray(i * SCALAR_BYTES, (i + 1) * SCALAR_BYTES)));
}

function decodePoint<F, P extends AnyPoint<F>>(
  name: string,
  size: number,
  from: (b: Uint8Array) => P,
  b: Uint8Array,
): P {
  if (b.length !== size) throw new DecodeError(`${name}: ${b.length} bytes, expected ${size}`);
  let p: P;
  try {
    p = from(b);
    p.assertValidity(); // on the curve and in the prime-order subgroup
  } catch {
    throw new DecodeError(`${name}: not a canonical point of the subgroup`);
  }
  if (p.is0()) throw new DecodeError(`${name}: identity`);
  return p;
}

// Compressed points (ZCash form) from affine coordinates: x big-endian, with the top bits 1 0 s. The bit s is 1 if y is
// the larger of the two roots. noble's own encoder tests the subgroup on each call. That is not needed here: all points
// come from the decoders of this file, or are sums and multiples of such points.
const COMPRESSED = 0x80;
const LARGER_ROOT = 0x20;
const { Fp, Fp2 } = bls.fields;
const isLarger = (y: bigint): boolean => y > (Fp.ORDER - 1n) / 2n;

function flag(x: Uint8Array, larger: boolean): Uint8Array {
  x[0]! |= COMPRESSED | (larger ? LARGER_ROOT : 0);
  return x;
}
function refuseIdentity(p: { is0(): boolean }, name: string): void {
  if (p.is0()) throw new DecodeError(`${name}: the identity has no encoding`);
}

/**
 * 48 bytes, compressed.
 * @throws DecodeError for the identity (draft-irtf-cfrg-sigma-protocols: serialization fails on it)
 */
export function encodeG1(p: G1): Uint8Array {
  refuseIdentity(p, "G1");
  const { x, y } = p.toAffine();
  return flag(Fp.toBytes(x), isLarger(y));
}
/**
 * 48 bytes, compressed.
 * @throws DecodeError unless they are a canonical point of the subgroup other than the identity
 */
export const decodeG1 = (b: Uint8Array): G1 => decodePoint("G1", G1_BYTES, (x) => G1Point.fromBytes(x) as G1, b);
/** 96 bytes, compressed. @throws DecodeError for the identity */
export function encodeG2(p: G2): Uint8Array {
  refuseIdentity(p, "G2");
  const { x, y } = p.toAffine();
  const { c0, c1 } = Fp2.create(x);
  return flag(concatBytes(Fp.toBytes(c1), Fp.toBytes(c0)), isLarger(y.c1 === 0n ? y.c0 : y.c1));
}
/**
 * 96 bytes, compressed.
 * @throws DecodeError unless they are a canonical point of the subgroup other than the identity
 */
export const decodeG2 = (b: Uint8Array): G2 => decodePoint("G2", G2_BYTES, (x) => G2Point.fromBytes(x) as G2, b);

/** |x| for the curve parameter x = -0xd201000000010000 of BLS12-381 */
export const X_ABS = 0xd201000000010000n;

/**
 * Whether f lies in the order-r subgroup of Fp12*. It must be in the cyclotomic subgroup (f^(p^4)·f = f^(p^2)) and
 * satisfy f^p = f^x. The curve parameter x is negative, so the second test is f^p · f^|x| = 1 (M. Scott, "A note on
 * group membership tests", eprint 2021/1130). The element -1 and every other element of small order fail.
 */
export function isInGT(f: GT): boolean {
  if (Fp12.is0(f)) return false;
  if (!Fp12.eql(Fp12.mul(Fp12.frobeniusMap(f, 4), f), Fp12.frobeniusMap(f, 2))) return false;
  return Fp12.eql(Fp12.mul(Fp12.frobeniusMap(f, 1), Fp12._cyclotomicExp(f, X_ABS)), Fp12.ONE);
}

/** 576 bytes, in noble's order */
export const encodeGT = (f: GT): Uint8Array => Fp12.toBytes(f);
/** 576 bytes, in noble's order. @throws DecodeError unless they are a canonical element of the subgroup other than 1 */
export function decodeGT(b: Uint8Array): GT {
  if (b.length !== GT_BYTES) throw new DecodeError(`GT: ${b.length} bytes, expected ${GT_BYTES}`);
  let f: GT;
  try {
    f = Fp12.fromBytes(b);
  } catch {
    throw new DecodeError("GT: not canonical");
  }
  if (!isInGT(f)) throw new DecodeError("GT: outside the subgroup");
  if (Fp12.eql(f, Fp12.ONE)) throw new DecodeError("GT: identity");
  return f;
}

/**
 * A uniform scalar in [1, r). It reduces 48 random bytes, which leaves a bias below 2^-128. If the result is 0, it
 * draws again.
 */
export function randomScalar(rng: Rng): Scalar {
  for (;;) {
    const x = fromBigEndian(rng(48)) % R_ORDER;
    if (x !== 0n) return x;
  }
}

/**
 * Hashes `msg` to one scalar: RFC 9380 hash_to_field with XMD:SHA-256 and 48 expanded bytes, like BBS hash_to_scalar.
 */
export function hashToScalar(label: Label | string, msg: Uint8Array): Scalar {
  return bls.G1.hashToScalar(msg, { DST: label });
}

/** RFC 9380 hash_to_curve to G1, with the label as domain separation tag. */
const hashToG1 = (label: Label, msg: Uint8Array): G1 => bls.G1.hashToCurve(msg, { DST: label }) as G1;
/** RFC 9380 hash_to_curve to G2, with the label as domain separation tag. */
export const hashToG2 = (label: Label, msg: Uint8Array): G2 => bls.G2.hashToCurve(msg, { DST: label }) as G2;

/** e(p, q), with final exponentiation. */
export const pairing = (p: G1, q: G2): GT => bls.pairing(p, q);
export const invertGT = (f: GT): GT => Fp12.conjugate(f); // public value; for f in the subgroup, 1/f is the conjugate

/** G and P2 are the standard generators of G1 and G2. */
export const G = G1Point.BASE as G1;
export const P2 = G2Point.BASE as G2;

/**
 * Computes a value on first use and keeps it. The fixed bases are made this way, so a Worker that does not need a base
 * spends no start-up time on it.
 */
export function lazy<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

/** Ĝ in G1, the base of the handle R = k·Ĝ. */
export const handleBase = lazy(() => hashToG1(LABELS.fixedG1, utf8ToBytes("handle")));
/** Ḡ in G1, the second base of TDH2 (tdh2.ts). */
export const tdh2Base = lazy(() => hashToG1(LABELS.fixedG1, utf8ToBytes("tdh2")));
/** H2v in G2, the base of the handle V = z·H2v. */
export const handleBaseG2 = lazy(() => hashToG2(LABELS.handleG2, utf8ToBytes("handle")));

/**
 * The bytes that H2(e, j) hashes: paramsHash (32 bytes) ‖ epoch (u32) ‖ slot (u32), both big-endian.
 * @throws RangeError if paramsHash is not 32 bytes
 */
export function tagBaseMessage(paramsHash: Uint8Array, epoch: number, slot: number): Uint8Array {
  if (paramsHash.length !== 32) throw new RangeError(`paramsHash: ${paramsHash.length} bytes, expected 32`);
  return concatBytes(paramsHash, u32be(epoch), u32be(slot));
}
/** H2(e, j) in G2, the base of the session tag T = z·H2(e, j). */
export const tagBase = (paramsHash: Uint8Array, epoch: number, slot: number): G2 =>
  hashToG2(LABELS.tagG2, tagBaseMessage(paramsHash, epoch, slot));
/** H_n(case id) in G2, the base of a case's notice (opening-link.ts). */
export const noticeBase = (caseId: Uint8Array): G2 => hashToG2(LABELS.noticeG2, caseId);
