// A clinic's events: over a socket, and what it missed.

import * as z from "zod";
import { caseState } from "../case-state.ts";
import { ANYONE, type AnswersOf, clinic, JSON_TYPE, route } from "../contract.ts";
import { hexText, limitUpTo, serviceId, tagHash } from "../fields.ts";

const EVENTS_PER_PAGE = 500;
const MAX_PROTOCOLS_CHARACTERS = 1000;

const callers = [clinic("system/Event.r")];
const params = { id: serviceId };

export const EVENTS = {
  issueEventTicket: route({
    method: "POST",
    path: "/v1/services/:id/events/ticket",
    callers,
    params,
    produces: [JSON_TYPE],
  }),
  openEventSocket: route({
    method: "GET",
    path: "/v1/services/:id/events/socket",
    callers: [ANYONE],
    params,
    headers: { "sec-websocket-protocol": z.string().max(MAX_PROTOCOLS_CHARACTERS).optional() },
    produces: [],
  }),
  listEvents: route({
    method: "GET",
    path: "/v1/services/:id/events",
    callers,
    params,
    query: {
      after: z
        .string()
        .regex(/^(?:0|[1-9]\d{0,5})$/, "the cursor of an event expected")
        .transform(Number)
        .optional()
        .meta({ type: "integer", minimum: 0, maximum: 999_999 }),
      cursor: z
        .string()
        .regex(/^(?:check-in\.\d{1,6}\.[0-9a-f]{64}|message\.[0-9a-f]{64})$/, "not a cursor of this list")
        .optional(),
      limit: limitUpTo(EVENTS_PER_PAGE),
    },
    produces: [JSON_TYPE],
  }),
};

export const EVENTS_ANSWERS = () => {
  const Ticket = z
    .object({ ticket: z.string().describe("32 bytes in base64url"), expiresIn: z.int().describe("seconds") })
    .meta({ id: "EventTicket" });
  const Event = z
    .object({
      type: z.enum(["check-in", "message", "case"]),
      day: z.int().min(0).describe("days since 1970-01-01"),
      tagHash: tagHash.optional().describe("the session of a check-in or message"),
      caseId: hexText(32).optional().describe("the case of a case's event"),
      state: caseState.optional(),
    })
    .meta({ id: "Event" });
  const Events = z
    .object({
      events: z.array(Event),
      today: z.string().describe("the value of `after` for the next catch-up"),
      cursor: z.string().optional().describe("absent on the last page"),
    })
    .meta({ id: "Events" });
  return {
    issueEventTicket: {
      summary: "Get a ticket for one socket",
      ok: { 201: { json: Ticket } },
    },
    openEventSocket: {
      summary: "Open the clinic's socket of events",
      description:
        "An upgrade to a WebSocket with the subprotocols symbolon.events.v1 and ticket.TICKET. Each ticket opens one socket. The socket sends one JSON text per event, in the form Event.",
      ok: { 101: {} },
      problems: ["credential-refused", "not-found"],
    },
    listEvents: {
      summary: "Read the events that the clinic missed",
      description:
        "Check-ins from the day before `after` on, then the sessions whose messages wait, then the watched cases. Within a day the order is that of tagHashes, which reveals no time. Readers drop the check-ins that they know.",
      ok: { 200: { json: Events } },
    },
  } satisfies AnswersOf<typeof EVENTS>;
};
