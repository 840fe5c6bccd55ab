// The enrolment code as people carry it from the registrar's desk to a phone: in a link, a QR code, or typed from paper.
//
//   plain   account in hex ‖ "." ‖ enrolment code in base64url
//   link    <address of the wallet> ‖ "/#e=" ‖ plain. Browsers do not send what follows "#" to a server
//   typed   base32(account 16 ‖ enrolment code 32 ‖ check 2), 80 characters in 16 groups of five
//   base32  RFC 4648 section 6, in upper case: it has none of the digits 0, 1 and 8, so a reader takes them for O, I and B
//   check   the first 2 bytes of SHA-256 over the bytes before it. It finds a text that was cut or mistyped
//
// The code is a secret until a phone has used it.

import { sha256 } from "@noble/hashes/sha2.js";
import { base32nopad } from "@scure/base";
import { bytesToHex, concatBytes, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { fromBase64url, isHex, toBase64url } from "../../protocol/encodings.ts";
import { translate } from "../errors.ts";
import { DeskError } from "./desk-error.ts";

const ACCOUNT_BYTES = 16;
const CODE_BYTES = 32;
const CHECK_BYTES = 2;
const GROUP_CHARS = 5;
const LINK_PART = "e=";

export interface EnrolmentCode {
  /** hex of 16 bytes */
  account: string;
  /** base64url of 32 bytes */
  enrolmentCode: string;
}

const checkOf = (bytes: Uint8Array): Uint8Array => sha256(bytes).subarray(0, CHECK_BYTES);
const bad = (detail: string, cause?: unknown): DeskError => new DeskError("bad-code", detail, { cause });

/** For a clipboard or a program. */
export const plainCode = ({ account, enrolmentCode }: EnrolmentCode): string => `${account}.${enrolmentCode}`;

/** For a QR code or a message. @param walletUrl address of the wallet's app */
export const codeLink = (walletUrl: string, code: EnrolmentCode): string =>
  `${walletUrl.replace(/\/$/, "")}/#${LINK_PART}${plainCode(code)}`;

/** For paper: 16 groups of five capital letters and digits. */
export function codeGroups({ account, enrolmentCode }: EnrolmentCode): string[] {
  const bytes = concatBytes(hexToBytes(account), fromBase64url(enrolmentCode));
  const text = base32nopad.encode(concatBytes(bytes, checkOf(bytes)));
  return text.match(new RegExp(`.{${GROUP_CHARS}}`, "g"))!;
}

/** Reads a code in any of its forms, with any spacing. @throws DeskError bad-code */
export function readEnrolmentCode(text: string): EnrolmentCode {
  const after = text.slice(text.lastIndexOf("#") + 1).trim();
  const typed = after.startsWith(LINK_PART) ? after.slice(LINK_PART.length) : after;
  return translate(
    () => (typed.includes(".") ? readPlain(typed) : readGroups(typed)),
    (cause) => bad("it cannot be read", cause),
  );
}

function readPlain(typed: string): EnrolmentCode {
  const [account = "", enrolmentCode = "", ...rest] = typed.replace(/\s/g, "").split(".");
  if (rest.length > 0 || !isHex(account, ACCOUNT_BYTES) || fromBase64url(enrolmentCode).length !== CODE_BYTES)
    throw bad("it has not the two parts of a code");
  return { account, enrolmentCode };
}

function readGroups(typed: string): EnrolmentCode {
  const letters = typed
    .toUpperCase()
    .replace(/[\s-]/g, "")
    .replaceAll("0", "O")
    .replaceAll("1", "I")
    .replaceAll("8", "B");
  const all = base32nopad.decode(letters);
  const bytes = all.subarray(0, ACCOUNT_BYTES + CODE_BYTES);
  if (all.length !== ACCOUNT_BYTES + CODE_BYTES + CHECK_BYTES)
    throw bad("a group is missing, or there is one too many");
  if (!equalBytes(all.subarray(-CHECK_BYTES), checkOf(bytes))) throw bad("a letter is wrong");
  return {
    account: bytesToHex(bytes.subarray(0, ACCOUNT_BYTES)),
    enrolmentCode: toBase64url(bytes.subarray(ACCOUNT_BYTES)),
  };
}
