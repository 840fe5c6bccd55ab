// The officers of a trustee: persons who approve or refuse orders with a passkey.

import * as z from "zod";
import { caseDocument, sealedDossier } from "../case-proofs.ts";
import { caseState } from "../case-state.ts";
import {
  ADMINISTRATOR,
  ANYONE,
  type AnswersOf,
  type BodyOf,
  bearerOf,
  JSON_TYPE,
  type JsonOf,
  json,
  OCTETS_TYPE,
  route,
} from "../contract.ts";
import { base64urlText, hexText } from "../fields.ts";

const credentialId = base64urlText(1024);
const short = base64urlText(32);
const produces = [JSON_TYPE];

/** A WebAuthn authentication response: the bytes of PublicKeyCredential.response, and rawId as `credentialId`. */
export const Assertion = z.object({
  credentialId,
  authenticatorData: base64urlText(1024),
  clientDataJSON: base64urlText(4096),
  signature: base64urlText(512),
});
export type Assertion = z.infer<typeof Assertion>;

export const OFFICERS = {
  registerOfficer: route({
    method: "POST",
    path: "/v1/officers",
    callers: [ADMINISTRATOR],
    body: json(
      z.object({
        credentialId,
        publicKey: base64urlText(1024).describe("COSE key, ES256"),
        rpId: z.string().min(1).max(253).describe("as the browser states it"),
        origin: z.string().min(1).max(512).describe("as the browser states it"),
      }),
    ),
    produces,
  }),
  removeOfficer: route({
    method: "DELETE",
    path: "/v1/officers/:id",
    callers: [ADMINISTRATOR],
    params: { id: credentialId },
    produces: [],
  }),
  newLoginNonce: route({ method: "POST", path: "/v1/officers/nonce", callers: [ANYONE], produces }),
  login: route({
    method: "POST",
    path: "/v1/officers/login",
    callers: [ANYONE],
    body: json(z.object({ nonce: short, assertion: Assertion })),
    produces,
  }),
  listCases: route({
    method: "GET",
    path: "/v1/cases",
    callers: [bearerOf("officer")],
    query: { state: caseState.default("ordered"), cursor: hexText(32).optional() },
    produces,
  }),
  readCase: route({
    method: "GET",
    path: "/v1/cases/:id",
    callers: [bearerOf("officer")],
    params: { id: hexText(32) },
    produces,
  }),
  listDecisions: route({
    method: "GET",
    path: "/v1/decisions",
    callers: [bearerOf("officer")],
    query: { cursor: hexText(32).optional() },
    produces,
  }),
  reviewOrder: route({
    method: "POST",
    path: "/v1/cases/review",
    callers: [bearerOf("officer")],
    body: json(z.object({ order: caseDocument, dossier: sealedDossier })),
    produces,
  }),
  decide: route({
    method: "POST",
    path: "/v1/cases/decide",
    callers: [ANYONE],
    body: json(
      z.object({
        order: caseDocument,
        dossier: sealedDossier,
        decision: z.enum(["approve", "refuse"]),
        reason: z.string().max(1000),
        assertion: Assertion,
      }),
    ),
    produces: [OCTETS_TYPE],
  }),
};

export type OfficerRequest = BodyOf<typeof OFFICERS.registerOfficer>;
export type LoginRequest = BodyOf<typeof OFFICERS.login>;
export type ReviewRequest = BodyOf<typeof OFFICERS.reviewOrder>;
export type DecideRequest = BodyOf<typeof OFFICERS.decide>;

/** protocol/review.ts has the description, in the same form. */
const descriptionJson = () => {
  const id = hexText(32);
  const time = z.int().min(0).describe("unix seconds");
  const number = z.int().min(0);
  return z.object({
    caseId: id,
    orderHash: id,
    kind: z.enum(["link", "trace", "assemble"]),
    requester: z.object({ name: z.string(), role: z.string(), key: id }),
    purpose: z.string(),
    legalGround: z.string(),
    epochs: z.object({ from: z.string(), to: z.string() }).describe('for example "2026-11"'),
    services: z.array(hexText(16)).describe("empty means all services"),
    emergency: z.boolean(),
    issuedAt: time,
    expiresAt: time,
    subject: z.union([
      z.object({ tid: z.string(), tagHash: id, serviceId: hexText(16), epoch: z.string(), at: time }),
      z.object({ selector: z.string(), contracts: number, uncovered: number }),
    ]),
    warnings: z.array(z.string()).describe("for the officer to read"),
  });
};

export const OFFICERS_ANSWERS = () => {
  const order = ["unknown-version", "clock-skew", "expired", "not-found", "not-allowed-now"] as const;
  return {
    registerOfficer: {
      summary: "Register an officer's passkey, or renew its card",
      description:
        "The same credential again gets the same card, or a new one near the card's end. If its values differ, if the key is another officer's, or if the officer was removed, the problem is conflict.",
      ok: {
        201: {
          json: z.object({
            trustee: z.int().min(1),
            card: caseDocument.describe("Signed<OfficerCard>, which the log has"),
          }),
        },
      },
      problems: ["conflict", "not-allowed-now"],
    },
    removeOfficer: {
      summary: "End an officer and all its tokens, for ever",
      ok: { 204: {} },
      problems: ["not-found", "not-allowed-now"],
    },
    newLoginNonce: {
      summary: "Get a nonce for one login",
      description: "It is good for five minutes.",
      ok: { 200: { json: z.object({ nonce: short }) } },
    },
    login: {
      summary: "Log in with a passkey",
      description:
        "The passkey signs loginChallenge (protocol/officer-card.ts), which the officer's client computes. The token is for the list and for reviews. Every decision needs an assertion of its own.",
      ok: { 200: { json: z.object({ token: short, expires: z.int().describe("unix seconds") }) } },
      problems: ["credential-refused"],
    },
    listCases: {
      summary: "List the escrow's cases for this trustee",
      description: "An officer's app asks every few seconds, with the ETag that it has. Mostly the answer is 304.",
      ok: {
        200: {
          json: z.object({
            cases: z.array(
              z.object({
                caseId: hexText(32),
                order: caseDocument.describe("Signed<Order>"),
                dossier: sealedDossier.nullable().describe("sealed to this trustee; null once it was deleted"),
                decided: z.boolean().describe("whether this trustee has decided"),
              }),
            ),
            cursor: z.string().nullable().describe("null on the last page"),
          }),
          headers: { etag: "Names this page as it is now." },
        },
        304: {},
      },
      problems: ["forbidden", "not-allowed-now"],
    },
    readCase: {
      summary: "Read how far the decisions about a case are",
      description:
        "As the escrow tells it. The officer's client verifies every decision, and that the log has the order.",
      ok: {
        200: {
          json: z.object({
            state: caseState,
            needed: z.int().min(0).describe("how many approvals are needed"),
            decisions: z.array(caseDocument.describe("Signed<Approval>")),
            order: caseDocument.nullable().describe("LogEntry of the order"),
          }),
        },
      },
      problems: ["forbidden", "not-found", "expired", "not-allowed-now"],
    },
    listDecisions: {
      summary: "List the decisions of this trustee's officers",
      description: "In the order of the case ids, which says nothing about time.",
      ok: {
        200: {
          json: z.object({
            decisions: z.array(caseDocument.describe("Signed<Approval>")),
            cursor: hexText(32).nullable().describe("null on the last page"),
          }),
        },
      },
    },
    reviewOrder: {
      summary: "Read an order and its dossier",
      description: "The officer's client makes the description itself, and compares.",
      ok: {
        200: {
          json: z.object({ description: descriptionJson(), dossier: sealedDossier.describe("the opened Dossier") }),
        },
      },
      problems: order,
    },
    decide: {
      summary: "Approve or refuse an order",
      description:
        "The assertion's challenge is approvalChallenge (protocol/approvals.ts). The same decision again gets the same document, which the officer's client sends to the escrow.",
      ok: { 200: { octets: "Signed<Approval>" } },
      problems: [...order, "credential-refused", "conflict"],
    },
  } satisfies AnswersOf<typeof OFFICERS>;
};

type Answers = ReturnType<typeof OFFICERS_ANSWERS>;
export type OfficerAnswer = JsonOf<Answers["registerOfficer"], 201>;
export type LoginNonce = JsonOf<Answers["newLoginNonce"]>;
export type LoginAnswer = JsonOf<Answers["login"]>;
export type InboxAnswer = JsonOf<Answers["listCases"]>;
export type CaseProgressAnswer = JsonOf<Answers["readCase"]>;
export type DecisionsAnswer = JsonOf<Answers["listDecisions"]>;
export type Review = JsonOf<Answers["reviewOrder"]>;
