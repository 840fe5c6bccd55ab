// Check-ins that a clinic takes without network. The clinic verifies each by itself and queues it; later it hands all of
// them in, and the service Worker opens their sessions.
//
//   take     verifies the bytes under parameters that the clinic knows already, and the challenge's age by its own clock.
//            Then it stores them. A tag that the queue knows already is used twice: same bytes, "repeated"; other bytes,
//            "used-twice", and the second check-in is kept as evidence
//   settle   hands in each check-in that waits, and stores its outcome. If the process ends between the two, the next settle
//            hands in the same bytes and gets the same receipt. So nothing is lost and nothing counts twice
//
//   settled     the session is open: records can be filed
//   used-here   another check-in under this tag opened a session at this clinic
//   used-elsewhere  the tag is spent, and no session of this clinic has it: the patient's wallet showed it to another service
//   too-late    the grace of the parameters is over, or its month is closed
//   old-card    the clinic has another card registered since: its challenge counts no more
//   refused     the service Worker refuses these bytes for another reason, which `detail` names
//
// Without network nobody can know whether the tag was spent elsewhere before. A clinic that treats a patient on an offline
// check-in takes that risk. The queue finds out at settle, and cannot take the treatment back (docs/SECURITY.md).

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { challengeFault } from "../../protocol/challenge-time.ts";
import { type ReadCheckIn, readCheckIn } from "../../protocol/check-in.ts";
import type { Receipt } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { arrivalsEnd } from "../../protocol/epoch.ts";
import { SymbolonError, translate } from "../errors.ts";
import type { EpochParameters, ParametersCache } from "../parameters.ts";
import { CheckInError } from "../shared/check-in-error.ts";
import { Turns } from "../shared/turns.ts";
import { ApiError } from "../transport.ts";
import { type ClinicSession, SessionError, verifySession } from "./session.ts";

export type OfflineOutcome = "settled" | "used-here" | "used-elsewhere" | "too-late" | "old-card" | "refused";

/** An entry of the queue. Plain JSON. It names no person, and the bytes open nothing at another service. */
export interface OfflineCheckIn {
  /** 32 bytes; names the entry */
  tagHash: Hex;
  /** the temporary identity, for people and labels */
  tid: string;
  checkIn: Base64url;
  /** unix seconds, by the clinic's clock */
  takenAt: number;
  /** later check-ins with other bytes under the same tag: evidence that a wallet used it twice */
  again?: { checkIn: Base64url; takenAt: number }[];
  /** absent while it waits to be handed in */
  outcome?: { result: OfflineOutcome; at: number; detail?: string };
}

/** Keeps the queue. Several processes may share one, so each method is one step. */
export interface OfflineQueueStore {
  list(): Promise<OfflineCheckIn[]>;
  /** Adds the entry, or returns the one that stands under its tag hash. Resolves when it is durable. */
  add(entry: OfflineCheckIn): Promise<OfflineCheckIn | undefined>;
  /** Replaces the entry of its tag hash. Resolves when it is durable. */
  replace(entry: OfflineCheckIn): Promise<void>;
  remove(tagHash: Hex): Promise<void>;
}

/** A queue for tests and demos. It forgets everything when the process ends. */
export class MemoryOfflineStore implements OfflineQueueStore {
  readonly #entries = new Map<Hex, OfflineCheckIn>();
  async list(): Promise<OfflineCheckIn[]> {
    return structuredClone([...this.#entries.values()]);
  }
  async add(entry: OfflineCheckIn): Promise<OfflineCheckIn | undefined> {
    const standing = this.#entries.get(entry.tagHash);
    if (!standing) this.#entries.set(entry.tagHash, structuredClone(entry));
    return structuredClone(standing);
  }
  async replace(entry: OfflineCheckIn): Promise<void> {
    this.#entries.set(entry.tagHash, structuredClone(entry));
  }
  async remove(tagHash: Hex): Promise<void> {
    this.#entries.delete(tagHash);
  }
}

export interface TakenCheckIn {
  outcome: "taken" | "repeated" | "used-twice";
  session: ClinicSession;
  /** the queue's entry of this tag: of the first check-in, if it was used twice */
  entry: OfflineCheckIn;
}

export interface SettledCheckIn {
  entry: OfflineCheckIn;
  /** absent if it still waits: the service could not be asked, or cannot take it now */
  result: OfflineOutcome | undefined;
  /** the reason why it still waits, or of a refusal; for people */
  detail: string | undefined;
}

/** The clinic's side of the queue. */
interface Desk {
  readonly parameters: ParametersCache;
  /** Ed25519, 32 bytes */
  readonly publicKey: Uint8Array;
  /** of the clinic's newest card, 32 bytes */
  readonly cardHash: Uint8Array;
  now(): number;
  handIn(session: ClinicSession): Promise<Receipt>;
  /** the session at this clinic; asks with the clinic's token */
  session(tagHash: Hex): Promise<ClinicSession>;
}

/** Refusals that say something of the moment, and nothing of the check-in. */
const WAITING_CODES = new Set<string>([
  "unreachable",
  "unavailable",
  "too-many",
  "in-progress",
  "internal",
  "misconfigured",
  "not-allowed-now",
  "unreadable-answer",
  "unknown-problem",
]);

/** Check-ins that were taken without network, until the service has them. */
export class OfflineQueue {
  readonly #desk: Desk;
  readonly #store: OfflineQueueStore;
  readonly #turns = new Turns();

  constructor(desk: Desk, store: OfflineQueueStore) {
    this.#desk = desk;
    this.#store = store;
  }

  /** All entries, those with an outcome too, until their month is over. */
  list(): Promise<OfflineCheckIn[]> {
    return this.#store.list();
  }

  /**
   * Verifies a check-in without any request, and queues it. Resolves when it is durable.
   * @throws SessionError bad-check-in, foreign-challenge, bad-presentation, stale-check-in; ParametersError no-parameters
   */
  take(checkInBytes: Uint8Array): Promise<TakenCheckIn> {
    return this.#turns.take("queue", async () => {
      const session = await this.#verify(checkInBytes);
      this.#checkFresh(checkInBytes);
      const { tagHash, tid } = session;
      const checkIn = toBase64url(checkInBytes);
      const entry: OfflineCheckIn = { tagHash, tid, checkIn, takenAt: this.#desk.now() };
      const standing = await this.#store.add(entry);
      if (!standing) return { outcome: "taken", session, entry };
      const known = [standing, ...(standing.again ?? [])].map((e) => e.checkIn);
      if (known[0] === checkIn) return { outcome: "repeated", session, entry: standing };
      if (!known.includes(checkIn)) {
        standing.again = [...(standing.again ?? []), { checkIn, takenAt: entry.takenAt }];
        await this.#store.replace(standing);
      }
      return { outcome: "used-twice", session, entry: standing };
    });
  }

  /**
   * Hands in every check-in that waits, one after the other, and tells the outcome of each. Ends early if the service cannot
   * be reached: the rest then waits for the next call. Entries whose month is over are removed once they have an outcome.
   * @throws ApiError if the clinic's own key is refused; SymbolonError bad-keys. Outcomes so far are stored
   */
  async settle(progress: (done: number, all: number) => void = () => {}): Promise<SettledCheckIn[]> {
    return this.#turns.take("queue", async () => {
      const waiting: OfflineCheckIn[] = [];
      for (const entry of await this.#store.list()) {
        if (!entry.outcome) waiting.push(entry);
        else if (this.#isOver(readOf(entry))) await this.#store.remove(entry.tagHash);
      }
      const all: SettledCheckIn[] = [];
      let down: string | undefined;
      for (const entry of waiting) {
        const one = down === undefined ? await this.#settle(entry) : { entry, result: undefined, detail: down };
        if (one.isDown) down = one.detail;
        all.push({ entry: one.entry, result: one.result, detail: one.detail });
        progress(all.length, waiting.length);
      }
      return all;
    });
  }

  #verify(checkInBytes: Uint8Array): Promise<ClinicSession> {
    const { parameters, publicKey } = this.#desk;
    const known = { of: async (epoch: number): Promise<EpochParameters> => parameters.known(epoch) };
    return verifySession(known, publicKey, checkInBytes);
  }

  /** @throws SessionError stale-check-in */
  #checkFresh(checkInBytes: Uint8Array): void {
    const { challenge, epoch } = readCheckIn(checkInBytes);
    const fault = challengeFault(challenge, this.#desk.parameters.known(epoch).document, this.#desk.now());
    if (fault) throw new SessionError("stale-check-in", `${fault.reason} by ${fault.seconds} seconds`);
  }

  async #settle(entry: OfflineCheckIn): Promise<SettledCheckIn & { isDown?: boolean }> {
    const read = readOf(entry);
    try {
      await this.#desk.parameters.of(read.epoch);
      const session = await this.#verify(fromBase64url(entry.checkIn));
      await this.#desk.handIn(session);
    } catch (error) {
      if (error instanceof CheckInError) return { entry, result: undefined, detail: error.message };
      if (!(error instanceof ApiError)) throw error;
      const { code, message, status } = error;
      if (WAITING_CODES.has(code) || status >= 500)
        return { entry, result: undefined, detail: message, isDown: code === "unreachable" };
      return this.#keep(entry, await this.#reasonOf(entry, read, error), message);
    }
    return this.#keep(entry, "settled");
  }

  /** Why the service refused a check-in that this clinic finds good. @throws ApiError if the clinic's own key is refused */
  async #reasonOf(entry: OfflineCheckIn, read: ReadCheckIn, refusal: ApiError): Promise<OfflineOutcome> {
    const { code } = refusal;
    if (code === "token-refused" || code === "insufficient-scope") throw refusal;
    if (code === "clock-skew" || this.#isOver(read)) return "too-late";
    if (code !== "credential-refused") return "refused";
    if (!equalBytes(read.challenge.cardHash, this.#desk.cardHash)) return "old-card";
    try {
      const { checkInBytes } = await this.#desk.session(entry.tagHash);
      return toBase64url(checkInBytes) === entry.checkIn ? "settled" : "used-here";
    } catch (error) {
      if (error instanceof ApiError && error.code === "not-found") return "used-elsewhere";
      throw error;
    }
  }

  /** Whether no check-in of this month can arrive any more. */
  #isOver({ epoch, challenge }: ReadCheckIn): boolean {
    const parameters = this.#desk.parameters.named(challenge.paramsHash);
    return parameters !== undefined && this.#desk.now() >= arrivalsEnd(epoch, parameters.document);
  }

  async #keep(entry: OfflineCheckIn, result: OfflineOutcome, detail?: string): Promise<SettledCheckIn> {
    const outcome = { result, at: this.#desk.now(), ...(detail === undefined ? {} : { detail }) };
    const newest = (await this.#store.list()).find((e) => e.tagHash === entry.tagHash) ?? entry;
    const kept = { ...newest, outcome };
    await this.#store.replace(kept);
    return { entry: kept, result, detail };
  }
}

/** @throws SymbolonError bad-state */
const readOf = ({ tagHash, checkIn }: OfflineCheckIn): ReadCheckIn =>
  translate(
    () => {
      const read = readCheckIn(fromBase64url(checkIn));
      if (bytesToHex(read.tagHash) !== tagHash) throw new Error("filed under another tag");
      return read;
    },
    (cause) => new SymbolonError("bad-state", `offline check-in ${tagHash}`, { cause }),
  );
