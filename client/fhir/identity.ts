// The registrar's identity record of a person, as the SDK reads it: the selector by which authorities name the person,
// and a FHIR Patient with its fullUrl. The enrolment contract commits to exactly the record's bytes.

import { utf8ToBytes } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { canonicalSelector, IdentityRecord } from "../../protocol/identity-record.ts";
import { parseJson, writeJson } from "./json.ts";
import { type FhirEntry, FhirInputError, isObject } from "./resource.ts";

export interface Identity {
  /** the name by which authorities know the person, for example an insurance number; in canonical form once decoded */
  selector: string;
  /** FHIR Patient with its fullUrl */
  patient: FhirEntry;
}

/** The Patient as the registrar stores it in a record: JSON bytes. */
export const encodePatient = ({ fullUrl, resource }: FhirEntry): Uint8Array =>
  utf8ToBytes(writeJson({ fullUrl, resource }));

/** The record that a registrar makes of this person. */
export const encodeIdentity = ({ selector, patient }: Identity): Uint8Array =>
  IdentityRecord.encode({ selector: canonicalSelector(selector), patient: encodePatient(patient) });

/** @throws FhirInputError wrong-encoding, not-json, no-patient */
export function decodeIdentity(bytes: Uint8Array): Identity {
  const record = readRecord(bytes);
  const value = parseJson(record.patient);
  if (isObject(value)) {
    const { fullUrl, resource } = value;
    if (typeof fullUrl === "string" && isObject(resource) && resource.resourceType === "Patient")
      return {
        selector: record.selector,
        patient: { fullUrl, resource: { ...resource, resourceType: "Patient" } },
      };
  }
  throw new FhirInputError("no-patient", "The identity record is not a Patient with its fullUrl.");
}

function readRecord(bytes: Uint8Array): IdentityRecord {
  try {
    return IdentityRecord.decode(bytes);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new FhirInputError("no-patient", `The identity record cannot be read: ${cause.message}`);
  }
}
