// Routes of the trustee's officers (officers.ts).
//
//   POST /v1/officers             OfficerRequest → {trustee}          signed by the administrator
//   POST /v1/officers/challenge   → LoginChallenge                    public
//   POST /v1/officers/login       LoginRequest → LoginAnswer          the passkey's assertion
//   GET  /v1/cases                → InboxAnswer                       the login's bearer token
//   POST /v1/cases/review         ReviewRequest → Review              the login's bearer token
//   POST /v1/cases/decide         DecideRequest → Signed<Approval>    an assertion of its own

import { now, type TrusteeEnv } from "../shared/env.ts";
import { type RoleApp, readJson } from "../shared/http.ts";
import { DecideRequest, LoginRequest, OfficerRequest, ReviewRequest } from "../shared/trustee-api.ts";
import { repeatableAdminJson } from "./admin-request.ts";
import { ownKeys } from "./context.ts";
import { decide, inboxFromEscrow, login, newChallenge, registerOfficer, requireOfficer, review } from "./officers.ts";
import { prepareBases } from "./tag-bases.ts";

export function registerOfficers(app: RoleApp<TrusteeEnv>): void {
  app.post("/v1/officers", async (c) => {
    await registerOfficer(c.env, await repeatableAdminJson(c, OfficerRequest));
    return c.json({ trustee: ownKeys(c.env).index }, 201);
  });

  app.post("/v1/officers/challenge", async (c) => c.json(await newChallenge(c.env, now(c))));

  app.post("/v1/officers/login", async (c) => {
    const { challenge, assertion } = await readJson(c.req, LoginRequest);
    return c.json(await login(c.env, challenge, assertion, now(c)));
  });

  app.get("/v1/cases", async (c) => {
    await requireOfficer(c, now(c));
    const asked = { state: c.req.query("state") ?? "ordered", cursor: c.req.query("cursor") };
    return c.json(await inboxFromEscrow(c.env, asked, now(c)));
  });

  app.post("/v1/cases/review", async (c) => {
    await requireOfficer(c, now(c));
    const { answer, scope } = await review(c.env, await readJson(c.req, ReviewRequest), now(c));
    // If this fails, the rounds of the case hash the bases when they need them.
    c.executionCtx.waitUntil(prepareBases(c.env, scope).catch(() => {}));
    return c.json(answer);
  });

  app.post("/v1/cases/decide", async (c) => {
    const approval = await decide(c.env, await readJson(c.req, DecideRequest), now(c));
    return c.body(approval as Uint8Array<ArrayBuffer>, 200, { "content-type": "application/octet-stream" });
  });
}
