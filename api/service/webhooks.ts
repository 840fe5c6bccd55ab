// A clinic's webhooks, in the form of the Standard Webhooks specification.

import * as z from "zod";
import { caseState } from "../case-state.ts";
import { type AnswersOf, clinic, JSON_TYPE, json, route } from "../contract.ts";
import { hexText, limitUpTo, serviceId, tagHash } from "../fields.ts";

const WEBHOOK_ID_BYTES = 16;
const MAX_URL_CHARACTERS = 2048;
const DEAD_PER_PAGE = 100;
const MESSAGE_ID = /^msg_[0-9a-f]{32}$/;
const EVENT_TYPES = ["check-in", "message", "case"] as const;

const path = "/v1/services/:id/webhooks";
const hookPath = "/v1/services/:id/webhooks/:hook" as const;
const params = { id: serviceId };
const hookParams = { id: serviceId, hook: hexText(WEBHOOK_ID_BYTES) };
const produces = [JSON_TYPE];
const update = [clinic("system/Webhook.u")];

export const WEBHOOKS = {
  registerWebhook: route({
    method: "POST",
    path,
    callers: [clinic("system/Webhook.c")],
    params,
    body: json(
      z.object({
        url: z.string().min(1).max(MAX_URL_CHARACTERS),
        types: z
          .array(z.enum(EVENT_TYPES))
          .min(1)
          .max(EVENT_TYPES.length)
          .default([...EVENT_TYPES]),
      }),
    ),
    produces,
  }),
  listWebhooks: route({ method: "GET", path, callers: [clinic("system/Webhook.s")], params, produces }),
  readWebhook: route({
    method: "GET",
    path: hookPath,
    callers: [clinic("system/Webhook.r")],
    params: hookParams,
    produces,
  }),
  removeWebhook: route({
    method: "DELETE",
    path: hookPath,
    callers: [clinic("system/Webhook.d")],
    params: hookParams,
    produces: [],
  }),
  rotateWebhookSecret: route({
    method: "POST",
    path: `${hookPath}/rotate`,
    callers: update,
    params: hookParams,
    produces,
  }),
  enableWebhook: route({ method: "POST", path: `${hookPath}/enable`, callers: update, params: hookParams, produces }),
  testWebhook: route({ method: "POST", path: `${hookPath}/test`, callers: update, params: hookParams, produces }),
  listDeadLetters: route({
    method: "GET",
    path: `${hookPath}/dead-letters`,
    callers: [clinic("system/Webhook.r")],
    params: hookParams,
    query: {
      cursor: z.string().regex(MESSAGE_ID, "not a cursor of this list").optional(),
      limit: limitUpTo(DEAD_PER_PAGE),
    },
    produces,
  }),
  redeliverDeadLetters: route({
    method: "POST",
    path: `${hookPath}/dead-letters/redeliver`,
    callers: update,
    params: hookParams,
    body: json(z.object({ ids: z.array(z.string().regex(MESSAGE_ID)).min(1).max(DEAD_PER_PAGE).optional() })),
    produces,
  }),
};

export const WEBHOOKS_ANSWERS = () => {
  const count = z.int().min(0);
  const Webhook = z
    .object({
      id: hexText(WEBHOOK_ID_BYTES),
      url: z.string(),
      types: z.array(z.enum(EVENT_TYPES)),
      disabled: z.enum(["failing", "gone"]).nullable().describe("why no event is sent to it"),
      waiting: count.describe("events on their way"),
      dead: count.describe("events that could not be delivered"),
      missed: count.describe("events that were not taken, because it was disabled or had too many waiting"),
      oldSecretUntil: z.int().nullable().describe("unix seconds; until then a replaced secret signs too"),
    })
    .meta({ id: "Webhook" });
  const WithSecret = z
    .object({ webhook: Webhook, secret: z.string().describe("whsec_ and base64; told only here") })
    .meta({ id: "WebhookWithSecret" });
  const DeadLetter = z
    .object({
      id: z.string().describe("webhook-id of its deliveries"),
      type: z.enum([...EVENT_TYPES, "test"]),
      day: z.int().min(0).describe("days since 1970-01-01"),
      tagHash: tagHash.optional(),
      caseId: hexText(32).optional(),
      state: caseState.nullable().optional(),
      reason: z.string().describe("why the last attempt failed"),
    })
    .meta({ id: "DeadLetter" });
  const problems = ["not-found"] as const;
  return {
    registerWebhook: {
      summary: "Register a webhook",
      description:
        "The address is https, and no name of it leads to a private or local address. Deliveries are signed as Standard Webhooks says.",
      ok: { 201: { json: WithSecret } },
      problems: ["conflict"],
    },
    listWebhooks: {
      summary: "List the clinic's webhooks",
      ok: { 200: { json: z.object({ webhooks: z.array(Webhook) }) } },
    },
    readWebhook: { summary: "Read one webhook", ok: { 200: { json: Webhook } }, problems },
    removeWebhook: { summary: "Remove a webhook with its events", ok: { 204: {} }, problems },
    rotateWebhookSecret: {
      summary: "Replace a webhook's secret",
      description: "The secret before it signs too for a day.",
      ok: { 200: { json: WithSecret } },
      problems,
    },
    enableWebhook: { summary: "Take a disabled webhook into service again", ok: { 200: { json: Webhook } }, problems },
    testWebhook: {
      summary: "Send an event of the type test",
      ok: { 202: { json: z.object({}) } },
      problems: ["not-found", "not-allowed-now"],
    },
    listDeadLetters: {
      summary: "List the events that could not be delivered",
      ok: {
        200: {
          json: z
            .object({
              deadLetters: z.array(DeadLetter),
              cursor: z.string().optional().describe("absent on the last page"),
            })
            .meta({ id: "DeadLetters" }),
        },
      },
      problems,
    },
    redeliverDeadLetters: {
      summary: "Send such events again",
      description: "Those of `ids`, or all.",
      ok: { 200: { json: z.object({ redelivered: count }) } },
      problems: ["not-found", "not-allowed-now"],
    },
  } satisfies AnswersOf<typeof WEBHOOKS>;
};
