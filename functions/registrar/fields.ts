// Field encryption of the registrar's D1: XChaCha20-Poly1305 under one key per column. The associated data holds the column
// and the row's name, so a value that is moved to another row or column does not open. Blind indexes are HMAC-SHA256.

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, frame, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { canonicalSelector } from "../../protocol/identity-record.ts";
import type { RegistrarEnv } from "../shared/env.ts";

const NONCE_BYTES = 24;

const columnKey = (env: RegistrarEnv, column: string): Uint8Array =>
  hkdf(sha256, hexToBytes(env.FIELD_KEY), undefined, utf8ToBytes(`symbolon registrar column ${column}`), 32);

/** @param row the account, or the case id of an opening */
export function sealField(env: RegistrarEnv, column: string, row: Hex, value: Uint8Array): Uint8Array {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const aad = frame(utf8ToBytes(column), utf8ToBytes(row));
  return concatBytes(nonce, xchacha20poly1305(columnKey(env, column), nonce, aad).encrypt(value));
}

/** @param row as it was sealed */
export function openField(env: RegistrarEnv, column: string, row: Hex, sealed: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(sealed);
  const aad = frame(utf8ToBytes(column), utf8ToBytes(row));
  const cipher = xchacha20poly1305(columnKey(env, column), bytes.subarray(0, NONCE_BYTES), aad);
  return cipher.decrypt(bytes.subarray(NONCE_BYTES));
}

function keyedHash(env: RegistrarEnv, use: string, ...parts: Uint8Array[]): Uint8Array {
  return hmac(sha256, hexToBytes(env.INDEX_KEY), frame(utf8ToBytes(use), ...parts));
}

export const selectorIndex = (env: RegistrarEnv, selector: string): Hex =>
  bytesToHex(keyedHash(env, "selector", utf8ToBytes(canonicalSelector(selector))));
export const codeHash = (env: RegistrarEnv, code: Uint8Array): Hex => bytesToHex(keyedHash(env, "code", code));

/** The salt of a generation's identity commitment, 32 bytes. It is derived, so that the registrar can open it again. */
export function identitySalt(env: RegistrarEnv, account: Hex, generation: number): Uint8Array {
  return keyedHash(env, "identity-salt", utf8ToBytes(account), utf8ToBytes(String(generation)));
}
