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
import { unpad } from "../../protocol/padding.ts";
import { Presentation } from "../../protocol/presentation.ts";
import { type RecordItems, sealRecordItems } from "../../protocol/record-items.ts";
import { decodeG1, encodeG1 } from "../../protocol/suite.ts";
import { sealThreshold, Tdh2Ciphertext, tdh2Finish } from "../../protocol/tdh2.ts";
import { secret } from "./bindings.ts";
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
  const plaintext = unpad(hybridOpen(requesterSeal.secretKey, forRequesterAad(value), value.sealed));
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

/** The requester's request to trustee `i`. */
function sealItems(
  w: World,
  c: TestCase,
  trustee: number,
  items: RecordItems["items"],
  changes: Partial<RecordItems> = {},
  by = secret("requester"),
  to = trustee,
): string {
  const value = { caseId: c.order.caseId, orderHash: c.hash, trustee, items, ...changes };
  return toBase64url(sealRecordItems(value, w.transportKeys[to - 1]!, by, rng));
}
const askRecords = (
  c: TestCase,
  a: Approved,
  i: number,
  items: RecordItems["items"],
  ...more: [changes?: Partial<RecordItems>, by?: Uint8Array, to?: number]
) =>
  ask<{ forRequester: string }>(i, "record-shares", {
    bundle: a.bundle(i),
    sealed: sealItems(w, c, i, items, ...more),
  });

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
      const items = [{ serviceId: known.serviceId, tagHash, recordId: rng(16), stanza: rng(100) }];
      expect(await outcome(askRecords(c, a, 1, items))).toBe("credential-refused");
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
    const item = { ...place, stanza };
    const moved = { ...item, recordId: rng(16) };
    const answers = await Promise.all(a.set.map((i) => askRecords(c, a, i, [item, moved])));
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
    const { serviceId, tagHash } = foreign;
    const other = { serviceId, tagHash, recordId: rng(16), stanza };
    expect(await outcome(askRecords(c, a, 1, [other]))).toBe("credential-refused");
  });

  it("gives no shares to a request that the requester did not sign, or for another trustee or case", async () => {
    const session = visit(w, newPatient(w), { slot: 1 });
    const c = newCase(w, dossierOf(session));
    const a = await approve(w, c);
    await opened(w, a);
    const items = [{ serviceId: session.serviceId, tagHash: session.tagHash, recordId: rng(16), stanza: rng(100) }];
    const code = (changes: Partial<RecordItems>, by?: Uint8Array, to?: number) =>
      outcome(askRecords(c, a, 1, items, changes, by, to));
    expect(await code({})).toMatchObject({ forRequester: expect.any(String) }); // control
    // The escrow may not find out in this way whether a session is in the result.
    expect(await code({}, secret("the escrow's"))).toBe("credential-refused");
    expect(await code({ trustee: 2 })).toBe("credential-refused");
    expect(await code({}, undefined, 2)).toBe("credential-refused");
    expect(await code({ orderHash: rng(32) })).toBe("credential-refused");
    expect(await code({ caseId: rng(32) })).toBe("credential-refused");
    expect(await code({ items: [] })).toContain("malformed");
    expect(await code({ items: Array.from({ length: 65 }, () => items[0]!) })).toContain("malformed");
  });

  it("answers with a length that tells the number of records in steps of 16 only", async () => {
    const session = visit(w, newPatient(w), { slot: 1 });
    const c = newCase(w, dossierOf(session));
    const a = await approve(w, c);
    await opened(w, a);
    const { serviceId, tagHash } = session;
    const lengths = async (n: number) => {
      const items = Array.from({ length: n }, () => ({ serviceId, tagHash, recordId: rng(16), stanza: rng(1340) }));
      const asked = sealItems(w, c, 1, items).length;
      return [asked, (await askRecords(c, a, 1, items)).forRequester.length];
    };
    const one = await lengths(1);
    expect(await lengths(16)).toEqual(one);
    for (const [i, length] of (await lengths(18)).entries()) expect(length).toBeGreaterThan(one[i]!);
  });
});
