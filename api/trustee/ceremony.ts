// The key ceremony. A coordinator, whom nobody needs to trust, carries the messages. The trustee's administrator signs every
// request. Each round after the first takes all trustees' messages of the round before: commits, openings, deals, acceptances.

import * as z from "zod";
import { caseDocument } from "../case-proofs.ts";
import { ADMINISTRATOR, type AnswersOf, JSON_TYPE, json, route } from "../contract.ts";
import { hexText } from "../fields.ts";
import { keySetJson } from "./cards.ts";
import { part } from "./rounds.ts";

const callers = [ADMINISTRATOR];
const produces = [JSON_TYPE];
/** 32 random bytes */
const params = { id: hexText(32) };
export const messagesBody = json(z.object({ messages: z.array(part).min(1).max(16) }));

export const CEREMONY = {
  startCeremony: route({
    method: "POST",
    path: "/v1/ceremony/:id/start",
    callers,
    params,
    body: json(z.object({ threshold: z.int().min(2).max(16), cards: z.array(caseDocument).min(2).max(16) })),
    produces,
  }),
  openCommitments: route({
    method: "POST",
    path: "/v1/ceremony/:id/open",
    callers,
    params,
    body: messagesBody,
    produces,
  }),
  deal: route({ method: "POST", path: "/v1/ceremony/:id/deal", callers, params, body: messagesBody, produces }),
  accept: route({ method: "POST", path: "/v1/ceremony/:id/accept", callers, params, body: messagesBody, produces }),
  finishCeremony: route({
    method: "POST",
    path: "/v1/ceremony/:id/finish",
    callers,
    params,
    body: messagesBody,
    produces,
  }),
};

export const messageJson = () => z.object({ message: part });
export type CeremonyMessage = z.infer<ReturnType<typeof messageJson>>;

export const CEREMONY_ANSWERS = () => {
  const problems = ["unknown-version", "not-found", "conflict", "not-allowed-now"] as const;
  const ok = { 200: { json: messageJson() } };
  return {
    startCeremony: { summary: "Start a key ceremony, and get this trustee's commit", ok, problems },
    openCommitments: { summary: "Hand in all commits, and get this trustee's opening", ok, problems },
    deal: { summary: "Hand in all openings, and get this trustee's deal", ok, problems },
    accept: {
      summary: "Hand in all deals, and get this trustee's acceptance",
      description: "Or a complaint, which names a dealer.",
      ok,
      problems,
    },
    finishCeremony: {
      summary: "Hand in all acceptances, and get the key set",
      ok: { 200: { json: keySetJson() } },
      problems,
    },
  } satisfies AnswersOf<typeof CEREMONY>;
};
