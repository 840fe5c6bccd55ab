// Checks signed requests at the door of a role (protocol/request-signature.ts).

import type { Context } from "hono";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { SIGNATURE_HEADER, verifyRequest } from "../../protocol/request-signature.ts";
import { now } from "./env.ts";
import { refused } from "./http.ts";

export interface SignedRequest {
  /** The Ed25519 public key that signed. */
  key: Hex;
  body: Uint8Array;
  /** The nonce of the signature, hex. A role stores it if it accepts a request only once. */
  nonce: string;
}

/** Reads the body and returns it with the key that signed the request. @throws Problem credential-refused */
export async function signedRequest(c: Context): Promise<SignedRequest> {
  const body = new Uint8Array(await c.req.arrayBuffer());
  const { pathname, search } = new URL(c.req.url);
  const header = c.req.header(SIGNATURE_HEADER);
  const key = verifyRequest({ method: c.req.method, path: pathname + search, body }, header, now(c), nativeVerify);
  if (!key) throw refused("request signature");
  return { key: bytesToHex(key), body, nonce: header!.split(".")[2]! };
}

/** As signedRequest, but the key must also be one of `allowed`. @throws Problem credential-refused */
export async function signedBy(c: Context, allowed: readonly Hex[]): Promise<SignedRequest> {
  const request = await signedRequest(c);
  if (!allowed.includes(request.key)) throw refused("request key");
  return request;
}
