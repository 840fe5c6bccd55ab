// FHIR in both directions: reading a Bundle into visits, a visit under a TID and back, the linked report, and the
// demo's timetable. The data are the three sample patients of test/data, and small Bundles that break one thing each.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromTid, identityLeaks, patientRefs, pseudonymousPatient, toTid } from "../../client/fhir/pseudonymise.ts";
import { readRecord, writeRecord } from "../../client/fhir/record.ts";
import { assembleReport, type DocumentBundle, type ReportRecord } from "../../client/fhir/report.ts";
import { displayName, type FhirEntry, FhirInputError, type Json, type JsonObject } from "../../client/fhir/resource.ts";
import { mergeOrganizations, readBundle, UNKNOWN_ORGANIZATION } from "../../client/fhir/visits.ts";
import { DEFAULT_PATIENTS_DIRECTORY, loadPatients, reportFileName } from "../../local/patients.ts";
import { TimetableError, timetable } from "../../local/timetable.ts";
import { epochOf } from "../../protocol/epoch.ts";

const TID = "5f1c0e0b9a7d4c3e8f2a6b1d9c8e7f60";
const samples = loadPatients(DEFAULT_PATIENTS_DIRECTORY);
const bundleOf = (...entry: object[]): string => JSON.stringify({ resourceType: "Bundle", type: "collection", entry });
const patientEntry = {
  fullUrl: "urn:uuid:p-0001",
  resource: {
    resourceType: "Patient",
    id: "p-0001",
    name: [{ family: "Meléndez", given: ["Ana", "Bo"], prefix: ["Mrs."] }],
    identifier: [
      { system: "urn:mrn", value: "MRN-77" },
      { system: "urn:ssn", value: "999-11-8522" },
    ],
    telecom: [{ system: "phone", value: "555-446-7938" }],
    address: [{ line: ["194 Hermiston Club"] }],
  },
};
const refs = patientRefs(patientEntry);
const encounter = (id: string, more: object = {}) => ({
  fullUrl: `urn:uuid:${id}`,
  resource: { resourceType: "Encounter", id, subject: { reference: "urn:uuid:p-0001" }, ...more },
});
const rngOf = (seed: number) => (n: number) => Uint8Array.from({ length: n }, (_, i) => (seed * 31 + i * 7) & 255);

function errorCode(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FhirInputError) return error.code;
    throw error;
  }
  return "no error";
}

describe("reading a Bundle", () => {
  it("finds every Encounter of the sample patients in the order of dates, with every resource that refers to it", () => {
    expect(samples.map(({ bundle }) => bundle.visits.length)).toEqual([8, 17, 23]);
    for (const { bundle } of samples) {
      const starts = bundle.visits.map(({ start }) => Date.parse(start!));
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
      expect(bundle.foreignEncounters).toEqual([]);
      for (const visit of bundle.visits) {
        expect(visit.entries[0]!.resource.resourceType).toBe("Encounter");
        for (const { resource } of visit.entries.slice(1))
          expect((resource.encounter as JsonObject).reference).toBe(visit.fullUrl);
        expect(bundle.organizations.map(({ key }) => key)).toContain(visit.organizationRef);
      }
    }
    const brett = samples[0]!.bundle;
    expect(brett.visits.flatMap(({ entries }) => entries).length).toBe(8 + 6 + 40 + 3 + 8 + 2 + 2 + 2);
    expect(brett.organizations.map(({ name }) => name)).toContain("CARNEY HOSPITAL");
  });

  it("accepts an organisation that the Bundle only refers to by identifier or name, as newer Synthea does", () => {
    const encounter = (id: string, serviceProvider: object) => ({
      fullUrl: `urn:uuid:${id}`,
      resource: { resourceType: "Encounter", id, subject: { reference: "urn:uuid:p" }, serviceProvider },
    });
    const { organizations, visits } = readBundle(
      JSON.stringify({
        resourceType: "Bundle",
        entry: [
          { fullUrl: "urn:uuid:p", resource: { resourceType: "Patient", id: "p" } },
          encounter("1", { reference: "Organization?identifier=urn:o|7", display: "WELL CLINIC" }),
          encounter("2", { reference: "Organization?identifier=urn:o|7" }),
          encounter("3", { reference: "Organization/abc", display: "Other" }),
          encounter("4", { reference: "Organization/nameless" }),
        ],
      }),
    );
    expect(organizations.map(({ key, name }) => [key, name])).toEqual([
      ["urn:o|7", "WELL CLINIC"],
      ["Organization/abc", "Other"],
      [UNKNOWN_ORGANIZATION, "Unknown organisation"],
    ]);
    expect(visits.map((v) => v.organizationRef)).toEqual([
      "urn:o|7",
      "urn:o|7",
      "Organization/abc",
      UNKNOWN_ORGANIZATION,
    ]);
  });

  it("resolves urn:uuid, relative, absolute, versioned and conditional references, and entries without fullUrl", () => {
    const organization = { resourceType: "Organization", id: "o1", identifier: [{ system: "urn:o", value: "1" }] };
    const at = (id: string, provider: string, subject: string) => ({
      resource: {
        resourceType: "Encounter",
        id,
        subject: { reference: subject },
        serviceProvider: { reference: provider },
      },
    });
    const about = (id: string, reference: string) => ({
      resource: { resourceType: "Observation", id, encounter: { reference } },
    });
    const { visits, organizations } = readBundle(
      bundleOf(
        { resource: { resourceType: "Patient", id: "p1" } },
        { fullUrl: "https://ehr.example/fhir/Organization/o1", resource: organization },
        at("e1", "Organization/o1", "Patient/p1"),
        at("e2", "https://ehr.example/fhir/Organization/o1/_history/3", "https://ehr.example/fhir/Patient/p1"),
        at("e3", "Organization?identifier=urn:o|1", "urn:uuid:p1"),
        at("e4", "Organization/other", "Patient/p1"),
        about("a", "Encounter/e1"),
        about("b", "urn:uuid:e2"),
        about("c", "https://ehr.example/fhir/Encounter/e3/_history/1"),
        about("d", "Encounter/none"),
        { resource: { resourceType: "Observation", encounter: { reference: "Encounter/e4" } } },
        { resource: { resourceType: "Claim", item: [{ encounter: [{ reference: "Encounter/e1" }] }] } },
        { request: { method: "DELETE", url: "Observation/9" } },
      ),
    );
    const held = (index: number) => visits[index]!.entries.map(({ resource }) => resource.id);
    expect([held(0), held(1), held(2), held(3)]).toEqual([
      ["e1", "a"],
      ["e2", "b"],
      ["e3", "c"],
      ["e4", undefined],
    ]);
    expect(visits.map(({ organizationRef }) => organizationRef)).toEqual([
      "urn:o|1",
      "urn:o|1",
      "urn:o|1",
      UNKNOWN_ORGANIZATION,
    ]);
    expect(organizations.map(({ name }) => name)).toEqual(["Organisation o1", "Unknown organisation"]);
    expect(visits[0]!.fullUrl).toBe("https://fhir.invalid/Encounter/e1");
    expect(new Set(visits.flatMap(({ entries }) => entries.map(({ fullUrl }) => fullUrl))).size).toBe(8);
  });

  it("orders by instants, not by text, with undated visits last", () => {
    const { visits } = readBundle(
      bundleOf(
        patientEntry,
        encounter("undated"),
        encounter("b", { period: { start: "2020-01-01T00:30:00+02:00" } }), // 2019 in UTC
        encounter("c", { period: { end: "2020-01" } }),
        encounter("a", { period: { start: "2019-12-31T22:00:00Z" } }),
        encounter("undated2"),
      ),
    );
    expect(visits.map(({ encounterId }) => encounterId)).toEqual(["a", "b", "c", "undated", "undated2"]);
  });

  it("counts the same organisation in two Bundles as one service, and two of one name as two", () => {
    const bundle = (fullUrl: string, value: string) =>
      readBundle(
        bundleOf(patientEntry, {
          fullUrl,
          resource: { resourceType: "Organization", name: "Clinic", identifier: [{ system: "urn:npi", value }] },
        }),
      );
    const merged = mergeOrganizations([
      bundle("urn:uuid:1", "1"),
      bundle("urn:uuid:9", "1"),
      bundle("urn:uuid:2", "2"),
    ]);
    expect(merged.map(({ key, name }) => [key, name])).toEqual([
      ["urn:npi|1", "Clinic"],
      ["urn:npi|2", "Clinic"],
    ]);
    expect(mergeOrganizations(samples.map(({ bundle }) => bundle)).length).toBeLessThanOrEqual(9);
  });

  it("leaves out an Encounter of another patient, and says so", () => {
    const foreign = encounter("e2", { subject: { reference: "Patient/other" } });
    const observation = {
      fullUrl: "urn:uuid:x",
      resource: { resourceType: "Observation", encounter: { reference: "urn:uuid:e2" } },
    };
    const read = readBundle(bundleOf(patientEntry, encounter("e1"), foreign, observation));
    expect(read.visits.map(({ encounterId }) => encounterId)).toEqual(["e1"]);
    expect(read.visits[0]!.entries).toHaveLength(1);
    expect(read.foreignEncounters).toEqual(["urn:uuid:e2"]);
  });

  it("accepts a patient without visits, and refuses each malformed input with its own code", () => {
    expect(readBundle(bundleOf(patientEntry)).visits).toEqual([]);
    expect(readBundle(`\uFEFF${bundleOf(patientEntry)}`).visits).toEqual([]);
    expect(errorCode(() => readBundle("{"))).toBe("not-json");
    for (const json of ["[]", "null", '"Bundle"', '{"resourceType":"Patient"}', '{"resourceType":"Bundle","entry":{}}'])
      expect(errorCode(() => readBundle(json))).toBe("not-a-bundle");
    expect(errorCode(() => readBundle(bundleOf(encounter("e"))))).toBe("no-patient");
    expect(errorCode(() => readBundle('{"resourceType":"Bundle"}'))).toBe("no-patient");
    const other = { ...patientEntry, fullUrl: "urn:uuid:p-0002" };
    expect(errorCode(() => readBundle(bundleOf(patientEntry, other)))).toBe("several-patients");
    expect(errorCode(() => readBundle(bundleOf(patientEntry, { resource: { id: "x" } })))).toBe("bad-entry");
    expect(errorCode(() => readBundle(bundleOf(encounter("e"), encounter("e", { status: "finished" }))))).toBe(
      "conflicting-entries",
    );
    expect(errorCode(() => readBundle(bundleOf(patientEntry, encounter("e", { period: { start: "soon" } }))))).toBe(
      "bad-date",
    );
  });

  it("names the file in errors of a directory", () => {
    const directory = mkdtempSync(join(tmpdir(), "patients-"));
    try {
      expect(() => loadPatients(join(directory, "none"))).toThrow(/none: no such directory/);
      expect(() => loadPatients(directory)).toThrow(/holds no \*\.json file/);
      writeFileSync(join(directory, "LICENSE"), "not input");
      writeFileSync(join(directory, "b.json"), bundleOf(patientEntry));
      expect(loadPatients(directory).map(reportFileName)).toEqual(["b.json.report.json"]);
      expect(() => loadPatients(join(directory, "LICENSE"))).toThrow(/is not a directory/);
      writeFileSync(join(directory, "a.json"), "oops");
      expect(() => loadPatients(directory)).toThrow(/a\.json: not JSON/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("reads a record as it was written, and also a single resource", () => {
    const { entries } = samples[0]!.bundle.visits[0]!;
    expect(JSON.stringify(readRecord(writeRecord(entries)))).toBe(JSON.stringify(entries));
    expect(readRecord('{"resourceType":"Observation","id":"o"}')[0]!.resource).toEqual({
      resourceType: "Observation",
      id: "o",
    });
    expect(errorCode(() => readRecord("{}"))).toBe("bad-entry");
  });
});

describe("pseudonymisation", () => {
  it("brings back every visit of the samples exactly, and names no patient under the TID", () => {
    for (const { bundle } of samples) {
      const own = patientRefs(bundle.patient);
      for (const { entries } of bundle.visits) {
        const before = JSON.stringify(entries);
        const sealed = toTid(entries, own, TID);
        expect(JSON.stringify(entries)).toBe(before); // the input is not changed
        expect(JSON.stringify(sealed)).not.toContain(own.id);
        expect(JSON.stringify(sealed)).toContain(`{"reference":"urn:symbolon:tid:${TID}"}`);
        expect(identityLeaks(sealed, bundle.patient)).toEqual([]);
        const back = fromTid(sealed, TID, own);
        expect(back).toEqual(entries);
        expect(JSON.stringify(back)).toBe(before);
      }
    }
  });

  it("brings back each form of a reference unchanged, with the name, the identifier and all other members", () => {
    const references = [
      "urn:uuid:p-0001",
      "Patient/p-0001",
      "https://x.example/a/Patient/p-0001",
      "Patient/p-0001/_history/2",
    ];
    const entries = references.map((reference, i) => ({
      fullUrl: `urn:uuid:${i}`,
      resource: {
        resourceType: "Basic",
        extension: [
          {
            url: "urn:x",
            valueReference: {
              type: "Patient",
              display: "Mrs. Ana Bo Meléndez",
              reference,
              extension: [{ url: "urn:y", valueReference: { reference: "Patient/p-0001" } }],
              identifier: { system: "urn:ssn", value: "999-11-8522" },
            },
          },
        ],
        author: { reference: "Practitioner/p-0001", display: "Dr. Other", identifier: { value: "MRN-77" } },
      },
    })) as FhirEntry[];
    const sealed = toTid(entries, refs, TID);
    expect(JSON.stringify(fromTid(sealed, TID, refs))).toBe(JSON.stringify(entries));
    expect(JSON.stringify(sealed)).not.toMatch(/Meléndez|999-11|Patient\/p-/);
    expect(sealed[0]!.resource.author).toEqual(entries[0]!.resource.author);
    expect(JSON.stringify(sealed[0])).toContain(`"display":"${TID}"`);
    // A reference to another patient's TID does not become one to this patient.
    expect(fromTid(sealed, "other", refs)).toEqual(sealed);
  });

  it("takes no other id for a reference to the patient", () => {
    const resource = { resourceType: "Basic", a: { reference: "Patient/p-00012" }, b: { reference: "Patient/pX0001" } };
    const entries = [{ fullUrl: "urn:uuid:1", resource: { ...resource, c: { reference: "RelatedPatient/p-0001" } } }];
    expect(toTid(entries, refs, TID)).toEqual(entries);
  });

  it("works for any nesting: an exact round trip, and no reference to the patient left", () => {
    const reference = fc.record(
      {
        reference: fc.constantFrom(
          "urn:uuid:p-0001",
          "Patient/p-0001",
          "http://h/Patient/p-0001",
          "Patient/p",
          "Group/p-0001",
        ),
        type: fc.constantFrom("Patient", "Group"),
        extension: fc.array(fc.record({ url: fc.string(), valueString: fc.string() }), { maxLength: 2 }),
      },
      { requiredKeys: ["reference"] },
    );
    const named = fc.constantFrom("Patient/p-0001", "urn:uuid:p-0001").map((value) => ({
      display: "Mrs. Ana Bo Meléndez",
      reference: value,
      identifier: { system: "urn:mrn", value: "MRN-77" },
    }));
    const key = fc.oneof(fc.constantFrom("subject", "patient", "contained", "__proto__", "display"), fc.string());
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
        reference as fc.Arbitrary<Json>,
        named as fc.Arbitrary<Json>,
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie("tree")), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs) as Json),
      ),
    }));
    const find = (value: Json): boolean =>
      typeof value === "object" &&
      value !== null &&
      ((!Array.isArray(value) && /^(urn:uuid:|(.*\/)?Patient\/)p-0001$/.test(String(value.reference))) ||
        Object.values(value).some(find));
    fc.assert(
      fc.property(tree, (body) => {
        const entries = JSON.parse(
          JSON.stringify([{ fullUrl: "urn:uuid:1", resource: { resourceType: "Basic", body } }]),
        ) as FhirEntry[];
        const sealed = toTid(entries, refs, TID);
        expect(find(sealed[0]!.resource)).toBe(false);
        expect(JSON.stringify(fromTid(sealed, TID, refs))).toBe(JSON.stringify(entries));
      }),
      { numRuns: 300 },
    );
  });

  it("brings back a reference that cannot come back exactly as the Patient's own", () => {
    const subject = { reference: "Patient/p-0001", display: "Ana M.", identifier: { value: "foreign" } };
    const entries = [{ fullUrl: "urn:uuid:1", resource: { resourceType: "Basic", subject } }];
    const sealed = toTid(entries, refs, TID);
    expect(JSON.stringify(sealed)).not.toMatch(/Ana|foreign/);
    expect(fromTid(sealed, TID, refs)[0]!.resource.subject).toEqual({
      reference: "Patient/p-0001",
      display: "Mrs. Ana Bo Meléndez",
      identifier: { system: "urn:mrn", value: "MRN-77" },
    });
  });

  it("finds planted identity at its place, and nothing in words that only contain it", () => {
    const resource = {
      resourceType: "Observation",
      id: "o",
      note: [{ text: "Spoke to ana; she will call." }, { text: "banana, Bo, Mrs., Meléndezes, MRN-771" }],
      contained: [{ resourceType: "Patient", name: [{ family: "MELÉNDEZ" }] }],
      valueString: "call (555) 446 7938",
      code: { text: "see mrn-77", coding: [{ display: "lives at 194  Hermiston Club, Boston" }] },
      text: { div: "<div>Patient p-0001, SSN 999-11-8522</div>" },
    };
    const found = identityLeaks([{ fullUrl: "urn:uuid:o", resource }], patientEntry);
    expect(found.map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual([
      "address code.coding[0].display",
      "id text.div",
      "identifier code.text",
      "identifier text.div",
      "name contained[0].name[0].family",
      "name note[0].text",
      "telecom valueString",
    ]);
    expect(found.every(({ fullUrl }) => fullUrl === "urn:uuid:o")).toBe(true);
  });

  it("writes names as Synthea does", () => {
    expect(displayName(samples[0]!.bundle.patient.resource)).toBe("Mr. Brett Gottlieb");
    expect(displayName({ name: [{ text: "Only Text" }] })).toBe("Only Text");
    expect(displayName({})).toBeUndefined();
  });
});

// The rules of R4 for a document Bundle and its frame (bundle.html bdl-7, bdl-9 to bdl-11, composition.html,
// provenance.html).
function problems(bundle: DocumentBundle): string[] {
  const found: string[] = [];
  const check = (good: boolean, what: string) => good || found.push(what);
  const dateTime = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?$/;
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
  check(bundle.resourceType === "Bundle" && bundle.type === "document", "type");
  check(/^urn:uuid:/.test(bundle.identifier.value) && bundle.identifier.system !== "", "identifier");
  check(instant.test(bundle.timestamp), "timestamp");
  const urls = bundle.entry.map(({ fullUrl }) => fullUrl);
  check(new Set(urls).size === urls.length, "fullUrls are unique");
  check(
    bundle.entry.every((entry) => Object.keys(entry).join() === "fullUrl,resource"),
    "entries hold fullUrl and resource only",
  );
  const resolves = (value: Json): void => {
    if (typeof value !== "object" || value === null) return;
    if (!Array.isArray(value) && typeof value.reference === "string")
      check(urls.includes(value.reference), `${value.reference} resolves`);
    Object.values(value).forEach(resolves);
  };
  const composition = bundle.entry[0]!.resource;
  check(composition.resourceType === "Composition", "Composition first");
  check(
    ["status", "type", "subject", "date", "author", "title"].every((name) => name in composition),
    "required",
  );
  check(composition.status === "final" && dateTime.test(String(composition.date)), "status and date");
  resolves(composition);
  const sections = (value: Json | undefined): void => {
    if (value === undefined) return;
    check(Array.isArray(value) && value.length > 0, "no empty array of sections");
    for (const section of value as JsonObject[]) {
      check("text" in section || "entry" in section || "section" in section, "cmp-1");
      check(section.entry === undefined || (section.entry as Json[]).length > 0, "no empty array of entries");
      sections(section.section);
    }
  };
  sections(composition.section);
  for (const { resource } of bundle.entry.filter((entry) => entry.resource.resourceType === "Provenance")) {
    resolves(resource);
    check((resource.target as Json[]).length > 0 && (resource.agent as JsonObject[]).every((a) => "who" in a), "1..*");
    check(instant.test(String(resource.recorded)) && dateTime.test(String(resource.occurredDateTime)), "recorded");
    for (const signature of resource.signature as JsonObject[]) {
      check(
        instant.test(String(signature.when)) && (signature.type as Json[]).length > 0 && "who" in signature,
        "signature",
      );
      check(/^application\//.test(String(signature.sigFormat)), "sigFormat");
      check(Buffer.from(String(signature.data), "base64").length === 64, "signature bytes");
    }
  }
  return found;
}

describe("the linked report", () => {
  const NOW = Date.UTC(2026, 10, 22, 12) / 1000;
  const recordsOf = (index: number): ReportRecord[] => {
    const { bundle } = samples[index]!;
    return bundle.visits.map((visit, i) => ({
      service: {
        id: visit.organizationRef,
        name: bundle.organizations.find(({ key }) => key === visit.organizationRef)!.name,
      },
      tid: `tid-${i}`,
      recordId: `record-${i}`,
      entries: readRecord(writeRecord(toTid(visit.entries, patientRefs(bundle.patient), `tid-${i}`))),
      manifestHash: "ab".repeat(32),
      signature: "cd".repeat(64),
      signatureKey: "ef".repeat(32),
      openedAt: "2026-06-05",
      kind: "record",
    }));
  };
  const common = {
    requester: { id: "req-1", name: "Emergency <Ward> & Co" },
    purpose: "vital interest",
    legalGround: "GDPR 9(2)(c)",
    caseId: "case-1",
    now: NOW,
    reportId: "report-1",
  };
  const resources = (bundle: DocumentBundle, type: string) =>
    bundle.entry.filter(({ resource }) => resource.resourceType === type).map(({ resource }) => resource);

  it("is a valid document that holds every resource of the visits unchanged, and nothing else", () => {
    for (const [index, { bundle }] of samples.entries()) {
      const report = assembleReport({ ...common, patient: bundle.patient, records: recordsOf(index).reverse() });
      expect(problems(report)).toEqual([]);
      const inReport = new Map(report.entry.map(({ fullUrl, resource }) => [fullUrl, JSON.stringify(resource)]));
      const expected = bundle.visits.flatMap(({ entries }) => entries);
      for (const { fullUrl, resource } of expected) expect(inReport.get(fullUrl)).toBe(JSON.stringify(resource));
      expect(resources(report, "Patient")).toEqual([bundle.patient.resource]);
      expect(resources(report, "Provenance")).toHaveLength(bundle.visits.length);
      const services = new Set(bundle.visits.map(({ organizationRef }) => organizationRef)).size;
      expect(resources(report, "Organization")).toHaveLength(services + 1);
      expect(report.entry).toHaveLength(expected.length + 1 + 1 + services + 1 + bundle.visits.length);
      expect(JSON.stringify(report)).not.toContain("urn:symbolon:tid");

      const sections = resources(report, "Composition")[0]!.section as JsonObject[];
      expect(sections).toHaveLength(services);
      const startOfSection = (section: JsonObject): string => {
        const [first] = section.entry as { reference: string }[];
        return (JSON.parse(inReport.get(first!.reference)!) as { period: { start: string } }).period.start;
      };
      for (const { section } of sections) {
        const starts = (section as JsonObject[]).map(startOfSection);
        expect(starts).toEqual([...starts].sort());
      }
      const again = assembleReport({ ...common, patient: bundle.patient, records: recordsOf(index) });
      expect(again.entry.map(({ fullUrl }) => fullUrl).sort()).toEqual([...inReport.keys()].sort());
    }
  });

  it("has the same resources under a pseudonym, with no identity anywhere", () => {
    const { bundle } = samples[0]!;
    const patient = pseudonymousPatient(rngOf(1));
    const records = recordsOf(0);
    records[0]!.entries[0]!.resource.subject = { reference: "urn:symbolon:tid:tid-0#Patient/*", display: "tid-0" };
    const report = assembleReport({ ...common, patient, records });
    expect(problems(report)).toEqual([]);
    expect(identityLeaks(report.entry, bundle.patient)).toEqual([]);
    const id = patient.resource.id as string;
    const subjects = resources(report, "Encounter").map(({ subject }) => (subject as JsonObject).reference);
    expect(new Set(subjects)).toEqual(new Set([`Patient/${id}`, `urn:uuid:${id}`]));
    expect(resources(report, "Encounter")[0]!.subject).toEqual({
      reference: `Patient/${id}`,
      display: `Patient ${id}`,
    });
  });

  it("has the Patient as author and no requester if it is the patient's own", () => {
    const { patient } = samples[0]!.bundle;
    const report = assembleReport({
      ...common,
      requester: undefined,
      caseId: undefined,
      patient,
      records: recordsOf(0),
    });
    expect(problems(report)).toEqual([]);
    expect(resources(report, "Composition")[0]!.author).toEqual([{ reference: patient.fullUrl }]);
  });

  it("lists amended and withdrawn records, and leaves their resources out", () => {
    const { patient, visits } = samples[0]!.bundle;
    const records = recordsOf(0);
    records[2]!.status = "withdrawn";
    records[3]!.status = "amended";
    records[4]!.status = "current";
    const report = assembleReport({ ...common, patient, records });
    expect(problems(report)).toEqual([]);
    const urls = report.entry.map(({ fullUrl }) => fullUrl);
    for (const i of [2, 3]) for (const { fullUrl } of visits[i]!.entries) expect(urls).not.toContain(fullUrl);
    expect(urls).toContain(visits[4]!.fullUrl);
    expect(resources(report, "Provenance")).toHaveLength(visits.length - 2);
    const { div } = resources(report, "Composition")[0]!.text as { div: string };
    expect(div).toMatch(/record-2 withdrawn.*record-3 amended/);
    expect(div).toContain("Emergency &lt;Ward&gt; &amp; Co");
    expect(div).toContain("6 records included, 2 listed only");
  });

  it("holds a resource once if it was given twice, and both of two under one fullUrl", () => {
    const { patient } = samples[0]!.bundle;
    const [first] = recordsOf(0);
    const twice = [first!, { ...first!, recordId: "again" }];
    const once = assembleReport({ ...common, patient, records: twice });
    expect(problems(once)).toEqual([]);
    expect(resources(once, "Encounter")).toHaveLength(1);
    expect(resources(once, "Provenance")).toHaveLength(2);

    const other = structuredClone(first!);
    other.recordId = "z";
    other.entries[0]!.resource.status = "cancelled";
    other.entries.push({ fullUrl: patient.fullUrl, resource: { resourceType: "Basic" } }); // must not replace the Patient
    const both = assembleReport({ ...common, patient, records: [first!, other] });
    expect(problems(both)).toEqual([]);
    expect(resources(both, "Encounter").map(({ status }) => status)).toEqual(["finished", "cancelled"]);
    expect(resources(both, "Patient")).toEqual([patient.resource]);
  });

  it("is valid without any record, and with a record whose date is not a date", () => {
    const { patient } = samples[0]!.bundle;
    const empty = assembleReport({ ...common, patient, records: [] });
    expect(problems(empty)).toEqual([]);
    expect(empty.entry.map(({ resource }) => resource.resourceType)).toEqual([
      "Composition",
      "Patient",
      "Organization",
    ]);
    const records = recordsOf(0).slice(0, 2);
    records[0]!.entries[0]!.resource.period = { start: "soon" };
    expect(problems(assembleReport({ ...common, patient, records }))).toEqual([]);
  });
});

describe("the demo's timetable", () => {
  const inputs = fc.record({
    visits: fc.array(fc.nat(96), { maxLength: 6 }),
    months: fc.integer({ min: 6, max: 30 }),
    now: fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 }),
    slotsPerEpoch: fc.constant(16),
  });

  it("keeps order, slots and window for every number of visits that fits", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = timetable(input);
        expect(plan).toEqual(timetable(input));
        expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).sort((a, b) => a - b));
        for (const [patientIndex, count] of input.visits.entries()) {
          const own = plan.filter((appointment) => appointment.patientIndex === patientIndex);
          expect(own.map(({ visitIndex }) => visitIndex)).toEqual(Array.from({ length: count }, (_, i) => i));
          const perEpoch = new Map<number, number>();
          for (const { at } of own) perEpoch.set(epochOf(at), (perEpoch.get(epochOf(at)) ?? 0) + 1);
          const counts = [...perEpoch.values()];
          expect(Math.max(0, ...counts)).toBeLessThanOrEqual(Math.ceil(count / input.months));
          if (count >= input.months) expect(perEpoch.size).toBe(input.months);
        }
        for (const { at } of plan) {
          expect(Number.isInteger(at) && at <= input.now).toBe(true);
          expect(epochOf(at)).toBeGreaterThan(epochOf(input.now) - input.months);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("keeps opening hours, in a past month", () => {
    const now = Date.UTC(2026, 10, 30, 23) / 1000;
    for (const { at } of timetable({ visits: [96, 40], months: 6, now, slotsPerEpoch: 16 })) {
      const date = new Date(at * 1000);
      expect([0, 6]).not.toContain(date.getUTCDay());
      expect(date.getUTCHours() * 3600 + date.getUTCMinutes() * 60 + date.getUTCSeconds()).toBeGreaterThanOrEqual(
        8 * 3600,
      );
      expect(date.getUTCHours() * 60 + date.getUTCMinutes()).toBeLessThanOrEqual(18 * 60);
    }
  });

  it("works in the first second of a month", () => {
    const now = Date.UTC(2026, 10, 1) / 1000; // a Sunday
    const plan = timetable({ visits: [6], months: 3, now, slotsPerEpoch: 2 });
    expect(plan.slice(-2).map(({ at }) => at)).toEqual([now, now]);
  });

  it("says how many months too many visits need", () => {
    const run = () => timetable({ visits: [16, 97], months: 6, now: 1_790_000_000, slotsPerEpoch: 16 });
    expect(run).toThrow(TimetableError);
    expect(run).toThrow(/patient 2 has 97 visits.*at least 7 months/);
    expect(() => timetable({ visits: [1], months: 0, now: 1, slotsPerEpoch: 16 })).toThrow(RangeError);
  });
});
