// A timeline of records with filters by kind, clinic and time. It is newest first, a group per visit. A long visit shows its first
// entries, and the rest on demand; a printed page has all of them.

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Button, Empty, Select } from "../ui/kit.tsx";
import { KINDS } from "./about.ts";
import { dateText } from "./element.ts";
import {
  type Filters,
  type Group,
  grouped,
  matching,
  NO_FILTERS,
  type Since,
  type TimelineEntry,
  type TimelineVisit,
} from "./filters.ts";
import { usePrintedWhole } from "./print.ts";
import { FlagMark } from "./resource-view.tsx";
import { fhirWords } from "./words.ts";

const AT_FIRST = 6;

function EntryLine({ entry, showsKind, showsDay }: { entry: TimelineEntry; showsKind?: boolean; showsDay?: boolean }) {
  const words = fhirWords.value;
  const { href, title, detail, flag, kind, day } = entry;
  return (
    <>
      {(showsKind || showsDay) && (
        <span class="hint">
          {[showsKind && words.kinds[kind], showsDay && day !== undefined && dateText(day)].filter(Boolean).join(" · ")}
        </span>
      )}
      <span class="fhir-line">
        {href === undefined ? (
          <span dir="auto">{title}</span>
        ) : (
          <a href={href} dir="auto">
            {title}
          </a>
        )}
        {detail !== undefined && <bdi class="fhir-detail">{detail}</bdi>}
        {flag !== undefined && flag !== "range" && <FlagMark flag={flag} />}
      </span>
    </>
  );
}

function GroupView({ group, heading, note }: { group: Group; heading: ComponentChildren; note: ComponentChildren }) {
  const [first, rest] = [group.entries.slice(0, AT_FIRST), group.entries.slice(AT_FIRST)];
  const items = (entries: readonly TimelineEntry[]) =>
    entries.map((entry, i) => (
      <li key={entry.id}>
        <EntryLine entry={entry} showsKind={entry.href !== undefined && entry.kind !== entries[i - 1]?.kind} />
      </li>
    ));
  return (
    <section class="fhir-group">
      {heading}
      {note}
      <ul class="list">{items(first)}</ul>
      {rest.length > 0 && (
        <details class="fhir-more">
          <summary>{fhirWords.value.moreOf(rest.length)}</summary>
          <ul class="list">{items(rest)}</ul>
        </details>
      )}
    </section>
  );
}

/** The heading of a group where the app has none of its own. */
export const GroupHeading = ({ group, children }: { group: Group; children?: ComponentChildren }) => (
  <div class="fhir-head">
    {children}
    <div>
      <h2>{group.day === undefined ? fhirWords.value.noDay : dateText(group.day)}</h2>
      {group.clinic !== undefined && <p dir="auto">{group.clinic}</p>}
    </div>
  </div>
);

export interface TimelineProps {
  entries: readonly TimelineEntry[];
  visits?: readonly TimelineVisit[];
  /** of a group, such as one with the visit's disc */
  heading?: (group: Group) => ComponentChildren;
  /** below the heading */
  note?: (group: Group) => ComponentChildren;
  /** keeps the chosen filters while another screen is shown */
  kept?: Signal<Filters>;
  /** entries that a search found come without filters */
  unfiltered?: boolean;
}

export function Timeline({ entries, visits, heading, note, kept, unfiltered = false }: TimelineProps) {
  const words = fhirWords.value;
  usePrintedWhole();
  const own = useSignal<Filters>(NO_FILTERS);
  const chosen = kept ?? own;
  const filters = unfiltered ? NO_FILTERS : chosen.value;
  const set = (change: Partial<Filters>): void => {
    chosen.value = { ...filters, ...change };
  };
  const kinds = KINDS.filter((kind) => entries.some((entry) => entry.kind === kind));
  const clinics = [...new Set(entries.flatMap(({ clinic }) => clinic ?? []))].sort();
  const shown = matching(entries, filters, new Date().toISOString().slice(0, 10));
  const groups = grouped(shown, visits);
  const times: Readonly<Record<Since, string>> = { all: words.allTime, year: words.lastYear, five: words.lastFive };
  const chosenText = [
    filters.kind === "all" ? words.allKinds : words.kinds[filters.kind],
    filters.clinic === "" ? words.allClinics : filters.clinic,
    times[filters.since],
  ].join(" · ");
  const isFiltered = filters.kind !== "all" || filters.clinic !== "" || filters.since !== "all";
  return (
    <div class="stack">
      {!unfiltered && (
        <details class="no-print" open={isFiltered}>
          <summary>
            {words.filter}
            <span class="hint">: {chosenText}</span>
          </summary>
          <div class="fhir-filters">
            <Select
              label={words.kind}
              value={filters.kind}
              options={[
                { value: "all", text: words.allKinds },
                ...kinds.map((kind) => ({ value: kind, text: words.kinds[kind] })),
              ]}
              onChoose={(kind) => set({ kind: kind as Filters["kind"] })}
            />
            {clinics.length > 1 && (
              <Select
                label={words.clinic}
                value={filters.clinic}
                options={[
                  { value: "", text: words.allClinics },
                  ...clinics.map((name) => ({ value: name, text: name })),
                ]}
                onChoose={(clinic) => set({ clinic })}
              />
            )}
            <Select
              label={words.time}
              value={filters.since}
              options={Object.entries(times).map(([value, text]) => ({ value, text }))}
              onChoose={(since) => set({ since: since as Since })}
            />
          </div>
        </details>
      )}
      <p class="hint" role="status">
        {words.records(shown.length)}
      </p>
      {groups.length === 0 ? (
        <Empty title={words.noneMatch}>
          {!unfiltered && <Button onClick={() => set(NO_FILTERS)}>{words.showAll}</Button>}
        </Empty>
      ) : (
        groups.map((group) => (
          <GroupView
            key={group.key}
            group={group}
            heading={heading?.(group) ?? <GroupHeading group={group} />}
            note={note?.(group)}
          />
        ))
      )}
    </div>
  );
}
