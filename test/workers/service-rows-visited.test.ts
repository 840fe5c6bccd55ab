// A page of a clinic's lists visits about as many rows as it answers, wherever its cursor is and however
// many records and sessions the clinic has.

import { createExecutionContext } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { ClinicApi } from "../../client/clinic/api.ts";
import type { Transport } from "../../client/transport.ts";
import app from "../../functions/service.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import { recordsTableName } from "../../schema/records.ts";
import { type Counted, countVisits } from "./rows-visited.ts";
import { bindings, freshWorld, NOW, newClinic, SERVICE_URL, transport } from "./service-world.ts";

const ROWS = 20_000;
/** the longest page, of claims */
const PAGE = 1000;
const ROOM = 80;

let counted: Counted;
let base: string;
let table: string;
/** the clinic's, for its own lists */
let token = "";

beforeAll(async () => {
  await freshWorld();
  const clinic = await newClinic();
  const id = Buffer.from(clinic.serviceId).toString("hex");
  const capture: Transport["fetch"] = (input, init) => {
    token = new Headers(init?.headers).get("authorization") ?? token;
    return transport.fetch(input, init);
  };
  await new ClinicApi({ ...transport, fetch: capture }, SERVICE_URL, clinic.keys).own("/sessions?limit=1");
  base = `${SERVICE_URL}/v1/services/${id}`;
  table = recordsTableName(id);
  const real = bindings.RECORDS_DB_0;
  counted = countVisits(real);
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
  await real
    .prepare(
      `${numbers} INSERT INTO sessions (service_id, tag_hash, epoch, day, check_in, claim)
       SELECT ?2, lower(hex(randomblob(32))), 682, 0, x'00', randomblob(80) FROM n`,
    )
    .bind(ROWS, id)
    .run();
  await real
    .prepare(
      `${numbers} INSERT INTO ${table} (record_id, tag_hash, count, status, manifest, manifest_hash)
       SELECT lower(hex(randomblob(16))), lower(hex(randomblob(32))), 1, 'current', randomblob(300), lower(hex(randomblob(32))) FROM n`,
    )
    .bind(ROWS)
    .run();
});

const cursor = (digit: string): string => `cursor=${digit.repeat(64)}`;

describe("rows visited by a page", () => {
  for (const path of [
    "/buckets/0.1",
    `/buckets/0.1?${cursor("8")}.1`,
    `/buckets/0.1?${cursor("f")}.1`,
    `/buckets/1.2?${cursor("1")}.1`,
    `/buckets/0.1?to=0&${cursor("8")}.1`,
    "/claims",
    `/claims?${cursor("8")}`,
    `/claims?${cursor("f")}`,
    "/events?after=0",
    `/events?after=0&cursor=check-in.0.${"8".repeat(64)}`,
    "/events?after=1000",
  ])
    it(path.slice(0, 40), async () => {
      const env = { ...bindings, RECORDS_DB_0: counted.db };
      const headers: Record<string, string> = path.startsWith("/events")
        ? { authorization: token, [CLOCK_HEADER]: String(NOW) }
        : {};
      const answer = await app.fetch(new Request(base + path, { headers }), env, createExecutionContext());
      expect(answer.status).toBe(200);
      // a record, its session, and both again where the page is put together
      expect(counted.visited()).toBeLessThan(4 * (PAGE + ROOM));
    });

  it("is what the database reports: a query of the whole table visits all", async () => {
    await counted.db.prepare(`SELECT manifest FROM ${table}`).all();
    expect(counted.visited()).toBeGreaterThanOrEqual(ROWS);
  });
});
