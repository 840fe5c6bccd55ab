// Ranges of a body in storage (RFC 9110, section 14). One range of bytes is answered with 206; a header that asks for several, or
// that cannot be read, is passed over, as the RFC allows.

import { Problem } from "./problems.ts";

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * The range that a request asks for, of a body of `size` bytes. Undefined if the whole body is to be sent.
 * @param ifRange the header If-Range: a range is served only of the body that it names
 * @throws Problem range-not-satisfiable
 */
export function rangeAsked(range: string | undefined, ifRange: string | undefined, etag: string, size: number) {
  const asked = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range?.trim() ?? "");
  if (!asked || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, first = "", last = ""] = asked;
  if (first === "" && last === "") return undefined;
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (from >= size || to < from)
    throw new Problem("range-not-satisfiable", undefined, undefined, {}, { "content-range": `bytes */${size}` });
  return { offset: from, length: to - from + 1 } satisfies ByteRange;
}
