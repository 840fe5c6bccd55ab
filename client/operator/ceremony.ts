// The coordinator of a key ceremony: carries the trustees' signed messages from one to all, round by round. It holds no
// secret but the administrator's request key, needs no trust for the outcome, and checks it all the same: the key set it
// returns is signed by all trustees under the identity keys it was given.

import { bytesToHex } from "../../protocol/bytes.ts";
import { readTrusteeCards, type TrusteeCard } from "../../protocol/case-documents.ts";
import { Complaint } from "../../protocol/ceremony-documents.ts";
import { Signed } from "../../protocol/documents.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import { KeySet, verifyKeySet } from "../../protocol/key-set.ts";
import { apiJson, type Transport } from "../transport.ts";

const ROUNDS = ["open", "deal", "accept"] as const;

export interface CeremonyInput {
  /** trustee i at [i - 1] */
  trusteeUrls: readonly string[];
  /** pinned identity keys, trustee i at [i - 1] */
  identityKeys: readonly Uint8Array[];
  threshold: number;
  /** Ed25519 secret key of the administrator */
  adminSecretKey: Uint8Array;
  /** 32 bytes; fresh and random unless a stopped run is to be continued */
  ceremonyId?: Uint8Array;
}
export interface CeremonyResult {
  keySet: KeySet;
  keySetBytes: Uint8Array;
  /** with each trustee's transport key, checked under its identity key */
  cards: TrusteeCard[];
}

/** Who accuses whom of what; which of the two is wrong the messages cannot tell (protocol/ceremony.ts). */
export class CeremonyComplaint extends Error {
  override name = "CeremonyComplaint";
}

const COMPLAINT_TYPE = 0x5b;
const decode = fromBase64url;

/** Runs a ceremony to its end; run again with the same id it goes on where it stopped. @throws ApiError, KeySetError */
export async function runCeremony(t: Transport, input: CeremonyInput): Promise<CeremonyResult> {
  const id = bytesToHex(input.ceremonyId ?? t.rng(32));
  const { trusteeUrls, identityKeys, threshold, adminSecretKey } = input;
  const post = <T>(url: string, round: string, json: unknown): Promise<T> =>
    apiJson<T>(t, url, `/v1/ceremony/${id}/${round}`, { json, signWith: adminSecretKey });
  const all = <T>(ask: (url: string) => Promise<T>): Promise<T[]> => Promise.all(trusteeUrls.map(ask));

  const cards = (await all((url) => apiJson<{ card: string }>(t, url, "/v1/card"))).map((x) => x.card);
  readTrusteeCards(cards.map(decode), identityKeys);
  let messages = await all((url) => post<{ message: string }>(url, "start", { threshold, cards }));
  for (const round of ROUNDS) {
    const shown = messages.map((m) => m.message);
    messages = await all((url) => post<{ message: string }>(url, round, { messages: shown }));
  }
  const shown = messages.map((m) => m.message);
  shown.forEach((message) => {
    tellComplaint(decode(message));
  });
  const finished = await all((url) => post<{ keySet: string }>(url, "finish", { messages: shown }));
  const keySets = finished.map((f) => f.keySet);
  if (keySets.some((k) => k !== keySets[0])) throw new Error("the trustees hold different key sets");
  return readKeySet(decode(keySets[0]!), cards.map(decode), identityKeys);
}

/** A run with a complaint is over; people settle it, and a new one starts under a new id. @throws CeremonyComplaint */
function tellComplaint(message: Uint8Array): void {
  const { document } = Signed.decode(message);
  if (document[0] !== COMPLAINT_TYPE) return;
  const { sender, accused, reason } = Complaint.decode(document);
  throw new CeremonyComplaint(`trustee ${sender} accuses trustee ${accused}: ${reason}`);
}

/** A key set and cards, believed only under the pinned identity keys. @throws KeySetError, CodecError, RangeError */
export function readKeySet(
  keySetBytes: Uint8Array,
  cards: readonly Uint8Array[],
  identityKeys: readonly Uint8Array[],
): CeremonyResult {
  const keySet = KeySet.decode(keySetBytes);
  verifyKeySet(keySet, identityKeys);
  return { keySet, keySetBytes, cards: readTrusteeCards(cards, identityKeys) };
}

/** The key set that a trustee publishes. */
export async function fetchKeySet(
  t: Transport,
  trusteeUrl: string,
  identityKeys: readonly Uint8Array[],
): Promise<CeremonyResult> {
  const answer = await apiJson<{ keySet: string; cards: string[] }>(t, trusteeUrl, "/v1/keyset");
  return readKeySet(decode(answer.keySet), answer.cards.map(decode), identityKeys);
}

/** Registers an officer's passkey at a trustee. */
export async function registerOfficer(
  t: Transport,
  trusteeUrl: string,
  adminSecretKey: Uint8Array,
  registration: { credentialId: string; publicKey: string; rpId: string; origin: string },
): Promise<void> {
  await apiJson(t, trusteeUrl, "/v1/officers", { json: registration, signWith: adminSecretKey });
}
