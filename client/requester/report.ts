// One report from the records of a case. After an assemble or trace it carries the person's identity, else a pseudonym
// that is made for this report.

import { bytesToHex } from "../../protocol/bytes.ts";
import { SymbolonError } from "../errors.ts";
import { pseudonymousPatient } from "../fhir/pseudonymise.ts";
import { assembleReport, type DocumentBundle, type ReportFault, type ReportRecord } from "../fhir/report.ts";
import type { FhirEntry } from "../fhir/resource.ts";
import { dateOfDay } from "../shared/dates.ts";
import { listServices } from "../shared/service-list.ts";
import { NO_SERVICE } from "./case.ts";
import type { RequesterContext } from "./context.ts";
import type { Fetched, FetchedRecord, RecordFault } from "./fetched.ts";
import type { PreparedOrder } from "./order.ts";

type Names = ReadonlyMap<string, string>;
const serviceOf = (id: string, names: Names) => ({
  id,
  name: id === NO_SERVICE ? "unknown service" : (names.get(id) ?? id),
});

const toReportRecord = (r: FetchedRecord, names: Names): ReportRecord => ({
  service: serviceOf(r.session.serviceId, names),
  tid: r.tid,
  recordId: r.recordId,
  plaintext: r.plaintext,
  contentKind: r.entry.contentKind,
  manifestHash: r.manifestHash,
  signature: r.signature,
  signatureKey: r.signatureKey,
  openedAt: dateOfDay(r.entry.day),
  kind: r.entry.manifest.kind,
  status: r.state,
});

const toReportFault = ({ session, recordId, reason, manifest }: RecordFault, names: Names): ReportFault => ({
  service: serviceOf(session.serviceId, names),
  recordId,
  reason,
  ...(manifest && { contentKind: manifest.contentKind, size: manifest.size, openedAt: dateOfDay(manifest.day) }),
});

/** Names of the services, by id. If the list cannot be read, there are none: the report then shows the ids. */
export async function namesOf(...where: Parameters<typeof listServices>): Promise<Names> {
  try {
    return new Map<string, string>((await listServices(...where)).map(({ id, card }) => [id, card.name]));
  } catch (error) {
    if (error instanceof SymbolonError) return new Map();
    throw error;
  }
}

/** Records that could not be read stand in the report by name, clinic and reason. */
export async function makeReport(
  context: RequesterContext,
  p: PreparedOrder,
  fetched: readonly Fetched[],
  patient: FhirEntry | undefined,
): Promise<DocumentBundle> {
  const { transport, deployment, own, keys } = context;
  const names = await namesOf(transport, deployment);
  return assembleReport({
    reportId: bytesToHex(transport.rng(16)),
    patient: patient ?? pseudonymousPatient(transport.rng),
    records: fetched.flatMap((f) => (f.ok ? [toReportRecord(f, names)] : [])),
    faults: fetched.flatMap((f) => (f.ok ? [] : [toReportFault(f, names)])),
    requester: { id: bytesToHex(keys.signPublicKey), name: own.name },
    purpose: p.order.purpose,
    legalGround: p.order.legalGround,
    caseId: p.caseId,
    now: transport.now(),
  });
}
