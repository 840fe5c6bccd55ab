// Hedged randomness. A machine that was cloned, or restored from a snapshot, draws the same bytes again. A nonce that
// repeats under another challenge gives the witness away, and an encapsulation that repeats under another plaintext gives
// both plaintexts away. So every secret draw also depends on the secrets and the public values that it serves (as
// RFC 6979, section 3.6, allows):
//
//   key     H(hedge, fresh 32 bytes, use, part, …)          parts: the witness or plaintext, and all that it is bound to
//   draw n  HKDF-Expand(key, info = u32 n, length)          n counts from 0
//
// If the fresh bytes are good, the draws are uniform, whatever the parts are. If they repeat, the draws repeat only
// together with every part, and then the message repeats as a whole.

import { expand } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { labelledHash, type Rng, u32be, utf8ToBytes } from "./bytes.ts";
import { LABELS } from "./labels.ts";

const FRESH_BYTES = 32;

/** A source of randomness for one use, hedged with the parts. @param parts secrets and public values of that use */
export function hedged(
  rng: Rng,
  use: "proof" | "presentation" | "contract" | "seal" | "threshold",
  ...parts: readonly Uint8Array[]
): Rng {
  const key = labelledHash(LABELS.hedge, rng(FRESH_BYTES), utf8ToBytes(use), ...parts);
  let n = 0;
  return (length) => expand(sha256, key, u32be(n++), length);
}
