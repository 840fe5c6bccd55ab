// The role of an outside witness: a C2SP witness of the log that is no trustee. It holds no share and knows nobody. Its one
// act is to cosign heads of the log that continue each other. The more independent witnesses there are, the more of them may
// be silent without harm (protocol/log-trust.ts has the quorum).
//
//   shared/witness   POST /add-checkpoint

import type { WitnessMemory } from "../durable-objects/witness-memory.ts";
import { signerOf } from "../engine/ed25519.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { LOG_KEY, noteSigner, parseVkey, WITNESS_KEY } from "../protocol/note.ts";
import { parseSkey } from "../protocol/note-keys.ts";
import type { WitnessEnv } from "./shared/env.ts";
import { roleApp } from "./shared/http.ts";
import { registerAddCheckpoint, type WitnessParts } from "./shared/witness.ts";

export { WitnessMemory } from "../durable-objects/witness-memory.ts";

function partsOf(env: WitnessEnv): WitnessParts {
  const { name, secretKey } = parseSkey(env.WITNESS_SIGNING_KEY);
  const memory = (env.WITNESS_MEMORY as unknown as DurableObjectNamespace<WitnessMemory>).getByName("memory");
  return {
    logKey: parseVkey(env.LOG_VKEY, LOG_KEY),
    signer: noteSigner(name, WITNESS_KEY, signerOf(bytesToHex(secretKey))),
    head: async () => memory.head(),
    advance: async (from, to) => memory.advance(from, to),
  };
}

const app = roleApp<WitnessEnv>("witness");
registerAddCheckpoint(app, partsOf);

export default app;
