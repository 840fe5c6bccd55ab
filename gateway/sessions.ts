// The clinic's sessions in the index. At start the gateway lists them, then reads each one's records in the background; a request
// that names a session is served as soon as that one is read. Contents that were read before come from the cache.

import type { Clinic, RecordEntry } from "../client/index.ts";
import { Turns } from "../client/shared/turns.ts";
import { hexToBytes } from "../protocol/bytes.ts";
import { parseTid, tidOf } from "../protocol/tid.ts";
import { encounterOf, type Place, patientOf } from "./content.ts";
import type { Edge } from "./edge.ts";
import type { IndexStore } from "./index-store.ts";
import { refuse } from "./outcome.ts";
import { Replay } from "./replay.ts";
import type { Vault } from "./vault.ts";

const LANES = 4;
const LIST_AGAIN_AFTER_MS = 2000;
/** An unknown TID may belong to a visit of this moment. So the sessions are listed for it, this often at most. */
const MISS_LISTS_AFTER_MS = 500;
/** A session that a request names is compared with the edge this often at most: another desk may have written to it. */
const FRESH_MS = 5000;
/** A search over all sessions asks for new ones this often at most: the list has all of them. */
const SEARCH_LISTS_AFTER_MS = 10_000;
const SEARCH_WAITS_MS = 20_000;
const LIST_ALL_AFTER_MS = 3_600_000;

/** What can be shown without the edge does not wait for it longer than this. */
const BRIEFLY_MS = 1500;

function isTid(text: string): boolean {
  try {
    return parseTid(text) === text;
  } catch {
    return false;
  }
}

/** Waits for the work, but not for long, and not for its success: it goes on in the background. */
async function briefly(work: Promise<unknown>): Promise<void> {
  const over = new Promise<void>((resolve) => setTimeout(resolve, BRIEFLY_MS).unref());
  await Promise.race([work.then(undefined, () => undefined), over]);
}

export interface SessionsParts {
  clinic: Clinic;
  vault: Vault;
  store: IndexStore;
  edge: () => Edge;
  log: (line: string) => void;
}

export class Sessions {
  /** One writer or reader of a session's records at a time. */
  readonly turns = new Turns();
  readonly #parts: SessionsParts;
  readonly #loading = new Map<string, Promise<void>>();
  readonly #loaded = new Set<string>();
  readonly #waiting: string[] = [];
  /** by tag hash: when the session was last compared with the edge */
  readonly #comparedAt = new Map<string, number>();
  /** by tag hash: why a session could not be read */
  readonly #unread = new Map<string, string>();
  #all: Promise<void> = Promise.resolve();
  #listedAt = 0;
  #listedAllAt = 0;
  /** of the events */
  #cursor: string | undefined;
  #listing: Promise<void> | undefined;
  /** a list that has not begun */
  #next: Promise<void> | undefined;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  /** Lists all sessions, then reads them in the background. Tries again until the service answers. */
  start(): void {
    this.#all = this.#readAll();
  }

  async #readAll(): Promise<void> {
    for (let isListed = false; !isListed; )
      try {
        await this.list();
        isListed = true;
      } catch (error) {
        this.#parts.log(`The clinic's sessions cannot be listed yet: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, LIST_AGAIN_AFTER_MS).unref());
      }
    await Promise.all(Array.from({ length: LANES }, () => this.#lane()));
  }

  async #lane(): Promise<void> {
    for (let tagHash = this.#waiting.shift(); tagHash !== undefined; tagHash = this.#waiting.shift())
      await this.ready(tagHash).catch((error: Error) => {
        this.#unread.set(tagHash, error.message);
        this.#parts.log(`session ${tagHash}: ${error.message}`);
      });
  }

  /** Asks the service for sessions that are new. */
  list(): Promise<void> {
    this.#listing ??= this.#listNow().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  /** A list that began after this call. All who ask in the meantime share it. */
  #listFromNow(): Promise<void> {
    this.#next ??= this.#mayList().then(() => {
      this.#next = undefined;
      return this.list();
    });
    return this.#next;
  }

  async #mayList(): Promise<void> {
    const wait = this.#listedAt + MISS_LISTS_AFTER_MS - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    while (this.#listing) await this.#listing.catch(() => undefined);
  }

  /** All sessions the first time, and every hour. Between, those of the last days: that costs the same in a large clinic. */
  async #listNow(): Promise<void> {
    const { clinic } = this.#parts;
    if (Date.now() - this.#listedAllAt > LIST_ALL_AFTER_MS) {
      // The cursor first: who checks in meanwhile is in the list, or among the events after it.
      const cursor = await this.#listRecent();
      for await (const tagHash of clinic.eachTagHash()) this.#addNew(tagHash);
      this.#cursor = cursor;
      this.#listedAllAt = Date.now();
    } else this.#cursor = await this.#listRecent();
    this.#listedAt = Date.now();
  }

  /** @returns the cursor for the next time */
  async #listRecent(): Promise<string> {
    const events = this.#parts.clinic.missedEvents(this.#cursor);
    for (;;) {
      const { done, value } = await events.next();
      if (done) return value;
      if (value.type === "check-in") this.#addNew(value.tagHash);
    }
  }

  #addNew(tagHash: string): void {
    if (this.#parts.store.addSession(tagHash, tidOf(hexToBytes(tagHash)))) this.#waiting.push(tagHash);
  }

  /** The session of a TID, read. @throws FhirError 404 */
  async byTid(tid: string): Promise<Place> {
    let tagHash = this.#parts.store.tagHashOf(tid);
    if (tagHash === undefined && isTid(tid)) {
      await this.#listFromNow();
      tagHash = this.#parts.store.tagHashOf(tid);
    }
    if (tagHash === undefined) throw refuse(404, `There is no session with the TID ${tid}.`);
    await this.ready(tagHash);
    await briefly(this.#compare(tagHash));
    return { tagHash, tid };
  }

  /** Reads the session anew if the edge has records that another program wrote. */
  async #compare(tagHash: string): Promise<void> {
    const { clinic, edge, store } = this.#parts;
    if (Date.now() - (this.#comparedAt.get(tagHash) ?? 0) < FRESH_MS) return;
    this.#comparedAt.set(tagHash, Date.now());
    if (edge().isDown || edge().pending(tagHash).length > 0) return;
    try {
      const entries = await clinic.records({ tagHash });
      if (edge().pending(tagHash).length > 0) return;
      if (entries.some(({ recordId, state }) => store.recordState(recordId) !== state)) await this.reload(tagHash);
    } catch (error) {
      this.#parts.log(`session ${tagHash} cannot be compared with the edge: ${(error as Error).message}`);
    }
  }

  /** Adds a session that just checked in. */
  async add(tagHash: string): Promise<Place> {
    const tid = tidOf(hexToBytes(tagHash));
    this.#parts.store.addSession(tagHash, tid);
    await this.ready(tagHash);
    return { tagHash, tid };
  }

  place(tagHash: string): Place {
    return { tagHash, tid: this.#parts.store.tidOf(tagHash)! };
  }

  /** Resolves when the session's records are in the index. */
  ready(tagHash: string): Promise<void> {
    if (this.#loaded.has(tagHash)) return Promise.resolve();
    let loading = this.#loading.get(tagHash);
    if (!loading) {
      loading = this.turns.take(tagHash, () => this.#load(tagHash)).finally(() => this.#loading.delete(tagHash));
      this.#loading.set(tagHash, loading);
    }
    return loading;
  }

  /** Sessions that a search over all of them leaves out, with the reason. */
  unread(): { tid: string; reason: string }[] {
    return [...this.#unread].map(([tagHash, reason]) => ({ tid: this.place(tagHash).tid, reason }));
  }

  /** For a search over all sessions. @throws FhirError 503 if reading them takes long */
  async allReady(): Promise<void> {
    // Without the line, the search goes over what is known.
    if (this.#listedAt > 0 && Date.now() - this.#listedAt > SEARCH_LISTS_AFTER_MS) await briefly(this.list());
    if (this.#waiting.length > 0 && this.#listing === undefined) void this.#lane();
    const late = new Promise<"late">((resolve) => setTimeout(resolve, SEARCH_WAITS_MS, "late").unref());
    if ((await Promise.race([this.#all, late])) === "late")
      throw refuse(503, "The gateway is still reading the clinic's records. Try again in a minute.");
    await Promise.all(this.#loading.values());
  }

  /** Reads a session anew, after another writer was faster. */
  reload(tagHash: string): Promise<void> {
    return this.turns.take(tagHash, () => this.#load(tagHash));
  }

  async #load(tagHash: string): Promise<void> {
    const { clinic, vault, store, edge } = this.#parts;
    const place = this.place(tagHash);
    const queued = edge().pending(tagHash);
    let challengedAt = vault.challengedAt(tagHash);
    if (challengedAt === undefined) {
      challengedAt = (await edge().session(tagHash)).challengedAt;
      vault.keepSession(tagHash, challengedAt);
    }
    const entries = await clinic.records({ tagHash });
    const contents = await this.#contents(entries);
    const known = new Set<string>(entries.map(({ recordId }) => recordId));
    const isOver = new Set<string>(entries.filter(({ state }) => state !== "current").map(({ recordId }) => recordId));
    store.atomically(() => {
      store.clearSession(tagHash);
      for (const resource of [patientOf(place, challengedAt), encounterOf(place, challengedAt)])
        store.put(
          {
            type: resource.resourceType,
            id: place.tid,
            version: 1,
            tagHash,
            at: new Date(challengedAt * 1000).toISOString(),
          },
          resource,
          undefined,
        );
      const replay = new Replay(store, place);
      replay.chain(entries, (recordId) => contents.get(recordId));
      for (const write of queued)
        if (!known.has(write.recordId) && !(write.target !== undefined && isOver.has(write.target)))
          replay.queued(write, new Date().toISOString());
    });
    this.#loaded.add(tagHash);
    this.#comparedAt.set(tagHash, Date.now());
    this.#unread.delete(tagHash);
  }

  async #contents(entries: readonly RecordEntry[]): Promise<Map<string, Uint8Array>> {
    const { clinic, vault } = this.#parts;
    const contents = new Map<string, Uint8Array>();
    for (const entry of entries) {
      const { recordId, state } = entry;
      if (state === "erased") {
        vault.forgetContent(recordId);
        continue;
      }
      let content = vault.content(recordId);
      if (content === undefined) {
        content = await clinic.open(entry);
        vault.keepContent(recordId, content);
      }
      contents.set(recordId, content);
    }
    return contents;
  }
}
