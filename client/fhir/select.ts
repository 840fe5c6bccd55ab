// From the entries of one patient's Bundle to that patient's visits, and a word on every entry.
//
//   visit       an Encounter of the patient. A Bundle without one (an International Patient Summary) is one visit at the
//               Composition's custodian or author, on its date
//   service     Encounter.serviceProvider: an Organization known by its identifier, else by (source, fullUrl)
//   filed       a resource with the Encounter that it names: `encounter`, `context`, `context.encounter[]`,
//               `item[].encounter[]`. One that names none goes with the visit during which it was recorded, else the last
//               visit before, else the first one. A Provenance goes with its target
//   carried     a resource that belongs to no visit by itself (Practitioner, Location, Medication, Device, ...) goes along with
//               every visit that refers to it, directly or through another carried one, so that each record can be read alone.
//               The Patient is carried too, as the pseudonymous one. A resource of another visit is never carried: it
//               would tell one clinic about another
//   left out    with the reason: about another person, of another person's Encounter, or nothing of the patient refers to it
//
// Visits come in the order of their dates (Encounter.period.start, else period.end); undated ones last, in the input's order.

import { mustBeDate } from "./dates.ts";
import {
  carry,
  compareStarts,
  type Draft,
  type Filing,
  file,
  fileByDate,
  fileByEncounter,
  fileByTarget,
  isLeftOut,
  isSupporting,
  leave,
  type Span,
  startOf,
} from "./filing.ts";
import { type Organization, organizationEntry, organizationOf, unknownOrganization } from "./organizations.ts";
import { PatientMatcher } from "./person.ts";
import { type LeftOut, type ReadBundle, readEntries } from "./read.ts";
import { References } from "./references.ts";
import {
  type FhirEntry,
  FhirInputError,
  type FhirResource,
  isObject,
  type Json,
  objectsOf,
  textOf,
} from "./resource.ts";
import { sourceMark } from "./source.ts";

export interface Visit {
  encounterId: string;
  fullUrl: string;
  /** `key` of one of the Bundle's organisations */
  organizationRef: string;
  /** FHIR dateTime as written; undefined if nothing says when the visit was */
  start: string | undefined;
  /** the Encounter first, then the filed ones, then the carried ones, each in the Bundle's order */
  entries: FhirEntry[];
}

export interface PatientBundle {
  patient: FhirEntry;
  organizations: Organization[];
  visits: Visit[];
  /** fullUrls of Encounters of somebody else; they stand in `leftOut` too */
  foreignEncounters: string[];
  /** number of entries in the input: filed + carried + leftOut.length */
  size: number;
  /** entries that belong to a visit, the Encounters among them */
  filed: number;
  /** entries that go along with at least one visit, the Patient among them */
  carried: number;
  leftOut: LeftOut[];
  /** resolves the references of all entries, for pseudonymise.ts toTid */
  references: References;
}

/** @param source name of the system or file that the input comes from. @throws FhirInputError */
export function readBundle(
  input: string | Uint8Array | Json,
  { source = "" }: { source?: string } = {},
): PatientBundle {
  const read = readEntries(input);
  const patient = onlyPatient(read.entries);
  const references = new References(read.entries, sourceMark(read.entries));
  const matcher = new PatientMatcher(patient, references);
  const order = new Map(read.entries.map((entry, i) => [entry, i]));
  const selection: Selection = {
    read,
    source,
    patient,
    references,
    matcher,
    visits: [],
    leftOut: [...read.leftOut],
    placed: new Map(),
  };

  const foreignEncounters = openVisits(selection);
  const others = read.entries.filter((e) => e !== patient && e.resource.resourceType !== "Encounter");
  const ofPatient = others.filter((entry) => !isLeftOut(selection, entry) && !isSupporting(selection, entry));
  if (selection.visits.length === 0 && ofPatient.length > 0) openDocument(selection, others);
  fileByEncounter(selection, ofPatient);
  const isProvenance = (entry: FhirEntry) => entry.resource.resourceType === "Provenance";
  fileByDate(
    selection,
    ofPatient.filter((entry) => !isProvenance(entry)),
  );
  fileByTarget(selection, ofPatient.filter(isProvenance));
  fileByDate(selection, ofPatient);
  carry(selection);
  for (const entry of others)
    if (!selection.placed.has(entry)) leave(selection, entry, "no resource of a visit refers to it");
  const { visits } = selection;
  if (visits.length === 0) leave(selection, patient, "the Bundle holds no visit of this patient");

  for (const visit of visits) visit.carried.add(patient);
  visits.sort((a, b) => compareStarts(a.period, b.period));
  const filed = new Set(visits.flatMap((visit) => [...visit.filed]));
  const carried = new Set(visits.flatMap((visit) => [...visit.carried]).filter((entry) => !filed.has(entry)));
  const inOrder = (entries: Iterable<FhirEntry>) => [...entries].sort((a, b) => order.get(a)! - order.get(b)!);
  return {
    patient,
    organizations: organizationsOf(selection),
    visits: visits.map(({ encounter, organization, start, fullUrl, encounterId, ...visit }) => ({
      encounterId,
      fullUrl,
      organizationRef: organization.key,
      start,
      entries: [
        ...(encounter ? [encounter] : []),
        ...inOrder([...visit.filed].filter((entry) => entry !== encounter)),
        ...inOrder([...visit.carried].filter((entry) => !visit.filed.has(entry))),
      ],
    })),
    foreignEncounters,
    size: read.size,
    filed: filed.size,
    carried: carried.size,
    leftOut: selection.leftOut,
    references,
  };
}

interface DraftVisit extends Draft {
  encounterId: string;
  fullUrl: string;
  organization: Organization;
  start: string | undefined;
}
interface Selection extends Filing<DraftVisit> {
  read: ReadBundle;
  source: string;
}

function onlyPatient(entries: readonly FhirEntry[]): FhirEntry {
  const patients = entries.filter((entry) => entry.resource.resourceType === "Patient");
  const [patient] = patients;
  if (patient === undefined) throw new FhirInputError("no-patient", "The Bundle holds no Patient.");
  if (patients.length > 1)
    throw new FhirInputError(
      "several-patients",
      `The Bundle holds ${patients.length} Patients. Give each patient's records as a Bundle of its own.`,
    );
  return patient;
}

// ---- visits

/** @returns fullUrls of the Encounters of somebody else. @throws FhirInputError bad-date */
function openVisits(s: Selection): string[] {
  const foreign: string[] = [];
  for (const entry of s.read.entries) {
    const { resource, fullUrl } = entry;
    if (resource.resourceType !== "Encounter") continue;
    if (s.matcher.isAboutAnother(entry)) {
      foreign.push(fullUrl);
      leave(s, entry, "the Encounter is another person's");
      continue;
    }
    const start = startOf(resource);
    const organization =
      organizationOf(s.references, s.source, entry, resource.serviceProvider) ?? unknownOrganization(s.source);
    const visit: DraftVisit = {
      encounterId: textOf(resource.id) ?? fullUrl,
      fullUrl,
      encounter: entry,
      organization,
      start,
      period: periodOf(resource, fullUrl),
      filed: new Set(),
      carried: new Set(),
    };
    s.visits.push(visit);
    file(s, entry, visit);
  }
  return foreign;
}

/** The one visit of a Bundle without Encounters: its Composition's, at its custodian or author, on its date. */
function openDocument(s: Selection, others: readonly FhirEntry[]): void {
  const composition = others.find((e) => e.resource.resourceType === "Composition" && !s.placed.has(e));
  const authors = composition ? objectsOf(composition.resource.author) : [];
  const organizations = others.filter((entry) => entry.resource.resourceType === "Organization");
  const organization =
    [composition?.resource.custodian, ...authors]
      .map((element) => composition && institutionOf(s, composition, element))
      .find((found) => found !== undefined) ??
    (organizations.length === 1 ? organizationEntry(s.source, organizations[0]!) : unknownOrganization(s.source));
  const about = composition ?? s.patient;
  const start = composition ? textOf(composition.resource.date) : s.read.timestamp;
  const visit: DraftVisit = {
    encounterId: textOf(about.resource.id) ?? about.fullUrl,
    fullUrl: about.fullUrl,
    encounter: undefined,
    organization,
    start,
    period: start === undefined ? undefined : mustBeDate(start, about.fullUrl),
    filed: new Set(),
    carried: new Set(),
  };
  s.visits.push(visit);
  // A document is read as a whole: nothing in it is left out because nothing refers to it.
  for (const entry of others)
    if (!s.placed.has(entry) && isSupporting(s, entry)) {
      visit.carried.add(entry);
      s.placed.set(entry, "carried");
    }
}

/** An author may be an Organization, or somebody who acts for one, or a person or device known by name. */
function institutionOf(s: Selection, from: FhirEntry, element: Json | undefined): Organization | undefined {
  const target = s.references.resolve(from, element);
  if (target.kind === "entry" && target.entry.resource.resourceType !== "Organization") {
    const { resource } = target.entry;
    if (target.entry === s.patient || resource.resourceType === "RelatedPerson") return undefined;
    const behind = organizationOf(s.references, s.source, target.entry, resource.organization ?? resource.owner);
    if (behind) return behind;
    const name = objectsOf(resource.name)
      .map((n) => textOf(n.text) ?? textOf(n.family))
      .find((n) => n !== undefined);
    return { ...organizationEntry(s.source, target.entry), name: name ?? resource.resourceType };
  }
  return organizationOf(s.references, s.source, from, element);
}

function organizationsOf({ visits, read, source }: Selection): Organization[] {
  const found = new Map<string, Organization>();
  for (const entry of read.entries)
    if (entry.resource.resourceType === "Organization") {
      const organization = organizationEntry(source, entry);
      if (!found.has(organization.key)) found.set(organization.key, organization);
    }
  for (const { organization } of visits) if (!found.has(organization.key)) found.set(organization.key, organization);
  const visited = new Set(visits.map(({ organization }) => organization.key));
  return [...found.values()].filter(({ key }) => visited.has(key));
}

function periodOf({ period }: FhirResource, where: string): Span | undefined {
  if (!isObject(period)) return undefined;
  const [first, last] = [textOf(period.start), textOf(period.end)].map((text) =>
    text === undefined ? undefined : mustBeDate(text, where),
  );
  if (!first) return last;
  return { start: first.start, end: Math.max(first.end, last?.end ?? 0) };
}
