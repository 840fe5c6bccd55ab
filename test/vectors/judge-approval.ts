// Judges approval-faults.json with the verifier of approvals.

import { verifyApprovals } from "../../protocol/approvals.ts";
import { b, type Judge, thrownBy } from "./judges.ts";

export const judges: Record<string, Judge> = {
  approvals: ({ approvals, needed }, file) => {
    let reason = "";
    const thrown = thrownBy(() => {
      const verdict = verifyApprovals({
        orderHash: b(file.orderHash),
        caseId: b(file.caseId),
        trusteeKeys: file.trusteeKeys.map(b),
        from: file.from,
        to: file.to,
        approvals: approvals.map(b),
        needed: needed ?? file.needed,
      });
      reason = verdict.ok ? `accepted ${verdict.set}` : verdict.reason;
    });
    return thrown === "accepted" ? reason : thrown;
  },
};
