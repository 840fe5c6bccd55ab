// Asks both engines about random statements, true and broken, and compares their answers.
// `node test/engine/differential.ts [count]` runs `count` statements (default 10,000); `npm test` runs some of them.

import { readFileSync } from "node:fs";
import { mclEngine } from "../../engine/mcl.ts";
import { equalBytes, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { type Engine, nobleEngine } from "../../protocol/engine.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  type BatchableProof,
  encodeBatchable,
  proveBatchable,
  Relation,
  verifyBatchable,
} from "../../protocol/sigma.ts";
import { verifyBatch } from "../../protocol/sigma-batch.ts";
import { DecodeError, Fr, G, type G1, type G2, P2, randomScalar, type Scalar } from "../../protocol/suite.ts";
import { seededRng } from "../support/patients.ts";

const NAMES = ["w0", "w1", "w2"] as const;
type Name = (typeof NAMES)[number];

interface Row<P> {
  image: P;
  terms: [Name, P, bigint][];
}
interface Statement {
  g1: Row<G1>[];
  g2: Row<G2>[];
  scalars: Name[];
}

function relationIn(engine: Engine, { g1, g2, scalars }: Statement): Relation<Name> {
  const relation = new Relation<Name>(LABELS.present, scalars);
  for (const { image, terms } of g1)
    relation.equation(
      engine.g1,
      engine.fromG1(image),
      terms.map(([name, base, c]) => [name, engine.fromG1(base), c] as const),
    );
  for (const { image, terms } of g2)
    relation.equation(
      engine.g2,
      engine.fromG2(image),
      terms.map(([name, base, c]) => [name, engine.fromG2(base), c] as const),
    );
  return relation;
}

/** The answers of one engine: for the proof alone, and in a batch of one. */
function answer(engine: Engine, s: Statement, tag: Uint8Array, proof: BatchableProof, rng: Rng): string {
  try {
    const relation = relationIn(engine, s);
    return `${verifyBatchable(relation, tag, proof)} ${verifyBatch([{ relation, tag, proof }], rng)}`;
  } catch (error) {
    if (error instanceof DecodeError) return "refused";
    throw error;
  }
}

export interface Outcome {
  accepted: number;
  refused: number;
  /** numbers of the statements on which the engines differ, or on which both are wrong */
  wrong: number[];
}

export function differential(count: number, seed: string, progress: (done: number) => void = () => {}): Outcome {
  const mcl = mclEngine(new WebAssembly.Module(readFileSync(new URL("../../gen/mcl.wasm", import.meta.url))));
  const rng = seededRng(seed);
  const pick = <T>(from: readonly T[]): T => from[rng(1)[0]! % from.length]!;
  const below = (n: number): number => rng(1)[0]! % n;
  const bases1 = [G, ...Array.from({ length: 7 }, () => G.multiply(randomScalar(rng)))] as G1[];
  const bases2 = [P2, ...Array.from({ length: 3 }, () => P2.multiply(randomScalar(rng)))] as G2[];
  const coefficients = [1n, 1n, -1n, 2n, Fr.ORDER - 3n];
  const witnessOf = (): Record<Name, Scalar> => ({
    w0: randomScalar(rng),
    w1: below(4) === 0 ? BigInt(1 + below(3)) : randomScalar(rng),
    w2: randomScalar(rng),
  });

  function row<P extends G1 | G2>(bases: readonly P[], names: readonly Name[], w: Record<Name, Scalar>): Row<P> {
    const terms = names.map((name): [Name, P, bigint] => [name, pick(bases), pick(coefficients)]);
    const image = terms
      .map(([name, base, c]) => base.multiplyUnsafe(Fr.mul(Fr.create(c), w[name])) as P)
      .reduce((a, b) => (a as G1).add(b as G1) as P);
    return { image, terms };
  }

  const outcome: Outcome = { accepted: 0, refused: 0, wrong: [] };
  for (let i = 0; i < count; i++) {
    const w = witnessOf();
    const scalars = NAMES.slice(0, 1 + below(3));
    const statement: Statement = {
      scalars,
      g1: Array.from({ length: 1 + below(2) }, (_, n) =>
        row(bases1, n === 0 ? scalars : scalars.slice(0, 1 + below(scalars.length)), w),
      ),
      g2: below(3) === 0 ? [row(bases2, [pick(scalars)], w)] : [],
    };
    const tag = utf8ToBytes(`statement ${i}`);
    let proof: BatchableProof;
    try {
      proof = proveBatchable(relationIn(nobleEngine, statement), tag, w, rng);
    } catch (error) {
      if (error instanceof RangeError) continue; // not a valid statement: a column or an image is the identity
      throw error;
    }
    const broken = below(2) === 1;
    const bytes = encodeBatchable(proof);
    if (broken) {
      const at = (below(256) * 256 + below(256)) % bytes.length;
      const altered = bytes.with(at, bytes[at]! ^ (1 << below(8)));
      const split = proof.commitment.length;
      const responses = proof.responses.map((_, n) =>
        BigInt(`0x${Buffer.from(altered.subarray(split + 32 * n, split + 32 * n + 32)).toString("hex")}`),
      );
      proof = { commitment: altered.subarray(0, split), responses };
      if (equalBytes(altered, bytes)) throw new Error("nothing was altered");
    }
    const expected = broken ? "false false" : "true true";
    const answers = [nobleEngine, mcl].map((engine) => answer(engine, statement, tag, proof, rng));
    if (answers.every((a) => a === expected)) outcome[broken ? "refused" : "accepted"]++;
    else outcome.wrong.push(i);
    if (i % 100 === 99) progress(i + 1);
  }
  return outcome;
}

const USAGE = `npm run differential -- [COUNT]
Asks both engines about COUNT random statements, true and broken (default 10000), and compares their answers.`;

if (import.meta.main) {
  if (process.argv.includes("--help")) {
    console.log(USAGE);
    process.exit(0);
  }
  const count = Number(process.argv[2] ?? 10_000);
  if (!Number.isInteger(count) || count < 1) {
    console.error(`COUNT must be a whole number from 1: ${process.argv[2]}\n\n${USAGE}`);
    process.exit(1);
  }
  const { accepted, refused, wrong } = differential(count, `differential ${Date.now()}`, (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${count}`);
  });
  console.log(`${accepted} accepted by both, ${refused} refused by both, ${wrong.length} answered wrongly ${wrong}`);
  process.exit(wrong.length === 0 ? 0 : 1);
}
