// The TID is the temporary identity in the form that people read, type and stick on a tube: a short display form of a
// tagHash. It names nothing in a store, is never a key, and never appears in a URL of a role.
//
//   alphabet  31 symbols, 2-9 and A-Z without I, L, O (and no 0, 1). 31 is prime, so the arithmetic is in GF(31)
//   digits    d_1 .. d_14 = labelledHash(HASH-TID, tagHash), read as a big-endian integer, mod 31^14, most significant
//             first: 69 bits, so that two sessions of one clinic share a TID with probability n^2 / 2^70
//   check     d_15 such that sum over i of i * d_i = 0 mod 31
//
// The weights 1 .. 15 are non-zero and distinct mod 31. So the check finds every single wrong symbol, and every swap of
// two different symbols at any distance. Any other mistake passes with probability 1/31.
// 15 characters fit the smallest field of lab labels and HL7 v2 specimen identifiers.

import { fromBigEndian, labelledHash } from "./bytes.ts";
import { LABELS } from "./labels.ts";

export const TID_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
export const TID_CHARS = 15;
const DATA_CHARS = TID_CHARS - 1;
const BASE = TID_ALPHABET.length;
/** 1/15 mod 31: 15 * 29 = 435 = 14 * 31 + 1. */
const INVERSE_OF_LAST_WEIGHT = 29;

/** A typed TID is wrong. `reason` is stable, and the message is for the person who typed. */
export class TidError extends Error {
  override name = "TidError";
  readonly reason: "length" | "symbol" | "check";
  constructor(reason: TidError["reason"], detail: string) {
    super(detail);
    this.reason = reason;
  }
}

const weightedSum = (digits: number[]): number => digits.reduce((sum, d, i) => sum + (i + 1) * d, 0) % BASE;

/**
 * The TID of a session, 15 characters without hyphens.
 * @param tagHash 32 bytes
 * @throws RangeError for another length
 */
export function tidOf(tagHash: Uint8Array): string {
  if (tagHash.length !== 32) throw new RangeError(`tagHash: ${tagHash.length} bytes, expected 32`);
  let x = fromBigEndian(labelledHash(LABELS.tid, tagHash));
  const digits: number[] = new Array(DATA_CHARS);
  for (let i = DATA_CHARS - 1; i >= 0; i--) {
    digits[i] = Number(x % BigInt(BASE));
    x /= BigInt(BASE);
  }
  digits.push(((BASE - weightedSum(digits)) * INVERSE_OF_LAST_WEIGHT) % BASE);
  return digits.map((d) => TID_ALPHABET[d]).join("");
}

/**
 * The canonical form of a typed TID. Lower case, spaces and hyphens are accepted; any other deviation is an error.
 * @throws TidError
 */
export function parseTid(typed: string): string {
  const tid = typed.replace(/[\s-]/g, "").replace(/[a-z]/g, (c) => c.toUpperCase());
  if (tid.length !== TID_CHARS) throw new TidError("length", `${tid.length} characters, expected ${TID_CHARS}`);
  const digits = [...tid].map((c, i) => {
    const d = TID_ALPHABET.indexOf(c);
    if (d < 0) throw new TidError("symbol", `character ${i + 1} is not used in a TID (there is no 0, 1, I, L or O)`);
    return d;
  });
  if (weightedSum(digits) !== 0)
    throw new TidError("check", "the check character does not fit: there is a typing error");
  return tid;
}

/** The TID in groups of five, for people: K7MPQ-2XW9T-4HJRC. @throws TidError */
export const formatTid = (tid: string): string => parseTid(tid).replace(/(.{5})(?=.)/g, "$1-");
