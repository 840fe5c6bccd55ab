// What a wallet keeps. It is plain JSON (bytes as hex), so that any key-value store can hold it; the store's owner
// seals it (a phone's key store, a passkey). Everything but the device key, the used slots of unsent check-ins and the
// channels' counters could be rebuilt from the recovery words.

import type { ServedParameters } from "../parameters.ts";
import type { Bucket } from "./buckets.ts";

export interface WalletGeneration {
  generation: number;
  epochFrom: number;
  epochTo: number | undefined;
}

export interface WalletCredential {
  generation: number;
  epoch: number;
  values: string[];
  /** IssuedCredential, hex */
  issued: string;
}

export interface WalletSession {
  generation: number;
  epoch: number;
  slot: number;
  serviceId: string;
  serviceName: string;
  /** hex; also the name of the session everywhere */
  tagHash: string;
  /** "prepared": written down before sending, may be retried only with the same bytes */
  state: "prepared" | "open" | "refused" | "recovered";
  /** CheckIn bytes, hex; absent after a recovery */
  checkIn?: string;
  idempotencyKey?: string;
  openedAt?: number;
  /** FrameChannel.serialise(), hex */
  channel?: string;
  shown: string[];
  /** by which its records were first asked for, and are asked for ever since */
  bucket?: Bucket;
}

/** A case that touched this patient, found in the log. */
export interface WalletNotice {
  logIndex: number;
  at: number;
  generation: number;
  /** NoticeContent, hex */
  content: string;
}

/** An enrolment that was sent: only the very same bytes may be sent again, for the code serves once. */
export interface PendingEnrolment {
  account: string;
  enrolmentCode: string;
  generation: number;
  /** in which it was begun */
  epoch: number;
  /** Contract, base64url */
  contract: string;
}

export interface WalletState {
  version: 1;
  words: string;
  account: string | undefined;
  deviceSecretKey: string | undefined;
  /** the identity record that the newest contract commits to, hex */
  identity: string | undefined;
  pendingEnrolment: PendingEnrolment | undefined;
  /** signed parameters learnt at enrolment and refresh: a check-in asks nobody for them */
  parameters: ServedParameters[];
  generations: WalletGeneration[];
  credentials: WalletCredential[];
  sessions: WalletSession[];
  /** log size up to which notices were looked at, and what was found */
  noticesSeenUpTo: number;
  notices: WalletNotice[];
  /** newest head of the log this wallet accepted; the next one must continue it */
  lastCheckpoint: string | undefined;
}

export interface WalletStore {
  load(): Promise<WalletState | undefined>;
  /** Durable when it resolves: slots and counters are saved before anything leaves. */
  save(state: WalletState): Promise<void>;
}

/** For tests, demos and servers. */
export class MemoryStore implements WalletStore {
  #state: string | undefined;
  async load(): Promise<WalletState | undefined> {
    return this.#state === undefined ? undefined : (JSON.parse(this.#state) as WalletState);
  }
  async save(state: WalletState): Promise<void> {
    this.#state = JSON.stringify(state);
  }
}
