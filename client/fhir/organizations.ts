// Which service a visit belongs to: the organisation that Encounter.serviceProvider means.
//
//   identifier       "system|value" of the Organization, of a logical or of a conditional reference: the same in every source
//   else             the source and the Organization's fullUrl, since two sources may both have an "Organization/1"; a UUID
//                    URN alone, since it is unique everywhere
//   contained        by identifier, else by source and content: "#org" means nothing outside its resource
//   outside          a reference without its Organization in the Bundle: the source and the absolute URL
//   display only     the source and the name

import { bytesToHex, labelledHash, utf8ToBytes } from "../../protocol/bytes.ts";
import { LABELS } from "../../protocol/labels.ts";
import { writeJson } from "./json.ts";
import { urlKey } from "./read.ts";
import { conditionOf, instanceOf, isUrn, type References, withoutVersion } from "./references.ts";
import { type FhirEntry, identifiersOf, isObject, type Json, type JsonObject, textOf } from "./resource.ts";

/** Prefix of the key of the service of visits that name no organisation; the source stands behind it. */
const UNKNOWN_ORGANIZATION = "urn:symbolon:organization:unknown";

export interface Organization {
  key: string;
  name: string;
}

const scoped = (source: string, name: string): string => (source === "" ? name : `${source} ${name}`);

const named = (resource: JsonObject, display: string | undefined, otherwise: string): string =>
  textOf(resource.name) ?? display ?? `Organisation ${textOf(resource.id) ?? otherwise}`;

/** The organisation that `element`, a Reference of `from`, means; undefined if it says nothing. */
export function organizationOf(
  references: References,
  source: string,
  from: FhirEntry,
  element: Json | undefined,
): Organization | undefined {
  if (!isObject(element)) return undefined;
  const display = textOf(element.display);
  const target = references.resolve(from, element);
  if (target.kind === "entry" && target.entry.resource.resourceType === "Organization")
    return organizationEntry(source, target.entry, display);
  if (target.kind === "contained") {
    const { id: _, ...content } = target.resource;
    const key = identifiersOf(target.resource)[0] ?? scoped(source, `contained ${digest(writeJson(content))}`);
    return { key, name: named(target.resource, display, "contained") };
  }
  const reference = textOf(element.reference);
  const identifier =
    (isObject(element.identifier) ? identifiersOf({ identifier: element.identifier })[0] : undefined) ??
    (reference === undefined ? undefined : conditionOf(reference)?.identifier);
  if (identifier !== undefined) return { key: identifier, name: display ?? identifier };
  const place = reference === undefined || reference.startsWith("#") ? display : absolute(from, reference);
  if (place === undefined) return undefined;
  return { key: isUrn(place) ? urlKey(place) : scoped(source, place), name: display ?? `Organisation ${place}` };
}

/** A relative reference behind the base of the entry that holds it: two servers of one Bundle may number alike. */
function absolute(from: FhirEntry, reference: string): string {
  const [written, base] = [withoutVersion(reference), instanceOf(from.fullUrl)?.base];
  const instance = instanceOf(written);
  return instance && instance.base === undefined && base !== undefined ? `${base}/${written}` : written;
}

export function organizationEntry(source: string, entry: FhirEntry, display?: string): Organization {
  const key =
    identifiersOf(entry.resource)[0] ?? (isUrn(entry.fullUrl) ? urlKey(entry.fullUrl) : scoped(source, entry.fullUrl));
  return { key, name: named(entry.resource, display, entry.fullUrl) };
}

export const unknownOrganization = (source: string): Organization => ({
  key: scoped(source, UNKNOWN_ORGANIZATION),
  name: "Unknown organisation",
});

const digest = (text: string): string =>
  bytesToHex(labelledHash(LABELS.organizationKey, utf8ToBytes(text))).slice(0, 32);

/** The services of several Bundles: every organisation once, in the order of first appearance. */
export function mergeOrganizations(bundles: readonly { organizations: Organization[] }[]): Organization[] {
  const merged = new Map<string, Organization>();
  for (const organization of bundles.flatMap((bundle) => bundle.organizations))
    if (!merged.has(organization.key)) merged.set(organization.key, organization);
  return [...merged.values()];
}
