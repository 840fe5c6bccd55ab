// Signed parameters on the client's side: fetched from the registrar, verified with its pinned key, kept by epoch. With
// each comes the key set it names, which the pinned trustees signed: the registrar alone can name no keys of its own.
//
// Exactly one document covers an epoch; a second one is an error to be told, not a choice to be made. What was believed
// once is not replaced by anything that is fetched later.

import { bytesToHex, equalBytes, hexToBytes } from "../protocol/bytes.ts";
import { decodeIssuerParams, type IssuerParams } from "../protocol/credential.ts";
import { openSigned, Parameters, paramsHashOf } from "../protocol/documents.ts";
import { fromBase64url } from "../protocol/encodings.ts";
import { checkKeysOf, KeySet } from "../protocol/key-set.ts";
import { LABELS } from "../protocol/labels.ts";
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

/** As served, base64url: Signed<Parameters>, and the KeySet whose keys they name. */
export interface ServedParameters {
  document: string;
  keySet: string;
}

export class ParametersCache {
  readonly #transport: Transport;
  readonly #deployment: Deployment;
  #believed: (EpochParameters & { served: ServedParameters })[] = [];
  /** not read yet */
  #kept: readonly ServedParameters[];
  /** key sets whose signatures were checked, each with the fields that name it */
  readonly #checked = new Set<string>();

  /** @param kept what `served` gave before */
  constructor(transport: Transport, deployment: Deployment, kept: readonly ServedParameters[] = []) {
    this.#transport = transport;
    this.#deployment = deployment;
    this.#kept = kept;
  }

  /** Everything believed, to be kept. */
  get served(): ServedParameters[] {
    return this.#believed.map((b) => b.served);
  }

  /** @throws ParametersError where an epoch has none, or two, or where something served is not to be believed; ApiError */
  async of(epoch: number): Promise<EpochParameters> {
    if (!this.#covering(epoch)) await this.#fetch();
    return this.known(epoch);
  }

  /** Without asking anybody. @throws ParametersError as `of` */
  known(epoch: number): EpochParameters {
    const known = this.#covering(epoch);
    if (!known) throw new ParametersError(`no parameters cover epoch ${epoch}`);
    return known;
  }

  #covering(epoch: number): EpochParameters | undefined {
    if (this.#kept.length > 0) {
      const kept = this.#kept;
      this.#kept = [];
      this.#believe(kept);
    }
    const found = this.#believed.filter(({ document: d }) => d.epochFrom <= epoch && epoch <= d.epochTo);
    if (found.length > 1) throw new ParametersError(`two parameters documents cover epoch ${epoch}`);
    return found[0];
  }

  async #fetch(): Promise<void> {
    const { documents, keySets } = await apiJson<{ documents: string[]; keySets: string[] }>(
      this.#transport,
      this.#deployment.registrarUrl,
      "/v1/parameters",
    );
    this.#believe(documents.map((document, i) => ({ document, keySet: keySets[i] ?? "" })));
  }

  #believe(served: readonly ServedParameters[]): void {
    const known = this.#believed;
    const read = served
      .map((s) => ({ ...this.#read(s), served: s }))
      .filter(({ hash }) => !known.some((k) => equalBytes(k.hash, hash)));
    for (const { document: d } of read)
      if (known.some((k) => d.epochFrom <= k.document.epochTo && k.document.epochFrom <= d.epochTo))
        throw new ParametersError(`other parameters for epochs ${d.epochFrom} to ${d.epochTo} than those known`);
    this.#believed = [...known, ...read];
  }

  #read({ document, keySet }: ServedParameters): EpochParameters {
    try {
      const { key, value } = openSigned(LABELS.signParameters, Parameters, fromBase64url(document));
      if (!equalBytes(key, hexToBytes(this.#deployment.registrarKey)))
        throw new ParametersError("parameters are not signed by the registrar this app trusts");
      this.#checkKeys(value, keySet);
      return { document: value, hash: paramsHashOf(value), issuer: decodeIssuerParams(value) };
    } catch (cause) {
      throw cause instanceof ParametersError ? cause : new ParametersError((cause as Error).message, { cause });
    }
  }

  /** Signatures of one key set, named in the same words, are checked once. @throws KeySetError, CodecError */
  #checkKeys(p: Parameters, keySet: string): void {
    const { keySetId, traceKey, linkKey, recordKey, groupHybridKey, threshold, trusteeKeys } = p;
    const keys = [keySetId, traceKey, linkKey, recordKey, groupHybridKey, ...trusteeKeys];
    const named = [keySet, threshold, ...keys.map(bytesToHex)].join();
    if (this.#checked.has(named)) return;
    checkKeysOf(p, KeySet.decode(fromBase64url(keySet)), this.#deployment.trusteeKeys.map(hexToBytes));
    this.#checked.add(named);
  }
}
