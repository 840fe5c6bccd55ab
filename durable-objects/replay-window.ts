// One session: its single use, its channel's replay windows, and what is still to be delivered about it.
// Named by the tagHash, so a tag meets the same object whatever service it is shown to.
//
// Invariant: an object holds at most one check-in, for ever the first that open() was given; and of each direction's
// frames each seq at most once. open() and accept() check and write in one synchronous block, after all cryptography,
// so no two requests come between; the runtime lets no answer out before the write is durable.
//
// Outbox: a check-in counts from the moment open() has written it. Its D1 row and its row in the escrow's index follow:
// whoever opened writes both and says so by delivered(); what is not ticked off then, the alarm delivers from here, until
// both are done. Both receivers take repetition for one.
// After closesAt (the epoch's end, and the grace in which offline check-ins may still come) the object clears itself:
// the D1 row keeps the spent tag, and the challenge's date keeps the old presentation out.
//
// Time is `now` as the caller gave it. Alarms are scheduled in real time; where the clock is settable they decide with
// the last `now` that was given.

import { DurableObject } from "cloudflare:workers";
import { accept, check, decodeWindow, encodeWindow, newWindow } from "../protocol/replay-window.ts";
import { type DeliveryEnv, deliverIndexRows, deliverSessionRow, indexRowOf } from "./session-delivery.ts";

export interface ReplayWindowEnv extends DeliveryEnv {
  CLOCK: "system" | "settable";
}

/** Ids and hashes in lower-case hex. */
export interface OpenRequest {
  tagHash: string;
  serviceId: string;
  /** which D1 the service's rows are in */
  shard: number;
  epoch: number;
  day: number;
  presentationHash: string;
  idempotencyKeyHash: string;
  checkIn: Uint8Array;
  /** T, 96 bytes */
  tag: Uint8Array;
  receipt: Uint8Array;
  closesAt: number;
}
export type OpenOutcome =
  | { outcome: "opened" | "repeated"; receipt: Uint8Array /** row or index row not ticked off */; pending: boolean }
  | { outcome: "refused" };

export interface FrameIn {
  direction: number;
  seq: number;
  frame: Uint8Array;
  /** none: every repetition is a replay */
  idempotencyKeyHash: string | undefined;
}
export type FrameOutcome = "accepted" | "repeated" | "replayed" | "too-old" | "limit" | "full" | "closed";
export interface QueuedFrame {
  seq: number;
  frame: Uint8Array;
}

export const MAX_QUEUED_FRAMES = 500;
export const FRAMES_PER_ANSWER = 50;
const FIRST_RETRY_MS = 15_000;
const LONGEST_RETRY_MS = 3_600_000;

type SessionRow = {
  tag_hash: string;
  service_id: string;
  shard: number;
  epoch: number;
  day: number;
  presentation_hash: string;
  idempotency_key_hash: string;
  receipt: ArrayBuffer;
  closes_at: number;
  last_now: number;
  /** null once the D1 row stands */
  check_in: ArrayBuffer | null;
  /** null once the index row stands */
  tag: ArrayBuffer | null;
  attempts: number;
};

const SESSION_TABLE = `
  CREATE TABLE session (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    tag_hash TEXT NOT NULL, service_id TEXT NOT NULL, shard INTEGER NOT NULL, epoch INTEGER NOT NULL, day INTEGER NOT NULL,
    presentation_hash TEXT NOT NULL, idempotency_key_hash TEXT NOT NULL, receipt BLOB NOT NULL,
    closes_at INTEGER NOT NULL, last_now INTEGER NOT NULL, check_in BLOB, tag BLOB, attempts INTEGER NOT NULL
  );`;
/** Made with the first frame: most sessions never have one, and a table is a page on disk. */
const FRAME_TABLES = `
  CREATE TABLE IF NOT EXISTS windows (direction INTEGER PRIMARY KEY, state BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS frames (
    direction INTEGER NOT NULL, seq INTEGER NOT NULL, frame BLOB NOT NULL, idempotency_key_hash TEXT,
    PRIMARY KEY (direction, seq)
  ) WITHOUT ROWID;`;

const sameBytes = (a: ArrayBuffer, b: Uint8Array): boolean =>
  a.byteLength === b.length && new Uint8Array(a).every((x, i) => x === b[i]);

export class ReplayWindow extends DurableObject<ReplayWindowEnv> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: ReplayWindowEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
  }

  #has(table: "session" | "frames"): boolean {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", table).toArray().length > 0;
  }

  /** Nothing is written for a tag that was never opened: an object that was only asked stays empty. */
  #session(): SessionRow | undefined {
    return this.#has("session") ? this.#sql.exec<SessionRow>("SELECT * FROM session").toArray()[0] : undefined;
  }

  /** Opens the session, once. The same check-in under the same idempotency key is told the same again. */
  open(r: OpenRequest, now: number): OpenOutcome {
    const held = this.#session();
    if (held) return this.#recall(held, r);
    this.#sql.exec(SESSION_TABLE);
    this.#sql.exec(
      "INSERT INTO session VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
      r.tagHash,
      r.serviceId,
      r.shard,
      r.epoch,
      r.day,
      r.presentationHash,
      r.idempotencyKeyHash,
      r.receipt,
      r.closesAt,
      now,
      r.checkIn,
      r.tag,
    );
    void this.ctx.storage.setAlarm(Date.now() + FIRST_RETRY_MS);
    return { outcome: "opened", receipt: r.receipt, pending: true };
  }

  /** What open() said, for a repetition that comes when the challenge has expired. */
  recall(r: Pick<OpenRequest, "presentationHash" | "idempotencyKeyHash">): OpenOutcome {
    const held = this.#session();
    return held ? this.#recall(held, r) : { outcome: "refused" };
  }

  #recall(held: SessionRow, r: Pick<OpenRequest, "presentationHash" | "idempotencyKeyHash">): OpenOutcome {
    return held.presentation_hash === r.presentationHash && held.idempotency_key_hash === r.idempotencyKeyHash
      ? { outcome: "repeated", receipt: new Uint8Array(held.receipt), pending: Boolean(held.check_in || held.tag) }
      : { outcome: "refused" };
  }

  /** Both rows stand where they belong: nothing is left to deliver. */
  delivered(): void {
    const held = this.#session();
    if (!held) return;
    this.#sql.exec("UPDATE session SET check_in = NULL, tag = NULL");
    void this.#rest(held);
  }

  /** Until the session's end. */
  #rest({ closes_at }: SessionRow): Promise<void> {
    return this.ctx.storage.setAlarm(Math.max(closes_at * 1000, Date.now() + LONGEST_RETRY_MS));
  }

  /** False: the receiver did not answer, and the next alarm tries again. Errors stay here: they quote what was sent. */
  async #deliver(what: "row" | "index", held: SessionRow, now: number): Promise<boolean> {
    const { shard, service_id: serviceId, tag_hash: tagHash, epoch, day, check_in, tag } = held;
    try {
      if (what === "row" && check_in) {
        await deliverSessionRow(this.env, shard, { serviceId, tagHash, epoch, day, checkIn: new Uint8Array(check_in) });
        this.#sql.exec("UPDATE session SET check_in = NULL");
      }
      if (what === "index" && tag) {
        await deliverIndexRows(this.env, [indexRowOf({ epoch, serviceId, tag: new Uint8Array(tag) })], now);
        this.#sql.exec("UPDATE session SET tag = NULL");
      }
      return true;
    } catch {
      return false;
    }
  }

  override async alarm(): Promise<void> {
    const held = this.#session();
    if (!held) return;
    const now = this.env.CLOCK === "settable" ? held.last_now : Math.floor(Date.now() / 1000);
    const outcomes = [await this.#deliver("row", held, now), await this.#deliver("index", held, now)];
    if (outcomes.includes(false)) {
      const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(held.attempts + 1, 16), LONGEST_RETRY_MS);
      this.#sql.exec("UPDATE session SET attempts = attempts + 1");
      await this.ctx.storage.setAlarm(Date.now() + wait);
    } else if (now >= held.closes_at) {
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
    } else {
      await this.#rest(held);
    }
  }

  /**
   * Takes a frame whose sender the caller has authenticated. Checked first, and the window moves only with the frame
   * stored (RFC 4303 section 3.4.3), so nothing accepted is lost and nothing refused moves anything.
   */
  accept(f: FrameIn, now: number): FrameOutcome {
    if (!this.#session()) return "closed";
    this.#sql.exec(FRAME_TABLES);
    const [state] = this.#sql
      .exec<{ state: ArrayBuffer }>("SELECT state FROM windows WHERE direction = ?", f.direction)
      .toArray();
    const window = state ? decodeWindow(new Uint8Array(state.state)) : newWindow();
    const decision = check(window, f.seq);
    if (decision === "replayed" && this.#isRepetition(f)) return "repeated";
    if (decision !== "ok") return decision;
    const { n } = this.#sql
      .exec<{ n: number }>("SELECT count(*) AS n FROM frames WHERE direction = ?", f.direction)
      .one();
    if (n >= MAX_QUEUED_FRAMES) return "full";
    this.#sql.exec("INSERT OR REPLACE INTO windows VALUES (?, ?)", f.direction, encodeWindow(accept(window, f.seq)));
    this.#sql.exec("INSERT INTO frames VALUES (?, ?, ?, ?)", f.direction, f.seq, f.frame, f.idempotencyKeyHash ?? null);
    this.#sql.exec("UPDATE session SET last_now = max(last_now, ?)", now);
    return "accepted";
  }

  /** A sender that lost our answer, as told by its idempotency key and the very same frame. */
  #isRepetition(f: FrameIn): boolean {
    if (f.idempotencyKeyHash === undefined) return false;
    const [held] = this.#sql
      .exec<{ frame: ArrayBuffer; idempotency_key_hash: string | null }>(
        "SELECT frame, idempotency_key_hash FROM frames WHERE direction = ? AND seq = ?",
        f.direction,
        f.seq,
      )
      .toArray();
    return held !== undefined && held.idempotency_key_hash === f.idempotencyKeyHash && sameBytes(held.frame, f.frame);
  }

  /** Queued frames of one direction behind `after`, in order; exactly the acknowledged ones are forgotten first. */
  frames(direction: number, after: number, acknowledged: readonly number[]): QueuedFrame[] | "closed" {
    if (!this.#session()) return "closed";
    if (!this.#has("frames")) return [];
    for (const seq of acknowledged)
      this.#sql.exec("DELETE FROM frames WHERE direction = ? AND seq = ?", direction, seq);
    return this.#sql
      .exec<{ seq: number; frame: ArrayBuffer }>(
        "SELECT seq, frame FROM frames WHERE direction = ? AND seq > ? ORDER BY seq LIMIT ?",
        direction,
        after,
        FRAMES_PER_ANSWER,
      )
      .toArray()
      .map(({ seq, frame }) => ({ seq, frame: new Uint8Array(frame) }));
  }
}
