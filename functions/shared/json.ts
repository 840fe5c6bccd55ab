// Reads JSON from strangers. A body is looked over before it is parsed: nesting, number of values and lone surrogates. So a body
// of brackets costs one pass over a few bytes, and a checked text is always well-formed.
//
// JSON.parse has no such limits, and a schema checks every element of a list that is too long. Both cost far more than the pass.

import type * as z from "zod";
import { Problem } from "./problems.ts";

/** No request of any role nests deeper. */
const MAX_DEPTH = 12;
/** Enough for every request of strangers. Routes for large lists state their own number. */
const MAX_VALUES = 2_000;

const [QUOTE, BACKSLASH, COMMA, LETTER_U] = [0x22, 0x5c, 0x2c, 0x75];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
const isHigh = (unit: number): boolean => unit < 0xdc00;
const isLow = (unit: number | undefined): boolean => unit !== undefined && isSurrogate(unit) && !isHigh(unit);

/** The code unit of an escape "\\uXXXX" that starts at `at`, or undefined. */
function escapedUnit(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== LETTER_U) return undefined;
  const unit = Number.parseInt(String.fromCharCode(...bytes.subarray(at + 2, at + 6)), 16);
  return Number.isNaN(unit) ? undefined : unit;
}

/** Why the body is not looked at any further, or undefined. Faults of grammar are left to the parser. */
function fault(bytes: Uint8Array, maxValues: number): string | undefined {
  // The next quote and backslash are searched only past the last ones found, so the whole body is passed once.
  let [quote, backslash] = [-1, -1];
  const next = (byte: number, found: number, from: number): number => {
    if (found >= from) return found;
    const at = bytes.indexOf(byte, from);
    return at < 0 ? bytes.length : at;
  };
  /** The index after the string that starts at `start`; undefined if it does not end or is not well-formed. */
  const endOfString = (start: number): number | undefined => {
    for (let from = start + 1; ; ) {
      quote = next(QUOTE, quote, from);
      backslash = next(BACKSLASH, backslash, from);
      if (quote === bytes.length) return undefined;
      if (backslash > quote) return quote + 1;
      const unit = escapedUnit(bytes, backslash);
      if (unit === undefined || !isSurrogate(unit)) from = backslash + 2;
      else if (isHigh(unit) && isLow(escapedUnit(bytes, backslash + 6))) from = backslash + 12;
      else return undefined;
    }
  };
  let [depth, values] = [0, 1];
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      const end = endOfString(i);
      if (end === undefined) return "a text is not well-formed";
      i = end;
      continue;
    }
    if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      if (++depth > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH}`;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    else if (byte === COMMA) values++;
    if (values > maxValues) return `it has more than ${maxValues} values`;
    i++;
  }
  return undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * The JSON of a request, or of a body that was read before, checked by a zod schema.
 * @param maxValues most values in it, lists and objects included
 * @throws Problem malformed, ZodError (which becomes "malformed")
 */
export async function readJson<S extends z.ZodType>(
  from: { arrayBuffer(): Promise<ArrayBuffer> } | Uint8Array,
  schema: S,
  maxValues: number = MAX_VALUES,
): Promise<z.infer<S>> {
  const bytes = from instanceof Uint8Array ? from : new Uint8Array(await from.arrayBuffer());
  const reason = fault(bytes, maxValues);
  if (reason !== undefined) throw new Problem("malformed", `The body cannot be read: ${reason}.`);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw new Problem("malformed", "The body is not JSON.");
  }
  return schema.parse(value);
}
