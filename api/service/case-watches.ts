// Cases whose events a clinic wants, and the escrow's news of cases.

import * as z from "zod";
import { caseState } from "../case-state.ts";
import { type AnswersOf, clinic, JSON_TYPE, json, route, signatureOf } from "../contract.ts";
import { hexText, serviceId } from "../fields.ts";

const caseId = hexText(32);
/** The state that a case has reached. */
export const caseNews = z.object({ caseId, state: caseState });

const path = "/v1/services/:id/cases/:caseId";
const params = { id: serviceId, caseId };

export const CASE_WATCHES = {
  watchCase: route({ method: "PUT", path, callers: [clinic("system/Case.c")], params, produces: [JSON_TYPE] }),
  unwatchCase: route({ method: "DELETE", path, callers: [clinic("system/Case.d")], params, produces: [] }),
  listWatchedCases: route({
    method: "GET",
    path: "/v1/services/:id/cases",
    callers: [clinic("system/Case.s")],
    params: { id: serviceId },
    produces: [JSON_TYPE],
  }),
  tellCase: route({
    method: "POST",
    path: "/v1/cases",
    callers: [signatureOf("the escrow")],
    body: json(caseNews),
    produces: [],
  }),
};

export const CASE_WATCHES_ANSWERS = () => {
  const Watched = z
    .object({ caseId, state: caseState.nullable().describe("null if the escrow does not have the case") })
    .meta({ id: "WatchedCase" });
  return {
    watchCase: {
      summary: "Get the events of a case from now on",
      description: "Case ids and states are public in the log. A watch ends by itself after some months.",
      ok: { 200: { json: Watched } },
    },
    unwatchCase: { summary: "Get no more events of a case", ok: { 204: {} } },
    listWatchedCases: {
      summary: "List the watched cases",
      ok: { 200: { json: z.object({ cases: z.array(Watched) }) } },
    },
    tellCase: {
      summary: "Tell that a case has gone forward",
      description: "The escrow calls it. The message may be lost, since a catch-up asks the escrow again.",
      ok: { 204: {} },
    },
  } satisfies AnswersOf<typeof CASE_WATCHES>;
};
