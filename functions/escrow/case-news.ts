// Tells the service Worker that a case has gone forward, for clinics that watch it (functions/service/case-watches.ts). The
// message has the case id and the state, which the log shows too. It is sent once, after the caller has its answer: nothing
// depends on it, and the service asks for states again.
//
//   POST /v1/cases/states   {caseIds} -> {cases: [{caseId, state}]}, those that the escrow has    signed by the service Worker

import { waitUntil } from "cloudflare:workers";
import { inArray } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { CASES } from "../../api/escrow/cases.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { type CaseState, cases } from "../../schema/escrow.ts";
import { call } from "../shared/calls.ts";
import type { EscrowEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { signedBy } from "../shared/request-auth.ts";
import { readBody, serve } from "../shared/serve.ts";

/** For a case that has a new state. Never rejects. */
export function tellService(env: EscrowEnv, { caseId, state }: { caseId: Hex; state: CaseState }, now: number): void {
  const { SERVICE_URL: baseUrl, SIGNING_KEY: signingKey } = env;
  const sent = call({ baseUrl, method: "POST", path: "/v1/cases", json: { caseId, state }, signingKey, now });
  waitUntil(
    sent.then(
      (answer) => answer.body?.cancel(),
      () => {},
    ),
  );
}

export function registerCaseNews(app: RoleApp<EscrowEnv>): void {
  serve(app, CASES.listStates, async (c) => {
    const { body } = await signedBy(c, [c.env.SERVICE_WORKER_KEY]);
    const { caseIds } = await readBody(CASES.listStates, body);
    const known = await drizzle(c.env.ESCROW_DB)
      .select({ caseId: cases.caseId, state: cases.state })
      .from(cases)
      .where(inArray(cases.caseId, caseIds));
    return c.json({ cases: known });
  });
}
