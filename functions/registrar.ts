// Registrar (HSU): knows who is registered, under which handle, entitled to what; issues one blind credential an epoch.
// It learns when a wallet fetches its credential and nothing about visits. Handlers: registrar/{admin,enrol,disclose}.ts.

import { eq } from "drizzle-orm";
import { toBase64url } from "../protocol/encodings.ts";
import { parameters } from "../schema/registrar.ts";
import { postEntitlements, postParameters, postProofing, postRequester, postRevoke } from "./registrar/admin.ts";
import { postAssemble, postTrace } from "./registrar/disclose.ts";
import { postEnrol, postEnrolStart, postRefresh, postRefreshNonce } from "./registrar/enrol.ts";
import { bytesOf, db } from "./registrar/store.ts";
import type { RegistrarEnv } from "./shared/env.ts";
import { roleApp } from "./shared/http.ts";

const app = roleApp<RegistrarEnv>("registrar");

/** Signed parameters and the key sets they name: public, and verified by whoever reads them. */
app.get("/v1/parameters", async (c) => {
  const rows = await db(c.env)
    .select()
    .from(parameters)
    .where(eq(parameters.logged, true))
    .orderBy(parameters.epochFrom);
  return c.json({
    documents: rows.map((r) => toBase64url(bytesOf(r.document))),
    keySets: rows.map((r) => toBase64url(bytesOf(r.keySet))),
  });
});
app.post("/v1/admin/parameters", postParameters);
app.post("/v1/admin/proofings", postProofing);
app.post("/v1/admin/entitlements", postEntitlements);
app.post("/v1/admin/revoke", postRevoke);
app.post("/v1/admin/requesters", postRequester);
app.post("/v1/enrol/start", postEnrolStart);
app.post("/v1/enrol", postEnrol);
app.post("/v1/refresh/nonce", postRefreshNonce);
app.post("/v1/refresh", postRefresh);
app.post("/v1/trace", postTrace);
app.post("/v1/assemble", postAssemble);

export default app;
