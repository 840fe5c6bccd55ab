// The report: one FHIR R4 document Bundle (documents.html) made of opened records of many services.
//
//   Composition        type LOINC 11503-0 "Medical records": the records as they are, all of them. (60591-5 "Patient summary"
//                      would promise curated sections, which nobody wrote here.) subject = the one Patient; author = the
//                      requester, or the Patient if it is the patient's own report. Sections: the order of an International
//                      Patient Summary (sections.ts), then the visits by time and the faults (visit-sections.ts)
//   Patient            with identity (trace, assemble, own report), or a pseudonym made for this report (link)
//   Organization       one per service, minimal; one for the requester
//   resources          of current records: as the clinic wrote them, TIDs given back to the Patient (pseudonymise.ts), and
//                      joined so that no reference leads into another record by accident (join.ts)
//   DocumentReference  per record that is no FHIR (a PDF, an image) or could not be read: content type, size, clinic, day, the
//                      reason, and the content itself if it was opened
//   Provenance         per record: targets = all its resources, agent = the service, entity = the manifest, and the service's
//                      Ed25519 signature, which the reader of the record has checked before it calls this. One without a
//                      signature, by the report's author, for the records that could not be opened
//
// The signature covers the record's manifest (with the hash of the sealed bytes), not a canonical form of the resources; so
// targetFormat names the manifest. Amended, withdrawn, moved and erased records stand in the texts, with their manifest's
// hash, and nowhere else. fullUrls are unique (bdl-7), and every resource is referred to. Everything made here has an id derived
// from the report's id, so the same input gives the same report, byte for byte. Write it with json.ts writeJson, which keeps
// the digits of numbers.

import { assembled, documentReference, idOf, organization, provenance, urlsOf } from "./frame.ts";
import { joinRecords } from "./join.ts";
import { narrative } from "./narrative.ts";
import { type Body, openRecords, type ReportFault, type ReportRecord } from "./opened.ts";
import { tidUrl } from "./pseudonymise.ts";
import { References } from "./references.ts";
import { displayName, type FhirEntry, type FhirResource } from "./resource.ts";
import { summarySections } from "./sections.ts";
import { faultsSection, headText, visitsSection } from "./visit-sections.ts";

export type { ReportFault, ReportRecord } from "./opened.ts";

/** The parts of a report. */
export interface ReportInput {
  reportId: string;
  /** the report's one Patient; see pseudonymousPatient for a link */
  patient: FhirEntry;
  records: readonly ReportRecord[];
  faults?: readonly ReportFault[];
  /** undefined: the patient's own report */
  requester: { id: string; name: string } | undefined;
  purpose: string;
  legalGround: string;
  caseId?: string;
  /** unix seconds */
  now: number;
}

/** A FHIR R4 Bundle of type document. */
export interface DocumentBundle {
  resourceType: "Bundle";
  type: "document";
  id: string;
  identifier: { system: string; value: string };
  timestamp: string;
  entry: FhirEntry[];
}

/**
 * Joins the records of one person's visits into one FHIR R4 document. The same input gives the same report, byte for byte.
 * Records that cannot be read are named in the report.
 */
export function assembleReport(input: ReportInput): DocumentBundle {
  const { patient, requester, faults = [] } = input;
  const url = urlsOf(input.reportId);
  const timestamp = new Date(input.now * 1000).toISOString();
  const serviceUrl = (id: string): string => url("service", id);
  const author = requester ? url("requester") : patient.fullUrl;
  const opened = openRecords(input.records, patient);
  const origins = [...opened.map(({ record }) => record), ...faults];
  const services = [...new Map(origins.map(({ service }) => [service.id, service])).values()];
  const frame: FhirEntry[] = [
    ...(requester ? [organization(author, "urn:symbolon:requester", requester)] : []),
    ...services.map((service) => organization(serviceUrl(service.id), "urn:symbolon:service", service)),
  ];
  const faultUrl = (i: number): string => url("fault", String(i));
  const reserved = [
    ...[url("composition"), url("assembled"), patient.fullUrl],
    ...frame.map(({ fullUrl }) => fullUrl),
    ...opened.flatMap(({ key, record }) => [url("document", key), url("provenance", key), tidUrl(record.tid)]),
    ...faults.map((_, i) => faultUrl(i)),
  ];
  const joined = joinRecords(
    opened.map(({ record, key, entries, content }) => ({
      recordId: key,
      serviceId: record.service.id,
      source: content?.readable ? content.source : undefined,
      entries,
    })),
    reserved,
    (key, fullUrl) => url("renamed", key, fullUrl),
  );

  const documents: FhirEntry[] = [];
  const bodies = opened.map((one, i): Body => {
    const { fullUrls, renamed } = joined.records[i]!;
    if (one.content?.readable !== false) return { ...one, fullUrls, renamed };
    const { service } = one.record;
    const unread = { ...one.record, reason: one.content.reason };
    const about = { patient: patient.fullUrl, author: serviceUrl(service.id) };
    const entry = documentReference(url("document", one.key), unread, about);
    documents.push(entry);
    return { ...one, fullUrls: [entry.fullUrl], renamed };
  });
  const missing = faults.flatMap(({ recordId, ...fault }, i): FhirEntry[] => {
    const about = { patient: patient.fullUrl, author: serviceUrl(fault.service.id) };
    return recordId === undefined ? [] : [documentReference(faultUrl(i), { ...fault, recordId }, about)];
  });

  const entries = [...joined.entries, ...documents];
  const references = new References([patient, ...entries]);
  const byUrl = new Map(entries.map((entry) => [entry.fullUrl, entry]));
  const clinics = clinicsByUrl(bodies);
  const faultTargets = faults.map(({ recordId, service }, i) =>
    recordId === undefined ? serviceUrl(service.id) : faultUrl(i),
  );
  const head = {
    ...{ purpose: input.purpose, legalGround: input.legalGround, caseId: input.caseId, timestamp },
    patientName: displayName(patient.resource),
    requesterName: requester?.name,
  };
  const composition: FhirResource = {
    resourceType: "Composition",
    id: idOf(url("composition")),
    text: narrative(headText(head, bodies, faults)),
    extension: [
      { url: "urn:symbolon:report:purpose", valueString: input.purpose },
      { url: "urn:symbolon:report:legal-ground", valueString: input.legalGround },
      ...(input.caseId === undefined ? [] : [{ url: "urn:symbolon:report:case", valueString: input.caseId }]),
    ],
    identifier: { system: "urn:symbolon:report", value: input.reportId },
    status: "final",
    type: { coding: [{ system: "http://loinc.org", code: "11503-0", display: "Medical records" }] },
    subject: { reference: patient.fullUrl },
    date: timestamp,
    author: [{ reference: author }],
    title: "Linked medical records",
    section: [
      ...summarySections(joined.entries, references, (fullUrl) => [...(clinics.get(fullUrl) ?? [])].join(", ")),
      ...visitsSection(bodies, { byUrl, references, serviceUrl }),
      ...faultsSection(faults, faultTargets),
    ],
  };
  const provenances = bodies
    .filter(({ fullUrls }) => fullUrls.length > 0)
    .map((body) => provenance(url("provenance", body.key), body, serviceUrl(body.record.service.id), timestamp));
  const missingUrls = missing.map(({ fullUrl }) => fullUrl);
  return {
    resourceType: "Bundle",
    id: idOf(url("bundle")),
    identifier: { system: "urn:ietf:rfc:3986", value: url("bundle") },
    type: "document",
    timestamp,
    entry: [
      { fullUrl: url("composition"), resource: composition },
      patient,
      ...frame,
      ...entries,
      ...missing,
      ...provenances,
      ...(missing.length > 0 ? [assembled(url("assembled"), missingUrls, author, timestamp)] : []),
    ],
  };
}

/** Names of the clinics whose records hold each entry. */
function clinicsByUrl(bodies: readonly Body[]): Map<string, Set<string>> {
  const clinics = new Map<string, Set<string>>();
  for (const { record, fullUrls } of bodies)
    for (const fullUrl of fullUrls) clinics.set(fullUrl, (clinics.get(fullUrl) ?? new Set()).add(record.service.name));
  return clinics;
}
