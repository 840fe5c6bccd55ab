// Prepares a visit's resources for sealing: makes them pseudonymous, searches them for what still identifies the patient, and
// writes the record. Clinic.fileVisit is the door to it.
//
// The search can find what the clinic means to keep (a name in a letter). So nothing is sealed while a finding stands that the
// caller has not allowed. The findings name places, and never the values.

import { SymbolonError } from "../errors.ts";
import { checkJson } from "./json.ts";
import { identityLeaks, type LeakKind } from "./leaks.ts";
import { SUBJECT_ELEMENTS } from "./person.ts";
import { type OtherPerson, tidUrl, toTid } from "./pseudonymise.ts";
import { writeRecord } from "./record.ts";
import { instanceOf, type References } from "./references.ts";
import { type FhirEntry, FhirInputError, type FhirResource, isObject, type Json, objectsIn } from "./resource.ts";

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

export interface PreparedEntries {
  /** pseudonymous */
  entries: readonly FhirEntry[];
  findings: IdentityFinding[];
  /** whom the resources name beside the patient; they are sealed as they are */
  otherPeople: OtherPerson[];
}

export interface PreparedVisit extends Omit<PreparedEntries, "entries"> {
  /** FHIR JSON, to be sealed */
  content: string;
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

/**
 * @param tid of the session that the record goes to.
 * @throws IdentityFoundError identity-found; FhirInputError no-patient, several-patients, too-deep
 */
export function prepareVisit(visit: readonly FhirEntry[], tid: string, options: VisitOptions = {}): PreparedVisit {
  const { entries, ...found } = prepareEntries(visit, tid, options);
  return { content: writeRecord(entries, options.references?.source), ...found };
}

/** The entries of `prepareVisit`, for a caller that writes the record itself. @throws as `prepareVisit` */
export function prepareEntries(
  entries: readonly FhirEntry[],
  tid: string,
  { patient = onlyPatient(entries), references, allow = [] }: VisitOptions = {},
): PreparedEntries {
  for (const { resource } of entries) checkJson(resource);
  if (!patient) return { entries, findings: [], otherPeople: relatedIn(entries) };
  const pseudonymous = toTid(entries, { patient, tid, ...(references && { known: references }) });
  if (
    pseudonymous.entries.some(({ resource, fullUrl }) => resource.resourceType === "Patient" && fullUrl !== tidUrl(tid))
  )
    throw new FhirInputError("several-patients", "The entries hold a Patient who is not the patient of this visit.");
  const findings = identityLeaks(pseudonymous.entries, patient).map(
    (leak): IdentityFinding => ({ id: `${leak.kind} ${leak.fullUrl} ${leak.path}`, ...leak }),
  );
  const allowed = typeof allow === "function" ? allow : ({ id }: IdentityFinding) => allow.includes(id);
  const refused = findings.filter((finding) => !allowed(finding));
  if (refused.length > 0) throw new IdentityFoundError(refused);
  return { entries: pseudonymous.entries, findings, otherPeople: pseudonymous.otherPeople };
}

/**
 * The Patient among the entries. Without one, the search does not know what to look for. So only entries that refer to no
 * patient at all may be sealed.
 */
function onlyPatient(entries: readonly FhirEntry[]): FhirEntry | undefined {
  const patients = entries.filter(({ resource }) => resource.resourceType === "Patient");
  if (patients.length > 1)
    throw new FhirInputError(
      "several-patients",
      `The entries hold ${patients.length} Patients. Name one in \`patient\`.`,
    );
  if (patients.length === 0 && entries.some(({ resource }) => namesPatient(resource)))
    throw new FhirInputError(
      "no-patient",
      "The entries refer to a patient, but hold no Patient. Hand the Patient over in `patient`.",
    );
  return patients[0];
}

/** Whether a resource has a subject that may be a person, or holds a Patient or a Reference to one. */
const namesPatient = (resource: FhirResource): boolean =>
  SUBJECT_ELEMENTS.some((member) => mayBePerson(resource[member])) ||
  [...objectsIn(resource)].some(
    ({ resourceType, type, reference }) =>
      resourceType === "Patient" || type === "Patient" || /(?:^|\/)Patient[/?]/.test(String(reference)),
  );

const mayBePerson = (element: Json | undefined): boolean =>
  element !== undefined &&
  (!isObject(element) || [undefined, "Patient"].includes(instanceOf(String(element.reference))?.type));

const relatedIn = (entries: readonly FhirEntry[]): OtherPerson[] =>
  entries.flatMap(({ fullUrl, resource: { resourceType } }) =>
    resourceType === "RelatedPerson" || resourceType === "Person" ? [{ fullUrl, path: "", what: resourceType }] : [],
  );
