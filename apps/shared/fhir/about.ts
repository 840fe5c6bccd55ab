// What a resource is about: its kind, title, day, value and mark. The lists, the charts and the screens of a resource use it.

import {
  choiceOf,
  codesOf,
  conceptText,
  type Fields,
  fieldsIn,
  isFields,
  itemsOf,
  numberText,
  quantityText,
  type Resource,
  shortQuantity,
  spanText,
  textOf,
  unitOf,
  type Value,
} from "./value.ts";

/** Groups that people know. "beside" tells nothing about health: clinics, people, bills. */
export const KINDS = [
  "result",
  "vital",
  "condition",
  "medication",
  "allergy",
  "immunization",
  "procedure",
  "visit",
  "plan",
  "document",
  "other",
  "beside",
] as const;
export type Kind = (typeof KINDS)[number];

const KIND_OF: Readonly<Record<string, Kind>> = {
  Observation: "result",
  DiagnosticReport: "result",
  ImagingStudy: "result",
  Specimen: "result",
  Condition: "condition",
  AllergyIntolerance: "allergy",
  Immunization: "immunization",
  Procedure: "procedure",
  Encounter: "visit",
  Appointment: "visit",
  CarePlan: "plan",
  CareTeam: "plan",
  Goal: "plan",
  ServiceRequest: "plan",
  DocumentReference: "document",
  Composition: "document",
  Media: "document",
  Binary: "document",
  Communication: "document",
};
const BESIDE = new Set(
  `Account Claim ClaimResponse Coverage Device Endpoint ExplanationOfBenefit HealthcareService Invoice Location Organization Patient
  Person Practitioner PractitionerRole Provenance RelatedPerson`.split(/\s+/),
);

export function kindOf({ resourceType, category }: Resource): Kind {
  if (resourceType === "Observation" && codesOf(category).includes("vital-signs")) return "vital";
  if (/^Medication/.test(resourceType)) return "medication";
  return KIND_OF[resourceType] ?? (BESIDE.has(resourceType) ? "beside" : "other");
}

function nameText(value: Value): string | undefined {
  if (typeof value === "string") return textOf(value);
  const names = fieldsIn(value);
  const name = names.find(({ use }) => use === "official") ?? names[0];
  if (name === undefined) return undefined;
  const parts = [...itemsOf(name.prefix), ...itemsOf(name.given), name.family].flatMap((part) => textOf(part) ?? []);
  return textOf(name.text) ?? (parts.length > 0 ? parts.join(" ") : undefined);
}

/** The text of the resource's own name for its subject; undefined if it has none. */
export function titleOf(resource: Resource, resolve?: (reference: string) => Resource | undefined): string | undefined {
  if (isMadeByReport(resource)) return undefined;
  const { medicationReference, type, class: visitClass } = resource;
  const reference = isFields(medicationReference) ? medicationReference : {};
  const at = textOf(reference.reference);
  const contained = fieldsIn(resource.contained).find(({ id }) => at !== undefined && at === `#${String(id)}`);
  const medication = contained ?? (at === undefined ? undefined : resolve?.(at));
  return (
    conceptText(resource.code) ??
    conceptText(resource.medicationCodeableConcept) ??
    conceptText(resource.vaccineCode) ??
    conceptText(resource.procedureCode) ??
    conceptText(medication?.code) ??
    textOf(reference.display) ??
    textOf(resource.title) ??
    (resource.resourceType === "DocumentReference" ? documentTitle(resource) : undefined) ??
    conceptText(type) ??
    conceptText(resource.description) ??
    nameText(resource.name) ??
    conceptText(visitClass) ??
    conceptText(resource.category) ??
    fieldsIn(resource.series)
      .map(({ modality }) => conceptText(modality))
      .find(Boolean)
  );
}

/** A document that the SDK's report made for a record that is no FHIR, or that could not be read. Its texts are the SDK's, in English. */
export const isMadeByReport = ({ resourceType, identifier }: Resource): boolean =>
  resourceType === "DocumentReference" && fieldsIn(identifier).some(({ system }) => system === "urn:symbolon:record");

/** Media type of the file in a document; "unread" if the document stands for a record that could not be read. */
export function fileOf(resource: Resource): string | undefined {
  if (resource.resourceType !== "DocumentReference") return undefined;
  const attachments = fieldsIn(resource.content).flatMap(({ attachment }) => fieldsIn(attachment));
  if (isMadeByReport(resource) && attachments.every(({ data }) => data === undefined)) return "unread";
  return attachments.map(({ contentType }) => textOf(contentType)).find(Boolean);
}

const documentTitle = (resource: Resource): string | undefined =>
  textOf(resource.description) ??
  fieldsIn(resource.content)
    .map(({ attachment }) => (isFields(attachment) ? textOf(attachment.title) : undefined))
    .find(Boolean);

const DATES = [
  "effectiveDateTime",
  "effectiveInstant",
  "performedDateTime",
  "occurrenceDateTime",
  "onsetDateTime",
  "authoredOn",
  "dateAsserted",
  "date",
  "recordedDate",
  "issued",
  "started",
  "created",
  "recorded",
  "sent",
] as const;
const PERIODS = ["period", "effectivePeriod", "performedPeriod", "onsetPeriod", "occurrencePeriod"] as const;
const DAY = /^\d{4}(?:-\d{2}(?:-\d{2})?)?/;

/** The date that the resource speaks of, as written (a year, month, day or time); undefined if it names none. */
export function timeOfResource(resource: Resource): string | undefined {
  const dates = DATES.map((name) => textOf(resource[name]));
  const periods = PERIODS.map((name) => resource[name]).map((p) => (isFields(p) ? textOf(p.start) : undefined));
  return [...dates.slice(0, 5), ...periods, ...dates.slice(5)].find((text) => text !== undefined && DAY.test(text));
}

/** The day, month or year of the resource, such as "2024-05-17" or "2024". */
export const dayOfResource = (resource: Resource): string | undefined => timeOfResource(resource)?.match(DAY)?.[0];

/** Where a value stands. "range" is known without a reference range too, if the clinic said "normal". */
export type Flag = "high" | "veryHigh" | "low" | "veryLow" | "abnormal" | "range";

const FLAGS: Readonly<Record<string, Flag>> = {
  H: "high",
  HU: "veryHigh",
  HH: "veryHigh",
  ">": "veryHigh",
  L: "low",
  LU: "veryLow",
  LL: "veryLow",
  "<": "veryLow",
  A: "abnormal",
  AA: "abnormal",
  N: "range",
};

export interface Range {
  low: string | undefined;
  high: string | undefined;
}

const isNormal = ({ type }: Fields): boolean => type === undefined || codesOf(type).includes("normal");

/** The one normal range with numbers, in the unit of the value. Several (by age or sex) are text for the reader, not a range. */
export function rangeOf(holder: Fields): Range | undefined {
  const unit = unitOf(holder.valueQuantity);
  const numeric = fieldsIn(holder.referenceRange).filter(
    (one) => isNormal(one) && (isFields(one.low) || isFields(one.high)),
  );
  const [range] = numeric;
  if (numeric.length !== 1 || range === undefined) return undefined;
  const end = (quantity: Value): string | undefined => {
    const own = unitOf(quantity);
    return isFields(quantity) && (own === undefined || own === unit) ? numberText(quantity.value) : undefined;
  };
  const [low, high] = [end(range.low), end(range.high)];
  return low === undefined && high === undefined ? undefined : { low, high };
}

/** What the clinic said of the value, or what its own reference range says; undefined if neither says anything. */
export function flagOf(holder: Fields): Flag | undefined {
  const said = codesOf(holder.interpretation).flatMap((code) => FLAGS[code] ?? [])[0];
  if (said !== undefined) return said;
  const range = rangeOf(holder);
  const { valueQuantity } = holder;
  const digits =
    isFields(valueQuantity) && !textOf(valueQuantity.comparator) ? numberText(valueQuantity.value) : undefined;
  return range && digits !== undefined ? placeIn(range, digits) : undefined;
}

/** @param digits of the value */
function placeIn({ low, high }: Range, digits: string): Flag {
  const value = Number(digits);
  if (low !== undefined && value < Number(low)) return "low";
  return high !== undefined && value > Number(high) ? "high" : "range";
}

/** Reference ranges as text, each with whom it is for. */
export const rangeTexts = (holder: Fields): readonly string[] =>
  fieldsIn(holder.referenceRange).flatMap((range) => {
    const text = textOf(range.text) ?? spanText(range.low, range.high);
    const whom = [conceptText(range.type), conceptText(range.appliesTo), ageText(range.age)].filter(Boolean).join(", ");
    return text === undefined ? [] : [whom === "" || isNormalOnly(range) ? text : `${text} (${whom})`];
  });
const isNormalOnly = (range: Fields): boolean =>
  isNormal(range) && range.appliesTo === undefined && range.age === undefined;
const ageText = (age: Value): string | undefined => (isFields(age) ? spanText(age.low, age.high) : undefined);

/** The value in one line, short enough for a list; undefined for a value that is no single text. */
export function valueText(
  holder: Fields,
  quantity: (value: Value) => string | undefined = quantityText,
): string | undefined {
  const { value } = choiceOf(holder, "value") ?? { value: undefined };
  if (isFields(value)) {
    if (isFields(value.low) || isFields(value.high)) return spanText(value.low, value.high);
    if (isFields(value.numerator))
      return [quantity(value.numerator), quantity(value.denominator)].filter(Boolean).join(" / ");
    if (numberText(value.value) !== undefined) return quantity(value);
    return conceptText(value);
  }
  return numberText(value) ?? (typeof value === "string" ? value : undefined);
}

/** What a list says beside the title: the value, the dose, the severity, the reaction. */
export function detailOf(resource: Resource): string | undefined {
  const own = valueText(resource, shortQuantity);
  if (own !== undefined) return own;
  const parts = fieldsIn(resource.component).flatMap((part) => valueText(part, shortQuantity) ?? []);
  if (parts.length > 0) return parts.join(" / ");
  const reactions = fieldsIn(resource.reaction).flatMap(({ manifestation }) => conceptText(manifestation) ?? []);
  const [dosage] = fieldsIn(resource.dosageInstruction ?? resource.dosage);
  return (
    (reactions.length > 0 ? reactions.join(", ") : undefined) ??
    (dosage === undefined ? undefined : textOf(dosage.text)) ??
    textOf(resource.conclusion) ??
    conceptText(resource.severity)
  );
}

/** "3.5 – 5.1", "≤ 5.1", "≥ 3.5" */
export const shortRange = ({ low, high }: Range): string =>
  low === undefined ? `≤ ${high}` : high === undefined ? `≥ ${low}` : `${low} – ${high}`;
