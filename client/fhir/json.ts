// Reads and writes FHIR JSON so that it comes back as it was written: the digits of numbers, the order of members, and
// the code points of text.
//
//   text     must be UTF-8 (RFC 8259 section 8.1); a byte-order mark at the start is passed over
//   number   a number that JavaScript writes with the same digits is a `number`; any other is an `ExactNumber`, which
//            keeps its digits ("0.700", "1.2E+2"; FHIR R4 json.html, decimal: precision has a meaning)
//   member   a name may stand once per object; RFC 8259 leaves a second one undefined, so it is refused
//   depth    at most MAX_DEPTH levels, checked before anything recurses
//
// Where the platform's JSON.parse tells a reviver the digits of each number, it parses: it is many times as fast, and needs less
// memory. `lossless-json` parses elsewhere, and writes. Neither refuses every repeated member, so `parseJson` also counts: the
// text must have as many members as the value.

import { parse, stringify } from "lossless-json";
import { ExactNumber, FhirInputError, type Json } from "./resource.ts";

/** Levels of objects and arrays. FHIR resources in use have about 20. */
export const MAX_DEPTH = 200;

/** @throws FhirInputError wrong-encoding */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new FhirInputError("wrong-encoding", "The content is not UTF-8 text.");
  }
}

/** @throws FhirInputError wrong-encoding, not-json, too-deep, duplicate-member */
export function parseJson(source: string | Uint8Array): Json {
  const text = (typeof source === "string" ? source : decodeUtf8(source)).replace(/^\uFEFF/, "");
  const written = countMembers(text);
  const value = PLATFORM_TELLS_DIGITS ? parsedByPlatform(text) : parsedByLibrary(text);
  if (countOf(value) === written) return value;
  parsedByLibrary(text); // names the member if its values differ
  throw new FhirInputError("duplicate-member", "A member stands twice in one object, with the same value.");
}

/** A reviver's third argument (ECMA-262, JSON.parse source text access). */
type Reviver = (name: string, value: Json, context?: { source?: string }) => Json;
const parseWith = JSON.parse as (text: string, reviver: Reviver) => Json;
const PLATFORM_TELLS_DIGITS = parseWith("1.0", (_, value, context) => context?.source ?? value) === "1.0";

function parsedByPlatform(text: string): Json {
  try {
    return parseWith(text, (_, value, context) => (typeof value === "number" ? exactNumber(context!.source!) : value));
  } catch {
    throw new FhirInputError("not-json", "The content is not JSON.");
  }
}

function parsedByLibrary(text: string): Json {
  try {
    return parse(text, undefined, {
      parseNumber: (digits: string) => exactNumber(digits),
      onDuplicateKey: ({ key }: { key: string }) => {
        throw new FhirInputError("duplicate-member", `The member "${shortened(key)}" stands twice in one object.`);
      },
    }) as Json;
  } catch (cause) {
    if (cause instanceof FhirInputError) throw cause;
    throw new FhirInputError("not-json", "The content is not JSON.");
  }
}

/**
 * JSON text of `value`; with `indent` spaces per level if given. Exact numbers are written with their digits.
 * @throws FhirInputError too-deep, bad-member: `parseJson` would not read it back
 */
export function writeJson(value: Json, indent?: number): string {
  countOf(value);
  return stringify(value, undefined, indent, [
    { test: (v: unknown) => v instanceof ExactNumber, stringify: (v: unknown) => (v as ExactNumber).digits },
  ])!;
}

const exactNumber = (digits: string): Json => {
  const value = Number(digits);
  return String(value) === digits ? value : (new ExactNumber(digits) as never);
};

const shortened = (name: string): string => (name.length > 40 ? `${name.slice(0, 40)}…` : name);

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Members of all objects in the text, in one pass that checks the depth. Text that is not JSON gives any number. */
function countMembers(text: string): number {
  let depth = 0;
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = endOfString(text, i);
    } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      if (++depth > MAX_DEPTH) throw tooDeep();
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) depth--;
    else if (c === COLON) members++;
  }
  return members;
}

/** Index of the quote that ends the string which starts at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** For values that were not parsed here: refuses those that nobody could read back. @throws FhirInputError too-deep, bad-member */
export function checkJson(value: Json): void {
  countOf(value);
}

/** Members of all objects in the value. @throws FhirInputError too-deep, bad-member */
function countOf(value: Json, depth = 1): number {
  if (value === null || typeof value !== "object" || value instanceof ExactNumber) return 0;
  if (depth > MAX_DEPTH) throw tooDeep();
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countOf(item, depth + 1), 0);
  const names = Object.keys(value);
  if (names.some((name) => /^\d/.test(name)))
    throw new FhirInputError("bad-member", "A member's name begins with a digit. FHIR has no such element.");
  return names.reduce((sum, name) => sum + countOf(value[name]!, depth + 1), names.length);
}

const tooDeep = () => new FhirInputError("too-deep", `The content is nested deeper than ${MAX_DEPTH} levels.`);
