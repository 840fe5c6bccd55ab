// Tests of a case's Durable Object, LinkageEscrow. If it is evicted in any state, it continues from that state. Time
// ends a case, by the object's alarm or at the next call. No order of calls moves it backwards.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { decisionName, type NewCase, type Recorded } from "../../durable-objects/linkage-escrow.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import {
  advance,
  bindings,
  caseOf,
  caseStub,
  clock,
  code,
  decide,
  freshWorld,
  inboxOf,
  kindsLogged,
  monthsClosed,
  outside,
  recordShares,
  result,
  rng,
  status,
  submit,
  type TestCase,
} from "./escrow-world.ts";

beforeEach(async () => {
  await freshWorld();
  await monthsClosed();
});

const DAY = 86_400;
const evict = (c: TestCase) => evictDurableObject(caseStub(c.id));
const alarmOf = (c: TestCase) => runInDurableObject(caseStub(c.id), (_, state) => state.storage.getAlarm());
const rows = (c: TestCase, table: string) =>
  runInDurableObject(caseStub(c.id), (_, state) => state.storage.sql.exec(`SELECT * FROM ${table}`).toArray().length);
const listed = (c: TestCase) =>
  bindings.ESCROW_DB.prepare("SELECT state FROM cases WHERE case_id = ?").bind(c.id).first<string>("state");

const STEPS: [string, (c: TestCase) => Promise<unknown>][] = [
  ["ordered", submit],
  ["ordered", (c) => decide(c, 1)],
  ["approved", (c) => decide(c, 2)],
  ["noticed", advance],
  ["opened", advance],
];
async function upTo(state: string, c = caseOf()): Promise<TestCase> {
  for (const [after, step] of STEPS) {
    await step(c);
    if (after === state && (state !== "ordered" || step === submit)) return c;
  }
  return c;
}

describe("eviction", () => {
  it("in any state loses nothing and changes nothing", async () => {
    const c = caseOf();
    for (const [state, step] of STEPS) {
      await step(c);
      const before = await status(c);
      await evict(c);
      expect(await status(c)).toEqual(before);
      expect(before.state).toBe(state);
    }
    await evict(c);
    expect((await result(c)).sealed).toHaveLength(2);
    expect(kindsLogged()).toEqual(["order", "approval", "approval", "notice", "opening"]);
  });

  it("between any two calls to a trustee continues the phase with the same bundle and the recorded parts", async () => {
    const c = await upTo("approved");
    for (const [path, phase] of [
      ["trustee-2.test/v1/cases/notice-shares", "approved"],
      ["trustee-1.test/v1/cases/notice", "approved"],
      ["trustee-2.test/v1/cases/shares", "noticed"],
      ["trustee-1.test/v1/cases/result", "noticed"],
    ] as const) {
      while ((await status(c)).state !== phase) await advance(c);
      outside.down.add(path);
      expect(await code(advance(c))).toBe("unavailable");
      await evict(c);
      outside.down.clear();
    }
    expect(await advance(c)).toMatchObject({ state: "opened" });
    for (const trustee of [1, 2]) {
      const bundles = outside.asked.filter((a) => a.trustee === trustee).map((a) => JSON.stringify(a.bundle));
      expect(new Set(bundles).size).toBe(1);
    }
    const carried = outside.asked.filter((a) => a.round === "result" && a.trustee === 2).map((a) => a.body.parts);
    expect(new Set(carried.map((p) => JSON.stringify(p))).size).toBe(1);
  });
});

describe("time", () => {
  it.each(["ordered", "approved", "noticed"])("ends a case that is %s by the object's alarm", async (state) => {
    const c = await upTo(state);
    expect(await alarmOf(c)).toBeGreaterThan(Date.now() + 2 * DAY * 1000);
    await runDurableObjectAlarm(caseStub(c.id)); // too early by the clock of the last call: nothing happens
    expect((await status(c)).state).toBe(state);
    expect(await alarmOf(c)).not.toBeNull();

    clock.now = c.order.expiresAt - 1;
    expect((await status(c)).state).toBe(state);
    await runInDurableObject(caseStub(c.id), (_, s) => {
      s.storage.sql.exec("UPDATE linkage SET last_now = ?", c.order.expiresAt);
    });
    await evict(c);
    await runDurableObjectAlarm(caseStub(c.id));
    expect(await listed(c)).toBe("expired");
    expect(await alarmOf(c)).toBeNull();
    expect((await status(c)).state).toBe("expired");
    expect(await code(decide(c, 3))).toBe("expired");
    expect(await advance(c)).toMatchObject({ state: "expired" });
    expect(await rows(c, "dossiers")).toBe(0);
    expect(await rows(c, "parts")).toBe(0);
    expect(await submit(c)).toMatchObject({ state: "expired" });
    clock.now = c.order.expiresAt;
    expect(await code(submit(c))).toBe("expired");
  });

  it("ends a case at the next call, for good", async () => {
    const c = await upTo("approved");
    clock.now = c.order.expiresAt;
    expect(await advance(c)).toMatchObject({ state: "expired" });
    clock.now -= DAY;
    expect(await status(c)).toMatchObject({ state: "expired" });
    expect((await inboxOf(3)).cases).toEqual([]);
  });

  it("removes the sealed results of an opened case, which stays opened", async () => {
    const c = await upTo("opened");
    clock.now = c.order.expiresAt;
    expect(await status(c)).toMatchObject({ state: "opened" });
    expect(await code(result(c))).toBe("expired");
    expect(await code(recordShares(c, ["AA", "AA"]))).toBe("expired");
    expect(await rows(c, "parts")).toBe(0);
    await runDurableObjectAlarm(caseStub(c.id));
    expect(await listed(c)).toBe("opened");
  });
});

describe("the object alone", () => {
  const hex = () => bytesToHex(rng(32));
  const newCase = (changes: Partial<NewCase> = {}): NewCase => ({
    caseId: hex(),
    kind: "link",
    orderHash: hex(),
    order: rng(40),
    requesterKey: hex(),
    trusteeKeys: [hex(), hex(), hex()],
    threshold: 2,
    needed: 2,
    expiresAt: clock.now + DAY,
    chunks: 1,
    entry: rng(20),
    dossiers: [rng(9), rng(9), rng(9)],
    ...changes,
  });
  const reason = (r: Recorded): string => (r.ok ? r.view.state : r.reason);
  const decided = (trustee: number, decision: "approve" | "refuse" = "approve") => ({
    trustee,
    decision,
    approval: rng(30),
    dossier: "the one dossier" as Hex,
    passkey: `passkey ${trustee}` as Hex,
  });
  const officer = { entry: rng(21), index: 1 };
  const placed = { checkpoint: "note", proofs: { order: [rng(32)], notice: [] } };

  it("writes nothing for a case that was never created", async () => {
    const stub = caseStub(hex());
    const t = clock.now;
    expect(reason(await stub.view(t))).toBe("unknown");
    expect(reason(await stub.decide(decided(1), rng(9), officer, t))).toBe("unknown");
    expect(reason(await stub.open(t))).toBe("unknown");
    expect(await stub.partsTo("shares", 0, t)).toEqual([]);
    expect(await stub.dossier(1, t)).toBeUndefined();
    const left = await runInDurableObject(stub, (_, s) => s.storage.sql.exec("SELECT * FROM sqlite_master").toArray());
    expect(left.filter((x) => !String(x.name).startsWith("_cf"))).toEqual([]);
  });

  it("skips no phase", async () => {
    const c = newCase();
    const stub = caseStub(c.caseId);
    const t = clock.now;
    await stub.create(c, t);
    expect(reason(await stub.approve(placed, t))).toBe("not-in-this-state");
    expect(reason(await stub.notice(placed, t))).toBe("not-in-this-state");
    expect(reason(await stub.open(t))).toBe("not-in-this-state");
    expect(reason(await stub.keep("notice-shares", 1, [], t))).toBe("not-in-this-state");
    expect(reason(await stub.intend("notice", rng(9), t))).toBe("not-in-this-state");
    await stub.decide(decided(1), rng(9), officer, t);
    await stub.decide(decided(3), rng(9), officer, t);
    expect(reason(await stub.approve(placed, t))).toBe("not-in-this-state"); // not in the log yet
    for (const name of ["order", decisionName(1), decisionName(3)]) await stub.logged(name, 7, t);
    expect(reason(await stub.approve(placed, t))).toBe("approved");
    expect(reason(await stub.keep("notice-shares", 2, [], t))).toBe("not-in-this-state"); // not a member
    expect(reason(await stub.keep("result", 1, [], t))).toBe("not-in-this-state");
    expect(reason(await stub.notice(placed, t))).toBe("not-in-this-state");
    await stub.intend("notice", rng(9), t);
    await stub.logged("notice", 9, t);
    expect(reason(await stub.notice(placed, t))).toBe("noticed");
    await stub.intend("opening", rng(9), t);
    await stub.logged("opening", 11, t);
    expect(reason(await stub.open(t))).toBe("not-in-this-state"); // no trustee has answered
    await stub.keep("result", 1, [{ from: 1, to: 0, bytes: rng(9) }], t);
    expect(reason(await stub.open(t))).toBe("not-in-this-state"); // one of two has answered
    await stub.keep("result", 3, [{ from: 3, to: 0, bytes: rng(9) }], t);
    expect(reason(await stub.open(t))).toBe("opened");
    expect(reason(await stub.approve(placed, t))).toBe("opened"); // made already: no way back
  });

  it("keeps the first value of every field", async () => {
    const c = newCase();
    const stub = caseStub(c.caseId);
    const t = clock.now;
    await stub.create(c, t);
    expect(reason(await stub.create(newCase({ caseId: c.caseId }), t))).toBe("contradiction");
    await stub.create({ ...c, dossiers: [rng(9), rng(9), rng(9)], entry: rng(9) }, t);
    expect(await stub.dossier(2, t)).toEqual(c.dossiers[1]);
    await stub.logged("order", 3, t);
    await stub.logged("order", 4, t);
    const first = decided(2);
    await stub.decide(first, rng(9), officer, t);
    await stub.decide(decided(2), rng(9), officer, t);
    await stub.decide(decided(1), rng(9), officer, t);
    const a = (await stub.view(t)) as Extract<Recorded, { ok: true }>;
    await stub.decide(decided(3), rng(9), officer, t);
    const b = (await stub.view(t)) as Extract<Recorded, { ok: true }>;
    expect(b.view.set).toEqual([1, 2]);
    expect(b.view.nonce).toEqual(a.view.nonce);
    expect(b.view.entries.order).toEqual({ entry: c.entry, index: 3 });
    const { passkey: _, dossier: __, ...kept } = first;
    expect(b.view.decisions[1]).toEqual(kept);
    for (const name of [decisionName(1), decisionName(2)]) await stub.logged(name, 5, t);
    await stub.approve(placed, t);
    await stub.approve({ checkpoint: "another", proofs: {} }, t);
    const parts = [{ from: 1, to: 2, bytes: rng(9) }];
    await stub.keep("notice-shares", 1, parts, t);
    await stub.keep("notice-shares", 1, [{ from: 1, to: 2, bytes: rng(9) }], t);
    expect(await stub.partsTo("notice-shares", 2, t)).toEqual(parts);
    const z = (await stub.view(t)) as Extract<Recorded, { ok: true }>;
    expect(z.view.approved!.checkpoint).toBe("note");
  });

  it("makes chunks readable in order, once all of S have answered and the log contains the opening", async () => {
    const c = newCase({ chunks: 3 });
    const stub = caseStub(c.caseId);
    const t = clock.now;
    await stub.create(c, t);
    for (const i of [1, 2]) await stub.decide(decided(i), rng(9), officer, t);
    for (const name of ["order", decisionName(1), decisionName(2)]) await stub.logged(name, 7, t);
    await stub.approve(placed, t);
    await stub.intend("notice", rng(9), t);
    await stub.logged("notice", 9, t);
    await stub.notice(placed, t);
    const opened = async () => ((await stub.view(t)) as Extract<Recorded, { ok: true }>).view.chunksOpened;
    const answer = (from: number, chunk: number) => {
      const bytes = rng(9);
      return stub.keep("result", from, [{ from, to: 0, bytes }], t, chunk).then((r) => [reason(r), bytes] as const);
    };
    const [, first] = await answer(1, 0);
    await answer(2, 0);
    expect(await opened()).toBe(0); // not in the log yet
    await stub.intend("opening", rng(9), t);
    await stub.logged("opening", 11, t);
    expect(await opened()).toBe(1);
    await answer(1, 2);
    await answer(2, 2);
    expect(await opened()).toBe(1); // the chunk between them is missing
    expect(reason(await stub.open(t))).toBe("not-in-this-state");
    await answer(1, 1);
    expect(await opened()).toBe(1);
    await answer(2, 1);
    expect(await opened()).toBe(3);
    expect((await answer(1, 3))[0]).toBe("not-in-this-state");
    await answer(1, 0); // again: the first answer stays
    expect((await stub.partsTo("result", 0, t, 0))[0]!.bytes).toEqual(first);
    expect(reason(await stub.open(t))).toBe("opened");
    expect(await opened()).toBe(3);
  });

  it("has room for the parts of a large scope", async () => {
    const c = newCase();
    const stub = caseStub(c.caseId);
    const t = clock.now;
    await stub.create(c, t);
    for (const i of [1, 2]) await stub.decide(decided(i), rng(9), officer, t);
    for (const name of ["order", decisionName(1), decisionName(2)]) await stub.logged(name, 7, t);
    await stub.approve(placed, t);
    const large = new Uint8Array(1 << 20).fill(7);
    await stub.keep("notice-shares", 1, [{ from: 1, to: 2, bytes: large }], t);
    expect((await stub.partsTo("notice-shares", 2, t))[0]!.bytes).toEqual(large);
  });
});
