// Signed parameters on the client's side: fetched from the registrar, verified with its pinned key, kept by epoch.
// Exactly one document covers an epoch; a second one is an error to be told, not a choice to be made.

import { equalBytes, hexToBytes } from "../protocol/bytes.ts";
import { decodeIssuerParams, type IssuerParams } from "../protocol/credential.ts";
import { openSigned, Parameters, paramsHashOf } from "../protocol/documents.ts";
import { LABELS } from "../protocol/labels.ts";
import { fromBase64 } from "./encoding.ts";
import { apiJson, type Transport } from "./transport.ts";

/** Where a deployment is, and whom its clients trust. Pinned in the app, not fetched. */
export interface Deployment {
  registrarUrl: string;
  serviceUrl: string;
  escrowUrl: string;
  logUrl: string;
  trusteeUrls: string[];
  /** Ed25519, hex */
  registrarKey: string;
  logVkey: string;
  /** the trustees' pinned identity keys, hex, in index order */
  trusteeKeys: string[];
}

export interface EpochParameters {
  document: Parameters;
  /** p_e */
  hash: Uint8Array;
  issuer: IssuerParams;
}

export class ParametersError extends Error {
  override name = "ParametersError";
}

export class ParametersCache {
  readonly #transport: Transport;
  readonly #deployment: Deployment;
  #documents: EpochParameters[] = [];

  constructor(transport: Transport, deployment: Deployment) {
    this.#transport = transport;
    this.#deployment = deployment;
  }

  /** @throws ParametersError where an epoch has none, or two; ApiError */
  async of(epoch: number): Promise<EpochParameters> {
    const known = this.#covering(epoch);
    if (known) return known;
    await this.#fetch();
    const fetched = this.#covering(epoch);
    if (!fetched) throw new ParametersError(`no parameters cover epoch ${epoch}`);
    return fetched;
  }

  #covering(epoch: number): EpochParameters | undefined {
    const found = this.#documents.filter(({ document: d }) => d.epochFrom <= epoch && epoch <= d.epochTo);
    if (found.length > 1) throw new ParametersError(`two parameters documents cover epoch ${epoch}`);
    return found[0];
  }

  async #fetch(): Promise<void> {
    const { documents } = await apiJson<{ documents: string[] }>(
      this.#transport,
      this.#deployment.registrarUrl,
      "/v1/parameters",
    );
    this.#documents = documents.map((text) => {
      const { key, value } = openSigned(LABELS.signParameters, Parameters, fromBase64(text));
      if (!equalBytes(key, hexToBytes(this.#deployment.registrarKey)))
        throw new ParametersError("parameters are not signed by the registrar this app trusts");
      return { document: value, hash: paramsHashOf(value), issuer: decodeIssuerParams(value) };
    });
  }
}
