// The repository behind @medplum/fhir-router's routes: reads from the index, writes through the writer. One is made per request,
// because a request may say which session it means and which findings may stay.
//
// Which session a resource goes to: that of its references (Patient/<TID>, Encounter/<TID> or another resource of the session),
// or of the header `symbolon-session`. A resource that names two sessions is refused: it would link two visits.

import { randomUUID } from "node:crypto";
import { allOk, applyPatch, created, type SearchRequest } from "@medplum/core";
import { FhirRepository } from "@medplum/fhir-router";
import { parseJson } from "../client/fhir/json.ts";
import { isObject } from "../client/fhir/resource.ts";
import { ExactNumber, type FhirEntry, type FhirResource, type Json } from "../client/index.ts";
import { localReference, type Place } from "./content.ts";
import type { Gateway } from "./gateway.ts";
import type { Version } from "./index-store.ts";
import { FhirError, refuse } from "./outcome.ts";
import { search } from "./search.ts";
import { invalidities } from "./validate.ts";
import { type Change, referencesOf } from "./writer.ts";

export interface RequestContext {
  /** TID of the header symbolon-session */
  tid: string | undefined;
  /** findings that may stay: symbolon-allow */
  allow: readonly string[];
  /** set by a write: whether the edge has it */
  state?: "done" | "queued";
}

/** FHIR JSON goes through the router as it is; the router's own types are those of another package. */
type Any = never;

export class GatewayRepository extends FhirRepository {
  readonly #gateway: Gateway;
  readonly context: RequestContext;

  constructor(gateway: Gateway, context: RequestContext) {
    super();
    this.#gateway = gateway;
    this.context = context;
  }

  // ---- reading

  /** @throws FhirError 404, 410 */
  async newest(type: string, id: string): Promise<Version> {
    const { store, sessions } = this.#gateway;
    // A Patient or Encounter of a session may be so new that nobody has asked for it yet.
    if (type === "Patient" || (type === "Encounter" && !store.current(type, id) && TID.test(id)))
      await sessions.byTid(id);
    if (!store.current(type, id)) await sessions.allReady();
    const current = store.current(type, id);
    if (!current) throw refuse(404, `There is no ${type}/${id}.`);
    if (current.deleted) throw refuse(410, `${type}/${id} was deleted.`);
    return store.version(type, id, current.version)!;
  }

  async readResource(type: string, id: string): Promise<Any> {
    return parseJson((await this.newest(type, id)).text!) as Any;
  }

  async readVersion(type: string, id: string, versionId: string): Promise<Any> {
    await this.newest(type, id).catch((error: unknown) => {
      if (!(error instanceof FhirError && error.status === 410)) throw error;
    });
    const number = /^[1-9]\d{0,8}$/.test(versionId) ? Number(versionId) : 0;
    const version = this.#gateway.store.version(type, id, number);
    if (!version) throw refuse(404, `${type}/${id} has no version ${versionId}.`);
    if (version.text === undefined)
      throw refuse(410, `Version ${versionId} of ${type}/${id} says that it was deleted.`);
    return parseJson(version.text) as Any;
  }

  // ---- writing

  generateId(): string {
    return randomUUID();
  }

  async createResource(resource: Any): Promise<Any> {
    const given = resource as FhirResource;
    this.mustBeWritable(given.resourceType, "create");
    this.mustBeValid(given);
    const place = await this.placeOf([given]);
    const id = this.generateId();
    const [version] = await this.commit(place, [{ op: "create", type: given.resourceType, id, resource: given }]);
    return parseJson(version!.text!) as Any;
  }

  async updateResource(resource: Any, options?: { ifMatch?: string }): Promise<Any> {
    const given = resource as FhirResource;
    const { resourceType: type, id } = given;
    this.mustBeWritable(type, "update");
    this.mustBeValid(given);
    const { tagHash } = await this.forUpdate(type, id as string);
    const place = await this.placeOf([given], tagHash);
    const [version] = await this.commit(place, [
      { op: "update", type, id: id as string, resource: given, ifMatch: options?.ifMatch },
    ]);
    return parseJson(version!.text!) as Any;
  }

  async deleteResource(type: string, id: string, options?: { ifMatch?: string }): Promise<void> {
    this.mustBeWritable(type, "delete");
    const { tagHash } = await this.newest(type, id);
    await this.commit(this.#gateway.sessions.place(tagHash), [{ op: "delete", type, id, ifMatch: options?.ifMatch }]);
  }

  /** JSON Patch (RFC 6902). */
  async patchResource(type: string, id: string, patch: unknown, options?: { ifMatch?: string }): Promise<Any> {
    if (!Array.isArray(patch)) throw refuse(415, "Only JSON Patch is supported.");
    const before = await this.newest(type, id);
    // applyPatch copies values by their members, which an exact number does not survive: it goes through as a string.
    const numbers = new NumbersAsText();
    const patched = numbers.hide(parseJson(before.text!)) as object;
    const operations = numbers.hide(patch as Json) as unknown as Parameters<typeof applyPatch>[1];
    const faults = applyPatch(patched, operations).filter((fault) => fault !== null);
    if (faults.length > 0) throw refuse(422, `The patch does not apply: ${faults[0]!.message}`);
    const resource = numbers.show(patched as Json) as FhirResource;
    if (resource.resourceType !== type || resource.id !== id)
      throw refuse(400, "A patch cannot change the type or the id of a resource.");
    return this.updateResource(resource as Any, { ifMatch: options?.ifMatch ?? String(before.version) });
  }

  /** If-None-Exist: looks in the session of the resource, since another visit's resource must not take its place. */
  override async conditionalCreate(resource: Any, request: SearchRequest): Promise<Any> {
    const given = resource as FhirResource;
    const place = await this.placeOf([given]);
    const existing = this.onlyMatch(given.resourceType, conditionsOf(request), place.tagHash);
    if (existing) return { resource: parseJson(existing.text!), outcome: allOk } as Any;
    return { resource: await this.createResource(resource), outcome: created } as Any;
  }

  /** PUT Type?condition, in the session of the resource. */
  override async conditionalUpdate(
    resource: Any,
    request: SearchRequest,
    options?: { ifMatch?: string },
  ): Promise<Any> {
    const given = resource as FhirResource;
    const place = await this.placeOf([given]);
    const existing = this.onlyMatch(given.resourceType, conditionsOf(request), place.tagHash);
    if (!existing) return { resource: await this.createResource(resource), outcome: created } as Any;
    if (given.id !== undefined && given.id !== existing.id)
      throw refuse(400, `The resource has the id ${given.id}, and the condition means ${existing.id}.`);
    return {
      resource: await this.updateResource({ ...given, id: existing.id } as Any, options),
      outcome: allOk,
    } as Any;
  }

  /** DELETE Type?condition, in the session of the header or among all. */
  override async conditionalDelete(request: SearchRequest): Promise<void> {
    const { sessions } = this.#gateway;
    await sessions.allReady();
    const tagHash = this.context.tid === undefined ? undefined : (await sessions.byTid(this.context.tid)).tagHash;
    const existing = this.onlyMatch(request.resourceType, conditionsOf(request), tagHash);
    if (existing) await this.deleteResource(existing.type, existing.id);
  }

  /** The resource that a condition means, if there is one. @throws FhirError 412 if there are several */
  onlyMatch(type: string, query: Record<string, string | string[]>, tagHash: string | undefined): Version | undefined {
    if (Object.keys(query).length === 0) throw refuse(412, "The condition is empty.");
    const { matches } = search(this.#gateway.store, type, { ...query, _count: "2" }, tagHash);
    if (matches.length > 1) throw refuse(412, `Several resources of the type ${type} meet the condition.`);
    return matches[0];
  }

  /** @throws FhirError; what the edge refused */
  async commit(place: Place, changes: readonly Change[], patient?: FhirEntry): Promise<Version[]> {
    const { versions, state } = await this.#gateway.writer.commit(place.tagHash, changes, {
      patient,
      allow: this.context.allow,
    });
    this.context.state = this.context.state === "queued" ? "queued" : state;
    return versions;
  }

  /** An update creates nothing: the server assigns the ids. */
  async forUpdate(type: string, id: string): Promise<Version> {
    try {
      return await this.newest(type, id);
    } catch (error) {
      if (!(error instanceof FhirError && error.status === 404)) throw error;
      throw refuse(405, `There is no ${type}/${id}, and this server assigns the ids itself: create it by POST.`);
    }
  }

  mustBeWritable(type: string, verb: string): void {
    if (type !== "Patient") return;
    const why = "A Patient here is the temporary identity of a check-in, without a name.";
    throw refuse(405, `${why} Nobody can ${verb} it; POST $check-in makes one.`);
  }

  /** @throws FhirError 400 */
  mustBeValid(resource: FhirResource, at = ""): void {
    const issues = invalidities(resource, at);
    if (issues.length > 0) throw new FhirError(400, issues);
  }

  /**
   * The one session that the resources name.
   * @param known tag hash of the session of a resource that is updated
   * @param patientUrl fullUrl of a Patient that came along, and stands for the session's
   * @throws FhirError 422
   */
  async placeOf(resources: readonly FhirResource[], known?: string, patientUrl?: string): Promise<Place> {
    const { store, sessions, base } = this.#gateway;
    const found = new Map<string, string>();
    if (known !== undefined) found.set(known, "the resource itself");
    if (this.context.tid !== undefined)
      found.set((await sessions.byTid(this.context.tid)).tagHash, "the header symbolon-session");
    for (const resource of resources)
      for (const reference of referencesOf(resource)) {
        if (reference === patientUrl) continue;
        const local = localReference(reference, base);
        if (local?.type === "Patient" || (local?.type === "Encounter" && TID.test(local.id)))
          found.set(await this.#sessionOf(local, reference), reference);
        else if (local) {
          const current = store.current(local.type, local.id);
          if (current) found.set(current.tagHash, reference);
        } else if (/(?:^|\/)Patient[/?]/.test(reference))
          throw refuse(422, `"${reference}" refers to a patient of another server.`);
      }
    if (found.size > 1)
      throw refuse(
        422,
        `One request is about one session, and this one names several: ${[...found.values()].join(", ")}.`,
      );
    const [tagHash] = found.keys();
    if (tagHash === undefined)
      throw refuse(
        422,
        "Nothing says which session this is for: refer to Patient/<TID>, or send the header symbolon-session.",
      );
    await sessions.ready(tagHash);
    return sessions.place(tagHash);
  }

  async #sessionOf({ type, id }: { type: string; id: string }, reference: string): Promise<string> {
    try {
      return (await this.#gateway.sessions.byTid(id)).tagHash;
    } catch (error) {
      if (type !== "Patient" || !(error instanceof FhirError && error.status === 404)) throw error;
      throw refuse(422, `"${reference}" is no patient of this clinic. Patients are known by their TIDs alone.`);
    }
  }

  // ---- what the router asks for beside

  setMode(): void {}

  async readReference(reference: { reference?: string }): Promise<Any> {
    const local = localReference(reference.reference ?? "", this.#gateway.base);
    if (!local) throw refuse(404, `"${reference.reference}" is not here.`);
    return this.readResource(local.type, local.id);
  }

  async readReferences(references: readonly { reference?: string }[]): Promise<Any[]> {
    return Promise.all(references.map((one) => this.readReference(one).catch((error: Error) => error as Any)));
  }

  async readHistory(): Promise<Any> {
    throw new Error("history has a route of its own");
  }

  async search(): Promise<Any> {
    throw new Error("the search has a route of its own");
  }

  async searchByReference(): Promise<Any> {
    throw new Error("only GraphQL needs it");
  }

  async withTransaction<T>(act: (repository: this) => Promise<T>): Promise<T> {
    return act(this);
  }
}

/** Puts exact numbers into text that no client can know, and back. */
class NumbersAsText {
  readonly #prefix = `${randomUUID()} `;
  hide(value: Json): Json {
    return mapValues(value, (one) => (one instanceof ExactNumber ? this.#prefix + one.digits : one));
  }
  show(value: Json): Json {
    return mapValues(value, (one) =>
      typeof one === "string" && one.startsWith(this.#prefix) ? new ExactNumber(one.slice(this.#prefix.length)) : one,
    );
  }
}

function mapValues(value: Json, change: (value: Json) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => mapValues(item, change));
  if (!isObject(value)) return change(value);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapValues(item, change)]));
}

/** 15 characters of the alphabet of TIDs. */
const TID = /^[2-9A-HJKMNP-Z]{15}$/;

function conditionsOf({ filters = [] }: SearchRequest): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const { code, operator, value } of filters) {
    const isPrefix = ["ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"].includes(operator);
    const name = operator === "eq" || isPrefix ? code : `${code}:${operator}`;
    query[name] = [...(query[name] ?? []), isPrefix ? `${operator}${value}` : value];
  }
  return query;
}
