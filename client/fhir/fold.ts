// Folds text so that two spellings of one name become equal: for the search for identity in records (leaks.ts) and for
// comparing names (person.ts). Nothing that is stored or shown goes through here.
//
//   NFKC, lower case        full-width letters, ligatures, composed against decomposed letters
//   ignorable characters    soft hyphen, zero-width characters, direction marks, variation selectors: removed
//   apostrophes             all kinds removed: O'Brien, O’Brien and OBrien are one
//   dashes                  all kinds become "-"
//   diacritics              removed from Latin, Greek, Cyrillic, Hebrew and Arabic letters; kept in other scripts, where
//                           a mark is a vowel or another letter (Thai, Devanagari, kana)
//   letters                 that Unicode does not decompose: ß ø ł đ æ œ þ ð ı; the final sigma
//   digits                  of other scripts: 0 to 9

/** Default_Ignorable_Code_Point covers them all: the soft hyphen, zero-width characters, direction marks, variation selectors. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;
const APOSTROPHES = /['`´‘’‚‛ʹʻʼʽˈ′‵＇]/g;
const DASHES = /[\p{Pd}−]/gu;
const MARKED = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}])\p{M}+/gu;
const LETTERS: Record<string, string> = {
  ß: "ss",
  ø: "o",
  ł: "l",
  đ: "d",
  æ: "ae",
  œ: "oe",
  þ: "th",
  ð: "d",
  ı: "i",
  ŋ: "n",
  ς: "σ",
};
const LETTER = /[ßøłđæœþðıŋς]/g;
/** Zero of each script whose digits are in common use: Arabic, Persian, the scripts of India, Thai, Lao, Tibetan, Burmese. */
const ZEROS = [
  0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
];
const DIGIT = /(?![0-9])\p{Nd}/gu;
const PLAIN = /^[\x20-\x26\x28-\x5f\x61-\x7e\t\n\r]*$/;

/** Compatibility forms composed and ignorable characters removed; letters and their case stay. */
export const foldForms = (text: string): string =>
  PLAIN.test(text) ? text : text.normalize("NFKC").replace(IGNORABLE, "");

/** The text with a space for each apostrophe: a particle or an ending may stand on its other side. */
export const withoutApostrophes = (text: string): string => text.replace(APOSTROPHES, " ");

export function foldName(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(IGNORABLE, "")
    .replace(APOSTROPHES, "")
    .replace(MARKED, "$1")
    .replace(LETTER, (letter) => LETTERS[letter]!)
    .replace(DASHES, "-")
    .replace(DIGIT, asciiDigit)
    .normalize("NFC");
}

function asciiDigit(digit: string): string {
  const point = digit.codePointAt(0)!;
  const zero = ZEROS.find((z) => point >= z && point < z + 10);
  return zero === undefined ? digit : String(point - zero);
}
