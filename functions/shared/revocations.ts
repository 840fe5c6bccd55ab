// The registrar's list of withdrawn requester certificates, as escrow and trustees follow it. Each isolate keeps the newest
// list, and fetches another when that one is older than REFETCH_SECONDS. If the registrar does not answer, the kept list
// counts until it is too old (protocol/requester-status.ts). After that no order of anybody is carried on.

import { nativeVerify } from "../../engine/ed25519.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { type RequesterCertificate, requesterHashOf } from "../../protocol/documents.ts";
import { bytesToHex, hexToBytes } from "../../protocol/encodings.ts";
import { isFreshList, isInForce, openRevocations, type Revocations } from "../../protocol/requester-status.ts";
import { call } from "./calls.ts";
import { Problem, refused } from "./problems.ts";

/** A withdrawal reaches every running case within this time, unless somebody holds the list back. */
const REFETCH_SECONDS = 60;

export interface RevocationSource {
  REGISTRAR_URL: string;
  /** Ed25519 public key, hex */
  REGISTRAR_KEY: string;
}

const kept = new Map<string, Revocations>();

async function fetchList(source: RevocationSource, now: number): Promise<Revocations> {
  const path = "/v1/requesters/revoked";
  const answer = await call({ baseUrl: source.REGISTRAR_URL, method: "GET", path, now });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  try {
    const list = openRevocations(bytes, hexToBytes(source.REGISTRAR_KEY), nativeVerify);
    if (list && isFreshList(list.at, now, CLOCK_TOLERANCE_SECONDS)) return list;
  } catch (cause) {
    throw new Problem("unavailable", undefined, `revocations: ${String(cause)}`);
  }
  throw new Problem("unavailable", undefined, "revocations: signed by another key, or not of this day");
}

/** The newest list. @throws Problem unavailable if there is none of the last day */
export async function revocations(source: RevocationSource, now: number): Promise<Revocations> {
  const name = `${source.REGISTRAR_KEY} ${source.REGISTRAR_URL}`;
  const before = kept.get(name);
  if (before && isFreshList(before.at, now, 0) && now - before.at <= REFETCH_SECONDS) return before;
  try {
    const fetched = await fetchList(source, now);
    // The number never falls, so an older list cannot take the place of a newer one while this isolate lives.
    if (before && fetched.number < before.number)
      throw new Problem("unavailable", undefined, `revocations: list ${fetched.number} after ${before.number}`);
    kept.set(name, fetched);
    return fetched;
  } catch (cause) {
    if (before && isFreshList(before.at, now, CLOCK_TOLERANCE_SECONDS)) return before;
    throw cause;
  }
}

/**
 * Checks that a certificate has begun, has not ended and is not withdrawn. The caller has verified its signature.
 * @param signed Signed<RequesterCertificate>
 * @throws Problem credential-refused; unavailable if no list of the last day is to be had
 */
export async function requireInForce(
  source: RevocationSource,
  signed: Uint8Array,
  certificate: RequesterCertificate,
  now: number,
): Promise<void> {
  if (!isInForce(certificate, now)) throw refused("certificate: ended, not begun, or too long");
  if ((await revocations(source, now)).revoked.has(bytesToHex(requesterHashOf(signed))))
    throw refused("certificate: withdrawn");
}
