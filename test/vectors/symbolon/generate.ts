// node test/vectors/symbolon/generate.ts    writes the vector files beside it
//
// The files are frozen. If a change of code changes them, the protocol has changed, and the changed part needs a new
// version. The test compares.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { approvalFaults } from "./approval-faults.ts";
import { caseFaults } from "./case-faults.ts";
import { ceremonyFaults } from "./ceremony-faults.ts";
import { ceremonyVectors } from "./ceremony-vectors.ts";
import { chainFaults } from "./chain-faults.ts";
import { checkInFaults } from "./check-in-faults.ts";
import { codecFaults } from "./codec-faults.ts";
import { containerFaults } from "./container-faults.ts";
import { credentialVectors, presentationVectors } from "./credential-vectors.ts";
import { documentVectors } from "./document-vectors.ts";
import type { Json } from "./encode.ts";
import { keySetFaults } from "./key-set-faults.ts";
import { openingFaults } from "./opening-faults.ts";
import { openingVectors, recordVectors } from "./opening-vectors.ts";
import { signatureFaults } from "./signature-faults.ts";
import { suiteVectors } from "./suite-vectors.ts";
import { treeFaults } from "./tree-faults.ts";
import { walletVectors } from "./wallet-vectors.ts";
import { makeWorld } from "./world.ts";

export async function makeVectors(): Promise<Record<string, Json>> {
  const w = await makeWorld();
  return {
    suite: suiteVectors(w),
    credential: credentialVectors(w),
    presentation: presentationVectors(w),
    openings: openingVectors(w),
    records: recordVectors(w),
    ceremony: ceremonyVectors(w),
    wallet: await walletVectors(w),
    documents: documentVectors(w),
    "approval-faults": approvalFaults(w),
    "opening-faults": openingFaults(w),
    "key-set-faults": keySetFaults(w),
    "ceremony-faults": ceremonyFaults(w),
    "codec-faults": codecFaults(w),
    "signature-faults": signatureFaults(),
    "container-faults": containerFaults(w),
    "tree-faults": treeFaults(w),
    "check-in-faults": checkInFaults(w),
    "case-faults": caseFaults(w),
    "chain-faults": chainFaults(w),
  };
}

if (import.meta.main) {
  for (const [name, vectors] of Object.entries(await makeVectors()))
    writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify(vectors, undefined, 1)}\n`);
}
