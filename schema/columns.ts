// Column types that several databases share.

import { sql } from "drizzle-orm";
import { type AnySQLiteColumn, customType, text } from "drizzle-orm/sqlite-core";
import { bytesToHex, type Hex, hexToBytes } from "../protocol/encodings.ts";

/**
 * BLOB as Uint8Array. D1 returns a BLOB as an array of numbers, and would send one as such. So the value is sent as hex,
 * which takes a third of the space.
 */
export const bytes = customType<{ data: Uint8Array; driverData: ArrayBuffer | ArrayLike<number> }>({
  dataType: () => "blob",
  fromDriver: (value) => new Uint8Array(value as ArrayLike<number>),
  toDriver: (value) => sql`unhex(${bytesToHex(value)})`,
});

/** Selects a long or often read BLOB: hex crosses D1's JSON at a third of the cost of an array of numbers. */
export const asBytes = (column: AnySQLiteColumn) => sql<Uint8Array>`hex(${column})`.mapWith(hexToBytes);

/** TEXT that holds lower-case hex: ids, hashes and keys. */
export const hex = (name: string) => text(name).$type<Hex>();

/** A bound of a range of hex keys. It need not be hex itself: "" sorts before all keys, and "g" after them. */
export const bound = (text: string): Hex => text as Hex;
