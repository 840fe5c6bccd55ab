// Turns the changes of one request into one append to a session's chain, so that they are whole or not there.
//
//   only new resources                     a record with all of them
//   changes to resources of a record       an amendment of it: its other resources, the changed ones, and the new ones
//   changes to resources of several        an amendment of the first of them. The newer version counts, and what is deleted
//                                          elsewhere is named in it. Afterwards the others are tidied: amended or withdrawn,
//                                          so that no old version stays in a current record
//   the last resource of a record deleted  a withdrawal of it
//
// The append is in the outbox, on disk, before the index shows it and before anybody is told (vault.ts).

import { randomBytes } from "node:crypto";
import { parseJson } from "../client/fhir/json.ts";
import { type PreparedEntries, prepareEntries } from "../client/fhir/prepare.ts";
import { tidUrl } from "../client/fhir/pseudonymise.ts";
import { isAttachment, isReference } from "../client/fhir/references.ts";
import { objectsIn } from "../client/fhir/resource.ts";
import type { FhirEntry, FhirResource } from "../client/index.ts";
import { localReference, type Place, type Removed, stamped, toEntry, writeContent } from "./content.ts";
import type { Edge } from "./edge.ts";
import type { IndexStore, Version } from "./index-store.ts";
import { refuse } from "./outcome.ts";
import { Replay } from "./replay.ts";
import type { Sessions } from "./sessions.ts";
import type { QueuedWrite, Vault } from "./vault.ts";

/** Of one record's content before it is sealed. The edge takes 100 MB of a sealed one. */
const MAX_CONTENT_BYTES = 64_000_000;

export type Change =
  | { readonly op: "create"; readonly type: string; readonly id: string; readonly resource: FhirResource }
  | {
      readonly op: "update";
      readonly type: string;
      readonly id: string;
      readonly resource: FhirResource;
      readonly ifMatch?: string | undefined;
    }
  | { readonly op: "delete"; readonly type: string; readonly id: string; readonly ifMatch?: string | undefined };

export interface CommitOptions {
  /** the person's Patient of the same transaction: the search for names uses it, and it is not sealed */
  patient?: FhirEntry | undefined;
  /** ids of findings that may stay; "*" for all */
  allow?: readonly string[];
}

export interface Committed {
  /** in the order of the changes */
  versions: Version[];
  /** whether the edge has it already */
  state: "done" | "queued";
}

export interface WriterParts {
  store: IndexStore;
  vault: Vault;
  edge: Edge;
  sessions: Sessions;
  /** of the gateway's own URLs */
  base: string;
  patienceMs: number;
  log: (line: string) => void;
}

/** What a request makes of a session's records, before it is written. */
interface Plan {
  write: QueuedWrite;
  at: string;
}

export class Writer {
  readonly #parts: WriterParts;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** @throws FhirError; IdentityFoundError; what the edge refused */
  async commit(tagHash: string, changes: readonly Change[], options: CommitOptions = {}): Promise<Committed> {
    const { store, sessions, vault, edge, patienceMs } = this.#parts;
    await sessions.ready(tagHash);
    const { sent, versions, touched } = await sessions.turns.take(tagHash, async () => {
      const touchedRecords = this.#check(tagHash, changes);
      const plan = this.#plan(sessions.place(tagHash), changes, touchedRecords, options);
      if (plan === undefined) return { sent: undefined, versions: [], touched: [] };
      const queued = vault.push(plan.write);
      this.#apply(tagHash, plan);
      const made = changes.map(({ type, id }) => store.version(type, id, store.current(type, id)!.version)!);
      return { sent: edge.send(queued, patienceMs), versions: made, touched: touchedRecords };
    });
    const state = (await sent) ?? "done";
    if (touched.length > 1) void this.tidy(tagHash);
    return { versions, state };
  }

  /** Takes old versions out of current records of the session, one record after the other. */
  async tidy(tagHash: string): Promise<void> {
    const { store, sessions, vault, edge, log } = this.#parts;
    try {
      for (let left = true; left; )
        left = await sessions.turns.take(tagHash, async () => {
          const [recordId] = store.untidyRecords(tagHash);
          if (recordId === undefined) return false;
          const kept = store.membersOf(recordId).map(({ text }) => parseJson(text!) as FhirResource);
          const plan = this.#write(sessions.place(tagHash), {
            target: recordId,
            unchanged: kept,
            changed: [],
            removed: [],
          });
          const queued = vault.push(plan.write);
          this.#apply(tagHash, plan);
          void edge.send(queued, 0).catch(() => undefined);
          return true;
        });
    } catch (error) {
      log(`session ${tagHash} is not tidy: ${(error as Error).message}`);
    }
  }

  #apply(tagHash: string, { write, at }: Plan): void {
    const { store, sessions } = this.#parts;
    store.atomically(() => new Replay(store, sessions.place(tagHash)).queued(write, at));
  }

  /**
   * That each change can be made.
   * @returns the records that hold what is changed. @throws FhirError 404, 410, 412, 422
   */
  #check(tagHash: string, changes: readonly Change[]): string[] {
    const { store } = this.#parts;
    const touched = new Set<string>();
    for (const change of changes) {
      if (change.op === "create") continue;
      const { type, id, ifMatch } = change;
      const current = store.current(type, id);
      if (!current || current.tagHash !== tagHash) throw refuse(404, `There is no ${type}/${id} in this session.`);
      if (current.deleted) throw refuse(410, `${type}/${id} was deleted.`);
      if (ifMatch !== undefined && ifMatch !== String(current.version))
        throw refuse(412, `${type}/${id} has version ${current.version}, and If-Match names ${ifMatch}.`);
      if (current.recordId !== undefined) touched.add(current.recordId);
      else if (change.op === "delete") throw refuse(405, `${type}/${id} stands for the session. It cannot be deleted.`);
    }
    return [...touched];
  }

  #plan(
    place: Place,
    changes: readonly Change[],
    touched: readonly string[],
    options: CommitOptions,
  ): Plan | undefined {
    const { store } = this.#parts;
    const at = new Date().toISOString();
    const changed: FhirResource[] = [];
    const removed: Removed[] = [];
    const named = new Set<string>();
    for (const change of changes) {
      const { type, id } = change;
      const version = (store.current(type, id)?.version ?? 0) + 1;
      named.add(`${type}/${id}`);
      if (change.op === "delete") removed.push({ type, id, version, at });
      else changed.push(stamped(change.resource, id, version, at));
    }
    if (changed.length + removed.length === 0) return undefined;
    const own = this.#ownEncounter(place, changed, named);
    const target = touched[0];
    const unchanged = (target === undefined ? [] : store.membersOf(target))
      .filter(({ type, id }) => !named.has(`${type}/${id}`))
      .map(({ text }) => parseJson(text!) as FhirResource);
    return this.#write(place, { target, unchanged, changed: [...own, ...changed], removed, at, options });
  }

  /** The session's Encounter goes into the first record that refers to it, so that the record can be read alone. */
  #ownEncounter({ tid }: Place, changed: readonly FhirResource[], named: ReadonlySet<string>): FhirResource[] {
    const { store, base } = this.#parts;
    const current = store.current("Encounter", tid);
    if (!current || current.recordId !== undefined || named.has(`Encounter/${tid}`)) return [];
    const isMeant = (reference: string): boolean => {
      const local = localReference(reference, base);
      return local?.type === "Encounter" && local.id === tid;
    };
    if (!changed.some((resource) => [...referencesOf(resource)].some(isMeant))) return [];
    return [parseJson(store.version("Encounter", tid, current.version)!.text!) as FhirResource];
  }

  #write(
    place: Place,
    {
      target,
      unchanged,
      changed,
      removed,
      at = new Date().toISOString(),
      options = {},
    }: {
      target: string | undefined;
      unchanged: readonly FhirResource[];
      changed: readonly FhirResource[];
      removed: readonly Removed[];
      at?: string;
      options?: CommitOptions;
    },
  ): Plan {
    const { store, base } = this.#parts;
    const { tagHash } = place;
    const recordId = randomBytes(16).toString("hex");
    const elsewhere = removed.filter(({ type, id }) => store.current(type, id)!.recordId !== target);
    if (target !== undefined && unchanged.length + changed.length + elsewhere.length === 0)
      return { write: { tagHash, kind: "withdrawal", recordId, target }, at };
    const fresh = new Set(changed.map(({ resourceType, id }) => `${resourceType}/${id}`));
    const isKnown = (type: string, id: string): boolean =>
      fresh.has(`${type}/${id}`) || store.current(type, id)?.tagHash === tagHash;
    const { patient = NAMELESS, allow = [] } = options;
    const before = unchanged.map((resource) =>
      toEntry(place, resource, { base, isKnown, patientUrl: tidUrl(place.tid) }),
    );
    const entries = changed.map((resource) => toEntry(place, resource, { base, isKnown, patientUrl: patient.fullUrl }));
    const prepared: PreparedEntries = prepareEntries(entries, place.tid, {
      patient,
      allow: allow.includes("*") ? () => true : allow,
    });
    const content = writeContent([...before, ...prepared.entries], removed);
    if (content.length > MAX_CONTENT_BYTES)
      throw refuse(413, `A record holds at most ${MAX_CONTENT_BYTES} bytes; this one would have ${content.length}.`);
    return {
      write: { tagHash, kind: target === undefined ? "record" : "amendment", recordId, target, content },
      at,
    };
  }
}

/**
 * For resources that come without the person's Patient: nothing is known that could be searched for. A name that ends with ":" has
 * no id at its end, which the search would look for too.
 */
const NAMELESS: FhirEntry = { fullUrl: "urn:symbolon:patient:", resource: { resourceType: "Patient" } };

/** The text of every reference, and of every URL of an Attachment. */
export function* referencesOf(resource: FhirResource): Generator<string> {
  for (const object of objectsIn(resource)) {
    if (typeof object.reference === "string" && isReference(object)) yield object.reference;
    else if (isAttachment(object)) yield object.url as string;
  }
}
