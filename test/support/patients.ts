// A registrar, wallets and their presentations, for the protocol tests. Randomness is a hash chain, so that each run is
// equal.

import { sha512 } from "@noble/hashes/sha2.js";
import { labelledHash, type Rng, u32be, utf8ToBytes } from "../../protocol/bytes.ts";
import { type Credential, type IssuerParams, issue, receive, type WalletSecrets } from "../../protocol/credential.ts";
import { requestEnrolment, verifyContract } from "../../protocol/enrolment.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { Expectation } from "../../protocol/presentation.ts";
import { G, type G1, type G2, P2, randomScalar, type Scalar } from "../../protocol/suite.ts";

export function seededRng(seed: string): Rng {
  let block = 0;
  return (n) => {
    const out = new Uint8Array(n);
    for (let at = 0; at < n; at += 64)
      out.set(sha512(new Uint8Array([...utf8ToBytes(seed), ...u32be(block++)])).subarray(0, Math.min(64, n - at)), at);
    return out;
  };
}

export const hash = (text: string): Uint8Array => labelledHash(LABELS.paramsHash, utf8ToBytes(text));

export const EPOCH = 682;
export const SLOTS = 16;
export const PARAMS_HASH = hash("parameters");

export interface Registrar {
  readonly x: Scalar;
  readonly params: IssuerParams;
}

export function makeRegistrar(seed: string): Registrar {
  const rng = seededRng(seed);
  const x = randomScalar(rng);
  return {
    x,
    params: {
      issuerKey: P2.multiply(x) as G2,
      traceKey: G.multiply(randomScalar(rng)) as G1,
      linkKey: G.multiply(randomScalar(rng)) as G1,
      attributes: [
        { name: "class", values: ["basic", "full"] },
        { name: "dental", values: ["yes"] },
        { name: "age", values: ["child", "adult"] },
      ],
    },
  };
}

export interface Patient {
  readonly secrets: WalletSecrets;
  readonly credential: Credential;
}

/** Enrols a new patient and gives them a credential for EPOCH. */
export function makePatient({ x, params }: Registrar, seed: string, values = ["full", "", "adult"]): Patient {
  const rng = seededRng(seed);
  const secrets = { k: randomScalar(rng), z: randomScalar(rng) };
  const s = randomScalar(rng);
  const head = { identityCommitment: hash(`identity ${seed}`), paramsHash: PARAMS_HASH, nonce: hash(`nonce ${seed}`) };
  const checked = verifyContract(
    params,
    requestEnrolment({ params, ...head, secrets, s, generation: 0, salt: rng(32), previous: undefined }, rng),
  );
  if (!checked.ok) throw new Error("enrolment refused");
  const about = { params, epoch: EPOCH, paramsHash: PARAMS_HASH };
  const issued = issue({ ...about, issuerSecret: x, Cm: checked.Cm, attributeValues: values, rng });
  return { secrets, credential: receive({ ...about, issued, secrets, s }) };
}

export const CONTEXT = hash("challenge, service and session keys");

export const expectation = (params: IssuerParams, changes: Partial<Expectation> = {}): Expectation => ({
  params,
  tagEpoch: EPOCH,
  slots: SLOTS,
  maxStaleEpochs: 1,
  tagParamsHash: PARAMS_HASH,
  credentialParamsHash: PARAMS_HASH,
  context: CONTEXT,
  ...changes,
});
