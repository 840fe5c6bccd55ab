// The clinic's SDK. The clinic trusts its own keys, the registrar's pinned key, and nothing that its operator says: it
// verifies every presentation itself, so no session can be made up, and reads its own signed chains of manifests.
//
//   challenge → (wallet checks in at the service) → session(tagHash), verified here
//   putRecord   sealed to clinic, patient's session and trustees before it leaves; amend, withdraw, move, erase
//   receive / send   the message channel of a session
//
// A record is sealed in memory (age-encryption pads and seals one buffer); the edge streams it.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes, hexToBytes, labelledHash } from "../protocol/bytes.ts";
import { Challenge, Manifest, Signed, signDocument } from "../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../protocol/encodings.ts";
import { dayOf, epochOf } from "../protocol/epoch.ts";
import { LABELS } from "../protocol/labels.ts";
import { decodeG1 } from "../protocol/suite.ts";
import { ClinicApi } from "./clinic/api.ts";
import { type Chain, type RecordEntry, readChain } from "./clinic/chain.ts";
import { recognise } from "./clinic/continuity.ts";
import { type ClinicKeys, clinicCard, serviceIdOfKeys } from "./clinic/keys.ts";
import { type ChannelStore, MemoryChannelStore, receiveMessages, sendMessage } from "./clinic/messages.ts";
import { type ClinicSession, SessionError, verifySession } from "./clinic/session.ts";
import { type Deployment, ParametersCache } from "./parameters.ts";
import { openRecord, sealRecord } from "./sealing/record.ts";
import { ApiError, type Transport } from "./transport.ts";

export { ChainError, type RecordEntry, type RecordState } from "./clinic/chain.ts";
export { type ClinicKeys, type ClinicPolicy, clinicCard, createClinicKeys, serviceIdOfKeys } from "./clinic/keys.ts";
export { type ChannelStore, MemoryChannelStore } from "./clinic/messages.ts";
export { type ClinicSession, SessionError } from "./clinic/session.ts";

const ZERO_HASH = new Uint8Array(32);
export const FHIR_JSON = "application/fhir+json";

interface SessionRow {
  tagHash: string;
  checkIn: string;
}
interface ManifestRow {
  manifest: string;
}
type Place = Pick<ClinicSession, "tagHash">;
type Draft = Pick<Manifest, "kind" | "recordId"> & Partial<Manifest>;

export class Clinic {
  readonly keys: ClinicKeys;
  /** 16 bytes */
  readonly serviceId: Uint8Array;
  readonly #transport: Transport;
  readonly #parameters: ParametersCache;
  readonly #api: ClinicApi;
  readonly #ends: Parameters<typeof receiveMessages>[0];
  readonly #secretKey: Uint8Array;
  readonly #publicKey: Uint8Array;

  constructor(
    transport: Transport,
    deployment: Deployment,
    keys: ClinicKeys,
    channels: ChannelStore = new MemoryChannelStore(),
  ) {
    this.keys = keys;
    this.serviceId = serviceIdOfKeys(keys);
    this.#transport = transport;
    this.#parameters = new ParametersCache(transport, deployment);
    this.#api = new ClinicApi(transport, deployment.serviceUrl, keys);
    this.#ends = { api: this.#api, channels, serviceId: this.serviceId, hpkeSecretKey: keys.hpkeSecretKey };
    this.#secretKey = hexToBytes(keys.signSecretKey);
    this.#publicKey = ed25519.getPublicKey(this.#secretKey);
  }

  // ---- check-in

  /** Signed<ServiceCard> */
  card(): Uint8Array {
    return clinicCard(this.keys);
  }

  /** Signed<Challenge>, good for the parameters' window: show it as a QR code beside the card. @throws ParametersError */
  async challenge(now: number = this.#transport.now()): Promise<Uint8Array> {
    const { document, hash } = await this.#parameters.of(epochOf(now));
    const challenge: Challenge = {
      serviceId: this.serviceId,
      nonce: this.#transport.rng(16),
      issuedAt: now,
      expiresAt: now + document.challengeWindowSeconds,
      paramsHash: hash,
      ...this.keys.policy,
    };
    return signDocument(LABELS.signChallenge, Challenge, challenge, this.#secretKey);
  }

  /** Card and a fresh challenge, as a wallet reads them. */
  async invitation(): Promise<{ card: Uint8Array; challenge: Uint8Array }> {
    return { card: this.card(), challenge: await this.challenge() };
  }

  /** Also offline, from a check-in handed over directly; single use is then settled by handIn. @throws SessionError */
  verify(checkInBytes: Uint8Array): Promise<ClinicSession> {
    return verifySession(this.#parameters, this.#publicKey, checkInBytes);
  }

  /** Hands in a check-in that was taken offline, within the parameters' grace. @throws ApiError if its tag is spent */
  async handIn(session: ClinicSession): Promise<void> {
    await this.#api.authorised("/v1/sessions", {
      bytes: session.checkInBytes,
      headers: { "idempotency-key": bytesToHex(sha256(session.checkInBytes)) },
    });
  }

  async #fromRow(row: SessionRow): Promise<ClinicSession> {
    const session = await this.verify(fromBase64url(row.checkIn));
    if (session.tagHash !== bytesToHex(fromBase64url(row.tagHash))) throw new SessionError("filed under another tag");
    return session;
  }

  /** @throws SessionError if the operator hands out anything but a check-in at this clinic; ApiError not-found */
  async session(tagHash: string): Promise<ClinicSession> {
    const session = await this.#fromRow(await this.#api.ownJson<SessionRow>(`/sessions/${tagHash}`));
    if (session.tagHash !== tagHash) throw new SessionError("another session than the one asked for");
    return session;
  }

  /** All sessions, one after the other, in no order of time. */
  async *eachSession(): AsyncGenerator<ClinicSession> {
    let cursor: string | undefined;
    do {
      const page = await this.#page<{ sessions: SessionRow[]; cursor?: string }>("/sessions", cursor);
      for (const row of page.sessions) yield await this.#fromRow(row);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  async sessions(): Promise<ClinicSession[]> {
    const all: ClinicSession[] = [];
    for await (const session of this.eachSession()) all.push(session);
    return all;
  }

  #page<T>(path: string, cursor: string | undefined): Promise<T> {
    return this.#api.ownJson<T>(cursor === undefined ? path : `${path}?cursor=${encodeURIComponent(cursor)}`);
  }

  // ---- records

  /** Seals and files a record. @returns its id, hex */
  putRecord(
    session: ClinicSession,
    plaintext: Uint8Array,
    { contentKind = FHIR_JSON }: { contentKind?: string } = {},
  ): Promise<string> {
    return this.#seal(session, plaintext, { contentKind });
  }

  /** Files a new version; the old one stays, as amended. */
  amend(session: ClinicSession, target: string, plaintext: Uint8Array, contentKind = FHIR_JSON): Promise<string> {
    return this.#seal(session, plaintext, { contentKind, target: hexToBytes(target) });
  }

  /** States that a record is wrong and must not be used; it stays readable. */
  async withdraw(session: Place, target: string): Promise<void> {
    await this.#state(session, { kind: "withdrawal", recordId: this.#newId(), target: hexToBytes(target) });
  }

  /** Destroys a record's blob with the keys wrapped in it; the signed history stays, and the log tells of it. */
  async erase(session: Place, target: string): Promise<void> {
    await this.#state(session, { kind: "erasure", recordId: this.#newId(), target: hexToBytes(target) });
  }

  /**
   * For a record filed under the wrong TID: sealed anew to the right session, stated as moved in the wrong one, and erased
   * there, since the wrong patient could open it. Broken off, it may be called again: the new id follows from the old one
   * and the session, which the statement tells anyway. @returns the new record's id
   */
  async move(from: Place, target: string, to: ClinicSession): Promise<string> {
    const entry = (await this.records(from)).find((r) => r.recordId === target);
    if (!entry) throw new RangeError(`no record ${target} in this session`);
    const movedTo = hexToBytes(to.tagHash);
    const newId = labelledHash(LABELS.manifest, hexToBytes(target), movedTo).slice(0, 16);
    if (!(await this.records(to)).some((r) => r.recordId === bytesToHex(newId)))
      await this.#seal(to, await this.open(entry), { contentKind: entry.contentKind, recordId: newId });
    if (entry.movedTo === undefined)
      await this.#state(from, { kind: "move", recordId: this.#newId(), target: hexToBytes(target), movedTo });
    if (entry.state !== "erased") await this.erase(from, target);
    return bytesToHex(newId);
  }

  /** A session's records, after checking its chain. @throws ChainError */
  async records(session: Place): Promise<RecordEntry[]> {
    return (await this.#chain(session.tagHash)).records;
  }

  /** All records of the clinic, by session. @throws ChainError */
  async list(): Promise<RecordEntry[]> {
    const bySession = new Map<string, Uint8Array[]>();
    for (const signed of await this.#manifests("/records")) {
      const tagHash = bytesToHex(Manifest.decode(Signed.decode(signed).document).tagHash);
      bySession.set(tagHash, [...(bySession.get(tagHash) ?? []), signed]);
    }
    return [...bySession].flatMap(([tagHash, chain]) => this.#read(tagHash, chain).records);
  }

  /** The plaintext of an own record. @throws RecordError, ApiError "expired" where it was erased */
  async open(record: RecordEntry | string): Promise<Uint8Array> {
    const entry = typeof record === "string" ? (await this.list()).find((r) => r.recordId === record) : record;
    if (!entry) throw new RangeError(`no record ${String(record)}`);
    const response = await this.#api.own(`/blobs/${entry.recordId}`);
    const blob = new Uint8Array(await response.arrayBuffer());
    if (!equalBytes(sha256(blob), entry.manifest.blobHash))
      throw new Error("the blob is not the one this clinic filed");
    return openRecord(blob, this.keys.ageIdentity);
  }

  async #manifests(path: string): Promise<Uint8Array[]> {
    const all: Uint8Array[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#page<{ records: ManifestRow[]; cursor?: string }>(path, cursor);
      all.push(...page.records.map((r) => fromBase64url(r.manifest)));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }

  #read(tagHash: string, signedManifests: readonly Uint8Array[]): Chain {
    return readChain({ signKey: this.#publicKey, serviceId: this.serviceId, tagHash }, signedManifests);
  }

  async #chain(tagHash: string): Promise<Chain> {
    return this.#read(tagHash, await this.#manifests(`/tags/${tagHash}/records`));
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
  ): Promise<string> {
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
    await this.#append(session.tagHash, draft, async (signed) => {
      await this.#api.own("/statements", { json: { manifest: toBase64url(signed) } });
    });
  }

  /** Signs the chain's next manifest and sends it; if another writer was faster, once more behind that one. */
  async #append(tagHash: string, draft: Draft, send: (signed: Uint8Array) => Promise<void>): Promise<void> {
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
        if (!overtaken || attempt >= 2) throw error;
      }
    }
  }

  // ---- messages

  /** What the patient has written since. */
  receive(session: ClinicSession): Promise<Uint8Array[]> {
    return receiveMessages(this.#ends, session);
  }

  /** The lasting pseudonym that a received message introduces, where the patient chose to be known here. */
  recognise(session: ClinicSession, message: Uint8Array): Promise<string | undefined> {
    return recognise(this.#parameters, session.checkInBytes, message);
  }

  send(session: ClinicSession, plaintext: Uint8Array): Promise<void> {
    return sendMessage(this.#ends, session, plaintext, bytesToHex(this.#newId()));
  }
}
