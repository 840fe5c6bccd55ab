// FHIR R4 as plain JSON: the types and small helpers that all files of this folder share.
//
// Resources are not modelled field by field. A clinic gets back what it wrote, so every function here keeps unknown members
// and their order. `copyJson` is the one walk that changes a resource. It builds objects with Object.fromEntries, which
// defines own members, so an element named "__proto__" stays an element.

import { SymbolonError } from "../errors.ts";

/** A number whose digits JavaScript would not write back, such as 0.700 or 1.2E+2. */
export class ExactNumber {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
  valueOf(): number {
    return Number(this.digits);
  }
  toString(): string {
    return this.digits;
  }
  /** For JSON.stringify, which cannot keep the digits. `writeJson` (json.ts) keeps them. */
  toJSON(): number {
    return Number(this.digits);
  }
}

export type Json = null | boolean | number | string | ExactNumber | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

export type FhirResource = JsonObject & { resourceType: string };

/** One entry of a record or report: fullUrl and resource, without the transaction's `request`. */
export interface FhirEntry {
  fullUrl: string;
  resource: FhirResource;
}

export type FhirInputCode =
  | "wrong-encoding"
  | "not-json"
  | "too-deep"
  | "patient-too-often"
  | "duplicate-member"
  | "bad-member"
  | "not-a-bundle"
  | "nested-bundle"
  | "bad-entry"
  | "bad-date"
  | "no-patient"
  | "several-patients"
  | "unreadable";

/** An input that cannot be read. `message` carries no content of the file but ids and names of members. */
export class FhirInputError extends SymbolonError<FhirInputCode> {
  override readonly name = "FhirInputError";
  constructor(code: FhirInputCode, message: string) {
    super(code, undefined, { message });
  }
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

export const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

export const arrayOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

export const objectsOf = (value: Json | undefined): JsonObject[] => arrayOf(value).filter(isObject);

/** A deep copy. `change` may answer for an object, and its copy then follows no further, or leave it (undefined). */
export function copyJson(value: Json, change: (object: JsonObject) => JsonObject | undefined): Json {
  if (Array.isArray(value)) return value.map((item) => copyJson(item, change));
  if (!isObject(value)) return value;
  return (
    change(value) ?? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyJson(item, change)]))
  );
}

/** Every object inside `value`, itself included, in document order. Depth is bounded by json.ts MAX_DEPTH. */
export function* objectsIn(value: Json): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value) yield* objectsIn(item);
  else if (isObject(value)) {
    yield value;
    for (const item of Object.values(value)) yield* objectsIn(item);
  }
}

/** Equality of two JSON values; the order of members counts, as it does in what was written. */
export function equalJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (a instanceof ExactNumber || b instanceof ExactNumber)
    return a instanceof ExactNumber && b instanceof ExactNumber && a.digits === b.digits;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((x, i) => equalJson(x, b[i]!));
  if (!isObject(a) || !isObject(b)) return false;
  const [x, y] = [Object.keys(a), Object.keys(b)];
  return x.length === y.length && x.every((name, i) => name === y[i] && equalJson(a[name]!, b[name]!));
}

/** Business identifiers of a resource as "system|value"; those without both parts identify nothing beyond their source. */
export const identifiersOf = (resource: JsonObject): string[] =>
  (Array.isArray(resource.identifier)
    ? objectsOf(resource.identifier)
    : [resource.identifier].filter(isObject)
  ).flatMap(({ system, value }) =>
    textOf(system) !== undefined && textOf(value) !== undefined ? [`${system}|${value}`] : [],
  );

/**
 * The person's name for a screen: prefix, given and family joined by a space ("Mr. Brett Gottlieb"). Of several names the
 * official one, else the first; HumanName.text where there are no parts.
 */
export function displayName(resource: JsonObject): string | undefined {
  const names = objectsOf(resource.name);
  const name = names.find((n) => n.use === "official") ?? names[0];
  if (name === undefined) return textOf(resource.name);
  const parts = [...arrayOf(name.prefix), ...arrayOf(name.given), name.family ?? null].filter(
    (part) => typeof part === "string" && part !== "",
  );
  return parts.length > 0 ? parts.join(" ") : textOf(name.text);
}
