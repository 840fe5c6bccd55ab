// The wallet's first words in all languages, for the tests. The app itself loads one language at a time (words.ts).

import { ar } from "./words/ar.ts";
import { de } from "./words/de.ts";
import { en } from "./words/en.ts";

export const CATALOGUE = { en, de, ar };
