// The records and faults that a report is made of, and the step that opens each record by itself: content, entries, date.
// Nothing that one record holds can stop another one here.

import { readDate } from "./dates.ts";
import { startOf } from "./filing.ts";
import { fromTid, tidUrl } from "./pseudonymise.ts";
import { type LeftOut, urlKey } from "./read.ts";
import { type Content, readContent } from "./record.ts";
import { type FhirEntry, FhirInputError, objectsIn, textOf } from "./resource.ts";

export interface ReportService {
  id: string;
  name: string;
}

export interface ReportRecord {
  service: ReportService;
  tid: string;
  recordId: string;
  /** the opened content; undefined if the record is not current or could not be opened */
  plaintext: Uint8Array | undefined;
  /** media type, from the manifest */
  contentKind: string;
  /** 32 bytes, hex */
  manifestHash: string;
  /** Ed25519 over the manifest, 64 bytes, hex */
  signature: string;
  /** Ed25519 public key of the service, 32 bytes, hex */
  signatureKey: string;
  /** the manifest's coarse date, YYYY-MM-DD */
  openedAt: string;
  /** the manifest's kind, as "record" */
  kind: string;
  /** "current" if not said; of all others only the fact is reported */
  status?: "current" | "amended" | "withdrawn" | "moved" | "erased";
}

/** A record, or a session's whole chain, that a service did not hand out as it was signed. */
export interface ReportFault {
  service: ReportService;
  /** undefined: the session's chain is at fault */
  recordId: string | undefined;
  reason: string;
  /** from the manifest, where there is one */
  contentKind?: string;
  /** bytes of the sealed record */
  size?: number;
  openedAt?: string;
}

export interface Opened {
  record: ReportRecord;
  /** names the record in this report: its id, with a number if a clinic took the id of another record */
  key: string;
  content: Content | undefined;
  entries: FhirEntry[];
  leftOut: readonly LeftOut[];
  /** when the visit was, as written; the manifest's day if the record does not say */
  date: string;
}
/** An opened record with its place in the joined set. */
export interface Body extends Opened {
  fullUrls: string[];
  renamed: string[];
}

export const isCurrent = ({ status }: ReportRecord): boolean => status === undefined || status === "current";

/** The records by time, each opened. */
export function openRecords(records: readonly ReportRecord[], patient: FhirEntry): Opened[] {
  const sorted = records.map((record) => openRecord(record, patient)).sort(byTime);
  const keys = new Set<string>();
  return sorted.map((one) => {
    let key = one.record.recordId;
    for (let n = 2; keys.has(key); n++) key = `${one.record.recordId}-${n}`;
    keys.add(key);
    return { ...one, key };
  });
}

function openRecord(record: ReportRecord, patient: FhirEntry): Omit<Opened, "key"> {
  const content = isCurrent(record) && record.plaintext ? readContent(record.plaintext, record.contentKind) : undefined;
  if (!content?.readable) return { record, content, entries: [], leftOut: [], date: record.openedAt };
  // A clinic that filed the person's own Patient resource means the report's one patient by it.
  const isPatient = ({ fullUrl, resource }: FhirEntry) =>
    resource.resourceType === "Patient" && urlKey(fullUrl) === urlKey(patient.fullUrl);
  const reason = "the report's own Patient resource stands in its place";
  const claims = "it speaks in the name of a clinic of this report, which nobody has checked";
  // A TID must not stand in the report, not even in its text.
  const leftOut = [
    ...content.leftOut.map((one) => ({ ...one, fullUrl: one.fullUrl.replaceAll(tidUrl(record.tid), patient.fullUrl) })),
    ...content.entries.filter(isPatient).map(({ fullUrl }) => ({ fullUrl, reason })),
    ...content.entries.filter(isClaim).map(({ fullUrl }) => ({ fullUrl, reason: claims })),
  ];
  const others = content.entries.filter((entry) => !isPatient(entry) && !isClaim(entry));
  const entries = named(others, record, patient);
  if ("reason" in entries)
    return {
      record,
      content: { readable: false, reason: entries.reason, wrong: true },
      entries: [],
      leftOut: [],
      date: record.openedAt,
    };
  return {
    record,
    content,
    entries,
    leftOut,
    date: dateOf(entries) ?? record.openedAt,
  };
}

const CLAIMING = new Set(["Organization", "Provenance"]);
/**
 * Whether the entry looks like the report's own Organizations and Provenances, which tell by whom a record was signed. A clinic
 * could else file a Provenance that names another clinic as the author of what it wrote itself.
 */
const isClaim = ({ resource }: FhirEntry): boolean =>
  CLAIMING.has(resource.resourceType) &&
  [...objectsIn(resource)].some(({ system }) => typeof system === "string" && /^urn:symbolon:/i.test(system));

/** The entries with the Patient's name in them, or the reason why they cannot have it. */
function named(entries: readonly FhirEntry[], { tid, plaintext }: ReportRecord, patient: FhirEntry) {
  try {
    return fromTid(entries, tid, patient, plaintext!.length);
  } catch (error) {
    if (error instanceof FhirInputError) return { reason: error.message };
    throw error;
  }
}

/** The Encounter's date, or the date of a document without one; undefined if there is none that can be read. */
function dateOf(entries: readonly FhirEntry[]): string | undefined {
  const first = (type: string) => entries.find(({ resource }) => resource.resourceType === type)?.resource;
  const [encounter, composition] = [first("Encounter"), first("Composition")];
  const written = (encounter && startOf(encounter)) ?? (composition && textOf(composition.date));
  return written !== undefined && readDate(written) ? written : undefined;
}

type Sortable = Omit<Opened, "key">;
const byTime = (a: Sortable, b: Sortable): number =>
  (readDate(a.date)?.start ?? 0) - (readDate(b.date)?.start ?? 0) || compare(nameOf(a), nameOf(b));
const nameOf = ({ record }: Sortable): string =>
  [record.recordId, record.service.id, record.tid, record.manifestHash].join(" ");
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
