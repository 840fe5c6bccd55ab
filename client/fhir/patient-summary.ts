// An International Patient Summary (HL7 IPS, Composition LOINC 60591-5) of a report: its sections of allergies, medications,
// problems, immunisations, results and procedures, with the resources that these name and nothing else. No visits, no origins.
//
// Nobody curated it: it holds what the clinics wrote, and its text says so. IPS requires the first three sections. Where the
// records hold nothing for one of them, an entry says "no information" with a code of IPS's absent-unknown-uv-ips. That is no
// statement that there is none.

import type { UrlOf } from "./frame.ts";
import { idOf, urlsOf } from "./frame.ts";
import { narrative, paragraph } from "./narrative.ts";
import { References, referencesIn } from "./references.ts";
import type { DocumentBundle } from "./report.ts";
import {
  type FhirEntry,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "./resource.ts";

const PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition";
const ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";

type Absent = (id: string, subject: JsonObject) => FhirResource;
const absent = (code: string, display: string): JsonObject => ({ coding: [{ system: ABSENT, code, display }] });
/** By the LOINC code of a required section: the resource that says "no information". */
const NO_INFORMATION: Readonly<Record<string, Absent>> = {
  "48765-2": (id, patient) => ({
    resourceType: "AllergyIntolerance",
    id,
    clinicalStatus: status("allergyintolerance-clinical"),
    code: absent("no-allergy-info", "No information about allergies"),
    patient,
  }),
  "10160-0": (id, subject) => ({
    resourceType: "MedicationStatement",
    id,
    status: "unknown",
    medicationCodeableConcept: absent("no-medication-info", "No information about medications"),
    subject,
    _effectiveDateTime: {
      extension: [{ url: "http://hl7.org/fhir/StructureDefinition/data-absent-reason", valueCode: "unknown" }],
    },
  }),
  "11450-4": (id, subject) => ({
    resourceType: "Condition",
    id,
    clinicalStatus: status("condition-clinical"),
    code: absent("no-problem-info", "No information about problems"),
    subject,
  }),
};
const status = (system: string): JsonObject => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code: "active" }],
});

/** LOINC codes of the sections that a summary may have; those of a report after them are about visits. */
const codeOf = (section: JsonObject): string | undefined =>
  isObject(section.code) ? objectsOf(section.code.coding).flatMap(({ code }) => textOf(code) ?? [])[0] : undefined;

const entriesOf = (section: JsonObject): string[] =>
  objectsOf(section.entry).flatMap(({ reference }) => textOf(reference) ?? []);

/** The summary of a report. The same report gives the same summary. */
export function patientSummary(report: DocumentBundle): DocumentBundle {
  const [head, patient] = [report.entry[0]!, report.entry[1]!];
  const url = urlsOf(`${report.id} summary`);
  const subject = { reference: patient.fullUrl };
  const made: FhirEntry[] = [];
  const sections = objectsOf(head.resource.section).flatMap((section): JsonObject[] => {
    const code = codeOf(section);
    if (code === undefined) return [];
    if (entriesOf(section).length > 0) return [section];
    const absentEntry = NO_INFORMATION[code];
    if (absentEntry === undefined) return [];
    const fullUrl = url("absent", code);
    made.push({ fullUrl, resource: absentEntry(idOf(fullUrl), subject) });
    const { emptyReason, ...rest } = section;
    return [{ ...rest, entry: [{ reference: fullUrl }] }];
  });
  const named = new Set(sections.flatMap(entriesOf));
  const entries = [...reachable(report.entry.slice(1), named, patient), ...made];
  return {
    resourceType: "Bundle",
    id: idOf(url("bundle")),
    meta: { profile: [`${PROFILE}/Bundle-uv-ips`] },
    identifier: { system: "urn:ietf:rfc:3986", value: url("bundle") },
    type: "document",
    timestamp: report.timestamp,
    entry: [
      { fullUrl: url("composition"), resource: composition(url, subject, report.timestamp, sections) },
      ...entries,
    ],
  } as DocumentBundle;
}

const composition = (url: UrlOf, subject: JsonObject, date: string, section: JsonObject[]): FhirResource => ({
  resourceType: "Composition",
  id: idOf(url("composition")),
  meta: { profile: [`${PROFILE}/Composition-uv-ips`] },
  text: narrative(
    paragraph("Summary that a patient's own device made from the records of their visits. Nobody has curated it."),
  ),
  status: "final",
  type: { coding: [{ system: "http://loinc.org", code: "60591-5", display: "Patient summary Document" }] },
  subject,
  date,
  author: [subject],
  title: "International Patient Summary",
  section: section as Json[],
});

/** The Patient, the entries named, and what they refer to, directly or through another one; in the order of the report. */
function reachable(entries: readonly FhirEntry[], named: ReadonlySet<string>, patient: FhirEntry): FhirEntry[] {
  const references = new References(entries);
  const kept = new Set([patient, ...entries.filter(({ fullUrl }) => named.has(fullUrl))]);
  for (const entry of kept)
    for (const reference of referencesIn(entry.resource)) {
      const target = references.resolve(entry, reference);
      if (target.kind === "entry") kept.add(target.entry);
    }
  return entries.filter((entry) => kept.has(entry));
}
