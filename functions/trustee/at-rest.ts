// What a trustee stores and nobody else may read: XChaCha20-Poly1305 under the vault key from TRUSTEE_SEED (keys.ts).
//
//   sealed   nonce (24, random) ‖ ciphertext;   aad = frame(what it is, the id it belongs to)
//
// So a dump of the Durable Objects, or a backup of them, holds no share; and a value moved to another place or case does
// not open. Losing the seed is losing the share: then the others reshare.

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, frame, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";

const NONCE_BYTES = 24;
export type AtRest =
  | "trustee-secret"
  | "dealer-secret"
  | "own-notice-share"
  | "own-link-shares"
  | "own-result"
  | "tag-bases";

const aad = (what: AtRest, id: Uint8Array): Uint8Array => frame(utf8ToBytes(what), id);

export function sealAtRest(
  vaultKey: Uint8Array,
  what: AtRest,
  id: Uint8Array,
  value: Uint8Array,
  rng: Rng,
): Uint8Array {
  const nonce = rng(NONCE_BYTES);
  return concatBytes(nonce, xchacha20poly1305(vaultKey, nonce, aad(what, id)).encrypt(value));
}

/** @throws where the bytes are not what this trustee stored there: another seed, or a tampered store */
export function openAtRest(vaultKey: Uint8Array, what: AtRest, id: Uint8Array, sealed: Uint8Array): Uint8Array {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  return xchacha20poly1305(vaultKey, nonce, aad(what, id)).decrypt(sealed.subarray(NONCE_BYTES));
}
