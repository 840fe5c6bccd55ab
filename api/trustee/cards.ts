// The public identity of a trustee, and the key sets that it holds.

import * as z from "zod";
import { caseDocument } from "../case-proofs.ts";
import { ANYONE, type AnswersOf, JSON_TYPE, type JsonOf, route } from "../contract.ts";
import { anyBase64url, base64urlOf, hexText } from "../fields.ts";

const callers = [ANYONE];
const produces = [JSON_TYPE];

export const CARDS = {
  readCard: route({ method: "GET", path: "/v1/card", callers, produces }),
  readKeySet: route({ method: "GET", path: "/v1/keyset", callers, produces }),
  readChain: route({ method: "GET", path: "/v1/keysets", callers, produces }),
};

/** The answer of two routes: the key set of all trustees, with every trustee's card. */
export const keySetJson = () =>
  z.object({
    keySet: caseDocument.describe("KeySet with all signatures"),
    cards: z.array(caseDocument).describe("Signed<TrusteeCard>, in index order"),
  });

export const CARDS_ANSWERS = () =>
  ({
    readCard: {
      summary: "Read the trustee's index, public keys and card",
      ok: {
        200: {
          json: z
            .object({
              index: z.int().min(1),
              identityKey: hexText(32).describe("Ed25519"),
              transportKey: base64urlOf(1216).describe("X-Wing"),
              witnessVkey: z.string().describe("note verifier key of the trustee as a witness of the log"),
              card: caseDocument.describe("Signed<TrusteeCard> over the transport key"),
            })
            .meta({ id: "Card" }),
        },
      },
    },
    readKeySet: {
      summary: "Read the key set of all trustees, with their cards",
      ok: { 200: { json: keySetJson() } },
      problems: ["not-found"],
    },
    readChain: {
      summary: "Read the chain of key sets",
      description: "From generation 0 to the newest key set that this trustee saw finished.",
      ok: { 200: { json: z.object({ chain: anyBase64url.describe("KeySetChain") }) } },
      problems: ["not-found"],
    },
  }) satisfies AnswersOf<typeof CARDS>;

export type CardAnswer = JsonOf<ReturnType<typeof CARDS_ANSWERS>["readCard"]>;
export type KeySetAnswer = z.infer<ReturnType<typeof keySetJson>>;
export type ChainAnswer = JsonOf<ReturnType<typeof CARDS_ANSWERS>["readChain"]>;
