// Which entries of a timeline are shown, and how they are put together: by visit where it is known, else by clinic and day.

import type { Flag, Kind } from "./about.ts";

export interface TimelineEntry {
  id: string;
  /** its screen */
  href?: string | undefined;
  /** ISO date, month or year; undefined if it is not known */
  day: string | undefined;
  kind: Kind;
  title: string;
  detail?: string | undefined;
  flag?: Flag | undefined;
  /** name of the clinic that filed it */
  clinic?: string | undefined;
  /** key of the visit that it belongs to */
  visit?: string | undefined;
}

export type Since = "all" | "year" | "five";
export interface Filters {
  kind: Kind | "all";
  clinic: string;
  since: Since;
}
/** Bills and addresses come only when they are asked for. */
export const NO_FILTERS: Filters = { kind: "all", clinic: "", since: "all" };

const YEARS: Readonly<Record<Since, number | undefined>> = { all: undefined, year: 1, five: 5 };

/** @param today ISO date */
export function matching<T extends TimelineEntry>(
  entries: readonly T[],
  { kind, clinic, since }: Filters,
  today: string,
): T[] {
  const years = YEARS[since];
  const from = years === undefined ? "" : `${Number(today.slice(0, 4)) - years}${today.slice(4)}`;
  return entries.filter(
    (entry) =>
      (kind === "all" ? entry.kind !== "beside" : entry.kind === kind) &&
      (clinic === "" || entry.clinic === clinic) &&
      (from === "" || (entry.day ?? "") >= from.slice(0, entry.day?.length)),
  );
}

export interface Group<T extends TimelineEntry = TimelineEntry> {
  key: string;
  visit: string | undefined;
  day: string | undefined;
  clinic: string | undefined;
  entries: T[];
}

/** A visit as the timeline shows it, also with nothing filed yet. */
export interface TimelineVisit {
  key: string;
  day: string | undefined;
  clinic: string | undefined;
}

const KIND_ORDER: readonly Kind[] = [
  "visit",
  "condition",
  "allergy",
  "medication",
  "procedure",
  "immunization",
  "result",
  "vital",
  "document",
  "plan",
  "other",
  "beside",
];

/** Newest first; those without a day last. @param visits whose days stand for the group's */
export function grouped<T extends TimelineEntry>(
  entries: readonly T[],
  visits: readonly TimelineVisit[] = [],
): Group<T>[] {
  const known = new Map(visits.map((visit) => [visit.key, visit]));
  const groups = new Map<string, Group<T>>();
  for (const entry of entries) {
    const visit = entry.visit === undefined ? undefined : known.get(entry.visit);
    const day = visit?.day ?? entry.day;
    const key = visit?.key ?? `${day ?? ""} ${entry.clinic ?? ""}`;
    const group = groups.get(key) ?? {
      key,
      visit: visit?.key,
      day,
      clinic: visit?.clinic ?? entry.clinic,
      entries: [],
    };
    group.entries.push(entry);
    groups.set(key, group);
  }
  for (const group of groups.values())
    group.entries.sort(
      (a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind) || a.title.localeCompare(b.title),
    );
  return [...groups.values()].sort((a, b) => (b.day ?? "").localeCompare(a.day ?? ""));
}
