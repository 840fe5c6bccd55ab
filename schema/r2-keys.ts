// Grammar of R2 keys in the blob bucket:
//
//   records/<service id, 32 hex>/<record id, 32 hex>/<upload id, 32 hex>
//   shared/<SHA-256 of the link's id, 64 hex>       sealed for the holders of a SMART Health Link
//   spoken/<name, 14 hex>                           a challenge that six spoken words name; its metadata has `until`, unix seconds
//
// The upload id is random and new at every attempt. So two attempts at one record never write the same object, and the
// object of the attempt that lost can be deleted safely. The record's row names the valid object. No key contains a tag.

import { bytesToHex, type Hex } from "../protocol/encodings.ts";

const KEY = /^records\/([0-9a-f]{32})\/([0-9a-f]{32})\/[0-9a-f]{32}$/;
const part = (key: string, at: 1 | 2): Hex => {
  const found = KEY.exec(key)?.[at];
  if (found === undefined) throw new RangeError("R2 key: not of the grammar");
  return found as Hex;
};
/** @throws RangeError */
export const serviceIdOfBlob = (key: string): Hex => part(key, 1);
/** @throws RangeError */
export const recordIdOfBlob = (key: string): Hex => part(key, 2);

export const blobKey = (serviceId: Hex, recordId: Hex, uploadId: Uint8Array): string =>
  `records/${serviceId}/${recordId}/${bytesToHex(uploadId)}`;

export const sharedLinkKey = (linkHash: Hex): string => `shared/${linkHash}`;

export const SPOKEN_PREFIX = "spoken/";
export const spokenKey = (name: Hex): string => `${SPOKEN_PREFIX}${name}`;
