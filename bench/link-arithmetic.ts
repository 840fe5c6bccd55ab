// Measures one trustee's arithmetic for a link, in this process, on the engine that the Workers use. The figures are CPU
// time, because the arithmetic waits for nothing.
//
// The cost of a link grows with epochs x slots and does not depend on the number of other patients. A trustee makes its
// share, verifies the share of each other member, and combines the shares. If each trustee has its own machine, the sum of
// these rows is the time of a link, without network, seals of the parts, and records. A separate row hashes the slots' bases,
// which happens once for all cases.

import { equalBytes } from "../protocol/bytes.ts";
import type { Engine } from "../protocol/engine.ts";
import { LABELS } from "../protocol/labels.ts";
import {
  combineLink,
  type LinkPublic,
  linkShareInSteps,
  sessionIndexValue,
  UntestedLinkShare,
  verifyLinkShare,
} from "../protocol/opening.ts";
import { evaluate, sharePolynomial } from "../protocol/sharing.ts";
import { G, type G1, type G2, randomScalar, type Scalar, tagBaseMessage } from "../protocol/suite.ts";
import { fastEngine } from "./fast-engine.ts";
import { rng } from "./holder.ts";
import { type Bench, type BenchContext, quantile, type Row, row } from "./measure.ts";
import { SLOTS } from "./world.ts";

const THRESHOLD = 2;

function cpuOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const SET = [1, 3];

function linkSetting(engine: Engine) {
  const paramsHash = rng(32);
  const y = randomScalar(rng);
  const polynomial = sharePolynomial(y, THRESHOLD, rng);
  const [z, u] = [randomScalar(rng), randomScalar(rng)];
  const F2 = G.multiply(z).add(G.multiply(y).multiply(u)) as G1;
  const own = { ctx: rng(32), set: SET, F1: G.multiply(u) as G1, F2 };
  const holders = SET.map((index) => {
    const share = evaluate(polynomial, index);
    return { index, share, shareKey: G.multiply(share) as G1 };
  });
  const slots = (epochs: number): G2[] =>
    Array.from({ length: epochs * SLOTS }, (_, i) => {
      const message = tagBaseMessage(paramsHash, 682 + Math.floor(i / SLOTS), i % SLOTS);
      return engine.toG2(engine.hashToG2(LABELS.tagG2, message));
    });
  const partOf = (index: number, s: readonly G2[]): LinkPublic & { share: Scalar } => ({
    ...own,
    ...holders.find((h) => h.index === index)!,
    slots: s,
  });
  return { z, slots, partOf };
}

/** The share as a trustee makes it (functions/trustee/link-shares.ts), but without the pauses for other requests. */
function ownShare(engine: Engine, at: LinkPublic & { share: Scalar }): Uint8Array {
  const steps = linkShareInSteps(at, rng, engine);
  for (;;) {
    const step = steps.next();
    if (step.done) return UntestedLinkShare.encode(step.value);
  }
}

async function linkShareRows(context: BenchContext): Promise<Row[]> {
  const engine = fastEngine();
  const { z, slots, partOf } = linkSetting(engine);
  const rows: Row[] = [];
  ownShare(engine, partOf(SET[0]!, slots(1))); // warm-up
  for (const epochs of context.quick ? [1, 12] : [1, 12, 120]) {
    const scope = `${epochs} ${epochs === 1 ? "epoch" : "epochs"} x ${SLOTS} slots`;
    context.progress(`link shares, ${scope}`);
    const rounds = epochs === 1 ? context.times(1, 10) : epochs === 12 ? context.times(1, 3) : 1;
    let bases: G2[] = [];
    const hash: number[] = [];
    const make: number[] = [];
    const verify: number[] = [];
    const combine: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const shares: UntestedLinkShare[] = [];
      hash.push(
        cpuOf(() => {
          bases = slots(epochs);
        }),
      );
      for (const index of SET) {
        let share: Uint8Array = new Uint8Array();
        make.push(
          cpuOf(() => {
            share = ownShare(engine, partOf(index, bases));
          }),
        );
        verify.push(
          cpuOf(() => {
            const received = UntestedLinkShare.decode(share);
            if (!verifyLinkShare(partOf(index, bases), received, engine)) throw new Error("a good share was refused");
            shares.push(received);
          }),
        );
      }
      let found: Uint8Array[] = [];
      combine.push(
        cpuOf(() => {
          found = combineLink({ set: SET, shares }, engine);
        }),
      );
      const last = sessionIndexValue(bases.at(-1)!.multiply(z) as G2);
      if (!equalBytes(found.at(-1)!, last)) throw new Error("the session was not found");
    }
    rows.push(
      row(`link, bases hashed, once for all cases: ${scope}`, hash, undefined, "ms CPU"),
      row(`link, a trustee's share: ${scope}`, make, undefined, "ms CPU"),
      row(`link, another's share verified: ${scope}`, verify, undefined, "ms CPU"),
      row(`link, combined from ${THRESHOLD} shares: ${scope}`, combine, undefined, "ms CPU"),
      row(
        `link, a trustee's arithmetic together: ${scope}`,
        [quantile(make, 0.5) + quantile(verify, 0.5) + quantile(combine, 0.5)],
        "the time of a link if every trustee has its own machine, without network, seals and records",
        "ms CPU",
      ),
    );
  }
  return rows;
}

export const linkShareBench: Bench = {
  name: "link-share",
  about: "a trustee's arithmetic for a link, in CPU time",
  run: linkShareRows,
};
