// Grammar of R2 keys in the blob bucket:
//
//   records/<service id, 32 hex>/<record id, 32 hex>/<upload id, 32 hex>
//
// The upload id is random and new at every attempt. So two attempts at one record never write the same object, and the
// object of the attempt that lost can be deleted safely. The record's row names the valid object. No key contains a tag.

import { bytesToHex, type Hex } from "../protocol/encodings.ts";

export const blobKey = (serviceId: Hex, recordId: Hex, uploadId: Uint8Array): string =>
  `records/${serviceId}/${recordId}/${bytesToHex(uploadId)}`;
