// The list of registered services. It is fetched whole, so that nobody learns which service a reader looks for, and in parts
// that never change, so that a reader fetches again only what is new.
//
//   ServiceList   hash of each part, in the order of the parts; signed by the service Worker, LABELS.signServiceList
//   ServicePart   Signed<ServiceCard> of the services whose ids begin with one hex digit, in the order of the ids. A part
//                 without a service is not listed
//
// The Worker signs what it has registered. That a card is the service's own is shown by the card's own signature.

import { equalBytes, labelledHash } from "./bytes.ts";
import { blob, CodecError, document, fixed, list } from "./codec.ts";
import { openSigned, signDocument } from "./documents.ts";
import type { Signer, VerifySignature } from "./ed25519.ts";
import { LABELS } from "./labels.ts";

const SERVICE_LIST_PARTS = 16;

export const ServiceList = document("ServiceList", 0x15, 1, { parts: list(fixed(32)) });
export const ServicePart = document("ServicePart", 0x16, 1, { cards: list(blob) });

/** The number of the part of a service. @param serviceId 16 bytes in hex */
export const partOfService = (serviceId: string): number => Number.parseInt(serviceId.slice(0, 1), 16);

/** The name of a part: the hash of its bytes, 32 bytes. */
export const partHashOf = (part: Uint8Array): Uint8Array => labelledHash(LABELS.servicePart, part);

/** Signed<ServiceList> */
export const signServiceList = (parts: readonly Uint8Array[], by: Signer): Uint8Array =>
  signDocument(LABELS.signServiceList, ServiceList, { parts: [...parts] }, by);

/** The hashes of the parts. @throws CodecError, also if another key signed the list */
export function openServiceList(
  signed: Uint8Array,
  serviceWorkerKey: Uint8Array,
  verify?: VerifySignature,
): Uint8Array[] {
  const { key, value } = openSigned(LABELS.signServiceList, ServiceList, signed, verify);
  if (!equalBytes(key, serviceWorkerKey)) throw new CodecError("malformed", "ServiceList: signed by another key");
  if (value.parts.length > SERVICE_LIST_PARTS) throw new CodecError("malformed", "ServiceList: too many parts");
  return value.parts;
}

/** The cards of a part. @throws CodecError, also if these bytes have another hash */
export function openServicePart(bytes: Uint8Array, hash: Uint8Array): Uint8Array[] {
  if (!equalBytes(partHashOf(bytes), hash)) throw new CodecError("malformed", "ServicePart: another hash");
  return ServicePart.decode(bytes).cards;
}
