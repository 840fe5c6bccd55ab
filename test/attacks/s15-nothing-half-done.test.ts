// S15 Nothing half-done: if a request dies at any of its writes, either the whole of it stands or nothing, and a retry with
// the same idempotency key gets the same answer.
//
// The Workers run over wrapped bindings (roles/faults.ts). The wrapper counts the writes of a request to D1, to R2, to
// Durable Objects and to the other roles. For every n the test lets the n-th write fail, until a request makes fewer than n
// writes. So no fault point has a name here, and a new write is attacked from the day it is added.
//
// A write fails before or after it takes effect, and it throws or hangs. If it hangs, the runtime ends the request on the
// spot: no catch, no clean-up, as when a machine dies. Then the request is repeated without faults, and a census is taken
// of all stores. At the end several requests die at once, the whole host is stopped, and an unchanged host starts on the
// same disk.
//
// The control is a service that writes a record's row before its blob. The same faults must find it out.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Clinic, type ClinicSession } from "../../client/clinic.ts";
import { type PreparedOrder, Requester, type RequesterKeys } from "../../client/requester.ts";
import { api, apiBytes, apiJson } from "../../client/transport.ts";
import { MemoryStore } from "../../client/wallet/state.ts";
import { Wallet } from "../../client/wallet.ts";
import { enrolWith } from "../../local/enrol.ts";
import { type Host, startHost } from "../../local/host.ts";
import { deploymentOf, openPractice, type Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { tagHashOf } from "../../protocol/presentation.ts";
import {
  approve,
  approvedBy,
  cosigned,
  hex,
  LINK,
  monitorOf,
  newRequester,
  objectRows,
  outcome,
  person,
  playedBy,
  START,
  text,
} from "./cases.ts";
import type { Plan, Report } from "./roles/fault-plan.ts";

const SLOTS = 8;

let p: Practice;
let persist: string;
let clinic: Clinic;
let store: MemoryStore;
let alice: Wallet;
let session: ClinicSession;
let second: ClinicSession;
let requester: Requester;
let keys: RequesterKeys;
let stopped = false;

beforeAll(async () => {
  persist = mkdtempSync(join(tmpdir(), "half-done-"));
  p = await openPractice({
    start: START,
    slots: SLOTS,
    epochs: 2,
    persist,
    weaken: {
      service: [playedBy("failing-service", "functions/service.ts")],
      registrar: [playedBy("failing-registrar", "functions/registrar.ts")],
      escrow: [playedBy("failing-escrow", "functions/escrow.ts")],
      log: [playedBy("failing-log", "functions/log.ts")],
    },
  });
  clinic = await p.openClinic("General practice");
  store = new MemoryStore();
  alice = await newPatient("Alice", store);
  session = await clinic.session((await checkIn(alice)).tagHash);
  second = await clinic.session((await checkIn(alice)).tagHash);
  ({ requester, keys } = await newRequester(p, "Dr. Retry"));
}, 240_000);
afterAll(async () => {
  if (!stopped) await p?.stop();
  rmSync(persist, { recursive: true, force: true });
});

const register = (name: string) =>
  p.operator.registerPerson(person(name), `SELECTOR-${name}`, { coverage: "standard", age: "adult" });
const emptyWallet = (kept = new MemoryStore()) =>
  Wallet.create({ transport: p.transport, deployment: p.deployment, store: kept });
async function newPatient(name: string, kept = new MemoryStore()): Promise<Wallet> {
  const wallet = await emptyWallet(kept);
  const { account, enrolmentCode } = await register(name);
  await enrolWith(wallet, { account, enrolmentCode });
  return wallet;
}
const checkIn = async (wallet: Wallet) => wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));

// ---- faults

type Mode = Pick<Plan, "when" | "how">;
const MODES: Mode[] = [
  { when: "before", how: "throw" },
  { when: "before", how: "hang" },
  { when: "after", how: "throw" },
  { when: "after", how: "hang" },
];
const [THROWS_BEFORE, HANGS_BEFORE, , HANGS_AFTER] = MODES as [Mode, Mode, Mode, Mode];
/** The two extremes, for requests that need no more. */
const PAIR = [THROWS_BEFORE, HANGS_AFTER];

/** Gives the Worker a plan, or ends its plan. Answers the report on the plan before. */
const setPlan = (url: string, plan: Plan | null): Promise<Report> =>
  apiJson<Report>(p.transport, url, "/faults", { json: plan as object });
const reportOf = (url: string): Promise<Report> => apiJson<Report>(p.transport, url, "/faults");

/** Runs an act under a plan; it may fail. If it does not, waits until the plan fired or `done` holds. */
async function under(
  url: string,
  plan: Plan,
  act: () => Promise<unknown>,
  done: () => Promise<boolean> = async () => true,
): Promise<Report> {
  await setPlan(url, plan);
  let failed = false;
  await act().catch((error: unknown) => {
    if (!(error instanceof Error)) throw error;
    failed = true;
  });
  if (!failed) await soon(async () => (await reportOf(url)).fired || (await done()), Boolean);
  return setPlan(url, null);
}

/** Runs an act, whose n-th write dies. Answers whether it makes so many writes. */
type Strike = (act: () => Promise<unknown>, done?: () => Promise<boolean>) => Promise<boolean>;

/** These tests place more orders than a requester may place in a day. */
const newDayOfOrders = async (): Promise<unknown> =>
  (await p.host.miniflare.getD1Database("ESCROW_DB", "escrow")).exec("DELETE FROM order_counts");

/**
 * Lets the 1st, the 2nd, the 3rd … write of a request fail in this mode. An attempt strikes once, retries, and checks. The
 * last attempt is the one that nothing struck. Answers the names of the writes that failed.
 */
async function eachWrite(
  url: string,
  modeOf: (at: number) => Mode,
  attempt: (strike: Strike, name: string) => Promise<void>,
  more: Partial<Plan> = {},
): Promise<string[]> {
  const failed: string[] = [];
  for (let at = 1; ; at++) {
    const { how, when } = modeOf(at);
    let report: Report | undefined;
    const strike: Strike = async (act, done) => {
      report = await under(url, { at, how, when, ...more }, act, done);
      return report.fired;
    };
    await newDayOfOrders();
    await attempt(strike, `${how} ${when} ${at}`);
    if (!report!.fired) return failed;
    failed.push(`${how} ${when} ${report!.writes[at - 1]}`);
  }
}
/** All writes in each of these modes. */
async function everyWrite(url: string, modes: readonly Mode[], ...rest: Rest): Promise<string[]> {
  const failed: string[] = [];
  for (const mode of modes) failed.push(...(await eachWrite(url, () => mode, ...rest)));
  return failed;
}
/** All writes once. The modes take turns, because these requests cost seconds. */
const everyWriteOnce = (url: string, ...rest: Rest): Promise<string[]> =>
  eachWrite(url, (at) => MODES[(at - 1) % MODES.length]!, ...rest);
type Rest = [attempt: (strike: Strike, name: string) => Promise<void>, more?: Partial<Plan>];

interface Sent {
  input: string;
  init: RequestInit;
}
/** Keeps the requests of an act that match, with their bodies, so that they can be sent again byte for byte. */
async function recording(
  sent: Sent[],
  matches: (url: string, init: RequestInit) => boolean,
  act: () => Promise<unknown>,
): Promise<void> {
  const real = p.transport.fetch;
  p.transport.fetch = async (input, init) => {
    if (matches(String(input), init!)) sent.push({ input: String(input), init: init! });
    return real(input, init);
  };
  try {
    await act();
  } finally {
    p.transport.fetch = real;
  }
}

// ---- census

type Row = Record<string, unknown>;
async function rowsIn(host: Host, role: string, binding: string, sql: string): Promise<Row[]> {
  const db = await host.miniflare.getD1Database(binding, role);
  return (await db.prepare(sql).all<Row>()).results;
}

/** What the stores hold: the service's two D1 databases and its bucket, and the escrow's index. */
async function census(host: Host = p.host) {
  const inShards = async (sql: string): Promise<Row[]> =>
    (await Promise.all(["RECORDS_DB_0", "RECORDS_DB_1"].map((db) => rowsIn(host, "service", db, sql)))).flat();
  const tables = await inShards(
    "SELECT name FROM sqlite_master WHERE name LIKE 'records\\_%' ESCAPE '\\' AND type = 'table'",
  );
  const records: Row[] = [];
  for (const table of new Set(tables.map((t) => String(t.name))))
    for (const db of ["RECORDS_DB_0", "RECORDS_DB_1"])
      records.push(...(await rowsIn(host, "service", db, `SELECT record_id, blob_key FROM ${table}`).catch(() => [])));
  const bucket = await host.miniflare.getR2Bucket("BLOBS", "service");
  const tags = await rowsIn(host, "escrow", "ESCROW_DB", "SELECT tag FROM session_index");
  return {
    sessions: (await inShards("SELECT tag_hash FROM sessions")).map((r) => String(r.tag_hash)).sort(),
    index: tags.map((r) => hex(tagHashOf(hexToBytes(String(r.tag))))).sort(),
    records: records.map((r) => String(r.record_id)),
    named: records.flatMap((r) => (r.blob_key === null ? [] : [String(r.blob_key)])).sort(),
    blobs: (await bucket.list({ prefix: "records/" })).objects.map((o) => o.key).sort(),
    uploads: (await inShards("SELECT blob_key FROM uploads")).length,
    outbox: (await inShards("SELECT id FROM outbox")).length,
  };
}
/** The sessions that the Durable Objects hold, read from their files. */
const objectsOf = (): string[] =>
  objectRows(p.host, "service-ReplayWindow", "SELECT tag_hash FROM session")
    .map((r) => String(r.tag_hash))
    .sort();

/** Every row names a blob that is there, every blob is named, nothing waits. */
async function whole(host?: Host): Promise<void> {
  const c = await census(host);
  expect(c.named).toEqual(c.blobs);
  expect(c.uploads).toBe(0);
  expect(c.outbox).toBe(0);
  expect(new Set(c.records).size).toBe(c.records.length);
}

async function followedLog(): Promise<LogEntry[]> {
  await cosigned(p);
  const followed = await monitorOf(p).follow();
  if (!followed.ok) throw new Error(followed.reason);
  return followed.entries.map((e) => LogEntry.decode(e));
}
const kindsOf = (log: LogEntry[], caseId: string): string[] =>
  log.filter((e) => e.caseId && hex(e.caseId) === caseId).map((e) => e.kind);

async function soon<T>(act: () => T | Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let i = 0; ; i++) {
    const value = await act();
    if (good(value) || i > 100) return value;
    await new Promise((done) => setTimeout(done, 100));
  }
}

describe("check-in", () => {
  const url = () => p.deployment.serviceUrl;
  const isCheckIn = (input: string, init: RequestInit) => init?.method === "POST" && input.endsWith("/v1/sessions");

  /** One check-in dies; the same bytes are sent after it. */
  async function attempt(strike: Strike, wallet: Wallet): Promise<void> {
    const sent: Sent[] = [];
    const indexed = async () => (await census()).index.includes(tagHashIn(sent[0]!.init.body as Uint8Array));
    await recording(sent, isCheckIn, () => strike(() => checkIn(wallet), indexed));
    const { init } = sent[0]!;
    const bytes = init.body as Uint8Array;
    const tagHash = tagHashIn(bytes);
    const post = () => apiBytes(p.transport, url(), "/v1/sessions", { bytes });
    const receipt = await post();
    expect(await post()).toEqual(receipt);
    const c = await soon(
      () => census(),
      (x) => x.index.includes(tagHash),
    );
    for (const where of [c.sessions, objectsOf(), c.index])
      expect(where.filter((t) => t === tagHash)).toEqual([tagHash]);
    expect((await clinic.session(tagHash)).tagHash).toBe(tagHash);
    await wallet.records(); // it recalls what became of its check-in
    expect(wallet.sessions.find((s) => s.tagHash === tagHash)?.state).toBe("open");
  }
  const tagHashIn = (checkInBytes: Uint8Array): Hex => hex(readCheckIn(checkInBytes).tagHash);

  for (const mode of MODES)
    it(`dies at each write of the service (${mode.how} ${mode.when}): nothing or the whole, one receipt`, async () => {
      const wallet = await newPatient(`Visitor ${mode.how} ${mode.when}`);
      const failed = await everyWrite(url(), [mode], (strike) => attempt(strike, wallet));
      // the object, its row, the index row, and that both are delivered
      expect(failed.length).toBeGreaterThanOrEqual(4);
    });
  it("dies at each write of the escrow: the index row comes once", async () => {
    const wallet = await newPatient("Visitor of the index");
    const failed = await everyWrite(p.deployment.escrowUrl, PAIR, (strike) => attempt(strike, wallet));
    expect(failed.length).toBeGreaterThanOrEqual(2);
  });
  it("every session that an object holds has its row", async () => {
    expect(objectsOf()).toEqual((await census()).sessions);
  });
});

describe("records", () => {
  const url = () => p.deployment.serviceUrl;
  const base = () => `/v1/services/${hex(clinic.serviceId)}`;
  const isWrite = (input: string, init: RequestInit) => init?.method === "PUT" || input.endsWith("/statements");
  const sweep = () =>
    apiJson(p.transport, url(), "/v1/admin/sweep", { method: "POST", signWith: p.host.adminSecretKey });
  const sweepLater = () => p.at(p.clock.now + 4 * 3600, sweep);
  const again = async ({ input, init }: Sent) => {
    const response = await fetch(input, init);
    return { status: response.status, body: await response.text() };
  };
  /** The act dies; its first request is then sent twice more. Answers the body of both answers. */
  async function diesAndIsRepeated(strike: Strike, act: () => Promise<unknown>): Promise<string> {
    const sent: Sent[] = [];
    await recording(sent, isWrite, () => strike(act));
    const first = await again(sent[0]!);
    expect([200, 201]).toContain(first.status);
    expect((await again(sent[0]!)).body).toBe(first.body);
    return first.body;
  }

  it("an upload dies at each write: one record, one blob", async () => {
    const failed = await everyWrite(url(), MODES, async (strike, name) => {
      const count = (await census()).records.length;
      const body = await diesAndIsRepeated(strike, () => clinic.putRecord(session, text(name)));
      await sweepLater();
      expect((await census()).records.length).toBe(count + 1);
      await whole();
      const { recordId } = JSON.parse(body) as { recordId: string };
      expect(new TextDecoder().decode(await clinic.open(recordId as never))).toBe(name);
    });
    // its name, its blob, its row
    expect(failed.length).toBeGreaterThanOrEqual(3 * MODES.length);
  });

  /** The clinic loses its line after its first upload, so that the SDK cannot try again. */
  async function withoutRetry(act: () => Promise<unknown>): Promise<void> {
    const real = p.transport.fetch;
    let cut = false;
    p.transport.fetch = async (input, init) => {
      if (cut) throw new TypeError("the clinic's line is dead");
      if (init?.method === "PUT") cut = true;
      return real(input, init);
    };
    try {
      await act();
    } finally {
      p.transport.fetch = real;
    }
  }

  it("an upload that dies at any write and is never tried again leaves nothing, or the whole record", async () => {
    let orphans = 0;
    await everyWrite(url(), MODES, async (strike, name) => {
      await strike(() => withoutRetry(() => clinic.putRecord(session, text(`never again, ${name}`))));
      const half = await census();
      orphans += half.blobs.length - half.named.length;
      await sweepLater();
      await whole();
    });
    expect(orphans).toBeGreaterThan(0); // control: blobs without a row were there, and the sweep took them
  });

  it("the sweep itself dies at each write: the next sweep ends it", async () => {
    const failed = await everyWrite(url(), PAIR, async (strike, name) => {
      const orphaned: Plan = { at: 2, when: "after", how: "hang" }; // its name is listed, its blob is written
      await under(url(), orphaned, () => withoutRetry(() => clinic.putRecord(session, text(`swept, ${name}`))));
      expect((await census()).uploads).toBe(1);
      await strike(sweepLater);
      await sweepLater();
      await whole();
    });
    expect(failed.length).toBeGreaterThanOrEqual(3 * PAIR.length);
  });

  it("an erasure dies at each write: the blob is gone, the log has one entry", async () => {
    const failed = await everyWrite(url(), MODES, async (strike) => {
      const target = await clinic.putRecord(session, text("to be erased"));
      await diesAndIsRepeated(strike, () => clinic.erase(session, target));
      expect(await outcome(() => api(p.transport, url(), `${base()}/blobs/${target}`))).toContain("expired");
      await whole();
    });
    // the row, the blob, its name, the log, the outbox
    expect(failed.length).toBeGreaterThanOrEqual(5 * MODES.length);
    const erasures = (await followedLog()).filter((e) => e.kind === "erasure").map((e) => hex(e.subject));
    expect(new Set(erasures).size).toBe(erasures.length);
    expect(erasures.length).toBe(failed.length + MODES.length);
  });

  it("a withdrawal dies at each write: the record is withdrawn once", async () => {
    await everyWrite(url(), PAIR, async (strike) => {
      const target = await clinic.putRecord(session, text("to be withdrawn"));
      await diesAndIsRepeated(strike, () => clinic.withdraw(session, target));
      expect((await clinic.records(session)).find((r) => r.recordId === target)?.state).toBe("withdrawn");
      await whole();
    });
  });

  it("control: if the row is written before the blob, a fault leaves a record without a blob for ever", async () => {
    const lost: string[] = [];
    await everyWrite(
      url(),
      [THROWS_BEFORE, HANGS_BEFORE],
      async (strike, name) => {
        const sent: Sent[] = [];
        await recording(sent, isWrite, () => strike(() => clinic.putRecord(session, text(name))));
        const { recordId } = JSON.parse((await again(sent[0]!)).body) as { recordId: string };
        await sweepLater();
        const c = await census();
        if (c.named.length === c.blobs.length) return;
        lost.push(name);
        expect(await outcome(() => api(p.transport, url(), `${base()}/blobs/${recordId}`))).toContain("not-found");
        await clinic.erase(session, recordId as never);
      },
      { rowFirst: true },
    );
    expect(lost.length).toBeGreaterThan(0);
    await sweepLater();
    await whole();
  });
});

describe("the registrar", () => {
  const url = () => p.deployment.registrarUrl;
  const rowsOfAccount = async (table: string, account: string): Promise<number> =>
    (await rowsIn(p.host, "registrar", "REGISTRAR_DB", `SELECT account FROM ${table}`)).filter(
      (r) => r.account === account,
    ).length;
  const enrolledOnes: { wallet: Wallet; account: string }[] = [];

  it("an enrolment dies at each write: one contract, one credential, and the wallet can check in", async () => {
    const failed = await everyWrite(url(), PAIR, async (strike, name) => {
      const { account, enrolmentCode } = await register(name);
      const wallet = await emptyWallet();
      const fired = await strike(() => enrolWith(wallet, { account, enrolmentCode }));
      expect(await rowsOfAccount("generations", account)).toBeLessThanOrEqual(1);
      // If the contract stands and its answer came, only the credential is missing.
      if (fired && (await outcome(() => enrolWith(wallet, { account, enrolmentCode }))) !== "accepted")
        await wallet.refresh();
      expect(await rowsOfAccount("generations", account)).toBe(1);
      expect(await rowsOfAccount("issued", account)).toBe(1);
      expect(await outcome(() => checkIn(wallet))).toBe("accepted");
      enrolledOnes.push({ wallet, account });
    });
    // the nonce, the contract, the next nonce, the credential
    expect(failed.length).toBeGreaterThanOrEqual(4 * PAIR.length);
  });

  it("a refresh dies at each write: one credential of the next epoch", async () => {
    const failed = await everyWrite(url(), PAIR, async (strike) => {
      const { wallet, account } = enrolledOnes.pop()!;
      await strike(() => wallet.refresh(session.epoch + 1));
      await wallet.refresh(session.epoch + 1);
      expect(await rowsOfAccount("issued", account)).toBe(2);
    });
    expect(failed.length).toBeGreaterThanOrEqual(2 * PAIR.length);
  });

  it("parameters die at each write: each document is logged once, and none is in force before it is logged", async () => {
    const path = "/v1/keyset";
    const { keySet } = await apiJson<{ keySet: string }>(p.transport, p.deployment.trusteeUrls[0]!, path);
    const issue = (epoch: number) =>
      p.operator.issueParameters({
        keySet: Buffer.from(keySet, "base64url"),
        realm: "symbolon.local",
        epochFrom: epoch,
        epochTo: epoch,
        attributes: [],
      });
    const listed = async () =>
      (await apiJson<{ documents: string[] }>(p.transport, url(), "/v1/parameters")).documents.length;
    let epoch = session.epoch + 2;
    const documents: Uint8Array[] = [];
    const failed = await everyWrite(url(), MODES, async (strike) => {
      const before = await listed();
      await strike(() => issue(epoch));
      const issued = await issue(epoch);
      expect(await issue(epoch)).toEqual(issued);
      expect(await listed()).toBe(before + 1);
      documents.push(issued);
      epoch++;
    });
    // the document, its log entry, the log, its force
    expect(failed.length).toBeGreaterThanOrEqual(4 * MODES.length);
    const logged = (await followedLog()).filter((e) => e.kind === "parameters").map((e) => toBase64url(e.body));
    for (const document of documents) expect(logged.filter((body) => body === toBase64url(document))).toHaveLength(1);
    expect(new Set(logged).size).toBe(logged.length);
  });
});

describe("a case", () => {
  const url = () => p.deployment.escrowUrl;
  const order = () => ({
    ...LINK,
    purpose: "care",
    epochs: { from: session.epoch, to: session.epoch },
    emergency: true,
    subject: { checkIn: session.checkInBytes },
  });
  const ENTRIES = ["order", "approval", "approval", "notice", "opening"];

  it("an order dies at each write: it is opened once and logged once", async () => {
    const caseIds: string[] = [];
    const failed = await everyWrite(url(), MODES, async (strike) => {
      const prepared = await requester.order(order());
      caseIds.push(prepared.caseId);
      await strike(() => requester.submit(prepared));
      await requester.submit(prepared);
      expect((await requester.status(prepared)).state).toBe("ordered");
    });
    // the case, the log, the entry's index, the list
    expect(failed.length).toBeGreaterThanOrEqual(4 * MODES.length);
    const log = await followedLog();
    for (const id of caseIds) expect(kindsOf(log, id)).toEqual(["order"]);
  });

  it("decisions die at each write: each counts once and is logged once", async () => {
    const caseIds: string[] = [];
    const failed = await everyWriteOnce(url(), async (strike) => {
      const prepared = await requester.order(order());
      caseIds.push(prepared.caseId);
      await requester.submit(prepared);
      await strike(() => approve(p, prepared, [1, 2]));
      await approve(p, prepared, [1, 2]);
      expect((await requester.status(prepared)).state).toBe("approved");
    });
    expect(failed.length).toBeGreaterThanOrEqual(8);
    const log = await followedLog();
    for (const id of caseIds) expect(kindsOf(log, id)).toEqual(["order", "approval", "approval"]);
  });

  it("the opening dies at each write: the result is whole, each entry is logged once", {
    timeout: 300_000,
  }, async () => {
    const caseIds: string[] = [];
    const failed = await everyWriteOnce(url(), async (strike) => {
      const prepared = await approvedBy(p, requester, order(), [1, 2]);
      caseIds.push(prepared.caseId);
      await strike(() => requester.advance(prepared));
      await requester.advance(prepared);
      const found = (await requester.openResult(prepared)).sessions.map((s) => s.tagHash);
      expect(found.sort()).toEqual([session.tagHash, second.tagHash].sort());
    });
    expect(failed.length).toBeGreaterThanOrEqual(15);
    const log = await followedLog();
    for (const id of caseIds) expect(kindsOf(log, id)).toEqual(ENTRIES);
  });

  it("the log dies at each write of an append: all entries or none, each once", async () => {
    const logUrl = p.deployment.logUrl;
    const size = async () => (await apiJson<{ size: number }>(p.transport, logUrl, "/v1/entries?from=0&limit=1")).size;
    const caseIds: string[] = [];
    const failed = await everyWrite(logUrl, PAIR, async (strike) => {
      const prepared = await requester.order(order());
      caseIds.push(prepared.caseId);
      const before = await size();
      await strike(() => requester.submit(prepared));
      await requester.submit(prepared);
      expect(await size()).toBe(before + 1);
    });
    expect(failed.length).toBeGreaterThanOrEqual(2 * PAIR.length);
    const log = await followedLog();
    for (const id of caseIds) expect(kindsOf(log, id)).toEqual(["order"]);
  });

  it("the log dies at each write of a publication: the next reader finds every tile", async () => {
    const logUrl = p.deployment.logUrl;
    const failed = await everyWrite(logUrl, PAIR, async (strike) => {
      const prepared = await requester.order(order());
      await requester.submit(prepared);
      await strike(() => api(p.transport, logUrl, "/checkpoint"));
      expect(kindsOf(await followedLog(), prepared.caseId)).toEqual(["order"]);
    });
    expect(failed.length).toBeGreaterThanOrEqual(2 * PAIR.length);
  });
});

describe("the machine dies in the middle of everything", () => {
  it("and an unchanged one on the same disk ends it all, once", async () => {
    await newDayOfOrders();
    const { serviceUrl, escrowUrl, registrarUrl } = p.deployment;
    const request = {
      ...LINK,
      purpose: "care",
      epochs: { from: session.epoch, to: session.epoch },
      emergency: true,
      subject: { checkIn: session.checkInBytes },
    };
    // How many writes an opening makes, so that the next one can die in its middle.
    const counted = await approvedBy(p, requester, request, [1, 2]);
    const never: Plan = { at: Number.MAX_SAFE_INTEGER, when: "before", how: "throw" };
    const { writes } = await under(escrowUrl, never, () => requester.advance(counted));

    const prepared: PreparedOrder = await approvedBy(p, requester, request, [1, 2]);
    const target = await clinic.putRecord(session, text("erased by a dying machine"));
    const { account, enrolmentCode } = await register("Late");
    const lateStore = new MemoryStore();
    const late = await emptyWallet(lateStore);
    const known = new Set(alice.sessions.map((s) => s.tagHash));

    // At the service every request dies after its first write. The opening dies at the middle of its writes, and the
    // enrolment after its fifth write: its two starts make four.
    await setPlan(serviceUrl, { at: 1, when: "after", how: "hang", andEveryLater: true });
    await setPlan(escrowUrl, { at: Math.ceil(writes.length / 2), when: "after", how: "hang", andEveryLater: true });
    await setPlan(registrarUrl, { at: 5, when: "after", how: "hang", andEveryLater: true });
    const deaths = [
      checkIn(alice),
      clinic.erase(session, target),
      requester.advance(prepared),
      enrolWith(late, { account, enrolmentCode }),
    ];
    const outcomes = Promise.allSettled(deaths);
    await new Promise((done) => setTimeout(done, 3000));
    stopped = true;
    await p.stop();
    expect((await outcomes).map((o) => o.status)).toEqual(deaths.map(() => "rejected"));

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
      await soon(
        () => census(host),
        (c) => c.index.includes(made.tagHash),
      );
      await whole(host);
      expect(objectsOf()).toEqual((await census(host)).sessions);

      const again = (await Wallet.open({ ...parts, store: lateStore }))!;
      await enrolWith(again, { account, enrolmentCode });
      for (const table of ["generations", "issued"]) {
        const rows = await rowsIn(host, "registrar", "REGISTRAR_DB", `SELECT account FROM ${table}`);
        expect(rows.filter((r) => r.account === account)).toHaveLength(1);
      }

      const asker = new Requester(p.transport, deployment, keys, prepared.order.certificate);
      await asker.advance(prepared);
      const found = (await asker.openResult(prepared)).sessions.map((s) => s.tagHash);
      expect(found).toContain(session.tagHash);
      const followed = await monitorOf({ ...p, deployment, host }).follow();
      if (!followed.ok) throw new Error(followed.reason);
      const kinds = kindsOf(
        followed.entries.map((e) => LogEntry.decode(e)),
        prepared.caseId,
      );
      expect(kinds.filter((k) => k === "notice").length).toBe(1);
    } finally {
      await host.stop();
    }
  });
});
