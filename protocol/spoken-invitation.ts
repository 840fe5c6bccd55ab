// The name under which a challenge is found by six spoken words. The clinic and the service compute it from the same bytes, and the
// wallet compares: so whoever answers for a name can answer with this challenge only.
//
//   name   the first 7 bytes of H(spokenInvitation, Signed<Challenge>)

import { bytesToHex, labelledHash } from "./bytes.ts";
import type { Hex } from "./encodings.ts";
import { LABELS } from "./labels.ts";

export const SPOKEN_NAME_BYTES = 7;

/** @param challenge Signed<Challenge> */
export const spokenNameOf = (challenge: Uint8Array): Hex =>
  bytesToHex(labelledHash(LABELS.spokenInvitation, challenge).subarray(0, SPOKEN_NAME_BYTES));
