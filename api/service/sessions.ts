// A clinic's list of its own sessions.

import * as z from "zod";
import { type AnswersOf, clinic, JSON_TYPE, type JsonOf, route } from "../contract.ts";
import { anyBase64url, limitUpTo, serviceId, tagHash } from "../fields.ts";
import { documentJson } from "./decoded.ts";

const SESSIONS_PER_PAGE = 100;

const decoded = z
  .string()
  .regex(/^true$/)
  .optional();

export const SESSIONS = {
  listSessions: route({
    method: "GET",
    path: "/v1/services/:id/sessions",
    callers: [clinic("system/Session.s")],
    params: { id: serviceId },
    query: { cursor: tagHash.optional(), limit: limitUpTo(SESSIONS_PER_PAGE), decoded },
    produces: [JSON_TYPE],
  }),
  readSession: route({
    method: "GET",
    path: "/v1/services/:id/sessions/:tagHash",
    callers: [clinic("system/Session.r")],
    params: { id: serviceId, tagHash },
    query: { decoded },
    produces: [JSON_TYPE],
  }),
};

export const SESSIONS_ANSWERS = () => {
  const Session = z
    .object({
      tagHash: anyBase64url.describe("32 bytes"),
      epoch: z.int().min(0).describe("the month of the session, counted from January 1970"),
      day: z.int().min(0).describe("days since 1970-01-01"),
      checkIn: anyBase64url.describe("the CheckIn document"),
      decoded: documentJson().optional().describe("the check-in as JSON, if asked for by decoded=true"),
    })
    .meta({ id: "Session" });
  const Sessions = z
    .object({ sessions: z.array(Session), cursor: tagHash.optional().describe("absent on the last page") })
    .meta({ id: "Sessions" });
  return {
    listSessions: {
      summary: "List the sessions of the clinic's service",
      description: "Ordered by tagHash, which reveals no time.",
      ok: { 200: { json: Sessions } },
    },
    readSession: {
      summary: "Read one session",
      ok: { 200: { json: Session } },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof SESSIONS>;
};

type Answered = ReturnType<typeof SESSIONS_ANSWERS>;
export type SessionsPage = JsonOf<Answered["listSessions"]>;
export type SessionRow = SessionsPage["sessions"][number];
