import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Rng } from "../../protocol/bytes.ts";
import {
  combineScalars,
  commitPolynomial,
  evaluate,
  evaluateCommitment,
  interpolatePoints,
  lagrangeAtZero,
  liesOnPolynomial,
  MAX_HOLDERS,
  SharingError,
  sharePolynomial,
} from "../../protocol/sharing.ts";
import { Fr, G, type G1, randomScalar, type Scalar } from "../../protocol/suite.ts";

const rng: Rng = (n) => new Uint8Array(randomBytes(n));

/** All subsets of 1..n with k members. */
function subsets(n: number, k: number): number[][] {
  const all = Array.from({ length: 2 ** n }, (_, mask) =>
    Array.from({ length: n }, (_, i) => i + 1).filter((i) => mask & (1 << (i - 1))),
  );
  return all.filter((s) => s.length === k);
}

describe("Shamir sharing over Fr", () => {
  for (const [t, n] of [
    [1, 1],
    [2, 3],
    [3, 5],
    [4, 7],
  ] as const) {
    it(`${t} of ${n}: every quorum recovers the secret, and no smaller set does`, () => {
      const secret = randomScalar(rng);
      const f = sharePolynomial(secret, t, rng);
      const shares = (s: number[]) => s.map((index) => ({ index, value: evaluate(f, index) }));
      for (const s of subsets(n, t)) expect(combineScalars(shares(s))).toBe(secret);
      expect(combineScalars(shares(Array.from({ length: n }, (_, i) => i + 1)))).toBe(secret);
      for (const s of subsets(n, t - 1)) expect(combineScalars(shares(s))).not.toBe(secret);
    });
  }

  it("does not depend on the order of the set", () => {
    expect(lagrangeAtZero(5, [1, 5, 3])).toBe(lagrangeAtZero(5, [3, 1, 5]));
  });

  it("has Lagrange coefficients at zero that sum to one", () => {
    const set = [2, 3, 7, 16];
    expect(set.reduce((sum, i) => Fr.add(sum, lagrangeAtZero(i, set)), 0n)).toBe(1n);
  });

  it("refuses repeated, foreign and out-of-range indices", () => {
    expect(() => lagrangeAtZero(1, [1, 2, 2])).toThrow(SharingError);
    expect(() => lagrangeAtZero(3, [1, 2])).toThrow(SharingError);
    expect(() => lagrangeAtZero(1, [])).toThrow(SharingError);
    for (const bad of [0, -1, 1.5, MAX_HOLDERS + 1, Number.NaN]) {
      expect(() => lagrangeAtZero(1, [1, bad])).toThrow(SharingError);
      expect(() => evaluate([1n, 2n], bad)).toThrow(SharingError);
      expect(() => evaluateCommitment([G], bad)).toThrow(SharingError);
    }
    for (const bad of [0, 1.5, MAX_HOLDERS + 1]) expect(() => sharePolynomial(1n, bad, rng)).toThrow(SharingError);
  });
});

describe("Feldman commitments", () => {
  it("give each share's public key, and the secret's public key from a quorum", () => {
    const secret = randomScalar(rng);
    const f = sharePolynomial(secret, 3, rng);
    const commitments = commitPolynomial(f);
    for (const i of [1, 2, 5, 16])
      expect(evaluateCommitment(commitments, i).equals(G.multiply(evaluate(f, i)))).toBe(true);
    const points = (set: number[]) => set.map((index) => ({ index, point: evaluateCommitment(commitments, index) }));
    expect(interpolatePoints(points([5, 1, 4])).equals(G.multiply(secret))).toBe(true);
    expect(interpolatePoints(points([5, 1])).equals(G.multiply(secret))).toBe(false);
  });

  it("detect a share that is off by one", () => {
    const f = sharePolynomial(7n, 2, rng);
    const wrong = Fr.add(evaluate(f, 2), 1n);
    expect(evaluateCommitment(commitPolynomial(f), 2).equals(G.multiply(wrong))).toBe(false);
  });
});

it("points lie on a polynomial of degree below t, or they do not", () => {
  for (const t of [1, 2, 3]) {
    const coefficients = Array.from({ length: t }, () => randomScalar(rng));
    const at = (i: number): Scalar => coefficients.reduceRight((sum, c) => Fr.add(Fr.mul(sum, BigInt(i)), c), 0n);
    const points = [0, 1, 2, 3, 4].map((i) => G.multiply(at(i)) as G1);
    expect(liesOnPolynomial(points, t)).toBe(true);
    expect(liesOnPolynomial(points, t + 1)).toBe(true);
    expect(liesOnPolynomial(points, t - 1)).toBe(false);
    for (const i of points.keys())
      expect(
        liesOnPolynomial(
          points.map((p, j) => (i === j ? (p.add(G) as G1) : p)),
          t,
        ),
        `point ${i}`,
      ).toBe(false);
  }
});
