// Events of a clinic: it learns of a check-in, a message and a case without polling.
//
//   POST /v1/services/:id/events/ticket    clinic -> {ticket, expiresIn}: for one socket
//   GET  /v1/services/:id/events/socket    upgrade to a WebSocket. Sec-WebSocket-Protocol: symbolon.events.v1, ticket.TICKET
//                                          -> one JSON text per event: {type, day, tagHash} or {type, day, caseId, state}
//   GET  /v1/services/:id/events?after=&cursor=&limit=   clinic -> {events, today, cursor?}: what was missed
//
// A browser cannot send an Authorization header with a WebSocket, and a URL stands in logs. So the ticket travels as a
// subprotocol. The bell keeps its hash for TICKET_SECONDS, and it opens one socket.
//
// Catch-up reads what the service has anyway: the sessions of D1 by their day, the sessions whose messages the clinic has not
// fetched, and the cases that it watches. `after` is a day, as `today` and the events of sockets have it. A challenge may be
// answered some minutes after midnight, under the day before. So the day before `after` is read again, and its readers drop
// the sessions that they know. Within a day the order is that of tagHashes, which says nothing about time.

import { sha256 } from "@noble/hashes/sha2.js";
import { and, asc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Context } from "hono";
import type { QueryOf } from "../../api/contract.ts";
import { EVENTS } from "../../api/service/events.ts";
import { TICKET_SECONDS } from "../../durable-objects/clinic-bell.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { sessions } from "../../schema/service.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { serve } from "../shared/serve.ts";
import { bellOf, ownBell } from "./bells.ts";
import { refreshCases } from "./case-watches.ts";
import { type Service, serviceOfPath } from "./registry.ts";
import { clinicOf } from "./tokens.ts";

const TICKET_BYTES = 32;
const TICKET = /(?:^|,)\s*ticket\.([A-Za-z0-9_-]{43})\s*(?:,|$)/;
const CHECK_IN_CURSOR = /^check-in\.(\d{1,6})\.([0-9a-f]{64})$/;
const MESSAGE_CURSOR = /^message\.([0-9a-f]{64})$/;

type ServiceContext = Context<{ Bindings: ServiceEnv }>;

/** An event as it stands in a list. */
interface ListedEvent {
  type: "check-in" | "message" | "case";
  day: number;
  tagHash?: Hex;
  caseId?: Hex;
  state?: string;
}

const hashOf = (ticket: string): Hex => bytesToHex(sha256(utf8ToBytes(ticket)));

/** Check-ins after a place in their order. One lower bound: SQLite seeks by one, and would visit every row up to a second. */
async function checkIns({ db, serviceId }: Service, [day, tagHash]: [number, string], limit: number) {
  const rows = await drizzle(db)
    .select({ day: sessions.day, tagHash: sessions.tagHash })
    .from(sessions)
    .where(and(eq(sessions.serviceId, serviceId), sql`(${sessions.day}, ${sessions.tagHash}) > (${day}, ${tagHash})`))
    .orderBy(asc(sessions.day), asc(sessions.tagHash))
    .limit(limit);
  return rows.map(({ day, tagHash }): ListedEvent => ({ type: "check-in", day, tagHash }));
}

/** Waiting messages after a tagHash. The last page also has the watched cases. */
async function messagesAndCases(c: ServiceContext, service: Service, after: string, limit: number) {
  if (!service.bell) return { events: [] };
  const rows = await bellOf(c.env, service.serviceId).waiting(after, limit);
  const events = rows.map(({ tagHash, day }): ListedEvent => ({ type: "message", day, tagHash }));
  if (rows.length === limit) return { events, cursor: `message.${rows.at(-1)!.tagHash}` };
  const cases = await refreshCases(c.env, service, now(c));
  const known = cases.flatMap(({ caseId, state, day }): ListedEvent[] =>
    state === null ? [] : [{ type: "case", day, caseId, state }],
  );
  return { events: [...events, ...known] };
}

/** @param from the first day of the list */
async function eventPage(
  c: ServiceContext,
  service: Service,
  from: number,
  { cursor = "", limit }: QueryOf<typeof EVENTS.listEvents>,
) {
  const message = MESSAGE_CURSOR.exec(cursor);
  if (message) return messagesAndCases(c, service, message[1]!, limit);
  const checkIn = CHECK_IN_CURSOR.exec(cursor);
  const isWithin = checkIn && Number(checkIn[1]) >= from;
  const page = await checkIns(service, isWithin ? [Number(checkIn[1]), checkIn[2]!] : [from, ""], limit);
  const last = page.at(-1);
  if (last && page.length === limit) return { events: page, cursor: `check-in.${last.day}.${last.tagHash}` };
  const rest = await messagesAndCases(c, service, "", limit - page.length);
  return { ...rest, events: [...page, ...rest.events] };
}

/** Hands the upgrade to the bell. @throws Problem malformed, credential-refused, too-many */
async function openSocket(c: ServiceContext, { serviceId }: Service, protocols: string | undefined): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket")
    throw new Problem("malformed", "An upgrade to a WebSocket is expected.");
  const ticket = TICKET.exec(protocols ?? "")?.[1];
  if (ticket === undefined) throw refused("no ticket among the subprotocols");
  const answer = await bellOf(c.env, serviceId).fetch(`https://bell/?ticket=${hashOf(ticket)}`, {
    headers: { upgrade: "websocket" },
  });
  if (answer.status === 429) throw new Problem("too-many", "Too many sockets of this clinic are open.");
  if (answer.status !== 101) throw refused("ticket: unknown, used before or too old");
  return answer;
}

export function registerEvents(app: RoleApp<ServiceEnv>): void {
  serve(app, EVENTS.issueEventTicket, async (c, { scopes }) => {
    const bell = await ownBell(c.env, await clinicOf(c, scopes));
    const ticket = toBase64url(rng(TICKET_BYTES));
    if (!(await bell.issue(hashOf(ticket)))) throw new Problem("too-many", "Too many tickets are waiting to be used.");
    return c.json({ ticket, expiresIn: TICKET_SECONDS }, 201);
  });

  serve(app, EVENTS.openEventSocket, async (c, { params: { id }, headers }) =>
    openSocket(c, await serviceOfPath(c.env, id), headers["sec-websocket-protocol"]),
  );

  serve(app, EVENTS.listEvents, async (c, { query, scopes }) => {
    const service = await clinicOf(c, scopes);
    const today = dayOf(now(c));
    return c.json({ ...(await eventPage(c, service, (query.after ?? today) - 1, query)), today: String(today) });
  });
}
