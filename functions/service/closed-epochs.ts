// Epochs that an administrator closed by hand. After a restore from backup, spent tags may be missing from the database.
// So nothing opens in a closed epoch any more.
//
//   POST /v1/admin/epochs/:epoch/close   closes the epoch in every shard
//
// When this route answers, no check-in gets a row in the epoch any more, and without a row no check-in gets a receipt:
// the statement that writes the row looks the epoch up (session-delivery.ts). isClosed only spares the proof's
// verification. So it may be KNOWN_OPEN_MS behind. It never refuses a check-in without looking the epoch up.

import { drizzle } from "drizzle-orm/d1";
import { ADMINISTRATION } from "../../api/service/administration.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { closedEpochs } from "../../schema/service.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";
import { type Service, SHARDS, shardDb } from "./registry.ts";
import { admin } from "./single-use.ts";

const KNOWN_OPEN_MS = 5000;
/** Per shard and epoch: the time in ms until which this isolate takes the epoch for open. */
const knownOpen = new Map<string, number>();

export async function isClosed({ shard, db }: Service, epoch: number): Promise<boolean> {
  const name = `${shard}/${epoch}`;
  if (Date.now() < (knownOpen.get(name) ?? 0)) return false;
  const closed = await drizzle(db).select().from(closedEpochs).all();
  if (closed.some((row) => row.epoch === epoch)) return true;
  if (knownOpen.size > SHARDS.length * 4) knownOpen.clear(); // requests ask only for the current epoch and the one before
  knownOpen.set(name, Date.now() + KNOWN_OPEN_MS);
  return false;
}

export function registerClosedEpochs(app: RoleApp<ServiceEnv>): void {
  serve(app, ADMINISTRATION.closeEpoch, async (c, { params: { epoch } }) => {
    await admin.request(c);
    if (epoch > epochOf(now(c))) throw new Problem("not-allowed-now", "That epoch has not begun.");
    for (const shard of SHARDS)
      await drizzle(shardDb(c.env, shard)).insert(closedEpochs).values({ epoch }).onConflictDoNothing();
    knownOpen.clear();
    return c.json({ epoch, closed: true });
  });
}
