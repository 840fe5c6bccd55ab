// The JSON form of a document, for a person who reads an answer. It stands beside the exact bytes and takes no part in any
// check: hashes and signatures cover the bytes alone.
//
//   {document, bytes: base64url, signedBy?: hex, fields}     fields: bytes in hex; numbers, texts, lists and absent fields as they are

import type { Codec } from "./codec.ts";
import { Challenge, CheckIn, Signed } from "./documents.ts";
import { type Base64url, bytesToHex, type Hex, toBase64url } from "./encodings.ts";

export interface DocumentJson {
  readonly document: string;
  readonly bytes: Base64url;
  readonly signedBy?: Hex;
  readonly fields: Readonly<Record<string, unknown>>;
}

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return fieldsOf(value);
}
const fieldsOf = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, field]) => [name, readable(field)]));

/** @throws CodecError */
function documentJson<T extends object>(codec: Codec<T>, bytes: Uint8Array): DocumentJson {
  return { document: codec.name, bytes: toBase64url(bytes), fields: fieldsOf(codec.decode(bytes)) };
}

/** The form of a signed document. The signature is not verified. @throws CodecError */
export function signedJson<T extends object>(codec: Codec<T>, bytes: Uint8Array): DocumentJson {
  const { key, document } = Signed.decode(bytes);
  return { ...documentJson(codec, document), bytes: toBase64url(bytes), signedBy: bytesToHex(key) };
}

/** A check-in, with its challenge decoded too. @throws CodecError */
export function checkInJson(bytes: Uint8Array): DocumentJson {
  const form = documentJson(CheckIn, bytes);
  return { ...form, fields: { ...form.fields, challenge: signedJson(Challenge, CheckIn.decode(bytes).challenge) } };
}
