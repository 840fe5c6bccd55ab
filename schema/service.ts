// D1 of the service role. Every shard has the same tables; what a record is, stands in schema/records.ts.
//
//   services          shard 0 only: the placement map. service -> shard, its signed card, version of its record table.
//                     A stored map and no modulo, so that a shard can be filled and closed.
//   sessions          one row a check-in, in the service's shard. The spent tag stays here when its object has gone.
//   uploads           blobs that are in R2, or may be, and that no record row names: written before R2, gone with the
//                     record's row. What is left over is swept.
//   outbox            log entries still to be appended: written in the batch of the act they tell of
//   client_assertions spent `jti`s of OAuth client assertions, until they expire
//   closed_epochs     in every shard: epochs closed by hand after a restore from backup; nothing opens in them any more
//
// All keys are random or hashes, all tables WITHOUT ROWID (added by hand in the migration, drizzle cannot say it), so no
// order of rows tells the order of visits. Dates are days. Ids are lower-case hex: prefixes are ranges.

import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { bytes, hex } from "./columns.ts";

/** A shard takes this many services: D1 reads its whole schema when it wakes, and again after each DDL. */
export const MAX_SERVICES_PER_SHARD = 500;

export const services = sqliteTable("services", {
  serviceId: hex("service_id").primaryKey(),
  shard: integer("shard").notNull(),
  recordsVersion: integer("records_version").notNull(),
  /** Signed<ServiceCard> */
  card: bytes("card").notNull(),
});

export const sessions = sqliteTable(
  "sessions",
  {
    serviceId: hex("service_id").notNull(),
    tagHash: hex("tag_hash").notNull(),
    epoch: integer("epoch").notNull(),
    day: integer("day").notNull(),
    checkIn: bytes("check_in").notNull(),
  },
  (t) => [primaryKey({ columns: [t.serviceId, t.tagHash] })],
);

export const uploads = sqliteTable(
  "uploads",
  {
    blobKey: text("blob_key").primaryKey(),
    /** unix seconds, on a full hour: after it, whoever has not finished never will */
    sweepAfter: integer("sweep_after").notNull(),
  },
  (t) => [index("uploads_due").on(t.sweepAfter)],
);

export const outbox = sqliteTable("outbox", {
  /** SHA-256 of the entry */
  id: hex("id").primaryKey(),
  entry: bytes("entry").notNull(),
});

export const clientAssertions = sqliteTable(
  "client_assertions",
  {
    jtiHash: hex("jti_hash").primaryKey(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("client_assertions_due").on(t.expiresAt)],
);

export const closedEpochs = sqliteTable("closed_epochs", { epoch: integer("epoch").primaryKey() });
