// A clinic's keys in few bytes: what the public halves follow from is left out. So they fit a QR code, once an application has
// sealed them under a passphrase. Secret, as ClinicKeys are.

import { identityToRecipient } from "age-encryption";
import type { JWK } from "jose";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { xwingPublicKey } from "../../protocol/x-wing.ts";
import { SymbolonError, translateAsync } from "../errors.ts";
import { type ClinicKeys, clinicCard } from "./keys.ts";

const VERSION = 1;
const MAX_BYTES = 1 << 16;

interface Packed {
  v: number;
  name: string;
  policy: ClinicKeys["policy"];
  card: [version: number, notBefore: number, notAfter: number];
  /** signing key, HPKE key */
  keys: [sign: string, hpke: string];
  age: string;
  /** the public key as it stands in the card, whose members have an order; and the private part */
  oauth: [JWK, string];
}

/** @throws SymbolonError bad-keys */
export function packClinicKeys(keys: ClinicKeys): Uint8Array {
  clinicCard(keys); // keys of which no card can be made are refused
  const { d } = keys.oauthPrivateJwk;
  if (typeof d !== "string") throw new SymbolonError("bad-keys", "oauthPrivateJwk");
  const { notBefore, notAfter } = keys.cardDates;
  const packed: Packed = {
    v: VERSION,
    name: keys.name,
    policy: keys.policy,
    card: [keys.cardVersion, notBefore, notAfter],
    keys: [toBase64url(hexToBytes(keys.signSecretKey)), toBase64url(hexToBytes(keys.hpkeSecretKey))],
    age: keys.ageIdentity,
    oauth: [keys.oauthPublicJwk, d],
  };
  return new TextEncoder().encode(JSON.stringify(packed));
}

/** The keys that `packClinicKeys` packed. Their card is the same, byte for byte. @throws SymbolonError bad-keys */
export const unpackClinicKeys = (bytes: Uint8Array): Promise<ClinicKeys> =>
  translateAsync(
    async () => {
      if (bytes.length > MAX_BYTES) throw new Error("too long");
      const packed = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)) as Packed;
      if (packed.v !== VERSION) throw new Error(`version ${packed.v}`);
      const [sign, hpke] = packed.keys.map((key) => fromBase64url(key)) as [Uint8Array, Uint8Array];
      const [oauthPublicJwk, d] = packed.oauth;
      const keys: ClinicKeys = {
        name: packed.name,
        policy: packed.policy,
        cardVersion: packed.card[0],
        cardDates: { notBefore: packed.card[1], notAfter: packed.card[2] },
        signSecretKey: bytesToHex(sign),
        hpkePublicKey: bytesToHex(xwingPublicKey(hpke)),
        hpkeSecretKey: bytesToHex(hpke),
        ageIdentity: packed.age,
        ageRecipient: await identityToRecipient(packed.age),
        oauthPublicJwk,
        oauthPrivateJwk: { ...oauthPublicJwk, d },
      };
      clinicCard(keys);
      return keys;
    },
    (cause) => new SymbolonError("bad-keys", "packed keys", { cause }),
  );
