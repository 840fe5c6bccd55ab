// The text form of a public key to which an age file is sealed: age's native post-quantum recipient.
//
//   recipient   bech32(prefix "age1pq", X-Wing public key 1216 bytes), in lower case, with its checksum
//
// A wallet chooses the recipient of its session. If a clinic could not seal to it, the clinic could file no record of that visit,
// and no trustee could ever open one. So the service and the clinic refuse a check-in whose recipient is not usable.

import { bech32 } from "@scure/base";
import { hybridKeyPair, isHybridPublicKey } from "./hybrid-seal.ts";

const PREFIX = "age1pq";

/** The recipient of a native hybrid identity. @param seed 32 bytes: the secret that the identity's text encodes */
export const hybridRecipientOf = (seed: Uint8Array): string =>
  bech32.encode(PREFIX, bech32.toWords(hybridKeyPair(seed).publicKey), false);

/** Whether a record can be sealed to this recipient. */
export function isHybridRecipient(text: string): boolean {
  if (!text.startsWith(`${PREFIX}1`)) return false;
  try {
    // Without bech32's own limit of 90 characters. It checks the checksum, and that the padding bits are zero.
    return isHybridPublicKey(bech32.fromWords(bech32.decode(text as `${string}1${string}`, false).words));
  } catch {
    return false;
  }
}
