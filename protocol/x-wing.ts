// X-Wing (draft-connolly-cfrg-xwing-kem-10): a key encapsulation that is secure as long as X25519 or ML-KEM-768 is.
//
//   secret key   32 bytes, the seed;  SHAKE256(seed, 96) = ML-KEM seed (64) ‖ X25519 scalar (32)
//   public key   1216 bytes = pk_M (1184) ‖ pk_X (32)
//   ciphertext   1120 bytes = ct_M (1088) ‖ ct_X (32)
//   shared       SHA3-256(ss_M ‖ ss_X ‖ ct_X ‖ pk_X ‖ label), 32 bytes
//
// ML-KEM is @noble/post-quantum's, and X25519 is @noble/curves'. The X-Wing of @noble/post-quantum gives the same bytes, and
// a test compares the two. It is not used here for two reasons. Its module also builds KEMs over P-256 and P-384 when it
// is imported, with a second copy of the curves: that was a tenth of the wallet. And it expands the seed again at every
// decapsulation, which is two thirds of the work; a trustee opens hundreds of ciphertexts with one key.

import { x25519 } from "@noble/curves/ed25519.js";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { concatBytes, utf8ToBytes } from "./bytes.ts";

export const XWING_SEED_BYTES = 32;
export const XWING_PUBLIC_KEY_BYTES = 1216;
export const XWING_CIPHERTEXT_BYTES = 1120;
/** randomness of one encapsulation: 32 bytes for ML-KEM, then the ephemeral X25519 scalar */
export const XWING_ENCAPSULATION_SEED_BYTES = 64;
const MLKEM_SEED_BYTES = 64;
const MLKEM_PUBLIC_KEY_BYTES = 1184;
const MLKEM_CIPHERTEXT_BYTES = 1088;
const X25519_BYTES = 32;
const LABEL = utf8ToBytes("\\.//^\\");

function checkLength(bytes: Uint8Array, length: number, name: string): void {
  if (bytes.length !== length) throw new RangeError(`X-Wing ${name}: ${bytes.length} bytes, expected ${length}`);
}

interface Expanded {
  readonly mlkem: Uint8Array;
  readonly x25519: Uint8Array;
  readonly publicKey: Uint8Array;
}
const expandedKeys = new WeakMap<Uint8Array, Expanded>();
/**
 * The expanded keys of a seed. They are kept as long as the seed's array. Nobody may write into that array except to
 * erase it.
 */
function expanded(seed: Uint8Array): Expanded {
  let key = expandedKeys.get(seed);
  if (key === undefined) {
    checkLength(seed, XWING_SEED_BYTES, "seed");
    const bytes = shake256(seed, { dkLen: MLKEM_SEED_BYTES + X25519_BYTES });
    const { secretKey, publicKey } = ml_kem768.keygen(bytes.subarray(0, MLKEM_SEED_BYTES));
    const scalar = bytes.slice(MLKEM_SEED_BYTES);
    bytes.fill(0);
    key = { mlkem: secretKey, x25519: scalar, publicKey: concatBytes(publicKey, x25519.getPublicKey(scalar)) };
    expandedKeys.set(seed, key);
  }
  return key;
}

/** A copy of the public key. @param seed 32 bytes */
export const xwingPublicKey = (seed: Uint8Array): Uint8Array => expanded(seed).publicKey.slice();

const combine = (ssM: Uint8Array, ssX: Uint8Array, ctX: Uint8Array, pkX: Uint8Array): Uint8Array => {
  const shared = sha3_256(concatBytes(ssM, ssX, ctX, pkX, LABEL));
  for (const secret of [ssM, ssX]) secret.fill(0);
  return shared;
};

/**
 * @param seed 64 bytes, uniformly random, for this encapsulation alone
 * @throws Error for a length, a key that ML-KEM refuses, or an X25519 point of low order
 */
export function xwingEncapsulate(
  publicKey: Uint8Array,
  seed: Uint8Array,
): { ciphertext: Uint8Array; shared: Uint8Array } {
  checkLength(publicKey, XWING_PUBLIC_KEY_BYTES, "public key");
  checkLength(seed, XWING_ENCAPSULATION_SEED_BYTES, "encapsulation seed");
  const [pkM, pkX] = [publicKey.subarray(0, MLKEM_PUBLIC_KEY_BYTES), publicKey.subarray(MLKEM_PUBLIC_KEY_BYTES)];
  const [seedM, ephemeral] = [seed.subarray(0, 32), seed.subarray(32)];
  const { cipherText: ctM, sharedSecret: ssM } = ml_kem768.encapsulate(pkM, seedM);
  const ctX = x25519.getPublicKey(ephemeral);
  const shared = combine(ssM, x25519.getSharedSecret(ephemeral, pkX), ctX, pkX);
  return { ciphertext: concatBytes(ctM, ctX), shared };
}

/**
 * The shared secret. ML-KEM rejects implicitly: a modified ciphertext gives another secret, not an error.
 * @param seed 32 bytes, the secret key
 * @throws Error for a length, or an X25519 point of low order
 */
export function xwingDecapsulate(ciphertext: Uint8Array, seed: Uint8Array): Uint8Array {
  checkLength(ciphertext, XWING_CIPHERTEXT_BYTES, "ciphertext");
  const key = expanded(seed);
  const ctX = ciphertext.subarray(MLKEM_CIPHERTEXT_BYTES);
  const ssM = ml_kem768.decapsulate(ciphertext.subarray(0, MLKEM_CIPHERTEXT_BYTES), key.mlkem);
  return combine(ssM, x25519.getSharedSecret(key.x25519, ctX), ctX, key.publicKey.subarray(MLKEM_PUBLIC_KEY_BYTES));
}
