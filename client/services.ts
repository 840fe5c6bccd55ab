// The registered services: every card, fetched all at once so that nobody learns which one is looked for.

import { bytesToHex, equalBytes } from "../protocol/bytes.ts";
import { openSigned, ServiceCard, serviceIdOf } from "../protocol/documents.ts";
import { fromBase64url } from "../protocol/encodings.ts";
import { LABELS } from "../protocol/labels.ts";
import { apiJson, type Transport } from "./transport.ts";

export interface ListedService {
  /** hex */
  id: string;
  card: ServiceCard;
}

/** Cards that do not vouch for themselves are left out. @throws ApiError */
export async function listServices(t: Transport, serviceUrl: string): Promise<ListedService[]> {
  const { cards } = await apiJson<{ cards: string[] }>(t, serviceUrl, "/v1/services");
  return cards.flatMap((text) => {
    const { key, value: card } = openSigned(LABELS.signServiceCard, ServiceCard, fromBase64url(text));
    return equalBytes(key, card.signKey) ? [{ id: bytesToHex(serviceIdOf(key)), card }] : [];
  });
}
