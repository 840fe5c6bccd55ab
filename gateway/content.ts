// The two forms of a resource: as the gateway serves it, and as it stands in a sealed record.
//
//   served                       sealed
//   id, meta.versionId,          the same
//   meta.lastUpdated
//   "Patient/<TID>"              "urn:symbolon:tid:<TID>"            the session's patient
//   "Type/<id>"                  "urn:uuid:<id>"                     another resource of the session
//   "Encounter/<TID>"            "urn:uuid:<from the tag hash>"      the session's own Encounter
//
// So a record can be read without the gateway: the patient's own report joins it like any other (client/fhir/join.ts). A record is
// a collection Bundle whose fullUrls are "urn:uuid:<id>". Its tag MARK says that a gateway wrote it. Tags of the system REMOVED
// name what the same transaction deleted in other records.
//
// Records of other programs have names of their own. Each of their entries is given an id made from the id of the record that
// brought it first, so it keeps that id when it is amended.

import { readDate } from "../client/fhir/dates.ts";
import { parseJson, writeJson } from "../client/fhir/json.ts";
import { TID_SYSTEM, tidUrl } from "../client/fhir/pseudonymise.ts";
import { readRecord } from "../client/fhir/record.ts";
import { isAttachment, isReference, References } from "../client/fhir/references.ts";
import {
  copyJson,
  type FhirEntry,
  type FhirResource,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "../client/fhir/resource.ts";
import { bytesToHex, hexToBytes } from "../protocol/bytes.ts";

const MARK = { system: "urn:symbolon:gateway", code: "1" };
const REMOVED = "urn:symbolon:gateway:removed";

export interface Place {
  readonly tagHash: string;
  readonly tid: string;
}
/** Something that a transaction deleted. */
export interface Removed {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly at: string;
}

/** RFC 9562 section 5.8, version 8, of 16 bytes. */
function uuidOf(bytes: Uint8Array): string {
  const own = bytes.slice(0, 16);
  own[6] = (own[6]! & 0x0f) | 0x80;
  own[8] = (own[8]! & 0x3f) | 0x80;
  return bytesToHex(own).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The id of the nth entry that a record of another program brought. @param recordId 16 bytes in hex, random */
export function foreignId(recordId: string, n: number): string {
  const bytes = hexToBytes(recordId);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(12, view.getUint32(12) ^ n);
  return uuidOf(bytes);
}

const encounterUuid = ({ tagHash }: Place): string => uuidOf(hexToBytes(tagHash));

const fullUrlOf = (place: Place, type: string, id: string): string =>
  `urn:uuid:${type === "Encounter" && id === place.tid ? encounterUuid(place) : id}`;

/** "Type/id" of a relative reference, or of one that begins with `base`. */
export function localReference(reference: string, base: string): { type: string; id: string } | undefined {
  const local = reference.startsWith(`${base}/`) ? reference.slice(base.length + 1) : reference;
  const match = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(local);
  return match ? { type: match[1]!, id: match[2]! } : undefined;
}

/** A copy in which `change` may give each reference and each URL of an Attachment another text. */
export function mapReferences<T extends Json>(value: T, change: (reference: string) => string | undefined): T {
  const walk = (object: JsonObject): JsonObject | undefined => {
    const member =
      typeof object.reference === "string" && isReference(object)
        ? "reference"
        : isAttachment(object)
          ? "url"
          : undefined;
    const changed = member && change(object[member] as string);
    if (member === undefined || changed === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(object).map(([name, item]) => [name, name === member ? changed : copyJson(item, walk)]),
    );
  };
  return copyJson(value, walk) as T;
}

// ---- served to sealed

/** @param patientUrl fullUrl of the Patient among the entries, which prepare.ts replaces by the TID */
export const toEntry = (
  place: Place,
  resource: FhirResource,
  { base, patientUrl, isKnown }: { base: string; patientUrl: string; isKnown: (type: string, id: string) => boolean },
): FhirEntry => ({
  fullUrl: fullUrlOf(place, resource.resourceType, resource.id as string),
  resource: mapReferences(resource, (reference) => {
    const local = localReference(reference, base);
    if (!local) return undefined;
    if (local.type === "Patient" && local.id === place.tid) return patientUrl;
    return isKnown(local.type, local.id) ? fullUrlOf(place, local.type, local.id) : undefined;
  }),
});

export const writeContent = (entries: readonly FhirEntry[], removed: readonly Removed[]): string =>
  writeJson({
    resourceType: "Bundle",
    meta: {
      tag: [
        MARK,
        ...removed.map(({ type, id, version, at }) => ({
          system: REMOVED,
          code: `${type}/${id}`,
          version: String(version),
          display: at,
        })),
      ],
    },
    type: "collection",
    entry: entries.map(({ fullUrl, resource }) => ({ fullUrl, resource })),
  });

// ---- sealed to served

/** A record's content, with ids but with references as they are sealed. */
export interface Content {
  readonly entries: readonly ContentEntry[];
  readonly removed: readonly Removed[];
  /** of a record of another program: resolves the names that it uses */
  readonly references?: References | undefined;
}
export interface ContentEntry extends FhirEntry {
  readonly type: string;
  readonly id: string;
}

/**
 * @param idOf gives an entry of another program its id
 * @throws FhirInputError
 */
export function readGatewayContent(text: Uint8Array, place: Place, idOf: (fullUrl: string) => string): Content {
  const value = parseJson(text);
  const tags = isObject(value) && isObject(value.meta) ? objectsOf(value.meta.tag) : [];
  const byGateway = tags.some(({ system, code }) => system === MARK.system && code === MARK.code);
  const own = encounterUuid(place);
  const entries = readRecord(text).flatMap((entry) => {
    const type = entry.resource.resourceType;
    if (type === "Patient") return [];
    if (!byGateway) return [{ ...entry, type, id: idOf(entry.fullUrl) }];
    const id = entry.fullUrl.replace(/^urn:uuid:/, "");
    return [{ ...entry, type, id: id === own ? place.tid : id }];
  });
  const removed = tags.flatMap(({ system, code, version, display }): Removed[] => {
    const local = system === REMOVED ? localReference(String(code), "") : undefined;
    return local ? [{ ...local, version: Number(version), at: String(display) }] : [];
  });
  return { entries, removed, references: byGateway ? undefined : new References(entries) };
}

/**
 * The resource of an entry as it is served.
 * @param typeOf of a resource of the session, by its id
 */
export function toServed(
  place: Place,
  references: References | undefined,
  entry: ContentEntry,
  typeOf: (id: string) => string | undefined,
): FhirResource {
  const own = encounterUuid(place);
  const urn = tidUrl(place.tid);
  const served = mapReferences(entry.resource, (reference) => {
    if (reference === urn) return `Patient/${place.tid}`;
    if (references) {
      const target = references.literal(entry, reference);
      if (target.kind !== "entry" || reference.startsWith("#")) return undefined;
      const { type, id } = target.entry as ContentEntry;
      return `${type}/${id}`;
    }
    const id = /^urn:uuid:(.+)$/.exec(reference)?.[1];
    if (id === own) return `Encounter/${place.tid}`;
    const type = id === undefined ? undefined : typeOf(id);
    return type === undefined ? undefined : `${type}/${id}`;
  });
  return references ? { ...served, id: entry.id } : served;
}

/** The resource with the server's id and version. Members keep their order; `id` and `meta` come first if they are new. */
export function stamped(resource: FhirResource, id: string, version: number, at: string): FhirResource {
  const given = isObject(resource.meta) ? resource.meta : {};
  const { versionId: _v, lastUpdated: _l, ...rest } = given;
  const meta = { versionId: String(version), lastUpdated: at, ...rest };
  const { resourceType, id: _id, meta: _meta, ...others } = resource;
  return { resourceType, id, meta, ...others };
}

/** When a stamped resource was updated; undefined if the resource does not say it. */
export function stampOf({ meta }: FhirResource): { version: number | undefined; at: string | undefined } {
  const { versionId, lastUpdated } = isObject(meta) ? meta : {};
  const version = Number(textOf(versionId));
  const at = textOf(lastUpdated);
  return {
    version: Number.isSafeInteger(version) && version > 0 ? version : undefined,
    at: at !== undefined && readDate(at)?.precision === "time" ? at : undefined,
  };
}

// ---- what the gateway makes itself

const atSecond = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString();

/** The session's Patient: the TID and no name. */
export const patientOf = ({ tid }: Place, challengedAt: number): FhirResource =>
  stamped(
    { resourceType: "Patient", identifier: [{ system: TID_SYSTEM, value: tid }] },
    tid,
    1,
    atSecond(challengedAt),
  );

/** The session's Encounter, until the clinic writes one in its place. */
export const encounterOf = ({ tid }: Place, challengedAt: number): FhirResource =>
  stamped(
    {
      resourceType: "Encounter",
      identifier: [{ system: TID_SYSTEM, value: tid }],
      status: "in-progress",
      class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB", display: "ambulatory" },
      subject: { reference: `Patient/${tid}` },
      period: { start: atSecond(challengedAt) },
    },
    tid,
    1,
    atSecond(challengedAt),
  );

/** A record that is no FHIR, as its Binary and a DocumentReference. */
export function documentOf(
  { tid }: Place,
  record: { recordId: string; contentKind: string; day: number; content: Uint8Array },
): FhirResource[] {
  const { recordId, contentKind, day, content } = record;
  const at = `${new Date(day * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;
  const contentType = contentKind || "application/octet-stream";
  const binary = stamped(
    {
      resourceType: "Binary",
      contentType,
      securityContext: { reference: `Patient/${tid}` },
      data: Buffer.from(content).toString("base64"),
    },
    foreignId(recordId, 0),
    1,
    at,
  );
  const reference = stamped(
    {
      resourceType: "DocumentReference",
      identifier: [{ system: "urn:symbolon:record", value: recordId }],
      status: "current",
      subject: { reference: `Patient/${tid}` },
      date: at,
      content: [{ attachment: { contentType, url: `Binary/${binary.id}`, size: content.length } }],
    },
    foreignId(recordId, 1),
    1,
    at,
  );
  return [binary, reference];
}
