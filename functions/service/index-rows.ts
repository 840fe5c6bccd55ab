// Sends rows of the session index to the escrow, after the wallet has its answer. Rows of check-ins that arrive close
// together travel in one request. The first of them waits GATHER_MS for others, sends all rows, and then tells each
// session's object. The rows are ordered by value, so the escrow learns less about the order of the check-ins.
//
// Nothing depends on this file. The session's object keeps T and delivers each row that is not marked as delivered
// (durable-objects/replay-window.ts). So nothing is lost if a request ends while it gathers, or if the escrow does not
// answer.

import type { Hex } from "../../protocol/encodings.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { deliverIndexRows, type IndexRow } from "./session-delivery.ts";
import { replayWindowOf } from "./session-objects.ts";

const GATHER_MS = 200;
/** Each row costs one call to its object, and the platform limits the calls of one request. */
const MAX_ROWS_GATHERED = 32;

/** Keyed by tagHash. */
type Rows = Map<Hex, IndexRow>;
/** The rows that this isolate gathers now. Data only: an I/O object of a request must not outlive that request. */
let gathering: Rows | undefined;

/** For waitUntil. Resolves when the row is sent, or when another request has taken it over. Never rejects. */
export async function sendIndexRow(env: ServiceEnv, tagHash: Hex, row: IndexRow, now: number): Promise<void> {
  if (gathering && gathering.size < MAX_ROWS_GATHERED) {
    gathering.set(tagHash, row);
    return;
  }
  const own: Rows = new Map([[tagHash, row]]);
  gathering = own;
  await scheduler.wait(GATHER_MS);
  if (gathering === own) gathering = undefined;
  const rows = [...own.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
  try {
    await deliverIndexRows(env, rows, now);
    await Promise.all([...own.keys()].map((hash) => replayWindowOf(env, hash).delivered(hash)));
  } catch {
    // The alarms of the session objects deliver the rows.
  }
}
