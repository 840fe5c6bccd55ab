// Text for people: XHTML that is safe whatever a clinic wrote, and one line for each resource.
//
// Every text from a record is escaped; nothing from a clinic is copied as markup. A resource of a kind that this file does not
// know is shown by its type and its code.

import { recordedText } from "./filing.ts";
import {
  arrayOf,
  ExactNumber,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "./resource.ts";

const XML: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** Characters that XML 1.0 forbids, and lone surrogates. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

export const xml = (text: string): string => text.replace(FORBIDDEN, "\uFFFD").replace(/[&<>"']/g, (c) => XML[c]!);

export const paragraph = (text: string): string => `<p>${xml(text)}</p>`;

export const narrative = (inner: string): JsonObject => ({
  status: "generated",
  div: `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`,
});

/** A table; columns that are empty in every row are left out. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = headings.map((_, i) => rows.some((row) => row[i] !== ""));
  const cells = (row: readonly string[], tag: "th" | "td") =>
    `<tr>${row.flatMap((text, i) => (used[i] ? [`<${tag}>${xml(text)}</${tag}>`] : [])).join("")}</tr>`;
  return `<table><thead>${cells(headings, "th")}</thead><tbody>${rows.map((row) => cells(row, "td")).join("")}</tbody></table>`;
}

export const RESOURCE_HEADINGS = ["Date", "Kind", "What", "Value", "Reference range", "Status"] as const;

export function resourceRows(resource: FhirResource): string[][] {
  const what = titleOf(resource);
  const row = [
    recordedText(resource)?.slice(0, 10) ?? "",
    wordsOf(resource.resourceType),
    what,
    valueText(resource),
    rangeText(resource),
    statusOf(resource),
  ];
  const parts = objectsOf(resource.component).map((part) => [
    "",
    "",
    `  ${conceptText(part.code) ?? ""}`,
    valueText(part),
    rangeText(part),
    "",
  ]);
  return [row, ...parts];
}

/** "MedicationRequest" → "Medication request" */
const wordsOf = (type: string): string => type.replace(/(?<=[a-z])[A-Z]/g, (c) => ` ${c.toLowerCase()}`);

export function conceptText(concept: Json | undefined): string | undefined {
  if (Array.isArray(concept)) return concept.map(conceptText).find((text) => text !== undefined);
  if (!isObject(concept)) return textOf(concept);
  const coded = objectsOf(concept.coding).flatMap(({ display, code }) => textOf(display) ?? textOf(code) ?? []);
  return textOf(concept.text) ?? coded[0] ?? textOf(concept.display) ?? textOf(concept.code);
}

function titleOf(resource: FhirResource): string {
  const { code, medicationCodeableConcept, vaccineCode, medicationReference, type, description, name, title } =
    resource;
  const reference = isObject(medicationReference) ? textOf(medicationReference.display) : undefined;
  const options = [code, medicationCodeableConcept, vaccineCode].map(conceptText);
  return (
    options.find((text) => text !== undefined) ??
    reference ??
    textOf(title) ??
    textOf(description) ??
    conceptText(type) ??
    (isObject(description) ? conceptText(description) : undefined) ??
    textOf(name) ??
    ""
  );
}

const numberText = (value: Json | undefined): string =>
  typeof value === "number" || value instanceof ExactNumber ? String(value) : "";

function quantityText(quantity: Json | undefined): string {
  if (!isObject(quantity)) return "";
  const unit = textOf(quantity.unit) ?? textOf(quantity.code) ?? "";
  return `${textOf(quantity.comparator) ?? ""}${numberText(quantity.value)}${unit === "" ? "" : ` ${unit}`}`.trim();
}

function valueText(holder: JsonObject): string {
  const { valueQuantity, valueCodeableConcept, valueString, valueBoolean, valueInteger, valueRange, valueRatio } =
    holder;
  if (valueQuantity !== undefined) return quantityText(valueQuantity);
  if (valueCodeableConcept !== undefined) return conceptText(valueCodeableConcept) ?? "";
  if (typeof valueString === "string") return valueString;
  if (typeof valueBoolean === "boolean") return valueBoolean ? "yes" : "no";
  if (valueInteger !== undefined) return numberText(valueInteger);
  if (isObject(valueRange)) return [quantityText(valueRange.low), quantityText(valueRange.high)].join(" to ");
  if (isObject(valueRatio))
    return [quantityText(valueRatio.numerator), quantityText(valueRatio.denominator)].join(" / ");
  const date = textOf(holder.valueDateTime) ?? textOf(holder.valueTime);
  if (date !== undefined) return date;
  const dosage = objectsOf(holder.dosageInstruction ?? holder.dosage).flatMap(({ text }) => textOf(text) ?? []);
  const absent = isObject(holder.dataAbsentReason)
    ? `no value: ${conceptText(holder.dataAbsentReason) ?? "unknown"}`
    : "";
  return dosage[0] ?? textOf(holder.conclusion) ?? absent;
}

function rangeText(holder: JsonObject): string {
  return objectsOf(holder.referenceRange)
    .map(({ text, low, high }) => {
      const [from, to] = [quantityText(low), quantityText(high)];
      return textOf(text) ?? (from && to ? `${from} to ${to}` : from ? `at least ${from}` : to ? `at most ${to}` : "");
    })
    .filter((text) => text !== "")
    .join("; ");
}

function statusOf({ status, clinicalStatus, verificationStatus, criticality }: FhirResource): string {
  const words = [textOf(status), conceptText(clinicalStatus), conceptText(verificationStatus)];
  if (criticality === "high") words.push("high criticality");
  return words.filter((word) => word !== undefined).join(", ");
}

/** Findings of a laboratory, imaging and other results, as an International Patient Summary has them under "Results". */
export const hasCategory = (resource: FhirResource, codes: readonly string[]): boolean =>
  arrayOf(resource.category)
    .filter(isObject)
    .some((category) => objectsOf(category.coding).some(({ code }) => codes.includes(textOf(code) ?? "")));
