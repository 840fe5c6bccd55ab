// A FHIR resource as labelled fields, whatever its type.

import type { FhirResource, Json, JsonObject } from "../../../client/index.ts";
import { Facts } from "../../shared/ui/kit.tsx";

/** Members that say nothing to a person. */
const HIDDEN = new Set(["resourceType", "id", "meta", "text", "subject", "patient", "system", "coding", "category"]);
const MAX_ROWS = 60;

const spaced = (name: string): string => name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Small objects in one line: a quantity, a concept, a range, a reference. */
function lineOf(value: JsonObject): string | undefined {
  if ("value" in value && typeof value.value !== "object")
    return [value.comparator, value.value, value.unit ?? value.code].filter((part) => part !== undefined).join(" ");
  if (typeof value.text === "string" && Object.keys(value).every((k) => k === "text" || k === "coding"))
    return value.text;
  if (Array.isArray(value.coding) && isObject(value.coding[0]))
    return String(value.coding[0].display ?? value.coding[0].code ?? "");
  if ("low" in value || "high" in value)
    return [value.low, value.high].map((limit) => (isObject(limit) ? lineOf(limit) : "")).join(" – ");
  return typeof value.display === "string" ? value.display : undefined;
}

function* rowsOf(value: JsonObject, path: string): Generator<[string, string]> {
  for (const [name, member] of Object.entries(value)) {
    if (HIDDEN.has(name)) continue;
    const label = path === "" ? spaced(name) : `${path}, ${spaced(name)}`;
    for (const one of Array.isArray(member) ? member : [member]) {
      if (!isObject(one)) {
        if (one !== null) yield [label, String(one)];
        continue;
      }
      const line = lineOf(one);
      if (line !== undefined) yield [label, line];
      else if (isObject(one.code) && isObject(one.valueQuantity))
        yield [lineOf(one.code) ?? label, lineOf(one.valueQuantity) ?? ""];
      else yield* rowsOf(one, label);
    }
  }
}

export function ResourceView({ resource }: { resource: FhirResource }) {
  const rows = [...rowsOf(resource, "")].slice(0, MAX_ROWS);
  return (
    <Facts
      rows={rows.map(
        ([name, value]) =>
          [
            name,
            <span key={name} dir="auto">
              {value}
            </span>,
          ] as const,
      )}
    />
  );
}
