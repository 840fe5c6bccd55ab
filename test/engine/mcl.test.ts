import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { describe, expect, it } from "vitest";
import "../../scripts/make-mcl.mjs";
import { mclEngine } from "../../engine/mcl.ts";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { type Engine, nobleEngine as noble } from "../../protocol/engine.ts";
import type { Group } from "../../protocol/group.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  combineLink,
  combineNotice,
  indexValueOfTag,
  LinkShare,
  linkShare,
  noticeShare,
  sessionIndexValue,
  UntestedLinkShare,
  verifyLinkShare,
  verifyNoticeShare,
} from "../../protocol/opening.ts";
import {
  auditPresentations,
  type Presentation,
  present,
  verifyPresentation,
  verifyPresentations,
} from "../../protocol/presentation.ts";
import { evaluate, sharePolynomial } from "../../protocol/sharing.ts";
import { prove, Relation, verify } from "../../protocol/sigma.ts";
import {
  DecodeError,
  encodeG1,
  encodeG2,
  encodeGT,
  Fp12,
  G,
  type G1,
  G1Point,
  type G2,
  G2Point,
  type GT,
  P2,
  pairing,
  R_ORDER,
  randomScalar,
  type Scalar,
  tagBase,
} from "../../protocol/suite.ts";
import {
  CONTEXT,
  EPOCH,
  expectation,
  makePatient,
  makeRegistrar,
  PARAMS_HASH,
  SLOTS,
  seededRng,
} from "../support/patients.ts";

const mcl = mclEngine(
  new WebAssembly.Module(readFileSync(join(import.meta.dirname, "../../gen/mcl.wasm")) as Uint8Array<ArrayBuffer>),
);
const rng = seededRng("engines");
const { Fp, Fp2 } = bls.fields;
const randomG1 = (): G1 => G.multiply(randomScalar(rng)) as G1;
const randomG2 = (): G2 => P2.multiply(randomScalar(rng)) as G2;
const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
const bigEndian = (x: bigint, bytes: number): Uint8Array => hexToBytes(x.toString(16).padStart(2 * bytes, "0"));
const with0 = (b: Uint8Array, change: (first: number) => number): Uint8Array => b.with(0, change(b[0]!));

/** The encoding of the decoded point, or a note that it was refused. */
function through(engine: Engine, group: "g1" | "g2" | "gt", b: Uint8Array): Uint8Array | "refused" {
  try {
    const g = engine[group] as Group<unknown>;
    return g.encode(g.decode(b));
  } catch (error) {
    if (error instanceof DecodeError) return "refused";
    throw error;
  }
}
function bothTake(group: "g1" | "g2" | "gt", b: Uint8Array): void {
  expect(through(noble, group, b)).toEqual(b);
  expect(through(mcl, group, b)).toEqual(b);
}
function bothRefuse(group: "g1" | "g2" | "gt", b: Uint8Array): void {
  expect(through(noble, group, b)).toBe("refused");
  expect(through(mcl, group, b)).toBe("refused");
}

/** Points of the curves outside the subgroups, found by trying x = 1, 2, … */
function offSubgroup<P>(make: (i: bigint) => P & { isTorsionFree(): boolean }, count: number): P[] {
  const found: P[] = [];
  for (let i = 1n; found.length < count; i++) {
    try {
      const p = make(i);
      if (!p.isTorsionFree()) found.push(p);
    } catch {
      // no square root: try the next x
    }
  }
  return found;
}
const strayG1 = offSubgroup((x) => G1Point.fromAffine({ x, y: Fp.sqrt(Fp.create(x ** 3n + 4n)) }), 3);
const strayG2 = offSubgroup((i) => {
  const x = Fp2.create({ c0: i, c1: 1n });
  const b = Fp2.create({ c0: 4n, c1: 4n });
  return G2Point.fromAffine({ x, y: Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b)) });
}, 3);
/** As suite.ts encodes points; noble itself encodes only points of the subgroup. */
const larger = (y: bigint): number => (y > (Fp.ORDER - 1n) / 2n ? 0xa0 : 0x80);
function bytesG1(p: { toAffine(): { x: bigint; y: bigint } }): Uint8Array {
  const { x, y } = p.toAffine();
  return with0(bigEndian(x, 48), (b) => b | larger(y));
}
function bytesG2(q: (typeof strayG2)[number]): Uint8Array {
  const { x, y } = q.toAffine();
  const flags = larger(y.c1 === 0n ? y.c0 : y.c1);
  return Uint8Array.of(...with0(bigEndian(x.c1, 48), (b) => b | flags), ...bigEndian(x.c0, 48));
}
/** without the component in the subgroup: Q with h·Q = O */
const torsionOf = <P extends { multiplyUnsafe(s: bigint): P; add(p: P): P }>(p: P): P =>
  p.multiplyUnsafe(R_ORDER - 1n).add(p);

describe("both decoders", () => {
  interface PointVector {
    name: string;
    input: string;
    output: unknown;
  }
  const vectors = (file: string): PointVector[] =>
    JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/bls12-381-points", file), "utf8"));

  it.each([
    ["g1", "deserialization_G1.json"],
    ["g2", "deserialization_G2.json"],
  ] as const)("answer alike on the published vectors of %s", (group, file) => {
    for (const { name, input } of vectors(file)) {
      if (input.length % 2 === 1 || !/^[0-9a-f]*$/i.test(input)) continue;
      const b = hexToBytes(input);
      expect(through(mcl, group, b), name).toEqual(through(noble, group, b));
    }
  });

  it.each([
    ["g1", () => encodeG1(randomG1())],
    ["g2", () => encodeG2(randomG2())],
  ] as const)("take points of %s, and refuse every other form", (group, make) => {
    for (const b of many(3, make)) bothTake(group, b);
    const b = make();
    bothTake(
      group,
      with0(b, (x) => x ^ 0x20),
    ); // the other root: the negative
    for (const flags of [0x00, 0x20, 0x40, 0x60, 0xc0, 0xe0])
      bothRefuse(
        group,
        with0(b, (x) => (x & 0x1f) | flags),
      );
    const infinity = new Uint8Array(b.length).with(0, 0xc0);
    bothRefuse(group, infinity);
    bothRefuse(group, infinity.with(0, 0xe0));
    bothRefuse(group, infinity.with(b.length - 1, 1)); // mcl's own decoder takes this for infinity
    bothRefuse(group, new Uint8Array(b.length));
    bothRefuse(group, new Uint8Array(b.length).fill(0xff));
    bothRefuse(group, b.slice(1));
    bothRefuse(group, Uint8Array.of(...b, 0));
    bothRefuse(group, new Uint8Array());
  });

  it("refuse coordinates that are not below p", () => {
    // x + p for small x on the curve, if it fits in 381 bits
    for (const small of many(8, (i) => BigInt(i))) {
      for (const flags of [0x80, 0xa0]) {
        const b = bigEndian(Fp.ORDER + small, 48);
        bothRefuse(
          "g1",
          with0(b, (x) => x | flags),
        );
        bothRefuse("g2", Uint8Array.of(...with0(b, (x) => x | flags), ...bigEndian(small, 48)));
        bothRefuse("g2", Uint8Array.of(...with0(bigEndian(small, 48), (x) => x | flags), ...b));
      }
    }
    const high = encodeG2(randomG2());
    high[48]! |= 0x80; // no flags in the second coordinate
    bothRefuse("g2", high);
  });

  it("refuse curve points outside the subgroup, and a good point with torsion added", () => {
    const [p0, q0] = [randomG1(), randomG2()];
    expect([bytesG1(p0), bytesG2(q0)]).toEqual([encodeG1(p0), encodeG2(q0)]);
    for (const p of strayG1) {
      bothRefuse("g1", bytesG1(p));
      bothRefuse("g1", bytesG1(torsionOf(p)));
      bothRefuse("g1", bytesG1(torsionOf(p).add(randomG1())));
    }
    for (const q of strayG2) {
      bothRefuse("g2", bytesG2(q));
      bothRefuse("g2", bytesG2(torsionOf(q)));
      bothRefuse("g2", bytesG2(torsionOf(q).add(randomG2())));
    }
    // (0, 2) has order 3, the smallest order that exists
    bothRefuse("g1", new Uint8Array(48).with(0, 0x80));
    bothRefuse("g1", new Uint8Array(48).with(0, 0xa0));
  });

  it("give the same answer when any one bit is flipped", () => {
    const [a, b] = [encodeG1(randomG1()), encodeG2(randomG2())];
    for (const bit of many(40, (i) => (i < 8 ? i : (rng(1)[0]! << 1) % 384)))
      for (const [group, point] of [
        ["g1", a],
        ["g2", b],
      ] as const) {
        const flipped = point.with(bit >> 3, point[bit >> 3]! ^ (0x80 >> (bit & 7)));
        expect(through(mcl, group, flipped)).toEqual(through(noble, group, flipped));
      }
  });

  it("accept members of GT and refuse all other values", () => {
    const e = pairing(randomG1(), randomG2());
    bothTake("gt", encodeGT(e));
    bothTake("gt", encodeGT(Fp12.conjugate(e)));
    const random = Fp12.fromBytes(Uint8Array.from(many(12, () => [0, ...rng(47)]).flat()));
    const unitary = Fp12.div(Fp12.conjugate(random), random); // f^(p^6 - 1)
    const cyclotomic = Fp12.mul(Fp12.frobeniusMap(unitary, 2), unitary); // and ^(p^2 + 1): order not r
    for (const f of [Fp12.neg(e), Fp12.mul(e, unitary), random, unitary, cyclotomic, Fp12.mul(e, cyclotomic), Fp12.ONE])
      bothRefuse("gt", Fp12.toBytes(f));
    bothRefuse("gt", Fp12.toBytes(Fp12.neg(Fp12.ONE)));
    bothRefuse("gt", new Uint8Array(576));
    bothRefuse("gt", encodeGT(e).slice(1));
    bothRefuse("gt", Uint8Array.of(...encodeGT(e), 0));
    for (let i = 0; i < 12; i++) {
      const b = encodeGT(e);
      const x = Fp.fromBytes(b.slice(48 * i, 48 * i + 48));
      b.set(bigEndian(x + Fp.ORDER, 48), 48 * i);
      bothRefuse("gt", b);
    }
  });
});

describe("both engines compute the same", () => {
  const edges = [0n, 1n, 2n, R_ORDER - 1n, 0xd201000000010000n, 0xd201000000010000n ** 2n, 1n << 128n];
  const scalarsFor = (n: number): Scalar[] => many(n, (i) => (i % 3 === 0 ? edges[i % 7]! : randomScalar(rng)));
  const short = (n: number): Scalar[] => many(n, () => randomScalar(rng) >> 127n);

  it("sums in G1 and G2, of 0 to 20 terms and of several hundred", () => {
    const points = many(20, randomG1);
    const twists = many(9, randomG2);
    for (const n of [0, 1, 2, 3, 7, 20])
      for (const s of [scalarsFor(n), short(n)]) {
        const p = points.slice(0, n);
        const expected = noble.toG1(noble.g1.combine(p.map(noble.fromG1), s));
        expect(mcl.toG1(mcl.g1.combine(p.map(mcl.fromG1), s)).equals(expected)).toBe(true);
      }
    for (const n of [1, 2, 9])
      for (const s of [scalarsFor(n), short(n)]) {
        const q = twists.slice(0, n);
        const expected = noble.toG2(noble.g2.combine(q.map(noble.fromG2), s));
        expect(mcl.toG2(mcl.g2.combine(q.map(mcl.fromG2), s)).equals(expected)).toBe(true);
      }
    const long = many(400, (i) => points[i % 20]!);
    const s = short(400);
    const expected = G1Point.ZERO.add(noble.toG1(noble.g1.combine(long.map(noble.fromG1), s)));
    expect(mcl.toG1(mcl.g1.combine(long.map(mcl.fromG1), s)).equals(expected)).toBe(true);
  });

  it("sums with equal and opposite points, and with the identity", () => {
    const p = randomG1();
    const [a, minus, zero] = [p, p.negate() as G1, G1Point.ZERO as G1].map(mcl.fromG1) as [never, never, never];
    const { g1 } = mcl;
    expect(g1.isIdentity(g1.combine([a, minus], [5n, 5n]))).toBe(true);
    expect(g1.isIdentity(g1.combine([zero, zero], [5n, 7n]))).toBe(true);
    expect(mcl.toG1(g1.combine([a, a, zero], [5n, 7n, 9n])).equals(p.multiply(12n))).toBe(true);
    expect(g1.equals(g1.add(a, a), g1.combine([a], [2n]))).toBe(true);
    expect(g1.isIdentity(g1.add(a, g1.negate(a)))).toBe(true);
    expect(g1.equals(a, minus)).toBe(false);
    expect(() => g1.encode(g1.identity)).toThrow(DecodeError);
    expect(() => g1.encodeAll([a, g1.identity])).toThrow(DecodeError);
    expect(mcl.g2.isIdentity(mcl.fromG2(G2Point.ZERO as G2))).toBe(true);
    expect(() => g1.combine([a], [R_ORDER])).toThrow(RangeError);
    expect(() => g1.combine([a], [-1n])).toThrow(RangeError);
    expect(() => g1.combine([a], [])).toThrow(RangeError);
  });

  it("products of powers in GT", () => {
    const elements = many(5, () => pairing(randomG1(), randomG2()));
    for (const s of [scalarsFor(5), short(5)]) {
      const expected = noble.toGT(noble.gt.combine(elements.map(noble.fromGT), s));
      expect(Fp12.eql(mcl.toGT(mcl.gt.combine(elements.map(mcl.fromGT), s)), expected)).toBe(true);
    }
    const [a, b] = elements.map(mcl.fromGT) as [never, never];
    expect(mcl.gt.encode(mcl.gt.add(a, mcl.gt.negate(b)))).toEqual(encodeGT(Fp12.div(elements[0]!, elements[1]!)));
    expect(mcl.gt.isIdentity(mcl.gt.add(a, mcl.gt.negate(a)))).toBe(true);
    expect(() => mcl.gt.encode(mcl.gt.identity)).toThrow(DecodeError);
  });

  it("short powers of decoded values, at every limit of their digits", () => {
    const X = 0xd201000000010000n;
    const edges = [0n, 1n, 31n, 32n, 33n, 63n, 64n, 2047n, 2048n, X - 1n, X, X + 1n, 32n * X, 2n ** 64n, X * X];
    edges.push(2n ** 127n, 2n ** 128n - 1n, 2n ** 128n - X, (2n ** 128n / X) * X - 1n);
    const elements = many(edges.length, () => pairing(randomG1(), randomG2()));
    const decoded = elements.map((d) => mcl.gt.decode(encodeGT(d)));
    const expected = (s: Scalar[]): GT => noble.toGT(noble.gt.combine(elements.map(noble.fromGT), s));
    for (const s of [edges, short(edges.length), edges.toReversed()])
      expect(Fp12.eql(mcl.toGT(mcl.gt.combine(decoded, s)), expected(s))).toBe(true);
    for (const [i, edge] of edges.entries()) {
      const two = [decoded[i]!, decoded[(i + 1) % edges.length]!];
      const alone = mcl.toGT(mcl.gt.combine(two, [edge, 1n]));
      const one = Fp12.mul(Fp12.pow(elements[i]!, edge), elements[(i + 1) % edges.length]!);
      expect(Fp12.eql(alone, one)).toBe(true);
    }
    // One value too many whose membership was not tested, or one scalar too long: the general path, with the same
    // result.
    const mixed = [...decoded.slice(0, 3), mcl.fromGT(elements[3]!)];
    for (const [some, s] of [
      [mixed, short(4)],
      [decoded.slice(0, 4), [1n, 2n, 3n, 2n ** 128n]],
    ] as const) {
      const answer = noble.toGT(noble.gt.combine(elements.slice(0, 4).map(noble.fromGT), s));
      expect(Fp12.eql(mcl.toGT(mcl.gt.combine(some, s)), answer)).toBe(true);
    }
  });

  it("pairings, byte for byte, and products of pairings", () => {
    for (const [p, q] of many(4, () => [randomG1(), randomG2()] as const)) {
      const byMcl = mcl.gt.encode(mcl.pairing(mcl.fromG1(p), mcl.fromG2(q)));
      expect(byMcl).toEqual(encodeGT(pairing(p, q)));
      expect(indexValueOfTag(encodeG2(q), mcl)).toEqual(sessionIndexValue(q));
    }
    for (const group of ["g1", "g2", "gt"] as const) {
      const [ours, theirs] = [mcl[group] as Group<unknown>, noble[group] as Group<unknown>];
      expect(ours.encode(ours.generator())).toEqual(theirs.encode(theirs.generator()));
    }
    const [a, b] = [randomScalar(rng), randomScalar(rng)];
    const [p, q] = [randomG1(), randomG2()];
    const cases: [G1, G2][][] = [
      [],
      [[p, q]],
      [[G1Point.ZERO as G1, q]],
      [[p, G2Point.ZERO as G2]],
      [
        [p, q],
        [p.negate() as G1, q],
      ],
      [
        [p.multiply(a) as G1, q.multiply(b) as G2],
        [p.negate().multiply(b) as G1, q.multiply(a) as G2],
      ],
      [
        [p.multiply(a) as G1, q],
        [p.multiply(b) as G1, q],
        [p.multiply((a + b) % R_ORDER).negate() as G1, q],
      ],
      [
        [p, q],
        [p, q],
      ],
    ];
    const one = (engine: Engine, pairs: [G1, G2][], fresh: boolean): boolean =>
      engine.pairingProductIsOne(
        pairs.map(([x, y]) => ({
          g1: engine.fromG1(x),
          // fresh: without kept lines
          g2: fresh ? engine.g2.add(engine.fromG2(y), engine.g2.identity) : engine.fromG2(y),
        })),
      );
    expect(cases.map((c) => one(noble, c, false))).toEqual([true, false, true, true, true, true, true, false]);
    for (const fresh of [false, true])
      expect(cases.map((c) => one(mcl, c, fresh))).toEqual(cases.map((c) => one(noble, c, fresh)));
  });

  it("hashes to G2, under every label of a public scope", () => {
    for (const label of [LABELS.tagG2, LABELS.noticeG2, LABELS.handleG2])
      for (const message of [new Uint8Array(), utf8ToBytes("a"), rng(40), rng(200)])
        expect(mcl.g2.encode(mcl.hashToG2(label, message))).toEqual(noble.g2.encode(noble.hashToG2(label, message)));
  });

  it("conversions into the engine and back", () => {
    const [p, q] = [randomG1(), randomG2()];
    expect(mcl.toG1(mcl.fromG1(p)).equals(p)).toBe(true);
    expect(mcl.toG2(mcl.fromG2(q)).equals(q)).toBe(true);
    expect(mcl.toG1(mcl.fromG1(G1Point.ZERO as G1)).is0()).toBe(true);
    expect(mcl.toG2(mcl.fromG2(G2Point.ZERO as G2)).is0()).toBe(true);
    expect(mcl.g1.encode(mcl.fromG1(p.double() as G1))).toEqual(encodeG1(p.double() as G1)); // not affine inside
    const e = pairing(p, q);
    expect(Fp12.eql(mcl.toGT(mcl.fromGT(e)), e)).toBe(true);
    expect(mcl.gt.encode(mcl.acceptedGT(encodeGT(e)))).toEqual(encodeGT(e));
  });

  it("but mcl refuses every secret scalar", () => {
    for (const group of [mcl.g1, mcl.g2, mcl.gt] as Group<unknown>[])
      expect(() => group.multiply(group.generator(), 5n)).toThrow(RangeError);
    const relation = new Relation(LABELS.linkShare, ["y"]).equation(mcl.g1, mcl.fromG1(randomG1()), [
      ["y", mcl.fromG1(G)],
    ]);
    expect(() => prove(relation, new Uint8Array(), { y: 5n }, rng)).toThrow(RangeError);
  });
});

describe("a statement over all three groups", () => {
  /** a, b secret: X = a·P + b·G in G1, Y = a·Q in G2, Z = b·e in GT */
  const statement = (engine: Engine, [p, x]: [G1, G1], [q, y]: [G2, G2], [e, z]: [GT, GT]): Relation<"a" | "b"> =>
    new Relation<"a" | "b">(LABELS.linkShare, ["a", "b"])
      .equation(engine.g1, engine.fromG1(x), [
        ["a", engine.fromG1(p)],
        ["b", engine.fromG1(G)],
      ])
      .equation(engine.g2, engine.fromG2(y), [["a", engine.fromG2(q)]])
      .equation(engine.gt, engine.fromGT(z), [["b", engine.fromGT(e)]]);

  it.each(many(4, (i) => i))("verifies on both engines if made on noble, and on neither if broken (%i)", (i) => {
    const tag = rng(8 * i);
    const [p, q, e] = [randomG1(), randomG2(), pairing(randomG1(), randomG2())];
    const [a, b] = [randomScalar(rng), randomScalar(rng)];
    const x = p.multiply(a).add(G.multiply(b)) as G1;
    const [y, z] = [q.multiply(a) as G2, Fp12.pow(e, b)];
    const proof = prove(statement(noble, [p, x], [q, y], [e, z]), tag, { a, b }, rng);
    const answers = (change: {
      g1?: [G1, G1];
      g2?: [G2, G2];
      gt?: [GT, GT];
      proof?: typeof proof;
      tag?: Uint8Array;
    }): boolean[] =>
      [noble, mcl].map((engine) =>
        verify(
          statement(engine, change.g1 ?? [p, x], change.g2 ?? [q, y], change.gt ?? [e, z]),
          change.tag ?? tag,
          change.proof ?? proof,
        ),
      );
    expect(answers({})).toEqual([true, true]);
    expect(answers({ g1: [p, x.negate() as G1] })).toEqual([false, false]);
    expect(answers({ g1: [p, G1Point.ZERO as G1] })).toEqual([false, false]);
    expect(answers({ g2: [q, y.add(q) as G2] })).toEqual([false, false]);
    expect(answers({ gt: [e, Fp12.conjugate(z)] })).toEqual([false, false]);
    expect(answers({ gt: [Fp12.ONE, z] })).toEqual([false, false]);
    expect(answers({ tag: Uint8Array.of(...tag, 0) })).toEqual([false, false]);
    expect(answers({ proof: { ...proof, challenge: proof.challenge ^ 1n } })).toEqual([false, false]);
    expect(answers({ proof: { ...proof, responses: proof.responses.toReversed() } })).toEqual([false, false]);
  });
});

describe("check-in", () => {
  const registrar = makeRegistrar("engine registrar");
  const { params } = registrar;
  const patient = makePatient(registrar, "engine patient");
  const mallory = makePatient(makeRegistrar("another"), "mallory");
  const show = (changes: Partial<Parameters<typeof present>[0]> = {}): Presentation =>
    present(
      {
        params,
        ...patient,
        tagEpoch: EPOCH,
        slot: 3,
        tagParamsHash: PARAMS_HASH,
        credentialParamsHash: PARAMS_HASH,
        shown: ["class"],
        context: CONTEXT,
        ...changes,
      },
      rng,
    );
  const honest = show();
  const verdicts = (p: Presentation): string[] =>
    [noble, mcl].map((engine) => {
      const v = verifyPresentation(expectation(params), p, engine);
      return v.ok ? "accepted" : v.reason;
    });

  it.each([[[]], [["class"]], [["class", "dental", "age"]]])("is accepted by both engines, showing %j", (shown) => {
    expect(verdicts(show({ shown, slot: shown.length }))).toEqual(["accepted", "accepted"]);
  });

  it("gives the same points and tag for the code that continues with them", () => {
    const [a, b] = [noble, mcl].map((engine) => verifyPresentation(expectation(params), honest, engine));
    if (!a!.ok || !b!.ok) throw new Error("not accepted");
    expect(b!.T.equals(a!.T)).toBe(true);
    for (const name of ["F2", "C1", "C2"] as const) expect(b![name].equals(a![name])).toBe(true);
    expect([b!.tagHash, b!.shown]).toEqual([a!.tagHash, a!.shown]);
  });

  it("is refused by both engines for the same reason, for every fault", () => {
    const other = show({ slot: 4 });
    const points = ["Abar", "Bbar", "D", "T", "C1", "C2", "F2"] as const;
    const broken: Presentation[] = points.flatMap((name) => [
      { ...honest, [name]: other[name] },
      { ...honest, [name]: with0(honest[name], (x) => x ^ 0x20) },
      { ...honest, [name]: new Uint8Array(honest[name].length).with(0, 0xc0) },
      { ...honest, [name]: name === "T" ? bytesG2(strayG2[0]!) : bytesG1(strayG1[0]!) },
    ]);
    // with torsion of order 3 added: c·torsion would vanish for one challenge in three
    const G3 = G1Point.fromAffine({ x: 0n, y: 2n });
    for (const name of ["Abar", "C1", "F2"] as const)
      broken.push({ ...honest, [name]: bytesG1(G1Point.fromBytes(honest[name]).add(G3)) });
    broken.push(
      { ...honest, proof: honest.proof.with(40, honest.proof[40]! ^ 1) },
      { ...honest, proof: honest.proof.slice(32) },
      { ...honest, proof: new Uint8Array(honest.proof.length).fill(0xff) },
      { ...honest, slot: 5 },
      { ...honest, slot: SLOTS },
      { ...honest, shown: [{ index: 0, value: "basic" }] },
      { ...honest, shown: [{ index: 0, value: "none such" }] },
      { ...honest, tagEpoch: EPOCH + 1 },
      show(mallory),
    );
    for (const p of broken) {
      const [a, b] = verdicts(p);
      expect(a).not.toBe("accepted");
      expect(b).toBe(a);
    }
    expect(verdicts(show(mallory))).toEqual(["pairing", "pairing"]);
  });

  it("gives the same answers in batches", () => {
    const batch = [honest, show({ slot: 1 }), show(mallory), { ...honest, F2: honest.C2 }].map((presentation) => ({
      expected: expectation(params),
      presentation,
    }));
    for (const engine of [noble, mcl]) {
      const answers = verifyPresentations(batch, rng, engine);
      expect(answers.map((v) => (v.ok ? "accepted" : v.reason))).toEqual(["accepted", "accepted", "pairing", "proof"]);
      expect(auditPresentations(batch.slice(0, 2), rng, engine)).toBe(true);
      for (const bad of batch.slice(2)) expect(auditPresentations([batch[0]!, bad], rng, engine)).toBe(false);
    }
    expect(verifyPresentations([], rng, mcl)).toEqual([]);
  });
});

describe("link", () => {
  const set = [3, 1];
  const polynomial = sharePolynomial(randomScalar(rng), 2, rng);
  const slots = many(4, (j) => tagBase(PARAMS_HASH, EPOCH, j));
  const [F1, F2] = [randomG1(), randomG1()];
  const holder = (index: number) => {
    const share = evaluate(polynomial, index);
    return { ctx: PARAMS_HASH, set, F1, F2, index, share, shareKey: G.multiply(share) as G1 };
  };
  const at = (index: number) => ({ ...holder(index), slots });
  const shares = set.map((i) => linkShare(at(i), rng));
  const untested = shares.map((s) => UntestedLinkShare.decode(LinkShare.encode(s)));

  it("shares verify on both engines, tested or as bytes, and combine to the same index values", () => {
    for (const engine of [noble, mcl])
      for (const list of [shares, untested])
        expect(list.map((s) => verifyLinkShare(at(s.index), s, engine))).toEqual([true, true]);
    const expected = combineLink({ set, shares });
    for (const list of [shares, untested]) expect(combineLink({ set, shares: list }, mcl)).toEqual(expected);
    expect(combineLink({ set, shares: untested })).toEqual(expected);
  });

  it("a trustee computes the same values on both engines, for any split of its secret point", () => {
    for (const [i, index] of set.entries()) {
      const [a, b] = many(2, () => linkShare(at(index), rng, mcl));
      for (const made of [a!, b!]) {
        expect(made.values.map((d) => bytesToHex(encodeGT(d)))).toEqual(
          shares[i]!.values.map((d) => bytesToHex(encodeGT(d))),
        );
        for (const engine of [noble, mcl]) expect(verifyLinkShare(at(index), made, engine)).toBe(true);
      }
    }
  });

  it("a secret point is never paired with the identity, nor is it the identity", () => {
    const [p, q] = [randomG1(), tagBase(PARAMS_HASH, EPOCH, 1)];
    for (const engine of [noble, mcl]) {
      const [value] = engine.pairingsOfSecretPoint(p, [engine.fromG2(q)], rng);
      expect(Fp12.eql(engine.toGT(value!), pairing(p, q))).toBe(true);
      expect(() => engine.pairingsOfSecretPoint(G1Point.ZERO as G1, [engine.fromG2(q)], rng)).toThrow(RangeError);
      expect(() => engine.pairingsOfSecretPoint(p, [engine.g2.identity], rng)).toThrow(RangeError);
    }
  });

  it("wrong shares are refused by both engines", () => {
    const [good, other] = untested as [UntestedLinkShare, UntestedLinkShare];
    const refused = (s: UntestedLinkShare, where = at(s.index)): void =>
      expect([noble, mcl].map((engine) => verifyLinkShare(where, s, engine))).toEqual([false, false]);
    const value = (b: Uint8Array): UntestedLinkShare => ({ ...good, values: good.values.with(1, b) });
    const d = Fp12.fromBytes(good.values[1]!);
    refused(value(Fp12.toBytes(Fp12.neg(d))));
    refused(value(Fp12.toBytes(Fp12.conjugate(d))));
    refused(value(Fp12.toBytes(Fp12.ONE)));
    refused(value(new Uint8Array(576)));
    refused(value(good.values[1]!.slice(1)));
    refused(value(good.values[2]!));
    refused({ ...good, values: good.values.slice(1) });
    refused({ ...good, values: other.values });
    refused({ ...good, proof: other.proof });
    refused(good, { ...at(good.index), F1: F2 });
    for (const share of untested) refused(share, { ...at(share.index), F2: F1 });
    refused(good, { ...at(good.index), slots: slots.toReversed() });
  });

  it("notice shares give the same results", () => {
    const caseId = PARAMS_HASH;
    const notices = set.map((i) => noticeShare({ ...holder(i), caseId }, rng));
    for (const engine of [noble, mcl]) {
      expect(notices.map((s) => verifyNoticeShare({ ...holder(s.index), caseId }, s, engine))).toEqual([true, true]);
      expect(verifyNoticeShare({ ...holder(3), caseId: CONTEXT }, notices[0]!, engine)).toBe(false);
    }
    const [a, b] = [noble, mcl].map((engine) => combineNotice({ set, shares: notices }, engine));
    expect(Fp12.eql(a!, b!)).toBe(true);
  });
});
