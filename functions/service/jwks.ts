// The public keys by which a client's assertions are verified: ES384 (P-384) or RS384 (RSA of 2048 to 4096 bits).
//
//   inline     a JWK Set that the clinic registered, at most four keys (api/service/clients.ts). Two keys at once let a client change keys
//              without a gap
//   jwks_uri   the client's own address of its JWK Set, asked through outbound(). An isolate keeps the set for CACHE_MS. An
//              assertion that names an unknown key has it fetched again, at most once in COOLDOWN_MS. Failed fetches count
//              too: an isolate makes at most MAX_FETCHES in COOLDOWN_MS for one client. So a stranger who knows a client id
//              cannot make this Worker flood the client's server
//   card       the one key in the service's card. It has no `kid`, so an assertion may name any
//
// Except with the card's key, an assertion must name its key by `kid` (SMART App Launch 2.2).

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
} from "jose";
import type { InlineJwks } from "../../api/service/clients.ts";
import { type OutboundEnv, type OutboundError, outbound } from "../shared/outbound.ts";
import { Problem } from "../shared/problems.ts";

export const ALGORITHMS = ["ES384", "RS384"] as const;
const CACHE_MS = 600_000;
const COOLDOWN_MS = 30_000;
const MAX_FETCHES = 10;
const FETCH_TIMEOUT_MS = 3_000;
const MAX_JWKS_BYTES = 64 * 1024;
/** Clients whose fetched keys an isolate keeps. */
const MAX_KEPT = 500;

const algorithmOf = ({ kty }: JWK): string => (kty === "RSA" ? "RS384" : "ES384");

/** Checks that each key can be used, for example that its point is on the curve. @throws Problem malformed */
export async function requireUsable({ keys }: InlineJwks): Promise<void> {
  for (const [i, key] of keys.entries())
    await importJWK(key as JWK, algorithmOf(key as JWK)).catch((cause) => {
      throw new Problem("malformed", `jwks.keys.${i}: not a public key`, String(cause));
    });
}

/** The door of one client's fetches, which bounds how many go out. */
function boundedFetch(env: OutboundEnv): typeof fetch {
  let [windowStart, fetches] = [0, 0];
  return (async (url: string) => {
    if (Date.now() - windowStart >= COOLDOWN_MS) [windowStart, fetches] = [Date.now(), 0];
    if (++fetches > MAX_FETCHES) throw new Error("keys were asked for too often");
    const { status, body } = await outbound(env, url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      timeoutMs: FETCH_TIMEOUT_MS,
      maxBytes: MAX_JWKS_BYTES,
    }).catch((error: OutboundError) => {
      // Without its cause, which may look like trouble of our own storage (problems.ts).
      throw new Error(`jwks_uri: ${error.reason}`);
    });
    return new Response(status === 200 ? body.slice() : null, { status });
  }) as typeof fetch;
}

const remote = new Map<string, JWTVerifyGetKey>();
function remoteKeys(env: OutboundEnv, clientId: string, jwksUri: string): JWTVerifyGetKey {
  const name = `${clientId} ${jwksUri}`;
  const known = remote.get(name);
  if (known) return known;
  const keys = createRemoteJWKSet(new URL(jwksUri), {
    cacheMaxAge: CACHE_MS,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: FETCH_TIMEOUT_MS,
    [customFetch]: boundedFetch(env) as never,
  });
  if (remote.size >= MAX_KEPT) remote.clear();
  remote.set(name, keys);
  return keys;
}

/** Where the keys of a client come from. */
export type KeySource =
  | { readonly card: string }
  | { readonly inline: InlineJwks }
  | { readonly clientId: string; readonly jwksUri: string };

/**
 * SMART App Launch 2.2: if an assertion names a `jku`, it must be the registered one.
 * @throws Error
 */
function requireNamed({ kid, jku }: JWTHeaderParameters, registered: string | undefined): void {
  if (typeof kid !== "string") throw new Error("no kid");
  if (jku !== undefined && jku !== registered) throw new Error("jku is not the registered one");
}

/** The key for an assertion of this client, as `jwtVerify` asks for it. */
export function keysOf(env: OutboundEnv, source: KeySource): JWTVerifyGetKey {
  if ("card" in source) {
    return (header) => {
      const key = JSON.parse(source.card) as JWK;
      // The algorithm is the key's, never the assertion's.
      if (header.alg !== algorithmOf(key)) throw new Error("alg is not the key's");
      return importJWK(key, algorithmOf(key)) as Promise<CryptoKey>;
    };
  }
  const keys =
    "inline" in source
      ? createLocalJWKSet(source.inline as { keys: JWK[] })
      : remoteKeys(env, source.clientId, source.jwksUri);
  return (header, token) => {
    requireNamed(header as JWTHeaderParameters, "inline" in source ? undefined : source.jwksUri);
    return keys(header, token);
  };
}
