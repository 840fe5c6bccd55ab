// Makes the viewer's list from the resources that a link shares: whom they are about, the entries, and the series of values. It reads
// the reports and summaries of this system, and those of others.

import { dayOfResource, detailOf, flagOf, kindOf, titleOf } from "../shared/fhir/about.ts";
import type { TimelineEntry } from "../shared/fhir/filters.ts";
import { typeName } from "../shared/fhir/names.ts";
import { type Series, seriesOf } from "../shared/fhir/series.ts";
import { fieldsIn, isFields, type Resource, textOf } from "../shared/fhir/value.ts";

export interface SharedRecords {
  /** of the first Patient */
  patient: { name: string | undefined; birthDate: string | undefined } | undefined;
  /** when it was put together, if the document says so */
  made: string | undefined;
  entries: TimelineEntry[];
  /** by the entry's id */
  resources: ReadonlyMap<string, Resource>;
  /** series of at least two values */
  series: Series[];
  /** the resource that a reference names, and its entry's id if it has one */
  find(reference: string): { resource: Resource; id: string | undefined } | undefined;
}

interface Entry {
  fullUrl: string | undefined;
  resource: Resource;
}

const isResource = (value: unknown): value is Resource =>
  isFields(value as Resource) && typeof (value as Resource).resourceType === "string";

function entriesOf(resource: Resource): Entry[] {
  if (resource.resourceType !== "Bundle") return [{ fullUrl: undefined, resource }];
  return fieldsIn(resource.entry).flatMap(({ fullUrl, resource: inner }) =>
    isResource(inner) ? [{ fullUrl: textOf(fullUrl), resource: inner }] : [],
  );
}

/** What says how the records came together, and whom they are about: it has no line of its own. */
const APART = new Set(["Patient", "Provenance"]);
/** A document begins with its table of contents. */
const isContents = (entry: Entry, bundle: Resource): boolean =>
  entry.resource.resourceType === "Composition" && bundle.type === "document";

const hrefOf = (id: string): string => `/record/${id}`;

/** The name of the clinic that wrote a resource, by the Provenance that names it. */
function clinicsOf(
  entries: readonly Entry[],
  find: (reference: string) => Resource | undefined,
): Map<Resource, string> {
  const clinics = new Map<Resource, string>();
  for (const { resource } of entries) {
    if (resource.resourceType !== "Provenance") continue;
    const [agent] = fieldsIn(resource.agent);
    const who = isFields(agent?.who) ? find(String(agent.who.reference)) : undefined;
    const name = who?.resourceType === "Organization" ? textOf(who.name) : undefined;
    for (const { reference } of name === undefined ? [] : fieldsIn(resource.target)) {
      const target = find(String(reference));
      if (target) clinics.set(target, name!);
    }
  }
  return clinics;
}

export function sharedRecords(given: readonly Resource[]): SharedRecords {
  const all = given.flatMap(entriesOf);
  const byName = new Map<string, Resource>();
  for (const { fullUrl, resource } of all) {
    byName.set(`${resource.resourceType}/${String(resource.id)}`, resource);
    if (fullUrl !== undefined) byName.set(fullUrl, resource);
  }
  const find = (reference: string): Resource | undefined => byName.get(reference.replace(/\/_history\/.*$/, ""));
  const contents = given.flatMap((one) => entriesOf(one).filter((entry) => isContents(entry, one)));
  const apart = new Set(contents.map(({ resource }) => resource));
  const shown = all.map(({ resource }) => resource).filter((r) => !APART.has(r.resourceType) && !apart.has(r));
  const resources = new Map(shown.map((resource, i) => [String(i + 1), resource]));
  const idOf = new Map([...resources].map(([id, resource]) => [resource, id]));
  const clinics = clinicsOf(all, find);
  const person = all.find(({ resource }) => resource.resourceType === "Patient")?.resource;
  return {
    patient: person && { name: titleOf(person), birthDate: textOf(person.birthDate) },
    made: textOf(contents[0]?.resource.date) ?? textOf(given[0]?.timestamp),
    entries: [...resources].map(([id, resource]) => ({
      id,
      href: hrefOf(id),
      day: dayOfResource(resource),
      kind: kindOf(resource),
      title: titleOf(resource, find) ?? typeName(resource.resourceType).text,
      detail: detailOf(resource),
      flag: flagOf(resource),
      clinic: clinics.get(resource),
    })),
    resources,
    series: seriesOf(shown, (resource) => hrefOf(idOf.get(resource)!)).filter(({ points }) => points.length > 1),
    find(reference) {
      const resource = find(reference);
      return resource && { resource, id: idOf.get(resource) };
    },
  };
}
