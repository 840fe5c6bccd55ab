// The runtime's Ed25519 (BoringSSL in workerd, through node:crypto), for Workers: some 0.05 ms where noble takes 1 ms.
// It answers as protocol/ed25519.ts specifies, which is as noble does. BoringSSL's own rules differ from noble's in
// three points:
//
//   keys not reduced, and of small order      BoringSSL accepts them. This file refuses them before it asks BoringSSL.
//   the equation without the cofactor         BoringSSL refuses a signature that satisfies only 8 times the equation. So
//                                             if it says no, noble decides. No honest signer makes such a signature.
//
// If BoringSSL accepts a signature under a key that passed the check, noble accepts it too. An equation that holds also
// holds times 8, and R was compared as bytes.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { hexToBytes } from "../protocol/bytes.ts";
import { nobleSigner, nobleVerify, type Signer, type VerifySignature } from "../protocol/ed25519.ts";
import { type Hex, toBase64url } from "../protocol/encodings.ts";

/** RFC 8037 */
const ED25519_JWK = { kty: "OKP", crv: "Ed25519" };
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SIGN_BIT = 0x80;

const P = 2n ** 255n - 19n;
const Y_OF_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
/** y-coordinates of the points of order 1, 2, 4 and 8 */
const SMALL_ORDER_Y = new Set([1n, P - 1n, 0n, Y_OF_ORDER_8, P - Y_OF_ORDER_8]);

/** Whether the key has 32 bytes, its y is reduced, and it is not of small order. */
function isUsable(publicKey: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES) return false;
  let y = BigInt(publicKey[KEY_BYTES - 1]! & ~SIGN_BIT);
  for (let i = KEY_BYTES - 2; i >= 0; i--) y = (y << 8n) | BigInt(publicKey[i]!);
  return y < P && !SMALL_ORDER_Y.has(y);
}

function publicKeyObject(publicKey: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...ED25519_JWK, x: toBase64url(publicKey) }, format: "jwk" });
  } catch {
    return undefined; // not a point of the curve
  }
}

/** Verification on BoringSSL, with noble's answers. */
export const nativeVerify: VerifySignature = (signature, message, publicKey) => {
  if (signature.length !== SIGNATURE_BYTES || !isUsable(publicKey)) return false;
  const key = publicKeyObject(publicKey);
  if (key === undefined) return false;
  return verify(null, message, key, signature) || nobleVerify(signature, message, publicKey);
};

/** @param secretKey the 32-byte seed of RFC 8032 */
export function nativeSigner(secretKey: Uint8Array): Signer {
  const { publicKey } = nobleSigner(secretKey);
  const [x, d] = [publicKey, secretKey].map(toBase64url);
  const key = createPrivateKey({ key: { ...ED25519_JWK, x, d }, format: "jwk" });
  return {
    publicKey,
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

const signers = new Map<string, Signer>();
/** The signer of a Worker's own key, made once per isolate. @param secretKey as in the Worker's secrets */
export function signerOf(secretKey: Hex): Signer {
  let signer = signers.get(secretKey);
  if (signer === undefined) {
    signer = nativeSigner(hexToBytes(secretKey));
    signers.set(secretKey, signer);
  }
  return signer;
}
