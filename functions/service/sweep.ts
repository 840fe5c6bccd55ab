// Removes the leftovers of faults and of erasures: blobs that no record names, log entries not yet appended, and spent
// client assertions. Every step can be repeated.
//
//   POST /v1/admin/sweep   by the administrator's key -> {blobs, entries, assertions}: numbers removed, over all shards
//
// The sweep condemns a blob (sweep_after = 0) before it deletes the blob. An upload can finish only while its blob is not
// condemned. So a record's row never names a blob that the sweep is about to delete.

import { eq, lte, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { clientAssertions, uploads } from "../../schema/service.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { signedBy } from "../shared/request-auth.ts";
import { flushOutbox } from "./outbox.ts";
import { SHARDS, shardDb } from "./registry.ts";

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

export function registerSweep(app: RoleApp<ServiceEnv>): void {
  app.post("/v1/admin/sweep", async (c) => {
    await signedBy(c, [c.env.ADMIN_KEY]);
    const at = now(c);
    const total = { blobs: 0, entries: 0, assertions: 0 };
    for (const shard of SHARDS) {
      const swept = await sweepShard(c.env, shardDb(c.env, shard), at);
      total.blobs += swept.blobs;
      total.entries += swept.entries;
    }
    const spent = await drizzle(c.env.RECORDS_DB_0).delete(clientAssertions).where(lte(clientAssertions.expiresAt, at));
    total.assertions = spent.meta.changes;
    return c.json(total);
  });
}
