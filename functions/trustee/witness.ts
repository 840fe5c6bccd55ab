// This trustee as a witness of the transparency log, for POST /add-checkpoint (functions/shared/witness.ts). Its vault remembers
// the newest head that it signed.

import { LOG_KEY, parseVkey } from "../../protocol/note.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import type { WitnessParts } from "../shared/witness.ts";
import { ownKeys, vaultOf } from "./context.ts";

export const witnessPartsOf = (env: TrusteeEnv): WitnessParts => ({
  logKey: parseVkey(env.LOG_VKEY, LOG_KEY),
  signer: ownKeys(env).witness,
  head: async () => vaultOf(env).witnessHead(),
  advance: async (from, to) => vaultOf(env).advanceWitness(from, to),
});
