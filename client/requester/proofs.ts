// The escrow's proofs of a case, as the requester verifies them before it believes an identity. The registrar verifies the
// same before it answers (functions/registrar/disclosures.ts).
//
//   approvals   of S, each with its officer's card (protocol/approvals.ts)
//   log         the order, the approvals and the officers' cards under one cosigned head; under another the notice, which every
//               member of S signed (protocol/case-proofs.ts)

import type { CaseProofs, Inclusion } from "../../api/case-proofs.ts";
import { approvalsNeeded, type Decided, verifyApprovals } from "../../protocol/approvals.ts";
import { isNoticeLogged, missingEntry } from "../../protocol/case-proofs.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import type { Order } from "../../protocol/documents.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { atAnyAge, type LoggedEntry, logTrustOf, verifyHead } from "../../protocol/log-trust.ts";
import type { Checkpoint } from "../../protocol/note.ts";
import { textOfCause, translate } from "../errors.ts";
import { logPinsOf } from "../parameters.ts";
import type { RequesterContext } from "./context.ts";
import { RequesterError } from "./errors.ts";
import type { PreparedOrder } from "./order.ts";

/** |S| of an order: t, or more for an assemble. @throws RequesterError trustees; ParametersError, ApiError */
export async function neededFor(context: RequesterContext, { kind, issuedAt }: Order): Promise<number> {
  const { threshold } = (await context.trustees()).keySet;
  const { assembleThreshold } = (await context.parameters.of(epochOf(issuedAt))).document;
  return approvalsNeeded(kind, { threshold, assembleThreshold });
}

const loggedOf = ({ entry, index, proof }: Inclusion): LoggedEntry => ({
  entry: fromBase64url(entry),
  index,
  proof: proof.map(fromBase64url),
});

/**
 * Verifies the proofs of a case up to its notice. @returns the approvals of S, ascending by trustee
 * @throws RequesterError wrong-proofs, trustees; ParametersError, ApiError
 */
export async function verifyProofs(
  context: RequesterContext,
  { order, hash: orderHash }: PreparedOrder,
  proofs: CaseProofs,
): Promise<Decided[]> {
  const { deployment } = context;
  const { identityKeys: trusteeKeys } = (await context.trustees()).keySet;
  const needed = await neededFor(context, order);
  const now = context.transport.now();
  const { document } = await context.parameters.of(epochOf(now));
  const wrong = (detail: string, cause?: unknown) => new RequesterError("wrong-proofs", detail, [], cause);
  const check = (): Decided[] => {
    const trust = atAnyAge(logTrustOf(logPinsOf(deployment), document));
    const headOf = (note: string): Checkpoint => {
      const head = verifyHead(note, trust, now);
      if (!head.ok) throw wrong(`a head of the log does not verify (${head.reason})`);
      return head.checkpoint;
    };
    const of = { orderHash, caseId: order.caseId };
    const signed = proofs.approvals.map(fromBase64url);
    const times = { from: order.issuedAt - CLOCK_TOLERANCE_SECONDS, to: order.expiresAt };
    const approving = verifyApprovals({ ...of, approvals: signed, trusteeKeys, needed, ...times });
    if (!approving.ok) throw wrong(`approvals: ${approving.reason}`);
    const entries = {
      order: loggedOf(proofs.orderInclusion),
      approvals: proofs.approvalInclusions.map(loggedOf),
      officers: proofs.officerInclusions.map(loggedOf),
    };
    const missing = missingEntry(entries, headOf(proofs.checkpoint), of, signed, approving.approvals);
    if (missing !== undefined) throw wrong(`not in the log: ${missing}`);
    const notice = { logged: loggedOf(proofs.notice.inclusion), signed: proofs.notice.signed.map(fromBase64url) };
    if (!isNoticeLogged(notice, headOf(proofs.notice.checkpoint), of, approving.set, trusteeKeys))
      throw wrong("not in the log: the notice of the approving set");
    return approving.approvals;
  };
  return translate(check, (cause) => wrong(textOfCause(cause), cause));
}
