// Routes of the key ceremony (ceremony.ts). The trustee's administrator signs every request with ADMIN_KEY.
//
//   POST /v1/ceremony/:id/start                {threshold, cards} → {message}: this trustee's commit
//   POST /v1/ceremony/:id/{open,deal,accept}   {messages}         → {message} of this round
//   POST /v1/ceremony/:id/finish               {messages}         → KeySetAnswer

import { CEREMONY, type CeremonyMessage } from "../../api/trustee/ceremony.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { type RoleApp, readAllBase64url } from "../shared/http.ts";
import { readBody, serve } from "../shared/serve.ts";
import { keySetAnswer } from "./card-routes.ts";
import { acceptRound, dealRound, finishRound, openRound, startCeremony } from "./ceremony.ts";
import { admin } from "./context.ts";

const answer = (message: Uint8Array): CeremonyMessage => ({ message: toBase64url(message) });

type Round = typeof CEREMONY.openCommitments | typeof CEREMONY.deal | typeof CEREMONY.accept;

function registerRound(
  app: RoleApp<TrusteeEnv>,
  route: Round,
  run: (env: TrusteeEnv, id: Hex, messages: Uint8Array[]) => Promise<Uint8Array>,
): void {
  serve(app, route, async (c, { params: { id } }) => {
    const { messages } = await readBody(route, (await admin.request(c)).body);
    return c.json(answer(await run(c.env, id, readAllBase64url(messages, "messages"))));
  });
}

export function registerCeremony(app: RoleApp<TrusteeEnv>): void {
  serve(app, CEREMONY.startCeremony, async (c, { params: { id } }) => {
    const { threshold, cards } = await readBody(CEREMONY.startCeremony, (await admin.request(c)).body);
    return c.json(answer(await startCeremony(c.env, id, threshold, readAllBase64url(cards, "cards"))));
  });

  registerRound(app, CEREMONY.openCommitments, openRound);
  registerRound(app, CEREMONY.deal, dealRound);
  registerRound(app, CEREMONY.accept, acceptRound);

  serve(app, CEREMONY.finishCeremony, async (c, { params: { id } }) => {
    const { messages } = await readBody(CEREMONY.finishCeremony, (await admin.request(c)).body);
    await finishRound(c.env, id, readAllBase64url(messages, "messages"));
    return c.json(await keySetAnswer(c.env));
  });
}
