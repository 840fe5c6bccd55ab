// Judges case-faults.json with the limits of orders and the verifiers of a case's log proofs.

import { verifyApprovals } from "../../protocol/approvals.ts";
import { trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { isNoticeLogged, missingEntry } from "../../protocol/case-proofs.ts";
import { Order } from "../../protocol/documents.ts";
import { type LoggedEntry, verifyHead } from "../../protocol/log-trust.ts";
import { type Checkpoint, LOG_KEY, noteKey } from "../../protocol/note.ts";
import { orderFault, scopeFault } from "../../protocol/order-limits.ts";
import { type Any, b, type Judge, thrownBy, verdictOf } from "./judges.ts";

const loggedOf = ({ entry, index, proof }: Any): LoggedEntry => ({ entry: b(entry), index, proof: proof.map(b) });
const caseOf = (file: Any) => ({ orderHash: b(file.orderHash), caseId: b(file.caseId) });

/** Judges under a head that may have any age. */
function underHead(note: string, file: Any, judge: (checkpoint: Checkpoint) => string): string {
  const trust = {
    logKey: noteKey("log.vectors.example", LOG_KEY, b(file.logKey)),
    witnesses: file.trusteeKeys.map((key: string, i: number) => trusteeWitnessKey(i + 1, b(key))),
    quorum: file.quorum,
    maxAgeSeconds: Number.POSITIVE_INFINITY,
  };
  const head = verifyHead(note, trust, 0);
  return head.ok ? judge(head.checkpoint) : head.reason;
}

function approved(entry: Any, file: Any, checkpoint: Checkpoint): string {
  const signed: Uint8Array[] = file.approvals.map(b);
  const { from, to } = file;
  const scope = { ...caseOf(file), trusteeKeys: file.trusteeKeys.map(b), from, to };
  const verdict = verifyApprovals({ ...scope, approvals: signed, needed: signed.length });
  if (!verdict.ok) return verdict.reason;
  const entries = {
    order: loggedOf(entry.order),
    approvals: entry.approvals.map(loggedOf),
    officers: entry.officers.map(loggedOf),
  };
  const missing = missingEntry(entries, checkpoint, caseOf(file), signed, verdict.approvals);
  return missing === undefined ? "accepted" : `missing ${missing}`;
}

export const judges: Record<string, Judge> = {
  order: ({ order, now, toleranceSeconds }) => orderFault(Order.decode(b(order)), now, toleranceSeconds) ?? "accepted",
  scope: ({ order, epochs, now }) => {
    const parameters = epochs.map((e: Any) => ({ ...e, keySetId: b(e.keySetId) }));
    return scopeFault(Order.decode(b(order)), parameters, now) ?? "accepted";
  },
  approved: (entry, file) => {
    let reason = "";
    const thrown = thrownBy(() => {
      reason = underHead(entry.note, file, (checkpoint) => approved(entry, file, checkpoint));
    });
    return thrown === "accepted" ? reason : thrown;
  },
  noticed: ({ note, logged, signed }, file) =>
    underHead(note, file, (checkpoint) =>
      verdictOf("refused", () => {
        const notice = { logged: loggedOf(logged), signed: signed.map(b) };
        return isNoticeLogged(notice, checkpoint, caseOf(file), file.set, file.trusteeKeys.map(b));
      }),
    ),
};
