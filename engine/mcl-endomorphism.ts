// The endomorphisms of G1 and G2 on mcl, x = -0xd201000000010000 (protocol/endomorphism.ts has them on noble):
//
//   G1   x²·P  = (βX : -Y : Z)                           β a cube root of unity in Fp
//   G2   |x|·P = -ψ(P) = (c·X̄ : -d·Ȳ : Z̄)                for Z = 1; c and d in Fp2
//
// Both hold in the subgroups of order r and nowhere else on the curves, so they are the subgroup tests (M. Scott,
// eprint 2021/1130). A test uses chains of 63 doublings and 5 additions: two in G1, where it is a fifth faster than
// mcl's own, and one in G2.
// Several points of G1 cannot share one test of a random sum. The cofactor is divisible by 3, so a bad point would pass
// for one coefficient in three.
// In G1 the chains of a member also give |x|·P, which shortens the member's multiplications (mcl-sums.ts).

import { concatBytes, hexToBytes } from "../protocol/bytes.ts";
import { lazy, X_ABS } from "../protocol/suite.ts";
import { FP, type Mcl } from "./mcl-module.ts";

/** bits of |x| below the highest, from the top */
const X_BITS = [...X_ABS.toString(2)].slice(1).map((bit) => bit === "1");
const BETA = hexToBytes(
  "00000000000000005f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffe",
);
/** c = (0, c1) and -d = (d1, -d1), from the same paper */
const PSI_CONSTANTS = hexToBytes(
  [
    "0".repeat(96),
    "1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaad",
    "06af0e0437ff400b6831e36d6bd17ffe48395dabc2d3435e77f76e17009241c5ee67992f72ec05f4c81084fbede3cc09",
    "135203e60180a68ee2e9c448d77a2cd91c3dedd930b1cf60ef396489f61eb45e304466cf3e67fa0af1ee7b04121bdea2",
  ].join(""),
);

/** The endomorphism of one group. Points are given by their addresses. */
export interface Endomorphism {
  /** 2 in G1, 1 in G2: the endomorphism multiplies by |x|^chains */
  readonly chains: 1 | 2;
  /**
   * The endomorphism of the affine point at `from`, which must be a member. It needs no chain. `to` must be another
   * place.
   */
  apply(to: number, from: number): void;
  /** |x|·P. `to` must be another place. */
  timesX(to: number, from: number): void;
  /**
   * Tests the affine point P at `at`. If it is a member, the result is P, followed in G1 by |x|·P; otherwise it is
   * undefined. It needs room for three points.
   */
  rootsOf(at: number): Uint8Array | undefined;
}

/** The endomorphism of G1 or G2. It works in the working memory of the caller's computation. */
export function endomorphism(mcl: Mcl, name: "G1" | "G2"): Endomorphism {
  const { call } = mcl;
  const [chains, field] = name === "G1" ? [2 as const, FP] : [1 as const, 2 * FP];
  const size = 3 * field;
  const { [`mclBn${name}_dbl` as const]: dbl, [`mclBn${name}_add` as const]: add } = call;

  const constants = lazy(() => {
    const bytes = name === "G1" ? BETA : PSI_CONSTANTS;
    const at = mcl.keep(bytes);
    for (let i = at; i < at + bytes.length; i += FP) call.mclBnFp_deserialize(i, i, FP);
    return at;
  });
  const apply = (to: number, from: number): void => {
    mcl.copy(to, from, size);
    if (name === "G1") {
      call.mclBnFp_mul(to, to, constants());
      call.mclBnFp_neg(to + FP, to + FP);
      return;
    }
    for (const at of [0, field]) {
      call.mclBnFp_neg(to + at + FP, to + at + FP);
      call.mclBnFp2_mul(to + at, to + at, constants() + at);
    }
  };
  const timesX = (to: number, from: number): void => {
    mcl.copy(to, from, size);
    for (const bit of X_BITS) {
      dbl(to, to);
      if (bit) add(to, to, from);
    }
  };
  return {
    chains,
    apply,
    timesX,
    rootsOf(at) {
      const [once, twice, image] = [mcl.room(size), mcl.room(size), mcl.room(size)];
      timesX(once, at);
      if (chains === 2) timesX(twice, once);
      apply(image, at);
      if (call[`mclBn${name}_isEqual`](chains === 2 ? twice : once, image) !== 1) return undefined;
      return chains === 2 ? concatBytes(mcl.get(at, size), mcl.get(once, size)) : mcl.get(at, size);
    },
  };
}
