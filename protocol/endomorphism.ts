// Σ s_i·P_i for public scalars with short chains of doublings, by the endomorphisms of BLS12-381 (x = -0xd201000000010000):
//
//   G1   φ(X : Y : Z) = (βX : Y : Z) = -x²·P    s = s_0 + s_1·x²,        s·P = s_0·P - s_1·φ(P)             128 doublings
//   G2   ψ(P) = x·P                            s = Σ_(i<4) d_i·|x|^i,   s·P = Σ d_i·(-1)^i·ψ^i(P)           64 doublings
//
// instead of 255 (R. Gallant, R. Lambert, S. Vanstone, CRYPTO 2001; S. Galbraith, X. Lin, M. Scott, EUROCRYPT 2009). Both
// identities hold in the prime-order subgroups only: the points come from the doors of suite.ts. Variable time: public
// because only verifiers use it, on responses, challenges and batching coefficients.

import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import { psiFrobenius } from "@noble/curves/abstract/tower.js";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { type G1, G1Point, type G2, G2Point, lazy, type Scalar } from "./suite.ts";

const { Fp, Fp2 } = bls.fields;
const X_ABS = 0xd201000000010000n;
const X_SQUARED = X_ABS * X_ABS;
/** the cube root of unity of the subgroup check in eprint 2021/1130 */
const BETA = 0x5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffen;

export function combineG1(points: readonly G1[], scalars: readonly Scalar[]): G1 {
  const split = points.flatMap((p): G1[] => [p, new G1Point(Fp.mul(p.X, BETA), Fp.neg(p.Y), p.Z) as G1]);
  const digits = scalars.flatMap((s) => [s % X_SQUARED, s / X_SQUARED]);
  return mulAddUnsafe(G1Point, ...live(split, digits)) as G1;
}

const psi = lazy(() => psiFrobenius(Fp, Fp2, Fp2.div(Fp2.ONE, Fp2.NONRESIDUE)).psi);

export function combineG2(points: readonly G2[], scalars: readonly Scalar[]): G2 {
  const split = points.flatMap((p) => {
    let { x, y } = p.toAffine();
    const powers: G2[] = [p];
    for (let i = 1; i < 4; i++) {
      [x, y] = psi()(x, y);
      y = Fp2.neg(y); // -ψ each time: |x|^i·P = (-ψ)^i(P)
      powers.push(G2Point.fromAffine({ x, y }) as G2);
    }
    return powers;
  });
  const digits = scalars.flatMap((s) => [0n, 1n, 2n, 3n].map((i) => (s / X_ABS ** i) % X_ABS));
  return mulAddUnsafe(G2Point, ...live(split, digits)) as G2;
}

/** Zero digits are left out: a 128-bit coefficient costs no more than it must. */
function live<P>(points: P[], digits: bigint[]): [P[], bigint[]] {
  const at = digits.flatMap((d, i) => (d === 0n ? [] : [i]));
  return [at.map((i) => points[i]!), at.map((i) => digits[i]!)];
}
