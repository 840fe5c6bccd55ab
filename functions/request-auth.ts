// Signed requests at the door of a role (protocol/request-signature.ts).

import type { Context } from "hono";
import { bytesToHex } from "../protocol/bytes.ts";
import { SIGNATURE_HEADER, verifyRequest } from "../protocol/request-signature.ts";
import { now } from "./env.ts";
import { refused } from "./http.ts";

/** Reads the body and returns it with the key (hex) that signed the request. @throws Problem credential-refused */
export async function signedRequest(c: Context): Promise<{ key: string; body: Uint8Array }> {
  const body = new Uint8Array(await c.req.arrayBuffer());
  const { pathname, search } = new URL(c.req.url);
  const key = verifyRequest(
    { method: c.req.method, path: pathname + search, body },
    c.req.header(SIGNATURE_HEADER),
    now(c),
  );
  if (!key) throw refused("request signature");
  return { key: bytesToHex(key), body };
}

/** As signedRequest, and the key must be one of `allowed` (hex). */
export async function signedBy(c: Context, allowed: readonly string[]): Promise<{ key: string; body: Uint8Array }> {
  const request = await signedRequest(c);
  if (!allowed.includes(request.key)) throw refused("request key");
  return request;
}
