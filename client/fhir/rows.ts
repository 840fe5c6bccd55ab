// One row of a report's table per resource: date, kind, name, value with unit, reference range, status. A resource of a kind
// that this file does not know is shown by its type and its code.

import { recordedText } from "./filing.ts";
import { wordsOf } from "./narrative.ts";
import type { References } from "./references.ts";
import {
  ExactNumber,
  type FhirEntry,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "./resource.ts";

export const ROW_HEADINGS = ["Date", "Kind", "Name", "Value or details", "Reference range", "Status"] as const;

/** @param references of the joined set, for the name of a Medication that is an entry of its own */
export function resourceRows(entry: FhirEntry, references: References): string[][] {
  const { resource } = entry;
  const row = [
    recordedText(resource)?.slice(0, 10) ?? "",
    wordsOf(resource.resourceType),
    titleOf(entry, references),
    detailsOf(resource),
    rangeText(resource),
    statusOf(resource),
  ];
  const parts = objectsOf(resource.component).map((part) => [
    "",
    "",
    `– ${conceptText(part.code) ?? ""}`,
    withInterpretation(valueText(part), part),
    rangeText(part),
    "",
  ]);
  return [row, ...parts];
}

function conceptText(concept: Json | undefined): string | undefined {
  if (Array.isArray(concept)) return concept.map(conceptText).find((text) => text !== undefined);
  if (!isObject(concept)) return textOf(concept);
  const coded = objectsOf(concept.coding).flatMap(({ display, code }) => textOf(display) ?? textOf(code) ?? []);
  return textOf(concept.text) ?? coded[0] ?? textOf(concept.display) ?? textOf(concept.code);
}

const joined = (texts: readonly (string | undefined)[], separator = ", "): string =>
  texts.filter((text) => text !== undefined && text !== "").join(separator);

function titleOf(entry: FhirEntry, references: References): string {
  const { resource } = entry;
  const { code, medicationCodeableConcept, vaccineCode, medicationReference, type, description, name, title } =
    resource;
  const reference = isObject(medicationReference) ? medicationReference : {};
  const target = references.resolve(entry, reference);
  const medication = target.kind === "entry" ? target.entry.resource : target.kind === "contained" && target.resource;
  const options = [code, medicationCodeableConcept, vaccineCode, medication ? medication.code : undefined].map(
    conceptText,
  );
  return (
    options.find((text) => text !== undefined) ??
    textOf(reference.display) ??
    textOf(title) ??
    textOf(description) ??
    conceptText(type) ??
    (isObject(description) ? conceptText(description) : undefined) ??
    textOf(name) ??
    textOf(reference.reference) ??
    conceptText(resource.category) ??
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
  const { valueQuantity, valueCodeableConcept, valueString, valueBoolean, valueInteger } = holder;
  const { valueRange, valueRatio, valuePeriod } = holder;
  if (valueQuantity !== undefined) return quantityText(valueQuantity);
  if (valueCodeableConcept !== undefined) return conceptText(valueCodeableConcept) ?? "";
  if (typeof valueString === "string") return valueString;
  if (typeof valueBoolean === "boolean") return valueBoolean ? "yes" : "no";
  if (valueInteger !== undefined) return numberText(valueInteger);
  if (isObject(valueRange)) return joined([quantityText(valueRange.low), quantityText(valueRange.high)], " to ");
  if (isObject(valueRatio))
    return joined([quantityText(valueRatio.numerator), quantityText(valueRatio.denominator)], " / ");
  if (isObject(valuePeriod)) return joined([textOf(valuePeriod.start), textOf(valuePeriod.end)], " to ");
  const date = textOf(holder.valueDateTime) ?? textOf(holder.valueTime);
  if (date !== undefined) return date;
  return isObject(holder.dataAbsentReason) ? `no value: ${conceptText(holder.dataAbsentReason) ?? "unknown"}` : "";
}

/** "7.1 mmol/L (High)" */
function withInterpretation(value: string, { interpretation }: JsonObject): string {
  const meaning = conceptText(interpretation);
  return meaning === undefined ? value : `${value} (${meaning})`.trim();
}

/** A result's value; of other resources the details that a reader needs first. */
function detailsOf(resource: FhirResource): string {
  const value = withInterpretation(valueText(resource), resource);
  if (value !== "") return value;
  const reactions = objectsOf(resource.reaction).map(({ manifestation, severity }) =>
    joined([joined(objectsOf(manifestation).map(conceptText)), textOf(severity)], ", "),
  );
  const dosages = objectsOf(resource.dosageInstruction ?? resource.dosage).map(dosageText);
  const notes = objectsOf(resource.note).map(({ text }) => textOf(text));
  return joined(
    [
      joined(reactions, "; "),
      joined(dosages, "; "),
      textOf(resource.conclusion),
      conceptText(resource.severity),
      joined(objectsOf(resource.bodySite).map(conceptText)),
      conceptText(resource.reasonCode),
      conceptText(resource.outcome),
      joined(notes, "; "),
    ],
    "; ",
  );
}

/** The text of a dosage, or its parts: "1 tablet, every 8 h, oral, as needed" */
function dosageText(dosage: JsonObject): string {
  const text = textOf(dosage.text);
  if (text !== undefined) return text;
  const doses = objectsOf(dosage.doseAndRate).map(({ doseQuantity, doseRange, rateQuantity }) => {
    const range = isObject(doseRange) ? [quantityText(doseRange.low), quantityText(doseRange.high)] : [];
    return joined([quantityText(doseQuantity), joined(range, " to "), quantityText(rateQuantity)]);
  });
  return joined([
    ...(doses.length > 0 ? doses : [quantityText(dosage.doseQuantity)]),
    timingText(dosage.timing),
    conceptText(dosage.route),
    dosage.asNeededBoolean === true ? "as needed" : undefined,
    textOf(dosage.patientInstruction),
  ]);
}

function timingText(timing: Json | undefined): string {
  if (!isObject(timing)) return "";
  const { repeat } = timing;
  const code = conceptText(timing.code);
  if (code !== undefined || !isObject(repeat)) return code ?? "";
  const [frequency, period] = [numberText(repeat.frequency) || "1", numberText(repeat.period)];
  const when = (Array.isArray(repeat.when) ? repeat.when : []).map(textOf);
  return joined([period === "" ? "" : `${frequency} per ${period} ${textOf(repeat.periodUnit) ?? ""}`, ...when]);
}

function rangeText(holder: JsonObject): string {
  const texts = objectsOf(holder.referenceRange).map(({ text, low, high }) => {
    const [from, to] = [quantityText(low), quantityText(high)];
    return textOf(text) ?? (from && to ? `${from} to ${to}` : from ? `at least ${from}` : to ? `at most ${to}` : "");
  });
  return joined(texts, "; ");
}

function statusOf({ status, clinicalStatus, verificationStatus, criticality }: FhirResource): string {
  const risk = criticality === "high" ? "high criticality" : undefined;
  return joined([textOf(status), conceptText(clinicalStatus), conceptText(verificationStatus), risk]);
}
