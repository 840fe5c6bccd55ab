// The operator's SDK, for the people who run a deployment with the administrator's key: parameters, services, the
// registrar's desk, and requesters. The trustees' key ceremony is in operator/ceremony.ts.

import type { ClosedEpoch } from "../api/escrow/session-index.ts";
import type { LetterMark, Opening, OpeningsPage } from "../api/registrar/openings.ts";
import type { IssuedParameters } from "../api/registrar/parameters.ts";
import type { Found, Registered } from "../api/registrar/people.ts";
import type { IndexStep, RegisteredService } from "../api/service/administration.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { requesterHashOf } from "../protocol/documents.ts";
import { fromBase64url, type Hex, toBase64url } from "../protocol/encodings.ts";
import { KeySet } from "../protocol/key-set.ts";
import { decodeAnswer } from "./errors.ts";
import { encodePatient } from "./fhir/identity.ts";
import type { FhirEntry } from "./fhir/resource.ts";
import { type OpenedPerson, openedPerson } from "./operator/openings.ts";
import { untilWitnessed } from "./operator/witnessed.ts";
import type { Deployment } from "./parameters.ts";
import type { EnrolmentCode } from "./shared/enrolment-code.ts";
import { eachItem, MAX_PAGES } from "./shared/paging.ts";
import { apiBytes, apiJson, type Transport } from "./transport.ts";

export interface NewParameters {
  /** KeySet bytes of the finished ceremony */
  keySet: Uint8Array;
  realm: string;
  /** first and last epoch, both included */
  epochFrom: number;
  epochTo: number;
  /** visits per patient and epoch */
  slots?: number;
  /** the attributes of every credential, in order, each with all values it may have */
  attributes: { name: string; values: string[] }[];
  challengeWindowSeconds?: number;
  offlineGraceSeconds?: number;
  /** the greatest age of the log's cosignatures; 72 h by default */
  logFreshnessSeconds?: number;
  /** approvals that an assemble needs; the trustees' threshold by default */
  assembleThreshold?: number;
}

/** A person gets this at the desk after their identity was checked. Their wallet enrols with it. */
export type Enrolment = Registered;

/** What the registrar tells of a person who may be registered. */
export type FoundPerson = Found;

/** A trace or an assemble that the registrar answered, with the person whom it named, for a letter. */
export type ListedOpening = Omit<Opening, "identity"> & OpenedPerson;

/**
 * @example
 * const operator = new Operator(systemTransport(), deployment, adminSecretKey);
 * await operator.registerService(clinicCard(clinicKeys));
 * const { account, enrolmentCode } = await operator.registerPerson(patient, "insurance number", { age: "adult" });
 */
export class Operator {
  readonly #transport: Transport;
  readonly #deployment: Deployment;
  readonly #adminSecretKey: Uint8Array;

  /** @param adminSecretKey Ed25519, 32 bytes: signs every request */
  constructor(transport: Transport, deployment: Deployment, adminSecretKey: Uint8Array) {
    this.#transport = transport;
    this.#deployment = deployment;
    this.#adminSecretKey = adminSecretKey;
  }

  /**
   * Issues the signed parameters of an epoch range. The registrar logs them before it serves them.
   * @returns Signed<Parameters>.
   * @throws ApiError; SymbolonError bad-answer
   */
  async issueParameters({ keySet, ...parameters }: NewParameters): Promise<Uint8Array> {
    const trusteeKeys = KeySet.decode(keySet).identityKeys.map(bytesToHex);
    const json = { ...parameters, keySet: toBase64url(keySet), trusteeKeys };
    const { document } = await this.#registrar<IssuedParameters>("/v1/admin/parameters", json);
    return decodeAnswer("the signed parameters", () => fromBase64url(document));
  }

  /**
   * Registers a clinic by its signed card, and waits until the log's witnesses have signed a head that contains the card.
   * Wallets believe the card from then on. If it fails after the registration, a repetition goes on from there.
   * @returns its service id, 16 bytes. @throws ApiError, ParametersError; SymbolonError bad-answer
   */
  async registerService(card: Uint8Array): Promise<Hex> {
    const { serviceUrl } = this.#deployment;
    const request = { bytes: card, signWith: this.#adminSecretKey };
    const answer = await apiJson<RegisteredService>(this.#transport, serviceUrl, "/v1/admin/services", request);
    await untilWitnessed(this.#transport, this.#deployment);
    return answer.serviceId;
  }

  /**
   * Tells the registrar the outcome of identity proofing. `selector` is the name by which authorities know the person,
   * for example an insurance number. `entitlements` gives a value for each attribute of the parameters.
   * @throws ApiError
   */
  registerPerson(patient: FhirEntry, selector: string, entitlements: Record<string, string>): Promise<Enrolment> {
    return this.#registrar("/v1/admin/proofings", {
      patient: toBase64url(encodePatient(patient)),
      selector,
      entitlements,
    });
  }

  /**
   * Whether somebody is registered under this selector. Their registration is told only if the birth date is that of the record:
   * `known` without `person` means that the selector is mistyped, or is another person's. Nothing changes.
   * @param birthDate YYYY-MM-DD
   * @throws ApiError
   */
  findPerson(selector: string, birthDate: string): Promise<FoundPerson> {
    return this.#registrar("/v1/admin/find", { selector, birthDate });
  }

  /**
   * The traces and assembles that the registrar answered, the newest first, up to 50 at a time. Links are never among them.
   * @param cursor that of the page before; undefined for the first page
   * @returns `cursor` is undefined on the last page
   * @throws ApiError; SymbolonError bad-answer
   */
  async openings(cursor?: string): Promise<{ openings: ListedOpening[]; cursor: string | undefined }> {
    const page = await this.#registrar<OpeningsPage>("/v1/admin/openings", cursor === undefined ? {} : { cursor });
    return decodeAnswer("the openings", () => ({
      openings: page.openings.map(({ identity, ...opening }) => ({
        ...opening,
        ...openedPerson(fromBase64url(identity)),
      })),
      cursor: page.cursor ?? undefined,
    }));
  }

  /**
   * Marks the letter about an opening as printed, or takes the mark back.
   * @returns when the letter was marked first, in unix seconds; null without a mark
   * @throws ApiError not-found
   */
  async markLetter(caseId: Hex, printed: boolean): Promise<number | null> {
    const mark = await this.#registrar<LetterMark>("/v1/admin/openings/printed", { caseId, printed });
    return mark.printedAt;
  }

  /** Makes an enrolment code void that no phone has used yet. @throws ApiError credential-refused if there is none */
  async voidCode({ account, enrolmentCode }: EnrolmentCode): Promise<void> {
    await this.#registrar("/v1/enrol/decline", { account, enrolmentCode });
  }

  /** From now on the registrar issues no credential to this account. @throws ApiError */
  async revoke(account: string): Promise<void> {
    await this.#registrar("/v1/admin/revoke", { account });
  }

  /** Sets the attribute values of this account's next credentials. @throws ApiError */
  async setEntitlements(account: string, entitlements: Record<string, string>): Promise<void> {
    await this.#registrar("/v1/admin/entitlements", { account, entitlements });
  }

  /**
   * Gives the registrar the longer chain of key sets that a resharing has made.
   * @param chain KeySetChain
   * @throws ApiError
   */
  async publishKeySets(chain: Uint8Array): Promise<void> {
    await this.#registrar("/v1/admin/keysets", { chain: toBase64url(chain) });
  }

  /**
   * Suspends a clinic: no session is opened, and no record or statement is filed there. Its records stay readable.
   * @param serviceId 16 bytes
   * @throws ApiError
   */
  async suspendService(serviceId: Hex): Promise<void> {
    await this.#service(`/v1/admin/services/${serviceId}/suspend`);
  }

  /**
   * Completes the session index of an epoch that is over, so that the escrow may close it: every session gives its row again.
   * @returns the number of sessions, and of those whose tag another service's session has already.
   * @throws ApiError; SymbolonError bad-answer
   */
  async completeIndex(epoch: number): Promise<{ rows: number; conflicts: number }> {
    const total = { rows: 0, conflicts: 0 };
    const steps = eachItem({
      name: "steps of an index",
      most: MAX_PAGES,
      ask: (cursor) =>
        apiJson<IndexStep>(
          this.#transport,
          this.#deployment.serviceUrl,
          `/v1/admin/epochs/${epoch}/index${cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`}`,
          { json: {}, signWith: this.#adminSecretKey },
        ),
      itemsOf: (step) => [step],
      keyOf: (step: IndexStep) => step.cursor ?? "",
    });
    for await (const { rows, conflicts } of steps) {
      total.rows += rows;
      total.conflicts += conflicts;
    }
    return total;
  }

  /** Ends the suspension of a clinic. @throws ApiError */
  async resumeService(serviceId: Hex): Promise<void> {
    await this.#service(`/v1/admin/services/${serviceId}/resume`);
  }

  /**
   * Certifies a requester's keys for `days`, at most 366 (default 365).
   * @param keys `signKey` Ed25519, 32 bytes; `sealKey` X-Wing, 1216 bytes
   * @returns Signed<RequesterCertificate>.
   * @throws ApiError
   */
  certifyRequester(keys: {
    signKey: Hex;
    sealKey: Uint8Array;
    name: string;
    role: string;
    days?: number;
  }): Promise<Uint8Array> {
    const { registrarUrl } = this.#deployment;
    const json = { ...keys, sealKey: toBase64url(keys.sealKey) };
    const request = { json, signWith: this.#adminSecretKey };
    return apiBytes(this.#transport, registrarUrl, "/v1/admin/requesters", request);
  }

  /**
   * Withdraws a requester's certificate for ever. Its running cases stop within a minute, or within a day if somebody
   * holds the registrar's list back.
   * @param certificate Signed<RequesterCertificate>
   * @throws ApiError
   */
  async revokeRequester(certificate: Uint8Array): Promise<void> {
    await this.#registrar("/v1/admin/requesters/revoke", { certificate: bytesToHex(requesterHashOf(certificate)) });
  }

  /**
   * Closes a past month of the session index and logs its root. The escrow does so by itself every day.
   * @throws ApiError not-allowed-now while check-ins of the month can still arrive
   */
  closeIndex(epoch: number): Promise<ClosedEpoch> {
    const request = { method: "POST", signWith: this.#adminSecretKey } as const;
    return apiJson(this.#transport, this.#deployment.escrowUrl, `/v1/admin/index/${epoch}/close`, request);
  }

  async #service(path: string): Promise<void> {
    const { serviceUrl } = this.#deployment;
    await apiJson(this.#transport, serviceUrl, path, { method: "POST", signWith: this.#adminSecretKey });
  }

  #registrar<T>(path: string, json: unknown): Promise<T> {
    const request = { json, signWith: this.#adminSecretKey };
    return apiJson<T>(this.#transport, this.#deployment.registrarUrl, path, request);
  }
}
