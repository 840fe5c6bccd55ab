// Folds text so that two spellings of one name become equal: for the search for identity in records (leaks.ts) and for
// comparing names (person.ts). Nothing that is stored or shown goes through here.
//
//   NFKC, lower case        full-width letters, ligatures, composed against decomposed letters
//   ignorable characters    soft hyphen, zero-width characters, direction marks, variation selectors: removed
//   apostrophes             all kinds removed: O'Brien, O’Brien and OBrien are one
//   dashes                  all kinds become "-"
//   diacritics              removed from Latin, Greek, Cyrillic, Hebrew and Arabic letters; kept in other scripts, where
//                           a mark is a vowel or another letter (Thai, Devanagari, kana)
//   letters                 that Unicode does not decompose: ß ø ł đ æ œ þ ð ı

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
};
const LETTER = /[ßøłđæœþðıŋ]/g;
const PLAIN = /^[\x20-\x26\x28-\x5f\x61-\x7e\t\n\r]*$/;

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
    .normalize("NFC");
}
