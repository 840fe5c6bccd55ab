// Tests of the Durable Object ReplayWindow alone: single use, the windows of frames, the outbox, and the end of a
// session. SQLite and alarms are real.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import {
  MAX_QUEUED_BYTES,
  MAX_QUEUED_FRAMES,
  type OpenRequest,
  type ReplayWindow,
} from "../../durable-objects/replay-window.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { CheckIn, CLAIM_BYTES } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { sessionIndexValue } from "../../protocol/opening.ts";
import { WINDOW } from "../../protocol/replay-window.ts";
import { decodeG2, encodeG2, type G2, P2, randomScalar } from "../../protocol/suite.ts";
import { bindings, EPOCH, freshWorld, NOW, outside, rng } from "./service-world.ts";

const namespace = bindings.REPLAY_WINDOW as unknown as DurableObjectNamespace<ReplayWindow>;
const hex = (n: number) => bytesToHex(rng(n));
/** One object for all sessions of a test, whatever their tags are. */
let stub: DurableObjectStub<ReplayWindow>;
beforeEach(async () => {
  await freshWorld();
  stub = namespace.getByName(hex(4));
});
const CLOSES_AT = NOW + 86_400;

function newSession() {
  const request: OpenRequest = {
    tagHash: hex(32),
    serviceId: hex(16),
    shard: 0,
    epoch: EPOCH,
    day: 20_000,
    presentationHash: hex(32),
    checkIn: CheckIn.encode({
      challenge: rng(50),
      presentation: rng(100),
      sessionAuthKey: rng(32),
      sessionRecipient: "age1pq1",
      rowProof: rng(64),
      claim: rng(CLAIM_BYTES),
      hpkeEnc: rng(50),
    }),
    tag: encodeG2(P2.multiply(randomScalar(rng)) as G2),
    rowProof: rng(64),
    receipt: rng(50),
    closesAt: CLOSES_AT,
  };
  return request;
}
async function opened() {
  const request = newSession();
  await stub.open(request, NOW);
  return request;
}
const frame = (seq: number, direction = 0, key = hex(32)) => ({
  direction,
  seq,
  frame: rng(40),
  idempotencyKeyHash: key,
});
const rowsOf = async (tagHash: string) =>
  (await bindings.RECORDS_DB_0.prepare("SELECT * FROM sessions WHERE tag_hash = ?").bind(tagHash).all()).results;
const tables = () =>
  runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT name FROM sqlite_master").toArray().length);

describe("single use", () => {
  it("opens exactly once among a hundred different concurrent check-ins, also across an eviction", async () => {
    const request = newSession();
    const attempts = Array.from({ length: 100 }, () => ({ ...request, presentationHash: hex(32) }));
    const outcomes = await Promise.all(attempts.map((a) => stub.open(a, NOW)));
    expect(outcomes.map((o) => o.outcome).sort()).toEqual(["opened", ...Array(99).fill("refused")].sort());
    await evictDurableObject(stub);
    expect((await stub.open({ ...request, presentationHash: hex(32) }, NOW)).outcome).toBe("refused");
  });

  it("repeats the answer for the same check-in", async () => {
    const request = await opened();
    await evictDurableObject(stub);
    expect(await stub.open({ ...request, receipt: rng(50) }, NOW + 5)).toEqual({
      outcome: "repeated",
      receipt: request.receipt,
      pending: true,
    });
    await stub.delivered(request.tagHash);
    expect(await stub.recall(request)).toEqual({ outcome: "repeated", receipt: request.receipt, pending: false });
  });

  it("writes nothing for a question", async () => {
    const request = newSession();
    expect(await stub.recall(request)).toEqual({ outcome: "refused" });
    expect(await stub.accept(request.tagHash, frame(0), NOW)).toBe("closed");
    expect(await stub.frames(request.tagHash, 0, -1, [])).toBe("closed");
    await stub.delivered(request.tagHash);
    expect(await tables()).toBe(0);
  });
});

describe("frames", () => {
  it("are each accepted once per direction, in any order within the window, also across an eviction", async () => {
    const { tagHash } = await opened();
    for (const seq of [0, 5, 2, WINDOW + 5]) expect(await stub.accept(tagHash, frame(seq), NOW)).toBe("accepted");
    await evictDurableObject(stub);
    for (const seq of [5, WINDOW + 5]) expect(await stub.accept(tagHash, frame(seq), NOW)).toBe("replayed");
    for (const seq of [0, 4]) expect(await stub.accept(tagHash, frame(seq), NOW)).toBe("too-old");
    expect(await stub.accept(tagHash, frame(6), NOW)).toBe("accepted");
    expect(await stub.accept(tagHash, frame(5, 1), NOW)).toBe("accepted");
  });

  it("with one seq are accepted once out of a hundred", async () => {
    const { tagHash } = await opened();
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => stub.accept(tagHash, frame(7), NOW)));
    expect(outcomes.filter((o) => o === "accepted")).toHaveLength(1);
    expect(outcomes.filter((o) => o === "replayed")).toHaveLength(99);
    expect(await stub.frames(tagHash, 0, -1, [])).toHaveLength(1);
  });

  it("count as a repetition only with the same key and bytes, and only while they are queued", async () => {
    const { tagHash } = await opened();
    const f = frame(1);
    await stub.accept(tagHash, f, NOW);
    expect(await stub.accept(tagHash, f, NOW)).toBe("repeated");
    expect(await stub.accept(tagHash, { ...f, idempotencyKeyHash: undefined }, NOW)).toBe("replayed");
    expect(await stub.accept(tagHash, { ...f, idempotencyKeyHash: hex(32) }, NOW)).toBe("replayed");
    expect(await stub.accept(tagHash, { ...f, frame: rng(40) }, NOW)).toBe("replayed");
    await stub.frames(tagHash, 0, -1, [1]);
    expect(await stub.accept(tagHash, f, NOW)).toBe("replayed");
  });

  it("stay queued until they themselves are acknowledged", async () => {
    const { tagHash } = await opened();
    const [a, b, c] = [frame(3), frame(1), frame(2)];
    for (const f of [a, b, c]) await stub.accept(tagHash, f, NOW);
    await evictDurableObject(stub);
    expect(await stub.frames(tagHash, 0, -1, [])).toEqual([b, c, a].map(({ seq, frame }) => ({ seq, frame })));
    expect(await stub.frames(tagHash, 0, -1, [3, 1])).toEqual([{ seq: 2, frame: c.frame }]);
    expect(await stub.frames(tagHash, 0, 2, [])).toEqual([]);
    expect(await stub.frames(tagHash, 1, -1, [2])).toEqual([]);
    expect(await stub.frames(tagHash, 0, -1, [])).toHaveLength(1);
  });

  it("are refused if the queue is full, and a refusal does not move the window", async () => {
    const { tagHash } = await opened();
    await runInDurableObject(stub, (object) => {
      for (let seq = 0; seq < MAX_QUEUED_FRAMES; seq++) object.accept(tagHash, frame(seq), NOW);
    });
    const late = frame(MAX_QUEUED_FRAMES);
    expect(await stub.accept(tagHash, late, NOW)).toBe("full");
    await stub.frames(tagHash, 0, -1, [0]);
    expect(await stub.accept(tagHash, late, NOW)).toBe("accepted");
  });

  it("are refused if their session has too many bytes queued, and neighbouring sessions are not affected", async () => {
    const [{ tagHash }, other] = [await opened(), await opened()];
    const large = (seq: number) => ({ ...frame(seq), frame: new Uint8Array(MAX_QUEUED_BYTES / 4) });
    for (let seq = 0; seq < 4; seq++) expect(await stub.accept(tagHash, large(seq), NOW)).toBe("accepted");
    expect(await stub.accept(tagHash, frame(4), NOW)).toBe("full");
    expect(await stub.accept(other.tagHash, large(0), NOW)).toBe("accepted");
    await stub.frames(tagHash, 0, -1, [2]);
    expect(await stub.accept(tagHash, frame(4), NOW)).toBe("accepted");
  });
});

describe("outbox and end", () => {
  it("the alarm delivers a row that the opening request did not deliver", async () => {
    const request = await opened();
    expect(await rowsOf(request.tagHash)).toHaveLength(0);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rowsOf(request.tagHash)).toMatchObject([{ service_id: request.serviceId, epoch: EPOCH }]);
    expect(outside.indexed).toMatchObject([
      {
        epoch: EPOCH,
        value: toBase64url(sessionIndexValue(decodeG2(request.tag))),
        serviceId: request.serviceId,
        tag: toBase64url(request.tag),
        rowProof: toBase64url(request.rowProof),
      },
    ]);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(outside.indexed).toHaveLength(1);
  });

  it("a row marked as delivered is not delivered again", async () => {
    const request = await opened();
    await stub.delivered(request.tagHash);
    await evictDurableObject(stub);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rowsOf(request.tagHash)).toHaveLength(0);
    expect(outside.indexed).toHaveLength(0);
  });

  it("delivery is retried while the escrow does not answer, and the session does not end before it", async () => {
    const request = await opened();
    outside.down.add("escrow.test");
    await stub.accept(request.tagHash, frame(0), CLOSES_AT + 1);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await stub.recall(request)).outcome).toBe("repeated");
    outside.down.clear();
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(outside.indexed).toHaveLength(1);
  });

  it("a session is deleted after its epoch and not a second earlier, and its spent tag stays in D1", async () => {
    const request = await opened();
    await stub.accept(request.tagHash, frame(1), CLOSES_AT - 1);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await stub.recall(request)).outcome).toBe("repeated");
    await stub.accept(request.tagHash, frame(0), CLOSES_AT);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await tables()).toBe(0);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
    expect(await stub.accept(request.tagHash, frame(2), CLOSES_AT)).toBe("closed");
    expect(await rowsOf(request.tagHash)).toHaveLength(1);
  });

  it("sessions of one object are independent: their channels, their deliveries and their ends", async () => {
    const [early, late] = [await opened(), newSession()];
    await stub.open({ ...late, closesAt: CLOSES_AT + 3600 }, NOW);
    const f = frame(0);
    for (const { tagHash } of [early, late]) expect(await stub.accept(tagHash, f, CLOSES_AT)).toBe("accepted");
    await stub.frames(early.tagHash, 0, -1, [0]);
    expect(await stub.frames(late.tagHash, 0, -1, [])).toHaveLength(1);
    expect(await stub.accept(early.tagHash, f, NOW)).toBe("replayed");
    await stub.delivered(early.tagHash);
    expect(await stub.recall(early)).toMatchObject({ pending: false });
    expect(await stub.recall(late)).toMatchObject({ pending: true });
    for (let i = 0; i < 10 && (await stub.recall(early)).outcome === "repeated"; i++) await runDurableObjectAlarm(stub);
    expect(await stub.frames(early.tagHash, 0, -1, [])).toBe("closed");
    expect((await stub.recall(late)).outcome).toBe("repeated");
    expect(await stub.frames(late.tagHash, 0, -1, [])).toHaveLength(1);
    expect(await rowsOf(late.tagHash)).toHaveLength(1);
    expect(await rowsOf(early.tagHash)).toHaveLength(0); // delivered() means that another writer stored the row
  });

  it("of many sessions all are delivered except one that cannot be, and those that are due are deleted", async () => {
    const sessions = await Promise.all(Array.from({ length: 45 }, opened));
    const stuck = newSession();
    await stub.open({ ...stuck, tag: rng(96) }, NOW); // bytes that are no tag, so its index row can never be made
    for (let i = 0; i < 100 && outside.indexed.length < 45; i++) await runDurableObjectAlarm(stub);
    expect(new Set(outside.indexed.map((row) => row.tag))).toEqual(
      new Set(sessions.map(({ tag }) => toBase64url(tag))),
    );
    expect(outside.indexed).toHaveLength(45);
    expect(await stub.recall(stuck)).toMatchObject({ outcome: "repeated", pending: true });
    await stub.delivered(stuck.tagHash); // otherwise it would be first in every early alarm
    for (const { tagHash } of sessions) await stub.accept(tagHash, frame(0), CLOSES_AT);
    const left = () =>
      runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT tag_hash FROM session").toArray().length);
    for (let i = 0; i < 100 && (await left()) > 1; i++) await runDurableObjectAlarm(stub);
    for (const s of sessions) expect((await stub.recall(s)).outcome).toBe("refused");
    expect(await stub.frames(sessions[0]!.tagHash, 0, -1, [])).toBe("closed");
    expect((await stub.recall(stuck)).outcome).toBe("repeated"); // it is not due yet
  });
});
