// Checks signed requests at the door of a role (protocol/request-signature.ts): first the time that the header claims,
// then the signature. So the answer to a wrong clock is the same for every key and every signature.
//
// The doors of wallets, clinics and requesters pass the tolerance of the parameters. Administrators and Workers among each
// other come before any parameters, and have the default.

import type { Context } from "hono";
import { nativeVerify } from "../../engine/ed25519.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { claimedTime, SIGNATURE_HEADER, verifyRequest } from "../../protocol/request-signature.ts";
import { checkClock } from "./clock.ts";
import { now } from "./env.ts";
import { refused } from "./http.ts";

export interface SignedRequest {
  /** The Ed25519 public key that signed. */
  key: Hex;
  body: Uint8Array;
  /** The nonce of the signature, hex. A role stores it if it accepts a request only once. */
  nonce: string;
}

/**
 * Reads the body and returns it with the key that signed the request.
 * @throws Problem clock-skew, credential-refused
 */
export async function signedRequest(
  c: Context,
  toleranceSeconds: number = CLOCK_TOLERANCE_SECONDS,
): Promise<SignedRequest> {
  const body = new Uint8Array(await c.req.arrayBuffer());
  const { pathname, search } = new URL(c.req.url);
  const header = c.req.header(SIGNATURE_HEADER);
  const at = now(c);
  const claimed = claimedTime(header);
  if (claimed !== undefined) checkClock(claimed - at, toleranceSeconds);
  const parts = { method: c.req.method, path: pathname + search, body };
  const key = verifyRequest(parts, header, at, nativeVerify, toleranceSeconds);
  if (!key) throw refused("request signature");
  return { key: bytesToHex(key), body, nonce: header!.split(".")[2]! };
}

/** As signedRequest, but the key must also be one of `allowed`. @throws Problem clock-skew, credential-refused */
export async function signedBy(c: Context, allowed: readonly Hex[]): Promise<SignedRequest> {
  const request = await signedRequest(c);
  if (!allowed.includes(request.key)) throw refused("request key");
  return request;
}
