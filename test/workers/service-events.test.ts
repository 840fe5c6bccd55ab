// A clinic's events: sockets and their tickets, what was missed, webhooks and their retries, and watched cases. The bell and
// its storage are real. Receivers and their name server are functions of this file. Each refusal has a control beside it.

import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ClinicApi } from "../../client/clinic/api.ts";
import type { Clinic } from "../../client/clinic.ts";
import { api, jsonOf } from "../../client/transport.ts";
import { type ClinicBell, SOCKET_SECONDS } from "../../durable-objects/clinic-bell.ts";
import { MAX_WEBHOOKS } from "../../durable-objects/webhook-outbox.ts";
import { MAX_ATTEMPTS, RETRY_SECONDS, retryWaitMs } from "../../durable-objects/webhook-retries.ts";
import { bellOf } from "../../functions/service/bells.ts";
import { replayWindowOf } from "../../functions/service/session-objects.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { secret } from "./bindings.ts";
import {
  bindings,
  clock,
  code,
  freshWorld,
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

const TODAY = dayOf(NOW);
const PUBLIC = "93.184.215.14";
const PRIVATE = "10.0.0.5";

let clinic: Clinic;
let clinicApi: ClinicApi;
let serviceId: ReturnType<typeof bytesToHex>;
/** names and their addresses */
const names = new Map<string, string[]>();
/** deliveries that arrived, per host */
const arrived: { host: string; id: string; body: string; headers: Record<string, string> }[] = [];
/** how each host answers; 204 if it is not here */
const answers = new Map<string, () => Response | Promise<Response>>();

beforeEach(async () => {
  await freshWorld();
  names.clear();
  for (const host of ["hooks.clinic.example", "second.clinic.example"]) names.set(host, [PUBLIC]);
  arrived.length = 0;
  answers.clear();
  outside.elsewhere = async (request) => {
    const url = new URL(request.url);
    if (url.host === "doh.test") {
      const addresses = url.searchParams.get("type") === "A" ? (names.get(url.searchParams.get("name")!) ?? []) : [];
      return Response.json({ Status: 0, Answer: addresses.map((data) => ({ type: 1, data })) });
    }
    if (!names.has(url.host)) return undefined;
    const headers = Object.fromEntries(request.headers);
    arrived.push({ host: url.host, id: headers["webhook-id"]!, body: await request.text(), headers });
    return (await answers.get(url.host)?.()) ?? new Response(null, { status: 204 });
  };
  clinic = await newClinic();
  clinicApi = new ClinicApi(transport, SERVICE_URL, clinic.keys);
  serviceId = bytesToHex(clinic.serviceId);
});

const bell = (id = serviceId) => bellOf(bindings, id);
const ticketOf = async (by = clinicApi): Promise<string> =>
  (await jsonOf<{ ticket: string }>(await by.own("/events/ticket", { method: "POST" }), "ticket")).ticket;

/** The answer to an upgrade, with the socket if there is one. */
async function upgrade(
  protocols: string | undefined,
  id = serviceId,
): Promise<{ status: number; socket: WebSocket | null }> {
  const answer = await transport.fetch(`${SERVICE_URL}/v1/services/${id}/events/socket`, {
    headers: { upgrade: "websocket", ...(protocols && { "sec-websocket-protocol": protocols }) },
  });
  return { status: answer.status, socket: (answer as unknown as { webSocket: WebSocket | null }).webSocket };
}
const withTicket = (ticket: string): string => `symbolon.events.v1, ticket.${ticket}`;

/** Opens a socket and collects its messages. */
async function listen(by = clinicApi, id = serviceId): Promise<{ heard: string[]; socket: WebSocket }> {
  const { status, socket } = await upgrade(withTicket(await ticketOf(by)), id);
  expect(status).toBe(101);
  const heard: string[] = [];
  socket!.addEventListener("message", ({ data }) => heard.push(String(data)));
  (socket as unknown as { accept(): void }).accept();
  return { heard, socket: socket! };
}

interface Page {
  events: { type: string; day: number; tagHash?: string; caseId?: string; state?: string }[];
  today: string;
  cursor?: string;
}
const missed = async (query = ""): Promise<Page> => jsonOf<Page>(await clinicApi.own(`/events${query}`), "GET events");

const soon = { timeout: 5000, interval: 20 };
type Tables = Record<string, Record<string, unknown>[]>;
/** All rows of the bell. */
const stored = (): Promise<Tables> =>
  runInDurableObject(bell(), (_: ClinicBell, state) => {
    const sql = state.storage.sql;
    const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    return Object.fromEntries(
      tables
        .filter(({ name }) => !name.startsWith("_cf_"))
        .map(({ name }) => [name, sql.exec(`SELECT * FROM ${name}`).toArray() as Record<string, unknown>[]]),
    );
  });
const change = (statement: string, ...values: unknown[]): Promise<void> =>
  runInDurableObject(bell(), (_: ClinicBell, state) => {
    state.storage.sql.exec(statement, ...(values as SqlStorageValue[]));
  });

describe("a socket", () => {
  it("tells of a check-in: type, day and tag hash, and nothing else", async () => {
    const { heard } = await listen();
    const { tagHash } = await visit(clinic);
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
    expect(JSON.parse(heard[0]!)).toEqual({ type: "check-in", day: TODAY, tagHash });
  });

  it("tells several desks, and not another clinic", async () => {
    const other = await newClinic("Other");
    const [one, two] = [await listen(), await listen()];
    const foreign = await listen(new ClinicApi(transport, SERVICE_URL, other.keys), bytesToHex(other.serviceId));
    await visit(clinic);
    await vi.waitFor(() => expect([one.heard.length, two.heard.length]).toEqual([1, 1]), soon);
    expect(foreign.heard).toEqual([]);
    await visit(other);
    await vi.waitFor(() => expect(foreign.heard).toHaveLength(1), soon);
    expect(one.heard).toHaveLength(1);
  });

  it("answers ping, and ends when the clinic says anything else", async () => {
    const { heard, socket } = await listen();
    socket.send("ping");
    await vi.waitFor(() => expect(heard).toEqual(["pong"]), soon);
    const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
    socket.send("hello");
    expect(await closed).toBe(1008);
  });

  it("is closed after its time, and the object forgets it", async () => {
    const { socket } = await listen();
    const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
    await runInDurableObject(bell(), (_: ClinicBell, state) => {
      for (const one of state.getWebSockets()) one.serializeAttachment({ until: Date.now() - 1 });
    });
    await runDurableObjectAlarm(bell());
    expect(await closed).toBe(4000);
    expect(SOCKET_SECONDS).toBeLessThanOrEqual(3600);
  });

  it("refuses a ticket that is used, old, foreign or made up, and a request without one", async () => {
    const [used, old, good] = [await ticketOf(), await ticketOf(), await ticketOf()];
    expect((await upgrade(withTicket(used))).status).toBe(101);
    expect((await upgrade(withTicket(used))).status).toBe(403);
    await change("UPDATE ticket SET until = ? WHERE hash IN (SELECT hash FROM ticket LIMIT 2)", Date.now() - 1);
    const statuses = [(await upgrade(withTicket(old))).status, (await upgrade(withTicket(good))).status];
    expect(statuses).toEqual([403, 403]);
    const other = await newClinic("Other");
    const foreign = await ticketOf(new ClinicApi(transport, SERVICE_URL, other.keys));
    expect((await upgrade(withTicket(foreign))).status).toBe(403);
    expect((await upgrade(withTicket(foreign), bytesToHex(other.serviceId))).status).toBe(101);
    expect((await upgrade(withTicket("A".repeat(43)))).status).toBe(403);
    expect((await upgrade("symbolon.events.v1")).status).toBe(403);
    expect((await upgrade(undefined)).status).toBe(403);
    expect((await upgrade(withTicket(await ticketOf()))).status).toBe(101);
  });

  it("needs an upgrade, and a ticket needs a token", async () => {
    const plain = api(transport, SERVICE_URL, `/v1/services/${serviceId}/events/socket`);
    expect(await code(plain)).toBe("malformed");
    const bare = api(transport, SERVICE_URL, `/v1/services/${serviceId}/events/ticket`, { method: "POST" });
    expect(await code(bare)).toBe("credential-refused");
  });

  it("a clinic without a bell rings nothing and makes no object", async () => {
    const bells = async () => (await listDurableObjectIds(bindings.CLINIC_BELL)).length;
    const before = await bells();
    await visit(clinic);
    await vi.waitFor(() => expect(outside.indexed).toHaveLength(1), soon);
    expect(await bells()).toBe(before);
    await listen();
    expect(await bells()).toBe(before + 1);
  });

  it("hears of a check-in whose request ended early: the session's object rings", async () => {
    const { heard } = await listen();
    outside.down.add("escrow.test"); // neither row nor event counts as delivered
    const { tagHash } = await visit(clinic);
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
      tags.push((await visit(clinic, patient)).tagHash);
      tags.push((await visit(clinic, patient, 1)).tagHash);
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
    const { heard } = await listen();
    const { tagHash, session, authSecretKey, channel } = await visit(clinic);
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
    const path = `/v1/sessions/${serviceId}/${tagHash}/frames`;
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
    expect(await clinic.receive(session)).toHaveLength(1);
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), soon);
    await post("two");
    await vi.waitFor(() => expect(heard).toHaveLength(3), soon);
    await clinicApi.authorised(`${path}?ack=0`); // of the first one again
    expect(await waiting()).toHaveLength(1);
    // a clinic's own message does not ring
    await clinic.send(session, new TextEncoder().encode("answer"));
    expect(heard).toHaveLength(3);
  });
});

describe("a webhook", () => {
  const URL_1 = "https://hooks.clinic.example/symbolon";
  const URL_2 = "https://second.clinic.example/";
  const verify = (secret: string, one = arrived[0]!) => new Webhook(secret).verify(one.body, one.headers);

  it("gets a signed delivery that the package standardwebhooks verifies, and rejects when altered", async () => {
    const { secret, webhook } = await clinic.webhooks.register(URL_1);
    expect(webhook).toMatchObject({ url: URL_1, types: ["check-in", "message", "case"], disabled: null, waiting: 0 });
    const { tagHash } = await visit(clinic);
    await vi.waitFor(() => expect(arrived).toHaveLength(1), soon);
    expect(verify(secret)).toEqual({
      type: "check-in",
      timestamp: new Date(TODAY * 86_400_000).toISOString(),
      data: { serviceId, tagHash },
    });
    const [delivery] = arrived;
    expect(delivery!.id).toMatch(/^msg_[0-9a-f]{32}$/);
    const altered = { ...delivery!, body: delivery!.body.replace(tagHash, "0".repeat(64)) };
    expect(() => verify(secret, altered)).toThrow();
    const renamed = { ...delivery!, headers: { ...delivery!.headers, "webhook-id": `msg_${"0".repeat(32)}` } };
    expect(() => verify(secret, renamed)).toThrow();
    expect(() => verify(`whsec_${btoa("x".repeat(32))}`)).toThrow();
  });

  it("leaves nothing behind that names a session", async () => {
    await clinic.webhooks.register(URL_1);
    const { heard } = await listen();
    const tags: string[] = [];
    for (const slot of [0, 1, 2]) {
      const { tagHash, session, authSecretKey, channel } = await visit(clinic, newPatient(), slot);
      tags.push(tagHash);
      await api(transport, SERVICE_URL, `/v1/sessions/${serviceId}/${tagHash}/frames`, {
        bytes: channel.send(new TextEncoder().encode("hello")),
        signWith: authSecretKey,
        headers: { "idempotency-key": newKey() },
      });
      await vi.waitFor(() => expect(arrived).toHaveLength(2 * tags.length), soon);
      expect(JSON.stringify(await stored())).toContain(tagHash); // control: its message waits
      await clinic.receive(session);
    }
    expect(heard).toHaveLength(6);
    await vi.waitFor(async () => {
      const rows = await stored();
      expect([rows.outbox, rows.waiting, rows.dead, rows.watched]).toEqual([[], [], [], []]);
      for (const tagHash of tags) expect(JSON.stringify(rows)).not.toContain(tagHash);
    }, soon);
  });

  it("takes only the types it wants", async () => {
    await clinic.webhooks.register(URL_1, ["message"]);
    await clinic.webhooks.register(URL_2, ["check-in"]);
    await visit(clinic);
    await vi.waitFor(() => expect(arrived.map(({ host }) => host)).toEqual(["second.clinic.example"]), soon);
    expect((await clinic.webhooks.list()).map(({ waiting }) => waiting)).toEqual([0, 0]);
  });

  it("rotates its secret: both sign until the overlap ends", async () => {
    const { secret: before, webhook } = await clinic.webhooks.register(URL_1);
    const { secret: after } = await clinic.webhooks.rotate(webhook.id);
    expect(after).not.toBe(before);
    await clinic.webhooks.test(webhook.id);
    await vi.waitFor(() => expect(arrived).toHaveLength(1), soon);
    expect(arrived[0]!.headers["webhook-signature"]!.split(" ")).toHaveLength(2);
    expect(verify(before)).toMatchObject({ type: "test" });
    expect(verify(after)).toMatchObject({ type: "test" });
    await change("UPDATE webhook SET old_until = 1");
    await clinic.webhooks.test(webhook.id);
    await vi.waitFor(() => expect(arrived).toHaveLength(2), soon);
    expect(() => verify(before, arrived[1])).toThrow();
    expect(verify(after, arrived[1])).toMatchObject({ type: "test" });
    // the next alarm deletes the old secret
    await vi.waitFor(async () => expect((await stored()).webhook![0]!.old_secret).toBeNull(), soon);
  });

  it("is tried again under the same id, at the times of the schedule, then is a dead letter, and goes out on request", async () => {
    const { webhook } = await clinic.webhooks.register(URL_1);
    answers.set("hooks.clinic.example", () => new Response("no", { status: 500 }));
    const { tagHash } = await visit(clinic);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await vi.waitFor(() => expect(arrived).toHaveLength(attempt), soon);
      if (attempt === MAX_ATTEMPTS) break;
      await vi.waitFor(async () => expect((await stored()).outbox![0]!.attempts).toBe(attempt), soon);
      const wait = (Number((await stored()).outbox![0]!.due) - Date.now()) / 1000 / RETRY_SECONDS[attempt - 1]!;
      expect(wait).toBeGreaterThan(0.7);
      expect(wait).toBeLessThan(1.21);
      await change("UPDATE outbox SET due = ?", Date.now());
      await runDurableObjectAlarm(bell());
    }
    expect(new Set(arrived.map(({ id }) => id)).size).toBe(1);
    await vi.waitFor(async () => expect((await clinic.webhooks.get(webhook.id)).dead).toBe(1), soon);
    const letters = [];
    for await (const letter of clinic.webhooks.deadLetters(webhook.id)) letters.push(letter);
    const reason = "the receiver answered 500";
    expect(letters).toEqual([{ id: arrived[0]!.id, type: "check-in", day: TODAY, tagHash, reason }]);
    answers.clear();
    expect(await clinic.webhooks.redeliver(webhook.id)).toBe(1);
    await vi.waitFor(() => expect(arrived).toHaveLength(MAX_ATTEMPTS + 1), soon);
    expect(arrived.at(-1)!.id).toBe(arrived[0]!.id);
    await vi.waitFor(
      async () => expect(await clinic.webhooks.get(webhook.id)).toMatchObject({ dead: 0, waiting: 0 }),
      soon,
    );
  });

  it("waits as long as a receiver asks", () => {
    expect(retryWaitMs(1, 0.5)).toBe(5000);
    expect(retryWaitMs(1, 0)).toBe(4000);
    expect(retryWaitMs(1, 0.999)).toBeLessThanOrEqual(6000);
    expect(retryWaitMs(1, 0.5, 120)).toBe(120_000);
    expect(retryWaitMs(1, 0.5, 10 ** 9)).toBe(86_400_000);
    expect(retryWaitMs(MAX_ATTEMPTS, 0.5)).toBeUndefined();
  });

  it("that answers 410, or fails for five days, is disabled; enabled again it gets what was dead", async () => {
    const { webhook } = await clinic.webhooks.register(URL_1);
    answers.set("hooks.clinic.example", () => new Response(null, { status: 410 }));
    await visit(clinic, newPatient());
    await vi.waitFor(async () => expect((await clinic.webhooks.get(webhook.id)).disabled).toBe("gone"), soon);
    await visit(clinic, newPatient());
    await vi.waitFor(async () => expect((await clinic.webhooks.get(webhook.id)).missed).toBe(1), soon);
    expect(arrived).toHaveLength(1);
    expect(await code(clinic.webhooks.redeliver(webhook.id))).toBe("not-allowed-now");
    expect(await code(clinic.webhooks.test(webhook.id))).toBe("not-allowed-now");
    answers.clear();
    expect(await clinic.webhooks.enable(webhook.id)).toMatchObject({ disabled: null, missed: 0, dead: 1 });
    expect(await clinic.webhooks.redeliver(webhook.id, [arrived[0]!.id])).toBe(1);
    await vi.waitFor(() => expect(arrived).toHaveLength(2), soon);

    answers.set("hooks.clinic.example", () => new Response(null, { status: 503 }));
    await clinic.webhooks.test(webhook.id);
    await vi.waitFor(async () => expect((await stored()).webhook![0]!.failing_since).not.toBeNull(), soon);
    expect((await clinic.webhooks.get(webhook.id)).disabled).toBeNull();
    await change("UPDATE webhook SET failing_since = ?", Math.floor(Date.now() / 1000) - 5 * 86_400 - 60);
    await change("UPDATE outbox SET due = ?", Date.now());
    await runDurableObjectAlarm(bell());
    await vi.waitFor(async () => expect((await clinic.webhooks.get(webhook.id)).disabled).toBe("failing"), soon);
  });

  it("that is slow holds up neither the other webhooks nor a check-in", async () => {
    let release = () => {};
    const held = new Promise<Response>((resolve) => {
      release = () => resolve(new Response(null, { status: 204 }));
    });
    answers.set("hooks.clinic.example", () => held);
    await clinic.webhooks.register(URL_1);
    await clinic.webhooks.register(URL_2);
    for (let i = 0; i < 4; i++) await visit(clinic, newPatient());
    const ofSecond = () => arrived.filter(({ host }) => host === "second.clinic.example").length;
    await vi.waitFor(() => expect(ofSecond()).toBe(4), soon);
    expect(arrived.length - ofSecond()).toBe(2); // of four, since two at a time are in flight
    release();
    await vi.waitFor(() => expect(arrived).toHaveLength(8), soon);
  });

  it("must be public and https when it is registered", async () => {
    for (const url of [
      "http://hooks.clinic.example/",
      "https://127.0.0.1/",
      "https://[::1]/",
      "https://169.254.169.254/latest/meta-data",
      "https://10.0.0.1/",
      "https://0x7f000001/",
      "https://localhost/",
      "https://user:secret@hooks.clinic.example/",
      "https://printer.local/",
      "ftp://hooks.clinic.example/",
      "hooks.clinic.example",
      "",
    ])
      expect([url, await code(clinic.webhooks.register(url))]).toEqual([url, "malformed"]);
    expect(await code(clinic.webhooks.register(URL_1))).toBe("accepted");
    expect(await code(clinic.webhooks.register(URL_1))).toBe("conflict");
    expect(await code(clinic.webhooks.register(URL_2, []))).toBe("malformed");
  });

  it("whose name leads to a private address, or which redirects, is not called", async () => {
    const { webhook } = await clinic.webhooks.register(URL_1);
    names.set("hooks.clinic.example", [PUBLIC, PRIVATE]);
    await clinic.webhooks.test(webhook.id);
    await vi.waitFor(async () => expect((await stored()).outbox![0]!.attempts).toBe(1), soon);
    expect(arrived).toEqual([]);
    names.set("hooks.clinic.example", [PUBLIC]);
    answers.set("hooks.clinic.example", () => new Response(null, { status: 307, headers: { location: URL_2 } }));
    await change("UPDATE outbox SET due = ?", Date.now());
    await runDurableObjectAlarm(bell());
    await vi.waitFor(async () => expect((await stored()).outbox![0]!.attempts).toBe(2), soon);
    expect(arrived.map(({ host }) => host)).toEqual(["hooks.clinic.example"]);
    answers.clear();
    await change("UPDATE outbox SET due = ?", Date.now());
    await runDurableObjectAlarm(bell());
    await vi.waitFor(async () => expect((await stored()).outbox).toEqual([]), soon);
    expect(arrived).toHaveLength(2);
  });

  it("is bounded in number, belongs to one clinic, and is removed with its events", async () => {
    const other = await newClinic("Other");
    for (let i = 0; i < MAX_WEBHOOKS; i++) await clinic.webhooks.register(`${URL_1}/${i}`);
    expect(await code(clinic.webhooks.register(`${URL_1}/more`))).toBe("too-many");
    const [first] = await clinic.webhooks.list();
    expect(await other.webhooks.list()).toEqual([]);
    for (const act of [
      () => other.webhooks.get(first!.id),
      () => other.webhooks.rotate(first!.id),
      () => other.webhooks.remove(first!.id),
    ])
      expect(await code(act())).toBe("not-found");
    answers.set("hooks.clinic.example", () => new Response(null, { status: 500 }));
    await clinic.webhooks.test(first!.id);
    await vi.waitFor(async () => expect((await stored()).outbox).toHaveLength(1), soon);
    await clinic.webhooks.remove(first!.id);
    expect((await stored()).outbox).toEqual([]);
    expect(await code(clinic.webhooks.register(`${URL_1}/more`))).toBe("accepted");
  });
});

describe("a case", () => {
  const caseId = bytesToHex(rng(32));
  const news = (state: string, signWith = secret("escrow-sign"), of = caseId) =>
    api(transport, SERVICE_URL, "/v1/cases", { json: { caseId: of, state }, signWith });

  it("rings at the clinic that watches it, when the escrow tells of it", async () => {
    const other = await newClinic("Other");
    const { heard } = await listen();
    const foreign = await listen(new ClinicApi(transport, SERVICE_URL, other.keys), bytesToHex(other.serviceId));
    outside.cases.set(caseId, "ordered");
    expect(await clinic.watchCase(caseId)).toBe("ordered");
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
    await clinic.unwatchCase(caseId);
    expect((await stored()).watched).toEqual([]);
  });

  it("is told by the escrow only", async () => {
    const { heard } = await listen();
    await clinic.watchCase(caseId);
    for (const forger of ["admin", "service-sign", "registrar-sign", "stranger"])
      expect(await code(news("opened", secret(forger)))).toBe("credential-refused");
    expect(heard).toEqual([]);
    expect(await code(news("opened"))).toBe("accepted");
    await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
  });

  it("whose news was lost is found by the next catch-up", async () => {
    outside.cases.set(caseId, "ordered");
    await clinic.watchCase(caseId);
    outside.cases.set(caseId, "opened");
    expect((await missed()).events).toEqual([{ type: "case", day: TODAY, caseId, state: "opened" }]);
    outside.down.add("escrow.test");
    expect((await missed()).events).toHaveLength(1);
  });

  it("that the escrow does not have can be watched all the same, and is told once it is there", async () => {
    expect(await clinic.watchCase(caseId)).toBeNull();
    expect((await missed()).events).toEqual([]);
    await news("ordered");
    expect((await missed()).events).toEqual([{ type: "case", day: TODAY, caseId, state: "ordered" }]);
  });
});

it("a check-in that is refused rings nothing", async () => {
  const { heard } = await listen();
  const patient = newPatient();
  const bad = await prepare(patient, clinic);
  const altered = bad.bytes.slice();
  altered[altered.length - 1]! ^= 1;
  expect(await code(send(altered))).not.toBe("accepted");
  await send((await prepare(patient, clinic, { slot: 1 })).bytes);
  await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
});
