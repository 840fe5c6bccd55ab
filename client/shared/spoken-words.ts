// Six words that stand for an invitation, for a patient who can neither scan nor paste it. The desk shows them, a person says them,
// and the wallet's owner types them in.
//
//   name    7 bytes of the challenge's hash (protocol/spoken-invitation.ts)
//   check   the first 10 bits of SHA-256(name)
//   words   name ‖ check, 66 bits, as six words of 11 bits from the English list of BIP39
//
// The first four letters of a word are enough, since no two words of the list share them. The check finds 1023 of 1024 slips on the
// phone. The others name no challenge. The words are no secret and no proof: the challenge behind them is verified as one
// from a QR code, and its hash is compared with the words.

import { sha256 } from "@noble/hashes/sha2.js";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { bytesToHex, fromBigEndian, hexToBytes } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { SPOKEN_NAME_BYTES } from "../../protocol/spoken-invitation.ts";

/** How many words a desk says. */
export const SPOKEN_WORDS = 6;
const WORD_BITS = 11n;
const CHECK_BITS = 10n;
const PREFIX_LETTERS = 4;
const MOST_NEAREST = 3;
const MOST_EDITS = 2;

const checkOf = (name: Uint8Array): bigint => fromBigEndian(sha256(name).subarray(0, 2)) >> (16n - CHECK_BITS);

/** @param name 7 bytes */
export function wordsOfName(name: Hex): string[] {
  const bytes = hexToBytes(name);
  const bits = (fromBigEndian(bytes) << CHECK_BITS) | checkOf(bytes);
  return Array.from({ length: SPOKEN_WORDS }, (_, i) => {
    const at = (bits >> (WORD_BITS * BigInt(SPOKEN_WORDS - 1 - i))) & ((1n << WORD_BITS) - 1n);
    return wordlist[Number(at)]!;
  });
}

/** The place of a word in the list, by the whole word or its first four letters; -1 if it is not there. */
function placeOf(word: string): number {
  const whole = wordlist.indexOf(word);
  return whole < 0 && word.length === PREFIX_LETTERS ? wordlist.findIndex((known) => known.startsWith(word)) : whole;
}

/** Whether a word of the list is written so, or begins so with four letters. */
export const isSpokenWord = (typed: string): boolean => placeOf(typed.trim().toLowerCase()) >= 0;

/** How many letters differ: put in, left out, changed, or two neighbours swapped. */
function edits(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1 ? before[j - 2]! + 1 : changed;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, changed, swapped));
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}

/** Words of the list that look like this one, the nearest first. None if the word is in the list. */
export function nearestWords(typed: string): string[] {
  const word = typed.trim().toLowerCase();
  if (word === "" || placeOf(word) >= 0) return [];
  const begun = wordlist.filter((known) => word.length > 1 && known.startsWith(word));
  const near = wordlist
    .map((known) => ({ known, edits: edits(word, known) }))
    .filter((one) => one.edits <= MOST_EDITS && !begun.includes(one.known))
    .sort((a, b) => a.edits - b.edits)
    .map(({ known }) => known);
  return [...begun, ...near].slice(0, MOST_NEAREST);
}

/** What six words name, or why they name nothing: "unknown" has a word that is not in the list, "check" a wrong one. */
export type ReadWords = { name: Hex } | { fault: "count" | "unknown" | "check" };

/** @param text the words in order, in either case, between spaces, commas or hyphens */
export function readSpokenWords(text: string): ReadWords {
  const words = text
    .toLowerCase()
    .split(/[\s,.;-]+/)
    .filter((word) => word !== "");
  if (words.length !== SPOKEN_WORDS) return { fault: "count" };
  const places = words.map(placeOf);
  if (places.includes(-1)) return { fault: "unknown" };
  const bits = places.reduce((all, place) => (all << WORD_BITS) | BigInt(place), 0n);
  const hex = (bits >> CHECK_BITS).toString(16).padStart(2 * SPOKEN_NAME_BYTES, "0");
  const name = hexToBytes(hex);
  if (checkOf(name) !== (bits & ((1n << CHECK_BITS) - 1n))) return { fault: "check" };
  return { name: bytesToHex(name) };
}
