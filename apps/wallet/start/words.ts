// The words of the wallet's first minutes, of its lock and of More. Each language has a file.

import { wordsOf } from "../../shared/language.ts";
import { ar } from "./words/ar.ts";
import { de } from "./words/de.ts";
import { en } from "./words/en.ts";

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
