// A check-in at this clinic, as the clinic itself verified it: what its operator says about a session counts for nothing.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { challengeKey, readCheckIn, verifyCheckIn } from "../../protocol/check-in.ts";
import type { CheckIn } from "../../protocol/documents.ts";
import { tidOf } from "../../protocol/tid.ts";
import type { ParametersCache } from "../parameters.ts";

export interface ClinicSession {
  /** hex; names the session everywhere */
  readonly tagHash: string;
  /** for people and labels */
  readonly tid: string;
  readonly epoch: number;
  /** unix seconds, of the clinic's own challenge */
  readonly challengedAt: number;
  /** attribute -> value */
  readonly shown: Readonly<Record<string, string>>;
  readonly credentialEpoch: number;
  readonly checkIn: CheckIn;
  readonly checkInBytes: Uint8Array;
}

export class SessionError extends Error {
  override name = "SessionError";
  readonly reason: string;
  constructor(reason: string) {
    super(`not a session of this clinic: ${reason}`);
    this.reason = reason;
  }
}

/** @param publicKey the clinic's own. @throws SessionError, CodecError, ParametersError */
export async function verifySession(
  parameters: ParametersCache,
  publicKey: Uint8Array,
  checkInBytes: Uint8Array,
): Promise<ClinicSession> {
  const read = readCheckIn(checkInBytes);
  const key = challengeKey(read);
  if (!key || !equalBytes(key, publicKey)) throw new SessionError("challenge-signature");
  const { presentation, challenge, epoch } = read;
  // Bounds first: the credential's epoch is the wallet's word, and must not send us fetching.
  if (presentation.credentialEpoch > epoch || presentation.credentialEpoch + challenge.maxStaleEpochs < epoch)
    throw new SessionError("stale");
  const verdict = verifyCheckIn(read, {
    tag: await parameters.of(epoch),
    credential: await parameters.of(presentation.credentialEpoch),
  });
  if (!verdict.ok) throw new SessionError(verdict.reason);
  return {
    tagHash: bytesToHex(verdict.tagHash),
    tid: tidOf(verdict.tagHash),
    epoch,
    challengedAt: challenge.issuedAt,
    shown: verdict.shown,
    credentialEpoch: presentation.credentialEpoch,
    checkIn: read.checkIn,
    checkInBytes,
  };
}
