// Ed25519 (RFC 8032) behind one interface, so that a host can supply a faster implementation (engine/ed25519.ts).
// Every implementation answers as noble does in its strict mode:
//
//   sign      deterministic: the same bytes for the same key and message
//   verify    uses the cofactored equation; refuses s >= L, non-canonical points and keys of small order.
//             It never throws on a peer's input: it refuses a wrong length as well.
//
// A signer holds a secret key. Code that signs often makes its signer once and keeps it.

import { ed25519 } from "@noble/curves/ed25519.js";

const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

/** A secret key that can sign. `publicKey` has 32 bytes, a signature 64. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** Whether `signature` is valid; false for any other input, of any length. */
export type VerifySignature = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;

/** @param secretKey the 32-byte seed of RFC 8032 */
export const nobleSigner = (secretKey: Uint8Array): Signer => ({
  publicKey: ed25519.getPublicKey(secretKey),
  sign: (message) => ed25519.sign(message, secretKey),
});

/** A signer from a 32-byte seed; a signer is returned as it is. */
export const asSigner = (by: Uint8Array | Signer): Signer => (by instanceof Uint8Array ? nobleSigner(by) : by);

/** Verification on noble, with the strict rules of the header. */
export const nobleVerify: VerifySignature = (signature, message, publicKey) =>
  signature.length === SIGNATURE_BYTES &&
  publicKey.length === KEY_BYTES &&
  ed25519.verify(signature, message, publicKey, { zip215: false });
