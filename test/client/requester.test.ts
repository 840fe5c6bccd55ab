// The requester believes pinned keys only. In each test one party lies in one way. The requester must say what is
// wrong, and which trustees are at fault if the messages show it.

import { sha256 } from "@noble/hashes/sha2.js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  createRequesterKeys,
  type Fetched,
  type PreparedOrder,
  RequesterError,
  saveOrder,
} from "../../client/requester.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { FALSE_ROW, RecordParts, TrusteeCard } from "../../protocol/case-documents.ts";
import { Contract, Dossier, Manifest, openSigned, signDocument, subjectHashOf } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { hybridKeyPair, hybridOpen } from "../../protocol/hybrid-seal.ts";
import { KeySet, signKeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { problems } from "../support/fhir-document.ts";
import {
  addManifest,
  addRecord,
  answer,
  C1of,
  certificate,
  certificateBy,
  checkIn,
  disclosure,
  EPOCH,
  fullDossier,
  goodKeySet,
  type Item,
  itemsFor,
  jane,
  newRequester,
  newSession,
  patientOf,
  proofsOf,
  recordPart,
  recordParts,
  requesterWith,
  resultOf,
  rival,
  rng,
  SET,
  signAs,
  signedResult,
  type TestSession,
  tracePart,
  transport_,
  world,
} from "../support/requester-world.ts";

beforeEach(() => {
  Object.assign(world, goodKeySet);
  world.sessions = [];
  world.strangers = [];
  world.sent = [];
  world.routes = {};
});

const ask = { purpose: "treatment", legalGround: "vital interests", epochs: { from: EPOCH - 4, to: EPOCH - 1 } };
const link = (): Promise<PreparedOrder> => newRequester().order({ ...ask, kind: "link", subject: { checkIn } });

/** One order per kind for all tests: the tests are about the answers. */
const requester = newRequester();
const made = new Map<string, Promise<PreparedOrder>>();
function ordered(kind: "link" | "trace" | "assemble"): Promise<PreparedOrder> {
  const subject = kind === "assemble" ? { selector: "INS-1" } : { checkIn };
  const order = made.get(kind) ?? requester.order({ ...ask, kind, subject });
  made.set(kind, order);
  return order;
}

/** "fine", or the code and the trustees at fault. */
const failure = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => "fine",
    (e: unknown) => (e instanceof RequesterError ? [e.code, ...e.trustees].join(" ") : `${e}`),
  );
const status = (p: PreparedOrder, more: object = {}) => ({
  caseId: p.caseId,
  state: "opened",
  needed: 2,
  set: SET,
  dossiersComplete: false,
  chunks: { opened: 3, of: 3 },
  decisions: [1, 2, 3].map((trustee) => ({ trustee, decision: "approve", approval: `approval-${trustee}` })),
  ...more,
});

describe("before anything is sent", () => {
  it("an order names nobody; its dossier opens for each trustee, and shows the check-in", async () => {
    const p = await link();
    expect(p.dossiers).toHaveLength(3);
    p.dossiers.forEach((sealed, i) => {
      const dossier = Dossier.decode(hybridOpen(transport_[i]!.secretKey, p.hash, sealed));
      expect(dossier.checkIn).toEqual(checkIn);
      expect(subjectHashOf(dossier.salt, checkIn)).toEqual(p.order.subject);
      expect(() => hybridOpen(transport_[(i + 1) % 3]!.secretKey, p.hash, sealed)).toThrow();
    });
    const again = await newRequester().load(saveOrder(p));
    expect(again).toEqual(p);
  });

  it("refuses a certificate of another authority, or over other keys", () => {
    expect(() => requesterWith(certificateBy(signAs(1)))).toThrow(/certificate/);
    expect(() => requesterWith(certificate, createRequesterKeys(rng))).toThrow(/certificate/);
  });

  it("refuses a key set or card that the pinned trustees did not sign", async () => {
    const good = KeySet.decode(goodKeySet.keySet);
    const foreign = { ...good, groupHybridKey: hybridKeyPair(rng(32)).publicKey };
    world.keySet = KeySet.encode({ ...foreign, signatures: [1, 2, 3].map((i) => signKeySet(foreign, signAs(i))) });
    expect(await failure(link())).toBe("trustees"); // signed, but not the key set that the parameters name
    world.keySet = KeySet.encode({ ...good, signatures: [1, 1, 3].map((i) => signKeySet(good, signAs(i))) });
    expect(await failure(link())).toBe("trustees");
    world.keySet = goodKeySet.keySet;
    const own = { index: 2, transportKey: hybridKeyPair(rng(32)).publicKey };
    const [first, , third] = goodKeySet.cards;
    world.cards = [first!, signDocument(LABELS.signTrustee, TrusteeCard, own, signAs(1)), third!];
    expect(await failure(link())).toBe("trustees");
    world.cards = [first!, third!];
    expect(await failure(link())).toBe("trustees");
  });

  it("refuses a check-in that does not verify, and scopes that no trustee would open", async () => {
    const requester = newRequester();
    const mauled = checkIn.slice();
    mauled[mauled.length - 40]! ^= 1;
    expect(await failure(requester.order({ ...ask, kind: "link", subject: { checkIn: mauled } }))).not.toBe("fine");
    expect(await failure(requester.order({ ...ask, kind: "link", subject: { selector: "INS-1" } }))).toBe("subject");
    expect(await failure(requester.order({ ...ask, kind: "assemble", subject: { checkIn } }))).toBe("subject");
    const current = { from: EPOCH, to: EPOCH };
    const now = { ...ask, kind: "link" as const, subject: { checkIn }, epochs: current };
    expect(await failure(requester.order(now))).toBe("scope");
    expect(await failure(requester.order({ ...now, emergency: true }))).toBe("fine");
    expect(await failure(requester.order({ ...now, epochs: { from: EPOCH, to: EPOCH - 1 } }))).toBe("scope");
    expect(await failure(requester.order({ ...now, emergency: true, epochs: { from: EPOCH, to: EPOCH + 1 } }))).toBe(
      "scope",
    );
  });
});

describe("a result", () => {
  const a = newSession(EPOCH - 1);
  const b = newSession(EPOCH - 3);
  const early = newSession(EPOCH - 9);
  const openWith = async (make: (p: PreparedOrder) => string[]) => {
    const p = await ordered("link");
    world.routes["/result"] = () => ({ sealed: make(p) });
    return requester.openResult(p);
  };
  const linked = (p: PreparedOrder, s: TestSession) => {
    const found =
      world.chunk === 0 ? [{ epoch: s.epoch, slot: 0, serviceId: new Uint8Array(16), tagHash: s.tagHash }] : [];
    return [...resultOf(p, [a]).sessions, ...found];
  };
  const good = (p: PreparedOrder, i: number, sessions = [a, b]) =>
    answer(p, "result", i, signedResult(resultOf(p, sessions), i));

  it("is accepted with t equal documents", async () => {
    const opened = await openWith((p) => SET.map((i) => good(p, i)));
    expect(opened.set).toEqual(SET);
    expect(opened.sessions.map((s) => s.epoch)).toEqual([EPOCH - 1, EPOCH - 3]);
  });

  it.each<[string, string, (p: PreparedOrder) => string[]]>([
    [
      "results-differ 1 3",
      "one trustee slips a session in",
      (p) => [good(p, 1), good(p, 3, [a, b, newSession(EPOCH - 2)])],
    ],
    ["results-differ 1 3", "one trustee hides a session", (p) => [good(p, 1), good(p, 3, [a])]],
    ["wrong-answer", "too few", (p) => [good(p, 1)]],
    ["wrong-answer", "one trustee twice", (p) => [good(p, 1), good(p, 1)]],
    ["wrong-answer", "too many", (p) => [good(p, 1), good(p, 2), good(p, 3)]],
    [
      "wrong-answer 3",
      "another trustee's signature inside",
      (p) => [good(p, 1), answer(p, "result", 3, signedResult(resultOf(p, [a, b]), 1))],
    ],
    [
      "wrong-answer",
      "another trustee's signature outside",
      (p) => [good(p, 1), answer(p, "result", 3, signedResult(resultOf(p, [a, b]), 3), {}, 1)],
    ],
    [
      "wrong-answer 3",
      "another order's answer",
      (p) => [good(p, 1), answer(p, "result", 3, signedResult(resultOf(p, [a, b]), 3), { orderHash: rng(32) })],
    ],
    [
      "wrong-answer 3",
      "another case's result inside",
      (p) => [good(p, 1), answer(p, "result", 3, signedResult({ ...resultOf(p, [a, b]), caseId: rng(32) }, 3))],
    ],
    [
      "wrong-answer 3",
      "an answer of another kind",
      (p) => [good(p, 1), answer(p, "trace", 3, signedResult(resultOf(p, [a, b]), 3))],
    ],
    [
      "wrong-answer",
      "another chunk's result",
      (p) => SET.map((i) => answer(p, "result", i, signedResult({ ...resultOf(p, [a]), epochFrom: EPOCH - 3 }, i))),
    ],
    [
      "wrong-answer 1 3",
      "a session of another chunk",
      (p) => SET.map((i) => answer(p, "result", i, signedResult({ ...resultOf(p, []), sessions: linked(p, b) }, i))),
    ],
    ["wrong-answer 1 3", "sessions outside the order", (p) => SET.map((i) => good(p, i, [early]))],
  ])("%s: %s", async (expected, _name, make) => {
    expect(await failure(openWith(make))).toBe(expected);
  });
});

describe("records", () => {
  let sessions: TestSession[];
  let ids: string[];
  beforeEach(async () => {
    sessions = [newSession(EPOCH - 3), newSession(EPOCH - 1)];
    world.sessions = sessions;
    ids = [
      await addRecord(sessions[0]!, "old"),
      await addRecord(sessions[1]!, "new"),
      await addRecord(sessions[1]!, "newer"),
    ];
  });
  type Parts = (p: PreparedOrder, i: number, items: Item[]) => RecordParts;
  async function fetched(parts: Parts = recordParts, order = ordered("link")): Promise<Fetched[]> {
    const p = await order;
    world.routes["/result"] = () => ({
      sealed: SET.map((i) => answer(p, "result", i, signedResult(resultOf(p, sessions), i))),
    });
    world.routes["/record-shares"] = (_path, body) => ({
      sealed: SET.map((i) => answer(p, "records", i, RecordParts.encode(parts(p, i, itemsFor(p, i, body))))),
    });
    const all: Fetched[] = [];
    for await (const f of requester.fetchRecords(await requester.openResult(p), { concurrency: 1 })) all.push(f);
    return all;
  }
  const told = (all: Fetched[]): string[] =>
    all.map((f) =>
      f.ok ? (f.plaintext ? new TextDecoder().decode(f.plaintext) : f.state) : ["fault", ...f.trustees].join(" "),
    );

  it("reports a slot that the index hides behind a false row, and asks nobody for it", async () => {
    sessions.push({ ...newSession(EPOCH - 2), tagHash: FALSE_ROW });
    expect(told(await fetched())).toEqual(["fault", "new", "newer", "old"]);
    expect(world.sent.some((s) => s.path.includes("0".repeat(64)))).toBe(false);
  });

  it("are asked for by whole buckets, manifests and blobs of all patients, and the escrow is told of no session", async () => {
    world.strangers = Array.from({ length: 5 }, () => newSession(EPOCH - 2));
    const others = await Promise.all(world.strangers.map((s) => addRecord(s, "of another patient")));
    expect(told(await fetched()).sort()).toEqual(["new", "newer", "old"]);
    const service = world.sent.filter(({ path }) => /\/(?:tags|buckets|blobs)\b/.test(path)).map(({ path }) => path);
    const manifests = sessions.concat(world.strangers).flatMap((s) => s.manifests);
    const tagsOf = (m: Uint8Array) => toBase64url(openSigned(LABELS.signManifest, Manifest, m).value.recordId);
    expect(service[0]).toMatch(/\/buckets\/0\.1$/);
    const asked = service.slice(1).flatMap((x) => x.split("/blobs?ids=")[1]!.split("."));
    expect(new Set(asked.map((id) => toBase64url(hexToBytes(id))))).toEqual(new Set(manifests.map(tagsOf)));
    expect(asked).toHaveLength(ids.length + others.length); // each once
    const toEscrow = JSON.stringify(world.sent.filter(({ path }) => path.startsWith("/v1/cases")));
    for (const { tagHash } of sessions) {
      expect(toEscrow).not.toContain(toBase64url(tagHash));
      expect(toEscrow).not.toContain(bytesToHex(tagHash));
    }
  });

  it("of a large service come from buckets of some 100 sessions, and a second reading asks for the same ones", async () => {
    world.strangers = Array.from({ length: 700 }, () => newSession(EPOCH - 2));
    for (const s of world.strangers) addManifest(s);
    const order = requester.order({ ...ask, kind: "link", subject: { checkIn } });
    expect(told(await fetched(recordParts, order)).sort()).toEqual(["new", "newer", "old"]);
    const asked = () => [...new Set(world.sent.flatMap(({ path }) => /\/buckets\/(.*)$/.exec(path)?.[1] ?? []))];
    const first = asked();
    expect(first[0]).toBe("0.1"); // the sample
    const parts = new Set(first.slice(1).map((part) => part.split(".")[1]));
    expect(parts.size).toBe(1);
    expect(Number([...parts][0])).toBeGreaterThan(3);
    expect(Number([...parts][0])).toBeLessThan(12);
    world.sent = [];
    world.strangers = world.strangers.slice(0, 100);
    await fetched(recordParts, order);
    expect(asked()).toEqual(first.slice(1));
  });

  it("come newest epoch first, opened with t shares", async () => {
    expect(told(await fetched())).toEqual(["new", "newer", "old"]);
  });

  it("of the newest chunk can be read before an older chunk is there", async () => {
    const p = await ordered("link"); // chunks: EPOCH - 1;  EPOCH - 3 and - 2;  EPOCH - 4
    let chunks = { opened: 0, of: 3 };
    let readFirst = (): void => {};
    const firstIsRead = new Promise<void>((done) => {
      readFirst = done;
    });
    const now = () => status(p, { state: chunks.opened === 3 ? "opened" : "noticed", chunks });
    world.routes[`/v1/cases/${p.caseId}`] = now;
    world.routes["/advance"] = async () => {
      if (chunks.opened === 1) await firstIsRead;
      chunks = { ...chunks, opened: chunks.opened + 1 };
      return now();
    };
    world.routes["/result"] = () => {
      if (world.chunk >= chunks.opened) throw new Error("asked for too early");
      return { sealed: SET.map((i) => answer(p, "result", i, signedResult(resultOf(p, sessions), i))) };
    };
    world.routes["/record-shares"] = (_path, body) => ({
      sealed: SET.map((i) => answer(p, "records", i, RecordParts.encode(recordParts(p, i, itemsFor(p, i, body))))),
    });
    const all: Fetched[] = [];
    for await (const f of requester.fetchRecords(requester.open(p))) {
      if (all.push(f) === 2) {
        expect(chunks.opened).toBe(1);
        readFirst();
      }
    }
    expect(told(all)).toEqual(["new", "newer", "old"]);
    expect(chunks.opened).toBe(3);
  });

  /** An escrow that opens one chunk per call. */
  function chunkByChunk(p: PreparedOrder) {
    const chunks = { opened: 0, of: 3 };
    const now = () => status(p, { state: chunks.opened === 3 ? "opened" : "noticed", chunks: { ...chunks } });
    world.routes[`/v1/cases/${p.caseId}`] = now;
    world.routes["/advance"] = () => {
      chunks.opened++;
      return now();
    };
    world.routes["/result"] = () => ({
      sealed: SET.map((i) => answer(p, "result", i, signedResult(resultOf(p, sessions), i))),
    });
    return chunks;
  }

  it("older chunks are computed however slowly the reader reads a newer one", async () => {
    const p = await ordered("link");
    const chunks = chunkByChunk(p);
    const reading = requester.open(p);
    await reading.next();
    expect(chunks.opened).toBe(1);
    await reading.next();
    await vi.waitFor(() => expect(chunks.opened).toBe(3));
    expect((await reading.next()).value).toMatchObject({ epochFrom: EPOCH - 4 });
    expect((await reading.next()).done).toBe(true);
  });

  it("the case stops if the reader stops", async () => {
    const p = await ordered("link");
    const chunks = chunkByChunk(p);
    for await (const { epochTo } of requester.open(p)) if (epochTo === EPOCH - 1) break;
    await new Promise((done) => setTimeout(done, 50));
    expect(chunks.opened).toBe(1);
  });

  it("a step that fails rejects the wait for its chunk, after all chunks that are there", async () => {
    const p = await ordered("link");
    const chunks = chunkByChunk(p);
    const reading = requester.open(p);
    const advance = world.routes["/advance"]!;
    world.routes["/advance"] = (path, body) => {
      if (chunks.opened === 2) throw new Error("no connection");
      return advance(path, body);
    };
    await reading.next();
    expect((await reading.next()).done).toBe(false);
    await expect(reading.next()).rejects.toThrow();
  });

  it("become a report, and a record that is not FHIR does not stop it", async () => {
    await addRecord(
      sessions[0]!,
      JSON.stringify({ resourceType: "Observation", id: "o", status: "final", code: { text: "x" } }),
    );
    const all = await fetched();
    const p = await ordered("link");
    const report = await requester.report(p, all);
    expect(report.entry.filter((e) => e.resource.resourceType === "Observation")).toHaveLength(1);
    expect(JSON.stringify(report)).toContain("Dr Ward");
  });

  it("become a report that names each bad record and its clinic, and holds all the others", async () => {
    const fhir = (id: string) =>
      JSON.stringify({ resourceType: "Observation", id, status: "final", code: { text: id } });
    const [first, second] = sessions;
    const bad = [
      await addRecord(first!, "%PDF-1.7", { contentKind: "application/pdf" }),
      await addRecord(first!, fhir("cut").slice(0, 20)),
      await addRecord(first!, fhir("deep").replace('"deep"', `${"[".repeat(100_000)}1${"]".repeat(100_000)}`)),
      await addRecord(second!, fhir("missing"), { day: 4_294_967_295 }),
      await addRecord(second!, fhir("swapped")),
    ];
    await addRecord(first!, fhir("good"));
    await addRecord(second!, fhir("good-too"));
    second!.blobs.delete(bad[3]!);
    second!.blobs.set(bad[4]!, second!.blobs.get(ids[1]!)!);
    const report = await requester.report(await ordered("link"), await fetched());
    expect(problems(report)).toEqual([]);
    const resources = report.entry.map(({ resource }) => resource);
    const told = resources
      .filter(({ resourceType }) => /^(?:Observation|DocumentReference)$/.test(resourceType))
      .map(({ id, description, resourceType }) => (resourceType === "Observation" ? id : description));
    for (const text of ["good", "good-too", "The content is nested deeper than 200 levels."])
      expect(told).toContain(text);
    expect(told.join()).toMatch(/a PDF document.*/);
    const identifiers = resources.flatMap(({ resourceType, identifier }) =>
      resourceType === "DocumentReference" ? (identifier as { value: string }[]).map(({ value }) => value) : [],
    );
    for (const id of bad) expect(identifiers).toContain(id);
    expect(JSON.stringify(report.entry[0]!.resource.text)).toContain("2 could not be read: Clinic.");
  });

  it.each([5_000, 100_000])("with a threshold stanza of %i bytes is a fault, and the others are read", async (size) => {
    const header = Buffer.from(sessions[0]!.blobs.get(ids[0]!)!).toString("latin1");
    const [before, after] = header.split(/(?<=-> symbolon-threshold [^\n]*\n)/);
    const lines = `${"A".repeat(64)}\n`.repeat(Math.ceil(size / 48));
    const oversized = Buffer.from(`${before}${lines}${after}`, "latin1");
    const id = await addRecord(sessions[0]!, "", { blobHash: sha256(oversized), size: oversized.length });
    sessions[0]!.blobs.set(id, new Uint8Array(oversized));
    const all = await fetched();
    expect(told(all).sort()).toEqual(["fault", "new", "newer", "old"].sort());
    const report = await requester.report(await ordered("link"), all);
    expect(problems(report)).toEqual([]);
    const document = report.entry.find(
      ({ resource }) => resource.description !== undefined && JSON.stringify(resource).includes(id),
    );
    expect(String(document!.resource.description)).toMatch(/stanza|header/);
  });

  it("of a clinic whose chain is another service's stand in the report by the clinic's name", async () => {
    sessions[1]!.manifests = sessions[1]!.manifests.map((m) =>
      signDocument(LABELS.signManifest, Manifest, openSigned(LABELS.signManifest, Manifest, m).value, rng(32)),
    );
    const report = await requester.report(await ordered("link"), await fetched());
    expect(problems(report)).toEqual([]);
    expect(JSON.stringify(report.entry[0]!.resource.section)).toMatch(/Clinic<\/td><td>all of a visit<\/td>/);
  });

  it("become a report also when the services' names cannot be read", async () => {
    world.listOfServices = new Uint8Array(40);
    const report = await requester.report(await ordered("link"), await fetched());
    world.listOfServices = undefined;
    expect(problems(report)).toEqual([]);
    expect(JSON.stringify(report)).not.toContain('"name":"Clinic"');
  });

  it("a blob that is not the signed one is a fault", async () => {
    const blob = sessions[1]!.blobs.get(ids[1]!)!;
    sessions[1]!.blobs.set(ids[1]!, sessions[1]!.blobs.get(ids[2]!)!);
    expect(told(await fetched()).sort()).toEqual(["fault", "newer", "old"]);
    sessions[1]!.blobs.set(ids[1]!, blob);
    blob[blob.length - 1]! ^= 1;
    expect(told(await fetched()).sort()).toEqual(["fault", "newer", "old"]);
  });

  it("of a chain with a gap stand beside its fault, as far as they are there", async () => {
    sessions[1]!.manifests = [sessions[1]!.manifests[1]!];
    expect(told(await fetched()).sort()).toEqual(["fault", "newer", "old"]);
  });

  it("a chain of another session, or of another service is a fault", async () => {
    const whole = [...sessions[1]!.manifests];
    sessions[1]!.manifests = sessions[0]!.manifests;
    expect(told(await fetched()).sort()).toEqual(["fault", "old"]);
    sessions[1]!.manifests = whole.map((m) =>
      signDocument(LABELS.signManifest, Manifest, openSigned(LABELS.signManifest, Manifest, m).value, rng(32)),
    );
    expect(told(await fetched()).sort()).toEqual(["fault", "old"]);
  });

  it("take their state from the chain, and withdrawn ones are not opened", async () => {
    const target = fromHex(ids[1]!);
    await addRecord(sessions[1]!, "", {
      kind: "withdrawal",
      target,
      size: 0,
      blobHash: new Uint8Array(32),
      stanzaHash: new Uint8Array(32),
    });
    expect(told(await fetched())).toEqual(["withdrawn", "newer", "old"]);
  });

  it("all trustees refuse a stanza of another record, and nobody is blamed", async () => {
    const moved = sessions[0]!.blobs.get(ids[0]!)!;
    const first = openSigned(LABELS.signManifest, Manifest, sessions[0]!.manifests[0]!).value;
    sessions[1]!.manifests = [];
    await addRecord(sessions[1]!, "", { blobHash: first.blobHash, stanzaHash: first.stanzaHash });
    const id = [...sessions[1]!.blobs.keys()].at(-1)!;
    sessions[1]!.blobs.set(id, moved);
    expect(told(await fetched())).toEqual(["fault", "old"]);
  });

  const spoilt =
    (who: number, change: (p: PreparedOrder, item: Item) => ReturnType<typeof recordPart>): Parts =>
    (p, i, items) =>
      i === who
        ? {
            items: items.map((x) => (bytesToHex(x.recordId) === ids[2]! ? change(p, x) : recordPart(p, i, x))),
          }
        : recordParts(p, i, items);

  it.each<[string, (p: PreparedOrder, item: Item) => ReturnType<typeof recordPart>]>([
    ["another trustee's share", (p, x) => recordPart(p, 3, x, {}, 2)],
    ["a share for another case", (p, x) => recordPart(p, 3, x, { caseId: rng(32) })],
    ["a share for another requester", (p, x) => recordPart(p, 3, x, { requesterKey: rng(32) })],
    ["a share for another set", (p, x) => recordPart(p, 3, x, { set: [2, 3] })],
    ["no share where the others give one", (p, x) => ({ ...recordPart(p, 3, x), share: new Uint8Array() })],
    ["another record's part", (p, x) => ({ ...recordPart(p, 3, x), recordId: rng(16) })],
    ["noise", (p, x) => ({ ...recordPart(p, 3, x), share: rng(115) })],
  ])("a trustee that answers %s is named, and the other records are read", async (_name, change) => {
    expect(told(await fetched(spoilt(3, change)))).toEqual(["new", "fault 3", "old"]);
  });

  it("a trustee that leaves an item out is named", async () => {
    const act = fetched((p, i, items) => recordParts(p, i, i === 3 ? items.slice(1) : items));
    expect(await failure(act)).toBe("wrong-answer 3");
  });
});

describe("a trace", () => {
  interface Lies {
    part?: (p: PreparedOrder, i: number) => Uint8Array;
    disclosed?: (p: PreparedOrder) => string;
    proofs?: (p: PreparedOrder) => object;
  }
  async function traced({
    part = (p, i) => tracePart(p, i),
    disclosed = (p) => disclosure(p, jane),
    proofs = (p) => proofsOf(p),
  }: Lies = {}) {
    const p = await ordered("trace");
    world.routes["/result"] = () => ({ sealed: SET.map((i) => answer(p, "trace", i, part(p, i))) });
    world.routes[`/v1/cases/${p.caseId}`] = () => status(p);
    world.routes["/proofs"] = () => proofs(p);
    world.routes["/v1/trace"] = () => ({ sealed: disclosed(p) });
    return { p, person: await requester.trace(p) };
  }

  it("names the person, and the registrar learns neither order nor session", async () => {
    const { p, person } = await traced();
    expect(person.patient).toEqual(patientOf("Jane"));
    const { body } = world.sent.find((s) => s.path === "/v1/trace")!;
    expect(Object.keys(body).sort()).toEqual(["C1", "C2", "certificate", "parts", "proofs"]);
    expect(body.C1).toBe(toBase64url(C1of(p)));
    expect(JSON.stringify(body)).not.toContain(p.session!.tagHash);
  });

  it.each<[string, string, Lies]>([
    ["wrong-share 3", "a share of another trustee's key", { part: (p, i) => tracePart(p, i, {}, i === 3 ? 2 : i) }],
    [
      "wrong-answer 3",
      "a share for another case",
      { part: (p, i) => tracePart(p, i, i === 3 ? { caseId: rng(32) } : {}) },
    ],
    [
      "wrong-answer 3",
      "a share for another session",
      { part: (p, i) => tracePart(p, i, i === 3 ? { subjectHash: rng(32) } : {}) },
    ],
    ["wrong-answer 3", "noise", { part: (p, i) => (i === 3 ? rng(200) : tracePart(p, i)) }],
    ["wrong-identity", "somebody else's contract", { disclosed: (p) => disclosure(p, rival) }],
    [
      "wrong-identity",
      "somebody else's name on it",
      { disclosed: (p) => disclosure(p, jane, { identity: rival.identity }) },
    ],
    [
      "wrong-identity",
      "somebody else's opening",
      { disclosed: (p) => disclosure(p, jane, { identity: rival.identity, identitySalts: [rival.salt] }) },
    ],
    [
      "wrong-identity",
      "R put into somebody else's contract",
      {
        disclosed: (p) =>
          disclosure(p, rival, { contracts: [Contract.encode({ ...rival.contract, R: jane.contract.R })] }),
      },
    ],
    ["wrong-identity", "no contract", { disclosed: (p) => disclosure(p, jane, { contracts: [], identitySalts: [] }) }],
    [
      "wrong-identity",
      "the right contract twice",
      {
        disclosed: (p) =>
          disclosure(p, jane, {
            contracts: [Contract.encode(jane.contract), Contract.encode(jane.contract)],
            identitySalts: [jane.salt, jane.salt],
          }),
      },
    ],
    ["wrong-identity", "an answer that another key signed", { disclosed: (p) => disclosure(p, jane, {}, rng(32)) }],
    ["wrong-identity", "noise", { disclosed: () => toBase64url(rng(2000)) }],
    ["wrong-proofs", "no notice in the log", { proofs: (p) => proofsOf(p, p.hash, { without: ["notice"] }) }],
    [
      "wrong-proofs",
      "a notice of one trustee alone",
      { proofs: (p) => proofsOf(p, p.hash, { noticeBy: [signAs(1)] }) },
    ],
    [
      "wrong-proofs",
      "an officer that is not in the log",
      { proofs: (p) => proofsOf(p, p.hash, { without: ["officer"] }) },
    ],
    ["wrong-proofs", "an unlogged order", { proofs: (p) => proofsOf(p, p.hash, { without: ["order"] }) }],
    ["wrong-proofs", "a head that nobody cosigned", { proofs: (p) => proofsOf(p, p.hash, { witnesses: [] }) }],
  ])("%s: %s", async (expected, _name, lies) => {
    expect(await failure(traced(lies))).toBe(expected);
  });
});

describe("an assemble", () => {
  type Copy = { sealed: string; hash: Uint8Array };
  async function carried(
    dossier: (p: PreparedOrder) => Copy = (p) => fullDossier(p),
    proofs: (p: PreparedOrder, hash: Uint8Array) => object = (p, hash) => proofsOf(p, hash),
  ) {
    const p = await ordered("assemble");
    const copy = dossier(p);
    world.routes[`/v1/cases`] = () => status(p, { state: "ordered", set: null });
    world.routes["/order-proof"] = () => ({ checkpoint: "head" });
    world.routes["/v1/assemble/dossiers"] = () => ({ dossiers: ["d1", "d2", "d3"] });
    world.routes["/v1/assemble/identity"] = () => ({ sealed: copy.sealed });
    world.routes["/dossiers"] = () => status(p, { state: "ordered", dossiersComplete: true });
    world.routes["/proofs"] = () => proofs(p, copy.hash);
    await requester.submit(p);
    return { p, person: await newRequester().person(p) };
  }

  it("brings the registrar's dossiers to the escrow, and names the person once the proofs are there", async () => {
    const { p, person } = await carried();
    expect(p.dossiers).toEqual([]);
    expect(person.patient).toEqual(patientOf("Jane"));
    const brought = world.sent.find((s) => s.path === `/v1/cases/${p.caseId}/dossiers`)!;
    expect(brought.body).toEqual({ dossiers: ["d1", "d2", "d3"] });
    const asked = world.sent.find((s) => s.path === "/v1/assemble/dossiers")!.body;
    expect(Object.keys(asked).sort()).toEqual(["cards", "order", "proof", "selector", "selectorSalt"]);
  });

  it("wrong-identity: the registrar gives another dossier than the officers approved", async () => {
    const another = (p: PreparedOrder): Copy => ({
      ...fullDossier(p, { identitySalts: [jane.salt, jane.salt] }),
      hash: rng(32),
    });
    expect(await failure(carried(another))).toBe("wrong-identity");
    const again = (p: PreparedOrder): Copy => ({ ...fullDossier(p), hash: rng(32) }); // even a true one
    expect(await failure(carried(again))).toBe("wrong-identity");
  });

  it.each<[string, Parameters<typeof proofsOf>[2]]>([
    ["approvals alone, without a notice", { without: ["notice"] }],
    ["a notice that not all of S signed", { noticeBy: [signAs(3)] }],
    ["an unlogged order", { without: ["order"] }],
    ["an officer's card that is not in the log", { without: ["officer"] }],
  ])("wrong-proofs: %s, and the registrar is not asked", async (_name, changes) => {
    expect(await failure(carried(undefined, (p, hash) => proofsOf(p, hash, changes)))).toBe("wrong-proofs");
    expect(world.sent.some((s) => s.path === "/v1/assemble/identity")).toBe(false);
  });

  const generation = (contract: Contract) => ({ contract: Contract.encode(contract), epochFrom: 0, epochTo: EPOCH });
  const rivals = {
    generations: [generation(rival.contract)],
    identity: rival.identity,
    identitySalts: [rival.salt],
    uncovered: 0,
  };
  it.each<[string, Partial<Dossier>]>([
    ["somebody else's contract", { generations: [generation(rival.contract)] }],
    ["a mauled F", { generations: [generation({ ...jane.contract, F2: rival.contract.F2 })] }],
    ["another identity", { identity: rival.identity }],
    [
      "a contract slipped in",
      { generations: [generation(jane.contract), generation(rival.contract)], identitySalts: [jane.salt, rival.salt] },
    ],
    ["no opening", { identitySalts: [] }],
    ["a miscounted earlier link key", { uncovered: 1 }],
    ["nobody", { generations: [], identitySalts: [] }],
    ["another selector", { selector: "INS-2" }],
    ["another person's whole contract and record", rivals],
  ])("wrong-identity: %s, even if officers approved it", async (_name, changes) => {
    // The registrar lies.
    expect(await failure(carried((p) => fullDossier(p, changes)))).toBe("wrong-identity");
  });

  it.each<[string, (p: PreparedOrder) => Copy]>([
    ["by another key", (p) => fullDossier(p, {}, rng(32))],
    ["not at all", (p) => fullDossier(p, {}, undefined, { registrarSignature: undefined })],
    [
      "and changed afterwards",
      (p) => fullDossier(p, {}, undefined, { generations: [{ ...generation(jane.contract), epochFrom: 1 }] }),
    ],
  ])("wrong-identity: a dossier signed %s", async (_name, dossier) => {
    expect(await failure(carried(dossier))).toBe("wrong-identity");
  });
});

describe("waiting", () => {
  it.each([
    ["awaiting-approvals", { state: "ordered", set: null }],
    ["order-refused", { state: "refused", set: null }],
    ["order-expired", { state: "expired" }],
    ["stuck", { state: "approved" }],
    ["stuck", { state: "noticed", chunks: { opened: 1, of: 3 } }],
  ])("%s", async (expected, more) => {
    const p = await ordered("link");
    world.routes[`/v1/cases/${p.caseId}`] = () => status(p, more);
    world.routes["/advance"] = () => status(p, more);
    expect(await failure(requester.advance(p))).toBe(expected);
  });
});

const fromHex = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g)!, (x) => Number.parseInt(x, 16));
