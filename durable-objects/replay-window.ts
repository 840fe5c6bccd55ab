// Sessions: the single use of each check-in, the replay windows of its channel, and the deliveries that are still pending.
//
// An object holds all sessions whose tagHash begins with the object's name (functions/service/session-objects.ts). So a tag
// always reaches the same object, whichever service receives it.
//
// Windows are kept per session, not per patient. An object or a row per patient would link the visits of that patient by
// itself, and nobody may link the tags of one patient. Many sessions share one object, because an object with many sessions
// stays awake. To wake or create an object for one session costs more than to verify a signature.
//
// Invariant:
//   - For each tagHash an object holds at most one check-in. It is the first one that open() received, until the session
//     is forgotten.
//   - For each session and direction, it accepts each seq at most once.
// open() and accept() check and write in one synchronous block, after all cryptography. So no other request comes between
// the check and the write. The runtime sends no answer before the write is durable.
//
// Outbox: two rows must follow open(): the session's row in D1 and its row in the escrow's index. The request that opened
// the session writes both and then calls delivered(). If that does not happen, the alarm delivers both rows from here,
// until both are done. Both receivers treat a repetition as one delivery. With the second row the clinic's bell is rung. A bell
// that does not answer holds up no row.
//
// The row in D1 has the last word. If it belongs to another check-in, or if its epoch is closed, then this object was
// restored to an earlier day or was too slow: request and alarm both give the session up. Nobody has a receipt for it,
// because each answer follows a row that stands. formal/check-in.pml models these steps.
//
// After closesAt (the epoch's end, and the grace in which offline check-ins may still arrive) the object forgets the
// session. From then on the D1 row keeps the spent tag, and the date of the challenge keeps the old presentation out.
// giveUp() is the one exception: it removes a session for which D1 refused the row.
//
// Time is `now` as the caller gives it. If the clock is settable, the alarm decides with the last `now` that the session
// received; otherwise no `now` is stored. `due` is real time: the time when the alarm next looks at a session. The object
// has one alarm, set for the earliest session. All tables are WITHOUT ROWID, so the order of rows does not tell the order
// of visits.

import { DurableObject } from "cloudflare:workers";
import { equalBytes } from "../protocol/bytes.ts";
import type { Hex } from "../protocol/encodings.ts";
import { accept, check, decodeWindow, encodeWindow, newWindow } from "../protocol/replay-window.ts";
import { SESSION_TABLES } from "../schema/session-tables.ts";

export interface ReplayWindowEnv {
  CLOCK: "system" | "settable";
}

/** A session's row in the service's D1, the table `sessions` of schema/service.ts. */
export interface SessionRowToDeliver {
  serviceId: Hex;
  tagHash: Hex;
  epoch: number;
  day: number;
  checkIn: Uint8Array;
}
/** The values of a session for its row in the escrow's index, of a verified check-in. */
export interface IndexRowToDeliver {
  epoch: number;
  serviceId: Hex;
  /** T, 96 bytes */
  tag: Uint8Array;
  /** 64 bytes (protocol/index-row.ts) */
  rowProof: Uint8Array;
}
/** "stands": the row is this check-in's, written now or before. "spent": another check-in has it. "closed": no new row. */
export type RowOutcome = "stands" | "spent" | "closed";
/**
 * How the two rows of a session reach their tables. The service's door passes it in (functions/service.ts), so that this
 * folder imports nothing from functions/. Both receivers treat a repetition as one delivery. Both methods throw if the
 * receiver does not answer.
 */
export interface SessionDelivery {
  row(shard: number, row: SessionRowToDeliver): Promise<RowOutcome>;
  indexRow(row: IndexRowToDeliver, now: number): Promise<void>;
  /** Tells the clinic's bell of the check-in, if it has one. Never rejects. */
  ring(checkIn: { serviceId: Hex; tagHash: Hex; day: number }): Promise<void>;
}

export interface OpenRequest {
  tagHash: Hex;
  serviceId: Hex;
  /** The D1 shard of the service's rows. */
  shard: number;
  epoch: number;
  day: number;
  presentationHash: Hex;
  checkIn: Uint8Array;
  /** T, 96 bytes. */
  tag: Uint8Array;
  /** 64 bytes (protocol/index-row.ts) */
  rowProof: Uint8Array;
  /** Signed<Receipt> */
  receipt: Uint8Array;
  closesAt: number;
}
export type OpenOutcome =
  | {
      outcome: "opened" | "repeated";
      receipt: Uint8Array /** a row is not yet marked as delivered */;
      pending: boolean;
    }
  | { outcome: "refused" };
type Repetition = Pick<OpenRequest, "tagHash" | "presentationHash">;

export interface FrameIn {
  direction: number;
  seq: number;
  frame: Uint8Array;
  /** If it is absent, every repetition is a replay. */
  idempotencyKeyHash: Hex | undefined;
}
export type FrameOutcome = "accepted" | "repeated" | "replayed" | "too-old" | "limit" | "full" | "closed";
export interface QueuedFrame {
  seq: number;
  frame: Uint8Array;
}

/** Limits per session and direction, so that one session cannot fill the object that others share. */
export const MAX_QUEUED_FRAMES = 500;
export const MAX_QUEUED_BYTES = 4 << 20;
const FRAMES_PER_ANSWER = 50;
const FIRST_RETRY_MS = 15_000;
const LONGEST_RETRY_MS = 3_600_000;
/** Each delivery makes two calls, and the platform limits the calls of one alarm. The next alarm follows at once. */
const DELIVERED_PER_ALARM = 20;
const FORGOTTEN_PER_ALARM = 1000;
const NOTHING_PENDING = "(check_in IS NULL AND tag IS NULL)";

type SessionRow = {
  tag_hash: Hex;
  service_id: Hex;
  shard: number;
  epoch: number;
  day: number;
  presentation_hash: Hex;
  receipt: ArrayBuffer;
  closes_at: number;
  /** 0 if the clock is the system's. */
  last_now: number;
  /** null once the D1 row exists */
  check_in: ArrayBuffer | null;
  /** null once the index row exists */
  tag: ArrayBuffer | null;
  row_proof: ArrayBuffer;
  attempts: number;
  due: number;
};

export class ReplayWindow<Env extends ReplayWindowEnv = ReplayWindowEnv> extends DurableObject<Env> {
  readonly #sql: SqlStorage;
  readonly #delivery: SessionDelivery;
  /** Whether the tables exist. An object that was only read stays empty; the first open() creates the tables. */
  #made: boolean;
  /** The time of the alarm in ms, as far as this instance knows. */
  #alarmAt = Number.POSITIVE_INFINITY;

  constructor(ctx: DurableObjectState, env: Env, delivery: SessionDelivery) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#delivery = delivery;
    this.#made = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'session'").toArray().length > 0;
  }

  #session(tagHash: Hex): SessionRow | undefined {
    return this.#made
      ? this.#sql.exec<SessionRow>("SELECT * FROM session WHERE tag_hash = ?", tagHash).toArray()[0]
      : undefined;
  }

  #kept(now: number): number {
    return this.env.CLOCK === "settable" ? now : 0;
  }

  /** Opens the session, once. The same check-in gets the same answer again, whoever sends it. */
  open(r: OpenRequest, now: number): OpenOutcome {
    const held = this.#session(r.tagHash);
    if (held) return this.#recall(held, r);
    if (!this.#made) this.#sql.exec(SESSION_TABLES);
    this.#made = true;
    const due = Date.now() + FIRST_RETRY_MS;
    this.#sql.exec(
      "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
      r.tagHash,
      r.serviceId,
      r.shard,
      r.epoch,
      r.day,
      r.presentationHash,
      r.receipt,
      r.closesAt,
      this.#kept(now),
      r.checkIn,
      r.tag,
      r.rowProof,
      due,
    );
    if (due < this.#alarmAt) void this.#arm();
    return { outcome: "opened", receipt: r.receipt, pending: true };
  }

  /** The answer of open() once more, for a repetition that arrives after the challenge expired, or for a recall. */
  recall(r: Repetition): OpenOutcome {
    const held = this.#session(r.tagHash);
    return held ? this.#recall(held, r) : { outcome: "refused" };
  }

  #recall(held: SessionRow, r: Repetition): OpenOutcome {
    return held.presentation_hash === r.presentationHash
      ? { outcome: "repeated", receipt: new Uint8Array(held.receipt), pending: Boolean(held.check_in || held.tag) }
      : { outcome: "refused" };
  }

  /** Removes a session whose row D1 has refused, with its frames. */
  giveUp(tagHash: Hex, presentationHash: Hex): void {
    if (this.#session(tagHash)?.presentation_hash !== presentationHash) return;
    for (const table of ["session", "frames", "windows"])
      this.#sql.exec(`DELETE FROM ${table} WHERE tag_hash = ?`, tagHash);
  }

  /**
   * Delivers rows of one epoch that are still pending, and returns how many sessions have pending rows before and after. The
   * index of an epoch is closed only after every object has none left (functions/service/index-completion.ts).
   */
  async deliverEpoch(epoch: number): Promise<{ before: number; after: number }> {
    if (!this.#made) return { before: 0, after: 0 };
    const pending = `FROM session WHERE epoch = ? AND NOT ${NOTHING_PENDING}`;
    const left = () => this.#sql.exec<{ n: number }>(`SELECT count(*) AS n ${pending}`, epoch).one().n;
    const before = left();
    const batch = this.#sql.exec<SessionRow>(`SELECT * ${pending} LIMIT ?`, epoch, DELIVERED_PER_ALARM).toArray();
    for (const held of batch) await this.#deliverAll(held);
    return { before, after: left() };
  }

  /** Marks both rows of the session as delivered. */
  delivered(tagHash: Hex): void {
    if (!this.#made) return;
    this.#sql.exec(
      "UPDATE session SET check_in = NULL, tag = NULL, due = max(closes_at * 1000, ?) WHERE tag_hash = ?",
      Date.now() + LONGEST_RETRY_MS,
      tagHash,
    );
  }

  /** Sets the alarm for the earliest session. If there is no session, it empties the object. */
  async #arm(): Promise<void> {
    const { due } = this.#sql.exec<{ due: number | null }>("SELECT min(due) AS due FROM session").one();
    if (due !== null) {
      this.#alarmAt = due;
      await this.ctx.storage.setAlarm(due);
      return;
    }
    this.#made = false;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    void this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /**
   * False if the receiver did not answer; a later alarm tries again. Errors are dropped, because they quote the row.
   * If D1 refuses the row, the session is given up, and its index row with it.
   */
  async #deliver(what: "row" | "index", held: SessionRow, now: number): Promise<boolean> {
    const { shard, service_id: serviceId, tag_hash: tagHash, epoch, day, check_in, tag, row_proof } = held;
    try {
      if (what === "row" && check_in) {
        const row = { serviceId, tagHash, epoch, day, checkIn: new Uint8Array(check_in) };
        if ((await this.#delivery.row(shard, row)) === "stands")
          this.#sql.exec("UPDATE session SET check_in = NULL WHERE tag_hash = ?", tagHash);
        else this.giveUp(tagHash, held.presentation_hash);
      }
      // The index row waits for the session's row, so that the index names no session that was given up.
      if (what === "index" && tag && this.#session(tagHash)?.check_in === null) {
        const rowProof = new Uint8Array(row_proof);
        await this.#delivery.indexRow({ epoch, serviceId, tag: new Uint8Array(tag), rowProof }, now);
        await this.#delivery.ring({ serviceId, tagHash, day });
        this.#sql.exec("UPDATE session SET tag = NULL WHERE tag_hash = ?", tagHash);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** If the alarm comes early, as in tests, it takes the sessions that are due first. */
  override async alarm(): Promise<void> {
    if (!this.#made) return;
    const { first } = this.#sql.exec<{ first: number }>("SELECT min(due) AS first FROM session").one();
    const until = Math.max(Date.now(), first);
    const pending = this.#sql
      .exec<SessionRow>(
        `SELECT * FROM session WHERE due <= ? AND NOT ${NOTHING_PENDING} ORDER BY due LIMIT ?`,
        until,
        DELIVERED_PER_ALARM,
      )
      .toArray();
    for (const held of pending) await this.#deliverAll(held);
    this.#forget(until);
    await this.#arm();
  }

  async #deliverAll(held: SessionRow): Promise<void> {
    const now = this.env.CLOCK === "settable" ? held.last_now : Math.floor(Date.now() / 1000);
    const outcomes = [await this.#deliver("row", held, now), await this.#deliver("index", held, now)];
    if (!outcomes.includes(false)) return;
    const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(held.attempts + 1, 16), LONGEST_RETRY_MS);
    this.#sql.exec(
      "UPDATE session SET attempts = attempts + 1, due = ? WHERE tag_hash = ?",
      Date.now() + wait,
      held.tag_hash,
    );
  }

  /** Handles due sessions with nothing pending: forgets those that are over, and postpones the others until then. */
  #forget(until: number): void {
    const over = `closes_at <= max(last_now, ${this.env.CLOCK === "settable" ? 0 : Math.floor(Date.now() / 1000)})`;
    const gone = this.#sql
      .exec<{ tag_hash: Hex }>(
        `DELETE FROM session WHERE tag_hash IN
           (SELECT tag_hash FROM session WHERE due <= ? AND ${NOTHING_PENDING} AND ${over} LIMIT ?) RETURNING tag_hash`,
        until,
        FORGOTTEN_PER_ALARM,
      )
      .toArray();
    for (const { tag_hash } of gone)
      for (const table of ["frames", "windows"]) this.#sql.exec(`DELETE FROM ${table} WHERE tag_hash = ?`, tag_hash);
    this.#sql.exec(
      `UPDATE session SET due = max(closes_at * 1000, ?) WHERE due <= ? AND ${NOTHING_PENDING} AND NOT ${over}`,
      Date.now() + LONGEST_RETRY_MS,
      until,
    );
  }

  /**
   * Accepts a frame. The caller has authenticated the sender. The window moves only together with the stored frame (RFC
   * 4303 section 3.4.3). So no accepted frame is lost, and a refused frame changes nothing.
   */
  accept(tagHash: Hex, f: FrameIn, now: number): FrameOutcome {
    if (!this.#session(tagHash)) return "closed";
    const [state] = this.#sql
      .exec<{ state: ArrayBuffer }>(
        "SELECT state FROM windows WHERE tag_hash = ? AND direction = ?",
        tagHash,
        f.direction,
      )
      .toArray();
    const window = state ? decodeWindow(new Uint8Array(state.state)) : newWindow();
    const decision = check(window, f.seq);
    if (decision === "replayed" && this.#isRepetition(tagHash, f)) return "repeated";
    if (decision !== "ok") return decision;
    const { n, bytes } = this.#sql
      .exec<{ n: number; bytes: number | null }>(
        "SELECT count(*) AS n, sum(length(frame)) AS bytes FROM frames WHERE tag_hash = ? AND direction = ?",
        tagHash,
        f.direction,
      )
      .one();
    if (n >= MAX_QUEUED_FRAMES || (bytes ?? 0) + f.frame.length > MAX_QUEUED_BYTES) return "full";
    const moved = encodeWindow(accept(window, f.seq));
    const key = f.idempotencyKeyHash ?? null;
    // One transaction: if a statement fails, neither the window moves nor the frame stands.
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("INSERT OR REPLACE INTO windows VALUES (?, ?, ?)", tagHash, f.direction, moved);
      this.#sql.exec("INSERT INTO frames VALUES (?, ?, ?, ?, ?)", tagHash, f.direction, f.seq, f.frame, key);
      this.#sql.exec("UPDATE session SET last_now = max(last_now, ?) WHERE tag_hash = ?", this.#kept(now), tagHash);
    });
    return "accepted";
  }

  /** Whether the sender repeats a frame because it lost our answer: same idempotency key and same bytes. */
  #isRepetition(tagHash: Hex, f: FrameIn): boolean {
    if (f.idempotencyKeyHash === undefined) return false;
    const [held] = this.#sql
      .exec<{ frame: ArrayBuffer; idempotency_key_hash: Hex | null }>(
        "SELECT frame, idempotency_key_hash FROM frames WHERE tag_hash = ? AND direction = ? AND seq = ?",
        tagHash,
        f.direction,
        f.seq,
      )
      .toArray();
    return (
      held !== undefined &&
      held.idempotency_key_hash === f.idempotencyKeyHash &&
      equalBytes(new Uint8Array(held.frame), f.frame)
    );
  }

  /** Deletes exactly the acknowledged frames, then returns the queued frames of one direction with seq > after, in order. */
  frames(tagHash: Hex, direction: number, after: number, acknowledged: readonly number[]): QueuedFrame[] | "closed" {
    if (!this.#session(tagHash)) return "closed";
    for (const seq of acknowledged)
      this.#sql.exec("DELETE FROM frames WHERE tag_hash = ? AND direction = ? AND seq = ?", tagHash, direction, seq);
    return this.#sql
      .exec<{ seq: number; frame: ArrayBuffer }>(
        "SELECT seq, frame FROM frames WHERE tag_hash = ? AND direction = ? AND seq > ? ORDER BY seq LIMIT ?",
        tagHash,
        direction,
        after,
        FRAMES_PER_ANSWER,
      )
      .toArray()
      .map(({ seq, frame }) => ({ seq, frame: new Uint8Array(frame) }));
  }
}
