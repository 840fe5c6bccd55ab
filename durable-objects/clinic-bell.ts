// The bell of one clinic: it tells the clinic that something changed, over sockets and webhooks. The object's name is the
// service id (functions/service/bells.ts). A clinic that never asked for events has none.
//
// An event is a type, the tagHash of a session or the id of a case, and a day. It has no content and no name.
//
// Invariant. The object keeps no order of events and nothing that joins two of them, and it keeps no event longer than somebody
// waits for it:
//   ticket    one per socket to be opened: its hash. Deleted when it is used, at the latest TICKET_SECONDS after its issue
//   waiting   sessions with a message that the clinic has not fetched. Deleted when it has
//   watched   cases that the clinic asked about, and their states. Deleted on request, at the latest after WATCH_DAYS
//   webhook   addresses and signing secrets, until the clinic removes them
//   outbox    one row per webhook and event that is not delivered yet. Deleted on delivery
//   dead      events whose delivery was given up. Deleted after a week, on redelivery, and with their webhook
// A check-in stands only in outbox and dead. A clinic that missed one finds it among its sessions in D1, by its day.
//
// Each method checks and writes in one synchronous block. ring() writes rows and sends on sockets, and the alarm alone calls
// receivers. So no receiver holds up a caller of ring(). webhook-outbox.ts has the states of an event on its way.
//
// Sockets hibernate. The object closes them after SOCKET_SECONDS, and the clinic needs a token for the next ticket. All times in
// here are real time: tickets and retries have nothing to do with a settable clock.

import { DurableObject } from "cloudflare:workers";
import type { Hex } from "../protocol/encodings.ts";
import { BELL_TABLES } from "../schema/bell-tables.ts";
import { type CaseState, isFinal, isLater } from "../schema/case-list.ts";
import { type DeadLetter, type Deliver, type NewWebhook, WebhookOutbox, type WebhookView } from "./webhook-outbox.ts";

/** `seq` is the number of the frame. It is told to nobody. */
export type BellEvent =
  | { type: "check-in"; tagHash: Hex; day: number }
  | { type: "message"; tagHash: Hex; day: number; seq: number }
  | { type: "case"; caseId: Hex; state: CaseState; day: number };
export interface WatchedCase {
  caseId: Hex;
  /** null if the escrow does not have the case */
  state: CaseState | null;
  day: number;
  /** whether the state can still change */
  final: boolean;
}

export const TICKET_SECONDS = 30;
export const SOCKET_SECONDS = 3600;
const MAX_TICKETS = 64;
const MAX_SOCKETS = 32;
export const MAX_WATCHED = 64;
export const WATCH_DAYS = 120;
const MAX_WAITING = 20_000;
const DAY_MS = 86_400_000;

const EVENTS_PROTOCOL = "symbolon.events.v1";
const POLICY_VIOLATION = 1008;
/** the socket is over; the clinic may open another one */
const SOCKET_OVER = 4000;

const openUntil = (socket: WebSocket): number => (socket.deserializeAttachment() as { until: number }).until;

/** A socket that is closing takes no message. Its clinic catches up later. */
function tell(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    socket.close();
  }
}

export class ClinicBell<Env = unknown> extends DurableObject<Env> {
  readonly #sql: SqlStorage;
  readonly #hooks: WebhookOutbox;
  /** Whether the tables exist. A bell that was only asked stays empty. */
  #made: boolean;
  /** The time of the alarm in ms, as far as this instance knows. */
  #alarmAt: number | undefined;

  constructor(ctx: DurableObjectState, env: Env, deliver: Deliver) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#hooks = new WebhookOutbox(this.#sql, deliver);
    this.#made = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'webhook'").toArray().length > 0;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  #make(): void {
    if (!this.#made) this.#sql.exec(BELL_TABLES);
    this.#made = true;
  }
  #count(table: "ticket" | "waiting" | "watched" | "webhook"): number {
    return this.#sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
  }

  // ---- events

  ring(events: readonly BellEvent[]): void {
    // Without tables there is no socket, no webhook and no watched case. A message is noted all the same.
    if (!this.#made && !events.some(({ type }) => type === "message")) return;
    this.#make();
    const sockets = this.ctx.getWebSockets();
    for (const event of events) {
      if (event.type === "case" && !this.#moves(event)) continue;
      if (event.type === "message") this.#waits(event);
      const { type, day } = event;
      const [about, state] = event.type === "case" ? [event.caseId, event.state] : [event.tagHash, null];
      const text = JSON.stringify(
        event.type === "case" ? { type, day, caseId: about, state } : { type, day, tagHash: about },
      );
      for (const socket of sockets) tell(socket, text);
      this.#hooks.take({ type, about, state, day });
    }
    this.#arm();
  }

  #waits({ tagHash, day, seq }: { tagHash: Hex; day: number; seq: number }): void {
    if (this.#count("waiting") >= MAX_WAITING) return;
    this.#sql.exec(
      `INSERT INTO waiting VALUES (?1, ?2, ?3)
       ON CONFLICT (tag_hash) DO UPDATE SET day = max(day, ?2), seq = max(seq, ?3)`,
      tagHash,
      day,
      seq,
    );
  }

  /** The clinic has fetched all messages of the session up to this number. A later one still waits. */
  fetched(tagHash: Hex, seq: number): void {
    if (this.#made) this.#sql.exec("DELETE FROM waiting WHERE tag_hash = ? AND seq <= ?", tagHash, seq);
  }

  /** Sessions with waiting messages, in the order of their tagHashes. */
  waiting(after: string, limit: number): { tagHash: Hex; day: number }[] {
    if (!this.#made) return [];
    return this.#sql
      .exec<{ tagHash: Hex; day: number }>(
        "SELECT tag_hash AS tagHash, day FROM waiting WHERE tag_hash > ? ORDER BY tag_hash LIMIT ?",
        after,
        limit,
      )
      .toArray();
  }

  // ---- cases

  /** Watches a case, in the state that the escrow has told. False if the clinic watches too many. */
  watch(caseId: Hex, state: CaseState | null, day: number): boolean {
    this.#make();
    this.#sql.exec("DELETE FROM watched WHERE until <= ?", Date.now());
    const isKnown = this.cases().some((held) => held.caseId === caseId);
    if (!isKnown && this.#count("watched") >= MAX_WATCHED) return false;
    this.#sql.exec(
      "INSERT INTO watched VALUES (?, ?, ?, ?) ON CONFLICT (case_id) DO NOTHING",
      caseId,
      state,
      day,
      Date.now() + WATCH_DAYS * DAY_MS,
    );
    this.#arm();
    return true;
  }

  unwatch(caseId: Hex): void {
    if (this.#made) this.#sql.exec("DELETE FROM watched WHERE case_id = ?", caseId);
  }

  cases(): WatchedCase[] {
    if (!this.#made) return [];
    return this.#sql
      .exec<{ caseId: Hex; state: CaseState | null; day: number }>(
        "SELECT case_id AS caseId, state, day FROM watched ORDER BY case_id",
      )
      .toArray()
      .map((held) => ({ ...held, final: held.state !== null && isFinal(held.state) }));
  }

  /** Whether a watched case goes forward to this state. A case that the clinic does not watch is not kept. */
  #moves({ caseId, state, day }: { caseId: Hex; state: CaseState; day: number }): boolean {
    const held = this.cases().find((one) => one.caseId === caseId);
    if (!held || (held.state !== null && !isLater(state, held.state))) return false;
    this.#sql.exec("UPDATE watched SET state = ?, day = ? WHERE case_id = ?", state, day, caseId);
    return true;
  }

  // ---- sockets

  /** Keeps a ticket. False if too many are out. @param hash SHA-256 of the ticket */
  issue(hash: Hex): boolean {
    this.#make();
    this.#sql.exec("DELETE FROM ticket WHERE until <= ?", Date.now());
    if (this.#count("ticket") >= MAX_TICKETS) return false;
    this.#sql.exec("INSERT INTO ticket VALUES (?, ?)", hash, Date.now() + TICKET_SECONDS * 1000);
    this.#arm();
    return true;
  }

  #spend(hash: string): boolean {
    const spent = this.#sql.exec<{ until: number }>("DELETE FROM ticket WHERE hash = ? RETURNING until", hash);
    return spent.toArray().some(({ until }) => Date.now() < until);
  }

  /** Opens a socket. The query of the URL has the hash of its ticket. Status 403: no such ticket; 429: too many sockets. */
  override fetch(request: Request): Response {
    const hash = new URL(request.url).searchParams.get("ticket") ?? "";
    if (!this.#made || !this.#spend(hash)) return new Response(null, { status: 403 });
    if (this.ctx.getWebSockets().length >= MAX_SOCKETS) return new Response(null, { status: 429 });
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.ctx.acceptWebSocket(ours);
    ours.serializeAttachment({ until: Date.now() + SOCKET_SECONDS * 1000 });
    this.#arm();
    return new Response(null, {
      status: 101,
      webSocket: theirs,
      headers: { "sec-websocket-protocol": EVENTS_PROTOCOL },
    });
  }

  /** A clinic has nothing to say here but "ping", which the runtime answers. */
  override webSocketMessage(socket: WebSocket): void {
    socket.close(POLICY_VIOLATION);
  }
  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  // ---- webhooks

  webhooks(): WebhookView[] {
    return this.#made ? this.#hooks.list() : [];
  }
  webhook(id: Hex): WebhookView | undefined {
    return this.#made ? this.#hooks.view(id) : undefined;
  }
  register(hook: NewWebhook): WebhookView | "full" | "registered" {
    this.#make();
    return this.#hooks.register(hook);
  }
  remove(id: Hex): boolean {
    if (!this.#made || !this.#hooks.remove(id)) return false;
    this.#arm();
    return true;
  }
  /** @param secret 32 random bytes */
  rotate(id: Hex, secret: Uint8Array): WebhookView | undefined {
    const view = this.#made ? this.#hooks.rotate(id, secret) : undefined;
    this.#arm();
    return view;
  }
  enable(id: Hex): WebhookView | undefined {
    return this.#made ? this.#hooks.enable(id) : undefined;
  }
  /** Sends an event of the type "test". The runtime reserves the name `test`. */
  sendTest(id: Hex, day: number): "sent" | "disabled" | undefined {
    const outcome = this.#made ? this.#hooks.test(id, day) : undefined;
    this.#arm();
    return outcome;
  }
  deadLetters(id: Hex, after: string, limit: number): DeadLetter[] {
    return this.#made ? this.#hooks.dead(id, after, limit) : [];
  }
  /** @param ids all if absent. Returns how many were put back into the outbox */
  redeliver(id: Hex, ids?: readonly string[]): number | "disabled" | undefined {
    const outcome = this.#made ? this.#hooks.redeliver(id, ids) : undefined;
    this.#arm();
    return outcome;
  }

  // ---- the alarm

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    if (!this.#made) return;
    const now = Date.now();
    for (const socket of this.ctx.getWebSockets()) if (openUntil(socket) <= now) socket.close(SOCKET_OVER);
    for (const table of ["ticket", "watched"]) this.#sql.exec(`DELETE FROM ${table} WHERE until <= ?`, now);
    this.#hooks.prune();
    await this.#hooks.drain();
    this.#arm();
  }

  /** Sets the alarm for whatever is due first. If the object keeps nothing any more, it is emptied. */
  #arm(): void {
    if (!this.#made) return;
    const { until } = this.#sql
      .exec<{ until: number | null }>(
        "SELECT min(until) AS until FROM (SELECT min(until) AS until FROM ticket UNION ALL SELECT min(until) FROM watched)",
      )
      .one();
    const times = [until, this.#hooks.due(), ...this.ctx.getWebSockets().map(openUntil)];
    const next = Math.min(...times.filter((time) => time !== null));
    if (Number.isFinite(next)) {
      if (next !== this.#alarmAt) void this.ctx.storage.setAlarm(next);
      this.#alarmAt = next;
      return;
    }
    this.#alarmAt = undefined;
    void this.ctx.storage.deleteAlarm();
    if (this.#count("webhook") > 0 || this.#count("waiting") > 0) return;
    this.#made = false;
    void this.ctx.storage.deleteAll();
  }
}
