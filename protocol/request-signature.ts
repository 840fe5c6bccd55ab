// Signed requests: the one way in which a key holder shows that a request is its own. Session, device, requester,
// clinic-side roles and Workers among each other all use it.
//
// Ed25519 over
//   label ‖ frame(method, path with query, timestamp as decimal, nonce 16 bytes, SHA-256(body))
// in one header:   Symbolon-Signature: <key hex>.<timestamp>.<nonce hex>.<signature hex>
//
// The verifier bounds the timestamp by the tolerance of clocks (clock.ts), in both directions. A signer whose clock is
// ahead by the whole tolerance makes a request that stays good for twice the tolerance. Within that time an attacker
// could send the request again. So handlers of signed requests are idempotent, or they carry a single-use value of
// their own (docs/SECURITY.md).

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, frame, hexToBytes, type Rng, utf8ToBytes } from "./bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./clock.ts";
import { asSigner, nobleVerify, type Signer, type VerifySignature } from "./ed25519.ts";
import { LABELS } from "./labels.ts";

export const SIGNATURE_HEADER = "symbolon-signature";

interface RequestParts {
  method: string;
  /** path and query exactly as sent */
  path: string;
  body: Uint8Array;
}

function message(r: RequestParts, timestamp: number, nonce: Uint8Array): Uint8Array {
  return concatBytes(
    utf8ToBytes(LABELS.signRequest),
    frame(utf8ToBytes(r.method), utf8ToBytes(r.path), utf8ToBytes(String(timestamp)), nonce, sha256(r.body)),
  );
}

/** The header value for a request. @param by a 32-byte Ed25519 seed, or a signer @param now unix seconds */
export function signRequest(r: RequestParts, by: Uint8Array | Signer, now: number, rng: Rng): string {
  const signer = asSigner(by);
  const nonce = rng(16);
  const signature = signer.sign(message(r, now, nonce));
  return [bytesToHex(signer.publicKey), now, bytesToHex(nonce), bytesToHex(signature)].join(".");
}

const HEADER = /^([0-9a-f]{64})\.(\d{1,12})\.([0-9a-f]{32})\.([0-9a-f]{128})$/;

/** The time that a well-formed header claims, in unix seconds. Undefined for any other header. No signature is checked. */
export function claimedTime(header: string | undefined): number | undefined {
  const timestamp = HEADER.exec(header ?? "")?.[2];
  return timestamp === undefined ? undefined : Number(timestamp);
}

/**
 * The key that signed this request, 32 bytes; undefined if there is no valid signature, or if the timestamp is outside
 * the tolerance. The caller decides whether that key may make the request.
 * @param now unix seconds
 */
export function verifyRequest(
  r: RequestParts,
  header: string | undefined,
  now: number,
  verify: VerifySignature = nobleVerify,
  toleranceSeconds: number = CLOCK_TOLERANCE_SECONDS,
): Uint8Array | undefined {
  const m = HEADER.exec(header ?? "");
  if (!m) return undefined;
  const [, key, timestamp, nonce, signature] = m as unknown as [string, string, string, string, string];
  if (Math.abs(now - Number(timestamp)) > toleranceSeconds) return undefined;
  const publicKey = hexToBytes(key);
  const ok = verify(hexToBytes(signature), message(r, Number(timestamp), hexToBytes(nonce)), publicKey);
  return ok ? publicKey : undefined;
}
