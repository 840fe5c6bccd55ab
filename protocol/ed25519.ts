// Ed25519 (RFC 8032) behind one interface, so that a host can supply a faster implementation (engine/ed25519.ts).
// Every implementation gives the same answers:
//
//   sign      deterministic: the same bytes for the same key and message
//   verify    R = encode(s·B − k·A), compared as bytes; k = SHA-512(R ‖ A ‖ message) mod L.
//             Refuses s >= L, and a key or an R that is not reduced or is of small order.
//             It never throws on a peer's input: it refuses a wrong length as well.
//
// The equation is the one without the cofactor, as RFC 8032, section 5.1.7, allows. OpenSSL, BoringSSL, Go and WebCrypto have
// it too. Under the equation times 8, a signer could make a signature with a point of small order in R or in its key that
// one party accepts and another refuses. noble's own verify has that equation, so it is not used here. Libraries also differ
// on an R of small order (OpenSSL refuses the identity, BoringSSL accepts it). No honest signer makes one.
//
// A signer holds a secret key. Code that signs often makes its signer once and keeps it.

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes } from "./bytes.ts";

const { Point } = ed25519;

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

/** Verification on noble's points, with the rules of the header. In variable time, because all inputs are public. */
export const nobleVerify: VerifySignature = (signature, message, publicKey) => {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== KEY_BYTES) return false;
  const R = signature.subarray(0, KEY_BYTES);
  try {
    const A = Point.fromBytes(publicKey, false); // false: RFC 8032, not ZIP 215
    const s = Point.Fn.fromBytes(signature.subarray(KEY_BYTES)); // refuses s >= L
    if (A.isSmallOrder()) return false;
    const k = Point.Fn.create(bytesToNumberLE(sha512(concatBytes(R, publicKey, message))));
    const expected = Point.BASE.multiplyUnsafe(s).subtract(A.multiplyUnsafe(k));
    return equalBytes(expected.toBytes(), R) && !expected.isSmallOrder();
  } catch {
    return false; // not a point, or not a scalar
  }
};
