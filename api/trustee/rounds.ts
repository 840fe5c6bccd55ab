// The rounds of a case at a trustee.
//
// A case opens one approved order. S is the set of the t trustees whose approvals are in the bundle; they compute the result
// together, in rounds. The members of S do not call each other: the escrow carries every message. No member needs to trust
// the escrow, because a trustee believes only what the bundle itself proves (functions/trustee/case-bundle.ts). Every client
// that holds a valid bundle may carry the messages. Each answer is sealed to the party that may read it.
//
// If the same request comes again, the rounds notice-shares, notice, shares and result answer the same bytes. The round
// record-shares answers the same points with a fresh proof.
//
//   round            request                               answer                              who learns what
//   notice-shares    bundle                                a part to each other member of S    members: their dossier
//   notice           bundle, the others' parts             LogEntry "notice", signed; equal    members: a notice key of each
//                                                          for all of S, or a member lies      subject for this case id only
//      then the escrow appends the entry to the log, and >= t witnesses cosign a newer checkpoint
//   shares           bundle, the notice's place in the log link, assemble: a part to each      trace: the requester, from t shares,
//                                                          other member; trace: forRequester   the handle R
//   result           bundle, the others' parts, the logged forRequester (link, assemble)       members, requester: the sessions in scope
//                    roots of the chunk's closed epochs
//   record-shares    bundle, sealed: stanzas of result's   forRequester                        requester, from t of them: the file keys
//                    sessions, signed by the requester
//
// For a link or assemble, shares and result run once per chunk (protocol/case-chunks.ts), with the newest epochs first. A
// trustee gives the shares of chunk k only after those of chunk k - 1, and the result of chunk k only after its own shares
// of chunk k. The requester may ask for the records of a chunk when the chunk's result is there, while older chunks follow.
//
//   part          Signed<SealedPart>      signed by its author, sealed to one member           (protocol/case-documents.ts)
//   forRequester  Signed<ForRequester>    signed by its author, sealed to the seal key in the order's requester certificate
//                   "trace"    TracePart            "result"  Signed<CaseResult>, LABELS.signResult
//                   "records"  RecordParts, items in the order of the request
//
// The bundle
//
// The bundle proves to a trustee that the order is valid, approved and logged. Every round sends it.
//
//   order              Signed<Order>
//   approvals          Signed<Approval> of exactly S, ascending by trustee. |S| is the threshold t; for an assemble it is the
//                      parameters' assembleThreshold if that is more. All are about the dossier below
//   nonce              32 bytes, which the escrow chooses once per case
//   checkpoint         note text signed by the log, cosigned by >= t trustees; contains the order and the approvals
//   orderInclusion     LogEntry {kind "order", subject orderHashOf(order), caseId} with its index and audit path
//   approvalInclusions LogEntry {kind "approval", subject approvalHashOf(approval), caseId}, one per approval, in their order
//   officerInclusions  LogEntry "officer" of each approval's officer card, in their order (protocol/officer-card.ts)
//   dossier            hybridSeal(this trustee's transport key, aad = orderHashOf(order), Dossier)
//
// All members of S must get the same bundle, except that each dossier is sealed to its own trustee. In its first round a
// trustee binds the case id to order, nonce, S, scope, subject and checkpoint. (The subject of an assemble is all contracts
// and their epochs.) If a later request has other values for this case id, the trustee refuses it with "conflict", for ever.
//
// Refusals
//
//   credential-refused   a proof, signature, approval or inclusion does not verify; the answer never says which
//   clock-skew           the order is dated too far ahead of the trustee's clock; the answer says by how many seconds
//   expired              the order has expired
//   malformed            the request cannot be read, or the order has no such chunk
//   conflict             the case id is bound to other values
//   not-allowed-now      with one of these details:
//     "trustee N: wrong share"            the part that trustee N signed does not open or verify; the signed bytes are evidence
//     "trustee N: part missing"           the request has no part from trustee N, which is a member of S
//     "epoch not begun", "epoch still open"
//     "notice-shares first", "notice first", "shares first", "result first", "newer chunks first"
//     "keys not generated", "other key set or generation"

import * as z from "zod";
import { MAX_CHUNK_EPOCHS } from "../../protocol/case-chunks.ts";
import { caseDocument, Inclusion, noteText, sealedDossier } from "../case-proofs.ts";
import { type AnswersOf, type BodyOf, JSON_TYPE, json, route, signatureOf } from "../contract.ts";
import { base64urlOf, base64urlText } from "../fields.ts";

const MAX_PART_BYTES = 1 << 20;
/** audit paths of all roots of a chunk */
const MAX_VALUES = 20_000;

export const part = base64urlText(MAX_PART_BYTES);

export const Bundle = z.object({
  order: caseDocument,
  approvals: z.array(caseDocument).min(1).max(16),
  nonce: base64urlOf(32),
  checkpoint: noteText,
  orderInclusion: Inclusion,
  approvalInclusions: z.array(Inclusion).max(16),
  officerInclusions: z.array(Inclusion).max(16),
  dossier: sealedDossier,
});
export type Bundle = z.infer<typeof Bundle>;

/** `parts`: those addressed to this trustee, in any order; it ignores parts for other trustees. */
const parts = z.array(part).max(256);
/** Number of a chunk. The default is the first chunk, which is the only one of a trace. */
const chunk = z.int().min(0).max(255).default(0);

const callers = [signatureOf("the escrow")];
const produces = [JSON_TYPE];

export const ROUNDS = {
  noticeShares: route({
    method: "POST",
    path: "/v1/cases/notice-shares",
    callers,
    body: json(z.object({ bundle: Bundle }), MAX_VALUES),
    produces,
  }),
  notice: route({
    method: "POST",
    path: "/v1/cases/notice",
    callers,
    body: json(z.object({ bundle: Bundle, parts }), MAX_VALUES),
    produces,
  }),
  shares: route({
    method: "POST",
    path: "/v1/cases/shares",
    callers,
    body: json(
      z.object({
        bundle: Bundle,
        /** the log's proof, under a cosigned checkpoint, that it contains the notice entry */
        notice: z.object({ checkpoint: noteText, inclusion: Inclusion }),
        chunk,
      }),
      MAX_VALUES,
    ),
    produces,
  }),
  result: route({
    method: "POST",
    path: "/v1/cases/result",
    callers,
    body: json(
      z.object({
        bundle: Bundle,
        parts,
        chunk,
        /** The entries "index-root" of the chunk's closed epochs, under a cosigned checkpoint that may be old. */
        roots: z.object({ checkpoint: noteText, inclusions: z.array(Inclusion).max(MAX_CHUNK_EPOCHS) }).optional(),
      }),
      MAX_VALUES,
    ),
    produces,
  }),
  recordShares: route({
    method: "POST",
    path: "/v1/cases/record-shares",
    callers,
    /** `sealed`: hybridSeal(this trustee's transport key, aad = recordItemsAad, padded Signed<RecordItems>) */
    body: json(z.object({ bundle: Bundle, sealed: part }), MAX_VALUES),
    produces,
  }),
};

export type NoticeSharesRequest = BodyOf<typeof ROUNDS.noticeShares>;
export type NoticeRequest = BodyOf<typeof ROUNDS.notice>;
export type SharesRequest = BodyOf<typeof ROUNDS.shares>;
export type ResultRequest = BodyOf<typeof ROUNDS.result>;
export type RecordSharesRequest = BodyOf<typeof ROUNDS.recordShares>;
export type LoggedRoots = NonNullable<ResultRequest["roots"]>;

// The escrow checks the answers with these schemas.

/** One part for each other member of S. */
export const PartsAnswer = z.object({ parts: z.array(part) });
export type PartsAnswer = z.infer<typeof PartsAnswer>;
/** `entry`: LogEntry bytes for the log. `signed`: Signed<LogEntry> by this trustee, LABELS.signNotice. */
export const NoticeAnswer = z.object({ entry: caseDocument, signed: caseDocument });
export type NoticeAnswer = z.infer<typeof NoticeAnswer>;
/** Link and assemble: one part for each other member of S. Trace: no parts, and `forRequester`. */
export const SharesAnswer = z.object({ parts: z.array(part), forRequester: part.optional() });
export type SharesAnswer = z.infer<typeof SharesAnswer>;
export const ForRequesterAnswer = z.object({ forRequester: part });
export type ForRequesterAnswer = z.infer<typeof ForRequesterAnswer>;

export const ROUNDS_ANSWERS = () => {
  const problems = ["unknown-version", "expired", "conflict", "not-allowed-now"] as const;
  return {
    noticeShares: {
      summary: "Round notice-shares: the shares of a notice key of each subject",
      ok: { 200: { json: PartsAnswer } },
      problems,
    },
    notice: { summary: "Round notice: the notice entry for the log", ok: { 200: { json: NoticeAnswer } }, problems },
    shares: {
      summary: "Round shares: this trustee's shares of a chunk",
      description: "The first round after the log has the notice. Chunks follow each other, the newest epochs first.",
      ok: { 200: { json: SharesAnswer } },
      problems,
    },
    result: {
      summary: "Round result: the sessions of a chunk, sealed to the requester",
      ok: { 200: { json: ForRequesterAnswer } },
      problems,
    },
    recordShares: {
      summary: "Round record-shares: shares of the keys of records, sealed to the requester",
      ok: { 200: { json: ForRequesterAnswer } },
      problems,
    },
  } satisfies AnswersOf<typeof ROUNDS>;
};
