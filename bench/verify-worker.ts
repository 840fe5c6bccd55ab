/// <reference path="../engine/wasm.d.ts" />
// A Worker that verifies presentations and does nothing else, for verify-edge.ts: what the service's Worker does of a
// check-in's arithmetic, by the same calls. The presentations are made at the first request, by keys of its own.
//
//   GET /?single=N   verifies N presentations one by one
//   GET /?batch=N    verifies N batches of 64

import { publicEngine } from "../engine/worker.ts";
import type { Rng } from "../protocol/bytes.ts";
import { auditPresentations, Presentation, present, verifyPresentation } from "../protocol/presentation.ts";
import { lazy } from "../protocol/suite.ts";
import {
  CONTEXT,
  EPOCH,
  expectation,
  makePatient,
  makeRegistrar,
  PARAMS_HASH,
  SLOTS,
} from "../test/support/patients.ts";

const BATCH = 64;
const rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));

const made = lazy(() => {
  const registrar = makeRegistrar("bench");
  const { params } = registrar;
  const patient = makePatient(registrar, "bench");
  const about = { params, ...patient, tagEpoch: EPOCH, tagParamsHash: PARAMS_HASH, credentialParamsHash: PARAMS_HASH };
  const presentations = Array.from({ length: SLOTS }, (_, slot) =>
    Presentation.encode(present({ ...about, slot, shown: ["class"], context: CONTEXT }, rng)),
  );
  return { expected: expectation(params), presentations };
});

export default {
  fetch(request: Request): Response {
    const { searchParams } = new URL(request.url);
    const { expected, presentations } = made();
    const entry = (i: number) => ({ expected, presentation: Presentation.decode(presentations[i % SLOTS]!) });
    let good = true;
    for (let i = 0; i < Number(searchParams.get("single") ?? 0); i++)
      good &&= verifyPresentation(expected, entry(i).presentation, publicEngine()).ok;
    for (let i = 0; i < Number(searchParams.get("batch") ?? 0); i++) {
      const batch = Array.from({ length: BATCH }, (_, n) => entry(n));
      good &&= auditPresentations(batch, rng, publicEngine());
    }
    return new Response(good ? "good" : "refused", { status: good ? 200 : 500 });
  },
};
