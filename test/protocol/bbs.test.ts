import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as bbs from "../../protocol/bbs.ts";
import * as bbsProof from "../../protocol/bbs-proof.ts";
import * as blind from "../../protocol/blind-bbs.ts";
import { hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { DecodeError, encodeG2, encodeScalar, R_ORDER } from "../../protocol/suite.ts";
import { recognise } from "../vectors/bbs-fixtures.ts";
import { runFixtures } from "../vectors/run.ts";

const VECTORS = join(import.meta.dirname, "../vectors");
type Fixture = Record<string, unknown>;
const fixture = (path: string): Fixture => JSON.parse(readFileSync(join(VECTORS, path), "utf8"));
const holds = (f: Fixture): boolean => {
  try {
    recognise(f)!([]);
    return true;
  } catch {
    return false;
  }
};

let counter = 0;
const rng = (n: number): Uint8Array => {
  const out = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    counter = (counter * 1103515245 + 12345) & 0x7fffffff;
    out[i] = counter >>> 16;
  }
  return out;
};
const text = (...s: string[]): Uint8Array[] => s.map(utf8ToBytes);
const none = new Uint8Array(0);
const sk = bbs.keyGen(utf8ToBytes("a key material of at least 32 bytes!"));
const pk = encodeG2(bbs.skToPk(sk));
const other = encodeG2(bbs.skToPk(sk + 1n));
const header = utf8ToBytes("header");
const ph = utf8ToBytes("presentation header");

describe("published fixtures", () => {
  it("all hold bit for bit, and files of other shapes are skipped", () => {
    const { passed, failed } = runFixtures(VECTORS);
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(25);
    expect(passed.every((f) => /^(blind-)?bbs\//.test(f))).toBe(true);
  });

  const altered: [string, string, (f: Fixture) => void][] = [
    ["bbs/bls12-381-sha-256/signature/signature004.json", "another header", (f) => (f.header = "00")],
    ["bbs/bls12-381-sha-256/signature/signature004.json", "no header", (f) => delete f.header],
    ["bbs/bls12-381-sha-256/signature/signature004.json", "no messages", (f) => (f.messages = [])],
    [
      "bbs/bls12-381-sha-256/signature/signature004.json",
      "cut signature",
      (f) => (f.signature = `${f.signature}`.slice(2)),
    ],
    ["bbs/bls12-381-sha-256/proof/proof003.json", "another header", (f) => (f.header = "00")],
    ["bbs/bls12-381-sha-256/proof/proof003.json", "other indexes", (f) => (f.disclosedIndexes = [0, 2, 4, 5])],
    ["bbs/bls12-381-sha-256/proof/proof003.json", "descending indexes", (f) => (f.disclosedIndexes = [2, 0, 4, 6])],
    ["bbs/bls12-381-sha-256/proof/proof003.json", "index out of range", (f) => (f.disclosedIndexes = [0, 2, 4, 99])],
    ["bbs/bls12-381-sha-256/proof/proof003.json", "cut proof", (f) => (f.proof = `${f.proof}`.slice(0, -2))],
    [
      "blind-bbs/bls12-381-sha-256/signature/signature004.json",
      "another blind",
      (f) => (f.proverBlind = "01".repeat(32)),
    ],
    ["blind-bbs/bls12-381-sha-256/signature/signature004.json", "no blind", (f) => (f.proverBlind = null)],
    ["blind-bbs/bls12-381-sha-256/signature/signature004.json", "no commitment", (f) => (f.commitmentWithProof = null)],
    ["blind-bbs/bls12-381-sha-256/signature/signature004.json", "another header", (f) => (f.header = "00")],
    [
      "blind-bbs/bls12-381-sha-256/signature/signature004.json",
      "committed messages in another order",
      (f) => (f.committedMessages = (f.committedMessages as string[]).toReversed()),
    ],
    ["blind-bbs/bls12-381-sha-256/commit/commit002.json", "a message less", (f) => (f.committedMessages = [])],
    [
      "blind-bbs/bls12-381-sha-256/commit/commit002.json",
      "cut commitment",
      (f) => (f.commitmentWithProof = `${f.commitmentWithProof}`.slice(0, -2)),
    ],
    ["blind-bbs/bls12-381-sha-256/proof/proof004.json", "another ph", (f) => (f.presentationHeader = "00")],
    ["blind-bbs/bls12-381-sha-256/proof/proof004.json", "another L", (f) => (f.L = 9)],
    ["blind-bbs/bls12-381-sha-256/proof/proof004.json", "cut proof", (f) => (f.proof = `${f.proof}`.slice(0, -2))],
    [
      "blind-bbs/bls12-381-sha-256/proof/proof004.json",
      "a committed message shown as the signer's",
      (f) => (f.revealedMessages = { ...(f.revealedMessages as object), 1: "5982967821da3c5983496214df36aa5e" }),
    ],
  ];
  for (const [path, what, alter] of altered)
    it(`${path} with ${what} is refused`, () => {
      const f = fixture(path);
      alter(f);
      expect(holds({ ...f, result: { valid: true } })).toBe(false);
      expect(holds({ ...f, result: { valid: false } })).toBe(true);
    });

  it("a signature without commitment verifies with blind 0 only, and its proof with the true number of messages only", () => {
    const messages = text("a", "b");
    const signature = blind.blindSign(sk, none, header, messages, rng);
    expect(blind.verifyBlindSign(pk, signature, header, messages, [], 0n)).toBe(true);
    expect(blind.verifyBlindSign(pk, signature, header, messages, [], 1n)).toBe(false);
    const proof = blind.blindProofGen(pk, signature, header, ph, messages, [], [1], [], 0n, rng);
    expect(blind.blindProofVerify(pk, proof, header, ph, 2, text("b"), [], [1], [])).toBe(true);
    expect(blind.blindProofVerify(pk, proof, header, ph, 1, text("b"), [], [0], [])).toBe(false);
  });
});

describe("BBS", () => {
  it.each([
    ["no message, no header", [], none, []],
    ["one hidden", ["a"], header, []],
    ["all shown", ["a", "b", ""], header, [0, 1, 2]],
    ["none shown", ["a", "b", ""], none, []],
    ["one shown", ["a", "b", ""], header, [1]],
  ] as const)("completes with %s", (_, strings, h, shown) => {
    const messages = text(...strings);
    const signature = bbs.sign(sk, h, messages, rng);
    expect(bbs.verify(pk, signature, h, messages)).toBe(true);
    const proof = bbsProof.proofGen(pk, signature, h, ph, messages, shown, rng);
    const disclosed = shown.map((i) => messages[i]!);
    expect(bbsProof.proofVerify(pk, proof, h, ph, disclosed, shown)).toBe(true);
    expect(bbsProof.proofVerify(other, proof, h, ph, disclosed, shown)).toBe(false);
    expect(bbsProof.proofVerify(pk, proof, h, none, disclosed, shown)).toBe(false);
  });

  const messages = text("a", "b", "c");
  const signature = bbs.sign(sk, header, messages, rng);
  const proof = bbsProof.proofGen(pk, signature, header, ph, messages, [0], rng);
  const identity = hexToBytes(`c0${"00".repeat(47)}`);
  const offSubgroup = hexToBytes(
    "8123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  );
  const put = (into: Uint8Array, at: number, what: Uint8Array): Uint8Array => {
    const out = into.slice();
    out.set(what, at);
    return out;
  };
  const scalars = { zero: new Uint8Array(32), order: hexToBytes(R_ORDER.toString(16)), other: encodeScalar(5n) };

  it("refuses every part of a signature altered, non-canonical, zero, identity or off the subgroup", () => {
    for (const point of [identity, offSubgroup]) {
      expect(() => bbs.decodeSignature(put(signature, 0, point))).toThrow(DecodeError);
      expect(bbs.verify(pk, put(signature, 0, point), header, messages)).toBe(false);
    }
    for (const s of Object.values(scalars)) expect(bbs.verify(pk, put(signature, 48, s), header, messages)).toBe(false);
    expect(bbs.verify(hexToBytes(`c0${"00".repeat(95)}`), signature, header, messages)).toBe(false);
  });

  it("refuses every part of a proof altered, non-canonical, zero, identity or off the subgroup", () => {
    const checks = (p: Uint8Array): boolean => bbsProof.proofVerify(pk, p, header, ph, text("a"), [0]);
    expect(checks(proof)).toBe(true);
    for (let at = 0; at < 144; at += 48)
      for (const point of [identity, offSubgroup, signature.slice(0, 48)])
        expect(checks(put(proof, at, point))).toBe(false);
    for (let at = 144; at < proof.length; at += 32)
      for (const s of Object.values(scalars)) expect(checks(put(proof, at, s))).toBe(false);
    expect(checks(proof.slice(0, -32))).toBe(false);
    expect(checks(new Uint8Array([...proof, ...encodeScalar(1n)]))).toBe(false);
    expect(checks(none)).toBe(false);
  });

  it("refuses to prove indexes that are out of order, repeated or out of range", () => {
    for (const indexes of [[1, 0], [1, 1], [3], [-1], [0.5]])
      expect(() => bbsProof.proofGen(pk, signature, header, ph, messages, indexes, rng)).toThrow(DecodeError);
  });
});

describe("Blind BBS", () => {
  const committed = text("x", "y");
  const { commitmentWithProof, proverBlind } = blind.commit(committed, rng);

  it("signs a commitment and proves over committed messages and the signer's messages together", () => {
    const messages = text("a", "b");
    const signature = blind.blindSign(sk, commitmentWithProof, header, messages, rng);
    expect(blind.verifyBlindSign(pk, signature, header, messages, committed, proverBlind)).toBe(true);
    expect(blind.verifyBlindSign(pk, signature, header, messages, text("y", "x"), proverBlind)).toBe(false);
    const proof = blind.blindProofGen(pk, signature, header, ph, messages, committed, [0], [1], proverBlind, rng);
    const checks = (signed: number, shown: Uint8Array[], shownCommitted: Uint8Array[], i: number[], j: number[]) =>
      blind.blindProofVerify(pk, proof, header, ph, signed, shown, shownCommitted, i, j);
    expect(checks(2, text("a"), text("y"), [0], [1])).toBe(true);
    expect(checks(2, text("a"), text("x"), [0], [1])).toBe(false);
    expect(checks(2, text("a", "y"), [], [0, 4], [])).toBe(false);
    expect(checks(3, text("a"), text("y"), [0], [0])).toBe(false);
  });

  it("refuses a commitment with the point, the response or the challenge of another one", () => {
    for (const at of [48, 80, 112, 144]) {
      const broken = commitmentWithProof.slice();
      broken.set(encodeScalar(7n), at);
      expect(() => blind.blindSign(sk, broken, header, [], rng)).toThrow(DecodeError);
    }
    const broken = commitmentWithProof.slice();
    broken.set(blind.commit(committed, rng).commitmentWithProof.subarray(0, 48));
    expect(() => blind.blindSign(sk, broken, header, [], rng)).toThrow(DecodeError);
  });

  it("refuses commitments of other lengths, and indexes on the wrong side of the border", () => {
    expect(blind.committedCount(none)).toBe(0);
    expect(blind.committedCount(commitmentWithProof)).toBe(2);
    expect(blind.committedCount(blind.commit([], rng).commitmentWithProof)).toBe(0);
    const length = commitmentWithProof.length;
    for (const n of [1, 80, 111, length - 1, length + 1])
      expect(() => blind.committedCount(new Uint8Array(n))).toThrow(`${n} bytes, expected 112 plus a multiple of 32`);
    for (const n of [length - 32, length + 32])
      expect(() => blind.blindSign(sk, new Uint8Array(n), header, [], rng)).toThrow(DecodeError);

    const messages = text("a", "b");
    const signature = blind.blindSign(sk, commitmentWithProof, header, messages, rng);
    const prove = (i: number[], j: number[]) =>
      blind.blindProofGen(pk, signature, header, ph, messages, committed, i, j, proverBlind, rng);
    const proof = prove([1], [0]);
    const checks = (signed: number, i: number[], j: number[]) =>
      blind.blindProofVerify(pk, proof, header, ph, signed, text("b"), text("x"), i, j);
    expect(checks(2, [1], [0])).toBe(true);
    expect(checks(2, [1], [-2])).toBe(false);
    expect(checks(9, [1], [0])).toBe(false);
    expect(() => prove([2], [])).toThrow("beyond the signer's messages");
    expect(() => prove([], [-1])).toThrow("negative committed index");
  });
});

describe("keys and octets", () => {
  it("have their lengths", () => {
    expect(() => bbs.keyGen(new Uint8Array(31))).toThrow("31 bytes, at least 32 needed");
    expect(() => bbs.keyGen(new Uint8Array(32), new Uint8Array(65_536))).toThrow("65536 bytes, at most 65535");
    expect(bbs.keyGen(new Uint8Array(32), new Uint8Array(65_535))).not.toBe(bbs.keyGen(new Uint8Array(32)));
    const signature = bbs.sign(sk, header, text("a"), rng);
    for (const bad of [signature.slice(1), Uint8Array.of(...signature, 0)])
      expect(() => bbs.decodeSignature(bad)).toThrow(`signature: ${bad.length} bytes, expected 80`);
  });
});
