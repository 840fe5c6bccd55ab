// The linked report: one FHIR R4 document Bundle (documents.html) out of opened records of many services.
//
//   Composition   type LOINC 11503-0 "Medical records": the records as they are, all of them. (60591-5 "Patient summary"
//                 would promise the curated sections of the International Patient Summary, which nobody wrote here.)
//                 subject = the one Patient, author = the requester, or the Patient where it is the patient's own report;
//                 one section a service, inside it one section a record by time, each entry referenced
//   Patient       with identity (trace, assemble, own report), or a pseudonym made for this report (link)
//   Organization  one a service, minimal; one for the requester
//   resources     of current records: the input's fullUrl and resource, TIDs given back to the Patient (pseudonymise.ts)
//   Provenance    one a current record: targets = its entries, agent = the service, entity = the manifest, and the
//                 service's Ed25519 signature, which the requester has checked before it calls this
//
// The signature covers the record's manifest (with the hash of the sealed bytes), not a canonical form of the
// resources; so targetFormat names the manifest. Amended, withdrawn, moved and erased records stand in the texts, with
// their manifest's hash, and nowhere else. fullUrls are unique (bdl-7): the same resource twice is there once; should
// two services give different resources one fullUrl, the later gets a fullUrl of its own and its section says so.
// Everything made here has an id derived from the report's id, so the same input gives the same report, byte for byte.

import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bytesToHex, labelledHash } from "../../protocol/bytes.ts";
import { toBase64 } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { fromTid, patientRefs } from "./pseudonymise.ts";
import { displayName, type FhirEntry, type FhirResource, type JsonObject } from "./resource.ts";
import { startOf } from "./visits.ts";

export interface ReportRecord {
  service: { id: string; name: string };
  tid: string;
  recordId: string;
  /** as opened, with the TID in the patient's place; not used unless current */
  entries: FhirEntry[];
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

export interface ReportInput {
  reportId: string;
  /** the report's one Patient; see pseudonymousPatient for a link */
  patient: FhirEntry;
  records: readonly ReportRecord[];
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

interface Filed {
  record: ReportRecord;
  fullUrls: string[];
  renamed: string[];
}

export function assembleReport(input: ReportInput): DocumentBundle {
  const { reportId, patient, records, requester } = input;
  const made = (...name: string[]): string => derivedUuid(reportId, ...name);
  const timestamp = new Date(input.now * 1000).toISOString();
  const refs = patientRefs(patient);
  const services = [...new Map(records.map(({ service }) => [service.id, service])).values()];
  const serviceUrl = (id: string): string => `urn:uuid:${made("service", id)}`;
  const requesterUrl = `urn:uuid:${made("requester")}`;
  const compositionUrl = `urn:uuid:${made("composition")}`;

  const frame: FhirEntry[] = [
    ...(requester ? [organization(requesterUrl, "urn:symbolon:requester", requester)] : []),
    ...services.map((service) => organization(serviceUrl(service.id), "urn:symbolon:service", service)),
  ];

  const filed = new Map<string, FhirEntry>([patient, ...frame].map((entry) => [entry.fullUrl, entry]));
  const byTime = records
    .map((record) => ({ record, time: timeOf(record) }))
    .sort((a, b) => a.time - b.time || (a.record.recordId < b.record.recordId ? -1 : 1));
  const bodies: Filed[] = byTime.map(({ record }) => {
    const body: Filed = { record, fullUrls: [], renamed: [] };
    if (!isCurrent(record)) return body;
    for (const entry of fromTid(record.entries, record.tid, refs)) {
      const known = filed.get(entry.fullUrl);
      const differs =
        entry.fullUrl === compositionUrl ||
        (known !== undefined && JSON.stringify(known.resource) !== JSON.stringify(entry.resource));
      const fullUrl = differs ? `urn:uuid:${made("renamed", record.recordId, entry.fullUrl)}` : entry.fullUrl;
      if (differs) body.renamed.push(entry.fullUrl);
      if (!filed.has(fullUrl)) filed.set(fullUrl, { fullUrl, resource: entry.resource });
      body.fullUrls.push(fullUrl);
    }
    return body;
  });

  const sections = services.map((service) => ({
    title: service.name,
    text: narrative(`<p>${xml(service.name)}</p>`),
    section: bodies.filter(({ record }) => record.service.id === service.id).map(recordSection),
  }));
  const composition: FhirResource = {
    resourceType: "Composition",
    id: made("composition"),
    text: narrative(summary(input, timestamp, bodies)),
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
    author: [{ reference: requester ? requesterUrl : patient.fullUrl }],
    title: "Linked medical records",
    ...(sections.length > 0 ? { section: sections } : {}),
  };
  const provenances = bodies
    .filter(({ fullUrls }) => fullUrls.length > 0)
    .map((body) => {
      const id = made("provenance", body.record.recordId);
      return {
        fullUrl: `urn:uuid:${id}`,
        resource: provenance(id, body, serviceUrl(body.record.service.id), timestamp),
      };
    });
  return {
    resourceType: "Bundle",
    id: made("bundle"),
    identifier: { system: "urn:ietf:rfc:3986", value: `urn:uuid:${made("bundle")}` },
    type: "document",
    timestamp,
    entry: [{ fullUrl: compositionUrl, resource: composition }, ...filed.values(), ...provenances],
  };
}

const isCurrent = ({ status }: ReportRecord): boolean => status === undefined || status === "current";

/** A record's place in time: its Encounter's real date, else (or if that is no date) the coarse date it was written. */
function timeOf({ entries, openedAt }: ReportRecord): number {
  const encounter = entries.find(({ resource }) => resource.resourceType === "Encounter");
  const time = Date.parse((encounter && startOf(encounter.resource)) ?? openedAt);
  return Number.isNaN(time) ? Date.parse(openedAt) : time;
}

function organization(fullUrl: string, system: string, { id, name }: { id: string; name: string }): FhirEntry {
  const resource = { resourceType: "Organization", id: fullUrl.slice(9), identifier: [{ system, value: id }], name };
  return { fullUrl, resource };
}

function recordSection({ record, fullUrls, renamed }: Filed): JsonObject {
  const title = isCurrent(record)
    ? `${record.kind} of ${record.openedAt}`
    : `${record.kind} of ${record.openedAt} (${record.status})`;
  const lines = [
    isCurrent(record) ? `${title}: ${fullUrls.length} resources` : `${title}: not included`,
    `record ${record.recordId}, manifest ${record.manifestHash}`,
    ...renamed.map((url) => `another record holds a different resource as ${url}; this one was given its own fullUrl`),
  ];
  return {
    title,
    text: narrative(lines.map((line) => `<p>${xml(line)}</p>`).join("")),
    ...(fullUrls.length > 0 ? { entry: [...new Set(fullUrls)].map((reference) => ({ reference })) } : {}),
  };
}

function provenance(id: string, { record, fullUrls }: Filed, service: string, recorded: string): FhirResource {
  const participant = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
  return {
    resourceType: "Provenance",
    id,
    target: [...new Set(fullUrls)].map((reference) => ({ reference })),
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

function summary(input: ReportInput, timestamp: string, bodies: Filed[]): string {
  const included = bodies.filter(({ record }) => isCurrent(record));
  const left = bodies.filter(({ record }) => !isCurrent(record));
  const lines = [
    `Medical records of ${displayName(input.patient.resource) ?? "one patient"}, assembled ${timestamp}.`,
    `Requested by ${input.requester?.name ?? "the patient"}. Purpose: ${input.purpose}. Ground: ${input.legalGround}.`,
    ...(input.caseId === undefined ? [] : [`Case ${input.caseId}.`]),
    `${included.length} records included, ${left.length} listed only.`,
  ];
  const listed = left.map(
    ({ record }) =>
      `<li>${xml(`${record.service.name}, ${record.openedAt}: ${record.kind} ${record.recordId} ${record.status}`)}</li>`,
  );
  return lines.map((line) => `<p>${xml(line)}</p>`).join("") + (left.length > 0 ? `<ul>${listed.join("")}</ul>` : "");
}

const narrative = (inner: string): JsonObject => ({
  status: "generated",
  div: `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`,
});

const XML: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text for XHTML; characters that XML 1.0 forbids become U+FFFD. */
const xml = (text: string): string =>
  [...text]
    .map((c) => XML[c] ?? (/[\t\n\r\u0020-\uD7FF\uE000-\uFFFD]|[\u{10000}-\u{10FFFF}]/u.test(c) ? c : "\uFFFD"))
    .join("");

/** RFC 9562 §5.8, version 8: SHA-256 of the report's id and a name, cut to 122 bits. */
function derivedUuid(reportId: string, ...name: string[]): string {
  const bytes = labelledHash(LABELS.reportUuid, utf8ToBytes(reportId), ...name.map(utf8ToBytes)).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
