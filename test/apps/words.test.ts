// The words of every app: three languages with the same keys, plain sentences, and no words of the trade for patients.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CATALOGUE as LETTERS } from "../../apps/registrar/openings/letter-words.ts";
import { CATALOGUE as OPENINGS } from "../../apps/registrar/openings/words.ts";
import { SHEETS } from "../../apps/registrar/people/sheet-words.ts";
import { CATALOGUE as WALLET } from "../../apps/wallet/start/words-catalogue.ts";
import {
  foreignTexts,
  hardSentences,
  lix,
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
const FOR_PATIENTS = /^apps\/(?:(?:wallet|viewer|shared)\/|registrar\/(?:people\/sheet|openings\/letter)-)/;
const MOST_WORDS = 25;
/** a reader of eleven */
const MOST_SCHOOL_YEARS = 6;
/** The hardest single sentence for patients. The measure is rough for one sentence, so this is twice the average's limit. */
const MOST_SCHOOL_YEARS_ALONE = 12;
/** The same for German, by LIX: a novel, and for one sentence the limit of prose for everybody. */
const MOST_LIX = 40;
const MOST_LIX_ALONE = 60;
/** fewer words than these have no meaningful average */
const FEWEST_TEXTS = 10;

type Catalogue = Record<(typeof LANGUAGES)[number], unknown>;
// words.ts, words-messages.ts and check-in-words.ts are catalogues. words-de.ts is one language of a catalogue, and words/en.ts too.
// The wallet's words.ts loads one language at a time, and words-catalogue.ts has them all.
const files = globSync(["apps/**/{words,words-*,*-words}.ts", "apps/shared/words/common.ts"], { cwd: ROOT })
  .filter((file) => !/words-(?:en|de|ar)\.ts$/.test(file) && file !== "apps/wallet/start/words.ts")
  .sort();
const catalogueOf = async (file: string): Promise<Catalogue> => {
  const exported = (await import(join(ROOT, file))) as Record<"CATALOGUE" | "SHEETS" | "COMMON", Catalogue>;
  return exported.CATALOGUE ?? exported.SHEETS ?? exported.COMMON;
};
const catalogues = await Promise.all(files.map(async (file) => [file, await catalogueOf(file)] as const));

it("finds every file with words", () => {
  const said = globSync("apps/**/*.ts", { cwd: ROOT }).filter((file) =>
    /^const en\b|\bwordsOf\(/m.test(readFileSync(join(ROOT, file), "utf8")),
  );
  const known = new Set(files);
  expect(said.filter((file) => !known.has(file) && file !== "apps/shared/language.ts")).toEqual([]);
});

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

  it("is plain German", () => {
    const { texts } = of("de");
    expect(longSentences(texts, MOST_WORDS)).toEqual([]);
    if (texts.size >= FEWEST_TEXTS) expect(lix(texts.values())).toBeLessThan(MOST_LIX);
  });

  it.runIf(FOR_PATIENTS.test(file))("has no single sentence that a patient must read twice", () => {
    expect(hardSentences(of("en").texts, schoolYear, MOST_SCHOOL_YEARS_ALONE)).toEqual([]);
    expect(hardSentences(of("de").texts, lix, MOST_LIX_ALONE)).toEqual([]);
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

  it("finds one hard sentence among many easy ones", () => {
    const easy = Array.from(
      { length: 60 },
      (_, i) => [`easy${i}`, "The phone shows a code to the nurse now."] as const,
    );
    const hard = "Authorised organisations may subsequently reconstruct pseudonymous consultations.";
    const all = new Map([...easy, ["hard", `${hard.slice(0, -1)} in a month.`]]);
    expect(schoolYear(all.values())).toBeLessThan(MOST_SCHOOL_YEARS);
    expect(hardSentences(all, schoolYear, MOST_SCHOOL_YEARS_ALONE).map((line) => line.split(":")[0])).toEqual(["hard"]);
    const german = texts({
      a: "Zeigen Sie dem Menschen am Empfang nun diesen Code.",
      b: "Die Zusammenführung pseudonymisierter Behandlungsdaten erfordert aufsichtsbehördliche Genehmigungsverfahren im Einzelfall.",
    });
    expect(hardSentences(german, lix, MOST_LIX_ALONE).map((line) => line[0])).toEqual(["b"]);
  });

  it("measures an easy text below a hard one", () => {
    const easy = schoolYear(["The phone shows a code. You read it to the nurse."]);
    const hard = schoolYear([
      "Cryptographic pseudonymisation necessitates institutional deliberation regarding authorisation procedures.",
    ]);
    expect(easy).toBeLessThan(4);
    expect(hard).toBeGreaterThan(15);
    expect(lix(["Das Telefon zeigt einen Code. Sie lesen ihn vor."])).toBeLessThan(30);
    expect(lix(["Die Rechtsbehelfsbelehrung bezeichnet die zuständige Aufsichtsbehörde."])).toBeGreaterThan(60);
    expect(["phone", "clinic", "emergency", "asked", "the"].map(syllablesOf)).toEqual([1, 2, 4, 1, 1]);
    expect(sentencesOf("A b: c d. E!")).toEqual(["A b:", "c d.", "E!"]);
  });
});

it("quotes on the sheet and in the letter the words that stand on the wallet's buttons", () => {
  for (const language of LANGUAGES) {
    const { haveWords, otherWays, tabs } = WALLET[language];
    expect(SHEETS[language].had, language).toContain(haveWords);
    expect(SHEETS[language].type, language).toContain(otherWays.split(":")[0]);
    const openings = [...textsOf(OPENINGS[language]).texts.values()].join("\n");
    for (const said of [haveWords, tabs.care]) expect(openings, language).toContain(said);
    expect(LETTERS[language].phone, language).toContain(tabs.care);
  }
});
