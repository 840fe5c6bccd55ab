// Words in three languages. English is the type of an app's catalogue: every other language must have the same keys and
// arguments, and the compiler names what is missing. Plurals, numbers and dates are Intl's.

import { computed, type ReadonlySignal, signal } from "@preact/signals";

export const LANGUAGES = { en: "English", de: "Deutsch", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = "language";
const isLanguage = (text: string | null | undefined): text is Language => text != null && text in LANGUAGES;

function firstLanguage(): Language {
  try {
    const kept = localStorage.getItem(KEPT);
    if (isLanguage(kept)) return kept;
  } catch {} // a browser may refuse storage
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

export const language = signal<Language>(firstLanguage());

export function chooseLanguage(next: Language): void {
  language.value = next;
  try {
    localStorage.setItem(KEPT, next);
  } catch {}
  applyLanguage();
}

/** Sets the page's language and direction. Call it once at the start. */
export function applyLanguage(): void {
  document.documentElement.lang = language.value;
  document.documentElement.dir = language.value === "ar" ? "rtl" : "ltr";
}

/** The words of a catalogue in the chosen language. A component that reads it is drawn anew when the language changes. */
export const wordsOf = <T>(catalogue: Record<Language, T>): ReadonlySignal<T> =>
  computed(() => catalogue[language.value]);

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
/** `{n}` in the chosen form is the number, as the language writes it. */
export function plural(locale: Language, forms: Forms): (n: number) => string {
  const rules = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  return (n) => (forms[rules.select(n)] ?? forms.other).replace("{n}", numbers.format(n));
}

/** Keeps a name or code in its own direction inside a sentence (FSI … PDI). */
export const isolated = (text: string): string => `\u2068${text}\u2069`;

/** A day as people write it. @param day ISO date, or unix seconds */
export const dayText = (day: string | number): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "long", timeZone: "UTC" }).format(
    typeof day === "number" ? day * 1000 : new Date(day),
  );
/** A time of this machine's clock. @param unixSeconds */
export const timeText = (unixSeconds: number): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(unixSeconds * 1000);
