// Access tokens of clinics: OAuth 2.0 client credentials, as SMART Backend Services uses them.
//
//   POST /v1/token   form: grant_type=client_credentials, client_assertion_type, client_assertion, scope
//     client_assertion   see client-assertion.ts
//     scope              see scopes.ts. Granted is the part of it that the client may have. Without it, all of that
//   -> {access_token, token_type: "bearer", expires_in, scope}
//
// The endpoint refuses in the form of RFC 6749, section 5.2: application/json {error, error_description}. Beside them stand
// `code` and `detail` of this API's problem documents. Every bad credential has the same answer, invalid_client. Only a wrong
// clock says so in its description, since the client can mend that.
//
// The access token is a JWT under TOKEN_KEY (HS256), whose times are those of our own clock. Its `sub` is the one service
// for which it is valid; the token of another service is refused. `client_id` names the client, and each request looks at
// the client again: a client that was removed, or lost a scope, loses it in its live tokens too (oauth-clients.ts says how
// soon). A route names the scope that it asks for (RFC 6750, section 3.1): 401 invalid_token, 403 insufficient_scope.

import type { Context } from "hono";
import { jwtVerify, SignJWT } from "jose";
import { TOKENS } from "../../api/service/tokens.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import { checkHex, type RoleApp } from "../shared/http.ts";
import { PROBLEMS, Problem, type ProblemCode, toProblem } from "../shared/problems.ts";
import { countKey } from "../shared/rate-limits.ts";
import { serve } from "../shared/serve.ts";
import { assertedClient, issuerOf } from "./client-assertion.ts";
import { allowedNow } from "./oauth-clients.ts";
import { findService, type Service } from "./registry.ts";
import { covers, type Grants, intersect, isEmpty, readScopes, type Scope, scopeText } from "./scopes.ts";

type ServiceContext = Context<{ Bindings: ServiceEnv }>;

const TOKEN_SECONDS = 300;
const MAX_FORM_BYTES = 16 * 1024;
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SERVICE_ID_BYTES = 16;

// ---- requests with a token

/** RFC 6750, section 3: the challenge of a refusal. */
const challenge = (parameters: Record<string, string>): { "www-authenticate": string } => ({
  "www-authenticate": `Bearer ${Object.entries({ realm: "symbolon", ...parameters })
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}`,
});
const noToken = (): Problem => new Problem("token-refused", undefined, "no bearer token", {}, challenge({}));
const badToken = (inside: string): Problem =>
  new Problem("token-refused", undefined, `token: ${inside}`, {}, challenge({ error: "invalid_token" }));

/** A clinic's token that was verified. */
export interface ClinicToken {
  readonly service: Service;
  /** The service, if the token covers one of these scopes. @throws Problem insufficient-scope */
  require(...scopes: readonly Scope[]): Service;
}

/** @throws Problem malformed, token-refused, too-many */
export async function clinicToken(c: ServiceContext, id = c.req.param("id")): Promise<ClinicToken> {
  const serviceId = checkHex(id, SERVICE_ID_BYTES, "service id");
  const [scheme, token] = (c.req.header("authorization") ?? "").split(" ");
  if (scheme?.toLowerCase() !== "bearer" || !token) throw noToken();
  const { payload } = await jwtVerify(token, hexToBytes(c.env.TOKEN_KEY), {
    algorithms: ["HS256"],
    issuer: issuerOf(c.env),
    audience: c.env.SERVICE_URL,
    subject: serviceId,
    currentDate: new Date(now(c) * 1000),
    requiredClaims: ["exp", "client_id", "scope"],
  }).catch((cause) => {
    throw badToken(String(cause));
  });
  await countKey(c, serviceId);
  const service = await findService(c.env, serviceId);
  if (!service) throw badToken("of a service that is not registered");
  const allowed = await allowedNow(c.env, serviceId, String(payload.client_id));
  if (!allowed) throw badToken("of a client that was removed");
  const granted = intersect(readScopes(String(payload.scope))?.grants ?? {}, allowed);
  return {
    service,
    require(...scopes) {
      if (scopes.some((scope) => covers(granted, scope))) return service;
      const detail = `The token lacks the scope ${scopes.join(" or ")}.`;
      const told = challenge({ error: "insufficient_scope", scope: scopes.join(" ") });
      throw new Problem("insufficient-scope", detail, undefined, {}, told);
    },
  };
}

/**
 * The service whose id is in the path, if a token of its clinic with this scope came with the request.
 * @throws Problem malformed, token-refused, insufficient-scope, too-many
 */
export async function clinicOf(c: ServiceContext, scopes: readonly Scope[], id = c.req.param("id")): Promise<Service> {
  return (await clinicToken(c, id)).require(...scopes);
}

// ---- the token endpoint

type OAuthErrorCode = "invalid_request" | "invalid_client" | "invalid_scope" | "unsupported_grant_type";
/** A refusal of the token endpoint; `detail` is public. */
class TokenRefusal extends Error {
  readonly error: OAuthErrorCode;
  readonly detail: string;
  constructor(error: OAuthErrorCode, detail: string) {
    super(detail);
    this.error = error;
    this.detail = detail;
  }
}

/** The errors of RFC 6749 for problems that other parts throw. The last two keep the status, and are no errors of the RFC. */
const OAUTH_ERRORS: Partial<Record<ProblemCode, string>> = {
  "credential-refused": "invalid_client",
  "clock-skew": "invalid_client",
  "too-many": "temporarily_unavailable",
  unavailable: "temporarily_unavailable",
};

/** @throws Error if it is neither the client's fault nor a passing trouble */
function refusalResponse(thrown: unknown): Response {
  if (thrown instanceof TokenRefusal) {
    const code: ProblemCode = thrown.error === "invalid_scope" ? "insufficient-scope" : "malformed";
    return errorResponse(400, thrown.error, code, thrown.detail);
  }
  const problem = toProblem(thrown);
  const error = OAUTH_ERRORS[problem.code];
  if (error === undefined) throw thrown;
  const [status, title] = PROBLEMS[problem.code];
  const isBusy = error === "temporarily_unavailable";
  const headers = isBusy ? { "retry-after": "2", ...problem.headers } : problem.headers;
  return errorResponse(isBusy ? status : 400, error, problem.code, problem.detail ?? title, headers);
}

const errorResponse = (status: number, error: string, code: ProblemCode, detail: string, headers = {}): Response =>
  Response.json({ error, error_description: detail, code, detail }, { status, headers });

/** The parameters of the form, each at most once (RFC 6749, section 3.2). @throws TokenRefusal */
async function readForm(c: ServiceContext): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type))
    throw new TokenRefusal("invalid_request", "application/x-www-form-urlencoded expected");
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength > MAX_FORM_BYTES) throw new TokenRefusal("invalid_request", "the form is too long");
  const form = new URLSearchParams(new TextDecoder().decode(bytes));
  const names = [...form.keys()];
  if (new Set(names).size !== names.length) throw new TokenRefusal("invalid_request", "a parameter came twice");
  // RFC 6749, section 5.2: a client uses one way to authenticate.
  if (form.has("client_secret") || c.req.header("authorization") !== undefined)
    throw new TokenRefusal("invalid_request", "this server accepts private_key_jwt only");
  const grantType = form.get("grant_type") ?? "";
  if (grantType === "") throw new TokenRefusal("invalid_request", "grant_type is missing");
  if (grantType !== "client_credentials")
    throw new TokenRefusal("unsupported_grant_type", "grant_type: client_credentials expected");
  return form;
}

/** The part of the asked scopes that the client may have. @throws TokenRefusal invalid_scope */
function grantedOf(asked: string | null, allowed: Grants): Grants {
  if (asked === null || asked === "") return allowed;
  const read = readScopes(asked);
  if (!read) throw new TokenRefusal("invalid_scope", "scope: a list of scopes expected");
  const granted = intersect(read.grants, allowed);
  if (isEmpty(granted)) throw new TokenRefusal("invalid_scope", `this client may have: ${scopeText(allowed)}`);
  return granted;
}

async function issueToken(c: ServiceContext): Promise<Response> {
  const form = await readForm(c);
  const at = now(c);
  // Of another type, there is no assertion here, and the answer is that of a bad one.
  const assertion = form.get("client_assertion_type") === ASSERTION_TYPE ? form.get("client_assertion") : null;
  const client = await assertedClient(c.env, assertion ?? "", form.get("client_id"), at);
  const scope = scopeText(grantedOf(form.get("scope"), client.allowed));
  const accessToken = await new SignJWT({ scope, client_id: client.clientId })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuerOf(c.env))
    .setAudience(c.env.SERVICE_URL)
    .setSubject(client.service.serviceId)
    .setIssuedAt(at)
    .setExpirationTime(at + TOKEN_SECONDS)
    .sign(hexToBytes(c.env.TOKEN_KEY));
  return c.json({ access_token: accessToken, token_type: "bearer", expires_in: TOKEN_SECONDS, scope });
}

export function registerTokens(app: RoleApp<ServiceEnv>): void {
  serve(app, TOKENS.token, (c) => issueToken(c).catch(refusalResponse));
}
