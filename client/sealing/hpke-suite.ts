// The HPKE suite of message channels (RFC 9180, draft-ietf-hpke-pq): MLKEM768-X25519 (0x647a), HKDF-SHA256,
// export-only.
//
// The hpke package builds its hybrid KEM on WebCrypto's ML-KEM, which workerd and most browsers do not have. It accepts
// any KEM of the same shape. So this file gives it the same KEM over @noble/post-quantum, which runs alike in browsers,
// Node and workerd. A test sets up channels between this KEM and Node's.
//
//   private key  32 bytes, the seed;  public key 1216 bytes;  enc 1120 bytes;  all raw, as the draft serialises them
//
// DeriveKeyPair is left out: keys come from the random generator only.

import { ml_kem768_x25519 as xwing } from "@noble/post-quantum/hybrid.js";
import {
  AEAD_EXPORT_ONLY,
  CipherSuite,
  KDF_HKDF_SHA256,
  type KEM,
  type Key,
  type KeyPair,
  NotSupportedError,
} from "hpke";

const NAME = "MLKEM768-X25519";
const HPKE_PUBLIC_KEY_BYTES = 1216;
const HPKE_PRIVATE_KEY_BYTES = 32;
export const HPKE_ENC_BYTES = 1120;

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
  Npk: HPKE_PUBLIC_KEY_BYTES,
  Nsk: HPKE_PRIVATE_KEY_BYTES,
  async GenerateKeyPair(extractable): Promise<KeyPair<RawKey>> {
    const { publicKey, secretKey } = xwing.keygen();
    return { publicKey: rawKey("public", publicKey, true), privateKey: rawKey("private", secretKey, extractable) };
  },
  async DeriveKeyPair(): Promise<KeyPair<RawKey>> {
    throw new NotSupportedError("keys are random");
  },
  SerializePublicKey: async (key) => key.bytes.slice(),
  SerializePrivateKey: async (key) => key.bytes.slice(),
  DeserializePublicKey: async (bytes) => rawKey("public", bytes, true),
  DeserializePrivateKey: async (bytes, extractable) => rawKey("private", bytes, extractable),
  async Encap(publicKey) {
    const { cipherText, sharedSecret } = xwing.encapsulate(publicKey.bytes);
    return { enc: cipherText, shared_secret: sharedSecret };
  },
  Decap: async (enc, privateKey) => xwing.decapsulate(enc, privateKey.bytes),
});

/**
 * Export-only: frames are sealed under exported keys. They may arrive in any order and go both ways, which an HPKE
 * context cannot do.
 */
export const hpkeSuite = new CipherSuite(kemOverNoble, KDF_HKDF_SHA256, AEAD_EXPORT_ONLY);
