// Sealing of the values that a trustee stores and that nobody else may read. The key is the vault key, which comes from
// TRUSTEE_SEED (keys.ts).
//
//   sealed   nonce (24, random) ‖ XChaCha20-Poly1305 ciphertext;   aad = frame(kind of the value, the id it belongs to)
//
// So a dump or backup of the Durable Objects contains no readable share. If somebody moves a value to another place or case,
// it does not open. A trustee that loses its seed loses its share; then the others reshare.

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, frame, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";

const NONCE_BYTES = 24;
/** kinds of sealed values */
export type AtRest =
  | "trustee-secret"
  | "dealer-secret"
  | "own-notice-shares"
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

/** @throws Error if this trustee did not seal these bytes for this place: the seed is another, or the store was changed */
export function openAtRest(vaultKey: Uint8Array, what: AtRest, id: Uint8Array, sealed: Uint8Array): Uint8Array {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  return xchacha20poly1305(vaultKey, nonce, aad(what, id)).decrypt(sealed.subarray(NONCE_BYTES));
}
