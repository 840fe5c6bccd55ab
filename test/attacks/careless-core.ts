// The protocol core that an attack test weakens. cases.ts bundles it from source with one line changed (local/bundles.ts) and
// loads it beside the real core. Attacker and careless verifier both use the copy. Only bytes go in and out.

import { LogMonitor, type LogSource } from "../../client/log/monitor.ts";
import { httpLogSource } from "../../client/log/source.ts";
import { logPinsOf } from "../../client/parameters.ts";
import type { Practice } from "../../local/practice.ts";
import { readCheckIn, verifyCheckIn } from "../../protocol/check-in.ts";
import { decodeIssuerParams } from "../../protocol/credential.ts";
import { openSigned, Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS, logTrustOf } from "../../protocol/log-trust.ts";

/** The verdict over a check-in under one signed parameters document: "ok", or the reason. */
export function verdictOn(signedParameters: Uint8Array, checkIn: Uint8Array): string {
  const document = openSigned(LABELS.signParameters, Parameters, signedParameters).value;
  const parameters = { document, hash: paramsHashOf(document), issuer: decodeIssuerParams(document) };
  const verdict = verifyCheckIn(readCheckIn(checkIn), { tag: parameters, credential: parameters });
  return verdict.ok ? "ok" : verdict.reason;
}

/** A reader of the log as cases.ts monitorOf makes it. */
export function logMonitor(p: Practice, source?: Partial<LogSource>): LogMonitor {
  const terms = { threshold: p.threshold, logFreshnessSeconds: LOG_FRESHNESS_SECONDS };
  const trust = logTrustOf(logPinsOf(p.deployment), terms);
  const http = httpLogSource(p.transport, p.deployment.logUrl, trust.quorum);
  return new LogMonitor(trust, { ...http, ...source }, p.transport.now);
}

export { Clinic } from "../../client/clinic.ts";
export { Wallet } from "../../client/wallet.ts";
export { requestEnrolment, verifyContract } from "../../protocol/enrolment.ts";
export { Presentation, present } from "../../protocol/presentation.ts";
export { decodeIssuerParams };
