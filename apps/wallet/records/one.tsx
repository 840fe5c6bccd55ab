// One record on its own screen: what it is, when and where, and everything in it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dateText, fallbackTitle, ResourceView, typeName } from "../../shared/fhir/index.ts";
import { Button, Empty, Page, Tid } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import type { OneRecord } from "./record-index.ts";
import { list } from "./state.ts";
import { VisitMark } from "./timeline-screen.tsx";
import { SeriesChart } from "./values.tsx";
import { words } from "./words.ts";

const Back = () => (
  <p class="no-print">
    <a href="/records">{words.value.back}</a>
  </p>
);

function Where({ item }: Pick<OneRecord, "item">) {
  const visit = list.value?.visits.find(({ key }) => key === item.visit);
  const day = item.day ?? visit?.day;
  return (
    <div class="fhir-head">
      {visit && <VisitMark visit={visit} />}
      <div>
        <p>
          {typeName(item.type).text}
          {day !== undefined && ` · ${dateText(day)}`}
        </p>
        {item.clinic !== undefined && <p dir="auto">{item.clinic}</p>}
        {visit && (
          <p class="hint">
            {words.value.visit} <Tid tid={visit.tid} />
          </p>
        )}
      </div>
    </div>
  );
}

export function OneRecordScreen({ id }: { id: string }) {
  const w = words.value;
  const one = useSignal<OneRecord | null | undefined>(undefined);
  useEffect(() => {
    one.value = undefined;
    let isCurrent = true;
    void engine.record(id).then((found) => {
      if (isCurrent) one.value = found ?? null;
    });
    return () => {
      isCurrent = false;
    };
  }, [id]);
  if (one.value === undefined)
    return (
      <main class="page">
        <p>{common.value.working}</p>
      </main>
    );
  if (one.value === null)
    return (
      <Page title={w.title}>
        <Empty title={w.gone}>
          <a class="button" href="/records">
            {w.back}
          </a>
        </Empty>
      </Page>
    );
  const { item, resource, links, series } = one.value;
  const resolve = (reference: string) => {
    const link = Object.hasOwn(links, reference) ? links[reference] : undefined;
    return (
      link && {
        title: link.title ?? fallbackTitle(link.type, link.file),
        href: link.id === undefined ? undefined : `/records/${link.id}`,
      }
    );
  };
  return (
    <Page title={item.title ?? fallbackTitle(item.type, item.file)}>
      <Back />
      <Where item={item} />
      <ResourceView resource={resource} resolve={resolve}>
        {series.map((own) => (
          <SeriesChart key={own.key} series={own} heading={series.length === 1 ? w.valuesOfThis : own.title} />
        ))}
      </ResourceView>
      <div class="row no-print">
        <Button onClick={() => print()}>{w.printOne}</Button>
      </div>
    </Page>
  );
}
