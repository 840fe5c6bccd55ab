// Rules for the words of the apps, as pure functions over a catalogue. words.test.ts holds every catalogue to them.

/** A catalogue's texts by their path, such as "steps.begin.title". Functions are called with sample arguments. */
export type Texts = ReadonlyMap<string, string>;

/** Whatever a function of a catalogue takes: a text, a number or an object of such. */
const SAMPLES: readonly (readonly unknown[])[] = [
  ["7", "7", "7", "7"],
  [7, 7, 7, 7],
  [{}, {}, {}, {}],
  [["7"], ["7"], ["7"]],
];
function spoken(say: (...args: unknown[]) => unknown): string {
  for (const args of SAMPLES)
    try {
      const said = say(...args);
      if (typeof said === "string") return said;
    } catch {} // the next sample may fit
  return "";
}

/** All texts of a catalogue of one language. `shape` has an entry per key, with "text" or the number of arguments. */
export function textsOf(catalogue: unknown, path = ""): { texts: Map<string, string>; shape: Map<string, string> } {
  const texts = new Map<string, string>();
  const shape = new Map<string, string>();
  if (typeof catalogue === "string") texts.set(path, catalogue);
  if (typeof catalogue === "function") texts.set(path, spoken(catalogue as () => unknown));
  if (texts.size > 0) {
    shape.set(path, typeof catalogue);
    return { texts, shape };
  }
  for (const [key, value] of Object.entries(catalogue ?? {})) {
    const below = textsOf(value, path === "" ? key : `${path}.${key}`);
    for (const [at, text] of below.texts) texts.set(at, text);
    for (const [at, kind] of below.shape) shape.set(at, kind);
  }
  return { texts, shape };
}

const wordsOf = (text: string): string[] => text.match(/[\p{L}][\p{L}'’-]*/gu) ?? [];

/** The sentences of a text. A colon and a line break end one too. */
export const sentencesOf = (text: string): string[] =>
  text
    .replace(/[\u2066-\u2069]/g, "")
    .split(/(?<=[.!?…:])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => wordsOf(sentence).length > 0);

/** Sentences of more than `most` words. */
export const longSentences = (texts: Texts, most: number): string[] =>
  [...texts].flatMap(([path, text]) =>
    sentencesOf(text)
      .filter((sentence) => wordsOf(sentence).length > most)
      .map((sentence) => `${path}: ${sentence}`),
  );

/** Groups of vowels, without a silent e at the end: good enough for an average. */
export function syllablesOf(word: string): number {
  const plain = word.toLowerCase().replace(/[^a-z]/g, "");
  const groups = plain.replace(/(?:[^laeiouy]es|[^t]ed|[^laeiouy]e)$/, "").match(/[aeiouy]+/g);
  return Math.max(1, groups?.length ?? 1);
}

/**
 * The school year of English that the texts need, after Flesch and Kincaid. Labels of fewer than four words are no sentences
 * and do not count.
 */
export function schoolYear(texts: Iterable<string>): number {
  const sentences = [...texts].flatMap(sentencesOf).filter((sentence) => wordsOf(sentence).length >= 4);
  const words = sentences.flatMap(wordsOf);
  if (words.length === 0) return 0;
  const syllables = words.reduce((sum, word) => sum + syllablesOf(word), 0);
  return 0.39 * (words.length / sentences.length) + 11.8 * (syllables / words.length) - 15.59;
}

/** A word of more letters is long. */
const LONG_WORD_LETTERS = 6;

/**
 * How hard a text is in any language with long words, after Björnsson (LIX): words per sentence, and long words in a hundred.
 * Below 30 is a children's book, 40 a novel, 50 a newspaper, above 60 a statute. Labels do not count.
 */
export function lix(texts: Iterable<string>): number {
  const sentences = [...texts].flatMap(sentencesOf).filter((sentence) => wordsOf(sentence).length >= 4);
  const words = sentences.flatMap(wordsOf);
  if (words.length === 0) return 0;
  const long = words.filter((word) => word.length > LONG_WORD_LETTERS);
  return words.length / sentences.length + (100 * long.length) / words.length;
}

/** The fewest words of a sentence that is measured alone. */
const FEWEST_WORDS_ALONE = 8;

/** Sentences that are harder than `most` by a measure. An average hides them among short ones. */
export const hardSentences = (texts: Texts, measure: (texts: Iterable<string>) => number, most: number): string[] =>
  [...texts].flatMap(([path, text]) =>
    sentencesOf(text)
      .filter((sentence) => wordsOf(sentence).length >= FEWEST_WORDS_ALONE && measure([sentence]) > most)
      .map((sentence) => `${path}: ${sentence}`),
  );

/** Words of the trade, which a patient need not know. */
const TRADE =
  /\b(credentials?|epochs?|proofs?|zero[- ]knowledge|presentations?|nullifiers?|commitments?|trustees?'? keys?|HPKE|HKDF|tag ?hash|session key|ciphertext|plaintext|public key|private key|blind signature|pseudonyms?|escrow|Merkle|quorum|wallet state|idempotency|payload|endpoint|tokens?)\b/i;

export const tradeWords = (texts: Texts): string[] =>
  [...texts].filter(([, text]) => TRADE.test(text)).map(([path, text]) => `${path}: ${TRADE.exec(text)![0]}`);

/** Words that German has and English does not, or that look German in a sentence. */
const GERMAN = /[äöüß]|\b(?:der|das|und|nicht|ist|sind|wird|werden|ein|eine|einen|mit|auf|für|oder|Sie|Ihre?)\b/;

/** Texts of one language that stand in another one. Names and single words may be the same. */
export function foreignTexts({ en, de, ar }: Record<"en" | "de" | "ar", Texts>): string[] {
  const found: string[] = [];
  for (const [path, text] of en) {
    if (GERMAN.test(text) || /\p{Script=Arabic}/u.test(text)) found.push(`en ${path}: ${text}`);
    const isSentence = wordsOf(text).length >= 3;
    if (isSentence && de.get(path) === text) found.push(`de ${path}: ${text}`);
    if (isSentence && !/\p{Script=Arabic}/u.test(ar.get(path) ?? "")) found.push(`ar ${path}: ${ar.get(path)}`);
  }
  return found;
}
