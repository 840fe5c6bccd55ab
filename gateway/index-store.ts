// The local index: every version of every resource that the gateway serves, in SQLite in memory. It is rebuilt at each start
// (sessions.ts) and holds plain text, so it never goes to disk.
//
//   session   tag hash and TID of each session of the clinic
//   record    each record of a session's chain that holds resources: current or not
//   version   each version of a resource, as it is served; a deleted one has no text
//   current   the newest version of each resource, and the record that holds it; undefined for what the gateway makes itself
//   term      what a search can ask of the newest version (terms.ts)

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { writeJson } from "../client/fhir/json.ts";
import type { FhirResource } from "../client/index.ts";
import { termsOf } from "./terms.ts";

const SCHEMA = `
CREATE TABLE session (tag_hash TEXT PRIMARY KEY, tid TEXT NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE record (record_id TEXT PRIMARY KEY, tag_hash TEXT NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX record_session ON record (tag_hash);
CREATE TABLE member (record_id TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY (record_id, type, id)) WITHOUT ROWID;
CREATE TABLE version (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  tag_hash TEXT NOT NULL, at TEXT NOT NULL, text TEXT, UNIQUE (type, id, version));
CREATE INDEX version_session ON version (tag_hash);
CREATE TABLE current (seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, id TEXT NOT NULL,
  version INTEGER NOT NULL, tag_hash TEXT NOT NULL, record_id TEXT, deleted INTEGER NOT NULL, UNIQUE (type, id));
CREATE INDEX current_session ON current (tag_hash);
CREATE INDEX current_record ON current (record_id);
CREATE TABLE term (resource INTEGER NOT NULL, type TEXT NOT NULL, param TEXT NOT NULL, kind TEXT NOT NULL, system TEXT,
  value TEXT, lo REAL, hi REAL);
CREATE INDEX term_value ON term (type, param, value);
CREATE INDEX term_range ON term (type, param, lo);
CREATE INDEX term_resource ON term (resource);`;

export interface Version {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly tagHash: string;
  /** FHIR instant */
  readonly at: string;
  /** FHIR JSON; undefined: deleted */
  readonly text: string | undefined;
}
export interface Current {
  readonly version: number;
  readonly tagHash: string;
  readonly recordId: string | undefined;
  readonly deleted: boolean;
}

export class IndexStore {
  readonly db = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();

  constructor() {
    this.db.exec(SCHEMA);
  }

  /** A prepared statement, kept for the next time. */
  sql(text: string): StatementSync {
    const kept = this.#statements.get(text);
    if (kept) return kept;
    const statement = this.db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  /** All of it or nothing. */
  atomically<T>(act: () => T): T {
    this.db.exec("SAVEPOINT unit");
    try {
      const result = act();
      this.db.exec("RELEASE unit");
      return result;
    } catch (error) {
      this.db.exec("ROLLBACK TO unit; RELEASE unit");
      throw error;
    }
  }

  // ---- sessions

  addSession(tagHash: string, tid: string): boolean {
    return this.sql("INSERT OR IGNORE INTO session VALUES (?, ?)").run(tagHash, tid).changes === 1;
  }
  tagHashOf(tid: string): string | undefined {
    return this.sql("SELECT tag_hash FROM session WHERE tid = ?").get(tid)?.tag_hash as string | undefined;
  }
  tidOf(tagHash: string): string | undefined {
    return this.sql("SELECT tid FROM session WHERE tag_hash = ?").get(tagHash)?.tid as string | undefined;
  }

  /** Forgets all resources of a session, before it is read anew. */
  clearSession(tagHash: string): void {
    this.sql("DELETE FROM term WHERE resource IN (SELECT seq FROM current WHERE tag_hash = ?)").run(tagHash);
    this.sql("DELETE FROM member WHERE record_id IN (SELECT record_id FROM record WHERE tag_hash = ?)").run(tagHash);
    for (const table of ["current", "version", "record"])
      this.sql(`DELETE FROM ${table} WHERE tag_hash = ?`).run(tagHash);
  }

  // ---- resources

  current(type: string, id: string): Current | undefined {
    const row = this.sql("SELECT version, tag_hash, record_id, deleted FROM current WHERE type = ? AND id = ?").get(
      type,
      id,
    );
    return (
      row && {
        version: row.version as number,
        tagHash: row.tag_hash as string,
        recordId: (row.record_id ?? undefined) as string | undefined,
        deleted: row.deleted === 1,
      }
    );
  }

  version(type: string, id: string, version: number): Version | undefined {
    const row = this.sql("SELECT * FROM version WHERE type = ? AND id = ? AND version = ?").get(type, id, version);
    return row && versionOf(row);
  }

  /** The type of a resource of this session by its id, deleted or not. */
  typeOf(tagHash: string, id: string): string | undefined {
    return this.sql("SELECT type FROM current WHERE tag_hash = ? AND id = ?").get(tagHash, id)?.type as
      | string
      | undefined;
  }

  /**
   * Adds a version, and makes it the current one unless a newer one is there.
   * @param resource as served; undefined: deleted
   */
  put(version: Omit<Version, "text">, resource: FhirResource | undefined, recordId: string | undefined): void {
    const { type, id, version: number, tagHash, at } = version;
    const held = this.current(type, id);
    if (held && held.tagHash !== tagHash) throw new Error(`${type}/${id} belongs to two sessions`);
    this.sql("INSERT OR IGNORE INTO version (type, id, version, tag_hash, at, text) VALUES (?, ?, ?, ?, ?, ?)").run(
      ...[type, id, number, tagHash, at],
      resource === undefined ? null : writeJson(resource),
    );
    if (recordId !== undefined && resource !== undefined)
      this.sql("INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?)").run(recordId, type, id, number);
    if (held && held.version > number) return;
    if (held && held.version === number) {
      if (recordId !== undefined && !held.deleted)
        this.sql("UPDATE current SET record_id = ? WHERE type = ? AND id = ?").run(recordId, type, id);
      return;
    }
    const row = this.sql(
      `INSERT INTO current (type, id, version, tag_hash, record_id, deleted) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT (type, id) DO UPDATE SET version = ?3, record_id = ?5, deleted = ?6 RETURNING seq`,
    ).get(type, id, number, tagHash, recordId ?? null, resource === undefined ? 1 : 0);
    const seq = row!.seq as number;
    if (held) this.sql("DELETE FROM term WHERE resource = ?").run(seq);
    if (resource === undefined) return;
    const add = this.sql("INSERT INTO term VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const { param, kind, system, value, lo, hi } of termsOf(resource))
      add.run(seq, type, param, kind, system ?? null, value ?? null, lo ?? null, hi ?? null);
  }

  // ---- records

  putRecord(recordId: string, tagHash: string, state: string): void {
    this.sql("INSERT OR REPLACE INTO record VALUES (?, ?, ?)").run(recordId, tagHash, state);
  }
  recordState(recordId: string): string | undefined {
    return this.sql("SELECT state FROM record WHERE record_id = ?").get(recordId)?.state as string | undefined;
  }

  /** The resources whose newest version stands in this record, in their order of creation. */
  membersOf(recordId: string): Version[] {
    return this.sql(
      `SELECT version.* FROM current JOIN version USING (type, id, version)
       WHERE current.record_id = ? AND NOT current.deleted ORDER BY current.seq`,
    )
      .all(recordId)
      .map(versionOf);
  }

  /** Current records of the session that still hold a version which a newer one has replaced elsewhere. */
  untidyRecords(tagHash: string): string[] {
    return this.sql(
      `SELECT DISTINCT record.record_id FROM record JOIN member USING (record_id) JOIN current USING (type, id)
       WHERE record.tag_hash = ? AND record.state = 'current'
         AND (current.deleted OR current.record_id IS NOT record.record_id)`,
    )
      .all(tagHash)
      .map((row) => row.record_id as string);
  }

  /** Everything current in a session, oldest first. */
  ofSession(tagHash: string): Version[] {
    return this.sql(
      `SELECT version.* FROM current JOIN version USING (type, id, version)
       WHERE current.tag_hash = ? AND NOT current.deleted ORDER BY current.seq`,
    )
      .all(tagHash)
      .map(versionOf);
  }
}

export const versionOf = (row: Record<string, unknown>): Version => ({
  type: row.type as string,
  id: row.id as string,
  version: row.version as number,
  tagHash: row.tag_hash as string,
  at: row.at as string,
  text: (row.text ?? undefined) as string | undefined,
});
