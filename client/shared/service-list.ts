// The registered services. All parts of the list are fetched, so that nobody learns which service the caller looks for.

import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { openSigned, ServiceCard, serviceIdOf } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { openServiceList, openServicePart } from "../../protocol/service-list.ts";
import { decodeAnswer } from "../errors.ts";
import type { Deployment } from "../parameters.ts";
import { apiBytes, type Transport } from "../transport.ts";

export interface ListedService {
  /** 16 bytes */
  id: Hex;
  card: ServiceCard;
}

/** The card's service. Undefined if the card is not signed with the key it names: one bad card must not hide the others. */
function readService(signed: Uint8Array): ListedService | undefined {
  try {
    const { key, value: card } = openSigned(LABELS.signServiceCard, ServiceCard, signed);
    return equalBytes(key, card.signKey) ? { id: bytesToHex(serviceIdOf(key)), card } : undefined;
  } catch {
    return undefined;
  }
}

/** @throws ApiError; SymbolonError bad-answer */
export async function listServices(
  t: Transport,
  { serviceUrl, serviceWorkerKey }: Pick<Deployment, "serviceUrl" | "serviceWorkerKey">,
): Promise<ListedService[]> {
  const signed = await apiBytes(t, serviceUrl, "/v1/services");
  const hashes = decodeAnswer("the list of services", () => openServiceList(signed, hexToBytes(serviceWorkerKey)));
  const parts = hashes.map(async (hash) => {
    const part = await apiBytes(t, serviceUrl, `/v1/services/parts/${bytesToHex(hash)}`);
    const cards = decodeAnswer("a part of the list of services", () => openServicePart(part, hash));
    return cards.flatMap((card) => readService(card) ?? []);
  });
  return (await Promise.all(parts)).flat();
}
