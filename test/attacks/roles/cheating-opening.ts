// Takes the place of protocol/opening.ts at the cheating trustee of S6. It holds its real shares, and the order's purpose
// says how it cheats:
//
//   silent     gives neither a link share nor a trace share
//   mute       its notice share is of another secret than its own
//   wrong      the same for its link share and its trace share
//   flip:s     its link share has −d in slot s, and the proof is made anew over the changed values
//   but:s      the flip leaves this slot as it is
//
// The flip works if every changed slot has an even coefficient ρ_s: then Δ is the same, and the batched proof holds (see
// protocol/opening-link.ts). The coefficients depend on the values, so the attacker tries masks that contain slot s until
// all changed slots have even coefficients.

import { Problem } from "../../../functions/shared/problems.ts";
import { labelledHash, type Rng, utf8ToBytes } from "../../../protocol/bytes.ts";
import { groupG1, groupG2, groupGT } from "../../../protocol/group.ts";
import { LABELS } from "../../../protocol/labels.ts";
import * as real from "../../../protocol/opening.ts";
import { lagrangeAtZero } from "../../../protocol/sharing.ts";
import { prove, Relation } from "../../../protocol/sigma.ts";
import { fromLittleEndian, Sponge } from "../../../protocol/sponge.ts";
import { encodeGT, Fp12, Fr, G, type GT, pairing, type Scalar } from "../../../protocol/suite.ts";
import { marked, markMatching } from "./marks.ts";

export * from "./lenient-opening.ts";

type Secret = { readonly share: Scalar };
/** The secret plus one, if the case has this mark. */
const shareUnder = <A extends Secret>(mark: string, at: A): A => (marked(mark) ? { ...at, share: at.share + 1n } : at);
const stayAwayIfSilent = (): void => {
  if (marked("silent")) throw new Problem("unavailable");
};

export const noticeShare: typeof real.noticeShare = (at, rng, engine) =>
  real.noticeShare(shareUnder("mute", at), rng, engine);

export const traceShare: typeof real.traceShare = (at, rng) => {
  stayAwayIfSilent();
  return real.traceShare(shareUnder("wrong", at), rng);
};

export const linkShareInSteps: typeof real.linkShareInSteps = function* (at, rng, engine) {
  stayAwayIfSilent();
  const flip = markMatching(/flip:(\d+)/);
  if (!flip) return yield* real.linkShareInSteps(shareUnder("wrong", at), rng, engine);
  const kept = markMatching(/but:(\d+)/);
  const { index, values, proof } = flippedShare(at, Number(flip[1]), kept ? Number(kept[1]) : undefined, rng);
  return { index, values: values.map(encodeGT), proof };
};

/** Seed and coefficients of the batch, as protocol/opening-link.ts specifies them. */
function batchOf(at: real.LinkPublic, values: readonly GT[]) {
  const weightedKey = groupG1.multiplyPublic(at.shareKey, lagrangeAtZero(at.index, at.set));
  const seed = labelledHash(
    LABELS.batchCoefficients,
    utf8ToBytes(LABELS.linkShare),
    at.ctx,
    groupG1.encode(weightedKey),
    groupG1.encode(at.F1),
    groupG1.encode(at.F2),
    groupG2.encodeAll(at.slots),
    groupGT.encodeAll(values),
  );
  const stream = new Sponge(seed).squeeze(16 * values.length);
  const coefficients = values.map((_, s) => fromLittleEndian(stream.subarray(16 * s, 16 * s + 16)));
  return { weightedKey, seed, coefficients };
}

function flippedShare(at: real.LinkPublic & Secret, slot: number, kept: number | undefined, rng: Rng): real.LinkShare {
  const honest = real.linkShare(at, rng).values;
  for (let mask = 0; mask < 2 ** honest.length; mask++) {
    const isFlipped = (s: number): boolean => ((mask >> s) & 1) === 1;
    if (!isFlipped(slot) || (kept !== undefined && isFlipped(kept))) continue;
    const values = honest.map((d, s) => (isFlipped(s) ? Fp12.neg(d) : d));
    const { weightedKey, seed, coefficients } = batchOf(at, values);
    if (coefficients.some((c, s) => isFlipped(s) && c % 2n !== 0n)) continue;
    const y = Fr.mul(lagrangeAtZero(at.index, at.set), at.share);
    const base = pairing(at.F1, groupG2.combine(at.slots, coefficients));
    const statement = new Relation(LABELS.linkShare, ["y"])
      .equation(groupG1, weightedKey, [["y", G]])
      .equation(groupGT, groupGT.multiply(base, y), [["y", base]]);
    return { index: at.index, values, proof: prove(statement, seed, { y }, rng) };
  }
  throw new Error("no mask has even coefficients only");
}
