// The coordinator of a key ceremony: it carries the trustees' signed messages from each trustee to all, step by step.
// It holds no secret but the administrator's request key. The outcome does not depend on its honesty, and it checks the
// outcome all the same: the key set that it returns is signed by all trustees under the identity keys that it was
// given.
//
//   start → open → deal → accept → finish     in each step every trustee is asked once, and all answers go into the next
//
// A run that stopped goes on under its id, from any step: a trustee repeats what it said in this run before, to the byte.

import type { CardAnswer, KeySetAnswer } from "../../api/trustee/cards.ts";
import type { CeremonyMessage } from "../../api/trustee/ceremony.ts";
import type { OfficerAnswer } from "../../api/trustee/officers.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { readTrusteeCards, type TrusteeCard } from "../../protocol/case-documents.ts";
import { openCeremony } from "../../protocol/ceremony.ts";
import { type Base64url, fromBase64url } from "../../protocol/encodings.ts";
import { KeySet, verifyKeySet } from "../../protocol/key-set.ts";
import { decodeAnswer, textOfCause, translate } from "../errors.ts";
import type { PasskeyRegistration } from "../officer/passkeys.ts";
import { api, apiJson, type Transport } from "../transport.ts";
import { CeremonyError, refuseComplaints } from "./complaints.ts";

/** The steps of a run, in order. */
export type CeremonyStep = "start" | "open" | "deal" | "accept" | "finish";

/** One trustee's answer in one step, as the run goes on. */
export interface CeremonyProgress {
  step: CeremonyStep;
  /** index, from 1 */
  trustee: number;
  /** why this trustee did not take the step; undefined if it did. An ApiError, as a rule */
  error: unknown;
}

export interface CeremonyInput {
  /** trustee i at [i - 1] */
  trusteeUrls: readonly string[];
  /** pinned identity keys, Ed25519, 32 bytes each; trustee i at [i - 1] */
  identityKeys: readonly Uint8Array[];
  /** how many trustees must agree to open anything */
  threshold: number;
  /** Ed25519 secret key of the administrator, 32 bytes */
  adminSecretKey: Uint8Array;
  /** 32 bytes; fresh and random, unless a stopped run is to be continued */
  ceremonyId?: Uint8Array;
  /** hears of each trustee in each step */
  onProgress?: (progress: CeremonyProgress) => void;
}
export interface CeremonyResult {
  keySet: KeySet;
  keySetBytes: Uint8Array;
  /** with each trustee's transport key, checked under its identity key */
  cards: TrusteeCard[];
}

const decode = fromBase64url;
const badKeySet = (cause: unknown): CeremonyError => new CeremonyError("bad-key-set", textOfCause(cause), { cause });

/**
 * Runs a ceremony to its end. A run with the id of a stopped one goes on from there.
 * @throws ApiError of the first trustee that did not take a step; CeremonyError complaint, key-sets-differ, bad-key-set,
 * bad-ceremony-message
 */
export async function runCeremony(t: Transport, input: CeremonyInput): Promise<CeremonyResult> {
  const ceremonyId = input.ceremonyId ?? t.rng(32);
  const { trusteeUrls, identityKeys, threshold, adminSecretKey } = input;
  const id = bytesToHex(ceremonyId);
  /** Asks every trustee. The listener hears of each before the run stops. */
  const all = <T>(step: CeremonyStep, ask: (url: string) => Promise<T>, isWhole = true): Promise<Settled<T>> => {
    const answers = trusteeUrls.map(async (url, i) => {
      try {
        const answer = await ask(url);
        if (isWhole) input.onProgress?.({ step, trustee: i + 1, error: undefined });
        return answer;
      } catch (error) {
        input.onProgress?.({ step, trustee: i + 1, error });
        throw error;
      }
    });
    return Promise.allSettled(answers);
  };
  const post = <T>(step: CeremonyStep, json: unknown): Promise<Settled<T>> =>
    all(step, (url) => apiJson<T>(t, url, `/v1/ceremony/${id}/${step}`, { json, signWith: adminSecretKey }));

  const shown = await all("start", (url) => apiJson<CardAnswer>(t, url, "/v1/card"), false);
  const cards = everyOf(shown).map(({ card }) => card);
  const run = translate(() => {
    const transportKeys = readTrusteeCards(cards.map(decode), identityKeys).map((card) => card.transportKey);
    const trustees = transportKeys.map((transportKey, i) => ({ identityKey: identityKeys[i]!, transportKey }));
    return openCeremony({ ceremonyId, threshold, trustees });
  }, badKeySet);

  let answers = await post<CeremonyMessage>("start", { threshold, cards });
  for (const step of ["open", "deal", "accept"] as const)
    answers = await post<CeremonyMessage>(step, { messages: everyOf(answers).map(messageOf) });
  // A trustee that refuses the last round must not hide what others say of it.
  refuseComplaints(
    answers.map((a) => (a.status === "fulfilled" ? messageOf(a.value) : undefined)),
    run,
  );
  const finished = await post<KeySetAnswer>("finish", { messages: everyOf(answers).map(messageOf) });
  const keySets = everyOf(finished).map(({ keySet }) => keySet);
  if (keySets.some((k) => k !== keySets[0])) throw new CeremonyError("key-sets-differ");
  return readServedKeySet({ keySet: keySets[0]!, cards }, identityKeys);
}

type Settled<T> = readonly PromiseSettledResult<T>[];
const messageOf = ({ message }: CeremonyMessage): Base64url => message;

/** The answers of all trustees. @throws whatever the first trustee failed with that did not answer */
function everyOf<T>(answers: Settled<T>): T[] {
  return answers.map((answer) => {
    if (answer.status === "rejected") throw answer.reason;
    return answer.value;
  });
}

/** Reads a key set and cards; they count only under the pinned identity keys. @throws CeremonyError bad-key-set */
export function readKeySet(
  keySetBytes: Uint8Array,
  cards: readonly Uint8Array[],
  identityKeys: readonly Uint8Array[],
): CeremonyResult {
  return translate(() => {
    const keySet = KeySet.decode(keySetBytes);
    verifyKeySet(keySet, identityKeys);
    return { keySet, keySetBytes, cards: readTrusteeCards(cards, identityKeys) };
  }, badKeySet);
}

const readServedKeySet = (served: KeySetAnswer, identityKeys: readonly Uint8Array[]): CeremonyResult =>
  translate(() => readKeySet(decode(served.keySet), served.cards.map(decode), identityKeys), badKeySet);

/** The key set that a trustee publishes. @throws ApiError; CeremonyError bad-key-set */
export async function fetchKeySet(
  t: Transport,
  trusteeUrl: string,
  identityKeys: readonly Uint8Array[],
): Promise<CeremonyResult> {
  return readServedKeySet(await apiJson(t, trusteeUrl, "/v1/keyset"), identityKeys);
}

/**
 * Registers an officer's passkey at a trustee, or renews its card near the card's end.
 * @returns Signed<OfficerCard>, which the log has
 * @throws ApiError; SymbolonError bad-answer
 */
export async function registerOfficer(
  t: Transport,
  trusteeUrl: string,
  adminSecretKey: Uint8Array,
  registration: PasskeyRegistration,
): Promise<Uint8Array> {
  const request = { json: registration, signWith: adminSecretKey };
  const { card } = await apiJson<OfficerAnswer>(t, trusteeUrl, "/v1/officers", request);
  return decodeAnswer("an officer's card", () => fromBase64url(card));
}

/** Removes an officer for ever. Its tokens end at once, and the log says so. @throws ApiError */
export async function removeOfficer(
  t: Transport,
  trusteeUrl: string,
  adminSecretKey: Uint8Array,
  credentialId: Base64url,
): Promise<void> {
  await api(t, trusteeUrl, `/v1/officers/${credentialId}`, { method: "DELETE", signWith: adminSecretKey });
}
