/// <reference path="../engine/wasm.d.ts" />
// A Worker that only verifies presentations, for verify-edge.ts. It makes the same calls as the service's Worker does for the
// arithmetic of a check-in. The first request makes the presentations, with fresh keys.
//
//   GET /?single=N   verifies N presentations one by one
//   GET /?batch=N    verifies N batches of 64

import { publicEngine } from "../engine/worker.ts";
import { auditPresentations, type Expectation, Presentation, verifyPresentation } from "../protocol/presentation.ts";
import { lazy } from "../protocol/suite.ts";
import { EPOCH, newHolder, PARAMS_HASH, registry, rng, show } from "./holder.ts";

const BATCH = 64;
const SLOTS = 16;

const made = lazy(() => {
  const holder = newHolder(registry([{ name: "dental", values: ["yes"] }]));
  const { params } = holder.registry;
  return Array.from({ length: SLOTS }, (_, slot) => {
    const { context, bytes } = show(holder, slot);
    const expected: Expectation = {
      params,
      tagEpoch: EPOCH,
      slots: SLOTS,
      maxStaleEpochs: 1,
      tagParamsHash: PARAMS_HASH,
      credentialParamsHash: PARAMS_HASH,
      context,
    };
    return { expected, bytes };
  });
});

export default {
  fetch(request: Request): Response {
    const { searchParams } = new URL(request.url);
    const all = made();
    const entry = (i: number) => {
      const { expected, bytes } = all[i % SLOTS]!;
      return { expected, presentation: Presentation.decode(bytes) };
    };
    let good = true;
    for (let i = 0; i < Number(searchParams.get("single") ?? 0); i++) {
      const { expected, presentation } = entry(i);
      good &&= verifyPresentation(expected, presentation, publicEngine()).ok;
    }
    for (let i = 0; i < Number(searchParams.get("batch") ?? 0); i++) {
      const batch = Array.from({ length: BATCH }, (_, n) => entry(n));
      good &&= auditPresentations(batch, rng, publicEngine());
    }
    return new Response(good ? "good" : "refused", { status: good ? 200 : 500 });
  },
};
