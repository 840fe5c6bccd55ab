// The public list of services (protocol/service-list.ts), for readers who must not tell which service they look for.
//
//   GET /v1/services                Signed<ServiceList>; ETag, may be kept for a minute
//   GET /v1/services/parts/:hash    ServicePart; never changes
//
// A part is made when a card of it is registered, by the administrator's request, and is kept in R2. So a reader costs one row
// for each part, however many services there are. `revision` counts the changes of a part in D1 and `built` names the one that its
// bytes in R2 have: if R2 fails in between, the next registration of the part or the sweep makes it again.

import { sha256 } from "@noble/hashes/sha2.js";
import { and, asc, eq, gte, isNotNull, isNull, lt, ne, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { OCTETS_TYPE } from "../../api/contract.ts";
import { SERVICES } from "../../api/service/services.ts";
import { signerOf } from "../../engine/ed25519.ts";
import { bytesToHex, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { partHashOf, partOfService, ServicePart, signServiceList } from "../../protocol/service-list.ts";
import { asBytes, bound } from "../../schema/columns.ts";
import { serviceParts, services } from "../../schema/service.ts";
import { etagOf, octets, unlessKnown } from "../shared/answers.ts";
import type { ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";

const LIST_CACHE = "public, max-age=60";
const PART_CACHE = "public, max-age=31536000, immutable";
const blobKeyOf = (hash: Hex): string => `services/${hash}`;
const db = (env: ServiceEnv) => drizzle(env.RECORDS_DB_0);

/** The statement that marks the part of a service as changed; it belongs into the batch that writes the card. */
export const partChanged = (env: ServiceEnv, serviceId: Hex) =>
  db(env)
    .insert(serviceParts)
    .values({ part: partOfService(serviceId), revision: 1 })
    .onConflictDoUpdate({ target: serviceParts.part, set: { revision: sql`${serviceParts.revision} + 1` } });

/** Makes a part again from its cards, unless it is up to date. Safe beside other callers: an older revision replaces no newer. */
async function buildPart(env: ServiceEnv, part: number): Promise<void> {
  const digit = part.toString(16);
  const [[state], rows] = await db(env).batch([
    db(env).select().from(serviceParts).where(eq(serviceParts.part, part)),
    db(env)
      .select({ card: asBytes(services.card) })
      .from(services)
      .where(and(gte(services.serviceId, bound(digit)), lt(services.serviceId, bound(`${digit}g`))))
      .orderBy(asc(services.serviceId)),
  ]);
  if (!state || state.built === state.revision) return;
  const bytes = ServicePart.encode({ cards: rows.map(({ card }) => card) });
  const hash = bytesToHex(partHashOf(bytes));
  await env.BLOBS.put(blobKeyOf(hash), bytes);
  await db(env)
    .update(serviceParts)
    .set({ hash, built: state.revision, before: state.hash })
    .where(and(eq(serviceParts.part, part), or(isNull(serviceParts.built), lt(serviceParts.built, state.revision))));
  // The part before this one stays for readers of the list before; the one before that is no longer listed anywhere.
  if (state.before && state.before !== hash && state.before !== state.hash)
    await env.BLOBS.delete(blobKeyOf(state.before));
}

/** @throws Problem unavailable if R2 does not answer; the card is registered then, and repeating the request builds the list */
export async function publishService(env: ServiceEnv, serviceId: Hex): Promise<void> {
  await buildPart(env, partOfService(serviceId));
}

/** Makes the parts that a fault has left behind. */
export async function publishLateParts(env: ServiceEnv): Promise<void> {
  const late = await db(env)
    .select({ part: serviceParts.part })
    .from(serviceParts)
    .where(or(isNull(serviceParts.built), ne(serviceParts.built, serviceParts.revision)));
  for (const { part } of late) await buildPart(env, part);
}

export function registerServiceList(app: RoleApp<ServiceEnv>): void {
  serve(app, SERVICES.listServices, async (c) => {
    const rows = await db(c.env)
      .select({ hash: serviceParts.hash })
      .from(serviceParts)
      .where(isNotNull(serviceParts.hash))
      .orderBy(asc(serviceParts.part));
    const list = signServiceList(
      rows.map(({ hash }) => hexToBytes(hash!)),
      signerOf(c.env.SIGNING_KEY),
    );
    return unlessKnown(c, etagOf(bytesToHex(sha256(list))), { "cache-control": LIST_CACHE }, (headers) =>
      octets(c, list, 200, headers),
    );
  });

  serve(app, SERVICES.readServicePart, async (c, { params: { hash } }) => {
    const headers = { "content-type": OCTETS_TYPE, "cache-control": PART_CACHE };
    return unlessKnown(c, etagOf(hash), headers, async (all) => {
      const part = await c.env.BLOBS.get(blobKeyOf(hash));
      if (!part) throw new Problem("not-found", "The list has no such part any more. Read the list again.");
      return c.body(part.body, 200, all);
    });
  });
}
