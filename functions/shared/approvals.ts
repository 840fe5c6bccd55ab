// Verifies approvals of an order. Each role that acts on approvals uses it: trustees, escrow and registrar.
//
//   Signed<Approval>   LABELS.approval, by the pinned identity key of trustee `approval.trustee`. The trustee vouches that
//                      the passkey belongs to its officer and is registered with it, and that origin and RP ID were right
//   assertion          WebAuthn (Level 3, section 7.2) of that passkey, ES256. It is verified again here, so an approval
//                      is evidence of an officer's act and not only of the trustee's Worker
//
//   clientDataJSON     type "webauthn.get", challenge = approvalChallenge {case, order, trustee, decision}
//   authenticatorData  rpIdHash (32) ‖ flags ‖ …: user present and user verified
//   signature          DER, over authenticatorData ‖ SHA-256(clientDataJSON)
//   officerKey         COSE_Key (RFC 9053): {1: 2, 3: -7, -1: 1, -2: x, -3: y}, exactly these, in canonical CBOR
//
// Counting is strict. If one of the approvals is wrong, if one is a refusal, or if a trustee occurs twice, none counts.

import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { nativeVerify } from "../../engine/ed25519.ts";
import { concatBytes, equalBytes } from "../../protocol/bytes.ts";
import { Approval, approvalChallenge, openSigned } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { refused } from "./http.ts";

const COSE_ES256_X = Uint8Array.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20);
const COSE_ES256_Y = Uint8Array.of(0x22, 0x58, 0x20);
const COSE_ES256_BYTES = 77;
const FLAGS_AT = 32;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

/** The uncompressed P-256 point (65 bytes) of a COSE_Key. Undefined for another kind of key or another encoding. */
export function coseEs256(key: Uint8Array): Uint8Array | undefined {
  const x = COSE_ES256_X.length;
  const y = x + 32;
  if (key.length !== COSE_ES256_BYTES) return undefined;
  if (!equalBytes(key.subarray(0, x), COSE_ES256_X) || !equalBytes(key.subarray(y, y + 3), COSE_ES256_Y))
    return undefined;
  const point = concatBytes(Uint8Array.of(4), key.subarray(x, y), key.subarray(y + 3));
  return p256.utils.isValidPublicKey(point, false) ? point : undefined;
}

function isOfficersAct(a: Approval): boolean {
  const point = coseEs256(a.officerKey);
  const flags = a.authenticatorData[FLAGS_AT];
  if (!point || flags === undefined || (flags & USER_PRESENT) === 0 || (flags & USER_VERIFIED) === 0) return false;
  try {
    const client: unknown = JSON.parse(new TextDecoder().decode(a.clientDataJSON));
    const { type, challenge } = client as { type?: unknown; challenge?: unknown };
    if (type !== "webauthn.get" || challenge !== toBase64url(approvalChallenge(a))) return false;
    const message = concatBytes(a.authenticatorData, sha256(a.clientDataJSON));
    // lowS: false, because WebAuthn authenticators do not normalise s
    return p256.verify(a.signature, message, point, { format: "der", lowS: false });
  } catch {
    return false;
  }
}

export interface ApprovalScope {
  orderHash: Uint8Array;
  caseId: Uint8Array;
  /** The pinned identity keys (32 bytes each); trustee i is at [i - 1]. */
  trusteeKeys: readonly Uint8Array[];
}

/** Verifies one decision, an approval or a refusal. @throws CodecError, Problem credential-refused */
export function verifyDecision(signed: Uint8Array, scope: ApprovalScope): Approval {
  const { key, value } = openSigned(LABELS.approval, Approval, signed, nativeVerify);
  const pinned = scope.trusteeKeys[value.trustee - 1];
  if (!pinned || !equalBytes(pinned, key)) throw refused(`approval: not by trustee ${value.trustee}`);
  if (!equalBytes(value.orderHash, scope.orderHash) || !equalBytes(value.caseId, scope.caseId))
    throw refused("approval: of another order");
  if (!isOfficersAct(value)) throw refused("approval: assertion does not verify");
  return value;
}

/**
 * Verifies at least `threshold` approvals by different trustees. `set` has the trustees in ascending order.
 * @throws CodecError, Problem credential-refused
 */
export function verifyApprovals({
  approvals,
  threshold,
  ...scope
}: ApprovalScope & { approvals: readonly Uint8Array[]; threshold: number }): { set: number[]; approvals: Approval[] } {
  const decided = approvals.map((signed) => verifyDecision(signed, scope));
  if (decided.some((a) => a.decision !== "approve")) throw refused("approvals: a refusal among them");
  const set = [...new Set(decided.map((a) => a.trustee))].sort((a, b) => a - b);
  if (set.length !== decided.length) throw refused("approvals: a trustee twice");
  if (set.length < threshold) throw refused(`approvals: ${set.length} of ${threshold}`);
  return { set, approvals: decided };
}
