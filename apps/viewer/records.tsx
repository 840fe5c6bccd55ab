// The records that a link shows: whom they are about, a timeline, the values that were measured more than once, and each entry on a
// screen of its own. On paper everything stands in full.

import { signal } from "@preact/signals";
import { NO_FILTERS } from "../shared/fhir/filters.ts";
import {
  dateText,
  type Filters,
  ResourceView,
  Timeline,
  titleOf,
  typeName,
  usePrintedWhole,
  ValueChart,
} from "../shared/fhir/index.ts";
import { path } from "../shared/route.ts";
import { Button, Empty, Facts, Page } from "../shared/ui/kit.tsx";
import { common } from "../shared/words/common.ts";
import { link, records } from "./state.ts";
import { words } from "./words.ts";

const filters = signal<Filters>(NO_FILTERS);
/** everything is drawn in full, for the printer */
const printing = signal(false);

function printAll(): void {
  printing.value = true;
  addEventListener(
    "afterprint",
    () => {
      printing.value = false;
    },
    { once: true },
  );
  // after the next frame: the page has drawn it
  requestAnimationFrame(() => setTimeout(print));
}

function About() {
  const w = words.value;
  const { patient, made } = records.value!;
  const rows = [
    ...(patient?.name === undefined ? [] : [[w.person, <bdi key="name">{patient.name}</bdi>] as const]),
    ...(patient?.birthDate === undefined ? [] : [[w.born, dateText(patient.birthDate)] as const]),
    ...(made === undefined ? [] : [[w.made, dateText(made.slice(0, 10))] as const]),
  ];
  return rows.length === 0 ? null : <Facts rows={rows} />;
}

/** Every entry in full, for the printer alone. */
function Paper() {
  const { entries, resources } = records.value!;
  return (
    <div class="paper">
      {entries
        .filter(({ kind }) => kind !== "beside")
        .map(({ id, title, day, clinic }) => (
          <section key={id} class="stack">
            <h2 dir="auto">{title}</h2>
            <p class="hint">
              {[day === undefined ? undefined : dateText(day), clinic].filter((part) => part !== undefined).join(" · ")}
            </p>
            <ResourceView resource={resources.get(id)!} resolve={resolve} />
          </section>
        ))}
    </div>
  );
}

const resolve = (reference: string) => {
  const found = records.value?.find(reference);
  return (
    found && {
      title: titleOf(found.resource) ?? typeName(found.resource.resourceType).text,
      href: found.id === undefined ? undefined : `/record/${found.id}`,
    }
  );
};

export function List() {
  const w = words.value;
  const { entries, series } = records.value!;
  usePrintedWhole();
  return (
    <Page title={link.value?.label ?? w.askTitle}>
      <About />
      <p class="no-print">{w.leave}</p>
      <div class="row no-print">
        <Button onClick={printAll}>{w.printAll}</Button>
      </div>
      {entries.length === 0 ? (
        <Empty title={w.emptyTitle}>
          <p>{w.empty}</p>
        </Empty>
      ) : (
        <Timeline entries={entries} kept={filters} />
      )}
      {series.length > 0 && (
        <details class="charts">
          <summary>{w.charts(series.length)}</summary>
          {series.map(({ key, title, points, range, unit }) => (
            <section class="stack" key={key}>
              <h2 dir="auto">{title}</h2>
              <ValueChart title={title} points={points} range={range} unit={unit} />
            </section>
          ))}
        </details>
      )}
      {printing.value && <Paper />}
    </Page>
  );
}

export function One() {
  const w = words.value;
  const id = path.value.split("/")[2] ?? "";
  const { entries, resources, series } = records.value!;
  const [entry, resource] = [entries.find((one) => one.id === id), resources.get(id)];
  const back = (
    <p class="no-print">
      <a href="/">{w.back}</a>
    </p>
  );
  if (!entry || !resource) return <Page title={w.emptyTitle}>{back}</Page>;
  const own = series.filter(({ points }) => points.some(({ href }) => href === entry.href));
  return (
    <Page title={entry.title}>
      {back}
      <p>
        {typeName(resource.resourceType).text}
        {entry.day !== undefined && ` · ${dateText(entry.day)}`}
      </p>
      {entry.clinic !== undefined && <p dir="auto">{entry.clinic}</p>}
      <ResourceView resource={resource} resolve={resolve}>
        {own.map(({ key, title, points, range, unit }) => (
          <ValueChart key={key} title={title} points={points} range={range} unit={unit} />
        ))}
      </ResourceView>
      <div class="row no-print">
        <Button onClick={() => print()}>{common.value.print}</Button>
      </div>
    </Page>
  );
}
