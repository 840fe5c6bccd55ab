// Documents of a case and their proofs in the log, as escrow, trustees, registrar and requesters exchange them. Bytes travel as
// base64url without padding, except where a schema says hex.

import * as z from "zod";
import { base64urlOf, base64urlText } from "./fields.ts";

const MAX_DOCUMENT_BYTES = 64 << 10;
const MAX_DOSSIER_BYTES = 512 << 10;

/** a signed document of a case */
export const caseDocument = base64urlText(MAX_DOCUMENT_BYTES);
/** a dossier, sealed to one trustee */
export const sealedDossier = base64urlText(MAX_DOSSIER_BYTES);
/** a head of the log with its signatures */
export const noteText = z.string().max(16_384);

/** A log entry, its index, and its audit path in the tree of the checkpoint that is sent with it. */
export const Inclusion = z.object({
  entry: caseDocument,
  index: z.int().min(0),
  proof: z.array(base64urlOf(32)).max(64),
});
export type Inclusion = z.infer<typeof Inclusion>;

/** The escrow's proof that the log has an order, for the registrar: one cosigned head, and LogEntry "order" in it. */
export const OrderProof = z.object({ checkpoint: noteText, orderInclusion: Inclusion });
export type OrderProof = z.infer<typeof OrderProof>;

/**
 * The escrow's proofs of an approved and noticed case, for requester and registrar (protocol/case-proofs.ts). `approvals` to
 * `officerInclusions`: as in the bundle. `signed`: Signed<LogEntry> of the notice by each member of S, LABELS.signNotice.
 */
export const CaseProofs = z.object({
  approvals: z.array(caseDocument).min(1).max(16),
  checkpoint: noteText,
  orderInclusion: Inclusion,
  approvalInclusions: z.array(Inclusion).max(16),
  officerInclusions: z.array(Inclusion).max(16),
  notice: z.object({
    checkpoint: noteText,
    inclusion: Inclusion,
    signed: z.array(caseDocument).min(1).max(16),
  }),
});
export type CaseProofs = z.infer<typeof CaseProofs>;
