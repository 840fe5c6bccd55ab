// Officers' decisions and the log's proofs of a case (protocol/approvals.ts, protocol/case-proofs.ts), as the Workers verify
// them: every failure is the one answer "credential-refused".

import type { Inclusion } from "../../api/case-proofs.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import * as approvals from "../../protocol/approvals.ts";
import { type ApprovedEntries, type CaseId, isNoticeLogged, missingEntry } from "../../protocol/case-proofs.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import type { Order } from "../../protocol/documents.ts";
import { atAnyAge, type LoggedEntry, verifyHead } from "../../protocol/log-trust.ts";
import type { Checkpoint } from "../../protocol/note.ts";
import { readAllBase64url, readBase64url } from "./http.ts";
import { type LogReaderEnv, type LogTerms, logTrust } from "./log-reader.ts";
import { refused } from "./problems.ts";

/** The times between which a decision about an order can lie. */
export const timesOf = ({ issuedAt, expiresAt }: Pick<Order, "issuedAt" | "expiresAt">) => ({
  from: issuedAt - CLOCK_TOLERANCE_SECONDS,
  to: expiresAt,
});

/** Verifies one decision, an approval or a refusal. @throws CodecError, Problem credential-refused */
export function verifyDecision(signed: Uint8Array, scope: approvals.ApprovalScope): approvals.Decided {
  const verdict = approvals.verifyDecision(signed, scope, nativeVerify);
  if (!verdict.ok) throw refused(`approval: ${verdict.reason}`);
  return verdict.decided;
}

export interface Approving {
  /** S, ascending */
  readonly set: number[];
  readonly approvals: approvals.Decided[];
}

/** Verifies exactly `needed` approvals, ascending by trustee. @throws CodecError, Problem credential-refused */
export function verifyApprovals(
  given: approvals.ApprovalScope & { approvals: readonly Uint8Array[]; needed: number },
): Approving {
  const verdict = approvals.verifyApprovals(given, nativeVerify);
  if (!verdict.ok) throw refused(`approvals: ${verdict.reason}`);
  return { set: verdict.set, approvals: verdict.approvals };
}

/**
 * The head of a note that somebody brings to prove that entries are in the log. It may have any age.
 * @throws Problem credential-refused, misconfigured
 */
export function provenHead(env: LogReaderEnv, terms: LogTerms, note: string, now: number): Checkpoint {
  const head = verifyHead(note, atAnyAge(logTrust(env, terms)), now, nativeVerify);
  if (!head.ok) throw refused(`checkpoint: ${head.reason}`);
  return head.checkpoint;
}

export const loggedOf = ({ entry, index, proof }: Inclusion): LoggedEntry => ({
  entry: readBase64url(entry, "entry"),
  index,
  proof: readAllBase64url(proof, "proof"),
});

/** The proofs of an approved case as they travel (Bundle, CaseProofs). */
export interface ApprovedInclusions {
  orderInclusion: Inclusion;
  approvalInclusions: Inclusion[];
  officerInclusions: Inclusion[];
}

/** Checks that the log contains order, approvals and officers. @throws Problem credential-refused */
export function checkLogged(
  { orderInclusion, approvalInclusions, officerInclusions }: ApprovedInclusions,
  checkpoint: Checkpoint,
  of: CaseId,
  signed: readonly Uint8Array[],
  decided: readonly approvals.Decided[],
): void {
  const entries: ApprovedEntries = {
    order: loggedOf(orderInclusion),
    approvals: approvalInclusions.map(loggedOf),
    officers: officerInclusions.map(loggedOf),
  };
  const missing = missingEntry(entries, checkpoint, of, signed, decided);
  if (missing !== undefined) throw refused(`not in the log: ${missing}`);
}

/** Checks that the log contains the notice that every member of S signed. @throws CodecError, Problem credential-refused */
export function checkNotice(
  { inclusion, signed }: { inclusion: Inclusion; signed: readonly string[] },
  checkpoint: Checkpoint,
  of: CaseId,
  set: readonly number[],
  trusteeKeys: readonly Uint8Array[],
): void {
  const notice = { logged: loggedOf(inclusion), signed: readAllBase64url(signed, "signed") };
  if (!isNoticeLogged(notice, checkpoint, of, set, trusteeKeys, nativeVerify))
    throw refused("not in the log: notice of the approving set");
}
