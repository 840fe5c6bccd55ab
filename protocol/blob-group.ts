// Small blobs of a bucket in one answer (docs/SPEC.md, section 12).
//
//   answer   for each record asked for, in the order of the question: u32 length ‖ the sealed blob
//   length   0 if the service does not hand the blob out, or if it is longer than GROUP_BLOB_BYTES
//
// A group saves requests: a bucket has some hundred blobs, most of them of a few kilobytes.

import { concatBytes, u32be } from "./bytes.ts";
import { CodecError } from "./codec.ts";

/** largest number of blobs in a group */
export const GROUP_BLOBS = 24;
/** largest blob in a group; a longer one is asked for by itself */
export const GROUP_BLOB_BYTES = 65_536;

export const writeGroup = (blobs: readonly (Uint8Array | undefined)[]): Uint8Array =>
  concatBytes(...blobs.flatMap((blob) => [u32be(blob?.length ?? 0), blob ?? new Uint8Array()]));

/** @param count how many blobs were asked for. @throws CodecError */
export function readGroup(bytes: Uint8Array, count: number): (Uint8Array | undefined)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blobs: (Uint8Array | undefined)[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw new CodecError("malformed", "group of blobs: cut off");
    const length = view.getUint32(at);
    at += 4;
    if (length > GROUP_BLOB_BYTES || at + length > bytes.length)
      throw new CodecError("malformed", "group of blobs: wrong length");
    blobs.push(length === 0 ? undefined : bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw new CodecError("malformed", "group of blobs: trailing bytes");
  return blobs;
}
