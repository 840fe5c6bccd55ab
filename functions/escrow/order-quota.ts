// How many orders a requester may place in a day. Ordinary orders and emergencies are counted apart, so that a stolen key or a
// mistaken program cannot use up what an emergency needs. Every order wakes the officers of all trustees.

import type { Hex } from "../../protocol/encodings.ts";
import { countOne, quotaSpent } from "../shared/daily-quota.ts";
import type { EscrowEnv } from "../shared/env.ts";

export const ORDERS_PER_DAY = 100;
const QUOTA = { table: "order_counts", key: ["requester_key", "emergency"], most: ORDERS_PER_DAY, what: "orders" };

/** Counts one new order. @param now unix seconds. @throws Problem too-many, until the next day begins */
export async function countOrder(
  env: EscrowEnv,
  { requesterKey, emergency }: { requesterKey: Hex; emergency: boolean },
  now: number,
): Promise<void> {
  const { meta } = await countOne(env.ESCROW_DB, QUOTA, [requesterKey, emergency ? 1 : 0], now).run();
  if (meta.changes === 0) throw quotaSpent(QUOTA, now);
}
