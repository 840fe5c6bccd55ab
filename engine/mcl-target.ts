// GT on mcl, written additively as everywhere. All elements lie in the order-r subgroup: `decode` tests it.
//
//   bytes       noble's order (suite.ts): in mcl's big-endian form the two coordinates of each Fp2 are exchanged
//   membership  tested by `decode` (mcl-cyclotomic.ts); an accepted element keeps the ladder that makes short powers
//               cheap

import { concatBytes } from "../protocol/bytes.ts";
import { checkTerms, type Group } from "../protocol/group.ts";
import { DecodeError, GT_BYTES } from "../protocol/suite.ts";
import { cyclotomic, GT_SIZE, SHORT_LIMIT } from "./mcl-cyclotomic.ts";
import { FP, FR, type Mcl } from "./mcl-module.ts";
import { isCanonicalFp, refuseSecret } from "./mcl-points.ts";
import { type Raw, raw } from "./mcl-raw.ts";

/** Converts between noble's order and mcl's order, in either direction. */
function exchange(b: Uint8Array): Uint8Array {
  const out = new Uint8Array(GT_BYTES);
  for (let i = 0; i < 12; i++) out.set(b.subarray(i * FP, (i + 1) * FP), (i ^ 1) * FP);
  return out;
}

/** GT, with conversions that skip the membership test. */
export interface TargetGroup extends Group<Raw> {
  fromBytes(b: Uint8Array): Raw;
  toBytes(f: Raw): Uint8Array;
}

/** The group GT on mcl. */
export function targetGroup(mcl: Mcl, generator: () => Raw): TargetGroup {
  const { call } = mcl;

  function fromBytes(b: Uint8Array): Raw {
    mcl.begin(2 * GT_SIZE + 2 * FP);
    const [to, from] = [mcl.room(GT_SIZE), mcl.put(exchange(b))];
    if (call.mclBnGT_deserialize(to, from, GT_BYTES) !== GT_BYTES) throw new DecodeError("GT: not canonical");
    return raw(mcl.get(to, GT_SIZE), b.slice());
  }
  function toBytes(f: Raw): Uint8Array {
    mcl.begin(2 * GT_SIZE + 2 * FP);
    const [from, to] = [mcl.put(f.limbs), mcl.room(GT_SIZE)];
    if (call.mclBnGT_serialize(to, GT_BYTES, from) !== GT_BYTES) throw new Error("mcl: GT could not be serialised");
    return exchange(mcl.get(to, GT_BYTES));
  }

  const { ladderOf, shortPowers } = cyclotomic(mcl, (bytes) => fromBytes(bytes).limbs);
  const ladders = new WeakMap<Raw, Uint8Array>();

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
      const ladder = ladderOf(f.limbs);
      if (ladder === undefined) throw new DecodeError("GT: outside the subgroup");
      if (isIdentity(f)) throw new DecodeError("GT: identity");
      ladders.set(f, ladder);
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
      call.mclBnGT_inv(z, x); // for members, the conjugate
      return raw(mcl.get(z, GT_SIZE));
    },
    multiply: refuseSecret,
    multiplyPublic: (e, s) => group.combine([e], [s]),
    combine(elements, scalars) {
      checkTerms(elements, scalars);
      const live = elements.flatMap((_, i) => (scalars[i] === 0n ? [] : [i]));
      if (live.length === 0) return identity;
      const known = live.flatMap((i) => ladders.get(elements[i]!) ?? []);
      if (known.length > 1 && known.length === live.length && scalars.every((s) => s < SHORT_LIMIT))
        return raw(
          shortPowers(
            known,
            live.map((i) => scalars[i]!),
          ),
        );
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
