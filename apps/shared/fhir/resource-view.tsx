// One FHIR resource on a screen. First the thing that people look for: the value with its mark and normal range, the dose, the
// reaction. Then the fields of its kind, then all others under "More details", then the JSON under "Technical view".

import type { ComponentChildren } from "preact";
import { type Flag, flagOf, isMadeByReport, rangeTexts, valueText } from "./about.ts";
import { shapeOf } from "./chart.ts";
import { conceptWords } from "./element.ts";
import { FieldsView, type Finder, hasFields, ValueView } from "./fields-view.tsx";
import { usePrintedWhole } from "./print.ts";
import {
  choiceOf,
  conceptText,
  type Fields,
  fieldsIn,
  isFields,
  jsonText,
  narrativeText,
  type Resource,
  textOf,
  type Value,
} from "./value.ts";
import { fhirWords } from "./words.ts";

const SHAPES = { up: "▲", down: "▼", diamond: "◆", circle: "●" } as const;

/** Where a value stands, by a shape and a word. */
export function FlagMark({ flag }: { flag: Flag | undefined }) {
  if (flag === undefined) return null;
  return (
    <span class={flag === "range" ? "fhir-flag" : "fhir-flag out"}>
      <span aria-hidden="true">{SHAPES[shapeOf(flag)]}</span> {fhirWords.value.flags[flag]}
    </span>
  );
}

/** Fields that a reader needs first, by type. */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  Observation: [
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "status",
    "bodySite",
    "method",
    "performer",
    "note",
  ],
  Condition: [
    "clinicalStatus",
    "verificationStatus",
    "severity",
    "onsetDateTime",
    "onsetAge",
    "onsetPeriod",
    "onsetString",
    "abatementDateTime",
    "abatementString",
    "bodySite",
    "recordedDate",
    "note",
  ],
  MedicationRequest: [
    "dosageInstruction",
    "status",
    "authoredOn",
    "reasonCode",
    "reasonReference",
    "dispenseRequest",
    "requester",
    "note",
  ],
  MedicationStatement: [
    "dosage",
    "status",
    "effectiveDateTime",
    "effectivePeriod",
    "reasonCode",
    "reasonReference",
    "note",
  ],
  MedicationAdministration: ["dosage", "status", "effectiveDateTime", "effectivePeriod", "reasonCode", "note"],
  MedicationDispense: ["dosageInstruction", "quantity", "status", "whenHandedOver", "note"],
  AllergyIntolerance: [
    "reaction",
    "criticality",
    "clinicalStatus",
    "verificationStatus",
    "type",
    "category",
    "onsetDateTime",
    "recordedDate",
    "note",
  ],
  Immunization: [
    "occurrenceDateTime",
    "occurrenceString",
    "status",
    "doseQuantity",
    "protocolApplied",
    "site",
    "route",
    "lotNumber",
    "performer",
    "note",
  ],
  Procedure: [
    "performedDateTime",
    "performedPeriod",
    "status",
    "bodySite",
    "outcome",
    "reasonCode",
    "reasonReference",
    "performer",
    "note",
  ],
  DiagnosticReport: [
    "conclusion",
    "conclusionCode",
    "effectiveDateTime",
    "issued",
    "status",
    "result",
    "presentedForm",
    "performer",
  ],
  Encounter: [
    "period",
    "class",
    "type",
    "status",
    "reasonCode",
    "reasonReference",
    "diagnosis",
    "hospitalization",
    "participant",
    "serviceProvider",
  ],
  DocumentReference: ["content", "description", "date", "author", "type"],
  Composition: ["date", "author", "section"],
};
/** Of DocumentReference the file alone; its format is for machines. */
const contentOf = (resource: Resource): Value =>
  fieldsIn(resource.content).map(({ attachment }) => attachment) as Value;

/** Fields that the headline or the frame around it has said. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  Observation: ["code", "interpretation", "referenceRange", "component", "dataAbsentReason", "category"],
  Condition: ["code"],
  MedicationRequest: ["medicationCodeableConcept"],
  MedicationStatement: ["medicationCodeableConcept"],
  AllergyIntolerance: ["code"],
  Immunization: ["vaccineCode"],
  Procedure: ["code"],
  DiagnosticReport: ["code"],
  DocumentReference: ["content"],
};
/** References to the visit and the person: they are what the timeline has said already. */
const MADE = ["identifier", "description", "type", "custodian"];
const AROUND = ["subject", "patient"];

function Measured({ holder }: { holder: Fields }) {
  const words = fhirWords.value;
  const range = rangeTexts(holder);
  const value = valueText(holder);
  const said = conceptText(holder.interpretation);
  const flag = flagOf(holder);
  const absent = conceptWords(holder.dataAbsentReason);
  return (
    <div class="fhir-measured">
      {value === undefined ? <span>{absent ?? words.noValue}</span> : <bdi class="fhir-value">{value}</bdi>}
      {flag === undefined ? said !== undefined && <span class="fhir-flag">{said}</span> : <FlagMark flag={flag} />}
      {range.length > 0 && (
        <span class="hint">
          {words.normalRange}: <bdi>{range.join("; ")}</bdi>
        </span>
      )}
    </div>
  );
}

function Parts({ resource }: { resource: Resource }) {
  const parts = fieldsIn(resource.component);
  if (parts.length === 0) return null;
  return (
    <ul class="list">
      {parts.map((part, i) => (
        <li key={i}>
          <strong dir="auto">{conceptText(part.code)}</strong>
          <Measured holder={part} />
        </li>
      ))}
    </ul>
  );
}

function Headline({ resource, resolve }: { resource: Resource } & Finder): ComponentChildren {
  const { resourceType } = resource;
  if (resourceType === "Observation") {
    const own = choiceOf(resource, "value") !== undefined || fieldsIn(resource.component).length === 0;
    return (
      <>
        {own && (valueText(resource) !== undefined || choiceOf(resource, "value") === undefined) && (
          <Measured holder={resource} />
        )}
        <Parts resource={resource} />
      </>
    );
  }
  if (resourceType === "DocumentReference")
    return fieldsIn(contentOf(resource)).map((attachment, i) => (
      <ValueView key={i} name="attachment" value={attachment} resolve={resolve} />
    ));
  return null;
}

export interface ResourceViewProps extends Finder {
  resource: Resource;
  /** after the headline, such as a chart of all values */
  children?: ComponentChildren;
}

/** The heading (titleOf) is the screen's; this is everything below it. */
export function ResourceView({ resource, resolve, children }: ResourceViewProps) {
  usePrintedWhole();
  const words = fhirWords.value;
  const { resourceType } = resource;
  const first = FIRST[resourceType]?.filter((name) => !(resourceType === "DocumentReference" && name === "content"));
  const value = choiceOf(resource, "value");
  const isMade = isMadeByReport(resource);
  const said = new Set([
    ...(isMade ? MADE : []),
    ...(first ?? []),
    ...(SAID[resourceType] ?? []),
    ...(first === undefined ? [] : AROUND),
    ...(resourceType === "Observation" && value !== undefined && valueText(resource) !== undefined ? [value.name] : []),
  ]);
  const text = isFields(resource.text) ? textOf(resource.text.div) : undefined;
  const narrative = text === undefined ? "" : narrativeText(text);
  const rest = first !== undefined && hasFields(resource, undefined, said);
  return (
    <div class="stack fhir">
      {resource.status === "entered-in-error" && <p class="fault">{words.outOfUse}</p>}
      <Headline resource={resource} resolve={resolve} />
      {children}
      {first === undefined ? (
        <FieldsView fields={resource} resolve={resolve} />
      ) : (
        <FieldsView
          fields={resource}
          only={isMade ? first.filter((name) => !MADE.includes(name)) : first}
          resolve={resolve}
        />
      )}
      {narrative !== "" && (
        <details>
          <summary>{words.text}</summary>
          <p class="fhir-words" dir="auto">
            {narrative}
          </p>
        </details>
      )}
      {rest && (
        <details>
          <summary>{words.moreDetails}</summary>
          <FieldsView fields={resource} without={said} resolve={resolve} />
        </details>
      )}
      <details class="no-print">
        <summary>{words.technical}</summary>
        <p class="hint">{words.technicalHint}</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by the keyboard */}
        <pre class="fhir-json" tabIndex={0} dir="ltr" lang="en">
          {jsonText(shortened(resource))}
        </pre>
      </details>
    </div>
  );
}

const MAX_DATA = 120;
/** Base64 of a file is cut: the file is above, and megabytes of it stop a phone. */
function shortened(value: Value, name = ""): Value {
  if (typeof value === "string" && name === "data" && value.length > MAX_DATA)
    return `${value.slice(0, MAX_DATA)}… (${value.length})`;
  if (Array.isArray(value)) return value.map((item: Value) => shortened(item));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item, key)]));
}
