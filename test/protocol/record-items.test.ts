// Tests of protocol/record-items.ts and hybrid-recipient.ts: the requester's list opens for one trustee and one case, and
// every list of few records has one length. A recipient is a key that can be sealed to, in its one written form.

import { randomBytes } from "node:crypto";
import { bech32 } from "@scure/base";
import { describe, expect, it } from "vitest";
import { concatBytes, frame, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { signDocument } from "../../protocol/documents.ts";
import { nobleSigner } from "../../protocol/ed25519.ts";
import { isHybridRecipient } from "../../protocol/hybrid-recipient.ts";
import { HYBRID_OVERHEAD_BYTES, HybridSealError, hybridKeyPair, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { padToMultiple } from "../../protocol/padding.ts";
import { openRecordItems, padRecordParts, RecordItems, sealRecordItems } from "../../protocol/record-items.ts";

/** the step of the header of record-items.ts */
const RECORD_ITEMS_STEP = 16;
const rng: Rng = (n) => new Uint8Array(randomBytes(n));
const trustee = hybridKeyPair(rng(32));
const requester = nobleSigner(rng(32));
const item = () => ({ serviceId: rng(16), tagHash: rng(32), recordId: rng(16), stanza: rng(1400) });
const value: RecordItems = { caseId: rng(32), orderHash: rng(32), trustee: 2, items: [item(), item()] };

describe("a list of records", () => {
  const sealed = sealRecordItems(value, trustee.publicKey, requester, rng);

  it("opens for its trustee, and tells who signed it", () => {
    expect(openRecordItems(value, trustee.secretKey, sealed)).toEqual({ key: requester.publicKey, items: value.items });
  });
  it("opens under no other head and no other key", () => {
    for (const other of [{ caseId: rng(32) }, { orderHash: rng(32) }, { trustee: 1 }])
      expect(() => openRecordItems({ ...value, ...other }, trustee.secretKey, sealed)).toThrow(HybridSealError);
    expect(() => openRecordItems(value, hybridKeyPair(rng(32)).secretKey, sealed)).toThrow(HybridSealError);
  });
  it("that was signed for another head is refused under this one, and so is another label", () => {
    const aad = frame(utf8ToBytes(LABELS.recordItemsAad), value.caseId, value.orderHash, Uint8Array.of(2));
    const sealedOf = (signed: Uint8Array) => hybridSeal(trustee.publicKey, aad, padToMultiple(signed, 64), rng);
    const opened = (signed: Uint8Array) => openRecordItems(value, trustee.secretKey, sealedOf(signed)).items;
    const signed = (changes: Partial<RecordItems>) =>
      signDocument(LABELS.signRecordItems, RecordItems, { ...value, ...changes }, requester);
    expect(opened(signed({}))).toEqual(value.items);
    for (const other of [{ caseId: rng(32) }, { orderHash: rng(32) }, { trustee: 1 }])
      expect(() => opened(signed(other))).toThrow("record items of another case or for another trustee");
    expect(() => opened(signDocument(LABELS.signNotice as never, RecordItems, value, requester))).toThrow(CodecError);
  });
  it("has one length for each step of records, and so has the answer", () => {
    const lengthOf = (n: number) =>
      sealRecordItems({ ...value, items: Array.from({ length: n }, item) }, trustee.publicKey, requester, rng).length;
    const step = RECORD_ITEMS_STEP * 1536 + HYBRID_OVERHEAD_BYTES;
    expect([0, 1, RECORD_ITEMS_STEP].map(lengthOf)).toEqual([step, step, step]);
    expect(lengthOf(RECORD_ITEMS_STEP + 1)).toBe(2 * RECORD_ITEMS_STEP * 1536 + HYBRID_OVERHEAD_BYTES);
    const answer = (n: number) => padRecordParts(rng(9), n, 100).length;
    expect([1, RECORD_ITEMS_STEP].map(answer)).toEqual(Array(2).fill(RECORD_ITEMS_STEP * 612));
    expect(answer(RECORD_ITEMS_STEP + 1)).toBe(2 * RECORD_ITEMS_STEP * 612);
  });
});

describe("a recipient", () => {
  const written = (bytes: Uint8Array, prefix = "age1pq") => bech32.encode(prefix, bech32.toWords(bytes), false);
  it("is a hybrid public key in its one form", () => {
    const text = written(trustee.publicKey);
    expect(isHybridRecipient(text)).toBe(true);
    for (const bad of [
      text.toUpperCase(),
      text.slice(0, -1),
      ` ${text}`,
      `${text} `,
      text.replace("age1pq1", "age1pq"),
      written(trustee.publicKey, "age1px"),
      written(trustee.publicKey.subarray(1)),
      written(concatBytes(trustee.publicKey, Uint8Array.of(0))),
      written(new Uint8Array(1216)),
      "",
      "age1pq1",
    ])
      expect(isHybridRecipient(bad), bad.slice(0, 20)).toBe(false);
  });
});
