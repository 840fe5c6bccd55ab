// Why a requester does not get what it asked for, so that an application can tell a person what to do next.

export const REQUESTER_FAILURES = [
  "certificate", // the keys are not certified, or the certificate is not the registrar's
  "trustees", // key set or cards do not verify under the pinned keys
  "subject", // the check-in does not verify, or lies outside the order
  "scope", // the order asks for what no trustee would give
  "awaiting-approvals", // officers have not decided yet
  "refused", // t approvals can no longer come
  "expired",
  "stuck", // the escrow does not carry the case on
  "wrong-answer", // a trustee's signed answer is not what it must be
  "wrong-share", // a trustee's share does not verify
  "results-differ", // the members of the approving set found different sessions
  "wrong-identity", // the registrar answered with a contract or identity that is not this one's
] as const;
export type RequesterFailure = (typeof REQUESTER_FAILURES)[number];

export class RequesterError extends Error {
  override name = "RequesterError";
  readonly reason: RequesterFailure;
  /** at fault, where that is known */
  readonly trustees: readonly number[];
  constructor(reason: RequesterFailure, detail: string, trustees: readonly number[] = []) {
    super(`${reason}: ${detail}`);
    this.reason = reason;
    this.trustees = trustees;
  }
}
