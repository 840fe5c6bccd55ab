// The display of FHIR resources for people: the one door for the wallet, the desk and the viewer.
//
//   titleOf, dayOfResource, kindOf, detailOf, flagOf   what a list says of a resource
//   ResourceView        one resource on a screen            Timeline     many, by visit, with filters
//   ValueChart          the points of a series              seriesOf     the series in a set of resources
//
// Numbers keep their digits: pass resources as the SDK's parseJson reads them. They may cross postMessage as they are (value.ts).

import "./fhir.css";

export {
  dayOfResource,
  detailOf,
  type Flag,
  fileOf,
  flagOf,
  KINDS,
  type Kind,
  kindOf,
  type Range,
  rangeOf,
  timeOfResource,
  titleOf,
} from "./about.ts";
export { ValueChart, type ValueChartProps } from "./chart-view.tsx";
export { dateText, elementText } from "./element.ts";
export { FieldsView, type Finder } from "./fields-view.tsx";
export type { Filters, Group, TimelineEntry, TimelineVisit } from "./filters.ts";
export { fallbackTitle, fieldName, typeName } from "./names.ts";
export { usePrintedWhole } from "./print.ts";
export { FlagMark, ResourceView, type ResourceViewProps } from "./resource-view.tsx";
export { type Point, type Series, seriesOf } from "./series.ts";
export { EntryLine, GroupHeading, Timeline, type TimelineProps } from "./timeline.tsx";
export { jsonText, narrativeText, numberText, type Resource, type Value } from "./value.ts";
