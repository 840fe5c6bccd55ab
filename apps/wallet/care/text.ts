// Months and lists as people write them.

import { language } from "../../shared/language.ts";

/** @param month "2026-11" */
export const monthText = (month: string): string =>
  new Intl.DateTimeFormat(language.value, { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month}-01T00:00:00Z`),
  );

export const listText = (parts: readonly string[]): string =>
  new Intl.ListFormat(language.value, { type: "conjunction" }).format(parts);

export const numberText = (n: number): string => new Intl.NumberFormat(language.value).format(n);

/** Hex in groups of four, the first few bytes: for people to compare or to say. */
export const groupsText = (hex: string, characters = 32): string =>
  (hex.slice(0, characters).match(/.{1,4}/g) ?? []).join(" ");
