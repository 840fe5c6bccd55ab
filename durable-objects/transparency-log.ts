// The only writer of the transparency log: a Durable Object named "log".
//
// Invariant. Entries are only ever added at the end, each exactly once:
//   entries  = the log itself, index 0, 1, 2 ... without a gap;  hash = RFC 9162 leaf hash, unique
//   nodes    = the full perfect subtrees above the leaves; an entry that fills some is written together with them
//   heads    = checkpoints that were signed: one note per size, never another, never changed
//   published <= number of entries: every tile of the tree of that size is in R2
//   cosignatures = of a head that was signed here, by a configured witness: its newest one per head
//   quorums  = the largest head with so many cosignatures, for each number of them
// An index is answered only when its row is durable, because the output gate holds the answer back until then. Bytes that
// are already in the log keep their index. So callers may repeat an append until they receive the answer.
//
// Order of publication. The tiles of size s are in R2 before the head of size s is signed, so every reader of a head finds
// its tiles. Tiles are derived from rows and have the same bytes each time. If a crash interrupts their publication,
// `published` stays behind, and the alarm or the next reader of the head writes the tiles again. `republish` derives all
// tiles again.
//
// Cosignatures (cosigning.ts). The log asks its witnesses when a reader wants a head with more entries than the newest cosigned
// one, when those cosignatures are older than RESIGN_AFTER_SECONDS, and by alarm. A reader waits for the first quorum, and never
// for a silent witness. All readers share one round of questions per head.

import { DurableObject } from "cloudflare:workers";
import { signerOf } from "../engine/ed25519.ts";
import { bytesToHex, hexToBytes } from "../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../protocol/clock.ts";
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
  LOG_KEY,
  type NoteSigner,
  noteSigner,
  parseCheckpoint,
  parseNote,
  signNote,
} from "../protocol/note.ts";
import { parseSkey } from "../protocol/note-keys.ts";
import { encodeBundle, MAX_ENTRY_BYTES, newTiles, TILE_WIDTH, type Tile, tilePath } from "../protocol/tiles.ts";

import { askWitness, type Line, type WitnessAt } from "./cosigning.ts";

export interface TransparencyLogEnv {
  TILES: R2Bucket;
  /** The log's skey. Its name is the log's origin. */
  LOG_SIGNING_KEY: string;
  /** JSON list of the trustees' Ed25519 identity keys, hex */
  TRUSTEE_KEYS: string;
  /** JSON list of the vkeys of the outside witnesses (type 0x04) */
  LOG_WITNESSES: string;
  /** JSON list of the base URLs of the trustees, in index order */
  TRUSTEE_URLS: string;
  /** JSON list of the base URLs of the outside witnesses */
  LOG_WITNESS_URLS: string;
}

export interface Appended {
  /** One per given entry. */
  indexes: number[];
  size: number;
  root: Uint8Array;
}
export type Proof = { ok: true; proof: Uint8Array[] } | { ok: false; reason: "out-of-range" };
/** A head with the cosignatures that the log has. */
export interface CosignedHead {
  note: string;
  size: number;
}
/** A round of questions to all witnesses. Each answer is stored before its promise resolves; none rejects. */
interface Round {
  size: number;
  /** unix seconds */
  now: number;
  answers: Promise<void>[];
}

/** The time in which entries gather before the alarm publishes them. A reader of the head need not wait for it. */
const PUBLISH_DELAY_MS = 1_000;
const RETRY_DELAY_MS = 10_000;
/** The number of leaf tiles that are written before progress is recorded. */
const TILES_PER_STEP = 16;
/** A Worker may have six connections at once. */
const PARALLEL_PUTS = 6;
export const MAX_ENTRIES_READ = 256;
/** The log asks a witness again if its cosignature is older. So a head is signed anew at least daily, with time to spare. */
const RESIGN_AFTER_SECONDS = 12 * 3600;
/** The alarm looks after the age of the cosignatures this often. */
const RECHECK_MS = 6 * 3_600_000;
/** After a round, a reader that names no size gets the head of that round for so long, even if entries were added. */
const ROUND_PAUSE_MS = 2_000;
/** Silent witnesses are asked by alarm at most this often. */
const ALARM_ROUND_PAUSE_MS = 3_600_000;

/** Whether a cosignature of this time need not be asked for again. */
const isRecent = (time: number | undefined, now: number): boolean =>
  time !== undefined && time >= now - RESIGN_AFTER_SECONDS && time <= now + CLOCK_TOLERANCE_SECONDS;

export class TransparencyLog extends DurableObject<TransparencyLogEnv> {
  private readonly sql: SqlStorage;
  private publishing: Promise<void> | undefined;
  private round: Round | undefined;
  private known: WitnessAt[] | undefined;
  /** system time of the last round, in milliseconds */
  private askedAt = Number.NEGATIVE_INFINITY;

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
      CREATE INDEX IF NOT EXISTS cosignatures_of ON cosignatures (witness, size, time);
      CREATE TABLE IF NOT EXISTS quorums (cosignatures INTEGER PRIMARY KEY, size INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), published INTEGER NOT NULL);
      INSERT OR IGNORE INTO progress VALUES (1, 0);
      CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), ahead INTEGER NOT NULL);
      INSERT OR IGNORE INTO clock VALUES (1, 0);
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

  /**
   * The largest head that at least `quorum` witnesses cosigned lately, with at least `min` entries. Without `min`, the newest
   * head that can be had. Undefined if too few witnesses sign.
   */
  async cosigned(quorum: number, min: number | undefined, now: number): Promise<CosignedHead | undefined> {
    this.keepClock(now);
    if (min !== undefined && min > this.size()) return undefined;
    if (quorum > this.witnesses().length) return undefined;
    let best = this.bestHead(quorum);
    const resting = min === undefined && Date.now() < this.askedAt + ROUND_PAUSE_MS;
    const wanted = resting ? 0 : (min ?? this.size());
    if (best === undefined || best < wanted || !this.isSignedRecently(best, quorum, now)) {
      await this.collect(quorum, now);
      best = this.bestHead(quorum);
    }
    return best === undefined || best < (min ?? 0) ? undefined : { note: this.noteOf(best), size: best };
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
      return;
    }
    const now = this.clockNow();
    if (Date.now() >= this.askedAt + ALARM_ROUND_PAUSE_MS && this.someWitnessIsDue(now))
      await this.collect(Number.POSITIVE_INFINITY, now).catch(() => undefined);
    // An entry that came in the meantime has set the alarm already.
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + RECHECK_MS);
  }

  // ---- cosignatures

  /** Asks the witnesses for the newest head, and waits until it has `quorum` recent cosignatures, or all have answered. */
  private async collect(quorum: number, now: number): Promise<void> {
    const note = await this.checkpoint();
    const { size } = parseCheckpoint(parseNote(note)!.text)!;
    const current = this.round;
    const serves = current && current.size >= size && Math.abs(current.now - now) <= CLOCK_TOLERANCE_SECONDS;
    const { answers, size: asked } = serves ? current : this.ask(size, now);
    await new Promise<void>((done) => {
      const settle = () => this.isSignedRecently(asked, quorum, now) && done();
      settle();
      for (const answer of answers) void answer.then(settle);
      void Promise.all(answers).then(() => done());
    });
  }

  private ask(size: number, now: number): Round {
    const note = this.headNote(size)!;
    const proof = (from: number): Uint8Array[] => planConsistency(from, size).map((span) => this.read(span));
    const answers = this.witnesses()
      .filter(({ key }) => !isRecent(this.signedAt(size, key.name), now))
      .map(async (witness) => {
        const { name } = witness.key;
        const line = await askWitness(witness, { size, note, now, proof }, this.lastSigned(name)).catch(
          () => undefined,
        );
        if (line) this.keepLine(size, name, line, now);
      });
    const round: Round = { size, now, answers };
    this.round = round;
    this.askedAt = Date.now();
    this.ctx.waitUntil(
      Promise.all(answers).then(() => {
        if (this.round === round) this.round = undefined;
      }),
    );
    return round;
  }

  /** The newest cosignature of a witness over a head replaces an older one. */
  private keepLine(size: number, witness: string, { line, time }: Line, now: number): void {
    const held = this.signedAt(size, witness);
    if (held !== undefined && held >= time && held <= now + CLOCK_TOLERANCE_SECONDS) return;
    this.sql.exec(
      "INSERT OR REPLACE INTO cosignatures (size, witness, line, time) VALUES (?, ?, ?, ?)",
      size,
      witness,
      line,
      time,
    );
    const { n } = this.sql.exec<{ n: number }>("SELECT count(*) n FROM cosignatures WHERE size = ?", size).one();
    this.sql.exec(
      `INSERT INTO quorums VALUES (?1, ?2) ON CONFLICT (cosignatures) DO UPDATE SET size = ?2 WHERE size < ?2`,
      n,
      size,
    );
  }

  private signedAt(size: number, witness: string): number | undefined {
    return this.sql
      .exec<{ time: number }>("SELECT time FROM cosignatures WHERE size = ? AND witness = ?", size, witness)
      .toArray()[0]?.time;
  }

  /** The size of the newest head that this witness signed, as far as the log knows. */
  private lastSigned(witness: string): number {
    const row = this.sql.exec<{ n: number | null }>("SELECT max(size) n FROM cosignatures WHERE witness = ?", witness);
    return row.one().n ?? 0;
  }

  /** The largest head with so many cosignatures of any age. */
  private bestHead(quorum: number): number | undefined {
    return this.sql
      .exec<{ size: number }>("SELECT size FROM quorums WHERE cosignatures = ?", Math.max(quorum, 1))
      .toArray()[0]?.size;
  }

  private isSignedRecently(size: number, quorum: number, now: number): boolean {
    const times = this.sql.exec<{ time: number }>("SELECT time FROM cosignatures WHERE size = ?", size).toArray();
    return times.filter(({ time }) => isRecent(time, now)).length >= quorum;
  }

  private someWitnessIsDue(now: number): boolean {
    const isDue = ({ key }: WitnessAt): boolean => {
      const [newest] = this.sql
        .exec<{ time: number }>("SELECT time FROM cosignatures WHERE witness = ? ORDER BY size DESC LIMIT 1", key.name)
        .toArray();
      return newest === undefined || newest.time < now - RESIGN_AFTER_SECONDS;
    };
    return this.size() > 0 && this.witnesses().some(isDue);
  }

  /** The time by the clock of the last caller. In production this is the system's clock. */
  private clockNow(): number {
    const { ahead } = this.sql.exec<{ ahead: number }>("SELECT ahead FROM clock").one();
    return Math.floor(Date.now() / 1000) + ahead;
  }

  private keepClock(now: number): void {
    if (Math.abs(this.clockNow() - now) > CLOCK_TOLERANCE_SECONDS)
      this.sql.exec("UPDATE clock SET ahead = ?", now - Math.floor(Date.now() / 1000));
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

  /** Read from the bindings once per instance, since every reader of a head needs their number. */
  private witnesses(): WitnessAt[] {
    this.known ??= this.readWitnesses();
    return this.known;
  }

  private readWitnesses(): WitnessAt[] {
    const trusteeKeys = (JSON.parse(this.env.TRUSTEE_KEYS) as string[]).map(hexToBytes);
    const keys = witnessesOf({ trusteeKeys, witnessVkeys: JSON.parse(this.env.LOG_WITNESSES) as string[] });
    const urls = [this.env.TRUSTEE_URLS, this.env.LOG_WITNESS_URLS].flatMap((list) => JSON.parse(list) as string[]);
    return keys.map((key, i) => ({ key, url: urls[i]! }));
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
