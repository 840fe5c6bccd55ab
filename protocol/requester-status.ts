// The registrar's word on requesters: the certificate says who may ask and until when, and the revocation list says which
// certificates it has withdrawn before their end.
//
//   certificate   Signed<RequesterCertificate>, LABELS.signRequester: valid for notBefore <= now < notAfter, at most a year
//   list          Signed<RevocationList>, LABELS.signRevocations: every withdrawn certificate that has not ended yet
//
// A reader fetches the whole list. So the registrar does not learn whose order is being checked. A list counts for
// MAX_LIST_AGE_SECONDS. Someone who holds back a newer list therefore gains one day at most.

import { compareBytes, equalBytes } from "./bytes.ts";
import { ascending, document, fixed, type Of, u32, u64 } from "./codec.ts";
import { openSigned, type RequesterCertificate, signDocument } from "./documents.ts";
import { nobleVerify, type Signer, type VerifySignature } from "./ed25519.ts";
import { bytesToHex, type Hex } from "./encodings.ts";
import { LABELS } from "./labels.ts";

/** A certificate lasts a year and a day at most. */
export const MAX_CERTIFICATE_SECONDS = 366 * 86_400;
const MAX_LIST_AGE_SECONDS = 86_400;

/** Whether the certificate has begun, has not ended, and is no longer than allowed. @param now unix seconds */
export const isInForce = ({ notBefore, notAfter }: RequesterCertificate, now: number): boolean =>
  notBefore <= now && now < notAfter && notAfter - notBefore <= MAX_CERTIFICATE_SECONDS;

/** `revoked` has requesterHashOf of each withdrawn certificate, ascending. `number` counts all withdrawals ever made. */
export const RevocationList = document("RevocationList", 0x14, 1, {
  number: u32,
  at: u64,
  revoked: ascending(fixed(32), (a, b) => compareBytes(a, b) < 0),
});
export type RevocationList = Of<typeof RevocationList>;

/** Signed<RevocationList>. @param by the registrar's signing key */
export const signRevocations = (value: RevocationList, by: Uint8Array | Signer): Uint8Array =>
  signDocument(LABELS.signRevocations, RevocationList, value, by);

/** A verified list, ready for look-ups. */
export interface Revocations {
  readonly number: number;
  /** unix seconds */
  readonly at: number;
  /** requesterHashOf, hex */
  readonly revoked: ReadonlySet<Hex>;
}

/** Reads a list, if this registrar signed it; otherwise undefined. It may be old. @throws CodecError */
export function openRevocations(
  signed: Uint8Array,
  registrarKey: Uint8Array,
  verify: VerifySignature = nobleVerify,
): Revocations | undefined {
  const { key, value } = openSigned(LABELS.signRevocations, RevocationList, signed, verify);
  if (!equalBytes(key, registrarKey)) return undefined;
  return { number: value.number, at: value.at, revoked: new Set(value.revoked.map(bytesToHex)) };
}

/** Whether a list of this time counts now. @param toleranceSeconds of clocks */
export const isFreshList = (at: number, now: number, toleranceSeconds: number): boolean =>
  now - at <= MAX_LIST_AGE_SECONDS && at - now <= toleranceSeconds;
