// A trustee's own keys. All of them are derived from one seed (Worker secret TRUSTEE_SEED).
//
//   purpose key   HKDF-SHA256(ikm = seed, salt = LABELS.trusteeSeed, info = frame(purpose, u8 index), 32 bytes)
//   "identity"    Ed25519 key, which every role pins (TRUSTEE_KEYS). It signs ceremony messages, approvals, parts, and
//                 checkpoints of the log as a witness
//   "transport"   X-Wing seed: others seal to its public key, and only this trustee opens it
//   "login"       HMAC key of the nonces that officers log in with (login-nonces.ts)
//   "vault"       XChaCha20-Poly1305 key: seals every secret that the trustee stores (at-rest.ts)
//
// Every derivation includes the index. So if two trustees get the same seed by mistake, their keys still differ.

import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { nativeSigner } from "../../engine/ed25519.ts";
import { frame, utf8ToBytes } from "../../protocol/bytes.ts";
import { TrusteeCard, trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { signDocument } from "../../protocol/documents.ts";
import type { Signer } from "../../protocol/ed25519.ts";
import { type HybridKeyPair, hybridKeyPair } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { formatVkey, type NoteSigner } from "../../protocol/note.ts";

export interface TrusteeKeys {
  index: number;
  identitySecret: Uint8Array;
  /** signs with the identity key */
  signer: Signer;
  identityPublicKey: Uint8Array;
  transport: HybridKeyPair;
  vaultKey: Uint8Array;
  loginKey: Uint8Array;
  witness: NoteSigner;
  witnessVkey: string;
}

/** @param seed 32 bytes  @param index of the trustee, from 1 */
export function trusteeKeys(seed: Uint8Array, index: number): TrusteeKeys {
  const derive = (purpose: string): Uint8Array =>
    hkdf(sha256, seed, utf8ToBytes(LABELS.trusteeSeed), frame(utf8ToBytes(purpose), Uint8Array.of(index)), 32);
  const identitySecret = derive("identity");
  const signer = nativeSigner(identitySecret);
  const identityPublicKey = signer.publicKey;
  const key = trusteeWitnessKey(index, identityPublicKey);
  return {
    index,
    identitySecret,
    signer,
    identityPublicKey,
    transport: hybridKeyPair(derive("transport")),
    vaultKey: derive("vault"),
    loginKey: derive("login"),
    witness: { key, signer },
    witnessVkey: formatVkey(key),
  };
}

/** Signed<TrusteeCard>. It shows other roles which transport key belongs to the pinned identity key. */
export const trusteeCard = (keys: TrusteeKeys): Uint8Array =>
  signDocument(
    LABELS.signTrustee,
    TrusteeCard,
    { index: keys.index, transportKey: keys.transport.publicKey },
    keys.signer,
  );
