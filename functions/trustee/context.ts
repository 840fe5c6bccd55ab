// What every handler of a trustee starts from: its keys (once an isolate), its vault, and what it trusts.

import type { TrusteeVault, VaultKeys } from "../../durable-objects/trustee-vault.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { publicEngine } from "../../engine/worker.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { readTrusteeCards, type TrusteeCard } from "../../protocol/case-documents.ts";
import { assertSecretOf, KeySet, TrusteeSecret } from "../../protocol/key-set.ts";
import { LOG_KEY, parseVkey } from "../../protocol/note.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { Problem } from "../shared/http.ts";
import { parametersFor } from "../shared/parameters.ts";
import { openAtRest } from "./at-rest.ts";
import type { Trust } from "./case-order.ts";
import { type TrusteeKeys, trusteeKeys } from "./keys.ts";

/** Long arithmetic lets other requests of this isolate in from time to time. */
export const yieldToRequests = (ms = 0): Promise<void> => new Promise((done) => setTimeout(done, ms));

const made = new Map<string, TrusteeKeys>();
export function ownKeys(env: TrusteeEnv): TrusteeKeys {
  const name = `${env.TRUSTEE_INDEX} ${env.TRUSTEE_SEED}`;
  let keys = made.get(name);
  if (!keys) {
    keys = trusteeKeys(hexToBytes(env.TRUSTEE_SEED), Number(env.TRUSTEE_INDEX));
    made.set(name, keys);
  }
  return keys;
}

/** Pinned identity keys of all trustees, this one's own among them. @throws Problem misconfigured */
export function pinnedKeys(env: TrusteeEnv): Uint8Array[] {
  const keys = JSON.parse(env.TRUSTEE_KEYS) as string[];
  const own = ownKeys(env);
  if (keys[own.index - 1] !== bytesToHex(own.identityPublicKey))
    throw new Problem("misconfigured", undefined, "TRUSTEE_KEYS does not hold this trustee's own key at its index");
  return keys.map(hexToBytes);
}

export const vaultOf = (env: TrusteeEnv): DurableObjectStub<TrusteeVault> =>
  (env.TRUSTEE_VAULT as DurableObjectNamespace<TrusteeVault>).getByName("vault");

export async function heldKeys(env: TrusteeEnv): Promise<VaultKeys> {
  const held = await vaultOf(env).keys();
  if (!held) throw new Problem("not-allowed-now", "keys not generated");
  return held;
}

const parsed = new Map<string, KeySet>();
/** The vault's key set was verified when it was installed; parsing its points is done once an isolate. */
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
/** Of the vault's key set: verified once an isolate. */
export function trusteeCardsOf(held: VaultKeys, keySet: KeySet): TrusteeCard[] {
  const cards = readCards.get(keySet) ?? readTrusteeCards(held.cards, keySet.identityKeys, nativeVerify);
  readCards.set(keySet, cards);
  return cards;
}

export function trustOf(env: TrusteeEnv, keySet: KeySet, now: number): Trust {
  const own = ownKeys(env);
  return {
    now,
    registrarKey: hexToBytes(env.REGISTRAR_KEY),
    logKey: parseVkey(env.LOG_VKEY, LOG_KEY),
    keySet,
    index: own.index,
    transportSecret: own.transport.secretKey,
    engine: publicEngine(),
    parameters: (epoch) => parametersFor(env, epoch, now),
  };
}

const checkedSecrets = new WeakSet<KeySet>();
/** The shares, for as long as one request or one link share in the making needs them. They are at rest under the bytes of their key set. */
export function unsealSecret(env: TrusteeEnv, held: VaultKeys, keySet: KeySet): TrusteeSecret {
  const bytes = openAtRest(ownKeys(env).vaultKey, "trustee-secret", held.keySet, held.sealedSecret);
  const secret = TrusteeSecret.decode(bytes); // its byte fields are views of `bytes`
  if (!checkedSecrets.has(keySet)) {
    assertSecretOf(secret, keySet);
    checkedSecrets.add(keySet);
  }
  return secret;
}
