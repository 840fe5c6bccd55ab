// The patient's wallet. This is its door; the parts are in client/wallet/*.
//
//   Wallet.create(...)   new recovery words
//   Wallet.open(...)     the wallet that the store holds
//   Wallet.restore(...)  a new phone from the recovery words: enrol again with a fresh code, then recover()

import { sha256 } from "@noble/hashes/sha2.js";
import type { WaitingFrames } from "../api/service/messages.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import type { Receipt } from "../protocol/documents.ts";
import { fromBase64url, type Hex } from "../protocol/encodings.ts";
import { epochOf } from "../protocol/epoch.ts";
import { decodeAnswer, SymbolonError } from "./errors.ts";
import type { DocumentBundle } from "./fhir/report.ts";
import { type Deployment, ParametersCache } from "./parameters.ts";
import { type FrameChannel, FrameError, restoreChannel } from "./sealing/messages.ts";
import { asTagHash } from "./shared/ids.ts";
import { invitationOf } from "./shared/invitation.ts";
import type { VisitCard } from "./shared/visit-card.ts";
import { ApiError, api, apiJson, type Transport } from "./transport.ts";
import {
  type CheckInOffer,
  type CheckInOptions,
  checkIn,
  type HandedOver,
  handOver,
  type Invitation,
  type OpenSession,
  prepareCheckIn,
  readInvitation,
} from "./wallet/check-in.ts";
import { WalletContext } from "./wallet/context.ts";
import { introduction } from "./wallet/continuity.ts";
import { assertNotBarred, checkStore, updateUsing } from "./wallet/device-mark.ts";
import { remember } from "./wallet/inspect.ts";
import { checkRecoveryWords, newRecoveryWords, sessionKeys, walletRoot } from "./wallet/keys.ts";
import { type LogStanding, logStandingOf } from "./wallet/log-standing.ts";
import { findNotices } from "./wallet/notices.ts";
import { overviewOf, type SessionView, sessionView, type WalletOverview } from "./wallet/overview.ts";
import { type OwnRecords, ownRecords } from "./wallet/records.ts";
import { recoverSessions } from "./wallet/recovery.ts";
import {
  type ConfirmOptions,
  confirmEnrolment,
  declineEnrolment,
  type EnrolmentOffer,
  keepFresh,
  refresh,
  startEnrolment,
} from "./wallet/registration.ts";
import { sendCheckIn, settleAll } from "./wallet/sending.ts";
import {
  type DeviceMarkStore,
  emptyState,
  type WalletGeneration,
  type WalletNotice,
  type WalletSession,
  type WalletState,
  type WalletStore,
} from "./wallet/state.ts";
import { visitCard } from "./wallet/visit-card.ts";
import { keepWatch } from "./wallet/watch.ts";

export interface WalletOptions {
  transport: Transport;
  deployment: Deployment;
  store: WalletStore;
  /** shows whether the store is a copy. Give it always, from the first enrolment on, or never */
  deviceMark?: DeviceMarkStore;
}

/**
 * The wallet of one patient on one phone. Every method that asks a role can throw ApiError. A tag hash that is not hex
 * of 32 bytes throws SymbolonError bad-id. Errors of the application's own stores pass through unchanged.
 *
 * @example
 * const wallet = (await Wallet.open(options)) ?? (await Wallet.create(options));
 * showOnce(wallet.recoveryWords); // the owner writes them down
 * const record = await wallet.startEnrolment(account, enrolmentCode); // from the registrar's desk
 * if (await isMe(record.name, record.birthDate, record.selector, record.warnings)) await wallet.confirmEnrolment(record);
 * else await wallet.declineEnrolment(record);
 * const offer = await wallet.readInvitation(invitation); // scanned at the clinic
 * if (await personAgrees(offer.service.name, offer.shows, offer.warnings)) {
 *   const { tid, tagHash } = await wallet.checkIn(offer);
 *   await wallet.send(tagHash, new TextEncoder().encode("I am in the waiting room"));
 * }
 */
export class Wallet {
  readonly #context: WalletContext;

  private constructor(context: WalletContext) {
    this.#context = context;
    remember(this, context);
  }

  static async #over(options: WalletOptions, state: WalletState): Promise<Wallet> {
    const { transport, deployment, store, deviceMark } = options;
    const parameters = new ParametersCache(transport, deployment, state.parameters);
    const root = walletRoot(state.words);
    const context = new WalletContext({ transport, deployment, parameters, store, deviceMark, state, root });
    if (state.revision === 0) await context.update(() => {});
    await checkStore(context);
    return new Wallet(context);
  }

  /**
   * A new wallet with fresh recovery words. Its owner must write them down.
   * @throws StoreConflictError if the store holds a wallet already
   */
  static create(options: WalletOptions): Promise<Wallet> {
    return Wallet.#over(options, emptyState(newRecoveryWords()));
  }

  /** A new phone for an old wallet. Enrol it with a fresh code, then call `recover`. @throws RecoveryWordsError, StoreConflictError */
  static restore(options: WalletOptions, words: string): Promise<Wallet> {
    return Wallet.#over(options, emptyState(checkRecoveryWords(words), true));
  }

  /**
   * The wallet that the store holds, or undefined if the store is empty. If the device mark shows that the store is a
   * copy, `overview().copied` is true. Then the wallet only reads, until this phone is enrolled again.
   * @throws RecoveryWordsError if the state is damaged
   */
  static async open(options: WalletOptions): Promise<Wallet | undefined> {
    const state = await options.store.load();
    return state && Wallet.#over(options, state);
  }

  /** The 24 recovery words. Secret: they open every record. Show them only to the owner, and only when asked. */
  get recoveryWords(): string {
    return this.#context.state.words;
  }

  /** All sessions, in the order of check-in or recovery. */
  get sessions(): readonly SessionView[] {
    return this.#context.state.sessions.map(sessionView);
  }

  /**
   * 16 bytes in hex that this visit's clinic has too, and nobody else: each draws its half of the visit's disc from them.
   * Undefined for a visit that was recovered from the words.
   * @throws SymbolonError bad-id, no-such-session, bad-state
   */
  visitMark(tagHash: string): Hex | undefined {
    const { channel } = this.#session(tagHash);
    return channel === undefined ? undefined : bytesToHex(restoreChannel(channel).mark());
  }

  /**
   * The card of an open visit, to be printed: at the reception it stands for this device, once, for almost three days
   * after the clinic's challenge. Asks nobody. The same visit always has the same card.
   * @throws SymbolonError bad-id, no-such-session, bad-state; VisitCardError card-not-open, card-expired
   */
  visitCard(tagHash: string): VisitCard {
    return visitCard(this.#session(tagHash), this.#context.transport.now());
  }

  /** A copy of everything that a screen may show. It holds no secret. */
  overview(): WalletOverview {
    return overviewOf(this.#context.state, this.#context.transport.now());
  }

  /**
   * Shows the registrar's record of the person, by the desk's one-time code. Commits to nothing. Let the person read
   * name, birth date and selector, and then call `confirmEnrolment` or `declineEnrolment`.
   * @throws RegistrationError, ParametersError
   */
  startEnrolment(account: string, enrolmentCode: string): Promise<EnrolmentOffer> {
    return startEnrolment(this.#context, account, enrolmentCode);
  }

  /**
   * Enrols this phone for the person of this record, who has confirmed it. Then fetches the credential of the current
   * epoch. If the answer is lost, call it again, or start again with the same code.
   * @throws RegistrationError, ParametersError
   */
  async confirmEnrolment(offer: EnrolmentOffer, options?: ConfirmOptions): Promise<WalletGeneration> {
    await checkStore(this.#context);
    const generation = await confirmEnrolment(this.#context, offer, options);
    await refresh(this.#context, epochOf(this.#context.transport.now()));
    return generation;
  }

  /** The record is not this person's. The code then serves nobody, and the desk must look again. */
  declineEnrolment(offer: EnrolmentOffer): Promise<void> {
    return declineEnrolment(this.#context, offer);
  }

  /**
   * Fetches the credential of an epoch, by default the current one, unless the wallet has it. Call it on a schedule,
   * and not before a visit: the registrar sees when it is called.
   * @throws RegistrationError, ParametersError
   */
  refresh(epoch: number = epochOf(this.#context.transport.now())): Promise<void> {
    return refresh(this.#context, epoch);
  }

  /**
   * Renews the pass on a schedule of the wallet's own, at times that tell nothing about visits. Call it when the app
   * starts in the background, and again at the time that it returns (unix seconds). `overview().warnings` tells the
   * person if the registrar gives no pass.
   */
  keepFresh(): Promise<number> {
    return keepFresh(this.#context);
  }

  /**
   * Reads the log about once a day, at times that tell nothing about visits: so the wallet knows the clinics' newest cards
   * and finds notices. Call it as `keepFresh`. `overview().warnings` tells the person if the log is wrong or silent.
   */
  keepWatch(): Promise<number> {
    return keepWatch(this.#context);
  }

  /**
   * Reads what a clinic asks for and would learn. Sends nothing of the patient's. If the invitation is a text without the
   * clinic's card, the card is fetched first.
   * @param invitation card and challenge, or the text of a QR code
   * @throws CheckInError, ParametersError, CopiedStoreError; ApiError if the card cannot be fetched
   */
  async readInvitation(invitation: Invitation | string): Promise<CheckInOffer> {
    const { transport, deployment } = this.#context;
    const read = typeof invitation === "string" ? await invitationOf(transport, deployment, invitation) : invitation;
    return readInvitation(this.#context, read);
  }

  /**
   * Makes the check-in of an offer while the person reads it. Then `checkIn` or `handOver` with this same offer has only to
   * store and send it. Nothing leaves memory: if the person does not agree, no slot is spent.
   * @throws CheckInError, ChannelSetupError, CopiedStoreError; `checkIn` works all the same
   */
  prepareCheckIn(offer: CheckInOffer): Promise<void> {
    return prepareCheckIn(this.#context, offer);
  }

  /** Checks in, after the person agreed to the offer. @throws CheckInError, ChannelSetupError, CopiedStoreError */
  checkIn(offer: CheckInOffer, options?: CheckInOptions): Promise<OpenSession> {
    return checkIn(this.#context, offer, options);
  }

  /**
   * Checks in without network: stores the check-in and returns its bytes, for the clinic to verify and hand in later.
   * Until then it has no receipt; `records` and `recover` find out whether its session was opened.
   * @throws CheckInError, ChannelSetupError, CopiedStoreError
   */
  handOver(offer: CheckInOffer, options?: CheckInOptions): Promise<HandedOver> {
    return handOver(this.#context, offer, options);
  }

  /**
   * Sends a check-in again, the very same bytes, after its answer was lost.
   * @throws CheckInError, CopiedStoreError, ApiError; SymbolonError no-such-session, no-channel if the session was
   *   recovered
   */
  async retryCheckIn(tagHash: string): Promise<Receipt> {
    await checkStore(this.#context);
    const session = this.#session(tagHash);
    assertNotBarred(this.#context.state, session);
    if (session.checkIn === undefined) throw new SymbolonError("no-channel");
    return sendCheckIn(this.#context, session);
  }

  /**
   * Sends a message in a session. The channel's counter is stored before the frame leaves.
   * @throws SymbolonError no-such-session, no-channel, bad-state; FrameError frame-limit; CopiedStoreError
   */
  async send(tagHash: string, message: Uint8Array): Promise<void> {
    const session = this.#session(tagHash);
    const frame = await this.#withChannel(session.tagHash, "send", (channel) => channel.send(message));
    const { serviceUrl } = this.#context.deployment;
    await api(this.#context.transport, serviceUrl, `/v1/sessions/${session.serviceId}/${session.tagHash}/frames`, {
      bytes: frame,
      headers: { "idempotency-key": bytesToHex(sha256(frame)) },
      signWith: (await this.#keys(session)).authSecretKey,
    });
  }

  /**
   * "This clinic may know me." The clinic recognises this patient at every visit in which this is sent; nobody else
   * can.
   * @throws as `send`
   */
  async introduce(tagHash: string): Promise<void> {
    await this.send(tagHash, await introduction(this.#context, this.#session(tagHash)));
  }

  /**
   * The clinic's messages since the last call.
   * @throws SymbolonError no-such-session, no-channel, bad-answer, bad-state
   */
  async receive(tagHash: string): Promise<Uint8Array[]> {
    const session = this.#session(tagHash);
    const path = `/v1/sessions/${session.serviceId}/${session.tagHash}/frames`;
    const { transport, deployment } = this.#context;
    const request = { signWith: (await this.#keys(session)).authSecretKey };
    const { frames } = await apiJson<WaitingFrames>(transport, deployment.serviceUrl, path, request);
    const sealed = decodeAnswer("the frames of a session", () => frames.map((f) => fromBase64url(f.frame)));
    if (sealed.length === 0) return [];
    // Store first, then acknowledge: the service deletes a frame only when the wallet remembers that it received it.
    const messages = await this.#withChannel(session.tagHash, "receive", (channel) => {
      const read: Uint8Array[] = [];
      for (const frame of sealed) {
        try {
          read.push(channel.receive(frame));
        } catch (error) {
          // A frame that was read before, or that is not from the clinic, must not hold up the others.
          if (!(error instanceof FrameError)) throw error;
        }
      }
      return read;
    });
    // If this fails, the messages are given all the same: the channel opens no frame twice. The next call acknowledges.
    const ack = api(transport, deployment.serviceUrl, `${path}?ack=${frames.map((f) => f.seq).join()}`, request);
    await ack.catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
    });
    return messages;
  }

  /**
   * All own records from every service. They are fetched in whole buckets, so that nobody learns which ones are the
   * wallet's. Something that does not verify is reported in `faults`.
   * @throws ApiError unreachable
   */
  async records(progress?: (done: number, services: number) => void): Promise<OwnRecords> {
    await settleAll(this.#context);
    return ownRecords(this.#context, progress);
  }

  /** The own report as a FHIR R4 document Bundle. @throws as `records` */
  async report(records?: OwnRecords): Promise<DocumentBundle> {
    const own = records ?? (await this.records());
    // Loaded when it is needed: an app that only checks in does not pay for reading FHIR.
    const { ownReport } = await import("./wallet/report.ts");
    return ownReport(this.#context, own);
  }

  /** An International Patient Summary of the own report: the parts of it that another clinic needs first. @throws as `records` */
  async summary(report?: DocumentBundle): Promise<DocumentBundle> {
    const whole = report ?? (await this.report());
    const { patientSummary } = await import("./fhir/patient-summary.ts");
    return patientSummary(whole);
  }

  /**
   * Finds all sessions again after a restore.
   * @param progress is called per service.
   * @returns how many were new.
   * @throws ParametersError; SymbolonError bad-answer
   */
  async recover(progress?: (done: number, services: number) => void): Promise<number> {
    await settleAll(this.#context);
    return recoverSessions(this.#context, progress);
  }

  /** Every case in the log that touched this patient. Looks for new ones now. @throws LogError, ParametersError */
  notices(): Promise<readonly WalletNotice[]> {
    return findNotices(this.#context);
  }

  /** How far this wallet has read the log; undefined before the first reading. @throws ParametersError */
  logStanding(): LogStanding | undefined {
    return logStandingOf(this.#context);
  }

  /** @throws SymbolonError bad-id, no-such-session */
  #session(tagHash: string): WalletSession {
    const id = asTagHash(tagHash);
    const session = this.#context.state.sessions.find((s) => s.tagHash === id);
    if (!session) throw new SymbolonError("no-such-session", id);
    return session;
  }

  #keys(s: WalletSession) {
    return sessionKeys(this.#context.root, s, s.epoch, s.slot);
  }

  /**
   * Loads, uses and stores a channel in one turn, so that no two calls start from the same counters. Resolves after the
   * store. @throws CopiedStoreError to send, if the store is a copy
   */
  #withChannel<T>(tagHash: Hex, purpose: "send" | "receive", use: (channel: FrameChannel) => T): Promise<T> {
    return this.#context.turns.take(`channel ${tagHash}`, async () => {
      for (;;) {
        const before = this.#session(tagHash);
        const stored = before.channel;
        if (stored === undefined) throw new SymbolonError("no-channel");
        const channel = restoreChannel(stored);
        const result = use(channel);
        let kept = false;
        const keep = (s: WalletState): void => {
          const session = s.sessions.find((x) => x.tagHash === tagHash);
          // Another window may have used the channel meanwhile. Then its counters are used, not these.
          kept = session?.channel === stored;
          if (kept) session!.channel = bytesToHex(channel.serialise());
        };
        await (purpose === "send" ? updateUsing(this.#context, before, keep) : this.#context.update(keep));
        if (kept) return result;
      }
    });
  }
}
