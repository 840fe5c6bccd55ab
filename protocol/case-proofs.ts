// The proofs that a case is in the log. Trustees, registrar and requester verify them; the escrow delivers them.
//
//   before anything is computed   under one cosigned head: LogEntry "order"; and for each approval of S its LogEntry
//                                 "approval", and the LogEntry "officer" of its card
//   before anything is opened     under a newer cosigned head: LogEntry "notice", which every member of S signed with
//                                 LABELS.signNotice. So the patient can learn of the case
//
// The heads are verified before (log-trust.ts). They only prove that entries are in the log, so they may have any age.

import { approvalHashOf, type Decided } from "./approvals.ts";
import { equalBytes } from "./bytes.ts";
import { LogEntry, openSigned } from "./documents.ts";
import type { VerifySignature } from "./ed25519.ts";
import { LABELS } from "./labels.ts";
import { type LoggedEntry, verifyLogged } from "./log-trust.ts";
import type { Checkpoint } from "./note.ts";
import { officerEntry } from "./officer-card.ts";

/** The case whose entries are proven. */
export interface CaseId {
  readonly orderHash: Uint8Array;
  readonly caseId: Uint8Array;
}

function isEntry(
  logged: LoggedEntry,
  checkpoint: Checkpoint,
  expected: Pick<LogEntry, "kind" | "subject" | "caseId">,
): boolean {
  const entry = verifyLogged(logged, checkpoint);
  return (
    entry !== undefined &&
    entry.kind === expected.kind &&
    equalBytes(entry.subject, expected.subject) &&
    entry.caseId !== undefined &&
    equalBytes(entry.caseId, expected.caseId!)
  );
}

/** Whether the log contains the order. */
export const isOrderLogged = (logged: LoggedEntry, checkpoint: Checkpoint, { orderHash, caseId }: CaseId): boolean =>
  isEntry(logged, checkpoint, { kind: "order", subject: orderHash, caseId });

/** Whether the log contains the card of a decision's officer. */
const isOfficerLogged = (
  logged: LoggedEntry,
  checkpoint: Checkpoint,
  { officerCard, card }: Pick<Decided, "officerCard" | "card">,
): boolean =>
  equalBytes(logged.entry, officerEntry(officerCard, card.notBefore)) && verifyLogged(logged, checkpoint) !== undefined;

/** The entries of an approved case, with their audit paths under one head. */
export interface ApprovedEntries {
  readonly order: LoggedEntry;
  /** one per approval, in their order */
  readonly approvals: readonly LoggedEntry[];
  /** LogEntry "officer" of each approval's card, in their order */
  readonly officers: readonly LoggedEntry[];
}

/**
 * The entry that the log does not contain, for a log of refusals; undefined if it contains all.
 * @param signed the signed approvals of S, ascending
 * @param decided the same approvals, verified
 */
export function missingEntry(
  entries: ApprovedEntries,
  checkpoint: Checkpoint,
  of: CaseId,
  signed: readonly Uint8Array[],
  decided: readonly Decided[],
): string | undefined {
  if (!isOrderLogged(entries.order, checkpoint, of)) return "order";
  if (entries.approvals.length !== signed.length || entries.officers.length !== signed.length)
    return "not one entry per approval";
  const { caseId } = of;
  for (const [i, approval] of signed.entries()) {
    const expected = { kind: "approval" as const, subject: approvalHashOf(approval), caseId };
    if (!isEntry(entries.approvals[i]!, checkpoint, expected)) return `approval of trustee ${decided[i]!.trustee}`;
    if (!isOfficerLogged(entries.officers[i]!, checkpoint, decided[i]!))
      return `officer of trustee ${decided[i]!.trustee}`;
  }
  return undefined;
}

/**
 * Whether the log contains a notice of this case that every member of S signed.
 * @param signed Signed<LogEntry> of each member of S, in any order
 * @param trusteeKeys the pinned identity keys; trustee i is at [i - 1]
 * @throws CodecError if a signed notice cannot be decoded or is not signed
 */
export function isNoticeLogged(
  { logged, signed }: { readonly logged: LoggedEntry; readonly signed: readonly Uint8Array[] },
  checkpoint: Checkpoint,
  { orderHash, caseId }: CaseId,
  set: readonly number[],
  trusteeKeys: readonly Uint8Array[],
  verify?: VerifySignature,
): boolean {
  if (!isEntry(logged, checkpoint, { kind: "notice", subject: orderHash, caseId })) return false;
  const signers = signed
    .map((bytes) => openSigned(LABELS.signNotice, LogEntry, bytes, verify))
    .filter(({ value }) => equalBytes(LogEntry.encode(value), logged.entry));
  return set.every((i) => signers.some(({ key }) => equalBytes(key, trusteeKeys[i - 1]!)));
}
