// Handing the keys to another committee. A coordinator, whom nobody needs to trust, carries the messages. The trustee's
// administrator signs every request, except an officer's approval, which is a passkey's assertion.

import * as z from "zod";
import { caseDocument } from "../case-proofs.ts";
import { ADMINISTRATOR, ANYONE, type AnswersOf, JSON_TYPE, type JsonOf, json, route } from "../contract.ts";
import { base64urlText, hexText } from "../fields.ts";
import { messageJson, messagesBody } from "./ceremony.ts";
import { Assertion } from "./officers.ts";
import { part } from "./rounds.ts";

const MAX_CHAIN_BYTES = 4 << 20;

const callers = [ADMINISTRATOR];
const produces = [JSON_TYPE];
/** 32 random bytes */
const params = { id: hexText(32) };

export const RESHARING = {
  startResharing: route({
    method: "POST",
    path: "/v1/resharing/:id/start",
    callers,
    params,
    body: json(
      z.object({
        threshold: z.int().min(2).max(16),
        dealers: z.array(z.int().min(1).max(16)).min(2).max(16),
        cards: z.array(caseDocument).min(2).max(16),
        chain: base64urlText(MAX_CHAIN_BYTES),
      }),
    ),
    produces,
  }),
  approveResharing: route({
    method: "POST",
    path: "/v1/resharing/:id/approve",
    callers: [ANYONE],
    params,
    /** The assertion's challenge is reshareApprovalChallenge (protocol/key-set-chain.ts). */
    body: json(z.object({ assertion: Assertion })),
    produces,
  }),
  dealResharing: route({
    method: "POST",
    path: "/v1/resharing/:id/deal",
    callers,
    params,
    body: json(z.object({})),
    produces,
  }),
  acceptResharing: route({
    method: "POST",
    path: "/v1/resharing/:id/accept",
    callers,
    params,
    body: messagesBody,
    produces,
  }),
  finishResharing: route({
    method: "POST",
    path: "/v1/resharing/:id/finish",
    callers,
    params,
    body: json(z.object({ deals: z.array(part).min(2).max(16), acceptances: z.array(part).min(2).max(16) })),
    produces,
  }),
};

export const RESHARING_ANSWERS = () => {
  const problems = ["unknown-version", "not-found", "conflict", "not-allowed-now"] as const;
  const done = { 200: { json: z.object({}) } };
  return {
    startResharing: {
      summary: "Start a resharing, at a dealer or a new trustee",
      ok: { 200: { json: z.object({ plan: part.describe("ResharePlan, as this trustee made it") }) } },
      problems,
    },
    approveResharing: {
      summary: "Approve the plan with an officer's passkey",
      description: "Without it this trustee deals nothing.",
      ok: done,
      problems: [...problems, "credential-refused"],
    },
    dealResharing: { summary: "Get this dealer's deals", ok: { 200: { json: messageJson() } }, problems },
    acceptResharing: {
      summary: "Hand in all deals, and get this new trustee's acceptance",
      description: "Or a complaint, which names a dealer.",
      ok: { 200: { json: messageJson() } },
      problems,
    },
    finishResharing: {
      summary: "Hand in deals and acceptances, at new trustees and at those that leave",
      ok: done,
      problems,
    },
  } satisfies AnswersOf<typeof RESHARING>;
};

export type PlanAnswer = JsonOf<ReturnType<typeof RESHARING_ANSWERS>["startResharing"]>;
