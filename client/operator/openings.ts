// The person of an opening, as the registrar's record names them: what the head of a letter needs.

import { IdentityRecord } from "../../protocol/identity-record.ts";
import { decodeIdentity } from "../fhir/identity.ts";
import { displayName, FhirInputError } from "../fhir/resource.ts";

export interface OpenedPerson {
  /** the name by which authorities know the person, in canonical form */
  readonly selector: string;
  /** undefined if the record is not a Patient that can be read, or has no name */
  readonly name: string | undefined;
}

/** @param identity IdentityRecord. @throws CodecError */
export function openedPerson(identity: Uint8Array): OpenedPerson {
  const { selector } = IdentityRecord.decode(identity);
  try {
    return { selector, name: displayName(decodeIdentity(identity).patient.resource) };
  } catch (cause) {
    if (!(cause instanceof FhirInputError)) throw cause;
    return { selector, name: undefined };
  }
}
