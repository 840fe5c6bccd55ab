// Resolves references inside one Bundle by FHIR R4's rules (references.html, bundle.html#references), once, for all readers.
//
//   "#id"                       only inside the resource: its `contained` of that id; "#" is the resource itself
//   absolute URL, urn:uuid      an entry of exactly that fullUrl; a UUID without regard to case
//   "Type/id"                   appended to the base of the referring entry's own fullUrl, and then as an absolute one
//   ".../_history/v"            as without it: this reader keeps one version of each resource
//   "Type?identifier=s|v"       the one entry of that type with that business identifier; "Type?_id=id" as "Type/id"
//   Reference.identifier only   likewise, of Reference.type if that is said
//   canonical "url|version"     the one entry whose own `url` it is (references.html#canonical)
//
// Entries whose fullUrl is a URN, or that have none in the input, have no base. Systems write "Type/id" beside them all the
// same, meaning the resource's own id. So a relative reference that resolves nowhere may mean the one entry of that type and
// id, if that entry has no base or if the referring one has none. It never means an entry under another server's base.
//
// Everything else points outside the Bundle: `outside`.

import { MADE_BASE, urlKey } from "./read.ts";
import {
  type FhirEntry,
  type FhirResource,
  identifiersOf,
  isObject,
  type Json,
  type JsonObject,
  objectsIn,
  objectsOf,
  textOf,
} from "./resource.ts";

export type Target =
  | { readonly kind: "entry"; readonly entry: FhirEntry }
  /** a resource in `contained` of the referring entry */
  | { readonly kind: "contained"; readonly resource: FhirResource }
  | { readonly kind: "outside" };

const OUTSIDE: Target = { kind: "outside" };
/** RESTful URL of an instance (references.html#literal): base, Type, id. */
const INSTANCE =
  /^(?:(https?:\/\/.*)\/)?([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
/** Search URL of one type (http.html#search): base, Type, parameters. */
const CONDITIONAL = /^(?:(https?:\/\/[^?]*)\/)?([A-Z][A-Za-z]+)\/?\?(.+)$/;

export interface Instance {
  /** without the last slash; undefined for a relative reference */
  base: string | undefined;
  type: string;
  id: string;
}
/** "Type/id", absolute or relative, with or without a version; undefined for every other form. */
export function instanceOf(reference: string): Instance | undefined {
  const match = INSTANCE.exec(reference);
  return match ? { base: match[1], type: match[2]!, id: match[3]! } : undefined;
}
export const withoutVersion = (reference: string): string => reference.replace(/\/_history\/[A-Za-z0-9\-.]{1,64}$/, "");

/** "system|value" that a conditional reference asks for, with its type. */
export function conditionOf(reference: string): { type: string; identifier: string } | undefined {
  const match = CONDITIONAL.exec(reference);
  const identifier = match && parameter(match[3]!, "identifier");
  return identifier ? { type: match[2]!, identifier } : undefined;
}
/** "Type/id" that a search by `_id` asks for, behind its base if it has one. */
function instanceAsked(reference: string): string | undefined {
  const match = CONDITIONAL.exec(reference);
  const id = match && parameter(match[3]!, "_id");
  return id ? `${match[1] === undefined ? "" : `${match[1]}/`}${match[2]}/${id}` : undefined;
}
function parameter(query: string, name: string): string | undefined {
  const found = query.split("&").find((one) => decoded(one.split("=", 1)[0]!).replace(/:.*$/, "") === name);
  return found === undefined ? undefined : decoded(found.slice(found.indexOf("=") + 1));
}
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export class References {
  readonly #byUrl = new Map<string, FhirEntry>();
  /** by the resource's own "Type/id", of entries without a base, and of all */
  readonly #baselessById = new Map<string, FhirEntry[]>();
  readonly #anyById = new Map<string, FhirEntry[]>();
  /** by the resource's own id, where that is a UUID */
  readonly #byUuid = new Map<string, FhirEntry[]>();
  /** by "Type system|value", and by "system|value" */
  readonly #byIdentifier = new Map<string, FhirEntry[]>();

  /** by the `url` of definitions such as a Questionnaire */
  readonly #byCanonical = new Map<string, FhirEntry[]>();

  /** mark of the input that the entries come from (source.ts), if they have names that mean nothing outside it */
  readonly source: string | undefined;

  constructor(entries: readonly FhirEntry[], source?: string) {
    this.source = source;
    for (const entry of entries) {
      const { fullUrl, resource } = entry;
      const canonical = textOf(resource.url);
      if (canonical !== undefined) push(this.#byCanonical, canonical, entry);
      this.#byUrl.set(urlKey(fullUrl), entry);
      const id = textOf(resource.id);
      if (id !== undefined) {
        const name = idKey(resource.resourceType, id);
        push(this.#anyById, name, entry);
        if (baseOf(fullUrl) === undefined) push(this.#baselessById, name, entry);
        if (UUID.test(id)) push(this.#byUuid, id.toLowerCase(), entry);
      }
      for (const identifier of new Set(identifiersOf(resource))) {
        push(this.#byIdentifier, `${resource.resourceType} ${identifier}`, entry);
        push(this.#byIdentifier, identifier, entry);
      }
    }
  }

  /** The entry of exactly this absolute URL or URN, with or without a version. */
  at(url: string): FhirEntry | undefined {
    return this.#byUrl.get(urlKey(withoutVersion(url)));
  }

  /** All entries of that type and id, under whatever base. */
  allOf(type: string, id: string): readonly FhirEntry[] {
    return this.#anyById.get(idKey(type, id)) ?? [];
  }

  /** The definition that the text names by its canonical URL, with or without a version. */
  canonical(text: string): Target {
    return this.#byCanonical.size === 0 ? OUTSIDE : only(this.#byCanonical.get(text.replace(/\|.*$/, "")));
  }

  /** Where a Reference of `from` points to. `element` is the Reference as written. */
  resolve(from: FhirEntry, element: Json | undefined): Target {
    if (!isObject(element)) return OUTSIDE;
    const literal = textOf(element.reference);
    if (literal !== undefined) return this.literal(from, literal);
    const identifier = isObject(element.identifier) ? identifiersOf({ identifier: element.identifier })[0] : undefined;
    if (identifier === undefined) return OUTSIDE;
    const type = textOf(element.type);
    return only(this.#byIdentifier.get(type === undefined ? identifier : `${type} ${identifier}`));
  }

  /** Where the text of Reference.reference, or a URL in an Attachment, points to. */
  literal(from: FhirEntry, reference: string): Target {
    if (reference.startsWith("#")) {
      const id = reference.slice(1);
      if (id === "") return { kind: "entry", entry: from };
      const contained = objectsOf(from.resource.contained).find((resource) => resource.id === id);
      return contained ? { kind: "contained", resource: contained as FhirResource } : OUTSIDE;
    }
    const condition = conditionOf(reference);
    if (condition) return only(this.#byIdentifier.get(`${condition.type} ${condition.identifier}`));
    const asked = instanceAsked(reference);
    if (asked !== undefined) return this.literal(from, asked);
    const exact = this.at(reference);
    if (exact) return { kind: "entry", entry: exact };
    const uuid = /^urn:uuid:(.+)$/i.exec(reference)?.[1]?.toLowerCase();
    if (uuid !== undefined) return only(this.#byUuid.get(uuid));
    const relative = instanceOf(reference);
    if (!relative || relative.base !== undefined) return OUTSIDE;
    const written = instanceOf(from.fullUrl)?.base;
    const own = written === undefined ? undefined : this.at(`${written}/${relative.type}/${relative.id}`);
    if (own) return { kind: "entry", entry: own };
    const byId = baseOf(from.fullUrl) === undefined ? this.#anyById : this.#baselessById;
    return only(byId.get(idKey(relative.type, relative.id)));
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** An id is case-sensitive (datatypes.html#id), a UUID is not. */
const idKey = (type: string, id: string): string => `${type}/${UUID.test(id) ? id.toLowerCase() : id}`;

export const isUrn = (url: string): boolean => /^urn:/i.test(url);

/** Server that the entry comes from; undefined if its fullUrl does not tell, or was made by read.ts. */
const baseOf = (fullUrl: string): string | undefined => {
  const base = instanceOf(fullUrl)?.base;
  return base === MADE_BASE ? undefined : base;
};

/** Every Reference in `value`, also inside `contained`. */
export function* referencesIn(value: Json): Generator<JsonObject> {
  for (const object of objectsIn(value)) if (isReference(object)) yield object;
}

const LOGICAL_MEMBERS = new Set(["id", "extension", "type", "_type", "identifier", "display", "_display"]);
/** A Reference by its shape: `reference` is text; or one `identifier`, and no member that a Reference has not. */
export const isReference = (object: JsonObject): boolean =>
  typeof object.reference === "string" ||
  (isObject(object.identifier) && Object.keys(object).every((name) => LOGICAL_MEMBERS.has(name)));

const ATTACHMENT_MEMBERS = new Set("id url contentType language data size hash title creation".split(" "));
/** An Attachment with a URL, by its shape: `contentType` is text, or no member that an Extension would have beside `url`. */
export const isAttachment = (object: JsonObject): boolean =>
  typeof object.url === "string" &&
  (typeof object.contentType === "string" || Object.keys(object).every((name) => ATTACHMENT_MEMBERS.has(name)));

const only = (entries: readonly FhirEntry[] | undefined): Target =>
  entries?.length === 1 ? { kind: "entry", entry: entries[0]! } : OUTSIDE;

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
