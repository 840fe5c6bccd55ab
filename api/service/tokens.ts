// Tokens of clinics: SMART Backend Services (HL7 SMART App Launch 2.2), and the documents by which clients find them.
//
// The token endpoint refuses as RFC 6749, section 5.2, says. The documents are JSON whatever the caller accepts (SMART App
// Launch 2.2, "Conformance").

import * as z from "zod";
import { ANYONE, type AnswersOf, oauthForm, route } from "../contract.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MAX_ASSERTION_CHARACTERS = 8_000;
/** of a list of scopes */
export const MAX_SCOPE_CHARACTERS = 1000;
const callers = [ANYONE];

export const TOKENS = {
  token: route({
    method: "POST",
    path: "/v1/token",
    callers,
    body: oauthForm(
      z.object({
        grant_type: z.literal("client_credentials"),
        client_assertion_type: z.literal(ASSERTION_TYPE),
        client_assertion: z.string().max(MAX_ASSERTION_CHARACTERS),
        client_id: z.string().optional(),
        scope: z.string().max(MAX_SCOPE_CHARACTERS).optional(),
      }),
    ),
    produces: [],
  }),
  readSmartConfiguration: route({
    method: "GET",
    path: "/.well-known/smart-configuration",
    callers,
    produces: [],
  }),
  readAuthorizationServer: route({
    method: "GET",
    path: "/.well-known/oauth-authorization-server",
    callers,
    produces: [],
  }),
  readOpenIdConfiguration: route({
    method: "GET",
    path: "/.well-known/openid-configuration",
    callers,
    produces: [],
  }),
};

export const TOKENS_ANSWERS = () => {
  const Token = z
    .object({
      access_token: z.string(),
      token_type: z.literal("bearer"),
      expires_in: z.int().min(1).describe("seconds"),
      scope: z.string().describe("the granted scopes, which may be fewer than the asked ones"),
    })
    .meta({ id: "Token" });
  const OAuthError = z
    .object({
      error: z.enum([
        "invalid_request",
        "invalid_client",
        "invalid_scope",
        "unsupported_grant_type",
        "temporarily_unavailable",
      ]),
      error_description: z.string(),
      code: z.string().describe("the code of a problem document for this fault"),
      detail: z.string(),
    })
    .meta({ id: "OAuthError" });
  const texts = z.array(z.string());
  const common = {
    token_endpoint: z.string(),
    grant_types_supported: texts,
    token_endpoint_auth_methods_supported: texts,
    token_endpoint_auth_signing_alg_values_supported: texts,
    scopes_supported: texts,
    code_challenge_methods_supported: texts,
  };
  const SmartConfiguration = z.object({ ...common, capabilities: texts }).meta({ id: "SmartConfiguration" });
  const AuthorizationServer = z
    .object({ issuer: z.string(), ...common, response_types_supported: texts })
    .meta({ id: "AuthorizationServer" });
  return {
    token: {
      summary: "Get an access token",
      description:
        "OAuth 2.0 client credentials with a JWT assertion (RFC 7523), ES384 or RS384. Its audience is the issuer or this address. Refusals have the form of RFC 6749. Every bad credential has the same answer, invalid_client.",
      ok: { 200: { json: Token } },
      refusals: { 400: { json: OAuthError }, 429: { json: OAuthError }, 503: { json: OAuthError } },
    },
    readSmartConfiguration: {
      summary: "Find the token endpoint, as SMART clients do",
      ok: { 200: { json: SmartConfiguration } },
    },
    readAuthorizationServer: {
      summary: "Find the token endpoint, as OAuth clients do",
      description: "Metadata of RFC 8414.",
      ok: { 200: { json: AuthorizationServer } },
    },
    readOpenIdConfiguration: {
      summary: "Find the token endpoint, where OAuth libraries look by default",
      description: "The same document as under oauth-authorization-server. The service issues no id tokens.",
      ok: { 200: { json: AuthorizationServer } },
    },
  } satisfies AnswersOf<typeof TOKENS>;
};
