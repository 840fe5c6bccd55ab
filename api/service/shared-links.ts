// The host of SMART Health Links (HL7, "SMART Health Cards and Links" 1.0.0). A patient's wallet seals what it shares and puts the
// ciphertext here; the key stands in the link, which no server sees. The link's url is the path of its id, for all of:
// a link without passcode is read with GET (flag U), one with passcode by its manifest with POST (flag P).

import * as z from "zod";
import { ANYONE, type AnswersOf, bearerOf, JSON_TYPE, type JsonOf, json, octets, route } from "../contract.ts";
import { base64urlOf } from "../fields.ts";
import { EXPIRES_HEADER, LINK_ID_BYTES, MAX_LINK_BYTES, PASSCODE_HEADER, VERIFIER_BYTES } from "./link-limits.ts";

const MAX_RECIPIENT_CHARACTERS = 200;
const MAX_PASSCODE_CHARACTERS = 100;
const MAX_TICKET_CHARACTERS = 1000;

const path = "/v1/shared/:id";
const params = { id: base64urlOf(LINK_ID_BYTES) };
const callers = [bearerOf("owner")];
const recipient = z.string().min(1).max(MAX_RECIPIENT_CHARACTERS);

export const SHARED_LINKS = {
  putLink: route({
    method: "PUT",
    path,
    callers,
    params,
    headers: {
      [EXPIRES_HEADER]: z
        .string()
        .regex(/^\d{1,12}$/, "unix seconds expected")
        .transform(Number)
        .meta({ type: "integer" }),
      [PASSCODE_HEADER]: base64urlOf(VERIFIER_BYTES).optional(),
    },
    body: octets("JWE", MAX_LINK_BYTES),
    produces: [],
  }),
  readLink: route({ method: "GET", path, callers: [ANYONE], params, query: { recipient }, produces: [] }),
  readLinkManifest: route({
    method: "POST",
    path,
    callers: [ANYONE],
    params,
    body: json(
      z.object({
        recipient,
        passcode: z.string().max(MAX_PASSCODE_CHARACTERS).optional(),
        embeddedLengthMax: z.int().min(0).optional(),
      }),
    ),
    produces: [JSON_TYPE],
  }),
  readLinkFile: route({
    method: "GET",
    path: `${path}/file`,
    callers: [ANYONE],
    params,
    query: { ticket: z.string().min(1).max(MAX_TICKET_CHARACTERS) },
    produces: [],
  }),
  readLinkUses: route({ method: "GET", path: `${path}/uses`, callers, params, produces: [JSON_TYPE] }),
  endLink: route({ method: "DELETE", path, callers, params, produces: [] }),
};

export const SHARED_LINKS_ANSWERS = () => {
  const Uses = z
    .object({
      uses: z.int().min(0).describe("how often it was opened"),
      lastDay: z.int().min(0).nullable().describe("days since 1970-01-01 of the last use; null if there was none"),
      expires: z.int().min(0).describe("unix seconds"),
      remainingAttempts: z.int().min(0).nullable().describe("wrong passcodes that are left; null without passcode"),
      ended: z.boolean().describe("it was revoked, its wrong passcodes are used up, or its time is over"),
    })
    .meta({ id: "LinkUses" });
  const Manifest = z
    .object({
      files: z.array(
        z.object({
          contentType: z.literal("application/fhir+json"),
          location: z.string().optional().describe("serves for five minutes"),
          embedded: z.string().optional().describe("the JWE itself, if it is no longer than embeddedLengthMax"),
        }),
      ),
    })
    .meta({ id: "LinkManifest" });
  const Wrong = z.object({ remainingAttempts: z.int().min(0) }).meta({ id: "LinkPasscodeRefusal" });
  const jose = "the JWE (compact form, A256GCM), which the link's key opens";
  return {
    putLink: {
      summary: "Put the ciphertext of a new link",
      description:
        "Anybody may, within the limits of docs/OPERATIONS.md. The wallet draws the id and the bearer secret, 32 random bytes each in base64url; the host keeps the hash of both. Symbolon-Expires is a full hour (UTC), a year ahead at most. Symbolon-Passcode is salt 16 | PBKDF2-HMAC-SHA-256(passcode, salt, 100000, 32) in base64url. The same request may be repeated.",
      ok: { 201: {}, 200: {} },
      problems: ["conflict"],
    },
    readLink: {
      summary: "Read a link without passcode (flag U)",
      ok: { 200: { jose } },
      problems: ["not-found"],
    },
    readLinkManifest: {
      summary: "Read the manifest of a link with passcode (flag P)",
      description:
        "After five wrong passcodes in all the link has ended, and the answer is 404. The name of the recipient is not kept.",
      ok: { 200: { json: Manifest } },
      refusals: { 401: { json: Wrong } },
      problems: ["not-found"],
    },
    readLinkFile: {
      summary: "Read the file that a manifest names",
      ok: { 200: { jose } },
      problems: ["not-found"],
    },
    readLinkUses: { summary: "Read how often a link was used", ok: { 200: { json: Uses } }, problems: ["not-found"] },
    endLink: {
      summary: "Revoke a link",
      description: "Its ciphertext is deleted before the answer. May be repeated.",
      ok: { 204: {} },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof SHARED_LINKS>;
};

type Answered = ReturnType<typeof SHARED_LINKS_ANSWERS>;
export type LinkUses = JsonOf<Answered["readLinkUses"]>;
export type LinkManifest = JsonOf<Answered["readLinkManifest"]>;
