// The wire documents of a case, beyond documents.ts: what trustees seal to each other, to the requester, and leave in
// the log for the patient. Who may read what is said at each document. Type bytes 0x30 to 0x3f.
//
//   trustee → everybody   TrusteeCard          its transport key, signed by its pinned identity key
//   requester/registrar → trustee  Dossier     hybridSeal(transport key, aad = order hash, Dossier)
//   trustee → trustee     SealedPart           a notice share or link shares; the author signs the seal, so that a part
//                                              changed on the way and a wrong share cannot be taken for each other
//   trustee → requester   ForRequester         trace share, result or record shares; signed likewise
//   trustee → log         LogEntry "notice"    body = mac ‖ sealed NoticeContent, readable by the patient's wallet only
//
//   aad of a SealedPart    frame(signPart, case context, round, u8 from ‖ u8 to)
//   aad of a ForRequester  frame(signPart, order hash, kind, u8 from)
//
// `context` of a notice's part is caseBinding: the CaseContext of the notice with trustee = 0. It pins order, nonce,
// approving set, scope and checkpoint, so one case id stands for one set of values everywhere. A link's part has
// chunkBinding: the same with the chunk's epochs as its scope, so that no part passes for another chunk's.

import { equalBytes, frame, labelledHash, utf8ToBytes } from "./bytes.ts";
import { blob, bool, document, fixed, list, type Of, oneOf, struct, text, u8, u32, u64 } from "./codec.ts";
import { type CaseContext, caseContextHash, ORDER_KINDS, openSigned, signDocument } from "./documents.ts";
import type { Signer, VerifySignature } from "./ed25519.ts";
import { HYBRID_PUBLIC_KEY_BYTES } from "./hybrid-seal.ts";
import { LABELS } from "./labels.ts";
import { type NoteKey, noteKey, WITNESS_KEY } from "./note.ts";

/** Signed<TrusteeCard> by the trustee's identity key, which is pinned in the parameters and in every role's bindings. */
export const TrusteeCard = document("TrusteeCard", 0x30, 1, {
  index: u8,
  transportKey: fixed(HYBRID_PUBLIC_KEY_BYTES),
});
export type TrusteeCard = Of<typeof TrusteeCard>;

/**
 * Signed cards in the order of the pinned keys, all of them.
 * @throws CodecError, or RangeError where a card is missing, stands at another place or is signed by another key
 */
export function readTrusteeCards(
  cards: readonly Uint8Array[],
  identityKeys: readonly Uint8Array[],
  verify?: VerifySignature,
): TrusteeCard[] {
  if (cards.length !== identityKeys.length) throw new RangeError("one card of every trustee is needed");
  return cards.map((bytes, i) => {
    const { key, value } = openSigned(LABELS.signTrustee, TrusteeCard, bytes, verify);
    if (value.index !== i + 1 || !equalBytes(key, identityKeys[i]!))
      throw new RangeError(`trustee ${i + 1}: card is not signed by the pinned key`);
    return value;
  });
}

/**
 * A trustee's witness key is its identity key under this name: whoever pins the trustees has the witnesses too. Sound
 * because cosigned messages start with "cosignature/v1\n" and all others with a label of labels.ts.
 */
export const trusteeWitnessKey = (index: number, identityKey: Uint8Array): NoteKey =>
  noteKey(`symbolon/trustee-${index}`, WITNESS_KEY, identityKey);

/** H(Signed<Approval>): the subject of its log entry. */
export const approvalHashOf = (signedBytes: Uint8Array): Uint8Array => labelledHash(LABELS.approval, signedBytes);

/** CaseContext.checkpoint: over the note's text, so that the order of cosignatures does not matter. */
export const checkpointHashOf = (text: string): Uint8Array => labelledHash(LABELS.checkpoint, utf8ToBytes(text));

/** Label of a record's threshold stanza: a stanza moved to another session, service or record does not open. */
export const stanzaLabel = (
  place: { serviceId: Uint8Array; tagHash: Uint8Array; recordId: Uint8Array },
  keySetId: Uint8Array,
): Uint8Array => labelledHash(LABELS.stanza, place.serviceId, place.tagHash, place.recordId, keySetId);

/** What a case id is bound to once and for all; made from the notice's context. */
export const caseBinding = (notice: CaseContext): Uint8Array =>
  caseContextHash({ ...notice, kind: "notice", trustee: 0 });

/** Of a chunk: its link context, whatever the subject, with trustee = 0. */
export const chunkBinding = (notice: CaseContext, scope: CaseContext["scope"]): Uint8Array =>
  caseContextHash({ ...notice, kind: "link", scope, trustee: 0 });

export const PART_ROUNDS = ["notice", "link"] as const;
export const SealedPart = document("SealedPart", 0x31, 1, {
  caseId: fixed(32),
  context: fixed(32),
  round: oneOf(...PART_ROUNDS),
  from: u8,
  to: u8,
  sealed: blob,
});
export type SealedPart = Of<typeof SealedPart>;
export const partAad = (p: Omit<SealedPart, "sealed" | "caseId">): Uint8Array =>
  frame(utf8ToBytes(LABELS.signPart), p.context, utf8ToBytes(p.round), Uint8Array.of(p.from, p.to));

export const REQUESTER_PARTS = ["trace", "result", "records"] as const;
export const ForRequester = document("ForRequester", 0x32, 1, {
  caseId: fixed(32),
  orderHash: fixed(32),
  kind: oneOf(...REQUESTER_PARTS),
  from: u8,
  sealed: blob,
});
export type ForRequester = Of<typeof ForRequester>;
export const forRequesterAad = (p: Omit<ForRequester, "sealed" | "caseId">): Uint8Array =>
  frame(utf8ToBytes(LABELS.signPart), p.orderHash, utf8ToBytes(p.kind), Uint8Array.of(p.from));

/**
 * In a SealedPart of round "link": one LinkShare a subject, in their order (one for a link; to assemble, one for each
 * generation that has epochs in this chunk).
 */
export const LinkParts = document("LinkParts", 0x33, 1, { shares: list(blob) });
export type LinkParts = Of<typeof LinkParts>;

/** In a ForRequester "trace": CaseContext and TraceShare; the requester hands both on to the registrar. */
export const TracePart = document("TracePart", 0x34, 1, { context: blob, share: blob });
export type TracePart = Of<typeof TracePart>;

/**
 * In a ForRequester "records": for each stanza its context, the inner ciphertext (the requester has no group hybrid key)
 * and this trustee's share. An item whose stanza does not belong to its session and record has an empty share.
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

/** What the patient reads: who asked for what, why, on which ground. Names no patient and no session. */
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

export const signPart = (part: SealedPart, by: Uint8Array | Signer): Uint8Array =>
  signDocument(LABELS.signPart, SealedPart, part, by);
export const signForRequester = (part: ForRequester, by: Uint8Array | Signer): Uint8Array =>
  signDocument(LABELS.signPart, ForRequester, part, by);

/**
 * One row of an epoch's index: value (32) ‖ serviceId (16) ‖ T (96), sorted by value = H(e(G, T)). T itself stands in the
 * row, so that whoever matches a value works out the tag's hash, and nobody can put another session's hash beside a value.
 */
export const INDEX_ROW_BYTES = 144;
/** CaseResult: the index has a row for this slot's session, but its T does not belong to the value. No session has it. */
export const FALSE_ROW: Uint8Array = new Uint8Array(32);
export const isFalseRow = (tagHash: Uint8Array): boolean => tagHash.every((b) => b === 0);
