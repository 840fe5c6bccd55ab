// Grammar of R2 keys in the blob bucket:
//
//   records/<service id, 32 hex>/<record id, 32 hex>/<upload id, 32 hex>
//
// The upload id is random and new at every attempt: two attempts at one record never write the same object, so that the
// loser's can be deleted without a thought. The record's row names the one that counts. No tag stands in a key.

import { bytesToHex, type Hex } from "../protocol/encodings.ts";

export const blobKey = (serviceId: Hex, recordId: Hex, uploadId: Uint8Array): string =>
  `records/${serviceId}/${recordId}/${bytesToHex(uploadId)}`;
