// The only writer of the transparency log: a Durable Object named "log".
//
// Invariant. Entries are only ever added at the end, each exactly once:
//   entries  = the log itself, index 0, 1, 2 ... without a gap;  hash = RFC 9162 leaf hash, unique
//   nodes    = the full perfect subtrees above the leaves; an entry that fills some is written together with them
//   heads    = checkpoints that were signed: one note per size, never another, never changed
//   published <= number of entries: every tile of the tree of that size is in R2
// An index is answered only when its row is durable, because the output gate holds the answer back until then. Bytes that
// are already in the log keep their index. So callers may repeat an append until they receive the answer.
//
// Order of publication. The tiles of size s are in R2 before the head of size s is signed, so every reader of a head finds
// its tiles. Tiles are derived from rows and have the same bytes each time. If a crash interrupts their publication,
// `published` stays behind, and the alarm or the next reader of the head writes the tiles again. `republish` derives all
// tiles again. A cosignature is kept only if it verifies under a configured witness and for a head that was signed here.

import { DurableObject } from "cloudflare:workers";
import { nativeVerify, signerOf } from "../engine/ed25519.ts";
import { bytesToHex, hexToBytes } from "../protocol/bytes.ts";
import { witnessesOf } from "../protocol/log-trust.ts";
import {
  completedBy,
  emptyRoot,
  leafHash,
  type Node,
  nodeHash,
  planConsistency,
  planInclusion,
  planRoot,
  readSpan,
  type Span,
} from "../protocol/merkle.ts";
import {
  formatCheckpoint,
  formatNote,
  formatSignature,
  LOG_KEY,
  type NoteKey,
  type NoteSigner,
  noteSigner,
  parseCheckpoint,
  parseNote,
  parseSignatures,
  signNote,
  verifyCosignature,
} from "../protocol/note.ts";
import { parseSkey } from "../protocol/note-keys.ts";
import { encodeBundle, MAX_ENTRY_BYTES, newTiles, TILE_WIDTH, type Tile, tilePath } from "../protocol/tiles.ts";

export interface TransparencyLogEnv {
  TILES: R2Bucket;
  /** The log's skey. Its name is the log's origin. */
  LOG_SIGNING_KEY: string;
  /** JSON list of the trustees' Ed25519 identity keys, hex */
  TRUSTEE_KEYS: string;
  /** JSON list of the vkeys of the outside witnesses (type 0x04) */
  LOG_WITNESSES: string;
}

export interface Appended {
  /** One per given entry. */
  indexes: number[];
  size: number;
  root: Uint8Array;
}
export type Proof = { ok: true; proof: Uint8Array[] } | { ok: false; reason: "out-of-range" };
export type Cosigned =
  | { ok: true; size: number; cosigners: number }
  | { ok: false; reason: "malformed" | "unknown-head" | "unknown-witness" | "bad-signature" };

/** The time in which entries gather before the alarm publishes them. A reader of the head need not wait for it. */
const PUBLISH_DELAY_MS = 1_000;
const RETRY_DELAY_MS = 10_000;
/** The number of leaf tiles that are written before progress is recorded. */
const TILES_PER_STEP = 16;
/** A Worker may have six connections at once. */
const PARALLEL_PUTS = 6;
export const MAX_ENTRIES_READ = 256;

export class TransparencyLog extends DurableObject<TransparencyLogEnv> {
  private readonly sql: SqlStorage;
  private publishing: Promise<void> | undefined;

  constructor(ctx: DurableObjectState, env: TransparencyLogEnv) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS entries (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, entry BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS nodes (level INTEGER, idx INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, idx))
        WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS heads (size INTEGER PRIMARY KEY, note TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS cosignatures (size INTEGER, witness TEXT, line TEXT NOT NULL, time INTEGER NOT NULL,
        PRIMARY KEY (size, witness)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), published INTEGER NOT NULL);
      INSERT OR IGNORE INTO progress VALUES (1, 0);
    `);
  }

  /**
   * Appends all entries or none. Bytes that are already in the log, or that occur twice in the list, have one index.
   * @throws RangeError if an entry is empty or longer than MAX_ENTRY_BYTES
   */
  async append(entries: Uint8Array[]): Promise<Appended> {
    for (const entry of entries)
      if (entry.length === 0 || entry.length > MAX_ENTRY_BYTES)
        throw new RangeError(`entry of ${entry.length} bytes, allowed are 1 to ${MAX_ENTRY_BYTES}`);
    const hashes = entries.map(leafHash);
    const before = this.size();
    const appended = this.ctx.storage.transactionSync(() => {
      const indexes = hashes.map((hash, i) => this.indexOf(hash) ?? this.addLeaf(hash, entries[i] as Uint8Array));
      const size = this.size();
      return { indexes, size, root: this.rootAt(size) };
    });
    // The alarm is set in the same turn as the rows. So both are durable, or neither is. If `published` was behind before,
    // an alarm is already set.
    if (appended.size > before && this.published() === before)
      await this.ctx.storage.setAlarm(Date.now() + PUBLISH_DELAY_MS);
    return appended;
  }

  head(): { size: number; root: Uint8Array; published: number } {
    const size = this.size();
    return { size, root: this.rootAt(size), published: this.published() };
  }

  /** The signed head of all entries appended before the call, with its cosignatures so far. Its tiles are in R2. */
  async checkpoint(): Promise<string> {
    const wanted = this.size();
    while (this.published() < wanted) await this.publish();
    const size = this.published();
    if (this.headNote(size) === undefined) {
      const signer = this.signer();
      const text = formatCheckpoint({ origin: signer.key.name, size, root: this.rootAt(size) });
      const note = formatNote({ text, signatures: [signNote(text, signer)] });
      this.sql.exec("INSERT INTO heads (size, note) VALUES (?, ?)", size, note);
    }
    return this.noteOf(size);
  }

  /** The largest head that at least `quorum` witnesses cosigned, with all their signatures. Undefined if there is none. */
  cosigned(quorum: number): { note: string; size: number } | undefined {
    const row = this.sql
      .exec<{ size: number }>(
        "SELECT size FROM cosignatures GROUP BY size HAVING count(*) >= ? ORDER BY size DESC LIMIT 1",
        quorum,
      )
      .toArray()[0];
    return row && { note: this.noteOf(row.size), size: row.size };
  }

  /** Keeps the signature lines of witnesses over a head that was signed here. If one line is bad, it keeps none. */
  addCosignatures(checkpoint: string, lines: string): Cosigned {
    const text = parseNote(checkpoint)?.text ?? checkpoint;
    const head = parseCheckpoint(text);
    const signatures = parseSignatures(lines);
    if (!head || !signatures) return { ok: false, reason: "malformed" };
    const signed = this.headNote(head.size);
    if (signed === undefined || parseNote(signed)?.text !== text) return { ok: false, reason: "unknown-head" };
    const witnesses = this.witnesses();
    const rows: [name: string, line: string, time: number][] = [];
    for (const s of signatures) {
      const key = witnesses.find((w) => w.name === s.name);
      if (!key) return { ok: false, reason: "unknown-witness" };
      const time = verifyCosignature(text, s, key, nativeVerify);
      if (time === undefined) return { ok: false, reason: "bad-signature" };
      rows.push([s.name, formatSignature(s), time]);
    }
    // The first cosignature of a witness is kept, so a repeated call changes nothing.
    for (const row of rows)
      this.sql.exec(
        "INSERT OR IGNORE INTO cosignatures (size, witness, line, time) VALUES (?, ?, ?, ?)",
        head.size,
        ...row,
      );
    const cosigners = this.sql.exec<{ n: number }>("SELECT count(*) n FROM cosignatures WHERE size = ?", head.size);
    return { ok: true, size: head.size, cosigners: cosigners.one().n };
  }

  /** The index of each leaf hash; undefined if the log has no such entry. */
  indexesOf(hashes: Uint8Array[]): (number | undefined)[] {
    return hashes.map((hash) => this.indexOf(hash));
  }

  inclusions(indexes: number[], size: number): Proof[] {
    return indexes.map((index) => this.inclusion(index, size));
  }

  inclusion(index: number, size: number): Proof {
    if (!this.isSize(size) || !Number.isSafeInteger(index) || index < 0 || index >= size)
      return { ok: false, reason: "out-of-range" };
    return { ok: true, proof: planInclusion(index, size).map((span) => this.read(span)) };
  }

  /** If `from` is 0, there is nothing to prove, and the proof is empty (tlog-witness). */
  consistency(from: number, to: number): Proof {
    if (!this.isSize(from) || !this.isSize(to) || from > to) return { ok: false, reason: "out-of-range" };
    return { ok: true, proof: from === 0 ? [] : planConsistency(from, to).map((span) => this.read(span)) };
  }

  /** The entries [from, to), at most MAX_ENTRIES_READ of them, and the size of the log. */
  entries(from: number, to: number): { entries: Uint8Array[]; size: number } {
    const end = Math.min(to, from + MAX_ENTRIES_READ);
    return { entries: this.entryRows(from, end), size: this.size() };
  }

  /** Derives every tile again from the rows, including the partial tiles of the heads that were signed. */
  async republish(): Promise<void> {
    await this.publishing;
    this.sql.exec("UPDATE progress SET published = 0");
    await this.ctx.storage.setAlarm(Date.now() + RETRY_DELAY_MS);
    await this.publish();
  }

  override async alarm(): Promise<void> {
    try {
      await this.publish();
    } catch {
      // R2 did not answer. The rows are safe. The runtime gives up an alarm after some failures, so this sets a new one.
      await this.ctx.storage.setAlarm(Date.now() + RETRY_DELAY_MS);
    }
  }

  // ---- rows ----

  private addLeaf(hash: Uint8Array, entry: Uint8Array): number {
    const index = this.size();
    this.sql.exec("INSERT INTO entries (idx, hash, entry) VALUES (?, ?, ?)", index, hash, entry);
    let right = hash;
    for (const { level, index: at } of completedBy(index)) {
      right = nodeHash(this.node({ level: level - 1, index: 2 * at }), right);
      this.sql.exec("INSERT INTO nodes (level, idx, hash) VALUES (?, ?, ?)", level, at, right);
    }
    return index;
  }

  private indexOf(hash: Uint8Array): number | undefined {
    return this.sql.exec<{ idx: number }>("SELECT idx FROM entries WHERE hash = ?", hash).toArray()[0]?.idx;
  }

  private size(): number {
    return this.sql.exec<{ n: number }>("SELECT coalesce(max(idx) + 1, 0) n FROM entries").one().n;
  }

  private published(): number {
    return this.sql.exec<{ published: number }>("SELECT published FROM progress").one().published;
  }

  private isSize(n: number): boolean {
    return Number.isSafeInteger(n) && n >= 0 && n <= this.size();
  }

  private node({ level, index }: Node): Uint8Array {
    const row =
      level === 0
        ? this.sql.exec<{ hash: ArrayBuffer }>("SELECT hash FROM entries WHERE idx = ?", index)
        : this.sql.exec<{ hash: ArrayBuffer }>("SELECT hash FROM nodes WHERE level = ? AND idx = ?", level, index);
    return new Uint8Array(row.one().hash);
  }

  private read(span: Span): Uint8Array {
    return readSpan(span, (node) => this.node(node));
  }

  private rootAt(size: number): Uint8Array {
    return size === 0 ? emptyRoot() : this.read(planRoot(size));
  }

  private entryRows(from: number, to: number): Uint8Array[] {
    return this.sql
      .exec<{ entry: ArrayBuffer }>("SELECT entry FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", from, to)
      .toArray()
      .map((row) => new Uint8Array(row.entry));
  }

  private headNote(size: number): string | undefined {
    return this.sql.exec<{ note: string }>("SELECT note FROM heads WHERE size = ?", size).toArray()[0]?.note;
  }

  private noteOf(size: number): string {
    const rows = this.sql.exec<{ line: string }>("SELECT line FROM cosignatures WHERE size = ? ORDER BY witness", size);
    return [this.headNote(size), ...rows.toArray().map((row) => row.line)].join("");
  }

  private signer(): NoteSigner {
    const { name, secretKey } = parseSkey(this.env.LOG_SIGNING_KEY);
    return noteSigner(name, LOG_KEY, signerOf(bytesToHex(secretKey)));
  }

  private witnesses(): NoteKey[] {
    const trusteeKeys = (JSON.parse(this.env.TRUSTEE_KEYS) as string[]).map(hexToBytes);
    return witnessesOf({ trusteeKeys, witnessVkeys: JSON.parse(this.env.LOG_WITNESSES) as string[] });
  }

  // ---- tiles ----

  private publish(): Promise<void> {
    this.publishing ??= this.writeTiles().finally(() => {
      this.publishing = undefined;
    });
    return this.publishing;
  }

  private async writeTiles(): Promise<void> {
    for (let done = this.published(); done < this.size(); done = this.published()) {
      const step = (Math.floor(done / TILE_WIDTH) + TILES_PER_STEP) * TILE_WIDTH;
      // Only a republication finds heads beyond `published`. It stops at each of them to write that head's partial tiles.
      const { head } = this.sql
        .exec<{ head: number | null }>("SELECT min(size) head FROM heads WHERE size > ?", done)
        .one();
      const next = Math.min(this.size(), step, head ?? step);
      const tiles = newTiles(done, next);
      for (let i = 0; i < tiles.length; i += PARALLEL_PUTS)
        await Promise.all(
          tiles.slice(i, i + PARALLEL_PUTS).map((tile) => this.env.TILES.put(tilePath(tile), this.tileBytes(tile))),
        );
      this.sql.exec("UPDATE progress SET published = max(published, ?)", next);
    }
  }

  private tileBytes({ level, index, width }: Tile): Uint8Array {
    const first = index * TILE_WIDTH;
    if (level === "entries") return encodeBundle(this.entryRows(first, first + width));
    const rows =
      level === 0
        ? this.sql.exec<{ hash: ArrayBuffer }>(
            "SELECT hash FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx",
            first,
            first + width,
          )
        : this.sql.exec<{ hash: ArrayBuffer }>(
            "SELECT hash FROM nodes WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx",
            8 * level,
            first,
            first + width,
          );
    const bytes = new Uint8Array(width * 32);
    rows.toArray().forEach((row, i) => {
      bytes.set(new Uint8Array(row.hash), i * 32);
    });
    return bytes;
  }
}
