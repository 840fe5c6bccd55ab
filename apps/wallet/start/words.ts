// The words of the wallet's first minutes, of its lock and of More. A language beside English loads when it is chosen, so that
// nobody's first load has three.

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { type Language, language } from "../../shared/language.ts";
import { en, type Words } from "./words/en.ts";

const LOADERS: Record<Language, () => Promise<Words>> = {
  en: async () => en,
  de: async () => (await import("./words/de.ts")).de,
  ar: async () => (await import("./words/ar.ts")).ar,
};

const loaded = signal<Words>(en);
export const words: ReadonlySignal<Words> = loaded;

async function load(chosen: Language): Promise<void> {
  const next = await LOADERS[chosen]();
  if (language.peek() === chosen) loaded.value = next;
}

/** Loads the chosen language, and from then on each one that is chosen. Without network a language that never loaded stays away. */
export async function followLanguage(): Promise<void> {
  await load(language.peek()).catch(() => undefined);
  effect(() => void load(language.value).catch(() => undefined));
}
