// The list of cases in the escrow's D1, for the officers' inbox only. A row follows the case's object (LinkageEscrow), and
// only the object is authoritative.

import { and, asc, eq, gt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Hex } from "../protocol/encodings.ts";
import { bound } from "./columns.ts";
import { type CaseState, cases } from "./escrow.ts";

const RANKS: Record<CaseState, number> = { ordered: 0, approved: 1, noticed: 2, opened: 3, refused: 3, expired: 3 };
export const isFinal = (state: CaseState): boolean => RANKS[state] === 3;
export const isLater = (state: CaseState, than: CaseState): boolean => RANKS[state] > RANKS[than];
export type { CaseState };

/**
 * Writes the state of a case. States only go forward, so a delayed writer of an older state changes nothing. Repeatable.
 * @returns whether the state is new
 */
export async function followCase(
  db: D1Database,
  { caseId, state, expiresAt }: { caseId: string; state: CaseState; expiresAt: number },
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `INSERT INTO cases (case_id, state, rank, expires_at) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (case_id) DO UPDATE SET state = ?2, rank = ?3 WHERE rank < ?3`,
    )
    .bind(caseId, state, RANKS[state], expiresAt)
    .run();
  return meta.changes > 0;
}

export async function isListed(db: D1Database, caseId: Hex): Promise<boolean> {
  const row = await drizzle(db).select({ state: cases.state }).from(cases).where(eq(cases.caseId, caseId)).get();
  return row !== undefined;
}

/** The ids of cases in `state` that have not expired, greater than `after`, in the order of the ids (which are random). */
export async function listCases(
  db: D1Database,
  { state, after, limit, now }: { state: CaseState; after: string; limit: number; now: number },
): Promise<Hex[]> {
  const rows = await drizzle(db)
    .select({ caseId: cases.caseId })
    .from(cases)
    .where(and(eq(cases.state, state), gt(cases.caseId, bound(after)), gt(cases.expiresAt, now)))
    .orderBy(asc(cases.caseId))
    .limit(limit);
  return rows.map((row) => row.caseId);
}
