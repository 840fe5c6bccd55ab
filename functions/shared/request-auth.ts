// Checks signed requests at the door of a role (protocol/request-signature.ts). First the time that the header claims, so
// that the answer to a wrong clock is the same for every key and every signature. Then the key, where only some keys may
// ask. Then the signature. The body is read last, so nobody but a signer makes a role read one.
//
// The doors of wallets, clinics and requesters pass the tolerance of the parameters. Administrators and Workers among each
// other come before any parameters, and have the default.

import type { Context } from "hono";
import { nativeVerify } from "../../engine/ed25519.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { readSignatureHeader, SIGNATURE_HEADER, verifyRequest } from "../../protocol/request-signature.ts";
import { checkClock } from "./clock.ts";
import { now, ownOrigin } from "./env.ts";
import { refused } from "./problems.ts";
import { countKey } from "./rate-limits.ts";

export interface SignedHead {
  /** The Ed25519 public key that signed. */
  readonly key: Hex;
  /** The nonce of the signature, 16 bytes in hex. A role stores it if it accepts a request only once. */
  readonly nonce: Hex;
  /** Reads the body, once. @throws Problem credential-refused if it is not the signed one */
  body(): Promise<Uint8Array>;
}
export interface SignedRequest extends Omit<SignedHead, "body"> {
  readonly body: Uint8Array;
}

export interface Door {
  readonly toleranceSeconds?: number;
  /** The keys that may ask. By default any. */
  readonly allowed?: readonly Hex[];
}

/** Who signed the request; its body is not read yet. @throws Problem clock-skew, credential-refused, too-many */
export async function signedHead(
  c: Context,
  { toleranceSeconds = CLOCK_TOLERANCE_SECONDS, allowed }: Door = {},
): Promise<SignedHead> {
  const at = now(c);
  const claimed = readSignatureHeader(c.req.header(SIGNATURE_HEADER));
  if (!claimed) throw refused("no request signature");
  checkClock(claimed.timestamp - at, toleranceSeconds);
  const key = bytesToHex(claimed.key);
  if (allowed && !allowed.includes(key)) throw refused("request key");
  const { pathname, search } = new URL(c.req.url);
  const target = { method: c.req.method, url: ownOrigin(c.env) + pathname + search };
  if (!verifyRequest(target, claimed, at, nativeVerify, toleranceSeconds)) throw refused("request signature");
  await countKey(c, key);
  const body = async (): Promise<Uint8Array> => {
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    // The platform's own hash: a stranger may sign a large body with a key of its own.
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    if (!equalBytes(claimed.bodyHash, hash)) throw refused("body is not the signed one");
    return bytes;
  };
  return { key, nonce: bytesToHex(claimed.nonce), body };
}

/** The whole signed request. @throws Problem clock-skew, credential-refused, too-many */
export async function signedRequest(c: Context, door?: Door): Promise<SignedRequest> {
  const { key, nonce, body } = await signedHead(c, door);
  return { key, nonce, body: await body() };
}

/** As signedRequest, but the key must also be one of `allowed`. @throws Problem clock-skew, credential-refused, too-many */
export const signedBy = (c: Context, allowed: readonly Hex[]): Promise<SignedRequest> => signedRequest(c, { allowed });
