// Visits at two clinics, from the check-in to the patient's own report. Each step says which party knows which facts.

import { afterAll, beforeAll, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import { toTid } from "../../client/fhir/pseudonymise.ts";
import { writeRecord } from "../../client/fhir/record.ts";
import { samplePatients } from "../../local/patients.ts";
import { type EnrolledPatient, openPractice, type Practice } from "../../local/practice.ts";
import { epochOf } from "../../protocol/epoch.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const read = (b: Uint8Array | undefined): string => new TextDecoder().decode(b);
const file = samplePatients()[0]!;

let practice: Practice;
let clinicA: Clinic;
let clinicB: Clinic;
let patient: EnrolledPatient;

const policy = { required: [{ attribute: "coverage", accepted: ["standard"] }], maxStaleEpochs: 1 };
async function visit(clinic: Clinic) {
  const { tagHash } = await patient.wallet.checkIn(await patient.wallet.readInvitation(await clinic.invitation()));
  return clinic.session(tagHash);
}

beforeAll(async () => {
  practice = await openPractice();
  [clinicA, clinicB] = [await practice.openClinic("Clinic A", policy), await practice.openClinic("Clinic B", policy)];
  patient = await practice.enrolPatient(file.bundle.patient, "SYM-1", { coverage: "standard", age: "adult" });
});
afterAll(() => practice?.stop());

it("the wallet shows what a clinic would learn before it sends anything", async () => {
  const offer = await patient.wallet.readInvitation(await clinicA.invitation());
  expect(offer.service.name).toBe("Clinic A");
  expect(offer.shows).toEqual([{ attribute: "coverage", value: "standard" }]);
  expect(offer.slotsLeft).toBe(16);
  expect(offer.stale).toBe(false);
  expect(patient.wallet.sessions).toHaveLength(0);
});

it("a wallet that is not entitled says so, and sends nothing", async () => {
  const strict = await practice.openClinic("Children only", {
    required: [{ attribute: "age", accepted: ["child"] }],
    maxStaleEpochs: 1,
  });
  await expect(patient.wallet.readInvitation(await strict.invitation())).rejects.toMatchObject({
    code: "not-entitled",
  });
  expect(await strict.sessions()).toHaveLength(0);
});

it("a clinic sees a fresh TID and the requested attributes at each visit, and nothing else", async () => {
  const [first, second] = [await visit(clinicA), await visit(clinicA)];
  expect(first.tid).not.toBe(second.tid);
  expect(first.shown).toEqual({ coverage: "standard" });
  expect(first.credentialEpoch).toBe(epochOf(practice.clock.now));
  expect(first.checkIn.sessionRecipient).not.toBe(second.checkIn.sessionRecipient);
  // The other clinic cannot look up a session of this one.
  await expect(clinicB.session(first.tagHash)).rejects.toMatchObject({ code: "not-found" });
});

it("a record is sealed at the clinic and opened by the patient, and only the report contains the patient's name", async () => {
  const session = await visit(clinicB);
  const entries = toTid(file.bundle.visits[0]!.entries, {
    ...file.bundle,
    known: file.bundle.references,
    tid: session.tid,
  }).entries;
  const plaintext = writeRecord(entries);
  expect(plaintext).not.toContain(file.bundle.patient.fullUrl);
  const recordId = await clinicB.putRecord(session, text(plaintext));
  expect(read(await clinicB.open(recordId))).toBe(plaintext);

  const own = await patient.wallet.records();
  expect(own.faults).toEqual([]);
  expect(own.records.map((r) => read(r.plaintext))).toContain(plaintext);
  const report = await patient.wallet.report(own);
  const encounter = file.bundle.visits[0]!.entries[0]!;
  expect(report.entry.find((e) => e.fullUrl === encounter.fullUrl)?.resource).toEqual(encounter.resource);
});

it("messages go both ways in the sealed channel of one visit, each once", async () => {
  const session = await visit(clinicA);
  await patient.wallet.send(session.tagHash, text("When may I call for the result?"));
  await patient.wallet.send(session.tagHash, text("After five would suit me."));
  expect((await clinicA.receive(session)).map(read)).toEqual([
    "When may I call for the result?",
    "After five would suit me.",
  ]);
  expect(await clinicA.receive(session)).toEqual([]);
  await clinicA.send(session, text("It is here: all is well."));
  expect((await patient.wallet.receive(session.tagHash)).map(read)).toEqual(["It is here: all is well."]);
  expect(await patient.wallet.receive(session.tagHash)).toEqual([]);
});

it("a patient can choose to show one clinic the same pseudonym at two visits, and the clinic rejects a false one", async () => {
  const [first, second] = [await visit(clinicA), await visit(clinicA)];
  const pseudonyms: (string | undefined)[] = [];
  const messages: Uint8Array[] = [];
  for (const session of [first, second]) {
    await patient.wallet.introduce(session.tagHash);
    const [message] = await clinicA.receive(session);
    messages.push(message!);
    pseudonyms.push(await clinicA.recognise(session, message!));
  }
  expect(pseudonyms[0]).toMatch(/^[0-9a-f]{192}$/);
  expect(pseudonyms[1]).toBe(pseudonyms[0]);
  // The introduction of one visit is invalid at another, and so is an ordinary message.
  expect(await clinicA.recognise(second, messages[0]!)).toBeUndefined();
  expect(await clinicA.recognise(first, text("hello"))).toBeUndefined();
});

it("records can be amended, withdrawn, moved and erased, and the history remains", async () => {
  const [right, wrong] = [await visit(clinicA), await visit(clinicA)];
  const draft = await clinicA.putRecord(right, text("draft"), { contentKind: "text/plain" });
  const amended = await clinicA.amend(right, draft, text("final"), "text/plain");
  const mistake = await clinicA.putRecord(right, text("a mistake"), { contentKind: "text/plain" });
  await clinicA.withdraw(right, mistake);
  const misfiled = await clinicA.putRecord(wrong, text("misfiled"), { contentKind: "text/plain" });
  const moved = await clinicA.move(wrong, misfiled, right);
  const secret = await clinicA.putRecord(right, text("to be forgotten"), { contentKind: "text/plain" });
  await clinicA.erase(right, secret);

  const { records } = await patient.wallet.records();
  const state = (id: string) => records.find((r) => r.recordId === id);
  expect(state(draft)?.status).toBe("amended");
  expect(read(state(amended)?.plaintext)).toBe("final");
  expect(state(mistake)?.status).toBe("withdrawn");
  expect(read(state(moved)?.plaintext)).toBe("misfiled");
  expect(state(secret)?.plaintext).toBeUndefined();
  expect(state(misfiled)?.plaintext).toBeUndefined();
});

it("a record filed months after the visit reaches the patient", async () => {
  const session = await visit(clinicA);
  practice.clock.now += 70 * 86_400;
  await clinicA.putRecord(session, text("culture: no growth"), { contentKind: "text/plain" });
  const { records, faults } = await patient.wallet.records();
  expect(faults).toEqual([]);
  expect(records.map((r) => read(r.plaintext))).toContain("culture: no growth");
});

it("the registrar's database knows the person and no visit; the service's knows visits and no person", async () => {
  const { miniflare } = practice.host;
  const dump = async (binding: string, worker: string): Promise<string> => {
    const db = await miniflare.getD1Database(binding, worker);
    const { results } = await db
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
      )
      .all<{ name: string }>();
    const rows = await Promise.all(results.map(({ name }) => db.prepare(`SELECT * FROM "${name}"`).all()));
    return JSON.stringify(
      rows.map((r) => r.results),
      (_, v) =>
        Array.isArray(v) && v.length > 0 && v.every((x) => typeof x === "number") ? Buffer.from(v).toString("hex") : v,
    );
  };
  const registrar = await dump("REGISTRAR_DB", "registrar");
  const service = (await dump("RECORDS_DB_0", "service")) + (await dump("RECORDS_DB_1", "service"));
  const { family, given } = (file.bundle.patient.resource as unknown as { name: { family: string; given: string[] }[] })
    .name[0]!;
  expect(service.length).toBeGreaterThan(10_000);
  for (const session of patient.wallet.sessions) {
    expect(service).toContain(session.tagHash);
    expect(registrar).not.toContain(session.tagHash);
  }
  for (const name of [family, ...given]) {
    expect(service).not.toContain(name);
    expect(registrar).not.toContain(name); // field-encrypted
  }
});
