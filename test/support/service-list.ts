// The list of services as a service Worker with this key publishes it.

import { bytesToHex } from "../../protocol/bytes.ts";
import { openSigned, ServiceCard, serviceIdOf } from "../../protocol/documents.ts";
import { nobleSigner } from "../../protocol/ed25519.ts";
import { LABELS } from "../../protocol/labels.ts";
import { partHashOf, partOfService, ServicePart, signServiceList } from "../../protocol/service-list.ts";

/** A card that is no card lies in the first part. */
const partOf = (card: Uint8Array): number => {
  try {
    return partOfService(bytesToHex(serviceIdOf(openSigned(LABELS.signServiceCard, ServiceCard, card).value.signKey)));
  } catch {
    return 0;
  }
};

/** The answer to a path of the list; undefined for other paths. @param secretKey of the service Worker, 32 bytes */
export function serviceListAt(
  path: string,
  cards: readonly Uint8Array[],
  secretKey: Uint8Array,
): Uint8Array | undefined {
  const parts = [...Map.groupBy(cards, partOf).entries()]
    .sort(([a], [b]) => a - b)
    .map(([, those]) => ServicePart.encode({ cards: those }));
  if (path === "/v1/services") return signServiceList(parts.map(partHashOf), nobleSigner(secretKey));
  const hash = /^\/v1\/services\/parts\/(.*)$/.exec(path)?.[1];
  return parts.find((part) => bytesToHex(partHashOf(part)) === hash);
}
