// FHIR R4 as plain JSON: the few shapes that reading, pseudonymising and reporting share.
//
// Resources are never modelled field by field: what a clinic wrote comes back as it was, so everything here keeps
// unknown members and their order. `copyJson` is the one walk over a resource; it uses Object.fromEntries, which
// defines own members (an element named "__proto__" stays an element).

import { type CodeOf, SymbolonError } from "../errors.ts";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

export type FhirResource = JsonObject & { resourceType: string };

/** One entry of a record or report: fullUrl and resource, without the transaction's `request`. */
export interface FhirEntry {
  fullUrl: string;
  resource: FhirResource;
}

export type FhirInputCode = CodeOf<"FhirInputError">;

/** An input file is wrong. The message is fit to stand behind the file's name. It carries no content of the file but ids. */
export class FhirInputError extends SymbolonError<FhirInputCode> {
  override readonly name = "FhirInputError";
  constructor(code: FhirInputCode, message: string) {
    super(code, undefined, { message });
  }
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

export const arrayOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

export const objectsOf = (value: Json | undefined): JsonObject[] => arrayOf(value).filter(isObject);

/** A deep copy in which `change` may answer for an object (its copy follows no further) or leave it (undefined). */
export function copyJson(value: Json, change: (object: JsonObject) => JsonObject | undefined): Json {
  if (Array.isArray(value)) return value.map((item) => copyJson(item, change));
  if (!isObject(value)) return value;
  return (
    change(value) ?? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyJson(item, change)]))
  );
}

/**
 * The name as Synthea writes it beside references: prefix, given and family joined by a space ("Mr. Brett Gottlieb").
 * Of several names the official one, else the first; HumanName.text where there are no parts.
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
