// The HTTP interface of a trustee: the requests and answers as zod schemas, which client and trustee share. Bytes travel as
// base64url without padding, except where a schema says hex.
//
// The rounds of a case
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
import type { Base64url } from "../../protocol/encodings.ts";
import type { OrderDescription } from "../../protocol/review.ts";
import { base64urlText as b64, base64urlOf as exactly, hexText as hex } from "./schemas.ts";

const MAX_DOCUMENT_BYTES = 64 << 10;
const MAX_PART_BYTES = 1 << 20;
const MAX_CHAIN_BYTES = 4 << 20;

const document = b64(MAX_DOCUMENT_BYTES);
const part = b64(MAX_PART_BYTES);

// ---- cases, called by the escrow

/** A log entry, its index, and its audit path in the tree of the checkpoint that is sent with it. */
export const Inclusion = z.object({
  entry: document,
  index: z.number().int().nonnegative(),
  proof: z.array(exactly(32)).max(64),
});
export type Inclusion = z.infer<typeof Inclusion>;

export const Bundle = z.object({
  order: document,
  approvals: z.array(document).min(1).max(16),
  nonce: exactly(32),
  checkpoint: z.string().max(16_384),
  orderInclusion: Inclusion,
  approvalInclusions: z.array(Inclusion).max(16),
  officerInclusions: z.array(Inclusion).max(16),
  dossier: b64(512 << 10),
});
export type Bundle = z.infer<typeof Bundle>;

/** The escrow's proof that the log has an order, for the registrar: one cosigned head, and LogEntry "order" in it. */
export const OrderProof = z.object({ checkpoint: z.string().max(16_384), orderInclusion: Inclusion });
export type OrderProof = z.infer<typeof OrderProof>;

/**
 * The escrow's proofs of an approved and noticed case, for requester and registrar (protocol/case-proofs.ts). `approvals` to
 * `officerInclusions`: as in the bundle. `signed`: Signed<LogEntry> of the notice by each member of S, LABELS.signNotice.
 */
export const CaseProofs = z.object({
  approvals: z.array(document).min(1).max(16),
  checkpoint: z.string().max(16_384),
  orderInclusion: Inclusion,
  approvalInclusions: z.array(Inclusion).max(16),
  officerInclusions: z.array(Inclusion).max(16),
  notice: z.object({
    checkpoint: z.string().max(16_384),
    inclusion: Inclusion,
    signed: z.array(document).min(1).max(16),
  }),
});
export type CaseProofs = z.infer<typeof CaseProofs>;

/** POST /v1/cases/notice-shares */
export const NoticeSharesRequest = z.object({ bundle: Bundle });
/** One part for each other member of S. */
export const PartsAnswer = z.object({ parts: z.array(part) });
export type PartsAnswer = z.infer<typeof PartsAnswer>;

/** POST /v1/cases/notice. `parts`: those addressed to this trustee, in any order; it ignores parts for other trustees. */
export const NoticeRequest = z.object({ bundle: Bundle, parts: z.array(part).max(256) });
/** `entry`: LogEntry bytes for the log. `signed`: Signed<LogEntry> by this trustee, LABELS.signNotice. */
export const NoticeAnswer = z.object({ entry: document, signed: document });
export type NoticeAnswer = z.infer<typeof NoticeAnswer>;

/** Number of a chunk. The default is the first chunk, which is the only one of a trace. */
const chunk = z.number().int().min(0).max(255).default(0);

/** POST /v1/cases/shares. `notice`: the log's proof, under a cosigned checkpoint, that it contains the notice entry. */
export const SharesRequest = z.object({
  bundle: Bundle,
  notice: z.object({ checkpoint: z.string().max(16_384), inclusion: Inclusion }),
  chunk,
});
/** Link and assemble: one part for each other member of S. Trace: no parts, and `forRequester`. */
export const SharesAnswer = z.object({ parts: z.array(part), forRequester: part.optional() });
export type SharesAnswer = z.infer<typeof SharesAnswer>;

/** POST /v1/cases/result (link, assemble). `parts`: as in NoticeRequest. */
export const ResultRequest = z.object({
  bundle: Bundle,
  parts: z.array(part).max(256),
  chunk,
  /** The entries "index-root" of the chunk's closed epochs, under a cosigned checkpoint that may be old. */
  roots: z
    .object({ checkpoint: z.string().max(16_384), inclusions: z.array(Inclusion).max(MAX_CHUNK_EPOCHS) })
    .optional(),
});
export type LoggedRoots = NonNullable<z.infer<typeof ResultRequest>["roots"]>;
export const ForRequesterAnswer = z.object({ forRequester: part });
export type ForRequesterAnswer = z.infer<typeof ForRequesterAnswer>;

/**
 * POST /v1/cases/record-shares. `sealed`: hybridSeal(this trustee's transport key, aad = recordItemsAad, padded
 * Signed<RecordItems>), which the requester makes and signs.
 */
export const RecordSharesRequest = z.object({ bundle: Bundle, sealed: part });

// ---- officers

/**
 * POST /v1/officers, a request signed by ADMIN_KEY. `publicKey`: COSE key, ES256. `rpId` and `origin`: as the browser states
 * them. Registering the same credential again returns the same card, or a new one near the card's end. If its values differ,
 * if the key is another officer's, or if the officer was removed, the answer is "conflict".
 */
export const OfficerRequest = z.object({
  credentialId: b64(1024),
  publicKey: b64(1024),
  rpId: z.string().min(1).max(253),
  origin: z.string().min(1).max(512),
});
/** `card`: Signed<OfficerCard>, which the log has. @public */
export const OfficerAnswer = z.object({ trustee: z.number().int(), card: document });
export type OfficerAnswer = z.infer<typeof OfficerAnswer>;

/** A WebAuthn authentication response: the bytes of PublicKeyCredential.response, and rawId as `credentialId`. */
export const Assertion = z.object({
  credentialId: b64(1024),
  authenticatorData: b64(1024),
  clientDataJSON: b64(4096),
  signature: b64(512),
});
export type Assertion = z.infer<typeof Assertion>;

/** POST /v1/officers/nonce → a nonce for one login, valid for five minutes (trustee/login-nonces.ts). @public */
export const LoginNonce = z.object({ nonce: b64(32) });
/**
 * POST /v1/officers/login → a bearer token for inbox and review. The passkey signs loginChallenge (protocol/officer-card.ts),
 * which the officer's client computes. Every decision needs a fresh assertion of its own.
 */
export const LoginRequest = z.object({ nonce: b64(32), assertion: Assertion });
/** The answer: the token, and its end in unix seconds. @public */
export const LoginAnswer = z.object({ token: b64(32), expires: z.number().int() });

/** GET /v1/cases?state=ordered&cursor= with the officer's bearer token: a page of the escrow's cases for this trustee. */
export const InboxAnswer = z.object({
  cases: z.array(
    z.object({ caseId: hex(32), order: document, dossier: b64(512 << 10).nullable(), decided: z.boolean() }),
  ),
  cursor: z.string().nullable(),
});
export type InboxAnswer = z.infer<typeof InboxAnswer>;

/** POST /v1/cases/review with the officer's bearer token */
export const ReviewRequest = z.object({ order: document, dossier: b64(512 << 10) });
/** `dossier`: the opened Dossier's bytes. The officer's client makes the description itself and compares. */
export interface Review {
  description: OrderDescription;
  dossier: Base64url;
}

/** POST /v1/cases/decide → octet-stream Signed<Approval>, which the officer's client sends to the escrow. */
export const DecideRequest = z.object({
  order: document,
  dossier: b64(512 << 10),
  decision: z.enum(["approve", "refuse"]),
  reason: z.string().max(1000),
  assertion: Assertion,
});

// ---- key ceremony: a coordinator, whom nobody needs to trust, carries the messages; ADMIN_KEY signs every request

/** POST /v1/ceremony/:id/start (`id`: 32 random bytes in hex) → {message}: this trustee's commit */
export const CeremonyStart = z.object({
  threshold: z.number().int().min(2).max(16),
  cards: z.array(document).min(2).max(16),
});
/**
 * POST /v1/ceremony/:id/{open,deal,accept,finish}. The request has all trustees' messages of the round before (commits,
 * openings, deals, acceptances). The answer is {message} of this round; the message of accept may be a complaint that names a
 * dealer. finish answers KeySetAnswer.
 */
export const CeremonyMessages = z.object({ messages: z.array(part).min(1).max(16) });
export const CeremonyMessage = z.object({ message: part });
export type CeremonyMessage = z.infer<typeof CeremonyMessage>;

// ---- resharing: a coordinator, whom nobody needs to trust, carries the messages

/** POST /v1/resharing/:id/start (`id`: 32 random bytes in hex), at dealers and new trustees → {plan} */
export const ReshareStart = z.object({
  threshold: z.number().int().min(2).max(16),
  dealers: z.array(z.number().int().min(1).max(16)).min(2).max(16),
  cards: z.array(document).min(2).max(16),
  chain: b64(MAX_CHAIN_BYTES),
});
/** POST /v1/resharing/:id/approve. The assertion's challenge is reshareApprovalChallenge (protocol/key-set-chain.ts). */
export const ReshareApproval = z.object({ assertion: Assertion });
/** POST /v1/resharing/:id/finish, at new trustees and at those that leave. */
export const ReshareFinish = z.object({
  deals: z.array(part).min(2).max(16),
  acceptances: z.array(part).min(2).max(16),
});

// ---- cards and keys, public

/** GET /v1/card. `card`: Signed<TrusteeCard> */
export const CardAnswer = z.object({
  index: z.number().int(),
  identityKey: hex(32),
  transportKey: b64(1216),
  witnessVkey: z.string(),
  card: document,
});
export type CardAnswer = z.infer<typeof CardAnswer>;

/** GET /v1/keyset. `keySet`: KeySet with all signatures. `cards`: Signed<TrusteeCard> in index order. */
export const KeySetAnswer = z.object({ keySet: document, cards: z.array(document) });
export type KeySetAnswer = z.infer<typeof KeySetAnswer>;
