// What the gateway keeps on disk, in its state directory. Two SQLite files; every value in them is sealed under the clinic's key
// (AES-256-GCM, client/clinic/keys.ts clinicStateKey). In clear stand only tag hashes, record ids, sizes and numbers.
//
//   outbox.sqlite   writes that the gateway has answered or is about to answer, and that the edge does not have yet. A commit
//                   is on the disk before `push` returns (synchronous = FULL)
//   cache.sqlite    contents of records and verified sessions, so that a start need not fetch them again. It may be lost
//
// A value is bound to its place by the associated data: table and row key. The outbox file is locked while the gateway runs,
// so two processes never share it; the lock ends with the process, however that ends.

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** One append to a session's chain. */
export interface QueuedWrite {
  readonly tagHash: string;
  readonly kind: "record" | "amendment" | "withdrawal";
  /** 16 bytes in hex, of the new record; of a withdrawal it only names the write */
  readonly recordId: string;
  readonly target?: string | undefined;
  /** FHIR JSON */
  readonly content?: string | undefined;
}
export interface Queued extends QueuedWrite {
  readonly seq: number;
  /** why the edge will never take it; undefined while it may */
  readonly fault: string | undefined;
}

class VaultError extends Error {
  override name = "VaultError";
}

export class Vault {
  readonly #outbox: DatabaseSync;
  readonly #cache: DatabaseSync;
  readonly #key: Uint8Array;

  /** @param key 32 bytes. @throws VaultError if another process has the directory, or the key is another clinic's */
  constructor(directory: string, key: Uint8Array) {
    this.#key = key;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, "outbox.sqlite");
    this.#outbox = open(path);
    try {
      this.#outbox.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL, fault BLOB);
        CREATE TABLE IF NOT EXISTS own (name TEXT PRIMARY KEY, sealed BLOB NOT NULL);`);
    } catch (cause) {
      this.#outbox.close();
      throw new VaultError(`${path}: another gateway uses this state directory.`, { cause });
    }
    this.#cache = open(join(directory, "cache.sqlite"));
    this.#cache.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;
      CREATE TABLE IF NOT EXISTS content (record_id TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS session (tag_hash TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;`);
    this.#checkKey(directory);
  }

  /** The first start writes a sealed word. A later one with other keys must not queue behind writes that it cannot read. */
  #checkKey(directory: string): void {
    const row = this.#outbox.prepare("SELECT sealed FROM own WHERE name = 'key'").get();
    if (row === undefined) {
      this.#outbox.prepare("INSERT INTO own VALUES ('key', ?)").run(this.#seal("own key", Buffer.from("symbolon")));
      return;
    }
    try {
      this.#unseal("own key", row.sealed as Uint8Array);
    } catch (cause) {
      this.close();
      throw new VaultError(`${directory} belongs to other clinic keys. Choose another --state.`, { cause });
    }
  }

  // ---- outbox

  /** Durable when it returns. */
  push(write: QueuedWrite): Queued {
    const row = this.#outbox
      .prepare("INSERT INTO outbox (sealed) VALUES (?) RETURNING seq")
      .get(this.#seal("outbox", Buffer.from(JSON.stringify(write))));
    return { ...write, seq: row!.seq as number, fault: undefined };
  }

  /** All writes that the edge does not have, oldest first. */
  queued(): Queued[] {
    return this.#outbox
      .prepare("SELECT seq, sealed, fault FROM outbox ORDER BY seq")
      .all()
      .map(({ seq, sealed, fault }) => ({
        ...(JSON.parse(this.#unseal("outbox", sealed as Uint8Array).toString()) as QueuedWrite),
        seq: seq as number,
        fault: fault === null ? undefined : this.#unseal("fault", fault as Uint8Array).toString(),
      }));
  }

  /** The edge has it, or a person has seen the fault. */
  settle(seq: number): void {
    this.#outbox.prepare("DELETE FROM outbox WHERE seq = ?").run(seq);
  }

  fault(seq: number, reason: string): void {
    this.#outbox
      .prepare("UPDATE outbox SET fault = ? WHERE seq = ?")
      .run(this.#seal("fault", Buffer.from(reason)), seq);
  }

  // ---- cache

  content(recordId: string): Uint8Array | undefined {
    return this.#cached("content", "record_id", recordId);
  }
  keepContent(recordId: string, content: Uint8Array): void {
    this.#keep("content", recordId, content);
  }
  forgetContent(recordId: string): void {
    this.#cache.prepare("DELETE FROM content WHERE record_id = ?").run(recordId);
  }
  /** unix seconds of the challenge of a session that this clinic has verified */
  challengedAt(tagHash: string): number | undefined {
    const bytes = this.#cached("session", "tag_hash", tagHash);
    return bytes && Number(Buffer.from(bytes).toString());
  }
  keepSession(tagHash: string, challengedAt: number): void {
    this.#keep("session", tagHash, Buffer.from(String(challengedAt)));
  }

  #cached(table: string, column: string, key: string): Uint8Array | undefined {
    const row = this.#cache.prepare(`SELECT sealed FROM ${table} WHERE ${column} = ?`).get(key);
    if (row === undefined) return undefined;
    try {
      return this.#unseal(`${table} ${key}`, row.sealed as Uint8Array);
    } catch {
      return undefined; // it is only a cache
    }
  }
  #keep(table: string, key: string, content: Uint8Array): void {
    this.#cache
      .prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`)
      .run(key, this.#seal(`${table} ${key}`, content));
  }

  close(): void {
    this.#outbox.close();
    this.#cache.close();
  }

  /** nonce of 12 bytes, tag of 16, ciphertext */
  #seal(place: string, plaintext: Uint8Array): Uint8Array {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(place));
    const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]);
  }
  #unseal(place: string, sealed: Uint8Array): Buffer {
    const decipher = createDecipheriv("aes-256-gcm", this.#key, sealed.subarray(0, 12)).setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
  }
}

function open(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  chmodSync(path, 0o600);
  return db;
}
