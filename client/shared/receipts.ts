// Receipts of the service Worker, which wallets and offline clinics check in the same way: only a receipt under the pinned
// key shows that a session is open.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { openSigned, presentationHashOf, Receipt } from "../../protocol/documents.ts";
import { type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { textOfCause, translate } from "../errors.ts";
import { CheckInError } from "./check-in-error.ts";

/** A check-in that was handed in. */
export interface HandedIn {
  /** 32 bytes */
  readonly tagHash: Hex;
  /** 16 bytes */
  readonly serviceId: Hex;
  /** CheckIn bytes */
  readonly checkIn: Uint8Array;
}

/**
 * Verifies the receipt of this very check-in.
 * @param serviceWorkerKey the pinned key
 * @throws CheckInError bad-receipt
 */
export function readReceipt(
  serviceWorkerKey: Hex,
  { tagHash, serviceId, checkIn }: HandedIn,
  answer: Uint8Array,
): Receipt {
  const { key, value: receipt } = translate(
    () => openSigned(LABELS.signReceipt, Receipt, answer),
    (cause) => new CheckInError("bad-receipt", textOfCause(cause), { cause }),
  );
  if (bytesToHex(key) !== serviceWorkerKey)
    throw new CheckInError("bad-receipt", "signed by another key than the service's");
  if (
    !equalBytes(receipt.tagHash, hexToBytes(tagHash)) ||
    !equalBytes(receipt.presentationHash, presentationHashOf(checkIn)) ||
    !equalBytes(receipt.serviceId, hexToBytes(serviceId))
  )
    throw new CheckInError("bad-receipt", "it is for another check-in");
  return receipt;
}
