// Removes the leftovers of faults and of erasures: blobs that no record names, log entries not yet appended, spent client
// assertions, expired links and spoken invitations, and old watches of cases. Every step can be repeated.
//
//   POST /v1/admin/sweep   by the administrator's key -> {blobs, entries, assertions, links}: numbers removed, over all shards
//
//   POST /v1/admin/orphans?cursor=&remove=   by the administrator's key -> {seen, orphans, cursor?}: one page of all blobs
//
// The sweep condemns a blob (sweep_after = 0) before it deletes the blob. An upload can finish only while its blob is not
// condemned. So a record's row never names a blob that the sweep is about to delete.
// An upload that outlives the sweep lists its blob again and deletes it (records.ts). If its isolate dies before that, nothing
// names the blob. The second route finds such blobs: neither listed nor named by a record. No upload can name them any more,
// because an upload finishes only while its blob is listed. With remove=yes it deletes them. After a restore of D1 this would
// delete the blobs of records that the restore has lost, so the route deletes nothing unless it is asked to.
// formal/upload.pml models these steps.

import { eq, lte, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { ADMINISTRATION } from "../../api/service/administration.ts";
import { recordIdOfBlob, serviceIdOfBlob } from "../../schema/r2-keys.ts";
import { recordsTableName } from "../../schema/records.ts";
import { caseWatches, clientAssertions, uploads } from "../../schema/service.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem, toProblem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";
import { sweepLinks } from "./link-rows.ts";
import { flushOutbox } from "./outbox.ts";
import { findService, SHARDS, shardDb } from "./registry.ts";
import { publishLateParts } from "./service-list.ts";
import { admin } from "./single-use.ts";
import { sweepSpoken } from "./spoken-invitations.ts";

/** The sweep_after of a blob that no record may name any more. */
export const CONDEMNED = 0;
const BLOBS_PER_SWEEP = 200;

async function sweepBlobs(env: ServiceEnv, shard: D1Database, at: number): Promise<number> {
  const db = drizzle(shard);
  await db.update(uploads).set({ sweepAfter: CONDEMNED }).where(lte(uploads.sweepAfter, at));
  const condemned = await db
    .select({ key: uploads.blobKey })
    .from(uploads)
    .where(eq(uploads.sweepAfter, CONDEMNED))
    .limit(BLOBS_PER_SWEEP);
  if (condemned.length === 0) return 0;
  const keys = condemned.map((r) => r.key);
  await env.BLOBS.delete(keys);
  await db.delete(uploads).where(sql`${uploads.blobKey} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`);
  return keys.length;
}

/** Sweeps the blobs and log entries of one shard. @throws Error, Problem if R2 or the log does not answer */
export async function sweepShard(env: ServiceEnv, shard: D1Database, at: number) {
  return { blobs: await sweepBlobs(env, shard, at), entries: await flushOutbox(env, shard, at) };
}

const BLOBS_PER_PAGE = 500;

/** The keys of a page that nothing names. The keys were read before this, so an upload of today is still listed or named. */
async function orphansOf(env: ServiceEnv, keys: readonly string[]): Promise<string[]> {
  const orphans: string[] = [];
  for (const serviceId of new Set(keys.map(serviceIdOfBlob))) {
    const service = await findService(env, serviceId);
    if (!service) continue;
    const those = keys.filter((key) => serviceIdOfBlob(key) === serviceId);
    const given = those.map((key) => ({ key, record: recordIdOfBlob(key) }));
    const { results } = await service.db
      .prepare(
        `SELECT k.value ->> 'key' AS key FROM json_each(?1) k
         WHERE NOT EXISTS (SELECT 1 FROM uploads WHERE blob_key = k.value ->> 'key')
           AND NOT EXISTS (SELECT 1 FROM ${recordsTableName(serviceId)}
                           WHERE record_id = k.value ->> 'record' AND blob_key = k.value ->> 'key')`,
      )
      .bind(JSON.stringify(given))
      .all<{ key: string }>();
    orphans.push(...results.map(({ key }) => key));
  }
  return orphans;
}

/** One page of all blobs. @throws Problem malformed if R2 does not know the cursor */
async function blobsAfter(env: ServiceEnv, cursor: string | undefined): Promise<R2Objects> {
  if (cursor === undefined) return env.BLOBS.list({ prefix: "records/", limit: BLOBS_PER_PAGE });
  try {
    return await env.BLOBS.list({ prefix: "records/", limit: BLOBS_PER_PAGE, cursor });
  } catch (cause) {
    if (toProblem(cause).code === "unavailable") throw cause;
    throw new Problem("malformed", "cursor: the one of the answer before", String(cause));
  }
}

export function registerSweep(app: RoleApp<ServiceEnv>): void {
  serve(app, ADMINISTRATION.findOrphans, async (c, { query: { cursor, remove } }) => {
    await admin.request(c);
    const page = await blobsAfter(c.env, cursor);
    const orphans = await orphansOf(
      c.env,
      page.objects.map(({ key }) => key),
    );
    if (remove === "yes" && orphans.length > 0) await c.env.BLOBS.delete(orphans);
    const next = page.truncated ? { cursor: page.cursor } : {};
    return c.json({ seen: page.objects.length, orphans: orphans.length, ...next });
  });

  serve(app, ADMINISTRATION.sweep, async (c) => {
    await admin.request(c);
    const at = now(c);
    const total = { blobs: 0, entries: 0, assertions: 0, links: 0 };
    for (const shard of SHARDS) {
      const swept = await sweepShard(c.env, shardDb(c.env, shard), at);
      total.blobs += swept.blobs;
      total.entries += swept.entries;
    }
    const spent = await drizzle(c.env.RECORDS_DB_0).delete(clientAssertions).where(lte(clientAssertions.expiresAt, at));
    total.assertions = spent.meta.changes;
    total.links = await sweepLinks(c.env, at);
    await drizzle(c.env.RECORDS_DB_0).delete(caseWatches).where(lte(caseWatches.until, at));
    await sweepSpoken(c.env, at);
    await publishLateParts(c.env);
    return c.json(total);
  });
}
