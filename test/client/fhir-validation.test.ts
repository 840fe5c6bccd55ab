// The report is a valid FHIR R4 document whatever the records hold. Two validators of other makers judge it, and own checks
// where both are blind. Errors in a clinic's own resources are no errors of the report: the same validators find them in
// the input, and they are subtracted.

import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pseudonymousPatient } from "../../client/fhir/pseudonymise.ts";
import { assembleReport } from "../../client/fhir/report.ts";
import type { FhirEntry, FhirResource, JsonObject } from "../../client/fhir/resource.ts";
import { codeOf, IPS_ORDER, parseNarrative, problems, sectionsOf, validatorErrors } from "../support/fhir-document.ts";
import { entriesOf, jane, ofType, readFile, record, recordsOf, reportOf, subjectOf } from "../support/fhir-records.ts";

const DATA = new URL("../data/", import.meta.url);
const filesOf = (folder: string): string[] =>
  existsSync(new URL(folder, DATA))
    ? readdirSync(new URL(folder, DATA))
        .filter((name) => name.endsWith(".json"))
        .map((name) => `${folder}/${name}`)
    : [];
const rngOf = (seed: number) => (n: number) => Uint8Array.from({ length: n }, (_, i) => (seed * 31 + i * 7) & 255);

const observation = (id: string, more: JsonObject = {}): FhirEntry => ({
  fullUrl: `urn:uuid:00000000-0000-4000-8000-0000000000${id}`,
  resource: {
    resourceType: "Observation",
    id,
    status: "final",
    code: { text: "Potassium" },
    subject: subjectOf("r"),
    valueQuantity: { value: 7.1, unit: "mmol/L" },
    ...more,
  },
});

describe("the validators", () => {
  const valid: FhirResource = observation("01").resource;
  it.each<[string, JsonObject]>([
    ["a status that R4 does not have", { status: "done" }],
    ["a date that the calendar does not have", { effectiveDateTime: "2026-13-41" }],
    ["an element that R4 does not have", { colour: "red" }],
    ["two values", { valueString: "high" }],
    ["a member of the wrong type", { code: "Potassium" }],
  ])("find %s", (_name, change) => {
    expect(validatorErrors(valid)).toEqual([]);
    expect(validatorErrors({ ...valid, ...change })).not.toEqual([]);
  });

  it("find a document that breaks a rule of documents or of this project", () => {
    const good = reportOf([entriesOf([observation("01")], "r")]);
    expect(problems(good)).toEqual([]);
    const broken = (change: (report: typeof good) => void): string[] => {
      const report = structuredClone(good);
      change(report);
      return problems(report);
    };
    const drop = (type: string) =>
      broken((report) => {
        report.entry = report.entry.filter(({ resource }) => resource.resourceType !== type);
      });
    expect(drop("Composition")[0]).toContain("Composition");
    expect(drop("Patient")).toContain("the subject is not a Patient");
    expect(drop("Provenance").join()).toContain("has no Provenance");
    expect(broken((report) => report.entry.push(report.entry[3]!))).toContain("two entries of one fullUrl");
    expect(broken((report) => delete sectionsOf(report)[0]!.emptyReason)).toContain(`ips-comp-1: ${IPS_ORDER[0]}`);
    expect(
      broken((report) => report.entry.push({ fullUrl: "urn:uuid:x", resource: { resourceType: "Basic", code: {} } })),
    ).toContain("urn:uuid:x is not referred to");
    const text = (div: string) =>
      broken((report) => {
        (report.entry[0]!.resource.text as JsonObject).div = `<div xmlns="http://www.w3.org/1999/xhtml">${div}</div>`;
      });
    expect(text("<p>a</b>").join()).toContain("narrative");
    expect(text("<p>a & b</p>").join()).toContain("narrative");
    expect(text("<script>1</script>")).toContain("narrative holds the element script");
  });

  it("take the XML parser for strict", () => {
    const parse = (inner: string) => () => parseNarrative(`<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`);
    expect(parse("<p>a &amp; b &#39;</p>")).not.toThrow();
    for (const bad of ["<p>", "</p>", "<p a=b></p>", "&nope;", "a < b"]) expect(parse(bad), bad).toThrow();
  });
});

const files = [...filesOf("patients"), ...filesOf("ips")];
describe.each(files)("the report of %s", (file) => {
  const bundle = readFile(file);
  const inputErrors = new Set(
    bundle.visits.flatMap(({ entries }) => entries.flatMap((e) => validatorErrors(e.resource))),
  );

  it.each(["the person", "a pseudonym"])("is a valid document that names %s", (who) => {
    const patient = who === "the person" ? bundle.patient : pseudonymousPatient(rngOf(1));
    const report = reportOf(recordsOf(bundle), { patient });
    for (const error of validatorErrors(patient.resource)) inputErrors.add(error);
    expect(problems(report, inputErrors)).toEqual([]);
    expect(ofType(report, "Patient")).toEqual([patient.resource]);
  });
});

it("documents which errors stand in the inputs: none in the Synthea patients", () => {
  for (const file of filesOf("patients"))
    for (const { entries } of readFile(file).visits)
      for (const { resource } of entries) expect(validatorErrors(resource)).toEqual([]);
});

describe("the report of records that are not as they should be", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const service = { id: "b", name: "Clinic B" };
  const good = entriesOf([observation("01")], "r");
  it.each([
    ["no record", []],
    ["a PDF", [good, record("p", bytes("%PDF-1.7"), { contentKind: "application/pdf", service })]],
    ["an image", [record("p", Uint8Array.of(0xff, 0xd8, 0xff), { contentKind: "image/jpeg", service }), good]],
    ["a C-CDA document", [good, record("p", bytes("<ClinicalDocument/>"), { contentKind: "application/hl7-v3+xml" })]],
    ["cut-off JSON", [good, record("p", bytes('{"resourceType":"Bundle","entry":[{'), { service })]],
    ["nothing inside", [good, record("p", new Uint8Array(0), { service })]],
    ["an empty Bundle", [good, record("p", { resourceType: "Bundle", type: "collection" }, { service })]],
    ["a content type that is none", [good, record("p", bytes("x"), { contentKind: 'a"<b', service })]],
    [
      "only records that were withdrawn or moved",
      ["withdrawn", "moved", "amended", "erased"].map((status, i) =>
        record(`w${i}`, new Uint8Array(0), { plaintext: undefined, status: status as "moved", service }),
      ),
    ],
  ])("is valid with %s", (_name, records) => {
    expect(problems(reportOf(records))).toEqual([]);
    expect(problems(reportOf(records, { requester: undefined, patient: pseudonymousPatient(rngOf(2)) }))).toEqual([]);
  });

  it("is valid with faults of records and of whole visits, also of a clinic without any record", () => {
    const faults = [
      { service, recordId: "f", reason: "The service does not hand out the blob.", contentKind: "image/png", size: 9 },
      { service, recordId: "f", reason: "The same record again.", openedAt: "2026-06-06" },
      { service: { id: "c", name: "Clinic C" }, recordId: undefined, reason: "The chain has a gap." },
    ];
    const report = reportOf([good], { faults });
    expect(problems(report)).toEqual([]);
    expect(problems(reportOf([], { faults }))).toEqual([]);
    const text = JSON.stringify(report.entry[0]!.resource.text);
    expect(text).toContain("Clinic B");
    expect(text).toContain("Clinic C");
    const assembled = ofType(report, "Provenance").filter(({ signature }) => signature === undefined);
    expect(assembled.map(({ target }) => (target as unknown[]).length)).toEqual([2]);
  });
});

it("has the sections of an International Patient Summary, each with its LOINC code and its resources", () => {
  const types = ["AllergyIntolerance", "MedicationStatement", "Condition", "Immunization", "Observation", "Procedure"];
  const entries = types.map(
    (resourceType, i): FhirEntry => ({
      fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${i}`,
      resource: { resourceType, id: `${i}` },
    }),
  );
  const report = assembleReport({
    ...{ reportId: "r", patient: jane, requester: undefined, purpose: "p", legalGround: "l", now: 0 },
    records: [entriesOf(entries.toReversed(), "r")],
  });
  const sections = sectionsOf(report).slice(0, 6);
  expect(sections.map(codeOf)).toEqual(IPS_ORDER);
  expect(sections.map(({ entry }) => entry)).toEqual(entries.map(({ fullUrl }) => [{ reference: fullUrl }]));
});
