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
import { WEBHOOKS } from "../../api/service/webhooks.ts";
import type { ClinicBell } from "../../durable-objects/clinic-bell.ts";
import { type DeadLetter, MAX_WEBHOOKS, type WebhookView } from "../../durable-objects/webhook-outbox.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { dayOf } from "../../protocol/epoch.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { OutboundError, outboundUrl } from "../shared/outbound.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { readBody, serve } from "../shared/serve.ts";
import { bellOf, ownBell } from "./bells.ts";
import type { Scope } from "./scopes.ts";
import { clinicOf } from "./tokens.ts";
import { secretText } from "./webhook-delivery.ts";

const WEBHOOK_ID_BYTES = 16;
const SECRET_BYTES = 32;

type ServiceContext = Context<{ Bindings: ServiceEnv }>;

interface Named {
  readonly params: { readonly hook: Hex };
  readonly scopes: readonly Scope[];
}
/** The webhook of the path, and the bell that has it. @throws Problem token-refused, insufficient-scope, not-found */
async function hookOf(
  c: ServiceContext,
  { params: { hook: id }, scopes }: Named,
): Promise<{ bell: DurableObjectStub<ClinicBell>; id: Hex; view: WebhookView }> {
  const { serviceId } = await clinicOf(c, scopes);
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
  serve(app, WEBHOOKS.registerWebhook, async (c, { scopes }) => {
    const service = await clinicOf(c, scopes);
    const { url, types } = await readBody(WEBHOOKS.registerWebhook, c.req);
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

  serve(app, WEBHOOKS.listWebhooks, async (c, { scopes }) => {
    const { serviceId } = await clinicOf(c, scopes);
    return c.json({ webhooks: await bellOf(c.env, serviceId).webhooks() });
  });

  serve(app, WEBHOOKS.readWebhook, async (c, named) => c.json((await hookOf(c, named)).view));

  serve(app, WEBHOOKS.removeWebhook, async (c, named) => {
    const { bell, id } = await hookOf(c, named);
    await bell.remove(id);
    return c.body(null, 204);
  });

  serve(app, WEBHOOKS.rotateWebhookSecret, async (c, named) => {
    const { bell, id } = await hookOf(c, named);
    const secret = rng(SECRET_BYTES);
    return c.json({ webhook: found(await bell.rotate(id, secret)), secret: secretText(secret) });
  });

  serve(app, WEBHOOKS.enableWebhook, async (c, named) => {
    const { bell, id } = await hookOf(c, named);
    return c.json(found(await bell.enable(id)));
  });

  serve(app, WEBHOOKS.testWebhook, async (c, named) => {
    const { bell, id } = await hookOf(c, named);
    if (found(await bell.sendTest(id, dayOf(now(c)))) === "disabled") throw disabled();
    return c.json({}, 202);
  });

  serve(app, WEBHOOKS.listDeadLetters, async (c, named) => {
    const { bell, id } = await hookOf(c, named);
    const { cursor = "", limit } = named.query;
    const letters = await bell.deadLetters(id, cursor, limit);
    return c.json({
      deadLetters: letters.map(asJson),
      ...(letters.length === limit ? { cursor: letters.at(-1)!.id } : {}),
    });
  });

  serve(app, WEBHOOKS.redeliverDeadLetters, async (c, named) => {
    const { bell, id } = await hookOf(c, named);
    const { ids } = await readBody(WEBHOOKS.redeliverDeadLetters, c.req);
    const redelivered = found(await bell.redeliver(id, ids));
    if (redelivered === "disabled") throw disabled();
    return c.json({ redelivered });
  });
}
