// The registrar's answers to approved orders. It answers each case once; the same request gets the same answer again.

import * as z from "zod";
import { CaseProofs, caseDocument, OrderProof } from "../case-proofs.ts";
import { type AnswersOf, JSON_TYPE, type JsonOf, json, route, signatureOf } from "../contract.ts";
import { anyBase64url, base64urlOf } from "../fields.ts";
import { selectorText } from "./fields.ts";

const callers = [signatureOf("a certified requester")];
const produces = [JSON_TYPE];
/** compressed G1 */
const point = base64urlOf(48);

export const DISCLOSURES = {
  trace: route({
    method: "POST",
    path: "/v1/trace",
    callers,
    body: json(
      z.object({
        certificate: caseDocument,
        proofs: CaseProofs,
        C1: point,
        C2: point,
        /** one trace share of each member of S */
        parts: z
          .array(z.object({ context: caseDocument, share: caseDocument }))
          .min(1)
          .max(16),
      }),
    ),
    produces,
  }),
  assembleDossiers: route({
    method: "POST",
    path: "/v1/assemble/dossiers",
    callers,
    body: json(
      z.object({
        order: caseDocument,
        selector: selectorText,
        selectorSalt: base64urlOf(32),
        proof: OrderProof,
        /** Signed<TrusteeCard> of every trustee, in index order */
        cards: z.array(caseDocument).min(2).max(16),
      }),
    ),
    produces,
  }),
  assembleIdentity: route({
    method: "POST",
    path: "/v1/assemble/identity",
    callers,
    body: json(z.object({ order: caseDocument, proofs: CaseProofs })),
    produces,
  }),
};

export const DISCLOSURES_ANSWERS = () => {
  const Sealed = z
    .object({ sealed: anyBase64url.describe("sealed to the requester") })
    .meta({ id: "SealedDisclosure" });
  const problems = ["unknown-version", "expired", "not-found", "conflict", "not-allowed-now"] as const;
  return {
    trace: {
      summary: "Get the contracts of the person with a handle, after an approved trace",
      description: "The order, and so the session and the service, stay unknown to the registrar.",
      ok: { 200: { json: Sealed } },
      problems,
    },
    assembleDossiers: {
      summary: "Get a dossier for each trustee, before an assemble is approved",
      description: "The officers see the person before they decide. Nothing is for the requester.",
      ok: { 200: { json: z.object({ dossiers: z.array(anyBase64url).describe("one per trustee, in index order") }) } },
      problems,
    },
    assembleIdentity: {
      summary: "Get the same dossier, sealed to the requester, after the case's notice",
      ok: { 200: { json: Sealed } },
      problems,
    },
  } satisfies AnswersOf<typeof DISCLOSURES>;
};

type Answers = ReturnType<typeof DISCLOSURES_ANSWERS>;
export type SealedDisclosure = JsonOf<Answers["trace"]>;
export type SealedDossiers = JsonOf<Answers["assembleDossiers"]>;
