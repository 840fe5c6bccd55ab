// Reads a session's chain of records into the index, in the chain's order. The same code reads a record from the edge and one
// from the outbox, so a restart shows what stood there before it.
//
//   record       its resources become current, unless a newer version stands elsewhere
//   amendment    likewise; a resource of the amended record that it does not hold any more is deleted
//   withdrawal, move, erasure    the resources of the record are deleted

import { parseJson } from "../client/fhir/json.ts";
import { equalJson, type Json } from "../client/fhir/resource.ts";
import { FHIR_JSON, FhirInputError, type FhirResource, type RecordEntry } from "../client/index.ts";
import {
  type Content,
  documentOf,
  foreignId,
  type Place,
  readGatewayContent,
  stamped,
  stampOf,
  toServed,
} from "./content.ts";
import type { IndexStore } from "./index-store.ts";
import type { QueuedWrite } from "./vault.ts";

/** A record with its content, as the chain or the outbox gives it. */
export interface ReadRecord {
  readonly recordId: string;
  readonly amends: string | undefined;
  readonly contentKind: string;
  /** days since 1970-01-01 */
  readonly day: number;
  /** undefined: erased */
  readonly content: Uint8Array | undefined;
}

const midnight = (day: number): string => `${new Date(day * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;

export class Replay {
  readonly #store: IndexStore;
  readonly #place: Place;
  /** by record: the first one of its line of amendments */
  readonly #roots = new Map<string, string>();
  /** by that first record: the fullUrls of its entries, in the order in which they appeared */
  readonly #names = new Map<string, string[]>();

  constructor(store: IndexStore, place: Place) {
    this.#store = store;
    this.#place = place;
  }

  /** A record or an amendment. */
  record(record: ReadRecord): void {
    const { recordId, amends, day } = record;
    const root = (amends && this.#roots.get(amends)) ?? recordId;
    this.#roots.set(recordId, root);
    this.#store.putRecord(recordId, this.#place.tagHash, "current");
    const before = amends === undefined ? [] : this.#store.membersOf(amends);
    if (record.content !== undefined) this.#resources(record, record.content, root);
    if (amends === undefined) return;
    for (const { type, id, version } of before)
      if (this.#store.current(type, id)?.recordId === amends)
        this.#delete({ type, id, version: version + 1, at: midnight(day) });
    this.#store.putRecord(amends, this.#place.tagHash, "amended");
  }

  /** A withdrawal, a move or an erasure of a record. */
  end(recordId: string, state: string, at: string): void {
    for (const { type, id, version } of this.#store.membersOf(recordId))
      this.#delete({ type, id, version: version + 1, at });
    this.#store.putRecord(recordId, this.#place.tagHash, state);
  }

  /** A write of the outbox. */
  queued({ kind, recordId, target, content }: QueuedWrite, now: string): void {
    if (kind === "withdrawal") this.end(target!, "withdrawn", now);
    else
      this.record({
        recordId,
        amends: target,
        contentKind: FHIR_JSON,
        day: Math.floor(Date.parse(now) / 86_400_000),
        content: Buffer.from(content!),
      });
  }

  /** A whole chain. @param contentOf of each record that is not erased */
  chain(entries: readonly RecordEntry[], contentOf: (recordId: string) => Uint8Array | undefined): void {
    for (const { recordId, amends, contentKind, day } of entries)
      this.record({ recordId, amends, contentKind, day, content: contentOf(recordId) });
    for (const { recordId, state, day } of entries)
      if (state === "withdrawn" || state === "moved" || state === "erased") this.end(recordId, state, midnight(day));
  }

  #delete({ type, id, version, at }: { type: string; id: string; version: number; at: string }): void {
    this.#store.put({ type, id, version, at, tagHash: this.#place.tagHash }, undefined, undefined);
  }

  #resources(record: ReadRecord, bytes: Uint8Array, root: string): void {
    const { recordId, contentKind, day } = record;
    const content = this.#read(contentKind, bytes, root);
    if (content === undefined) {
      for (const resource of documentOf(this.#place, { recordId, contentKind, day, content: bytes }))
        this.#put(resource, 1, midnight(day), recordId);
      return;
    }
    const types = new Map(content.entries.map(({ id, type }) => [id, type]));
    const typeOf = (id: string) => types.get(id) ?? this.#store.typeOf(this.#place.tagHash, id);
    for (const entry of content.entries) {
      const served = toServed(this.#place, content.references, entry, typeOf);
      const stamp = stampOf(served);
      if (!content.references) this.#put(served, stamp.version ?? 1, stamp.at ?? midnight(day), recordId);
      else this.#foreign(served, entry.id, stamp.at ?? midnight(day), recordId);
    }
    for (const removed of content.removed) this.#delete(removed);
  }

  /** undefined: no FHIR that can be read */
  #read(contentKind: string, bytes: Uint8Array, root: string): Content | undefined {
    if (!/^application\/(?:fhir\+)?json\b/i.test(contentKind)) return undefined;
    try {
      return readGatewayContent(bytes, this.#place, (fullUrl) => this.#idOf(root, fullUrl));
    } catch (error) {
      if (error instanceof FhirInputError) return undefined;
      throw error;
    }
  }

  #idOf(root: string, fullUrl: string): string {
    const uuid = /^urn:uuid:(.+)$/.exec(fullUrl)?.[1];
    if (uuid !== undefined && this.#store.typeOf(this.#place.tagHash, uuid) !== undefined) return uuid;
    const names = this.#names.get(root) ?? [];
    this.#names.set(root, names);
    if (!names.includes(fullUrl)) names.push(fullUrl);
    // 0 and 1 are the Binary and the DocumentReference of a record that is no FHIR
    return foreignId(root, names.indexOf(fullUrl) + 2);
  }

  /** A resource of another program: its version rises only if an amendment changed it. */
  #foreign(served: FhirResource, id: string, at: string, recordId: string): void {
    const held = this.#store.current(served.resourceType, id);
    const before = held && this.#store.version(served.resourceType, id, held.version)?.text;
    const unstamped = (resource: Json): Json => stamped(resource as FhirResource, id, 1, "");
    const same = before !== undefined && equalJson(unstamped(parseJson(before)), unstamped(served));
    const version = held ? (same ? held.version : held.version + 1) : 1;
    this.#put(stamped(served, id, version, at), version, at, recordId);
  }

  #put(resource: FhirResource, version: number, at: string, recordId: string): void {
    const { resourceType: type, id } = resource;
    this.#store.put({ type, id: id as string, version, at, tagHash: this.#place.tagHash }, resource, recordId);
  }
}
