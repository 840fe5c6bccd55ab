// The nonces that officers log in with. The trustee stores none that it gives out, since anybody may ask for one: it knows its
// own by their MAC. The vault stores the used ones until they end, so each serves once.
//
//   nonce   u64 end, unix seconds ‖ 8 random bytes ‖ first 16 bytes of HMAC-SHA256(login key, the 16 bytes before)

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes, type Rng } from "../../protocol/bytes.ts";

const LOGIN_NONCE_BYTES = 32;
const HEAD_BYTES = 16;
const LIFE_SECONDS = 300;

const macOf = (loginKey: Uint8Array, head: Uint8Array): Uint8Array =>
  hmac(sha256, loginKey, head).subarray(0, LOGIN_NONCE_BYTES - HEAD_BYTES);

/** @param now unix seconds */
export function makeLoginNonce(loginKey: Uint8Array, now: number, rng: Rng): Uint8Array {
  const end = new Uint8Array(8);
  new DataView(end.buffer).setBigUint64(0, BigInt(now + LIFE_SECONDS));
  const head = concatBytes(end, rng(HEAD_BYTES - end.length));
  return concatBytes(head, macOf(loginKey, head));
}

/** The last second of a nonce that was made with this key and is good now, or undefined. @param now unix seconds */
export function endOfLoginNonce(loginKey: Uint8Array, nonce: Uint8Array, now: number): number | undefined {
  if (nonce.length !== LOGIN_NONCE_BYTES) return undefined;
  const head = nonce.subarray(0, HEAD_BYTES);
  if (!equalBytes(nonce.subarray(HEAD_BYTES), macOf(loginKey, head))) return undefined;
  const end = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0));
  return now <= end ? end : undefined;
}
