// The report: one FHIR R4 document Bundle (documents.html) made of opened records of many services.
//
//   Composition        type LOINC 11503-0 "Medical records": the records as they are, all of them. (60591-5 "Patient summary"
//                      would promise curated sections, which nobody wrote here.) subject = the one Patient; author = the
//                      requester, or the Patient if it is the patient's own report. Sections: the order of an International
//                      Patient Summary (sections.ts), then the visits by time, then what could not be read
//   Patient            with identity (trace, assemble, own report), or a pseudonym made for this report (link)
//   Organization       one per service, minimal; one for the requester
//   resources          of current records: as the clinic wrote them, TIDs given back to the Patient (pseudonymise.ts), and
//                      joined so that no reference leads into another record by accident (join.ts)
//   DocumentReference  per record that is no FHIR (a PDF, an image) or could not be read: content type, size, clinic, day, the
//                      reason, and the content itself if it was opened
//   Provenance         per record: targets = all its resources, agent = the service, entity = the manifest, and the service's
//                      Ed25519 signature, which the reader of the record has checked before it calls this
//
// The signature covers the record's manifest (with the hash of the sealed bytes), not a canonical form of the resources; so
// targetFormat names the manifest. Amended, withdrawn, moved and erased records stand in the texts, with their manifest's
// hash, and nowhere else. fullUrls are unique (bdl-7). Everything made here has an id derived from the report's id, so the
// same input gives the same report, byte for byte. Write it with json.ts writeJson, which keeps the digits of numbers.

import { bytesToHex, labelledHash, utf8ToBytes } from "../../protocol/bytes.ts";
import { hexToBytes, toBase64 } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { readDate } from "./dates.ts";
import { startOf } from "./filing.ts";
import { joinRecords } from "./join.ts";
import { narrative, paragraph, RESOURCE_HEADINGS, resourceRows, table, xml } from "./narrative.ts";
import { fromTid } from "./pseudonymise.ts";
import { type Content, readContent } from "./record.ts";
import { displayName, type FhirEntry, type FhirResource, type JsonObject, textOf } from "./resource.ts";
import { summarySections } from "./sections.ts";

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

export interface ReportInput {
  reportId: string;
  /** the report's one Patient; see pseudonymousPatient for a link */
  patient: FhirEntry;
  records: readonly ReportRecord[];
  faults?: readonly ReportFault[];
  /** undefined: the patient's own report */
  requester: { id: string; name: string } | undefined;
  purpose: string;
  legalGround: string;
  caseId?: string;
  /** unix seconds */
  now: number;
}

export interface DocumentBundle {
  resourceType: "Bundle";
  type: "document";
  id: string;
  identifier: { system: string; value: string };
  timestamp: string;
  entry: FhirEntry[];
}

interface Opened {
  record: ReportRecord;
  content: Content | undefined;
  entries: FhirEntry[];
  /** when the visit was, as written; the manifest's day if the record does not say */
  date: string;
}
interface Body extends Opened {
  fullUrls: string[];
  renamed: string[];
}

export function assembleReport(input: ReportInput): DocumentBundle {
  const { reportId, patient, records, requester, faults = [] } = input;
  const made = (...name: string[]): string => derivedUuid(reportId, ...name);
  const url = (...name: string[]): string => `urn:uuid:${made(...name)}`;
  const timestamp = new Date(input.now * 1000).toISOString();
  const services = [...new Map([...records, ...faults].map(({ service }) => [service.id, service])).values()];
  const serviceUrl = (id: string): string => url("service", id);
  const compositionUrl = url("composition");
  const frame: FhirEntry[] = [
    ...(requester ? [organization(url("requester"), "urn:symbolon:requester", requester)] : []),
    ...services.map((service) => organization(serviceUrl(service.id), "urn:symbolon:service", service)),
  ];

  const opened = records.map((record) => openRecord(record, patient)).sort(byTime);
  const reserved = new Set([compositionUrl, patient.fullUrl, ...frame.map(({ fullUrl }) => fullUrl)]);
  const joined = joinRecords(
    opened.map(({ record, entries }) => ({ recordId: record.recordId, serviceId: record.service.id, entries })),
    reserved,
    (recordId, fullUrl) => url("renamed", recordId, fullUrl),
  );
  const bodies = opened.map((one, i): Body => ({ ...one, ...joined.records[i]! }));
  const unread: FhirEntry[] = [];
  for (const body of bodies)
    if (body.content?.readable === false) {
      const entry = documentOf(body.record, body.content.reason, url("document", body.record.recordId));
      body.fullUrls.push(entry.fullUrl);
      unread.push(entry);
    }
  const missing = faults.flatMap((fault) =>
    fault.recordId === undefined
      ? []
      : [documentOf({ ...fault, recordId: fault.recordId }, fault.reason, url("fault", fault.recordId))],
  );

  const byUrl = new Map([...joined.entries, ...unread].map((entry) => [entry.fullUrl, entry]));
  const sections = [
    ...summarySections(joined.entries),
    ...(bodies.length === 0
      ? []
      : [
          {
            title: "Visits",
            text: narrative(visitsText(bodies)),
            section: bodies.map((body) => visitSection(body, byUrl)),
          },
        ]),
    ...(faults.length === 0 ? [] : [faultsSection(faults, missing)]),
  ];
  const composition: FhirResource = {
    resourceType: "Composition",
    id: made("composition"),
    text: narrative(summaryText(input, timestamp, bodies)),
    extension: [
      { url: "urn:symbolon:report:purpose", valueString: input.purpose },
      { url: "urn:symbolon:report:legal-ground", valueString: input.legalGround },
      ...(input.caseId === undefined ? [] : [{ url: "urn:symbolon:report:case", valueString: input.caseId }]),
    ],
    identifier: { system: "urn:symbolon:report", value: reportId },
    status: "final",
    type: { coding: [{ system: "http://loinc.org", code: "11503-0", display: "Medical records" }] },
    subject: { reference: patient.fullUrl },
    date: timestamp,
    author: [{ reference: requester ? url("requester") : patient.fullUrl }],
    title: "Linked medical records",
    section: sections,
  };
  const provenances = bodies
    .filter(({ fullUrls }) => fullUrls.length > 0)
    .map((body): FhirEntry => {
      const id = made("provenance", body.record.recordId);
      return {
        fullUrl: `urn:uuid:${id}`,
        resource: provenance(id, body, serviceUrl(body.record.service.id), timestamp),
      };
    });
  return {
    resourceType: "Bundle",
    id: made("bundle"),
    identifier: { system: "urn:ietf:rfc:3986", value: url("bundle") },
    type: "document",
    timestamp,
    entry: [
      { fullUrl: compositionUrl, resource: composition },
      patient,
      ...frame,
      ...joined.entries,
      ...unread,
      ...missing,
      ...provenances,
    ],
  };

  function documentOf(
    record: Pick<ReportRecord, "service" | "recordId"> & Partial<ReportRecord> & { size?: number },
    reason: string,
    fullUrl: string,
  ): FhirEntry {
    const { service, recordId, plaintext, contentKind = "", openedAt } = record;
    const size = plaintext?.length ?? record.size;
    const resource: FhirResource = {
      resourceType: "DocumentReference",
      id: fullUrl.slice("urn:uuid:".length),
      identifier: [{ system: "urn:symbolon:record", value: recordId }],
      status: "current",
      type: { text: plaintext ? "Document" : "Record that could not be read" },
      subject: { reference: patient.fullUrl },
      ...(openedAt === undefined ? {} : { date: `${openedAt}T00:00:00Z` }),
      author: [{ reference: serviceUrl(service.id) }],
      custodian: { reference: serviceUrl(service.id) },
      description: reason,
      content: [
        {
          attachment: {
            contentType: MEDIA_TYPE.test(contentKind) ? contentKind : "application/octet-stream",
            ...(plaintext && plaintext.length > 0 ? { data: toBase64(plaintext) } : {}),
            ...(size === undefined ? {} : { size }),
            title: `${service.name}${openedAt === undefined ? "" : `, ${openedAt}`}`,
          },
        },
      ],
    };
    return { fullUrl, resource };
  }
}

/** RFC 6838 section 4.2, with parameters. */
const MEDIA_TYPE = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(?:; ?[\w.+-]+=[\w.+"-]+)*$/;

const isCurrent = ({ status }: ReportRecord): boolean => status === undefined || status === "current";

function openRecord(record: ReportRecord, patient: FhirEntry): Opened {
  const content = isCurrent(record) && record.plaintext ? readContent(record.plaintext, record.contentKind) : undefined;
  const entries = content?.readable ? fromTid(content.entries, record.tid, patient) : [];
  return { record, content, entries, date: dateOf(entries) ?? record.openedAt };
}

/** The Encounter's date, or the date of a document without one; undefined if there is none that can be read. */
function dateOf(entries: readonly FhirEntry[]): string | undefined {
  const first = (type: string) => entries.find(({ resource }) => resource.resourceType === type)?.resource;
  const [encounter, composition] = [first("Encounter"), first("Composition")];
  const written = (encounter && startOf(encounter)) ?? (composition && textOf(composition.date));
  return written !== undefined && readDate(written) ? written : undefined;
}

const byTime = (a: Opened, b: Opened): number =>
  (readDate(a.date)?.start ?? 0) - (readDate(b.date)?.start ?? 0) || (a.record.recordId < b.record.recordId ? -1 : 1);

function organization(fullUrl: string, system: string, { id, name }: { id: string; name: string }): FhirEntry {
  const resource = { resourceType: "Organization", id: fullUrl.slice(9), identifier: [{ system, value: id }], name };
  return { fullUrl, resource };
}

const visitTitle = ({ record, date }: Body): string => `${date.slice(0, 10)}, ${record.service.name}`;

const stateOf = ({ record, content }: Body): string =>
  !isCurrent(record)
    ? `${record.kind}, ${record.status}: not included`
    : content?.readable === false
      ? content.reason
      : "";

const visitsText = (bodies: readonly Body[]): string =>
  table(
    ["Date", "Clinic", "Resources", "Remark"],
    bodies.map((body) => [
      body.date.slice(0, 10),
      body.record.service.name,
      String(body.entries.length || ""),
      stateOf(body),
    ]),
  );

function visitSection(body: Body, byUrl: ReadonlyMap<string, FhirEntry>): JsonObject {
  const { record, fullUrls, renamed } = body;
  const entries = fullUrls.flatMap((fullUrl) => byUrl.get(fullUrl) ?? []);
  const remarks = [
    stateOf(body),
    ...renamed.map(
      (one) => `Another record holds a different resource as ${one}. This one was given a fullUrl of its own.`,
    ),
    `Record ${record.recordId}, manifest ${record.manifestHash}.`,
  ];
  const rows = entries.flatMap(({ resource }) => resourceRows(resource));
  return {
    title: visitTitle(body),
    text: narrative(
      `<h3>${xml(visitTitle(body))}</h3>` +
        (rows.length > 0 ? table(RESOURCE_HEADINGS, rows) : "") +
        remarks
          .filter((line) => line !== "")
          .map(paragraph)
          .join(""),
    ),
    ...(entries.length > 0 ? { entry: entries.map(({ fullUrl }) => ({ reference: fullUrl })) } : {}),
  };
}

function faultsSection(faults: readonly ReportFault[], missing: readonly FhirEntry[]): JsonObject {
  const rows = faults.map(({ service, openedAt, recordId, reason }) => [
    openedAt ?? "",
    service.name,
    recordId ?? "all of a visit",
    reason,
  ]);
  return {
    title: "Not readable",
    text: narrative(
      paragraph("These clinics did not hand out what they had signed.") +
        table(["Date", "Clinic", "Record", "Reason"], rows),
    ),
    ...(missing.length > 0 ? { entry: missing.map(({ fullUrl }) => ({ reference: fullUrl })) } : {}),
  };
}

function provenance(id: string, { record, fullUrls }: Body, service: string, recorded: string): FhirResource {
  const participant = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
  return {
    resourceType: "Provenance",
    id,
    target: fullUrls.map((reference) => ({ reference })),
    occurredDateTime: record.openedAt,
    recorded, // when this statement was made: at assembly, after the check
    agent: [{ type: { coding: [{ system: participant, code: "author" }] }, who: { reference: service } }],
    entity: [{ role: "source", what: { identifier: { system: "urn:symbolon:manifest", value: record.manifestHash } } }],
    signature: [
      {
        type: [{ system: "urn:iso-astm:E1762-95:2013", code: "1.2.840.10065.1.12.1.1", display: "Author's Signature" }],
        when: `${record.openedAt}T00:00:00Z`, // coarse: manifests tell the day and no more
        who: { reference: service, identifier: { system: "urn:symbolon:ed25519", value: record.signatureKey } },
        targetFormat: "application/vnd.symbolon.manifest",
        sigFormat: "application/vnd.symbolon.ed25519",
        data: toBase64(hexToBytes(record.signature)),
      },
    ],
  };
}

function summaryText(input: ReportInput, timestamp: string, bodies: readonly Body[]): string {
  const { faults = [] } = input;
  const included = bodies.filter(({ record }) => isCurrent(record));
  const unread = included.filter(({ content }) => content?.readable === false);
  const lines = [
    `Medical records of ${displayName(input.patient.resource) ?? "one patient"}, assembled ${timestamp}.`,
    `Requested by ${input.requester?.name ?? "the patient"}. Purpose: ${input.purpose}. Ground: ${input.legalGround}.`,
    ...(input.caseId === undefined ? [] : [`Case ${input.caseId}.`]),
    `${included.length} records included, ${bodies.length - included.length} listed only.`,
    ...(unread.length > 0 ? [`${unread.length} of them stand as documents, since they are no FHIR resources.`] : []),
    ...(faults.length > 0
      ? [`${faults.length} could not be read: ${[...new Set(faults.map(({ service }) => service.name))].join(", ")}.`]
      : []),
  ];
  return `<h2>${xml("Linked medical records")}</h2>${lines.map(paragraph).join("")}`;
}

/** RFC 9562 section 5.8, version 8: SHA-256 of the report's id and a name, cut to 122 bits. */
function derivedUuid(reportId: string, ...name: string[]): string {
  const bytes = labelledHash(LABELS.reportUuid, utf8ToBytes(reportId), ...name.map(utf8ToBytes)).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
