// A wallet's keys. All derive from its recovery words, so that 24 words on paper bring back every record. Only the
// device key does not: it is random, stays in one phone, and is lost with it.
//
//   words   BIP-39, English, 24 words: 256 bits and an 8-bit checksum; no passphrase
//   seed    BIP-39 seed (PBKDF2-HMAC-SHA512, 2048 rounds): 64 bytes
//   root    HKDF-SHA256(ikm = seed, salt = none, info = KDF-WALLET): 32 bytes, uniform, so later steps only expand it
//   derive(label, parts.., n) = HKDF-Expand-SHA256(prk = root, info = label ‖ frame(parts..), n)
//
//   phone   u32 generation, salt: 32 random bytes that the phone drew for itself
//   k, z    derive(KDF-HOLDER,   "k" or "z", phone, 48) mod r    the holder's secrets, one pair per phone
//   s       derive(KDF-BLINDING, phone, u32 epoch,  48) mod r    blinding of that epoch's credential
//   age     derive(KDF-SESSION,  "age",  phone, u32 epoch, u32 slot, 32)   seed of an MLKEM768-X25519 identity
//   auth    derive(KDF-SESSION,  "auth", phone, u32 epoch, u32 slot, 32)   Ed25519 secret key of the session
//   claim   derive(KDF-CLAIM, 32)   key of every claim of this wallet (protocol/claim.ts)
//
// A generation is one phone's life: a restored phone enrols with the next one. The registrar says which number that is.
// If it says one twice, the salt still differs, so the secrets and tags of an earlier phone never come again. The salt
// stands in the contract, and the registrar returns it at the next enrolment. 48 bytes mod r have a bias below 2^-128;
// zero is refused. A session's keys derive from its phone, epoch and slot alone. So a wallet that lost its list of
// sessions tries all slots of an epoch. Session keys of different slots are independent: two public halves show no
// relation.

import { ed25519 } from "@noble/curves/ed25519.js";
import { expand, hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32 } from "@scure/base";
import { generateMnemonic, mnemonicToEntropy, mnemonicToSeedSync } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { concatBytes, frame, hexToBytes, u32be, utf8ToBytes } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { hybridRecipientOf } from "../../protocol/hybrid-recipient.ts";
import { LABELS, type Label } from "../../protocol/labels.ts";
import { R_ORDER, type Scalar } from "../../protocol/suite.ts";
import { type CodeOf, SymbolonError } from "../errors.ts";

/** The number of recovery words of a wallet. */
export const RECOVERY_WORDS = 24;
const SCALAR_SEED_BYTES = 48;

/** Typed recovery words are wrong. The error names positions and never words: even mistyped words are secret. */
export class RecoveryWordsError extends SymbolonError<CodeOf<"RecoveryWordsError">> {
  override name = "RecoveryWordsError";
  /** 1-based positions of the words that are not in the list; empty for the other codes */
  readonly positions: readonly number[];
  constructor(code: CodeOf<"RecoveryWordsError">, detail?: string, positions: readonly number[] = []) {
    super(code, detail);
    this.positions = positions;
  }
}

/** One set of secrets of this wallet: that of one enrolled phone. */
export interface Phone {
  readonly generation: number;
  /** 32 bytes; not secret, the contract shows it */
  readonly salt: Hex;
}

export interface HolderSecrets {
  /** holder secret: R = k·Ĝ */
  readonly k: Scalar;
  /** tag secret: T = z·H2(e, j) */
  readonly z: Scalar;
}

export interface SigningKey {
  /** Ed25519, 32 bytes */
  readonly secretKey: Uint8Array;
  /** Ed25519, 32 bytes */
  readonly publicKey: Uint8Array;
}

export interface SessionKeys {
  /** AGE-SECRET-KEY-PQ-1...; opens the session's records */
  readonly ageIdentity: string;
  /** age1pq1...; goes into the presentation, and records are sealed to it */
  readonly ageRecipient: string;
  /** Ed25519, 32 bytes; signs the wallet's requests in this session */
  readonly authSecretKey: Uint8Array;
  /** Ed25519, 32 bytes */
  readonly authPublicKey: Uint8Array;
}

/** 24 words from the platform's random generator. */
export const newRecoveryWords = (): string => generateMnemonic(wordlist, 256);

/** Typed words in the form that BIP-39 hashes: lower case, one space between. @throws RecoveryWordsError */
export function checkRecoveryWords(typed: string): string {
  const words = typed.normalize("NFKD").toLowerCase().trim().split(/\s+/);
  if (words.length !== RECOVERY_WORDS)
    throw new RecoveryWordsError("words-count", `${words.length} words, expected ${RECOVERY_WORDS}`);
  const unknown = words.flatMap((word, i) => (wordlist.includes(word) ? [] : [i + 1]));
  if (unknown.length > 0) throw new RecoveryWordsError("words-unknown", `number ${unknown.join(", ")}`, unknown);
  const joined = words.join(" ");
  try {
    mnemonicToEntropy(joined, wordlist);
  } catch {
    throw new RecoveryWordsError("words-checksum");
  }
  return joined;
}

/** The root, 32 bytes: everything else derives from it. @throws RecoveryWordsError */
export function walletRoot(words: string): Uint8Array {
  const seed = mnemonicToSeedSync(checkRecoveryWords(words));
  const root = hkdf(sha256, seed, undefined, utf8ToBytes(LABELS.walletRoot), 32);
  seed.fill(0);
  return root;
}

function derive(root: Uint8Array, label: Label, parts: Uint8Array[], length: number): Uint8Array {
  if (root.length !== 32) throw new RangeError(`wallet root: ${root.length} bytes, expected 32`);
  return expand(sha256, root, concatBytes(utf8ToBytes(label), frame(...parts)), length);
}

function deriveScalar(root: Uint8Array, label: Label, parts: Uint8Array[]): Scalar {
  let x = 0n;
  for (const byte of derive(root, label, parts, SCALAR_SEED_BYTES)) x = (x << 8n) | BigInt(byte);
  x %= R_ORDER;
  if (x === 0n) throw new Error("derived scalar is zero"); // happens for one root in 2^255
  return x;
}

/** @throws RangeError if the salt has not 32 bytes */
function partsOf({ generation, salt }: Phone): [Uint8Array, Uint8Array] {
  const bytes = hexToBytes(salt);
  if (bytes.length !== 32) throw new RangeError(`salt of a phone: ${bytes.length} bytes, expected 32`);
  return [u32be(generation), bytes];
}

/** k and z of a phone. */
export function holderSecrets(root: Uint8Array, phone: Phone): HolderSecrets {
  const secret = (name: string): Scalar =>
    deriveScalar(root, LABELS.holderSecrets, [utf8ToBytes(name), ...partsOf(phone)]);
  return { k: secret("k"), z: secret("z") };
}

/** s, equal at every try: a refresh that is repeated after a lost answer sends the same commitment. */
export const credentialBlinding = (root: Uint8Array, phone: Phone, epoch: number): Scalar =>
  deriveScalar(root, LABELS.credentialBlinding, [...partsOf(phone), u32be(epoch)]);

/** The key of this wallet's claims, 32 bytes. */
export const claimKey = (root: Uint8Array): Uint8Array => derive(root, LABELS.claimKey, [], 32);

/** The keys of the session in this slot. */
export async function sessionKeys(root: Uint8Array, phone: Phone, epoch: number, slot: number): Promise<SessionKeys> {
  const seed = (name: string): Uint8Array =>
    derive(root, LABELS.sessionSeed, [utf8ToBytes(name), ...partsOf(phone), u32be(epoch), u32be(slot)], 32);
  // In age, a native hybrid identity is the 32-byte seed of MLKEM768-X25519 in upper-case bech32.
  const ageSeed = seed("age");
  const ageIdentity = bech32.encodeFromBytes("AGE-SECRET-KEY-PQ-", ageSeed).toUpperCase();
  const authSecretKey = seed("auth");
  return {
    ageIdentity,
    ageRecipient: hybridRecipientOf(ageSeed),
    authSecretKey,
    authPublicKey: ed25519.getPublicKey(authSecretKey),
  };
}

/** A device key. It is random, not derived: it authorises refreshes from this phone only. */
export const newDeviceKey = (): SigningKey => ed25519.keygen();
