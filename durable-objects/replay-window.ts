// Sessions: the single use of each, its channel's replay windows, and what is still to be delivered about it. An object
// holds all sessions whose tagHash begins with its name (functions/service/session-objects.ts), so a tag meets the same object
// whatever service it is shown to.
//
// Invariant: an object holds at most one check-in a tagHash, for ever the first that open() was given; and of each
// session's and direction's frames each seq at most once. open() and accept() check and write in one synchronous block,
// after all cryptography, so no two requests come between; the runtime lets no answer out before the write is durable.
//
// Outbox: a check-in counts from the moment open() has written it. Its D1 row and its row in the escrow's index follow:
// whoever opened writes both and says so by delivered(); what is not ticked off then, the alarm delivers from here, until
// both are done. Both receivers take repetition for one.
// After closesAt (the epoch's end, and the grace in which offline check-ins may still come) a session is forgotten: the D1
// row keeps the spent tag, and the challenge's date keeps the old presentation out.
//
// Time is `now` as the caller gave it; where the clock is settable, the alarm decides with the last `now` that a session
// was given, and nothing else of it is kept. `due` is real time: when the alarm next looks at a session. The object's one
// alarm is set for the earliest. All tables are WITHOUT ROWID: no order of rows tells the order of visits.

import { DurableObject } from "cloudflare:workers";
import { equalBytes } from "../protocol/bytes.ts";
import type { Hex } from "../protocol/encodings.ts";
import { accept, check, decodeWindow, encodeWindow, newWindow } from "../protocol/replay-window.ts";
import { SESSION_TABLES } from "../schema/session-tables.ts";

export interface ReplayWindowEnv {
  CLOCK: "system" | "settable";
}

/** A session's row in the service's D1, as schema/service.ts `sessions` has it. */
export interface SessionRowToDeliver {
  serviceId: Hex;
  tagHash: Hex;
  epoch: number;
  day: number;
  checkIn: Uint8Array;
}
/** A session as the escrow's index needs it. `tag` is T, 96 bytes, of a verified presentation. */
export interface IndexRowToDeliver {
  epoch: number;
  serviceId: Hex;
  tag: Uint8Array;
}
/**
 * How the two rows of a session reach their tables. The service's door passes it in (functions/service.ts), so that this
 * folder imports nothing from functions/. Both receivers treat a repetition as one delivery. Both methods throw if the
 * receiver does not answer.
 */
export interface SessionDelivery {
  row(shard: number, row: SessionRowToDeliver): Promise<void>;
  indexRow(row: IndexRowToDeliver, now: number): Promise<void>;
}

/** Ids and hashes in lower-case hex. */
export interface OpenRequest {
  tagHash: Hex;
  serviceId: Hex;
  /** which D1 the service's rows are in */
  shard: number;
  epoch: number;
  day: number;
  presentationHash: Hex;
  idempotencyKeyHash: Hex;
  checkIn: Uint8Array;
  /** T, 96 bytes */
  tag: Uint8Array;
  receipt: Uint8Array;
  closesAt: number;
}
export type OpenOutcome =
  | { outcome: "opened" | "repeated"; receipt: Uint8Array /** row or index row not ticked off */; pending: boolean }
  | { outcome: "refused" };
type Repetition = Pick<OpenRequest, "tagHash" | "presentationHash" | "idempotencyKeyHash">;

export interface FrameIn {
  direction: number;
  seq: number;
  frame: Uint8Array;
  /** none: every repetition is a replay */
  idempotencyKeyHash: Hex | undefined;
}
export type FrameOutcome = "accepted" | "repeated" | "replayed" | "too-old" | "limit" | "full" | "closed";
export interface QueuedFrame {
  seq: number;
  frame: Uint8Array;
}

/** Of one session and direction: nobody's frames may fill the object that others share. */
export const MAX_QUEUED_FRAMES = 500;
export const MAX_QUEUED_BYTES = 4 << 20;
export const FRAMES_PER_ANSWER = 50;
const FIRST_RETRY_MS = 15_000;
const LONGEST_RETRY_MS = 3_600_000;
/** two calls each, and an alarm may make so many; the next one follows at once */
const DELIVERED_AN_ALARM = 20;
const FORGOTTEN_AN_ALARM = 1000;
const NOTHING_PENDING = "(check_in IS NULL AND tag IS NULL)";

type SessionRow = {
  tag_hash: Hex;
  service_id: Hex;
  shard: number;
  epoch: number;
  day: number;
  presentation_hash: Hex;
  idempotency_key_hash: Hex;
  receipt: ArrayBuffer;
  closes_at: number;
  /** 0 where the clock is the system's */
  last_now: number;
  /** null once the D1 row stands */
  check_in: ArrayBuffer | null;
  /** null once the index row stands */
  tag: ArrayBuffer | null;
  attempts: number;
  due: number;
};

export class ReplayWindow<Env extends ReplayWindowEnv = ReplayWindowEnv> extends DurableObject<Env> {
  readonly #sql: SqlStorage;
  readonly #delivery: SessionDelivery;
  /** Nothing is written before the first session is opened: an object that was only asked stays empty. */
  #made: boolean;
  /** when the alarm comes, as far as this instance knows */
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

  /** Opens the session, once. The same check-in under the same idempotency key is told the same again. */
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
      r.idempotencyKeyHash,
      r.receipt,
      r.closesAt,
      this.#kept(now),
      r.checkIn,
      r.tag,
      due,
    );
    if (due < this.#alarmAt) void this.#arm();
    return { outcome: "opened", receipt: r.receipt, pending: true };
  }

  /** What open() said, for a repetition that comes when the challenge has expired. */
  recall(r: Repetition): OpenOutcome {
    const held = this.#session(r.tagHash);
    return held ? this.#recall(held, r) : { outcome: "refused" };
  }

  #recall(held: SessionRow, r: Repetition): OpenOutcome {
    return held.presentation_hash === r.presentationHash && held.idempotency_key_hash === r.idempotencyKeyHash
      ? { outcome: "repeated", receipt: new Uint8Array(held.receipt), pending: Boolean(held.check_in || held.tag) }
      : { outcome: "refused" };
  }

  /** The caller, who has just opened it, found the tag spent elsewhere: as if it had never been opened. */
  giveUp(tagHash: Hex, presentationHash: Hex): void {
    if (!this.#made) return;
    this.#sql.exec("DELETE FROM session WHERE tag_hash = ? AND presentation_hash = ?", tagHash, presentationHash);
  }

  /** Both rows stand where they belong: nothing is left to deliver. */
  delivered(tagHash: Hex): void {
    if (!this.#made) return;
    this.#sql.exec(
      "UPDATE session SET check_in = NULL, tag = NULL, due = max(closes_at * 1000, ?) WHERE tag_hash = ?",
      Date.now() + LONGEST_RETRY_MS,
      tagHash,
    );
  }

  /** The alarm for the earliest session; where there is none, the object is empty again. */
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

  /** False: the receiver did not answer, and a later alarm tries again. Errors stay here: they quote what was sent. */
  async #deliver(what: "row" | "index", held: SessionRow, now: number): Promise<boolean> {
    const { shard, service_id: serviceId, tag_hash: tagHash, epoch, day, check_in, tag } = held;
    try {
      if (what === "row" && check_in) {
        await this.#delivery.row(shard, { serviceId, tagHash, epoch, day, checkIn: new Uint8Array(check_in) });
        this.#sql.exec("UPDATE session SET check_in = NULL WHERE tag_hash = ?", tagHash);
      }
      if (what === "index" && tag) {
        await this.#delivery.indexRow({ epoch, serviceId, tag: new Uint8Array(tag) }, now);
        this.#sql.exec("UPDATE session SET tag = NULL WHERE tag_hash = ?", tagHash);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** An alarm that comes early, as tests make it, takes the sessions that are due first. */
  override async alarm(): Promise<void> {
    if (!this.#made) return;
    const { first } = this.#sql.exec<{ first: number }>("SELECT min(due) AS first FROM session").one();
    const until = Math.max(Date.now(), first);
    const pending = this.#sql
      .exec<SessionRow>(
        `SELECT * FROM session WHERE due <= ? AND NOT ${NOTHING_PENDING} ORDER BY due LIMIT ?`,
        until,
        DELIVERED_AN_ALARM,
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

  /** Sessions that are due and have nothing pending: over, or at rest until they are. */
  #forget(until: number): void {
    const over = `closes_at <= max(last_now, ${this.env.CLOCK === "settable" ? 0 : Math.floor(Date.now() / 1000)})`;
    const gone = this.#sql
      .exec<{ tag_hash: Hex }>(
        `DELETE FROM session WHERE tag_hash IN
           (SELECT tag_hash FROM session WHERE due <= ? AND ${NOTHING_PENDING} AND ${over} LIMIT ?) RETURNING tag_hash`,
        until,
        FORGOTTEN_AN_ALARM,
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
   * Takes a frame whose sender the caller has authenticated. Checked first, and the window moves only with the frame
   * stored (RFC 4303 section 3.4.3), so nothing accepted is lost and nothing refused moves anything.
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
    this.#sql.exec("INSERT OR REPLACE INTO windows VALUES (?, ?, ?)", tagHash, f.direction, moved);
    const key = f.idempotencyKeyHash ?? null;
    this.#sql.exec("INSERT INTO frames VALUES (?, ?, ?, ?, ?)", tagHash, f.direction, f.seq, f.frame, key);
    this.#sql.exec("UPDATE session SET last_now = max(last_now, ?) WHERE tag_hash = ?", this.#kept(now), tagHash);
    return "accepted";
  }

  /** A sender that lost our answer, as told by its idempotency key and the very same frame. */
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

  /** Queued frames of one direction behind `after`, in order; exactly the acknowledged ones are forgotten first. */
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
