// The public keys of a requester as text, which the requester gives to the administrator, and their fingerprint, which the two
// compare by telephone. The secret keys never leave the requester.
//
//   text         JSON {name, role, signKey: hex, sealKey: base64url}
//   fingerprint  base32 (RFC 4648) of the first 10 bytes of SHA-256(signKey ‖ sealKey), in four groups of four

import { sha256 } from "@noble/hashes/sha2.js";
import { base32nopad } from "@scure/base";
import { bytesToHex, concatBytes } from "../../protocol/bytes.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { writeJson } from "../fhir/json.ts";

const FINGERPRINT_BYTES = 10;

export interface RequesterKeyText {
  /** as the certificate will name the requester */
  name: string;
  role: string;
  /** Ed25519, 32 bytes */
  signKey: Uint8Array;
  /** X-Wing, 1216 bytes */
  sealKey: Uint8Array;
}

/** For a file or a clipboard. */
export const writeRequesterKeys = ({ name, role, signKey, sealKey }: RequesterKeyText): string =>
  writeJson({ name, role, signKey: bytesToHex(signKey), sealKey: toBase64url(sealKey) });

/** For two people to compare: "ABCD EFGH IJKL MNOP". */
export const requesterFingerprint = ({ signKey, sealKey }: Pick<RequesterKeyText, "signKey" | "sealKey">): string => {
  const hash = sha256(concatBytes(signKey, sealKey)).subarray(0, FINGERPRINT_BYTES);
  return base32nopad.encode(hash).match(/.{4}/g)!.join(" ");
};
