// Records: one table per service, records_<service id>, created when the service is registered. So an index never mixes the
// rows of two services, a service can be handed over or erased as one table, and no query reads two services.
//
//   record_id      random, 16 bytes; statements (withdrawal, move, erasure) are rows too, under an id of their own
//   tag_hash,count the session, and the place in its chain of manifests; unique, so that two writers cannot both append
//   manifest       Signed<Manifest>, kept for ever; the next manifest names manifest_hash as `previous`
//   blob_key       R2 key; null for statements, and once the blob is deleted
//   status         the record's state after the session's later statements
//
// The placement map holds a schema version for each table. A table with an older version is migrated at its next use.

import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { bytes, hex } from "./columns.ts";

export const RECORD_STATUSES = ["current", "amended", "withdrawn", "moved", "erased", "statement"] as const;
export type RecordStatus = (typeof RECORD_STATUSES)[number];

const SERVICE_ID = /^[0-9a-f]{32}$/;
/**
 * The table of a service. SQL takes no parameter in place of a table name, so the id must be hex.
 * @throws RangeError if it is not 16 bytes in hex
 */
export function recordsTableName(serviceId: string): string {
  if (!SERVICE_ID.test(serviceId)) throw new RangeError("service id: 16 bytes in hex expected");
  return `records_${serviceId}`;
}

export const recordsTable = (serviceId: string) =>
  sqliteTable(
    recordsTableName(serviceId),
    {
      recordId: hex("record_id").primaryKey(),
      tagHash: hex("tag_hash").notNull(),
      count: integer("count").notNull(),
      manifest: bytes("manifest").notNull(),
      manifestHash: hex("manifest_hash").notNull(),
      blobKey: text("blob_key"),
      status: text("status", { enum: RECORD_STATUSES }).notNull(),
    },
    (t) => [uniqueIndex(`${recordsTableName(serviceId)}_chain`).on(t.tagHash, t.count)],
  );
export type RecordsTable = ReturnType<typeof recordsTable>;

/** Step n migrates a table from version n to n + 1. Append-only. */
const RECORDS_MIGRATIONS: readonly ((table: string) => readonly string[])[] = [
  (table) => [
    `CREATE TABLE IF NOT EXISTS ${table} (
      record_id TEXT NOT NULL PRIMARY KEY,
      tag_hash TEXT NOT NULL,
      count INTEGER NOT NULL,
      manifest BLOB NOT NULL,
      manifest_hash TEXT NOT NULL,
      blob_key TEXT,
      status TEXT NOT NULL
    ) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX IF NOT EXISTS ${table}_chain ON ${table} (tag_hash, count)`,
  ],
];
export const RECORDS_VERSION = RECORDS_MIGRATIONS.length;

/** The statements that migrate a service's table from one version to the newest. Each can be repeated. */
export const recordsDdl = (serviceId: string, fromVersion: number): string[] =>
  RECORDS_MIGRATIONS.slice(fromVersion).flatMap((step) => [...step(recordsTableName(serviceId))]);
