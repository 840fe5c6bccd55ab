// A text that people scan, paste or type: a scheme, and bytes that begin with a version and end with a check.
//
//   text     scheme ‖ base32(body ‖ check)      RFC 4648 section 6 without padding, in upper case
//   body     u8 version ‖ …
//   check    the first 4 bytes of SHA-256(body). It finds a text that was cut or mistyped

import { sha256 } from "@noble/hashes/sha2.js";
import { base32nopad } from "@scure/base";
import { concatBytes, equalBytes } from "../../protocol/bytes.ts";

const CHECK_BYTES = 4;
const checkOf = (body: Uint8Array): Uint8Array => sha256(body).subarray(0, CHECK_BYTES);

/** What is read as a text of this kind. */
export interface CheckedText {
  /** in upper case, with its colon */
  readonly scheme: string;
  readonly version: number;
  /** Longer texts are none of this kind. */
  readonly maxChars: number;
}

export const writeCheckedText = ({ scheme }: CheckedText, body: Uint8Array): string =>
  scheme + base32nopad.encode(concatBytes(body, checkOf(body)));

/**
 * The body of a text, in either case and with space around it. The caller decodes it, and refuses a body that is not canonical.
 * @param bad makes the error from what is wrong
 * @throws what `bad` makes; Error if it is no base32
 */
export function readCheckedText(
  { scheme, version, maxChars }: CheckedText,
  text: string,
  bad: (detail: string) => Error,
): Uint8Array {
  const typed = text.trim();
  if (typed.length > maxChars) throw bad(`it has more than ${maxChars} characters`);
  const upper = typed.toUpperCase();
  if (!upper.startsWith(scheme)) throw bad(`it does not begin with ${scheme}`);
  const bytes = base32nopad.decode(upper.slice(scheme.length));
  if (bytes[0] !== version) throw bad(`it has the version ${bytes[0]}, and this app reads version ${version}`);
  const body = bytes.subarray(0, -CHECK_BYTES);
  if (!equalBytes(bytes.subarray(-CHECK_BYTES), checkOf(body))) throw bad("it was cut or mistyped");
  return body;
}
