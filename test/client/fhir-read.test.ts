// From a Bundle to visits: entries and versions, references, organisations, and the place of every resource. The shared cases
// come first in each group, then their siblings.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { writeJson } from "../../client/fhir/json.ts";
import { mergeOrganizations } from "../../client/fhir/organizations.ts";
import { readEntries } from "../../client/fhir/read.ts";
import { readRecord, writeRecord } from "../../client/fhir/record.ts";
import { References } from "../../client/fhir/references.ts";
import { FhirInputError, type Json, type JsonObject } from "../../client/fhir/resource.ts";
import { type PatientBundle, readBundle } from "../../client/fhir/select.ts";
import { loadPatients, reportFileName, samplePatients } from "../../local/patients.ts";

const data = (path: string): string => fileURLToPath(new URL(`../data/${path}`, import.meta.url));
const shared = (name: string, file = "a.json", source = ""): PatientBundle =>
  readBundle(readFileSync(data(`fhir-cases/${name}/${file}`)), { source });

const EHR = "https://ehr.example/fhir";
type Entry = { fullUrl?: string; resource?: JsonObject; [name: string]: unknown };
/** An entry at `base`; without one its fullUrl is left out. */
const at = (base: string | undefined, resourceType: string, id: string, more: object = {}): Entry => ({
  ...(base === undefined ? {} : { fullUrl: base === "urn" ? `urn:uuid:${id}` : `${base}/${resourceType}/${id}` }),
  resource: { resourceType, id, ...more } as JsonObject,
});
const ehr = (resourceType: string, id: string, more: object = {}): Entry => at(EHR, resourceType, id, more);
const ref = (reference: string) => ({ reference });
const P = { subject: ref("Patient/p1") };
const patient = (more: object = {}): Entry =>
  ehr("Patient", "p1", { name: [{ family: "Sample", given: ["Quill"] }], ...more });
const visit = (id: string, start?: string, more: object = {}): Entry =>
  ehr("Encounter", id, { ...P, ...(start === undefined ? {} : { period: { start } }), ...more });
const bundle = (...entry: Entry[]): Json =>
  JSON.parse(JSON.stringify({ resourceType: "Bundle", type: "collection", entry }));
const read = (...entry: Entry[]): PatientBundle => readBundle(bundle(...entry));

/** Ids per visit, as "e1: a b". */
const placesOf = ({ visits }: PatientBundle): string[] =>
  visits.map(
    ({ encounterId, entries }) => `${encounterId}: ${entries.map(({ resource }) => resource.id ?? "?").join(" ")}`,
  );
const leftOutOf = ({ leftOut }: PatientBundle): string[] =>
  leftOut.map(({ fullUrl, reason }) => `${fullUrl.replace(`${EHR}/`, "")}: ${reason}`);

function accountsForAll(found: PatientBundle): void {
  expect(found.filed + found.carried + found.leftOut.length).toBe(found.size);
}
function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FhirInputError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("entries", () => {
  it("of case 14: the newest version counts, and the older one is named", () => {
    const found = shared("14-two-versions");
    expect(found.visits[0]!.entries.find(({ resource }) => resource.id === "ob1")!.resource.status).toBe("final");
    expect(leftOutOf(found)).toEqual(["Observation/ob1: an older version (versionId 1) of a resource in the Bundle"]);
    accountsForAll(found);
  });

  const versions = (type: string, ...metas: (object | undefined)[]): unknown => {
    const entry = metas.map((meta, i) => ehr("Observation", "o", { ...(meta && { meta }), status: String(i) }));
    return readEntries({ ...(bundle(...entry) as JsonObject), type }).entries[0]!.resource.status;
  };
  it.each<[string, string, (object | undefined)[], string]>([
    [
      "lastUpdated before versionId",
      "collection",
      [
        { lastUpdated: "2021-01-01T00:00:00Z", versionId: "9" },
        { lastUpdated: "2020-01-01T00:00:00Z", versionId: "10" },
      ],
      "0",
    ],
    [
      "instants, not text",
      "collection",
      [{ lastUpdated: "2021-01-01T00:30:00+02:00" }, { lastUpdated: "2020-12-31T23:00:00Z" }],
      "1",
    ],
    ["numbers, not text", "collection", [{ versionId: "10" }, { versionId: "9" }], "0"],
    ["the last of a collection", "collection", [undefined, undefined, undefined], "2"],
    ["the first of a history", "history", [undefined, undefined, undefined], "0"],
    [
      "the newest of a history in any order",
      "history",
      [{ versionId: "1" }, { versionId: "3" }, { versionId: "2" }],
      "1",
    ],
    [
      "ids of versions that are no numbers: the Bundle's order",
      "collection",
      [{ versionId: "b" }, { versionId: "a" }],
      "1",
    ],
  ])("versions: %s", (_, type, metas, expected) => {
    expect(versions(type, ...metas)).toBe(expected);
  });

  it("of a history that deletes a resource last are left out, and those that it makes again count", () => {
    const gone = { fullUrl: `${EHR}/Observation/o`, request: { method: "DELETE", url: "Observation/o" } };
    const history = (...entry: Entry[]) =>
      readBundle({ ...(bundle(patient(), visit("e1"), ...entry) as JsonObject), type: "history" });
    const found = history(gone, ehr("Observation", "o"), ehr("Observation", "o", { status: "x" }));
    expect(placesOf(found)).toEqual(["e1: e1 p1"]);
    expect(found.leftOut).toHaveLength(3);
    accountsForAll(found);
    expect(placesOf(history(ehr("Observation", "o"), gone))).toEqual(["e1: e1 o p1"]);
    expect(placesOf(read(patient(), visit("e1"), gone, ehr("Observation", "o")))).toEqual(["e1: e1 o p1"]); // no history
  });

  it("repeated, without a resource, or of another type under one fullUrl are named", () => {
    const found = read(
      patient(),
      visit("e1"),
      visit("e1"),
      { fullUrl: `${EHR}/Observation/gone`, request: { method: "DELETE", url: "Observation/gone" } },
      { request: { method: "GET", url: "x" } },
      { ...ehr("Condition", "c"), fullUrl: `${EHR}/Thing/1` },
      { ...ehr("Observation", "o"), fullUrl: `${EHR}/Thing/1` },
      { fullUrl: "urn:uuid:ABCDEF00-0000-4000-8000-000000000001", resource: { resourceType: "Goal", id: "1" } },
      { fullUrl: "urn:uuid:abcdef00-0000-4000-8000-000000000001", resource: { resourceType: "Goal", id: "1", a: 1 } },
    );
    expect(leftOutOf(found).sort()).toEqual([
      "Encounter/e1: the same resource stands in the Bundle twice",
      "Observation/gone: the entry holds no resource",
      "Thing/1: a Observation of the Bundle has the same fullUrl",
      "entry[4]: the entry holds no resource",
      "urn:uuid:ABCDEF00-0000-4000-8000-000000000001: an older version of a resource in the Bundle",
    ]);
    accountsForAll(found);
  });

  it("that tell several things at once are refused, with a code and a message that says so", () => {
    expect(() => shared("16-nested-bundle")).toThrow(
      "Entry 0 is a Bundle inside the Bundle. Give each inner Bundle as a file of its own.",
    );
    expect(codeOf(() => read(patient(), visit("e1"), ehr("Bundle", "b")))).toBe("nested-bundle");
    expect(() => read(patient(), ehr("Patient", "p2"))).toThrow("The Bundle holds 2 Patients");
    expect(codeOf(() => read(patient(), ehr("Patient", "p2")))).toBe("several-patients");
    expect(codeOf(() => read(patient(), patient({ gender: "female" })))).toBe("accepted"); // two versions of one
    expect(codeOf(() => read(visit("e1")))).toBe("no-patient");
    expect(codeOf(() => readBundle('{"resourceType":"Bundle"}'))).toBe("no-patient");
    expect(codeOf(() => readBundle("{"))).toBe("not-json");
    for (const json of [
      "[]",
      "null",
      '"Bundle"',
      "7",
      '{"resourceType":"Patient"}',
      '{"resourceType":"Bundle","entry":{}}',
    ])
      expect(
        codeOf(() => readBundle(json)),
        json,
      ).toBe("not-a-bundle");
    for (const entry of [
      "null",
      "1",
      "[]",
      '{"resource":null}',
      '{"resource":[]}',
      '{"resource":{}}',
      '{"resource":{"resourceType":1}}',
    ])
      expect(
        codeOf(() => readBundle(`{"resourceType":"Bundle","entry":[${entry}]}`)),
        entry,
      ).toBe("bad-entry");
  });

  it("without a fullUrl or an id stay apart", () => {
    const one = { resource: { resourceType: "Observation", status: "final" } as JsonObject };
    const found = read(patient(), visit("e1"), one, one, { resource: { resourceType: "Observation" } });
    expect(new Set(found.visits[0]!.entries.map(({ fullUrl }) => fullUrl)).size).toBe(5);
    accountsForAll(found);
  });

  it("of a record come back as they were written; a record may be a single resource", () => {
    for (const { bundle: sample } of samplePatients())
      for (const { entries } of sample.visits)
        expect(writeJson(readRecord(writeRecord(entries)) as never)).toBe(writeJson(entries as never));
    expect(readRecord('{"resourceType":"Observation","id":"o"}').map(({ fullUrl }) => fullUrl)).toEqual([
      "https://fhir.invalid/Observation/o",
    ]);
    expect(codeOf(() => readRecord("{}"))).toBe("bad-entry");
  });
});

describe("references", () => {
  const uuid = "0d2177ba-f67b-4f29-addb-91040de55388";
  const identified = { identifier: [{ system: "urn:s", value: "a|1" }, { value: "7" }] };
  const { entries } = readEntries(
    bundle(
      ehr("Observation", "here", { contained: [{ resourceType: "Medication", id: "m" }, { id: 5 }] }),
      ehr("Practitioner", "1", identified),
      at("https://other.example/fhir", "Practitioner", "2"),
      at("urn", "Location", uuid),
      at("urn", "Device", "d", { identifier: [{ system: "urn:s", value: "twice" }] }),
      at(undefined, "Group", "g", { identifier: [{ system: "urn:s", value: "twice" }] }),
      at("urn", "Organization", "o"),
      at("https://other.example/fhir", "Organization", "o"),
    ),
  );
  const references = new References(entries);
  const resolve = (element: Json, from = 0): string => {
    const target = references.resolve(entries[from]!, element);
    if (target.kind === "outside") return "outside";
    const resource = target.kind === "entry" ? target.entry.resource : target.resource;
    return `${target.kind} ${resource.resourceType}/${resource.id}`;
  };
  it.each<[string, string]>([
    ["#m", "contained Medication/m"],
    ["#none", "outside"],
    ["#", "entry Observation/here"],
    ["Practitioner/1", "entry Practitioner/1"],
    ["Practitioner/1/_history/3", "entry Practitioner/1"],
    [`${EHR}/Practitioner/1`, "entry Practitioner/1"],
    [`${EHR}/Practitioner/1/_history/3`, "entry Practitioner/1"],
    ["https://ehr.example/fhir2/Practitioner/1", "outside"],
    ["http://ehr.example/fhir/Practitioner/1", "outside"],
    ["https://evil.example/?x=https://ehr.example/fhir/Practitioner/1", "outside"],
    ["Practitioner/2", "outside"],
    ["https://other.example/fhir/Practitioner/2", "entry Practitioner/2"],
    ["practitioner/1", "outside"],
    ["Practitioner/", "outside"],
    ["1", "outside"],
    ["/Practitioner/1", "outside"],
    [`urn:uuid:${uuid}`, `entry Location/${uuid}`],
    [`urn:uuid:${uuid.toUpperCase()}`, `entry Location/${uuid}`],
    [`URN:UUID:${uuid}`, `entry Location/${uuid}`],
    [`Location/${uuid}`, `entry Location/${uuid}`],
    [`Location/${uuid.toUpperCase()}`, `entry Location/${uuid}`],
    ["Device/d", "entry Device/d"],
    ["Device/D", "outside"],
    ["Group/g", "entry Group/g"],
    ["Practitioner?identifier=urn:s|a|1", "entry Practitioner/1"],
    ["Practitioner?identifier=urn%3As%7Ca%7C1", "entry Practitioner/1"],
    [`${EHR}/Practitioner?identifier=urn:s|a|1`, "entry Practitioner/1"],
    ["Practitioner?active=true&identifier=urn:s|a|1", "entry Practitioner/1"],
    ["Practitioner?identifier=urn:s|a|2", "outside"],
    ["Location?identifier=urn:s|a|1", "outside"],
    ["Practitioner?identifier=%E0%A4%A", "outside"],
    ["Practitioner?_id=1", "entry Practitioner/1"],
    ["Practitioner?name=x", "outside"],
    ["Practitioner?identifier=", "outside"],
    ["Organization/o", "entry Organization/o"],
  ])("%s leads to: %s", (reference, expected) => {
    expect(resolve({ reference })).toBe(expected);
  });

  it("by identifier only lead to the one entry that has it, of the type that is said", () => {
    const identifier = { system: "urn:s", value: "a|1" };
    expect(resolve({ identifier })).toBe("entry Practitioner/1");
    expect(resolve({ identifier, type: "Practitioner" })).toBe("entry Practitioner/1");
    expect(resolve({ identifier, type: "Location" })).toBe("outside");
    expect(resolve({ identifier: { value: "7" } })).toBe("outside"); // means nothing beyond its source
    expect(resolve({ identifier: { system: "urn:s", value: "twice" } })).toBe("outside");
    expect(resolve({ identifier: { system: "urn:s", value: "twice" }, type: "Device" })).toBe("entry Device/d");
    for (const odd of [
      null,
      1,
      "x",
      [],
      {},
      { reference: 1 },
      { reference: "" },
      { identifier: [] },
      { display: "x" },
    ] as Json[])
      expect(resolve(odd)).toBe("outside");
  });

  it("never reach another server's resource of the same number, and only exact text is an absolute one", () => {
    expect(resolve({ reference: "Practitioner/1" }, 2)).toBe("outside"); // written at other.example
    expect(resolve({ reference: "Practitioner/2" }, 2)).toBe("entry Practitioner/2");
    expect(resolve({ reference: "#m" }, 1)).toBe("outside"); // contained elsewhere
    expect(resolve({ reference: "Practitioner/1" }, 4)).toBe("entry Practitioner/1"); // a URN has no base
  });
});

describe("whose resource it is", () => {
  it("case 05: an absolute subject on another server is another person", () => {
    const found = shared("05-foreign-absolute");
    expect(placesOf(found)).toEqual(["e1: e1 p1 o1"]);
    expect(found.foreignEncounters).toEqual([`${EHR}/Encounter/e2`]);
    expect(leftOutOf(found)).toEqual([
      "Encounter/e2: the Encounter is another person's",
      "Observation/ob2: it is about another person, or a person that the Bundle does not hold",
    ]);
    expect(writeRecord(found.visits[0]!.entries)).not.toContain("HIV");
    accountsForAll(found);
  });

  const mrn = { system: "urn:mrn", value: "77" };
  const known = patient({ identifier: [mrn], birthDate: "1984-02-29" });
  it.each<[string, object]>([
    ["relative", { subject: ref("Patient/p1") }],
    ["versioned", { subject: ref("Patient/p1/_history/4") }],
    ["absolute", { subject: ref(`${EHR}/Patient/p1`) }],
    ["conditional", { subject: ref("Patient?identifier=urn:mrn|77") }],
    ["conditional, encoded, absolute", { subject: ref(`${EHR}/Patient?identifier=urn%3Amrn%7C77`) }],
    ["conditional without a system", { subject: ref("Patient?identifier=77") }],
    ["by id", { subject: ref("Patient?_id=p1") }],
    ["logical", { subject: { identifier: mrn } }],
    ["logical without a system", { subject: { identifier: { value: "77" } } }],
    [
      "logical, of a type by URL",
      { subject: { type: "http://hl7.org/fhir/StructureDefinition/Patient", identifier: mrn } },
    ],
    [
      "logical, of another system, with the name",
      { subject: { identifier: { system: "urn:x", value: "1" }, display: "Sample, Quill" } },
    ],
    ["elsewhere, with our number", { subject: { reference: "https://mpi.example/Patient/9", identifier: mrn } }],
    ["display only", { subject: { display: "SAMPLE, QUILL" } }],
    ["contained", { subject: ref("#c"), contained: [{ resourceType: "Patient", id: "c", identifier: [mrn] }] }],
    [
      "contained, by name",
      { subject: ref("#c"), contained: [{ resourceType: "Patient", id: "c", name: [{ text: "Quill Sample" }] }] },
    ],
    [
      "contained, by name and birth date",
      {
        subject: ref("#c"),
        contained: [{ resourceType: "Patient", id: "c", name: [{ family: "Sample" }], birthDate: "1984-02-29" }],
      },
    ],
    ["no subject", {}],
    ["a group", { subject: ref("Group/g") }],
    ["a device", { subject: { display: "Pump", type: "Device" } }],
    ["a doctor of the family's name", { participant: [{ actor: { display: "Dr. John Sample" } }] }],
    ["one of several subjects", { subject: [ref("Patient/other"), ref("Patient/p1")] }],
    ["a participant", { participant: [{ actor: ref("Practitioner/x") }, { actor: ref("Patient/p1") }] }],
    ["beneficiary", { beneficiary: ref("Patient/p1") }],
  ])("the patient's: %s", (_, more) => {
    const found = read(known, visit("e1"), ehr("Observation", "x", more));
    expect(placesOf(found)).toEqual(["e1: e1 x p1"]);
  });

  it.each<[string, object]>([
    ["relative", { subject: ref("Patient/p2") }],
    ["absolute, of the same number", { subject: ref("https://other.example/fhir/Patient/p1") }],
    ["a UUID", { patient: ref("urn:uuid:0d2177ba-f67b-4f29-addb-91040de55388") }],
    ["conditional", { subject: ref("Patient?identifier=urn:mrn|78") }],
    ["conditional, of another system", { subject: ref("Patient?identifier=urn:other|77") }],
    ["conditional, by name", { subject: ref("Patient?name=Other") }],
    ["logical", { subject: { identifier: { system: "urn:mrn", value: "78" }, display: "Quill Sample" } }],
    [
      "elsewhere, with another number",
      { subject: { reference: "https://mpi.example/Patient/9", identifier: { system: "urn:mrn", value: "78" } } },
    ],
    ["display only", { subject: { display: "Maria Sample-Jones" } }],
    [
      "contained, by number",
      {
        subject: ref("#c"),
        contained: [
          {
            resourceType: "Patient",
            id: "c",
            identifier: [{ system: "urn:mrn", value: "78" }],
            name: [{ text: "Quill Sample" }],
          },
        ],
      },
    ],
    [
      "contained, by birth date",
      {
        subject: ref("#c"),
        contained: [{ resourceType: "Patient", id: "c", birthDate: "2014-02-28", name: [{ text: "Quill Sample" }] }],
      },
    ],
    [
      "contained, of the family",
      {
        subject: ref("#c"),
        contained: [{ resourceType: "Patient", id: "c", name: [{ family: "Sample", given: ["Maria"] }] }],
      },
    ],
    ["all subjects", { subject: [ref("Patient/a"), ref("Group/b")] }],
    ["all participants", { participant: [{ actor: ref("Practitioner/x") }, { actor: ref("Patient/p2") }] }],
    ["for", { for: ref("Patient/p2") }],
    ["not contained at all", { subject: ref("#none") }],
  ])("another person's: %s", (_, more) => {
    const found = read(known, visit("e1"), ehr("Observation", "x", more));
    expect(placesOf(found)).toEqual(["e1: e1 p1"]);
    expect(found.leftOut).toHaveLength(1);
    accountsForAll(found);
  });

  it("and all that belongs to another person's visit, thing or resource goes with it", () => {
    const found = read(
      known,
      visit("e1"),
      visit("e2", undefined, { subject: ref("Patient/p2") }),
      ehr("Observation", "silent", { encounter: ref("Encounter/e2") }),
      ehr("Device", "pump", { patient: ref("Patient/p2") }),
      ehr("Observation", "mine", { ...P, encounter: ref("Encounter/e1"), device: ref("Device/pump") }),
      ehr("Provenance", "of-theirs", { target: [ref("Observation/silent")] }),
      ehr("Provenance", "of-both", { target: [ref("Observation/silent"), ref("Observation/mine")] }),
      ehr("Person", "id"),
    );
    expect(placesOf(found)).toEqual(["e1: e1 mine of-both p1"]);
    expect(leftOutOf(found)).toHaveLength(5);
    accountsForAll(found);
  });

  it("resolves a Patient without fullUrl beside entries that have one", () => {
    const { fullUrl: _, ...bare } = known;
    expect(placesOf(read(bare, visit("e1"), ehr("Observation", "x", P)))).toEqual(["e1: e1 x p1"]);
  });
});

describe("organisations", () => {
  const names = ({ visits, organizations }: PatientBundle): string[] =>
    visits.map(({ organizationRef }) => organizations.find(({ key }) => key === organizationRef)!.name);

  it.each(["06-contained-organisation", "06b-contained-organisation-display", "06c-logical-organisation"])(
    "case %s: two clinics, each with its name",
    (name) => {
      const found = shared(name);
      expect(names(found)).toEqual(["Heart Clinic", "Skin Clinic"]);
      expect(new Set(found.visits.map(({ organizationRef }) => organizationRef)).size).toBe(2);
    },
  );

  it("case 27: two sources number alike, and are two clinics", () => {
    const [a, b] = [shared("27-relative-orgs", "a.json", "a"), shared("27-relative-orgs", "b.json", "b")];
    expect(mergeOrganizations([a, b]).map(({ name }) => name)).toEqual(["Clinic in Aarhus", "Clinic in Bari"]);
    const loaded = loadPatients(data("fhir-cases/27-relative-orgs")).patients.map((file) => file.bundle);
    expect(mergeOrganizations(loaded)).toHaveLength(2);
  });

  const with_ = (...providers: object[]): Entry[] =>
    providers.map((serviceProvider, i) => visit(`e${i}`, `202${i}`, { serviceProvider }));
  const keysOf = (...entries: Entry[]): string[] =>
    read(patient(), ...entries).visits.map(({ organizationRef }) => organizationRef);

  it("are one by identifier, however they are referred to and in every source", () => {
    const identifier = [{ system: "urn:npi", value: "1" }];
    const keys = keysOf(
      ehr("Organization", "o", { identifier, name: "Clinic" }),
      ...with_(
        ref("Organization/o"),
        ref(`${EHR}/Organization/o/_history/2`),
        ref("Organization?identifier=urn:npi|1"),
        { identifier: identifier[0] },
      ),
      visit("c", "2030", {
        serviceProvider: ref("#o"),
        contained: [{ resourceType: "Organization", id: "o", identifier }],
      }),
    );
    expect(new Set(keys)).toEqual(new Set(["urn:npi|1"]));
    const of = (source: string, id: string) =>
      readBundle(
        bundle(patient(), ehr("Organization", id, { identifier, name: source }), ...with_(ref(`Organization/${id}`))),
        { source },
      );
    expect(mergeOrganizations([of("a", "1"), of("b", "2")])).toEqual([{ key: "urn:npi|1", name: "a" }]);
  });

  it("are two by number, server, name or content", () => {
    const different: object[][] = [
      [ref("Organization/1"), ref("Organization/2")], // neither stands in the Bundle, and neither has a name
      [
        { reference: "Organization/1", display: "Clinic" },
        { reference: "Organization/2", display: "Clinic" },
      ],
      [{ display: "A" }, { display: "B" }],
      [
        { identifier: { system: "urn:a", value: "1" }, display: "X" },
        { identifier: { system: "urn:b", value: "1" }, display: "X" },
      ],
      [ref("https://a.example/Organization/1"), ref("https://b.example/Organization/1")],
      [ref("urn:uuid:0d2177ba-f67b-4f29-addb-91040de55388"), ref("urn:uuid:0d2177ba-f67b-4f29-addb-91040de55389")],
      [ref("Organization/1"), {}],
    ];
    for (const providers of different)
      expect(new Set(keysOf(...with_(...providers))).size, JSON.stringify(providers)).toBe(2);
    const other = at("https://b.example/fhir", "Encounter", "x", {
      subject: ref(`${EHR}/Patient/p1`),
      serviceProvider: { reference: "Organization/1", display: "C" },
    });
    expect(new Set(keysOf(...with_({ reference: "Organization/1", display: "C" }), other)).size).toBe(2);
  });

  it("without a word on who they are are one unknown organisation per source", () => {
    const unknown = (source: string) =>
      readBundle(bundle(patient(), visit("e1"), ...with_({}, ref("#none"))), { source });
    const merged = mergeOrganizations([unknown("a"), unknown("b")]);
    expect(merged.map(({ name }) => name)).toEqual(["Unknown organisation", "Unknown organisation"]);
  });

  it("have the name of the entry, else the display, else something that tells them apart", () => {
    expect(
      names(
        read(
          patient(),
          ehr("Organization", "o", { name: "N" }),
          ...with_({ reference: "Organization/o", display: "D" }),
        ),
      ),
    ).toEqual(["N"]);
    expect(
      names(
        read(
          patient(),
          ehr("Organization", "o"),
          ...with_({ reference: "Organization/o", display: "D" }, ref("Organization/o")),
        ),
      ),
    ).toEqual(["D", "D"].map(() => "Organisation o"));
    expect(names(read(patient(), ...with_(ref("Organization/9"))))).toEqual([`Organisation ${EHR}/Organization/9`]);
  });
});

describe("the place of each resource", () => {
  it("case 08: every resource is filed or carried, and the one that nothing refers to is named", () => {
    const found = shared("08-dropped-resources");
    expect(placesOf(found)).toEqual(["e1: e1 ob1 al1 ma1 ms1 md1 mr1 dr1 im1 sp1 ob9 p1 o1 m1"]);
    expect(leftOutOf(found)).toEqual(["Practitioner/pr1: no resource of a visit refers to it"]);
    accountsForAll(found);
  });

  it("is the Encounter that it names, in any element that may name one", () => {
    const e = ref("Encounter/e2");
    const found = read(
      patient(),
      visit("e1", "2020"),
      visit("e2", "2021"),
      ehr("Observation", "a", { encounter: e }),
      ehr("ChargeItem", "b", { context: e }),
      ehr("DocumentReference", "c", { context: { encounter: [e] } }),
      ehr("Claim", "d", { item: [{ sequence: 1 }, { encounter: [e] }] }),
      ehr("Observation", "f", { encounter: { identifier: { system: "urn:v", value: "2" } } }),
      ehr("Observation", "g", { encounter: ref("Encounter?identifier=urn:v|3") }), // leads nowhere
      ehr("Observation", "h", { encounter: ref("Encounter/none") }),
      ehr("Observation", "i", { context: ref("EpisodeOfCare/1"), encounter: null }),
    );
    expect(placesOf(found)).toEqual(["e1: e1 f g h i p1", "e2: e2 a b c d p1"]);
    accountsForAll(found);
  });

  it("is else the visit in or before whose period it was recorded, else the first one", () => {
    const on = (id: string, more: object): Entry =>
      ehr("AllergyIntolerance", id, { patient: ref("Patient/p1"), ...more });
    const found = read(
      patient(),
      visit("late", "2022-05-01T10:00:00Z"),
      visit("undated"),
      visit("stay", undefined, { period: { start: "2021-01-01", end: "2021-01-31" } }),
      visit("during", "2021-01-10T09:00:00+01:00"),
      on("before", { recordedDate: "2019-01-01" }),
      on("in-stay", { recordedDate: "2021-01-20" }),
      on("same-day", { recordedDate: "2021-01-10" }),
      on("between", { recordedDate: "2021-06-01T00:00:00Z" }),
      on("after", { recordedDate: "2030" }),
      on("year", { recordedDate: "2022" }),
      on("none", {}),
      on("bad", { recordedDate: "2021-02-30" }),
      ehr("Immunization", "occurred", { patient: ref("Patient/p1"), occurrenceDateTime: "2022-05-01" }),
      ehr("Goal", "started", { ...P, startDate: "2021-01-15" }),
      ehr("CarePlan", "period", { ...P, period: { start: "2022-06-01", end: "2023-01-01" } }),
      ehr("Observation", "recorded-later", { ...P, effectiveDateTime: "2021-01-15", issued: "2022-05-02T00:00:00Z" }),
    );
    expect(placesOf(found)).toEqual([
      "stay: stay before in-stay none bad started p1",
      "during: during same-day between year p1",
      "late: late after occurred period recorded-later p1",
      "undated: undated p1",
    ]);
    accountsForAll(found);
  });

  it("of a Provenance is that of its target, also of one that is filed by date", () => {
    const found = read(
      patient(),
      visit("e1", "2020-01-01"),
      visit("e2", "2021-01-01"),
      ehr("AllergyIntolerance", "a", { patient: ref("Patient/p1"), recordedDate: "2020-02-01" }),
      ehr("Observation", "o", { ...P, encounter: ref("Encounter/e2") }),
      ehr("Provenance", "pa", { recorded: "2022-01-01T00:00:00Z", target: [ref("AllergyIntolerance/a")] }),
      ehr("Provenance", "po", { recorded: "2020-01-02T00:00:00Z", target: [ref("Observation/o/_history/1")] }),
      ehr("Provenance", "free", { recorded: "2021-03-01T00:00:00Z", target: [ref("Thing/1")] }),
    );
    expect(placesOf(found)).toEqual(["e1: e1 a pa p1", "e2: e2 o po free p1"]);
  });

  it("carries what a visit refers to, transitively, with every visit that does, and nothing of another visit", () => {
    const found = read(
      patient(),
      visit("e1", "2020", {
        participant: [{ individual: ref("PractitionerRole/r") }],
        location: [{ location: ref("Location/l") }],
      }),
      visit("e2", "2021", {
        participant: [{ individual: ref("PractitionerRole/r") }],
        diagnosis: [{ condition: ref("Condition/c") }],
      }),
      ehr("PractitionerRole", "r", { practitioner: ref("Practitioner/d"), organization: ref("Organization/h") }),
      ehr("Practitioner", "d"),
      ehr("Organization", "h", { partOf: ref("Organization/top"), endpoint: [ref("Endpoint/x")] }),
      ehr("Organization", "top", { partOf: ref("Organization/h") }), // a circle
      ehr("Endpoint", "x"),
      ehr("Location", "l", { managingOrganization: ref("Organization/h") }),
      ehr("Condition", "c", { ...P, encounter: ref("Encounter/e1") }),
      ehr("MedicationRequest", "mr", {
        ...P,
        encounter: ref("Encounter/e2"),
        medicationReference: ref("Medication/m"),
      }),
      ehr("Medication", "m", { ingredient: [{ itemReference: ref("Substance/s") }] }),
      ehr("Substance", "s"),
      ehr("MedicationRequest", "mc", {
        ...P,
        encounter: ref("Encounter/e1"),
        medicationReference: ref("#in"),
        contained: [{ resourceType: "Medication", id: "in", manufacturer: ref("Organization/maker") }],
      }),
      ehr("Organization", "maker"),
      ehr("DiagnosticReport", "dr", {
        ...P,
        encounter: ref("Encounter/e2"),
        specimen: [ref("Specimen/sp")],
        presentedForm: [{ url: "Binary/b" }],
      }),
      ehr("Specimen", "sp", { ...P, receivedTime: "2020-06-01T00:00:00Z" }),
      ehr("Binary", "b", { contentType: "text/plain" }),
      ehr("DocumentReference", "doc", {
        ...P,
        context: { encounter: [ref("Encounter/e1")] },
        content: [{ attachment: { contentType: "text/plain", url: `${EHR}/Binary/b2` } }],
      }),
      ehr("Binary", "b2"),
      ehr("Device", "own", { patient: ref("Patient/p1") }),
      ehr("Device", "scanner"),
      ehr("Observation", "o", {
        ...P,
        encounter: ref("Encounter/e1"),
        device: ref("Device/scanner"),
        extension: [{ url: "urn:x", valueReference: ref("Group/g") }],
      }),
      ehr("Group", "g"),
      ehr("Practitioner", "unused"),
    );
    expect(placesOf(found)).toEqual([
      "e1: e1 c mc sp doc own o p1 r d h top x l maker b2 scanner g",
      "e2: e2 mr dr p1 r d h top x m s sp b",
    ]);
    expect(leftOutOf(found)).toEqual(["Practitioner/unused: no resource of a visit refers to it"]);
    accountsForAll(found);
  });

  it("carries the definition that a resource names by its canonical URL", () => {
    const found = read(
      patient(),
      visit("e1"),
      ehr("QuestionnaireResponse", "qr", {
        ...P,
        encounter: ref("Encounter/e1"),
        questionnaire: "http://x.example/q|2",
      }),
      ehr("CarePlan", "cp", { ...P, encounter: ref("Encounter/e1"), instantiatesCanonical: ["http://x.example/plan"] }),
      ehr("Questionnaire", "q", { url: "http://x.example/q", derivedFrom: ["http://x.example/base"] }),
      ehr("Questionnaire", "base", { url: "http://x.example/base" }),
      ehr("PlanDefinition", "plan", { url: "http://x.example/plan" }),
      ehr("Questionnaire", "unused", { url: "http://x.example/q2" }),
    );
    expect(placesOf(found)).toEqual(["e1: e1 qr cp p1 q base plan"]);
    expect(found.leftOut).toHaveLength(1);
  });

  it("of the sample patients: every entry has one, in visits by date", () => {
    const samples = samplePatients();
    expect(samples.map(({ bundle: one }) => one.visits.length)).toEqual([8, 17, 23]);
    for (const { bundle: one } of samples) {
      accountsForAll(one);
      expect(one.leftOut).toEqual([]);
      const starts = one.visits.map(({ start }) => Date.parse(start!));
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
    }
  });
});

describe("dates of visits", () => {
  it("case 17: leap second, year, month, unknown and zone each have their place", () => {
    const found = shared("17-dates");
    expect(found.visits.map(({ encounterId }) => encounterId)).toEqual(["e3", "e2", "e1", "e5", "e6", "e4"]);
    expect(found.visits.at(-1)!.start).toBeUndefined();
  });
  it("case 17b: a day that the calendar does not have is refused, with its place", () => {
    expect(() => shared("17b-feb30")).toThrow(`${EHR}/Encounter/e1: "2015-02-30" is not a FHIR date.`);
    for (const start of ["2015-04-31T10:00:00Z", "03/04/2019", "2019-01-01T24:00:00Z", "soon"])
      expect(
        codeOf(() => read(patient(), visit("e1", start))),
        start,
      ).toBe("bad-date");
  });
  it("order by instants and not by text, by the end where there is no start, with undated visits last", () => {
    const found = read(
      patient(),
      visit("undated"),
      visit("b", "2020-01-01T00:30:00+02:00"), // 2019 in UTC
      visit("c", undefined, { period: { end: "2020-01" } }),
      visit("a", "2019-12-31T22:00:00Z"),
      visit("undated2"),
    );
    expect(found.visits.map(({ encounterId }) => encounterId)).toEqual(["a", "b", "c", "undated", "undated2"]);
  });
});

describe("a Bundle without Encounters", () => {
  it.each([
    ["IPS_IG-bundle-01.json", "2017-12-11T14:30:00+01:00"],
    ["IPS_IG_bundle-minimal.json", undefined],
    ["EU_Giorgio_Cangioli_02.json", undefined],
    ["CH_HL7CH_Examples_01.json", undefined],
  ])("%s is one visit that holds every entry", (file, start) => {
    const found = readBundle(readFileSync(data(`ips/${file}`)));
    expect(found.visits).toHaveLength(1);
    expect(found.leftOut).toEqual([]);
    expect(found.visits[0]!.entries).toHaveLength(found.size);
    expect(found.organizations[0]!.name).not.toBe("Unknown organisation");
    if (start !== undefined) expect(found.visits[0]!.start).toBe(start);
    accountsForAll(found);
  });

  const document = (more: object): Entry => ehr("Composition", "doc", { ...P, date: "2021-02-03", ...more });
  const clinicOf = (...entries: Entry[]): string => read(patient(), ...entries).organizations[0]!.name;
  it("is at its custodian, else its author or the author's organisation, else the one organisation, else unknown", () => {
    const two = [ehr("Organization", "a", { name: "A" }), ehr("Organization", "b", { name: "B" })];
    const role = ehr("PractitionerRole", "r", { organization: ref("Organization/b") });
    const doctor = ehr("Practitioner", "d", { name: [{ family: "Doc" }] });
    expect(clinicOf(document({ custodian: ref("Organization/a"), author: [ref("Organization/b")] }), ...two)).toBe("A");
    expect(clinicOf(document({ author: [ref("Organization/b")] }), ...two)).toBe("B");
    expect(clinicOf(document({ author: [ref("PractitionerRole/r")] }), role, ...two)).toBe("B");
    expect(clinicOf(document({ author: [ref("Practitioner/d")] }), doctor, ...two)).toBe("Doc");
    expect(clinicOf(document({ author: [ref("Patient/p1"), { display: "Shown" }] }), ...two)).toBe("Shown");
    expect(clinicOf(document({}), two[0]!)).toBe("A");
    expect(clinicOf(document({}), ...two)).toBe("Unknown organisation");
    expect(clinicOf(ehr("Condition", "c", P))).toBe("Unknown organisation");
  });

  it("has the Composition's date, else the Bundle's timestamp; a bad one is refused", () => {
    expect(read(patient(), document({})).visits[0]!.start).toBe("2021-02-03");
    const stamped = {
      ...(bundle(patient(), ehr("Condition", "c", P)) as JsonObject),
      timestamp: "2021-01-01T00:00:00Z",
    };
    expect(readBundle(stamped).visits[0]!.start).toBe("2021-01-01T00:00:00Z");
    expect(codeOf(() => read(patient(), document({ date: "2021-02-30" })))).toBe("bad-date");
  });

  it("leaves out another person's document, and all of it if nothing is the patient's", () => {
    const found = read(patient(), document({ subject: ref("Patient/p2") }), ehr("Organization", "a"));
    expect(found.visits).toEqual([]);
    expect(found.leftOut).toHaveLength(3);
    accountsForAll(found);
    expect(read(patient()).leftOut).toEqual([
      { fullUrl: `${EHR}/Patient/p1`, reason: "the Bundle holds no visit of this patient" },
    ]);
  });
});

describe("a folder", () => {
  const inFolder = (files: Record<string, string | Uint8Array>, run: (directory: string) => void): void => {
    const directory = mkdtempSync(join(tmpdir(), "patients-"));
    try {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
      run(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  const good = JSON.stringify(bundle(patient(), visit("e1")));

  it("case 13: dot files are passed over", () => {
    const { patients, refused } = loadPatients(data("fhir-cases/13-appledouble"));
    expect(patients.map(reportFileName)).toEqual(["a.json.report.json"]);
    expect(refused).toEqual([]);
  });
  it("case 26: a bad file is named with its reason, and the other goes on", () => {
    const { patients, refused } = loadPatients(data("fhir-cases/26-one-bad-date"));
    expect(patients.map(({ file }) => file)).toEqual(["a.json"]);
    expect(refused).toMatchObject([
      { file: "b.json", reason: `${EHR}/Encounter/e1: "2019-1-7 T" is not a FHIR date.` },
    ]);
  });
  it("of all kinds of files: each that is not one patient's Bundle is passed over or named", () => {
    const files = {
      "good.json": good,
      "latin1.json": Buffer.from(good.replace("Sample", "Müller"), "latin1"),
      "cut.json": good.slice(0, 99),
      "twice.json": '{"resourceType":"Bundle","resourceType":"Bundle"}',
      "two.json": JSON.stringify(bundle(patient(), ehr("Patient", "p2"))),
      "hospital.json": JSON.stringify(bundle(ehr("Organization", "o"))),
      "letter.pdf": "%PDF",
      LICENSE: "not input",
    };
    inFolder(files, (directory) => {
      const { patients, refused } = loadPatients(directory);
      expect(patients.map(({ file }) => file)).toEqual(["good.json"]);
      expect(refused.map(({ file }) => file).sort()).toEqual(["cut.json", "latin1.json", "twice.json", "two.json"]);
    });
  });
  it("that cannot be read at all is an error that names it", () => {
    expect(() => loadPatients(data("none"))).toThrow(/none: no such directory/);
    inFolder({ "a.txt": "" }, (directory) => expect(() => loadPatients(directory)).toThrow(/holds no \*\.json file/));
    inFolder({ "a.json": "oops" }, (directory) =>
      expect(loadPatients(directory).refused).toEqual([{ file: "a.json", reason: "The content is not JSON." }]),
    );
  });
});
