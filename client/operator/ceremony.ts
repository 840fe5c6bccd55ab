// The coordinator of a key ceremony: it carries the trustees' signed messages from each trustee to all, round by round.
// It holds no secret but the administrator's request key. The outcome does not depend on its honesty, and it checks the
// outcome all the same: the key set that it returns is signed by all trustees under the identity keys that it was
// given.

import type { CardAnswer, KeySetAnswer } from "../../api/trustee/cards.ts";
import type { CeremonyMessage } from "../../api/trustee/ceremony.ts";
import type { OfficerAnswer } from "../../api/trustee/officers.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { readTrusteeCards, type TrusteeCard } from "../../protocol/case-documents.ts";
import { Complaint } from "../../protocol/ceremony-documents.ts";
import { Signed } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url } from "../../protocol/encodings.ts";
import { KeySet, verifyKeySet } from "../../protocol/key-set.ts";
import { type CodeOf, decodeAnswer, SymbolonError, textOfCause, translate } from "../errors.ts";
import type { PasskeyRegistration } from "../officer/passkeys.ts";
import { api, apiJson, type Transport } from "../transport.ts";

const ROUNDS = ["open", "deal", "accept"] as const;

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
}
export interface CeremonyResult {
  keySet: KeySet;
  keySetBytes: Uint8Array;
  /** with each trustee's transport key, checked under its identity key */
  cards: TrusteeCard[];
}

/**
 * The ceremony ended without a key set. A complaint names the accuser and the accused; the messages cannot tell which
 * of the two is wrong (protocol/ceremony.ts).
 */
export class CeremonyError extends SymbolonError<CodeOf<"CeremonyError">> {
  override name = "CeremonyError";
}

const COMPLAINT_TYPE = 0x5b;
const decode = fromBase64url;
const badKeySet = (cause: unknown): CeremonyError => new CeremonyError("bad-key-set", textOfCause(cause), { cause });

/**
 * Runs a ceremony to its end. A run with the id of a stopped one goes on from there.
 * @throws ApiError; CeremonyError complaint, key-sets-differ, bad-key-set, bad-ceremony-message
 */
export async function runCeremony(t: Transport, input: CeremonyInput): Promise<CeremonyResult> {
  const id = bytesToHex(input.ceremonyId ?? t.rng(32));
  const { trusteeUrls, identityKeys, threshold, adminSecretKey } = input;
  const post = <T>(url: string, round: string, json: unknown): Promise<T> =>
    apiJson<T>(t, url, `/v1/ceremony/${id}/${round}`, { json, signWith: adminSecretKey });
  const all = <T>(ask: (url: string) => Promise<T>): Promise<T[]> => Promise.all(trusteeUrls.map(ask));

  const cards = (await all((url) => apiJson<CardAnswer>(t, url, "/v1/card"))).map((x) => x.card);
  translate(() => readTrusteeCards(cards.map(decode), identityKeys), badKeySet);
  let messages = await all((url) => post<CeremonyMessage>(url, "start", { threshold, cards }));
  for (const round of ROUNDS) {
    const shown = messages.map((m) => m.message);
    messages = await all((url) => post<CeremonyMessage>(url, round, { messages: shown }));
  }
  const shown = messages.map((m) => m.message);
  shown.forEach(refuseComplaint);
  const finished = await all((url) => post<KeySetAnswer>(url, "finish", { messages: shown }));
  const keySets = finished.map((f) => f.keySet);
  if (keySets.some((k) => k !== keySets[0])) throw new CeremonyError("key-sets-differ");
  return readServedKeySet({ keySet: keySets[0]!, cards }, identityKeys);
}

/**
 * A run with a complaint is over: people settle it, and a new run starts under a new id.
 * @throws CeremonyError complaint, bad-ceremony-message
 */
export function refuseComplaint(message: Base64url): void {
  translate(
    () => {
      const { document } = Signed.decode(decode(message));
      if (document[0] !== COMPLAINT_TYPE) return;
      const { sender, accused, reason } = Complaint.decode(document);
      throw new CeremonyError("complaint", `trustee ${sender} accuses trustee ${accused}: ${reason}`);
    },
    (cause) => new CeremonyError("bad-ceremony-message", textOfCause(cause), { cause }),
  );
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
