// What a session's object delivers: its D1 row, and its row in the escrow's index. Both receivers are idempotent.
//   index row  value = H(e(G, T)) (protocol/opening), T, service: what a link matches, within the epoch

import { base64urlnopad } from "@scure/base";
import { drizzle } from "drizzle-orm/d1";
import { publicEngine } from "../functions/engine/worker.ts";
import { hexToBytes, utf8ToBytes } from "../protocol/bytes.ts";
import { indexValueOfTag } from "../protocol/opening.ts";
import { SIGNATURE_HEADER, signRequest } from "../protocol/request-signature.ts";
import { sessions } from "../schema/service.ts";

export interface DeliveryEnv {
  RECORDS_DB_0: D1Database;
  RECORDS_DB_1: D1Database;
  ESCROW_URL: string;
  /** Ed25519 secret key of the service Worker, hex */
  SIGNING_KEY: string;
}

export async function deliverSessionRow(
  env: DeliveryEnv,
  { shard, ...row }: typeof sessions.$inferInsert & { shard: number },
): Promise<void> {
  const db = drizzle(shard === 0 ? env.RECORDS_DB_0 : env.RECORDS_DB_1);
  await db.insert(sessions).values(row).onConflictDoNothing();
}

const INDEX_PATH = "/v1/index";

export async function deliverIndexRow(
  env: DeliveryEnv,
  row: { epoch: number; serviceId: string; tag: Uint8Array },
  now: number,
  sendClock: boolean,
): Promise<void> {
  const value = base64urlnopad.encode(indexValueOfTag(row.tag, publicEngine()));
  const { epoch, serviceId } = row;
  const tag = base64urlnopad.encode(row.tag);
  const body = utf8ToBytes(JSON.stringify({ rows: [{ epoch, value, serviceId, tag }] }));
  const signature = signRequest({ method: "POST", path: INDEX_PATH, body }, hexToBytes(env.SIGNING_KEY), now, (n) =>
    crypto.getRandomValues(new Uint8Array(n)),
  );
  const response = await fetch(env.ESCROW_URL + INDEX_PATH, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      [SIGNATURE_HEADER]: signature,
      ...(sendClock ? { "symbolon-clock": String(now) } : {}),
    },
    body,
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`escrow index: ${response.status}`);
}
