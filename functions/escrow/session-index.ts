// The session index: one row per session. A link or assemble matches its values against these rows.
//
//   row     value (32) ‖ serviceId (16) ‖ T (96) ‖ rowProof (64)     protocol/index-row.ts;  INDEX_ROW_BYTES = 208
//
// The rows of an epoch are sorted by value. The escrow does not check that value, service and proof belong to T, since that
// costs one pairing per row. Every trustee checks it for each row that it matches, and reports a row that lies.
//
//   put     by the service Worker's outbox. Putting the same row again changes nothing. A request stores all its rows or none.
//           A new row of a closed epoch goes to late_rows: no case reads it, and the administrator is told how many there are
//   read    by anybody: whole epochs or large parts (protocol/buckets.ts, by value), several parts in one query. The reader
//           matches at home, so the escrow never learns which row the reader looked for
//   close   by the administrator or the schedule (closing.ts), when an epoch's check-ins can no longer arrive (indexClosesAt) and
//           the service Worker has said that no row is pending. It freezes the epoch, stores the tree over its rows
//           (index-proofs.ts), then logs count and root. If a row is left out later, count and root show it
//
// The root and its log entry are in protocol/index-tree.ts.

import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { ROWS_PER_PAGE } from "../../api/escrow/session-index.ts";
import { EVERYTHING, type Part, rangeOf } from "../../protocol/buckets.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { bytesToHex, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { INDEX_ROW_BYTES, INDEX_VALUE_BYTES } from "../../protocol/index-row.ts";
import { blockHashes, indexClosesAt, indexRootEntry, rootOfBlocks } from "../../protocol/index-tree.ts";
import { closedEpochs, completeEpochs, lateRows } from "../../schema/escrow.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { appendEntryBytes } from "../shared/log-writer.ts";
import { parametersFor } from "../shared/parameters.ts";
import { Problem } from "../shared/problems.ts";
import { TreeWriter } from "./index-proofs.ts";

export interface IndexRow {
  epoch: number;
  /** H(e(G, T)), 32 bytes */
  value: Hex;
  /** 16 bytes */
  serviceId: Hex;
  /** T, compressed G2, 96 bytes */
  tag: Hex;
  /** 64 bytes */
  rowProof: Hex;
}

/** One session has one row. A wallet can make many proofs for it; the first stays. */
const sameRow = (a: IndexRow, b: IndexRow): boolean => a.serviceId === b.serviceId && a.tag === b.tag;

/**
 * Adds the rows that are not stored yet, in one transaction. If it throws, nothing was written.
 * @returns the number of rows that came after their epoch was closed
 * @throws Problem conflict if a value is stored or given with another session
 */
export async function putRows(env: EscrowEnv, rows: readonly IndexRow[]): Promise<number> {
  const byKey = new Map<string, IndexRow>();
  for (const row of rows) {
    const key = `${row.epoch} ${row.value}`;
    const other = byKey.get(key);
    if (other && !sameRow(other, row))
      throw new Problem("conflict", "Two rows of the request have the same value but differ.");
    byKey.set(key, row);
  }
  const json = JSON.stringify([...byKey.values()]);
  const given = `SELECT json_extract(value, '$.epoch') AS epoch, json_extract(value, '$.value') AS value,
    json_extract(value, '$.serviceId') AS service_id, json_extract(value, '$.tag') AS tag,
    json_extract(value, '$.rowProof') AS row_proof FROM json_each(?1)`;
  const contradicting = `SELECT 1 FROM (${given}) g JOIN session_index s ON s.epoch = g.epoch AND s.value = g.value
    WHERE s.service_id <> g.service_id OR s.tag <> g.tag`;
  const isNew = "NOT EXISTS (SELECT 1 FROM session_index s WHERE s.epoch = g.epoch AND s.value = g.value)";
  const isClosed = "EXISTS (SELECT 1 FROM closed_epochs c WHERE c.epoch = g.epoch)";
  const columns = "epoch, value, service_id, tag, row_proof";
  const db = env.ESCROW_DB;
  const insert = (table: string, when: string) =>
    db
      .prepare(
        `INSERT INTO ${table} (${columns}) SELECT * FROM (${given}) g
         WHERE NOT EXISTS (${contradicting}) AND ${isNew} AND ${when} ON CONFLICT DO NOTHING`,
      )
      .bind(json);
  const [contradicted, late] = await db.batch([
    db.prepare(`${contradicting} LIMIT 1`).bind(json),
    db.prepare(`SELECT count(*) AS n FROM (${given}) g WHERE ${isNew} AND ${isClosed}`).bind(json),
    insert("late_rows", isClosed),
    insert("session_index", `NOT ${isClosed}`),
  ]);
  if (contradicted!.results.length > 0)
    throw new Problem("conflict", "The index already has this value for another session.");
  return (late as D1Result<{ n: number }>).results[0]!.n;
}

/**
 * Takes the service Worker's word that no row of the epoch is pending.
 * @throws Problem not-allowed-now while check-ins of the epoch can still arrive
 */
export async function completeEpoch(env: EscrowEnv, epoch: number, now: number): Promise<void> {
  await requireOver(env, epoch, now);
  await drizzle(env.ESCROW_DB).insert(completeEpochs).values({ epoch }).onConflictDoNothing();
}

/** @throws Problem not-allowed-now */
async function requireComplete(env: EscrowEnv, epoch: number): Promise<void> {
  const word = await drizzle(env.ESCROW_DB).select().from(completeEpochs).where(eq(completeEpochs.epoch, epoch)).get();
  if (!word)
    throw new Problem("not-allowed-now", "The service Worker has not yet said that no row of this epoch is pending.");
}

const countLate = (env: EscrowEnv, epoch: number): Promise<number> =>
  drizzle(env.ESCROW_DB).$count(lateRows, eq(lateRows.epoch, epoch));

/** Returns a page as one text. D1 returns rows as JSON objects, which cost ten times the size of their contents. */
const asOneText = (rows: string): string =>
  `SELECT count(*) AS n, group_concat(value || service_id || tag || row_proof, '' ORDER BY value) AS hex FROM (${rows})`;
const COLUMNS = "s.value, s.service_id, s.tag, s.row_proof";
/**
 * Reads along the primary key, so a page costs the same at any place in an epoch of any size. There must be one lower bound:
 * SQLite seeks by one, and would visit every row between it and a second.
 */
const ONE_PART = asOneText(
  `SELECT ${COLUMNS} FROM session_index s WHERE s.epoch = ? AND s.value >= ? AND s.value < ? ORDER BY s.value LIMIT ?`,
);
/** The parts come in ascending order and CROSS JOIN keeps it, so no row beyond the page is visited. A sort would read them all. */
const SEVERAL_PARTS = asOneText(
  `SELECT ${COLUMNS} FROM json_each(?) p CROSS JOIN session_index s
   ON s.epoch = ? AND s.value >= p.value ->> 'from' AND s.value < p.value ->> 'below' LIMIT ?`,
);

/**
 * One page of rows, concatenated and sorted by value; if more rows follow, also the cursor after the last row. The parts must be
 * distinct and have the same size.
 */
export async function readRows(
  env: EscrowEnv,
  epoch: number,
  { parts = [EVERYTHING], cursor, limit = ROWS_PER_PAGE }: RowsAsked,
): Promise<{ rows: Uint8Array<ArrayBuffer>; cursor: Hex | undefined }> {
  const next = cursor === undefined ? "" : `${cursor}!`; // sorts between the cursor and every value after it
  const ranges = parts
    .map(rangeOf)
    .sort((a, b) => (a.from < b.from ? -1 : 1))
    .map(({ from, below }) => ({ from: from < next ? next : from, below }));
  const [first] = ranges as [ReturnType<typeof rangeOf>];
  const query =
    ranges.length === 1
      ? env.ESCROW_DB.prepare(ONE_PART).bind(epoch, first.from, first.below, limit + 1)
      : env.ESCROW_DB.prepare(SEVERAL_PARTS).bind(JSON.stringify(ranges), epoch, limit + 1);
  const { n, hex } = (await query.first<{ n: number; hex: string | null }>())!;
  const all = hexToBytes(hex ?? "");
  if (all.length !== n * INDEX_ROW_BYTES)
    throw new RangeError(`session index: a row does not have ${INDEX_ROW_BYTES} bytes`);
  const rows = all.slice(0, limit * INDEX_ROW_BYTES);
  const last = rows.subarray(-INDEX_ROW_BYTES).subarray(0, INDEX_VALUE_BYTES);
  return { rows, cursor: n > limit ? bytesToHex(last) : undefined };
}
export interface RowsAsked {
  readonly parts?: readonly Part[] | undefined;
  /** value of the last row before the page */
  readonly cursor?: Hex | undefined;
  /** rows per page, at most ROWS_PER_PAGE */
  readonly limit?: number | undefined;
}

/** Number of rows of a frozen epoch, and the Merkle root over them. It stores the tree for proofs. */
async function rootOf(env: EscrowEnv, epoch: number): Promise<{ count: number; root: Uint8Array }> {
  const tree = new TreeWriter(env, epoch);
  let count = 0;
  let cursor: Hex | undefined;
  do {
    const page = await readRows(env, epoch, { cursor });
    count += page.rows.length / INDEX_ROW_BYTES;
    await tree.add(page.rows, blockHashes(page.rows));
    cursor = page.cursor;
  } while (cursor !== undefined);
  await tree.flush();
  return { count, root: rootOfBlocks(tree.blocks) };
}

export interface ClosedEpoch {
  epoch: number;
  count: number;
  /** 32 bytes */
  root: Hex;
  logIndex: number;
  /** rows that came after the epoch was closed; no case reads them */
  late: number;
}

/** @throws Problem not-allowed-now while check-ins of the epoch can still arrive */
async function requireOver(env: EscrowEnv, epoch: number, now: number): Promise<void> {
  if (now < indexClosesAt(epoch, (await parametersFor(env, epoch, now)).document))
    throw new Problem("not-allowed-now", "Check-ins of this epoch may still arrive.");
}

/**
 * Closes an epoch. Closing it again gives the same answer. If a crash interrupts any step, the next call completes it.
 * @throws Problem not-allowed-now while check-ins of the epoch can still arrive, or rows of it are pending
 */
export async function closeEpoch(env: EscrowEnv, epoch: number, now: number): Promise<ClosedEpoch> {
  const db = drizzle(env.ESCROW_DB);
  await requireOver(env, epoch, now);
  await requireComplete(env, epoch);
  await db.insert(closedEpochs).values({ epoch }).onConflictDoNothing(); // from now on putRows adds no row to this epoch
  const { count, root } = await rootOf(env, epoch);
  const entry = LogEntry.encode({
    at: now,
    caseId: undefined,
    ...indexRootEntry({ epoch, count, root }),
  });
  await db
    .update(closedEpochs)
    .set({ count, root: bytesToHex(root), entry })
    .where(and(eq(closedEpochs.epoch, epoch), isNull(closedEpochs.entry)));
  const kept = (await db.select().from(closedEpochs).where(eq(closedEpochs.epoch, epoch)).get())!;
  const logIndex = kept.logIndex ?? (await appendEntryBytes(env, now, kept.entry!));
  await db.update(closedEpochs).set({ logIndex }).where(eq(closedEpochs.epoch, epoch));
  return { epoch, count: kept.count!, root: kept.root as Hex, logIndex, late: await countLate(env, epoch) };
}
