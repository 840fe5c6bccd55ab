// The wire documents of a case, in addition to documents.ts: the parts that trustees seal to each other and to the
// requester, and the notice that they leave in the log for the patient. Each document says who may read it. Type bytes
// 0x30 to 0x3f.
//
//   trustee → everybody   TrusteeCard          its transport key, signed by its pinned identity key
//   requester/registrar → trustee  Dossier     hybridSeal(transport key, aad = order hash, Dossier)
//   trustee → trustee     SealedPart           a notice share or link shares. The author signs the seal, so a part that
//                                              was changed on the way and a wrong share can be told apart.
//   requester → trustee   RecordItems          the records whose keys it asks for (record-items.ts)
//   trustee → requester   ForRequester         trace share, result or record shares; signed likewise
//   trustee → log         LogEntry "notice"    body = rows ‖ sealed NoticeContent, readable by the patient's wallet only
//
//   aad of a SealedPart    frame(partAad, case context, round, u8 from ‖ u8 to)
//   aad of a ForRequester  frame(forRequesterAad, order hash, kind, u8 from); the sealed content is padded
//
// `context` of a notice's part is caseBinding: the CaseContext of the notice with trustee = 0. It pins order, nonce,
// approving set, scope and checkpoint. So one case id means one set of values everywhere. A link's part has
// chunkBinding: the same with the chunk's epochs as its scope, so a part of one chunk does not pass for a part of
// another.

import { equalBytes, frame, labelledHash, utf8ToBytes } from "./bytes.ts";
import { blob, bool, document, fixed, list, type Of, oneOf, struct, text, u8, u32, u64 } from "./codec.ts";
import { type CaseContext, caseContextHash, ORDER_KINDS, openSigned, signDocument } from "./documents.ts";
import type { Signer, VerifySignature } from "./ed25519.ts";
import { HYBRID_PUBLIC_KEY_BYTES } from "./hybrid-seal.ts";
import { LABELS } from "./labels.ts";
import { type NoteKey, noteKey, WITNESS_KEY } from "./note.ts";
import { padToMultiple } from "./padding.ts";

/**
 * A trustee's transport key. The trustee's identity key signs the card; that key is pinned in the parameters and in
 * every role's bindings.
 */
export const TrusteeCard = document("TrusteeCard", 0x30, 1, {
  index: u8,
  transportKey: fixed(HYBRID_PUBLIC_KEY_BYTES),
});
export type TrusteeCard = Of<typeof TrusteeCard>;

/**
 * Reads the signed cards of all trustees, in the order of the pinned keys.
 * @throws CodecError
 * @throws RangeError if a card is missing, is out of order or is signed by another key
 */
export function readTrusteeCards(
  cards: readonly Uint8Array[],
  identityKeys: readonly Uint8Array[],
  verify?: VerifySignature,
): TrusteeCard[] {
  if (cards.length !== identityKeys.length)
    throw new RangeError(`${cards.length} trustee cards, expected ${identityKeys.length}`);
  return cards.map((bytes, i) => {
    const { key, value } = openSigned(LABELS.signTrustee, TrusteeCard, bytes, verify);
    if (value.index !== i + 1 || !equalBytes(key, identityKeys[i]!))
      throw new RangeError(`trustee ${i + 1}: card is not signed by the pinned key`);
    return value;
  });
}

/**
 * A trustee's witness key is its identity key under this name. So a party that pins the trustees has the witnesses too.
 * This is sound because cosigned messages start with "cosignature/v1\n", and all other messages with a label of
 * labels.ts.
 */
export const trusteeWitnessKey = (index: number, identityKey: Uint8Array): NoteKey =>
  noteKey(`symbolon/trustee-${index}`, WITNESS_KEY, identityKey);

/** CaseContext.checkpoint. It hashes the note's text, so the order of cosignatures does not matter. */
export const checkpointHashOf = (text: string): Uint8Array => labelledHash(LABELS.checkpoint, utf8ToBytes(text));

/**
 * The label of a record's threshold stanza. A stanza that was moved to another session, service or record does not
 * open.
 */
export const stanzaLabel = (
  place: { serviceId: Uint8Array; tagHash: Uint8Array; recordId: Uint8Array },
  keySetId: Uint8Array,
): Uint8Array => labelledHash(LABELS.stanza, place.serviceId, place.tagHash, place.recordId, keySetId);

/** The values to which a case id is bound for ever, hashed from the notice's context. */
export const caseBinding = (notice: CaseContext): Uint8Array =>
  caseContextHash({ ...notice, kind: "notice", trustee: 0 });

/** The same for one chunk: its link context, for any subject, with trustee = 0. */
export const chunkBinding = (notice: CaseContext, scope: CaseContext["scope"]): Uint8Array =>
  caseContextHash({ ...notice, kind: "link", scope, trustee: 0 });

export const PART_ROUNDS = ["notice", "link"] as const;
/** A part from one trustee of S to another; `sealed` is for the receiver's transport key. */
export const SealedPart = document("SealedPart", 0x31, 1, {
  caseId: fixed(32),
  context: fixed(32),
  round: oneOf(...PART_ROUNDS),
  from: u8,
  to: u8,
  sealed: blob,
});
export type SealedPart = Of<typeof SealedPart>;
/** Associated data of a SealedPart's seal. */
export const partAad = (p: Omit<SealedPart, "sealed" | "caseId">): Uint8Array =>
  frame(utf8ToBytes(LABELS.partAad), p.context, utf8ToBytes(p.round), Uint8Array.of(p.from, p.to));

export const REQUESTER_PARTS = ["trace", "result", "records"] as const;
/** A part from a trustee of S to the requester; `sealed`, over the padded content, is for the requester's sealKey. */
export const ForRequester = document("ForRequester", 0x32, 1, {
  caseId: fixed(32),
  orderHash: fixed(32),
  kind: oneOf(...REQUESTER_PARTS),
  from: u8,
  sealed: blob,
});
export type ForRequester = Of<typeof ForRequester>;
/** Associated data of a ForRequester's seal. */
export const forRequesterAad = (p: Omit<ForRequester, "sealed" | "caseId">): Uint8Array =>
  frame(utf8ToBytes(LABELS.forRequesterAad), p.orderHash, utf8ToBytes(p.kind), Uint8Array.of(p.from));

/**
 * The content of a SealedPart of round "link": one LinkShare per subject, in their order. A link has one subject. An
 * assemble has one per generation with epochs in this chunk.
 */
export const LinkParts = document("LinkParts", 0x33, 1, { shares: list(blob) });
export type LinkParts = Of<typeof LinkParts>;

/** The content of a SealedPart of round "notice": one NoticeShare per subject, in their order. */
export const NoticeParts = document("NoticeParts", 0x37, 1, { shares: list(blob) });
export type NoticeParts = Of<typeof NoticeParts>;

/** The content of a ForRequester "trace": CaseContext and TraceShare. The requester passes both on to the registrar. */
export const TracePart = document("TracePart", 0x34, 1, { context: blob, share: blob });
export type TracePart = Of<typeof TracePart>;

/** A trace share or a result, padded to a multiple of so many bytes: some 70 sessions. */
export const padForRequester = (content: Uint8Array): Uint8Array => padToMultiple(content, 4096);

/**
 * The content of a ForRequester "records": per stanza its context, the inner ciphertext and this trustee's share. It
 * has the inner ciphertext because the requester has no group hybrid key. If a stanza does not belong to its session
 * and record, its item has an empty share.
 */
export const RecordParts = document("RecordParts", 0x35, 1, {
  items: list(
    struct({
      serviceId: fixed(16),
      tagHash: fixed(32),
      recordId: fixed(16),
      context: blob,
      ciphertext: blob,
      share: blob,
    }),
  ),
});
export type RecordParts = Of<typeof RecordParts>;

/**
 * The patient reads this: requester, kind, purpose and legal ground of the order. It names no patient and no session.
 */
export const NoticeContent = document("NoticeContent", 0x36, 1, {
  kind: oneOf(...ORDER_KINDS),
  caseId: fixed(32),
  orderHash: fixed(32),
  requesterName: text,
  requesterRole: text,
  purpose: text,
  legalGround: text,
  epochFrom: u32,
  epochTo: u32,
  services: list(fixed(16)),
  emergency: bool,
  approvedBy: list(u8),
  approvedAt: u64,
});
export type NoticeContent = Of<typeof NoticeContent>;

/** The encoded Signed<SealedPart>. */
export const signPart = (part: SealedPart, by: Uint8Array | Signer): Uint8Array =>
  signDocument(LABELS.signPart, SealedPart, part, by);
/** The encoded Signed<ForRequester>. */
export const signForRequester = (part: ForRequester, by: Uint8Array | Signer): Uint8Array =>
  signDocument(LABELS.signForRequester, ForRequester, part, by);

/**
 * The tagHash in a CaseResult if the index has a row for this slot's session, but the row lies: its T does not match the
 * value, or its row proof does not hold (index-row.ts). No session has this hash.
 */
export const FALSE_ROW: Uint8Array = new Uint8Array(32);
/** Whether a linked session's tagHash is FALSE_ROW. */
export const isFalseRow = (tagHash: Uint8Array): boolean => tagHash.every((b) => b === 0);
