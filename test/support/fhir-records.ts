// Records for the tests of the report: as a requester or a wallet hands them over, opened and verified.

import { readFileSync } from "node:fs";
import { writeJson } from "../../client/fhir/json.ts";
import { toTid } from "../../client/fhir/pseudonymise.ts";
import { writeRecord } from "../../client/fhir/record.ts";
import { assembleReport, type DocumentBundle, type ReportInput, type ReportRecord } from "../../client/fhir/report.ts";
import type { FhirEntry, FhirResource, Json, JsonObject } from "../../client/fhir/resource.ts";
import { type PatientBundle, readBundle } from "../../client/fhir/select.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";

export const record = (
  recordId: string,
  content: Uint8Array | Json,
  more: Partial<ReportRecord> = {},
): ReportRecord => ({
  service: { id: "a", name: "Clinic A" },
  tid: `TID-${recordId}`,
  recordId,
  plaintext: content instanceof Uint8Array ? content : utf8ToBytes(writeJson(content)),
  contentKind: "application/fhir+json",
  manifestHash: "ab".repeat(32),
  signature: "cd".repeat(64),
  signatureKey: "ef".repeat(32),
  openedAt: "2026-06-05",
  kind: "record",
  ...more,
});

export const entriesOf = (
  entries: readonly FhirEntry[],
  recordId: string,
  more?: Partial<ReportRecord>,
): ReportRecord => record(recordId, utf8ToBytes(writeRecord(entries)), more);

export const readFile = (path: string): PatientBundle =>
  readBundle(readFileSync(new URL(`../data/${path}`, import.meta.url)));

/** One record per visit, as the clinics file them. */
export const recordsOf = ({ patient, organizations, visits, references }: PatientBundle): ReportRecord[] =>
  visits.map((visit, i) => {
    const id = visit.organizationRef;
    const tid = `TID-${i}`;
    const { entries } = toTid(visit.entries, { patient, tid, known: references });
    const name = organizations.find(({ key }) => key === id)!.name;
    return entriesOf(entries, `record-${i}`, { tid, service: { id, name } });
  });

export const jane: FhirEntry = {
  fullUrl: "urn:uuid:00000000-0000-4000-8000-00000000000a",
  resource: {
    resourceType: "Patient",
    id: "00000000-0000-4000-8000-00000000000a",
    name: [{ family: "Roe", given: ["Jane"] }],
    birthDate: "1980-02-03",
  },
};

export const reportOf = (records: readonly ReportRecord[], more: Partial<ReportInput> = {}): DocumentBundle =>
  assembleReport({
    reportId: "report-1",
    patient: jane,
    records,
    requester: { id: "req-1", name: "Emergency <Ward> & Co" },
    purpose: "vital interest",
    legalGround: "GDPR 9(2)(c)",
    caseId: "case-1",
    now: Date.UTC(2026, 10, 22, 12) / 1000,
    ...more,
  });

export const ofType = (report: DocumentBundle, type: string): FhirResource[] =>
  report.entry.map(({ resource }) => resource).filter(({ resourceType }) => resourceType === type);

/** The record's subject, as a clinic writes it. */
export const subjectOf = (recordId: string): JsonObject => ({ reference: `urn:symbolon:tid:TID-${recordId}` });
