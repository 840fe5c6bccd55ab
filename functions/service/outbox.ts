// Log entries on their way to the transparency log. The D1 batch that writes an act also writes its log entry to the
// outbox. The entry leaves the outbox only when the log has it. So no act is without its entry, even if a fault separates
// the two writes. The log stores an entry once, however often it is sent.

import { sha256 } from "@noble/hashes/sha2.js";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { bytesToHex } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { dayOf, SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { outbox } from "../../schema/service.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { appendEntryBytes, type NewEntry } from "../shared/log-writer.ts";

const ENTRIES_PER_FLUSH = 50;

/** The time is rounded to the day: the entry may be public, and it must not tell the hour of a visit. */
export function outboxEntry(now: number, { kind, subject, caseId, body }: NewEntry) {
  const at = dayOf(now) * SECONDS_PER_DAY;
  const entry = LogEntry.encode({ kind, at, subject, caseId, body: body ?? new Uint8Array() });
  return { table: outbox, row: { id: bytesToHex(sha256(entry)), entry } };
}

/**
 * Appends the waiting entries of one shard, and returns their number.
 * @throws Problem unavailable; the remaining entries then wait for the next flush
 */
export async function flushOutbox(env: ServiceEnv, shard: D1Database, now: number): Promise<number> {
  const db = drizzle(shard);
  const waiting = await db.select().from(outbox).limit(ENTRIES_PER_FLUSH);
  for (const { id, entry } of waiting) {
    await appendEntryBytes(env, now, entry);
    await db.delete(outbox).where(eq(outbox.id, id));
  }
  return waiting.length;
}
