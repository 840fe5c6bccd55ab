// The resources that a report makes itself, beside those of the records. Each has a URN made from the report's id.

import { bytesToHex, labelledHash, utf8ToBytes } from "../../protocol/bytes.ts";
import { hexToBytes, toBase64 } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { Body, ReportService } from "./opened.ts";
import type { FhirEntry, FhirResource } from "./resource.ts";

/** "urn:uuid:" of a name; the same report id and name give the same URN. */
export type UrlOf = (...name: string[]) => string;

export const urlsOf =
  (reportId: string): UrlOf =>
  (...name) =>
    `urn:uuid:${derivedUuid(reportId, ...name)}`;

export const idOf = (url: string): string => url.slice("urn:uuid:".length);

/** RFC 9562 section 5.8, version 8: SHA-256 of the report's id and a name, cut to 122 bits. */
function derivedUuid(reportId: string, ...name: string[]): string {
  const bytes = labelledHash(LABELS.reportUuid, utf8ToBytes(reportId), ...name.map(utf8ToBytes)).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function organization(fullUrl: string, system: string, { id, name }: { id: string; name: string }): FhirEntry {
  const resource = { resourceType: "Organization", id: idOf(fullUrl), identifier: [{ system, value: id }], name };
  return { fullUrl, resource };
}

/** RFC 6838 section 4.2, with parameters. */
const MEDIA_TYPE = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(?:; ?[\w.+-]+=[\w.+"-]+)*$/;

export interface Unread {
  service: ReportService;
  recordId: string;
  contentKind?: string;
  openedAt?: string;
  /** undefined if it could not be opened */
  plaintext?: Uint8Array | undefined;
  /** bytes of the sealed record, if it could not be opened */
  size?: number;
  reason: string;
}

/** Stands for a record that is no FHIR or could not be read: type, size, clinic, day, reason, and the content if there is any. */
export function documentReference(
  fullUrl: string,
  { service, recordId, plaintext, contentKind = "", openedAt, size = plaintext?.length, reason }: Unread,
  { patient, author }: { patient: string; author: string },
): FhirEntry {
  const resource: FhirResource = {
    resourceType: "DocumentReference",
    id: idOf(fullUrl),
    identifier: [{ system: "urn:symbolon:record", value: recordId }],
    status: "current",
    type: { text: plaintext ? "Document" : "Record that could not be read" },
    subject: { reference: patient },
    ...(openedAt === undefined ? {} : { date: `${openedAt}T00:00:00Z` }),
    author: [{ reference: author }],
    custodian: { reference: author },
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

const PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
const agent = (code: "author" | "assembler", who: string) => ({
  type: { coding: [{ system: PARTICIPANT, code }] },
  who: { reference: who },
});
const targets = (fullUrls: readonly string[]) => fullUrls.map((reference) => ({ reference }));

/** Says which service signed the record that these resources come from. `recorded`: at assembly, after the check. */
export function provenance(fullUrl: string, { record, fullUrls }: Body, service: string, recorded: string): FhirEntry {
  const resource: FhirResource = {
    resourceType: "Provenance",
    id: idOf(fullUrl),
    target: targets(fullUrls),
    occurredDateTime: record.openedAt,
    recorded,
    agent: [agent("author", service)],
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
  return { fullUrl, resource };
}

/** Says that whoever assembled the report made these resources: nobody signed them. */
export function assembled(
  fullUrl: string,
  fullUrls: readonly string[],
  assembler: string,
  recorded: string,
): FhirEntry {
  const resource = {
    resourceType: "Provenance",
    id: idOf(fullUrl),
    target: targets(fullUrls),
    recorded,
    agent: [agent("assembler", assembler)],
  };
  return { fullUrl, resource };
}
