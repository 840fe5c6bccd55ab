// Six spoken words for a patient who can scan nothing: they name a challenge that the clinic put here.
//
//   POST /v1/services/:id/spoken   clinic; Signed<Challenge> -> {name, expiresAt}
//   GET  /v1/spoken/:name          Signed<Challenge>, until it expires
//
// The name is a hash of the challenge (protocol/spoken-invitation.ts). So no clinic can take another one's name, and the service
// cannot answer with another challenge than the words name. A challenge is no secret: it is what a QR code on the desk shows.
// A guesser learns that some clinic shows a code just now. Guesses are counted by address, and misses are answered like expired ones.

import type { Context } from "hono";
import { MAX_SPOKEN_BYTES, SPOKEN_INVITATIONS } from "../../api/service/spoken-invitations.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { Challenge, openSigned } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { spokenNameOf } from "../../protocol/spoken-invitation.ts";
import { SPOKEN_PREFIX, spokenKey } from "../../schema/r2-keys.ts";
import { octets } from "../shared/answers.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { countSpoken } from "../shared/rate-limits.ts";
import { serve } from "../shared/serve.ts";
import type { Service } from "./registry.ts";
import { requireActive } from "./suspension.ts";
import { clinicOf } from "./tokens.ts";

/** No parameters allow a longer window between a challenge and its answer. */
const MAX_SPOKEN_SECONDS = 3600;
const PAGES_PER_SWEEP = 20;

type ServiceContext = Context<{ Bindings: ServiceEnv }>;

/** The challenge, if this clinic made it and it can be answered now. @throws CodecError; Problem credential-refused, expired */
function readChallenge(bytes: Uint8Array, { serviceId, card }: Service, at: number): Challenge {
  if (bytes.length > MAX_SPOKEN_BYTES) throw new Problem("too-large", `At most ${MAX_SPOKEN_BYTES} bytes.`);
  const { key, value } = openSigned(LABELS.signChallenge, Challenge, bytes, nativeVerify);
  if (!equalBytes(key, card.signKey) || bytesToHex(value.serviceId) !== serviceId) throw refused("challenge signature");
  if (value.expiresAt <= at) throw new Problem("expired", "The challenge has expired.");
  if (value.expiresAt > at + MAX_SPOKEN_SECONDS)
    throw new Problem("not-allowed-now", `The challenge must end within ${MAX_SPOKEN_SECONDS} seconds.`);
  return value;
}

async function put(c: ServiceContext, service: Service): Promise<Response> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  const { expiresAt } = readChallenge(bytes, service, now(c));
  const name = spokenNameOf(bytes);
  await c.env.BLOBS.put(spokenKey(name), bytes, { customMetadata: { until: String(expiresAt) } });
  return c.json({ name, expiresAt }, 201);
}

/** Removes the challenges that have expired. */
export async function sweepSpoken({ BLOBS }: ServiceEnv, at: number): Promise<void> {
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_PER_SWEEP; page++) {
    const found = await BLOBS.list({
      prefix: SPOKEN_PREFIX,
      include: ["customMetadata"],
      ...(cursor !== undefined && { cursor }),
    });
    const over = found.objects.filter(({ customMetadata }) => Number(customMetadata?.until ?? 0) <= at);
    if (over.length > 0) await BLOBS.delete(over.map(({ key }) => key));
    if (!found.truncated) return;
    cursor = found.cursor;
  }
}

export function registerSpokenInvitations(app: RoleApp<ServiceEnv>): void {
  serve(app, SPOKEN_INVITATIONS.putSpokenInvitation, async (c, { scopes }) => {
    const service = await clinicOf(c, scopes);
    requireActive(service);
    return put(c, service);
  });

  serve(app, SPOKEN_INVITATIONS.readSpokenInvitation, async (c, { params: { name } }) => {
    await countSpoken(c);
    const found = await c.env.BLOBS.get(spokenKey(name));
    if (!found || Number(found.customMetadata?.until ?? 0) <= now(c))
      throw new Problem("not-found", "No challenge has this name now.");
    return octets(c, new Uint8Array(await found.arrayBuffer()));
  });
}
