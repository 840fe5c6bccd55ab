// Identifiers as an application passes them: text that must be lower-case hex of a known length. The doors of the SDK
// check them here, once; behind the doors the type is Hex.

import { asHex, type Hex } from "../../protocol/encodings.ts";
import { SymbolonError, translate } from "../errors.ts";

const TAG_HASH_BYTES = 32;
const RECORD_ID_BYTES = 16;
const SERVICE_ID_BYTES = 16;
const CASE_ID_BYTES = 32;

/** @throws SymbolonError bad-id */
const idOf = (text: string, bytes: number, what: string): Hex =>
  translate(
    () => asHex(text, bytes),
    (cause) => new SymbolonError("bad-id", `${what} (${bytes} bytes)`, { cause }),
  );

/** The tag hash that names a session. @throws SymbolonError bad-id */
export const asTagHash = (text: string): Hex => idOf(text, TAG_HASH_BYTES, "tag hash of a session");
/** @throws SymbolonError bad-id */
export const asRecordId = (text: string): Hex => idOf(text, RECORD_ID_BYTES, "record id");
/** @throws SymbolonError bad-id */
export const asServiceId = (text: string): Hex => idOf(text, SERVICE_ID_BYTES, "service id");
/** @throws SymbolonError bad-id */
export const asCaseId = (text: string): Hex => idOf(text, CASE_ID_BYTES, "case id");
