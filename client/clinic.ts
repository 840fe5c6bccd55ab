// The clinic's SDK. The clinic trusts its own keys and the registrar's pinned key, and nothing that its operator says.
// It verifies every presentation itself, so no session can be made up. It checks its own signed chains of manifests
// itself too.
//
//   challenge → (wallet checks in at the service) → session(tagHash), verified here
//   fileVisit   FHIR resources, made pseudonymous and searched for names; putRecord takes any other content. Both are
//               sealed to clinic, patient's session and trustees before it leaves; amend, withdraw, move, erase
//   receive / send   the message channel of a session
//   visitCards  a visit on paper: finds its session, once
//   offline     a queue of check-ins that were taken without network, until they can be handed in
//   auditIndex  finds the clinic's sessions of a past month in the escrow's index, under its root in the log
//
// A record is sealed in memory, because age-encryption pads and seals one buffer. The edge streams the blob.

import { sha256 } from "@noble/hashes/sha2.js";
import type { RecordRow, RecordsPage } from "../api/service/records.ts";
import type { SessionRow, SessionsPage } from "../api/service/sessions.ts";
import { bytesToHex, equalBytes, hexToBytes, labelledHash } from "../protocol/bytes.ts";
import { readCheckIn } from "../protocol/check-in.ts";
import { Challenge, cardHashOf, Manifest, type Receipt, Signed, signDocument } from "../protocol/documents.ts";
import { fromBase64url, type Hex, toBase64url } from "../protocol/encodings.ts";
import { dayOf, epochOf } from "../protocol/epoch.ts";
import { LABELS } from "../protocol/labels.ts";
import { spokenNameOf } from "../protocol/spoken-invitation.ts";
import { decodeG1 } from "../protocol/suite.ts";
import { ClinicApi } from "./clinic/api.ts";
import { auditIndex, type IndexAudit } from "./clinic/audit.ts";
import { type Chain, ChainError, type RecordEntry, readChain } from "./clinic/chain.ts";
import { ClinicClients } from "./clinic/clients.ts";
import { recognise } from "./clinic/continuity.ts";
import {
  type CaseEventState,
  type ClinicEvent,
  clinicEvents,
  type EventOptions,
  type EventSource,
  missed,
} from "./clinic/events.ts";
import { type ClinicKeys, clinicCard, serviceIdOfKeys, signKeyOf } from "./clinic/keys.ts";
import {
  type ChannelStore,
  cardKeyOf,
  MemoryChannelStore,
  markOf,
  receiveMessages,
  sendMessage,
} from "./clinic/messages.ts";
import { OfflineQueue, type OfflineQueueStore } from "./clinic/offline.ts";
import { type ClinicSession, SessionError, verifySession } from "./clinic/session.ts";
import { type CardCandidate, type TakenVisitCardStore, VisitCards } from "./clinic/visit-cards.ts";
import { ClinicWebhooks } from "./clinic/webhooks.ts";
import { decodeAnswer, SymbolonError, textOfCause, translate } from "./errors.ts";
import { type PreparedVisit, prepareVisit, type VisitOptions } from "./fhir/prepare.ts";
import { FHIR_JSON } from "./fhir/record.ts";
import type { FhirEntry } from "./fhir/resource.ts";
import { type Deployment, ParametersCache, type ServedParameters } from "./parameters.ts";
import { openRecord, sealRecord } from "./sealing/record.ts";
import { asCaseId, asRecordId, asTagHash } from "./shared/ids.ts";
import { readInvitationText, writeInvitation } from "./shared/invitation.ts";
import { eachItem, MAX_CLINIC_ROWS, MAX_LISTED_MANIFESTS } from "./shared/paging.ts";
import { pause } from "./shared/patience.ts";
import { readReceipt } from "./shared/receipts.ts";
import { wordsOfName } from "./shared/spoken-words.ts";
import { ApiError, bytesOf, type Transport } from "./transport.ts";

export type { IndexAudit, IndexFinding } from "./clinic/audit.ts";
export { ChainError, type RecordEntry, type RecordState } from "./clinic/chain.ts";
export { type ClientKey, type ClientOptions, createClientKey, type RegisteredClient } from "./clinic/clients.ts";
export type { CaseEventState, ClinicEvent, EventOptions } from "./clinic/events.ts";
export {
  type ClinicKeys,
  type ClinicPolicy,
  clinicCard,
  clinicStateKey,
  createClinicKeys,
  DEFAULT_POLICY,
  renewCard,
  replaceHpkeKey,
  serviceIdOfKeys,
} from "./clinic/keys.ts";
export { type ChannelStore, MemoryChannelStore } from "./clinic/messages.ts";
export {
  MemoryOfflineStore,
  type OfflineCheckIn,
  type OfflineOutcome,
  OfflineQueue,
  type OfflineQueueStore,
  type SettledCheckIn,
  type TakenCheckIn,
} from "./clinic/offline.ts";
export { packClinicKeys, unpackClinicKeys } from "./clinic/packed-keys.ts";
export { type ClinicSession, SessionError } from "./clinic/session.ts";
export {
  type Arrival,
  MemoryTakenVisitCards,
  type TakenVisitCard,
  type TakenVisitCardStore,
  VisitCards,
} from "./clinic/visit-cards.ts";
export type { ClinicWebhooks, DeadLetter, Webhook, WebhookWithSecret } from "./clinic/webhooks.ts";

const ZERO_HASH = new Uint8Array(32);
/** Writers elsewhere can be faster this often, such as other desks of the clinic. */
const APPEND_TRIES = 16;
/** A session by its tag hash alone. */
type Place = { readonly tagHash: string };
type Draft = Pick<Manifest, "kind" | "recordId"> & Partial<Manifest>;

export interface RecordOptions {
  /** media type; FHIR JSON if absent */
  contentKind?: string;
  /** 16 bytes in hex; random if absent. A caller that keeps the id can find out later whether a broken-off call took effect */
  recordId?: string;
}

/** A visit's record, and what the search for identity found in it. */
export interface FiledVisit extends Omit<PreparedVisit, "content"> {
  recordId: Hex;
  /** of the content before it was padded and sealed */
  bytes: number;
}

/**
 * The clinic. Every method that asks a role can throw ApiError; every method that needs parameters can throw
 * ParametersError; a tag hash or record id that is not hex of its length throws SymbolonError bad-id.
 *
 * @example
 * const clinic = new Clinic(systemTransport(), deployment, await createClinicKeys("Harbour Clinic"), channelStore);
 * const invitation = await clinic.invitation(); // shown as a QR code; the wallet checks in and tells its tag hash
 * const session = await clinic.session(tagHash);
 * const { recordId, findings } = await clinic.fileVisit(session, entries, { patient });
 */
export class Clinic {
  readonly keys: ClinicKeys;
  /** 16 bytes */
  readonly serviceId: Uint8Array;
  /** the OAuth clients of the clinic's other programs */
  readonly clients: ClinicClients;
  /** Addresses that the service calls when something changed. */
  readonly webhooks: ClinicWebhooks;
  readonly #transport: Transport;
  readonly #deployment: Deployment;
  readonly #parameters: ParametersCache;
  readonly #api: ClinicApi;
  readonly #ends: Parameters<typeof receiveMessages>[0];
  readonly #secretKey: Uint8Array;
  readonly #publicKey: Uint8Array;
  readonly #cardHash: Uint8Array;
  /** by session: the last append that was asked for. It never rejects */
  readonly #appending = new Map<Hex, Promise<unknown>>();

  /**
   * @param channels keeps the message channels durably; the default forgets them when the process ends
   * @param known the value that `parameters` had before. With it, a clinic that starts without network can make challenges
   *   and verify check-ins
   * @throws SymbolonError bad-keys
   */
  constructor(
    transport: Transport,
    deployment: Deployment,
    keys: ClinicKeys,
    channels: ChannelStore = new MemoryChannelStore(),
    known: readonly ServedParameters[] = [],
  ) {
    this.keys = keys;
    this.serviceId = serviceIdOfKeys(keys);
    this.#transport = transport;
    this.#deployment = deployment;
    this.#parameters = new ParametersCache(transport, deployment, known);
    this.clients = new ClinicClients(transport, deployment.serviceUrl, keys);
    this.#api = new ClinicApi(transport, deployment.serviceUrl, keys);
    this.webhooks = new ClinicWebhooks(this.#api);
    this.#ends = { api: this.#api, channels, serviceId: this.serviceId, hpkeSecretKey: keys.hpkeSecretKey };
    const { secretKey, publicKey } = signKeyOf(keys);
    this.#secretKey = secretKey;
    this.#publicKey = publicKey;
    this.#cardHash = cardHashOf(clinicCard(keys));
  }

  // ---- check-in

  /**
   * Signed<ServiceCard>: for the operator who registers this clinic, and for wallets.
   * @throws SymbolonError bad-keys
   */
  card(): Uint8Array {
    return clinicCard(this.keys);
  }

  /**
   * A fresh Signed<Challenge>, valid for the parameters' window of seconds. Show it as a QR code beside the card.
   * @param now unix seconds.
   * @throws ParametersError
   */
  async challenge(now: number = this.#transport.now()): Promise<Uint8Array> {
    const { document, hash } = await this.#parameters.of(epochOf(now));
    const challenge: Challenge = {
      serviceId: this.serviceId,
      cardHash: this.#cardHash,
      nonce: this.#transport.rng(16),
      issuedAt: now,
      expiresAt: now + document.challengeWindowSeconds,
      paramsHash: hash,
      ...this.keys.policy,
    };
    return signDocument(LABELS.signChallenge, Challenge, challenge, this.#secretKey);
  }

  /**
   * The parameters that this clinic believes, for the application's store. They were found in the log when they were
   * fetched; a later start verifies their signatures again, and needs no network for it.
   */
  get parameters(): ServedParameters[] {
    return this.#parameters.served;
  }

  /**
   * A fresh challenge as the text of a QR code (client/shared/invitation.ts).
   * @param withCard for wallets without network; the text is then too long for a QR code
   * @throws ParametersError
   */
  async invitationText({ withCard = false }: { withCard?: boolean } = {}): Promise<string> {
    return writeInvitation({ challenge: await this.challenge(), card: withCard ? this.card() : undefined });
  }

  /**
   * Puts the challenge of a text where a wallet finds it by six words, until it expires. Say them to a patient who can scan nothing.
   * @param text of `invitationText`
   * @throws ApiError; CheckInError bad-invitation
   */
  async spokenWords(text: string): Promise<string[]> {
    const { challenge } = readInvitationText(text);
    await this.#api.own("/spoken", { bytes: challenge });
    return wordsOfName(spokenNameOf(challenge));
  }

  /** The card and a fresh challenge, for a wallet to read. @throws ParametersError */
  async invitation(): Promise<{ card: Uint8Array; challenge: Uint8Array }> {
    return { card: this.card(), challenge: await this.challenge() };
  }

  /**
   * Verifies a check-in. This also works offline, with a check-in that the patient handed over directly. Then only
   * `handIn` shows whether the tag was used before.
   * @throws SessionError
   */
  verify(checkInBytes: Uint8Array): Promise<ClinicSession> {
    return verifySession(this.#parameters, this.#publicKey, checkInBytes);
  }

  /**
   * Hands in a check-in that was taken offline, within the parameters' grace. The same bytes get the same receipt.
   * @throws ApiError credential-refused if its tag is spent; CheckInError bad-receipt
   */
  async handIn({ tagHash, checkInBytes: checkIn }: ClinicSession): Promise<Receipt> {
    const path = "/v1/sessions";
    const answer = await bytesOf(await this.#api.authorised(path, { bytes: checkIn }), `POST ${path}`);
    const about = { tagHash, serviceId: bytesToHex(this.serviceId), checkIn };
    return readReceipt(this.#deployment.serviceWorkerKey, about, answer);
  }

  /** The queue of check-ins that this clinic takes without network. @param store keeps it durably */
  offline(store: OfflineQueueStore): OfflineQueue {
    return new OfflineQueue(
      {
        parameters: this.#parameters,
        publicKey: this.#publicKey,
        cardHash: this.#cardHash,
        now: () => this.#transport.now(),
        handIn: (session) => this.handIn(session),
        session: (tagHash) => this.session(tagHash),
      },
      store,
    );
  }

  /** The cards of visits that patients bring on paper. @param store keeps durably which ones were taken */
  visitCards(store: TakenVisitCardStore): VisitCards {
    return new VisitCards(
      {
        now: () => this.#transport.now(),
        events: (cursor) => this.missedEvents(cursor),
        candidate: (tagHash) => this.#candidate(tagHash),
        session: (tagHash) => this.session(tagHash),
        cardKey: (candidate) => cardKeyOf(this.#ends, candidate),
      },
      store,
    );
  }

  /** @throws ApiError; SymbolonError bad-answer */
  async #candidate(tagHash: Hex): Promise<CardCandidate> {
    const row = await this.#api.ownJson<SessionRow>(`/sessions/${tagHash}`);
    return decodeAnswer("a session", () => {
      const { checkIn, challenge, tagHash: own } = readCheckIn(fromBase64url(row.checkIn));
      return { tagHash: bytesToHex(own), checkIn, challengedAt: challenge.issuedAt };
    });
  }

  /** A bearer token for the service's API, and when it expires (unix seconds). @throws ApiError; SymbolonError bad-keys */
  accessToken(): Promise<{ token: string; expiresAt: number }> {
    return this.#api.accessToken();
  }

  async #fromRow(row: SessionRow): Promise<ClinicSession> {
    const { checkIn, tagHash } = decodeAnswer("a session", () => ({
      checkIn: fromBase64url(row.checkIn),
      tagHash: bytesToHex(fromBase64url(row.tagHash)),
    }));
    const session = await this.verify(checkIn);
    if (session.tagHash !== tagHash) throw new SessionError("misfiled-session", "filed under another tag");
    return session;
  }

  /**
   * The session with this tag hash.
   * @throws SessionError if the operator hands out anything but a check-in at this clinic; ApiError not-found
   */
  async session(tagHash: string): Promise<ClinicSession> {
    const asked = asTagHash(tagHash);
    const session = await this.#fromRow(await this.#api.ownJson<SessionRow>(`/sessions/${asked}`));
    if (session.tagHash !== asked) throw new SessionError("misfiled-session", "another session than the one asked for");
    return session;
  }

  /**
   * 16 bytes in hex that this session's wallet has too, and nobody else: each draws its half of the visit's disc from them.
   * @throws ChannelSetupError
   */
  async visitMark(session: ClinicSession): Promise<Hex> {
    return bytesToHex(await markOf(this.#ends, session));
  }

  /**
   * All sessions, one after the other. Their order says nothing about time.
   * @param epoch only the sessions of this month; no other one is verified
   * @throws SessionError; SymbolonError bad-answer if the list does not end
   */
  async *eachSession(epoch?: number): AsyncGenerator<ClinicSession> {
    for await (const row of this.#sessionRows())
      if (epoch === undefined || epochOfRow(row) === epoch) yield await this.#fromRow(row);
  }

  /**
   * The tag hashes that the service lists, without any check: `session` verifies one of them. The list is much faster than
   * `eachSession`.
   * @throws SymbolonError bad-answer
   */
  async *eachTagHash(): AsyncGenerator<Hex> {
    for await (const { tagHash } of this.#sessionRows())
      yield decodeAnswer("a session", () => asTagHash(bytesToHex(fromBase64url(tagHash))));
  }

  #sessionRows(): AsyncGenerator<SessionRow> {
    return eachItem({
      name: "sessions of this clinic",
      most: MAX_CLINIC_ROWS,
      ask: (cursor) => this.#page<SessionsPage>("/sessions", cursor),
      itemsOf: (page) => page.sessions,
      keyOf: (row: SessionRow) => row.tagHash,
    });
  }

  /** All sessions at once. @throws SessionError */
  async sessions(): Promise<ClinicSession[]> {
    const all: ClinicSession[] = [];
    for await (const session of this.eachSession()) all.push(session);
    return all;
  }

  #page<T>(path: string, cursor: string | undefined): Promise<T> {
    return this.#api.ownJson<T>(cursor === undefined ? path : `${path}?cursor=${encodeURIComponent(cursor)}`);
  }

  /**
   * Compares a past month of the session index with its root in the log, and with the clinic's own sessions of that
   * month. The escrow may close a month up to a day after its last check-in can arrive; until then it has no root.
   * @param epoch months since January 1970
   * @throws LogError, SessionError, ApiError; SymbolonError bad-answer
   */
  async auditIndex(epoch: number): Promise<IndexAudit> {
    const { document } = await this.#parameters.of(epochOf(this.#transport.now()));
    const { hash } = await this.#parameters.of(epoch);
    return auditIndex({ transport: this.#transport, deployment: this.#deployment }, document, {
      epoch,
      paramsHash: hash,
      serviceId: this.serviceId,
      sessions: this.eachSession(epoch),
    });
  }

  // ---- events

  /**
   * Check-ins, messages and cases as they happen, until `signal` aborts or the caller leaves the loop. An event names a
   * session or a case and tells no content. If `after` is given, what was missed since that event comes first. Every event
   * comes at least once.
   * @throws ApiError if the service refuses for good; SymbolonError bad-id, bad-answer, no-websocket
   * @example
   * for await (const event of clinic.events({ after: stored })) {
   *   if (event.type === "check-in") await welcome(await clinic.session(event.tagHash));
   *   await store(event.cursor);
   * }
   */
  events(options: EventOptions = {}): AsyncGenerator<ClinicEvent, void, void> {
    return clinicEvents(this.#eventSource, options);
  }

  /**
   * The events since a cursor, or since yesterday, without a socket. Then it ends, and returns the cursor of this moment. The
   * answer grows with the events of these days, and not with the sessions of the clinic.
   * @throws ApiError; SymbolonError bad-answer
   */
  missedEvents(after?: string): AsyncGenerator<ClinicEvent, string, void> {
    return missed(this.#eventSource, after);
  }

  get #eventSource(): EventSource {
    const { serviceUrl } = this.#deployment;
    return { transport: this.#transport, api: this.#api, serviceUrl, serviceId: bytesToHex(this.serviceId) };
  }

  /**
   * From now on `events` and webhooks tell how this case goes forward, for instance an order that a clinician of this
   * clinic has placed.
   * @param caseId 32 bytes in hex
   * @returns its state; null if the escrow does not have it
   * @throws ApiError too-many; SymbolonError bad-id
   */
  async watchCase(caseId: string): Promise<CaseEventState | null> {
    const path = `/cases/${asCaseId(caseId)}`;
    return (await this.#api.ownJson<{ state: CaseEventState | null }>(path, { method: "PUT" })).state;
  }

  /** @throws ApiError; SymbolonError bad-id */
  async unwatchCase(caseId: string): Promise<void> {
    await this.#api.own(`/cases/${asCaseId(caseId)}`, { method: "DELETE" });
  }

  // ---- records

  /**
   * Files a visit's FHIR resources, the ordinary way. The TID takes the patient's place, and what still names the
   * patient is searched for (docs/RECORDS.md). Nothing is sealed while a finding stands that `allow` does not name.
   * @param entries resources of the visit, with the Patient among them or in `options.patient`
   * @throws IdentityFoundError identity-found; and as `putRecord`
   */
  async fileVisit(
    session: ClinicSession,
    entries: readonly FhirEntry[],
    options: VisitOptions = {},
  ): Promise<FiledVisit> {
    const { content, ...found } = prepareVisit(entries, session.tid, options);
    const plaintext = new TextEncoder().encode(content);
    return { recordId: await this.putRecord(session, plaintext), bytes: plaintext.length, ...found };
  }

  /**
   * Seals and files content as it is. For FHIR resources use `fileVisit`.
   * @returns the record's id, 16 bytes. @throws RecordError record-key; ChainError; ApiError conflict if a record has that id
   */
  putRecord(session: ClinicSession, plaintext: Uint8Array, options: RecordOptions = {}): Promise<Hex> {
    return this.#seal(session, plaintext, withId(options));
  }

  /**
   * Files a new version of a record. The old one stays, with the state amended.
   * @returns the new id.
   * @throws as `putRecord`
   */
  async amend(
    session: ClinicSession,
    target: string,
    plaintext: Uint8Array,
    options: string | RecordOptions = {},
  ): Promise<Hex> {
    const given = withId(typeof options === "string" ? { contentKind: options } : options);
    return this.#seal(session, plaintext, { ...given, target: idBytes(target) });
  }

  /** States that a record is wrong and must not be used. The record stays readable. @throws ChainError */
  async withdraw(session: Place, target: string): Promise<void> {
    await this.#state(session, { kind: "withdrawal", recordId: this.#newId(), target: idBytes(target) });
  }

  /**
   * Destroys a record's blob, and with it the keys wrapped in the blob. The signed history stays, and the log shows the
   * erasure.
   * @throws ChainError
   */
  async erase(session: Place, target: string): Promise<void> {
    await this.#state(session, { kind: "erasure", recordId: this.#newId(), target: idBytes(target) });
  }

  /**
   * Moves a record that was filed under the wrong TID. The record is sealed anew to the right session, stated as moved
   * in the wrong one, and erased there, because the wrong patient could open it. If the call breaks off, it may be made
   * again: the new id is derived from the old id and the session, which the statement shows anyway.
   * @returns the new record's id.
   * @throws SymbolonError no-such-record, substituted-blob; RecordError; ChainError
   */
  async move(from: Place, target: string, to: ClinicSession): Promise<Hex> {
    const entry = (await this.records(from)).find((r) => r.recordId === asRecordId(target));
    if (!entry) throw new SymbolonError("no-such-record", target);
    const movedTo = hexToBytes(to.tagHash);
    const newId = labelledHash(LABELS.movedRecord, hexToBytes(target), movedTo).slice(0, 16);
    if (!(await this.records(to)).some((r) => r.recordId === bytesToHex(newId)))
      await this.#seal(to, await this.open(entry), { contentKind: entry.contentKind, recordId: newId });
    if (entry.movedTo === undefined)
      await this.#state(from, { kind: "move", recordId: this.#newId(), target: hexToBytes(target), movedTo });
    if (entry.state !== "erased") await this.erase(from, target);
    return bytesToHex(newId);
  }

  /** A session's records, after its chain was checked. @throws ChainError */
  async records(session: Place): Promise<RecordEntry[]> {
    return (await this.#chain(asTagHash(session.tagHash))).records;
  }

  /** All records of the clinic, by session. @throws ChainError */
  async list(): Promise<RecordEntry[]> {
    const bySession = new Map<Hex, Uint8Array[]>();
    for (const signed of await this.#manifests("/records", MAX_CLINIC_ROWS)) {
      const tagHash = translate(
        () => bytesToHex(Manifest.decode(Signed.decode(signed).document).tagHash),
        (cause) => new ChainError("bad-manifest", textOfCause(cause), { cause }),
      );
      bySession.set(tagHash, [...(bySession.get(tagHash) ?? []), signed]);
    }
    return [...bySession].flatMap(([tagHash, chain]) => this.#read(tagHash, chain).records);
  }

  /**
   * The plaintext of a record of this clinic.
   * @throws SymbolonError substituted-blob if the service hands out another blob, no-such-record; RecordError; ApiError
   * expired if the record was erased
   */
  async open(record: RecordEntry | string): Promise<Uint8Array> {
    const entry = typeof record === "string" ? await this.#find(asRecordId(record)) : record;
    const path = `/blobs/${entry.recordId}`;
    const blob = await bytesOf(await this.#api.own(path), `GET ${path}`);
    if (!equalBytes(sha256(blob), entry.manifest.blobHash))
      throw new SymbolonError("substituted-blob", `record ${entry.recordId}`);
    return openRecord(blob, this.keys.ageIdentity);
  }

  async #find(recordId: Hex): Promise<RecordEntry> {
    const entry = (await this.list()).find((r) => r.recordId === recordId);
    if (!entry) throw new SymbolonError("no-such-record", recordId);
    return entry;
  }

  /** @throws SymbolonError bad-answer if the list does not end, or has more than `most` */
  async #manifests(path: string, most: number): Promise<Uint8Array[]> {
    const rows = eachItem({
      name: "manifests of this clinic",
      most,
      ask: (cursor) => this.#page<RecordsPage>(path, cursor),
      itemsOf: (page) => page.records,
      keyOf: (row: RecordRow) => row.manifest,
    });
    const all: Uint8Array[] = [];
    for await (const { manifest } of rows) all.push(decodeAnswer("a manifest", () => fromBase64url(manifest)));
    return all;
  }

  #read(tagHash: Hex, signedManifests: readonly Uint8Array[]): Chain {
    return readChain({ signKey: this.#publicKey, serviceId: this.serviceId, tagHash }, signedManifests);
  }

  async #chain(tagHash: Hex): Promise<Chain> {
    return this.#read(tagHash, await this.#manifests(`/tags/${tagHash}/records`, MAX_LISTED_MANIFESTS));
  }

  #newId(): Uint8Array {
    return this.#transport.rng(16);
  }

  async #seal(
    session: ClinicSession,
    plaintext: Uint8Array,
    {
      contentKind,
      target,
      recordId = this.#newId(),
    }: { contentKind: string; target?: Uint8Array; recordId?: Uint8Array },
  ): Promise<Hex> {
    const { document } = await this.#parameters.of(epochOf(this.#transport.now()));
    const { blob, ...sealed } = await sealRecord({
      plaintext,
      serviceId: this.serviceId,
      tagHash: hexToBytes(session.tagHash),
      recordId,
      keySetId: document.keySetId,
      serviceRecipient: this.keys.ageRecipient,
      sessionRecipient: session.checkIn.sessionRecipient,
      threshold: { recordKey: decodeG1(document.recordKey), groupHybridKey: document.groupHybridKey },
      rng: this.#transport.rng,
    });
    const draft: Draft = {
      kind: target ? "amendment" : "record",
      recordId,
      target,
      blobHash: sealed.sha256,
      stanzaHash: sealed.stanzaHash,
      size: blob.length,
      contentKind,
      keySetId: document.keySetId,
    };
    await this.#append(session.tagHash, draft, async (signed) => {
      await this.#api.own(`/records/${bytesToHex(recordId)}`, {
        method: "PUT",
        bytes: blob,
        headers: { "symbolon-manifest": toBase64url(signed) },
      });
    });
    return bytesToHex(recordId);
  }

  async #state(session: Place, draft: Draft): Promise<void> {
    await this.#append(asTagHash(session.tagHash), draft, async (signed) => {
      await this.#api.own("/statements", { json: { manifest: toBase64url(signed) } });
    });
  }

  /** Appends to a session's chain, one after the other: each manifest names the one before. */
  #append(tagHash: Hex, draft: Draft, send: (signed: Uint8Array) => Promise<void>): Promise<void> {
    const before = this.#appending.get(tagHash) ?? Promise.resolve();
    const mine = before.then(() => this.#appendNext(tagHash, draft, send));
    const settled = mine.catch(() => undefined);
    this.#appending.set(tagHash, settled);
    void settled.then(() => this.#appending.get(tagHash) === settled && this.#appending.delete(tagHash));
    return mine;
  }

  /** Signs the chain's next manifest and sends it. If a writer elsewhere was faster, waits a moment and signs behind that one. */
  async #appendNext(tagHash: Hex, draft: Draft, send: (signed: Uint8Array) => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { headHash, count } = await this.#chain(tagHash);
      const manifest: Manifest = {
        target: undefined,
        movedTo: undefined,
        blobHash: ZERO_HASH,
        stanzaHash: ZERO_HASH,
        size: 0,
        contentKind: "",
        keySetId: ZERO_HASH,
        ...draft,
        serviceId: this.serviceId,
        tagHash: hexToBytes(tagHash),
        day: dayOf(this.#transport.now()),
        count: count + 1,
        previous: headHash,
      };
      try {
        await send(signDocument(LABELS.signManifest, Manifest, manifest, this.#secretKey));
        return;
      } catch (error) {
        const overtaken = error instanceof ApiError && error.code === "conflict" && error.problem.head !== undefined;
        if (!overtaken || attempt >= APPEND_TRIES) throw error;
        await pause(this.#transport, attempt);
      }
    }
  }

  // ---- messages

  /**
   * The patient's new messages of this session. Frames that are repeated or altered are dropped.
   * @throws ChannelSetupError; SymbolonError bad-answer, bad-state
   */
  receive(session: ClinicSession): Promise<Uint8Array[]> {
    return receiveMessages(this.#ends, session);
  }

  /**
   * The lasting pseudonym that a received message introduces, if the patient chose to be known here; undefined for any
   * other message.
   */
  recognise(session: ClinicSession, message: Uint8Array): Promise<Hex | undefined> {
    return recognise(this.#parameters, session.checkInBytes, message);
  }

  /**
   * Sends a message to the patient of this session.
   * @throws ChannelSetupError; FrameError frame-limit; SymbolonError bad-state
   */
  send(session: ClinicSession, plaintext: Uint8Array): Promise<void> {
    return sendMessage(this.#ends, session, plaintext, bytesToHex(this.#newId()));
  }
}

/** @throws SymbolonError bad-answer */
const epochOfRow = ({ checkIn }: SessionRow): number =>
  decodeAnswer("a session", () => readCheckIn(fromBase64url(checkIn)).epoch);

/** @throws SymbolonError bad-id */
const withId = ({ contentKind = FHIR_JSON, recordId }: RecordOptions) => ({
  contentKind,
  ...(recordId === undefined ? {} : { recordId: idBytes(recordId) }),
});

/** @throws SymbolonError bad-id */
const idBytes = (recordId: string): Uint8Array => hexToBytes(asRecordId(recordId));
