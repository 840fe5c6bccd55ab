// A fingerprint that people read aloud to each other: 60 decimal digits in 12 groups of five, as every language can say them.
//
//   digits = the bytes as a big-endian number, modulo 10^60     (199 of the 256 bits of a hash)

const DIGITS = 60;
const GROUP = 5;

/** @param hash 32 bytes of a hash */
export function spokenDigits(hash: Uint8Array): string[] {
  const number = hash.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) % 10n ** BigInt(DIGITS);
  return number
    .toString()
    .padStart(DIGITS, "0")
    .match(new RegExp(`.{${GROUP}}`, "g"))!;
}
