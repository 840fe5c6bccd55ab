// The registrar's identity record of a person: a FHIR Patient with its fullUrl, as JSON bytes. The enrolment contract commits
// to exactly these bytes.

import { utf8ToBytes } from "../../protocol/bytes.ts";
import { parseJson, writeJson } from "./json.ts";
import { type FhirEntry, FhirInputError, isObject } from "./resource.ts";

export const encodeIdentity = ({ fullUrl, resource }: FhirEntry): Uint8Array =>
  utf8ToBytes(writeJson({ fullUrl, resource }));

/** @throws FhirInputError wrong-encoding, not-json, no-patient */
export function decodeIdentity(bytes: Uint8Array): FhirEntry {
  const value = parseJson(bytes);
  if (isObject(value)) {
    const { fullUrl, resource } = value;
    if (typeof fullUrl === "string" && isObject(resource) && resource.resourceType === "Patient")
      return { fullUrl, resource: { ...resource, resourceType: "Patient" } };
  }
  throw new FhirInputError("no-patient", "The identity record is not a Patient with its fullUrl.");
}
