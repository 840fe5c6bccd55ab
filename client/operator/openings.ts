// The person of an opening, as the registrar's record names them: what the head of a letter needs.

import { IdentityRecord } from "../../protocol/identity-record.ts";
import { decodeIdentity } from "../fhir/identity.ts";
import { displayName, FhirInputError, textOf } from "../fhir/resource.ts";

export interface OpenedPerson {
  /** the name by which authorities know the person, in canonical form */
  readonly selector: string;
  /** undefined if the record is not a Patient that can be read, or has no name */
  readonly name: string | undefined;
  /** YYYY-MM-DD, or less if the record says less */
  readonly birthDate: string | undefined;
}

/** @param identity IdentityRecord. @throws CodecError */
export function openedPerson(identity: Uint8Array): OpenedPerson {
  const { selector } = IdentityRecord.decode(identity);
  try {
    const { resource } = decodeIdentity(identity).patient;
    return { selector, name: displayName(resource), birthDate: textOf(resource.birthDate) };
  } catch (cause) {
    if (!(cause instanceof FhirInputError)) throw cause;
    return { selector, name: undefined, birthDate: undefined };
  }
}
