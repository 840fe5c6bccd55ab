// The words of every app: three languages with the same keys, plain sentences, and no words of the trade for patients.

import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMON } from "../../apps/shared/words/common.ts";
import {
  foreignTexts,
  longSentences,
  schoolYear,
  sentencesOf,
  syllablesOf,
  textsOf,
  tradeWords,
} from "./plain-language.ts";

const ROOT = join(import.meta.dirname, "../..");
const LANGUAGES = ["en", "de", "ar"] as const;
/** what patients read */
const FOR_PATIENTS = /^apps\/(?:wallet|viewer|shared)\//;
const MOST_WORDS = 25;
/** a reader of eleven */
const MOST_SCHOOL_YEARS = 6;
/** fewer words than these have no meaningful average */
const FEWEST_TEXTS = 10;

type Catalogue = Record<(typeof LANGUAGES)[number], unknown>;
const files = globSync("apps/**/words.ts", { cwd: ROOT }).sort();
const catalogues: [string, Catalogue][] = await Promise.all(
  files.map(async (file) => [file, ((await import(join(ROOT, file))) as { CATALOGUE: Catalogue }).CATALOGUE] as const),
).then((found) => [["apps/shared/words/common.ts", COMMON], ...found.map(([f, c]) => [f, c] as [string, Catalogue])]);

describe.each(catalogues)("%s", (file, catalogue) => {
  const of = (language: (typeof LANGUAGES)[number]) => textsOf(catalogue?.[language]);

  it("exports a catalogue in every language, with the same keys", () => {
    expect(Object.keys(catalogue ?? {}).sort()).toEqual([...LANGUAGES].sort());
    const keys = [...of("en").shape].sort();
    for (const language of LANGUAGES) expect([...of(language).shape].sort(), language).toEqual(keys);
  });

  it("says something under every key", () => {
    for (const language of LANGUAGES)
      for (const [path, text] of of(language).texts) expect(text.trim(), `${language} ${path}`).not.toBe("");
  });

  it("is plain English", () => {
    const { texts } = of("en");
    expect(longSentences(texts, MOST_WORDS)).toEqual([]);
    if (texts.size >= FEWEST_TEXTS) expect(schoolYear(texts.values())).toBeLessThan(MOST_SCHOOL_YEARS);
  });

  it("has no sentence in another language", () => {
    expect(foreignTexts({ en: of("en").texts, de: of("de").texts, ar: of("ar").texts })).toEqual([]);
  });

  it.runIf(FOR_PATIENTS.test(file))("has no words of the trade", () => {
    expect(tradeWords(of("en").texts)).toEqual([]);
  });
});

describe("the rules bite", () => {
  const texts = (en: Record<string, string>) => new Map(Object.entries(en));

  it("finds words of the trade, long sentences and other languages", () => {
    expect(tradeWords(texts({ a: "Your credential is old.", b: "Your pass is old." }))).toEqual(["a: credential"]);
    expect(longSentences(texts({ a: "one two three. four five" }), 2)).toEqual(["a: one two three."]);
    const en = texts({ a: "Das ist nicht gut", b: "This is fine", c: "OK" });
    const de = texts({ a: "x", b: "This is fine", c: "OK" });
    const ar = texts({ a: "لا", b: "fine", c: "OK" });
    expect(foreignTexts({ en, de, ar })).toEqual(["en a: Das ist nicht gut", "de b: This is fine", "ar b: fine"]);
  });

  it("measures an easy text below a hard one", () => {
    const easy = schoolYear(["The phone shows a code. You read it to the nurse."]);
    const hard = schoolYear([
      "Cryptographic pseudonymisation necessitates institutional deliberation regarding authorisation procedures.",
    ]);
    expect(easy).toBeLessThan(4);
    expect(hard).toBeGreaterThan(15);
    expect(["phone", "clinic", "emergency", "asked", "the"].map(syllablesOf)).toEqual([1, 2, 4, 1, 1]);
    expect(sentencesOf("A b: c d. E!")).toEqual(["A b:", "c d.", "E!"]);
  });
});
