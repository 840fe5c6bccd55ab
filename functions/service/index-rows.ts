// Rows of the session index on their way to the escrow, after the answer to the wallet. The rows of check-ins that come
// close together travel in one request: the first of them waits GATHER_MS for others, sends all, and tells each session's
// object. They are ordered by value, so the escrow learns less of who came first.
//
// Nothing depends on it: T stands in the session's object, which delivers what is not ticked off (replay-window.ts). So a
// request that ends while it gathers, or an escrow that does not answer, loses nothing.

import type { ServiceEnv } from "../shared/env.ts";
import { deliverIndexRows, type IndexRow } from "./session-delivery.ts";
import { replayWindowOf } from "./session-objects.ts";

const GATHER_MS = 200;
/** each costs a call to its object, and a request may make so many */
const MAX_ROWS_GATHERED = 32;

/** by tagHash, lower-case hex */
type Rows = Map<string, IndexRow>;
/** of this isolate; data only, since what belongs to a request must not outlive it */
let gathering: Rows | undefined;

/** For waitUntil: ends when the row has gone, or has been left to the request that began to gather. */
export async function sendIndexRow(env: ServiceEnv, tagHash: string, row: IndexRow, now: number): Promise<void> {
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
    // the objects' alarms see to it
  }
}
