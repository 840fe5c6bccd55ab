// The words of share, in three languages.

import { wordsOf } from "../../shared/language.ts";

const en = { title: "share" };
type Words = typeof en;
const de: Words = { title: "share" };
const ar: Words = { title: "share" };

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
