// Joins the entries of many records into one set, in which every reference still means what it meant in its own record.
//
// Two clinics may number alike: both have an "Observation/1". So within the joined set
//   - the first record to bring a fullUrl keeps it;
//   - another record's entry of that fullUrl is the same one if it is equal and all that it refers to in its record is the
//     same too. Else it is given a fullUrl of its own;
//   - a reference is rewritten, to the absolute fullUrl of its target in its own record, if as written it would now lead
//     elsewhere or nowhere;
//   - a reference without a target in its own record may lead to another record's entry only if it names that entry exactly,
//     and the name is unique everywhere or both records come from one service. Else it is given a name that leads nowhere.
//
// A fullUrl is unique everywhere if it is a URN, or a URL at a public host whose names two services do not use for different
// things. All other content stays as it was written.

import { MADE_BASE, urlKey } from "./read.ts";
import { instanceOf, isReference, isUrn, References, withoutVersion } from "./references.ts";
import { copyJson, equalJson, type FhirEntry, type FhirResource, type JsonObject } from "./resource.ts";

export interface RecordToJoin {
  recordId: string;
  serviceId: string;
  entries: readonly FhirEntry[];
}

export interface JoinedRecord {
  recordId: string;
  /** fullUrls in the joined set, in the record's order */
  fullUrls: string[];
  /** fullUrls as written of entries that were given another */
  renamed: string[];
}

export interface Joined {
  entries: FhirEntry[];
  records: JoinedRecord[];
}

interface Part extends RecordToJoin {
  references: References;
  /** fullUrl in the joined set, of each entry of the record */
  names: Map<FhirEntry, string>;
}
interface Placed {
  entry: FhirEntry;
  part: Part;
}

/**
 * @param reserved fullUrls that no record's entry may take: those of the report's own resources
 * @param newUrl makes a fullUrl for an entry that cannot keep its own; the same arguments give the same answer
 */
export function joinRecords(
  records: readonly RecordToJoin[],
  reserved: ReadonlySet<string>,
  newUrl: (recordId: string, fullUrl: string) => string,
): Joined {
  const taken = new Map<string, Placed>();
  const disputed = disputedBases(records);
  const isUnique = (url: string): boolean => isUrn(url) || (!LOCAL_HOST.test(url) && !disputed.has(baseOf(url)));
  const parts = records.map((record): Part => {
    const part: Part = { ...record, references: new References(record.entries), names: new Map() };
    for (const [entry, renamed] of renamedIn(part, taken, reserved, isUnique)) {
      const name = renamed ? newUrl(part.recordId, entry.fullUrl) : entry.fullUrl;
      part.names.set(entry, name);
      if (!taken.has(urlKey(name))) taken.set(urlKey(name), { entry, part });
    }
    return part;
  });

  const all = parts.flatMap(({ names }) => [...names].map(([{ resource }, fullUrl]) => ({ fullUrl, resource })));
  const joined = new References(all);
  const result = new Map<string, FhirEntry>();
  for (const part of parts)
    for (const [entry, fullUrl] of part.names)
      if (!result.has(urlKey(fullUrl)))
        result.set(urlKey(fullUrl), {
          fullUrl,
          resource: rewritten(part, entry, fullUrl, { joined, taken, isUnique }),
        });
  return {
    entries: [...result.values()],
    records: parts.map(({ recordId, names }) => ({
      recordId,
      fullUrls: [...new Set(names.values())],
      renamed: [...names].flatMap(([entry, name]) => (name === entry.fullUrl ? [] : [entry.fullUrl])),
    })),
  };
}

const baseOf = (fullUrl: string): string => instanceOf(fullUrl)?.base ?? fullUrl;

/** Bases under which two services have different things of one fullUrl. */
function disputedBases(records: readonly RecordToJoin[]): Set<string> {
  const first = new Map<string, { resource: FhirResource; serviceId: string }>();
  const disputed = new Set<string>();
  for (const { entries, serviceId } of records)
    for (const { fullUrl, resource } of entries) {
      const held = first.get(urlKey(fullUrl));
      if (!held) first.set(urlKey(fullUrl), { resource, serviceId });
      else if (held.serviceId !== serviceId && !equalJson(held.resource, resource)) disputed.add(baseOf(fullUrl));
    }
  return disputed;
}

/** Hosts that mean another machine in every network, or none (RFC 6761, RFC 1918): names below them are not unique. */
const LOCAL_HOST =
  /^https?:\/\/(?:[^/.:]+|(?:[^/:]+\.)?(?:localhost|local|internal|lan|home\.arpa|test|invalid)|127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+|\[[^\]]*\])(?::\d+)?(?:\/|$)/i;

/** Each entry of the record, and whether it needs a new fullUrl. */
function renamedIn(
  part: Part,
  taken: ReadonlyMap<string, Placed>,
  reserved: ReadonlySet<string>,
  isUnique: (url: string) => boolean,
): Map<FhirEntry, boolean> {
  const heldOf = (entry: FhirEntry): Placed | undefined => taken.get(urlKey(entry.fullUrl));
  const renamed = new Map(
    part.entries.map((entry) => {
      const held = heldOf(entry);
      return [
        entry,
        reserved.has(entry.fullUrl) || (held !== undefined && !equalJson(held.entry.resource, entry.resource)),
      ];
    }),
  );
  // An equal entry is not the same one if what it refers to is not. This goes on until nothing changes.
  const equal = part.entries.filter((entry) => heldOf(entry) && !renamed.get(entry));
  for (let changed = true; changed; ) {
    changed = false;
    for (const entry of equal) {
      if (renamed.get(entry)) continue;
      const held = heldOf(entry)!;
      const same = linksIn(entry.resource).every(({ text }) => {
        const own = targetName(
          part,
          entry,
          text,
          (target) => (renamed.get(target) ? undefined : target.fullUrl),
          isUnique,
        );
        const other = targetName(held.part, held.entry, text, (target) => held.part.names.get(target), isUnique);
        return own === other;
      });
      if (same) continue;
      renamed.set(entry, true);
      changed = true;
    }
  }
  return renamed;
}

/** Name of a link's target that tells it from every other; "" if it has none, or one that means nothing outside its record. */
function targetName(
  { references, recordId }: Part,
  entry: FhirEntry,
  text: string,
  nameOf: (target: FhirEntry) => string | undefined,
  isUnique: (url: string) => boolean,
): string {
  const target = references.literal(entry, text);
  if (target.kind === "entry") return urlKey(nameOf(target.entry) ?? `renamed in ${recordId}`);
  const url = absoluteUrl(text, entry.fullUrl);
  return url === undefined || !isUnique(url) ? "" : urlKey(url);
}

/** A relative reference behind the base of the entry that holds it; undefined if that has none. */
function absoluteUrl(text: string, from: string): string | undefined {
  const instance = instanceOf(text);
  if (!instance || instance.base !== undefined)
    return /^(?:urn|https?):/i.test(text) ? withoutVersion(text) : undefined;
  const base = instanceOf(from)?.base;
  return base === undefined ? undefined : `${base}/${instance.type}/${instance.id}`;
}

interface Link {
  object: JsonObject;
  member: "reference" | "url";
  text: string;
}
/** Reference.reference, and the URL of an Attachment. */
function linkOf(object: JsonObject): Link | undefined {
  if (isReference(object) && typeof object.reference === "string")
    return object.reference.startsWith("#") ? undefined : { object, member: "reference", text: object.reference };
  return typeof object.url === "string" && typeof object.contentType === "string"
    ? { object, member: "url", text: object.url }
    : undefined;
}
function linksIn(resource: FhirResource): Link[] {
  const links: Link[] = [];
  copyJson(resource, (object) => {
    const link = linkOf(object);
    if (link) links.push(link);
    return undefined;
  });
  return links;
}

function rewritten(
  part: Part,
  entry: FhirEntry,
  fullUrl: string,
  {
    joined,
    taken,
    isUnique,
  }: { joined: References; taken: ReadonlyMap<string, Placed>; isUnique: (url: string) => boolean },
): FhirResource {
  const here: FhirEntry = { fullUrl, resource: entry.resource };
  const change = (object: JsonObject): JsonObject | undefined => {
    const link = linkOf(object);
    const text = link && newText(link.text);
    if (link === undefined || text === undefined || text === link.text) return undefined;
    return Object.fromEntries(
      Object.entries(object).map(([name, value]) => [name, name === link.member ? text : copyJson(value, change)]),
    );
  };
  return copyJson(entry.resource, change) as FhirResource;

  /** The text that leads from `fullUrl` to the same target as before. */
  function newText(text: string): string {
    const own = part.references.literal(entry, text);
    const now = joined.literal(here, text);
    if (own.kind === "entry") {
      const name = part.names.get(own.entry)!;
      return now.kind === "entry" && urlKey(now.entry.fullUrl) === urlKey(name) ? text : name;
    }
    const reached = now.kind === "entry" ? now.entry : possible(text);
    if (reached === undefined) return text;
    const { serviceId } = taken.get(urlKey(reached.fullUrl))!.part;
    const exact = now.kind === "entry" && isExact(text, reached.fullUrl);
    if (exact && (isUnique(reached.fullUrl) || serviceId === part.serviceId)) return text;
    return `${MADE_BASE}/record/${part.recordId}/${text.replace(/^[a-z]+:\/\/[^/]*\//i, "").replace(/^\/+/, "")}`;
  }
  /** An entry that a careless reader could take for the target: the same Type/id under whatever base. */
  function possible(text: string): FhirEntry | undefined {
    const wanted = instanceOf(text);
    if (!wanted || wanted.base !== undefined) return undefined;
    return joined.anyOf(wanted.type, wanted.id);
  }
  /** Whether the reference names this very fullUrl: as an absolute URL, or by the base of the referring entry. */
  function isExact(text: string, url: string): boolean {
    const named = absoluteUrl(text, entry.fullUrl);
    return named !== undefined && urlKey(named) === urlKey(url);
  }
}
