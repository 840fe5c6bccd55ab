// The protocol core that an attack test weakens. cases.ts bundles it from source with one line changed (local/bundles.ts) and
// loads it beside the real core. Attacker and careless verifier both use the copy. Only bytes go in and out.

import { LogMonitor } from "../../client/log/monitor.ts";
import { httpLogSource } from "../../client/log/source.ts";
import type { Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { readCheckIn, verifyCheckIn } from "../../protocol/check-in.ts";
import { decodeIssuerParams } from "../../protocol/credential.ts";
import { openSigned, Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_KEY, parseVkey } from "../../protocol/note.ts";

/** The verdict over a check-in under one signed parameters document: "ok", or the reason. */
export function verdictOn(signedParameters: Uint8Array, checkIn: Uint8Array): string {
  const document = openSigned(LABELS.signParameters, Parameters, signedParameters).value;
  const parameters = { document, hash: paramsHashOf(document), issuer: decodeIssuerParams(document) };
  const verdict = verifyCheckIn(readCheckIn(checkIn), { tag: parameters, credential: parameters });
  return verdict.ok ? "ok" : verdict.reason;
}

/** A reader of the log as cases.ts monitorOf makes it. */
export function logMonitor(p: Practice): LogMonitor {
  const witnesses = p.deployment.trusteeKeys.map((key, i) => trusteeWitnessKey(i + 1, hexToBytes(key)));
  const logKey = parseVkey(p.deployment.logVkey, LOG_KEY);
  const source = httpLogSource(p.transport, p.deployment.logUrl, p.threshold);
  return new LogMonitor({ logKey, witnesses, quorum: p.threshold }, source);
}

export { requestEnrolment, verifyContract } from "../../protocol/enrolment.ts";
export { Presentation, present } from "../../protocol/presentation.ts";
export { decodeIssuerParams };
