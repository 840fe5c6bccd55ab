// Single-shot public-key sealing that stands while either X25519 or ML-KEM-768 does: against those who harvest today
// to decrypt with a quantum computer later. X-Wing (draft-connolly-cfrg-xwing-kem-10) and ChaCha20-Poly1305 (RFC 8439).
//
//   secret key   32 bytes, the X-Wing seed;   public key 1216 bytes = ML-KEM-768 ek (1184) ‖ X25519 (32)
//   sealed       u8 version = 1 ‖ KEM ciphertext (1120) ‖ AEAD ciphertext (plaintext + 16)
//   (ss, ct)     X-Wing.Encapsulate(public key; 64 bytes of randomness)
//   opening      ss = SHA3-256(ss_M ‖ ss_X ‖ ct_X ‖ pk_X ‖ X-Wing's label), as XWing.decapsulate has it, with the seed expanded once:
//                expanding is two thirds of a decapsulation, and a trustee opens hundreds of seals under one key
//   key          HKDF-SHA256(ikm = ss, salt = label, info = frame(ct, public key), 32)
//   AEAD         ChaCha20-Poly1305(key, nonce = 12 zero bytes, aad = frame(label, aad))
//
// The fixed nonce is sound because every key encrypts exactly one message: it comes from a fresh encapsulation, and no
// function here gives it out. Whoever repeats the randomness for two messages breaks that, as in any KEM.
// The sender is not authenticated: what needs an author is signed, or carries a proof, around this.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { XWing } from "@noble/post-quantum/hybrid.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { concatBytes, frame, type Rng, utf8ToBytes } from "./bytes.ts";
import { LABELS } from "./labels.ts";

export const HYBRID_PUBLIC_KEY_BYTES = 1216;
export const HYBRID_SECRET_KEY_BYTES = 32;
const KEM_CIPHERTEXT_BYTES = 1120;
const MLKEM_CIPHERTEXT_BYTES = 1088;
const MLKEM_SEED_BYTES = 64;
const X25519_BYTES = 32;
const XWING_LABEL = utf8ToBytes("\\.//^\\");
const ENCAPSULATION_SEED_BYTES = 64;
const TAG_BYTES = 16;
const MLKEM_POLYNOMIALS_BYTES = 1152; // 3 polynomials of 256 coefficients of 12 bits
const MLKEM_Q = 3329;
const VERSION = 1;
/** What sealing adds to a plaintext. */
export const HYBRID_OVERHEAD_BYTES = 1 + KEM_CIPHERTEXT_BYTES + TAG_BYTES;

const LABEL = utf8ToBytes(LABELS.hybridSeal);
const NONCE = new Uint8Array(12);

export interface HybridKeyPair {
  readonly publicKey: Uint8Array;
  /** the seed itself; whoever holds it opens everything sealed to the public key */
  readonly secretKey: Uint8Array;
}

/** One error for every failure: which step failed is nobody's business, least of all the sender's. */
export class HybridSealError extends Error {
  override name = "HybridSealError";
  constructor() {
    super("cannot be sealed or opened");
  }
}

export function hybridKeyPair(seed: Uint8Array): HybridKeyPair {
  // A copy: X-Wing gives the seed back as the secret key, and callers zero their seeds.
  const { publicKey, secretKey } = XWing.keygen(seed.slice());
  return { publicKey, secretKey };
}

const messageKey = (shared: Uint8Array, kemCiphertext: Uint8Array, publicKey: Uint8Array): Uint8Array =>
  hkdf(sha256, shared, LABEL, frame(kemCiphertext, publicKey), 32);

/**
 * FIPS 203 section 7.2, modulus check: every 12-bit coefficient of the ML-KEM key is below q. Here because the check in
 * @noble/post-quantum 0.5 packs and unpacks without reducing, and so lets every key pass.
 */
function isReduced(publicKey: Uint8Array): boolean {
  for (let i = 0; i < MLKEM_POLYNOMIALS_BYTES; i += 3) {
    const [a, b, c] = [publicKey[i]!, publicKey[i + 1]!, publicKey[i + 2]!];
    if ((a | ((b & 15) << 8)) >= MLKEM_Q || ((b >> 4) | (c << 4)) >= MLKEM_Q) return false;
  }
  return true;
}

/** @throws HybridSealError for a public key of another length, with an unreduced coefficient or a low-order point */
export function hybridSeal(publicKey: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, rng: Rng): Uint8Array {
  try {
    if (!isReduced(publicKey)) throw new HybridSealError();
    const { cipherText, sharedSecret } = XWing.encapsulate(publicKey, rng(ENCAPSULATION_SEED_BYTES));
    const key = messageKey(sharedSecret, cipherText, publicKey);
    const body = chacha20poly1305(key, NONCE, frame(LABEL, aad)).encrypt(plaintext);
    sharedSecret.fill(0);
    key.fill(0);
    return concatBytes(Uint8Array.of(VERSION), cipherText, body);
  } catch {
    throw new HybridSealError();
  }
}

interface Expanded {
  readonly mlkem: Uint8Array;
  readonly x25519: Uint8Array;
  readonly publicKey: Uint8Array;
}
const expandedKeys = new WeakMap<Uint8Array, Expanded>();
/** Kept as long as the array with the seed, which nobody writes into but to erase it. */
function expanded(seed: Uint8Array): Expanded {
  let key = expandedKeys.get(seed);
  if (key === undefined) {
    if (seed.length !== HYBRID_SECRET_KEY_BYTES) throw new HybridSealError();
    const bytes = shake256(seed, { dkLen: MLKEM_SEED_BYTES + X25519_BYTES });
    const { secretKey, publicKey } = ml_kem768.keygen(bytes.subarray(0, MLKEM_SEED_BYTES));
    const scalar = bytes.slice(MLKEM_SEED_BYTES);
    bytes.fill(0);
    key = { mlkem: secretKey, x25519: scalar, publicKey: concatBytes(publicKey, x25519.getPublicKey(scalar)) };
    expandedKeys.set(seed, key);
  }
  return key;
}

function decapsulate(kemCiphertext: Uint8Array, key: Expanded): Uint8Array {
  const point = kemCiphertext.subarray(MLKEM_CIPHERTEXT_BYTES);
  const shares = [
    ml_kem768.decapsulate(kemCiphertext.subarray(0, MLKEM_CIPHERTEXT_BYTES), key.mlkem),
    x25519.getSharedSecret(key.x25519, point), // throws for a point of low order
  ];
  const shared = sha3_256(concatBytes(...shares, point, key.publicKey.subarray(-X25519_BYTES), XWING_LABEL));
  for (const share of shares) share.fill(0);
  return shared;
}

/** @throws HybridSealError for every failure alike */
export function hybridOpen(secretKey: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  try {
    if (sealed.length < HYBRID_OVERHEAD_BYTES || sealed[0] !== VERSION) throw new HybridSealError();
    const kemCiphertext = sealed.subarray(1, 1 + KEM_CIPHERTEXT_BYTES);
    // ML-KEM rejects implicitly: a mauled ciphertext gives another shared secret, and then the tag does not verify.
    const keys = expanded(secretKey);
    const shared = decapsulate(kemCiphertext, keys);
    const key = messageKey(shared, kemCiphertext, keys.publicKey);
    const plaintext = chacha20poly1305(key, NONCE, frame(LABEL, aad)).decrypt(
      sealed.subarray(1 + KEM_CIPHERTEXT_BYTES),
    );
    shared.fill(0);
    key.fill(0);
    return plaintext;
  } catch {
    throw new HybridSealError();
  }
}
