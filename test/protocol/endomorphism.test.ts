import { describe, expect, it } from "vitest";
import { combineG1, combineG2, multiplyG1, multiplyG2 } from "../../protocol/endomorphism.ts";
import { G, type G1, G1Point, type G2, G2Point, P2, R_ORDER, randomScalar, type Scalar } from "../../protocol/suite.ts";
import { seededRng } from "../support/patients.ts";

const rng = seededRng("endomorphism");
const X = 0xd201000000010000n;
const edges = [
  0n,
  1n,
  2n,
  X - 1n,
  X,
  X + 1n,
  X * X - 1n,
  X * X,
  X * X + 1n,
  X ** 3n,
  R_ORDER - 1n,
  (R_ORDER - 1n) / 2n,
];
const scalars: Scalar[][] = [
  ...edges.map((s) => [s]),
  edges,
  edges.map(() => randomScalar(rng)),
  edges.map(() => randomScalar(rng) >> 127n),
];

describe("sums by endomorphism equal sums by doubling", () => {
  const inG1 = edges.map(() => G.multiply(randomScalar(rng)) as G1);
  const inG2 = edges.map(() => P2.multiply(randomScalar(rng)) as G2);
  it.each(scalars.map((s) => [s.length, s]))("in G1, %i terms", (n, s) => {
    const slow = inG1.slice(0, n).reduce((a, p, i) => a.add(p.multiplyUnsafe(s[i]!)) as G1, G1Point.ZERO as G1);
    expect(combineG1(inG1.slice(0, n), s).equals(slow)).toBe(true);
  });
  it.each(scalars.map((s) => [s.length, s]))("in G2, %i terms", (n, s) => {
    const slow = inG2.slice(0, n).reduce((a, p, i) => a.add(p.multiplyUnsafe(s[i]!)) as G2, G2Point.ZERO as G2);
    expect(combineG2(inG2.slice(0, n), s).equals(slow)).toBe(true);
  });
  it("also for secret scalars, one at a time", () => {
    for (const s of [...edges, ...scalars[2]!]) {
      expect(multiplyG1(inG1[0]!, s).equals(inG1[0]!.multiplyUnsafe(s))).toBe(true);
      expect(multiplyG2(inG2[0]!, s).equals(inG2[0]!.multiplyUnsafe(s))).toBe(true);
    }
    expect(multiplyG1(G1Point.ZERO as G1, 5n).is0()).toBe(true);
  });
  it("also with the same point twice, with its negative, and with no terms", () => {
    const p = inG1[0]!;
    expect(combineG1([p, p.negate() as G1], [5n, 5n]).is0()).toBe(true);
    expect(combineG1([p, p], [5n, R_ORDER - 4n]).equals(p)).toBe(true);
    expect(combineG1([], []).is0() && combineG2([], []).is0()).toBe(true);
  });
});
