// Checks whether a product of pairings is 1.
// Some points of G2 occur again and again (the issuer's key, P2). For each point of G2, the lines of the Miller loop
// are computed once and kept as long as the point is. One loop and one final exponentiation serve the whole product.
// All points come from the decoders of suite.ts, or are sums of such points. So their subgroup is not checked again
// here.

import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { Fp12, type G1, type G2 } from "./suite.ts";

type Lines = ReturnType<typeof bls.utils.calcPairingPrecomputes>;
const kept = new WeakMap<G2, Lines>();

function linesOf(q: G2): Lines {
  let lines = kept.get(q);
  if (lines === undefined) {
    lines = bls.utils.calcPairingPrecomputes(q);
    kept.set(q, lines);
  }
  return lines;
}

/** Whether Π e(g1, g2) = 1. A pair with the identity contributes 1. */
export function pairingProductIsOne(pairs: readonly { readonly g1: G1; readonly g2: G2 }[]): boolean {
  const live = pairs.filter(({ g1, g2 }) => !g1.is0() && !g2.is0());
  const loop = bls.millerLoopBatch(
    live.map(({ g1, g2 }) => {
      const { x, y } = g1.toAffine();
      return [linesOf(g2), x, y];
    }),
  );
  return Fp12.eql(Fp12.finalExponentiate(loop), Fp12.ONE);
}
