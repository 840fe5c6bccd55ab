// Checks the demo's own result against the input files, and not against the product's selection: a report holds every entry
// of the input but the Patient and the entries that were left out with a reason, digit for digit, and no resource of anybody
// else.
//
// Two differences are allowed (docs/RECORDS.md):
//   - References to the patient are normalised. Where the report names the patient, the members reference, type, display and
//     identifier may differ; a contained Patient and a URL may too.
//   - A reference that could lead a reader to another resource is written in full. If it leads into the record of another clinic
//     and does not name its target for certain, it is given a name that leads nowhere and holds the text as written.

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

interface InputEntry {
  /** its fullUrl in a report; undefined if it has neither fullUrl nor id */
  url: string | undefined;
  /** its name in `leftOut` */
  named: (fullUrl: string) => boolean;
  resource: JsonObject | undefined;
}

/** The message names the first entry that is missing, changed or foreign. */
export class IncompleteReportError extends Error {}

/** @returns the number of input entries that the report holds @throws IncompleteReportError */
export function checkReport(report: DocumentBundle, { path, bundle }: PatientFile): number {
  const fail = (url: string, what: string): never => {
    throw new IncompleteReportError(`${url} ${what}`);
  };
  const input = inputEntries(path);
  const leftOut = bundle.leftOut.map(({ fullUrl }) => fullUrl);
  if (input.length !== bundle.filed + bundle.carried + leftOut.length)
    fail("the input", "has entries that nobody accounts for");

  const isSame = sameness(report, bundle.patient.fullUrl);
  const byUrl = new Map(report.entry.map((entry) => [entry.fullUrl, entry]));
  const held = new Set<FhirEntry>();
  for (const { url, named, resource } of input) {
    const places = url === undefined ? report.entry : [byUrl.get(url)].filter((entry) => entry !== undefined);
    const isPatient = resource?.resourceType === "Patient";
    const found = isPatient
      ? undefined
      : places.find((entry) => resource && !held.has(entry) && isSame(entry.resource, resource));
    if (found) {
      held.add(found);
      continue;
    }
    const at = leftOut.findIndex(named);
    if (at >= 0) leftOut.splice(at, 1);
    else if (!isPatient) fail(url ?? "an entry without id", places.length > 0 ? "was changed" : "is missing");
  }
  if (leftOut.length > 0) fail(leftOut[0]!, "is named as left out, and is in the report");
  for (const entry of report.entry) {
    if (held.has(entry) || isMadeByReport(entry)) continue;
    // One resource in two records stands twice if its references lead to different things there.
    if (!input.some(({ resource }) => resource && isSame(entry.resource, resource)))
      fail(entry.fullUrl, "does not belong to this patient");
  }
  return held.size;
}

/** Places of a report that still name the patient. */
export const namesIn = (report: DocumentBundle, { bundle }: PatientFile): number =>
  identityLeaks(report.entry, bundle.patient).length;

const MADE_BASE = "https://fhir.invalid";

function inputEntries(path: string): InputEntry[] {
  const { entry = [] } = parseJson(readFileSync(path)) as { entry?: { fullUrl?: Json; resource?: JsonObject }[] };
  const textOf = (value: Json | undefined) => (typeof value === "string" && value !== "" ? value : undefined);
  return entry.map(({ fullUrl, resource }, i): InputEntry => {
    const type = resource ? `${MADE_BASE}/${resource.resourceType}/` : undefined;
    const id = textOf(resource?.id);
    const url = textOf(fullUrl) ?? (type !== undefined && id !== undefined ? `${type}${id}` : undefined);
    const name = url ?? (type === undefined ? `entry[${i}]` : undefined);
    return { url, resource, named: (text) => (name === undefined ? text.startsWith(type!) : text === name) };
  });
}

const MADE = new Set(["Composition", "Patient", "Organization", "Provenance"]);
const isMadeByReport = ({ resource }: FhirEntry): boolean => MADE.has(resource.resourceType);

const NORMALISED = new Set(["reference", "type", "display", "identifier"]);
const isMap = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** Equality, with the order of members and the digits of numbers, but for the differences that the header allows. */
function sameness(report: DocumentBundle, patientUrl: string): (got: Json, written: Json) => boolean {
  const targets = new Map(
    report.entry.map(({ fullUrl, resource }) => [fullUrl, `${resource.resourceType}/${resource.id}`]),
  );
  const isSameText = (got: string, written: string): boolean =>
    got === written ||
    (got.includes(patientUrl) && !/\s/.test(written)) ||
    (got.startsWith(`${MADE_BASE}/record/`) &&
      got.replace(/_+$/, "").endsWith(`?reference=${encodeURIComponent(written)}`)) ||
    targets.get(got) === written;
  const isSame = (got: Json, written: Json): boolean => {
    if (got instanceof ExactNumber && written instanceof ExactNumber) return got.digits === written.digits;
    if (Array.isArray(got) && Array.isArray(written))
      return got.length === written.length && got.every((item, i) => isSame(item, written[i]!));
    if (typeof got === "string" && typeof written === "string") return isSameText(got, written);
    if (!isMap(got) || !isMap(written)) return got === written;
    if (got.resourceType === "Patient" && written.resourceType === "Patient") return got.id === written.id;
    const { reference } = got;
    const contained = typeof reference === "string" && reference.startsWith("#") && reference === written.reference;
    const isNormalised = (name: string) => (reference === patientUrl || contained) && NORMALISED.has(name);
    const names = (object: JsonObject) => Object.keys(object).filter((name) => !isNormalised(name));
    const [x, y] = [names(got), names(written)];
    return x.length === y.length && x.every((name, i) => name === y[i] && isSame(got[name]!, written[name]!));
  };
  return isSame;
}
