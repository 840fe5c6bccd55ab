// G1 and G2 on mcl.
//
// mcl's own decoder accepts infinity with trailing bits. So incoming bytes must first pass these checks: exact length;
// flags "compressed, not infinity"; every coordinate below p. Then mcl checks that the point is on the curve, and
// mcl-endomorphism.ts tests the subgroup.
// If an element was decoded from bytes, or encoded once, it keeps its encoding. So nothing is serialised twice.

import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { concatBytes, equalBytes, hexToBytes } from "../protocol/bytes.ts";
import { checkTerms, type Group } from "../protocol/group.ts";
import { DecodeError } from "../protocol/suite.ts";
import { FP, FR, type Mcl } from "./mcl-module.ts";
import { type Raw, raw } from "./mcl-raw.ts";
import { sums } from "./mcl-sums.ts";

const ALIGN = 64;
const COMPRESSED = 0x80;
const INFINITY = 0x40;
const FLAGS = 0xe0;

const P_MODULUS = hexToBytes(bls.fields.Fp.ORDER.toString(16).padStart(2 * FP, "0"));

/** Whether the big-endian number of 48 bytes at `at` is below p. `mask` removes flags from its first byte. */
export function isCanonicalFp(b: Uint8Array, at: number, mask = 0xff): boolean {
  for (let i = 0; i < FP; i++) {
    const byte = i === 0 ? b[at]! & mask : b[at + i]!;
    if (byte !== P_MODULUS[i]) return byte < P_MODULUS[i]!;
  }
  return false;
}

/** `multiply` of an engine that must never hold a secret. @throws RangeError always */
export function refuseSecret(): never {
  throw new RangeError("this engine takes no secret scalars");
}

/** G1 or G2 with marks for fixed bases. */
export interface PointGroup extends Group<Raw> {
  /** marks an affine element that will occur in many sums */
  fixed(e: Raw): Raw;
}

/** The group G1 or G2 on mcl. */
export function pointGroup(mcl: Mcl, name: "G1" | "G2", generator: () => Raw): PointGroup {
  const { call } = mcl;
  const field = name === "G1" ? FP : 2 * FP;
  const size = 3 * field;
  const short = sums(mcl, name);
  const zero = (() => {
    mcl.begin(size + ALIGN);
    const at = mcl.room(size);
    call[`mclBn${name}_clear`](at);
    return raw(mcl.get(at, size));
  })();

  const unary = (f: (z: number, x: number) => number, x: Raw): Raw => {
    mcl.begin(2 * size + ALIGN);
    const [at, from] = [mcl.room(size), mcl.put(x.limbs)];
    f(at, from);
    return raw(mcl.get(at, size));
  };
  const isIdentity = (e: Raw): boolean => {
    if (e.wire) return false;
    mcl.begin(size + ALIGN);
    return call[`mclBn${name}_isZero`](mcl.put(e.limbs)) === 1;
  };

  /** The decoder. Only decodeOnCurve skips the subgroup test. @throws DecodeError */
  function decode(b: Uint8Array, testOrder: boolean): Raw {
    if (b.length !== field) throw new DecodeError(`${name}: ${b.length} bytes, expected ${field}`);
    const refused = () => new DecodeError(`${name}: not a canonical point of the subgroup`);
    if ((b[0]! & COMPRESSED) === 0 || (b[0]! & INFINITY) !== 0) throw refused();
    for (let at = 0; at < field; at += FP) if (!isCanonicalFp(b, at, at === 0 ? ~FLAGS & 0xff : 0xff)) throw refused();
    mcl.begin(5 * size + ALIGN);
    const [to, from] = [mcl.room(size), mcl.put(b)];
    if (call[`mclBn${name}_deserialize`](to, from, field) !== field) throw refused();
    const e = raw(mcl.get(to, size), b.slice());
    if (testOrder) {
      const roots = short.rootsOf(to);
      if (roots === undefined) throw refused();
      short.member(e, roots);
    }
    return e;
  }

  const group: PointGroup = {
    name,
    elementBytes: field,
    identity: zero,
    generator,
    encode(e) {
      if (e.wire) return e.wire;
      if (isIdentity(e)) throw new DecodeError(`${name}: the identity has no encoding`);
      mcl.begin(size + field + ALIGN);
      const [from, to] = [mcl.put(e.limbs), mcl.room(field)];
      if (call[`mclBn${name}_serialize`](to, field, from) !== field)
        throw new Error(`mcl: ${name} could not be serialised`);
      e.wire = mcl.get(to, field);
      return e.wire;
    },
    encodeAll: (elements) => concatBytes(...elements.map(group.encode)),
    decode: (b) => decode(b, true),
    decodeOnCurve: (b) => decode(b, false),
    fixed(e) {
      short.fixed(e);
      return e;
    },
    add(a, b) {
      mcl.begin(3 * size + ALIGN);
      const [z, x, y] = [mcl.room(size), mcl.put(a.limbs), mcl.put(b.limbs)];
      call[`mclBn${name}_add`](z, x, y);
      return raw(mcl.get(z, size));
    },
    negate: (a) => unary(call[`mclBn${name}_neg`], a),
    multiply: refuseSecret,
    multiplyPublic: (e, s) => group.combine([e], [s]),
    combine(elements, scalars) {
      checkTerms(elements, scalars);
      const live = elements.flatMap((_, i) => (scalars[i] === 0n ? [] : [i]));
      if (live.length === 0) return zero;
      const [bases, factors] = [live.map((i) => elements[i]!), live.map((i) => scalars[i]!)];
      const sum = short.combine(bases, factors);
      if (sum) return raw(sum);
      mcl.begin((live.length + 1) * size + (live.length + 1) * FR + ALIGN);
      const z = mcl.room(size);
      const x = mcl.putAll(bases.map((e) => e.limbs));
      const y = mcl.putScalars(factors);
      if (live.length === 1) call[`mclBn${name}_mul`](z, x, y);
      else call[`mclBn${name}_mulVec`](z, x, y, live.length);
      return raw(mcl.get(z, size));
    },
    equals(a, b) {
      if (a === b) return true;
      if (a.wire && b.wire) return equalBytes(a.wire, b.wire);
      mcl.begin(2 * size + ALIGN);
      return call[`mclBn${name}_isEqual`](mcl.put(a.limbs), mcl.put(b.limbs)) === 1;
    },
    isIdentity,
  };
  return group;
}
