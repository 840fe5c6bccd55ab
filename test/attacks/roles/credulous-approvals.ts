// Takes the place of functions/shared/approvals.ts. If the case is marked "credulous", any validly signed approval counts:
// of any key, any order, any officer's act, of cards that the log does not have. Only the number of different trustees is
// still checked.

import * as real from "../../../functions/shared/approvals.ts";
import { refused } from "../../../functions/shared/problems.ts";
import { Approval } from "../../../protocol/approvals.ts";
import { openSigned, Signed } from "../../../protocol/documents.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { OfficerCard } from "../../../protocol/officer-card.ts";
import { marked } from "./marks.ts";

export * from "../../../functions/shared/approvals.ts";

export const verifyApprovals: typeof real.verifyApprovals = (given) => {
  if (!marked("credulous")) return real.verifyApprovals(given);
  const approvals = given.approvals.map((signed) => {
    const { value } = openSigned(LABELS.signApproval, Approval, signed);
    return { ...value, card: OfficerCard.decode(Signed.decode(value.officerCard).document) };
  });
  const set = [...new Set(approvals.map((a) => a.trustee))].sort((a, b) => a - b);
  if (set.length !== approvals.length || set.length < given.needed) throw refused("approvals");
  // An approval counts for any dossier too: each takes the dossier of the last one, which is of the case at hand.
  const { dossierHash } = approvals.at(-1)!;
  return { set, approvals: approvals.map((a) => ({ ...a, dossierHash })) };
};

export const checkLogged: typeof real.checkLogged = (...given) => {
  if (!marked("credulous")) real.checkLogged(...given);
};
