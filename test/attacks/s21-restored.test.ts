// S21 Restored from backup. A session object or a D1 that returns to an earlier day opens no tag twice, gets no 201 without
// a row, and loses no row of the index unsaid.
//
// The same scenes run against two services: ours, and a careless one (weak). The careless one has the old order of steps:
// its alarm takes any row for its own, a repetition is answered without a look at the row, a closed epoch is looked up in
// the isolate alone, and its word that nothing is pending follows no look at outbox or D1.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import type { Wallet } from "../../client/wallet.ts";
import type { Weakening } from "../../local/bundles.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { tagHashOf } from "../../protocol/presentation.ts";
import { cosigned } from "./cases.ts";
import {
  type Crafted,
  craftCheckIn,
  HOOK_MILLISECONDS,
  openSessions,
  partsOf,
  plantedPerson,
  postCheckIn,
  REFUSED,
} from "./visits.ts";

const EPOCH = 678; // 2026-07
const RESTORABLE: Weakening = { swap: "functions/service.ts", with: "test/attacks/roles/restorable-service.ts" };
/** The early look at a spent tag's row only saves work. It is taken out in every scene: the promises hold without it. */
const NO_EARLY_LOOK: Weakening = {
  file: "functions/service/sessions.ts",
  find: 'if (bytesToHex(presentationHashOf(row.checkIn)) !== presentationHash) throw refused("tag already spent");',
  replace: "",
};
const CARELESS: Weakening[] = [
  {
    file: "durable-objects/replay-window.ts",
    find: 'if ((await this.#delivery.row(shard, row)) === "stands")',
    replace: "await this.#delivery.row(shard, row); if (true)",
  },
  {
    file: "functions/service/sessions.ts",
    find: "const standing = await writeRow(c.env, service, { ...about, tagHash, day, checkIn: bytes });",
    replace:
      'const standing = outcome.outcome === "repeated" && !outcome.pending ? "stands" : await writeRow(c.env, service, { ...about, tagHash, day, checkIn: bytes });',
  },
  {
    file: "functions/service/session-delivery.ts",
    find: "WHERE NOT EXISTS (SELECT 1 FROM closed_epochs WHERE epoch = ?3)",
    replace: "WHERE true",
  },
  {
    file: "functions/service/index-completion.ts",
    find: "names.map((name) => replayWindowNamed(env, name).deliverEpoch(epoch))",
    replace: "names.map((name) => (replayWindowNamed(env, name), { before: 0, after: 0 }))",
  },
  {
    file: "functions/service/index-completion.ts",
    find: "index.length > 0 ? await deliverAll(env, index, at) : 0",
    replace: "index.length < 0 ? await deliverAll(env, index, at) : 0",
  },
];

interface Scene {
  practice: Practice;
  clinic: Clinic;
  wallet: Wallet;
  /** a check-in of this slot, each time with another presentation */
  craft(slot: number): Promise<Crafted>;
  post(made: Crafted): Promise<{ status: number }>;
  /** every session object returns to its first day */
  restoreObjects(): Promise<void>;
  /** every session object's alarm runs */
  ring(): Promise<void>;
  /** runs SQL in each D1 of the service */
  inService(sql: string): Promise<void>;
  inEscrow(sql: string): Promise<void>;
}

async function openScene(weak: Weakening[]): Promise<Scene> {
  const practice = await openPractice({
    start: epochStart(EPOCH) + 9 * 3600,
    epochs: 2,
    slots: 12,
    weaken: { service: [RESTORABLE, NO_EARLY_LOOK, ...weak] },
  });
  const clinic = await practice.openClinic("A");
  const { entry, selector } = plantedPerson("S21", 1);
  const { wallet } = await practice.enrolPatient(entry, selector, { coverage: "standard" });
  const act = async (path: string) => {
    const { status } = await practice.transport.fetch(`${practice.host.urls.service}${path}`, { method: "POST" });
    expect(status).toBe(200);
  };
  const run = async (binding: string, role: string, sql: string) => {
    await (await practice.host.miniflare.getD1Database(binding, role)).exec(sql);
  };
  return {
    practice,
    clinic,
    wallet,
    craft: (slot) => craftCheckIn(practice, partsOf(wallet), clinic, { slot }),
    post: ({ bytes }) => postCheckIn(practice, bytes),
    restoreObjects: () => act("/restore"),
    ring: () => act("/ring"),
    inService: async (sql) => {
      for (const binding of ["RECORDS_DB_0", "RECORDS_DB_1"]) await run(binding, "service", sql);
    },
    inEscrow: (sql) => run("ESCROW_DB", "escrow", sql),
  };
}

let ours: Scene;
let weak: Scene;
beforeAll(async () => {
  ours = await openScene([]);
  weak = await openScene(CARELESS);
}, HOOK_MILLISECONDS);
afterAll(async () => {
  await ours?.practice.stop();
  await weak?.practice.stop();
});

const failing = (table: string): string =>
  `CREATE TRIGGER broken BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'broken'); END`;
const MENDED = "DROP TRIGGER broken";

describe("a session object restored to an earlier day", () => {
  /** The second presentation of one tag, at the moment when D1 fails once and the alarm runs. */
  async function secondPresentation(s: Scene, slot: number) {
    const [first, second] = [await s.craft(slot), await s.craft(slot)];
    expect((await s.post(first)).status).toBe(201);
    await s.restoreObjects();
    await s.inService(failing("sessions"));
    expect((await s.post(second)).status).toBe(503);
    await s.inService(MENDED);
    await s.ring();
    return { first: () => s.post(first), second: () => s.post(second) };
  }

  it("gives no receipt to a second presentation, though D1 fails once and the alarm runs", async () => {
    const { first, second } = await secondPresentation(ours, 0);
    expect(await second()).toMatchObject(REFUSED);
    expect((await first()).status).toBe(201);
    expect(await second()).toMatchObject(REFUSED);
  });
  it("control: two presentations of one tag have a receipt if the alarm takes any row for its own", async () => {
    const { second } = await secondPresentation(weak, 0);
    expect((await second()).status).toBe(201);
  });
});

describe("a D1 restored to an earlier day", () => {
  /** Whether the row stands when the repetition has its answer. */
  async function repeated(s: Scene, slot: number) {
    const made = await s.craft(slot);
    expect((await s.post(made)).status).toBe(201);
    await s.ring(); // the object marks its rows as delivered
    const tagHash = bytesToHex(tagHashOf(made.presentation.T));
    await s.inService(`DELETE FROM sessions WHERE tag_hash = '${tagHash}'`);
    const { status } = await s.post(made);
    return { status, stands: (await openSessions(s.practice)).includes(tagHash) };
  }

  it("gives a repetition 201 only with its row", async () =>
    expect(await repeated(ours, 1)).toEqual({ status: 201, stands: true }));
  it("control: without a look at the row, the repetition has 201 and no row", async () =>
    expect(await repeated(weak, 1)).toEqual({ status: 201, stands: false }));
});

describe("an epoch that another isolate closed a moment ago", () => {
  /** This isolate has just seen the epoch open, and believes so for five seconds: both are made before. */
  async function closedElsewhere(s: Scene, slot: number) {
    const [first, next] = [await s.craft(slot), await s.craft(slot + 1)];
    expect((await s.post(first)).status).toBe(201);
    await s.inService(`INSERT INTO closed_epochs (epoch) VALUES (${EPOCH})`);
    const answer = await s.post(next);
    await s.inService("DELETE FROM closed_epochs");
    return answer;
  }

  it("opens nothing, whatever this isolate still believes", async () =>
    expect(await closedElsewhere(ours, 4)).toMatchObject(REFUSED));
  it("control: without the look-up in the row's statement, a tag opens in a closed epoch", async () =>
    expect((await closedElsewhere(weak, 4)).status).toBe(201));
});

// Last: it ends the month.
describe("the index of a month whose objects were restored", () => {
  const tagsIn = async (s: Scene): Promise<string[]> => {
    const db = await s.practice.host.miniflare.getD1Database("ESCROW_DB", "escrow");
    const { results } = await db.prepare("SELECT tag FROM session_index").all<{ tag: string }>();
    return results.map(({ tag }) => tag);
  };
  /** Three sessions; the escrow does not answer. The object of the first is restored, so its outbox is lost. */
  async function lostOutbox(s: Scene) {
    await s.inEscrow(failing("session_index"));
    const lost = await s.craft(2);
    expect((await s.post(lost)).status).toBe(201);
    await new Promise((done) => setTimeout(done, 600)); // the request itself has tried to deliver
    await s.restoreObjects();
    const pending = await s.craft(3);
    expect((await s.post(pending)).status).toBe(201);
    await new Promise((done) => setTimeout(done, 600));
    await s.inEscrow(MENDED);
    const { practice } = s;
    practice.clock.now = epochStart(EPOCH + 1) + 9 * 86_400;
    await expect(practice.operator.closeIndex(EPOCH)).rejects.toMatchObject({ code: "not-allowed-now" });
    await practice.operator.completeIndex(EPOCH);
    const closed = await practice.operator.closeIndex(EPOCH);
    await cosigned(practice, closed.logIndex + 1); // else an audit in the first seconds may still miss the root
    return { closed, tags: await tagsIn(s), lost: hexOfTag(lost), pending: hexOfTag(pending) };
  }
  const hexOfTag = ({ presentation }: Crafted): string => bytesToHex(presentation.T);
  const kinds = async (s: Scene) => (await s.clinic.auditIndex(EPOCH)).findings.map(({ kind }) => kind);

  it("has the lost rows before it is closed, and no clinic misses a session", async () => {
    const { closed, tags, lost, pending } = await lostOutbox(ours);
    expect(tags).toContain(lost);
    expect(tags).toContain(pending);
    expect(closed).toMatchObject({ late: 0 });
    expect(await kinds(ours)).toEqual([]);
  });
  it("control: after a false word both rows are shut out, and administrator and clinic are told", async () => {
    const { tags, lost, pending } = await lostOutbox(weak);
    expect(tags).not.toContain(lost);
    expect(tags).not.toContain(pending);
    await weak.ring(); // the pending row comes late
    expect(await weak.practice.operator.closeIndex(EPOCH)).toMatchObject({ late: 1 });
    expect(await kinds(weak)).toEqual(expect.arrayContaining(["missing-session"]));
  });
});
