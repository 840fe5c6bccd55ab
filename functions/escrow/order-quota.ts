// How many orders a requester may place in a day (UTC). Ordinary orders and emergencies are counted apart, so that a stolen key
// or a mistaken program cannot use up what an emergency needs. Every order wakes the officers of all trustees.

import type { Hex } from "../../protocol/encodings.ts";
import { dayOf, SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { Problem } from "../shared/problems.ts";

export const ORDERS_PER_DAY = 100;

/** Counts one new order. @param now unix seconds. @throws Problem too-many, until the next day begins */
export async function countOrder(
  env: EscrowEnv,
  { requesterKey, emergency }: { requesterKey: Hex; emergency: boolean },
  now: number,
): Promise<void> {
  const day = dayOf(now);
  const { meta } = await env.ESCROW_DB.prepare(
    `INSERT INTO order_counts (requester_key, emergency, day, n) VALUES (?1, ?2, ?3, 1)
     ON CONFLICT (requester_key, emergency)
     DO UPDATE SET n = CASE day WHEN ?3 THEN n + 1 ELSE 1 END, day = ?3 WHERE day <> ?3 OR n < ?4`,
  )
    .bind(requesterKey, emergency ? 1 : 0, day, ORDERS_PER_DAY)
    .run();
  if (meta.changes > 0) return;
  const seconds = String((day + 1) * SECONDS_PER_DAY - now);
  throw new Problem("too-many", `At most ${ORDERS_PER_DAY} orders a day.`, undefined, {}, { "retry-after": seconds });
}
