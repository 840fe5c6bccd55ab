// Joins the entries of many records into one set, in which every reference still means what it meant in its own record.
//
// Two clinics may number alike: both have an "Observation/1". So within the joined set
//   - the first record to bring a fullUrl keeps it, unless it is longer than MAX_NAME: a record may have many thousand references to
//     one entry, and each of them may have to name it in full;
//   - another record's entry of that fullUrl is the same one if it is equal and all that it refers to in its record is the
//     same too. Else it is given a fullUrl of its own, which equal entries of later records share;
//   - a reference is rewritten, to the absolute fullUrl of its target in its own record, if as written it would now lead
//     elsewhere or nowhere, also for a reader that looks at "Type/id" only;
//   - a reference without a target in its own record may lead to another record of the same service or of the same input
//     (source.ts). To any other record it leads only if it names that entry exactly, and the name is unique everywhere. Else
//     it is given a name that leads nowhere.
//
// A fullUrl is unique everywhere if it is a UUID or OID, or a URL at a public host, and no two services use it, or its base,
// for different things. All other content stays as it was written.

import { MADE_BASE, urlKey } from "./read.ts";
import { instanceOf, isAttachment, isReference, References, type Target, withoutVersion } from "./references.ts";
import { copyJson, equalJson, type FhirEntry, type FhirResource, type JsonObject, objectsIn } from "./resource.ts";
import { isGlobalUrl } from "./source.ts";

export interface RecordToJoin {
  /** unique among the records */
  recordId: string;
  serviceId: string;
  /** mark of the input that the entries come from (source.ts) */
  source?: string | undefined;
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
  links: Map<FhirEntry, Link[]>;
  /** fullUrl in the joined set, of each entry of the record */
  names: Map<FhirEntry, string>;
}
/** An entry of the joined set, as its first record has it. */
interface Placed {
  entry: FhirEntry;
  part: Part;
  name: string;
  /** of all records that hold it */
  services: Set<string>;
  /** marks of their inputs (source.ts) */
  sources: Set<string | undefined>;
}
interface Joining {
  reserved: ReadonlySet<string>;
  newUrl: (recordId: string, fullUrl: string) => string;
  isUnique: (url: string) => boolean;
  /** by the fullUrl as written */
  written: Map<string, Placed[]>;
  /** by the fullUrl in the joined set */
  placed: Map<string, Placed>;
}

/**
 * @param reserved fullUrls that no record's entry may take: those of the report's own resources
 * @param newUrl makes a fullUrl for an entry that cannot keep its own; the same arguments give the same answer
 */
export function joinRecords(
  records: readonly RecordToJoin[],
  reserved: Iterable<string>,
  newUrl: (recordId: string, fullUrl: string) => string,
): Joined {
  const joining: Joining = {
    reserved: new Set([...reserved].map(urlKey)),
    newUrl,
    isUnique: uniqueness(records),
    written: new Map(),
    placed: new Map(),
  };
  const parts = records.map((record): Part => {
    const links = new Map(record.entries.map((entry) => [entry, linksIn(entry.resource)]));
    const part: Part = { ...record, references: new References(record.entries), links, names: new Map() };
    place(part, joining);
    return part;
  });
  const placed = [...joining.placed.values()];
  const joined = new References(placed.map(({ name, entry }) => ({ fullUrl: name, resource: entry.resource })));
  return {
    entries: placed.map((one) => ({ fullUrl: one.name, resource: rewritten(one, joined, joining) })),
    records: parts.map(({ recordId, names }) => ({
      recordId,
      fullUrls: [...new Set(names.values())],
      renamed: [...names].flatMap(([entry, name]) => (name === entry.fullUrl ? [] : [entry.fullUrl])),
    })),
  };
}

/** Characters. Web servers take some 8,000 in a whole request line. */
const MAX_NAME = 2000;

const baseOf = (fullUrl: string): string => instanceOf(fullUrl)?.base ?? urlKey(fullUrl);

/** Whether a fullUrl means the same thing everywhere. */
function uniqueness(records: readonly RecordToJoin[]): (url: string) => boolean {
  const first = new Map<string, { resource: FhirResource; serviceId: string }>();
  const disputed = new Set<string>();
  for (const { entries, serviceId } of records)
    for (const { fullUrl, resource } of entries) {
      const held = first.get(urlKey(fullUrl));
      if (!held) first.set(urlKey(fullUrl), { resource, serviceId });
      else if (held.serviceId !== serviceId && !equalJson(held.resource, resource)) disputed.add(baseOf(fullUrl));
    }
  return (url) => !disputed.has(baseOf(url)) && isGlobalUrl(url);
}

/** Finds for each entry of the record the same one among those that are placed already, and places the others. */
function place(part: Part, joining: Joining): void {
  const optionsOf = (entry: FhirEntry): readonly Placed[] => joining.written.get(urlKey(entry.fullUrl)) ?? [];
  /** index into the options of each entry; behind the last one: the entry is new */
  const choice = new Map(part.entries.map((entry) => [entry, 0]));
  const chosen = (entry: FhirEntry): Placed | undefined => optionsOf(entry)[choice.get(entry)!];
  const isSame = (entry: FhirEntry, held: Placed): boolean =>
    equalJson(held.entry.resource, entry.resource) &&
    part.links.get(entry)!.every((link) => {
      const own = targetName(part, entry, link, (target) => chosen(target)?.name, joining);
      const other = targetName(held.part, held.entry, link, (target) => held.part.names.get(target), joining);
      return own === other;
    });
  // If an entry turns out to be another one, so may all that refer to it.
  const referring = new Map<FhirEntry, FhirEntry[]>();
  for (const entry of part.entries)
    for (const link of part.links.get(entry)!) {
      const target = resolve(part.references, entry, link);
      if (target.kind !== "entry") continue;
      const list = referring.get(target.entry);
      if (list) list.push(entry);
      else referring.set(target.entry, [entry]);
    }
  const queue = [...part.entries];
  for (let entry = queue.pop(); entry; entry = queue.pop()) {
    const before = choice.get(entry)!;
    for (let held = chosen(entry); held && !isSame(entry, held); held = chosen(entry))
      choice.set(entry, choice.get(entry)! + 1);
    if (choice.get(entry) !== before) for (const other of referring.get(entry) ?? []) queue.push(other);
  }

  const isFree = (url: string): boolean =>
    url.length <= MAX_NAME && !joining.placed.has(urlKey(url)) && !joining.reserved.has(urlKey(url));
  const added: Placed[] = [];
  for (const entry of part.entries) {
    const held = chosen(entry);
    held?.services.add(part.serviceId);
    held?.sources.add(part.source);
    let name = held?.name ?? entry.fullUrl;
    if (!held) while (!isFree(name)) name = joining.newUrl(part.recordId, name);
    part.names.set(entry, name);
    if (held) continue;
    const one = { entry, part, name, services: new Set([part.serviceId]), sources: new Set([part.source]) };
    joining.placed.set(urlKey(name), one);
    added.push(one);
  }
  // Only now, since the options of this record's entries must not change while they are placed.
  for (const one of added) {
    const key = urlKey(one.entry.fullUrl);
    const list = joining.written.get(key);
    if (list) list.push(one);
    else joining.written.set(key, [one]);
  }
}

/** Name of a link's target that tells it from every other; "" if it has none, or one that means nothing outside its record. */
function targetName(
  { references, recordId }: Part,
  entry: FhirEntry,
  link: Link,
  nameOf: (target: FhirEntry) => string | undefined,
  { isUnique }: Joining,
): string {
  const target = resolve(references, entry, link);
  if (target.kind === "entry") return urlKey(nameOf(target.entry) ?? `new in ${recordId}`);
  const url = link.text === undefined ? undefined : absoluteUrl(link.text, entry.fullUrl);
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
  /** undefined: a logical reference, by identifier only */
  text: string | undefined;
}
/** Reference.reference, the URL of an Attachment, and a Reference by identifier only. */
function linkOf(object: JsonObject): Link | undefined {
  if (isReference(object)) {
    const text = typeof object.reference === "string" ? object.reference : undefined;
    return text?.startsWith("#") ? undefined : { object, member: "reference", text };
  }
  return isAttachment(object) ? { object, member: "url", text: object.url as string } : undefined;
}
const linksIn = (resource: FhirResource): Link[] => [...objectsIn(resource)].flatMap((object) => linkOf(object) ?? []);

const resolve = (references: References, from: FhirEntry, { text, object }: Link): Target =>
  text === undefined ? references.resolve(from, object) : references.literal(from, text);

function rewritten(holder: Placed, joined: References, joining: Joining): FhirResource {
  const { part, entry, name: fullUrl } = holder;
  const here: FhirEntry = { fullUrl, resource: entry.resource };
  const change = (object: JsonObject): JsonObject | undefined => {
    const link = linkOf(object);
    const text = link && newText(link);
    if (link === undefined || text === undefined || text === link.text) return undefined;
    const members = Object.entries(object).map(([name, value]) => [
      name,
      name === link.member ? text : copyJson(value, change),
    ]);
    return Object.fromEntries(link.text === undefined ? [[link.member, text], ...members] : members);
  };
  return copyJson(entry.resource, change) as FhirResource;

  /** The text that leads from `fullUrl` to the same target as before. */
  function newText(link: Link): string | undefined {
    const own = resolve(part.references, entry, link);
    const now = resolve(joined, here, link);
    if (own.kind === "entry") {
      const name = part.names.get(own.entry)!;
      const isKept = now.kind === "entry" && now.entry.fullUrl === name;
      return isKept && !isAmbiguous(link.text) && !isOvertaken(link.text, own.entry, name) ? link.text : name;
    }
    const { text } = link;
    if (text === undefined) return undefined;
    if (now.kind !== "entry") return candidates(text).length === 0 ? text : nowhere(text);
    const { name, services, sources } = joining.placed.get(urlKey(now.entry.fullUrl))!;
    // Equal entries of other services are held here too, and the reference is theirs as well.
    const isOneNumbering =
      [...holder.services].every((service) => services.has(service)) ||
      [...holder.sources].every((source) => source !== undefined && sources.has(source));
    const may = isOneNumbering || (isExact(text, name) && joining.isUnique(name));
    if (!may) return nowhere(text);
    return isAmbiguous(text) ? name : text;
  }
  /** Entries that a careless reader could take for the target: the same Type/id under whatever base. */
  function candidates(text: string): readonly FhirEntry[] {
    const wanted = instanceOf(text);
    return wanted && wanted.base === undefined ? joined.allOf(wanted.type, wanted.id) : [];
  }
  /** Whether such a reader takes the first of them, finds the target so in its own record, and would find another one now. */
  function isOvertaken(text: string | undefined, target: FhirEntry, name: string): boolean {
    const wanted = instanceOf(text ?? "");
    if (!wanted || wanted.base !== undefined) return false;
    const [first] = part.references.allOf(wanted.type, wanted.id);
    return first === target && candidates(text!)[0]?.fullUrl !== name;
  }
  /** Whether such a reader could also take an entry of another record. */
  function isAmbiguous(text: string | undefined): boolean {
    const wanted = instanceOf(text ?? "");
    if (!wanted || wanted.base !== undefined) return false;
    const own = part.references.allOf(wanted.type, wanted.id).length;
    return joined.allOf(wanted.type, wanted.id).length > Math.max(own, 1);
  }
  /** A name that no entry has, and that ends with no "Type/id". It holds the reference as written. */
  function nowhere(text: string): string {
    let name = `${MADE_BASE}/record/${part.recordId}?reference=${encodeURIComponent(text.toWellFormed())}`;
    while (joined.at(name)) name += "_";
    return name;
  }
  /** Whether the reference names this very fullUrl: as an absolute URL, or by the base of the referring entry. */
  function isExact(text: string, url: string): boolean {
    const named = absoluteUrl(text, entry.fullUrl);
    return named !== undefined && urlKey(named) === urlKey(url);
  }
}
