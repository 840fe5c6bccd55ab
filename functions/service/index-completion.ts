// Completes the session index of an epoch before the escrow closes it. The escrow closes an epoch only after this Worker's
// word that nothing is pending.
//
//   POST /v1/admin/epochs/:epoch/index?cursor=   by the administrator's key -> {rows, conflicts, cursor?}
//        One call does one step and returns the cursor of the next. The last answer has no cursor: the escrow has the word.
//
// Step 1, session objects: each delivers its pending rows of the epoch. A step repeats until its objects have none left. If none
// of them can be delivered, the answer is "unavailable".
// Step 2, D1: every session of the epoch gives its index row again. The row's values come from the stored check-in. The
// escrow keeps one row per session, so this adds only rows that were lost: an object that was restored to an earlier day
// has forgotten its outbox, and an escrow that was restored has forgotten rows. It costs one pairing per session and month.
//
// `conflicts` counts sessions whose tag another service's session has already: an object was restored to an earlier day,
// and the tag was then used at a second service. The escrow keeps the first row.
//
// No check-in of the epoch can arrive any more, so no row comes after its step (protocol/epoch.ts).

import { ADMINISTRATION } from "../../api/service/administration.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { bytesToHex, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { arrivalsEnd, DELIVERY_MARGIN_SECONDS } from "../../protocol/epoch.ts";
import { call } from "../shared/calls.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { parametersFor } from "../shared/parameters.ts";
import { Problem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";
import { SHARDS, shardDb } from "./registry.ts";
import { deliverIndexRows, type IndexRow, indexRowOf } from "./session-delivery.ts";
import { NAMES_OF_OBJECTS, replayWindowNamed } from "./session-objects.ts";
import { admin } from "./single-use.ts";

const OBJECTS_PER_STEP = 16;
/** Sessions that one step reads the keys of; those of other epochs cost no more than this. */
const SESSIONS_SCANNED = 2000;
/** One pairing each: some 0.3 s of CPU. */
const ROWS_PER_STEP = 100;

type Place = { serviceId: string; tagHash: string };
type Shard = (typeof SHARDS)[number];
type Step = { objects: number } | { shard: Shard; after: Place };
const FIRST: Place = { serviceId: "", tagHash: "" };

const CURSOR = /^(?:objects-(\d{1,3})|rows-(\d)-([0-9a-f]{32})?-([0-9a-f]{64})?)$/;
function readCursor(text: string | undefined): Step {
  if (text === undefined) return { objects: 0 };
  const match = CURSOR.exec(text);
  if (match?.[1] !== undefined) return { objects: Number(match[1]) };
  const shard = SHARDS.find((known) => String(known) === match?.[2]);
  if (!match || shard === undefined) throw new Problem("malformed", "cursor: the one of the answer before");
  return { shard, after: { serviceId: match[3] ?? "", tagHash: match[4] ?? "" } };
}
const cursorOf = (step: Step): string =>
  "objects" in step ? `objects-${step.objects}` : `rows-${step.shard}-${step.after.serviceId}-${step.after.tagHash}`;

const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);

/** @throws Problem unavailable if rows are pending and none of them can be delivered */
async function objectsStep(
  env: ServiceEnv,
  epoch: number,
  from: number,
): Promise<{ rows: number; conflicts: number; next: Step }> {
  const names = NAMES_OF_OBJECTS.slice(from, from + OBJECTS_PER_STEP);
  const pending = await Promise.all(names.map((name) => replayWindowNamed(env, name).deliverEpoch(epoch)));
  const [before, after] = [sum(pending.map((p) => p.before)), sum(pending.map((p) => p.after))];
  if (after > 0 && after === before)
    throw new Problem("unavailable", `The rows of ${after} sessions could not be delivered. The escrow may be down.`);
  const to = from + (after > 0 ? 0 : OBJECTS_PER_STEP);
  const next: Step = to < NAMES_OF_OBJECTS.length ? { objects: to } : { shard: SHARDS[0], after: FIRST };
  return { rows: 0, conflicts: 0, next };
}

/** Delivers the rows, and returns how many the escrow refused because another session has their value. */
async function deliverAll(env: ServiceEnv, rows: readonly IndexRow[], at: number): Promise<number> {
  try {
    await deliverIndexRows(env, rows, at);
    return 0;
  } catch (cause) {
    if (!(cause instanceof Problem && cause.code === "conflict")) throw cause;
    if (rows.length === 1) return 1;
    let conflicts = 0;
    for (const row of rows) conflicts += await deliverAll(env, [row], at);
    return conflicts;
  }
}

type Scanned = { service_id: Hex; tag_hash: Hex; epoch: number };

async function rowsStep(env: ServiceEnv, epoch: number, { shard, after }: Extract<Step, { shard: Shard }>, at: number) {
  const db = shardDb(env, shard);
  const { results: scanned } = await db
    .prepare(
      `SELECT service_id, tag_hash, epoch FROM sessions WHERE (service_id, tag_hash) > (?1, ?2)
       ORDER BY service_id, tag_hash LIMIT ${SESSIONS_SCANNED}`,
    )
    .bind(after.serviceId, after.tagHash)
    .all<Scanned>();
  const taken = scanned.filter((row) => row.epoch === epoch).slice(0, ROWS_PER_STEP);
  const { results: rows } = await db
    .prepare(
      `SELECT hex(check_in) AS bytes FROM json_each(?1) k JOIN sessions s
       ON s.service_id = k.value ->> 'service_id' AND s.tag_hash = k.value ->> 'tag_hash'`,
    )
    .bind(JSON.stringify(taken))
    .all<{ bytes: string }>();
  const index = rows.map(({ bytes }) => {
    const { checkIn, presentation, challenge } = readCheckIn(hexToBytes(bytes));
    const serviceId = bytesToHex(challenge.serviceId);
    return indexRowOf({ epoch, serviceId, tag: presentation.T, rowProof: checkIn.rowProof });
  });
  const conflicts = index.length > 0 ? await deliverAll(env, index, at) : 0;
  // If this step took all rows that it may take, the next one starts after the last of them.
  const last = taken.length === ROWS_PER_STEP ? taken.at(-1)! : scanned.at(-1);
  const more = taken.length === ROWS_PER_STEP || scanned.length === SESSIONS_SCANNED;
  if (more && last)
    return {
      rows: index.length,
      conflicts,
      next: { shard, after: { serviceId: last.service_id, tagHash: last.tag_hash } },
    };
  const following = SHARDS.find((other) => other > shard);
  return {
    rows: index.length,
    conflicts,
    next: following === undefined ? undefined : { shard: following, after: FIRST },
  };
}

export function registerIndexCompletion(app: RoleApp<ServiceEnv>): void {
  serve(app, ADMINISTRATION.completeIndex, async (c, { params: { epoch }, query: { cursor } }) => {
    await admin.request(c);
    const at = now(c);
    const { document } = await parametersFor(c.env, epoch, at);
    if (at < arrivalsEnd(epoch, document) + DELIVERY_MARGIN_SECONDS)
      throw new Problem("not-allowed-now", "Check-ins of this epoch may still arrive.");
    const step = readCursor(cursor);
    const { rows, conflicts, next } =
      "objects" in step ? await objectsStep(c.env, epoch, step.objects) : await rowsStep(c.env, epoch, step, at);
    if (next) return c.json({ rows, conflicts, cursor: cursorOf(next) });
    const path = `/v1/index/${epoch}/complete`;
    const to = { baseUrl: c.env.ESCROW_URL, method: "POST", path, json: {} } as const;
    await (await call({ ...to, signingKey: c.env.SIGNING_KEY, now: at })).arrayBuffer();
    return c.json({ rows, conflicts });
  });
}
