// The state that a wallet keeps. It is plain JSON (bytes as hex), so that any key-value store can hold it. The store's
// owner seals it, for example with a phone's key store or a passkey. The recovery words could rebuild everything in it,
// except the device key, the used slots of unsent check-ins, and the counters of channels.

import type { Base64url, Hex } from "../../protocol/encodings.ts";
import type { ServedParameters } from "../parameters.ts";

/** One phone's life with this person's contract. A restored phone enrols with the next generation. */
export interface WalletGeneration {
  /** from 0 */
  generation: number;
  epochFrom: number;
  /** undefined while this is the newest generation */
  epochTo: number | undefined;
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

export interface WalletSession {
  generation: number;
  epoch: number;
  slot: number;
  /** 16 bytes */
  serviceId: Hex;
  serviceName: string;
  /** 32 bytes; names the session everywhere */
  tagHash: Hex;
  /** "prepared": stored before sending; only the same bytes may be sent again */
  state: "prepared" | "open" | "refused" | "recovered";
  /** CheckIn bytes; absent after a recovery */
  checkIn?: Hex;
  /** 16 bytes */
  idempotencyKey?: Hex;
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

/** An enrolment that was sent. Only the very same bytes may be sent again, because the code serves once. */
export interface PendingEnrolment {
  account: string;
  enrolmentCode: string;
  generation: number;
  /** the epoch in which it was begun */
  epoch: number;
  /** Contract */
  contract: Base64url;
}

export interface WalletState {
  version: 1;
  /** recovery words; secret */
  words: string;
  account: string | undefined;
  /** Ed25519, 32 bytes; secret */
  deviceSecretKey: Hex | undefined;
  /** the identity record that the newest contract commits to */
  identity: Hex | undefined;
  pendingEnrolment: PendingEnrolment | undefined;
  /** signed parameters from enrolment and refresh, so that a check-in asks nobody for them */
  parameters: ServedParameters[];
  generations: WalletGeneration[];
  credentials: WalletCredential[];
  sessions: WalletSession[];
  /** size of the log up to which the wallet looked for notices */
  noticesSeenUpTo: number;
  notices: WalletNotice[];
  /** the newest head of the log that this wallet accepted, as a signed note; the next head must continue it */
  lastCheckpoint: string | undefined;
}

/** The state of a wallet that has only its recovery words. */
export const emptyState = (words: string): WalletState => ({
  version: 1,
  words,
  account: undefined,
  deviceSecretKey: undefined,
  identity: undefined,
  pendingEnrolment: undefined,
  parameters: [],
  generations: [],
  credentials: [],
  sessions: [],
  noticesSeenUpTo: 0,
  notices: [],
  lastCheckpoint: undefined,
});

/** Keeps a wallet's state. An application implements it over its own sealed storage. */
export interface WalletStore {
  load(): Promise<WalletState | undefined>;
  /** Resolves when the state is durable: slots and counters are saved before anything leaves. */
  save(state: WalletState): Promise<void>;
}

/** A store for tests, demos and servers. It forgets everything when the process ends. */
export class MemoryStore implements WalletStore {
  #state: string | undefined;
  async load(): Promise<WalletState | undefined> {
    return this.#state === undefined ? undefined : (JSON.parse(this.#state) as WalletState);
  }
  async save(state: WalletState): Promise<void> {
    this.#state = JSON.stringify(state);
  }
}
