// The International Patient Summary that a wallet makes of its own report: sections, resources, and what is said where there is nothing.

import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { patientSummary } from "../../client/fhir/patient-summary.ts";
import { References, referencesIn } from "../../client/fhir/references.ts";
import { type JsonObject, objectsOf } from "../../client/fhir/resource.ts";
import { codeOf, parseNarrative, sectionsOf, validatorErrors } from "../support/fhir-document.ts";
import { readFile, recordsOf, reportOf } from "../support/fhir-records.ts";

const patients = new URL("../data/patients/", import.meta.url).pathname;
const files = readdirSync(patients).filter((name) => name.endsWith(".json"));

describe.each(files)("of %s", (file) => {
  const report = reportOf(recordsOf(readFile(`patients/${file}`)));
  const summary = patientSummary(report);

  it("is a valid document of the right type, and the same each time", () => {
    const own = new Set(validatorErrors(report));
    expect(validatorErrors(summary).filter((error) => !own.has(error))).toEqual([]);
    expect(summary.entry[0]!.resource.type).toMatchObject({ coding: [{ code: "60591-5" }] });
    expect(patientSummary(report)).toEqual(summary);
    for (const section of sectionsOf(summary)) parseNarrative(String((section.text as JsonObject).div));
  });

  it("has the three required sections, and no section without an entry", () => {
    const sections = sectionsOf(summary);
    expect(sections.map(codeOf).slice(0, 3)).toEqual(["48765-2", "10160-0", "11450-4"]);
    for (const section of sections) expect(objectsOf(section.entry).length).toBeGreaterThan(0);
  });

  it("holds every resource that it names, and those of no visit beside them", () => {
    const urls = new Set(summary.entry.map(({ fullUrl }) => fullUrl));
    const references = new References(summary.entry);
    for (const section of sectionsOf(summary))
      for (const { reference } of objectsOf(section.entry)) expect(urls).toContain(reference);
    const reached = new Set<unknown>([summary.entry[0]]);
    for (const entry of summary.entry)
      for (const element of referencesIn(entry.resource)) {
        const target = references.resolve(entry, element);
        if (target.kind === "entry") reached.add(target.entry);
      }
    expect(summary.entry.every((entry) => reached.has(entry))).toBe(true);
    expect(summary.entry.some(({ resource }) => resource.resourceType === "Provenance")).toBe(false);
  });
});

it("says that there is no information, and not that there is nothing", () => {
  const summary = patientSummary(reportOf([]));
  expect(validatorErrors(summary)).toEqual([]);
  const codes = summary.entry.flatMap(({ resource }) =>
    objectsOf(((resource.code ?? resource.medicationCodeableConcept ?? {}) as JsonObject).coding).map(
      ({ code }) => code,
    ),
  );
  expect(codes).toEqual(["no-allergy-info", "no-medication-info", "no-problem-info"]);
  expect(summary.entry).toHaveLength(5);
});
