// The border that all roles share, at the service: bodies of strangers, trouble of the storage, the quota of objects, spent tags,
// and the public list of services.

import { createExecutionContext } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { renewCard } from "../../client/clinic/keys.ts";
import { Clinic } from "../../client/clinic.ts";
import { listServices } from "../../client/shared/service-list.ts";
import { type ApiError, api, apiBytes, apiJson } from "../../client/transport.ts";
import { OBJECTS_PER_DAY } from "../../functions/service/object-quota.ts";
import service from "../../functions/service.ts";
import { readJson } from "../../functions/shared/json.ts";
import { bytesToHex, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { openServiceList, openServicePart } from "../../protocol/service-list.ts";
import { secret } from "./bindings.ts";
import {
  bindings,
  clock,
  code,
  deployment,
  EPOCH,
  freshWorld,
  NOW,
  newClinic,
  newPatient,
  prepare,
  register,
  SERVICE_URL,
  send,
  transport,
  visit,
} from "./service-world.ts";

beforeEach(freshWorld);

describe("JSON of strangers", () => {
  const anything = z.unknown();
  const read = (text: string | Uint8Array, maxValues?: number): Promise<unknown> =>
    readJson(typeof text === "string" ? utf8ToBytes(text) : text, anything, maxValues).catch(
      (e: { code: string }) => e.code,
    );

  it("is read as JSON.parse reads it", async () => {
    for (const value of [
      { a: [1, "b", { c: null }] },
      "",
      "\\",
      'quote " and \\" both',
      "\ud83d\ude00",
      [],
      "\u2028",
    ]) {
      const text = JSON.stringify(value);
      expect(await read(text)).toEqual(value);
      expect(await read(text.replaceAll("\ud83d\ude00", "\\ud83d\\uDE00"))).toEqual(value);
    }
  });

  it("is refused if it is nested too deep, has too many values, or is not well-formed", async () => {
    const nested = (n: number) => "[".repeat(n) + "]".repeat(n);
    expect(await read(nested(12))).not.toBe("malformed");
    for (const body of [nested(13), "[".repeat(1 << 20), `[${"1,".repeat(2500)}1]`, '{"a":'.repeat(50)])
      expect(await read(body)).toBe("malformed");
    for (const lone of ["\\ud800", "\\udc00\\ud800", "a\\uDBFFb", "\\ud83d\\ud83d\\ude00", "\\ud83d\\n"])
      expect(await read(`{"name":"${lone}"}`), lone).toBe("malformed");
    expect(await read(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toBe("malformed");
    for (const broken of ['"', '"\\', '{"a', "", "nul", '"\\u12"', "{}x"])
      expect(await read(broken), broken).toBe("malformed");
    expect(await read(`[${"1,".repeat(2500)}1]`, 3000)).toHaveLength(2501);
  });

  it("costs one pass: a megabyte of anything is refused or read in the time of a few parses", async () => {
    const size = 1 << 20;
    const bodies = ["[", '"', '""', '"\\"', "\\", '{"a":"', "1,"].map((piece) => piece.repeat(size / piece.length));
    const parse = performance.now();
    JSON.parse(JSON.stringify("x".repeat(size)));
    for (const body of bodies) expect(await read(`[${body}`)).toBe("malformed");
    expect(performance.now() - parse).toBeLessThan(2_000);
  });
});

describe("trouble of the storage", () => {
  const asked = (error: Error, path = "/v1/services"): Promise<Response> => {
    const fail = (): never => {
      throw error;
    };
    const db = new Proxy(bindings.RECORDS_DB_0, { get: () => fail });
    const request = new Request(SERVICE_URL + path);
    return service.fetch(
      request as never,
      { ...bindings, RECORDS_DB_0: db },
      createExecutionContext(),
    ) as Promise<Response>;
  };
  it.each([
    new Error("D1_ERROR: D1 DB is overloaded. Too many requests queued."),
    new Error("D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset."),
    new Error("D1_ERROR: Network connection lost."),
    new Error("D1_ERROR: database is locked: SQLITE_BUSY"),
    new Error("D1_ERROR: internal error; reference = abc"),
    new Error("put: We encountered an internal error. Please try again. (10001)"),
    new Error("Durable Object reset because its code was updated."),
    new Error("Internal error while starting up Durable Object storage caused object to be reset."),
    Object.assign(new Error("Durable Object is overloaded."), { overloaded: true }),
    Object.assign(new Error("something"), { retryable: true }),
  ])("is 503 with Retry-After: $message", async (error) => {
    const answer = await asked(error);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: "unavailable" });
  });
  it("control: a bug is 500, and told to nobody", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const answer = await asked(new TypeError("x is not a function"));
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("function");
    vi.restoreAllMocks();
  });
});

describe("the quota of objects", () => {
  it("refuses a clinic's next record with the time to wait, and no other clinic's; it starts anew the next day", async () => {
    const [full, other] = [await newClinic("Full"), await newClinic("Other")];
    const [a, b] = [await visit(full), await visit(other, newPatient(), 1)];
    await full.putRecord(a.session, utf8ToBytes("first"));
    for (const db of [bindings.RECORDS_DB_0, bindings.RECORDS_DB_1])
      await db
        .prepare("UPDATE filed SET n = ? WHERE service_id = ?")
        .bind(OBJECTS_PER_DAY, bytesToHex(full.serviceId))
        .run();
    const refusal = (await full.putRecord(a.session, utf8ToBytes("too many")).catch((e: unknown) => e)) as ApiError;
    expect(refusal).toMatchObject({ code: "too-many", status: 429 });
    await other.putRecord(b.session, utf8ToBytes("of another clinic"));
    expect((await full.records(a.session)).length).toBe(1);
    clock.now = NOW + 86_400;
    await full.putRecord(a.session, utf8ToBytes("the next day"));
    expect((await full.records(a.session)).length).toBe(2);
  });
});

describe("many writers of one session", () => {
  it("ten at once, in one process and in several: every record is filed", async () => {
    const clinic = await newClinic();
    const { session } = await visit(clinic);
    const desks = [
      clinic,
      clinic,
      new Clinic(transport, deployment, clinic.keys),
      new Clinic(transport, deployment, clinic.keys),
    ];
    const texts = Array.from({ length: 10 }, (_, i) => `record ${i}`);
    const ids = await Promise.all(
      texts.map((text, i) => desks[i % desks.length]!.putRecord(session, utf8ToBytes(text))),
    );
    const records = await clinic.records(session);
    expect(records.map((r) => r.recordId).sort()).toEqual([...ids].sort());
    expect(records.map((r) => r.count)).toEqual(texts.map((_, i) => i + 1));
  });
});

describe("a bucket of earlier months", () => {
  it("visits no more rows than its page has, and so can have empty pages on the way", async () => {
    const clinic = await newClinic();
    const { session } = await visit(clinic);
    for (const text of ["one", "two", "three"]) await clinic.putRecord(session, utf8ToBytes(text));
    const path = `/v1/services/${bytesToHex(clinic.serviceId)}/buckets/0.1?to=${EPOCH - 1}&limit=2`;
    type Page = { records: unknown[]; cursor?: string };
    const first = await apiJson<Page>(transport, SERVICE_URL, path);
    expect(first.records).toEqual([]);
    expect(first.cursor).toBeDefined();
    expect(await apiJson<Page>(transport, SERVICE_URL, `${path}&cursor=${first.cursor}`)).toEqual({ records: [] });
    const all = await apiJson<Page>(transport, SERVICE_URL, path.replace(`to=${EPOCH - 1}&`, `to=${EPOCH}&`));
    expect(all.records).toHaveLength(2);
  });
});

describe("a spent tag", () => {
  it("is refused before anything is verified, by its row alone", async () => {
    const clinic = await newClinic();
    const patient = newPatient();
    const [first, second] = [await prepare(patient, clinic, { slot: 3 }), await prepare(patient, clinic, { slot: 3 })];
    await send(first.bytes);
    expect(await code(send(second.bytes))).toBe("credential-refused");
  });
});

describe("the list of services", () => {
  const deploymentKey = (): Uint8Array => hexToBytes(deployment.serviceWorkerKey);

  it("holds every clinic's newest card, in parts that have their names from their bytes", async () => {
    const clinics = [];
    for (let i = 0; i < 6; i++) clinics.push(await newClinic(`Clinic ${i}`));
    const names = async () => (await listServices(transport, deployment)).map(({ card }) => card.name);
    for (const { keys } of clinics) expect(await names()).toContain(keys.name);
    const before = openServiceList(await apiBytes(transport, SERVICE_URL, "/v1/services"), deploymentKey());
    await register(new Clinic(transport, deployment, renewCard(clinics[0]!.keys, { name: "Renamed" }, NOW)));
    expect(await names()).toContain("Renamed");
    expect(await names()).not.toContain("Clinic 0");
    // a reader of the list before still finds its parts
    for (const hash of before)
      openServicePart(await apiBytes(transport, SERVICE_URL, `/v1/services/parts/${bytesToHex(hash)}`), hash);
  });

  it("is not sent again to a reader who has it, and parts are kept for ever", async () => {
    await newClinic();
    const list = await api(transport, SERVICE_URL, "/v1/services");
    const etag = list.headers.get("etag")!;
    const again = await transport.fetch(`${SERVICE_URL}/v1/services`, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
    const [hash] = openServiceList(new Uint8Array(await list.arrayBuffer()), deploymentKey());
    const part = await api(transport, SERVICE_URL, `/v1/services/parts/${bytesToHex(hash!)}`);
    expect(part.headers.get("cache-control")).toContain("immutable");
    expect(await code(api(transport, SERVICE_URL, `/v1/services/parts/${"00".repeat(32)}`))).toBe("not-found");
  });

  it("is made good by the sweep if R2 failed while a clinic was registered", async () => {
    const clinic = await newClinic("Late");
    for (const { key: name } of (await bindings.BLOBS.list({ prefix: "services/" })).objects)
      await bindings.BLOBS.delete(name);
    await bindings.RECORDS_DB_0.prepare("UPDATE service_parts SET revision = revision + 1").run();
    expect(await code(listServices(transport, deployment))).toBe("not-found");
    await api(transport, SERVICE_URL, "/v1/admin/sweep", { json: {}, signWith: secret("admin") });
    expect((await listServices(transport, deployment)).map(({ card }) => card.name)).toContain(clinic.keys.name);
  });
});
