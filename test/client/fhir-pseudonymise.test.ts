// A visit under a TID and back: every reference to the patient becomes the TID, other people are named to the caller, and all
// else comes back as it was written.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { identityLeaks } from "../../client/fhir/leaks.ts";
import { fromTid, pseudonymousPatient, TID_SYSTEM, tidUrl, toTid } from "../../client/fhir/pseudonymise.ts";
import { readRecord, writeRecord } from "../../client/fhir/record.ts";
import { displayName, type FhirEntry, type Json, type JsonObject } from "../../client/fhir/resource.ts";
import { type PatientBundle, readBundle } from "../../client/fhir/select.ts";
import { samplePatients } from "../../local/patients.ts";

const TID = "K7QX-3M9P-TR4WZ";
const URN = tidUrl(TID);
const EHR = "https://ehr.example/fhir";
const shared = (name: string): PatientBundle =>
  readBundle(readFileSync(new URL(`../data/fhir-cases/${name}/a.json`, import.meta.url)));

/** What the clinic seals of all visits, as text. */
const sealedText = ({ visits, patient, references }: PatientBundle): string =>
  visits.map(({ entries }) => writeRecord(toTid(entries, { patient, tid: TID, known: references }).entries)).join("\n");

const mrn = { system: "urn:mrn", value: "MRN-774411" };
const patient: FhirEntry = {
  fullUrl: `${EHR}/Patient/jane-doe-1984`,
  resource: {
    resourceType: "Patient",
    id: "jane-doe-1984",
    identifier: [mrn],
    name: [{ family: "Sample", given: ["Quill"] }],
    gender: "female",
    birthDate: "1984-02-29",
    contact: [{ name: { family: "Next" } }, { name: { family: "Kin" } }],
  },
};
const observation = (more: object): FhirEntry => ({
  fullUrl: `${EHR}/Observation/1`,
  resource: JSON.parse(JSON.stringify({ resourceType: "Observation", id: "1", ...more })),
});
const pseudonymous = (more: object): JsonObject =>
  toTid([observation(more)], { patient, tid: TID }).entries[0]!.resource;
const subjectOf = (subject: object, more: object = {}): Json => pseudonymous({ ...more, subject }).subject!;
const thereAndBack = (more: object): JsonObject =>
  fromTid(toTid([observation(more)], { patient, tid: TID }).entries, TID, patient)[0]!.resource;

describe("shared cases", () => {
  it.each<[string, RegExp]>([
    ["02-conditional-patient-ref", /774411|Sample|Quill/],
    ["03-logical-reference", /774411|Sample|Quill/],
    ["09-display-last-first", /SAMPLE|QUILL|Patient\/p1/],
    ["11-nameless-patient", /Unknown, Female|Patient\/p1|1984/],
    ["28-id-in-url", /jane-doe/],
  ])("%s leaves no identity in the record", (name, identity) => {
    const found = shared(name);
    const text = sealedText(found);
    expect(text).not.toMatch(identity);
    expect(text).toContain(URN);
    expect(writeRecord(found.visits.flatMap(({ entries }) => entries))).toMatch(identity); // control
  });

  it("23: the contained Patient becomes the pseudonymous one, and the narrative is found", () => {
    const { visits, patient: person, references } = shared("23-name-in-text");
    const { entries } = toTid(visits[0]!.entries, { patient: person, tid: TID, known: references });
    const report = entries.find(({ resource }) => resource.resourceType === "DiagnosticReport")!.resource;
    expect(report.contained).toEqual([
      { resourceType: "Patient", id: "pp", identifier: [{ system: TID_SYSTEM, value: TID }] },
    ]);
    expect(report.subject).toEqual({ reference: "#pp" });
    expect(identityLeaks(entries, person).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "name text.div",
      "birth-date text.div",
      "identifier text.div",
    ]);
  });

  it("09 and 11: the display comes back as the patient's name, or is left out if there is none", () => {
    const back = (name: string) => {
      const { visits, patient: person, references } = shared(name);
      const { entries } = toTid(visits[0]!.entries, { patient: person, tid: TID, known: references });
      return fromTid(entries, TID, person)[0]!.resource.subject;
    };
    expect(back("09-display-last-first")).toEqual({ reference: `${EHR}/Patient/p1`, display: "Quill Sample" });
    expect(back("11-nameless-patient")).toEqual({ reference: `${EHR}/Patient/p1` });
  });
});

describe("a reference to the patient", () => {
  it.each([
    "Patient/jane-doe-1984",
    "Patient/jane-doe-1984/_history/2",
    `${EHR}/Patient/jane-doe-1984`,
    `${EHR}/Patient/jane-doe-1984/_history/9`,
    "Patient?identifier=urn:mrn|MRN-774411",
    "Patient?identifier=urn%3Amrn%7CMRN-774411",
    `${EHR}/Patient?identifier=urn:mrn|MRN-774411`,
    "Patient?identifier=MRN-774411",
    "Patient?_id=jane-doe-1984",
    "Patient?active=true&identifier=urn:mrn|MRN-774411",
  ])("%s becomes the URN", (reference) => {
    expect(subjectOf({ reference })).toEqual({ reference: URN });
    expect(subjectOf({ reference, type: "Patient", identifier: mrn, display: "Mrs. Quill Sample" })).toEqual({
      reference: URN,
      type: "Patient",
      display: TID,
    });
  });

  it("in upper case becomes the URN if it is a UUID", () => {
    const person = { ...patient, fullUrl: "urn:uuid:abcdef00-1111-4111-8111-111111111111" };
    const text = "urn:uuid:ABCDEF00-1111-4111-8111-111111111111";
    const [made] = toTid(
      [observation({ subject: { reference: text }, valueUri: text, meta: { source: `${text}#1` } })],
      { patient: person, tid: TID },
    ).entries;
    expect(JSON.stringify(made)).not.toMatch(/abcdef00/i);
    expect(made!.resource.subject).toEqual({ reference: URN });
  });

  it.each<[string, object]>([
    ["by identifier", { identifier: mrn }],
    ["by identifier and name", { type: "Patient", identifier: mrn, display: "Quill Sample" }],
    ["by identifier without a system", { identifier: { value: "MRN-774411" } }],
    ["by display", { display: "SAMPLE, Quill" }],
  ])("without a literal gets the URN: %s", (_, subject) => {
    const made = subjectOf(subject) as JsonObject;
    expect(made.reference).toBe(URN);
    expect(JSON.stringify(made)).not.toMatch(/774411|sample|quill/i);
  });

  it("is found at any depth: in arrays, extensions, contained resources and extensions of a Reference", () => {
    const reference = { reference: "Patient/jane-doe-1984", display: "Quill Sample" };
    const text = JSON.stringify(
      pseudonymous({
        performer: [{ reference: "Practitioner/1", extension: [{ url: "urn:x", valueReference: reference }] }],
        extension: [
          {
            url: "urn:y",
            extension: [
              { url: "z", valueReference: { ...reference, extension: [{ url: "u", valueReference: reference }] } },
            ],
          },
        ],
        contained: [{ resourceType: "Consent", id: "c", patient: reference, performer: [{ identifier: mrn }] }],
        component: [
          { code: { text: "x" }, _valueString: { extension: [{ url: "urn:w", valueReference: reference }] } },
        ],
      }),
    );
    expect(text).not.toMatch(/jane-doe|Sample|774411/);
    expect(text.split(URN)).toHaveLength(7);
  });

  it("at another server with our number beside it becomes the URN too", () => {
    expect(subjectOf({ reference: "https://mpi.example/Patient/9", identifier: mrn })).toEqual({ reference: URN });
    expect(subjectOf({ reference: "https://mpi.example/Patient/9" })).toEqual({
      reference: "https://mpi.example/Patient/9",
    });
  });

  it.each<[string, object]>([
    ["another id", { reference: "Patient/jane-doe-19841" }],
    ["a shorter id", { reference: "Patient/jane-doe" }],
    ["another type", { reference: "RelatedPatient/jane-doe-1984" }],
    ["another server", { reference: "https://other.example/fhir/Patient/jane-doe-1984" }],
    ["another person's number", { identifier: { system: "urn:mrn", value: "MRN-774412" }, display: "Quill Sample" }],
    ["a number of a practitioner", { type: "Practitioner", identifier: mrn }],
    ["another name", { display: "Maria Sample-Jones" }],
  ])("is not: %s", (_, subject) => {
    expect(subjectOf(subject)).toEqual(subject);
  });

  it("is not a doctor whom an element beside the subject names, whatever the patient is called", () => {
    const namesOf = [[], [{ family: "Sample" }]];
    for (const name of namesOf) {
      const resource = { resourceType: "Patient", name };
      const entry = observation({ participant: [{ actor: { display: "Dr. John Sample" } }] });
      expect(toTid([entry], { patient: { fullUrl: "urn:uuid:p", resource }, tid: TID }).entries).toEqual([entry]);
    }
  });

  it("is not a coded value or a doctor of the same name", () => {
    const more = {
      code: { coding: [{ system: "urn:c", code: "1", display: "Sample" }] },
      performer: [{ display: "Dr. Sample" }],
      identifier: [mrn], // of the Observation: no Reference, and the search finds it
    };
    expect(pseudonymous(more)).toEqual(observation(more).resource);
  });
});

describe("the patient's URL in other places", () => {
  it.each<[string, object]>([
    ["meta.source", { meta: { source: `${EHR}/Patient/jane-doe-1984` } }],
    ["meta.source with a fragment", { meta: { source: `${EHR}/Patient/jane-doe-1984#x` } }],
    ["valueUri", { extension: [{ url: "urn:x", valueUri: "Patient/jane-doe-1984" }] }],
    [
      "valueUrl of an operation",
      { extension: [{ url: "urn:x", valueUrl: `${EHR}/Patient/jane-doe-1984/$everything` }] },
    ],
    [
      "valueUri inside a query",
      { extension: [{ url: "urn:x", valueUri: `https://proxy.example/?to=${EHR}/Patient/jane-doe-1984` }] },
    ],
    ["extension.url", { extension: [{ url: `${EHR}/Patient/jane-doe-1984` }] }],
    ["Attachment.url", { content: [{ attachment: { url: "Patient/jane-doe-1984" } }] }],
    ["implicitRules", { implicitRules: `${EHR}/Patient/jane-doe-1984/_history/1` }],
    ["Identifier.value", { identifier: [{ system: "urn:ietf:rfc:3986", value: `${EHR}/Patient/jane-doe-1984` }] }],
    ["a search", { link: [{ url: "Patient?identifier=urn:mrn|MRN-774411" }] }],
  ])("%s becomes the URN", (_, more) => {
    const text = JSON.stringify(pseudonymous(more));
    expect(text).not.toMatch(/jane-doe|774411/);
    expect(text).toContain(URN);
  });

  it("stands where it is part of a text, and the search finds it", () => {
    const more = { note: [{ text: `see ${EHR}/Patient/jane-doe-1984 today` }] };
    expect(pseudonymous(more)).toEqual(observation(more).resource);
    expect(identityLeaks([observation(more)], patient).map(({ kind }) => kind)).toEqual(["id"]);
  });

  it("of another patient whose id only begins alike stays", () => {
    const more = { meta: { source: `${EHR}/Patient/jane-doe-19842` } };
    expect(pseudonymous(more)).toEqual(observation(more).resource);
  });
});

describe("Patient resources and other people", () => {
  it("the Patient becomes the pseudonymous one, and its contacts are named to the caller", () => {
    const { entries, otherPeople } = toTid([patient], { patient, tid: TID });
    expect(entries).toEqual([
      { fullUrl: URN, resource: { resourceType: "Patient", identifier: [{ system: TID_SYSTEM, value: TID }] } },
    ]);
    expect(otherPeople.map(({ what, path }) => `${what} ${path}`)).toEqual([
      "Patient.contact contact[0]",
      "Patient.contact contact[1]",
    ]);
  });

  it("RelatedPersons, Persons and other contained Patients are named, and stay as they are", () => {
    const related: FhirEntry = {
      fullUrl: `${EHR}/RelatedPerson/r`,
      resource: {
        resourceType: "RelatedPerson",
        patient: { reference: "Patient/jane-doe-1984" },
        name: [{ text: "Mother" }],
      },
    };
    const mother = { resourceType: "Patient", id: "m", name: [{ text: "Maria Sample" }] };
    const more = { contained: [mother, { resourceType: "RelatedPerson", id: "r" }], focus: [{ reference: "#m" }] };
    const { entries, otherPeople } = toTid([related, observation(more)], { patient, tid: TID });
    expect(otherPeople.map(({ what, fullUrl, path }) => `${what} ${fullUrl.slice(EHR.length)} ${path}`)).toEqual([
      "RelatedPerson /RelatedPerson/r ",
      "contained Patient /Observation/1 contained[0]",
      "contained RelatedPerson /Observation/1 contained[1]",
    ]);
    expect(entries[0]!.resource).toEqual({ ...related.resource, patient: { reference: URN } });
    expect(entries[1]!.resource.contained).toEqual(more.contained);
  });

  it("finds the patient by another copy of its entry", () => {
    const copy = structuredClone(patient);
    const known = [copy, observation({ subject: { reference: "Patient/jane-doe-1984" } })];
    const { entries } = toTid(known, { patient, tid: TID });
    expect(JSON.stringify(entries)).not.toContain("jane-doe");
  });
});

describe("coming back", () => {
  it("is exact for the samples' visits, but for the references to the patient", () => {
    for (const { bundle } of samplePatients())
      for (const { entries } of bundle.visits) {
        const before = JSON.stringify(entries);
        const { patient: person, references } = bundle;
        const { entries: made } = toTid(entries, { patient: person, tid: TID, known: references });
        expect(JSON.stringify(entries)).toBe(before); // the input is not changed
        const sealed = writeRecord(made);
        expect(sealed).not.toContain(person.resource.id as string);
        const back = JSON.stringify(fromTid(readRecord(sealed), TID, person));
        const own = entries.filter((entry) => entry !== person);
        expect(back).toBe(JSON.stringify(own));
      }
  });

  it("gives the reference, the name and no identifier; other members stay", () => {
    const back = thereAndBack({
      subject: {
        extension: [{ url: "urn:x", valueString: "y" }],
        reference: "Patient/jane-doe-1984/_history/1",
        type: "Patient",
        identifier: mrn,
        display: "Q. S.",
      },
      focus: [{ identifier: mrn }],
      performer: [{ reference: "Practitioner/1", display: "Dr.", identifier: { value: "7" } }],
    });
    expect(back).toEqual({
      resourceType: "Observation",
      id: "1",
      subject: {
        extension: [{ url: "urn:x", valueString: "y" }],
        reference: patient.fullUrl,
        type: "Patient",
        display: "Quill Sample",
      },
      focus: [{ reference: patient.fullUrl }],
      performer: [{ reference: "Practitioner/1", display: "Dr.", identifier: { value: "7" } }],
    });
  });

  it("gives a contained Patient the identity of the report's Patient, and leaves no TID behind", () => {
    const more = {
      contained: [{ resourceType: "Patient", id: "pp", identifier: [mrn], photo: [{ title: "x" }] }],
      subject: { reference: "#pp" },
    };
    const back = thereAndBack(more);
    expect(back.contained).toEqual([
      {
        resourceType: "Patient",
        id: "pp",
        identifier: [mrn],
        name: [{ family: "Sample", given: ["Quill"] }],
        gender: "female",
        birthDate: "1984-02-29",
      },
    ]);
    const other = pseudonymousPatient((n) => new Uint8Array(n));
    const linked = fromTid(toTid([observation(more)], { patient, tid: TID }).entries, TID, other);
    expect(JSON.stringify(linked)).not.toMatch(/symbolon:tid|774411|Sample/);
  });

  it("takes the TID of this session only, and drops nothing but the Patient", () => {
    const { entries } = toTid([observation({ subject: { reference: patient.fullUrl } })], { patient, tid: TID });
    expect(fromTid(entries, "another", patient)).toEqual(entries);
    const named: FhirEntry = { fullUrl: URN, resource: { resourceType: "Observation" } };
    expect(fromTid([named], TID, patient)).toEqual([named]);
  });
});

it("writes names as a screen shows them", () => {
  expect(displayName(samplePatients()[0]!.bundle.patient.resource)).toBe("Mr. Brett Gottlieb");
  expect(displayName({ name: [{ text: "Only Text" }] })).toBe("Only Text");
  expect(displayName({ name: [{ text: "a" }, { use: "official", family: "B" }] })).toBe("B");
  expect(displayName({})).toBeUndefined();
});
