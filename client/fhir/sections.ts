// The sections of a report in the order of an International Patient Summary (HL7 IPS 2.0.0, Composition (IPS)): allergies,
// medications, problems, immunisations, results, procedures. A section without entries says so by `emptyReason`, as IPS's
// rule ips-comp-1 wants it: either entries or the reason why there are none.

import { hasCategory, narrative, paragraph, RESOURCE_HEADINGS, resourceRows, table } from "./narrative.ts";
import type { FhirEntry, FhirResource, JsonObject } from "./resource.ts";

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

export function summarySections(entries: readonly FhirEntry[]): JsonObject[] {
  return SECTIONS.map(({ title, code, codeDisplay, about, holds }): JsonObject => {
    const held = entries.filter(({ resource }) => holds(resource));
    const head = { title, code: { coding: [{ system: "http://loinc.org", code, display: codeDisplay }] } };
    if (held.length === 0)
      return {
        ...head,
        text: narrative(paragraph(`These records hold no information about ${about}.`)),
        emptyReason: {
          coding: [
            {
              system: "http://terminology.hl7.org/CodeSystem/list-empty-reason",
              code: "unavailable",
              display: "Unavailable",
            },
          ],
          text: `No information about ${about}`,
        },
      };
    return {
      ...head,
      text: narrative(
        table(
          RESOURCE_HEADINGS,
          held.flatMap(({ resource }) => resourceRows(resource)),
        ),
      ),
      entry: held.map(({ fullUrl }) => ({ reference: fullUrl })),
    };
  });
}
