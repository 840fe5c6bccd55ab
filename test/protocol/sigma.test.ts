import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { fixedBase, type Group, groupG1, groupG2, groupGT } from "../../protocol/group.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  challengeOf,
  decodeBatchable,
  decodeProof,
  encodeBatchable,
  encodeProof,
  type Proof,
  proofBytes,
  prove,
  proveBatchable,
  Relation,
  verify,
  verifyBatchable,
} from "../../protocol/sigma.ts";
import { parseInstance } from "../../protocol/sigma-draft.ts";
import { littleEndian } from "../../protocol/sponge.ts";
import { DecodeError, encodeScalar, Fr, G, P2, R_ORDER, randomScalar, type Scalar } from "../../protocol/suite.ts";
import { type VectorRecord, vectorHolds } from "./sigma-vectors.ts";

const rng = (n: number): Uint8Array => new Uint8Array(randomBytes(n));
const tag = utf8ToBytes("tag");
const VECTORS = new URL("../vectors/sigma/", import.meta.url);

describe.each(readdirSync(VECTORS).filter((f) => f.endsWith(".json")))("vectors of %s", (file) => {
  const records: VectorRecord[] = JSON.parse(readFileSync(new URL(file, VECTORS), "utf8"));
  it.each(records.map((v) => [v.Id, v] as const))("%s", (_, v) => expect(vectorHolds(v)).toBe(true));
});

describe("a draft instance is refused if", () => {
  const point = groupG1.multiplyPublic(G, 5n);
  const one = encodeScalar(1n);
  const u32 = (n: number) => littleEndian(n, 4);
  type Image = [element: number, coefficient: Uint8Array];
  type Terms = [scalar: number, element: number, coefficient: Uint8Array];
  const build = (equations: [Image[], Terms[]][], elements: Uint8Array[]) =>
    concatBytes(
      u32(equations.length),
      ...equations.flatMap(([image, terms]) => [
        u32(image.length),
        ...image.flatMap(([e, c]) => [u32(e), c]),
        u32(terms.length),
        ...terms.flatMap(([s, e, c]) => [u32(s), u32(e), c]),
      ]),
      ...elements,
    );
  const X = groupG1.encode(point);
  const minusX = groupG1.encode(point.negate());
  const infinity = new Uint8Array(48);
  infinity[0] = 0xc0;
  const zero = encodeScalar(0n);
  const r = hexToBytes(R_ORDER.toString(16));
  const minusOne = encodeScalar(Fr.neg(1n));

  it("nothing is wrong (control: it is accepted)", () => {
    expect(parseInstance(build([[[[1, one]], [[0, 0, one]]]], [X])).scalars).toBe(1);
    expect(
      parseInstance(
        build(
          [
            [
              [[1, one]],
              [
                [0, 0, one],
                [0, 0, one],
              ],
            ],
          ],
          [X],
        ),
      ).scalars,
    ).toBe(1);
    expect(
      parseInstance(
        build(
          [
            [
              [[0, minusOne]],
              [
                [0, 1, one],
                [1, 1, zero],
                [1, 0, one],
              ],
            ],
          ],
          [X],
        ),
      ).scalars,
    ).toBe(2);
  });
  it.each<[string, Uint8Array]>([
    ["1 no equation", build([], [])],
    ["2 no image", build([[[], [[0, 0, one]]]], [])],
    ["2 no terms", build([[[[1, one]], []]], [X])],
    ["4 an image's index has no element", build([[[[2, one]], [[0, 1, one]]]], [X])],
    ["4 a term's index has no element", build([[[[1, one]], [[0, 2, one]]]], [X])],
    ["5 an element is never used", build([[[[1, one]], [[0, 0, one]]]], [X, minusX])],
    [
      "6 a scalar index is skipped",
      build(
        [
          [
            [[1, one]],
            [
              [0, 0, one],
              [2, 0, one],
            ],
          ],
        ],
        [X],
      ),
    ],
    ["6 the only scalar index is huge", build([[[[1, one]], [[0xffffffff, 0, one]]]], [X])],
    ["8 an element is the identity", build([[[[1, one]], [[0, 2, one]]]], [X, infinity])],
    [
      "9 an image sums to the identity",
      build(
        [
          [
            [
              [1, one],
              [2, one],
            ],
            [[0, 0, one]],
          ],
        ],
        [X, minusX],
      ),
    ],
    [
      "9 an image cancels by coefficients",
      build(
        [
          [
            [
              [1, one],
              [1, minusOne],
            ],
            [[0, 0, one]],
          ],
        ],
        [X],
      ),
    ],
    ["9 an image has coefficient 0", build([[[[1, zero]], [[0, 0, one]]]], [X])],
    [
      "10 a column has coefficient 0",
      build(
        [
          [
            [[1, one]],
            [
              [0, 0, one],
              [1, 0, zero],
            ],
          ],
        ],
        [X],
      ),
    ],
    [
      "10 a column sums to the identity",
      build(
        [
          [
            [[1, one]],
            [
              [0, 0, one],
              [1, 1, one],
              [1, 2, one],
            ],
          ],
        ],
        [X, minusX],
      ),
    ],
    [
      "10 a column cancels by coefficients",
      build(
        [
          [
            [[1, one]],
            [
              [0, 0, one],
              [1, 1, one],
              [1, 1, minusOne],
            ],
          ],
        ],
        [X],
      ),
    ],
    ["a coefficient is r", build([[[[1, r]], [[0, 0, one]]]], [X])],
    ["a byte follows", concatBytes(build([[[[1, one]], [[0, 0, one]]]], [X]), Uint8Array.of(0))],
    ["a byte is missing", build([[[[1, one]], [[0, 0, one]]]], [X]).slice(0, -1)],
    ["a count is huge", concatBytes(u32(0xffffffff), build([[[[1, one]], [[0, 0, one]]]], [X]).slice(4))],
    ["it is empty", new Uint8Array()],
  ])("%s", (_, bytes) => expect(() => parseInstance(bytes)).toThrow(DecodeError));
});

describe("groups", () => {
  const groups: [string, Group<unknown>][] = [groupG1, groupG2, groupGT].map((g) => [g.name, g as Group<unknown>]);
  it.each(groups)("%s: all ways to multiply agree, and so do encodings", (_, group) => {
    const base = group.multiplyPublic(group.generator(), randomScalar(rng));
    for (const s of [0n, 1n, 2n, R_ORDER - 1n, randomScalar(rng)]) {
      expect(group.equals(group.multiply(base, s), group.multiplyPublic(base, s))).toBe(true);
      expect(group.equals(group.combine([base, base], [s, Fr.neg(s)]), group.identity)).toBe(true);
    }
    const [a, b] = [randomScalar(rng), randomScalar(rng)];
    const sum = group.combine([base, group.generator()], [a, b]);
    const apart = group.add(group.multiply(base, a), group.multiply(group.generator(), b));
    expect(group.equals(sum, apart)).toBe(true);
    expect(group.isIdentity(group.add(sum, group.negate(apart)))).toBe(true);
    const several = [sum, group.negate(sum), base, group.multiplyPublic(base, 3n)];
    expect(group.encodeAll(several)).toEqual(concatBytes(...several.map((e) => group.encode(e))));
    expect(group.equals(group.decode(group.encode(sum)), sum)).toBe(true);
    expect(() => group.encode(group.identity)).toThrow(DecodeError);
    expect(() => group.encodeAll([base, group.identity])).toThrow(DecodeError);
    for (const s of [-1n, R_ORDER]) expect(() => group.multiply(base, s)).toThrow(RangeError);
  });
  it("a base with a window table gives the same products", () => {
    const base = groupG1.multiplyPublic(G, 7n);
    const s = randomScalar(rng);
    const expected = groupG1.multiply(base, s);
    fixedBase(base);
    expect(groupG1.multiply(base, s).equals(expected)).toBe(true);
    expect(groupG1.combine([base, G, base], [s, 0n, 1n]).equals(expected.add(base))).toBe(true);
  });
});

describe("any relation over G1, G2 and GT", () => {
  const groups = [groupG1, groupG2, groupGT] as const;
  const names = ["a", "b", "c"] as const;
  const equation = fc.record({
    group: fc.nat(2),
    terms: fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1n, -1n, 5n)), {
      minLength: 1,
      maxLength: 3,
    }),
  });

  it("is proved by its witness and by no other", () => {
    fc.assert(
      fc.property(fc.array(equation, { minLength: 1, maxLength: 3 }), (equations) => {
        const used = names.filter((_, i) => equations.some((q) => q.terms.some(([s]) => s === i)));
        const witness = Object.fromEntries(used.map((n) => [n, randomScalar(rng)])) as Record<string, Scalar>;
        const build = (shift: bigint) => {
          const relation = new Relation<string>(LABELS.present, used);
          equations.forEach(({ group, terms }, q) => {
            const g = groups[group] as Group<unknown>;
            const rows = terms.map(
              ([s, multiple, c]) => [names[s]!, g.multiplyPublic(g.generator(), BigInt(multiple)), c] as const,
            );
            const image = rows
              .map(([name, base, c]) => g.multiplyPublic(base, Fr.create(c * witness[name]!)))
              .reduce((x, y) => g.add(x, y));
            relation.equation(g, q === 0 ? g.add(image, g.multiplyPublic(g.generator(), shift)) : image, rows);
          });
          return relation;
        };
        const relation = build(0n);
        fc.pre(relation.compile() !== undefined); // columns and images that cancel make an invalid statement
        const proof = prove(relation, tag, witness, rng);
        expect(verify(relation, tag, proof)).toBe(true);
        expect(verify(build(1n), tag, proof)).toBe(false);
        const wrong = build(1n);
        if (wrong.compile()) expect(verify(wrong, tag, prove(wrong, tag, witness, rng))).toBe(false);
      }),
      { numRuns: 8 },
    );
  });
});

describe("a proof is refused if one thing is broken:", () => {
  const gT = groupGT.generator();
  const [x, y] = [randomScalar(rng), randomScalar(rng)];
  const H = groupG1.multiplyPublic(G, 11n);
  const images = {
    first: G.multiply(x).add(H.multiply(y)),
    second: P2.multiply(x),
    third: groupGT.multiply(gT, y),
  };
  type Change = { label?: "present" | "enrol"; base?: typeof G; names?: ("x" | "y")[] } & Partial<typeof images>;
  const build = (change: Change = {}) => {
    const { first, second, third } = { ...images, ...change };
    return new Relation<"x" | "y">(LABELS[change.label ?? "present"], change.names ?? ["x", "y"])
      .equation(groupG1, first, [
        ["x", G],
        ["y", change.base ?? H],
      ])
      .equation(groupG2, second, [["x", P2]])
      .equation(groupGT, third, [["y", gT]]);
  };
  const relation = build();
  const proof = prove(relation, tag, { x, y }, rng);
  const refused = (p: Proof, r: Relation<"x" | "y"> = relation, t = tag) => expect(verify(r, t, p)).toBe(false);

  it("nothing (control: it is accepted)", () => expect(verify(build(), tag, proof)).toBe(true));
  it("a response", () => {
    for (const i of [0, 1]) refused({ ...proof, responses: proof.responses.map((z, j) => (i === j ? z ^ 1n : z)) });
    refused({ ...proof, responses: proof.responses.toReversed() });
    refused({ ...proof, responses: proof.responses.slice(1) });
    refused({ ...proof, responses: [...proof.responses, 0n] });
    refused({ ...proof, responses: [proof.responses[0]! + R_ORDER, proof.responses[1]!] });
    refused({ ...proof, responses: [proof.responses[0]! - R_ORDER, proof.responses[1]!] });
  });
  it("the challenge", () => {
    refused({ ...proof, challenge: proof.challenge ^ 1n });
    // The same equations hold: only the range refuses these.
    for (const challenge of [proof.challenge + R_ORDER, proof.challenge - R_ORDER]) refused({ ...proof, challenge });
    refused({ ...proof, challenge: proof.challenge + R_ORDER });
    refused({ challenge: 0n, responses: [0n, 0n] });
  });
  it("the tag", () => {
    refused(proof, relation, utf8ToBytes("tah"));
    refused(proof, relation, new Uint8Array());
    refused(proof, relation, concatBytes(tag, Uint8Array.of(0)));
  });
  it("an image", () => {
    refused(proof, build({ first: images.first.add(G) }));
    refused(proof, build({ second: images.second.negate() }));
    refused(proof, build({ third: groupGT.negate(images.third) }));
    refused(proof, build({ first: groupG1.identity }));
    refused(proof, build({ third: groupGT.identity }));
  });
  it("a base", () => {
    refused(proof, build({ base: H.add(G) }));
    refused(proof, build({ base: groupG1.identity }));
  });
  it("the label", () => refused(proof, build({ label: "enrol" })));
  it("the order of the scalars", () => refused(proof, build({ names: ["y", "x"] })));
  it("the group of an equation", () => {
    const base = (group: "G1" | "G2") => {
      const relation = new Relation(LABELS.present, ["x"]);
      return group === "G1"
        ? relation.equation(groupG1, G.multiply(x), [["x", G]])
        : relation.equation(groupG2, P2.multiply(x), [["x", P2]]);
    };
    const p = prove(base("G1"), tag, { x }, rng);
    expect(verify(base("G1"), tag, p)).toBe(true);
    expect(verify(base("G2"), tag, p)).toBe(false);
  });
  it("an equation is left out, or two are swapped", () => {
    const dleq = (...order: (typeof G)[]) =>
      order.reduce((r, b) => r.equation(groupG1, b.multiply(x), [["x", b]]), new Relation(LABELS.present, ["x"]));
    const p = prove(dleq(G, H), tag, { x }, rng);
    expect(verify(dleq(G, H), tag, p)).toBe(true);
    expect(verify(dleq(H, G), tag, p)).toBe(false);
    expect(verify(dleq(G), tag, p)).toBe(false);
  });
  it("the statement has a scalar in no equation, or one that cancels", () => {
    const free = new Relation(LABELS.present, ["x", "y"]).equation(groupG1, G.multiply(x), [["x", G]]);
    expect(() => prove(free, tag, { x, y }, rng)).toThrow(RangeError);
    const cancels = new Relation(LABELS.present, ["x", "y"]).equation(groupG1, G.multiply(x), [
      ["x", G],
      ["y", H],
      ["y", H, -1n],
    ]);
    expect(() => prove(cancels, tag, { x, y }, rng)).toThrow(RangeError);
    refused(proof, cancels);
    refused(proof, new Relation(LABELS.present, ["x", "y"]));
    expect(() => new Relation(LABELS.present, ["x", "x"])).toThrow(RangeError);
    expect(() => new Relation(LABELS.present, ["x"]).equation(groupG1, G, [["y" as "x", G]])).toThrow(RangeError);
  });
});

describe("a batchable proof", () => {
  const x = randomScalar(rng);
  const relation = new Relation<"x">(LABELS.present, ["x"]).equation(groupG1, G.multiply(x), [["x", G]]);
  const proof = proveBatchable(relation, tag, { x }, rng);
  const [z] = proof.responses as [Scalar];
  it("is refused with a response or a commitment of another size (control: it is accepted)", () => {
    expect(verifyBatchable(relation, tag, proof)).toBe(true);
    for (const responses of [[z + R_ORDER], [z - R_ORDER], [], [z, 0n]])
      expect(verifyBatchable(relation, tag, { ...proof, responses })).toBe(false);
    for (const commitment of [proof.commitment.slice(1), concatBytes(proof.commitment, Uint8Array.of(0))]) {
      expect(verifyBatchable(relation, tag, { ...proof, commitment })).toBe(false);
      expect(challengeOf(relation, tag, { ...proof, commitment })).toBeUndefined();
    }
  });
  it("decodes from its own number of bytes", () => {
    const bytes = encodeBatchable(proof);
    expect(decodeBatchable(bytes, 48, 1)).toEqual(proof);
    for (const bad of [bytes.slice(1), bytes.slice(0, 48), bytes.slice(0, 47), concatBytes(bytes, Uint8Array.of(0))])
      expect(() => decodeBatchable(bad, 48, 1)).toThrow(DecodeError);
    expect(() => decodeBatchable(bytes.slice(0, 47), 48, 1)).toThrow("47 bytes, 48 of commitments");
  });
});

describe("the bytes of a proof", () => {
  const proof: Proof = { challenge: 3n, responses: [4n, R_ORDER - 1n] };
  const bytes = encodeProof(proof);
  it("decode to the same proof", () => {
    expect(bytes.length).toBe(proofBytes(2));
    expect(decodeProof(bytes, 2)).toEqual(proof);
  });
  it.each<[string, Uint8Array]>([
    ["too short", bytes.slice(1)],
    ["too long", concatBytes(bytes, Uint8Array.of(0))],
    ["a scalar that is r", concatBytes(bytes.slice(0, 64), hexToBytes(R_ORDER.toString(16)))],
    ["a challenge above r", concatBytes(new Uint8Array(32).fill(255), bytes.slice(32))],
  ])("are refused if %s", (_, b) => expect(() => decodeProof(b, 2)).toThrow(DecodeError));
  it("are refused for another number of scalars", () => {
    for (const n of [1, 3]) expect(() => decodeProof(bytes, n)).toThrow(DecodeError);
  });
});
