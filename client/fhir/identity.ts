// The registrar's identity record of a person: a FHIR Patient with its fullUrl, as JSON bytes. The enrolment contract
// commits to exactly these bytes.

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type FhirEntry, FhirInputError } from "./resource.ts";

export const encodeIdentity = (patient: FhirEntry): Uint8Array =>
  utf8ToBytes(JSON.stringify({ fullUrl: patient.fullUrl, resource: patient.resource }));

/** @throws FhirInputError */
export function decodeIdentity(bytes: Uint8Array): FhirEntry {
  let entry: FhirEntry;
  try {
    entry = JSON.parse(new TextDecoder().decode(bytes)) as FhirEntry;
  } catch {
    throw new FhirInputError("not-json", "the identity record is not JSON");
  }
  if (typeof entry?.fullUrl !== "string" || entry.resource?.resourceType !== "Patient")
    throw new FhirInputError("no-patient", "the identity record is not a Patient with its fullUrl");
  return entry;
}
