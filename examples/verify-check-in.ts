// An offline check of a check-in: nobody is asked, and nobody is trusted but the pinned keys. So can an auditor, or a clinic
// without network, see that a patient is registered and entitled.
//
//   SYMBOLON_DEPLOYMENT=deployment.json node verify-check-in.ts check-in.bin
//
// It fetches the signed parameters once. A program that stays offline keeps them.

import { readFileSync } from "node:fs";
import { type Deployment, ParametersCache, systemTransport } from "symbolon/clinic";
import { readCheckIn, tidOf, verifyCheckIn } from "symbolon/protocol";

const [file = "check-in.bin"] = process.argv.slice(2);
const deployment: Deployment = JSON.parse(readFileSync(process.env.SYMBOLON_DEPLOYMENT ?? "", "utf8"));
const parameters = new ParametersCache(systemTransport(), deployment);

const read = readCheckIn(new Uint8Array(readFileSync(file)));
const tag = await parameters.of(read.epoch);
const credential = await parameters.of(read.presentation.credentialEpoch);

const verdict = verifyCheckIn(read, { tag, credential });
console.log(JSON.stringify(verdict.ok ? { ok: true, tid: tidOf(verdict.tagHash), shown: verdict.shown } : verdict));
process.exitCode = verdict.ok ? 0 : 1;
