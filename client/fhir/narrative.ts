// Text for people: XHTML that is safe whatever a clinic wrote.
//
// Every text from a record is escaped; nothing from a clinic is copied as markup. A long text is cut, and says so: the
// resource beside it holds the whole text.

import type { JsonObject } from "./resource.ts";

/** code points of one text in a table */
export const MAX_CELL = 400;
/** code points of a paragraph */
const MAX_PARAGRAPH = 4000;

const XML: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** Characters that XML 1.0 forbids, and lone surrogates. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
/** Controls that change the direction of the text around them. They could show a number or a name in another order. */
const DIRECTION = /[\u202A-\u202E\u2066-\u2069]/g;

export const xml = (text: string): string =>
  text
    .replace(FORBIDDEN, "\uFFFD")
    .replace(DIRECTION, "\uFFFD")
    .replace(/[&<>"']/g, (c) => XML[c]!);

export const paragraph = (text: string): string => `<p>${xml(shortened(text, MAX_PARAGRAPH))}</p>`;

export const heading = (level: 2 | 3, text: string): string =>
  `<h${level}>${xml(shortened(text, MAX_CELL))}</h${level}>`;

export const narrative = (inner: string): JsonObject => ({
  status: "generated",
  div: `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`,
});

/** A table; columns that are empty in every row are left out. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = headings.map((_, i) => rows.some((row) => row[i] !== ""));
  const cells = (row: readonly string[], tag: "th" | "td") =>
    `<tr>${row.flatMap((text, i) => (used[i] ? [`<${tag}>${xml(shortened(text, MAX_CELL))}</${tag}>`] : [])).join("")}</tr>`;
  return `<table border="1"><thead>${cells(headings, "th")}</thead><tbody>${rows.map((row) => cells(row, "td")).join("")}</tbody></table>`;
}

function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = [...text.slice(0, 2 * max)].slice(0, max).join("");
  return points.length === text.length ? text : `${points} … (shortened: ${text.length} characters)`;
}

/** "MedicationRequest" → "Medication request" */
export const wordsOf = (type: string): string => type.replace(/(?<=[a-z])[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
