// Takes the place of engine/worker.ts. If the case is marked "blind", verification runs on noble, and GT is not tested for
// membership.
//
// noble's cyclotomic squaring is right only for members of GT, so by luck it would spoil −d. This GT squares in Fp12,
// which is right for every element and therefore forgives nothing.

import * as real from "../../../engine/worker.ts";
import { type ElementGT, type Engine, nobleEngine } from "../../../protocol/engine.ts";
import { Fp12, type GT, invertGT, type Scalar } from "../../../protocol/suite.ts";
import { marked } from "./marks.ts";

export * from "../../../engine/worker.ts";

const ofNoble = (e: ElementGT): GT => nobleEngine.toGT(e);

function power(e: GT, s: Scalar): GT {
  let result = Fp12.ONE;
  for (const bit of s.toString(2)) {
    result = Fp12.sqr(result);
    if (bit === "1") result = Fp12.mul(result, e);
  }
  return result;
}

const product = (elements: readonly ElementGT[], scalars: readonly Scalar[]): ElementGT =>
  nobleEngine.fromGT(elements.reduce((all, e, i) => Fp12.mul(all, power(ofNoble(e), scalars[i]!)), Fp12.ONE));

const decode = (bytes: Uint8Array): ElementGT => nobleEngine.fromGT(Fp12.fromBytes(bytes));

const blindEngine: Engine = {
  ...nobleEngine,
  gt: {
    ...nobleEngine.gt,
    decode,
    decodeOnCurve: decode,
    multiply: (e, s) => product([e], [s]),
    multiplyPublic: (e, s) => product([e], [s]),
    combine: product,
    negate: (e) => nobleEngine.fromGT(invertGT(ofNoble(e))),
  },
};

export const publicEngine: typeof real.publicEngine = () => (marked("blind") ? blindEngine : real.publicEngine());
