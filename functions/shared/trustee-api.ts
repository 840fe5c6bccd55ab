// The HTTP interface of a trustee: requests and answers, as zod schemas that both sides use. Bytes are base64url strings.
//
// The rounds of a case. The escrow carries everything and needs no trust for any of it: a trustee believes only what the
// bundle itself proves (functions/trustee/case-bundle.ts). Whoever holds a valid bundle may carry; answers are sealed to those
// who may read them. S = the t approvers, fixed by the bundle. Each round answers the same bytes when it is sent again.
//
//   round            sent                                  answered                            who learns what
//   notice-shares    bundle                                a part to each other member of S    members: their dossier
//   notice           bundle, the others' parts             LogEntry "notice", signed; equal    members: the patient's notice key
//                                                          for all of S (else somebody lies)   for this case id only
//      the escrow appends the entry to the log and has a newer checkpoint cosigned by >= t witnesses
//   shares           bundle, notice's place in the log     link, assemble: a part to each      trace: the requester, from t shares,
//                                                          other member; trace: forRequester   the handle R
//   result           bundle, the others' parts             forRequester (link, assemble)       members, requester: the sessions in scope
//   record-shares    bundle, stanzas of result's sessions  forRequester                        requester, from t of them: the file keys
//
// shares and result of a link or assemble go chunk by chunk (protocol/case-chunks.ts), the newest epochs first: shares of
// chunk k are given after those of chunk k - 1, and result k after shares k. Records of a chunk may be asked for as soon as
// its result is there, while older chunks are coming.//
//   part          Signed<SealedPart>      by its author, sealed to one member                 (protocol/case-documents.ts)
//   forRequester  Signed<ForRequester>    by its author, sealed to the requester's seal key of the order's certificate
//                   "trace"    TracePart            "result"  Signed<CaseResult>, LABELS.signResult
//                   "records"  RecordParts, items in the order of the request
//
// The bundle
//   order              Signed<Order>
//   approvals          Signed<Approval> of exactly S, |S| = parameters' threshold, ascending by trustee
//   nonce              32 bytes, chosen by the escrow once a case
//   checkpoint         note text signed by the log, cosigned by >= threshold trustees; contains the order and approvals
//   orderInclusion     LogEntry {kind "order", subject orderHashOf(order), caseId} with its place and proof
//   approvalInclusions LogEntry {kind "approval", subject approvalHashOf(approval), caseId}, one each, in their order
//   dossier            hybridSeal(this trustee's transport key, aad = orderHashOf(order), Dossier)
// All members must be given the same bundle but for the dossier's seal: a case id is bound to order, nonce, S, scope,
// subject (of an assemble: all contracts and their epochs) and checkpoint at its first round, and other values are refused
// with "conflict" for ever.
//
// Refusals: credential-refused (a proof, signature, approval or inclusion fails; always the same answer), expired,
// malformed (no such chunk), conflict (case id bound to other values), not-allowed-now with a detail: "trustee N: wrong share" names a member whose
// signed part does not verify; "epoch still open"; "notice first"; "newer chunks first"; "keys not generated"; "other key set or generation".

import * as z from "zod";
import { base64urlText as b64, hexText as hex } from "./schemas.ts";

const MAX_DOCUMENT_BYTES = 64 << 10;
export const MAX_PART_BYTES = 1 << 20;
export const MAX_RECORD_ITEMS = 64;

const document = b64(MAX_DOCUMENT_BYTES);
const part = b64(MAX_PART_BYTES);

// ---- cases, called by the escrow

/** A log entry and its audit path in the tree of the checkpoint it stands beside. */
export const Inclusion = z.object({
  entry: document,
  index: z.number().int().nonnegative(),
  proof: z.array(b64(32)).max(64),
});
export type Inclusion = z.infer<typeof Inclusion>;

export const Bundle = z.object({
  order: document,
  approvals: z.array(document).min(1).max(16),
  nonce: b64(32),
  checkpoint: z.string().max(16_384),
  orderInclusion: Inclusion,
  approvalInclusions: z.array(Inclusion).max(16),
  dossier: b64(512 << 10),
});
export type Bundle = z.infer<typeof Bundle>;

/** POST /v1/cases/notice-shares */
export const NoticeSharesRequest = z.object({ bundle: Bundle });
/** Also of POST /v1/cases/shares for link and assemble: parts for the other members of S. */
export const PartsAnswer = z.object({ parts: z.array(part) });
export type PartsAnswer = z.infer<typeof PartsAnswer>;

/** POST /v1/cases/notice; parts: those addressed to this trustee, in any order (others are passed over). */
export const NoticeRequest = z.object({ bundle: Bundle, parts: z.array(part).max(256) });
/** entry: LogEntry bytes for the log; signed: Signed<LogEntry>, LABELS.signNotice, by this trustee */
export const NoticeAnswer = z.object({ entry: document, signed: document });
export type NoticeAnswer = z.infer<typeof NoticeAnswer>;

/** Number of a chunk; absent: the first, which is the only one of a trace. */
const chunk = z.number().int().min(0).max(255).default(0);

/** POST /v1/cases/shares; notice: where the log holds the entry of the notice round, under a cosigned checkpoint. */
export const SharesRequest = z.object({
  bundle: Bundle,
  notice: z.object({ checkpoint: z.string().max(16_384), inclusion: Inclusion }),
  chunk,
});
export const SharesAnswer = z.object({ parts: z.array(part), forRequester: part.optional() });
export type SharesAnswer = z.infer<typeof SharesAnswer>;

/** POST /v1/cases/result */
export const ResultRequest = z.object({ bundle: Bundle, parts: z.array(part).max(256), chunk });
export const ForRequesterAnswer = z.object({ forRequester: part });
export type ForRequesterAnswer = z.infer<typeof ForRequesterAnswer>;

/** POST /v1/cases/record-shares */
export const RecordItem = z.object({
  serviceId: b64(16),
  tagHash: b64(32),
  recordId: b64(16),
  stanza: b64(8192),
});
export type RecordItem = z.infer<typeof RecordItem>;
export const RecordSharesRequest = z.object({
  bundle: Bundle,
  items: z.array(RecordItem).min(1).max(MAX_RECORD_ITEMS),
});

// ---- officers

/**
 * POST /v1/officers, signed request by ADMIN_KEY. publicKey: COSE, ES256; rpId and origin as the browser will state them.
 * Registering the same credential again changes nothing; other values for it are a conflict.
 */
export const OfficerRequest = z.object({
  credentialId: b64(1024),
  publicKey: b64(1024),
  rpId: z.string().min(1).max(253),
  origin: z.string().min(1).max(512),
});

/** WebAuthn authentication response: the bytes of PublicKeyCredential.response, and rawId. */
export const Assertion = z.object({
  credentialId: b64(1024),
  authenticatorData: b64(1024),
  clientDataJSON: b64(4096),
  signature: b64(512),
});
export type Assertion = z.infer<typeof Assertion>;

/** POST /v1/officers/challenge → a challenge to log in with, single use, LOGIN_TTL_SECONDS */
export const LoginChallenge = z.object({ challenge: b64(32), trustee: z.number().int() });
/** POST /v1/officers/login → a bearer token for inbox and review; deciding always needs a fresh assertion of its own */
export const LoginRequest = z.object({ challenge: b64(32), assertion: Assertion });
export const LoginAnswer = z.object({ token: b64(32), expires: z.number().int() });

/** GET /v1/cases?state=ordered&cursor= (officer's bearer token): what the escrow holds for this trustee. */
export const InboxAnswer = z.object({
  cases: z.array(
    z.object({ caseId: hex(32), order: document, dossier: b64(512 << 10).nullable(), decided: z.boolean() }),
  ),
  cursor: z.string().nullable(),
});
export type InboxAnswer = z.infer<typeof InboxAnswer>;

/** POST /v1/cases/review (officer's bearer token) */
export const ReviewRequest = z.object({ order: document, dossier: b64(512 << 10) });
export const Review = z.object({
  trustee: z.number().int(),
  caseId: hex(32),
  orderHash: hex(32),
  kind: z.enum(["link", "trace", "assemble"]),
  requester: z.object({ name: z.string(), role: z.string(), key: hex(32) }),
  purpose: z.string(),
  legalGround: z.string(),
  epochs: z.object({ from: z.string(), to: z.string() }),
  services: z.array(hex(16)),
  emergency: z.boolean(),
  issuedAt: z.number(),
  expiresAt: z.number(),
  /** link, trace: the session under its TID; assemble: the requester's name for the person */
  subject: z.union([
    z.object({ tid: z.string(), tagHash: hex(32), serviceId: hex(16), epoch: z.string(), at: z.number() }),
    z.object({ selector: z.string() }),
  ]),
  warnings: z.array(z.string()),
  /** WebAuthn challenges for the two decisions (approvalChallenge) */
  challenges: z.object({ approve: b64(32), refuse: b64(32) }),
});
export type Review = z.infer<typeof Review>;

/** POST /v1/cases/decide → octet-stream Signed<Approval>; the officer's client takes it to the escrow. */
export const DecideRequest = z.object({
  order: document,
  dossier: b64(512 << 10),
  decision: z.enum(["approve", "refuse"]),
  reason: z.string().max(1000),
  assertion: Assertion,
});

// ---- key ceremony, carried by a coordinator that needs no trust; every request signed by ADMIN_KEY

/** POST /v1/ceremony/:id/start (id: 32 random bytes in hex) → {message}: this trustee's commit */
export const CeremonyStart = z.object({
  threshold: z.number().int().min(2).max(16),
  cards: z.array(document).min(2).max(16),
});
/**
 * POST /v1/ceremony/:id/{open,deal,accept,finish}: all trustees' messages of the round before (commits, openings, deals,
 * acceptances) → {message} of this round; accept also answers `complaint` instead of accepting; finish → KeySetAnswer.
 */
export const CeremonyMessages = z.object({ messages: z.array(part).min(1).max(16) });
export const CeremonyMessage = z.object({ message: part });
export type CeremonyMessage = z.infer<typeof CeremonyMessage>;

// ---- log witness

/**
 * POST /v1/cosign. from: size of the newest head this trustee signed (GET /v1/witness; 0 at first), proof: RFC 9162
 * consistency proof from there (empty from 0). Answers one signature line for the log's POST /v1/cosignatures.
 */
export const CosignRequest = z.object({ checkpoint: z.string().max(16_384), proof: z.array(b64(32)).max(64) });
export const CosignAnswer = z.object({ cosignature: z.string() });
/** GET /v1/witness */
export const WitnessAnswer = z.object({ size: z.number().int(), vkey: z.string() });

// ---- cards and keys, public

/** GET /v1/card; card: Signed<TrusteeCard> */
export const CardAnswer = z.object({
  index: z.number().int(),
  identityKey: hex(32),
  transportKey: b64(1216),
  witnessVkey: z.string(),
  card: document,
});
export type CardAnswer = z.infer<typeof CardAnswer>;

/** GET /v1/keyset; keySet: KeySet with all signatures; cards: Signed<TrusteeCard> in index order */
export const KeySetAnswer = z.object({ keySet: document, cards: z.array(document) });
export type KeySetAnswer = z.infer<typeof KeySetAnswer>;
