// The keys, the vault and the trusted values of a trustee, which its handlers need. Derived keys, the parsed key set and the
// verified cards are kept in memory, once per isolate.

import type { TrusteeVault, VaultKeys } from "../../durable-objects/trustee-vault.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { publicEngine } from "../../engine/worker.ts";
import { readTrusteeCards, type TrusteeCard } from "../../protocol/case-documents.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { bytesToHex, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { assertSecretOf, KeySet, TrusteeSecret } from "../../protocol/key-set.ts";
import { atAnyAge, LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { adminDoor } from "../shared/admin-request.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { logTrust } from "../shared/log-reader.ts";
import { parametersFor } from "../shared/parameters.ts";
import { Problem } from "../shared/problems.ts";
import { requireInForce } from "../shared/revocations.ts";
import { openAtRest } from "./at-rest.ts";
import type { Trust } from "./case-order.ts";
import { type TrusteeKeys, trusteeKeys } from "./keys.ts";
import { checkOwnLine } from "./own-line.ts";

/** Lets other requests of this isolate run for `ms` milliseconds. Long computations call it between their steps. */
export const yieldToRequests = (ms = 0): Promise<void> => new Promise((done) => setTimeout(done, ms));

const made = new Map<string, TrusteeKeys>();
/** The keys of this trustee, derived from its seed once per isolate. */
export function ownKeys(env: TrusteeEnv): TrusteeKeys {
  const name = `${env.TRUSTEE_INDEX} ${env.TRUSTEE_SEED}`;
  let keys = made.get(name);
  if (!keys) {
    keys = trusteeKeys(hexToBytes(env.TRUSTEE_SEED), Number(env.TRUSTEE_INDEX));
    made.set(name, keys);
  }
  return keys;
}

/**
 * The pinned identity keys of all trustees, in index order.
 * @throws Problem misconfigured if this trustee's own key is not at its index
 */
export function pinnedKeys(env: TrusteeEnv): Uint8Array[] {
  const keys = JSON.parse(env.TRUSTEE_KEYS) as Hex[];
  const own = ownKeys(env);
  if (keys[own.index - 1] !== bytesToHex(own.identityPublicKey))
    throw new Problem("misconfigured", undefined, "TRUSTEE_KEYS does not have this trustee's own key at its index");
  return keys.map(hexToBytes);
}

export const vaultOf = (env: TrusteeEnv): DurableObjectStub<TrusteeVault> =>
  (env.TRUSTEE_VAULT as DurableObjectNamespace<TrusteeVault>).getByName("vault");

/** The door of this trustee's administrator. */
export const admin = adminDoor<TrusteeEnv>((env, nonce, lastSecond) =>
  vaultOf(env).spendNonce(hexToBytes(nonce), lastSecond, lastSecond - 4 * CLOCK_TOLERANCE_SECONDS),
);

/** @throws Problem not-allowed-now before the key ceremony has finished */
export async function heldKeys(env: TrusteeEnv): Promise<VaultKeys> {
  const held = await vaultOf(env).keys();
  if (!held) throw new Problem("not-allowed-now", "keys not generated");
  return held;
}

const parsed = new Map<string, KeySet>();
/** Parses the vault's key set, once per isolate. It was verified when it was installed. */
export function parseKeySet(bytes: Uint8Array): KeySet {
  const name = bytesToHex(bytes);
  let keySet = parsed.get(name);
  if (!keySet) {
    keySet = KeySet.decode(bytes);
    parsed.clear();
    parsed.set(name, keySet);
  }
  return keySet;
}

const readCards = new WeakMap<KeySet, TrusteeCard[]>();
/** All trustees' cards, verified under the identity keys of the vault's key set, once per isolate. */
export function trusteeCardsOf(held: VaultKeys, keySet: KeySet): TrusteeCard[] {
  const cards = readCards.get(keySet) ?? readTrusteeCards(held.cards, keySet.identityKeys, nativeVerify);
  readCards.set(keySet, cards);
  return cards;
}

/** The values that this trustee trusts, for case-order.ts and case-bundle.ts. */
export function trustOf(env: TrusteeEnv, keySet: KeySet, now: number): Trust {
  const own = ownKeys(env);
  return {
    now,
    registrarKey: hexToBytes(env.REGISTRAR_KEY),
    log: atAnyAge(logTrust(env, { threshold: keySet.threshold, logFreshnessSeconds: LOG_FRESHNESS_SECONDS })),
    checkOwnLine: (note, checkpoint) =>
      checkOwnLine({ logUrl: env.LOG_URL, key: own.witness.key, vault: vaultOf(env) }, note, checkpoint, now),
    keySet,
    index: own.index,
    transportSecret: own.transport.secretKey,
    engine: publicEngine(),
    parameters: (epoch) => parametersFor(env, epoch, now),
    requireInForce: (signed, certificate) => requireInForce(env, signed, certificate, now),
  };
}

const checkedSecrets = new WeakSet<KeySet>();
/**
 * Unseals this trustee's shares. They are sealed at rest under the bytes of their key set. The caller keeps them only as long as
 * one request, or one computation of link shares, needs them. @throws Error if the sealed bytes do not open
 */
export function unsealSecret(env: TrusteeEnv, held: VaultKeys, keySet: KeySet): TrusteeSecret {
  const bytes = openAtRest(ownKeys(env).vaultKey, "trustee-secret", held.keySet, held.sealedSecret);
  const secret = TrusteeSecret.decode(bytes); // its byte fields are views of `bytes`
  if (!checkedSecrets.has(keySet)) {
    assertSecretOf(secret, keySet);
    checkedSecrets.add(keySet);
  }
  return secret;
}
