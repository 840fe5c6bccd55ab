// The key set: the trustees' three public keys and everybody's share keys, with n signatures over all of it.
//
//   Y_name = y_name·G, name in {trace, link, record};   Y_name,i = f_name(i)·G, the key of trustee i's share;
//   all in G1 only: no multiple of a share in G2 is ever published.
//   groupHybridKey: X-Wing key whose secret every trustee holds (hybrid-seal.ts).
//
//   id         labelledHash(keySet, Y_trace, Y_link, Y_record, groupHybridKey). It names the keys, not t, n, holders or
//              generation: resharing changes those, and stanzas sealed before it must open after it.
//   generation 0 from the ceremony, one more at each resharing; shares of two generations do not combine
//   core       document KeySetCore: all fields except the signatures, with the transcript hash of the run
//   signature  of every holder: Ed25519 over signCeremony ‖ core
//
// Everybody who receives a key set uses verifyKeySet: registrar, services, wallets, new trustees. It needs the holders'
// identity keys from elsewhere (the signed parameters, a letter), because a key set cannot vouch for itself.

import { concatBytes, equalBytes, labelledHash, utf8ToBytes } from "./bytes.ts";
import { document, fixed, list, type Of, struct, u8, u32 } from "./codec.ts";
import type { Parameters } from "./documents.ts";
import { nobleSigner, nobleVerify } from "./ed25519.ts";
import { g1, scalar } from "./element-coders.ts";
import { HYBRID_PUBLIC_KEY_BYTES, HYBRID_SECRET_KEY_BYTES, hybridKeyPair } from "./hybrid-seal.ts";
import { LABELS } from "./labels.ts";
import { liesOnPolynomial, MAX_HOLDERS } from "./sharing.ts";
import { encodeG1, G, type G1 } from "./suite.ts";

export const KEY_NAMES = ["trace", "link", "record"] as const;
export type KeyName = (typeof KEY_NAMES)[number];
/** One value for each of the three keys. */
export type PerKey<T> = { [name in KeyName]: T };

/** Calls `make` for each of the three keys. */
export function perKey<T>(make: (name: KeyName) => T): PerKey<T> {
  return { trace: make("trace"), link: make("link"), record: make("record") };
}

const threeKeys = struct({ trace: g1, link: g1, record: g1 });

const core = {
  threshold: u8,
  generation: u32,
  keys: threeKeys,
  shareKeys: list(threeKeys), // of trustee i at [i - 1]
  identityKeys: list(fixed(32)), // Ed25519, of trustee i at [i - 1]
  groupHybridKey: fixed(HYBRID_PUBLIC_KEY_BYTES),
  transcript: fixed(32),
};
/** The signed part of a key set. */
export const KeySetCore = document("KeySetCore", 0x50, 1, core);
export type KeySetCore = Of<typeof KeySetCore>;

/** The core, with the signature of trustee i over it at [i - 1]. */
export const KeySet = document("KeySet", 0x51, 1, { ...core, signatures: list(fixed(64)) });
export type KeySet = Of<typeof KeySet>;

/**
 * One trustee's secrets: its shares and the group hybrid secret. It is for the trustee's own store only and is never
 * sent.
 */
export const TrusteeSecret = document("TrusteeSecret", 0x52, 1, {
  keySetId: fixed(32),
  generation: u32,
  index: u8,
  shares: struct({ trace: scalar, link: scalar, record: scalar }),
  groupHybridSecret: fixed(HYBRID_SECRET_KEY_BYTES),
});
export type TrusteeSecret = Of<typeof TrusteeSecret>;

/** A key set, a plan or a secret is wrong. `reason` is stable. */
export class KeySetError extends Error {
  override name = "KeySetError";
  readonly reason:
    | "threshold"
    | "holders"
    | "identity-keys"
    | "share-keys"
    | "signature"
    | "other-key-set"
    | "other-generation"
    | "wrong-secret";
  constructor(reason: KeySetError["reason"], detail: string) {
    super(detail);
    this.reason = reason;
  }
}

type Named = Pick<KeySetCore, "keys" | "groupHybridKey">;
/** The id of the header, 32 bytes. */
export function keySetId({ keys, groupHybridKey }: Named): Uint8Array {
  return labelledHash(LABELS.keySet, ...KEY_NAMES.map((name) => encodeG1(keys[name])), groupHybridKey);
}

/**
 * Checks t and n. t > n/2, so that no two disjoint sets can both open. n >= 2, because one holder is a threshold in
 * name only.
 * @throws KeySetError
 */
export function assertThreshold(t: number, n: number): void {
  if (!Number.isInteger(n) || n < 2 || n > MAX_HOLDERS)
    throw new KeySetError("holders", `${n} trustees: must be in 2..${MAX_HOLDERS}`);
  if (!Number.isInteger(t) || t > n || 2 * t <= n)
    throw new KeySetError("threshold", `threshold ${t} of ${n}: must be above n/2 and at most n`);
}

const signedBytes = (core: KeySetCore): Uint8Array =>
  concatBytes(utf8ToBytes(LABELS.signKeySet), KeySetCore.encode(core));

/** One holder's signature over the core, 64 bytes. */
export function signKeySet(core: KeySetCore, identitySecret: Uint8Array): Uint8Array {
  return nobleSigner(identitySecret).sign(signedBytes(core));
}

/** Whether trustee `index` signed the core (RFC 8032 verification). */
export function verifyKeySetSignature(core: KeySetCore, index: number, signature: Uint8Array): boolean {
  const key = core.identityKeys[index - 1];
  return key !== undefined && nobleVerify(signature, signedBytes(core), key);
}

/**
 * Checks everything except the signatures: the sizes, and that any t share keys interpolate to the key.
 * @throws KeySetError
 */
export function checkKeySetCore(core: KeySetCore): void {
  const n = core.identityKeys.length;
  assertThreshold(core.threshold, n);
  if (core.shareKeys.length !== n)
    throw new KeySetError("share-keys", `${core.shareKeys.length} share keys for ${n} trustees`);
  for (const name of KEY_NAMES) {
    const values: G1[] = [core.keys[name], ...core.shareKeys.map((k) => k[name])];
    if (!liesOnPolynomial(values, core.threshold))
      throw new KeySetError("share-keys", `${name}: share keys do not interpolate to the key`);
  }
}

/**
 * Verifies a key set. `identityKeys` are the holders' keys that the caller trusts, in the order of their indices.
 * @throws KeySetError
 */
export function verifyKeySet(keySet: KeySet, identityKeys: readonly Uint8Array[]): void {
  const pinned = keySet.identityKeys;
  if (pinned.length !== identityKeys.length || !pinned.every((key, i) => equalBytes(key, identityKeys[i]!)))
    throw new KeySetError("identity-keys", "the holders differ from the trusted ones");
  checkKeySetCore(keySet);
  if (keySet.signatures.length !== pinned.length)
    throw new KeySetError("signature", `${keySet.signatures.length} signatures for ${pinned.length} trustees`);
  keySet.signatures.forEach((signature, i) => {
    if (!verifyKeySetSignature(keySet, i + 1, signature))
      throw new KeySetError("signature", `signature of trustee ${i + 1} does not verify`);
  });
}

type KeysOfParameters = Pick<
  Parameters,
  | "keySetId"
  | "traceKey"
  | "linkKey"
  | "recordKey"
  | "groupHybridKey"
  | "threshold"
  | "assembleThreshold"
  | "trusteeKeys"
>;

/**
 * Checks that the parameters name only keys that the trustees signed. The registrar signs the parameters, and the
 * trustees sign the key set. Without this check, a registrar alone could name keys of its own and open everything.
 * @throws KeySetError
 */
export function checkKeysOf(p: KeysOfParameters, keySet: KeySet, pinned: readonly Uint8Array[]): void {
  verifyKeySet(keySet, pinned);
  const { keys } = keySet;
  const differs = (field: string): KeySetError =>
    new KeySetError("other-key-set", `${field} of the parameters is not the trustees'`);
  const pairs: [string, Uint8Array, Uint8Array][] = [
    ["keySetId", p.keySetId, keySetId(keySet)],
    ["traceKey", p.traceKey, encodeG1(keys.trace)],
    ["linkKey", p.linkKey, encodeG1(keys.link)],
    ["recordKey", p.recordKey, encodeG1(keys.record)],
    ["groupHybridKey", p.groupHybridKey, keySet.groupHybridKey],
  ];
  for (const [field, named, signed] of pairs) if (!equalBytes(named, signed)) throw differs(field);
  if (p.threshold !== keySet.threshold) throw differs("threshold");
  if (p.assembleThreshold < p.threshold || p.assembleThreshold > pinned.length) throw differs("assembleThreshold");
  // verifyKeySet has compared the key set's identity keys with the pinned ones
  if (p.trusteeKeys.length !== pinned.length || !p.trusteeKeys.every((key, i) => equalBytes(key, pinned[i]!)))
    throw differs("trusteeKeys");
}

/**
 * A trustee's check before it uses its secret under a key set: same keys, same generation, right shares.
 * @throws KeySetError
 */
export function assertSecretOf(secret: TrusteeSecret, keySet: KeySetCore): void {
  if (!equalBytes(secret.keySetId, keySetId(keySet)))
    throw new KeySetError("other-key-set", "the secret belongs to another key set");
  if (secret.generation !== keySet.generation)
    throw new KeySetError("other-generation", `shares of generation ${secret.generation}, not ${keySet.generation}`);
  const shareKeys = keySet.shareKeys[secret.index - 1];
  const fits =
    shareKeys !== undefined &&
    KEY_NAMES.every((name) => shareKeys[name].equals(G.multiply(secret.shares[name]) as G1)) &&
    equalBytes(hybridKeyPair(secret.groupHybridSecret).publicKey, keySet.groupHybridKey);
  if (!fits) throw new KeySetError("wrong-secret", `secret does not belong to trustee ${secret.index}`);
}
