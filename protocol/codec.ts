// Wire codecs over micro-packed. Each document has exactly one byte form, so hashes and signatures cover encode(value).
//
//   document   u8 type ‖ u8 version ‖ fields
//
// Decoding refuses another type, an unknown version, a non-canonical field and trailing bytes.
// docs/SPEC.md lists every layout.

import * as P from "micro-packed";
import { equalBytes } from "./bytes.ts";

/** Bytes that are not a document of the expected type. `reason` is stable; the message is for logs only. */
export class CodecError extends Error {
  override name = "CodecError";
  readonly reason: "wrong-type" | "unknown-version" | "malformed";
  constructor(reason: CodecError["reason"], detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** The codec of one document type. */
export interface Codec<T> {
  readonly name: string;
  /** @throws CodecError malformed if a field is out of its range: bytes of another length, ill-formed text, too large a number */
  encode(value: T): Uint8Array;
  /** @throws CodecError */
  decode(bytes: Uint8Array): T;
}
/** The value type of a codec. */
export type Of<C> = C extends Codec<infer T> ? T : never;

export const u8 = P.U8;
export const u16 = P.U16BE;
export const u32 = P.U32BE;
/** u64, big-endian, held as a number; a value above 2^53 - 1 is refused. Times are unix seconds. */
export const u64: P.CoderType<number> = P.validate(
  P.apply(P.U64BE, {
    encode: (n: bigint) => Number(n),
    decode: (n: number) => BigInt(n),
  }),
  (n) => {
    if (!Number.isSafeInteger(n) || n < 0) throw new Error(`u64 beyond 2^53 - 1: ${n}`);
    return n;
  },
);
export const bool = P.bool;
/** exactly `length` bytes */
export const fixed = (length: number): P.CoderType<Uint8Array> => P.bytes(length);
/** u32 length, then the bytes */
export const blob: P.CoderType<Uint8Array> = P.bytes(P.U32BE);
/** u16 length in bytes, then UTF-8 */
export const text: P.CoderType<string> = P.string(P.U16BE);
/** u16 count, then the items */
export const list = <T>(item: P.CoderType<T>): P.CoderType<T[]> => P.array(P.U16BE, item);
/** A list whose items rise strictly: `before` says whether one item comes before another. So no item stands twice. */
export const ascending = <T>(item: P.CoderType<T>, before: (a: T, b: T) => boolean): P.CoderType<T[]> =>
  P.validate(list(item), (items) => {
    if (!items.every((x, i) => i === 0 || before(items[i - 1]!, x))) throw new Error("list is not ascending");
    return items;
  });
/** u8 0 or 1; after 1, the value */
export const optional = <T>(item: P.CoderType<T>): P.CoderType<T | undefined> => P.optional(P.bool, item);
/** u8, the index of a name in a closed list */
export function oneOf<const N extends readonly string[]>(...names: N): P.CoderType<N[number]> {
  return P.apply(P.U8, {
    encode: (i: number): N[number] => {
      const name = names[i];
      if (name === undefined) throw new Error(`unknown value ${i}`);
      return name;
    },
    decode: (name: N[number]) => names.indexOf(name),
  });
}
export const struct = P.struct;

/** Name of each document by its type byte. A test uses it to check that type bytes are unique. */
export const documentTypes = new Map<number, string>();

// biome-ignore lint/suspicious/noExplicitAny: document() infers the value type of each field
type Fields = Record<string, P.CoderType<any>>;
type ValueOf<F extends Fields> = { [K in keyof F]: F[K] extends P.CoderType<infer V> ? V : never };

/** Makes the codec of a document and registers its type byte in documentTypes. */
export function document<const F extends Fields>(
  name: string,
  type: number,
  version: number,
  fields: F,
): Codec<ValueOf<F>> {
  type T = ValueOf<F>;
  documentTypes.set(type, name);
  const body = P.struct(fields as never) as unknown as P.CoderType<T>;
  return {
    name,
    encode(value) {
      let inner: Uint8Array;
      try {
        inner = body.encode(value);
      } catch (cause) {
        throw new CodecError("malformed", `${name}: ${(cause as Error).message}`);
      }
      const out = new Uint8Array(inner.length + 2);
      out[0] = type;
      out[1] = version;
      out.set(inner, 2);
      return out;
    },
    decode(bytes) {
      if (bytes[0] !== type) throw new CodecError("wrong-type", `${name}: type ${bytes[0]}, expected ${type}`);
      if (bytes[1] !== version)
        throw new CodecError("unknown-version", `${name}: version ${bytes[1]}, expected ${version}`);
      let value: T;
      try {
        value = body.decode(bytes.subarray(2));
      } catch (cause) {
        throw new CodecError("malformed", `${name}: ${(cause as Error).message}`);
      }
      // One byte form per value. Ill-formed UTF-8, for example, decodes, but it does not encode to the same bytes
      // again.
      if (!equalBytes(this.encode(value), bytes)) throw new CodecError("malformed", `${name}: not canonical`);
      return value;
    },
  };
}
