// Tests a case at three trustees from end to end: ceremony, officers, notice, link, trace, assemble, records.

import { beforeAll, describe, expect, it } from "vitest";
import { readBase64url } from "../../functions/shared/http.ts";
import { chunksOfOrder } from "../../protocol/case-chunks.ts";
import {
  FALSE_ROW,
  ForRequester,
  forRequesterAad,
  RecordParts,
  stanzaLabel,
  TracePart,
} from "../../protocol/case-documents.ts";
import { CaseContext, CaseResult, CheckIn, caseContextHash, openSigned } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { handleOf } from "../../protocol/enrolment.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { keySetId } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { openNotice } from "../../protocol/notice.ts";
import {
  combinePoints,
  combineTrace,
  RecordShare,
  TraceShare,
  verifyRecordShare,
  verifyTraceShare,
  walletKappa,
} from "../../protocol/opening.ts";
import { Presentation } from "../../protocol/presentation.ts";
import { decodeG1, encodeG1 } from "../../protocol/suite.ts";
import { sealThreshold, Tdh2Ciphertext, tdh2Finish } from "../../protocol/tdh2.ts";
import {
  type Approved,
  approve,
  ask,
  dossierOf,
  dossierOfPerson,
  EPOCH,
  freshWorld,
  identityKeys,
  NOW,
  newCase,
  newPatient,
  noticed,
  opened,
  outcome,
  outside,
  type Patient,
  proofInRow,
  relabelled,
  requesterSeal,
  rng,
  rowWith,
  type TestCase,
  tagOfRow,
  visit,
  type World,
} from "./trustee-world.ts";

const DAY = 86_400;
let w: World;
beforeAll(async () => {
  w = await freshWorld();
});

/** The values that trustee `from` sealed to the requester. */
function openAnswer(c: TestCase, text: string): { from: number; kind: string; plaintext: Uint8Array } {
  const { key, value } = openSigned(LABELS.signForRequester, ForRequester, readBase64url(text));
  expect(key).toEqual(identityKeys[value.from - 1]);
  expect(value.orderHash).toEqual(c.hash);
  const plaintext = hybridOpen(requesterSeal.secretKey, forRequesterAad(value), value.sealed);
  return { from: value.from, kind: value.kind, plaintext };
}

/** Per member, the sessions of all chunks. */
function resultsOf(c: TestCase, answers: string[]): Pick<CaseResult, "sessions">[] {
  const chunks = chunksOfOrder(c.order);
  const members = new Map<number, CaseResult[]>();
  for (const text of answers) {
    const { from, plaintext } = openAnswer(c, text);
    const { key, value } = openSigned(LABELS.signResult, CaseResult, plaintext);
    expect(key).toEqual(identityKeys[from - 1]);
    members.set(from, [...(members.get(from) ?? []), value]);
  }
  return [...members.values()].map((results) => {
    expect(results.map(({ epochFrom, epochTo }) => ({ epochFrom, epochTo }))).toEqual(chunks);
    return { sessions: results.flatMap((r) => r.sessions) };
  });
}

describe("link", () => {
  it("finds the patient's sessions in the approved epochs, newest first, and no other patient's", async () => {
    const patient = newPatient(w);
    const known = visit(w, patient, { at: NOW - 65 * DAY, slot: 1, service: "a" });
    const newer = visit(w, patient, { at: NOW - 35 * DAY, slot: 3, service: "b" });
    const sameEpoch = visit(w, patient, { at: NOW - 36 * DAY, slot: 0, service: "c" });
    visit(w, patient, { at: NOW, slot: 2, service: "b" }); // the open epoch
    visit(w, newPatient(w), { at: NOW - 35 * DAY, slot: 3, service: "b" });
    outside.pageRows = 1;

    const c = newCase(w, dossierOf(known));
    const answers = await opened(w, await approve(w, c, [1, 3]));
    const results = resultsOf(c, answers);
    expect(results).toHaveLength(2);
    expect(results[1]).toEqual(results[0]);
    const found = results[0]!.sessions.map((s) => [s.epoch, s.slot]);
    const expected = [newer, sameEpoch, known].sort(
      (a, b) => b.epoch - a.epoch || (toHex(a.tagHash) < toHex(b.tagHash) ? -1 : 1),
    );
    expect(found).toEqual(expected.map((s) => [s.epoch, s.slot]));
    expect(results[0]!.sessions.map((s) => s.serviceId)).toEqual(expected.map((s) => s.serviceId));
  });

  it("tells the patient's wallet, and no other, of the action and its reason", async () => {
    const patient = newPatient(w);
    const c = newCase(w, dossierOf(visit(w, patient)));
    const { entries, entry } = await noticed(w, await approve(w, c));
    expect(entries[1]!.entry).toBe(entries[0]!.entry);
    expect(entry).toMatchObject({ kind: "notice", caseId: c.order.caseId, subject: c.hash });
    const content = openNotice(walletKappa(patient.secrets.z, c.order.caseId), c.order.caseId, entry.body);
    expect(content).toMatchObject({ purpose: c.order.purpose, requesterName: "Dr Ada", approvedBy: [1, 2] });
    expect(
      openNotice(walletKappa(newPatient(w).secrets.z, c.order.caseId), c.order.caseId, entry.body),
    ).toBeUndefined();
  });

  it("lists only sessions of the order's services", async () => {
    const patient = newPatient(w);
    const at = visit(w, patient, { slot: 0, service: "a" });
    const other = visit(w, patient, { slot: 1, service: "b" });
    const c = newCase(w, dossierOf(at), { services: [other.serviceId] });
    const [result] = resultsOf(c, await opened(w, await approve(w, c)));
    expect(result!.sessions.map((s) => s.tagHash)).toEqual([other.tagHash]);
  });

  it("tells of a false row although the order names services, since the row proves none", async () => {
    const patient = newPatient(w);
    const at = visit(w, patient, { slot: 0, service: "a" });
    const other = visit(w, patient, { slot: 1, service: "b" });
    const rows = outside.index.get(other.epoch)!;
    outside.index.set(other.epoch, [...rows.slice(0, -1), relabelled(rows.at(-1)!, rows.at(-2)!)]);
    const c = newCase(w, dossierOf(at), { services: [other.serviceId] });
    const [result] = resultsOf(c, await opened(w, await approve(w, c)));
    expect(result!.sessions).toMatchObject([{ slot: 1, tagHash: FALSE_ROW }]);
  });

  it.each<[string, (own: string, foreign: string, elsewhere: string) => string]>([
    ["another patient's tag", (own, foreign) => rowWith(own, tagOfRow(foreign))],
    ["a tag that is no point", (own) => rowWith(own, "00".repeat(96))],
    ["the patient's own tag, bent", (own) => rowWith(own, `${tagOfRow(own).slice(0, -2)}00`)],
    ["the identity", (own) => rowWith(own, `c0${"00".repeat(95)}`)],
    ["another service", (own, _, elsewhere) => relabelled(own, elsewhere)],
    ["another service and its own visit's row proof", (own, _, elsewhere) => relabelled(own, elsewhere, true)],
    ["a row proof that is none", (own) => proofInRow(own, "ff".repeat(64))],
  ])("a value with %s beside it names no session: the requester is told, the others are read", async (_name, lie) => {
    const patient = newPatient(w);
    const known = visit(w, patient, { at: NOW - 65 * DAY, slot: 1, service: "a" });
    const own = outside.index.get(known.epoch)!.at(-1)!;
    const other = visit(w, patient, { at: NOW - 35 * DAY, slot: 2, service: "b" });
    const victim = visit(w, newPatient(w), { at: NOW - 65 * DAY, slot: 1, service: "a" });
    const foreign = outside.index.get(victim.epoch)!.at(-1)!;
    const elsewhere = outside.index.get(other.epoch)!.at(-2)!;
    const rows = outside.index.get(known.epoch)!;
    outside.index.set(known.epoch, [...rows.filter((r) => r !== own), lie(own, foreign, elsewhere)]);
    const c = newCase(w, dossierOf(known));
    const a = await approve(w, c);
    const [result] = resultsOf(c, await opened(w, a));
    expect(result!.sessions).toEqual([
      { epoch: other.epoch, slot: 2, serviceId: other.serviceId, tagHash: other.tagHash },
      { epoch: known.epoch, slot: 1, serviceId: new Uint8Array(16), tagHash: FALSE_ROW },
    ]);
    for (const tagHash of [victim.tagHash, FALSE_ROW, known.tagHash]) {
      const item = { serviceId: toBase64url(known.serviceId), tagHash: toBase64url(tagHash) };
      const items = [{ ...item, recordId: toBase64url(rng(16)), stanza: toBase64url(rng(100)) }];
      expect(await outcome(ask(1, "record-shares", { bundle: a.bundle(1), items }))).toBe("credential-refused");
    }
  });

  it("does not find a patient's tag under another value", async () => {
    const patient = newPatient(w);
    const known = visit(w, patient, { at: NOW - 65 * DAY, slot: 1, service: "a" });
    const rows = outside.index.get(known.epoch)!;
    const own = rows.at(-1)!;
    outside.index.set(known.epoch, [...rows.slice(0, -1), "ab".repeat(32) + own.slice(64)]);
    const c = newCase(w, dossierOf(known));
    const [result] = resultsOf(c, await opened(w, await approve(w, c)));
    expect(result!.sessions).toEqual([]);
  });

  it("opens the current epoch in an emergency", async () => {
    const patient = newPatient(w);
    const today = visit(w, patient, { at: NOW });
    const c = newCase(w, dossierOf(today), { emergency: true, epochFrom: EPOCH, epochTo: EPOCH });
    const [result] = resultsOf(c, await opened(w, await approve(w, c)));
    expect(result!.sessions.map((s) => s.tagHash)).toEqual([today.tagHash]);
  });
});

const toHex = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");

describe("trace", () => {
  it("gives the requester the handle from t shares, and gives the trustees nothing", async () => {
    const patient = newPatient(w);
    const session = visit(w, patient, { at: NOW });
    const c = newCase(w, dossierOf(session), { kind: "trace", epochFrom: EPOCH, epochTo: EPOCH });
    const answers = await opened(w, await approve(w, c, [2, 3]));
    const { C1, C2 } = Presentation.decode(CheckIn.decode(session.bytes).presentation);
    const shares = answers.map((text) => {
      const { from, kind, plaintext } = openAnswer(c, text);
      expect(kind).toBe("trace");
      const part = TracePart.decode(plaintext);
      const context = CaseContext.decode(part.context);
      expect(context).toMatchObject({ kind: "trace", trustee: from, set: [2, 3], scope: [] });
      const share = TraceShare.decode(part.share);
      const shareKey = w.keySet.shareKeys[from - 1]!.trace;
      const at = { ctx: caseContextHash(context), index: from, shareKey, C1: decodeG1(C1) };
      expect(verifyTraceShare(at, share)).toBe(true);
      return share;
    });
    const R = combineTrace({ C2: decodeG1(C2), set: [2, 3], shares });
    expect(encodeG1(R)).toEqual(encodeG1(handleOf(patient.secrets.k)));
  });
});

describe("assemble", () => {
  it("finds a named person's sessions over all generations", async () => {
    const older = newPatient(w);
    const newer = newPatient(w, older.identity, older);
    const first = visit(w, older, { slot: 2 });
    const second = visit(w, newer, { at: NOW - 35 * DAY, slot: 2, service: "b" });
    const c = newCase(w, dossierOfPerson([older, newer]), { kind: "assemble" });
    const [result] = resultsOf(c, await opened(w, await approve(w, c)));
    expect(result!.sessions.map((s) => s.tagHash)).toEqual([second.tagHash, first.tagHash]);
  });

  it("tells the wallet of every generation, and no other", async () => {
    const older = newPatient(w);
    const newer = newPatient(w, older.identity, older);
    const c = newCase(w, dossierOfPerson([older, newer]), { kind: "assemble" });
    const { entries, entry } = await noticed(w, await approve(w, c));
    expect(entries[1]!.entry).toBe(entries[0]!.entry);
    const purposeFor = ({ secrets }: Patient) =>
      openNotice(walletKappa(secrets.z, c.order.caseId), c.order.caseId, entry.body)?.purpose;
    const { purpose } = c.order;
    expect([older, newer, newPatient(w)].map(purposeFor)).toEqual([purpose, purpose, undefined]);
  });
});

describe("records", () => {
  it("gives shares for the stanzas of the result's sessions, and they open the file key", async () => {
    const patient = newPatient(w);
    const session = visit(w, patient, { slot: 1 });
    const c = newCase(w, dossierOf(session));
    const a: Approved = await approve(w, c);
    await opened(w, a);
    const fileKey = rng(16);
    const place = { serviceId: session.serviceId, tagHash: session.tagHash, recordId: rng(16) };
    const label = stanzaLabel(place, keySetId(w.keySet));
    const key = w.keySet.keys.record;
    const stanza = sealThreshold({ key, groupHybridKey: w.keySet.groupHybridKey, label, fileKey }, rng);
    const item = (x: { serviceId: Uint8Array; tagHash: Uint8Array; recordId: Uint8Array }) => ({
      serviceId: toBase64url(x.serviceId),
      tagHash: toBase64url(x.tagHash),
      recordId: toBase64url(x.recordId),
      stanza: toBase64url(stanza),
    });
    const moved = { ...place, recordId: rng(16) };
    const answers = await Promise.all(
      a.set.map((i) =>
        ask<{ forRequester: string }>(i, "record-shares", { bundle: a.bundle(i), items: [item(place), item(moved)] }),
      ),
    );
    const parts = answers.map((x) => openAnswer(c, x.forRequester));
    const ct = Tdh2Ciphertext.decode(RecordParts.decode(parts[0]!.plaintext).items[0]!.ciphertext);
    const points = parts.map(({ from, plaintext }) => {
      const [good, bad] = RecordParts.decode(plaintext).items;
      expect(bad!.share).toHaveLength(0); // a stanza of another record opens nothing
      const share = RecordShare.decode(good!.share);
      const ctx = caseContextHash(CaseContext.decode(good!.context));
      const shareKey = w.keySet.shareKeys[from - 1]!.record;
      expect(verifyRecordShare({ ctx, index: from, shareKey, u: ct.u }, share)).toBe(true);
      return { index: from, point: share.point };
    });
    expect(tdh2Finish({ key, label, ct, shared: combinePoints(a.set, points) })).toEqual(fileKey);

    const foreign = visit(w, newPatient(w), { slot: 0 });
    await expect(
      ask(1, "record-shares", { bundle: a.bundle(1), items: [item({ ...foreign, recordId: rng(16) })] }),
    ).rejects.toMatchObject({ code: "credential-refused" });
  });
});
