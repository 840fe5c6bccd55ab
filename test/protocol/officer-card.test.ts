// Tests of protocol/officer-card.ts and the small parts of approvals.ts: the one form of a passkey's key, the dates of a card,
// the entries of the log, and the bytes that a passkey signs.

import { p256 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import { approvalHashOf, approvalsNeeded, passkeyName } from "../../protocol/approvals.ts";
import { labelledHash, utf8ToBytes } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { nobleSigner } from "../../protocol/ed25519.ts";
import { bytesToHex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  coseEs256,
  isCardAt,
  loginChallenge,
  type OfficerCard,
  officerCardHashOf,
  officerEntry,
  officerRemovedEntry,
  readOfficerCard,
} from "../../protocol/officer-card.ts";
import { testOfficer } from "../support/officers.ts";

const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const NOW = 1_796_000_000;
const DAY = 86_400;
const officerWith = (card: Partial<OfficerCard> = {}) =>
  testOfficer({ trustee: 2, identitySecret: seed(1), passkey: seed(2), notBefore: NOW, card });
const trustee = { index: 2, identityKey: nobleSigner(seed(1)).publicKey };
const card = readOfficerCard(officerWith().card, trustee);

describe("the key of a passkey", () => {
  it("is P-256 in the one form of WebAuthn", () => {
    expect(coseEs256(card.publicKey)).toEqual(p256.getPublicKey(seed(2), false));
    for (const at of [...Array(10).keys(), 42, 43, 44]) {
      const changed = card.publicKey.slice();
      changed[at]! ^= 1;
      expect(coseEs256(changed), `byte ${at}`).toBeUndefined();
    }
    const offCurve = card.publicKey.slice();
    offCurve[76]! ^= 1;
    expect(coseEs256(offCurve)).toBeUndefined();
    expect(coseEs256(card.publicKey.subarray(0, 76))).toBeUndefined();
    expect(coseEs256(Uint8Array.of(...card.publicKey, 0))).toBeUndefined();
    expect(passkeyName(card)).toBe(bytesToHex(card.publicKey));
  });
});

describe("a card", () => {
  const reasonOf = (changes: Partial<OfficerCard>, by = trustee): string => {
    try {
      readOfficerCard(officerWith(changes).card, by);
      return "accepted";
    } catch (error) {
      return error instanceof CodecError ? `${error.reason} ${error.message}` : `threw ${error}`;
    }
  };
  it("is of its trustee", () => {
    expect(reasonOf({})).toBe("accepted");
    const other = /^malformed .*of another trustee$/;
    expect(reasonOf({}, { ...trustee, index: 1 })).toMatch(other);
    expect(reasonOf({}, { ...trustee, identityKey: seed(9) })).toMatch(other);
    expect(reasonOf({ trustee: 1 })).toMatch(other);
  });
  it("has a key, and lasts a second at least and a year and a day at most", () => {
    expect(reasonOf({ publicKey: card.publicKey.subarray(1) })).toMatch(/^malformed .*no ES256 key$/);
    const dates = /^malformed .*dates$/;
    expect(reasonOf({ notAfter: NOW + 1 })).toBe("accepted");
    expect(reasonOf({ notAfter: NOW })).toMatch(dates);
    expect(reasonOf({ notAfter: NOW - 1 })).toMatch(dates);
    expect(reasonOf({ notAfter: NOW + 366 * DAY })).toBe("accepted");
    expect(reasonOf({ notAfter: NOW + 366 * DAY + 1 })).toMatch(dates);
  });
  it("is valid from its first second to the one before its end", () => {
    const { notBefore, notAfter } = card;
    expect([notBefore - 1, notBefore, notAfter - 1, notAfter].map((at) => isCardAt(card, at))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
  it("has its entries in the log, begun and ended", () => {
    const signed = officerWith().card;
    const subject = officerCardHashOf(signed);
    expect(subject).toEqual(labelledHash(LABELS.officerCard, signed));
    const begun = { kind: "officer", at: NOW, subject, caseId: undefined, body: signed };
    expect(LogEntry.decode(officerEntry(signed, NOW))).toEqual(begun);
    const ended = { kind: "officer-removed", at: NOW + 5, subject, caseId: undefined, body: new Uint8Array() };
    expect(LogEntry.decode(officerRemovedEntry(signed, NOW + 5))).toEqual(ended);
  });
});

describe("an officer", () => {
  it("logs in over the trustee's key, the origin and the nonce", () => {
    const login = { identityKey: seed(3), origin: "https://officer.test", nonce: seed(4) };
    expect(loginChallenge(login)).toEqual(
      labelledHash(LABELS.passkeyLogin, login.identityKey, utf8ToBytes(login.origin), login.nonce),
    );
  });
  it("approves with as many others as the parameters say", () => {
    const of = (threshold: number, assembleThreshold: number) =>
      (["link", "trace", "assemble"] as const).map((kind) => approvalsNeeded(kind, { threshold, assembleThreshold }));
    expect(of(2, 3)).toEqual([2, 2, 3]);
    expect(of(3, 2)).toEqual([3, 3, 3]);
    expect(approvalHashOf(seed(5))).toEqual(labelledHash(LABELS.approval, seed(5)));
  });
});
