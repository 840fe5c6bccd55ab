// A visit's resources speak of the patient. The clinic's record must speak of a temporary identity (TID) instead.
//
//   toTid     clinic, before it seals      the patient → urn:symbolon:tid:<TID>
//   fromTid   reader, after opening        urn:symbolon:tid:<TID> → the one Patient of the report
//
// References to the patient, of any kind (person.ts), are normalised. They are the one thing in a record that does not come
// back as it was written:
//
//   reference     the URN; comes back as the Patient's fullUrl. "#id" of a contained Patient stays, since the resource
//                 there becomes the pseudonymous one
//   display       if there is one: the TID; comes back as the Patient's name (displayName), if it has one
//   identifier    left out
//   type, others  stay
//
// The Patient resource itself becomes a pseudonymous one with the TID for identifier: the Bundle's, under the URN as its
// fullUrl, and each contained one, which comes back with the Patient's identifier, name, gender and birth date. In any other text that is a URI as a whole (valueUri, url, meta.source, ...) the
// patient's URL becomes the URN too. Narrative and free text stay as they are: leaks.ts finds names there, and the clinic
// decides.

import { bytesToHex, type Rng } from "../../protocol/bytes.ts";
import { checkJson } from "./json.ts";
import { PatientMatcher } from "./person.ts";
import { isReference, References } from "./references.ts";
import {
  displayName,
  type FhirEntry,
  FhirInputError,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
} from "./resource.ts";

export const TID_SYSTEM = "urn:symbolon:tid";

export const tidUrl = (tid: string): string => `${TID_SYSTEM}:${tid}`;

/** The Patient that a record holds in the place of the person. */
export const pseudonymousOf = (tid: string): FhirEntry => ({
  fullUrl: tidUrl(tid),
  resource: { resourceType: "Patient", identifier: [{ system: TID_SYSTEM, value: tid }] },
});

/** The Patient of a report without identity: a random pseudonym, the same for all records of the report. */
export function pseudonymousPatient(rng: Rng): FhirEntry {
  const bytes = rng(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40; // RFC 9562 section 5.4, version 4
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const id = bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const resource = {
    resourceType: "Patient",
    id,
    identifier: [{ system: "urn:ietf:rfc:3986", value: `urn:uuid:${id}` }],
    name: [{ use: "anonymous", text: `Patient ${id}` }],
  };
  return { fullUrl: `urn:uuid:${id}`, resource };
}

/** Somebody beside the patient whom the resources name. The caller decides whether the record may. */
export interface OtherPerson {
  fullUrl: string;
  /** place inside the resource */
  path: string;
  what: "RelatedPerson" | "contained RelatedPerson" | "contained Patient" | "Person" | "Patient.contact";
}

export interface Pseudonymised {
  entries: FhirEntry[];
  otherPeople: OtherPerson[];
}

/**
 * The entries with the TID in the patient's place. `known` is all that references may point to: the Bundle that the entries
 * come from, the Patient's entry among it.
 */
export function toTid(
  entries: readonly FhirEntry[],
  { patient, tid, known = entries }: { patient: FhirEntry; tid: string; known?: readonly FhirEntry[] | References },
): Pseudonymised {
  const references =
    known instanceof References ? known : new References(known.includes(patient) ? known : [patient, ...known]);
  const matcher = new PatientMatcher(patient, references);
  const otherPeople: OtherPerson[] = [];
  const pseudonymous = pseudonymousOf(tid);
  const urn = tidUrl(tid);
  const replaceUrl = urlReplacer(matcher, urn);
  const pseudonymousIdentifier = { identifier: pseudonymous.resource.identifier! };
  const change = (entry: FhirEntry, value: Json, member: string, path: string): Json => {
    if (Array.isArray(value)) return value.map((item, i) => change(entry, item, member, `${path}[${i}]`));
    if (typeof value === "string") return isUriText(value) ? replaceUrl(value, entry) : value;
    if (!isObject(value)) return value;
    if (member === "contained") {
      if (value.resourceType === "Patient" && matcher.isSamePerson(value as FhirResource))
        return {
          resourceType: "Patient",
          ...(value.id === undefined ? {} : { id: value.id }),
          ...pseudonymousIdentifier,
        };
      if (value.resourceType === "Patient" || value.resourceType === "RelatedPerson")
        otherPeople.push({ fullUrl: entry.fullUrl, path, what: `contained ${value.resourceType}` });
    }
    const means = couldMean(value) && matcher.means(entry, value, member);
    const members = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
      if (means && name === "identifier") return [];
      if (means && name === "reference" && !String(item).startsWith("#")) return [[name, urn]];
      if (means && name === "display") return [[name, tid]];
      return [[name, change(entry, item, name, path === "" ? name : `${path}.${name}`)]];
    });
    // A logical reference has no member yet that could hold the URN.
    return Object.fromEntries(means && value.reference === undefined ? [["reference", urn], ...members] : members);
  };
  const result = entries.map((entry): FhirEntry => {
    const { resource, fullUrl } = entry;
    if (matcher.isPatient(entry) || (resource.resourceType === "Patient" && matcher.isSamePerson(resource))) {
      objectsOf(resource.contact).forEach((_, i) => {
        otherPeople.push({ fullUrl, path: `contact[${i}]`, what: "Patient.contact" });
      });
      return pseudonymous;
    }
    if (resource.resourceType === "RelatedPerson" || resource.resourceType === "Person")
      otherPeople.push({ fullUrl, path: "", what: resource.resourceType });
    return { fullUrl, resource: change(entry, resource, "", "") as FhirResource };
  });
  return { entries: result, otherPeople };
}

/** Replaces the patient's URL inside a URI: its fullUrl wherever it stands, and as a whole any form that means the patient. */
function urlReplacer(matcher: PatientMatcher, urn: string): (text: string, from: FhirEntry) => string {
  const { fullUrl } = matcher.patient;
  const exact = new RegExp(
    `${escaped(fullUrl)}(?:/_history/[A-Za-z0-9\\-.]+)?(?![A-Za-z0-9\\-.])`,
    /^urn:uuid:/i.test(fullUrl) ? "gi" : "g",
  );
  return (text, from) => {
    const replaced = text.replace(exact, urn);
    if (replaced !== text) return replaced;
    return /(?:^|\/)Patient[/?]|^urn:uuid:/i.test(text) && matcher.meansLiteral(from, text) ? urn : text;
  };
}

const MAX_URI_CHARACTERS = 4096;
/** Text that is one URI and nothing else. Longer text is content, such as base64. */
const isUriText = (text: string): boolean =>
  text.length <= MAX_URI_CHARACTERS && /^[^\s<>"]+$/.test(text) && /[:/?]/.test(text);

const DISPLAY_MEMBERS = new Set(["id", "extension", "type", "display", "_display"]);
/** A Reference by its shape, or an object with a display and nothing that a coded value has. */
const couldMean = (object: JsonObject): boolean =>
  isReference(object) ||
  (typeof object.display === "string" && Object.keys(object).every((name) => DISPLAY_MEMBERS.has(name)));

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

const isTid = ({ system, value }: JsonObject, tid: string): boolean => system === TID_SYSTEM && value === tid;

/** A contained Patient that says who the report's Patient is (DomainResource dom-2 to dom-5 allow no more than elements). */
function containedAs(contained: JsonObject, patient: FhirResource): JsonObject {
  const known = ["identifier", "name", "gender", "birthDate"].filter((name) => patient[name] !== undefined);
  return Object.fromEntries([
    ["resourceType", "Patient"],
    ...(contained.id === undefined ? [] : [["id", contained.id] as const]),
    ...known.map((name) => [name, patient[name]!] as const),
  ]);
}

/** The most that the Patient may add to one record, beside a multiple of what it adds to it anyway. Characters of JSON. */
const FREE_GROWTH = 1 << 20;
const GROWTH_FACTOR = 4;

/**
 * The entries with the report's Patient in the TID's place. The record's pseudonymous Patient is left out.
 * @param size of the record. A clinic can write the TID many thousand times into a small record, and the Patient is longer
 * @throws FhirInputError too-deep, patient-too-often: the Patient would make the record deeper or much larger than it may be
 */
export function fromTid(
  entries: readonly FhirEntry[],
  tid: string,
  patient: FhirEntry,
  size: number = Number.POSITIVE_INFINITY,
): FhirEntry[] {
  const urn = tidUrl(tid);
  const display = displayName(patient.resource);
  const containedSize = JSON.stringify(containedAs({}, patient.resource)).length;
  let room = FREE_GROWTH + GROWTH_FACTOR * size;
  const grow = <T>(characters: number, value: T): T => {
    room -= Math.max(0, characters);
    if (room < 0) throw new FhirInputError("patient-too-often", "The content names the patient too often.");
    return value;
  };
  const change = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(change);
    if (typeof value === "string") return value.includes(urn) && isUriText(value) ? withPatient(value) : value;
    if (!isObject(value)) return value;
    if (value.resourceType === "Patient" && objectsOf(value.identifier).some((one) => isTid(one, tid)))
      return grow(containedSize, containedAs(value, patient.resource));
    const means = value.reference === urn;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, item]): [string, Json][] => {
        if (means && name === "display" && item === tid)
          return display === undefined ? [] : [[name, grow(display.length - tid.length, display)]];
        return [[name, change(item)]];
      }),
    );
  };
  const withPatient = (text: string): string => {
    const times = text.split(urn).length - 1;
    grow(times * (patient.fullUrl.length - urn.length), undefined);
    return text.replaceAll(urn, patient.fullUrl);
  };
  const named = entries
    .filter(({ fullUrl, resource }) => fullUrl !== urn || resource.resourceType !== "Patient")
    .map(({ fullUrl, resource }) => ({ fullUrl, resource: change(resource) as FhirResource }));
  checkJson({ entry: named.map(({ fullUrl, resource }) => ({ fullUrl, resource })) });
  return named;
}
