// A clinic's events: sockets and their tickets, what was missed, and watched cases. The bell and its storage are real. Each
// refusal has a control beside it. service-webhooks.test.ts has the webhooks.

import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { api, jsonOf } from "../../client/transport.ts";
import { type ClinicBell, SOCKET_SECONDS } from "../../durable-objects/clinic-bell.ts";
import { replayWindowOf } from "../../functions/service/session-objects.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { secret } from "./bindings.ts";
import {
  bell,
  change,
  freshEvents,
  listen,
  soon,
  stored,
  TODAY,
  ticketOf,
  upgrade,
  type Watched,
  watched,
  withTicket,
} from "./events-world.ts";
import {
  bindings,
  clock,
  code,
  NOW,
  newClinic,
  newKey,
  newPatient,
  outside,
  prepare,
  rng,
  SERVICE_URL,
  send,
  transport,
  visit,
} from "./service-world.ts";

let own: Watched;
beforeEach(async () => {
  own = await freshEvents();
});

interface Page {
  events: { type: string; day: number; tagHash?: string; caseId?: string; state?: string }[];
  today: string;
  cursor?: string;
}
const missed = async (query = ""): Promise<Page> => jsonOf<Page>(await own.api.own(`/events${query}`), "GET events");

describe("a socket", () => {
  it("tells of a check-in: type, day and tag hash, and nothing else", async () => {
    const { heard } = await listen(own);
    const { tagHash } = await visit(own.clinic);
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
    expect(JSON.parse(heard[0]!)).toEqual({ type: "check-in", day: TODAY, tagHash });
  });

  it("tells several desks, and not another clinic", async () => {
    const other = watched(await newClinic("Other"));
    const [one, two] = [await listen(own), await listen(own)];
    const foreign = await listen(other);
    await visit(own.clinic);
    await vi.waitFor(() => expect([one.heard.length, two.heard.length]).toEqual([1, 1]), soon);
    expect(foreign.heard).toEqual([]);
    await visit(other.clinic);
    await vi.waitFor(() => expect(foreign.heard).toHaveLength(1), soon);
    expect(one.heard).toHaveLength(1);
  });

  it("answers ping, and ends when the clinic says anything else", async () => {
    const { heard, socket } = await listen(own);
    socket.send("ping");
    await vi.waitFor(() => expect(heard).toEqual(["pong"]), soon);
    const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
    socket.send("hello");
    expect(await closed).toBe(1008);
  });

  it("is closed after its time, and the object forgets it", async () => {
    const { socket } = await listen(own);
    const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
    await runInDurableObject(bell(own), (_: ClinicBell, state) => {
      for (const one of state.getWebSockets()) one.serializeAttachment({ until: Date.now() - 1 });
    });
    await runDurableObjectAlarm(bell(own));
    expect(await closed).toBe(4000);
    expect(SOCKET_SECONDS).toBeLessThanOrEqual(3600);
  });

  it("refuses a ticket that is used, old, foreign or made up, and a request without one", async () => {
    const [used, old, good] = [await ticketOf(own), await ticketOf(own), await ticketOf(own)];
    expect((await upgrade(own, withTicket(used))).status).toBe(101);
    expect((await upgrade(own, withTicket(used))).status).toBe(403);
    await change(own, "UPDATE ticket SET until = ? WHERE hash IN (SELECT hash FROM ticket LIMIT 2)", Date.now() - 1);
    const statuses = [(await upgrade(own, withTicket(old))).status, (await upgrade(own, withTicket(good))).status];
    expect(statuses).toEqual([403, 403]);
    const other = watched(await newClinic("Other"));
    const foreign = await ticketOf(other);
    expect((await upgrade(own, withTicket(foreign))).status).toBe(403);
    expect((await upgrade(other, withTicket(foreign))).status).toBe(101);
    expect((await upgrade(own, withTicket("A".repeat(43)))).status).toBe(403);
    expect((await upgrade(own, "symbolon.events.v1")).status).toBe(403);
    expect((await upgrade(own, undefined)).status).toBe(403);
    expect((await upgrade(own, withTicket(await ticketOf(own)))).status).toBe(101);
  });

  it("needs an upgrade, and a ticket needs a token", async () => {
    const plain = api(transport, SERVICE_URL, `/v1/services/${own.serviceId}/events/socket`);
    expect(await code(plain)).toBe("malformed");
    const bare = api(transport, SERVICE_URL, `/v1/services/${own.serviceId}/events/ticket`, { method: "POST" });
    expect(await code(bare)).toBe("token-refused");
  });

  it("a clinic without a bell rings nothing and makes no object", async () => {
    const bells = async () => (await listDurableObjectIds(bindings.CLINIC_BELL)).length;
    const before = await bells();
    await visit(own.clinic);
    await vi.waitFor(() => expect(outside.indexed).toHaveLength(1), soon);
    expect(await bells()).toBe(before);
    await listen(own);
    expect(await bells()).toBe(before + 1);
  });

  it("hears of a check-in whose request ended early: the session's object rings", async () => {
    const { heard } = await listen(own);
    outside.down.add("escrow.test"); // neither row nor event counts as delivered
    const { tagHash } = await visit(own.clinic);
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
    outside.down.clear();
    expect(outside.indexed).toHaveLength(0);
    await runDurableObjectAlarm(replayWindowOf(bindings, tagHash));
    await vi.waitFor(() => expect(heard).toHaveLength(2), soon);
    expect(heard[1]).toBe(heard[0]);
  });
});

describe("what was missed", () => {
  it("is asked for by day, in the order of tag hashes, page by page", async () => {
    const patients = [newPatient(), newPatient(), newPatient()];
    const tags: string[] = [];
    for (const [i, patient] of patients.entries()) {
      clock.now = NOW + i * 86_400;
      tags.push((await visit(own.clinic, patient)).tagHash);
      tags.push((await visit(own.clinic, patient, 1)).tagHash);
    }
    const all: Page["events"] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const page: Page = await missed(`?after=${TODAY}&limit=1${cursor && `&cursor=${cursor}`}`);
      expect(page.events.length).toBeLessThanOrEqual(1);
      all.push(...page.events);
      cursor = page.cursor;
    }
    const expected = [0, 1, 2].flatMap((i) =>
      [tags[2 * i]!, tags[2 * i + 1]!].sort().map((tagHash) => ({ type: "check-in", day: TODAY + i, tagHash })),
    );
    expect(all).toEqual(expected);
    // the day before a cursor is read again, and no earlier one
    expect((await missed(`?after=${TODAY + 2}`)).events).toEqual(expected.slice(2));
    expect(await missed(`?after=${TODAY + 4}`)).toEqual({ events: [], today: String(TODAY + 2) });
    expect((await missed()).events).toEqual(expected.slice(2));
  });

  it("refuses a cursor that is none", async () => {
    for (const query of ["?after=x", "?after=-1", "?after=1234567", "?cursor=x", "?cursor=check-in.1.2", "?limit=0"])
      expect([query, await code(missed(query))]).toEqual([query, "malformed"]);
    expect(await code(missed("?after=0"))).toBe("accepted");
  });

  it("a message waits until the clinic has fetched it, and a later one still waits", async () => {
    const { heard } = await listen(own);
    const { tagHash, session, authSecretKey, channel } = await visit(own.clinic);
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
    const path = `/v1/sessions/${own.serviceId}/${tagHash}/frames`;
    const post = (text: string) =>
      api(transport, SERVICE_URL, path, {
        bytes: channel.send(new TextEncoder().encode(text)),
        signWith: authSecretKey,
        headers: { "idempotency-key": newKey() },
      });
    const waiting = async () => (await missed()).events.filter(({ type }) => type === "message");
    expect(await waiting()).toEqual([]);
    await post("one");
    await vi.waitFor(() => expect(heard).toHaveLength(2), soon);
    expect(JSON.parse(heard[1]!)).toEqual({ type: "message", day: TODAY, tagHash });
    expect(await waiting()).toEqual([{ type: "message", day: TODAY, tagHash }]);
    expect(await own.clinic.receive(session)).toHaveLength(1);
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), soon);
    await post("two");
    await vi.waitFor(() => expect(heard).toHaveLength(3), soon);
    await own.api.authorised(`${path}?ack=0`); // of the first one again
    expect(await waiting()).toHaveLength(1);
    // a clinic's own message does not ring
    await own.clinic.send(session, new TextEncoder().encode("answer"));
    expect(heard).toHaveLength(3);
  });
});

describe("a case", () => {
  const caseId = bytesToHex(rng(32));
  const news = (state: string, signWith = secret("escrow-sign"), of = caseId) =>
    api(transport, SERVICE_URL, "/v1/cases", { json: { caseId: of, state }, signWith });

  it("rings at the clinic that watches it, when the escrow tells of it", async () => {
    const other = watched(await newClinic("Other"));
    const { heard } = await listen(own);
    const foreign = await listen(other);
    outside.cases.set(caseId, "ordered");
    expect(await own.clinic.watchCase(caseId)).toBe("ordered");
    await news("approved");
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
    expect(JSON.parse(heard[0]!)).toEqual({ type: "case", day: TODAY, caseId, state: "approved" });
    await news("approved");
    await news("ordered"); // late
    await news("opened", undefined, bytesToHex(rng(32)));
    expect(heard).toHaveLength(1);
    await news("opened");
    await vi.waitFor(() => expect(heard).toHaveLength(2), soon);
    expect(foreign.heard).toEqual([]);
    await own.clinic.unwatchCase(caseId);
    expect((await stored(own)).watched).toEqual([]);
  });

  it("is told by the escrow only", async () => {
    const { heard } = await listen(own);
    await own.clinic.watchCase(caseId);
    for (const forger of ["admin", "service-sign", "registrar-sign", "stranger"])
      expect(await code(news("opened", secret(forger)))).toBe("credential-refused");
    expect(heard).toEqual([]);
    expect(await code(news("opened"))).toBe("accepted");
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
  });

  it("whose news was lost is found by the next catch-up", async () => {
    outside.cases.set(caseId, "ordered");
    await own.clinic.watchCase(caseId);
    outside.cases.set(caseId, "opened");
    expect((await missed()).events).toEqual([{ type: "case", day: TODAY, caseId, state: "opened" }]);
    outside.down.add("escrow.test");
    expect((await missed()).events).toHaveLength(1);
  });

  it("that the escrow does not have can be watched all the same, and is told once it is there", async () => {
    expect(await own.clinic.watchCase(caseId)).toBeNull();
    expect((await missed()).events).toEqual([]);
    await news("ordered");
    expect((await missed()).events).toEqual([{ type: "case", day: TODAY, caseId, state: "ordered" }]);
  });
});

it("a check-in that is refused rings nothing", async () => {
  const { heard } = await listen(own);
  const patient = newPatient();
  const bad = await prepare(patient, own.clinic);
  const altered = bad.bytes.slice();
  altered[altered.length - 1]! ^= 1;
  expect(await code(send(altered))).not.toBe("accepted");
  await send((await prepare(patient, own.clinic, { slot: 1 })).bytes);
  await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
});
