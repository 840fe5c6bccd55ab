// Cases from the order to the report, with five trustees of whom three must agree. Each step says which party knows
// which facts.
//
// Anna visits two clinics in two months and then gets a new phone. Ben and Cleo are other patients at the same clinics.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { DocumentBundle } from "../../client/fhir/report.ts";
import type { FhirEntry } from "../../client/fhir/resource.ts";
import { LogMonitor } from "../../client/log/monitor.ts";
import { httpLogSource } from "../../client/log/source.ts";
import { logPinsOf } from "../../client/parameters.ts";
import { createRequesterKeys, type FetchedRecord, type OrderRequest, Requester } from "../../client/requester.ts";
import { apiJson } from "../../client/transport.ts";
import type { Wallet } from "../../client/wallet.ts";
import { approvedOrder, joinRecords, tracePatient } from "../../demo/cases.ts";
import { enrolWith } from "../../local/enrol.ts";
import { samplePatients } from "../../local/patients.ts";
import { type EnrolledPatient, openPractice, type Practice } from "../../local/practice.ts";
import { Stopwatch } from "../../local/stopwatch.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { NoticeContent, TrusteeCard } from "../../protocol/case-documents.ts";
import { Dossier, LogEntry, Order, orderHashOf, Signed, signDocument } from "../../protocol/documents.ts";
import { epochName, epochOf, epochStart } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { cosignatureQuorum, LOG_FRESHNESS_SECONDS, logTrustOf } from "../../protocol/log-trust.ts";

const DAY = 86_400;
const TRUSTEES = 5;
const THRESHOLD = 3;
/** five trustees and two outside witnesses */
const QUORUM = cosignatureQuorum(7, THRESHOLD);
const [annaFile, benFile, cleoFile] = samplePatients() as [Input, Input, Input];
type Input = ReturnType<typeof samplePatients>[number];
const month0 = epochOf(Math.floor(Date.now() / 1000)) - 2;
const watch = new Stopwatch();

let practice: Practice;
let clinicA: Clinic;
let clinicB: Clinic;
let anna: EnrolledPatient;
let ben: EnrolledPatient;
let cleo: EnrolledPatient;
let newPhone: Wallet;
let clinician: Requester;
let authority: Requester;
let monitor: LogMonitor;

/** The patient checks in, and the clinic files the patient's next encounter as a record. */
const lived = new Map<Input, number>();
async function visit(wallet: Wallet, clinic: Clinic, file: Input): Promise<ClinicSession> {
  const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
  const session = await clinic.session(tagHash);
  const next = lived.get(file) ?? 0;
  lived.set(file, next + 1);
  const { patient, visits, references } = file.bundle;
  await clinic.fileVisit(session, visits[next]!.entries, { patient, references });
  return session;
}

const sourceOf = () => httpLogSource(practice.transport, practice.deployment.logUrl, QUORUM);
function monitorOf(source = sourceOf()): LogMonitor {
  const terms = { threshold: THRESHOLD, logFreshnessSeconds: LOG_FRESHNESS_SECONDS };
  return new LogMonitor(logTrustOf(logPinsOf(practice.deployment), terms), source, practice.transport.now);
}
const kindsOf = (entries: readonly Uint8Array[]): string[] => entries.map((e) => LogEntry.decode(e).kind);

const emergency = (session: ClinicSession, more: Partial<OrderRequest> = {}): OrderRequest => ({
  kind: "link",
  purpose: "Patient unconscious in the emergency room",
  legalGround: "GDPR Article 9(2)(c), vital interests",
  epochs: { from: month0, to: epochOf(practice.clock.now) },
  emergency: true,
  subject: { checkIn: session.checkInBytes },
  ...more,
});

/** Every report must be a complete FHIR document whose references resolve inside it. */
function checkDocument(report: DocumentBundle): void {
  expect(report).toMatchObject({ resourceType: "Bundle", type: "document" });
  expect(report.entry[0]!.resource.resourceType).toBe("Composition");
  const urls = report.entry.map((e) => e.fullUrl);
  expect(new Set(urls).size).toBe(urls.length);
  const patients = report.entry.filter((e) => e.resource.resourceType === "Patient");
  expect(patients).toHaveLength(1);
  const made = report.entry.filter((e) => ["Composition", "Provenance"].includes(e.resource.resourceType));
  const references = [...JSON.stringify(made).matchAll(/"reference":"([^"]+)"/g)].map((m) => m[1]!);
  expect(references.length).toBeGreaterThan(0);
  expect(references.filter((r) => !urls.includes(r))).toEqual([]);
  for (const { resource } of report.entry)
    for (const subject of [resource.subject, resource.patient] as ({ reference?: string } | undefined)[])
      if (subject?.reference !== undefined) expect(subject.reference).toBe(patients[0]!.fullUrl);
}

/** The report must contain the resources of a patient's first visits unchanged, and no other clinical ones. */
function checkContent(report: DocumentBundle, entries: readonly FhirEntry[]): void {
  const clinical = report.entry.filter((e) => !isMadeByReport(e));
  expect(clinical.map((e) => e.fullUrl).sort()).toEqual(entries.map((e) => e.fullUrl).sort());
  for (const { fullUrl, resource } of entries)
    expect(clinical.find((e) => e.fullUrl === fullUrl)?.resource).toEqual(resource);
}
const isMadeByReport = ({ resource }: FhirEntry): boolean =>
  ["Composition", "Patient", "Provenance"].includes(resource.resourceType) ||
  (resource.resourceType === "Organization" && JSON.stringify(resource.identifier).includes("urn:symbolon:"));
/** The entries of these visits, each once, but for the Patient, whom a report holds under its own entry. */
const entriesOf = ({ bundle }: Input, visits: readonly number[]): FhirEntry[] => [
  ...new Set(visits.flatMap((i) => bundle.visits[i]!.entries).filter((entry) => entry !== bundle.patient)),
];

beforeAll(async () => {
  practice = await openPractice({
    trustees: TRUSTEES,
    threshold: THRESHOLD,
    slots: 4,
    start: epochStart(month0) + 5 * DAY,
  });
  clinicA = await practice.openClinic("Clinic A");
  clinicB = await practice.openClinic("Clinic B");
  const enrol = (file: Input, selector: string) =>
    practice.enrolPatient(file.bundle.patient, selector, { coverage: "standard", age: "adult" });
  anna = await enrol(annaFile, "SYM-ANNA");
  ben = await enrol(benFile, "SYM-BEN");
  cleo = await enrol(cleoFile, "SYM-CLEO");
  clinician = await practice.newRequester("Dr. Ada Emery", "clinician");
  authority = await practice.newRequester("Public health authority", "authority");
  monitor = monitorOf();
});
afterAll(() => practice?.stop());

let annaNow: ClinicSession;
let benSession: ClinicSession;

describe("an emergency, in the second month", () => {
  it("three patients make visits, each under its own TID", async () => {
    await visit(anna.wallet, clinicA, annaFile);
    await visit(anna.wallet, clinicB, annaFile);
    benSession = await visit(ben.wallet, clinicA, benFile);
    await visit(cleo.wallet, clinicA, cleoFile);
    practice.clock.now = epochStart(month0 + 1) + 9 * DAY;
    await anna.wallet.refresh();
    annaNow = await visit(anna.wallet, clinicA, annaFile);
    const tids = (await clinicA.sessions()).map((s) => s.tid);
    expect(new Set(tids).size).toBe(4);
  });

  it("the SDK refuses the current epoch without an emergency, and so does a trustee if the SDK is bypassed", async () => {
    const keys = createRequesterKeys(practice.transport.rng);
    const certificate = await practice.operator.certifyRequester({
      signKey: bytesToHex(keys.signPublicKey),
      sealKey: keys.seal.publicKey,
      name: "Dr. Curious",
      role: "clinician",
    });
    const curious = new Requester(practice.transport, practice.deployment, keys, certificate);
    await expect(curious.order(emergency(annaNow, { emergency: false }))).rejects.toMatchObject({ code: "scope" });

    // An order made as an emergency, with the flag removed before the order is signed and sealed again.
    const honest = await curious.order(emergency(annaNow));
    const signed = signDocument(LABELS.signOrder, Order, { ...honest.order, emergency: false }, keys.signSecretKey);
    const hash = orderHashOf(signed);
    const dossier = Dossier.encode({
      salt: honest.salt,
      checkIn: annaNow.checkInBytes,
      selector: "",
      generations: [],
      identity: undefined,
      identitySalts: [],
      uncovered: 0,
      registrarSignature: undefined,
    });
    const trusteeUrl = practice.deployment.trusteeUrls[0]!;
    const { card } = await apiJson<{ card: string }>(practice.transport, trusteeUrl, "/v1/card");
    const { transportKey } = TrusteeCard.decode(Signed.decode(Buffer.from(card, "base64url")).document);
    const sealed = hybridSeal(transportKey, hash, dossier, practice.transport.rng);
    const waiting = (order: Uint8Array, box: Uint8Array) => ({
      order: Buffer.from(order).toString("base64url"),
      dossier: Buffer.from(box).toString("base64url"),
    });
    const officer = practice.officers[0]!;
    await expect(officer.review(waiting(signed, sealed))).rejects.toMatchObject({ code: "not-allowed-now" });
    // Control: only the flag differs. With it, the same officer may read the order.
    expect((await officer.review(waiting(honest.signed, honest.dossiers[0]!))).emergency).toBe(true);
  });

  it("the officer sees the requester, the purpose and a warning about the emergency's scope, but no name of the patient", async () => {
    const prepared = await clinician.order(emergency(annaNow));
    await clinician.submit(prepared);
    const officer = practice.officers[4]!;
    const waiting = (await officer.inbox()).find((c) => c.caseId === prepared.caseId)!;
    expect(waiting.decided).toBe(false);
    const review = await officer.review(waiting);
    expect(review).toMatchObject({
      kind: "link",
      requester: { name: "Dr. Ada Emery", role: "clinician" },
      purpose: "Patient unconscious in the emergency room",
      legalGround: "GDPR Article 9(2)(c), vital interests",
      epochs: { from: epochName(month0), to: epochName(month0 + 1) },
      services: [],
      emergency: true,
      subject: { tid: annaNow.tid, tagHash: annaNow.tagHash, epoch: epochName(month0 + 1) },
    });
    expect(review.warnings).toEqual([
      expect.stringMatching(/^Emergency order/),
      expect.stringMatching(/^Opens the current epoch/),
      expect.stringMatching(/^Covers all services/),
    ]);
    expect(review.person).toBeUndefined();
    expect(JSON.stringify(review)).not.toContain(annaFile.bundle.patient.fullUrl);
  });

  it("link: all visits of one unconscious patient, newest month first, without a name", async () => {
    await practice.closeMonths();
    const prepared = await approvedOrder(practice, clinician, emergency(annaNow));
    expect((await clinician.advance(prepared)).state).toBe("opened");
    const opened = await clinician.openResult(prepared);
    expect(opened.set).toEqual([1, 2, 3]);
    const fetched: FetchedRecord[] = [];
    for await (const record of clinician.fetchRecords(opened, { concurrency: 1 })) {
      if (!record.ok) throw new Error(record.reason);
      fetched.push(record);
    }
    expect(fetched.map((f) => f.session.epoch)).toEqual([month0 + 1, month0, month0]);
    expect(fetched[0]!.tid).toBe(annaNow.tid);
    const report = await clinician.report(prepared, fetched);
    checkDocument(report);
    expect(report.entry.find((e) => e.resource.resourceType === "Patient")?.fullUrl).not.toBe(
      annaFile.bundle.patient.fullUrl,
    );
    for (const { family } of annaFile.bundle.patient.resource.name as unknown as { family: string }[])
      expect(JSON.stringify(report.entry.filter((e) => e.resource.resourceType === "Patient"))).not.toContain(family);
    const urls = report.entry.map((e) => e.fullUrl);
    for (const { fullUrl } of entriesOf(annaFile, [0, 1, 2])) expect(urls).toContain(fullUrl);
    for (const { fullUrl } of entriesOf(benFile, [0])) expect(urls).not.toContain(fullUrl);
  });

  it("an order for one clinic opens no session of another clinic", async () => {
    const services = [bytesToHex(clinicB.serviceId)];
    const { sessions, fetched } = await joinRecords(practice, clinician, emergency(annaNow, { services }), watch);
    expect(sessions.map((s) => [s.serviceId, s.epoch])).toEqual([[services[0], month0]]);
    expect(fetched).toHaveLength(1);
  });
});

describe("decisions", () => {
  it("a case stays open after two refusals of five and is refused for good by the third, which rules out three approvals", async () => {
    const prepared = await clinician.order(emergency(annaNow));
    await clinician.submit(prepared);
    for (const [i, officer] of practice.officers.slice(0, 3).entries()) {
      expect((await clinician.status(prepared)).state).toBe("ordered");
      await expect(clinician.advance(prepared)).rejects.toMatchObject({ code: "awaiting-approvals" });
      const waiting = (await officer.inbox()).find((c) => c.caseId === prepared.caseId)!;
      const decision = await officer.refuse(await officer.review(waiting), `no ground (${i + 1})`);
      expect(decision.decision).toBe("refuse");
    }
    expect((await clinician.status(prepared)).state).toBe("refused");
    await expect(clinician.advance(prepared)).rejects.toMatchObject({ code: "order-refused" });
    // No officer finds the case waiting any more, and no result exists.
    expect((await practice.officers[3]!.inbox()).some((c) => c.caseId === prepared.caseId)).toBe(false);
    await expect(clinician.openResult(prepared)).rejects.toThrow();
  });

  it("an expired order opens nothing, even with two approvals", async () => {
    const prepared = await clinician.order(emergency(annaNow, { validSeconds: 3600 }));
    await clinician.submit(prepared);
    const [first, second, third] = practice.officers;
    const waiting = async (officer: typeof first) =>
      (await officer!.inbox()).find((c) => c.caseId === prepared.caseId)!;
    await first!.approve(await first!.review(await waiting(first)));
    await second!.approve(await second!.review(await waiting(second)));
    const late = await third!.review(await waiting(third));
    practice.clock.now += 3601;
    await expect(third!.approve(late)).rejects.toMatchObject({ name: "ApiError" });
    expect((await clinician.status(prepared)).state).toBe("expired");
    await expect(clinician.advance(prepared)).rejects.toMatchObject({ code: "order-expired" });
  });
});

describe("a trace", () => {
  it("leads from one of Ben's sessions to Ben, and warns the officers first that it reveals him", async () => {
    const prepared = await authority.order({
      kind: "trace",
      purpose: "Contact after exposure",
      legalGround: "GDPR Article 9(2)(i), public health",
      subject: { checkIn: benSession.checkInBytes },
    });
    await authority.submit(prepared);
    const officer = practice.officers[1]!;
    const review = await officer.review((await officer.inbox()).find((c) => c.caseId === prepared.caseId)!);
    expect(review).toMatchObject({ kind: "trace", emergency: false, requester: { role: "authority" } });
    expect(review.warnings).toEqual(["Reveals who the patient is."]);

    const person = await tracePatient(practice, authority, benSession.checkInBytes, watch);
    expect(person.fullUrl).toBe(benFile.bundle.patient.fullUrl);
    expect(person.resource).toEqual(benFile.bundle.patient.resource);
  });
});

describe("a new phone", () => {
  it("recovery words and a second proofing restore the old visits, and the new phone takes over at once", async () => {
    const words = anna.wallet.recoveryWords;
    const again = await practice.operator.registerPerson(annaFile.bundle.patient, anna.selector, {
      coverage: "standard",
      age: "adult",
    });
    expect(again.account).toBe(anna.account);
    newPhone = await practice.wallet(words);
    const generation = await enrolWith(newPhone, again);
    expect(generation).toMatchObject({ generation: 1, epochFrom: month0 + 1 });
    expect(newPhone.sessions).toHaveLength(0);
    expect(await newPhone.recover()).toBe(3);

    practice.clock.now = epochStart(month0 + 2) + 3 * DAY;
    await newPhone.refresh();
    await expect(anna.wallet.refresh()).rejects.toThrow(); // the old phone is no longer valid
    await visit(newPhone, clinicB, annaFile);
    checkContent(await newPhone.report(), entriesOf(annaFile, [0, 1, 2, 3]));
  });

  it("assemble: one report with the person's name and the visits of both phones, once the months are closed", async () => {
    practice.clock.now = epochStart(month0 + 3) + 5 * DAY;
    await practice.closeMonths();
    const request: OrderRequest = {
      kind: "assemble",
      purpose: "Continuity of care at the patient's request",
      legalGround: "GDPR Article 9(2)(h), provision of care",
      epochs: { from: month0, to: month0 + 2 },
      subject: { selector: anna.selector },
    };
    const draft = await authority.order(request);
    await authority.submit(draft);
    const officer = practice.officers[2]!;
    const review = await officer.review((await officer.inbox()).find((c) => c.caseId === draft.caseId)!);
    expect(review.subject).toEqual({ selector: anna.selector, contracts: 2, uncovered: 0 });
    // The officer sees whom the order opens, before approving exactly that. The requester sees nobody yet.
    const { birthDate } = annaFile.bundle.patient.resource;
    expect(review.person).toMatchObject({ birthDate, patient: annaFile.bundle.patient });
    await expect(authority.person(draft)).rejects.toMatchObject({ code: "not-allowed-now" });
    expect(review.warnings).toEqual(["Opens every visit of a named person in these epochs.", "Covers all services."]);

    const { report, sessions, patient } = await joinRecords(practice, authority, request, watch);
    expect(sessions.map((s) => s.epoch).sort()).toEqual([month0, month0, month0 + 1, month0 + 2]);
    expect(patient?.resource).toEqual(annaFile.bundle.patient.resource);
    checkDocument(report);
    checkContent(report, entriesOf(annaFile, [0, 1, 2, 3]));
  });
});

describe("afterwards", () => {
  const read = (notices: readonly { content: string }[]) =>
    notices.map((n) => NoticeContent.decode(hexToBytes(n.content)));

  it("each wallet finds the cases that concerned its owner, and no other case", async () => {
    const annas = read(await newPhone.notices());
    expect(annas.map((n) => [n.kind, n.requesterName, n.emergency])).toEqual([
      ["link", "Dr. Ada Emery", true],
      ["link", "Dr. Ada Emery", true],
      ["assemble", "Public health authority", false],
    ]);
    expect(annas[0]!.approvedBy).toEqual([1, 2, 3]);
    expect(annas[1]!.services.map(bytesToHex)).toEqual([bytesToHex(clinicB.serviceId)]);
    // The old phone has only the keys of the first generation, and finds the cases that used them.
    // An assemble opens the contracts of both phones, so the old one learns of it too.
    expect(read(await anna.wallet.notices()).map((n) => n.kind)).toEqual(["link", "link", "assemble"]);
    expect(read(await ben.wallet.notices()).map((n) => [n.kind, n.requesterRole])).toEqual([["trace", "authority"]]);
    expect(await cleo.wallet.notices()).toEqual([]);
  });

  it("a reader of the log sees every order, decision and opening, and learns no patient", async () => {
    const followed = await monitor.follow();
    if (!followed.ok) throw new Error(followed.reason);
    const kinds = kindsOf(followed.entries);
    const count = (kind: string): number => kinds.filter((k) => k === kind).length;
    // orders: link x3 (one only reviewed), refused, expired, trace x2, assemble x2
    expect(count("order")).toBe(9);
    expect(count("notice")).toBe(4);
    expect(count("refusal")).toBe(3);
    expect(count("approval")).toBe(4 * THRESHOLD + 2);
    for (const { tagHash } of newPhone.sessions)
      expect(followed.entries.some((e) => bytesToHex(e).includes(tagHash))).toBe(false);
    expect((await monitor.includes(0, followed.entries[0]!)).ok).toBe(true);
    expect((await monitor.includes(1, followed.entries[0]!)).ok).toBe(false);
    expect(await monitor.follow()).toMatchObject({ ok: true, entries: [] });
    expect(await monitor.compare(monitor.state!.note)).toEqual({ ok: true });
  });

  it("a log that omits or changes an entry is detected", async () => {
    const source = sourceOf();
    const altered = (change: (entries: Uint8Array[]) => Uint8Array[]) =>
      monitorOf({ ...source, entries: async (from, limit) => change(await source.entries(from, limit)) }).follow();
    const inconsistent = { ok: false, reason: "inconsistent" };
    expect(await altered((e) => e.slice(1))).toMatchObject(inconsistent);
    expect(await altered(([first, ...rest]) => [first!.map((b, i) => (i === 9 ? b ^ 1 : b)), ...rest])).toMatchObject(
      inconsistent,
    );
  });
});
