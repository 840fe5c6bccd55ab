import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mclEngine } from "../../engine/mcl.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { type Engine, nobleEngine } from "../../protocol/engine.ts";
import { groupG1 } from "../../protocol/group.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  type BatchableProof,
  challengeOf,
  decodeBatchable,
  encodeBatchable,
  proveBatchable,
  Relation,
  verifyBatchable,
} from "../../protocol/sigma.ts";
import { type BatchItem, verifyBatch } from "../../protocol/sigma-batch.ts";
import { DecodeError, Fr, G, type G1, G1Point, type G2, P2, randomScalar } from "../../protocol/suite.ts";
import { seededRng } from "../support/patients.ts";

const rng = seededRng("sigma batch");
const gen = join(import.meta.dirname, "../../gen/mcl.wasm");
const mcl = mclEngine(new WebAssembly.Module(readFileSync(gen)));
const tag = utf8ToBytes("tag");

const H = G.multiply(randomScalar(rng)) as G1;

/** x·G, x·H + y·G in G1 and y·P2 in G2, on the given engine. */
function statement(engine: Engine, X: G1, Y: G1, Z: G2): Relation<"x" | "y"> {
  const { g1, g2, fromG1, fromG2 } = engine;
  return new Relation<"x" | "y">(LABELS.present, ["x", "y"])
    .equation(g2, fromG2(Z), [["y", fromG2(P2)]])
    .equation(g1, fromG1(X), [["x", fromG1(G)]])
    .equation(g1, fromG1(Y), [
      ["x", fromG1(H), -1n],
      ["y", fromG1(G)],
    ]);
}

/** A true statement and its proof, made on noble. */
function item() {
  const [x, y] = [randomScalar(rng), randomScalar(rng)];
  const points = [G.multiply(x) as G1, G.multiply(y).subtract(H.multiply(x)) as G1, P2.multiply(y) as G2] as const;
  const proof = proveBatchable(statement(nobleEngine, ...points), tag, { x, y }, rng);
  return (engine: Engine, change: (p: BatchableProof) => BatchableProof = (p) => p): BatchItem => ({
    relation: statement(engine, ...points),
    tag,
    proof: change(proof),
  });
}

const engines = [nobleEngine, mcl];
const good = [item(), item(), item()];
const alone = ({ relation, proof }: BatchItem): boolean => verifyBatchable(relation, tag, proof);

describe.each(engines.map((e) => [e.name, e] as const))("on %s", (_, engine) => {
  it("valid proofs pass, alone and together, and so does an empty batch", () => {
    const batch = good.map((make) => make(engine));
    expect(batch.map(alone)).toEqual([true, true, true]);
    expect(verifyBatch(batch, rng)).toBe(true);
    expect(verifyBatch([], rng)).toBe(true);
  });

  it.each<[string, (p: BatchableProof) => BatchableProof]>([
    ["a commitment of another proof", (p) => ({ ...p, commitment: good[1]!(engine).proof.commitment })],
    ["two commitments exchanged", (p) => ({ ...p, commitment: exchanged(p.commitment) })],
    ["a commitment that is no point", (p) => ({ ...p, commitment: p.commitment.map((b, i) => (i < 48 ? 0xff : b)) })],
    [
      "the identity as commitment",
      (p) => ({ ...p, commitment: p.commitment.map((b, i) => (i < 48 ? (i ? 0 : 0xc0) : b)) }),
    ],
    ["a commitment too few", (p) => ({ ...p, commitment: p.commitment.slice(48) })],
    ["a byte too many", (p) => ({ ...p, commitment: new Uint8Array([...p.commitment, 0]) })],
    ["a response altered", (p) => ({ ...p, responses: [Fr.add(p.responses[0]!, 1n), p.responses[1]!] })],
    ["a response too few", (p) => ({ ...p, responses: p.responses.slice(1) })],
    ["a response not canonical", (p) => ({ ...p, responses: [p.responses[0]! + Fr.ORDER, p.responses[1]!] })],
  ])("refused: %s", (_name, change) => {
    const bad = good[0]!(engine, change);
    expect(alone(bad)).toBe(false);
    expect(verifyBatch([good[1]!(engine), bad, good[2]!(engine)], rng)).toBe(false);
  });

  it("are refused under another tag", () => {
    expect(verifyBatch([{ ...good[0]!(engine), tag: utf8ToBytes("other") }], rng)).toBe(false);
  });

  it("proofs whose errors cancel each other are refused, and only because of the random weights", () => {
    // the first commitment of one is off by G, of the other by -G
    const pair = [forged(engine, 1n), forged(engine, -1n)];
    const ones = (n: number): Uint8Array => new Uint8Array(n).fill(1, n - 1);
    expect(pair.map(alone)).toEqual([false, false]);
    expect(verifyBatch(pair, ones)).toBe(true); // control: with weights of one the pair passes, so the weights do the work
    expect(verifyBatch(pair, rng)).toBe(false);
  });
});

function exchanged(commitment: Uint8Array): Uint8Array {
  return new Uint8Array([...commitment.slice(48, 96), ...commitment.slice(0, 48), ...commitment.slice(96)]);
}

/** A true statement. Its first commitment is off by sign·G, set before the challenge is known. */
function forged(engine: Engine, sign: bigint): BatchItem {
  const [x, y] = [randomScalar(rng), randomScalar(rng)];
  const points = [G.multiply(x) as G1, G.multiply(y).subtract(H.multiply(x)) as G1, P2.multiply(y) as G2] as const;
  const [a, b] = [randomScalar(rng), randomScalar(rng)];
  const [offG1, second] = [G.multiply(Fr.add(a, Fr.create(sign))) as G1, G.multiply(b).subtract(H.multiply(a)) as G1];
  const { g1, g2 } = nobleEngine;
  const { fromG1, fromG2 } = nobleEngine;
  const commitment = new Uint8Array([
    ...g1.encode(fromG1(offG1)),
    ...g1.encode(fromG1(second)),
    ...g2.encode(fromG2(P2.multiply(b) as G2)),
  ]);
  const relation = statement(engine, ...points);
  const c = challengeFor(relation, commitment);
  const responses = [Fr.add(a, Fr.mul(c, x)), Fr.add(b, Fr.mul(c, y))];
  return { relation, tag, proof: { commitment, responses } };
}

const challengeFor = (relation: Relation<"x" | "y">, commitment: Uint8Array) =>
  challengeOf(relation, tag, { commitment, responses: [1n, 1n] })!.challenge;

it("mcl may accept a batch with a commitment that has a point of small order, but its statement is still true", () => {
  // order 3: (0, 2) is on the curve, outside of G1
  const G3 = G1Point.fromAffine({ x: 0n, y: 2n });
  const [x, y, a, b] = [1, 2, 3, 4].map(() => randomScalar(rng)) as [bigint, bigint, bigint, bigint];
  const points = [G.multiply(x) as G1, G.multiply(y).subtract(H.multiply(x)) as G1, P2.multiply(y) as G2] as const;
  const commitment = new Uint8Array([
    ...groupG1.encodeAll([G.multiply(a).add(G3) as G1]),
    ...G.multiply(b).subtract(H.multiply(a)).toBytes(true),
    ...P2.multiply(b).toBytes(true),
  ]);
  const relation = statement(mcl, ...points);
  const c = challengeFor(relation, commitment);
  const proof = { commitment, responses: [Fr.add(a, Fr.mul(c, x)), Fr.add(b, Fr.mul(c, y))] };
  expect(verifyBatchable(relation, tag, proof)).toBe(false);
  const lie = { ...proof, responses: [Fr.add(proof.responses[0]!, 1n), proof.responses[1]!] };
  for (let i = 0; i < 30; i++) expect(verifyBatch([{ relation, tag, proof: lie }], rng)).toBe(false);
});

it("the bytes are exactly the commitments and canonical responses", () => {
  const { proof } = good[0]!(nobleEngine);
  const bytes = encodeBatchable(proof);
  expect(bytes.length).toBe(2 * 48 + 96 + 2 * 32);
  expect(decodeBatchable(bytes, 192, 2)).toEqual(proof);
  for (const wrong of [bytes.slice(1), bytes.slice(0, 100), new Uint8Array([...bytes, 0])])
    expect(() => decodeBatchable(wrong, 192, 2)).toThrow(DecodeError);
  expect(() => decodeBatchable(bytes.slice().fill(0xff, -32), 192, 2)).toThrow(DecodeError);
});
