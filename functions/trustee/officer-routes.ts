// Routes of the trustee's officers (officer-registry.ts, officers.ts).
//
//   POST /v1/officers             OfficerRequest → OfficerAnswer      signed by the administrator
//   DELETE /v1/officers/:id       → 204; id is the credential id      signed by the administrator
//   POST /v1/officers/nonce       → LoginNonce                        public
//   POST /v1/officers/login       LoginRequest → LoginAnswer          the passkey's assertion
//   GET  /v1/cases                → InboxAnswer                       the login's bearer token
//   GET  /v1/cases/:id            → CaseProgressAnswer                the login's bearer token
//   GET  /v1/decisions            → DecisionsAnswer                   the login's bearer token
//   POST /v1/cases/review         ReviewRequest → Review              the login's bearer token
//   POST /v1/cases/decide         DecideRequest → Signed<Approval>    an assertion of its own

import { sha256 } from "@noble/hashes/sha2.js";
import { JSON_TYPE, OCTETS_TYPE } from "../../api/contract.ts";
import { OFFICERS, type OfficerAnswer } from "../../api/trustee/officers.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { bytesToHex, toBase64url } from "../../protocol/encodings.ts";
import { etagOf, unlessKnown } from "../shared/answers.ts";
import { now, type TrusteeEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { readBody, serve } from "../shared/serve.ts";
import { admin, ownKeys } from "./context.ts";
import { login, newNonce, registerOfficer, removeOfficer, requireOfficer } from "./officer-registry.ts";
import { decide, decisionPage, inboxFromEscrow, progressFromEscrow, review } from "./officers.ts";
import { prepareBases } from "./tag-bases.ts";

export function registerOfficers(app: RoleApp<TrusteeEnv>): void {
  serve(app, OFFICERS.registerOfficer, async (c) => {
    const request = await readBody(OFFICERS.registerOfficer, (await admin.request(c)).body);
    const card = await registerOfficer(c.env, request, now(c));
    const answer: OfficerAnswer = { trustee: ownKeys(c.env).index, card: toBase64url(card) };
    return c.json(answer, 201);
  });

  serve(app, OFFICERS.removeOfficer, async (c, { params: { id } }) => {
    await admin.request(c);
    await removeOfficer(c.env, toBase64url(readBase64url(id, "id")), now(c));
    return c.body(null, 204);
  });

  serve(app, OFFICERS.newLoginNonce, (c) => c.json(newNonce(c.env, now(c))));

  serve(app, OFFICERS.login, async (c) => c.json(await login(c.env, await readBody(OFFICERS.login, c.req), now(c))));

  serve(app, OFFICERS.listCases, async (c, { query }) => {
    await requireOfficer(c, now(c));
    const page = JSON.stringify(await inboxFromEscrow(c.env, query, now(c)));
    const etag = etagOf(bytesToHex(sha256(utf8ToBytes(page))));
    return unlessKnown(c, etag, {}, (headers) => c.body(page, 200, { ...headers, "content-type": JSON_TYPE }));
  });

  serve(app, OFFICERS.readCase, async (c, { params: { id } }) => {
    await requireOfficer(c, now(c));
    return c.json(await progressFromEscrow(c.env, id, now(c)));
  });

  serve(app, OFFICERS.listDecisions, async (c, { query: { cursor } }) => {
    await requireOfficer(c, now(c));
    return c.json(await decisionPage(c.env, cursor));
  });

  serve(app, OFFICERS.reviewOrder, async (c) => {
    await requireOfficer(c, now(c));
    const { answer, scope } = await review(c.env, await readBody(OFFICERS.reviewOrder, c.req), now(c));
    // If this fails, the rounds of the case hash the bases when they need them.
    c.executionCtx.waitUntil(prepareBases(c.env, scope).catch(() => {}));
    return c.json(answer);
  });

  serve(app, OFFICERS.decide, async (c) => {
    const approval = await decide(c.env, await readBody(OFFICERS.decide, c.req), now(c));
    return c.body(approval as Uint8Array<ArrayBuffer>, 200, { "content-type": OCTETS_TYPE });
  });
}
