// One report from the records of a case. After an assemble or trace it carries the person's identity, else a pseudonym
// that is made for this report.

import { bytesToHex } from "../../protocol/bytes.ts";
import { pseudonymousPatient } from "../fhir/pseudonymise.ts";
import { readRecord } from "../fhir/record.ts";
import { assembleReport, type DocumentBundle, type ReportRecord } from "../fhir/report.ts";
import { type FhirEntry, FhirInputError } from "../fhir/resource.ts";
import { listServices } from "../shared/service-list.ts";
import type { RequesterContext } from "./context.ts";
import type { PreparedOrder } from "./order.ts";
import type { Fetched, FetchedRecord } from "./records.ts";

const DAY_MS = 86_400_000;

/** A record that is not FHIR stands in the report without resources: one clinic's mistake must not stop the report. */
function entriesOf(plaintext: Uint8Array | undefined): FhirEntry[] {
  try {
    return plaintext === undefined ? [] : readRecord(new TextDecoder().decode(plaintext));
  } catch (error) {
    if (error instanceof FhirInputError) return [];
    throw error;
  }
}

const toReportRecord = (r: FetchedRecord, names: ReadonlyMap<string, string>): ReportRecord => ({
  service: { id: r.session.serviceId, name: names.get(r.session.serviceId) ?? r.session.serviceId },
  tid: r.tid,
  recordId: r.recordId,
  entries: entriesOf(r.plaintext),
  manifestHash: r.manifestHash,
  signature: r.signature,
  signatureKey: r.signatureKey,
  openedAt: new Date(r.entry.day * DAY_MS).toISOString().slice(0, 10),
  kind: r.entry.manifest.kind,
  status: r.state,
});

/** Leaves out faults: the caller shows them. @throws ApiError; SymbolonError bad-answer */
export async function makeReport(
  context: RequesterContext,
  p: PreparedOrder,
  fetched: readonly Fetched[],
  patient: FhirEntry | undefined,
): Promise<DocumentBundle> {
  const { transport, deployment, own, keys } = context;
  const services = await listServices(transport, deployment.serviceUrl);
  const names = new Map(services.map(({ id, card }) => [id, card.name]));
  return assembleReport({
    reportId: bytesToHex(transport.rng(16)),
    patient: patient ?? pseudonymousPatient(transport.rng),
    records: fetched.filter((f) => f.ok).map((f) => toReportRecord(f, names)),
    requester: { id: bytesToHex(keys.signPublicKey), name: own.name },
    purpose: p.order.purpose,
    legalGround: p.order.legalGround,
    caseId: p.caseId,
    now: transport.now(),
  });
}
