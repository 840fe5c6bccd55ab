// Signed parameters on the client's side: fetched from the registrar, verified with its pinned key, and kept by epoch.
// Each document names a key set. The key set comes along, and the pinned trustees must have signed it: so the registrar
// alone cannot name keys of its own.
//
// The log must have each document that is new to this client, under a fresh head (protocol/logged-parameters.ts). So nobody
// can give one client parameters of its own. A client that believes a document keeps it, also if registrar or log are down.
//
// Exactly one document covers an epoch. If two do, that is an error to report, not a choice to make. Parameters that
// were believed once are never replaced by anything fetched later.

import { bytesToHex, equalBytes, hexToBytes } from "../protocol/bytes.ts";
import { decodeIssuerParams, type IssuerParams } from "../protocol/credential.ts";
import { openSigned, Parameters, paramsHashOf } from "../protocol/documents.ts";
import { type Base64url, fromBase64url, type Hex } from "../protocol/encodings.ts";
import { epochName } from "../protocol/epoch.ts";
import { checkKeysOf, KeySet } from "../protocol/key-set.ts";
import { LABELS } from "../protocol/labels.ts";
import type { LogPins } from "../protocol/log-trust.ts";
import { type ParametersAnswer, standingOf } from "../protocol/logged-parameters.ts";
import { type CodeOf, SymbolonError, textOfCause, translate } from "./errors.ts";
import { apiJson, type Transport } from "./transport.ts";

/** The addresses of a deployment, and the keys that its clients trust. An application pins it and never fetches it. */
export interface Deployment {
  registrarUrl: string;
  serviceUrl: string;
  escrowUrl: string;
  logUrl: string;
  /** trustee i at [i - 1] */
  trusteeUrls: string[];
  /** Ed25519 public key, 32 bytes */
  registrarKey: Hex;
  /** the log's verifier key in the form of signed notes: name, key id and key */
  logVkey: string;
  /** the trustees' identity keys, Ed25519, 32 bytes each; trustee i at [i - 1] */
  trusteeKeys: Hex[];
  /** verifier keys of the log's witnesses other than the trustees, in the form of signed notes */
  witnessVkeys: string[];
  /** Ed25519, 32 bytes: the service Worker's key, which signs receipts */
  serviceWorkerKey: Hex;
  /** Ed25519, 32 bytes: the administrator's key, which signs the builds of the apps. Without it, no build is believed */
  adminKey?: Hex;
}

/** The pinned names of a deployment's log, for `logTrustOf` of protocol/log-trust.ts. */
export const logPinsOf = ({ logVkey, trusteeKeys, witnessVkeys }: Deployment): LogPins => ({
  logVkey,
  trusteeKeys: trusteeKeys.map(hexToBytes),
  witnessVkeys,
});

/** Parameters that were verified. */
export interface EpochParameters {
  document: Parameters;
  /** p_e, 32 bytes */
  hash: Uint8Array;
  issuer: IssuerParams;
}

/** The registrar answered with parameters that do not verify, that contradict each other, or that the log does not have. */
export class ParametersError extends SymbolonError<CodeOf<"ParametersError">> {
  override name = "ParametersError";
  /** Signed<Parameters> documents of the registrar that prove the fault, if they do */
  readonly evidence: readonly Uint8Array[];
  constructor(
    code: CodeOf<"ParametersError">,
    detail?: string,
    { cause, evidence = [] }: { cause?: unknown; evidence?: readonly Uint8Array[] } = {},
  ) {
    super(code, detail, { cause });
    this.evidence = evidence;
  }
}

/** Parameters as the registrar serves them. */
export interface ServedParameters {
  /** Signed<Parameters> */
  document: Base64url;
  /** the KeySet whose keys the document names */
  keySet: Base64url;
}

/**
 * The verified parameters of each epoch. They are fetched when they are first asked for, and kept.
 *
 * @example
 * const { document, hash, issuer } = await new ParametersCache(transport, deployment).of(epoch);
 */
export class ParametersCache {
  readonly #transport: Transport;
  readonly #deployment: Deployment;
  #believed: (EpochParameters & { served: ServedParameters })[] = [];
  /** from the application's store, not verified yet */
  #kept: readonly ServedParameters[];
  /** key sets whose signatures were checked, each with the fields that name it */
  readonly #checked = new Set<string>();

  /** @param kept the value that `served` had before; it is verified again */
  constructor(transport: Transport, deployment: Deployment, kept: readonly ServedParameters[] = []) {
    this.#transport = transport;
    this.#deployment = deployment;
    this.#kept = kept;
  }

  /** Every document believed so far. */
  get believed(): readonly EpochParameters[] {
    return this.#believed;
  }

  /** Everything believed so far, for the application's store. */
  get served(): ServedParameters[] {
    return this.#believed.map((b) => b.served);
  }

  /**
   * The parameters of an epoch, fetched if they are not known.
   * @throws ParametersError if no document covers the epoch, if two do, or if one is not to be believed; ApiError
   */
  async of(epoch: number): Promise<EpochParameters> {
    if (!this.#covering(epoch)) await this.#fetch();
    return this.known(epoch);
  }

  /** The parameters of an epoch, without any request. @throws ParametersError as `of` */
  known(epoch: number): EpochParameters {
    const known = this.#covering(epoch);
    if (!known) throw new ParametersError("no-parameters", `no parameters cover epoch ${epoch}`);
    return known;
  }

  /** Believed parameters by their hash, without any request. */
  named(hash: Uint8Array): EpochParameters | undefined {
    return this.#believed.find((b) => equalBytes(b.hash, hash));
  }

  #covering(epoch: number): EpochParameters | undefined {
    if (this.#kept.length > 0) {
      const kept = this.#kept;
      this.#kept = [];
      this.#believe(kept);
    }
    const found = this.#believed.filter(({ document: d }) => d.epochFrom <= epoch && epoch <= d.epochTo);
    if (found.length > 1) throw new ParametersError("two-parameters", `two parameters documents cover epoch ${epoch}`);
    return found[0];
  }

  async #fetch(): Promise<void> {
    const { registrarUrl } = this.#deployment;
    const answer = await apiJson<ParametersAnswer>(this.#transport, registrarUrl, "/v1/parameters");
    const served = answer.documents.map((document, i) => ({
      document,
      keySet: answer.keySets[i] ?? ("" as Base64url),
    }));
    this.#believe(served, answer);
  }

  /** @param answer the registrar's, with the proofs of the log; absent for what this client believed before */
  #believe(served: readonly ServedParameters[], answer?: ParametersAnswer): void {
    const known = this.#believed;
    const read = served
      .map((s, i) => ({ ...this.#read(s), served: s, i }))
      .filter(({ hash }) => !known.some((k) => equalBytes(k.hash, hash)));
    if (answer) for (const r of read) this.#checkLogged(r, r.i, answer, known.length > 0);
    for (const { document: d } of read)
      if (known.some((k) => d.epochFrom <= k.document.epochTo && k.document.epochFrom <= d.epochTo))
        throw new ParametersError(
          "contradicting-parameters",
          `other parameters for epochs ${d.epochFrom} to ${d.epochTo} than those known`,
        );
    this.#believed = [...known, ...read];
  }

  #checkLogged(
    { document: value, served }: { document: Parameters; served: ServedParameters },
    i: number,
    answer: ParametersAnswer,
    believes: boolean,
  ): void {
    const signed = fromBase64url(served.document);
    const about = { pins: logPinsOf(this.#deployment), believes, now: this.#transport.now() };
    const standing = translate(
      () => standingOf({ value, signed }, i, answer, about),
      (cause) => new ParametersError("untrusted-parameters", textOfCause(cause), { cause }),
    );
    if (standing !== "logged")
      throw new ParametersError(`${standing}-parameters`, epochName(value.epochFrom), { evidence: [signed] });
  }

  #read({ document, keySet }: ServedParameters): EpochParameters {
    return translate(
      () => {
        const { key, value } = openSigned(LABELS.signParameters, Parameters, fromBase64url(document));
        if (!equalBytes(key, hexToBytes(this.#deployment.registrarKey)))
          throw new ParametersError("untrusted-parameters", "not signed by the registrar that this app trusts");
        this.#checkKeys(value, keySet);
        return { document: value, hash: paramsHashOf(value), issuer: decodeIssuerParams(value) };
      },
      (cause) => new ParametersError("untrusted-parameters", textOfCause(cause), { cause }),
    );
  }

  /**
   * Verifies the signatures of a key set. Parameters that name the same key set with equal fields need no second check.
   */
  #checkKeys(p: Parameters, keySet: string): void {
    const { keySetId, traceKey, linkKey, recordKey, groupHybridKey, threshold, assembleThreshold, trusteeKeys } = p;
    const keys = [keySetId, traceKey, linkKey, recordKey, groupHybridKey, ...trusteeKeys];
    const named = [keySet, threshold, assembleThreshold, ...keys.map(bytesToHex)].join();
    if (this.#checked.has(named)) return;
    checkKeysOf(p, KeySet.decode(fromBase64url(keySet)), this.#deployment.trusteeKeys.map(hexToBytes));
    this.#checked.add(named);
  }
}
