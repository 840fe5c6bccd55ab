// Values that were measured more than once: one series per code and unit, oldest first. A part of a measurement, such as the
// upper blood pressure, is a series of its own.

import { type Flag, flagOf, type Range, rangeOf, timeOfResource } from "./about.ts";
import { conceptText, type Fields, fieldsIn, isFields, numberText, type Resource, textOf, unitOf } from "./value.ts";

export interface Point {
  /** ISO date or time, as written */
  time: string;
  /** digits, as written */
  value: string;
  flag: Flag | undefined;
  /** the reference range that came with it */
  range?: Range | undefined;
  /** where the resource is */
  href?: string | undefined;
}
export interface Series {
  /** of code and unit */
  key: string;
  title: string;
  unit: string;
  points: Point[];
  /** of the newest value that has one */
  range: Range | undefined;
}

const keyOf = (code: unknown): string | undefined => {
  const [coding] = isFields(code as Fields) ? fieldsIn((code as Fields).coding) : [];
  const known = coding && textOf(coding.code);
  return known === undefined ? conceptText(code as Fields) : `${String(coding?.system)}|${known}`;
};

/** Values that count: of final or unmarked observations; not those that were entered in error. */
const NOT_MEANT = new Set(["entered-in-error", "cancelled"]);

/** @param observations any resources; those without a number are passed over. @param hrefOf where a resource is */
export function seriesOf<T extends Resource>(
  observations: Iterable<T>,
  hrefOf: (resource: T) => string | undefined = () => undefined,
): Series[] {
  const found = new Map<string, Series>();
  for (const resource of observations) {
    const time = timeOfResource(resource);
    if (resource.resourceType !== "Observation" || time === undefined || NOT_MEANT.has(String(resource.status)))
      continue;
    const parts = [resource, ...fieldsIn(resource.component)];
    for (const [i, holder] of parts.entries()) {
      const { valueQuantity, code } = holder as Fields;
      const value = isFields(valueQuantity) ? numberText(valueQuantity.value) : undefined;
      const own = keyOf(code);
      if (value === undefined || own === undefined) continue;
      const unit = unitOf(valueQuantity) ?? "";
      const key = [i === 0 ? "" : keyOf(resource.code), own, unit].join(" ");
      const series = found.get(key) ?? { key, title: "", unit, points: [], range: undefined };
      found.set(key, series);
      series.title ||= conceptText(code) ?? own;
      series.points.push({ time, value, flag: flagOf(holder), range: rangeOf(holder), href: hrefOf(resource) });
    }
  }
  const all = [...found.values()];
  for (const series of all) {
    series.points.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
    series.range = series.points.findLast(({ range }) => range !== undefined)?.range;
  }
  return all.sort((a, b) => a.title.localeCompare(b.title));
}
