// The second engine, on mcl, for public data: verification of presentations and link shares, combination, index values.
// It gives noble's answers, byte for byte (protocol/engine.ts). Secret scalars cannot enter: its `multiply` throws.
//
//   pairing   mcl's optimal ate pairing and final exponentiation give noble's e itself, not a power of it. Only the
//             order of coordinates in the bytes differs (mcl-target.ts). The tests hold both engines to that.
//   secret    pairingsOfSecretPoint: P = A + B, A = a·G with fresh a, both made on noble. It computes e(A, Q)·e(B, Q)
//             in one loop over the lines of Q, with one final exponentiation. The loop's output is not e's: it is
//             multiplied by an element of the exponentiation's kernel that depends on A. So the one inversion in the
//             exponentiation, whose time varies, also gets random input. Working memory and limbs are overwritten
//             afterwards.
//   lines     of points of G2 from fromG2 (issuer's key, P2): 20 kB each, kept in JavaScript beside the element
//
// There is one instance per isolate, made on first use. The host compiles the module; making the instance takes about 2
// ms.

import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { type Rng, utf8ToBytes } from "../protocol/bytes.ts";
import type { Engine } from "../protocol/engine.ts";
import { type Group, groupG1 } from "../protocol/group.ts";
import { Fp12, G, type G1, G1Point, type G2, G2Point, lazy, P2, randomScalar } from "../protocol/suite.ts";
import { GT_SIZE } from "./mcl-cyclotomic.ts";
import { FP, Mcl } from "./mcl-module.ts";
import { pointGroup } from "./mcl-points.ts";
import { type Raw, raw } from "./mcl-raw.ts";
import { targetGroup } from "./mcl-target.ts";

const { Fp } = bls.fields;
const G1_SIZE = 3 * FP;
const G2_SIZE = 6 * FP;
const SLACK = 256;

/** The interface of protocol/engine.ts with the real type of the elements, which is opaque to all other code. */
interface RawEngine {
  readonly name: string;
  readonly g1: Group<Raw>;
  readonly g2: Group<Raw>;
  readonly gt: Group<Raw>;
  fromG1(p: G1): Raw;
  fromG2(q: G2): Raw;
  fromGT(f: typeof Fp12.ONE): Raw;
  toG1(p: Raw): G1;
  toG2(q: Raw): G2;
  toGT(f: Raw): typeof Fp12.ONE;
  acceptedGT(b: Uint8Array): Raw;
  hashToG2(label: string, message: Uint8Array): Raw;
  pairing(p: Raw, q: Raw): Raw;
  pairingsOfSecretPoint(p: G1, qs: readonly Raw[], rng: Rng): Raw[];
  pairingProductIsOne(pairs: readonly { readonly g1: Raw; readonly g2: Raw }[]): boolean;
}

/** Converts each noble point once. The result is kept as long as the noble point is. */
function kept<P extends object>(convert: (p: P) => Raw): (p: P) => Raw {
  const known = new WeakMap<P, Raw>();
  return (p) => {
    let e = known.get(p);
    if (e === undefined) {
      e = convert(p);
      known.set(p, e);
    }
    return e;
  };
}

function makeEngine(mcl: Mcl): RawEngine {
  const { call } = mcl;

  /** mcl's limbs of these coordinates in Fp, in Montgomery form. */
  function limbsOf(coordinates: readonly bigint[]): Uint8Array {
    mcl.begin((2 * coordinates.length + 1) * FP + SLACK);
    const to = mcl.room(coordinates.length * FP);
    coordinates.forEach((c, i) => {
      call.mclBnFp_deserialize(to + i * FP, mcl.put(Fp.toBytes(c)), FP);
    });
    return mcl.get(to, coordinates.length * FP);
  }
  function coordinatesOf(limbs: Uint8Array, count: number): bigint[] {
    mcl.begin(limbs.length + FP + SLACK);
    const [from, to] = [mcl.put(limbs), mcl.room(FP)];
    return Array.from({ length: count }, (_, i) => {
      call.mclBnFp_serialize(to, FP, from + i * FP);
      return Fp.fromBytes(mcl.get(to, FP));
    });
  }
  function affine(group: "G1" | "G2", p: Raw): Uint8Array {
    mcl.begin(2 * p.limbs.length + SLACK);
    const [to, from] = [mcl.room(p.limbs.length), mcl.put(p.limbs)];
    call[`mclBn${group}_normalize`](to, from);
    return mcl.get(to, p.limbs.length);
  }

  const fixed = new WeakSet<Raw>();
  const fromG1 = kept((p: G1): Raw => {
    if (p.is0()) return g1.identity;
    const { x, y } = p.toAffine();
    return g1.fixed(raw(limbsOf([x, y, 1n])));
  });
  const fromG2 = kept((q: G2): Raw => {
    if (q.is0()) return g2.identity;
    const { x, y } = q.toAffine();
    const e = g2.fixed(raw(limbsOf([x.c0, x.c1, y.c0, y.c1, 1n, 0n])));
    fixed.add(e);
    return e;
  });
  const g1 = pointGroup(mcl, "G1", () => fromG1(G));
  const g2 = pointGroup(mcl, "G2", () => fromG2(P2));
  const gt = targetGroup(
    mcl,
    lazy(() => pairing(fromG1(G), fromG2(P2))),
  );

  function pairing(p: Raw, q: Raw): Raw {
    mcl.begin(GT_SIZE + G1_SIZE + G2_SIZE + SLACK);
    const [z, x, y] = [mcl.room(GT_SIZE), mcl.put(p.limbs), mcl.put(q.limbs)];
    call.mclBn_pairing(z, x, y);
    return raw(mcl.get(z, GT_SIZE));
  }

  const lineBytes = 8 * call.mclBn_getUint64NumToPrecompute();
  const lines = new WeakMap<Raw, Uint8Array>();
  function linesOf(q: Raw): Uint8Array {
    let known = lines.get(q);
    if (known === undefined) {
      mcl.begin(lineBytes + G2_SIZE + SLACK);
      const [to, from] = [mcl.room(lineBytes), mcl.put(q.limbs)];
      call.mclBn_precomputeG2(to, from);
      known = mcl.get(to, lineBytes);
      lines.set(q, known);
    }
    return known;
  }

  return {
    name: "mcl",
    g1,
    g2,
    gt,
    fromG1,
    fromG2,
    fromGT: (f) => gt.fromBytes(Fp12.toBytes(f)),
    toG1(p) {
      if (g1.isIdentity(p)) return G1Point.ZERO as G1;
      const [x, y] = coordinatesOf(affine("G1", p), 2);
      return G1Point.fromAffine({ x: x!, y: y! }) as G1;
    },
    toG2(q) {
      if (g2.isIdentity(q)) return G2Point.ZERO as G2;
      const [a, b, c, d] = coordinatesOf(affine("G2", q), 4);
      return G2Point.fromAffine({ x: { c0: a!, c1: b! }, y: { c0: c!, c1: d! } }) as G2;
    },
    toGT: (f) => Fp12.fromBytes(gt.toBytes(f)),
    acceptedGT: gt.fromBytes,
    hashToG2(label, message) {
      const dst = utf8ToBytes(label);
      mcl.begin(G2_SIZE + message.length + dst.length + SLACK);
      const [z, m, d] = [mcl.room(G2_SIZE), mcl.put(message), mcl.put(dst)];
      if (call.mclBnG2_hashAndMapToWithDst(z, m, message.length, d, dst.length) !== 0)
        throw new Error("mcl: hashing to G2 failed");
      call.mclBnG2_normalize(z, z);
      return g2.fixed(raw(mcl.get(z, G2_SIZE)));
    },
    pairing,
    pairingsOfSecretPoint(p, qs, rng) {
      const A = groupG1.multiply(G, randomScalar(rng));
      const B = groupG1.add(p, groupG1.negate(A));
      if (p.is0() || B.is0() || qs.some(g2.isIdentity)) throw new RangeError("pairing: a point is the identity");
      const size = GT_SIZE + 2 * G1_SIZE + G2_SIZE + lineBytes + SLACK;
      mcl.begin(size); // first, so that everything below stays in the one block that is wiped
      const [a, b] = [A, B].map((half) => {
        const { x, y } = half.toAffine();
        return limbsOf([x, y, 1n]);
      }) as [Uint8Array, Uint8Array];
      const values = qs.map((q) => {
        mcl.begin(size);
        const [z, first, second, point] = [mcl.room(GT_SIZE), mcl.put(a), mcl.put(b), mcl.put(q.limbs)];
        const lines = mcl.room(lineBytes);
        call.mclBn_precomputeG2(lines, point);
        call.mclBn_precomputedMillerLoop2(z, first, lines, second, lines);
        call.mclBn_finalExp(z, z);
        return raw(mcl.get(z, GT_SIZE));
      });
      mcl.wipe();
      for (const half of [a, b]) half.fill(0);
      return values;
    },
    pairingProductIsOne(pairs) {
      const live = pairs.filter(({ g1: p, g2: q }) => !g1.isIdentity(p) && !g2.isIdentity(q));
      const lined = live.flatMap((pair) => (fixed.has(pair.g2) ? [{ p: pair.g1, lines: linesOf(pair.g2) }] : []));
      const others = live.filter((pair) => !fixed.has(pair.g2));
      const loops: Raw[] = [];
      // Two points with lines share one loop, and so share its squarings.
      for (let i = 0; i < lined.length; i += 2) {
        mcl.begin(GT_SIZE + 2 * (G1_SIZE + lineBytes) + SLACK);
        const z = mcl.room(GT_SIZE);
        const [a, b] = lined.slice(i, i + 2).map(({ p, lines }) => [mcl.put(p.limbs), mcl.put(lines)] as const);
        if (b) call.mclBn_precomputedMillerLoop2(z, ...a!, ...b);
        else call.mclBn_precomputedMillerLoop(z, ...a!);
        loops.push(raw(mcl.get(z, GT_SIZE)));
      }
      for (const { g1: p, g2: q } of others) {
        mcl.begin(GT_SIZE + G1_SIZE + G2_SIZE + SLACK);
        const [z, x, y] = [mcl.room(GT_SIZE), mcl.put(p.limbs), mcl.put(q.limbs)];
        call.mclBn_millerLoop(z, x, y);
        loops.push(raw(mcl.get(z, GT_SIZE)));
      }
      const product = loops.slice(1).reduce((a, b) => gt.add(a, b), loops[0] ?? gt.identity);
      mcl.begin(2 * GT_SIZE + SLACK);
      const [z, x] = [mcl.room(GT_SIZE), mcl.put(product.limbs)];
      call.mclBn_finalExp(z, x);
      return call.mclBnGT_isOne(z) === 1;
    },
  };
}

/** The engine on mcl. @param module gen/mcl.wasm, compiled */
export function mclEngine(module: WebAssembly.Module): Engine {
  const engine: unknown = makeEngine(new Mcl(module));
  return engine as Engine; // Raw is the type behind its opaque elements
}
