// Resolves references inside one Bundle by FHIR R4's rules (references.html, bundle.html#references), once, for all readers.
//
//   "#id"                       only inside the resource: its `contained` of that id; "#" is the resource itself
//   absolute URL, urn:uuid      an entry of exactly that fullUrl; a UUID without regard to case
//   "Type/id"                   appended to the base of the referring entry's own fullUrl, and then as an absolute one
//   ".../_history/v"            as without it: this reader keeps one version of each resource
//   "Type?identifier=s|v"       the one entry of that type with that business identifier
//   Reference.identifier only   likewise, of Reference.type if that is said
//
// Entries whose fullUrl is a URN have no base. Systems write "Type/id" beside them all the same, meaning the resource's
// own id. So a relative reference that resolves nowhere may mean the one entry of that type and id, if that entry has a URN
// or if the referring one has. It never means an entry under another server's base.
//
// Everything else points outside the Bundle: `outside`.

import { urlKey } from "./read.ts";
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
const CONDITIONAL = /^(?:https?:\/\/.*\/)?([A-Z][A-Za-z]+)\?identifier=([^&]+)$/;

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
  if (!match) return undefined;
  return { type: match[1]!, identifier: decoded(match[2]!) };
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
  /** by the resource's own "Type/id", of entries with a URN, and of all */
  readonly #urnById = new Map<string, FhirEntry[]>();
  readonly #anyById = new Map<string, FhirEntry[]>();
  /** by the resource's own id, where that is a UUID */
  readonly #byUuid = new Map<string, FhirEntry[]>();
  /** by "Type system|value", and by "system|value" */
  readonly #byIdentifier = new Map<string, FhirEntry[]>();

  constructor(entries: readonly FhirEntry[]) {
    for (const entry of entries) {
      const { fullUrl, resource } = entry;
      this.#byUrl.set(urlKey(fullUrl), entry);
      const id = textOf(resource.id);
      if (id !== undefined) {
        const name = idKey(resource.resourceType, id);
        push(this.#anyById, name, entry);
        if (isUrn(fullUrl)) push(this.#urnById, name, entry);
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

  /** Any entry of that type and id, under whatever base. */
  anyOf(type: string, id: string): FhirEntry | undefined {
    return this.#anyById.get(idKey(type, id))?.[0];
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
    const exact = this.at(reference);
    if (exact) return { kind: "entry", entry: exact };
    const uuid = /^urn:uuid:(.+)$/i.exec(reference)?.[1]?.toLowerCase();
    if (uuid !== undefined) return only(this.#byUuid.get(uuid));
    const relative = instanceOf(reference);
    if (!relative || relative.base !== undefined) return OUTSIDE;
    const base = instanceOf(from.fullUrl)?.base;
    const own = base === undefined ? undefined : this.at(`${base}/${relative.type}/${relative.id}`);
    if (own) return { kind: "entry", entry: own };
    return only((base === undefined ? this.#anyById : this.#urnById).get(idKey(relative.type, relative.id)));
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** An id is case-sensitive (datatypes.html#id), a UUID is not. */
const idKey = (type: string, id: string): string => `${type}/${UUID.test(id) ? id.toLowerCase() : id}`;

export const isUrn = (url: string): boolean => /^urn:/i.test(url);

/** Every Reference in `value`, also inside `contained`. */
export function* referencesIn(value: Json): Generator<JsonObject> {
  for (const object of objectsIn(value)) if (isReference(object)) yield object;
}

const LOGICAL_MEMBERS = new Set(["id", "extension", "type", "_type", "identifier", "display", "_display"]);
/** A Reference by its shape: `reference` is text; or one `identifier`, and no member that a Reference has not. */
export const isReference = (object: JsonObject): boolean =>
  typeof object.reference === "string" ||
  (isObject(object.identifier) && Object.keys(object).every((name) => LOGICAL_MEMBERS.has(name)));

const only = (entries: readonly FhirEntry[] | undefined): Target =>
  entries?.length === 1 ? { kind: "entry", entry: entries[0]! } : OUTSIDE;

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
