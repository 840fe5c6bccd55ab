// Byte strings: framing for hashes, and the one hash to 32 bytes that every document hash uses.
// frame(a, b, ...) = for each part: u32 big-endian length, then the part. Two different lists never frame alike.

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bytesToHex, hexToBytes } from "./encodings.ts";
import type { Label } from "./labels.ts";

export { bytesToHex, concatBytes, hexToBytes, utf8ToBytes };

/** Source of randomness, passed in: n uniformly random bytes. */
export type Rng = (n: number) => Uint8Array;

export function u32be(n: number): Uint8Array {
  if (!Number.isInteger(n) || n < 0 || n > 0xffffffff) throw new RangeError(`u32 out of range: ${n}`);
  return Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
}

export function frame(...parts: Uint8Array[]): Uint8Array {
  return concatBytes(...parts.flatMap((p) => [u32be(p.length), p]));
}

/** SHA-256(label ‖ frame(parts)); 32 bytes. Labels are prefix-free, so the label needs no frame. */
export function labelledHash(label: Label, ...parts: Uint8Array[]): Uint8Array {
  return sha256(concatBytes(utf8ToBytes(label), frame(...parts)));
}

/** Equality of public byte strings. Not for secrets: it stops at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
