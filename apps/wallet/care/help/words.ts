// The words of the help pages. Each page is a chapter of short sentences; its language is in a file of its own.

import { wordsOf } from "../../../shared/language.ts";
import { ar } from "./words-ar.ts";
import { de } from "./words-de.ts";
import { en } from "./words-en.ts";

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
