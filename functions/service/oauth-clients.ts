// The programs of a clinic that may have tokens: its clients, for instance a record system and a laboratory.
//
// The first client is the clinic itself. Its client id is the service id, its key stands in the card, and it may ask for
// every scope. The clinic registers further clients with requests that its signKey signs; no administrator takes part.
//
//   PUT    /v1/services/:id/clients/:clientId   {name, scope, jwks | jwksUri} -> 201, or 200 if it replaces the client
//   GET    /v1/services/:id/clients             -> {clients: [{clientId, name, scope, jwks | jwksUri}]}
//   DELETE /v1/services/:id/clients/:clientId   -> 204. Also if there is no such client
//
// The clinic draws the client id: CLIENT_ID_BYTES random bytes, so an id tells nothing. A PUT or DELETE serves once: its
// signature's nonce is spent, so nobody can bring a removed client or key back by sending an old request again.
//
// Changing a key without a gap: PUT both keys, change the program over, PUT the new key alone. A removed key gets no token
// from then on; tokens that it got before live on for at most TOKEN_SECONDS (tokens.ts). A deleted client's tokens, and
// scopes taken from a client, end at once in the isolate that took the request, and within KEPT_MS in all others.

import { asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Context } from "hono";
import { CLIENTS, type InlineJwks } from "../../api/service/clients.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { MAX_CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { type Hex, isHex } from "../../protocol/encodings.ts";
import { oauthClients } from "../../schema/service.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { OutboundError, outboundUrl } from "../shared/outbound.ts";
import { clockTolerance } from "../shared/parameters.ts";
import { Problem, refused } from "../shared/problems.ts";
import { signedRequest } from "../shared/request-auth.ts";
import { readBody, serve } from "../shared/serve.ts";
import { type KeySource, requireUsable } from "./jwks.ts";
import { findService, type Service, serviceOfPath } from "./registry.ts";
import { EVERYTHING_GRANTED, type Grants, isEmpty, readScopes, scopeText } from "./scopes.ts";
import { spend } from "./single-use.ts";
import { requireActive } from "./suspension.ts";

const SERVICE_ID_BYTES = 16;
const CLIENT_ID_BYTES = 24;
const MAX_CLIENTS = 20;

/** A client as tokens see it. */
export interface OAuthClient {
  readonly clientId: Hex;
  readonly service: Service;
  readonly allowed: Grants;
  readonly keys: KeySource;
}

type Row = typeof oauthClients.$inferSelect;
const tables = (env: ServiceEnv) => drizzle(env.RECORDS_DB_0);
const rowOf = (env: ServiceEnv, clientId: Hex): Promise<Row | undefined> =>
  tables(env).select().from(oauthClients).where(eq(oauthClients.clientId, clientId)).get();

/** The scopes as stored are known ones. */
const allowedOf = ({ scope }: Row): Grants => readScopes(scope)?.grants ?? {};

const keysOfRow = ({ clientId, jwks, jwksUri }: Row): KeySource =>
  jwks === null ? { clientId, jwksUri: jwksUri! } : { inline: JSON.parse(jwks) as InlineJwks };

/** The client with this id, read anew, or undefined. */
export async function findClient(env: ServiceEnv, clientId: string): Promise<OAuthClient | undefined> {
  if (isHex(clientId, SERVICE_ID_BYTES)) {
    const service = await findService(env, clientId);
    if (!service) return undefined;
    return { clientId, service, allowed: EVERYTHING_GRANTED, keys: { card: service.card.oauthKeyJwk } };
  }
  if (!isHex(clientId, CLIENT_ID_BYTES)) return undefined;
  const row = await rowOf(env, clientId);
  const service = row && (await findService(env, row.serviceId));
  return service && { clientId, service, allowed: allowedOf(row), keys: keysOfRow(row) };
}

/** Requests with tokens come often, so the isolate keeps each client's scopes for KEPT_MS. */
const KEPT_MS = 10_000;
const MAX_KEPT = 1000;
interface Kept {
  readonly serviceId: Hex;
  readonly allowed: Grants;
  readonly until: number;
}
const kept = new WeakMap<ServiceEnv, Map<string, Kept>>();
function keptIn(env: ServiceEnv): Map<string, Kept> {
  const known = kept.get(env) ?? new Map<string, Kept>();
  kept.set(env, known);
  return known;
}

/** The scopes that a client of this service may have now, or undefined if it is no client of it. */
export async function allowedNow(env: ServiceEnv, serviceId: Hex, clientId: string): Promise<Grants | undefined> {
  if (clientId === serviceId) return EVERYTHING_GRANTED;
  if (!isHex(clientId, CLIENT_ID_BYTES)) return undefined;
  const those = keptIn(env);
  let client = those.get(clientId);
  if (!client || Date.now() >= client.until) {
    const row = await rowOf(env, clientId);
    those.delete(clientId);
    if (!row) return undefined;
    client = { serviceId: row.serviceId, allowed: allowedOf(row), until: Date.now() + KEPT_MS };
    if (those.size >= MAX_KEPT) those.clear();
    those.set(clientId, client);
  }
  return client.serviceId === serviceId ? client.allowed : undefined;
}

// ---- the clinic's own requests

type ServiceContext = Context<{ Bindings: ServiceEnv }>;

/** The service of the path, whose signKey signed the request. @throws Problem not-found, clock-skew, credential-refused */
async function signedByClinic(c: ServiceContext): Promise<{ service: Service; body: Uint8Array; nonce: Hex }> {
  const service = await serviceOfPath(c.env, c.req.param("id"));
  const { body, nonce } = await signedRequest(c, {
    toleranceSeconds: await clockTolerance(c.env, now(c)),
    allowed: [bytesToHex(service.card.signKey)],
  });
  return { service, body, nonce };
}

/** As signedByClinic; the request serves once. @throws Problem not-found, clock-skew, credential-refused */
async function signedOnce(c: ServiceContext): Promise<{ service: Service; body: Uint8Array }> {
  const { service, body, nonce } = await signedByClinic(c);
  // Its timestamp is ahead of our clock by the tolerance at most.
  if (!(await spend(c.env, `clinic ${service.serviceId} ${nonce}`, now(c) + MAX_CLOCK_TOLERANCE_SECONDS)))
    throw refused("signed request was used before");
  return { service, body };
}

/** @throws Problem malformed */
async function checkedBody(env: ServiceEnv, bytes: Uint8Array): Promise<Omit<Row, "clientId" | "serviceId">> {
  const { name, scope, jwks, jwksUri } = await readBody(CLIENTS.putClient, bytes);
  const scopes = readScopes(scope);
  if (!scopes || isEmpty(scopes.grants)) throw new Problem("malformed", "scope: a list of scopes expected");
  if (scopes.unknown.length > 0) throw new Problem("malformed", `scope: unknown: ${scopes.unknown.join(" ")}`);
  if ((jwks === undefined) === (jwksUri === undefined))
    throw new Problem("malformed", "Either jwks or jwksUri is expected.");
  if (jwks) await requireUsable(jwks);
  if (jwksUri !== undefined) checkUri(env, jwksUri);
  return {
    name,
    scope: scopeText(scopes.grants),
    jwks: jwks ? JSON.stringify(jwks) : null,
    jwksUri: jwksUri ?? null,
  };
}

/** @throws Problem malformed */
function checkUri(env: ServiceEnv, jwksUri: string): void {
  try {
    outboundUrl(env, jwksUri);
  } catch (cause) {
    if (cause instanceof OutboundError) throw new Problem("malformed", `jwksUri: ${cause.message}`);
    throw cause;
  }
}

const asJson = ({ clientId, name, scope, jwks, jwksUri }: Row) => ({
  clientId,
  name,
  scope,
  ...(jwks === null ? { jwksUri } : { jwks: JSON.parse(jwks) as InlineJwks }),
});

/** Writes the client in one statement, which also counts. @throws Problem conflict, not-allowed-now */
async function store(env: ServiceEnv, row: Row): Promise<void> {
  const { meta } = await env.RECORDS_DB_0.prepare(
    `INSERT INTO oauth_clients (client_id, service_id, name, scope, jwks, jwks_uri) SELECT ?1, ?2, ?3, ?4, ?5, ?6
     WHERE (SELECT count(*) FROM oauth_clients WHERE service_id = ?2 AND client_id <> ?1) < ?7
     ON CONFLICT (client_id) DO UPDATE SET
       name = excluded.name, scope = excluded.scope, jwks = excluded.jwks, jwks_uri = excluded.jwks_uri
     WHERE service_id = excluded.service_id`,
  )
    .bind(row.clientId, row.serviceId, row.name, row.scope, row.jwks, row.jwksUri, MAX_CLIENTS)
    .run();
  if (meta.changes > 0) return;
  if (await rowOf(env, row.clientId)) throw new Problem("conflict", "This client id is taken. Draw another.");
  throw new Problem("not-allowed-now", `A clinic has at most ${MAX_CLIENTS} clients. Remove one first.`);
}

export function registerOAuthClients(app: RoleApp<ServiceEnv>): void {
  serve(app, CLIENTS.listClients, async (c) => {
    const { service } = await signedByClinic(c);
    const rows = await tables(c.env)
      .select()
      .from(oauthClients)
      .where(eq(oauthClients.serviceId, service.serviceId))
      .orderBy(asc(oauthClients.clientId));
    return c.json({ clients: rows.map(asJson) });
  });

  serve(app, CLIENTS.putClient, async (c, { params: { clientId } }) => {
    const { service, body } = await signedOnce(c);
    requireActive(service);
    const row = { clientId, serviceId: service.serviceId, ...(await checkedBody(c.env, body)) };
    const before = await rowOf(c.env, clientId);
    await store(c.env, row);
    keptIn(c.env).delete(clientId);
    return c.json(asJson(row), before ? 200 : 201);
  });

  serve(app, CLIENTS.removeClient, async (c, { params: { clientId } }) => {
    const { service } = await signedOnce(c);
    await c.env.RECORDS_DB_0.prepare("DELETE FROM oauth_clients WHERE client_id = ? AND service_id = ?")
      .bind(clientId, service.serviceId)
      .run();
    keptIn(c.env).delete(clientId);
    return c.body(null, 204);
  });
}
