// Checks the demo's own result: a report holds every resource of the patient's encounters, unchanged, and no resource of
// anybody else.

import { isDeepStrictEqual } from "node:util";
import type { DocumentBundle } from "../client/index.ts";
import type { PatientFile } from "../local/patients.ts";

const MADE_BY_THE_REPORT = new Set(["Composition", "Patient", "Organization", "Provenance"]);

/** @returns the number of resources @throws Error naming the first resource that is missing, changed or foreign */
export function checkReport(report: DocumentBundle, file: PatientFile): number {
  const expected = new Map(file.bundle.visits.flatMap((v) => v.entries).map((e) => [e.fullUrl, e.resource]));
  const got = new Map(report.entry.map((e) => [e.fullUrl, e.resource]));
  for (const [url, resource] of expected) {
    if (!got.has(url)) throw new Error(`${file.file}: ${url} is missing from the report`);
    if (!isDeepStrictEqual(got.get(url), resource)) throw new Error(`${file.file}: ${url} was changed`);
  }
  for (const { fullUrl, resource } of report.entry)
    if (!expected.has(fullUrl) && !MADE_BY_THE_REPORT.has(resource.resourceType))
      throw new Error(`${file.file}: ${fullUrl} does not belong to this patient`);
  return expected.size;
}
