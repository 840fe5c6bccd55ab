// One delivery of an event to a webhook, in the form of the Standard Webhooks specification (standardwebhooks.com, 1.0.0):
//
//   POST url
//   webhook-id          msg_…, the same at every attempt, so that a receiver can drop repetitions
//   webhook-timestamp   unix seconds of this attempt
//   webhook-signature   "v1," ‖ base64(HMAC-SHA-256(secret, id ‖ "." ‖ timestamp ‖ "." ‖ body)); two of them, with a space
//                       between, while a rotation lasts
//   {"type": "check-in", "timestamp": midnight of the day, "data": {serviceId, tagHash}}
//
// The body tells no more than the event does: something changed in a session, or in a case.
// Any 2xx is success, 410 ends the webhook, and everything else is tried again. The answer's body is not used.

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Deliver, Delivery, DeliveryOutcome } from "../../durable-objects/webhook-outbox.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { type OutboundEnv, OutboundError, outbound } from "../shared/outbound.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** A secret as receivers configure it. */
export const secretText = (secret: Uint8Array): string => `whsec_${base64(secret)}`;

/** The body of a delivery. Attempts differ in nothing. */
function bodyOf(serviceId: Hex, { type, about, state, day }: Delivery): string {
  const timestamp = new Date(day * SECONDS_PER_DAY * 1000).toISOString();
  if (type === "test") return JSON.stringify({ type, timestamp, data: { serviceId } });
  const where = type === "case" ? { caseId: about, state } : { tagHash: about };
  return JSON.stringify({ type, timestamp, data: { serviceId, ...where } });
}

const signature = (secret: Uint8Array, id: string, timestamp: number, body: string): string =>
  `v1,${base64(hmac(sha256, secret, utf8ToBytes(`${id}.${timestamp}.${body}`)))}`;

/** How an attempt ended without an answer, for the clinic to read. Nothing of the error goes into it. */
const REASONS: Readonly<Record<OutboundError["reason"], string>> = {
  address: "the address is not public, or has a name that leads to a private one",
  unresolved: "the name has no address",
  unreachable: "no connection",
  timeout: `no answer within ${TIMEOUT_MS / 1000} seconds`,
  redirect: "the receiver answered with a redirect",
  "too-large": "the answer is too long",
};

function outcomeOf(status: number, headers: Headers): DeliveryOutcome {
  if (status >= 200 && status < 300) return { outcome: "delivered" };
  if (status === 410) return { outcome: "gone" };
  const after = Number(headers.get("retry-after") ?? "");
  const asked = Number.isInteger(after) && after > 0 ? { retryAfterSeconds: after } : {};
  return { outcome: "failed", reason: `the receiver answered ${status}`, ...asked };
}

/** The deliveries of the bells. */
export const webhookDelivery =
  (env: OutboundEnv): Deliver =>
  async ({ serviceId, url, secrets }, delivery) => {
    const timestamp = Math.floor(Date.now() / 1000);
    const body = bodyOf(serviceId, delivery);
    try {
      const { status, headers } = await outbound(env, url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "symbolon-webhooks",
          "webhook-id": delivery.id,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": secrets.map((s) => signature(s, delivery.id, timestamp, body)).join(" "),
        },
        body,
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_ANSWER_BYTES,
      });
      return outcomeOf(status, headers);
    } catch (cause) {
      return { outcome: "failed", reason: cause instanceof OutboundError ? REASONS[cause.reason] : "no connection" };
    }
  };
