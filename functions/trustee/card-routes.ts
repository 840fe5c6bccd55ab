// The public identity of a trustee.
//
//   GET /v1/card     CardAnswer: its index and public keys, and the Signed<TrusteeCard> over its transport key
//   GET /v1/keyset   KeySetAnswer: the key set of all trustees, with every trustee's card

import { CARDS, type CardAnswer, type KeySetAnswer } from "../../api/trustee/cards.ts";
import { bytesToHex, toBase64url } from "../../protocol/encodings.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";
import { ownKeys, vaultOf } from "./context.ts";
import { trusteeCard } from "./keys.ts";

/** @throws Problem not-found before the key ceremony has finished */
export async function keySetAnswer(env: TrusteeEnv): Promise<KeySetAnswer> {
  const held = await vaultOf(env).keys();
  if (!held) throw new Problem("not-found", "keys not generated");
  return { keySet: toBase64url(held.keySet), cards: held.cards.map(toBase64url) };
}

export function registerCard(app: RoleApp<TrusteeEnv>): void {
  serve(app, CARDS.readCard, (c) => {
    const own = ownKeys(c.env);
    const card: CardAnswer = {
      index: own.index,
      identityKey: bytesToHex(own.identityPublicKey),
      transportKey: toBase64url(own.transport.publicKey),
      witnessVkey: own.witnessVkey,
      card: toBase64url(trusteeCard(own)),
    };
    return c.json(card);
  });

  serve(app, CARDS.readKeySet, async (c) => c.json(await keySetAnswer(c.env)));
}
