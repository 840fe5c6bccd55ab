// Makes the lists of "My records" from the own records and the report over them: visits, entries, faults, series of values, and
// the text that the search looks through. Pure, and in the worker; the page gets the light lists, and one resource at a time.
//
// A Provenance of the report says which record (by its manifest's hash) a resource comes from, and a record knows its visit. So each
// resource stands with the visit that it was filed at, whatever clinic and date it names itself.

import type { DocumentBundle, FhirEntry, OwnRecords, SessionView } from "../../../client/index.ts";
import {
  dayOfResource,
  detailOf,
  type Flag,
  fileOf,
  flagOf,
  isMadeByReport,
  type Kind,
  kindOf,
  titleOf,
} from "../../shared/fhir/about.ts";
import { type Series, seriesOf } from "../../shared/fhir/series.ts";
import { fieldsIn, isFields, type Resource, textOf, type Value } from "../../shared/fhir/value.ts";

/** One resource in the timeline. */
export interface RecordItem {
  id: string;
  type: string;
  kind: Kind;
  day: string | undefined;
  /** undefined if the resource has no name of its own */
  title: string | undefined;
  detail: string | undefined;
  flag: Flag | undefined;
  /** media type of a document's file, or "unread" */
  file: string | undefined;
  clinic: string | undefined;
  visit: string | undefined;
}
export interface VisitItem {
  /** tagHash */
  key: string;
  tid: string;
  /** of the disc; undefined after a recovery */
  mark: string | undefined;
  clinic: string;
  /** the day that the records give, or that of the check-in */
  day: string | undefined;
  /** entries about health */
  count: number;
  /** records that the clinic took back, and records that it erased */
  withdrawn: number;
  erased: number;
}
export interface FaultItem {
  clinic: string;
  /** undefined: the whole visit */
  record: string | undefined;
  day: string | undefined;
  /** English, of the SDK; for the technical view */
  reason: string;
}
/** What the page keeps. */
export interface RecordsList {
  items: RecordItem[];
  visits: VisitItem[];
  faults: FaultItem[];
  /** unix seconds */
  at: number;
}
export interface RecordLink {
  title: string | undefined;
  type: string;
  file: string | undefined;
  /** undefined: it has no screen */
  id: string | undefined;
}
/** One resource on its screen. */
export interface OneRecord {
  item: RecordItem;
  resource: Resource;
  /** by the text of the reference */
  links: Record<string, RecordLink>;
  /** every series that this value is part of */
  series: Series[];
}

/** Resources that the report itself makes, or that stand beside it. They have no line in the timeline. */
const OWN = new Set(["Patient", "Provenance"]);

export class RecordIndex {
  readonly list: RecordsList;
  readonly #entries = new Map<string, FhirEntry>();
  readonly #idOf = new Map<string, string>();
  readonly #byName = new Map<string, FhirEntry | undefined>();
  readonly #series: Series[];
  #texts: Map<string, string> | undefined;

  /** @param markOf the mark of a visit's disc @param now unix seconds */
  constructor(
    own: OwnRecords,
    report: DocumentBundle,
    sessions: readonly SessionView[],
    markOf: (tagHash: string) => string | undefined,
    now: number,
  ) {
    const visitOf = visitsByUrl(own, report, sessions);
    const fromReport = new Set(report.entry.slice(0, 1).map(({ fullUrl }) => fullUrl));
    const shown = report.entry
      .filter(
        (entry) => !fromReport.has(entry.fullUrl) && !OWN.has(entry.resource.resourceType) && !isReportsOwn(entry),
      )
      .map((entry) => ({ entry, day: dayOf(entry.resource) }))
      .sort((a, b) => (a.day ?? "").localeCompare(b.day ?? ""));
    for (const [i, { entry }] of shown.entries()) {
      const id = String(i + 1);
      this.#entries.set(id, entry);
      this.#idOf.set(entry.fullUrl, id);
    }
    for (const entry of report.entry) {
      const name = `${entry.resource.resourceType}/${String(entry.resource.id)}`;
      this.#byName.set(name, this.#byName.has(name) ? undefined : entry);
      this.#byName.set(entry.fullUrl, entry);
    }
    const items = shown.map(({ entry, day }): RecordItem => {
      const { resource, fullUrl } = entry;
      const session = visitOf.get(fullUrl);
      const clinic = session?.serviceName ?? this.#authorOf(entry);
      return {
        id: this.#idOf.get(fullUrl)!,
        type: resource.resourceType,
        kind: kindOf(resource),
        day,
        title: titleOf(resource, (reference) => this.#byName.get(reference)?.resource),
        detail: detailOf(resource),
        flag: flagOf(resource),
        file: fileOf(resource),
        clinic,
        visit: session?.tagHash,
      };
    });
    const visits = visitItems(sessions, items, own, markOf);
    const faults = own.faults.map(({ serviceName, recordId, reason, manifest }) => ({
      clinic: serviceName,
      record: recordId,
      day: manifest && isoDay(manifest.day),
      reason,
    }));
    this.list = { items, visits, faults, at: now };
    const idOf = new Map(shown.map(({ entry }, i) => [entry.resource, String(i + 1)]));
    this.#series = seriesOf(idOf.keys(), (resource) => `/records/${idOf.get(resource)}`);
  }

  /** Series of at least two values: the charts. */
  get charts(): Series[] {
    return this.#series.filter(({ points }) => points.length > 1);
  }

  one(id: string): OneRecord | undefined {
    const entry = this.#entries.get(id);
    const item = this.list.items.find((one) => one.id === id);
    if (entry === undefined || item === undefined) return undefined;
    const links: Record<string, RecordLink> = {};
    for (const reference of referencesOf(entry.resource)) {
      const target = this.#byName.get(reference.replace(/\/_history\/.*$/, ""));
      if (target !== undefined && target !== entry)
        links[reference] = {
          title: titleOf(target.resource),
          type: target.resource.resourceType,
          file: fileOf(target.resource),
          id: this.#idOf.get(target.fullUrl),
        };
    }
    const series = this.charts.filter(({ points }) => points.some(({ href }) => href === `/records/${id}`));
    return { item, resource: entry.resource, links, series };
  }

  /** Ids of the entries that hold every word of the query, anywhere in them. */
  search(query: string): string[] {
    const words = folded(query).split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    this.#texts ??= new Map(
      this.list.items.map((item) => [
        item.id,
        folded([item.clinic, item.day, ...textsIn(this.#entries.get(item.id)!.resource)].join("\n")),
      ]),
    );
    return [...this.#texts].filter(([, text]) => words.every((word) => text.includes(word))).map(([id]) => id);
  }

  /** Of a document that stands for a record which is no FHIR. */
  #authorOf({ resource }: FhirEntry): string | undefined {
    const [author] = fieldsIn(resource.author);
    const target = author && this.#byName.get(String(author.reference));
    return target && textOf(target.resource.name);
  }
}

/** Small letters without accents and direction marks, for a search that forgives. */
const folded = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, "")
    .toLowerCase();

/** Of a manifest. A clinic can sign a day that no calendar has, so the day is bounded. */
const isoDay = (day: number): string => new Date(Math.min(day, LAST_DAY) * 86_400_000).toISOString().slice(0, 10);
const LAST_DAY = 2_932_896;
const dayOf = (resource: Resource): string | undefined => dayOfResource(resource);

const isReportsOwn = ({ resource }: FhirEntry): boolean =>
  resource.resourceType === "Organization" &&
  fieldsIn(resource.identifier).some(({ system }) => system === "urn:symbolon:service");

function visitsByUrl(
  { records, faults }: OwnRecords,
  report: DocumentBundle,
  sessions: readonly SessionView[],
): Map<string, SessionView> {
  const byManifest = new Map(records.map((record) => [record.manifestHash, record.session]));
  const unread = new Map<unknown, string>(faults.map(({ recordId, tagHash }) => [recordId, tagHash]));
  const found = new Map<string, SessionView>();
  for (const { fullUrl, resource } of report.entry) {
    if (isMadeByReport(resource)) {
      const [identifier] = fieldsIn(resource.identifier);
      const session = sessions.find(({ tagHash }) => tagHash === unread.get(identifier?.value));
      if (session !== undefined) found.set(fullUrl, session);
    }
    if (resource.resourceType !== "Provenance") continue;
    const [entity] = fieldsIn(resource.entity);
    const what = isFields(entity?.what) && isFields(entity.what.identifier) ? entity.what.identifier.value : undefined;
    const session =
      typeof what === "string" ? byManifest.get(what as (typeof records)[number]["manifestHash"]) : undefined;
    if (session === undefined) continue;
    for (const { reference } of fieldsIn(resource.target)) {
      const url = String(reference);
      if (!found.has(url)) found.set(url, session);
    }
  }
  return found;
}

function visitItems(
  sessions: readonly SessionView[],
  items: readonly RecordItem[],
  { records }: OwnRecords,
  markOf: (tagHash: string) => string | undefined,
): VisitItem[] {
  return sessions
    .filter(({ state }) => state === "open" || state === "recovered")
    .map(({ tagHash, tid, serviceName, openedAt }) => {
      const own = items.filter(({ visit }) => visit === tagHash);
      const filed = records.filter(({ session }) => session.tagHash === tagHash);
      const days = [
        own.find(({ type, day }) => type === "Encounter" && day !== undefined)?.day,
        openedAt === undefined ? undefined : new Date(openedAt * 1000).toISOString().slice(0, 10),
        filed[0] && isoDay(filed[0].manifest.day),
      ];
      return {
        key: tagHash,
        tid,
        mark: markOf(tagHash),
        clinic: serviceName,
        day: days.find((day) => day !== undefined),
        count: own.filter(({ kind }) => kind !== "beside").length,
        withdrawn: filed.filter(({ status }) => status === "withdrawn").length,
        erased: filed.filter(({ status }) => status === "erased").length,
      };
    });
}

function* objectsIn(value: Value): Generator<{ readonly [name: string]: Value }> {
  if (Array.isArray(value)) for (const item of value) yield* objectsIn(item as Value);
  else if (isFields(value)) {
    yield value;
    for (const item of Object.values(value)) yield* objectsIn(item);
  }
}
const referencesOf = (resource: Resource): string[] =>
  [...objectsIn(resource)].flatMap(({ reference }) => (typeof reference === "string" ? [reference] : []));

/** Texts for the search. Not the bytes of files. */
const textsIn = (resource: Resource): string[] =>
  [...objectsIn(resource)].flatMap((object) =>
    Object.entries(object).flatMap(([name, value]) => (typeof value === "string" && name !== "data" ? [value] : [])),
  );
