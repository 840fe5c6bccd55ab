// Routes of a resharing (resharing.ts). The trustee's administrator signs every request with ADMIN_KEY, except the officer's
// approval, which is a passkey's assertion.
//
//   POST /v1/resharing/:id/start     threshold, dealers, cards, chain → {plan}: as this trustee made it
//   POST /v1/resharing/:id/approve   {assertion}                      → {}
//   POST /v1/resharing/:id/deal      {}                               → {message}
//   POST /v1/resharing/:id/accept    {messages}                       → {message}: acceptance or complaint
//   POST /v1/resharing/:id/finish    {deals, acceptances}             → {}
//   GET  /v1/keysets                 {chain}: from generation 0 to the newest key set that this trustee saw finished

import { CARDS } from "../../api/trustee/cards.ts";
import { RESHARING } from "../../api/trustee/resharing.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { now, type TrusteeEnv } from "../shared/env.ts";
import { type RoleApp, readAllBase64url, readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { readBody, serve } from "../shared/serve.ts";
import { admin, vaultOf } from "./context.ts";
import { acceptResharing, approveResharing, dealResharing, finishResharing, startResharing } from "./resharing.ts";

export function registerResharing(app: RoleApp<TrusteeEnv>): void {
  serve(app, RESHARING.startResharing, async (c, { params: { id } }) => {
    const { cards, chain, ...rest } = await readBody(RESHARING.startResharing, (await admin.request(c)).body);
    const input = { ...rest, cards: readAllBase64url(cards, "cards"), chain: readBase64url(chain, "chain") };
    return c.json({ plan: toBase64url(await startResharing(c.env, id, input)) });
  });

  serve(app, RESHARING.approveResharing, async (c, { params: { id } }) => {
    const { assertion } = await readBody(RESHARING.approveResharing, c.req);
    await approveResharing(c.env, id, assertion, now(c));
    return c.json({});
  });

  serve(app, RESHARING.dealResharing, async (c, { params: { id } }) => {
    await readBody(RESHARING.dealResharing, (await admin.request(c)).body);
    return c.json({ message: toBase64url(await dealResharing(c.env, id)) });
  });

  serve(app, RESHARING.acceptResharing, async (c, { params: { id } }) => {
    const { messages } = await readBody(RESHARING.acceptResharing, (await admin.request(c)).body);
    const message = await acceptResharing(c.env, id, readAllBase64url(messages, "messages"));
    return c.json({ message: toBase64url(message) });
  });

  serve(app, RESHARING.finishResharing, async (c, { params: { id } }) => {
    const { deals, acceptances } = await readBody(RESHARING.finishResharing, (await admin.request(c)).body);
    const input = {
      deals: readAllBase64url(deals, "deals"),
      acceptances: readAllBase64url(acceptances, "acceptances"),
    };
    await finishResharing(c.env, id, input, now(c));
    return c.json({});
  });

  serve(app, CARDS.readChain, async (c) => {
    const chain = await vaultOf(c.env).chain();
    if (!chain) throw new Problem("not-found", "keys not generated");
    return c.json({ chain: toBase64url(chain) });
  });
}
