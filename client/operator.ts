// What the people who run a deployment do, with the administrator's key: parameters, services, the registrar's desk,
// requesters. The key ceremony is in operator-ceremony.ts.

import { fromBase64url, toBase64url } from "../protocol/encodings.ts";
import { encodeIdentity } from "./fhir/identity.ts";
import type { FhirEntry } from "./fhir/resource.ts";
import type { Deployment } from "./parameters.ts";
import { apiBytes, apiJson, type Transport } from "./transport.ts";

export interface NewParameters {
  /** KeySet bytes of the finished ceremony */
  keySet: Uint8Array;
  realm: string;
  epochFrom: number;
  epochTo: number;
  slots?: number;
  attributes: { name: string; values: string[] }[];
  challengeWindowSeconds?: number;
  offlineGraceSeconds?: number;
}

/** Given to a person at the desk after their identity was checked: what their wallet enrols with. */
export interface Enrolment {
  account: string;
  enrolmentCode: string;
  expires: number;
  known: boolean;
}

export class Operator {
  readonly #transport: Transport;
  readonly #deployment: Deployment;
  readonly #adminSecretKey: Uint8Array;

  constructor(transport: Transport, deployment: Deployment, adminSecretKey: Uint8Array) {
    this.#transport = transport;
    this.#deployment = deployment;
    this.#adminSecretKey = adminSecretKey;
  }

  /** Issues the signed parameters of an epoch range; they are logged before they serve. */
  async issueParameters({ keySet, ...parameters }: NewParameters): Promise<Uint8Array> {
    const json = { ...parameters, keySet: toBase64url(keySet), trusteeKeys: this.#deployment.trusteeKeys };
    const { document } = await this.#registrar<{ document: string }>("/v1/admin/parameters", json);
    return fromBase64url(document);
  }

  /** Registers a clinic by its signed card. */
  async registerService(card: Uint8Array): Promise<string> {
    const { serviceUrl } = this.#deployment;
    const request = { bytes: card, signWith: this.#adminSecretKey };
    const answer = await apiJson<{ serviceId: string }>(this.#transport, serviceUrl, "/v1/admin/services", request);
    return answer.serviceId;
  }

  /** The outcome of identity proofing. `selector` is how authorities name the person, e.g. an insurance number. */
  registerPerson(patient: FhirEntry, selector: string, entitlements: Record<string, string>): Promise<Enrolment> {
    return this.#registrar("/v1/admin/proofings", {
      identity: toBase64url(encodeIdentity(patient)),
      selector,
      entitlements,
    });
  }

  /** From now on no credential is issued to this account. */
  async revoke(account: string): Promise<void> {
    await this.#registrar("/v1/admin/revoke", { account });
  }

  async setEntitlements(account: string, entitlements: Record<string, string>): Promise<void> {
    await this.#registrar("/v1/admin/entitlements", { account, entitlements });
  }

  /** Certifies a requester's keys; answers Signed<RequesterCertificate>. */
  certifyRequester(keys: { signKey: string; sealKey: Uint8Array; name: string; role: string }): Promise<Uint8Array> {
    const { registrarUrl } = this.#deployment;
    const json = { ...keys, sealKey: toBase64url(keys.sealKey) };
    const request = { json, signWith: this.#adminSecretKey };
    return apiBytes(this.#transport, registrarUrl, "/v1/admin/requesters", request);
  }

  #registrar<T>(path: string, json: unknown): Promise<T> {
    const request = { json, signWith: this.#adminSecretKey };
    return apiJson<T>(this.#transport, this.#deployment.registrarUrl, path, request);
  }
}
