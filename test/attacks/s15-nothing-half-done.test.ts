// S15 Nothing half-done: a fault between any two writes (R2, D1, Durable Object) leaves either the whole thing or nothing,
// and a retry with the same idempotency key gives the same answer.
//
// Workers are bundled with a fault point between each two writes. A fault is armed once: it throws there, or it hangs (the
// runtime then ends the request on the spot: no catch, no clean-up, as when a machine dies). Then the retry, and a census
// of all stores. At the end several requests die at once, the whole host is stopped, and an unchanged one starts on the
// same disk. In the control a record's row is written before its blob.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Clinic, type ClinicSession } from "../../client/clinic.ts";
import { type PreparedOrder, Requester, type RequesterKeys } from "../../client/requester.ts";
import { ApiError, api, apiBytes, apiJson } from "../../client/transport.ts";
import { MemoryStore } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import type { Weakening } from "../../local/bundles.ts";
import { startHost } from "../../local/host.ts";
import { deploymentOf, openPractice, type Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { tagHashOf } from "../../protocol/presentation.ts";
import {
  approve,
  approvedBy,
  cosigned,
  hex,
  LINK,
  monitorOf,
  newRequester,
  outcome,
  person,
  START,
  text,
} from "./cases.ts";
import { type Dump, dumpStores, rowsOf } from "./dump.ts";

/** `fault` and the route that arms it, in a role's module. */
const armed = (file: string): Weakening => ({
  file,
  find: "export default",
  replace: `const g = globalThis as any;
g.faults ??= {};
g.fire = (name: string) => { const how = g.faults[name]; delete g.faults[name]; return how; };
g.fault = async (name: string) => {
  const how = g.fire(name);
  if (how === "hang") await new Promise(() => {});
  if (how) throw new Error("fault: " + name);
};
g.faultNow = (name: string) => { if (g.fire(name)) throw new Error("fault: " + name); };
app.post("/evil", async (c: any) => { g.faults = await c.req.json(); return c.json({}); });
app.get("/evil", async (c: any) => c.json(g.faults));
export default`,
});
const before = (file: string, find: string, name: string): Weakening => ({
  file,
  find,
  replace: `await (globalThis as any).fault(${JSON.stringify(name)});\n${find}`,
});
const after = (file: string, find: string, name: string): Weakening => ({
  file,
  find,
  replace: `${find}\nawait (globalThis as any).fault(${JSON.stringify(name)});`,
});

const SESSIONS = "functions/service/sessions.ts";
const RECORDS = "functions/service/records.ts";
const OBJECT = "durable-objects/replay-window.ts";
const ROUNDS = "functions/escrow/rounds.ts";
const SERVICE: Weakening[] = [
  armed("functions/service.ts"),
  before(SESSIONS, "const grace = Math.max(", "before the object"),
  before(SESSIONS, "if (outcome.pending && !(await writeRow(", "object open, no row"),
  before(SESSIONS, "if (outcome.pending) {", "row, no index"),
  before("functions/service/index-rows.ts", "await deliverIndexRows(", "index not sent"),
  {
    file: OBJECT,
    find: "  delivered(tagHash: Hex): void {",
    replace: `  delivered(tagHash: Hex): void {
    (globalThis as any).faultNow("not ticked off");`,
  },
  before(RECORDS, "await store(env, key, blob, given);", "listed, no blob"),
  before(
    RECORDS,
    "if (await append(service, given, appendStatements(service, given, key), key)) return;",
    "blob, no row",
  ),
  before(RECORDS, "return c.json(answer(given), 201);", "row, no answer"),
  before(RECORDS, "await sweepShard(c.env, service.db, at);", "erased, blob there"),
  after("functions/service/sweep.ts", "await env.BLOBS.delete(keys);", "blob gone, name listed"),
  after("functions/service/outbox.ts", "await appendEntryBytes(env, now, entry);", "logged, in the outbox still"),
];
/** The control's order of writes: the row first. */
const ROW_FIRST: Weakening[] = [
  {
    file: RECORDS,
    find: "await store(env, key, blob, given);",
    replace: "const careless = (globalThis as any).faults.careless; if (!careless) await store(env, key, blob, given);",
  },
  {
    file: RECORDS,
    find: "appendStatements(service, given, key), key)) return;",
    replace: `appendStatements(service, given, key), key)) {
      if (careless) { await (globalThis as any).fault("row, no blob"); await store(env, key, blob, given); }
      return;
    }`,
  },
];
const REGISTRAR: Weakening[] = [
  armed("functions/registrar.ts"),
  before("functions/registrar/enrol.ts", "const epochFrom = generation === 0", "before the contract"),
  before(
    "functions/registrar/enrol.ts",
    "return c.json(enrolled(await generationsOf(c.env, r.account)), 201);",
    "contract, no answer",
  ),
  before("functions/registrar/enrol.ts", "if (kept[0]?.requestHash !== requestHash)", "credential, no answer"),
  before(
    "functions/registrar/parameters.ts",
    'await logOnce(c.env, now(c), { kind: "parameters"',
    "parameters, not logged",
  ),
  before(
    "functions/registrar/parameters.ts",
    "await db(c.env).update(parameters).set({ logged: true })",
    "logged, not in force",
  ),
];
const ESCROW: Weakening[] = [
  armed("functions/escrow.ts"),
  before("functions/escrow/cases.ts", 'const logged = await appendEntries(handle, ["order"]);', "case, not logged"),
  before("functions/escrow/cases.ts", "await follow(handle, logged);", "case logged, not listed"),
  before(
    "functions/escrow/cases.ts",
    "const logged = await appendEntries({ ...handle, view: decided }",
    "decided, not logged",
  ),
  before(ROUNDS, "return recorded(await handle.stub.approve(", "cosigned, not approved"),
  before(ROUNDS, 'view = recorded(await handle.stub.intend("notice"', "notice made, not kept"),
  before(ROUNDS, 'view = await appendEntries({ ...handle, view }, ["notice"]);', "notice kept, not logged"),
  before(ROUNDS, "return recorded(await handle.stub.notice(", "notice logged, not noticed"),
  before(ROUNDS, "const caseId = hexToBytes(view.caseId);", "results, not opened"),
  before(ROUNDS, 'await appendEntries({ ...handle, view }, ["opening"]);', "opening kept, not logged"),
  before(ROUNDS, "return recorded(await handle.stub.open(handle.now));", "opening logged, not opened"),
  after(
    ROUNDS,
    "view = recorded(await handle.stub.logged(name, await appendEntryBytes(handle.env, handle.now, entry), handle.now));",
    "entry logged",
  ),
  after("functions/escrow/index-routes.ts", "await putRows(c.env, rows);", "index row, no answer"),
];
const LOG: Weakening[] = [
  armed("functions/log.ts"),
  {
    file: "durable-objects/transparency-log.ts",
    find: "    let right = hash;",
    replace: '    (globalThis as any).faultNow("leaf, no nodes");\n    let right = hash;',
  },
  before(
    "durable-objects/transparency-log.ts",
    'this.sql.exec("UPDATE progress SET published = max',
    "tiles, not published",
  ),
];
let p: Practice;
let persist: string;
let clinic: Clinic;
let store: MemoryStore;
let alice: Wallet;
let session: ClinicSession;
let requester: Requester;
let keys: RequesterKeys;
let stopped = false;

beforeAll(async () => {
  persist = mkdtempSync(join(tmpdir(), "half-done-"));
  p = await openPractice({
    start: START,
    slots: 16,
    epochs: 2,
    persist,
    weaken: {
      service: [...SERVICE, ...ROW_FIRST],
      registrar: REGISTRAR,
      escrow: ESCROW,
      log: LOG,
    },
  });
  clinic = await p.openClinic("General practice");
  store = new MemoryStore();
  alice = await Wallet.create({ transport: p.transport, deployment: p.deployment, store });
  const { account, enrolmentCode } = await register("Alice");
  await alice.enrol(account, enrolmentCode);
  session = await clinic.session((await checkIn()).tagHash);
  ({ requester, keys } = await newRequester(p, "Dr. Retry"));
}, 240_000);
afterAll(async () => {
  if (!stopped) await p?.stop();
  rmSync(persist, { recursive: true, force: true });
});

const register = (name: string) =>
  p.operator.registerPerson(person(name), `SELECTOR-${name}`, { coverage: "standard", age: "adult" });
const checkIn = async () => alice.checkIn(await alice.readInvitation(await clinic.invitation()));

type How = "throw" | "hang";
const HOW: How[] = ["throw", "hang"];
async function arm(url: string, faults: Record<string, How | true>): Promise<void> {
  await api(p.transport, url, "/evil", { json: faults });
}
/** Runs an act that dies at the armed point; answers that it did. */
async function dies(url: string, name: string, how: How, act: () => Promise<unknown>): Promise<void> {
  await arm(url, { [name]: how });
  let failed = false;
  await act().catch((error: unknown) => {
    if (!(error instanceof ApiError || error instanceof Error)) throw error;
    failed = true;
  });
  const left = await apiJson<Record<string, How>>(p.transport, url, "/evil");
  expect(left, `${name} was not reached`).toEqual({});
  await arm(url, {});
  if (!failed) throw new Error(`the request survived "${name}"`);
}

// ---- census

/** A copy of the disk while Workers write on it: a file that goes in the meantime (a log of SQLite's) spoils the copy. */
function stores(): Dump {
  for (let attempt = 1; ; attempt++) {
    try {
      return dumpStores(persist);
    } catch (error) {
      if (attempt >= 10) throw error;
    }
  }
}

function census() {
  const dump = stores();
  const rows = (table: string | RegExp) => rowsOf(dump, table);
  const records = rows(/^records_/);
  const objects = [...dump.objects.keys()].filter((k) => k.startsWith("records/"));
  return {
    dump,
    sessions: rows("sessions")
      .map((r) => String(r.cells.tag_hash))
      .sort(),
    objects: rows("session")
      .map((r) => String(r.cells.tag_hash))
      .sort(),
    index: rows("session_index")
      .map((r) => hex(tagHashOf(hexToBytes(String(r.cells.tag)))))
      .sort(),
    records: records.map((r) => String(r.cells.record_id)),
    named: records.flatMap((r) => (r.cells.blob_key === null ? [] : [String(r.cells.blob_key)])).sort(),
    blobs: objects.sort(),
    uploads: rows("uploads").length,
    outbox: rows("outbox").length,
  };
}
/** Every row names a blob that is there, every blob is named, nothing waits. */
function whole(c = census()): void {
  expect(c.named).toEqual(c.blobs);
  expect(c.uploads).toBe(0);
  expect(c.outbox).toBe(0);
  expect(c.objects).toEqual(c.sessions);
  expect(new Set(c.records).size).toBe(c.records.length);
}
async function entriesOf(caseId: string): Promise<string[]> {
  await cosigned(p);
  const followed = await monitorOf(p).follow();
  if (!followed.ok) throw new Error(followed.reason);
  return followed.entries
    .map((e) => LogEntry.decode(e))
    .filter((e) => e.caseId && hex(e.caseId) === caseId)
    .map((e) => e.kind);
}
async function soon<T>(act: () => T | Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let i = 0; ; i++) {
    const value = await act();
    if (good(value) || i > 40) return value;
    await new Promise((done) => setTimeout(done, 250));
  }
}

describe("check-in", () => {
  const url = () => p.deployment.serviceUrl;
  const post = (bytes: Uint8Array, key: string) =>
    apiBytes(p.transport, url(), "/v1/sessions", { bytes, headers: { "idempotency-key": key } });

  for (const name of ["before the object", "object open, no row", "row, no index"])
    for (const how of HOW)
      it(`${name} (${how}): nothing or the whole, and the same receipt for the same key`, async () => {
        const known = new Set(alice.sessions.map((s) => s.tagHash));
        await dies(url(), name, how, checkIn);
        const made = alice.sessions.find((s) => !known.has(s.tagHash))!;
        const half = census();
        expect(half.objects.includes(made.tagHash)).toBe(name !== "before the object");
        const bytes = hexToBytes(made.checkIn!);
        const receipt = await post(bytes, made.idempotencyKey!);
        expect(await post(bytes, made.idempotencyKey!)).toEqual(receipt);
        expect(await outcome(() => post(bytes, hex(p.transport.rng(16))))).toBe("credential-refused");
        const c = await soon(census, (x) => x.index.includes(made.tagHash));
        for (const where of [c.sessions, c.objects, c.index])
          expect(where.filter((t) => t === made.tagHash).length).toBe(1);
        expect((await clinic.session(made.tagHash)).tagHash).toBe(made.tagHash);
      });

  for (const name of ["index not sent", "not ticked off"])
    it(`${name}: the outbox brings it, once`, async () => {
      await arm(url(), { [name]: "throw" });
      const { tagHash } = await checkIn();
      await soon(
        () => apiJson<object>(p.transport, url(), "/evil"),
        (left) => Object.keys(left).length === 0,
      );
      await alice.retryCheckIn(tagHash);
      const c = await soon(census, (x) => x.index.includes(tagHash));
      expect(c.index.filter((t) => t === tagHash).length).toBe(1);
    });
  it("the escrow's answer about an index row is lost: the row comes once", async () => {
    await arm(p.deployment.escrowUrl, { "index row, no answer": "throw" });
    const { tagHash } = await checkIn();
    await soon(census, (x) => x.index.includes(tagHash));
    await alice.retryCheckIn(tagHash);
    expect(census().index.filter((t) => t === tagHash).length).toBe(1);
    await arm(p.deployment.escrowUrl, {});
  });
});

describe("records", () => {
  const url = () => p.deployment.serviceUrl;
  const base = () => `/v1/services/${hex(clinic.serviceId)}`;
  const sweepLater = () =>
    p.at(p.clock.now + 4 * 3600, () =>
      apiJson(p.transport, url(), "/v1/admin/sweep", { method: "POST", signWith: p.host.adminSecretKey }),
    );
  /** The very request that the SDK sends, kept so that it can be sent again. */
  async function recorded(act: () => Promise<unknown>) {
    const sent: { input: string; init: RequestInit }[] = [];
    const real = p.transport.fetch;
    p.transport.fetch = async (input, init) => {
      if (init?.method === "PUT" || String(input).endsWith("/statements"))
        sent.push({ input: String(input), init: init! });
      return real(input, init);
    };
    try {
      await act().catch(() => undefined);
    } finally {
      p.transport.fetch = real;
    }
    return sent[0]!;
  }
  const again = async ({ input, init }: { input: string; init: RequestInit }) => {
    const response = await fetch(input, init);
    return { status: response.status, body: await response.text() };
  };
  const once = async (name: string, how: How, act: () => Promise<unknown>) => {
    await arm(url(), { [name]: how });
    const request = await recorded(act);
    await arm(url(), {});
    return request;
  };

  for (const name of ["listed, no blob", "blob, no row", "row, no answer"])
    for (const how of HOW)
      it(`an upload dies: ${name} (${how})`, async () => {
        const count = census().records.length;
        const request = await once(name, how, () => clinic.putRecord(session, text(`${name} ${how}`)));
        const first = await again(request);
        expect([200, 201]).toContain(first.status);
        expect((await again(request)).body).toBe(first.body);
        await sweepLater();
        const c = census();
        expect(c.records.length).toBe(count + 1);
        whole(c);
        const { recordId } = JSON.parse(first.body) as { recordId: string };
        expect(new TextDecoder().decode(await clinic.open(recordId))).toBe(`${name} ${how}`);
      });

  it("an upload that is never tried again leaves nothing", async () => {
    const count = census().records.length;
    const real = p.transport.fetch;
    let cut = false;
    p.transport.fetch = async (input, init) => {
      if (cut) throw new TypeError("the clinic's line is dead");
      if (init?.method === "PUT") cut = true;
      return real(input, init);
    };
    await arm(url(), { "blob, no row": "hang" });
    expect(await outcome(() => clinic.putRecord(session, text("never")))).not.toBe("accepted");
    p.transport.fetch = real;
    await arm(url(), {});
    const half = census();
    expect(half.records.length).toBe(count);
    expect(half.uploads).toBe(1);
    expect(half.blobs.length).toBe(half.named.length + 1); // control: the orphan is there
    await sweepLater();
    whole();
  });

  for (const name of ["erased, blob there", "blob gone, name listed", "logged, in the outbox still"])
    for (const how of HOW)
      it(`an erasure dies: ${name} (${how})`, async () => {
        const target = await clinic.putRecord(session, text("to be erased"));
        const request = await once(name, how, () => clinic.erase(session, target));
        const first = await again(request);
        expect([200, 201]).toContain(first.status);
        expect((await again(request)).body).toBe(first.body);
        expect(await outcome(() => api(p.transport, url(), `${base()}/blobs/${target}`))).toContain("expired");
        whole();
      });

  it("control: were the row written before the blob, a fault would leave a record without one, for ever", async () => {
    await arm(url(), { careless: true, "row, no blob": "hang" });
    const request = await recorded(() => clinic.putRecord(session, text("lost")));
    await arm(url(), {});
    expect((await again(request)).status).toBe(200);
    const c = census();
    expect(c.named.length).toBe(c.blobs.length + 1);
    const { recordId } = JSON.parse((await again(request)).body) as { recordId: string };
    expect(await outcome(() => api(p.transport, url(), `${base()}/blobs/${recordId}`))).toContain("gone");
    await clinic.erase(session, recordId);
    await sweepLater();
    whole();
  });
});

describe("the registrar", () => {
  const url = () => p.deployment.registrarUrl;
  const generations = (account: string, dump: Dump = stores()) =>
    rowsOf(dump, "generations").filter((r) => r.cells.account === account);

  for (const name of ["before the contract", "contract, no answer", "credential, no answer"])
    for (const how of HOW)
      it(`an enrolment dies: ${name} (${how})`, async () => {
        const { account, enrolmentCode } = await register(`${name} ${how}`);
        const wallet = await Wallet.create({
          transport: p.transport,
          deployment: p.deployment,
          store: new MemoryStore(),
        });
        await dies(url(), name, how, () => wallet.enrol(account, enrolmentCode));
        expect(generations(account).length).toBe(name === "before the contract" ? 0 : 1);
        if (name === "credential, no answer") await wallet.refresh();
        else await wallet.enrol(account, enrolmentCode);
        expect(generations(account).length).toBe(1);
        expect(wallet.state.credentials.length).toBe(1);
        expect(rowsOf(stores(), "issued").filter((r) => r.cells.account === account).length).toBe(1);
        expect(await outcome(async () => wallet.checkIn(await wallet.readInvitation(await clinic.invitation())))).toBe(
          "accepted",
        );
      });

  it("parameters die between row, log and force: one document, one entry", async () => {
    const path = "/v1/keyset";
    const { keySet } = await apiJson<{ keySet: string }>(p.transport, p.deployment.trusteeUrls[0]!, path);
    const epochFrom = session.epoch + 2;
    const issue = () =>
      p.operator.issueParameters({
        keySet: Buffer.from(keySet, "base64url"),
        realm: "symbolon.local",
        epochFrom,
        epochTo: epochFrom,
        attributes: [],
      });
    const listed = async () =>
      (await apiJson<{ documents: string[] }>(p.transport, url(), "/v1/parameters")).documents.length;
    for (const name of ["parameters, not logged", "logged, not in force"])
      for (const how of HOW) {
        await dies(url(), name, how, issue);
        expect(await listed()).toBe(1); // not in force by halves
      }
    const issued = await issue();
    expect(await issue()).toEqual(issued);
    expect(await listed()).toBe(2);
    await cosigned(p);
    const followed = await monitorOf(p).follow();
    if (!followed.ok) throw new Error(followed.reason);
    const bodies = followed.entries.map((e) => LogEntry.decode(e)).filter((e) => e.kind === "parameters");
    expect(bodies.filter((e) => toBase64url(e.body) === toBase64url(issued)).length).toBe(1);
  });
});

describe("a case", () => {
  const order = () => ({
    ...LINK,
    purpose: "care",
    epochs: { from: session.epoch, to: session.epoch },
    emergency: true,
    subject: { checkIn: session.checkInBytes },
  });
  const whole = ["order", "approval", "approval", "notice", "opening"];

  it("order and decisions die at every point; each is logged once", async () => {
    const url = p.deployment.escrowUrl;
    const prepared = await requester.order(order());
    for (const name of ["case, not logged", "case logged, not listed", "entry logged"])
      for (const how of HOW) {
        const attempt = name === "entry logged" ? await requester.order(order()) : prepared;
        await dies(url, name, how, () => requester.submit(attempt));
        await requester.submit(attempt);
        expect(await entriesOf(attempt.caseId)).toEqual(["order"]);
      }
    for (const [i, name] of ["decided, not logged", "cosigned, not approved"].entries()) {
      await dies(url, name, "throw", () => approve(p, prepared, [i + 1]));
      await approve(p, prepared, [i + 1]);
    }
    expect(await entriesOf(prepared.caseId)).toEqual(["order", "approval", "approval"]);
    expect((await requester.status(prepared)).state).toBe("approved");
  });

  it("the opening dies at every point, thrown and hung; the result is whole, each entry logged once", async () => {
    const url = p.deployment.escrowUrl;
    const prepared = await approvedBy(p, requester, order(), [1, 2]);
    const points = [
      "notice made, not kept",
      "notice kept, not logged",
      "notice logged, not noticed",
      "results, not opened",
      "opening kept, not logged",
      "opening logged, not opened",
    ];
    for (const [i, name] of points.entries()) {
      await dies(url, name, HOW[i % 2]!, () => requester.advance(prepared));
      expect((await requester.status(prepared)).state).not.toBe("opened");
    }
    await requester.advance(prepared);
    expect(await entriesOf(prepared.caseId)).toEqual(whole);
    const { sessions } = await requester.openResult(prepared);
    const own = alice.sessions.filter((s) => s.state === "open" || s.state === "prepared").map((s) => s.tagHash);
    expect(sessions.map((s) => s.tagHash).sort()).toEqual(own.sort());
  });

  it("the log dies inside an append, and while tiles are written: all entries or none, each once", async () => {
    const url = p.deployment.logUrl;
    const prepared = await requester.order(order());
    await dies(url, "leaf, no nodes", "throw", () => requester.submit(prepared));
    const at = await apiJson<{ size: number }>(p.transport, url, "/v1/entries?from=0&limit=1");
    await requester.submit(prepared);
    expect((await apiJson<{ size: number }>(p.transport, url, "/v1/entries?from=0&limit=1")).size).toBe(at.size + 1);
    await arm(url, { "tiles, not published": "throw" });
    await api(p.transport, url, "/checkpoint").catch(() => undefined);
    await arm(url, {});
    expect(await entriesOf(prepared.caseId)).toEqual(["order"]);
  });
});

describe("the machine dies in the middle of everything", () => {
  it("and an unchanged one on the same disk ends it all, once", async () => {
    const { serviceUrl, escrowUrl, registrarUrl } = p.deployment;
    const prepared: PreparedOrder = await approvedBy(
      p,
      requester,
      {
        ...LINK,
        purpose: "care",
        epochs: { from: session.epoch, to: session.epoch },
        emergency: true,
        subject: { checkIn: session.checkInBytes },
      },
      [1, 2],
    );
    const target = await clinic.putRecord(session, text("erased by a dying machine"));
    const { account, enrolmentCode } = await register("Late");
    const lateStore = new MemoryStore();
    const late = await Wallet.create({ transport: p.transport, deployment: p.deployment, store: lateStore });
    const known = new Set(alice.sessions.map((s) => s.tagHash));

    await arm(serviceUrl, { "object open, no row": "hang", "erased, blob there": "hang" });
    await arm(escrowUrl, { "notice kept, not logged": "hang" });
    await arm(registrarUrl, { "contract, no answer": "hang" });
    const deaths = [
      checkIn(),
      clinic.erase(session, target),
      requester.advance(prepared),
      late.enrol(account, enrolmentCode),
    ];
    const outcomes = Promise.allSettled(deaths);
    await new Promise((done) => setTimeout(done, 3000));
    stopped = true;
    await p.stop();
    await outcomes;

    const host = await startHost({ persist });
    try {
      const deployment = deploymentOf(host);
      const parts = { transport: p.transport, deployment };
      const wallet = (await Wallet.open({ ...parts, store }))!;
      const made = wallet.sessions.find((s) => !known.has(s.tagHash))!;
      const receipt = await wallet.retryCheckIn(made.tagHash);
      expect(await wallet.retryCheckIn(made.tagHash)).toEqual(receipt);

      const after = new Clinic(p.transport, deployment, clinic.keys);
      expect((await after.session(made.tagHash)).tagHash).toBe(made.tagHash);
      await apiJson(p.transport, deployment.serviceUrl, "/v1/admin/sweep", {
        method: "POST",
        signWith: host.adminSecretKey,
      });
      expect((await after.records(session)).find((r) => r.recordId === target)?.state).toBe("erased");
      await soon(census, (c) => c.index.includes(made.tagHash));
      whole();

      const again = (await Wallet.open({ ...parts, store: lateStore }))!;
      await again.enrol(account, enrolmentCode);
      expect(rowsOf(stores(), "generations").filter((r) => r.cells.account === account).length).toBe(1);
      expect(again.state.credentials.length).toBe(1);

      const asker = new Requester(p.transport, deployment, keys, prepared.order.certificate);
      await asker.advance(prepared);
      const found = (await asker.openResult(prepared)).sessions.map((s) => s.tagHash);
      expect(found).toContain(session.tagHash);
      const monitor = monitorOf({ ...p, deployment, host });
      const followed = await monitor.follow();
      if (!followed.ok) throw new Error(followed.reason);
      const kinds = followed.entries
        .map((e) => LogEntry.decode(e))
        .filter((e) => e.caseId && hex(e.caseId) === prepared.caseId)
        .map((e) => e.kind);
      expect(kinds.filter((k) => k === "notice").length).toBe(1);
    } finally {
      await host.stop();
    }
  });
});
