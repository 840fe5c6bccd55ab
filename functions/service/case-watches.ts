// Cases that a clinic watches, for instance an order that its own clinician has placed.
//
//   PUT    /v1/services/:id/cases/:caseId   clinic -> {caseId, state}: from now on the clinic gets the case's events
//   DELETE /v1/services/:id/cases/:caseId   clinic
//   GET    /v1/services/:id/cases           clinic -> {cases: [{caseId, state}]}
//   POST   /v1/cases                        {caseId, state}, signed by the escrow: the case has gone forward
//
// Case ids and the steps of cases are public in the log. So watching a case tells the clinic nothing that a reader of the log
// does not know, and the escrow tells the service nothing new. The service learns that this clinic asked about this case.
//
// A clinic cannot ask which cases concern its own patients or records. Nobody at the edge knows: the subject of an order is
// sealed to the trustees, and so is each request for record shares. If a clinic were told, then two clinics could compare the
// case ids that they were told of, and link two sessions of one patient.
//
// The escrow's message is sent once and can be lost. So a catch-up asks the escrow for the states of the watched cases again.

import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import * as z from "zod";
import { CASE_WATCHES, caseNews } from "../../api/service/case-watches.ts";
import { MAX_WATCHED, WATCH_DAYS, type WatchedCase } from "../../durable-objects/clinic-bell.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { dayOf, SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import type { CaseState } from "../../schema/case-list.ts";
import { caseWatches } from "../../schema/service.ts";
import { callJson } from "../shared/calls.ts";
import { now, type ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { signedBy } from "../shared/request-auth.ts";
import { readBody, serve } from "../shared/serve.ts";
import { bellOf, ownBell, ring } from "./bells.ts";
import type { Service } from "./registry.ts";
import { clinicOf } from "./tokens.ts";

const CaseStates = z.object({ cases: z.array(caseNews).max(MAX_WATCHED) });

/** The states of cases at the escrow; of those that it has. @throws Problem unavailable */
async function statesOf(env: ServiceEnv, caseIds: readonly Hex[], at: number): Promise<Map<Hex, CaseState>> {
  const answer = await callJson({
    baseUrl: env.ESCROW_URL,
    method: "POST",
    path: "/v1/cases/states",
    json: { caseIds },
    signingKey: env.SIGNING_KEY,
    now: at,
  });
  const { cases } = CaseStates.parse(answer);
  return new Map(cases.map(({ caseId, state }) => [caseId, state]));
}

/** The watched cases of a clinic, as the escrow has them now. If it does not answer, as they were told last. */
export async function refreshCases(env: ServiceEnv, { serviceId }: Service, at: number): Promise<WatchedCase[]> {
  const bell = bellOf(env, serviceId);
  const held = await bell.cases();
  const open = held.filter(({ final }) => !final).map(({ caseId }) => caseId);
  if (open.length === 0) return held;
  try {
    const states = await statesOf(env, open, at);
    const day = dayOf(at);
    await bell.ring([...states].map(([caseId, state]) => ({ type: "case" as const, caseId, state, day })));
    return await bell.cases();
  } catch {
    return held;
  }
}

const told = ({ caseId, state }: Pick<WatchedCase, "caseId" | "state">) => ({ caseId, state });

export function registerCaseWatches(app: RoleApp<ServiceEnv>): void {
  serve(app, CASE_WATCHES.watchCase, async (c, { params: { caseId }, scopes }) => {
    const service = await clinicOf(c, scopes);
    const at = now(c);
    const state = (await statesOf(c.env, [caseId], at)).get(caseId) ?? null;
    const bell = await ownBell(c.env, service);
    if (!(await bell.watch(caseId, state, dayOf(at))))
      throw new Problem("too-many", `A clinic watches at most ${MAX_WATCHED} cases.`);
    const row = { caseId, serviceId: service.serviceId, until: (dayOf(at) + WATCH_DAYS) * SECONDS_PER_DAY };
    await drizzle(c.env.RECORDS_DB_0).insert(caseWatches).values(row).onConflictDoNothing();
    return c.json({ caseId, state });
  });

  serve(app, CASE_WATCHES.unwatchCase, async (c, { params: { caseId }, scopes }) => {
    const { serviceId } = await clinicOf(c, scopes);
    await drizzle(c.env.RECORDS_DB_0)
      .delete(caseWatches)
      .where(and(eq(caseWatches.caseId, caseId), eq(caseWatches.serviceId, serviceId)));
    await bellOf(c.env, serviceId).unwatch(caseId);
    return c.body(null, 204);
  });

  serve(app, CASE_WATCHES.listWatchedCases, async (c, { scopes }) => {
    const service = await clinicOf(c, scopes);
    const cases = service.bell ? await refreshCases(c.env, service, now(c)) : [];
    return c.json({ cases: cases.map(told) });
  });

  serve(app, CASE_WATCHES.tellCase, async (c) => {
    const { body } = await signedBy(c, [c.env.ESCROW_KEY]);
    const { caseId, state } = await readBody(CASE_WATCHES.tellCase, body);
    const watchers = await drizzle(c.env.RECORDS_DB_0)
      .select({ serviceId: caseWatches.serviceId })
      .from(caseWatches)
      .where(eq(caseWatches.caseId, caseId));
    const day = dayOf(now(c));
    const event = { type: "case" as const, caseId, state, day };
    await ring(
      c.env,
      watchers.map(({ serviceId }) => ({ serviceId, event })),
    );
    return c.body(null, 204);
  });
}
