// Whoever reads the log checks it. A LogMonitor remembers the newest head it accepted and lets nothing contradict it:
//
//   update   a new head is signed by the log and a quorum of witnesses, and continues the one seen before
//   follow   reads the entries up to that head; their tree must have exactly its root, so nothing was removed, changed,
//            reordered or kept back between what was read before and now
//   includes one entry stands at its index under the head
//   compare  a head from elsewhere (a friend, a trustee, a printed one) against the one seen
//
// Two heads that contradict each other, both signed, are the proof of a split view: `SplitView` carries them. The state
// is plain data; keep it with the wallet, for a monitor that forgets can be shown a new past.

import { equalBytes } from "../../protocol/bytes.ts";
import {
  emptyFrontier,
  type Frontier,
  frontierRoot,
  leafHash,
  pushLeaf,
  verifyInclusion,
} from "../../protocol/merkle.ts";
import { type Checkpoint, type NoteKey, verifyCheckpoint } from "../../protocol/note.ts";
import { checkConsistency } from "../../protocol/witness.ts";

export { checkConsistency } from "../../protocol/witness.ts";

/** Where heads, proofs and entries come from; nothing it says is believed. */
export interface LogSource {
  /** a signed note with cosignatures */
  checkpoint(): Promise<string>;
  consistency(from: number, to: number): Promise<Uint8Array[]>;
  inclusion(index: number, size: number): Promise<Uint8Array[]>;
  /** entries from an index on, at least one where there is one, at most `limit` */
  entries(from: number, limit: number): Promise<Uint8Array[]>;
}

export interface LogTrust {
  logKey: NoteKey;
  witnesses: readonly NoteKey[];
  quorum: number;
}

export interface MonitorState {
  /** the newest head accepted, as the signed note it came in */
  readonly note: string;
  readonly head: Checkpoint;
  /** how far entries have been read */
  readonly read: Frontier;
}

/** Two heads, both signed by the log, of which neither continues the other. */
export interface SplitView {
  readonly seen: string;
  readonly shown: string;
}
export type LogFailure =
  | { ok: false; reason: "bad-checkpoint"; detail: string }
  /** the log answers with a proof or entries that do not lead from the head seen to the head shown */
  | { ok: false; reason: "inconsistent"; evidence: SplitView }
  | { ok: false; reason: "split-view"; evidence: SplitView }
  /** older than what was seen before; not wrong by itself, but no news either */
  | { ok: false; reason: "stale" }
  | { ok: false; reason: "not-included" };

export type Updated = { ok: true; head: Checkpoint; news: boolean } | LogFailure;
export type Followed = { ok: true; head: Checkpoint; from: number; entries: Uint8Array[] } | LogFailure;

const ENTRIES_A_REQUEST = 256;

export class LogMonitor {
  readonly #trust: LogTrust;
  readonly #source: LogSource;
  #state: MonitorState | undefined;

  constructor(trust: LogTrust, source: LogSource, state?: MonitorState) {
    this.#trust = trust;
    this.#source = source;
    this.#state = state;
  }

  get state(): MonitorState | undefined {
    return this.#state;
  }

  /** Takes the newest head if it continues the one seen before. */
  async update(): Promise<Updated> {
    const shown = await this.#source.checkpoint();
    const judged = await this.#judge(shown);
    if (!judged.ok) return judged;
    if (judged.succession === "older") return { ok: false, reason: "stale" };
    if (judged.succession !== "same")
      this.#state = { note: shown, head: judged.head, read: this.#state?.read ?? emptyFrontier };
    return { ok: true, head: judged.head, news: judged.succession !== "same" };
  }

  /** Compares a head from elsewhere with the one seen; an older one is fine if the log can prove it. */
  async compare(note: string): Promise<{ ok: true } | LogFailure> {
    const judged = await this.#judge(note);
    return judged.ok ? { ok: true } : judged;
  }

  /** Updates, then reads every entry not read before. */
  async follow(): Promise<Followed> {
    const updated = await this.update();
    if (!updated.ok) return updated;
    const state = this.#state as MonitorState;
    const entries: Uint8Array[] = [];
    let read = state.read;
    while (read.size < state.head.size) {
      const limit = Math.min(ENTRIES_A_REQUEST, state.head.size - read.size);
      const got = (await this.#source.entries(read.size, limit)).slice(0, limit);
      if (got.length === 0) return this.#inconsistent(state.note);
      for (const entry of got) read = pushLeaf(read, leafHash(entry));
      entries.push(...got);
    }
    if (!equalBytes(frontierRoot(read), state.head.root)) return this.#inconsistent(state.note);
    this.#state = { ...state, read };
    return { ok: true, head: state.head, from: state.read.size, entries };
  }

  /** Whether this entry stands at this index under the head seen. */
  async includes(index: number, entry: Uint8Array): Promise<{ ok: true } | LogFailure> {
    const head = this.#state?.head;
    if (!head || index >= head.size) return { ok: false, reason: "not-included" };
    const proof = await this.#source.inclusion(index, head.size);
    const included = verifyInclusion({ index, size: head.size, leafHash: leafHash(entry), proof, root: head.root });
    return included ? { ok: true } : { ok: false, reason: "not-included" };
  }

  async #judge(
    note: string,
  ): Promise<{ ok: true; head: Checkpoint; succession: "first" | "same" | "newer" | "older" } | LogFailure> {
    const verified = verifyCheckpoint({ note, ...this.#trust });
    if (!verified.ok) return { ok: false, reason: "bad-checkpoint", detail: verified.reason };
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
