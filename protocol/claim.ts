// The claim that a wallet leaves at each check-in: "this session is mine". Only the wallet that made it can read it.
// A wallet restored from its recovery words reads the claims of whole services and finds its sessions by them.
//
//   claim    random nonce 24 ‖ XChaCha20-Poly1305(key, nonce, aad = service id 16 ‖ tagHash 32, content 42)   82 bytes
//   content  u32 generation ‖ salt 32 ‖ u32 epoch ‖ u16 slot
//   key      32 bytes, derived from the wallet's root (client/wallet/keys.ts); the same for every claim of a wallet
//
// A claim opens only for the service and the tag for which it was made. So a service that copies tags or claims of
// others gets nothing. Claims of one wallet look random to everybody else: under a key that is unknown, the ciphertext
// and its tag are pseudorandom, and nonces of 24 random bytes do not repeat.
//
// The content names the generation and its salt, so the wallet finds its secrets again even if the registrar hides the
// generation. The service checks nothing but the length.

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import * as P from "micro-packed";
import { concatBytes, type Rng } from "./bytes.ts";
import { u16, u32 } from "./codec.ts";
import { CLAIM_BYTES } from "./documents.ts";

const NONCE_BYTES = 24;
/** bytes of the wallet's salt of one generation */
const SALT_BYTES = 32;

/** Where a claim belongs: the service, and the session's tag. */
export interface ClaimPlace {
  /** 16 bytes */
  serviceId: Uint8Array;
  /** 32 bytes */
  tagHash: Uint8Array;
}
/** What a claim tells its wallet: under which secrets and in which slot the session was made. */
export interface ClaimContent {
  generation: number;
  /** 32 bytes */
  salt: Uint8Array;
  epoch: number;
  slot: number;
}

const content = P.struct({ generation: u32, salt: P.bytes(SALT_BYTES), epoch: u32, slot: u16 });
const aad = ({ serviceId, tagHash }: ClaimPlace): Uint8Array => {
  if (serviceId.length !== 16 || tagHash.length !== 32) throw new RangeError("claim: service id 16, tagHash 32 bytes");
  return concatBytes(serviceId, tagHash);
};

/** @param key 32 bytes; secret */
export function sealClaim(key: Uint8Array, place: ClaimPlace, told: ClaimContent, rng: Rng): Uint8Array {
  const nonce = rng(NONCE_BYTES);
  return concatBytes(nonce, xchacha20poly1305(key, nonce, aad(place)).encrypt(content.encode(told)));
}

/** The content, if the holder of this key made the claim for this place; otherwise undefined. */
export function openClaim(key: Uint8Array, place: ClaimPlace, claim: Uint8Array): ClaimContent | undefined {
  if (claim.length !== CLAIM_BYTES) return undefined;
  try {
    const cipher = xchacha20poly1305(key, claim.subarray(0, NONCE_BYTES), aad(place));
    return content.decode(cipher.decrypt(claim.subarray(NONCE_BYTES)));
  } catch {
    return undefined; // of another wallet, or of another service or tag
  }
}
