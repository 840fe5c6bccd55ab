// The sections of a report that follow an International Patient Summary (HL7 IPS 2.0.0, Composition (IPS)): allergies,
// medications, problems, immunisations, results, procedures, in this order. A section without entries says so by
// `emptyReason`, as IPS's rule ips-comp-1 wants it: either entries or the reason why there are none.
//
// A reader in a hurry looks here first. So in each section active things come first, then the newest.

import { recordedAt } from "./filing.ts";
import { narrative, paragraph, table } from "./narrative.ts";
import type { References } from "./references.ts";
import {
  arrayOf,
  type FhirEntry,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "./resource.ts";
import { ROW_HEADINGS, resourceRows } from "./rows.ts";

interface SummarySection {
  title: string;
  /** LOINC */
  code: string;
  codeDisplay: string;
  /** completes "No information about ..." */
  about: string;
  holds(resource: FhirResource): boolean;
}

const ofType =
  (...types: string[]) =>
  ({ resourceType }: FhirResource): boolean =>
    types.includes(resourceType);

/** Observation categories that are no results: they stand with their visits. */
const NO_RESULTS = ["vital-signs", "social-history", "survey", "activity"];

const SECTIONS: readonly SummarySection[] = [
  {
    title: "Allergies and intolerances",
    code: "48765-2",
    codeDisplay: "Allergies and adverse reactions Document",
    about: "allergies or intolerances",
    holds: ofType("AllergyIntolerance"),
  },
  {
    title: "Medications",
    code: "10160-0",
    codeDisplay: "History of Medication use Narrative",
    about: "medications",
    holds: ofType("MedicationStatement", "MedicationRequest", "MedicationAdministration", "MedicationDispense"),
  },
  {
    title: "Problems",
    code: "11450-4",
    codeDisplay: "Problem list - Reported",
    about: "problems",
    holds: ofType("Condition"),
  },
  {
    title: "Immunizations",
    code: "11369-6",
    codeDisplay: "History of Immunization Narrative",
    about: "immunizations",
    holds: ofType("Immunization"),
  },
  {
    title: "Results",
    code: "30954-2",
    codeDisplay: "Relevant diagnostic tests/laboratory data Narrative",
    about: "results",
    holds: (resource) =>
      resource.resourceType === "DiagnosticReport" ||
      (resource.resourceType === "Observation" && !hasCategory(resource, NO_RESULTS)),
  },
  {
    title: "Procedures",
    code: "47519-4",
    codeDisplay: "History of Procedures Document",
    about: "procedures",
    holds: ofType("Procedure"),
  },
];

/** Column that says nothing if all rows are of one kind. */
const KIND = ROW_HEADINGS.indexOf("Kind");

const EMPTY = {
  coding: [
    {
      system: "http://terminology.hl7.org/CodeSystem/list-empty-reason",
      code: "unavailable",
      display: "Unavailable",
    },
  ],
};

/** @param clinicsOf names of the clinics whose records hold the entry of a fullUrl */
export function summarySections(
  entries: readonly FhirEntry[],
  references: References,
  clinicsOf: (fullUrl: string) => string,
): JsonObject[] {
  return SECTIONS.map(({ title, code, codeDisplay, about, holds }): JsonObject => {
    const held = entries.filter(({ resource }) => holds(resource)).sort(byUrgency);
    const head = { title, code: { coding: [{ system: "http://loinc.org", code, display: codeDisplay }] } };
    if (held.length === 0)
      return {
        ...head,
        text: narrative(paragraph(`These records hold no information about ${about}.`)),
        emptyReason: { ...EMPTY, text: `No information about ${about}` },
      };
    const rows = held.flatMap((entry) =>
      resourceRows(entry, references).map((row, i) => [...row, i === 0 ? clinicsOf(entry.fullUrl) : ""]),
    );
    if (new Set(held.map(({ resource }) => resource.resourceType)).size === 1) for (const row of rows) row[KIND] = "";
    return {
      ...head,
      text: narrative(table([...ROW_HEADINGS, "Clinic"], rows)),
      entry: held.map(({ fullUrl }) => ({ reference: fullUrl })),
    };
  });
}

const byUrgency = (a: FhirEntry, b: FhirEntry): number =>
  Number(isActive(b.resource)) - Number(isActive(a.resource)) || whenOf(b) - whenOf(a);

const whenOf = ({ resource }: FhirEntry): number => recordedAt(resource)?.start ?? Number.MIN_SAFE_INTEGER;

const ACTIVE = new Set(["active", "recurrence", "relapse", "on-hold", "intended"]);
const isActive = ({ clinicalStatus, status }: FhirResource): boolean =>
  ACTIVE.has(textOf(status) ?? "") || codesOf(clinicalStatus).some((code) => ACTIVE.has(code));

const codesOf = (concept: Json | undefined): string[] =>
  isObject(concept) ? objectsOf(concept.coding).flatMap(({ code }) => textOf(code) ?? []) : [];

const hasCategory = (resource: FhirResource, codes: readonly string[]): boolean =>
  arrayOf(resource.category).some((category) => codesOf(category).some((code) => codes.includes(code)));
