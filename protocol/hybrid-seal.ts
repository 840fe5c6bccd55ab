// Single-shot public-key sealing that is secure as long as X25519 or ML-KEM-768 is. It protects against attackers who
// collect ciphertexts today to decrypt them with a quantum computer later.
// X-Wing (x-wing.ts) and ChaCha20-Poly1305 (RFC 8439).
//
//   secret key   32 bytes, the X-Wing seed;   public key 1216 bytes = ML-KEM-768 ek (1184) ‖ X25519 (32)
//   sealed       u8 version = 1 ‖ KEM ciphertext (1120) ‖ AEAD ciphertext (plaintext + 16)
//   (ss, ct)     X-Wing.Encapsulate(public key; 64 bytes of randomness)
//   key          HKDF-SHA256(ikm = ss, salt = label, info = frame(ct, public key), 32)
//   AEAD         ChaCha20-Poly1305(key, nonce = 12 zero bytes, aad = frame(label, aad))
//
// The fixed nonce is sound because every key encrypts exactly one message. The key comes from a fresh encapsulation,
// and no function here returns it. The encapsulation's randomness is hedged with key, aad and plaintext (hedge.ts), so that
// repeated randomness does not repeat a key for another message.
// The sender is not authenticated. If a message needs an author, it is signed, or it carries a proof, around the seal.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, frame, type Rng, utf8ToBytes } from "./bytes.ts";
import { hedged } from "./hedge.ts";
import { LABELS } from "./labels.ts";
import {
  XWING_CIPHERTEXT_BYTES,
  XWING_ENCAPSULATION_SEED_BYTES,
  XWING_PUBLIC_KEY_BYTES,
  XWING_SEED_BYTES,
  xwingDecapsulate,
  xwingEncapsulate,
  xwingPublicKey,
} from "./x-wing.ts";

export const HYBRID_PUBLIC_KEY_BYTES = XWING_PUBLIC_KEY_BYTES;
export const HYBRID_SECRET_KEY_BYTES = XWING_SEED_BYTES;
const X25519_BYTES = 32;
const TAG_BYTES = 16;
const MLKEM_POLYNOMIALS_BYTES = 1152; // 3 polynomials of 256 coefficients of 12 bits
const MLKEM_Q = 3329;
const VERSION = 1;
/** Bytes that sealing adds to a plaintext. */
export const HYBRID_OVERHEAD_BYTES = 1 + XWING_CIPHERTEXT_BYTES + TAG_BYTES;

const LABEL = utf8ToBytes(LABELS.hybridSeal);
const NONCE = new Uint8Array(12);

/** An X-Wing key pair. */
export interface HybridKeyPair {
  readonly publicKey: Uint8Array;
  /** the 32-byte seed; it opens everything that is sealed to the public key */
  readonly secretKey: Uint8Array;
}

/**
 * The one error for every failure. It does not say which step failed, because nobody may know that, least of all the
 * sender.
 */
export class HybridSealError extends Error {
  override name = "HybridSealError";
  constructor() {
    super("cannot be sealed or opened");
  }
}

/** @param seed 32 bytes */
export function hybridKeyPair(seed: Uint8Array): HybridKeyPair {
  const secretKey = seed.slice(); // a copy, because callers overwrite their seeds with zeros
  return { publicKey: xwingPublicKey(secretKey), secretKey };
}

const messageKey = (shared: Uint8Array, kemCiphertext: Uint8Array, publicKey: Uint8Array): Uint8Array =>
  hkdf(sha256, shared, LABEL, frame(kemCiphertext, publicKey), 32);

/**
 * The modulus check of FIPS 203 section 7.2: every 12-bit coefficient of the ML-KEM key is below q. It is needed here
 * because the check in @noble/post-quantum 0.5 packs and unpacks without reducing, so every key passes there.
 */
function isReduced(publicKey: Uint8Array): boolean {
  for (let i = 0; i < MLKEM_POLYNOMIALS_BYTES; i += 3) {
    const [a, b, c] = [publicKey[i]!, publicKey[i + 1]!, publicKey[i + 2]!];
    if ((a | ((b & 15) << 8)) >= MLKEM_Q || ((b >> 4) | (c << 4)) >= MLKEM_Q) return false;
  }
  return true;
}

/**
 * The u-coordinates of the points of low order, of Curve25519 and of its twist. X25519 with any secret key gives zero for them,
 * which RFC 7748 section 6.1 lets a receiver refuse.
 */
const LOW_ORDER_U: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  2n ** 255n - 20n,
]);
/** X25519 ignores the top bit and takes unreduced coordinates (RFC 7748 section 5). */
function isLowOrder(point: Uint8Array): boolean {
  const u = point.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) & (2n ** 255n - 1n);
  return LOW_ORDER_U.has(u % (2n ** 255n - 19n));
}

/** Whether anybody can seal to this public key: its length, its coefficients and the order of its point. */
export const isHybridPublicKey = (publicKey: Uint8Array): boolean =>
  publicKey.length === HYBRID_PUBLIC_KEY_BYTES &&
  isReduced(publicKey) &&
  !isLowOrder(publicKey.subarray(-X25519_BYTES));

/**
 * Seals `plaintext` to a public key.
 * @throws HybridSealError for a public key of wrong length, with an unreduced coefficient or with a low-order point
 */
export const hybridSeal = (publicKey: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, rng: Rng): Uint8Array =>
  hybridSealWith(
    publicKey,
    aad,
    plaintext,
    hedged(rng, "seal", publicKey, aad, plaintext)(XWING_ENCAPSULATION_SEED_BYTES),
  );

/** `hybridSeal` with the 64 bytes of X-Wing's own vectors. A caller that repeats them for two messages gives both away. */
export function hybridSealWith(
  publicKey: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  encapsulationSeed: Uint8Array,
): Uint8Array {
  try {
    if (!isHybridPublicKey(publicKey)) throw new HybridSealError();
    const { ciphertext, shared } = xwingEncapsulate(publicKey, encapsulationSeed);
    const key = messageKey(shared, ciphertext, publicKey);
    const body = chacha20poly1305(key, NONCE, frame(LABEL, aad)).encrypt(plaintext);
    shared.fill(0);
    key.fill(0);
    return concatBytes(Uint8Array.of(VERSION), ciphertext, body);
  } catch {
    throw new HybridSealError();
  }
}

/** Opens a seal. @throws HybridSealError for every failure */
export function hybridOpen(secretKey: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  try {
    if (sealed.length < HYBRID_OVERHEAD_BYTES || sealed[0] !== VERSION) throw new HybridSealError();
    const kemCiphertext = sealed.subarray(1, 1 + XWING_CIPHERTEXT_BYTES);
    // A modified ciphertext gives another shared secret, and then the tag does not verify.
    const shared = xwingDecapsulate(kemCiphertext, secretKey);
    const key = messageKey(shared, kemCiphertext, xwingPublicKey(secretKey));
    const plaintext = chacha20poly1305(key, NONCE, frame(LABEL, aad)).decrypt(
      sealed.subarray(1 + XWING_CIPHERTEXT_BYTES),
    );
    shared.fill(0);
    key.fill(0);
    return plaintext;
  } catch {
    throw new HybridSealError();
  }
}
