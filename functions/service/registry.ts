// Registered services. Shard 0 holds the placement map; each service has its own table of records in its shard.
//
//   POST /v1/admin/services   Signed<ServiceCard>, by the administrator's key. The same request again changes nothing.
//                             A card of a higher version under the same key replaces the one before. All are in the log.
//                             A version that does not rise is a conflict, so no old card comes back
//   GET  /v1/services/:id     Signed<ServiceCard>

import { count, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { ADMINISTRATION } from "../../api/service/administration.ts";
import { SERVICES } from "../../api/service/services.ts";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { signedJson } from "../../protocol/document-json.ts";
import { cardHashOf, openSigned, ServiceCard, Signed, serviceIdOf } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { isHybridRecipient } from "../../protocol/hybrid-recipient.ts";
import { isHybridPublicKey } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { RECORDS_VERSION, recordsDdl } from "../../schema/records.ts";
import { MAX_SERVICES_PER_SHARD, services } from "../../schema/service.ts";
import { etagOf, octetsOrJson, unlessKnown } from "../shared/answers.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import { checkHex, type RoleApp } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";
import { flushOutbox, outboxEntry } from "./outbox.ts";
import { partChanged, publishService } from "./service-list.ts";
import { admin } from "./single-use.ts";

export const SHARDS = [0, 1] as const;
export function shardDb(env: ServiceEnv, shard: number): D1Database {
  const db = [env.RECORDS_DB_0, env.RECORDS_DB_1][shard];
  if (!db) throw new Problem("internal", undefined, `no shard ${shard}`);
  return db;
}
const placements = (env: ServiceEnv) => drizzle(env.RECORDS_DB_0);

export interface Service {
  readonly serviceId: Hex;
  readonly shard: number;
  readonly db: D1Database;
  readonly card: ServiceCard;
  /** Signed<ServiceCard> */
  readonly signedCard: Uint8Array;
  readonly suspended: boolean;
  /** whether it has a bell (bells.ts) */
  readonly bell: boolean;
}

/**
 * A service's place never changes, and its card changes seldom. So the isolate keeps both for KEPT_MS. During that time it
 * may still use a card that was replaced.
 */
const KEPT_MS = 10_000;
const MAX_KEPT = 1000;
type Kept = { service: Service; until: number };
const kept = new WeakMap<ServiceEnv, Map<string, Kept>>();
function keptIn(env: ServiceEnv): Map<string, Kept> {
  const known = kept.get(env) ?? new Map<string, Kept>();
  kept.set(env, known);
  return known;
}

/** Drops the kept service, so that the next findService reads it again. */
export const forgetService = (env: ServiceEnv, serviceId: Hex): void => void keptIn(env).delete(serviceId);

/** The service, or undefined if it is not registered. Brings its record table to the newest version. */
export async function findService(env: ServiceEnv, serviceId: Hex): Promise<Service | undefined> {
  const those = keptIn(env);
  const known = those.get(serviceId);
  if (known && Date.now() < known.until) return known.service;
  const service = await readService(env, serviceId);
  if (those.size >= MAX_KEPT) those.clear();
  if (service) those.set(serviceId, { service, until: Date.now() + KEPT_MS });
  return service;
}

async function readService(env: ServiceEnv, serviceId: Hex): Promise<Service | undefined> {
  const row = await placements(env).select().from(services).where(eq(services.serviceId, serviceId)).get();
  if (!row) return undefined;
  const db = shardDb(env, row.shard);
  if (row.recordsVersion < RECORDS_VERSION) {
    await createTable(db, serviceId, row.recordsVersion);
    await placements(env)
      .update(services)
      .set({ recordsVersion: RECORDS_VERSION })
      .where(eq(services.serviceId, serviceId));
  }
  const card = cardOf(row.card);
  return { serviceId, shard: row.shard, db, card, signedCard: row.card, suspended: row.suspended, bell: row.bell };
}

/** The service whose id is in the path. @throws Problem malformed, not-found */
export async function serviceOfPath(env: ServiceEnv, id: string | undefined): Promise<Service> {
  const service = await findService(env, checkHex(id, 16, "service id"));
  if (!service) throw new Problem("not-found", "No such service.");
  return service;
}

/** The signature was checked when the card was registered. */
const cardOf = (signed: Uint8Array): ServiceCard => ServiceCard.decode(Signed.decode(signed).document);

async function createTable(db: D1Database, serviceId: Hex, fromVersion: number): Promise<void> {
  await db.batch(recordsDdl(serviceId, fromVersion).map((statement) => db.prepare(statement)));
}

/** The shard with the fewest services. @throws Problem not-allowed-now if all shards are full */
async function chooseShard(env: ServiceEnv): Promise<number> {
  const rows = await placements(env)
    .select({ shard: services.shard, n: count() })
    .from(services)
    .groupBy(services.shard);
  const load = SHARDS.map((shard) => ({ shard, n: rows.find((r) => r.shard === shard)?.n ?? 0 }));
  const { shard, n } = load.reduce((a, b) => (b.n < a.n ? b : a));
  if (n >= MAX_SERVICES_PER_SHARD) throw new Problem("not-allowed-now", "All shards are full. Add a shard.");
  return shard;
}

/** @throws CodecError; Problem credential-refused, malformed, not-allowed-now, expired */
function checkCard(signed: Uint8Array, at: number): { serviceId: Hex; card: ServiceCard } {
  const { key, value: card } = openSigned(LABELS.signServiceCard, ServiceCard, signed);
  if (!equalBytes(key, card.signKey)) throw refused("card signed by another key");
  if (!isHybridPublicKey(card.hpkeKey)) throw new Problem("malformed", "hpkeKey: an X-Wing public key expected");
  if (!isHybridRecipient(card.ageRecipient))
    throw new Problem("malformed", "ageRecipient: a post-quantum recipient (age1pq1...) expected");
  if (at < card.notBefore) throw new Problem("not-allowed-now", "The card is not good yet.");
  if (at > card.notAfter) throw new Problem("expired", "The card is not good any more.");
  return { serviceId: bytesToHex(serviceIdOf(card.signKey)), card };
}

export function registerServices(app: RoleApp<ServiceEnv>): void {
  serve(app, ADMINISTRATION.registerService, async (c) => {
    const { body } = await admin.request(c);
    const { serviceId, card } = checkCard(body, now(c));
    const placed = await placements(c.env).select().from(services).where(eq(services.serviceId, serviceId)).get();
    if (placed && !equalBytes(placed.card, body) && card.version <= cardOf(placed.card).version)
      throw new Problem("conflict", "A card of this version or a higher one is registered.");
    const shard = placed?.shard ?? (await chooseShard(c.env));
    // The table is created first, so that a placed service always has one.
    if (!placed) await createTable(shardDb(c.env, shard), serviceId, 0);
    if (!placed || !equalBytes(placed.card, body)) {
      const db = placements(c.env);
      const row = { serviceId, shard, recordsVersion: RECORDS_VERSION, card: body };
      const entry = outboxEntry(now(c), { kind: "service", subject: cardHashOf(body), body });
      await db.batch([
        db
          .insert(services)
          .values(row)
          .onConflictDoUpdate({ target: services.serviceId, set: { card: body } }),
        db.insert(entry.table).values(entry.row).onConflictDoNothing(),
        partChanged(c.env, serviceId),
      ]);
    }
    forgetService(c.env, serviceId);
    await flushOutbox(c.env, c.env.RECORDS_DB_0, now(c));
    await publishService(c.env, serviceId);
    return c.json({ serviceId }, placed ? 200 : 201);
  });

  serve(app, SERVICES.readService, async (c, { params: { id }, accepted }) => {
    const { signedCard } = await serviceOfPath(c.env, id);
    const etag = etagOf(bytesToHex(cardHashOf(signedCard)), accepted);
    return unlessKnown(c, etag, {}, (headers) =>
      octetsOrJson(c, accepted, signedCard, (bytes) => signedJson(ServiceCard, bytes), 200, headers),
    );
  });
}
