// The registered services. All cards are fetched at once, so that nobody learns which service the caller looks for.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { openSigned, ServiceCard, serviceIdOf } from "../../protocol/documents.ts";
import { fromBase64url, type Hex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { decodeAnswer } from "../errors.ts";
import { apiJson, type Transport } from "../transport.ts";

export interface ListedService {
  /** 16 bytes */
  id: Hex;
  card: ServiceCard;
}

/** The card's service. Undefined if the card is not signed with the key it names: one bad card must not hide the others. */
function readService(text: string): ListedService | undefined {
  try {
    const { key, value: card } = openSigned(LABELS.signServiceCard, ServiceCard, fromBase64url(text));
    return equalBytes(key, card.signKey) ? { id: bytesToHex(serviceIdOf(key)), card } : undefined;
  } catch {
    return undefined;
  }
}

/** @throws ApiError; SymbolonError bad-answer */
export async function listServices(t: Transport, serviceUrl: string): Promise<ListedService[]> {
  const { cards } = await apiJson<{ cards: string[] }>(t, serviceUrl, "/v1/services");
  return decodeAnswer("the list of services", () => cards.flatMap((text) => readService(text) ?? []));
}
