// Routes of the key ceremony (ceremony.ts). The trustee's administrator signs every request with ADMIN_KEY.
//
//   POST /v1/ceremony/:id/start                CeremonyStart    → {message}: this trustee's commit
//   POST /v1/ceremony/:id/{open,deal,accept}   CeremonyMessages → {message} of this round
//   POST /v1/ceremony/:id/finish               CeremonyMessages → KeySetAnswer

import type { Context } from "hono";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { checkHex, type RoleApp, readAllBase64url } from "../shared/http.ts";
import { type CeremonyMessage, CeremonyMessages, CeremonyStart } from "../shared/trustee-api.ts";
import { keySetAnswer } from "./card-routes.ts";
import { acceptRound, dealRound, finishRound, openRound, startCeremony } from "./ceremony.ts";
import { admin } from "./context.ts";

type C = Context<{ Bindings: TrusteeEnv }>;

const ceremonyId = (c: C): Hex => checkHex(c.req.param("id"), 32, "ceremony id");
const answer = (message: Uint8Array): CeremonyMessage => ({ message: toBase64url(message) });

const ROUNDS = { open: openRound, deal: dealRound, accept: acceptRound } as const;

export function registerCeremony(app: RoleApp<TrusteeEnv>): void {
  app.post("/v1/ceremony/:id/start", async (c) => {
    const { threshold, cards } = await admin.json(c, CeremonyStart);
    return c.json(answer(await startCeremony(c.env, ceremonyId(c), threshold, readAllBase64url(cards, "cards"))));
  });

  for (const [name, round] of Object.entries(ROUNDS))
    app.post(`/v1/ceremony/:id/${name}`, async (c) => {
      const { messages } = await admin.json(c, CeremonyMessages);
      return c.json(answer(await round(c.env, ceremonyId(c), readAllBase64url(messages, "messages"))));
    });

  app.post("/v1/ceremony/:id/finish", async (c) => {
    const { messages } = await admin.json(c, CeremonyMessages);
    await finishRound(c.env, ceremonyId(c), readAllBase64url(messages, "messages"));
    return c.json(await keySetAnswer(c.env));
  });
}
