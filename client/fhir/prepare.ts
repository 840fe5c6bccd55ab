// Prepares a visit's resources for sealing: makes them pseudonymous, searches them for what still identifies the patient, and
// writes the record. Clinic.fileVisit is the door to it.
//
// The search can find what the clinic means to keep (a name in a letter). So nothing is sealed while a finding stands that the
// caller has not allowed. The findings name places, and never the values.

import { SymbolonError } from "../errors.ts";
import { identityLeaks, type LeakKind } from "./leaks.ts";
import { type OtherPerson, toTid } from "./pseudonymise.ts";
import { writeRecord } from "./record.ts";
import type { References } from "./references.ts";
import type { FhirEntry } from "./resource.ts";

/** A place that still identifies the patient. */
export interface IdentityFinding {
  /** the same for the same place of the same entries: hand it back in `allow` */
  id: string;
  fullUrl: string;
  /** FHIRPath-like, as "note[0].text" */
  path: string;
  kind: LeakKind;
}

export interface VisitOptions {
  /** the person's Patient, if the clinic knows it; by default the Patient among the entries */
  patient?: FhirEntry;
  /** resolves references to entries that are not filed with this visit: `references` of readBundle */
  references?: References;
  /** findings that may stay: their ids, or a function that decides */
  allow?: readonly string[] | ((finding: IdentityFinding) => boolean);
}

export interface PreparedVisit {
  /** FHIR JSON, to be sealed */
  content: string;
  findings: IdentityFinding[];
  /** whom the resources name beside the patient; they are sealed as they are */
  otherPeople: OtherPerson[];
}

/** Nothing was sealed: the resources still identify the patient. `findings` says where. */
export class IdentityFoundError extends SymbolonError<"identity-found"> {
  override readonly name = "IdentityFoundError";
  readonly findings: readonly IdentityFinding[];
  constructor(findings: readonly IdentityFinding[]) {
    const places = findings.slice(0, 3).map(({ kind, fullUrl, path }) => `${kind} in ${fullUrl} at ${path}`);
    super("identity-found", `${places.join("; ")}${findings.length > 3 ? `; and ${findings.length - 3} more` : ""}`);
    this.findings = findings;
  }
}

/** @param tid of the session that the record goes to. @throws IdentityFoundError identity-found */
export function prepareVisit(
  entries: readonly FhirEntry[],
  tid: string,
  { patient = onlyPatient(entries), references, allow = [] }: VisitOptions = {},
): PreparedVisit {
  if (!patient) return { content: writeRecord(entries), findings: [], otherPeople: [] };
  const pseudonymous = toTid(entries, { patient, tid, ...(references && { known: references }) });
  const findings = identityLeaks(pseudonymous.entries, patient).map(
    (leak): IdentityFinding => ({ id: `${leak.kind} ${leak.fullUrl} ${leak.path}`, ...leak }),
  );
  const allowed = typeof allow === "function" ? allow : ({ id }: IdentityFinding) => allow.includes(id);
  const refused = findings.filter((finding) => !allowed(finding));
  if (refused.length > 0) throw new IdentityFoundError(refused);
  return { content: writeRecord(pseudonymous.entries), findings, otherPeople: pseudonymous.otherPeople };
}

function onlyPatient(entries: readonly FhirEntry[]): FhirEntry | undefined {
  const patients = entries.filter(({ resource }) => resource.resourceType === "Patient");
  return patients.length === 1 ? patients[0] : undefined;
}
