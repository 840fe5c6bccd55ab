// The words of the help pages. Each page is a chapter of short sentences; its language is in a file of its own.

import { wordsOf } from "../../../shared/language.ts";
import { ar } from "./words-ar.ts";
import { de } from "./words-de.ts";
import { en } from "./words-en.ts";

export interface Part {
  title: string;
  /** one idea each */
  text: readonly string[];
}
export interface Chapter {
  title: string;
  intro: string;
  /** in their order */
  steps: readonly string[];
  parts: readonly Part[];
}
export interface HelpWords {
  title: string;
  intro: string;
  all: string;
  more: string;
  pages: { care: string; messages: string; clinics: string };
  lost: Chapter;
  new: Chapter;
  "no-phone": Chapter;
  limits: Chapter;
}

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
