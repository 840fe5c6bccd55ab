// From a FHIR R4 Bundle of one patient to that patient's visits.
//
//   Organization → a service      Encounter → a visit      record of a visit = the Encounter and every resource whose
//                                                         top-level `encounter` refers to it
//
// References are resolved inside the Bundle as R4 (bundle.html#references) has it, leniently: a fullUrl
// ("urn:uuid:…", "https://…/Encounter/7"), "Type/id", either with "/_history/v", and the conditional form
// "Organization?identifier=system|value" that transactions use. An entry without fullUrl gets one that keeps relative
// references resolvable: "https://fhir.invalid/Type/id" (RFC 2606), so "Type/id" beside it still means the same.
//
// Visits come in the order of their real dates (Encounter.period.start, else period.end; undated ones last, in file
// order). An Encounter whose subject is somebody other than the Bundle's Patient is not the patient's visit: it is left
// out and named in `foreignEncounters`.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import {
  type FhirEntry,
  FhirInputError,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "./resource.ts";

/** The service of visits whose Encounter names no organisation that the Bundle holds. */
export const UNKNOWN_ORGANIZATION = "urn:symbolon:organization:unknown";
const BASE = "https://fhir.invalid";

export interface Organization {
  /** the same in every Bundle: first identifier as "system|value", else the fullUrl */
  key: string;
  name: string;
  entry?: FhirEntry;
}

export interface Visit {
  encounterId: string;
  fullUrl: string;
  /** `key` of one of the Bundle's organisations */
  organizationRef: string;
  /** FHIR dateTime as written; undefined where the Encounter has no period */
  start: string | undefined;
  /** the Encounter first, then the others in the Bundle's order */
  entries: FhirEntry[];
}

export interface PatientBundle {
  patient: FhirEntry;
  organizations: Organization[];
  visits: Visit[];
  /** fullUrls of Encounters of somebody else */
  foreignEncounters: string[];
}

export function readBundle(json: string): PatientBundle {
  const entries = bundleEntries(parseJson(json));
  const resolve = resolver(entries);
  const patient = onlyPatient(entries);

  const organizations = new Map<string, Organization>();
  const organizationOf = new Map<FhirEntry, string>();
  for (const entry of entries) {
    if (entry.resource.resourceType !== "Organization") continue;
    const key = organizationKey(entry);
    organizationOf.set(entry, key);
    if (!organizations.has(key)) organizations.set(key, { key, name: organizationName(entry), entry });
  }

  const visits = new Map<FhirEntry, Visit>();
  const foreignEncounters: string[] = [];
  for (const entry of entries) {
    const { resource } = entry;
    if (resource.resourceType !== "Encounter") continue;
    const subject = referenceOf(resource.subject);
    if (subject !== undefined && resolve(subject) !== patient) {
      foreignEncounters.push(entry.fullUrl);
      continue;
    }
    const provider = resolve(referenceOf(resource.serviceProvider));
    const elsewhere = provider ? undefined : organizationElsewhere(resource.serviceProvider);
    if (elsewhere && !organizations.has(elsewhere.key)) organizations.set(elsewhere.key, elsewhere);
    visits.set(entry, {
      encounterId: textOf(resource.id) ?? entry.fullUrl,
      fullUrl: entry.fullUrl,
      organizationRef: (provider && organizationOf.get(provider)) ?? elsewhere?.key ?? UNKNOWN_ORGANIZATION,
      start: startOf(resource),
      entries: [entry],
    });
  }
  for (const entry of entries) {
    const encounter = resolve(referenceOf(entry.resource.encounter));
    if (encounter !== undefined && encounter !== entry) visits.get(encounter)?.entries.push(entry);
  }

  const ordered = [...visits.values()];
  const times = new Map(ordered.map((visit) => [visit, dateTimeMs(visit.start, visit.fullUrl)]));
  ordered.sort((a, b) => {
    const [x, y] = [times.get(a)!, times.get(b)!];
    return x === y ? 0 : x - y; // equal also when both are undated (Infinity): the sort is stable
  });
  if (ordered.some((visit) => visit.organizationRef === UNKNOWN_ORGANIZATION))
    organizations.set(UNKNOWN_ORGANIZATION, { key: UNKNOWN_ORGANIZATION, name: "Unknown organisation" });
  return { patient, organizations: [...organizations.values()], visits: ordered, foreignEncounters };
}

/**
 * An organisation that this Bundle only refers to, as newer Synthea does: by a conditional reference
 * "Organization?identifier=system|value", or a literal one with its name as `display`.
 */
function organizationElsewhere(serviceProvider: Json | undefined): Organization | undefined {
  const reference = referenceOf(serviceProvider);
  if (reference === undefined || !isObject(serviceProvider)) return undefined;
  const identifier = /^Organization\?identifier=(.+)$/.exec(reference)?.[1];
  const name = textOf(serviceProvider.display);
  return identifier === undefined && name === undefined
    ? undefined
    : { key: identifier ?? reference, name: name ?? identifier! };
}

/** The services behind several Bundles: every organisation once, in the order of first appearance. */
export function mergeOrganizations(bundles: readonly { organizations: Organization[] }[]): Organization[] {
  const merged = new Map<string, Organization>();
  for (const organization of bundles.flatMap((bundle) => bundle.organizations))
    if (!merged.has(organization.key)) merged.set(organization.key, organization);
  return [...merged.values()];
}

/** Milliseconds of a FHIR dateTime (year, month, day or instant; ":60" is a leap second); Infinity for none. */
function dateTimeMs(dateTime: string | undefined, where: string): number {
  if (dateTime === undefined) return Number.POSITIVE_INFINITY;
  const ms = Date.parse(dateTime.replace(/:60(?=[.Z+-])/, ":59"));
  if (Number.isNaN(ms)) throw new FhirInputError("bad-date", `${where}: "${dateTime}" is not a FHIR dateTime`);
  return ms;
}

export function parseJson(json: string): Json {
  try {
    return JSON.parse(json.replace(/^\uFEFF/, "")) as Json;
  } catch {
    throw new FhirInputError("not-json", "not JSON");
  }
}

/** Every resource of a Bundle with its fullUrl, each fullUrl once. */
export function bundleEntries(bundle: Json): FhirEntry[] {
  if (!isObject(bundle) || bundle.resourceType !== "Bundle")
    throw new FhirInputError("not-a-bundle", 'JSON, but not a FHIR Bundle (resourceType is not "Bundle")');
  if (bundle.entry !== undefined && !Array.isArray(bundle.entry))
    throw new FhirInputError("not-a-bundle", "a Bundle whose `entry` is not an array");

  const byFullUrl = new Map<string, FhirEntry>();
  for (const [index, item] of ((bundle.entry ?? []) as Json[]).entries()) {
    if (!isObject(item)) throw new FhirInputError("bad-entry", `entry ${index} is not an object`);
    if (item.resource === undefined) continue; // a transaction's DELETE or GET carries none
    if (!isObject(item.resource) || textOf(item.resource.resourceType) === undefined)
      throw new FhirInputError("bad-entry", `entry ${index} holds a resource without resourceType`);
    const resource = item.resource as FhirResource;
    const fullUrl = textOf(item.fullUrl) ?? madeFullUrl(resource, index);
    const known = byFullUrl.get(fullUrl);
    if (known === undefined) byFullUrl.set(fullUrl, { fullUrl, resource });
    else if (JSON.stringify(known.resource) !== JSON.stringify(resource))
      throw new FhirInputError("conflicting-entries", `two different resources with the fullUrl ${fullUrl}`);
  }
  return [...byFullUrl.values()];
}

function madeFullUrl(resource: FhirResource, index: number): string {
  const id = textOf(resource.id);
  if (id !== undefined) return `${BASE}/${resource.resourceType}/${id}`;
  // no id either: nothing can refer to it, but it may refer to an Encounter, so it must be told from its likes
  const digest = bytesToHex(sha256(utf8ToBytes(`${index} ${JSON.stringify(resource)}`)));
  return `${BASE}/${resource.resourceType}/${digest.slice(0, 32)}`;
}

function onlyPatient(entries: FhirEntry[]): FhirEntry {
  const patients = entries.filter((entry) => entry.resource.resourceType === "Patient");
  const [patient] = patients;
  if (patient === undefined) throw new FhirInputError("no-patient", "a Bundle without a Patient");
  if (patients.length > 1)
    throw new FhirInputError("several-patients", `a Bundle with ${patients.length} Patients; one patient a file`);
  return patient;
}

const referenceOf = (element: Json | undefined): string | undefined =>
  isObject(element) ? textOf(element.reference) : undefined;

function resolver(entries: FhirEntry[]): (reference: string | undefined) => FhirEntry | undefined {
  const exact = new Map(entries.map((entry) => [entry.fullUrl, entry]));
  const loose = new Map<string, FhirEntry>();
  const add = (name: string, entry: FhirEntry) => loose.has(name) || loose.set(name, entry);
  for (const entry of entries) {
    const { resourceType, id } = entry.resource;
    if (textOf(id) !== undefined) {
      add(`${resourceType}/${id}`, entry);
      add(`urn:uuid:${id}`, entry);
    }
    add(tailOf(entry.fullUrl), entry);
    for (const identifier of identifiersOf(entry.resource)) add(`${resourceType}?identifier=${identifier}`, entry);
  }
  return (reference) =>
    reference === undefined
      ? undefined
      : (exact.get(reference) ?? loose.get(reference) ?? loose.get(tailOf(reference)));
}

/** "Type/id" of a literal reference, absolute or not, of a version or not; anything else as it is. */
function tailOf(reference: string): string {
  const match = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(reference);
  return match?.[1] ?? reference;
}

function identifiersOf(resource: JsonObject): string[] {
  return objectsOf(resource.identifier).flatMap(({ system, value }) =>
    textOf(system) !== undefined && textOf(value) !== undefined ? [`${system}|${value}`] : [],
  );
}

const organizationKey = (entry: FhirEntry): string => identifiersOf(entry.resource)[0] ?? entry.fullUrl;

const organizationName = ({ fullUrl, resource }: FhirEntry): string =>
  textOf(resource.name) ?? `Organisation ${textOf(resource.id) ?? fullUrl}`;

/** When an Encounter began, as far as it says. */
export function startOf(encounter: FhirResource): string | undefined {
  if (!isObject(encounter.period)) return undefined;
  return textOf(encounter.period.start) ?? textOf(encounter.period.end);
}
