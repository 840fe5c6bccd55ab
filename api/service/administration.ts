// Requests of the operator's administrator. Each signed request serves once; to repeat an act, the administrator signs again.

import * as z from "zod";
import { ADMINISTRATOR, type AnswersOf, JSON_TYPE, type JsonOf, octets, route } from "../contract.ts";
import { epochText, serviceId } from "../fields.ts";

const MAX_CARD_BYTES = 1 << 20;
const callers = [ADMINISTRATOR];
const produces = [JSON_TYPE];

export const ADMINISTRATION = {
  registerService: route({
    method: "POST",
    path: "/v1/admin/services",
    callers,
    body: octets("Signed<ServiceCard>", MAX_CARD_BYTES),
    produces,
  }),
  suspendService: route({
    method: "POST",
    path: "/v1/admin/services/:id/suspend",
    callers,
    params: { id: serviceId },
    produces,
  }),
  resumeService: route({
    method: "POST",
    path: "/v1/admin/services/:id/resume",
    callers,
    params: { id: serviceId },
    produces,
  }),
  closeEpoch: route({
    method: "POST",
    path: "/v1/admin/epochs/:epoch/close",
    callers,
    params: { epoch: epochText },
    produces,
  }),
  completeIndex: route({
    method: "POST",
    path: "/v1/admin/epochs/:epoch/index",
    callers,
    params: { epoch: epochText },
    query: {
      cursor: z
        .string()
        .regex(/^(?:objects-\d{1,3}|rows-\d-(?:[0-9a-f]{32})?-(?:[0-9a-f]{64})?)$/, "the one of the answer before")
        .optional(),
    },
    produces,
  }),
  sweep: route({ method: "POST", path: "/v1/admin/sweep", callers, produces }),
  findOrphans: route({
    method: "POST",
    path: "/v1/admin/orphans",
    callers,
    query: { cursor: z.string().max(2048).optional(), remove: z.string().regex(/^yes$/).optional() },
    produces,
  }),
};

export const ADMINISTRATION_ANSWERS = () => {
  const number = z.int().min(0);
  const cursor = z.string().optional().describe("absent in the last answer");
  const Registered = z.object({ serviceId });
  const Suspension = z.object({ serviceId, suspended: z.boolean() });
  return {
    registerService: {
      summary: "Register a service, or replace its card",
      description:
        "A card of a higher version under the same key replaces the one before. The same card again changes nothing.",
      ok: { 200: { json: Registered }, 201: { json: Registered } },
      problems: ["unknown-version", "conflict", "not-allowed-now", "expired"],
    },
    suspendService: {
      summary: "Suspend a clinic",
      description: "No session is opened, and no record or statement is filed there from now on. Reading goes on.",
      ok: { 200: { json: Suspension } },
      problems: ["not-found"],
    },
    resumeService: { summary: "End a suspension", ok: { 200: { json: Suspension } }, problems: ["not-found"] },
    closeEpoch: {
      summary: "Close an epoch, so that nothing opens in it any more",
      ok: { 200: { json: z.object({ epoch: number, closed: z.literal(true) }) } },
      problems: ["not-allowed-now"],
    },
    completeIndex: {
      summary: "Do one step of the completion of an epoch's session index",
      ok: { 200: { json: z.object({ rows: number, conflicts: number, cursor }) } },
      problems: ["not-allowed-now", "conflict", "not-found", "expired", "forbidden"],
    },
    sweep: {
      summary: "Remove the leftovers of faults and erasures",
      ok: { 200: { json: z.object({ blobs: number, entries: number, assertions: number, links: number }) } },
    },
    findOrphans: {
      summary: "Find blobs that nothing names; remove=yes deletes them",
      ok: { 200: { json: z.object({ seen: number, orphans: number, cursor }) } },
    },
  } satisfies AnswersOf<typeof ADMINISTRATION>;
};

type Answered = ReturnType<typeof ADMINISTRATION_ANSWERS>;
export type RegisteredService = JsonOf<Answered["registerService"], 201>;
export type IndexStep = JsonOf<Answered["completeIndex"]>;
