// Byte strings: how parts are framed before they are hashed, and the one 32-byte hash behind every document hash.
//
//   frame(a, b, …)   for each part: u32 big-endian length ‖ part
//
// Two different lists of parts never frame to the same bytes.

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bytesToHex, hexToBytes } from "./encodings.ts";
import type { Label } from "./labels.ts";

export { bytesToHex, concatBytes, hexToBytes, utf8ToBytes };

/** A source of randomness, passed in by the caller: returns `n` uniformly random bytes. */
export type Rng = (n: number) => Uint8Array;

/** 4 bytes, big-endian. @throws RangeError if `n` is not an integer in [0, 2^32) */
export function u32be(n: number): Uint8Array {
  if (!Number.isInteger(n) || n < 0 || n > 0xffffffff) throw new RangeError(`u32 out of range: ${n}`);
  return Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
}

/** u32 big-endian length ‖ part, for each part. */
export function frame(...parts: Uint8Array[]): Uint8Array {
  return concatBytes(...parts.flatMap((p) => [u32be(p.length), p]));
}

/** SHA-256(label ‖ frame(parts)), 32 bytes. The label needs no frame because labels are prefix-free (labels.ts). */
export function labelledHash(label: Label, ...parts: Uint8Array[]): Uint8Array {
  return sha256(concatBytes(utf8ToBytes(label), frame(...parts)));
}

/** The unsigned integer whose big-endian bytes are `b`; 0n for no bytes. */
export function fromBigEndian(b: Uint8Array): bigint {
  let n = 0n;
  for (const byte of b) n = (n << 8n) | BigInt(byte);
  return n;
}

/** Whether two public byte strings are equal. Not for secrets: the comparison stops at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}

/** Order of public byte strings by their first different byte, and then by length; for Array.sort. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const i = a.findIndex((x, k) => x !== b[k]);
  if (i < 0 || i >= b.length) return a.length - b.length;
  return a[i]! - b[i]!;
}
