// Quotas of a day (UTC), counted in a table of D1. Each row has the columns of its key, `day` and `n`: how many were counted on
// that day.

import { dayOf, SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { type Problem, tooMany } from "./problems.ts";

export interface DailyQuota {
  table: string;
  /** the columns that name whose quota it is */
  key: readonly string[];
  most: number;
  /** what is counted, for the refusal */
  what: string;
}

/** The statement that counts one more. It changes no row if the number is reached. @param at unix seconds */
export function countOne(
  db: D1Database,
  { table, key, most }: DailyQuota,
  whose: readonly (string | number)[],
  at: number,
): D1PreparedStatement {
  const marks = key.map(() => "?").join(", ");
  const names = key.join(", ");
  return db
    .prepare(
      `INSERT INTO ${table} (${names}, day, n) VALUES (${marks}, ?, 1)
       ON CONFLICT (${names}) DO UPDATE SET n = CASE day WHEN excluded.day THEN n + 1 ELSE 1 END, day = excluded.day
       WHERE day <> excluded.day OR n < ?`,
    )
    .bind(...whose, dayOf(at), most);
}

/** The refusal, which says how long the day lasts. */
export const quotaSpent = ({ most, what }: DailyQuota, at: number): Problem =>
  tooMany(`At most ${most} ${what} a day.`, (dayOf(at) + 1) * SECONDS_PER_DAY - at);
