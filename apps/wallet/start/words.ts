// The words of start, in three languages.

import { wordsOf } from "../../shared/language.ts";

const en = { title: "start" };
type Words = typeof en;
const de: Words = { title: "start" };
const ar: Words = { title: "start" };

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
