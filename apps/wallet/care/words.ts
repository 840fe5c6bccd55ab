// The words of care, in three languages.

import { wordsOf } from "../../shared/language.ts";

const en = { title: "care" };
type Words = typeof en;
const de: Words = { title: "care" };
const ar: Words = { title: "care" };

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
