// The words of records, in three languages.

import { wordsOf } from "../../shared/language.ts";

const en = { title: "records" };
type Words = typeof en;
const de: Words = { title: "records" };
const ar: Words = { title: "records" };

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
