// Padding of a message before it is sealed, so that the length of the seal does not tell that of the message.
//
//   padded   u32 length ‖ content ‖ zeros, up to the size that the caller names
//
// A padded message has one byte form: unpad refuses a length beyond the end, and padding that is not zero.

import { u32be } from "./bytes.ts";
import { CodecError } from "./codec.ts";

const LENGTH_BYTES = 4;

/** @param size at least content.length + 4. @throws RangeError */
export function padTo(content: Uint8Array, size: number): Uint8Array {
  const padded = new Uint8Array(size);
  padded.set(u32be(content.length));
  padded.set(content, LENGTH_BYTES);
  return padded;
}

/** Pads to the next multiple of `step` bytes. */
export const padToMultiple = (content: Uint8Array, step: number): Uint8Array =>
  padTo(content, Math.ceil((content.length + LENGTH_BYTES) / step) * step);

/** The content of a padded message. @throws CodecError */
export function unpad(padded: Uint8Array): Uint8Array {
  if (padded.length < LENGTH_BYTES) throw new CodecError("malformed", "padding: no length");
  const end = LENGTH_BYTES + new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (end > padded.length) throw new CodecError("malformed", "padding: length beyond the end");
  if (padded.subarray(end).some((byte) => byte !== 0)) throw new CodecError("malformed", "padding: not zero");
  return padded.slice(LENGTH_BYTES, end);
}
