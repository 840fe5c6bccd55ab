// D1 of the service role. Every shard has the same tables. schema/records.ts defines the tables of records.
//
//   services          shard 0 only: the placement map. service -> shard, its signed card, version of its record table.
//                     It is a stored map and not a modulo, so that a shard can be filled and closed.
//   service_parts     shard 0 only: the parts of the public list of services (functions/service/service-list.ts)
//   sessions          one row per check-in, in the service's shard. It keeps the spent tag after the object has forgotten it.
//   uploads           blobs that are or may be in R2 and that no record row names. A row is written before R2, and deleted
//                     together with the write of the record's row. The sweep removes the rest.
//   filed             the quota of objects of each service in this shard
//   outbox            log entries still to be appended, written in the same batch as their act
//   client_assertions spent `jti`s of OAuth client assertions, until they expire
//   oauth_clients     shard 0 only: the further clients of each clinic, which it registered itself
//   case_watches      shard 0 only: the cases that a clinic watches (functions/service/case-watches.ts)
//   shared_links      shard 0 only: what patients share by link, sealed (functions/service/shared-links.ts). The ciphertext is in R2
//   shared_link_days  shard 0 only: how many links were made on a day, and of how many bytes in all
//   closed_epochs     in every shard: epochs closed by hand after a restore from backup. Nothing opens in them any more
//
// All keys are random or hashes, and all tables are WITHOUT ROWID (added by hand in the migration, because drizzle cannot
// express it). So the order of rows does not tell the order of visits. Dates are days. Ids are lower-case hex, so a prefix is
// a range.

import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { bytes, hex } from "./columns.ts";

/** The most services of a shard. D1 reads its whole schema when it wakes, and again after each DDL statement. */
export const MAX_SERVICES_PER_SHARD = 500;

export const services = sqliteTable("services", {
  serviceId: hex("service_id").primaryKey(),
  shard: integer("shard").notNull(),
  recordsVersion: integer("records_version").notNull(),
  /** Signed<ServiceCard> */
  card: bytes("card").notNull(),
  /** Nothing new is opened or filed at a suspended service; its records stay readable. */
  suspended: integer("suspended", { mode: "boolean" }).notNull().default(false),
  /** It asked for events, so that its check-ins ring (functions/service/bells.ts). */
  bell: integer("bell", { mode: "boolean" }).notNull().default(false),
});

export const serviceParts = sqliteTable("service_parts", {
  /** the first hex digit of its services' ids */
  part: integer("part").primaryKey(),
  /** how often a card of it has changed */
  revision: integer("revision").notNull(),
  /** the revision that `hash` has */
  built: integer("built"),
  /** 32 bytes; the name of its bytes in R2 */
  hash: hex("hash"),
  before: hex("before"),
});

export const sessions = sqliteTable(
  "sessions",
  {
    serviceId: hex("service_id").notNull(),
    tagHash: hex("tag_hash").notNull(),
    epoch: integer("epoch").notNull(),
    day: integer("day").notNull(),
    checkIn: bytes("check_in").notNull(),
    /** of the check-in, 82 bytes, so that lists of claims need not read whole check-ins */
    claim: bytes("claim").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.serviceId, t.tagHash] }),
    // for a clinic that missed events; within a day in the order of tag hashes
    index("sessions_by_day").on(t.serviceId, t.day, t.tagHash),
  ],
);

export const uploads = sqliteTable(
  "uploads",
  {
    blobKey: text("blob_key").primaryKey(),
    /** Unix seconds, on a full hour. An upload that has not finished by then never will. */
    sweepAfter: integer("sweep_after").notNull(),
  },
  (t) => [index("uploads_due").on(t.sweepAfter)],
);

/** How many objects a service filed on its last day (functions/service/object-quota.ts). */
export const filed = sqliteTable("filed", {
  serviceId: hex("service_id").primaryKey(),
  day: integer("day").notNull(),
  n: integer("n").notNull(),
});

export const outbox = sqliteTable("outbox", {
  /** SHA-256 of the entry. */
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

export const oauthClients = sqliteTable(
  "oauth_clients",
  {
    /** 24 bytes, drawn by the clinic */
    clientId: hex("client_id").primaryKey(),
    serviceId: hex("service_id").notNull(),
    name: text("name").notNull(),
    /** the scopes that it may ask for, sorted */
    scope: text("scope").notNull(),
    /** JSON of its JWK Set, or null if `jwksUri` has it */
    jwks: text("jwks"),
    jwksUri: text("jwks_uri"),
  },
  (t) => [index("oauth_clients_of_service").on(t.serviceId)],
);

export const caseWatches = sqliteTable(
  "case_watches",
  {
    caseId: hex("case_id").notNull(),
    serviceId: hex("service_id").notNull(),
    /** unix seconds, on a full day; the sweep then removes it */
    until: integer("until").notNull(),
  },
  (t) => [primaryKey({ columns: [t.caseId, t.serviceId] }), index("case_watches_due").on(t.until)],
);

export const sharedLinks = sqliteTable(
  "shared_links",
  {
    /** SHA-256 of the id, so that the rows open no link */
    linkHash: hex("link_hash").primaryKey(),
    /** SHA-256 of the secret of the wallet that made it */
    ownerHash: hex("owner_hash").notNull(),
    /** unix seconds, on a full hour */
    expiresAt: integer("expires_at").notNull(),
    /** salt 16 | hash 32, in hex; null without passcode */
    verifier: hex("verifier"),
    /** wrong passcodes that are left */
    attempts: integer("attempts").notNull(),
    uses: integer("uses").notNull().default(0),
    /** the day of the last use */
    lastDay: integer("last_day"),
    /** revoked. The row stays until it expires, so that a late upload cannot bring the link back */
    ended: integer("ended", { mode: "boolean" }).notNull().default(false),
  },
  (t) => [index("shared_links_due").on(t.expiresAt)],
);

export const sharedLinkDays = sqliteTable("shared_link_days", {
  day: integer("day").primaryKey(),
  links: integer("links").notNull(),
  bytes: integer("bytes").notNull(),
});

export const closedEpochs = sqliteTable("closed_epochs", { epoch: integer("epoch").primaryKey() });
