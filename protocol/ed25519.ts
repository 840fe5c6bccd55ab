// Ed25519 (RFC 8032) behind one interface, so that a host with a faster one can bring it along (functions/engine/
// ed25519.ts). Every implementation answers as noble in its strict mode does:
//
//   sign      deterministic: the same bytes for the same key and message
//   verify    cofactored equation; refuses s >= L, points that are not canonical, and keys of small order.
//             Never throws for what a peer sent: another length is refused as well
//
// A signer holds a secret key: those who sign often make one of it once.

import { ed25519 } from "@noble/curves/ed25519.js";

const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** False for whatever is no signature. */
export type VerifySignature = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;

export const nobleSigner = (secretKey: Uint8Array): Signer => ({
  publicKey: ed25519.getPublicKey(secretKey),
  sign: (message) => ed25519.sign(message, secretKey),
});

/** A signer from a 32-byte seed; a signer is returned as it is. */
export const asSigner = (by: Uint8Array | Signer): Signer => (by instanceof Uint8Array ? nobleSigner(by) : by);

export const nobleVerify: VerifySignature = (signature, message, publicKey) =>
  signature.length === SIGNATURE_BYTES &&
  publicKey.length === KEY_BYTES &&
  ed25519.verify(signature, message, publicKey, { zip215: false });
