// Reads a FHIR R4 Bundle into entries, and accounts for every entry that it does not hand on.
//
//   fullUrl     as written; an entry without one gets "https://fhir.invalid/Type/id" (RFC 2606), so that relative references
//               beside it still resolve. UUIDs compare without regard to case (RFC 9562 section 4)
//   versions    several entries of one fullUrl are versions of one resource (bundle.html, bdl-7): the newest counts, by
//               meta.lastUpdated, else by meta.versionId, else by the Bundle's order (a history lists newest first)
//   left out    older versions, exact repetitions, entries without a resource (a transaction's DELETE or GET), and all
//               versions of a resource that a history says was deleted last
//   refused     content that is no Bundle; a Bundle inside the Bundle; a resource without resourceType
//
// A source is the system or file that an input came from. Two sources may number alike, so a name made here or a relative
// one means nothing outside its source.

import { readDate } from "./dates.ts";
import { checkJson, parseJson } from "./json.ts";
import {
  equalJson,
  type FhirEntry,
  FhirInputError,
  type FhirResource,
  isObject,
  type Json,
  textOf,
} from "./resource.ts";

/** Host of the names that this file makes. */
export const MADE_BASE = "https://fhir.invalid";

export interface LeftOut {
  /** of the entry; "entry[n]" where it has none */
  fullUrl: string;
  reason: string;
}

export interface ReadBundle {
  /** Bundle.type as written */
  type: string | undefined;
  /** Bundle.timestamp as written */
  timestamp: string | undefined;
  /** number of entries in the input */
  size: number;
  /** one per fullUrl, in the input's order */
  entries: FhirEntry[];
  leftOut: LeftOut[];
}

/** @throws FhirInputError */
export function readEntries(input: string | Uint8Array | Json): ReadBundle {
  const isText = typeof input === "string" || input instanceof Uint8Array;
  if (!isText) checkJson(input);
  const bundle = isText ? parseJson(input) : input;
  if (!isObject(bundle) || bundle.resourceType !== "Bundle")
    throw new FhirInputError(
      "not-a-bundle",
      'The content is JSON, but not a FHIR Bundle (resourceType is not "Bundle").',
    );
  if (bundle.entry !== undefined && !Array.isArray(bundle.entry))
    throw new FhirInputError("not-a-bundle", "The Bundle's `entry` is not an array.");
  const items = (bundle.entry ?? []) as Json[];
  const newestFirst = bundle.type === "history";

  const leftOut: LeftOut[] = [];
  const versions = new Map<string, FhirEntry[]>();
  const deleted = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (!isObject(item)) throw new FhirInputError("bad-entry", `Entry ${index} is not an object.`);
    const { resource } = item;
    if (resource === undefined) {
      const fullUrl = textOf(item.fullUrl);
      leftOut.push({ fullUrl: fullUrl ?? `entry[${index}]`, reason: "the entry holds no resource" });
      const { method } = isObject(item.request) ? item.request : {};
      const isNewest = newestFirst && fullUrl !== undefined && !versions.has(urlKey(fullUrl));
      if (isNewest && method === "DELETE") deleted.add(urlKey(fullUrl));
      continue;
    }
    if (!isObject(resource) || textOf(resource.resourceType) === undefined)
      throw new FhirInputError("bad-entry", `Entry ${index} holds a resource without resourceType.`);
    if (resource.resourceType === "Bundle")
      throw new FhirInputError(
        "nested-bundle",
        `Entry ${index} is a Bundle inside the Bundle. Give each inner Bundle as a file of its own.`,
      );
    const entry = {
      fullUrl: textOf(item.fullUrl) ?? madeFullUrl(resource as FhirResource, index),
      resource: resource as FhirResource,
    };
    const key = urlKey(entry.fullUrl);
    if (deleted.has(key)) {
      leftOut.push({ fullUrl: entry.fullUrl, reason: "the history says that the resource was deleted" });
      continue;
    }
    const known = versions.get(key);
    if (known) known.push(entry);
    else versions.set(key, [entry]);
  }
  const entries = [...versions.values()].map((all) => {
    const newest = newestOf(all, newestFirst);
    for (const entry of all)
      if (entry !== newest) leftOut.push({ fullUrl: entry.fullUrl, reason: reasonBeside(entry, newest) });
    return newest;
  });
  return { type: textOf(bundle.type), timestamp: textOf(bundle.timestamp), size: items.length, entries, leftOut };
}

const UUID_AT_END = /[/:][0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A UUID URN, and a UUID at the end of a URL, in lower case (RFC 9562 section 4: upper case is read too); all else as it is. */
export const urlKey = (url: string): string =>
  /^urn:uuid:/i.test(url) ? url.toLowerCase() : url.replace(UUID_AT_END, (uuid) => uuid.toLowerCase());

function madeFullUrl(resource: FhirResource, index: number): string {
  const id = textOf(resource.id);
  if (id !== undefined) return `${MADE_BASE}/${resource.resourceType}/${id}`;
  // Nothing can refer to a resource without an id. It may refer to an Encounter, so its place tells it from its likes. A hash
  // of its content would let a reader of the record test guesses of the patient's name.
  return `${MADE_BASE}/${resource.resourceType}/entry-${index}`;
}

const versionOf = ({ resource: { meta } }: FhirEntry) => {
  const { lastUpdated, versionId } = isObject(meta) ? meta : {};
  const at = readDate(textOf(lastUpdated) ?? "")?.start;
  const number = typeof versionId === "string" && /^\d{1,15}$/.test(versionId) ? Number(versionId) : undefined;
  return { at, number, id: textOf(versionId) };
};

function newestOf(all: readonly FhirEntry[], newestFirst: boolean): FhirEntry {
  const isNewer = (a: FhirEntry, b: FhirEntry): boolean => {
    const [x, y] = [versionOf(a), versionOf(b)];
    if (x.at !== undefined && y.at !== undefined && x.at !== y.at) return x.at > y.at;
    if (x.number !== undefined && y.number !== undefined && x.number !== y.number) return x.number > y.number;
    return !newestFirst;
  };
  return all.reduce((newest, entry) => (isNewer(entry, newest) ? entry : newest));
}

function reasonBeside(entry: FhirEntry, newest: FhirEntry): string {
  if (equalJson(entry.resource, newest.resource)) return "the same resource stands in the Bundle twice";
  if (entry.resource.resourceType !== newest.resource.resourceType)
    return `a ${newest.resource.resourceType} of the Bundle has the same fullUrl`;
  const { id } = versionOf(entry);
  return `an older version${id === undefined ? "" : ` (versionId ${id})`} of a resource in the Bundle`;
}
