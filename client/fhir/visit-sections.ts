// The sections of a report that follow its records: the visits by time, and then everything that could not be read. And the
// text at its head.

import { groupBy } from "../shared/groups.ts";
import { heading, narrative, paragraph, table, wordsOf } from "./narrative.ts";
import { type Body, isCurrent, type ReportFault } from "./opened.ts";
import type { References } from "./references.ts";
import type { FhirEntry, JsonObject } from "./resource.ts";
import { ROW_HEADINGS, resourceRows } from "./rows.ts";

const referencesTo = (fullUrls: readonly string[]): JsonObject =>
  fullUrls.length === 0 ? {} : { entry: fullUrls.map((reference) => ({ reference })) };

const titleOf = ({ record, date }: Body): string => `${date.slice(0, 10)}, ${record.service.name}`;

function stateOf({ record, content, entries }: Body): string {
  if (!isCurrent(record)) return `${record.kind}, ${record.status}: not included`;
  if (content?.readable === false) return content.reason;
  return entries.length === 0 ? "The record holds no resource." : "";
}

export interface Joined {
  byUrl: ReadonlyMap<string, FhirEntry>;
  references: References;
  serviceUrl: (id: string) => string;
}

export function visitsSection(bodies: readonly Body[], joined: Joined): JsonObject[] {
  if (bodies.length === 0) return [];
  const rows = bodies.map((body) => [
    body.date.slice(0, 10),
    body.record.service.name,
    String(body.entries.length || ""),
    stateOf(body),
  ]);
  const text = narrative(table(["Date", "Clinic", "Resources", "Remark"], rows));
  return [{ title: "Visits", text, section: bodies.map((body) => visitSection(body, joined)) }];
}

/** Types that tell a reader nothing about health. They are counted below the table. */
const BESIDE = new Set(
  `Account Binary Claim ClaimResponse Coverage Endpoint ExplanationOfBenefit HealthcareService Invoice Location Organization
  Practitioner PractitionerRole Provenance`.split(/\s+/),
);

/** entries left out of one record that are named one by one */
const MAX_NAMED = 20;

function visitSection(body: Body, { byUrl, references, serviceUrl }: Joined): JsonObject {
  const { record, fullUrls, renamed, leftOut } = body;
  const entries = fullUrls.flatMap((fullUrl) => byUrl.get(fullUrl) ?? []);
  const beside = groupBy(
    entries.filter(({ resource }) => BESIDE.has(resource.resourceType)),
    ({ resource }) => wordsOf(resource.resourceType),
  );
  const rows = entries
    .filter(({ resource }) => !BESIDE.has(resource.resourceType))
    .flatMap((entry) => resourceRows(entry, references));
  const remarks = [
    stateOf(body),
    beside.size === 0 ? "" : `Also: ${[...beside].map(([kind, { length }]) => `${kind} (${length})`).join(", ")}.`,
    ...leftOut.slice(0, MAX_NAMED).map(({ fullUrl, reason }) => `Not included: ${fullUrl}, ${reason}.`),
    leftOut.length > MAX_NAMED ? `And ${leftOut.length - MAX_NAMED} more entries.` : "",
    renamed.length === 0
      ? ""
      : `Resources with another fullUrl than in the record, since another record uses theirs for something else or theirs is too long: ${renamed.length}.`,
    `Record ${record.recordId}, manifest ${record.manifestHash}.`,
  ];
  return {
    title: titleOf(body),
    author: [{ reference: serviceUrl(record.service.id) }],
    text: narrative(
      heading(3, titleOf(body)) +
        (rows.length > 0 ? table(ROW_HEADINGS, rows) : "") +
        remarks
          .filter((line) => line !== "")
          .map(paragraph)
          .join(""),
    ),
    ...referencesTo(fullUrls),
  };
}

/** @param fullUrls of the resources that stand for the faults, and of the clinics at fault */
export function faultsSection(faults: readonly ReportFault[], fullUrls: readonly string[]): JsonObject[] {
  if (faults.length === 0) return [];
  const rows = faults.map(({ service, openedAt, recordId, reason }) => [
    openedAt ?? "",
    service.name,
    recordId ?? "all of a visit",
    reason,
  ]);
  const text = narrative(
    paragraph("These clinics did not hand out what they had signed.") +
      table(["Date", "Clinic", "Record", "Reason"], rows),
  );
  return [{ title: "Not readable", text, ...referencesTo([...new Set(fullUrls)]) }];
}

export interface Head {
  patientName: string | undefined;
  requesterName: string | undefined;
  purpose: string;
  legalGround: string;
  caseId: string | undefined;
  timestamp: string;
}

export function headText(head: Head, bodies: readonly Body[], faults: readonly ReportFault[]): string {
  const included = bodies.filter(({ record }) => isCurrent(record));
  const unread = included.filter(({ content }) => content?.readable === false).length;
  const lines = [
    `Medical records of ${head.patientName ?? "one patient"}, assembled ${head.timestamp}.`,
    `Requested by ${head.requesterName ?? "the patient"}. Purpose: ${head.purpose}. Ground: ${head.legalGround}.`,
    ...(head.caseId === undefined ? [] : [`Case ${head.caseId}.`]),
    `Records included: ${included.length}. Listed only: ${bodies.length - included.length}.`,
    ...(unread > 0 ? [`Of these, ${unread} as documents, since they are no FHIR resources.`] : []),
    ...(faults.length > 0
      ? [`${faults.length} could not be read: ${[...new Set(faults.map(({ service }) => service.name))].join(", ")}.`]
      : []),
  ];
  return heading(2, "Linked medical records") + lines.map(paragraph).join("");
}
