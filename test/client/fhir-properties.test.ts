// For Bundles of any shape: every entry is accounted for, no record holds what stood in references to the patient, and all else
// comes back.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson, writeJson } from "../../client/fhir/json.ts";
import { prepareVisit } from "../../client/fhir/prepare.ts";
import { fromTid, tidUrl, toTid } from "../../client/fhir/pseudonymise.ts";
import { readContent, readRecord, writeRecord } from "../../client/fhir/record.ts";
import { type FhirEntry, FhirInputError, type Json, type JsonObject } from "../../client/fhir/resource.ts";
import { readBundle } from "../../client/fhir/select.ts";

const TID = "K7QX-3M9P-TR4WZ";
const EHR = "https://ehr.example/fhir";
const UUID = "0d2177ba-f67b-4f29-addb-91040de55388";
const NUMBER = { system: "urn:mrn", value: "MRN-774411" };
const IDENTITY = /774411|sample|quill|0d2177ba/i;

/** One Patient, under one of three kinds of fullUrl, and every text that means it. */
const person = fc.constantFrom(`${EHR}/Patient/${UUID}`, `urn:uuid:${UUID}`, undefined).map((fullUrl) => ({
  ...(fullUrl && { fullUrl }),
  resource: { resourceType: "Patient", id: UUID, identifier: [NUMBER], name: [{ family: "Sample", given: ["Quill"] }] },
}));
const toPatient: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .constantFrom(
      `Patient/${UUID}`,
      `Patient/${UUID.toUpperCase()}`,
      `Patient/${UUID}/_history/2`,
      "Patient?identifier=urn:mrn|MRN-774411",
      "Patient?identifier=urn%3Amrn%7CMRN-774411",
      `${EHR}/Patient?identifier=urn:mrn|MRN-774411`,
      `Patient?_id=${UUID}`,
    )
    .chain((reference) =>
      fc.constantFrom<JsonObject>(
        { reference },
        { reference, display: "Quill Sample" },
        { type: "Patient", reference, identifier: NUMBER },
      ),
    ),
  fc.constantFrom<JsonObject>({ identifier: NUMBER }, { identifier: NUMBER, display: "SAMPLE, QUILL" }),
);
/** Any JSON whose members could be FHIR: none begins with a digit. */
const plain = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !/"\d/.test(JSON.stringify(value)))
  .map((value) => value as Json);
const ids = fc.constantFrom("1", "2", "3", "a-b.c", UUID.replace("0d", "1e"));
const types = fc.constantFrom(
  "Encounter",
  "Encounter",
  "Observation",
  "AllergyIntolerance",
  "Practitioner",
  "Organization",
  "Medication",
  "Provenance",
  "Composition",
  "Device",
  "Binary",
  "Specimen",
  "Claim",
  "Thing",
);
const elsewhere: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .tuple(types, ids, fc.constantFrom("", `${EHR}/`, "https://other.example/"), fc.constantFrom("", "/_history/1"))
    .map(([type, id, base, version]) => ({ reference: `${base}${type}/${id}${version}` })),
  ids.map((id) => ({ reference: `urn:uuid:${id}` })),
  ids.map((id) => ({ reference: `#${id}` })),
  ids.map((value) => ({ identifier: { system: "urn:s", value } })),
  fc.tuple(types, ids).map(([type, id]) => ({ reference: `${type}?identifier=urn:s|${id}` })),
  fc.constantFrom<JsonObject>(
    { display: "Somebody" },
    { reference: "Patient/other" },
    { reference: "https://other.example/Patient/1" },
    {},
    { reference: "" },
    { reference: "x y" },
  ),
);
const reference = fc.oneof(toPatient, elsewhere);
const date = fc.constantFrom("2020", "2021-03", "2021-03-04", "2021-03-04T09:00:00+01:00", "2016-12-31T23:59:60Z");
const resource = fc.record(
  {
    resourceType: types,
    id: ids,
    subject: reference,
    patient: reference,
    encounter: elsewhere,
    context: fc.oneof(
      elsewhere,
      fc.array(elsewhere, { maxLength: 2 }).map((encounter) => ({ encounter })),
    ),
    serviceProvider: elsewhere,
    period: fc.record({ start: date, end: date }, { requiredKeys: [] }),
    issued: fc.oneof(date, fc.constant("never")),
    target: fc.array(elsewhere, { maxLength: 2 }),
    author: fc.array(reference, { maxLength: 2 }),
    identifier: fc.array(
      ids.map((value) => ({ system: "urn:s", value })),
      { maxLength: 1 },
    ),
    contained: fc.array(fc.record({ resourceType: types, id: ids, focus: reference }), { maxLength: 2 }),
    extension: fc.array(fc.record({ url: fc.constant("urn:x"), valueReference: reference }), { maxLength: 2 }),
    meta: fc.record({ versionId: fc.constantFrom("1", "2"), lastUpdated: date }, { requiredKeys: [] }),
    value: plain,
  },
  { requiredKeys: ["resourceType"] },
);
type Base = string | undefined;
const entryAt = (bases: Base[]): fc.Arbitrary<object> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.tuple(resource, fc.constantFrom(...bases)).map(([one, base]) => {
        const fullUrl = base === "urn" ? `urn:uuid:${one.id}` : `${base}/${one.resourceType}/${one.id}`;
        return { ...(base === undefined || one.id === undefined ? {} : { fullUrl }), resource: one };
      }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<object>(
        { request: { method: "DELETE", url: "x" } },
        { fullUrl: `${EHR}/Observation/1`, request: { method: "DELETE" } },
      ),
    },
  );
const bundleAt = (...bases: Base[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      person,
      fc.array(entryAt(bases), { maxLength: 14 }),
      fc.nat(),
      fc.constantFrom("collection", "transaction", "history", "document"),
    )
    .map(([patient, entries, position, type]) => {
      const all: object[] = [...entries];
      all.splice(position % (entries.length + 1), 0, patient);
      return JSON.stringify({ resourceType: "Bundle", type, entry: all });
    });
const anyBundle = bundleAt(EHR, "https://other.example", "urn", undefined);
/** "Patient/id" written at another server is another server's patient. */
const ownBundle = bundleAt(EHR, "urn", undefined);

describe("a Bundle of any shape", () => {
  it("is accounted for: each entry is filed, carried or left out, and none is two of them", () => {
    fc.assert(
      fc.property(anyBundle, (text) => {
        const found = readBundle(text);
        const size = (JSON.parse(text) as { entry: unknown[] }).entry.length;
        expect(found.size).toBe(size);
        expect(found.filed + found.carried + found.leftOut.length).toBe(size);
        const placed = new Set(found.visits.flatMap(({ entries }) => entries));
        expect(placed.size).toBe(found.filed + found.carried);
        for (const { reason } of found.leftOut) expect(reason).not.toBe("");
        const keys = found.organizations.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { organizationRef, entries } of found.visits) {
          expect(keys).toContain(organizationRef);
          expect(new Set(entries).size).toBe(entries.length);
          expect(entries).toContain(found.patient);
        }
        // The same input gives the same answer.
        expect(writeJson(readBundle(text).visits as never)).toBe(writeJson(found.visits as never));
      }),
      { numRuns: 400 },
    );
  });

  it("files no resource in two visits, and carries no other visit's resource", () => {
    fc.assert(
      fc.property(anyBundle, (text) => {
        const { visits, filed } = readBundle(text);
        const supporting = /^(?:Patient|Practitioner|Organization|Medication|Device|Binary|Specimen)$/;
        const own = visits.flatMap(({ entries }) =>
          entries.filter(({ resource: r }) => !supporting.test(r.resourceType)),
        );
        expect(new Set(own).size).toBe(own.length);
        expect(own.length).toBeLessThanOrEqual(filed);
      }),
      { numRuns: 200 },
    );
  });

  it("leaves nothing in a record of what stood in references to the patient", () => {
    fc.assert(
      fc.property(ownBundle, (text) => {
        const { visits, patient, references } = readBundle(text);
        for (const { entries } of visits) {
          const made = toTid(entries, { patient, tid: TID, known: references }).entries;
          const record = writeRecord(made, references.source);
          expect(record).not.toMatch(IDENTITY);
          expect(prepareVisit(entries, TID, { patient, references }).content).toBe(record);
          expect(readRecord(record)).toEqual(made);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("comes back, but for the references to the patient", () => {
    const normalised = (value: Json, patient: FhirEntry): Json => {
      if (Array.isArray(value)) return value.map((item) => normalised(item, patient));
      if (typeof value !== "object" || value === null) return value;
      const object = value as JsonObject;
      const isOwn =
        object.reference === patient.fullUrl ||
        IDENTITY.test(JSON.stringify([object.reference, object.identifier] as never));
      if (isOwn) return "the patient";
      return Object.fromEntries(Object.entries(object).map(([name, item]) => [name, normalised(item, patient)]));
    };
    fc.assert(
      fc.property(ownBundle, (text) => {
        const { visits, patient, references } = readBundle(text);
        for (const { entries } of visits) {
          const made = toTid(entries, { patient, tid: TID, known: references }).entries;
          const back = fromTid(readRecord(writeRecord(made)), TID, patient);
          const written = entries.filter((one) => one !== patient);
          expect(writeJson(normalised(back as never, patient))).toBe(writeJson(normalised(written as never, patient)));
          expect(writeJson(back as never)).not.toContain(tidUrl(TID));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("any input at all", () => {
  const isRefusal = (run: () => unknown): boolean => {
    try {
      run();
      return true;
    } catch (error) {
      return error instanceof FhirInputError;
    }
  };

  it("of JSON throws nothing but FhirInputError", () => {
    const json = fc.jsonValue({ stringUnit: "binary" }).map((value) => value as Json);
    const odd = fc.record(
      {
        resourceType: fc.constantFrom<Json>("Bundle", "Patient", 1),
        type: json,
        timestamp: json,
        entry: fc.oneof(
          json,
          fc.array(
            fc.oneof(
              json,
              fc.record(
                {
                  fullUrl: json,
                  resource: fc.oneof(
                    json,
                    fc
                      .dictionary(
                        fc.constantFrom(
                          "id",
                          "meta",
                          "subject",
                          "patient",
                          "encounter",
                          "context",
                          "item",
                          "period",
                          "target",
                          "identifier",
                          "contained",
                          "name",
                          "author",
                          "custodian",
                          "date",
                          "serviceProvider",
                        ),
                        json,
                      )
                      .chain((rest) =>
                        fc
                          .constantFrom("Patient", "Encounter", "Composition", "Provenance", "Claim")
                          .map((resourceType) => ({ ...rest, resourceType })),
                      ),
                  ),
                },
                { requiredKeys: [] },
              ),
            ),
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(json, odd as fc.Arbitrary<Json>), (value) => {
        const text = JSON.stringify(value);
        expect(isRefusal(() => readBundle(text))).toBe(true);
        expect(isRefusal(() => readBundle(value))).toBe(true);
        expect(isRefusal(() => readRecord(text))).toBe(true);
        readContent(new TextEncoder().encode(text), "application/fhir+json"); // never throws
      }),
      { numRuns: 1000 },
    );
  });

  it("of odd members inside a Bundle that can be read is filed and comes back too", () => {
    const json = fc.jsonValue({ stringUnit: "binary" }).map((value) => value as Json);
    const members = fc.dictionary(
      fc.constantFrom(
        "id",
        "meta",
        "encounter",
        "context",
        "item",
        "issued",
        "target",
        "identifier",
        "contained",
        "name",
        "author",
        "extension",
        "text",
        "__proto__",
      ),
      json,
    );
    fc.assert(
      fc.property(fc.array(members, { maxLength: 4 }), members, (resources, ofPatient) => {
        const entries = resources.map((one) => ({ resource: { ...one, resourceType: "Observation" } }));
        const { name: _, id: __, identifier: ___, ...rest } = ofPatient;
        const patient = { fullUrl: "urn:uuid:p", resource: { ...rest, resourceType: "Patient" } };
        const text = JSON.stringify({ resourceType: "Bundle", entry: [patient, ...entries] });
        let found: ReturnType<typeof readBundle>;
        try {
          found = readBundle(parseJson(text));
        } catch (error) {
          if (error instanceof FhirInputError) return;
          throw error;
        }
        for (const visit of found.visits) {
          const { content } = prepareVisit(visit.entries, TID, {
            patient: found.patient,
            references: found.references,
            allow: () => true,
          });
          expect(readContent(new TextEncoder().encode(content), "application/fhir+json").readable).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
