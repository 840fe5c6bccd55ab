// Brings queued writes to the edge, each session's in order, and different sessions' at the same time.
//
// A write is in the outbox before it comes here, with the id of the record that it will make. So if an answer is lost, or the
// process ends, the session's chain tells later whether the write took effect. A write that the edge will never take is faulted:
// another writer has amended the same record, or the clinic may not write. If nobody was told yet that it is accepted, the
// caller is told of the fault. Else it stays in the outbox with its fault until a person has seen it.

import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, type Clinic, type ClinicSession, FHIR_JSON, ParametersError } from "../client/index.ts";
import { isTransient } from "./outcome.ts";
import type { Queued, Vault } from "./vault.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
const MAX_HELD_SESSIONS = 500;

interface Waiting {
  readonly write: Queued;
  /** whether somebody was told that the write is accepted */
  answered: boolean;
  settle(error?: unknown): void;
}

export interface EdgeEvents {
  /** the edge has it */
  settled(write: Queued): void;
  /** the edge will never take it */
  faulted(write: Queued, reason: string): void;
}

export class Edge {
  readonly #clinic: Clinic;
  readonly #vault: Vault;
  readonly #events: EdgeEvents;
  readonly #queues = new Map<string, Waiting[]>();
  readonly #sessions = new Map<string, ClinicSession>();
  readonly #stop = new AbortController();
  /** the last try to reach the edge failed */
  #isDown = false;

  constructor(clinic: Clinic, vault: Vault, events: EdgeEvents) {
    this.#clinic = clinic;
    this.#vault = vault;
    this.#events = events;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** Goes on with the writes of an earlier run. */
  resume(): void {
    for (const write of this.#vault.queued())
      if (write.fault === undefined) this.#add({ write, answered: true, settle() {} });
  }

  /** Writes of the session that the edge does not have yet, oldest first. */
  pending(tagHash: string): Queued[] {
    return (this.#queues.get(tagHash) ?? []).map(({ write }) => write);
  }

  /**
   * Resolves "done" when the edge has it, or "queued" if that takes longer than `patienceMs`, or at once if the edge is down.
   * @throws the edge's refusal
   */
  async send(write: Queued, patienceMs: number): Promise<"done" | "queued"> {
    let waiting!: Waiting;
    const settled = new Promise<"done">((resolve, reject) => {
      waiting = { write, answered: false, settle: (error) => (error === undefined ? resolve("done") : reject(error)) };
    });
    settled.catch(() => undefined);
    this.#add(waiting);
    const timer = new AbortController();
    const patience = sleep(this.#isDown ? 0 : patienceMs, "queued" as const, { signal: timer.signal });
    patience.catch(() => undefined);
    try {
      const result = await Promise.race([settled, patience]);
      if (result === "queued") waiting.answered = true;
      return result;
    } finally {
      timer.abort();
    }
  }

  /** The clinic's own verified view of a session. @throws SessionError, ApiError */
  async session(tagHash: string): Promise<ClinicSession> {
    const held = this.#sessions.get(tagHash);
    if (held) return held;
    const session = await this.#clinic.session(tagHash);
    if (this.#sessions.size >= MAX_HELD_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value!);
    this.#sessions.set(tagHash, session);
    return session;
  }

  stop(): void {
    this.#stop.abort();
  }

  #add(waiting: Waiting): void {
    const { tagHash } = waiting.write;
    const queue = this.#queues.get(tagHash);
    if (queue) queue.push(waiting);
    else {
      this.#queues.set(tagHash, [waiting]);
      void this.#drain(tagHash);
    }
  }

  async #drain(tagHash: string): Promise<void> {
    const queue = this.#queues.get(tagHash)!;
    for (let attempt = 0; queue.length > 0 && !this.#stop.signal.aborted; ) {
      const [waiting] = queue;
      const { write } = waiting!;
      try {
        const isRetry = attempt > 0 || waiting!.answered;
        if (!(isRetry && (await this.#isThere(write)))) await this.#append(write);
        this.#isDown = false;
        this.#vault.settle(write.seq);
        queue.shift();
        this.#events.settled(write);
        waiting!.settle();
        attempt = 0;
      } catch (error) {
        if (await this.#mayPass(error, waiting!)) {
          this.#isDown ||= isTransient(error);
          await sleep(Math.min(FIRST_PAUSE_MS * 2 ** attempt++, LONGEST_PAUSE_MS), undefined, {
            signal: this.#stop.signal,
          }).catch(() => undefined);
          continue;
        }
        const reason = error instanceof Error ? error.message : String(error);
        if (waiting!.answered) this.#vault.fault(write.seq, reason);
        else this.#vault.settle(write.seq);
        queue.shift();
        this.#events.faulted(write, reason);
        waiting!.settle(error);
        attempt = 0;
      }
    }
    this.#queues.delete(tagHash);
  }

  async #append({ tagHash, kind, recordId, target, content }: Queued): Promise<void> {
    const session = await this.session(tagHash);
    if (kind === "withdrawal") return this.#clinic.withdraw(session, target!);
    const bytes = Buffer.from(content!);
    const options = { contentKind: FHIR_JSON, recordId };
    try {
      if (kind === "amendment") await this.#clinic.amend(session, target!, bytes, options);
      else await this.#clinic.putRecord(session, bytes, options);
    } catch (error) {
      // An earlier request for this record, whose answer was lost, may have been faster.
      if (
        !(
          error instanceof ApiError &&
          error.code === "conflict" &&
          (await this.#isThere({ tagHash, kind, recordId, target }))
        )
      )
        throw error;
    }
  }

  /** Whether the session's chain has the write already. */
  async #isThere({ tagHash, kind, recordId, target }: Omit<Queued, "seq" | "fault">): Promise<boolean> {
    const records = await this.#clinic.records({ tagHash });
    if (kind !== "withdrawal") return records.some((record) => record.recordId === recordId);
    return records.some((record) => record.recordId === target && record.state === "withdrawn");
  }

  /** Whether the same write may pass later. */
  async #mayPass(error: unknown, { write: { tagHash, target }, answered }: Waiting): Promise<boolean> {
    if (isTransient(error) || error instanceof ParametersError) return true;
    // A wrong clock or suspended keys: an accepted write waits until somebody has mended it.
    if (error instanceof ApiError && ["credential-refused", "forbidden"].includes(error.code)) return answered;
    if (!(error instanceof ApiError && error.code === "not-allowed-now")) return false;
    // Either the record is not current any more, or the trustees have new keys, which the next try uses.
    if (target === undefined) return true;
    try {
      const records = await this.#clinic.records({ tagHash });
      return records.some((record) => record.recordId === target && record.state === "current");
    } catch (cause) {
      return isTransient(cause);
    }
  }
}
