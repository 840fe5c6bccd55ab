// Signed requests: the one way in which a key holder shows that a request is its own. Session, device, requester,
// clinic-side roles and Workers among each other all use it.
//
// Ed25519 over
//   label ‖ frame(method, URL, timestamp as decimal, nonce 16 bytes, SHA-256(body))
// in one header:   Symbolon-Signature: <key hex>.<timestamp>.<nonce hex>.<SHA-256(body) hex>.<signature hex>
//
// The URL is the origin of the role, as the role's own deployment names it, followed by path and query exactly as sent. So a
// request to one trustee is none to another. The header holds the hash of the body, so that a role can refuse a key or a
// signature before it reads a body.
//
// The verifier bounds the timestamp by the tolerance of clocks (clock.ts), in both directions. A signer whose clock is
// ahead by the whole tolerance makes a request that stays good for twice the tolerance. Within that time an attacker
// could send the request again. So handlers of signed requests are idempotent, or they carry a single-use value of
// their own, or they accept each nonce once (docs/SECURITY.md).

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, frame, hexToBytes, type Rng, utf8ToBytes } from "./bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./clock.ts";
import { asSigner, nobleVerify, type Signer, type VerifySignature } from "./ed25519.ts";
import { LABELS } from "./labels.ts";

/** The header that carries the signature of a request. */
export const SIGNATURE_HEADER = "symbolon-signature";

export interface RequestTarget {
  method: string;
  /** origin, path and query, without a fragment */
  url: string;
}

const message = (r: RequestTarget, timestamp: number, nonce: Uint8Array, bodyHash: Uint8Array): Uint8Array =>
  concatBytes(
    utf8ToBytes(LABELS.signRequest),
    frame(utf8ToBytes(r.method), utf8ToBytes(r.url), utf8ToBytes(String(timestamp)), nonce, bodyHash),
  );

/** The header value for a request. @param by a 32-byte Ed25519 seed, or a signer @param now unix seconds */
export function signRequest(
  r: RequestTarget & { body: Uint8Array },
  by: Uint8Array | Signer,
  now: number,
  rng: Rng,
): string {
  const signer = asSigner(by);
  const nonce = rng(16);
  const bodyHash = sha256(r.body);
  const signature = signer.sign(message(r, now, nonce, bodyHash));
  return [bytesToHex(signer.publicKey), now, ...[nonce, bodyHash, signature].map(bytesToHex)].join(".");
}

const HEADER = /^([0-9a-f]{64})\.(0|[1-9]\d{0,11})\.([0-9a-f]{32})\.([0-9a-f]{64})\.([0-9a-f]{128})$/;

/** What a header states. Nothing of it is checked. */
export interface ClaimedSignature {
  /** Ed25519 public key, 32 bytes */
  key: Uint8Array;
  /** unix seconds */
  timestamp: number;
  /** 16 bytes */
  nonce: Uint8Array;
  /** SHA-256 of the body, 32 bytes */
  bodyHash: Uint8Array;
  /** 64 bytes */
  signature: Uint8Array;
}

/** Undefined if the header is missing or not well-formed. */
export function readSignatureHeader(header: string | undefined): ClaimedSignature | undefined {
  const m = HEADER.exec(header ?? "");
  if (!m) return undefined;
  const [, key, timestamp, nonce, bodyHash, signature] = m as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    key: hexToBytes(key),
    timestamp: Number(timestamp),
    nonce: hexToBytes(nonce),
    bodyHash: hexToBytes(bodyHash),
    signature: hexToBytes(signature),
  };
}

/**
 * Whether the key of the header signed a request to this target, with a body of the claimed hash, at a time within the
 * tolerance. The caller decides whether that key may make the request, and compares the body's hash.
 * @param now unix seconds
 */
export function verifyRequest(
  r: RequestTarget,
  claimed: ClaimedSignature,
  now: number,
  verify: VerifySignature = nobleVerify,
  toleranceSeconds: number = CLOCK_TOLERANCE_SECONDS,
): boolean {
  const { key, timestamp, nonce, bodyHash, signature } = claimed;
  if (Math.abs(now - timestamp) > toleranceSeconds) return false;
  return verify(signature, message(r, timestamp, nonce, bodyHash), key);
}
