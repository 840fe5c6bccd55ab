// GT on mcl, written additively as everywhere. Elements are in the order-r subgroup: decode tests it.
//
//   bytes       noble's order (suite.ts): in mcl's big-endian form the two coordinates of each Fp2 are exchanged
//   membership  as isInGT of suite.ts: f^(p^4)·f = f^(p^2) and f^p·f^|x| = 1 (eprint 2021/1130). mcl's own power must not be
//               used for it: it splits exponents by Frobenius, which takes membership for granted.
//   Frobenius   acts on each of the six coordinates a_i in Fp2 apart: a_i^(p^k)·c_(k,i); the c come from noble, on first use

import { concatBytes } from "../../protocol/bytes.ts";
import type { Group } from "../../protocol/group.ts";
import { DecodeError, Fp12, GT_BYTES, lazy } from "../../protocol/suite.ts";
import { FP, FR, type Mcl } from "./mcl-module.ts";
import { checkScalar, isCanonicalFp, type Raw, raw, refuseSecret } from "./mcl-points.ts";

export const GT_SIZE = 12 * FP;
const FP2 = 2 * FP;
const WORK = 12 * GT_SIZE;
const BLS_X_ABS = 0xd201000000010000n;
const X_BITS = [...BLS_X_ABS.toString(2)].slice(1);

/** Between noble's order and mcl's: its own inverse. */
function exchange(b: Uint8Array): Uint8Array {
  const out = new Uint8Array(GT_BYTES);
  for (let i = 0; i < 12; i++) out.set(b.subarray(i * FP, (i + 1) * FP), (i ^ 1) * FP);
  return out;
}

/** c_(k,i), in noble's bytes. */
function frobeniusConstants(k: number): Uint8Array[] {
  return Array.from({ length: 6 }, (_, i) => {
    const unit = new Uint8Array(GT_BYTES);
    const one = Fp12.toBytes(Fp12.ONE).subarray(0, FP2);
    unit.set(one, i * FP2);
    return Fp12.toBytes(Fp12.frobeniusMap(Fp12.fromBytes(unit), k)).slice(i * FP2, (i + 1) * FP2);
  });
}

export interface TargetGroup extends Group<Raw> {
  fromBytes(b: Uint8Array): Raw;
  toBytes(f: Raw): Uint8Array;
}

export function targetGroup(mcl: Mcl, generator: () => Raw): TargetGroup {
  const { call } = mcl;

  function fromBytes(b: Uint8Array): Raw {
    mcl.begin(2 * GT_SIZE + FP2);
    const [to, from] = [mcl.room(GT_SIZE), mcl.put(exchange(b))];
    if (call.mclBnGT_deserialize(to, from, GT_BYTES) !== GT_BYTES) throw new DecodeError("GT: not canonical");
    return raw(mcl.get(to, GT_SIZE), b.slice());
  }
  function toBytes(f: Raw): Uint8Array {
    mcl.begin(2 * GT_SIZE + FP2);
    const [from, to] = [mcl.put(f.limbs), mcl.room(GT_SIZE)];
    if (call.mclBnGT_serialize(to, GT_BYTES, from) !== GT_BYTES) throw new Error("mcl: GT not serialised");
    return exchange(mcl.get(to, GT_BYTES));
  }

  const constants = lazy(() =>
    [1, 2, 4].map((k) => {
      const limbs = frobeniusConstants(k).map((c) => {
        const padded = new Uint8Array(GT_BYTES);
        padded.set(c);
        return fromBytes(padded).limbs.subarray(0, FP2);
      });
      return concatBytes(...limbs);
    }),
  );

  function isMember(f: Raw): boolean {
    const tables = constants();
    mcl.begin(WORK);
    const at = mcl.put(f.limbs);
    const [c1, c2, c4] = tables.map((t) => mcl.put(t)) as [number, number, number];
    const [u, v, conjugate] = [mcl.room(GT_SIZE), mcl.room(GT_SIZE), mcl.room(GT_SIZE)];
    const scale = (to: number, from: number, c: number): void => {
      for (let i = 0; i < GT_SIZE; i += FP2) call.mclBnFp2_mul(to + i, from + i, c + i);
    };
    scale(u, at, c4);
    call.mclBnGT_mul(u, u, at);
    scale(v, at, c2);
    if (call.mclBnGT_isEqual(u, v) !== 1) return false;
    const copy = mcl.put(f.limbs);
    for (let i = 0; i < GT_SIZE; i += FP2) call.mclBnFp_neg(copy + i + FP, copy + i + FP);
    scale(conjugate, copy, c1); // f^p
    const power = mcl.put(f.limbs);
    for (const bit of X_BITS) {
      call.mclBnGT_sqr(power, power);
      if (bit === "1") call.mclBnGT_mul(power, power, at);
    }
    call.mclBnGT_mul(power, power, conjugate);
    return call.mclBnGT_isOne(power) === 1;
  }

  const identity = (() => {
    mcl.begin(GT_SIZE);
    const at = mcl.room(GT_SIZE);
    call.mclBnGT_setInt32(at, 1);
    return raw(mcl.get(at, GT_SIZE));
  })();
  const isIdentity = (f: Raw): boolean => {
    mcl.begin(GT_SIZE);
    return call.mclBnGT_isOne(mcl.put(f.limbs)) === 1;
  };

  const group: TargetGroup = {
    name: "GT",
    elementBytes: GT_BYTES,
    identity,
    generator,
    fromBytes,
    toBytes,
    encode(f) {
      if (isIdentity(f)) throw new DecodeError("GT: the identity has no encoding");
      f.wire ??= toBytes(f);
      return f.wire;
    },
    encodeAll: (elements) => concatBytes(...elements.map(group.encode)),
    decodeOnCurve: (b) => group.decode(b), // no proof in a batch has commitments in GT
    decode(b) {
      if (b.length !== GT_BYTES) throw new DecodeError(`GT: ${b.length} bytes, expected ${GT_BYTES}`);
      for (let at = 0; at < GT_BYTES; at += FP) if (!isCanonicalFp(b, at)) throw new DecodeError("GT: not canonical");
      const f = fromBytes(b);
      if (!isMember(f)) throw new DecodeError("GT: outside the subgroup");
      if (isIdentity(f)) throw new DecodeError("GT: identity");
      return f;
    },
    add(a, b) {
      mcl.begin(4 * GT_SIZE);
      const [z, x, y] = [mcl.room(GT_SIZE), mcl.put(a.limbs), mcl.put(b.limbs)];
      call.mclBnGT_mul(z, x, y);
      return raw(mcl.get(z, GT_SIZE));
    },
    negate(a) {
      mcl.begin(3 * GT_SIZE);
      const [z, x] = [mcl.room(GT_SIZE), mcl.put(a.limbs)];
      call.mclBnGT_inv(z, x); // for members: the conjugate
      return raw(mcl.get(z, GT_SIZE));
    },
    multiply: refuseSecret,
    multiplyPublic: (e, s) => group.combine([e], [s]),
    combine(elements, scalars) {
      if (elements.length !== scalars.length) throw new RangeError("combine: as many scalars as elements");
      scalars.forEach(checkScalar);
      const live = elements.flatMap((_, i) => (scalars[i] === 0n ? [] : [i]));
      if (live.length === 0) return identity;
      mcl.begin((live.length + 2) * (GT_SIZE + FR));
      const z = mcl.room(GT_SIZE);
      const x = mcl.putAll(live.map((i) => elements[i]!.limbs));
      const y = mcl.putScalars(live.map((i) => scalars[i]!));
      if (live.length === 1) call.mclBnGT_pow(z, x, y);
      else call.mclBnGT_powVec(z, x, y, live.length);
      return raw(mcl.get(z, GT_SIZE));
    },
    equals(a, b) {
      if (a === b) return true;
      mcl.begin(3 * GT_SIZE);
      return call.mclBnGT_isEqual(mcl.put(a.limbs), mcl.put(b.limbs)) === 1;
    },
    isIdentity,
  };
  return group;
}
