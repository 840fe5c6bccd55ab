// Delivers a session's two rows: its row in the service's D1, and its row in the escrow's index. Both receivers treat a
// repetition as one delivery.
//
//   index row   value = H(e(G, T)) (protocol/opening.ts), the service, T and the wallet's row proof (protocol/index-row.ts)
//
// The check-in handler delivers right after it opened a session. The session's object delivers again if that failed
// (durable-objects/replay-window.ts), through `sessionDelivery`. Both write the session's row with deliverSessionRow, so
// both draw the same conclusion when another row stands. If the object delivers, it also rings at the clinic (bells.ts).

import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type {
  IndexRowToDeliver,
  RowOutcome,
  SessionDelivery,
  SessionRowToDeliver,
} from "../../durable-objects/replay-window.ts";
import { publicEngine } from "../../engine/worker.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { CheckIn } from "../../protocol/documents.ts";
import { type Base64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import type { ElementG2 } from "../../protocol/engine.ts";
import { indexValueOfElement } from "../../protocol/opening.ts";
import { services } from "../../schema/service.ts";
import { call } from "../shared/calls.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { Problem } from "../shared/problems.ts";
import { ring } from "./bells.ts";
import { sessionAt } from "./session-rows.ts";

export interface DeliveryEnv extends Pick<ServiceEnv, "STAGE" | "CLINIC_BELL"> {
  RECORDS_DB_0: D1Database;
  RECORDS_DB_1: D1Database;
  ESCROW_URL: string;
  /** Ed25519 secret key of the service Worker. */
  SIGNING_KEY: Hex;
}

/**
 * Writes the session's row, unless its epoch is closed. One statement decides: from the moment when an epoch is closed, no
 * check-in gets a row in it, whatever another isolate still believes.
 * @throws Error if D1 does not answer
 */
export async function deliverSessionRow(
  env: DeliveryEnv,
  shard: number,
  { serviceId, tagHash, epoch, day, checkIn }: SessionRowToDeliver,
): Promise<RowOutcome> {
  const db = shard === 0 ? env.RECORDS_DB_0 : env.RECORDS_DB_1;
  const { meta } = await db
    .prepare(
      `INSERT INTO sessions (service_id, tag_hash, epoch, day, check_in, claim) SELECT ?1, ?2, ?3, ?4, ?5, ?6
       WHERE NOT EXISTS (SELECT 1 FROM closed_epochs WHERE epoch = ?3) ON CONFLICT DO NOTHING`,
    )
    .bind(serviceId, tagHash, epoch, day, checkIn, CheckIn.decode(checkIn).claim)
    .run();
  if (meta.changes > 0) return "stands";
  const standing = await sessionAt({ db, serviceId }, tagHash);
  if (standing === undefined) return "closed";
  return equalBytes(standing.checkIn, checkIn) ? "stands" : "spent";
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
  row: (shard, row) => deliverSessionRow(env, shard, row),
  async indexRow(row, now) {
    try {
      await deliverIndexRows(env, [indexRowOf(row)], now);
    } catch (cause) {
      // Another session has this value. No repetition changes that. index-completion.ts tells the administrator.
      if (!(cause instanceof Problem && cause.code === "conflict")) throw cause;
    }
  },
  async ring({ serviceId, tagHash, day }) {
    try {
      const db = drizzle(env.RECORDS_DB_0);
      const row = await db
        .select({ bell: services.bell })
        .from(services)
        .where(eq(services.serviceId, serviceId))
        .get();
      if (row?.bell) await ring(env, [{ serviceId, event: { type: "check-in", tagHash, day } }]);
    } catch {
      // The clinic finds the session in its next catch-up.
    }
  },
});
