// A secret as text under a passphrase, for a file or a QR code: the keys of an app that move to another device.
//
//   text   prefix ‖ base64url(u8 version 1 ‖ salt 16 ‖ iv 12 ‖ AES-256-GCM(argon2id(passphrase, salt), secret, aad = prefix))

import { argon2id } from "@noble/hashes/argon2.js";
import { base64urlnopad } from "@scure/base";
import { WrongOpenerError } from "./locker.ts";

const VERSION = 1;
const SALT_BYTES = 16;
const IV_BYTES = 12;
/** as the locker's */
const ARGON = { m: 19_456, t: 2, p: 1, dkLen: 32 } as const;
const text = new TextEncoder();

const keyOf = (passphrase: string, salt: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    "raw",
    argon2id(text.encode(passphrase.normalize("NFKC")), salt, ARGON) as Uint8Array<ArrayBuffer>,
    "AES-GCM",
    false,
    ["encrypt", "decrypt"],
  );

/** @param prefix tells what the text is, such as "SYMBOLON-DESK:" */
export async function sealText(prefix: string, passphrase: string, secret: Uint8Array): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await keyOf(passphrase, salt);
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: text.encode(prefix) },
    key,
    secret as Uint8Array<ArrayBuffer>,
  );
  return prefix + base64urlnopad.encode(new Uint8Array([VERSION, ...salt, ...iv, ...new Uint8Array(sealed)]));
}

export const isSealedText = (prefix: string, given: string): boolean => given.trim().startsWith(prefix);

/** @throws WrongOpenerError if the passphrase does not open it, or the text was changed */
export async function openText(prefix: string, passphrase: string, given: string): Promise<Uint8Array> {
  try {
    const bytes = base64urlnopad.decode(given.trim().slice(prefix.length));
    if (bytes[0] !== VERSION) throw new Error(`version ${bytes[0]}`);
    const salt = bytes.slice(1, 1 + SALT_BYTES);
    const iv = bytes.slice(1 + SALT_BYTES, 1 + SALT_BYTES + IV_BYTES);
    const sealed = bytes.slice(1 + SALT_BYTES + IV_BYTES);
    const key = await keyOf(passphrase, salt);
    const additionalData = text.encode(prefix);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, sealed));
  } catch {
    throw new WrongOpenerError("this passphrase does not open it");
  }
}
