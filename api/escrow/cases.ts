// Cases: orders of requesters, the officers' decisions, the rounds, and the sealed results.

import * as z from "zod";
import { CaseProofs, caseDocument, OrderProof, sealedDossier } from "../case-proofs.ts";
import { caseState } from "../case-state.ts";
import { ANYONE, type AnswersOf, JSON_TYPE, type JsonOf, json, octets, route, signatureOf } from "../contract.ts";
import { anyBase64url, hexText } from "../fields.ts";
import { part } from "../trustee/rounds.ts";

/** D1 binds at most 100 values to a statement. */
const MAX_CASES_ASKED = 64;
const MAX_APPROVAL_BYTES = 1 << 20;

const produces = [JSON_TYPE];
const params = { id: hexText(32) };
const byRequester = [signatureOf("the case's requester")];
const dossiers = z.array(sealedDossier).max(16);

export const CASES = {
  openCase: route({
    method: "POST",
    path: "/v1/cases",
    callers: [signatureOf("a certified requester")],
    body: json(z.object({ order: caseDocument, dossiers })),
    produces,
  }),
  listCases: route({
    method: "GET",
    path: "/v1/cases",
    callers: [signatureOf("a trustee")],
    query: { state: caseState.default("ordered"), cursor: hexText(32).optional() },
    produces,
  }),
  readCase: route({
    method: "GET",
    path: "/v1/cases/:id",
    callers: [signatureOf("the case's requester or a trustee")],
    params,
    produces,
  }),
  postDecision: route({
    method: "POST",
    path: "/v1/cases/:id/approvals",
    callers: [ANYONE],
    params,
    body: octets("Signed<Approval>", MAX_APPROVAL_BYTES),
    produces,
  }),
  readOrderProof: route({
    method: "GET",
    path: "/v1/cases/:id/order-proof",
    callers: byRequester,
    params,
    produces,
  }),
  readCaseProofs: route({ method: "GET", path: "/v1/cases/:id/proofs", callers: byRequester, params, produces }),
  addDossiers: route({
    method: "POST",
    path: "/v1/cases/:id/dossiers",
    callers: byRequester,
    params,
    body: json(z.object({ dossiers })),
    produces,
  }),
  advanceCase: route({ method: "POST", path: "/v1/cases/:id/advance", callers: byRequester, params, produces }),
  readResult: route({
    method: "GET",
    path: "/v1/cases/:id/result",
    callers: byRequester,
    params,
    query: {
      chunk: z
        .string()
        .regex(/^\d{1,3}$/, "a number")
        .transform(Number)
        .default(0)
        .meta({ type: "integer", minimum: 0, maximum: 999 }),
    },
    produces,
  }),
  askRecordShares: route({
    method: "POST",
    path: "/v1/cases/:id/record-shares",
    callers: byRequester,
    params,
    body: json(z.object({ sealed: z.array(part).min(1).max(16) })),
    produces,
  }),
  listStates: route({
    method: "POST",
    path: "/v1/cases/states",
    callers: [signatureOf("the service Worker")],
    body: json(z.object({ caseIds: z.array(hexText(32)).max(MAX_CASES_ASKED) })),
    produces,
  }),
};

export const CASES_ANSWERS = () => {
  const number = z.int().min(0);
  const trustee = z.int().min(1);
  const CaseStatus = z
    .object({
      caseId: hexText(32),
      kind: z.enum(["link", "trace", "assemble"]),
      state: caseState,
      needed: number.describe("|S|: how many approvals are needed"),
      trustees: number.describe("how many trustees there are"),
      expiresAt: number.describe("unix seconds"),
      set: z.array(trustee).nullable().describe("S, the approving set, once enough have approved"),
      dossiersComplete: z.boolean(),
      chunks: z
        .object({ opened: number, of: number })
        .describe("how many parts of the opening may be read already, the newest epochs first"),
      decisions: z.array(
        z.object({
          trustee,
          decision: z.enum(["approve", "refuse"]),
          approval: anyBase64url.describe("Signed<Approval>"),
        }),
      ),
      log: z.array(z.object({ name: z.string(), entry: anyBase64url, index: number.nullable() })),
      nonce: anyBase64url.nullable(),
      checkpoint: z.string().nullable(),
    })
    .meta({ id: "CaseStatus" });
  const status = { 200: { json: CaseStatus } };
  const ofCase = ["not-found", "expired", "conflict", "not-allowed-now"] as const;
  return {
    openCase: {
      summary: "Open a case with an order",
      description:
        "`dossiers`: one sealed to each trustee, in index order; none for an assemble. The same order again gets the case's status.",
      ok: { 201: { json: CaseStatus } },
      problems: [...ofCase, "unknown-version", "forbidden"],
    },
    listCases: {
      summary: "List the cases of a state for a trustee's officers",
      description: "A page may be short or empty and still have a cursor.",
      ok: {
        200: {
          json: z.object({
            cases: z.array(
              z.object({
                caseId: hexText(32),
                order: anyBase64url.describe("Signed<Order>"),
                dossier: anyBase64url.nullable().describe("sealed to this trustee"),
                decided: z.boolean(),
              }),
            ),
            cursor: hexText(32).nullable().describe("null on the last page"),
          }),
        },
      },
      problems: ["forbidden", "not-allowed-now", "not-found", "expired"],
    },
    readCase: { summary: "Read the status of a case", ok: status, problems: ofCase },
    postDecision: {
      summary: "Hand in an officer's decision",
      description: "The decision is signed by its trustee, and needs no other signature.",
      ok: status,
      problems: [...ofCase, "unknown-version", "credential-refused"],
    },
    readOrderProof: {
      summary: "Get the proof that the log has the order",
      ok: { 200: { json: OrderProof } },
      problems: ofCase,
    },
    readCaseProofs: {
      summary: "Get the proofs that the log has the approvals and the notice",
      ok: { 200: { json: CaseProofs } },
      problems: ofCase,
    },
    addDossiers: {
      summary: "Add the registrar's dossiers to an assemble",
      ok: status,
      problems: ofCase,
    },
    advanceCase: {
      summary: "Run the next phase of a case, or open its next chunk",
      description: "If a trustee answers wrongly, the problem names it.",
      ok: status,
      problems: ofCase,
    },
    readResult: {
      summary: "Read the sealed results of a chunk",
      ok: {
        200: {
          json: z.object({
            state: caseState,
            sealed: z.array(anyBase64url).describe("Signed<ForRequester> of each member of S, in order"),
          }),
        },
      },
      problems: ofCase,
    },
    listStates: {
      summary: "List the states of the cases that clinics watch",
      description: "The answer leaves out a case that the escrow does not have.",
      ok: { 200: { json: z.object({ cases: z.array(z.object({ caseId: hexText(32), state: caseState })) }) } },
    },
    askRecordShares: {
      summary: "Ask the approving trustees for shares of record keys",
      description: "`sealed`: one request for each member of S, in order. The answers are in the same order.",
      ok: { 200: { json: z.object({ sealed: z.array(anyBase64url) }) } },
      problems: ofCase,
    },
  } satisfies AnswersOf<typeof CASES>;
};

type Answers = ReturnType<typeof CASES_ANSWERS>;
export type CaseStatus = JsonOf<Answers["readCase"]>;
export type InboxPage = JsonOf<Answers["listCases"]>;
export type CaseResultPage = JsonOf<Answers["readResult"]>;
export type RecordSharesPage = JsonOf<Answers["askRecordShares"]>;
