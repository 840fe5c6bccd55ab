// Bundles at the base of the server.
//
//   transaction            all entries are of one session, and become one append to its chain: whole, or not there
//   document, collection   likewise, with each entry as a new resource
//   batch                  each entry is a request by itself
//
// A Patient among the entries of a transaction stands for the session's patient: the search for names uses it, references to it
// come to mean Patient/<TID>, and it is not sealed. References between entries become "Type/<new id>" (http.html#trules).

import { randomUUID } from "node:crypto";
import { parseJson } from "../client/fhir/json.ts";
import { TID_SYSTEM } from "../client/fhir/pseudonymise.ts";
import { conditionOf, References } from "../client/fhir/references.ts";
import { isObject, type Json, type JsonObject, objectsOf, textOf } from "../client/fhir/resource.ts";
import type { FhirEntry, FhirResource } from "../client/index.ts";
import { localReference, mapReferences, type Place } from "./content.ts";
import { isServedType } from "./definitions.ts";
import type { Gateway } from "./gateway.ts";
import type { Version } from "./index-store.ts";
import { FhirError, type Issue, outcomeOf, refuse, toFhirError } from "./outcome.ts";
import type { GatewayRepository } from "./repository.ts";
import { nameOf } from "./search.ts";
import { invalidities } from "./validate.ts";
import type { Change } from "./writer.ts";

/** Answers one request of a Bundle. */
export type Answer = (request: {
  method: string;
  url: string;
  body: Json | undefined;
  headers: Record<string, string>;
}) => Promise<{ status: number; body: FhirResource | undefined; headers: Record<string, string> }>;

interface Entry {
  readonly index: number;
  readonly fullUrl: string;
  readonly method: string;
  readonly url: string;
  readonly resource: FhirResource | undefined;
  readonly request: JsonObject;
}

const METHODS = ["DELETE", "POST", "PUT", "GET", "HEAD"];
const MAX_ENTRIES = 10_000;

/** @throws FhirError 400 */
function readEntries(bundle: FhirResource): Entry[] {
  const items = bundle.entry === undefined ? [] : bundle.entry;
  if (!Array.isArray(items)) throw refuse(400, "Bundle.entry is no array.", "Bundle.entry");
  if (items.length > MAX_ENTRIES) throw refuse(413, `A Bundle has at most ${MAX_ENTRIES} entries.`);
  const isDocument = bundle.type === "document" || bundle.type === "collection";
  return items.map((item, index): Entry => {
    const at = `Bundle.entry[${index}]`;
    if (!isObject(item)) throw refuse(400, "The entry is no object.", at);
    const resource = isObject(item.resource) ? (item.resource as FhirResource) : undefined;
    if (resource && textOf(resource.resourceType) === undefined)
      throw refuse(400, "The resource has no resourceType.", `${at}.resource`);
    if (isDocument && !resource) throw refuse(400, "The entry has no resource.", at);
    const request: JsonObject = isDocument
      ? { method: "POST", url: resource!.resourceType }
      : isObject(item.request)
        ? item.request
        : {};
    const method = textOf(request.method);
    const url = textOf(request.url)?.replace(/^\//, "");
    if (method === undefined || url === undefined)
      throw refuse(400, "The entry needs request.method and request.url.", `${at}.request`);
    return {
      index,
      fullUrl: textOf(item.fullUrl) ?? `https://fhir.invalid/entry-${index}`,
      method,
      url,
      resource,
      request,
    };
  });
}

export async function answerBundle(
  gateway: Gateway,
  repository: GatewayRepository,
  bundle: FhirResource,
  answer: Answer,
): Promise<FhirResource> {
  if (bundle.resourceType !== "Bundle") throw refuse(400, "Only a Bundle can be posted to the base of the server.");
  switch (bundle.type) {
    case "batch":
      return batch(gateway, readEntries(bundle), answer);
    case "transaction":
    case "document":
    case "collection":
      return new Transaction(gateway, repository, readEntries(bundle)).run(answer);
    default:
      throw refuse(400, "Bundle.type must be transaction, batch, document or collection.", "Bundle.type");
  }
}

async function batch(gateway: Gateway, entries: readonly Entry[], answer: Answer): Promise<FhirResource> {
  const answers = new Map<number, JsonObject>();
  const inOrder = [...entries].sort((a, b) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method));
  for (const entry of inOrder) answers.set(entry.index, await asEntry(entry, answer, gateway.base));
  return { resourceType: "Bundle", type: "batch-response", entry: entries.map(({ index }) => answers.get(index)!) };
}

async function asEntry(entry: Entry, answer: Answer, base: string): Promise<JsonObject> {
  const { ifMatch, ifNoneMatch, ifNoneExist } = entry.request;
  const headers = Object.fromEntries(
    Object.entries({ "if-match": ifMatch, "if-none-match": ifNoneMatch, "if-none-exist": ifNoneExist }).flatMap(
      ([name, value]) => (typeof value === "string" ? [[name, value]] : []),
    ),
  );
  const url = entry.url.startsWith(`${base}/`) ? entry.url.slice(base.length + 1) : entry.url;
  try {
    const { status, body, headers: told } = await answer({ method: entry.method, url, body: entry.resource, headers });
    const isOutcome = body?.resourceType === "OperationOutcome";
    return {
      ...(body && !isOutcome ? { resource: body } : {}),
      response: {
        status: String(status),
        ...(told.location === undefined ? {} : { location: told.location }),
        ...(told.etag === undefined ? {} : { etag: told.etag }),
        ...(told["last-modified"] === undefined ||
        typeof (body?.meta as JsonObject | undefined)?.lastUpdated !== "string"
          ? {}
          : { lastModified: (body!.meta as JsonObject).lastUpdated! }),
        ...(isOutcome ? { outcome: body } : {}),
      },
    };
  } catch (error) {
    const { status, issues } = toFhirError(error);
    return { response: { status: String(status), outcome: outcomeOf(issues) } };
  }
}

class Transaction {
  readonly #gateway: Gateway;
  readonly #repository: GatewayRepository;
  readonly #entries: readonly Entry[];
  /** by entry: the resource that it makes, changes or finds */
  readonly #names = new Map<Entry, { type: string; id: string }>();

  constructor(gateway: Gateway, repository: GatewayRepository, entries: readonly Entry[]) {
    this.#gateway = gateway;
    this.#repository = repository;
    this.#entries = entries;
  }

  async run(answer: Answer): Promise<FhirResource> {
    this.#mustBeWhole();
    const patient = this.#onlyPatient();
    const place = await this.#place(patient);
    const changes = new Map<Entry, Change>();
    const found = new Map<Entry, Version>();
    for (const entry of this.#entries) await this.#plan(entry, patient, place, changes, found);
    const all = this.#all();
    const references = new References(all);
    const linked = new Map<Entry, Change>();
    for (const [entry, change] of changes)
      linked.set(
        entry,
        change.op === "delete" ? change : { ...change, resource: this.#link(entry, all, references, change, place) },
      );
    const ordered = [...linked].sort(
      ([a], [b]) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method) || a.index - b.index,
    );
    // The references may name other sessions still.
    await this.#repository.placeOf(
      ordered.flatMap(([, change]) => (change.op === "delete" ? [] : [change.resource])),
      place.tagHash,
      patient?.fullUrl,
    );
    const known = patient && { fullUrl: patient.fullUrl, resource: patient.resource! };
    const versions = await this.#repository.commit(
      place,
      ordered.map(([, change]) => change),
      known,
    );
    const made = new Map(ordered.map(([entry], i) => [entry, versions[i]!]));
    const responses: JsonObject[] = [];
    for (const entry of this.#entries) responses.push(await this.#response(entry, made, found, place, answer));
    return { resourceType: "Bundle", type: "transaction-response", entry: responses };
  }

  /** That each entry can be understood and its resource is valid. All faults are told at once. */
  #mustBeWhole(): void {
    const issues: Issue[] = [];
    for (const { index, method, url, resource } of this.#entries) {
      const at = `Bundle.entry[${index}]`;
      const type = /^[A-Za-z]+/.exec(url)?.[0] ?? "";
      const fault = (text: string, expression: string) => issues.push({ code: "invalid", text, expression });
      if (!METHODS.includes(method)) fault(`${method} is not supported in a transaction.`, `${at}.request.method`);
      if (method === "GET" || method === "HEAD") continue;
      if (!isServedType(type)) fault(`There is no resource type "${type}" here.`, `${at}.request.url`);
      else if (method !== "DELETE" && resource?.resourceType !== type)
        fault(`The entry needs a resource of the type ${type}.`, `${at}.resource`);
      else if (method !== "DELETE") issues.push(...invalidities(resource!, `${at}.resource`));
    }
    if (issues.length > 0) throw new FhirError(400, issues);
  }

  #onlyPatient(): Entry | undefined {
    const patients = this.#entries.filter(({ resource }) => resource?.resourceType === "Patient");
    if (patients.length > 1) throw refuse(422, "The Bundle holds several Patients, and one session has one.");
    if (patients.some(({ method }) => method === "DELETE")) throw refuse(405, "A Patient cannot be deleted here.");
    return patients[0];
  }

  /** The session: of the header, of the Patient's entry, or of the references. */
  async #place(patient: Entry | undefined): Promise<Place> {
    const { sessions, store } = this.#gateway;
    const tid = this.#repository.context.tid ?? (patient && tidOfPatient(patient));
    if (tid !== undefined) return sessions.byTid(tid);
    // Only what leads outside the Bundle names a session.
    const all = this.#all();
    const references = new References(all);
    const outward = all
      .filter(({ resource }) => resource !== patient?.resource)
      .map((entry) =>
        mapReferences(entry.resource, (reference) =>
          references.literal(entry, reference).kind === "outside" ? undefined : "#",
        ),
      );
    const changed = this.#entries.flatMap(({ method, url }) => {
      const local = method === "DELETE" || method === "PUT" ? localReference(url, this.#gateway.base) : undefined;
      return local ? [store.current(local.type, local.id)?.tagHash ?? []].flat() : [];
    });
    return this.#repository.placeOf(outward, changed[0]);
  }

  async #plan(
    entry: Entry,
    patient: Entry | undefined,
    place: Place,
    changes: Map<Entry, Change>,
    found: Map<Entry, Version>,
  ): Promise<void> {
    const { method, url, resource, request } = entry;
    if (entry === patient) {
      this.#names.set(entry, { type: "Patient", id: place.tid });
      return;
    }
    if (method === "GET" || method === "HEAD") return;
    const [path = "", query] = url.split("?", 2);
    const local = localReference(path, this.#gateway.base);
    const ifMatch = /"([^"]+)"/.exec(String(request.ifMatch ?? ""))?.[1];
    const match = (condition: string) =>
      this.#repository.onlyMatch(path, Object.fromEntries(groupedQuery(condition)), place.tagHash);
    const create = (): void => {
      const name = { type: resource!.resourceType, id: randomUUID() };
      this.#names.set(entry, name);
      changes.set(entry, { op: "create", ...name, resource: resource! });
    };
    if (method === "POST") {
      const existing =
        typeof request.ifNoneExist === "string" ? match(request.ifNoneExist.replace(/^.*\?/, "")) : undefined;
      if (!existing) return create();
      this.#names.set(entry, existing);
      found.set(entry, existing);
      return;
    }
    if (query !== undefined) {
      const existing = match(query);
      if (!existing) return method === "PUT" ? create() : undefined;
      return this.#change(entry, existing, ifMatch, changes);
    }
    if (!local) throw refuse(400, `${method} needs the URL of a resource.`, `Bundle.entry[${entry.index}].request.url`);
    if (method === "PUT") await this.#repository.forUpdate(local.type, local.id);
    return this.#change(entry, local, ifMatch, changes);
  }

  #change(
    entry: Entry,
    { type, id }: { type: string; id: string },
    ifMatch: string | undefined,
    changes: Map<Entry, Change>,
  ): void {
    const name = { type, id };
    for (const other of this.#names.values())
      if (other.type === type && other.id === id) throw refuse(400, `Two entries are about ${type}/${id}.`);
    this.#names.set(entry, name);
    changes.set(
      entry,
      entry.method === "DELETE"
        ? { op: "delete", ...name, ifMatch }
        : { op: "update", ...name, resource: entry.resource!, ifMatch },
    );
  }

  readonly #made = new Map<Entry, FhirEntry>();
  #all(): FhirEntry[] {
    return this.#entries.flatMap((entry) => {
      if (!entry.resource) return [];
      const made = this.#made.get(entry) ?? { fullUrl: entry.fullUrl, resource: entry.resource };
      this.#made.set(entry, made);
      return [made];
    });
  }

  /** References to other entries as "Type/<id>". */
  #link(
    entry: Entry,
    all: readonly FhirEntry[],
    references: References,
    { resource }: Exclude<Change, { op: "delete" }>,
    place: Place,
  ): FhirResource {
    const from = all.find((one) => one.resource === entry.resource)!;
    return mapReferences(resource, (reference) => {
      if (reference.startsWith("#")) return undefined;
      const target = references.literal(from, reference);
      if (target.kind === "entry") {
        const owner = this.#entries.find((one) => this.#made.get(one) === target.entry);
        const name = owner && this.#names.get(owner);
        if (name?.type === "Patient") return owner!.fullUrl;
        return name && nameOf(name);
      }
      const condition = conditionOf(reference);
      if (!condition || condition.type === "Patient") return undefined;
      const existing = this.#repository.onlyMatch(condition.type, { identifier: condition.identifier }, place.tagHash);
      if (!existing) throw refuse(412, `The reference "${reference}" means no resource of this session.`);
      return nameOf(existing);
    });
  }

  async #response(
    entry: Entry,
    made: ReadonlyMap<Entry, Version>,
    found: ReadonlyMap<Entry, Version>,
    place: Place,
    answer: Answer,
  ): Promise<JsonObject> {
    const { base, store } = this.#gateway;
    if (entry.method === "GET" || entry.method === "HEAD") return asEntry(entry, answer, base);
    const version = made.get(entry) ?? found.get(entry) ?? this.#patientOf(entry, place);
    if (!version) return { response: { status: "204" } };
    if (version.text === undefined)
      return { response: { status: "204", etag: `W/"${version.version}"`, lastModified: version.at } };
    const isNew = made.has(entry) && version.version === 1 && store.current(version.type, version.id) !== undefined;
    return {
      fullUrl: `${base}/${nameOf(version)}`,
      resource: parseJson(version.text),
      response: {
        status: isNew ? "201" : "200",
        location: `${nameOf(version)}/_history/${version.version}`,
        etag: `W/"${version.version}"`,
        lastModified: version.at,
      },
    };
  }

  #patientOf(entry: Entry, { tid }: Place): Version | undefined {
    return this.#names.get(entry)?.type === "Patient" ? this.#gateway.store.version("Patient", tid, 1) : undefined;
  }
}

/** The TID that a Patient's entry names: PUT Patient/<TID>, If-None-Exist, or an identifier. */
function tidOfPatient({ method, url, request, resource }: Entry): string | undefined {
  if (method === "PUT") return /^Patient\/([^/?]+)$/.exec(url)?.[1];
  const condition = new URLSearchParams(String(request.ifNoneExist ?? "").replace(/^.*\?/, "")).get("identifier");
  const asked = condition?.startsWith(`${TID_SYSTEM}|`) ? condition.slice(TID_SYSTEM.length + 1) : undefined;
  const own = objectsOf(resource?.identifier).find(({ system }) => system === TID_SYSTEM)?.value;
  return asked ?? textOf(own);
}

function groupedQuery(query: string): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) all.set(name, [...(all.get(name) ?? []), value]);
  return all;
}
