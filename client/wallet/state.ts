// The state that a wallet keeps. It is plain JSON (bytes as hex), so that any key-value store can hold it. The store's
// owner seals it, for example with a phone's key store or a passkey. The recovery words could rebuild everything in it,
// except the device key, the used slots of unsent check-ins, and the counters of channels.

import type { Base64url, Hex } from "../../protocol/encodings.ts";
import { type CodeOf, SymbolonError } from "../errors.ts";
import type { ServedParameters } from "../parameters.ts";
import type { PlannedFetch } from "./schedule.ts";

/** One phone of this wallet: its contract was made with these recovery words. */
export interface WalletGeneration {
  /** from 0, counted by the registrar over all phones of the person */
  generation: number;
  /** 32 bytes, drawn by that phone; k, z and all session keys derive from generation and salt */
  salt: Hex;
  /**
   * no visit of this phone is earlier. For this phone it is the epoch of its enrolment; for an earlier one, the first
   * epoch of the parameters that its contract names
   */
  epochFrom: number;
}

export interface WalletCredential {
  generation: number;
  epoch: number;
  /** one value per attribute, in the parameters' order */
  values: string[];
  /** IssuedCredential */
  issued: Hex;
}

/** The bucket by which a session's records are asked for (buckets.ts). */
export interface Bucket {
  /** the last epoch that belongs to it */
  to: number;
  /** into how many parts the key space was cut */
  parts: number;
}

/** A check-in that was made for a session. */
export interface Attempt {
  /** CheckIn bytes */
  checkIn: Hex;
  /** FrameChannel.serialise(); secret */
  channel: Hex;
  /** "attribute: value" of everything shown */
  shown: string[];
}

export interface WalletSession {
  generation: number;
  /** of the generation, 32 bytes. A restored phone can find sessions of a generation that the registrar does not name */
  salt: Hex;
  epoch: number;
  slot: number;
  /** 16 bytes */
  serviceId: Hex;
  serviceName: string;
  /** 32 bytes; names the session everywhere */
  tagHash: Hex;
  /**
   * "prepared": stored before sending, and not answered by the service's Worker; "refused": its Worker signed that it
   * refuses. Either may still turn out open (sending.ts). Its slot may be shown again at the same service only.
   */
  state: "prepared" | "open" | "refused" | "recovered";
  /** CheckIn bytes; absent after a recovery */
  checkIn?: Hex;
  /** unix seconds */
  preparedAt?: number;
  /** The clinic got the check-in without network and will hand it in. Its slot is never shown again. */
  handedOver?: true;
  /** attempts before `checkIn` under the same tag, newest first */
  earlier?: Attempt[];
  /** unix seconds */
  openedAt?: number;
  /** FrameChannel.serialise(); secret */
  channel?: Hex;
  /** "attribute: value" of everything shown */
  shown: string[];
  /** the bucket by which its records were first asked for, and are asked for ever since */
  bucket?: Bucket;
}

/** A case that touched this patient, found in the log. */
export interface WalletNotice {
  logIndex: number;
  /** unix seconds */
  at: number;
  generation: number;
  /** NoticeContent */
  content: Hex;
}

/** The newest card of a clinic that the wallet saw in the log. */
export interface LoggedCard {
  /** 16 bytes */
  serviceId: Hex;
  version: number;
  /** cardHashOf, 32 bytes */
  hash: Hex;
}

/** An enrolment that the person confirmed. Only the very same bytes may be sent again, because the code serves once. */
export interface PendingEnrolment {
  account: string;
  enrolmentCode: string;
  /** IdentityRecord, as the person confirmed it */
  identity: Hex;
  /** Contract */
  contract: Base64url;
  /** contractHash of every contract of the person up to and with this one, oldest first */
  chain: Hex[];
  /** the phones of this wallet up to and with this one, oldest first */
  generations: WalletGeneration[];
}

/** Which write of the state this is, for the device mark (device-mark.ts). */
export interface StateMark {
  /** 16 random bytes, new at each write that uses a slot or a frame number */
  now: Hex;
  /** the mark of the write before that one */
  before: Hex;
}

/** How far the wallet has read the log, and what it keeps of it for later checks. */
export interface LogReading {
  /** the tree of the tiles that were read to their end (Frontier of protocol/merkle.ts) */
  tiles: { size: number; peaks: Hex[] };
  /** entries looked through, for every phone that the wallet knew then */
  seen: number;
  /** entries that this version of the wallet could not read */
  unreadable: number;
  /** LogEntry of each parameters document, in the order of the log */
  parameters: Hex[];
}
/** To be set also when a phone becomes known: its notices may be anywhere in the log. */
export const nothingRead = (): LogReading => ({
  tiles: { size: 0, peaks: [] },
  seen: 0,
  unreadable: 0,
  parameters: [],
});

export interface WalletState {
  version: 3;
  /** rises by one at each save, from 1 */
  revision: number;
  /** absent if the application keeps no device mark */
  mark: StateMark | undefined;
  /** salts of phones under which this store must not check in or send, because it was found to be a copy */
  barred: Hex[];
  /** recovery words; secret */
  words: string;
  account: string | undefined;
  /** Ed25519, 32 bytes; secret */
  deviceSecretKey: Hex | undefined;
  /** IdentityRecord to which the newest contract commits */
  identity: Hex | undefined;
  pendingEnrolment: PendingEnrolment | undefined;
  /** whether the recovery words were typed in, or the store is a copy: then the registrar must know an earlier phone */
  restored: boolean;
  /** contractHash of every contract of this person that the wallet knows, oldest first; its own is the last */
  chain: Hex[];
  /** signed parameters from enrolment and refresh, so that a check-in asks nobody for them */
  parameters: ServedParameters[];
  /** the phones of this wallet, oldest first; this one is the last */
  generations: WalletGeneration[];
  credentials: WalletCredential[];
  /** when the next credential is due (schedule.ts) */
  nextFetch: PlannedFetch | undefined;
  /** since when the registrar has given no credential that was asked for; `reason` is an error's code */
  withheld: { since: number; reason: string } | undefined;
  /** Signed<Registrations>: the registrar's newest list of contracts over this person's record */
  registrations: Hex | undefined;
  sessions: WalletSession[];
  logReading: LogReading;
  notices: WalletNotice[];
  /** the newest card of each clinic in the log */
  cards: LoggedCard[];
  /** when the wallet last read the log to its head (unix seconds) */
  logReadAt: number | undefined;
  /** when it reads it next by itself (watch.ts) */
  nextLook: number | undefined;
  /** Since when it could not, or found something wrong with the log. `reason` is an error's code. */
  logTrouble: { since: number; reason: string; isWrong: boolean } | undefined;
  /** the newest head of the log that this wallet accepted, as a signed note; the next head must continue it */
  lastCheckpoint: string | undefined;
}

/** The state of a wallet that has only its recovery words. @param restored whether an earlier phone had them */
export const emptyState = (words: string, restored = false): WalletState => ({
  version: 3,
  revision: 0,
  mark: undefined,
  barred: [],
  words,
  account: undefined,
  deviceSecretKey: undefined,
  identity: undefined,
  pendingEnrolment: undefined,
  restored,
  chain: [],
  parameters: [],
  generations: [],
  credentials: [],
  nextFetch: undefined,
  withheld: undefined,
  registrations: undefined,
  sessions: [],
  logReading: nothingRead(),
  notices: [],
  cards: [],
  logReadAt: undefined,
  nextLook: undefined,
  logTrouble: undefined,
  lastCheckpoint: undefined,
});

/** Another window or process of the application saved a newer state of the same wallet. */
export class StoreConflictError extends SymbolonError<CodeOf<"StoreConflictError">> {
  override name = "StoreConflictError";
  constructor(detail?: string) {
    super("other-window", detail);
  }
}

/**
 * Keeps a wallet's state. An application implements it over its own sealed storage. Two windows may hold the same
 * store, so `save` compares and swaps in one step, for example in one transaction of IndexedDB.
 */
export interface WalletStore {
  load(): Promise<WalletState | undefined>;
  /**
   * Saves the state if the stored one has the revision `expected`, or if there is none and `expected` is 0. Resolves
   * when the state is durable: slots and counters are saved before anything leaves.
   * @throws StoreConflictError if the stored state has another revision; then nothing is saved
   */
  save(state: WalletState, expected: number): Promise<void>;
}

/**
 * Keeps the device mark, a few bytes that show a wallet whether its state is a copy or was restored from a backup. An
 * application implements it where no backup and no transfer to another phone reaches (docs/OPERATIONS.md). Each wallet
 * store has its own, and is always opened with it.
 */
export interface DeviceMarkStore {
  /** undefined only if no mark was ever saved: then the wallet takes its state for a copy. If it cannot be read, throw. */
  load(): Promise<Hex | undefined>;
  /**
   * Saves the mark if the stored one is `expected`, in one step. Resolves when the mark is durable: only then does a
   * check-in or a message leave.
   * @throws StoreConflictError if another mark is stored; then nothing is saved
   */
  save(mark: Hex, expected: Hex | undefined): Promise<void>;
}

/** A device mark for tests, demos and servers. It forgets the mark when the process ends. */
export class MemoryDeviceMark implements DeviceMarkStore {
  #mark: Hex | undefined;
  async load(): Promise<Hex | undefined> {
    return this.#mark;
  }
  async save(mark: Hex, expected: Hex | undefined): Promise<void> {
    if (this.#mark !== expected) throw new StoreConflictError("another device mark is stored");
    this.#mark = mark;
  }
}

/** A store for tests, demos and servers. It forgets everything when the process ends. */
export class MemoryStore implements WalletStore {
  #state: string | undefined;
  async load(): Promise<WalletState | undefined> {
    return this.#state === undefined ? undefined : (JSON.parse(this.#state) as WalletState);
  }
  async save(state: WalletState, expected: number): Promise<void> {
    const stored = this.#state === undefined ? 0 : (JSON.parse(this.#state) as WalletState).revision;
    if (stored !== expected) throw new StoreConflictError(`revision ${stored} is stored, ${expected} expected`);
    this.#state = JSON.stringify(state);
  }
}
