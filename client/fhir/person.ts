// Decides whether a Reference means the one patient that a Bundle is about, whatever kind of Reference it is.
//
//   literal      it resolves to the Patient's entry (references.ts)
//   contained    it resolves to a contained Patient that is the same person
//   conditional  "Patient?identifier=..." names one of the Patient's identifiers
//   logical      Reference.identifier is one of the Patient's identifiers
//   display      only a name stands there, in an element that names a patient, and it is the Patient's name
//
// An identifier beside a literal reference counts only if the reference leads outside the Bundle.
//
// Two Patient resources are the same person if they share an identifier. They are different people if both have an identifier
// of one system with other values, or other birth dates, or other names. Names are the same if they have two words in common,
// or if all words of one stand in the other; beside equal birth dates one word is enough.

import { foldName } from "./fold.ts";
import { urlKey } from "./read.ts";
import { conditionOf, instanceOf, type References } from "./references.ts";
import {
  arrayOf,
  type FhirEntry,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "./resource.ts";

/** Elements whose Reference names the person that a resource is about (patient compartment, compartmentdefinition-patient.html). */
export const SUBJECT_ELEMENTS = ["subject", "patient", "beneficiary", "for"] as const;
const PATIENT_ELEMENTS = new Set<string>([
  ...SUBJECT_ELEMENTS,
  "individual",
  "actor",
  "who",
  "subscriber",
  "policyHolder",
  "recipient",
]);

export class PatientMatcher {
  readonly patient: FhirEntry;
  readonly #references: References;
  readonly #names: Set<string>;

  constructor(patient: FhirEntry, references: References) {
    this.patient = patient;
    this.#references = references;
    this.#names = nameWords(patient.resource);
  }

  /** Whether the Reference `element`, which stands in `from` under the name `member`, means the patient. */
  means(from: FhirEntry, element: JsonObject, member: string): boolean {
    const reference = textOf(element.reference);
    if (reference !== undefined) return this.meansLiteral(from, reference) || this.#meansOutside(from, element);
    const type = typeOf(element);
    if (type !== undefined && type !== "Patient") return false;
    const display = textOf(element.display);
    if (isObject(element.identifier)) {
      if (this.#hasIdentifier(element.identifier)) return true;
      // Of a system that the Patient does not list, the identifier decides nothing, and the name beside it may.
      const { system } = element.identifier;
      if (objectsOf(this.patient.resource.identifier).some((own) => own.system === system)) return false;
    }
    if (display === undefined || !PATIENT_ELEMENTS.has(member)) return false;
    return this.#isName(display, ALWAYS_PATIENT.has(member));
  }

  meansLiteral(from: FhirEntry, reference: string): boolean {
    const target = this.#references.resolve(from, { reference });
    if (target.kind === "entry") return this.isPatient(target.entry);
    if (target.kind === "contained") return this.isSamePerson(target.resource);
    const condition = conditionOf(reference);
    if (condition?.type !== "Patient") return false;
    const bar = condition.identifier.lastIndexOf("|");
    const [system, value] = [condition.identifier.slice(0, Math.max(bar, 0)), condition.identifier.slice(bar + 1)];
    return this.#hasIdentifier(system === "" ? { value } : { system, value });
  }

  /** The patient's entry, also as another copy of it: the caller may hand over one of its own. */
  isPatient(entry: FhirEntry): boolean {
    if (entry === this.patient) return true;
    return entry.resource.resourceType === "Patient" && urlKey(entry.fullUrl) === urlKey(this.patient.fullUrl);
  }

  /** A reference to a Patient that the Bundle does not hold, with a business identifier of this one beside it. */
  #meansOutside(from: FhirEntry, element: JsonObject): boolean {
    const { identifier } = element;
    if (!isObject(identifier) || textOf(identifier.system) === undefined || !this.#hasIdentifier(identifier))
      return false;
    const type = typeOf(element) ?? instanceOf(String(element.reference))?.type ?? "Patient";
    return type === "Patient" && this.#references.resolve(from, element).kind === "outside";
  }

  /**
   * Whether a resource of `from` is about somebody else: it names subjects, none of them is the patient, and one is a person
   * and not a thing such as a Group or a Device. A resource without a subject is taken to be about the patient of its Bundle.
   */
  isAboutAnother(from: FhirEntry): boolean {
    const subjects = subjectsOf(from.resource).filter(([, element]) => saysWho(element));
    if (subjects.some(([member, element]) => this.means(from, element, member))) return false;
    return subjects.some(([member, element]) => {
      const target = this.#references.resolve(from, element);
      const type =
        (target.kind === "entry" && target.entry.resource.resourceType) ||
        (target.kind === "contained" && target.resource.resourceType) ||
        typeOf(element) ||
        instanceOf(textOf(element.reference) ?? "")?.type ||
        conditionOf(textOf(element.reference) ?? "")?.type ||
        (ALWAYS_PATIENT.has(member) ? "Patient" : "");
      return type === "Patient";
    });
  }

  isSamePerson(other: FhirResource): boolean {
    if (other.resourceType !== "Patient" && other.resourceType !== "Person") return false;
    const theirs = objectsOf(other.identifier);
    if (theirs.some((identifier) => this.#hasIdentifier(identifier))) return true;
    const systems = new Set(objectsOf(this.patient.resource.identifier).flatMap(({ system }) => textOf(system) ?? []));
    if (theirs.some(({ system }) => systems.has(textOf(system) ?? ""))) return false;
    const [born, otherBorn] = [textOf(this.patient.resource.birthDate), textOf(other.birthDate)];
    if (born !== undefined && otherBorn !== undefined && !born.startsWith(otherBorn) && !otherBorn.startsWith(born))
      return false;
    const names = nameWords(other);
    if (names.size === 0 || this.#names.size === 0) return true;
    const common = [...names].filter((word) => this.#names.has(word)).length;
    const bornAlike = born !== undefined && born === otherBorn;
    return common >= Math.min(bornAlike ? 1 : 2, names.size, this.#names.size);
  }

  /** Equal values; and equal systems, where both say one. */
  #hasIdentifier({ system, value }: JsonObject): boolean {
    if (textOf(value) === undefined) return false;
    return objectsOf(this.patient.resource.identifier).some(
      (own) =>
        own.value === value &&
        (own.system === system || textOf(own.system) === undefined || textOf(system) === undefined),
    );
  }

  /**
   * All words of the display are the patient's, or two of them. In an element that names the patient and nobody else, all words
   * of the patient are enough, and a patient without a name has any: elsewhere, that may be a doctor.
   */
  #isName(display: string, isSubject: boolean): boolean {
    const words = wordsOf(display);
    if (this.#names.size === 0) return isSubject;
    if (words.length === 0) return false;
    const known = words.filter((word) => this.#names.has(word));
    return known.length === words.length || known.length >= (isSubject ? Math.min(2, this.#names.size) : 2);
  }
}

/** Elements of participants: a Patient there is whom the resource is about. */
const PARTICIPANTS = ["individual", "candidate", "actor"] as const;
const ALWAYS_PATIENT = new Set<string>(SUBJECT_ELEMENTS);

function subjectsOf(resource: FhirResource): [member: string, element: JsonObject][] {
  const of = (object: JsonObject, members: readonly string[]) =>
    members.flatMap((member) =>
      [object[member], ...arrayOf(object[member])].filter(isObject).map((one): [string, JsonObject] => [member, one]),
    );
  const subjects = of(resource, SUBJECT_ELEMENTS);
  if (subjects.length > 0) return subjects;
  return [...of(resource, PARTICIPANTS), ...objectsOf(resource.participant).flatMap((one) => of(one, ["actor"]))];
}

/** Reference.type, which is a name or the URL of a structure definition. */
const typeOf = (element: JsonObject): string | undefined => textOf(element.type)?.replace(/^.*\//, "");

const saysWho = (element: JsonObject): boolean =>
  textOf(element.reference) !== undefined || isObject(element.identifier) || textOf(element.display) !== undefined;

const wordsOf = (text: string): string[] =>
  foldName(text)
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== "");

function nameWords(resource: JsonObject): Set<string> {
  const texts = objectsOf(resource.name).flatMap((name) => [name.family, name.text, ...arrayOf(name.given)]) as Json[];
  return new Set(texts.flatMap((text) => wordsOf(textOf(text) ?? "")));
}
