// A visit's resources speak of the patient; the clinic's record must speak of a temporary identity (TID) instead.
//
//   toTid    clinic, before sealing        Reference to the patient → urn:symbolon:tid:<TID>
//   fromTid  requester, after opening      … → the report's one Patient; fromTid(toTid(x)) = x, order of members included
//
// A Reference to the patient is any object, at any depth and under any element name, whose `reference` is the Patient's
// fullUrl, "Patient/<id>" (relative, absolute, or with "/_history/v") or "urn:uuid:<id>". Which of these forms stood
// there is kept in the URN's f-component (RFC 8141 §2.3.3) with the id taken out, so that it comes back exactly:
//
//   the fullUrl           urn:symbolon:tid:<TID>
//   Patient/<id>          urn:symbolon:tid:<TID>#Patient/*
//   https://x/Patient/<id>/_history/2    urn:symbolon:tid:<TID>#https://x/Patient/*/_history/2
//
// Inside such a Reference `display`, which carries the patient's name, becomes the TID and comes back as the Patient's
// name as Synthea writes it (displayName). `identifier` becomes {system: "urn:symbolon:tid", value: "<TID>#n"} and comes
// back as the Patient's n-th identifier. These two are exact only where the input held that name, and an identifier the
// Patient has too: another spelling of the name comes back as the Patient's name, a foreign identifier as the Patient's
// first (as nothing, where the Patient has none). All other members are kept.
//
// What is not a Reference (narrative, notes, contained Patients) is left alone: `identityLeaks` finds such places, for
// the clinic to decide before it seals.

import { bytesToHex, type Rng } from "../../protocol/bytes.ts";
import {
  arrayOf,
  copyJson,
  displayName,
  type FhirEntry,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "./resource.ts";

const TID_SYSTEM = "urn:symbolon:tid";

/** The Patient that references are taken from or given back to: one with identity, or a report's pseudonym. */
export interface PatientRefs {
  fullUrl: string;
  id: string;
  display: string | undefined;
  identifiers: JsonObject[];
}

export function patientRefs({ fullUrl, resource }: FhirEntry): PatientRefs {
  return {
    fullUrl,
    id: textOf(resource.id) ?? fullUrl.split(/[/:]/).at(-1)!,
    display: displayName(resource),
    identifiers: objectsOf(resource.identifier),
  };
}

/** The Patient of a report without identity: a random pseudonym, the same for all records of the report. */
export function pseudonymousPatient(rng: Rng): FhirEntry {
  const bytes = rng(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40; // RFC 9562 §5.4, version 4
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

export function toTid(entries: readonly FhirEntry[], patient: PatientRefs, tid: string): FhirEntry[] {
  const urn = `${TID_SYSTEM}:${tid}`;
  const escapedId = patient.id.replace(/[^A-Za-z0-9]/g, "\\$&");
  const byId = new RegExp(`^((?:.*/)?Patient/|urn:uuid:)${escapedId}(/_history/[^/]+)?$`);
  const change = (object: JsonObject): JsonObject | undefined => {
    const reference = textOf(object.reference);
    if (reference === undefined) return undefined;
    const form = byId.exec(reference);
    if (reference !== patient.fullUrl && form === null) return undefined;
    const marked = reference === patient.fullUrl ? urn : `${urn}#${form![1]}*${form![2] ?? ""}`;
    return members(object, change, (name, value) => {
      if (name === "reference") return marked;
      if (name === "display") return tid;
      if (name !== "identifier") return KEEP;
      const same = patient.identifiers.findIndex((known) => JSON.stringify(known) === JSON.stringify(value));
      return patient.identifiers.length > 0 ? { system: TID_SYSTEM, value: `${tid}#${Math.max(same, 0)}` } : undefined;
    });
  };
  return copyEntries(entries, change);
}

export function fromTid(entries: readonly FhirEntry[], tid: string, patient: PatientRefs): FhirEntry[] {
  const urn = `${TID_SYSTEM}:${tid}`;
  const change = (object: JsonObject): JsonObject | undefined => {
    const reference = textOf(object.reference);
    if (reference !== urn && !reference?.startsWith(`${urn}#`)) return undefined;
    return members(object, change, (name, value) => {
      if (name === "reference") return reference === urn ? patient.fullUrl : named(reference.slice(urn.length + 1));
      if (name === "display" && value === tid) return patient.display;
      if (name === "identifier" && isObject(value) && value.system === TID_SYSTEM)
        return patient.identifiers[Number(String(value.value).slice(tid.length + 1))] ?? patient.identifiers[0];
      return KEEP;
    });
  };
  const named = (form: string): string => {
    const star = form.lastIndexOf("*");
    return `${form.slice(0, star)}${patient.id}${form.slice(star + 1)}`;
  };
  return copyEntries(entries, change);
}

export interface IdentityLeak {
  fullUrl: string;
  /** FHIRPath-like place inside the resource, as "note[0].text" */
  path: string;
  kind: "name" | "identifier" | "telecom" | "address" | "id";
}

/** Where identity values of the Patient stand inside the resources. The values themselves are not repeated. */
export function identityLeaks(entries: readonly FhirEntry[], patient: FhirEntry): IdentityLeak[] {
  const wanted = identityPatterns(patient);
  const leaks: IdentityLeak[] = [];
  const scan = (fullUrl: string, path: string, value: Json): void => {
    if (Array.isArray(value)) value.forEach((item, index) => void scan(fullUrl, `${path}[${index}]`, item));
    else if (isObject(value))
      for (const [name, item] of Object.entries(value)) scan(fullUrl, path === "" ? name : `${path}.${name}`, item);
    else if (typeof value === "string" || typeof value === "number")
      for (const { kind, pattern } of wanted) if (pattern.test(String(value))) leaks.push({ fullUrl, path, kind });
  };
  for (const { fullUrl, resource } of entries) scan(fullUrl, "", resource);
  return leaks;
}

const KEEP = Symbol("keep");
type Change = (object: JsonObject) => JsonObject | undefined;

/** A copy of `object`, member by member: a new value, KEEP (copied deeply), or undefined (left out). */
function members(
  object: JsonObject,
  change: Change,
  replace: (name: string, value: Json) => Json | undefined | typeof KEEP,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]) => {
      const replaced = replace(name, value);
      if (replaced === undefined) return [];
      return [[name, replaced === KEEP ? copyJson(value, change) : replaced]];
    }),
  );
}

const copyEntries = (entries: readonly FhirEntry[], change: Change): FhirEntry[] =>
  entries.map(({ fullUrl, resource }) => ({ fullUrl, resource: copyJson(resource, change) as FhirResource }));

/**
 * One pattern a kind: whole words, any case; telephone numbers with any punctuation between the digits. Names of fewer
 * than 3 letters, and identifiers and ids of fewer than 4 characters, would be found everywhere and are not looked for.
 */
function identityPatterns({ fullUrl, resource }: FhirEntry): { kind: IdentityLeak["kind"]; pattern: RegExp }[] {
  const names = objectsOf(resource.name).flatMap(({ family, given, text, prefix }) =>
    [family, text, ...arrayOf(given)]
      .flatMap((part) => textOf(part)?.split(/\s+/) ?? [])
      .filter((word) => (word.match(/\p{L}/gu) ?? []).length >= 3 && !arrayOf(prefix).includes(word)),
  );
  const telecom = objectsOf(resource.telecom).flatMap(({ value }) => textOf(value) ?? []);
  const lines = objectsOf(resource.address).flatMap(({ line }) => arrayOf(line));
  const identifiers = objectsOf(resource.identifier).flatMap(({ value }) => textOf(value) ?? []);
  const ids = [textOf(resource.id) ?? "", fullUrl.split(/[/:]/).at(-1)!];
  const telephone = (value: string): string => {
    const digits = value.replace(/\D/g, "");
    return /[A-Za-z@]/.test(value) || digits.length < 6 ? escaped(value) : [...digits].join("[^\\p{L}\\p{N}]{0,2}");
  };
  return (
    [
      ["name", names.map(escaped)],
      ["identifier", identifiers.filter((value) => value.length >= 4 && !ids.includes(value)).map(escaped)],
      ["telecom", telecom.map(telephone)],
      ["address", lines.flatMap((line) => textOf(line) ?? []).map(escaped)],
      ["id", ids.filter((id) => id.length >= 4).map(escaped)],
    ] as const
  ).flatMap(([kind, values]) =>
    values.length === 0
      ? []
      : [{ kind, pattern: new RegExp(`(?<![\\p{L}\\p{N}])(?:${values.join("|")})(?![\\p{L}\\p{N}])`, "iu") }],
  );
}

/** Escaped for a `u` pattern, where only syntax characters may be; runs of white space match any. */
const escaped = (value: string): string => value.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+");
