// The session index: what a link is matched against. A row is  value (32) ‖ serviceId (16) ‖ T (96),  where
// value = H(e(G, T)) of the session's tag T; INDEX_ROW_BYTES = 144. Rows of an epoch are sorted by value. The escrow does
// not compare value and T (a pairing each): every trustee does, for each row that it matches, and names a row that lies.
//
//   put     by the service Worker's outbox; the same row again changes nothing. All rows of a request or none
//   read    whole epochs or large prefix buckets, several in one query, for everybody: whoever matches does so at home, so
//           the escrow never learns which row was looked for
//   close   once an epoch's check-ins can no longer come (its end, the offline grace, the challenge window and a margin for
//           the outbox): freezes the epoch, then logs count and root, so that a row left out later shows
//
// The root is the Merkle tree of protocol/merkle.ts over the rows as leaves. Log entry "index-root": subject = root,
// body = u32 epoch ‖ u32 count.

import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { bytesToHex, concatBytes, hexToBytes, u32be } from "../../protocol/bytes.ts";
import { INDEX_ROW_BYTES } from "../../protocol/case-documents.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { emptyFrontier, frontierRoot, leafHash, pushLeaf } from "../../protocol/merkle.ts";
import { closedEpochs } from "../../schema/escrow.ts";
import type { EscrowEnv } from "../env.ts";
import { Problem } from "../http.ts";
import { appendEntryBytes } from "../log.ts";
import { parametersFor } from "../parameters.ts";

export const MAX_ROWS_PUT = 500;
/** 590 kB a page */
export const ROWS_PER_PAGE = 4096;
/** A bucket is 1 of 65,536 at the smallest: narrower questions would tell which session is meant. */
export const MAX_PREFIX_CHARS = 4;
/** in one query: an epoch's slots, and room */
export const MAX_PREFIXES = 64;
export const MAX_EPOCH = 0xffff;
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

const rowBytes = (r: { value: string; serviceId: string; tag: string }): Uint8Array =>
  hexToBytes(r.value + r.serviceId + r.tag);

/** A page of rows and, where there may be more, the cursor behind it. Prefixes differ and are of one length. */
export async function readRows(
  env: EscrowEnv,
  epoch: number,
  { prefixes, cursor = "" }: { prefixes: readonly string[]; cursor?: string | undefined },
): Promise<{ rows: Uint8Array[]; cursor: string | undefined }> {
  // "g" follows every hex digit
  const { results: found } = await env.ESCROW_DB.prepare(
    `SELECT s.value, s.service_id serviceId, s.tag FROM json_each(?) p CROSS JOIN session_index s
     ON s.epoch = ? AND s.value >= p.value AND s.value < p.value || 'g' AND s.value > ?
     ORDER BY s.value LIMIT ?`,
  )
    .bind(JSON.stringify(prefixes), epoch, cursor, ROWS_PER_PAGE + 1)
    .all<{ value: string; serviceId: string; tag: string }>();
  const page = found.slice(0, ROWS_PER_PAGE);
  return { rows: page.map(rowBytes), cursor: found.length > page.length ? page.at(-1)!.value : undefined };
}

export const joinRows = (rows: readonly Uint8Array[]): Uint8Array => {
  const joined = concatBytes(...rows);
  if (joined.length !== rows.length * INDEX_ROW_BYTES) throw new RangeError("a row of another length");
  return joined;
};

async function rootOf(env: EscrowEnv, epoch: number): Promise<{ count: number; root: Uint8Array }> {
  let frontier = emptyFrontier;
  let cursor: string | undefined;
  do {
    const page = await readRows(env, epoch, { prefixes: [""], cursor });
    for (const row of page.rows) frontier = pushLeaf(frontier, leafHash(row));
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
