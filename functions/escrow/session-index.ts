// The session index: what a link is matched against. A row is  value (32) ‖ serviceId (16) ‖ T (96),  where
// value = H(e(G, T)) of the session's tag T; INDEX_ROW_BYTES = 144. Rows of an epoch are sorted by value. The escrow does
// not compare value and T (a pairing each): every trustee does, for each row that it matches, and names a row that lies.
//
//   put     by the service Worker's outbox; the same row again changes nothing. All rows of a request or none
//   read    whole epochs or large parts (protocol/buckets.ts, by value), several in one query, for everybody: whoever matches
//           does so at home, so the escrow never learns which row was looked for
//   close   once an epoch's check-ins can no longer come (its end, the offline grace, the challenge window and a margin for
//           the outbox): freezes the epoch, then logs count and root, so that a row left out later shows
//
// The root is the Merkle tree of protocol/merkle.ts over the rows as leaves. Log entry "index-root": subject = root,
// body = u32 epoch ‖ u32 count.

import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { EVERYTHING, type Part, rangeOf } from "../../protocol/buckets.ts";
import { bytesToHex, concatBytes, hexToBytes, u32be } from "../../protocol/bytes.ts";
import { INDEX_ROW_BYTES } from "../../protocol/case-documents.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { emptyFrontier, frontierRoot, leafHash, pushLeaf } from "../../protocol/merkle.ts";
import { closedEpochs } from "../../schema/escrow.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { Problem } from "../shared/http.ts";
import { appendEntryBytes } from "../shared/log-writer.ts";
import { parametersFor } from "../shared/parameters.ts";

export const MAX_ROWS_PUT = 500;
/** 590 kB a page; D1 hands it over as one text of 1.2 MB, of the 2 that it allows */
export const ROWS_PER_PAGE = 4096;
/** in one query: an epoch's slots, and room */
export const MAX_PARTS_ASKED = 64;
export const MAX_EPOCH = 0xffff;
const VALUE_BYTES = 32;
const OUTBOX_MARGIN_SECONDS = 3600;

/** value, serviceId and tag in hex */
export interface IndexRow {
  epoch: number;
  value: string;
  serviceId: string;
  /** T */
  tag: string;
}

const sameRow = (a: IndexRow, b: IndexRow): boolean => a.serviceId === b.serviceId && a.tag === b.tag;

/** Rows not yet there are added, in one statement. @throws Problem conflict, not-allowed-now; then nothing was written */
export async function putRows(env: EscrowEnv, rows: readonly IndexRow[]): Promise<void> {
  const byKey = new Map<string, IndexRow>();
  for (const row of rows) {
    const key = `${row.epoch} ${row.value}`;
    const other = byKey.get(key);
    if (other && !sameRow(other, row)) throw new Problem("conflict", "Two of these rows have one value.");
    byKey.set(key, row);
  }
  const json = JSON.stringify([...byKey.values()]);
  const given = `SELECT json_extract(value, '$.epoch') AS epoch, json_extract(value, '$.value') AS value,
    json_extract(value, '$.serviceId') AS service_id, json_extract(value, '$.tag') AS tag FROM json_each(?1)`;
  const contradicting = `SELECT 1 FROM (${given}) g JOIN session_index s ON s.epoch = g.epoch AND s.value = g.value
    WHERE s.service_id <> g.service_id OR s.tag <> g.tag`;
  const late = `SELECT 1 FROM (${given}) g JOIN closed_epochs c ON c.epoch = g.epoch
    WHERE NOT EXISTS (SELECT 1 FROM session_index s WHERE s.epoch = g.epoch AND s.value = g.value)`;
  const db = env.ESCROW_DB;
  const [contradicted, closed] = await db.batch([
    db.prepare(`${contradicting} LIMIT 1`).bind(json),
    db.prepare(`${late} LIMIT 1`).bind(json),
    db
      .prepare(
        `INSERT INTO session_index (epoch, value, service_id, tag) SELECT * FROM (${given})
         WHERE NOT EXISTS (${contradicting}) AND NOT EXISTS (${late}) ON CONFLICT DO NOTHING`,
      )
      .bind(json),
  ]);
  if (contradicted!.results.length > 0)
    throw new Problem("conflict", "A value stands in the index for another session.");
  if (closed!.results.length > 0) throw new Problem("not-allowed-now", "The epoch's index is closed.");
}

/** One text a page: D1 hands rows over as JSON objects, which costs ten times what is in them. */
const asOneText = (rows: string): string =>
  `SELECT count(*) AS n, group_concat(value || service_id || tag, '' ORDER BY value) AS hex FROM (${rows})`;
const COLUMNS = "s.value, s.service_id, s.tag";
/** By the key, so that a page costs the same wherever it is in however large an epoch. */
const ONE_PART = asOneText(
  `SELECT ${COLUMNS} FROM session_index s WHERE s.epoch = ? AND s.value >= ? AND s.value < ? AND s.value > ?
   ORDER BY s.value LIMIT ?`,
);
const SEVERAL_PARTS = asOneText(
  `SELECT ${COLUMNS} FROM json_each(?) p CROSS JOIN session_index s
   ON s.epoch = ? AND s.value >= p.value ->> 'from' AND s.value < p.value ->> 'below' AND s.value > ?
   ORDER BY s.value LIMIT ?`,
);

/** Rows side by side, sorted, and, where there are more, the cursor behind them. Parts differ, and are of one size. */
export async function readRows(
  env: EscrowEnv,
  epoch: number,
  { parts = [EVERYTHING], cursor = "", limit = ROWS_PER_PAGE }: RowsAsked,
): Promise<{ rows: Uint8Array<ArrayBuffer>; cursor: string | undefined }> {
  const ranges = parts.map(rangeOf);
  const [first] = ranges as [ReturnType<typeof rangeOf>];
  const query =
    ranges.length === 1
      ? env.ESCROW_DB.prepare(ONE_PART).bind(epoch, first.from, first.below, cursor, limit + 1)
      : env.ESCROW_DB.prepare(SEVERAL_PARTS).bind(JSON.stringify(ranges), epoch, cursor, limit + 1);
  const { n, hex } = (await query.first<{ n: number; hex: string | null }>())!;
  const all = hexToBytes(hex ?? "");
  if (all.length !== n * INDEX_ROW_BYTES) throw new RangeError("a row of another length");
  const rows = all.slice(0, limit * INDEX_ROW_BYTES);
  const last = rows.subarray(-INDEX_ROW_BYTES).subarray(0, VALUE_BYTES);
  return { rows, cursor: n > limit ? bytesToHex(last) : undefined };
}
export interface RowsAsked {
  readonly parts?: readonly Part[] | undefined;
  /** value in hex, behind which to go on */
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

async function rootOf(env: EscrowEnv, epoch: number): Promise<{ count: number; root: Uint8Array }> {
  let frontier = emptyFrontier;
  let cursor: string | undefined;
  do {
    const page = await readRows(env, epoch, { cursor });
    for (let at = 0; at < page.rows.length; at += INDEX_ROW_BYTES)
      frontier = pushLeaf(frontier, leafHash(page.rows.subarray(at, at + INDEX_ROW_BYTES)));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { count: frontier.size, root: frontierRoot(frontier) };
}

export interface ClosedEpoch {
  epoch: number;
  count: number;
  /** hex */
  root: string;
  logIndex: number;
}

/** Closes an epoch; again, it answers the same. A crash between any two steps is mended by calling it once more. */
export async function closeEpoch(env: EscrowEnv, epoch: number, now: number): Promise<ClosedEpoch> {
  const db = drizzle(env.ESCROW_DB);
  const { offlineGraceSeconds, challengeWindowSeconds } = (await parametersFor(env, epoch, now)).document;
  const over = epochStart(epoch + 1) + offlineGraceSeconds + challengeWindowSeconds + OUTBOX_MARGIN_SECONDS;
  if (now < over) throw new Problem("not-allowed-now", "Check-ins of this epoch may still arrive.");
  await db.insert(closedEpochs).values({ epoch }).onConflictDoNothing(); // from here on the rows stand still
  const { count, root } = await rootOf(env, epoch);
  const entry = LogEntry.encode({
    kind: "index-root",
    at: now,
    subject: root,
    caseId: undefined,
    body: concatBytes(u32be(epoch), u32be(count)),
  });
  await db
    .update(closedEpochs)
    .set({ count, root: bytesToHex(root), entry })
    .where(and(eq(closedEpochs.epoch, epoch), isNull(closedEpochs.entry)));
  const kept = (await db.select().from(closedEpochs).where(eq(closedEpochs.epoch, epoch)).get())!;
  const logIndex = kept.logIndex ?? (await appendEntryBytes(env, now, kept.entry!));
  await db.update(closedEpochs).set({ logIndex }).where(eq(closedEpochs.epoch, epoch));
  return { epoch, count: kept.count!, root: kept.root!, logIndex };
}
