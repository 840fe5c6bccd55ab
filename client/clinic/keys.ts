// A clinic's keys, all made and kept at the clinic: the operator never has one.
//
//   signKey   Ed25519: signs card, challenges and manifests; service id = H(signKey)
//   hpke      MLKEM768-X25519: patients set up their message channel to it
//   age       post-quantum age identity: opens the clinic's own records, with any age command too
//   oauth     ES384: signs client assertions for the API's tokens

import { ed25519 } from "@noble/curves/ed25519.js";
import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { bytesToHex, hexToBytes, type Rng } from "../../protocol/bytes.ts";
import { ServiceCard, serviceIdOf, signDocument } from "../../protocol/documents.ts";
import { LABELS } from "../../protocol/labels.ts";
import { generateServiceHpkeKey } from "../sealing/messages.ts";

/** What a check-in must show at this clinic. */
export interface ClinicPolicy {
  required: ServiceCard["required"];
  /** how many epochs old a credential may be: so much longer a lost or revoked phone still gets in */
  maxStaleEpochs: number;
}
export const DEFAULT_POLICY: ClinicPolicy = { required: [], maxStaleEpochs: 1 };

/** Plain JSON, bytes as hex; secret. */
export interface ClinicKeys {
  name: string;
  policy: ClinicPolicy;
  signSecretKey: string;
  hpkePublicKey: string;
  hpkeSecretKey: string;
  ageIdentity: string;
  ageRecipient: string;
  oauthPublicJwk: JWK;
  oauthPrivateJwk: JWK;
}

/** @param rng of the Ed25519 key; the other generators draw from the platform's own */
export async function createClinicKeys(
  name: string,
  policy: ClinicPolicy = DEFAULT_POLICY,
  rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n)),
): Promise<ClinicKeys> {
  const hpke = await generateServiceHpkeKey();
  const ageIdentity = await generateHybridIdentity();
  const oauth = await generateKeyPair("ES384", { extractable: true });
  return {
    name,
    policy,
    signSecretKey: bytesToHex(rng(32)),
    hpkePublicKey: bytesToHex(hpke.publicKey),
    hpkeSecretKey: bytesToHex(hpke.privateKey),
    ageIdentity,
    ageRecipient: await identityToRecipient(ageIdentity),
    oauthPublicJwk: await exportJWK(oauth.publicKey),
    oauthPrivateJwk: await exportJWK(oauth.privateKey),
  };
}

/** 16 bytes */
export const serviceIdOfKeys = (keys: ClinicKeys): Uint8Array =>
  serviceIdOf(ed25519.getPublicKey(hexToBytes(keys.signSecretKey)));

/** Signed<ServiceCard>: what the operator registers, and what wallets see. */
export function clinicCard(keys: ClinicKeys): Uint8Array {
  const secretKey = hexToBytes(keys.signSecretKey);
  const card: ServiceCard = {
    signKey: ed25519.getPublicKey(secretKey),
    name: keys.name,
    hpkeKey: hexToBytes(keys.hpkePublicKey),
    ageRecipient: keys.ageRecipient,
    oauthKeyJwk: JSON.stringify(keys.oauthPublicJwk),
    required: keys.policy.required,
    maxStaleEpochs: keys.policy.maxStaleEpochs,
  };
  return signDocument(LABELS.signServiceCard, ServiceCard, card, secretKey);
}
