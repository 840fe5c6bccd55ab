// Everything that was measured more than once, as charts.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Series, ValueChart } from "../../shared/fhir/index.ts";
import { Empty } from "../../shared/ui/kit.tsx";
import { engine } from "../remote.ts";
import { list } from "./state.ts";
import { words } from "./words.ts";

export const SeriesChart = ({
  series: { title, points, range, unit },
  heading = title,
}: {
  series: Series;
  heading?: string;
}) => (
  <section class="stack">
    <h2 dir="auto">{heading}</h2>
    <ValueChart title={title} points={points} range={range} unit={unit} />
  </section>
);

export function Values() {
  const w = words.value;
  const charts = useSignal<readonly Series[] | undefined>(undefined);
  useEffect(() => {
    void engine.recordCharts().then((found) => {
      charts.value = found;
    });
  }, [list.value]);
  if (charts.value === undefined) return null;
  if (charts.value.length === 0)
    return (
      <Empty title={w.noValues}>
        <p>{w.noValuesHelp}</p>
      </Empty>
    );
  return (
    <>
      <p>{w.valuesIntro}</p>
      {charts.value.map((series) => (
        <SeriesChart key={series.key} series={series} />
      ))}
    </>
  );
}
