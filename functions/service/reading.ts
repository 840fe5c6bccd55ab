// Reading what is sealed. Except for the clinic's own list, reads need no key: a tagHash is 256 bits that nobody guesses,
// and blobs open for their recipients only. Wallets ask for prefixes ("buckets"), not for their own tags, so that the
// operator does not learn which sessions belong together.
//
//   GET /v1/services/:id/records                  clinic: all manifests of the service
//   GET /v1/services/:id/tags/:tagHash/records    one session's chain, in order
//   GET /v1/services/:id/buckets/:prefix          1 to 4 hex digits of the tagHash, or "-" for none
//   GET /v1/services/:id/counts                   {sessions, records}: for people; wallets count signed manifests
//   GET /v1/services/:id/blobs/:recordId          the sealed blob, streamed
//   lists -> {records: [{manifest, status}], cursor?}, ordered by tagHash, then by place in the chain

import { and, asc, count, eq, gt, gte, isNotNull, lt, or } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Context } from "hono";
import { bytesToHex } from "../../protocol/bytes.ts";
import { recordsTable } from "../../schema/records.ts";
import type { ServiceEnv } from "../env.ts";
import { fromHex, Problem, type RoleApp, toBase64 } from "../http.ts";
import { recordAt } from "./manifests.ts";
import { pageOf } from "./paging.ts";
import { type Service, serviceOfPath } from "./registry.ts";
import { countSessions } from "./sessions.ts";
import { clinicOf } from "./tokens.ts";

const RECORDS_A_PAGE = 500;
const CURSOR = /^([0-9a-f]{64})\.([1-9]\d{0,9})$/;
const PREFIX = /^[0-9a-f]{0,4}$/;

/** Manifests whose tagHash starts with `prefix` (all of them for ""), one page. */
async function page(c: Context, service: Service, prefix: string) {
  const { limit } = pageOf(c, RECORDS_A_PAGE);
  const cursor = c.req.query("cursor");
  const at = cursor === undefined ? undefined : CURSOR.exec(cursor);
  if (at === null) throw new Problem("malformed", "cursor: not one of ours");
  const t = recordsTable(service.serviceId);
  const rows = await drizzle(service.db)
    .select({ tagHash: t.tagHash, count: t.count, manifest: t.manifest, status: t.status })
    .from(t)
    .where(
      and(
        gte(t.tagHash, prefix),
        // "g" sorts behind every hex digit
        lt(t.tagHash, `${prefix}g`),
        at ? or(gt(t.tagHash, at[1]!), and(eq(t.tagHash, at[1]!), gt(t.count, Number(at[2])))) : undefined,
      ),
    )
    .orderBy(asc(t.tagHash), asc(t.count))
    .limit(limit);
  const last = rows.at(-1);
  return {
    records: rows.map(({ manifest, status }) => ({ manifest: toBase64(manifest), status })),
    ...(last && rows.length === limit ? { cursor: `${last.tagHash}.${last.count}` } : {}),
  };
}

export function reading(app: RoleApp<ServiceEnv>): void {
  app.get("/v1/services/:id/records", async (c) => c.json(await page(c, await clinicOf(c), "")));

  app.get("/v1/services/:id/tags/:tagHash/records", async (c) => {
    const tagHash = bytesToHex(fromHex(c.req.param("tagHash"), 32, "tagHash"));
    return c.json(await page(c, await serviceOfPath(c.env, c.req.param("id")), tagHash));
  });

  app.get("/v1/services/:id/buckets/:prefix", async (c) => {
    const asked = c.req.param("prefix");
    const prefix = asked === "-" ? "" : asked;
    if (!PREFIX.test(prefix)) throw new Problem("malformed", "prefix: 1 to 4 hex digits expected, or -");
    return c.json(await page(c, await serviceOfPath(c.env, c.req.param("id")), prefix));
  });

  app.get("/v1/services/:id/counts", async (c) => {
    const service = await serviceOfPath(c.env, c.req.param("id"));
    const t = recordsTable(service.serviceId);
    const records = await drizzle(service.db).select({ n: count() }).from(t).where(isNotNull(t.blobKey)).get();
    return c.json({ sessions: await countSessions(service), records: records?.n ?? 0 });
  });

  app.get("/v1/services/:id/blobs/:recordId", async (c) => {
    const service = await serviceOfPath(c.env, c.req.param("id"));
    const row = await recordAt(service, bytesToHex(fromHex(c.req.param("recordId"), 16, "record id")));
    if (!row) throw new Problem("not-found", "No such record.");
    if (row.status === "statement") throw new Problem("not-found", "A statement has no blob.");
    if (!row.blobKey) throw new Problem("expired", `This record was ${row.status}.`);
    const blob = await c.env.BLOBS.get(row.blobKey);
    if (!blob) throw new Problem("not-found", "The blob is gone.");
    return new Response(blob.body, {
      headers: { "content-type": "application/octet-stream", "content-length": String(blob.size) },
    });
  });
}
