// Buckets: the key space of tag hashes, or of index values, cut into equal parts by their first 32 bits.
//
//   part n of m   hash whose first 32 bits v, big-endian, have ⌊v·m / 2^32⌋ = n;   0 ≤ n < m ≤ MAX_PARTS
//   written       "n.m"; "0.1" is the whole space
//
// Tags are pseudorandom and their hashes spread evenly. So all parts of a service or an epoch hold about the same
// number of sessions.

import type { Hex } from "./encodings.ts";

const DIGITS = 8;
const SPACE = 2 ** 32;
/** largest number of parts; with it, v·m is still an exact number */
export const MAX_PARTS = 65_536;

/** Part `n` of `of` parts. */
export interface Part {
  n: number;
  of: number;
}
/** The whole space. */
export const EVERYTHING: Part = { n: 0, of: 1 };

/** The part that contains a hash. @param hash at least 4 bytes */
export const partOf = (hash: Hex, of: number): Part => ({
  n: Math.floor((Number.parseInt(hash.slice(0, DIGITS), 16) * of) / SPACE),
  of,
});

/** The hashes of a part, in hex: from <= hash < below. Both bounds compare as strings. */
export function rangeOf({ n, of }: Part): { from: string; below: string } {
  const bound = (k: number): string =>
    k === of
      ? "g" // sorts after every hex digit
      : Math.ceil((k * SPACE) / of)
          .toString(16)
          .padStart(DIGITS, "0");
  return { from: bound(n), below: bound(n + 1) };
}

/** "n.m" */
export const writePart = ({ n, of }: Part): string => `${n}.${of}`;
/** Reads "n.m". Undefined if the text is not a part in canonical form. */
export function readPart(text: string): Part | undefined {
  const found = /^(0|[1-9]\d{0,4})\.([1-9]\d{0,4})$/.exec(text);
  if (!found) return undefined;
  const [n, of] = [Number(found[1]), Number(found[2])];
  return n < of && of <= MAX_PARTS ? { n, of } : undefined;
}
