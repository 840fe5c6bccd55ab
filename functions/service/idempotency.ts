// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) of frames, which carry no id of their own. Only its hash is
// kept.

import { sha256 } from "@noble/hashes/sha2.js";
import type { Context } from "hono";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { Problem } from "../shared/problems.ts";

const KEY = /^(?:[0-9a-f]{2}){16,64}$/;

/** SHA-256 of the key, or undefined if the request has none. @throws Problem malformed */
export function givenIdempotencyKeyHash(c: Context): Hex | undefined {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return undefined;
  if (!KEY.test(key)) throw new Problem("malformed", "Idempotency-Key: 16 to 64 bytes in lower-case hex expected");
  return bytesToHex(sha256(utf8ToBytes(key)));
}
