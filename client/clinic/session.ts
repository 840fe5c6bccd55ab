// A check-in at this clinic, as the clinic itself verified it. The clinic uses nothing that its operator says of a
// session.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { challengeKey, readCheckIn, verifyCheckIn } from "../../protocol/check-in.ts";
import type { CheckIn } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { isHybridRecipient } from "../../protocol/hybrid-recipient.ts";
import { tidOf } from "../../protocol/tid.ts";
import { type CodeOf, SymbolonError, textOfCause, translate } from "../errors.ts";
import type { ParametersCache } from "../parameters.ts";

export interface ClinicSession {
  /** 32 bytes; names the session everywhere */
  readonly tagHash: Hex;
  /** the temporary identity, for people and labels */
  readonly tid: string;
  readonly epoch: number;
  /** unix seconds, from the clinic's own challenge */
  readonly challengedAt: number;
  /** attribute -> value, as the presentation proved them */
  readonly shown: Readonly<Record<string, string>>;
  readonly credentialEpoch: number;
  readonly checkIn: CheckIn;
  readonly checkInBytes: Uint8Array;
}

/** A check-in is not one of this clinic, or does not verify. */
export class SessionError extends SymbolonError<CodeOf<"SessionError">> {
  override name = "SessionError";
}

/** @param publicKey Ed25519, 32 bytes; the clinic's own. @throws SessionError, ParametersError, ApiError */
export async function verifySession(
  parameters: Pick<ParametersCache, "of">,
  publicKey: Uint8Array,
  checkInBytes: Uint8Array,
): Promise<ClinicSession> {
  const read = translate(
    () => readCheckIn(checkInBytes),
    (cause) => new SessionError("bad-check-in", textOfCause(cause), { cause }),
  );
  const key = challengeKey(read);
  if (!key || !equalBytes(key, publicKey)) throw new SessionError("foreign-challenge", "challenge-signature");
  const { presentation, challenge, epoch } = read;
  if (!isHybridRecipient(read.checkIn.sessionRecipient))
    throw new SessionError("bad-check-in", "no record can be sealed to its recipient");
  // Bounds first: the wallet chose the credential's epoch, and must not make the clinic fetch parameters.
  if (presentation.credentialEpoch > epoch || presentation.credentialEpoch + challenge.maxStaleEpochs < epoch)
    throw new SessionError("bad-presentation", "stale");
  const verdict = verifyCheckIn(read, {
    tag: await parameters.of(epoch),
    credential: await parameters.of(presentation.credentialEpoch),
  });
  if (!verdict.ok) throw new SessionError("bad-presentation", verdict.reason);
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
