// A clinic's webhooks: their form, as the unmodified package `standardwebhooks` reads it, retries, dead letters, rotation, addresses
// and limits. The bell and its storage are real; the receivers and their name server are functions (events-world.ts).

import { runDurableObjectAlarm } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../../client/transport.ts";
import { MAX_WEBHOOKS } from "../../durable-objects/webhook-outbox.ts";
import { MAX_ATTEMPTS, RETRY_SECONDS, retryWaitMs } from "../../durable-objects/webhook-retries.ts";
import {
  answers,
  arrived,
  bell,
  change,
  freshEvents,
  listen,
  names,
  PUBLIC,
  soon,
  stored,
  TODAY,
  type Watched,
  watched,
} from "./events-world.ts";
import { code, newClinic, newKey, newPatient, SERVICE_URL, transport, visit } from "./service-world.ts";

const PRIVATE = "10.0.0.5";
let own: Watched;
beforeEach(async () => {
  own = await freshEvents();
});

describe("a webhook", () => {
  const URL_1 = "https://hooks.clinic.example/symbolon";
  const URL_2 = "https://second.clinic.example/";
  const verify = (secret: string, one = arrived[0]!) => new Webhook(secret).verify(one.body, one.headers);

  it("gets a signed delivery that the package standardwebhooks verifies, and rejects when altered", async () => {
    const { secret, webhook } = await own.clinic.webhooks.register(URL_1);
    expect(webhook).toMatchObject({ url: URL_1, types: ["check-in", "message", "case"], disabled: null, waiting: 0 });
    const { tagHash } = await visit(own.clinic);
    await vi.waitFor(() => expect(arrived).toHaveLength(1), soon);
    expect(verify(secret)).toEqual({
      type: "check-in",
      timestamp: new Date(TODAY * 86_400_000).toISOString(),
      data: { serviceId: own.serviceId, tagHash },
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
    await own.clinic.webhooks.register(URL_1);
    const { heard } = await listen(own);
    const tags: string[] = [];
    for (const slot of [0, 1, 2]) {
      const { tagHash, session, authSecretKey, channel } = await visit(own.clinic, newPatient(), slot);
      tags.push(tagHash);
      await api(transport, SERVICE_URL, `/v1/sessions/${own.serviceId}/${tagHash}/frames`, {
        bytes: channel.send(new TextEncoder().encode("hello")),
        signWith: authSecretKey,
        headers: { "idempotency-key": newKey() },
      });
      await vi.waitFor(() => expect(arrived).toHaveLength(2 * tags.length), soon);
      expect(JSON.stringify(await stored(own))).toContain(tagHash); // control: its message waits
      await own.clinic.receive(session);
    }
    expect(heard).toHaveLength(6);
    await vi.waitFor(async () => {
      const rows = await stored(own);
      expect([rows.outbox, rows.waiting, rows.dead, rows.watched]).toEqual([[], [], [], []]);
      for (const tagHash of tags) expect(JSON.stringify(rows)).not.toContain(tagHash);
    }, soon);
  });

  it("takes only the types it wants", async () => {
    await own.clinic.webhooks.register(URL_1, ["message"]);
    await own.clinic.webhooks.register(URL_2, ["check-in"]);
    await visit(own.clinic);
    await vi.waitFor(() => expect(arrived.map(({ host }) => host)).toEqual(["second.clinic.example"]), soon);
    expect((await own.clinic.webhooks.list()).map(({ waiting }) => waiting)).toEqual([0, 0]);
  });

  it("rotates its secret: both sign until the overlap ends", async () => {
    const { secret: before, webhook } = await own.clinic.webhooks.register(URL_1);
    const { secret: after } = await own.clinic.webhooks.rotate(webhook.id);
    expect(after).not.toBe(before);
    await own.clinic.webhooks.test(webhook.id);
    await vi.waitFor(() => expect(arrived).toHaveLength(1), soon);
    expect(arrived[0]!.headers["webhook-signature"]!.split(" ")).toHaveLength(2);
    expect(verify(before)).toMatchObject({ type: "test" });
    expect(verify(after)).toMatchObject({ type: "test" });
    // an answer that got lost: the clinic rotates once more, and what its receiver has is still good
    const { secret: last } = await own.clinic.webhooks.rotate(webhook.id);
    await own.clinic.webhooks.test(webhook.id);
    await vi.waitFor(() => expect(arrived).toHaveLength(2), soon);
    for (const each of [before, after, last]) expect(verify(each, arrived[1])).toMatchObject({ type: "test" });
    await change(own, "UPDATE old_secret SET until = 1");
    await own.clinic.webhooks.test(webhook.id);
    await vi.waitFor(() => expect(arrived).toHaveLength(3), soon);
    for (const each of [before, after]) expect(() => verify(each, arrived[2])).toThrow();
    expect(verify(last, arrived[2])).toMatchObject({ type: "test" });
    // the alarm has deleted them
    await vi.waitFor(async () => expect((await stored(own)).old_secret).toEqual([]), soon);
  });

  it("is tried again under the same id, at the times of the schedule, then is a dead letter, and goes out on request", async () => {
    const { webhook } = await own.clinic.webhooks.register(URL_1);
    answers.set("hooks.clinic.example", () => new Response("no", { status: 500 }));
    const { tagHash } = await visit(own.clinic);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await vi.waitFor(() => expect(arrived).toHaveLength(attempt), soon);
      if (attempt === MAX_ATTEMPTS) break;
      await vi.waitFor(async () => expect((await stored(own)).outbox![0]!.attempts).toBe(attempt), soon);
      const wait = (Number((await stored(own)).outbox![0]!.due) - Date.now()) / 1000 / RETRY_SECONDS[attempt - 1]!;
      expect(wait).toBeGreaterThan(0.7);
      expect(wait).toBeLessThan(1.21);
      await change(own, "UPDATE outbox SET due = ?", Date.now());
      await runDurableObjectAlarm(bell(own));
    }
    expect(new Set(arrived.map(({ id }) => id)).size).toBe(1);
    await vi.waitFor(async () => expect((await own.clinic.webhooks.get(webhook.id)).dead).toBe(1), soon);
    const letters = [];
    for await (const letter of own.clinic.webhooks.deadLetters(webhook.id)) letters.push(letter);
    const reason = "the receiver answered 500";
    expect(letters).toEqual([{ id: arrived[0]!.id, type: "check-in", day: TODAY, tagHash, reason }]);
    answers.clear();
    expect(await own.clinic.webhooks.redeliver(webhook.id)).toBe(1);
    await vi.waitFor(() => expect(arrived).toHaveLength(MAX_ATTEMPTS + 1), soon);
    expect(arrived.at(-1)!.id).toBe(arrived[0]!.id);
    await vi.waitFor(
      async () => expect(await own.clinic.webhooks.get(webhook.id)).toMatchObject({ dead: 0, waiting: 0 }),
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
    const { webhook } = await own.clinic.webhooks.register(URL_1);
    answers.set("hooks.clinic.example", () => new Response(null, { status: 410 }));
    await visit(own.clinic, newPatient());
    await vi.waitFor(async () => expect((await own.clinic.webhooks.get(webhook.id)).disabled).toBe("gone"), soon);
    await visit(own.clinic, newPatient());
    await vi.waitFor(async () => expect((await own.clinic.webhooks.get(webhook.id)).missed).toBe(1), soon);
    expect(arrived).toHaveLength(1);
    expect(await code(own.clinic.webhooks.redeliver(webhook.id))).toBe("not-allowed-now");
    expect(await code(own.clinic.webhooks.test(webhook.id))).toBe("not-allowed-now");
    answers.clear();
    expect(await own.clinic.webhooks.enable(webhook.id)).toMatchObject({ disabled: null, missed: 0, dead: 1 });
    expect(await own.clinic.webhooks.redeliver(webhook.id, [arrived[0]!.id])).toBe(1);
    await vi.waitFor(() => expect(arrived).toHaveLength(2), soon);

    answers.set("hooks.clinic.example", () => new Response(null, { status: 503 }));
    await own.clinic.webhooks.test(webhook.id);
    await vi.waitFor(async () => expect((await stored(own)).webhook![0]!.failing_since).not.toBeNull(), soon);
    expect((await own.clinic.webhooks.get(webhook.id)).disabled).toBeNull();
    await change(own, "UPDATE webhook SET failing_since = ?", Math.floor(Date.now() / 1000) - 5 * 86_400 - 60);
    await change(own, "UPDATE outbox SET due = ?", Date.now());
    await runDurableObjectAlarm(bell(own));
    await vi.waitFor(async () => expect((await own.clinic.webhooks.get(webhook.id)).disabled).toBe("failing"), soon);
  });

  it("that is slow holds up neither the other webhooks nor a check-in", async () => {
    let release = () => {};
    const held = new Promise<Response>((resolve) => {
      release = () => resolve(new Response(null, { status: 204 }));
    });
    answers.set("hooks.clinic.example", () => held);
    await own.clinic.webhooks.register(URL_1);
    await own.clinic.webhooks.register(URL_2);
    for (let i = 0; i < 4; i++) await visit(own.clinic, newPatient());
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
      expect([url, await code(own.clinic.webhooks.register(url))]).toEqual([url, "malformed"]);
    expect(await code(own.clinic.webhooks.register(URL_1))).toBe("accepted");
    expect(await code(own.clinic.webhooks.register(URL_1))).toBe("conflict");
    expect(await code(own.clinic.webhooks.register(URL_2, []))).toBe("malformed");
  });

  it("whose name leads to a private address, or which redirects, is not called", async () => {
    const { webhook } = await own.clinic.webhooks.register(URL_1);
    names.set("hooks.clinic.example", [PUBLIC, PRIVATE]);
    await own.clinic.webhooks.test(webhook.id);
    await vi.waitFor(async () => expect((await stored(own)).outbox![0]!.attempts).toBe(1), soon);
    expect(arrived).toEqual([]);
    names.set("hooks.clinic.example", [PUBLIC]);
    answers.set("hooks.clinic.example", () => new Response(null, { status: 307, headers: { location: URL_2 } }));
    await change(own, "UPDATE outbox SET due = ?", Date.now());
    await runDurableObjectAlarm(bell(own));
    await vi.waitFor(async () => expect((await stored(own)).outbox![0]!.attempts).toBe(2), soon);
    expect(arrived.map(({ host }) => host)).toEqual(["hooks.clinic.example"]);
    answers.clear();
    await change(own, "UPDATE outbox SET due = ?", Date.now());
    await runDurableObjectAlarm(bell(own));
    await vi.waitFor(async () => expect((await stored(own)).outbox).toEqual([]), soon);
    expect(arrived).toHaveLength(2);
  });

  it("is bounded in number, belongs to one clinic, and is removed with its events", async () => {
    const other = watched(await newClinic("Other"));
    for (let i = 0; i < MAX_WEBHOOKS; i++) await own.clinic.webhooks.register(`${URL_1}/${i}`);
    expect(await code(own.clinic.webhooks.register(`${URL_1}/more`))).toBe("too-many");
    const [first] = await own.clinic.webhooks.list();
    expect(await other.clinic.webhooks.list()).toEqual([]);
    for (const act of [
      () => other.clinic.webhooks.get(first!.id),
      () => other.clinic.webhooks.rotate(first!.id),
      () => other.clinic.webhooks.remove(first!.id),
    ])
      expect(await code(act())).toBe("not-found");
    answers.set("hooks.clinic.example", () => new Response(null, { status: 500 }));
    await own.clinic.webhooks.test(first!.id);
    await vi.waitFor(async () => expect((await stored(own)).outbox).toHaveLength(1), soon);
    await own.clinic.webhooks.remove(first!.id);
    expect((await stored(own)).outbox).toEqual([]);
    expect(await code(own.clinic.webhooks.register(`${URL_1}/more`))).toBe("accepted");
  });
});
