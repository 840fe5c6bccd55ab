// What a pass can say, in words. The parameters of the deployment name the facts and their values; a name that this catalogue
// does not know is shown as it is.

import { type Language, language } from "../../shared/language.ts";
import type { Attribute } from "../engine/people.ts";

type Catalogue = Record<string, { name: string; values: Record<string, string> }>;

const IN_WORDS: Record<Language, Catalogue> = {
  en: {
    coverage: { name: "Insurance", values: { standard: "Standard", extended: "Extended" } },
    age: { name: "Age group", values: { child: "Child, under 18", adult: "Adult", senior: "Senior, 65 and over" } },
  },
  de: {
    coverage: { name: "Versicherung", values: { standard: "Grundschutz", extended: "Erweitert" } },
    age: { name: "Altersgruppe", values: { child: "Kind, unter 18", adult: "Erwachsen", senior: "Ab 65" } },
  },
  ar: {
    coverage: { name: "التأمين", values: { standard: "أساسي", extended: "موسّع" } },
    age: { name: "الفئة العمرية", values: { child: "طفل، دون 18", adult: "بالغ", senior: "65 فما فوق" } },
  },
};

export const nameInWords = (name: string): string => IN_WORDS[language.value][name]?.name ?? name;
export const valueInWords = (name: string, value: string): string =>
  IN_WORDS[language.value][name]?.values[value] ?? value;

/** Whole years on a day. @param birthDate and @param day YYYY-MM-DD */
export function yearsOld(birthDate: string, day: string): number {
  const [born, now] = [birthDate, day].map((date) => date.split("-").map(Number));
  const [y = 0, m = 0, d = 0] = born!;
  const [nowY = 0, nowM = 0, nowD = 0] = now!;
  return nowY - y - (nowM < m || (nowM === m && nowD < d) ? 1 : 0);
}

/** The age group that the birth date gives, if the parameters have these three; the desk may choose another. */
export function suggested(attributes: readonly Attribute[], birthDate: string, day: string): Record<string, string> {
  const age = attributes.find(({ name }) => name === "age");
  if (!age || !["child", "adult", "senior"].every((value) => age.values.includes(value))) return {};
  const years = yearsOld(birthDate, day);
  return { age: years < 18 ? "child" : years < 65 ? "adult" : "senior" };
}
