// A requester's identity and trust: its own keys and certificate, the deployment's pinned keys, and the documents that
// these sign. All other parties only carry messages, the escrow first of all.

import { ed25519 } from "@noble/curves/ed25519.js";
import type { ChainAnswer, KeySetAnswer } from "../../api/trustee/cards.ts";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { readTrusteeCards, type TrusteeCard } from "../../protocol/case-documents.ts";
import { openSigned, RequesterCertificate } from "../../protocol/documents.ts";
import { fromBase64url, type Hex } from "../../protocol/encodings.ts";
import type { Engine } from "../../protocol/engine.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { type HybridKeyPair, hybridKeyPair } from "../../protocol/hybrid-seal.ts";
import { KeySet, keySetId, verifyKeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { isInForce } from "../../protocol/requester-status.ts";
import { textOfCause, translate } from "../errors.ts";
import { type Deployment, ParametersCache } from "../parameters.ts";
import { Committees } from "../shared/committees.ts";
import { ApiError, apiJson, type Transport } from "../transport.ts";
import { RequesterError } from "./errors.ts";

/** A requester's keys. The secret ones stay with the requester. */
export interface RequesterKeys {
  /** Ed25519, 32 bytes: signs orders and requests */
  readonly signSecretKey: Uint8Array;
  /** Ed25519, 32 bytes */
  readonly signPublicKey: Uint8Array;
  /** X-Wing: trustees and registrar seal their answers to it */
  readonly seal: HybridKeyPair;
}

/** Fresh keys from `rng`, for example that of a Transport. */
export function createRequesterKeys(rng: (n: number) => Uint8Array): RequesterKeys {
  const signSecretKey = rng(32);
  return { signSecretKey, signPublicKey: ed25519.getPublicKey(signSecretKey), seal: hybridKeyPair(rng(32)) };
}

/** The trustees as they are now: their keys, verified under the pinned identity keys. */
export interface Trustees {
  readonly keySet: KeySet;
  readonly keySetId: Uint8Array;
  readonly cards: readonly TrusteeCard[];
  /** Signed<TrusteeCard>, in the same order */
  readonly signedCards: readonly Uint8Array[];
}

export class RequesterContext {
  readonly transport: Transport;
  readonly deployment: Deployment;
  readonly parameters: ParametersCache;
  readonly keys: RequesterKeys;
  /** Signed<RequesterCertificate> */
  readonly certificate: Uint8Array;
  /** the certificate's content */
  readonly own: RequesterCertificate;
  /** for arithmetic on public data: noble, or a faster engine that the host provides */
  readonly engine: Engine;
  /** by case and service, the number of parts in the buckets that the service was asked for (case-buckets.ts) */
  readonly bucketsTold = new Map<Hex, Map<Hex, number>>();
  #trustees: Trustees | undefined;
  readonly #committees: Committees;

  /** @throws RequesterError certificate */
  constructor(
    transport: Transport,
    deployment: Deployment,
    keys: RequesterKeys,
    certificate: Uint8Array,
    engine: Engine,
  ) {
    this.transport = transport;
    this.engine = engine;
    this.deployment = deployment;
    this.parameters = new ParametersCache(transport, deployment);
    this.keys = keys;
    this.certificate = certificate;
    this.#committees = new Committees(deployment.trusteeKeys);
    const { key, value } = translate(
      () => openSigned(LABELS.signRequester, RequesterCertificate, certificate),
      (cause) => new RequesterError("certificate", textOfCause(cause), [], cause),
    );
    if (bytesToHex(key) !== deployment.registrarKey)
      throw new RequesterError("certificate", "not signed by the registrar that this app trusts");
    if (!equalBytes(value.signKey, keys.signPublicKey) || !equalBytes(value.sealKey, keys.seal.publicKey))
      throw new RequesterError("certificate", "it certifies other keys");
    if (!isInForce(value, transport.now()))
      throw new RequesterError("certificate", "it has ended, or has not begun; ask the registrar for a new one");
    this.own = value;
  }

  /**
   * Asks one trustee after the other until one gives a valid answer; the answer is signed by all of them. Pass `fresh`
   * for a new order, because resharing may have made a new generation of shares.
   * @throws RequesterError trustees; ParametersError
   */
  async trustees(fresh = false): Promise<Trustees> {
    if (this.#trustees && !fresh) return this.#trustees;
    const { document } = await this.parameters.of(epochOf(this.transport.now()));
    const failures: string[] = [];
    for (const url of this.deployment.trusteeUrls) {
      try {
        const answer = await apiJson<KeySetAnswer>(this.transport, url, "/v1/keyset");
        const keySet = KeySet.decode(fromBase64url(answer.keySet));
        if (keySet.generation > 0)
          this.#committees.add((await apiJson<ChainAnswer>(this.transport, url, "/v1/keysets")).chain);
        verifyKeySet(keySet, this.#committees.holdersOf(keySet));
        const id = keySetId(keySet);
        if (!equalBytes(id, document.keySetId))
          throw new RequesterError("trustees", "another key set than the parameters name");
        if (keySet.generation < (this.#committees.newest(id)?.generation ?? 0))
          throw new RequesterError("trustees", "an older committee than the one known");
        const signedCards = answer.cards.map(fromBase64url);
        const cards = readTrusteeCards(signedCards, keySet.identityKeys);
        this.#trustees = { keySet, keySetId: id, cards, signedCards };
        return this.#trustees;
      } catch (cause) {
        failures.push(`${url}: ${cause instanceof ApiError ? cause.code : textOfCause(cause)}`);
      }
    }
    throw new RequesterError("trustees", failures.join("; "));
  }
}
