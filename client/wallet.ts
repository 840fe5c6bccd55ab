// The patient's wallet. Everything it does stands in client/wallet/*; this is the door.
//
//   Wallet.create(...)   new recovery words           Wallet.open(...)   what the store holds
//   Wallet.restore(...)  a new phone from the words: enrol again with a fresh code, then recover()

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "../protocol/bytes.ts";
import type { Receipt } from "../protocol/documents.ts";
import { fromBase64url } from "../protocol/encodings.ts";
import { epochOf } from "../protocol/epoch.ts";
import type { DocumentBundle } from "./fhir/report.ts";
import { type Deployment, ParametersCache } from "./parameters.ts";
import { FrameChannel, FrameError } from "./sealing/messages.ts";
import { api, apiJson, type Transport } from "./transport.ts";
import {
  type CheckInOffer,
  checkIn,
  type Invitation,
  type OpenSession,
  readInvitation,
  sendCheckIn,
} from "./wallet/check-in.ts";
import { WalletContext } from "./wallet/context.ts";
import { introduction } from "./wallet/continuity.ts";
import { checkRecoveryWords, newRecoveryWords, sessionKeys, walletRoot } from "./wallet/keys.ts";
import { findNotices } from "./wallet/notices.ts";
import { type OwnRecords, ownRecords } from "./wallet/records.ts";
import { recoverSessions } from "./wallet/recovery.ts";
import { enrol, refresh } from "./wallet/registration.ts";
import { ownReport } from "./wallet/report.ts";
import type { WalletGeneration, WalletNotice, WalletSession, WalletState, WalletStore } from "./wallet/state.ts";

export interface WalletOptions {
  transport: Transport;
  deployment: Deployment;
  store: WalletStore;
}

const empty = (words: string): WalletState => ({
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

export class Wallet {
  readonly #context: WalletContext;

  private constructor(context: WalletContext) {
    this.#context = context;
  }

  static async #over(options: WalletOptions, state: WalletState): Promise<Wallet> {
    const { transport, deployment, store } = options;
    await store.save(state);
    const parameters = new ParametersCache(transport, deployment, state.parameters);
    return new Wallet(
      new WalletContext({ transport, deployment, parameters, store, state, root: walletRoot(state.words) }),
    );
  }

  /** A new wallet with fresh recovery words, which its owner writes down. */
  static create(options: WalletOptions): Promise<Wallet> {
    return Wallet.#over(options, empty(newRecoveryWords()));
  }

  /** A new phone for an old wallet. @throws RecoveryWordsError */
  static restore(options: WalletOptions, words: string): Promise<Wallet> {
    return Wallet.#over(options, empty(checkRecoveryWords(words)));
  }

  /** What the store holds, or undefined where it holds nothing. */
  static async open(options: WalletOptions): Promise<Wallet | undefined> {
    const state = await options.store.load();
    return state && Wallet.#over(options, state);
  }

  get recoveryWords(): string {
    return this.#context.state.words;
  }
  get sessions(): readonly WalletSession[] {
    return this.#context.state.sessions;
  }
  get state(): Readonly<WalletState> {
    return this.#context.state;
  }

  /** Enrols this phone with the desk's one-time code and fetches the credential of the current epoch, if it may. */
  async enrol(account: string, enrolmentCode: string): Promise<WalletGeneration> {
    const generation = await enrol(this.#context, account, enrolmentCode);
    const epoch = epochOf(this.#context.transport.now());
    if (generation.epochFrom <= epoch) await refresh(this.#context, epoch);
    return generation;
  }

  /** The credential of the current epoch; in the epoch's last days also the next one. */
  refresh(epoch: number = epochOf(this.#context.transport.now())): Promise<void> {
    return refresh(this.#context, epoch);
  }

  /** What a clinic asks for and what it would learn, before anything is sent. @throws CheckInError */
  readInvitation(invitation: Invitation): Promise<CheckInOffer> {
    return readInvitation(this.#context, invitation);
  }

  /** @throws CheckInError */
  checkIn(offer: CheckInOffer): Promise<OpenSession> {
    return checkIn(this.#context, offer);
  }

  /** Sends a check-in again whose answer was lost: the very same bytes. */
  retryCheckIn(tagHash: string): Promise<Receipt> {
    return sendCheckIn(this.#context, this.#session(tagHash));
  }

  /** Sends a message in a session. The channel's counter is stored before the frame leaves. */
  async send(tagHash: string, message: Uint8Array): Promise<void> {
    const session = this.#session(tagHash);
    const frame = await this.#withChannel(tagHash, (channel) => channel.send(message));
    const { serviceUrl } = this.#context.deployment;
    await api(this.#context.transport, serviceUrl, `/v1/sessions/${session.serviceId}/${tagHash}/frames`, {
      bytes: frame,
      headers: { "idempotency-key": bytesToHex(sha256(frame)) },
      signWith: (await this.#keys(session)).authSecretKey,
    });
  }

  /** "This clinic may know me": it will recognise this patient at every visit where this is sent, and nobody else can. */
  async introduce(tagHash: string): Promise<void> {
    await this.send(tagHash, await introduction(this.#context, this.#session(tagHash)));
  }

  /** Messages of the clinic that have arrived since the last time. */
  async receive(tagHash: string): Promise<Uint8Array[]> {
    const session = this.#session(tagHash);
    const path = `/v1/sessions/${session.serviceId}/${tagHash}/frames`;
    const { transport, deployment } = this.#context;
    const request = { signWith: (await this.#keys(session)).authSecretKey };
    const { frames } = await apiJson<{ frames: { seq: number; frame: string }[] }>(
      transport,
      deployment.serviceUrl,
      path,
      request,
    );
    if (frames.length === 0) return [];
    // Kept first, then acknowledged: a frame is deleted only when its receipt is remembered.
    const messages = await this.#withChannel(tagHash, (channel) => {
      const read: Uint8Array[] = [];
      for (const { frame } of frames) {
        try {
          read.push(channel.receive(fromBase64url(frame)));
        } catch (error) {
          // one that was read before, or that is not from the clinic, must not hold up the others
          if (!(error instanceof FrameError)) throw error;
        }
      }
      return read;
    });
    await api(transport, deployment.serviceUrl, `${path}?ack=${frames.map((f) => f.seq).join()}`, request);
    return messages;
  }

  /** All own records from every service, in whole buckets so that nobody learns which ones. */
  records(progress?: (done: number, services: number) => void): Promise<OwnRecords> {
    return ownRecords(this.#context, progress);
  }

  /** The own report as a FHIR R4 document Bundle. */
  async report(records?: OwnRecords): Promise<DocumentBundle> {
    return ownReport(this.#context, records ?? (await this.records()));
  }

  /** Finds all sessions again after a restore; answers how many. */
  recover(progress?: (epoch: number) => void): Promise<number> {
    return recoverSessions(this.#context, epochOf(this.#context.transport.now()), progress);
  }

  /** Every case in the log that touched this patient, the new ones looked for now. */
  notices(): Promise<readonly WalletNotice[]> {
    return findNotices(this.#context);
  }

  #session(tagHash: string): WalletSession {
    const session = this.#context.state.sessions.find((s) => s.tagHash === tagHash);
    if (!session) throw new RangeError("this wallet has no such session");
    return session;
  }

  #keys(s: WalletSession) {
    return sessionKeys(this.#context.root, s.generation, s.epoch, s.slot);
  }

  /** Load, use, keep in one turn, so that no two calls start from the same counters; what it gives is kept already. */
  #withChannel<T>(tagHash: string, use: (channel: FrameChannel) => T): Promise<T> {
    return this.#context.turns.take(`channel ${tagHash}`, async () => {
      const stored = this.#session(tagHash).channel;
      if (stored === undefined) throw new RangeError("messages of a recovered session went with the old phone");
      const channel = FrameChannel.restore(hexToBytes(stored));
      const result = use(channel);
      await this.#context.update((s) => {
        s.sessions.find((x) => x.tagHash === tagHash)!.channel = bytesToHex(channel.serialise());
      });
      return result;
    });
  }
}
