// The operations of the server: check-in, outbox, and the views of a session.

import { parseJson } from "../client/fhir/json.ts";
import { narrative, paragraph, table } from "../client/fhir/narrative.ts";
import { TID_SYSTEM } from "../client/fhir/pseudonymise.ts";
import { References } from "../client/fhir/references.ts";
import { ROW_HEADINGS, resourceRows } from "../client/fhir/rows.ts";
import { summarySections } from "../client/fhir/sections.ts";
import type { FhirEntry, FhirResource, JsonObject } from "../client/index.ts";
import { hexToBytes } from "../protocol/bytes.ts";
import { tidOf } from "../protocol/tid.ts";
import { MAX_WAIT_SECONDS } from "./check-ins.ts";
import { localReference, mapReferences, type Place } from "./content.ts";
import type { Gateway } from "./gateway.ts";
import type { Version } from "./index-store.ts";
import { informational, refuse } from "./outcome.ts";
import { type Found, MAX_COUNT, nameOf, type Query, searchBundle } from "./search.ts";
import { referencesOf } from "./writer.ts";

const parameters = (...parameter: JsonObject[]): FhirResource => ({ resourceType: "Parameters", parameter });
const one = (query: Query, name: string): string | undefined => [query[name] ?? []].flat().at(-1);

// ---- check-in

export async function checkIn({ checkIns }: Gateway): Promise<FhirResource> {
  const { id, invitation, expiresAt, qr } = await checkIns.ask();
  return parameters(
    { name: "id", valueId: id },
    { name: "expires", valueInstant: new Date(expiresAt * 1000).toISOString() },
    { name: "invitation", valueString: invitation },
    {
      name: "qr",
      valueAttachment: {
        contentType: "image/png",
        data: qr.slice(qr.indexOf(",") + 1),
        title: "The invitation as a QR code",
      },
    },
  );
}

/** @throws FhirError 400, 404 */
export async function checkInStatus({ checkIns }: Gateway, query: Query): Promise<FhirResource> {
  const wait = Number(one(query, "wait") ?? "0");
  if (!(wait >= 0 && wait <= MAX_WAIT_SECONDS))
    throw refuse(400, `wait is a number of seconds, ${MAX_WAIT_SECONDS} at most.`);
  const standing = await checkIns.status(one(query, "id") ?? "", wait);
  if (standing.state !== "checked-in") return parameters({ name: "status", valueCode: standing.state });
  const { tid } = standing.place;
  return parameters(
    { name: "status", valueCode: "checked-in" },
    { name: "tid", valueString: tid },
    { name: "patient", valueReference: { reference: `Patient/${tid}` } },
    { name: "encounter", valueReference: { reference: `Encounter/${tid}` } },
  );
}

// ---- outbox

export function outbox({ vault }: Gateway): FhirResource {
  return parameters(
    ...vault.queued().map(
      ({ seq, tagHash, kind, fault }): JsonObject => ({
        name: fault === undefined ? "waiting" : "refused",
        part: [
          { name: "number", valueInteger: seq },
          { name: "patient", valueReference: { reference: `Patient/${tidOf(hexToBytes(tagHash))}` } },
          { name: "kind", valueCode: kind },
          ...(fault === undefined ? [] : [{ name: "reason", valueString: fault }]),
        ],
      }),
    ),
  );
}

/** @throws FhirError 404 */
export function dismiss({ vault }: Gateway, query: Query): FhirResource {
  const number = Number(one(query, "number"));
  const write = vault.queued().find(({ seq, fault }) => seq === number && fault !== undefined);
  if (!write) throw refuse(404, "There is no refused write with this number.");
  vault.settle(write.seq);
  return informational("The refused write is off the list. Its content is gone.");
}

// ---- views of a session

/** Patient/<TID>/$everything, with _type, _since, _count and _offset. */
export async function everything(gateway: Gateway, tid: string, query: Query, url: string): Promise<FhirResource> {
  for (const name of Object.keys(query))
    if (!["_type", "_since", "_count", "_offset", "_format"].includes(name))
      throw refuse(400, `"${name}" is not supported.`);
  const { tagHash } = await gateway.sessions.byTid(tid);
  const types = one(query, "_type")?.split(",");
  const since = one(query, "_since");
  const all = gateway.store
    .ofSession(tagHash)
    .filter(
      ({ type, at }) => (types?.includes(type) ?? true) && (since === undefined || Date.parse(at) >= Date.parse(since)),
    );
  const [count, offset] = [Number(one(query, "_count") ?? MAX_COUNT), Number(one(query, "_offset") ?? 0)];
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(offset) || count < 0 || offset < 0)
    throw refuse(400, "_count and _offset are numbers.");
  const matches = all.slice(offset, offset + Math.min(count, MAX_COUNT));
  const found: Found = { matches, included: [], total: all.length, count, offset };
  return searchBundle(found, url, gateway.base);
}

const LOINC = "http://loinc.org";
const IPS_BUNDLE = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips";
const IPS_COMPOSITION = "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips";

/** Patient/<TID>/$summary: the sections of an International Patient Summary, and the resources that they name. */
export async function summary(gateway: Gateway, tid: string): Promise<FhirResource> {
  const place = await gateway.sessions.byTid(tid);
  const entries = entriesOf(gateway, place);
  const sections = summarySections(entries.slice(1), new References(entries), () => gateway.clinicName);
  const named = new Set(
    sections.flatMap(({ entry }) => (entry as { reference: string }[] | undefined) ?? []).map((e) => e.reference),
  );
  const kept = reachable(entries, named);
  return document(gateway, place, {
    code: "60591-5",
    display: "Patient summary Document",
    title: "International Patient Summary",
    profiles: [IPS_BUNDLE, IPS_COMPOSITION],
    sections,
    entries: kept,
  });
}

/** Encounter/<id>/$document: all resources of its session. */
export async function encounterDocument(gateway: Gateway, encounter: Version): Promise<FhirResource> {
  const place = gateway.sessions.place(encounter.tagHash);
  const entries = entriesOf(gateway, place);
  const references = new References(entries);
  const rest = entries.slice(1);
  const sections = summarySections(rest, references, () => gateway.clinicName);
  const all: JsonObject = {
    title: "All resources",
    text: narrative(
      rest.length === 0
        ? paragraph("The session holds no resource.")
        : table(
            [...ROW_HEADINGS],
            rest.flatMap((entry) => resourceRows(entry, references)),
          ),
    ),
    entry: rest.map(({ fullUrl }) => ({ reference: fullUrl })),
  };
  return document(gateway, place, {
    code: "11503-0",
    display: "Medical records",
    title: "Records of one visit",
    profiles: undefined,
    sections: [...sections, all],
    entries,
    encounter: `${gateway.base}/${nameOf(encounter)}`,
  });
}

/** The session's resources under absolute URLs, the Patient first. */
function entriesOf({ store, base }: Gateway, { tagHash }: Place): FhirEntry[] {
  const all = store.ofSession(tagHash).map(
    (version): FhirEntry => ({
      fullUrl: `${base}/${nameOf(version)}`,
      resource: parseJson(version.text!) as FhirResource,
    }),
  );
  return all.sort(
    (a, b) => Number(b.resource.resourceType === "Patient") - Number(a.resource.resourceType === "Patient"),
  );
}

/** The entries named, the Patient, and what they refer to, directly or through another one. */
function reachable(entries: readonly FhirEntry[], named: ReadonlySet<string>): FhirEntry[] {
  const references = new References(entries);
  const kept = new Set(entries.filter(({ fullUrl }, i) => i === 0 || named.has(fullUrl)));
  for (const entry of kept)
    for (const reference of referencesOf(entry.resource)) {
      const target = references.literal(entry, reference);
      if (target.kind === "entry") kept.add(target.entry);
    }
  return entries.filter((entry) => kept.has(entry));
}

interface DocumentParts {
  code: string;
  display: string;
  title: string;
  profiles: readonly [bundle: string, composition: string] | undefined;
  sections: readonly JsonObject[];
  entries: readonly FhirEntry[];
  encounter?: string;
}

function document(gateway: Gateway, { tid }: Place, parts: DocumentParts): FhirResource {
  const { code, display, title, profiles, sections, entries, encounter } = parts;
  const [id, clinic, composition] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  const now = new Date().toISOString();
  const patient = `${gateway.base}/Patient/${tid}`;
  const absolute = (resource: FhirResource): FhirResource =>
    mapReferences(resource, (reference) => {
      const local = localReference(reference, gateway.base);
      return local ? `${gateway.base}/${local.type}/${local.id}` : undefined;
    });
  return {
    resourceType: "Bundle",
    id,
    ...(profiles ? { meta: { profile: [profiles[0]] } } : {}),
    identifier: { system: "urn:ietf:rfc:3986", value: `urn:uuid:${id}` },
    type: "document",
    timestamp: now,
    entry: [
      {
        fullUrl: `urn:uuid:${composition}`,
        resource: {
          resourceType: "Composition",
          id: composition,
          ...(profiles ? { meta: { profile: [profiles[1]] } } : {}),
          status: "final",
          type: { coding: [{ system: LOINC, code, display }] },
          subject: { reference: patient },
          ...(encounter === undefined ? {} : { encounter: { reference: encounter } }),
          date: now,
          author: [{ reference: `urn:uuid:${clinic}` }],
          title,
          section: [...sections],
        },
      },
      ...entries.map(({ fullUrl, resource }) => ({ fullUrl, resource: absolute(resource) })),
      {
        fullUrl: `urn:uuid:${clinic}`,
        resource: {
          resourceType: "Organization",
          id: clinic,
          identifier: [{ system: `${TID_SYSTEM.replace(/:tid$/, "")}:clinic`, value: gateway.clinicName }],
          name: gateway.clinicName,
        },
      },
    ],
  };
}
