// An officer's passkey as a trustee vouches for it. The trustee makes the card when it registers the officer, signs it with
// its pinned identity key and appends it to the log. The officer counts only from then on.
//
//   OfficerCard   Signed with LABELS.signOfficer. It names its trustee, so one card cannot serve two trustees
//   dates         notBefore <= at < notAfter, at most MAX_OFFICER_CARD_SECONDS apart
//   publicKey     COSE_Key (RFC 9053): {1: 2, 3: -7, -1: 1, -2: x, -3: y}, exactly these, in canonical CBOR
//   log entry     {kind "officer", at = notBefore, subject = officerCardHashOf, body = the signed card}. The entry follows
//                 from the card alone, so everybody who holds a card can ask the log for it
//   removal       {kind "officer-removed", at, subject = officerCardHashOf}
//   login         the passkey signs loginChallenge. The officer's client computes it, under a label of its own. So no
//                 Worker can have an officer who logs in sign a decision

import { p256 } from "@noble/curves/nist.js";
import { concatBytes, equalBytes, labelledHash, utf8ToBytes } from "./bytes.ts";
import { blob, CodecError, document, type Of, text, u8, u64 } from "./codec.ts";
import { LogEntry, openSigned } from "./documents.ts";
import type { VerifySignature } from "./ed25519.ts";
import { LABELS } from "./labels.ts";

export const OfficerCard = document("OfficerCard", 0x3a, 1, {
  trustee: u8,
  credentialId: blob,
  publicKey: blob,
  rpId: text,
  origin: text,
  notBefore: u64,
  notAfter: u64,
});
export type OfficerCard = Of<typeof OfficerCard>;

/** A card is valid for at most a year. */
const MAX_OFFICER_CARD_SECONDS = 366 * 86_400;

const COSE_ES256_X = Uint8Array.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20);
const COSE_ES256_Y = Uint8Array.of(0x22, 0x58, 0x20);
const COSE_ES256_BYTES = 77;

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

/** The hash of a Signed<OfficerCard>, 32 bytes. */
export const officerCardHashOf = (signedBytes: Uint8Array): Uint8Array => labelledHash(LABELS.officerCard, signedBytes);

/**
 * Reads a signed card of this trustee. It does not check the dates.
 * @throws CodecError "malformed" also if another key signed it, or if its values cannot be those of a card
 */
export function readOfficerCard(
  signed: Uint8Array,
  trustee: { index: number; identityKey: Uint8Array },
  verify?: VerifySignature,
): OfficerCard {
  const { key, value } = openSigned(LABELS.signOfficer, OfficerCard, signed, verify);
  if (!equalBytes(key, trustee.identityKey) || value.trustee !== trustee.index)
    throw new CodecError("malformed", "OfficerCard: of another trustee");
  if (!coseEs256(value.publicKey)) throw new CodecError("malformed", "OfficerCard: no ES256 key");
  const seconds = value.notAfter - value.notBefore;
  if (seconds <= 0 || seconds > MAX_OFFICER_CARD_SECONDS) throw new CodecError("malformed", "OfficerCard: dates");
  return value;
}

/** Whether a card is valid at `at`, in unix seconds. */
export const isCardAt = ({ notBefore, notAfter }: OfficerCard, at: number): boolean => notBefore <= at && at < notAfter;

/** The encoded LogEntry of a signed card. */
export const officerEntry = (signed: Uint8Array, notBefore: number): Uint8Array =>
  LogEntry.encode({
    kind: "officer",
    at: notBefore,
    subject: officerCardHashOf(signed),
    caseId: undefined,
    body: signed,
  });

/** The encoded LogEntry that announces the end of a card before its time. */
export const officerRemovedEntry = (signed: Uint8Array, at: number): Uint8Array =>
  LogEntry.encode({
    kind: "officer-removed",
    at,
    subject: officerCardHashOf(signed),
    caseId: undefined,
    body: new Uint8Array(),
  });

/** What the passkey signs at a login, 32 bytes. `nonce` is the server's; all other parts are the client's own. */
export const loginChallenge = (login: { identityKey: Uint8Array; origin: string; nonce: Uint8Array }): Uint8Array =>
  labelledHash(LABELS.passkeyLogin, login.identityKey, utf8ToBytes(login.origin), login.nonce);
