// A clinic's keys. All are made and kept at the clinic: its operator never has one.
//
//   signKey   Ed25519: signs card, challenges and manifests; service id = H(signKey)
//   card      the public keys and the policy, under a version that rises and for CARD_SECONDS. A clinic that changes
//             anything, or lost its HPKE key, makes its next card (renewCard, replaceHpkeKey) and has it registered
//   hpke      MLKEM768-X25519: patients set up their message channel to it
//   age       post-quantum age identity: opens the clinic's own records, with any age command too
//   oauth     ES384: signs client assertions for the API's tokens

import { ed25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { bytesToHex, hexToBytes, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { ServiceCard, serviceIdOf, signDocument } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { SymbolonError, translate } from "../errors.ts";
import { generateServiceHpkeKey } from "../sealing/messages.ts";

/** The clinic's demands on a check-in. */
export interface ClinicPolicy {
  /** attributes, each with the values that are accepted */
  required: ServiceCard["required"];
  /** how many epochs old a credential may be. A lost or revoked phone still gets in for that many epochs */
  maxStaleEpochs: number;
}
/** A card is good from a day before it is made, because clocks differ, and for about three years. */
const EARLY_SECONDS = 86_400;
const CARD_SECONDS = 1100 * 86_400;
const systemNow = (): number => Math.floor(Date.now() / 1000);
const datesFrom = (now: number) => ({ notBefore: Math.max(0, now - EARLY_SECONDS), notAfter: now + CARD_SECONDS });

/** Every registered patient may check in, with a credential of this month or the last. */
export const DEFAULT_POLICY: ClinicPolicy = { required: [], maxStaleEpochs: 1 };

/** Plain JSON, so that any secret store can hold it. Secret. */
export interface ClinicKeys {
  name: string;
  policy: ClinicPolicy;
  /** of the newest card, from 1 */
  cardVersion: number;
  /** unix seconds, both included */
  cardDates: { notBefore: number; notAfter: number };
  /** Ed25519, 32 bytes */
  signSecretKey: Hex;
  /** 1216 bytes */
  hpkePublicKey: Hex;
  /** 32 bytes */
  hpkeSecretKey: Hex;
  /** AGE-SECRET-KEY-PQ-1... */
  ageIdentity: string;
  /** age1pq1... */
  ageRecipient: string;
  oauthPublicJwk: JWK;
  oauthPrivateJwk: JWK;
}

/**
 * @param now unix seconds, for the dates of the first card
 * @param rng for the Ed25519 key; the other generators draw from the platform's own
 */
export async function createClinicKeys(
  name: string,
  policy: ClinicPolicy = DEFAULT_POLICY,
  now: number = systemNow(),
  rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n)),
): Promise<ClinicKeys> {
  const hpke = await generateServiceHpkeKey();
  const ageIdentity = await generateHybridIdentity();
  const oauth = await generateKeyPair("ES384", { extractable: true });
  return {
    name,
    policy,
    cardVersion: 1,
    cardDates: datesFrom(now),
    signSecretKey: bytesToHex(rng(32)),
    hpkePublicKey: bytesToHex(hpke.publicKey),
    hpkeSecretKey: bytesToHex(hpke.privateKey),
    ageIdentity,
    ageRecipient: await identityToRecipient(ageIdentity),
    oauthPublicJwk: await exportJWK(oauth.publicKey),
    oauthPrivateJwk: await exportJWK(oauth.privateKey),
  };
}

/**
 * The keys with the next card: a higher version, new dates, and another name or policy if given. Register `clinicCard`
 * of it. Wallets that know the new card refuse the old one.
 */
export const renewCard = (
  keys: ClinicKeys,
  change: Partial<Pick<ClinicKeys, "name" | "policy">> = {},
  now: number = systemNow(),
): ClinicKeys => ({ ...keys, ...change, cardVersion: keys.cardVersion + 1, cardDates: datesFrom(now) });

/**
 * The keys with a fresh HPKE key and the next card, after the old HPKE key was lost. Channels that the clinic has not
 * stored yet cannot be read any more.
 */
export async function replaceHpkeKey(keys: ClinicKeys, now: number = systemNow()): Promise<ClinicKeys> {
  const { publicKey, privateKey } = await generateServiceHpkeKey();
  const hpke = { hpkePublicKey: bytesToHex(publicKey), hpkeSecretKey: bytesToHex(privateKey) };
  return { ...renewCard(keys, {}, now), ...hpke };
}

/** The Ed25519 key pair. @throws SymbolonError bad-keys */
export function signKeyOf(keys: ClinicKeys): { secretKey: Uint8Array; publicKey: Uint8Array } {
  return translate(
    () => {
      const secretKey = hexToBytes(keys.signSecretKey);
      return { secretKey, publicKey: ed25519.getPublicKey(secretKey) };
    },
    (cause) => new SymbolonError("bad-keys", "signSecretKey", { cause }),
  );
}

/** 16 bytes. @throws SymbolonError bad-keys */
export const serviceIdOfKeys = (keys: ClinicKeys): Uint8Array => serviceIdOf(signKeyOf(keys).publicKey);

/**
 * A key for data that a program of the clinic keeps on its own disk, 32 bytes. It follows from the age identity, which opens the
 * clinic's records anyway, and from the signing key, so it changes if one of them does.
 * @throws SymbolonError bad-keys
 */
export const clinicStateKey = (keys: ClinicKeys): Uint8Array =>
  hkdf(sha256, utf8ToBytes(keys.ageIdentity), signKeyOf(keys).secretKey, utf8ToBytes(LABELS.clinicState), 32);

/** Signed<ServiceCard>: the operator registers it, and wallets see it. @throws SymbolonError bad-keys */
export function clinicCard(keys: ClinicKeys): Uint8Array {
  const { secretKey, publicKey } = signKeyOf(keys);
  return translate(
    () => {
      const card: ServiceCard = {
        signKey: publicKey,
        version: keys.cardVersion,
        ...keys.cardDates,
        name: keys.name,
        hpkeKey: hexToBytes(keys.hpkePublicKey),
        ageRecipient: keys.ageRecipient,
        oauthKeyJwk: JSON.stringify(keys.oauthPublicJwk),
        required: keys.policy.required,
        maxStaleEpochs: keys.policy.maxStaleEpochs,
      };
      return signDocument(LABELS.signServiceCard, ServiceCard, card, secretKey);
    },
    (cause) => new SymbolonError("bad-keys", "service card", { cause }),
  );
}
