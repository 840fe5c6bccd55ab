// How a client proves who it is: the JWT assertion of SMART Backend Services (HL7 SMART App Launch 2.2, "Client
// Authentication: Asymmetric"; RFC 7523).
//
//   header   alg ES384 or RS384; kid, except with the key of the card (jwks.ts); jku only if it is the registered jwks_uri
//   claims   iss = sub = client id; aud = the issuer (SERVICE_URL) or the token endpoint, and nothing else besides;
//            exp at most MAX_ASSERTION_SECONDS after iat; jti of 1 to MAX_JTI_CHARACTERS characters, once per client until exp
//
// The client's clock may differ from ours by the tolerance of the parameters. Its time is judged first, from the claims
// alone. So a wrong clock gets the same answer for every client, every key and every signature. All other refusals are
// one and the same.

import { decodeJwt, type JWTPayload, jwtVerify } from "jose";
import * as z from "zod";
import { checkClock } from "../shared/clock.ts";
import type { ServiceEnv } from "../shared/env.ts";
import { clockTolerance } from "../shared/parameters.ts";
import { refused, toProblem } from "../shared/problems.ts";
import { ALGORITHMS, keysOf } from "./jwks.ts";
import { findClient, type OAuthClient } from "./oauth-clients.ts";
import { spend } from "./single-use.ts";

const MAX_ASSERTION_SECONDS = 300;
const MAX_ASSERTION_CHARACTERS = 8_000;
const MAX_JTI_CHARACTERS = 512;

/** The issuer of this service's tokens, as RFC 8414 metadata state it. */
export const issuerOf = (env: ServiceEnv): string => env.SERVICE_URL;
export const tokenEndpointOf = (env: ServiceEnv): string => `${env.SERVICE_URL}/v1/token`;

const TIME = z.number().min(0).max(Number.MAX_SAFE_INTEGER).transform(Math.floor);
const TIMES = z.object({ exp: TIME, iat: TIME.optional(), nbf: TIME.optional() });
const JTI = z.string().min(1).max(MAX_JTI_CHARACTERS);

/**
 * Seconds by which the sender's clock is ahead of ours, by the claims of its assertion; negative if it is behind.
 * An assertion that our own clock finds valid has 0. Otherwise the client made it at `iat`. Without `iat` it made the
 * assertion at most MAX_ASSERTION_SECONDS before `exp`, and the answer is the smallest difference that this leaves.
 */
function aheadBy({ exp, iat, nbf }: z.infer<typeof TIMES>, at: number): number {
  const earliest = Math.max(iat ?? exp - MAX_ASSERTION_SECONDS, nbf ?? 0);
  if (at < earliest) return earliest - at;
  if (at < exp) return 0;
  return (iat ?? exp - 1) - at;
}

/**
 * The claims of an assertion whose signature nobody has checked yet, if its times are within the tolerance.
 * @throws Problem clock-skew; credential-refused if it is no assertion
 */
function claimsOf(assertion: string, at: number, toleranceSeconds: number): JWTPayload {
  let claims: JWTPayload;
  let times: z.infer<typeof TIMES>;
  try {
    if (assertion.length > MAX_ASSERTION_CHARACTERS) throw new Error("too long");
    claims = decodeJwt(assertion);
    times = TIMES.parse(claims);
  } catch (cause) {
    throw refused(`client assertion: ${String(cause)}`);
  }
  checkClock(aheadBy(times, at), toleranceSeconds);
  if (times.iat !== undefined && times.exp - times.iat > MAX_ASSERTION_SECONDS)
    throw refused("client assertion: lives too long");
  return claims;
}

/** Each audience must be ours: nobody else may be able to use the assertion here. Some libraries send both names. */
function isForUs(env: ServiceEnv, aud: unknown): boolean {
  const ours: unknown[] = [issuerOf(env), tokenEndpointOf(env)];
  return Array.isArray(aud) ? aud.length > 0 && aud.every((one) => ours.includes(one)) : ours.includes(aud);
}

/**
 * The client that made this assertion.
 * @param named the request's client_id parameter, if it has one (RFC 7521, section 4.2)
 * @throws Problem clock-skew; unavailable, also as an error of the storage; credential-refused for every other failure
 */
export async function assertedClient(
  env: ServiceEnv,
  assertion: string,
  named: string | null,
  at: number,
): Promise<OAuthClient> {
  const toleranceSeconds = await clockTolerance(env, at);
  const claims = claimsOf(assertion, at, toleranceSeconds);
  try {
    if (!isForUs(env, claims.aud)) throw new Error("another audience");
    if (claims.iss !== claims.sub) throw new Error("iss and sub differ");
    if (named !== null && named !== claims.sub) throw new Error("client_id and sub differ");
    const jti = JTI.parse(claims.jti);
    const client = await findClient(env, claims.sub ?? "");
    if (!client) throw new Error("unknown client");
    // All that is read above is signed: jwtVerify reads the same claims.
    const { payload } = await jwtVerify(assertion, keysOf(env, client.keys), {
      algorithms: [...ALGORITHMS],
      issuer: client.clientId,
      subject: client.clientId,
      currentDate: new Date(at * 1000),
      clockTolerance: toleranceSeconds,
      requiredClaims: ["exp", "jti"],
    });
    if (!(await spend(env, `${client.clientId} ${jti}`, Math.ceil(payload.exp!)))) throw new Error("jti used before");
    return client;
  } catch (cause) {
    // A busy database is no bad credential.
    if (toProblem(cause).code === "unavailable") throw cause;
    throw refused(`client assertion: ${String(cause)}`);
  }
}
