// Answers of octets, and conditional answers (RFC 9110, section 13): a reader that names the bytes it has is told that they are
// still the same.

import type { Context } from "hono";
import { JSON_TYPE, OCTETS_TYPE } from "../../api/contract.ts";
import type { DocumentJson } from "../../protocol/document-json.ts";
import type { Hex } from "../../protocol/encodings.ts";

type Headers = Readonly<Record<string, string>>;

export const octets = (c: Context, bytes: Uint8Array, status: 200 | 201 = 200, headers: Headers = {}): Response =>
  c.body(bytes.slice().buffer, status, { ...headers, "content-type": OCTETS_TYPE });

/** The exact bytes, or their JSON form if the caller prefers it. */
export function octetsOrJson(
  c: Context,
  accepted: string,
  bytes: Uint8Array,
  form: (bytes: Uint8Array) => DocumentJson,
  status: 200 | 201 = 200,
  headers: Headers = {},
): Response {
  const vary = { ...headers, vary: "accept" };
  return accepted === JSON_TYPE ? c.json(form(bytes), status, vary) : octets(c, bytes, status, vary);
}

/** Strong tags are compared: a cache may have marked its copy as weak, and the bytes are the same then too. */
function isKnown(c: Context, etag: string): boolean {
  const given = c.req.header("if-none-match");
  if (given === undefined) return false;
  return given.split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));
}

/** @param name of the bytes: equal only if the bytes are */
export const etagOf = (name: Hex, accepted: string = OCTETS_TYPE): string =>
  `"${name}${accepted === JSON_TYPE ? "-json" : ""}"`;

/** What `answer` returns, or 304 without a body if the caller has it already. */
export async function unlessKnown(
  c: Context,
  etag: string,
  headers: Headers,
  answer: (headers: Headers) => Response | Promise<Response>,
): Promise<Response> {
  const all = { ...headers, etag };
  return isKnown(c, etag) ? c.body(null, 304, all) : await answer(all);
}
