// The display of FHIR resources for people: the one door for the wallet, the desk and the viewer.
//
//   titleOf, dayOfResource, kindOf, detailOf, flagOf   what a list says of a resource
//   ResourceView        one resource on a screen            Timeline     many, by visit, with filters
//   ValueChart          the points of a series              seriesOf     the series in a set of resources
//
// Numbers keep their digits: pass resources as the SDK's parseJson reads them. They may cross postMessage as they are (value.ts).

import "./fhir.css";

export { titleOf } from "./about.ts";
export { ValueChart } from "./chart-view.tsx";
export { dateText } from "./element.ts";

export type { Filters, Group, TimelineEntry } from "./filters.ts";
export { fallbackTitle, typeName } from "./names.ts";
export { usePrintedWhole } from "./print.ts";
export { ResourceView } from "./resource-view.tsx";
export type { Series } from "./series.ts";
export { GroupHeading, Timeline } from "./timeline.tsx";
