// Routes of a resharing (resharing.ts). The trustee's administrator signs every request with ADMIN_KEY, except the officer's
// approval, which is a passkey's assertion.
//
//   POST /v1/resharing/:id/start     ReshareStart     → {plan}: as this trustee made it
//   POST /v1/resharing/:id/approve   ReshareApproval  → {}
//   POST /v1/resharing/:id/deal      {}               → {message}
//   POST /v1/resharing/:id/accept    CeremonyMessages → {message}: acceptance or complaint
//   POST /v1/resharing/:id/finish    ReshareFinish    → {}
//   GET  /v1/keysets                 {chain}: from generation 0 to the newest key set that this trustee saw finished

import type { Context } from "hono";
import * as z from "zod";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { now, type TrusteeEnv } from "../shared/env.ts";
import { checkHex, type RoleApp, readAllBase64url, readBase64url } from "../shared/http.ts";
import { readJson } from "../shared/json.ts";
import { Problem } from "../shared/problems.ts";
import { CeremonyMessages, ReshareApproval, ReshareFinish, ReshareStart } from "../shared/trustee-api.ts";
import { admin, vaultOf } from "./context.ts";
import { acceptResharing, approveResharing, dealResharing, finishResharing, startResharing } from "./resharing.ts";

type C = Context<{ Bindings: TrusteeEnv }>;

const idOf = (c: C): Hex => checkHex(c.req.param("id"), 32, "resharing id");

export function registerResharing(app: RoleApp<TrusteeEnv>): void {
  app.post("/v1/resharing/:id/start", async (c) => {
    const { cards, chain, ...rest } = await admin.json(c, ReshareStart);
    const input = { ...rest, cards: readAllBase64url(cards, "cards"), chain: readBase64url(chain, "chain") };
    return c.json({ plan: toBase64url(await startResharing(c.env, idOf(c), input)) });
  });

  app.post("/v1/resharing/:id/approve", async (c) => {
    const { assertion } = await readJson(c.req, ReshareApproval);
    await approveResharing(c.env, idOf(c), assertion, now(c));
    return c.json({});
  });

  app.post("/v1/resharing/:id/deal", async (c) => {
    await admin.json(c, z.object({}));
    return c.json({ message: toBase64url(await dealResharing(c.env, idOf(c))) });
  });

  app.post("/v1/resharing/:id/accept", async (c) => {
    const { messages } = await admin.json(c, CeremonyMessages);
    const message = await acceptResharing(c.env, idOf(c), readAllBase64url(messages, "messages"));
    return c.json({ message: toBase64url(message) });
  });

  app.post("/v1/resharing/:id/finish", async (c) => {
    const { deals, acceptances } = await admin.json(c, ReshareFinish);
    const input = {
      deals: readAllBase64url(deals, "deals"),
      acceptances: readAllBase64url(acceptances, "acceptances"),
    };
    await finishResharing(c.env, idOf(c), input, now(c));
    return c.json({});
  });

  app.get("/v1/keysets", async (c) => {
    const chain = await vaultOf(c.env).chain();
    if (!chain) throw new Problem("not-found", "keys not generated");
    return c.json({ chain: toBase64url(chain) });
  });
}
