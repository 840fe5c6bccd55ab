// Clinics authenticate as SMART Backend Services (HL7 SMART App Launch 2.2, "Client Authentication: Asymmetric"): OAuth
// 2.0 client credentials with a JWT assertion (RFC 7523) signed by the key in the service's card.
//
//   POST /v1/token   form: grant_type=client_credentials, client_assertion_type, client_assertion, scope
//     assertion      ES384; iss = sub = service id (hex), aud = SERVICE_URL/v1/token, exp at most 300 s after iat, jti
//                    used once
//   -> {access_token, token_type: "bearer", expires_in, scope}
//
// The clinic's clock may differ from ours by the tolerance of the parameters. Its time is judged first, from the claims
// alone. So a wrong clock gets the same answer for every clinic, every key and every signature. All other refusals are
// one and the same problem document.
//
// The access token is a JWT under TOKEN_KEY (HS256), whose times are those of our own clock. Its `sub` is the one service
// for which it is valid. The token of another service is refused.

import type { Context } from "hono";
import { decodeJwt, importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import * as z from "zod";
import { hexToBytes } from "../../protocol/bytes.ts";
import { isHex } from "../../protocol/encodings.ts";
import { checkClock } from "../shared/clock.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import { checkHex, type RoleApp } from "../shared/http.ts";
import { clockTolerance } from "../shared/parameters.ts";
import { Problem, refused } from "../shared/problems.ts";
import { countKey } from "../shared/rate-limits.ts";
import { findService, type Service } from "./registry.ts";
import { spend } from "./single-use.ts";

const TOKEN_SECONDS = 300;
const MAX_ASSERTION_SECONDS = 300;
const SCOPE = "system/*.cruds";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SERVICE_ID_BYTES = 16;
const JTI = z.string().min(16).max(256);

const TIME = z.number().min(0).max(Number.MAX_SAFE_INTEGER).transform(Math.floor);
const TIMES = z.object({ exp: TIME, iat: TIME.optional(), nbf: TIME.optional() });

/**
 * Seconds by which the sender's clock is ahead of ours, by the claims of its assertion; negative if it is behind.
 * An assertion that our own clock finds valid has 0. Otherwise the clinic made it at `iat`. Without `iat` it made the
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

/** The service that made this assertion. @throws Problem clock-skew; credential-refused for every other failure */
async function assertedService(env: ServiceEnv, assertion: string, at: number): Promise<Service> {
  const toleranceSeconds = await clockTolerance(env, at);
  const claimed = claimsOf(assertion, at, toleranceSeconds).sub ?? "";
  try {
    const service = isHex(claimed, SERVICE_ID_BYTES) ? await findService(env, claimed) : undefined;
    if (!service) throw new Error("unknown service");
    const key = await importJWK(JSON.parse(service.card.oauthKeyJwk) as JWK, "ES384");
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: ["ES384"],
      issuer: service.serviceId,
      subject: service.serviceId,
      audience: `${env.SERVICE_URL}/v1/token`,
      currentDate: new Date(at * 1000),
      clockTolerance: toleranceSeconds,
      requiredClaims: ["exp", "jti"],
    });
    const jti = JTI.parse(payload.jti);
    if (!(await spend(env, `${service.serviceId} ${jti}`, Math.ceil(payload.exp!)))) throw new Error("jti used before");
    return service;
  } catch (cause) {
    throw refused(`client assertion: ${String(cause)}`);
  }
}

/**
 * The service whose id is in the path, if its clinic's Bearer token came with the request.
 * @throws Problem malformed, credential-refused
 */
export async function clinicOf(c: Context<{ Bindings: ServiceEnv }>, id = c.req.param("id")): Promise<Service> {
  const serviceId = checkHex(id, SERVICE_ID_BYTES, "service id");
  const [scheme, token] = (c.req.header("authorization") ?? "").split(" ");
  try {
    if (scheme?.toLowerCase() !== "bearer" || !token) throw new Error("no bearer token");
    await jwtVerify(token, hexToBytes(c.env.TOKEN_KEY), {
      algorithms: ["HS256"],
      issuer: c.env.SERVICE_URL,
      audience: c.env.SERVICE_URL,
      subject: serviceId,
      currentDate: new Date(now(c) * 1000),
      requiredClaims: ["exp"],
    });
  } catch (cause) {
    throw refused(`token: ${String(cause)}`);
  }
  await countKey(c, serviceId);
  const service = await findService(c.env, serviceId);
  if (!service) throw refused("token of a service that is not registered");
  return service;
}

export function registerTokens(app: RoleApp<ServiceEnv>): void {
  app.post("/v1/token", async (c) => {
    const type = c.req.header("content-type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded"))
      throw new Problem("unsupported-media-type", "application/x-www-form-urlencoded expected");
    const form = new URLSearchParams(new TextDecoder().decode(await c.req.arrayBuffer()));
    if (form.get("grant_type") !== "client_credentials")
      throw new Problem("malformed", "grant_type: client_credentials expected");
    if (form.get("client_assertion_type") !== ASSERTION_TYPE)
      throw new Problem("malformed", `client_assertion_type: ${ASSERTION_TYPE} expected`);
    const at = now(c);
    const service = await assertedService(c.env, form.get("client_assertion") ?? "", at);
    const accessToken = await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer(c.env.SERVICE_URL)
      .setAudience(c.env.SERVICE_URL)
      .setSubject(service.serviceId)
      .setIssuedAt(at)
      .setExpirationTime(at + TOKEN_SECONDS)
      .sign(hexToBytes(c.env.TOKEN_KEY));
    return c.json({ access_token: accessToken, token_type: "bearer", expires_in: TOKEN_SECONDS, scope: SCOPE });
  });
}
