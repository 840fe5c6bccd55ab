// Which visit each resource goes with. See select.ts for the rules in words.

import { type FhirDate, readDate } from "./dates.ts";
import type { PatientMatcher } from "./person.ts";
import type { LeftOut } from "./read.ts";
import { isAttachment, isReference, type References } from "./references.ts";
import { type FhirEntry, type FhirResource, isObject, type Json, objectsIn, objectsOf, textOf } from "./resource.ts";

/** milliseconds, the end excluded */
export type Span = Pick<FhirDate, "start" | "end">;

/** A visit while entries are being placed. */
export interface Draft {
  encounter: FhirEntry | undefined;
  period: Span | undefined;
  filed: Set<FhirEntry>;
  carried: Set<FhirEntry>;
}
export interface Filing<V extends Draft = Draft> {
  patient: FhirEntry;
  references: References;
  matcher: PatientMatcher;
  visits: V[];
  leftOut: LeftOut[];
  /** each entry that has its place */
  placed: Map<FhirEntry, V | "left-out" | "carried">;
}

export function leave(f: Filing, entry: FhirEntry, reason: string): void {
  f.leftOut.push({ fullUrl: entry.fullUrl, reason });
  f.placed.set(entry, "left-out");
}
export function file<V extends Draft>(f: Filing<V>, entry: FhirEntry, visit: V): void {
  visit.filed.add(entry);
  f.placed.set(entry, visit);
}

export const compareStarts = (a: Span | undefined, b: Span | undefined): number =>
  a && b ? a.start - b.start : Number(!a) - Number(!b);

/** Types that belong to no patient. A resource of any other type is the patient's. */
const SUPPORTING = new Set(
  `ActivityDefinition Binary CapabilityStatement CatalogEntry ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap
  Contract Device DeviceDefinition Endpoint EventDefinition Evidence EvidenceVariable GraphDefinition Group HealthcareService
  ImplementationGuide InsurancePlan Library Location Measure Medication MedicationKnowledge MessageDefinition NamingSystem
  ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation Parameters PlanDefinition
  Practitioner PractitionerRole Questionnaire ResearchDefinition ResearchElementDefinition ResearchStudy RiskEvidenceSynthesis
  Schedule SearchParameter Slot SpecimenDefinition StructureDefinition StructureMap Subscription Substance
  SubstanceSpecification TerminologyCapabilities TestReport TestScript ValueSet VerificationResult`.split(/\s+/),
);
/** The patient's own, and needed by the resources that refer to them: filed by date, and carried elsewhere. */
const CARRIED_TOO = new Set(["Device", "Specimen", "BodyStructure", "RelatedPerson", "Coverage", "CareTeam"]);

/** A Device with a patient is the patient's own, such as an implant. */
export const isSupporting = ({ matcher }: Filing, entry: FhirEntry): boolean =>
  SUPPORTING.has(entry.resource.resourceType) &&
  !(isObject(entry.resource.patient) && matcher.means(entry, entry.resource.patient, "patient"));

/** Notes a resource that is about somebody else. */
export function isLeftOut(s: Filing, entry: FhirEntry): boolean {
  const reason =
    entry.resource.resourceType === "Person"
      ? "a Person is an identity, and no record of care"
      : s.matcher.isAboutAnother(entry)
        ? "it is about another person, or a person that the Bundle does not hold"
        : encountersOf(entry.resource).some((e) => isForeignEncounter(s, entry, e))
          ? "it belongs to another person's Encounter"
          : undefined;
  if (reason !== undefined) leave(s, entry, reason);
  return reason !== undefined;
}

function isForeignEncounter(s: Filing, from: FhirEntry, element: Json): boolean {
  const target = s.references.resolve(from, element);
  return (
    target.kind === "entry" &&
    target.entry.resource.resourceType === "Encounter" &&
    s.placed.get(target.entry) === "left-out"
  );
}

/** References to the Encounters that a resource names as its own. */
function encountersOf({ encounter, context, item }: FhirResource): Json[] {
  const contexts = isObject(context) ? [context, ...(Array.isArray(context.encounter) ? context.encounter : [])] : [];
  const items = objectsOf(item).flatMap((one) => (Array.isArray(one.encounter) ? one.encounter : []));
  return [encounter, ...(Array.isArray(encounter) ? encounter : []), ...contexts, ...items].filter(isObject);
}

export function fileByEncounter(s: Filing, entries: readonly FhirEntry[]): void {
  for (const entry of entries) {
    if (s.placed.has(entry)) continue;
    for (const element of encountersOf(entry.resource)) {
      const target = s.references.resolve(entry, element);
      const visit = target.kind === "entry" ? s.placed.get(target.entry) : undefined;
      if (target.kind !== "entry" || target.entry.resource.resourceType !== "Encounter" || typeof visit !== "object")
        continue;
      file(s, entry, visit);
      break;
    }
  }
}

/** A Provenance tells of other resources, and goes with the first of them that has its visit. */
export function fileByTarget(s: Filing, entries: readonly FhirEntry[]): void {
  for (const entry of entries) {
    if (s.placed.has(entry)) continue;
    const places = objectsOf(entry.resource.target).map((element) => {
      const target = s.references.resolve(entry, element);
      return target.kind === "entry" ? s.placed.get(target.entry) : undefined;
    });
    const visit = places.find((place) => typeof place === "object");
    if (visit) file(s, entry, visit);
    else if (places.length > 0 && places.every((place) => place === "left-out"))
      leave(s, entry, "it tells only of entries that are left out");
  }
}

/** When an Encounter began, as written. */
export function startOf(encounter: FhirResource): string | undefined {
  if (!isObject(encounter.period)) return undefined;
  return textOf(encounter.period.start) ?? textOf(encounter.period.end);
}

/** Elements that tell when a resource was recorded or, failing that, when it happened; the first that is there counts. */
const RECORDED = [
  ["recordedDate", "recorded", "issued", "authoredOn", "authored", "dateRecorded", "assertedDate", "dateAsserted"],
  ["effectiveDateTime", "effectiveInstant", "effectivePeriod", "performedDateTime", "performedPeriod"],
  [
    "occurrenceDateTime",
    "occurrencePeriod",
    "whenHandedOver",
    "whenPrepared",
    "date",
    "created",
    "createdDateTime",
    "dateTime",
  ],
  [
    "sent",
    "started",
    "receivedTime",
    "servicedDate",
    "billablePeriod",
    "period",
    "statusDate",
    "startDate",
    "start",
    "recordedOn",
    "detected",
    "identifiedDateTime",
    "identifiedPeriod",
    "servicePeriod",
    "executionPeriod",
    "onsetDateTime",
    "onsetPeriod",
  ],
].flat();

/** When a resource was recorded; undefined if no date in it can be read. */
export function recordedAt(resource: FhirResource): FhirDate | undefined {
  return readDate(recordedText(resource) ?? "");
}

/** The same date, as written. */
export function recordedText(resource: FhirResource): string | undefined {
  for (const name of RECORDED) {
    const value = resource[name];
    const text = isObject(value) ? (textOf(value.start) ?? textOf(value.end)) : textOf(value);
    if (text !== undefined && readDate(text)) return text;
  }
  return undefined;
}

export function fileByDate(s: Filing, entries: readonly FhirEntry[]): void {
  const dated = s.visits.filter((visit) => visit.period).sort((a, b) => compareStarts(a.period, b.period));
  const first = dated[0] ?? s.visits[0];
  if (!first) return;
  for (const entry of entries) {
    if (s.placed.has(entry)) continue;
    const at = recordedAt(entry.resource);
    file(s, entry, (at && visitAt(dated, at)) ?? first);
  }
}

/** The visit during which something was recorded, the one that began last if several; else the last one before. */
function visitAt(dated: readonly Draft[], at: FhirDate): Draft | undefined {
  // A day may stand for any moment of it. A month or a year counts from its start.
  const end = at.precision === "day" || at.precision === "time" ? at.end : at.start + 1;
  const begun = dated.filter(({ period }) => period!.start < end);
  return begun.findLast(({ period }) => period!.end > at.start) ?? begun.at(-1);
}

/** Gives each visit what its resources refer to and what belongs to no visit by itself, transitively. */
export function carry(s: Filing): void {
  for (const visit of s.visits) {
    const queue = [...visit.filed, ...visit.carried];
    for (let entry = queue.pop(); entry; entry = queue.pop())
      for (const target of targetsOf(s, entry)) {
        if (visit.filed.has(target) || visit.carried.has(target) || target === s.patient) continue;
        if (!isSupporting(s, target) && !CARRIED_TOO.has(target.resource.resourceType)) continue;
        if (s.placed.get(target) === "left-out") continue;
        visit.carried.add(target);
        if (!s.placed.has(target)) s.placed.set(target, "carried");
        queue.push(target);
      }
  }
}

/** Entries that a resource refers to, by a Reference, by the URL of an Attachment or by a canonical URL. */
function* targetsOf({ references }: Filing, entry: FhirEntry): Generator<FhirEntry> {
  for (const object of objectsIn(entry.resource)) {
    const target = isReference(object)
      ? references.resolve(entry, object)
      : isAttachment(object)
        ? references.literal(entry, object.url as string)
        : undefined;
    if (target?.kind === "entry") yield target.entry;
    for (const text of Object.values(object).flat()) {
      const definition = typeof text === "string" ? references.canonical(text) : undefined;
      if (definition?.kind === "entry") yield definition.entry;
    }
  }
}
