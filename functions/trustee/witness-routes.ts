// Routes of this trustee as a witness of the log (witness.ts). They are public.
//
//   GET  /v1/witness   → WitnessAnswer: size of the newest head that it signed, and its verifier key
//   POST /v1/cosign    CosignRequest → CosignAnswer: one signature line

import { now, type TrusteeEnv } from "../shared/env.ts";
import { type RoleApp, readAllBase64url, readJson } from "../shared/http.ts";
import { CosignRequest } from "../shared/trustee-api.ts";
import { ownKeys } from "./context.ts";
import { cosignHead, witnessedSize } from "./witness.ts";

export function registerWitness(app: RoleApp<TrusteeEnv>): void {
  app.get("/v1/witness", async (c) => c.json({ size: await witnessedSize(c.env), vkey: ownKeys(c.env).witnessVkey }));

  app.post("/v1/cosign", async (c) => {
    const { checkpoint, proof } = await readJson(c.req, CosignRequest);
    return c.json({ cosignature: await cosignHead(c.env, checkpoint, readAllBase64url(proof, "proof"), now(c)) });
  });
}
