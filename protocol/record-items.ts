// The requester's request for record shares to one member of S, in round record-shares.
//
//   sealed   hybridSeal(the member's transport key, aad, padded Signed<RecordItems>)
//   aad      frame(recordItemsAad, case id, order hash, u8 trustee)
//
// The escrow carries the request. It learns neither a service nor a session, and the number of records only in steps of
// RECORD_ITEMS_STEP. The requester signs the items. Otherwise the escrow could ask for a session of its own choice, and the
// trustee's refusal would tell whether it is in the result.

import { equalBytes, frame, type Rng, utf8ToBytes } from "./bytes.ts";
import { blob, CodecError, document, fixed, list, type Of, struct, u8 } from "./codec.ts";
import { openSigned, signDocument } from "./documents.ts";
import type { Signer, VerifySignature } from "./ed25519.ts";
import { hybridOpen, hybridSeal } from "./hybrid-seal.ts";
import { LABELS } from "./labels.ts";
import { padTo, padToMultiple, unpad } from "./padding.ts";

export const MAX_RECORD_ITEMS = 64;
const RECORD_ITEMS_STEP = 16;
/** An item whose stanza is of usual length has fewer bytes than this. */
const ITEM_BYTES = 1536;
/** A trustee's answer for one record has fewer bytes than this beside its context. */
const PART_BYTES = 512;

/** The records whose key shares the requester asks of one trustee; signed with LABELS.signRecordItems. */
export const RecordItems = document("RecordItems", 0x39, 1, {
  caseId: fixed(32),
  orderHash: fixed(32),
  trustee: u8,
  items: list(struct({ serviceId: fixed(16), tagHash: fixed(32), recordId: fixed(16), stanza: blob })),
});
export type RecordItems = Of<typeof RecordItems>;
type Head = Pick<RecordItems, "caseId" | "orderHash" | "trustee">;

const aadOf = ({ caseId, orderHash, trustee }: Head): Uint8Array =>
  frame(utf8ToBytes(LABELS.recordItemsAad), caseId, orderHash, Uint8Array.of(trustee));

/** @param transportKey of the trustee @param by the requester's signing key */
export function sealRecordItems(
  value: RecordItems,
  transportKey: Uint8Array,
  by: Uint8Array | Signer,
  rng: Rng,
): Uint8Array {
  const signed = signDocument(LABELS.signRecordItems, RecordItems, value, by);
  return hybridSeal(transportKey, aadOf(value), padToMultiple(signed, RECORD_ITEMS_STEP * ITEM_BYTES), rng);
}

/**
 * The items and the key that signed them. @throws Error if the seal does not open; CodecError if the content is not
 * Signed<RecordItems> for this head
 */
export function openRecordItems(
  head: Head,
  transportSecret: Uint8Array,
  sealed: Uint8Array,
  verify?: VerifySignature,
): { key: Uint8Array; items: RecordItems["items"] } {
  const padded = hybridOpen(transportSecret, aadOf(head), sealed);
  const { key, value } = openSigned(LABELS.signRecordItems, RecordItems, unpad(padded), verify);
  const same =
    equalBytes(value.caseId, head.caseId) &&
    equalBytes(value.orderHash, head.orderHash) &&
    value.trustee === head.trustee;
  if (!same) throw new CodecError("malformed", "record items of another case or for another trustee");
  return { key, items: value.items };
}

/** RecordParts, padded to a length that follows from the number of items. @param contextBytes of one item */
export const padRecordParts = (parts: Uint8Array, items: number, contextBytes: number): Uint8Array =>
  padTo(parts, Math.ceil(items / RECORD_ITEMS_STEP) * RECORD_ITEMS_STEP * (contextBytes + PART_BYTES));
