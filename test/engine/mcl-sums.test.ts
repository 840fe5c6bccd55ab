import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import "../../scripts/make-mcl.mjs";
import { mclEngine } from "../../engine/mcl.ts";
import { Mcl } from "../../engine/mcl-module.ts";
import { raw } from "../../engine/mcl-raw.ts";
import { sums } from "../../engine/mcl-sums.ts";
import { type Engine, nobleEngine } from "../../protocol/engine.ts";
import type { Group } from "../../protocol/group.ts";
import { LABELS } from "../../protocol/labels.ts";
import { G, P2, R_ORDER, randomScalar, type Scalar, tagBase, tagBaseMessage } from "../../protocol/suite.ts";
import { seededRng } from "../support/patients.ts";

const module = new WebAssembly.Module(
  readFileSync(join(import.meta.dirname, "../../gen/mcl.wasm")) as Uint8Array<ArrayBuffer>,
);
const rng = seededRng("sums");
const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
/** the number of sums after which a fixed base gets its table */
const FOURTH = 4;
const MOST_TERMS = 16;
const MOST_TABLES = 64;

const X = 0xd201000000010000n;
/** digits of s to the base |x|, the lowest first */
const ofQuarters = (...q: bigint[]): Scalar => q.reduceRight((s, digit) => s * X + digit, 0n) % R_ORDER;
const edges: Scalar[] = [
  ...[0n, 1n, 2n, 3n, X - 1n, X, X + 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n - 1n],
  ...[X ** 2n - 2n, X ** 2n - 1n, X ** 2n, X ** 3n - 1n, X ** 3n], // x² - 1 is the eigenvalue of (βX, Y)
  ...[R_ORDER - 1n, R_ORDER - 2n, (R_ORDER - 1n) / 2n, R_ORDER - X, R_ORDER - X ** 2n, R_ORDER - X ** 3n],
  ...many(4, (i) => ofQuarters(...many(4, (q) => (q === i ? X - 1n : 0n)))),
  ofQuarters(X - 1n, X - 1n, X - 1n, X - 2n),
  ofQuarters(2n ** 63n - 1n, 2n ** 63n, 2n ** 63n + 1n, 1n),
  // every digit of some width at its limits, and carries through all positions
  ofQuarters(0x7777777777777777n, 0x8888888888888888n, 0x9999999999999999n, 0x6666666666666666n),
  ofQuarters(0x4081020408102040n, 0x3f7efdfbf7efdfbfn, 0xc0c0c0c0c0c0c0c0n, 0x2040810204081020n),
];

interface Side {
  group: Group<unknown>;
  from(p: unknown): unknown;
}
const sideOf = (engine: Engine, name: "g1" | "g2"): Side => ({
  group: engine[name] as Group<unknown>,
  from: (name === "g1" ? engine.fromG1 : engine.fromG2) as (p: unknown) => unknown,
});
const encoded = ({ group }: Side, e: unknown): Uint8Array | "identity" =>
  group.isIdentity(e) ? "identity" : group.encode(e);

describe.each(["g1", "g2"] as const)("sums in %s equal those of noble", (name) => {
  const noble = sideOf(nobleEngine, name);
  const points = many(8, () => noble.group.multiply(noble.from(name === "g1" ? G : P2), randomScalar(rng)));
  const fresh = (): Side => sideOf(mclEngine(module), name);
  /** numbers of bases; negative ones are members of the group */
  function compare(mcl: Side, bases: readonly number[], scalars: readonly Scalar[]): void {
    const elements = bases.map((n) => (n < 0 ? mcl.group.decode(noble.group.encode(points[~n])) : mcl.from(points[n])));
    const expected = noble.group.combine(
      bases.map((n) => points[n < 0 ? ~n : n]),
      scalars,
    );
    for (let time = 1; time <= FOURTH; time++)
      expect(encoded(mcl, mcl.group.combine(elements, scalars))).toEqual(encoded(noble, expected));
  }

  it("for every extreme scalar, for members and fixed bases, before they have tables and after", () => {
    const mcl = fresh();
    for (const s of edges) {
      compare(mcl, [0], [s]);
      compare(mcl, [-1], [s]);
    }
    for (const [i, s] of edges.entries()) compare(mcl, [1, ~2, 3], [s, edges.at(-i)!, randomScalar(rng)]);
  });

  it("with a base twice, with its negative, and with terms that cancel", () => {
    const mcl = fresh();
    compare(mcl, [4, 4, ~4, ~4], [5n, X, X ** 2n, R_ORDER - 1n]);
    for (const s of [1n, X + 1n, randomScalar(rng)]) {
      compare(mcl, [4, ~4], [s, R_ORDER - s]);
      compare(mcl, [4, 5, ~4], [s, 1n, R_ORDER - s]);
      compare(mcl, [~4, ~4], [s, s]); // the added term equals the sum so far
      const [e, minus] = [mcl.from(points[6]), mcl.from((points[6] as typeof G).negate())];
      for (let time = 1; time <= FOURTH; time++)
        expect(mcl.group.isIdentity(mcl.group.combine([e, minus], [s, s]))).toBe(true);
    }
  });

  it("with the identity, with a sum among the bases, and with elements that no decoder checked", () => {
    const mcl = fresh();
    const { group } = mcl;
    const [e, f] = [mcl.from(points[0]), mcl.from(points[1])];
    const [s, t] = [randomScalar(rng), randomScalar(rng)];
    for (let time = 1; time <= FOURTH + 1; time++) {
      const sum = group.add(e, f);
      const expected = noble.group.combine([points[0], points[1]], [(s + t) % R_ORDER, t]);
      expect(encoded(mcl, group.combine([e, sum, group.identity], [s, t, s]))).toEqual(encoded(noble, expected));
      const onCurve = group.decodeOnCurve(noble.group.encode(points[1]));
      expect(encoded(mcl, group.combine([e, onCurve, e], [s, t, t]))).toEqual(encoded(noble, expected));
      expect(encoded(mcl, group.combine([group.identity], [s]))).toBe("identity");
    }
  });

  it("of as many terms as tables are used for, and of more", () => {
    const mcl = fresh();
    for (const n of [MOST_TERMS - 1, MOST_TERMS, MOST_TERMS + 1, 3 * MOST_TERMS]) {
      const bases = many(n, (i) => (i % 3 === 0 ? ~(i % 8) : i % 8));
      compare(
        mcl,
        bases,
        bases.map((_, i) => (i % 5 === 4 ? edges[i % edges.length]! : randomScalar(rng))),
      );
    }
  });

  it("when more bases come than there is room for tables, and the first bases come again", () => {
    const mcl = fresh();
    const fixed = many(MOST_TABLES + 8, (i) => noble.group.multiplyPublic(points[0], BigInt(i + 2)));
    const ours = fixed.map(mcl.from);
    for (let time = 0; time < 2; time++)
      for (const [i, e] of ours.entries()) {
        const s = randomScalar(rng);
        const both = [s, R_ORDER - 2n];
        const expected = encoded(noble, noble.group.multiplyPublic(points[0], ((BigInt(i) + 2n) * s - 4n) % R_ORDER));
        for (let n = 1; n <= FOURTH; n++) expect(encoded(mcl, mcl.group.combine([e, ours[0]], both))).toEqual(expected);
      }
  });
});

describe("tables", () => {
  const mcl = new Mcl(module);
  const { g1 } = mclEngine(module);
  const limbsOf = (s: Scalar): Uint8Array =>
    (
      g1.decode(nobleEngine.g1.encode(nobleEngine.g1.multiplyPublic(nobleEngine.fromG1(G), s))) as never as {
        limbs: Uint8Array;
      }
    ).limbs;
  const member = (of: ReturnType<typeof sums>, s: Scalar) => {
    const e = raw(limbsOf(s));
    mcl.begin(1024);
    of.member(e, of.rootsOf(mcl.put(e.limbs))!);
    return e;
  };

  it("are made at once for members, at the fourth sum for fixed bases, and never for a base of unknown origin", () => {
    const of = sums(mcl, "G1");
    expect(of.combine([member(of, 5n)], [3n])).toBeInstanceOf(Uint8Array);
    const fixed = raw(limbsOf(7n));
    of.fixed(fixed);
    const tries = many(6, () => of.combine([member(of, 5n), fixed], [3n, 4n]) !== undefined);
    expect(tries).toEqual([false, false, false, true, true, true]);
    const unknown = raw(limbsOf(9n));
    expect(many(6, () => of.combine([fixed, unknown], [3n, 4n]))).toEqual(many(6, () => undefined));
  });

  it("are dropped when they are the least recently used, and their base must then qualify again", () => {
    const of = sums(mcl, "G1");
    const fixed = many(MOST_TABLES + 1, (i) => raw(limbsOf(BigInt(i + 2))));
    fixed.forEach(of.fixed);
    const takes = (e: (typeof fixed)[number]) => of.combine([e], [3n]) !== undefined;
    for (const e of fixed.slice(0, MOST_TABLES)) expect(many(FOURTH, () => takes(e)).at(-1)).toBe(true);
    expect(takes(fixed[0]!)).toBe(true); // now the second is the least recently used
    expect(many(FOURTH, () => takes(fixed[MOST_TABLES]!)).at(-1)).toBe(true);
    expect(takes(fixed[0]!)).toBe(true);
    expect(many(FOURTH, () => takes(fixed[1]!))).toEqual([false, false, false, true]);
  });
});

describe("the bases of tags", () => {
  it("come from hashing, and may have tables like other bases", () => {
    const mcl = mclEngine(module);
    const hash = new Uint8Array(32).fill(7);
    const s = randomScalar(rng);
    const expected = nobleEngine.g2.encode(nobleEngine.g2.multiplyPublic(nobleEngine.fromG2(tagBase(hash, 5, 3)), s));
    const base = mcl.hashToG2(LABELS.tagG2, tagBaseMessage(hash, 5, 3));
    for (let time = 1; time <= FOURTH + 1; time++)
      expect(mcl.g2.encode(mcl.g2.multiplyPublic(base, s))).toEqual(expected);
  });
});
