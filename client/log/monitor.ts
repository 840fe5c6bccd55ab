// A reader's check of the transparency log. A LogMonitor remembers the newest head that it accepted, and accepts
// nothing that contradicts it:
//
//   update   a new head must be signed by the log and lately by a quorum of witnesses (protocol/log-trust.ts), and must
//            continue the one seen before. So a log that stands still, or that its operator froze for one reader, becomes
//            stale: an error, and not "nothing new"
//   follow   reads the entries up to that head. Their tree must have exactly the head's root. So nothing was removed,
//            changed, reordered or held back since the last reading
//   includes checks that one entry stands at its index under the head
//   compare  checks a head from elsewhere (from a friend, a trustee, or printed), of any age, against the one seen
//
// Two signed heads that contradict each other prove a split view; `SplitView` carries them. The state is plain data:
// keep it with the wallet. A monitor that forgets its state can be shown another past.

import { equalBytes } from "../../protocol/bytes.ts";
import { atAnyAge, type LogTrust, verifyHead } from "../../protocol/log-trust.ts";
import {
  emptyFrontier,
  type Frontier,
  frontierRoot,
  leafHash,
  pushLeaf,
  verifyInclusion,
} from "../../protocol/merkle.ts";
import type { Checkpoint } from "../../protocol/note.ts";
import { checkConsistency } from "../../protocol/witness.ts";

/** The source of heads, proofs and entries. The monitor verifies everything that comes from it. */
export interface LogSource {
  /** a signed note with cosignatures */
  checkpoint(): Promise<string>;
  /** the proof that the tree of `to` entries continues the tree of `from` entries; hashes of 32 bytes (RFC 9162) */
  consistency(from: number, to: number): Promise<Uint8Array[]>;
  /** the path of hashes from the entry at `index` to the root of the tree of `size` entries */
  inclusion(index: number, size: number): Promise<Uint8Array[]>;
  /** entries from an index on: at most `limit`, and at least one if there is one */
  entries(from: number, limit: number): Promise<Uint8Array[]>;
}

export interface MonitorState {
  /** the signed note of the newest head accepted */
  readonly note: string;
  readonly head: Checkpoint;
  /** the tree of the entries read so far */
  readonly read: Frontier;
}

/** Two signed notes of the log. Neither head continues the other. */
export interface SplitView {
  readonly seen: string;
  readonly shown: string;
}
export type LogFailure =
  | { ok: false; reason: "bad-checkpoint"; detail: string }
  /** the log answered with a proof or with entries that do not lead from the head seen to the head shown */
  | { ok: false; reason: "inconsistent"; evidence: SplitView }
  | { ok: false; reason: "split-view"; evidence: SplitView }
  /** the head is older than the one seen before; it is not wrong, but it brings no news */
  | { ok: false; reason: "older" }
  /** too few witnesses signed the head lately, so newer entries may be hidden */
  | { ok: false; reason: "stale" }
  | { ok: false; reason: "not-included" };

export type Updated = { ok: true; head: Checkpoint; news: boolean } | LogFailure;
export type Followed =
  | {
      ok: true;
      head: Checkpoint;
      from: number;
      entries: Uint8Array[];
      /** the tree of the tiles that were read to their end. A reader that goes on from here tells the log less */
      tiles: Frontier;
    }
  | LogFailure;

/** A tile's entries, so that a request covers one tile at most. */
const ENTRIES_PER_REQUEST = 256;

/**
 * A reader of the transparency log who notices if entries are removed, changed or hidden.
 *
 * @example
 * const monitor = new LogMonitor(trust, httpLogSource(transport, deployment.logUrl, trust.quorum), transport.now, kept);
 * const followed = await monitor.follow();
 * if (followed.ok) keep(monitor.state);
 * else warn(followed.reason);
 */
export class LogMonitor {
  readonly #trust: LogTrust;
  readonly #source: LogSource;
  readonly #now: () => number;
  #state: MonitorState | undefined;

  /** @param now the reader's clock, in unix seconds @param state the value that `state` had before */
  constructor(trust: LogTrust, source: LogSource, now: () => number, state?: MonitorState) {
    this.#trust = trust;
    this.#source = source;
    this.#now = now;
    this.#state = state;
  }

  /** The state to keep; undefined before the first accepted head. */
  get state(): MonitorState | undefined {
    return this.#state;
  }

  /**
   * Fetches the newest head, and accepts it if it continues the one seen before.
   * @throws ApiError from an HTTP source
   */
  async update(): Promise<Updated> {
    const shown = await this.#source.checkpoint();
    const judged = await this.#judge(shown, this.#trust);
    if (!judged.ok) return judged;
    if (judged.succession === "older") return { ok: false, reason: "older" };
    this.#state = { note: shown, head: judged.head, read: this.#state?.read ?? emptyFrontier };
    return { ok: true, head: judged.head, news: judged.succession !== "same" };
  }

  /**
   * Compares a head from elsewhere with the one seen. An older head is fine if the log can prove it.
   * @throws as `update`
   */
  async compare(note: string): Promise<{ ok: true } | LogFailure> {
    const judged = await this.#judge(note, atAnyAge(this.#trust));
    return judged.ok ? { ok: true } : judged;
  }

  /** Updates, then reads every entry that was not read before. @throws as `update` */
  async follow(): Promise<Followed> {
    const updated = await this.update();
    if (!updated.ok) return updated;
    const state = this.#state as MonitorState;
    const entries: Uint8Array[] = [];
    let read = state.read;
    let tiles = read.size % ENTRIES_PER_REQUEST === 0 ? read : emptyFrontier;
    while (read.size < state.head.size) {
      const toTile = ENTRIES_PER_REQUEST - (read.size % ENTRIES_PER_REQUEST);
      const limit = Math.min(toTile, state.head.size - read.size);
      const got = (await this.#source.entries(read.size, limit)).slice(0, limit);
      if (got.length === 0) return this.#inconsistent(state.note);
      for (const entry of got) read = pushLeaf(read, leafHash(entry));
      if (read.size % ENTRIES_PER_REQUEST === 0) tiles = read;
      entries.push(...got);
    }
    if (!equalBytes(frontierRoot(read), state.head.root)) return this.#inconsistent(state.note);
    this.#state = { ...state, read };
    return { ok: true, head: state.head, from: state.read.size, entries, tiles };
  }

  /** Whether this entry stands at this index under the head seen. @throws as `update` */
  async includes(index: number, entry: Uint8Array): Promise<{ ok: true } | LogFailure> {
    const head = this.#state?.head;
    if (!head || index >= head.size) return { ok: false, reason: "not-included" };
    const proof = await this.#source.inclusion(index, head.size);
    const included = verifyInclusion({ index, size: head.size, leafHash: leafHash(entry), proof, root: head.root });
    return included ? { ok: true } : { ok: false, reason: "not-included" };
  }

  async #judge(
    note: string,
    trust: LogTrust,
  ): Promise<{ ok: true; head: Checkpoint; succession: "first" | "same" | "newer" | "older" } | LogFailure> {
    const verified = verifyHead(note, trust, this.#now());
    if (!verified.ok)
      return verified.reason === "stale"
        ? { ok: false, reason: "stale" }
        : { ok: false, reason: "bad-checkpoint", detail: verified.reason };
    const head = verified.checkpoint;
    const seen = this.#state?.head;
    const [from, to] = [head.size, seen?.size ?? head.size].sort((a, b) => a - b) as [number, number];
    const proof = from > 0 && from < to ? await this.#source.consistency(from, to) : [];
    const succession = checkConsistency(seen, head, proof);
    if (succession === "split-view") return { ok: false, reason: "split-view", evidence: this.#evidence(note) };
    if (succession === "no-proof") return this.#inconsistent(note);
    return { ok: true, head, succession };
  }

  #evidence(shown: string): SplitView {
    return { seen: this.#state?.note ?? shown, shown };
  }

  #inconsistent(shown: string): LogFailure {
    return { ok: false, reason: "inconsistent", evidence: this.#evidence(shown) };
  }
}
