// The timeline over all clinics, the search, and the plain words about what could not be read.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import {
  dateText,
  fallbackTitle,
  type Group,
  GroupHeading,
  Timeline,
  type TimelineEntry,
} from "../../shared/fhir/index.ts";
import { timeText } from "../../shared/language.ts";
import { Disc } from "../../shared/ui/disc.tsx";
import { Button, Empty, Field, Notice, Tid } from "../../shared/ui/kit.tsx";
import { engine } from "../remote.ts";
import type { FaultItem, RecordItem, RecordsList, VisitItem } from "./record-index.ts";
import { fetchRecords, filters, list, query } from "./state.ts";
import { words } from "./words.ts";

const entryOf = ({ id, type, title, file, ...item }: RecordItem): TimelineEntry => ({
  ...item,
  id,
  title: title ?? fallbackTitle(type, file),
  href: `/records/${id}`,
});

/** The half of the disc that the phone showed at the check-in; after a recovery the TID. */
export const VisitMark = ({ visit }: { visit: VisitItem }) =>
  visit.mark === undefined ? null : <Disc mark={visit.mark} side="left" small label={words.value.mark} />;

function Faults({ faults }: { faults: readonly FaultItem[] }) {
  const w = words.value;
  if (faults.length === 0) return null;
  const records = faults.filter(({ record }) => record !== undefined).length;
  const visits = faults.length - records;
  const told = [records > 0 && w.unreadWord(records), visits > 0 && w.partsWord(visits)].filter(Boolean).join(". ");
  return (
    <Notice tone="warn" word={told}>
      <p>{w.unreadHelp}</p>
      <details>
        <summary>{w.unreadMore}</summary>
        <ul>
          {faults.map(({ clinic, record, day, reason }, i) => (
            <li key={i}>
              <span dir="auto">{clinic}</span>
              {day !== undefined && `, ${dateText(day)}`}
              {record === undefined && `, ${w.wholeVisit}`}{" "}
              <span class="hint" lang="en" dir="ltr">
                {reason}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}

/** A visit with nothing filed stands in the timeline as well: people look for it. */
function entriesOf({ items, visits }: RecordsList): TimelineEntry[] {
  const bare = visits
    .filter(({ count }) => count === 0)
    .map(
      ({ key, day, clinic }): TimelineEntry => ({
        id: `visit ${key}`,
        kind: "visit",
        day,
        clinic,
        visit: key,
        title: words.value.nothingFiled,
      }),
    );
  return [...items.map(entryOf), ...bare];
}

let scrolled = 0;
/** Comes back to where the list was left. */
function useScroll(): void {
  useEffect(() => {
    scrollTo(0, scrolled);
    const keep = (): void => {
      scrolled = scrollY;
    };
    addEventListener("click", keep, { capture: true });
    return () => removeEventListener("click", keep, { capture: true });
  }, []);
}

export function TimelineScreen() {
  const w = words.value;
  const { items, visits, faults, at } = list.value!;
  const found = useSignal<readonly string[]>([]);
  const asked = query.value.trim();
  useScroll();
  useEffect(() => {
    let isCurrent = true;
    void engine.searchRecords(asked).then((ids) => {
      if (isCurrent) found.value = ids;
    });
    return () => {
      isCurrent = false;
    };
  }, [asked, list.value]);
  const byKey = new Map(visits.map((visit) => [visit.key, visit]));
  const heading = (group: Group) => {
    const visit = group.visit === undefined ? undefined : byKey.get(group.visit);
    return (
      <GroupHeading group={group}>
        {visit && <VisitMark visit={visit} />}
        {visit && visit.mark === undefined && <Tid tid={visit.tid} />}
      </GroupHeading>
    );
  };
  const note = (group: Group) => {
    const { withdrawn = 0, erased = 0 } = byKey.get(group.visit ?? "") ?? {};
    return withdrawn + erased === 0 ? null : (
      <p class="hint">
        {[withdrawn > 0 && w.withdrawn(withdrawn), erased > 0 && w.erased(erased)].filter(Boolean).join(" ")}
      </p>
    );
  };
  const again = <Button onClick={() => fetchRecords(w.loading)}>{w.fetchAgain}</Button>;
  if (visits.length === 0 && items.length === 0)
    return (
      <>
        <Faults faults={faults} />
        <Empty title={w.emptyTitle}>
          <p>{w.empty}</p>
          {again}
        </Empty>
      </>
    );
  const matches = new Set(found.value);
  return (
    <>
      <Faults faults={faults} />
      <search class="no-print">
        <Field
          label={w.search}
          type="search"
          value={query.value}
          onInput={(text) => {
            query.value = text;
          }}
        />
      </search>
      {asked === "" ? (
        <Timeline entries={entriesOf(list.value!)} visits={visits} heading={heading} note={note} kept={filters} />
      ) : (
        <section class="stack">
          <h2>{w.found(asked)}</h2>
          {matches.size === 0 ? (
            <Empty title={w.nothingFound}>
              <Button
                onClick={() => {
                  query.value = "";
                }}
              >
                {w.clear}
              </Button>
            </Empty>
          ) : (
            <Timeline
              entries={items.filter(({ id }) => matches.has(id)).map(entryOf)}
              visits={visits}
              heading={heading}
              unfiltered
            />
          )}
        </section>
      )}
      <div class="row no-print">
        <Button onClick={() => print()}>{w.print}</Button>
        {again}
      </div>
      <p class="hint">{w.fetched(timeText(at))}</p>
    </>
  );
}
