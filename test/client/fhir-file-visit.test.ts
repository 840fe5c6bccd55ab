// Clinic.fileVisit, the ordinary door: it makes pseudonymous, searches, answers what it found, and seals nothing while a finding
// stands that the caller has not allowed. The raw putRecord seals any content as it is.

import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Clinic, type ClinicSession } from "../../client/clinic.ts";
import { IdentityFoundError, prepareVisit } from "../../client/fhir/prepare.ts";
import { tidUrl } from "../../client/fhir/pseudonymise.ts";
import { readRecord } from "../../client/fhir/record.ts";
import { type FhirEntry, FhirInputError, type JsonObject } from "../../client/fhir/resource.ts";
import { readBundle } from "../../client/fhir/select.ts";
import { samplePatients } from "../../local/patients.ts";
import { deployment, newClinic } from "../support/wallet-world.ts";

const TID = "K7QX-3M9P-TR4WZ";
const session = { tid: TID } as ClinicSession;
const RECORD_ID = "ab".repeat(16);
const offline = {
  fetch: () => Promise.reject(new Error("no network in this test")),
  now: () => 0,
  rng: (n: number) => new Uint8Array(n),
};

const EHR = "https://ehr.example/fhir";
const at = (resourceType: string, id: string, more: object = {}): FhirEntry => ({
  fullUrl: `${EHR}/${resourceType}/${id}`,
  resource: { resourceType, id, ...more } as FhirEntry["resource"],
});
const subject = { reference: "Patient/p1" };
const patient = at("Patient", "p1", {
  name: [{ family: "Sample", given: ["Quill"] }],
  birthDate: "1984-02-29",
  contact: [{ name: { family: "Okonkwo" } }],
});
const encounter = at("Encounter", "e1", { subject });
const note = at("Observation", "o1", {
  subject,
  encounter: { reference: "Encounter/e1" },
  note: [{ text: "Quill feels well." }, { text: "Born 29.2.1984." }],
});

let clinic: Clinic;
let sealed: string[];
const puts = vi.fn((_: unknown, plaintext: Uint8Array) => {
  sealed.push(new TextDecoder().decode(plaintext));
  return Promise.resolve(RECORD_ID);
});
beforeAll(async () => {
  clinic = new Clinic(offline, deployment, await newClinic());
  vi.spyOn(clinic, "putRecord").mockImplementation(puts as never);
});
beforeEach(() => {
  sealed = [];
});

async function refusal(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => "filed",
    (error: unknown) => error,
  );
}

describe("fileVisit", () => {
  it("seals a visit of the samples under the TID, with its references resolved in the whole Bundle", async () => {
    const { patient: person, visits, references } = samplePatients()[0]!.bundle;
    for (const { entries } of visits) {
      const filed = await clinic.fileVisit(session, entries, { patient: person, references });
      expect(filed).toEqual({ recordId: RECORD_ID, bytes: sealed.at(-1)!.length, findings: [], otherPeople: [] });
      expect(sealed.at(-1)).toContain(tidUrl(TID));
      expect(sealed.at(-1)).not.toContain(person.resource.id);
      expect(readRecord(sealed.at(-1)!)).toHaveLength(entries.length);
    }
  });

  it("finds the Patient among the entries by itself, and replaces it", async () => {
    await clinic.fileVisit(session, [patient, encounter]);
    expect(sealed).toHaveLength(1);
    expect(sealed[0]).not.toMatch(/Sample|1984|Patient\/p1/);
    expect(readRecord(sealed[0]!).map(({ fullUrl }) => fullUrl)).toEqual([tidUrl(TID), encounter.fullUrl]);
  });

  it("refuses to seal a finding, and the error names the places and no value", async () => {
    const error = await refusal(clinic.fileVisit(session, [encounter, note], { patient }));
    expect(error).toBeInstanceOf(IdentityFoundError);
    const { code, message, findings } = error as IdentityFoundError;
    expect(code).toBe("identity-found");
    expect(findings).toEqual([
      { id: `name ${note.fullUrl} note[0].text`, fullUrl: note.fullUrl, path: "note[0].text", kind: "name" },
      {
        id: `birth-date ${note.fullUrl} note[1].text`,
        fullUrl: note.fullUrl,
        path: "note[1].text",
        kind: "birth-date",
      },
    ]);
    expect(message).not.toMatch(/quill|sample|1984/i);
    expect(sealed).toEqual([]);
  });

  it("seals if each finding is allowed by its id or by a function, and answers them all", async () => {
    const error = (await refusal(clinic.fileVisit(session, [note], { patient }))) as IdentityFoundError;
    const ids = error.findings.map(({ id }) => id);
    const partly = await refusal(clinic.fileVisit(session, [note], { patient, allow: ids.slice(0, 1) }));
    expect((partly as IdentityFoundError).findings.map(({ id }) => id)).toEqual(ids.slice(1));
    const nearly = await refusal(clinic.fileVisit(session, [note], { patient, allow: ({ kind }) => kind === "name" }));
    expect((nearly as IdentityFoundError).findings.map(({ kind }) => kind)).toEqual(["birth-date"]);
    expect(sealed).toEqual([]);

    for (const allow of [ids, ({ path }: { path: string }) => path.startsWith("note[")]) {
      const filed = await clinic.fileVisit(session, [note], { patient, allow });
      expect(filed.findings.map(({ id }) => id)).toEqual(ids);
      expect(sealed.pop()).toContain("Quill feels well."); // sealed as it was written
    }
  });

  it("allows one place and not another of the same text", async () => {
    const two = [note, at("Condition", "c1", { subject, note: [{ text: "Quill" }] })];
    const allow = [`name ${note.fullUrl} note[0].text`, `birth-date ${note.fullUrl} note[1].text`];
    const error = (await refusal(clinic.fileVisit(session, two, { patient, allow }))) as IdentityFoundError;
    expect(error.findings.map(({ fullUrl }) => fullUrl)).toEqual([`${EHR}/Condition/c1`]);
  });

  it("names other people to the caller, and seals them as they are", async () => {
    const mother = at("RelatedPerson", "m", { patient: subject, name: [{ text: "Ada O." }] });
    const filed = await clinic.fileVisit(session, [patient, mother]);
    expect(filed.otherPeople.map(({ what, path }) => `${what} ${path}`)).toEqual([
      "Patient.contact contact[0]",
      "RelatedPerson ",
    ]);
    expect(sealed[0]).toContain("Ada O.");
    expect(sealed[0]).not.toContain("Okonkwo");
  });

  it("refuses several Patients, and entries that refer to a patient whom nobody names", async () => {
    const other = at("Patient", "p2", { name: [{ text: "Ngozi Eze" }], birthDate: "1990-01-01" });
    const codes = async (entries: FhirEntry[], options = {}) => {
      const error = await refusal(clinic.fileVisit(session, entries, options));
      return error instanceof FhirInputError ? error.code : error;
    };
    expect(await codes([patient, other, encounter])).toBe("several-patients");
    expect(await codes([other, encounter], { patient })).toBe("several-patients");
    expect(await codes([encounter])).toBe("no-patient");
    expect(await codes([at("Observation", "x", { subject: { display: "Quill Sample" } })])).toBe("no-patient");
    expect(await codes([at("Basic", "x", { author: { reference: "Patient/9" } })])).toBe("no-patient");
    expect(await codes([at("Basic", "x", { contained: [{ resourceType: "Patient" }] })])).toBe("no-patient");
    expect(sealed).toEqual([]);
    expect(await codes([at("Observation", "x", { subject: { reference: "Device/1" } }), at("Location", "l")])).toBe(
      "filed",
    );
  });

  it("takes another copy of the Patient for the same one, also beside references of the whole Bundle", async () => {
    const { visits, references } = readBundle({ resourceType: "Bundle", entry: [patient, encounter] as never });
    await clinic.fileVisit(session, visits[0]!.entries, { patient: structuredClone(patient), references });
    await clinic.fileVisit(session, structuredClone([patient, encounter]), { patient });
    for (const text of sealed) expect(text).not.toMatch(/Patient\/p1|Sample/);
  });

  it("finds a short id of the patient where a literal reference leads past the Patient", async () => {
    const elsewhere = at("Observation", "x", { focus: [{ reference: "https://old.example/fhir/Patient/p1" }] });
    const error = (await refusal(clinic.fileVisit(session, [patient, elsewhere]))) as IdentityFoundError;
    expect(error.findings.map(({ kind, path }) => `${kind} ${path}`)).toEqual(["id focus[0].reference"]);
  });

  it("refuses content that could not be read back", async () => {
    let deep: JsonObject = {};
    for (let i = 0; i < 50_000; i++) deep = { a: deep };
    for (const [code, more] of [
      ["too-deep", { deep }],
      ["bad-member", { "1a": 1 }],
    ] as const) {
      const error = await refusal(clinic.fileVisit(session, [patient, at("Basic", "x", more)]));
      expect(error).toMatchObject({ code });
    }
    expect(sealed).toEqual([]);
  });
});

it("prepareVisit does the same without a clinic, and the same entries give the same ids", () => {
  const allow = () => true;
  const first = prepareVisit([patient, note], TID, { allow });
  expect(first.content).toContain(tidUrl(TID));
  expect(prepareVisit(structuredClone([patient, note]), TID, { allow })).toEqual(first);
  expect(new Set(first.findings.map(({ id }) => id)).size).toBe(first.findings.length);
});

it("putRecord stays the raw door: it seals any bytes as they are", async () => {
  const bytes = new TextEncoder().encode("Quill Sample, %PDF");
  expect(await clinic.putRecord(session, bytes, { contentKind: "application/pdf" })).toBe(RECORD_ID);
  expect(sealed).toEqual(["Quill Sample, %PDF"]);
});
