// Padding that hides a length, added before sealing. It is PADME of K. Nikitin and others, "Reducing Metadata Leakage
// from Encrypted Files and Communication with PURBs" (PoPETs 2019), which leaks O(log log n) bits of a length n.
//
//   padded   u8 version 1 ‖ u32 length, big-endian ‖ data ‖ zeros, to bucket(5 + length) bytes
//   bucket   at least PAD_FLOOR_BYTES; above that the next length whose floating-point mantissa is no longer than its
//            exponent: at most 12% more, and 12% only for the short ones (3% at a megabyte)
//
// Each plaintext has one byte form. unpad refuses any other total length, any other version, and padding that is not
// zero. So nothing can be hidden behind a record.

import { concatBytes, u32be } from "../../protocol/bytes.ts";
import { SymbolonError } from "../errors.ts";

const VERSION = 1;
const PREFIX_BYTES = 5;
export const PAD_FLOOR_BYTES = 512;

export class PaddingError extends SymbolonError<"bad-padding"> {
  override name = "PaddingError";
  constructor(detail: string) {
    super("bad-padding", detail);
  }
}

/** For integers in [1, 2^32). Not Math.log2, which need not be exact. */
const floorLog2 = (n: number): number => 31 - Math.clz32(n);

/** PADME: the low E - S bits of a padded length are zero, with E = floor(log2 n) and S = floor(log2 E) + 1. */
export function bucket(n: number): number {
  if (n <= PAD_FLOOR_BYTES) return PAD_FLOOR_BYTES;
  const exponent = floorLog2(n);
  const step = 2 ** (exponent - (floorLog2(exponent) + 1));
  return Math.ceil(n / step) * step;
}

/** @param data shorter than 2^32 - 5 bytes */
export function pad(data: Uint8Array): Uint8Array {
  const used = PREFIX_BYTES + data.length;
  return concatBytes(Uint8Array.of(VERSION), u32be(data.length), data, new Uint8Array(bucket(used) - used));
}

/** @returns the data. @throws PaddingError bad-padding */
export function unpad(padded: Uint8Array): Uint8Array {
  if (padded.length < PREFIX_BYTES) throw new PaddingError(`${padded.length} bytes, expected ${PREFIX_BYTES} or more`);
  if (padded[0] !== VERSION) throw new PaddingError(`unknown version ${padded[0]}`);
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(1);
  const end = PREFIX_BYTES + length;
  if (padded.length !== bucket(end)) throw new PaddingError(`${padded.length} bytes, expected ${bucket(end)}`);
  if (padded.subarray(end).some((byte) => byte !== 0)) throw new PaddingError("padding is not zero");
  return padded.slice(PREFIX_BYTES, end);
}
