// The HPKE suite of message channels (RFC 9180, draft-ietf-hpke-pq): MLKEM768-X25519 (0x647a), HKDF-SHA256,
// export-only.
//
// The hpke package builds its hybrid KEM on WebCrypto's ML-KEM, which workerd and most browsers do not have. It accepts
// any KEM of the same shape. So this file gives it the same KEM over protocol/x-wing.ts, which runs alike in browsers,
// Node and workerd. A test sets up channels between this KEM and Node's.
//
//   private key  32 bytes, the seed;  public key 1216 bytes;  enc 1120 bytes;  all raw, as the draft serialises them
//
// DeriveKeyPair is left out: keys come from the random generator only.

import {
  AEAD_EXPORT_ONLY,
  CipherSuite,
  KDF_HKDF_SHA256,
  type KEM,
  type Key,
  type KeyPair,
  NotSupportedError,
} from "hpke";
import {
  XWING_CIPHERTEXT_BYTES,
  XWING_ENCAPSULATION_SEED_BYTES,
  XWING_PUBLIC_KEY_BYTES,
  XWING_SEED_BYTES,
  xwingDecapsulate,
  xwingEncapsulate,
  xwingPublicKey,
} from "../../protocol/x-wing.ts";

const NAME = "MLKEM768-X25519";
export const HPKE_ENC_BYTES = XWING_CIPHERTEXT_BYTES;

const randomBytes = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));

interface RawKey extends Key {
  readonly bytes: Uint8Array;
}

const rawKey = (type: "public" | "private", bytes: Uint8Array, extractable: boolean): RawKey => ({
  algorithm: { name: NAME },
  type,
  extractable,
  bytes: bytes.slice(),
});

const kemOverNoble = (): KEM<RawKey> => ({
  id: 0x647a,
  type: "KEM",
  name: NAME,
  Nsecret: 32,
  Nenc: HPKE_ENC_BYTES,
  Npk: XWING_PUBLIC_KEY_BYTES,
  Nsk: XWING_SEED_BYTES,
  async GenerateKeyPair(extractable): Promise<KeyPair<RawKey>> {
    const seed = randomBytes(XWING_SEED_BYTES);
    return {
      publicKey: rawKey("public", xwingPublicKey(seed), true),
      privateKey: rawKey("private", seed, extractable),
    };
  },
  async DeriveKeyPair(): Promise<KeyPair<RawKey>> {
    throw new NotSupportedError("keys are random");
  },
  SerializePublicKey: async (key) => key.bytes.slice(),
  SerializePrivateKey: async (key) => key.bytes.slice(),
  DeserializePublicKey: async (bytes) => rawKey("public", bytes, true),
  DeserializePrivateKey: async (bytes, extractable) => rawKey("private", bytes, extractable),
  async Encap(publicKey) {
    const { ciphertext, shared } = xwingEncapsulate(publicKey.bytes, randomBytes(XWING_ENCAPSULATION_SEED_BYTES));
    return { enc: ciphertext, shared_secret: shared };
  },
  Decap: async (enc, privateKey) => xwingDecapsulate(enc, privateKey.bytes),
});

/**
 * Export-only: frames are sealed under exported keys. They may arrive in any order and go both ways, which an HPKE
 * context cannot do.
 */
export const hpkeSuite = new CipherSuite(kemOverNoble, KDF_HKDF_SHA256, AEAD_EXPORT_ONLY);
