// Bytes as text: lower-case hex, base64 and base64url, each in one place with a type of its own.
//
// The types are branded strings, so a function that takes `Hex` cannot get base64url by mistake. A branded string is
// still a string: it can be compared, stored and sent as one.
//
//   Hex         two lower-case digits per byte; keys of tables and names of objects
//   Base64      RFC 4648 section 4, with padding; signed notes and FHIR
//   Base64url   RFC 4648 section 5, without padding; JSON of our API

import { hexToBytes as nobleFromHex, bytesToHex as nobleToHex } from "@noble/hashes/utils.js";
import { base64, base64nopad, base64urlnopad } from "@scure/base";

declare const encoding: unique symbol;
/** lower-case hex of whole bytes */
export type Hex = string & { readonly [encoding]: "hex" };
/** base64 with padding */
export type Base64 = string & { readonly [encoding]: "base64" };
/** base64url without padding */
export type Base64url = string & { readonly [encoding]: "base64url" };

/** Lower-case hex. */
export const bytesToHex = (bytes: Uint8Array): Hex => nobleToHex(bytes) as Hex;
/** Reads hex in either case. @throws RangeError if `text` is not hex of whole bytes */
export const hexToBytes = (text: string): Uint8Array => nobleFromHex(text);

const HEX = /^(?:[0-9a-f]{2})*$/;
/** Whether `text` is lower-case hex, of exactly `length` bytes if `length` is given. */
export const isHex = (text: string, length?: number): text is Hex =>
  HEX.test(text) && (length === undefined || text.length === 2 * length);
/** @throws RangeError if `text` is not lower-case hex of `length` bytes */
export function asHex(text: string, length?: number): Hex {
  if (!isHex(text, length)) throw new RangeError(`hex${length === undefined ? "" : ` of ${length} bytes`} expected`);
  return text;
}

/** With padding. */
export const toBase64 = (bytes: Uint8Array): Base64 => base64.encode(bytes) as Base64;
/** @throws Error if `text` is not padded base64 */
export const fromBase64 = (text: string): Uint8Array => base64.decode(text);

/** Without padding. */
export const toBase64url = (bytes: Uint8Array): Base64url => base64urlnopad.encode(bytes) as Base64url;
/** @throws Error if `text` is not base64url without padding */
export const fromBase64url = (text: string): Uint8Array => base64urlnopad.decode(text);

/** Base64 of age headers: RFC 4648 section 4 without padding. @throws Error if `text` is not canonical */
export const fromBase64Unpadded = (text: string): Uint8Array => base64nopad.decode(text);
