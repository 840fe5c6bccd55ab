// The further clients of a clinic, for instance a laboratory's program. The clinic's signKey signs each request, and a PUT or
// DELETE serves once.

import * as z from "zod";
import { type AnswersOf, JSON_TYPE, json, route, signatureOf } from "../contract.ts";
import { hexText, serviceId } from "../fields.ts";
import { MAX_SCOPE_CHARACTERS } from "./tokens.ts";

const CLIENT_ID_BYTES = 24;
const MAX_NAME_CHARACTERS = 80;
const MAX_URI_CHARACTERS = 2048;
const MAX_KEYS = 4;
const MAX_KID_CHARACTERS = 128;
const SECRET_PARTS = ["d", "p", "q", "dp", "dq", "qi", "k"];

const base64url = (least: number, most: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, "base64url expected")
    .min(least)
    .max(most);
const common = {
  kid: z.string().min(1).max(MAX_KID_CHARACTERS),
  use: z.literal("sig").optional(),
};
/** 48 bytes of a coordinate; 2048 to 4096 bits of a modulus. */
const [COORDINATE, MODULUS, EXPONENT] = [base64url(64, 64), base64url(342, 684), base64url(1, 6)];
const isSecret = (key: unknown): boolean =>
  typeof key === "object" && key !== null && SECRET_PARTS.some((part) => part in key);
const PublicJwk = z.preprocess(
  (key, context) => {
    if (isSecret(key)) context.addIssue("this is a secret key");
    return key;
  },
  z.discriminatedUnion("kty", [
    z.object({
      kty: z.literal("EC"),
      crv: z.literal("P-384"),
      x: COORDINATE,
      y: COORDINATE,
      alg: z.literal("ES384").optional(),
      ...common,
    }),
    z.object({ kty: z.literal("RSA"), n: MODULUS, e: EXPONENT, alg: z.literal("RS384").optional(), ...common }),
  ]),
);
/** An inline set. Members that nobody needs are dropped. */
const InlineJwks = z.object({
  keys: z
    .array(PublicJwk)
    .min(1)
    .max(MAX_KEYS)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, "each key needs a kid of its own"),
});
export type InlineJwks = z.output<typeof InlineJwks>;

const path = "/v1/services/:id/clients/:clientId";
const callers = [signatureOf("the clinic")];
const params = { id: serviceId, clientId: hexText(CLIENT_ID_BYTES) };
const fields = {
  name: z.string().min(1).max(MAX_NAME_CHARACTERS),
  scope: z.string().max(MAX_SCOPE_CHARACTERS),
  jwks: InlineJwks.optional(),
  jwksUri: z.string().max(MAX_URI_CHARACTERS).optional(),
};

export const CLIENTS = {
  listClients: route({
    method: "GET",
    path: "/v1/services/:id/clients",
    callers,
    params: { id: serviceId },
    produces: [JSON_TYPE],
  }),
  putClient: route({ method: "PUT", path, callers, params, body: json(z.object(fields)), produces: [JSON_TYPE] }),
  removeClient: route({ method: "DELETE", path, callers, params, produces: [] }),
};

export const CLIENTS_ANSWERS = () => {
  const Client = z.object({ clientId: hexText(CLIENT_ID_BYTES), ...fields }).meta({ id: "OAuthClient" });
  return {
    listClients: {
      summary: "List the clinic's further clients",
      ok: { 200: { json: z.object({ clients: z.array(Client) }) } },
      problems: ["not-found"],
    },
    putClient: {
      summary: "Register or replace a client",
      description:
        "The clinic draws the client id at random. The client has either jwks or jwksUri. To change a key without a gap, put both keys, change the program over, and put the new key alone.",
      ok: { 200: { json: Client }, 201: { json: Client } },
      problems: ["not-found", "conflict", "not-allowed-now"],
    },
    removeClient: {
      summary: "Remove a client",
      description: "Its tokens end within some seconds. No fault if there is no such client.",
      ok: { 204: {} },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof CLIENTS>;
};
