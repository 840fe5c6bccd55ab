// Delivers a session's two rows: its row in the service's D1, and its row in the escrow's index. Both receivers treat a
// repetition as one delivery.
//
//   index row   value = H(e(G, T)) (protocol/opening.ts), the service, T and the wallet's row proof (protocol/index-row.ts)
//
// The check-in handler delivers right after it opened a session. The session's object delivers again if that failed
// (durable-objects/replay-window.ts), through `sessionDelivery`.

import { drizzle } from "drizzle-orm/d1";
import type { IndexRowToDeliver, SessionDelivery } from "../../durable-objects/replay-window.ts";
import { publicEngine } from "../../engine/worker.ts";
import { type Base64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import type { ElementG2 } from "../../protocol/engine.ts";
import { indexValueOfElement } from "../../protocol/opening.ts";
import { sessions } from "../../schema/service.ts";
import { call } from "../shared/calls.ts";

export interface DeliveryEnv {
  RECORDS_DB_0: D1Database;
  RECORDS_DB_1: D1Database;
  ESCROW_URL: string;
  /** Ed25519 secret key of the service Worker. */
  SIGNING_KEY: Hex;
}

/** True if this call wrote the row. False if the tag already has a row at this service. */
export async function deliverSessionRow(
  env: DeliveryEnv,
  shard: number,
  row: typeof sessions.$inferInsert,
): Promise<boolean> {
  const db = drizzle(shard === 0 ? env.RECORDS_DB_0 : env.RECORDS_DB_1);
  const { meta } = await db.insert(sessions).values(row).onConflictDoNothing();
  return meta.changes > 0;
}

/** A row of the session index, in the form of the escrow's POST /v1/index. */
export interface IndexRow {
  epoch: number;
  value: Base64url;
  serviceId: Hex;
  tag: Base64url;
  rowProof: Base64url;
}

/**
 * Computes a pairing, which takes some milliseconds.
 * @param T the tag as an element of publicEngine; if it is absent, `tag` is decoded
 */
export function indexRowOf({ epoch, serviceId, tag, rowProof }: IndexRowToDeliver, T?: ElementG2): IndexRow {
  const engine = publicEngine();
  const value = indexValueOfElement(T ?? engine.g2.decode(tag), engine);
  return { epoch, value: toBase64url(value), serviceId, tag: toBase64url(tag), rowProof: toBase64url(rowProof) };
}

/** Delivers all rows or none. @throws Problem */
export async function deliverIndexRows(env: DeliveryEnv, rows: readonly IndexRow[], now: number): Promise<void> {
  const to = { baseUrl: env.ESCROW_URL, method: "POST", path: "/v1/index" } as const;
  const response = await call({ ...to, json: { rows }, signingKey: env.SIGNING_KEY, now });
  await response.arrayBuffer();
}

/** The delivery that the service's door hands to its session objects. */
export const sessionDelivery = (env: DeliveryEnv): SessionDelivery => ({
  async row(shard, row) {
    await deliverSessionRow(env, shard, row);
  },
  indexRow: (row, now) => deliverIndexRows(env, [indexRowOf(row)], now),
});
