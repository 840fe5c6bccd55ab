// Checks the demo's own result against the input files, and not against the product's selection: a report holds every entry
// of the input but the Patient and the entries that were left out with a reason, digit for digit, and no resource of anybody
// else.
//
// The one difference that is allowed: a Reference to the patient is normalised (docs/RECORDS.md). So where the report names the
// patient, the members reference, type, display and identifier may differ; a contained Patient and a URL may too.

import { readFileSync } from "node:fs";
import {
  type DocumentBundle,
  ExactNumber,
  type FhirEntry,
  identityLeaks,
  type Json,
  type JsonObject,
  parseJson,
} from "../client/index.ts";
import type { PatientFile } from "../local/patients.ts";

/** @returns the number of input entries that the report holds @throws Error naming the first that is missing, changed or foreign */
export function checkReport(report: DocumentBundle, { file, path, bundle }: PatientFile): number {
  const fail = (url: string, what: string): never => {
    throw new Error(`${file}: ${url} ${what}`);
  };
  const { filed, carried, size } = bundle;
  if (filed + carried + bundle.leftOut.length !== size) fail("the input", "has entries that nobody accounts for");
  const leftOut = new Map<string, number>();
  for (const { fullUrl } of bundle.leftOut) leftOut.set(fullUrl, (leftOut.get(fullUrl) ?? 0) + 1);

  const got = new Map(report.entry.map((e) => [e.fullUrl, e.resource]));
  const patientUrl = bundle.patient.fullUrl;
  const input = inputEntries(path);
  let held = 0;
  for (const [url, versions] of input) {
    const resource = got.get(url);
    if (versions.some(({ resourceType }) => resourceType === "Patient")) continue;
    const missing = versions.length - (resource ? 1 : 0);
    if (missing > (leftOut.get(url) ?? 0)) fail(url, "is missing from the report");
    if (!resource) continue;
    if (!versions.some((written) => isSame(resource, written, patientUrl))) fail(url, "was changed");
    held++;
  }
  for (const entry of report.entry)
    if (!input.has(entry.fullUrl) && !isMadeByReport(entry)) fail(entry.fullUrl, "does not belong to this patient");
  return held;
}

/** Places of a report that still name the patient. */
export const namesIn = (report: DocumentBundle, { bundle }: PatientFile): number =>
  identityLeaks(report.entry, bundle.patient).length;

function inputEntries(path: string): Map<string, JsonObject[]> {
  const { entry = [] } = parseJson(readFileSync(path)) as { entry?: { fullUrl?: string; resource?: JsonObject }[] };
  const byUrl = new Map<string, JsonObject[]>();
  for (const { fullUrl, resource } of entry) {
    if (resource === undefined) continue;
    const url = fullUrl || `https://fhir.invalid/${resource.resourceType}/${resource.id}`;
    byUrl.set(url, [...(byUrl.get(url) ?? []), resource]);
  }
  return byUrl;
}

const MADE = new Set(["Composition", "Patient", "Organization", "Provenance"]);
const isMadeByReport = ({ resource }: FhirEntry): boolean => MADE.has(resource.resourceType);

const NORMALISED = new Set(["reference", "type", "display", "identifier"]);
const isText = (value: Json): value is string => typeof value === "string";
const isMap = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** Equality, with the order of members and the digits of numbers, but for references to the patient. */
function isSame(got: Json, written: Json, patientUrl: string): boolean {
  if (got instanceof ExactNumber && written instanceof ExactNumber) return got.digits === written.digits;
  if (Array.isArray(got) && Array.isArray(written))
    return got.length === written.length && got.every((item, i) => isSame(item, written[i]!, patientUrl));
  if (isText(got) && isText(written)) return got === written || (got.includes(patientUrl) && !/\s/.test(written));
  if (!isMap(got) || !isMap(written)) return got === written;
  if (got.resourceType === "Patient" && written.resourceType === "Patient") return got.id === written.id;
  const contained =
    isText(got.reference ?? null) && got.reference === written.reference && String(got.reference).startsWith("#");
  const namesPatient = got.reference === patientUrl || contained;
  const names = (object: JsonObject) => Object.keys(object).filter((name) => !(namesPatient && NORMALISED.has(name)));
  const [x, y] = [names(got), names(written)];
  return x.length === y.length && x.every((name, i) => name === y[i] && isSame(got[name]!, written[name]!, patientUrl));
}
