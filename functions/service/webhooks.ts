// Webhooks of a clinic, in the form of the Standard Webhooks specification (webhook-delivery.ts has the form of a delivery).
//
//   POST   /v1/services/:id/webhooks                {url, types?} -> 201 {webhook, secret}
//   GET    /v1/services/:id/webhooks                -> {webhooks}
//   GET    /v1/services/:id/webhooks/:hook          -> webhook
//   DELETE /v1/services/:id/webhooks/:hook          removes it with its events
//   POST   /v1/services/:id/webhooks/:hook/rotate   -> {webhook, secret}; the secret before signs too for a day
//   POST   /v1/services/:id/webhooks/:hook/enable   takes a disabled one into service again
//   POST   /v1/services/:id/webhooks/:hook/test     sends an event of the type "test"
//   GET    /v1/services/:id/webhooks/:hook/dead-letters?cursor=      -> {deadLetters, cursor?}
//   POST   /v1/services/:id/webhooks/:hook/dead-letters/redeliver    {ids?} -> {redelivered}
//
// All are the clinic's, by its token. A secret is told once. A clinic that has lost it rotates.
// The address is checked when it is registered, and again with all addresses of its name before each delivery (outbound.ts).

import type { Context } from "hono";
import * as z from "zod";
import type { ClinicBell } from "../../durable-objects/clinic-bell.ts";
import { type DeadLetter, EVENT_TYPES, MAX_WEBHOOKS, type WebhookView } from "../../durable-objects/webhook-outbox.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import { checkHex, type RoleApp } from "../shared/http.ts";
import { readJson } from "../shared/json.ts";
import { OutboundError, outboundUrl } from "../shared/outbound.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { bellOf, ownBell } from "./bells.ts";
import { pageOf } from "./paging.ts";
import { clinicOf } from "./tokens.ts";
import { secretText } from "./webhook-delivery.ts";

const WEBHOOK_ID_BYTES = 16;
const SECRET_BYTES = 32;
const DEAD_PER_PAGE = 100;
const MAX_URL_CHARACTERS = 2048;
const MESSAGE_ID = /^msg_[0-9a-f]{32}$/;

const NewWebhook = z.object({
  url: z.string().min(1).max(MAX_URL_CHARACTERS),
  types: z
    .array(z.enum(EVENT_TYPES))
    .min(1)
    .max(EVENT_TYPES.length)
    .default([...EVENT_TYPES]),
});
const Redelivery = z.object({ ids: z.array(z.string().regex(MESSAGE_ID)).min(1).max(DEAD_PER_PAGE).optional() });

type ServiceContext = Context<{ Bindings: ServiceEnv }>;

/** The webhook of the path, and the bell that has it. @throws Problem credential-refused, malformed, not-found */
async function hookOf(c: ServiceContext): Promise<{ bell: DurableObjectStub<ClinicBell>; id: Hex; view: WebhookView }> {
  const { serviceId } = await clinicOf(c);
  const id = checkHex(c.req.param("hook"), WEBHOOK_ID_BYTES, "webhook id");
  const bell = bellOf(c.env, serviceId);
  return { bell, id, view: found(await bell.webhook(id)) };
}

/** @throws Problem not-found */
function found<T>(answer: T | undefined): T {
  if (answer === undefined) throw new Problem("not-found", "No such webhook.");
  return answer;
}

/** @throws Problem malformed. The text of the fault names no address that a name leads to. */
function checkUrl(c: ServiceContext, url: string): string {
  try {
    return outboundUrl(c.env, url).href;
  } catch (cause) {
    if (cause instanceof OutboundError) throw new Problem("malformed", `url: ${cause.message}`);
    throw cause;
  }
}

const disabled = (): Problem => new Problem("not-allowed-now", "The webhook is disabled. Enable it first.");

const asJson = ({ id, type, about, state, day, reason }: DeadLetter) => ({
  id,
  type,
  day,
  ...(type === "case" ? { caseId: about, state } : type === "test" ? {} : { tagHash: about }),
  reason,
});

export function registerWebhooks(app: RoleApp<ServiceEnv>): void {
  app.post("/v1/services/:id/webhooks", async (c) => {
    const service = await clinicOf(c);
    const { url, types } = await readJson(c.req, NewWebhook);
    const secret = rng(SECRET_BYTES);
    const webhook = await (await ownBell(c.env, service)).register({
      id: bytesToHex(rng(WEBHOOK_ID_BYTES)),
      serviceId: service.serviceId,
      url: checkUrl(c, url),
      types: [...new Set(types)],
      secret,
    });
    if (webhook === "full") throw new Problem("too-many", `A clinic has at most ${MAX_WEBHOOKS} webhooks.`);
    if (webhook === "registered")
      throw new Problem("conflict", "This address is registered. Rotate its secret if you have lost it.");
    return c.json({ webhook, secret: secretText(secret) }, 201);
  });

  app.get("/v1/services/:id/webhooks", async (c) => {
    const { serviceId } = await clinicOf(c);
    return c.json({ webhooks: await bellOf(c.env, serviceId).webhooks() });
  });

  app.get("/v1/services/:id/webhooks/:hook", async (c) => c.json((await hookOf(c)).view));

  app.delete("/v1/services/:id/webhooks/:hook", async (c) => {
    const { bell, id } = await hookOf(c);
    await bell.remove(id);
    return c.body(null, 204);
  });

  app.post("/v1/services/:id/webhooks/:hook/rotate", async (c) => {
    const { bell, id } = await hookOf(c);
    const secret = rng(SECRET_BYTES);
    return c.json({ webhook: found(await bell.rotate(id, secret)), secret: secretText(secret) });
  });

  app.post("/v1/services/:id/webhooks/:hook/enable", async (c) => {
    const { bell, id } = await hookOf(c);
    return c.json(found(await bell.enable(id)));
  });

  app.post("/v1/services/:id/webhooks/:hook/test", async (c) => {
    const { bell, id } = await hookOf(c);
    if (found(await bell.sendTest(id, dayOf(now(c)))) === "disabled") throw disabled();
    return c.json({}, 202);
  });

  app.get("/v1/services/:id/webhooks/:hook/dead-letters", async (c) => {
    const { bell, id } = await hookOf(c);
    const { limit } = pageOf(c, DEAD_PER_PAGE);
    const cursor = c.req.query("cursor");
    if (cursor !== undefined && !MESSAGE_ID.test(cursor))
      throw new Problem("malformed", "cursor: not a cursor of this list");
    const letters = await bell.deadLetters(id, cursor ?? "", limit);
    return c.json({
      deadLetters: letters.map(asJson),
      ...(letters.length === limit ? { cursor: letters.at(-1)!.id } : {}),
    });
  });

  app.post("/v1/services/:id/webhooks/:hook/dead-letters/redeliver", async (c) => {
    const { bell, id } = await hookOf(c);
    const { ids } = await readJson(c.req, Redelivery);
    const redelivered = found(await bell.redeliver(id, ids));
    if (redelivered === "disabled") throw disabled();
    return c.json({ redelivered });
  });
}
