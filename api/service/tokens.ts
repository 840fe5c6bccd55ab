// Tokens of clinics: SMART Backend Services (HL7 SMART App Launch 2.2).

import * as z from "zod";
import { ANYONE, type AnswersOf, form, JSON_TYPE, route } from "../contract.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MAX_ASSERTION_LENGTH = 16_384;

export const TOKENS = {
  token: route({
    method: "POST",
    path: "/v1/token",
    callers: [ANYONE],
    body: form(
      z.object({
        grant_type: z.literal("client_credentials"),
        client_assertion_type: z.literal(ASSERTION_TYPE),
        client_assertion: z.string().max(MAX_ASSERTION_LENGTH),
        scope: z.string().max(1024).optional(),
      }),
    ),
    produces: [JSON_TYPE],
  }),
};

export const TOKENS_ANSWERS = () => {
  const Token = z
    .object({
      access_token: z.string(),
      token_type: z.literal("bearer"),
      expires_in: z.int().min(1).describe("seconds"),
      scope: z.string(),
    })
    .meta({ id: "Token" });
  return {
    token: {
      summary: "Get an access token",
      description: "OAuth 2.0 client credentials with a JWT assertion (RFC 7523) under the key of the clinic's card.",
      ok: { 200: { json: Token } },
      problems: ["credential-refused", "clock-skew"],
    },
  } satisfies AnswersOf<typeof TOKENS>;
};
