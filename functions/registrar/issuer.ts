// The registrar's BBS key: x from ISSUER_SEED by the draft's KeyGen, W = x·P2. Each isolate computes it once.

import { keyGen } from "../../protocol/bbs.ts";
import { hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { type G2, P2, type Scalar } from "../../protocol/suite.ts";
import type { RegistrarEnv } from "../shared/env.ts";

const made = new Map<string, { secretKey: Scalar; publicKey: G2 }>();

export function issuerKeys(env: RegistrarEnv): { secretKey: Scalar; publicKey: G2 } {
  let keys = made.get(env.ISSUER_SEED);
  if (!keys) {
    const secretKey = keyGen(hexToBytes(env.ISSUER_SEED), utf8ToBytes("symbolon issuer"));
    keys = { secretKey, publicKey: P2.multiply(secretKey) as G2 };
    made.set(env.ISSUER_SEED, keys);
  }
  return keys;
}
