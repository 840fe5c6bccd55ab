// Tests of protocol/case-documents.ts: the cards of trustees, the bindings of a case and its chunks, and the labels and
// associated data that keep a part at its place.

import { describe, expect, it } from "vitest";
import { frame, labelledHash, utf8ToBytes } from "../../protocol/bytes.ts";
import {
  caseBinding,
  checkpointHashOf,
  chunkBinding,
  FALSE_ROW,
  ForRequester,
  forRequesterAad,
  isFalseRow,
  LinkParts,
  NoticeContent,
  NoticeParts,
  padForRequester,
  partAad,
  RecordParts,
  readTrusteeCards,
  SealedPart,
  signForRequester,
  signPart,
  stanzaLabel,
  TracePart,
  TrusteeCard,
  trusteeWitnessKey,
} from "../../protocol/case-documents.ts";
import { type CaseContext, caseContextHash, openSigned, signDocument } from "../../protocol/documents.ts";
import { nobleSigner } from "../../protocol/ed25519.ts";
import { LABELS } from "../../protocol/labels.ts";
import { WITNESS_KEY } from "../../protocol/note.ts";
import { unpad } from "../../protocol/padding.ts";

const seed = (n: number, size = 32): Uint8Array => new Uint8Array(size).fill(n);
const signers = [1, 2, 3].map((n) => nobleSigner(seed(n)));
const keys = signers.map((s) => s.publicKey);

describe("the cards of the trustees", () => {
  const cardOf = (index: number, by = signers[index - 1]!) =>
    signDocument(LABELS.signTrustee, TrusteeCard, { index, transportKey: seed(9, 1216) } as never, by);
  const cards = [1, 2, 3].map((i) => cardOf(i));

  it("are all there, in order, each signed by its pinned key", () => {
    expect(readTrusteeCards(cards, keys).map((c) => c.index)).toEqual([1, 2, 3]);
    expect(() => readTrusteeCards(cards.slice(1), keys)).toThrow("2 trustee cards, expected 3");
    expect(() => readTrusteeCards([...cards, cards[0]!], keys)).toThrow("4 trustee cards, expected 3");
    expect(() => readTrusteeCards([cards[0]!, cards[2]!, cards[1]!], keys)).toThrow("trustee 2: card is not signed");
    expect(() => readTrusteeCards([cardOf(1, signers[1]), ...cards.slice(1)], keys)).toThrow("trustee 1: card is not");
    expect(() => readTrusteeCards([cards[0]!, cardOf(3, signers[1]), cards[2]!], keys)).toThrow("trustee 2: card is");
  });
  it("name the witnesses", () => {
    expect(trusteeWitnessKey(2, keys[1]!)).toMatchObject({
      name: "symbolon/trustee-2",
      type: WITNESS_KEY,
      publicKey: keys[1],
    });
  });
});

describe("a case", () => {
  const notice: CaseContext = {
    ...{ kind: "notice", caseId: seed(1), orderHash: seed(2), keySetId: seed(3), shareGeneration: 0 },
    ...{ scope: [{ epoch: 680, slots: 4, paramsHash: seed(4) }], requesterKey: seed(5), subjectHash: seed(6) },
    ...{ nonce: seed(7), set: [1, 2], trustee: 2, expiresAt: 1_796_000_000, checkpoint: seed(8) },
  };
  const hashOf = (changes: object) => caseContextHash({ ...notice, ...changes });

  it("is bound to its notice, whoever shows it, and each chunk to its own scope", () => {
    expect(caseBinding(notice)).toEqual(hashOf({ trustee: 0 }));
    expect(caseBinding({ ...notice, kind: "link", trustee: 3 })).toEqual(caseBinding(notice));
    const scope = [{ epoch: 681, slots: 2, paramsHash: seed(4) }];
    expect(chunkBinding(notice, scope)).toEqual(hashOf({ kind: "link", trustee: 0, scope }));
    expect(chunkBinding(notice, [])).not.toEqual(chunkBinding(notice, scope));
  });
  it("hashes checkpoints and stanzas under their labels", () => {
    expect(checkpointHashOf("a\n5\n")).toEqual(labelledHash(LABELS.checkpoint, utf8ToBytes("a\n5\n")));
    const place = { serviceId: seed(1, 16), tagHash: seed(2), recordId: seed(3, 16) };
    expect(stanzaLabel(place, seed(4))).toEqual(
      labelledHash(LABELS.stanza, seed(1, 16), seed(2), seed(3, 16), seed(4)),
    );
  });
});

describe("a part", () => {
  const part: SealedPart = { caseId: seed(1), context: seed(2), round: "link", from: 1, to: 3, sealed: seed(4, 9) };
  const answer: ForRequester = { caseId: seed(1), orderHash: seed(2), kind: "result", from: 2, sealed: seed(4, 9) };

  it("is sealed for its place", () => {
    expect(partAad(part)).toEqual(
      frame(utf8ToBytes(LABELS.partAad), seed(2), utf8ToBytes("link"), Uint8Array.of(1, 3)),
    );
    expect(forRequesterAad(answer)).toEqual(
      frame(utf8ToBytes(LABELS.forRequesterAad), seed(2), utf8ToBytes("result"), Uint8Array.of(2)),
    );
  });
  it("is signed under its own label", () => {
    const { key, value } = openSigned(LABELS.signPart, SealedPart, signPart(part, signers[0]!));
    expect([key, value]).toEqual([keys[0], part]);
    const opened = openSigned(LABELS.signForRequester, ForRequester, signForRequester(answer, signers[1]!));
    expect([opened.key, opened.value]).toEqual([keys[1], answer]);
  });
  it("for the requester has a length of whole steps", () => {
    expect([0, 4092, 4093].map((n) => padForRequester(new Uint8Array(n)).length)).toEqual([4096, 4096, 8192]);
    expect(unpad(padForRequester(seed(7, 40)))).toEqual(seed(7, 40));
  });
  it("is named in errors after its document", () => {
    expect([TrusteeCard, SealedPart, ForRequester, LinkParts, NoticeParts].map((c) => c.name)).toEqual([
      "TrusteeCard",
      "SealedPart",
      "ForRequester",
      "LinkParts",
      "NoticeParts",
    ]);
    expect([TracePart, RecordParts, NoticeContent].map((c) => c.name)).toEqual([
      "TracePart",
      "RecordParts",
      "NoticeContent",
    ]);
  });
});

it("a row that lies has the tag hash of zeros", () => {
  expect(isFalseRow(FALSE_ROW)).toBe(true);
  for (const at of [0, 31]) expect(isFalseRow(FALSE_ROW.map((_, i) => (i === at ? 1 : 0)))).toBe(false);
});
