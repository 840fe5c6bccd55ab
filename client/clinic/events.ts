// The clinic's events: its SDK learns of a check-in, a message and a case without polling. An event says that something
// changed, and where: no content and no name. The clinic then reads the session, its messages or the case as before.
//
//   socket     a WebSocket to the clinic's bell. Its ticket is got with the clinic's token, serves once, and travels as a
//              subprotocol, so no URL holds a secret
//   catch-up   GET /v1/services/:id/events?after=CURSOR, after each connection. A cursor is a day, since the service keeps no
//              finer order of check-ins. So that day and the one before are read again, and `Given` drops the repetitions
//   again      a broken connection is made again, after waits that grow and are random
//
// Every event comes at least once. If a stored cursor is used after a restart, events of its day may come a second time. A
// message comes again at each connection until the clinic has fetched it, and a case until it has ended.

import { SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { decodeAnswer, SymbolonError } from "../errors.ts";
import { eachItem, MAX_CLINIC_ROWS } from "../shared/paging.ts";
import { pause } from "../shared/patience.ts";
import { ApiError, jsonOf, type Transport } from "../transport.ts";
import type { ClinicApi } from "./api.ts";

const CASE_STATES = ["ordered", "approved", "noticed", "opened", "refused", "expired"] as const;
/** The state of a case at the escrow. */
export type CaseEventState = (typeof CASE_STATES)[number];

interface EventBase {
  /** Store it, and pass it to `events({ after })` after a restart. */
  readonly cursor: string;
  /** YYYY-MM-DD in UTC. The service tells no finer time. */
  readonly day: string;
}
/** Something changed. `tagHash` names the session and `caseId` the case, 32 bytes in hex each. */
export type ClinicEvent =
  | (EventBase & { readonly type: "check-in" | "message"; readonly tagHash: string })
  | (EventBase & { readonly type: "case"; readonly caseId: string; readonly state: CaseEventState });

export interface EventOptions {
  /** the cursor of an earlier event. If it is absent, check-ins before the call do not come */
  readonly after?: string;
  /** ends the events when it aborts */
  readonly signal?: AbortSignal;
}

/** The subprotocol of the socket. The ticket stands beside it, as TICKET_PREFIX + ticket. */
const PROTOCOL = "symbolon.events.v1";
const TICKET_PREFIX = "ticket.";
const CURSOR = /^(?:0|[1-9]\d{0,5})$/;
const HASH = /^[0-9a-f]{64}$/;
/** WebSocket.OPEN, where the platform may have no WebSocket of its own. */
const OPEN = 1;
const OPEN_MS = 15_000;
const PING_MS = 30_000;
/** A connection without any answer for so long counts as broken. */
const SILENCE_MS = 75_000;
const LONGEST_WAIT_MS = 60_000;
/** After a connection of this length, the next wait is that of STEADY_ATTEMPT: up to 1.6 s, since others broke off too. */
const STEADY_MS = 60_000;
const STEADY_ATTEMPT = 5;
/** Refusals that no later attempt changes. */
const FINAL: readonly string[] = [
  "malformed",
  "credential-refused",
  "token-refused",
  "insufficient-scope",
  "forbidden",
  "not-found",
  "unknown-problem",
];

/** An event as the service writes it. */
interface EventJson {
  type: string;
  /** counted from 1970-01-01 */
  day: number;
  tagHash?: string;
  caseId?: string;
  state?: string;
}
interface EventPage {
  events: EventJson[];
  /** the cursor of this moment */
  today: string;
  cursor?: string;
}

const isHash = (value: unknown): value is string => typeof value === "string" && HASH.test(value);

/** Undefined for a type of event that this version does not know. @throws SymbolonError bad-answer */
function readEvent({ type, day, tagHash, caseId, state }: EventJson): ClinicEvent | undefined {
  if (!Number.isInteger(day) || !CURSOR.test(String(day))) throw new SymbolonError("bad-answer", "the day of an event");
  const at = { cursor: String(day), day: new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 10) };
  if (type === "check-in" || type === "message") {
    if (!isHash(tagHash)) throw new SymbolonError("bad-answer", "the session of an event");
    return { type, tagHash, ...at };
  }
  if (type !== "case") return undefined;
  const known = CASE_STATES.find((name) => name === state);
  if (!isHash(caseId) || !known) throw new SymbolonError("bad-answer", "the case of an event");
  return { type, caseId, state: known, ...at };
}

/** The check-ins that were given already, and their days. */
class Given {
  readonly #days = new Map<string, number>();

  /** Whether the event is new. Messages and cases always count as new: a session can have another message. */
  add(event: ClinicEvent): boolean {
    if (event.type !== "check-in") return true;
    if (this.#days.has(event.tagHash)) return false;
    this.#days.set(event.tagHash, Number(event.cursor));
    return true;
  }

  /** Forgets the days that no catch-up reads again. */
  forgetBefore(day: number): void {
    for (const [tagHash, of] of this.#days) if (of < day) this.#days.delete(tagHash);
  }
}

/** The messages of one socket, in order. */
class Incoming {
  readonly #waiting: string[] = [];
  #ended = false;
  #wake: () => void = () => {};

  push(text: string): void {
    this.#waiting.push(text);
    this.#wake();
  }
  end(): void {
    this.#ended = true;
    this.#wake();
  }
  /** The next message; undefined after the last one. */
  async next(): Promise<string | undefined> {
    while (this.#waiting.length === 0 && !this.#ended)
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    return this.#waiting.shift();
  }
}

interface Connection {
  readonly incoming: Incoming;
  close(): void;
}

/** @throws SymbolonError no-websocket */
function openSocket(t: Transport, url: string, protocols: string[]): WebSocket {
  if (t.webSocket) return t.webSocket(url, protocols);
  if (typeof WebSocket === "undefined") throw new SymbolonError("no-websocket");
  return new WebSocket(url, protocols);
}

/** @throws ApiError unreachable if the socket does not open */
function connect(t: Transport, url: string, ticket: string, signal: AbortSignal | undefined): Promise<Connection> {
  const socket = openSocket(t, url, [PROTOCOL, TICKET_PREFIX + ticket]);
  const incoming = new Incoming();
  return new Promise((resolve, reject) => {
    let heard = Date.now();
    const close = (): void => {
      clearInterval(beat);
      clearTimeout(late);
      signal?.removeEventListener("abort", close);
      incoming.end();
      socket.close();
      reject(new ApiError("unreachable", 0, { detail: "the socket closed" }, `GET ${new URL(url).pathname}`));
    };
    const beat = setInterval(() => {
      if (Date.now() - heard > SILENCE_MS) close();
      else if (socket.readyState === OPEN) socket.send("ping");
    }, PING_MS);
    const late = setTimeout(close, OPEN_MS);
    signal?.addEventListener("abort", close);
    socket.addEventListener("open", () => {
      clearTimeout(late);
      resolve({ incoming, close });
    });
    socket.addEventListener("message", ({ data }: MessageEvent) => {
      heard = Date.now();
      if (typeof data === "string" && data !== "pong") incoming.push(data);
    });
    socket.addEventListener("close", close);
    socket.addEventListener("error", close);
  });
}

/** Resolves after the wait, or at once when the signal aborts. */
async function waitUnless(signal: AbortSignal | undefined, wait: Promise<void>): Promise<void> {
  if (signal?.aborted) return;
  let stop = (): void => {};
  const aborted = new Promise<void>((done) => {
    stop = done;
  });
  signal?.addEventListener("abort", stop);
  await Promise.race([wait, aborted]);
  signal?.removeEventListener("abort", stop);
}

/** What the events need of a Clinic. */
export interface EventSource {
  readonly transport: Transport;
  readonly api: ClinicApi;
  /** base URL of the service Worker */
  readonly serviceUrl: string;
  /** 16 bytes in hex */
  readonly serviceId: string;
}

/**
 * The service's answer to a catch-up, page by page. Returns the cursor for the next one.
 * @throws ApiError; SymbolonError bad-answer
 */
export async function* missed(
  { api }: EventSource,
  after: string | undefined,
): AsyncGenerator<ClinicEvent, string, void> {
  let today: string | undefined;
  const rows = eachItem({
    name: "events of this clinic",
    most: MAX_CLINIC_ROWS,
    ask: async (cursor) => {
      const query = new URLSearchParams({ ...(after && { after }), ...(cursor && { cursor }) });
      const page = await api.ownJson<EventPage>(query.size === 0 ? "/events" : `/events?${query}`);
      today ??= page.today;
      return page;
    },
    itemsOf: (page) => page.events,
    keyOf: (event: EventJson) => JSON.stringify(event),
  });
  for await (const json of rows) {
    const event = readEvent(json);
    if (event) yield event;
  }
  if (today === undefined || !CURSOR.test(today)) throw new SymbolonError("bad-answer", "the cursor of events");
  return today;
}

/** Marks the check-ins of today as given. Returns the cursor of this moment. */
async function startFromNow(source: EventSource, given: Given): Promise<string> {
  const past = missed(source, undefined);
  for (;;) {
    const { done, value } = await past.next();
    if (done) return value;
    given.add(value);
  }
}

/**
 * The clinic's events, until `signal` aborts or the caller leaves the loop. A connection that breaks is made again for as long
 * as it takes, and what came meanwhile is caught up.
 * @throws ApiError if the service refuses for good; SymbolonError bad-id for a cursor of no event, bad-answer, no-websocket
 */
export async function* clinicEvents(
  source: EventSource,
  { after, signal }: EventOptions = {},
): AsyncGenerator<ClinicEvent, void, void> {
  if (after !== undefined && !CURSOR.test(after)) throw new SymbolonError("bad-id", "cursor of an event");
  const { transport, api, serviceId } = source;
  const socketUrl = `${source.serviceUrl.replace(/^http/, "ws")}/v1/services/${serviceId}/events/socket`;
  const given = new Given();
  let cursor = after;
  for (let attempt = 1; !signal?.aborted; attempt++) {
    let connection: Connection | undefined;
    let openedAt: number | undefined;
    try {
      cursor ??= await startFromNow(source, given);
      const path = "/events/ticket";
      const { ticket } = await jsonOf<{ ticket: string }>(await api.own(path, { method: "POST" }), `POST ${path}`);
      connection = await connect(transport, socketUrl, ticket, signal);
      openedAt = Date.now();
      const past = missed(source, cursor);
      for (let next = await past.next(); ; next = await past.next()) {
        if (signal?.aborted) return;
        if (next.done) {
          cursor = next.value;
          break;
        }
        if (given.add(next.value)) yield next.value;
      }
      given.forgetBefore(Number(cursor) - 1);
      for (let text = await connection.incoming.next(); text !== undefined; text = await connection.incoming.next()) {
        const json = text;
        const event = readEvent(decodeAnswer("an event", () => JSON.parse(json) as EventJson));
        if (signal?.aborted) return;
        if (event && given.add(event)) yield event;
      }
    } catch (error) {
      if (!(error instanceof ApiError) || FINAL.includes(error.code)) throw error;
    } finally {
      connection?.close();
    }
    if (openedAt !== undefined && Date.now() - openedAt > STEADY_MS) attempt = STEADY_ATTEMPT;
    await waitUnless(signal, pause(transport, attempt, 0, LONGEST_WAIT_MS));
  }
}
