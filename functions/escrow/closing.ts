// Closes the epochs whose check-ins can no longer arrive, so that their roots stand in the log (session-index.ts).
//
//   scheduled   daily, by the platform: every epoch since the first one that has rows
//   at an order the epochs that it covers, if the schedule has missed them. So a case always finds their roots in the log
//
// Closing is idempotent, and two callers at once have the same result. A failure is no reason to refuse an order: the epoch
// then has no root, and the result of each case says so.

import { and, between, isNotNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { epochOf } from "../../protocol/epoch.ts";
import { indexClosesAt } from "../../protocol/index-tree.ts";
import { closedEpochs } from "../../schema/escrow.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { parametersFor } from "../shared/parameters.ts";
import { closeEpoch } from "./session-index.ts";

/** Closes what is due between two epochs, both included. Never rejects. */
export async function closeDue(env: EscrowEnv, from: number, to: number, now: number): Promise<void> {
  try {
    const known = await drizzle(env.ESCROW_DB)
      .select({ epoch: closedEpochs.epoch })
      .from(closedEpochs)
      .where(and(between(closedEpochs.epoch, from, to), isNotNull(closedEpochs.logIndex)));
    const done = new Set(known.map(({ epoch }) => epoch));
    const open = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i).filter((e) => !done.has(e));
    const close = async (epoch: number): Promise<unknown> =>
      now >= indexClosesAt(epoch, (await parametersFor(env, epoch, now)).document) && closeEpoch(env, epoch, now);
    await Promise.allSettled(open.map(close));
  } catch {
    // The next order or the next day closes them.
  }
}

/** The daily task. */
export async function closeAllDue(env: EscrowEnv, now: number): Promise<void> {
  const first = await env.ESCROW_DB.prepare("SELECT min(epoch) AS epoch FROM session_index").first<number>("epoch");
  if (first !== null) await closeDue(env, first, epochOf(now) - 1, now);
}
