// What follows a check-in after the wallet has its answer: its row of the session index goes to the escrow, and the clinic's
// bell rings. Check-ins that arrive close together travel together. The first of them waits GATHER_MS for others, sends all,
// and then tells each session's object. Rows and events are ordered by the rows' value, so escrow and bell learn less about the
// order of the check-ins.
//
// Nothing depends on this file. The session's object keeps T and delivers each row that is not marked as delivered, and rings
// then (durable-objects/replay-window.ts). So nothing is lost if a request ends while it gathers, or if the escrow or a bell does
// not answer. An event may come twice.

import type { Hex } from "../../protocol/encodings.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { ring } from "./bells.ts";
import { deliverIndexRows, type IndexRow } from "./session-delivery.ts";
import { replayWindowOf } from "./session-objects.ts";

const GATHER_MS = 200;
/** Each check-in costs two calls at most, and the platform limits the calls of one request. */
const MAX_GATHERED = 32;

export interface CheckInDone {
  tagHash: Hex;
  day: number;
  indexRow: IndexRow;
  /** whether the clinic has a bell */
  rings: boolean;
}

/** The check-ins that this isolate gathers now. Data only: an I/O object of a request must not outlive that request. */
let gathering: CheckInDone[] | undefined;

/** For waitUntil. Resolves when all is sent, or when another request has taken it over. Never rejects. */
export async function afterCheckIn(env: ServiceEnv, done: CheckInDone, now: number): Promise<void> {
  if (gathering && gathering.length < MAX_GATHERED) {
    gathering.push(done);
    return;
  }
  const all = [done];
  gathering = all;
  await scheduler.wait(GATHER_MS);
  if (gathering === all) gathering = undefined;
  all.sort((a, b) => (a.indexRow.value < b.indexRow.value ? -1 : 1));
  const ringing = all.filter(({ rings }) => rings);
  const events = ringing.map(({ tagHash, day, indexRow: { serviceId } }) => ({
    serviceId,
    event: { type: "check-in" as const, tagHash, day },
  }));
  const rows = new Map(all.map(({ tagHash, indexRow }) => [tagHash, indexRow]));
  try {
    // A bell that fails does not stop the rows, and neither stops the other.
    const outcomes = await Promise.allSettled([deliverIndexRows(env, [...rows.values()], now), ring(env, events)]);
    if (outcomes.some(({ status }) => status === "rejected")) return;
    await Promise.all([...rows.keys()].map((tagHash) => replayWindowOf(env, tagHash).delivered(tagHash)));
  } catch {
    // The alarms of the session objects deliver the rows.
  }
}
