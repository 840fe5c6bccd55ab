// What is sealed: a visit's resources as one FHIR R4 collection Bundle in JSON, so that a clinic that opens its own record
// with any age command finds plain FHIR. A record may also be a Bundle somebody else wrote, or a single resource.

import { type FhirEntry, isObject } from "./resource.ts";
import { bundleEntries, parseJson } from "./visits.ts";

export const writeRecord = (entries: readonly FhirEntry[]): string =>
  JSON.stringify({
    resourceType: "Bundle",
    type: "collection",
    entry: entries.map(({ fullUrl, resource }) => ({ fullUrl, resource })),
  });

/** Throws FhirInputError for anything that is not FHIR JSON. */
export function readRecord(json: string): FhirEntry[] {
  const value = parseJson(json);
  const single = isObject(value) && value.resourceType !== "Bundle";
  return bundleEntries(single ? { resourceType: "Bundle", entry: [{ resource: value }] } : value);
}
