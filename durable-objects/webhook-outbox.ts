// The webhooks of one clinic and their outbox, in the tables of its bell (clinic-bell.ts has the invariant).
//
//   enqueue ──> outbox ── 2xx ──> deleted
//                  ├── any other answer, or none ──> outbox, due later (webhook-retries.ts)
//                  └── the last attempt failed, or the webhook was disabled ──> dead ── redeliver ──> outbox
//
// Every event is delivered at least once. Its row leaves the outbox after a receiver's 2xx, so a crash in between repeats the
// delivery under the same id. drain() sends MAX_IN_FLIGHT events at a time and at most MAX_PER_WEBHOOK of one webhook. So a slow
// receiver holds up no other one.

import type { Hex } from "../protocol/encodings.ts";
import type { CaseState } from "../schema/case-list.ts";
import { DISABLE_AFTER_SECONDS, retryWaitMs } from "./webhook-retries.ts";

export type EventType = "check-in" | "message" | "case";

/** An event on its way to a webhook. */
export interface Delivery {
  /** webhook-id; the same at every attempt */
  id: string;
  type: EventType | "test";
  /** a tagHash, or a case id if the type is "case"; empty for a test */
  about: string;
  state: CaseState | null;
  day: number;
}
export interface DeadLetter extends Delivery {
  reason: string;
}
export interface Receiver {
  /** of the clinic */
  serviceId: Hex;
  url: string;
  /** the present one, then those that it has replaced lately; 32 bytes each */
  secrets: Uint8Array[];
}
export type DeliveryOutcome =
  | { outcome: "delivered" }
  | { outcome: "gone" }
  /** `reason` is told to the clinic */
  | { outcome: "failed"; reason: string; retryAfterSeconds?: number };
/** Sends one event to one webhook, within a bounded time. It never rejects. */
export type Deliver = (to: Receiver, delivery: Delivery) => Promise<DeliveryOutcome>;

export interface NewWebhook {
  id: Hex;
  serviceId: Hex;
  url: string;
  types: EventType[];
  /** 32 random bytes */
  secret: Uint8Array;
}
/** "failing": without success for five days. "gone": the receiver answered 410. */
export type Disabled = "failing" | "gone";
export interface WebhookView {
  id: Hex;
  url: string;
  types: EventType[];
  disabled: Disabled | null;
  /** events in the outbox */
  waiting: number;
  dead: number;
  /** events that were not taken, because the webhook was disabled or had too many waiting */
  missed: number;
  /** unix seconds: until then a replaced secret signs too */
  oldSecretUntil: number | null;
}

const SECRET_OVERLAP_SECONDS = 86_400;
export const MAX_WEBHOOKS = 8;
/** Events of one webhook. */
const MAX_OUTBOX = 2000;
const MAX_DEAD = 2000;
const DEAD_DAYS = 7;
const MAX_IN_FLIGHT = 6;
const MAX_OLD_SECRETS = 3;
const MAX_PER_WEBHOOK = 2;
/** The platform limits the requests of one alarm. The next alarm follows at once. */
const DELIVERIES_PER_DRAIN = 200;
const DAY_MS = 86_400_000;
const HOUR_SECONDS = 3600;

type WebhookRow = {
  id: Hex;
  service_id: Hex;
  url: string;
  types: string;
  secret: ArrayBuffer;
  disabled: Disabled | null;
  failing_since: number | null;
  missed: number;
};
type OutboxRow = {
  id: string;
  webhook: Hex;
  type: Delivery["type"];
  about: string;
  state: CaseState | null;
  day: number;
  attempts: number;
  due: number;
};
type DeadRow = {
  id: string;
  type: Delivery["type"];
  about: string;
  state: CaseState | null;
  day: number;
  reason: string;
};

const newMessageId = (): string => `msg_${crypto.randomUUID().replaceAll("-", "")}`;
const unixSeconds = (): number => Math.floor(Date.now() / 1000);

export class WebhookOutbox {
  readonly #sql: SqlStorage;
  readonly #deliver: Deliver;
  /** tells a running drain() that a row is due */
  #poke = (): void => {};

  /** The tables exist whenever a method is called. */
  constructor(sql: SqlStorage, deliver: Deliver) {
    this.#sql = sql;
    this.#deliver = deliver;
  }

  // ---- webhooks

  #all(): WebhookRow[] {
    return this.#sql.exec<WebhookRow>("SELECT * FROM webhook ORDER BY id").toArray();
  }
  #find(id: Hex): WebhookRow | undefined {
    return this.#all().find((row) => row.id === id);
  }

  #viewOf(row: WebhookRow): WebhookView {
    const { id, url, disabled, missed } = row;
    const old = this.#oldSecrets(id).map(({ until }) => until);
    const of = (table: "outbox" | "dead") =>
      this.#sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE webhook = ?`, id).one().n;
    return {
      id,
      url,
      types: JSON.parse(row.types) as EventType[],
      disabled,
      waiting: of("outbox"),
      dead: of("dead"),
      missed,
      oldSecretUntil: old.length > 0 ? Math.max(...old) : null,
    };
  }

  list(): WebhookView[] {
    return this.#all().map((row) => this.#viewOf(row));
  }
  view(id: Hex): WebhookView | undefined {
    const row = this.#find(id);
    return row && this.#viewOf(row);
  }

  register(hook: NewWebhook): WebhookView | "full" | "registered" {
    const all = this.#all();
    if (all.some(({ url }) => url === hook.url)) return "registered";
    if (all.length >= MAX_WEBHOOKS) return "full";
    this.#sql.exec(
      "INSERT INTO webhook VALUES (?, ?, ?, ?, ?, NULL, NULL, 0)",
      hook.id,
      hook.serviceId,
      hook.url,
      JSON.stringify(hook.types),
      hook.secret,
    );
    return this.view(hook.id)!;
  }

  /** Removes the webhook and its events. False if there is none. */
  remove(id: Hex): boolean {
    if (!this.#find(id)) return false;
    for (const table of ["outbox", "dead", "old_secret"]) this.#sql.exec(`DELETE FROM ${table} WHERE webhook = ?`, id);
    this.#sql.exec("DELETE FROM webhook WHERE id = ?", id);
    return true;
  }

  /**
   * Replaces the secret. The one before signs too until the overlap ends. A clinic that has lost the answer rotates once more,
   * so several replaced secrets can be good at a time.
   */
  rotate(id: Hex, secret: Uint8Array): WebhookView | undefined {
    const row = this.#find(id);
    if (!row) return undefined;
    const until = unixSeconds() + SECRET_OVERLAP_SECONDS;
    this.#sql.exec("INSERT OR REPLACE INTO old_secret VALUES (?, ?, ?)", id, row.secret, until);
    this.#sql.exec("UPDATE webhook SET secret = ? WHERE id = ?", secret, id);
    for (const { secret: last } of this.#oldSecrets(id).slice(MAX_OLD_SECRETS))
      this.#sql.exec("DELETE FROM old_secret WHERE webhook = ? AND secret = ?", id, last);
    return this.view(id);
  }

  /** Replaced secrets that still sign; the one that is good longest comes first. */
  #oldSecrets(id: Hex): { secret: ArrayBuffer; until: number }[] {
    return this.#sql
      .exec<{ secret: ArrayBuffer; until: number }>(
        "SELECT secret, until FROM old_secret WHERE webhook = ? AND until > ? ORDER BY until DESC",
        id,
        unixSeconds(),
      )
      .toArray();
  }

  /** Takes a disabled webhook into service again. */
  enable(id: Hex): WebhookView | undefined {
    this.#sql.exec("UPDATE webhook SET disabled = NULL, failing_since = NULL, missed = 0 WHERE id = ?", id);
    return this.view(id);
  }

  // ---- events

  /** Puts the event into the outbox of each webhook that wants it. */
  take(event: Omit<Delivery, "id">): void {
    for (const webhook of this.#all())
      if ((JSON.parse(webhook.types) as string[]).includes(event.type)) this.#enqueue(webhook, event);
  }

  /** Puts an event of the type "test" into the outbox of one webhook. */
  test(id: Hex, day: number): "sent" | "disabled" | undefined {
    const row = this.#find(id);
    if (!row || row.disabled) return row && "disabled";
    this.#enqueue(row, { type: "test", about: "", state: null, day });
    return "sent";
  }

  #enqueue(webhook: WebhookRow, { type, about, state, day }: Omit<Delivery, "id">, id = newMessageId()): void {
    const { n } = this.#sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox WHERE webhook = ?", webhook.id).one();
    if (webhook.disabled || n >= MAX_OUTBOX) {
      this.#miss(webhook.id, 1);
      return;
    }
    const row = [id, webhook.id, type, about, state, day, Date.now()];
    this.#sql.exec("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, 0, ?)", ...row);
    this.#poke();
  }

  #miss(webhook: Hex, events: number): void {
    this.#sql.exec("UPDATE webhook SET missed = missed + ? WHERE id = ?", events, webhook);
  }

  dead(id: Hex, after: string, limit: number): DeadLetter[] {
    return this.#sql
      .exec<DeadRow>(
        "SELECT id, type, about, state, day, reason FROM dead WHERE webhook = ? AND id > ? ORDER BY id LIMIT ?",
        id,
        after,
        limit,
      )
      .toArray();
  }

  /** Puts dead letters back into the outbox. Returns how many. @param ids all of the webhook if absent */
  redeliver(id: Hex, ids?: readonly string[]): number | "disabled" | undefined {
    const row = this.#find(id);
    if (!row || row.disabled) return row && "disabled";
    const letters = this.dead(id, "", MAX_DEAD).filter((letter) => ids?.includes(letter.id) ?? true);
    for (const letter of letters) {
      this.#sql.exec("DELETE FROM dead WHERE id = ?", letter.id);
      this.#enqueue(row, letter, letter.id);
    }
    return letters.length;
  }

  // ---- sending

  /** The time in ms when the next event is due, or when a dead letter or old secret ends; null if there is none. */
  due(): number | null {
    return this.#sql
      .exec<{ due: number | null }>(
        `SELECT min(due) AS due FROM (SELECT min(due) AS due FROM outbox UNION ALL SELECT min(until) FROM dead
           UNION ALL SELECT min(until) * 1000 FROM old_secret)`,
      )
      .one().due;
  }

  /** Deletes what has reached its end. */
  prune(): void {
    this.#sql.exec("DELETE FROM dead WHERE until <= ?", Date.now());
    this.#sql.exec("DELETE FROM old_secret WHERE until <= ?", unixSeconds());
  }

  /** Sends the events that are due, also those that come meanwhile. */
  async drain(): Promise<void> {
    const inFlight = new Map<string, { webhook: Hex; done: Promise<void> }>();
    for (let started = 0; ; ) {
      while (inFlight.size < MAX_IN_FLIGHT && started < DELIVERIES_PER_DRAIN) {
        const row = this.#nextDue(inFlight);
        if (!row) break;
        started++;
        const done = this.#attempt(row).finally(() => inFlight.delete(row.id));
        inFlight.set(row.id, { webhook: row.webhook, done });
      }
      if (inFlight.size === 0) return;
      const poked = new Promise<void>((poke) => {
        this.#poke = poke;
      });
      await Promise.race([...[...inFlight.values()].map(({ done }) => done), poked]);
    }
  }

  /** The row that is due first, of a webhook that has a free place. */
  #nextDue(inFlight: ReadonlyMap<string, { webhook: Hex }>): OutboxRow | undefined {
    const busy = [...inFlight.values()];
    const isFree = ({ id }: WebhookRow) => busy.filter(({ webhook }) => webhook === id).length < MAX_PER_WEBHOOK;
    const first = ({ id }: WebhookRow): OutboxRow[] =>
      this.#sql
        .exec<OutboxRow>(
          `SELECT * FROM outbox WHERE webhook = ? AND due <= ? AND id NOT IN (SELECT value FROM json_each(?))
           ORDER BY due LIMIT 1`,
          id,
          Date.now(),
          JSON.stringify([...inFlight.keys()]),
        )
        .toArray();
    return this.#all()
      .filter(isFree)
      .flatMap(first)
      .sort((a, b) => a.due - b.due)[0];
  }

  async #attempt({ id, webhook, type, about, state, day, attempts }: OutboxRow): Promise<void> {
    const to = this.#find(webhook);
    if (!to) return;
    const secrets = [to, ...this.#oldSecrets(webhook)].map(({ secret }) => new Uint8Array(secret));
    const result = await this.#deliver(
      { serviceId: to.service_id, url: to.url, secrets },
      { id, type, about, state, day },
    );
    // If the webhook was removed or disabled meanwhile, no statement below finds a row.
    if (result.outcome === "delivered") {
      this.#sql.exec("DELETE FROM outbox WHERE id = ?", id);
      this.#sql.exec("UPDATE webhook SET failing_since = NULL WHERE id = ?", webhook);
    } else if (result.outcome === "gone") this.#disable(webhook, "gone", "the receiver answered 410");
    else this.#failed(webhook, id, attempts + 1, result.reason, result.retryAfterSeconds);
  }

  #failed(webhook: Hex, id: string, attempts: number, reason: string, retryAfterSeconds: number | undefined): void {
    const now = unixSeconds();
    const since = this.#find(webhook)?.failing_since ?? now - (now % HOUR_SECONDS);
    this.#sql.exec("UPDATE webhook SET failing_since = ? WHERE id = ?", since, webhook);
    const wait = retryWaitMs(attempts, Math.random(), retryAfterSeconds);
    if (now - since > DISABLE_AFTER_SECONDS) this.#disable(webhook, "failing", reason);
    else if (wait === undefined) this.#bury(webhook, reason, id);
    else this.#sql.exec("UPDATE outbox SET attempts = ?, due = ? WHERE id = ?", attempts, Date.now() + wait, id);
  }

  #disable(webhook: Hex, disabled: Disabled, reason: string): void {
    this.#sql.exec("UPDATE webhook SET disabled = ? WHERE id = ?", disabled, webhook);
    this.#bury(webhook, reason);
  }

  /** Moves one event of the webhook, or all, to the dead letters. These end at midnight, so they tell no time of day. */
  #bury(webhook: Hex, reason: string, id?: string): void {
    const until = (Math.floor(Date.now() / DAY_MS) + 1 + DEAD_DAYS) * DAY_MS;
    const which = "webhook = ?1 AND (?2 IS NULL OR id = ?2)";
    this.#sql.exec(
      `INSERT OR REPLACE INTO dead SELECT id, webhook, type, about, state, day, ?3, ?4 FROM outbox WHERE ${which}`,
      webhook,
      id ?? null,
      reason,
      until,
    );
    this.#sql.exec(`DELETE FROM outbox WHERE ${which}`, webhook, id ?? null);
    const over = this.#sql
      .exec<{ id: string }>(
        `DELETE FROM dead WHERE webhook = ?1 AND id NOT IN (SELECT id FROM dead WHERE webhook = ?1 LIMIT ?2)
         RETURNING id`,
        webhook,
        MAX_DEAD,
      )
      .toArray();
    if (over.length > 0) this.#miss(webhook, over.length);
  }
}
