// Routes of the trustee's officers (officer-registry.ts, officers.ts).
//
//   POST /v1/officers             OfficerRequest → OfficerAnswer      signed by the administrator
//   DELETE /v1/officers/:id       → 204; id is the credential id      signed by the administrator
//   POST /v1/officers/nonce       → LoginNonce                        public
//   POST /v1/officers/login       LoginRequest → LoginAnswer          the passkey's assertion
//   GET  /v1/cases                → InboxAnswer                       the login's bearer token
//   POST /v1/cases/review         ReviewRequest → Review              the login's bearer token
//   POST /v1/cases/decide         DecideRequest → Signed<Approval>    an assertion of its own

import { toBase64url } from "../../protocol/encodings.ts";
import { now, type TrusteeEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { readJson } from "../shared/json.ts";
import {
  DecideRequest,
  LoginRequest,
  type OfficerAnswer,
  OfficerRequest,
  ReviewRequest,
} from "../shared/trustee-api.ts";
import { admin, ownKeys } from "./context.ts";
import { login, newNonce, registerOfficer, removeOfficer, requireOfficer } from "./officer-registry.ts";
import { decide, inboxFromEscrow, review } from "./officers.ts";
import { prepareBases } from "./tag-bases.ts";

export function registerOfficers(app: RoleApp<TrusteeEnv>): void {
  app.post("/v1/officers", async (c) => {
    const card = await registerOfficer(c.env, await admin.json(c, OfficerRequest), now(c));
    const answer: OfficerAnswer = { trustee: ownKeys(c.env).index, card: toBase64url(card) };
    return c.json(answer, 201);
  });

  app.delete("/v1/officers/:id", async (c) => {
    await admin.request(c);
    await removeOfficer(c.env, toBase64url(readBase64url(c.req.param("id"), "id")), now(c));
    return c.body(null, 204);
  });

  app.post("/v1/officers/nonce", (c) => c.json(newNonce(c.env, now(c))));

  app.post("/v1/officers/login", async (c) => c.json(await login(c.env, await readJson(c.req, LoginRequest), now(c))));

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
