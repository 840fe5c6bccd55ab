// Buckets: the key space of tag hashes, or of index values, cut into equal parts by their first 32 bits.
//
//   part n of m   hash whose first 32 bits v, big-endian, have ⌊v·m / 2^32⌋ = n;   0 ≤ n < m ≤ MAX_PARTS
//   written       "n.m"; "0.1" is everything
//
// Tags are pseudorandom and hashes of them spread evenly, so each part of a service or an epoch holds as many sessions
// as another.

const DIGITS = 8;
const SPACE = 2 ** 32;
/** v·m stays exact */
export const MAX_PARTS = 65_536;

export interface Part {
  n: number;
  of: number;
}
export const EVERYTHING: Part = { n: 0, of: 1 };

/** The part in which a hash, in hex, lies. */
export const partOf = (hash: string, of: number): Part => ({
  n: Math.floor((Number.parseInt(hash.slice(0, DIGITS), 16) * of) / SPACE),
  of,
});

/** Hashes of a part in hex, from the first to below the second. */
export function rangeOf({ n, of }: Part): { from: string; below: string } {
  const bound = (k: number): string =>
    k === of
      ? "g" // behind every hex digit
      : Math.ceil((k * SPACE) / of)
          .toString(16)
          .padStart(DIGITS, "0");
  return { from: bound(n), below: bound(n + 1) };
}

export const writePart = ({ n, of }: Part): string => `${n}.${of}`;
/** Undefined for what is no part, or not written as above. */
export function readPart(text: string): Part | undefined {
  const found = /^(0|[1-9]\d{0,4})\.([1-9]\d{0,4})$/.exec(text);
  if (!found) return undefined;
  const [n, of] = [Number(found[1]), Number(found[2])];
  return n < of && of <= MAX_PARTS ? { n, of } : undefined;
}
