// Tests of protocol/suite.ts: each encoding has one form, and points and elements of GT lie in their subgroup.

import { readFileSync } from "node:fs";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { describe, expect, it } from "vitest";
import { concatBytes, hexToBytes, u32be, utf8ToBytes } from "../../protocol/bytes.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  DecodeError,
  decodeG1,
  decodeG2,
  decodeGT,
  encodeG1,
  encodeG2,
  encodeGT,
  G,
  type G1,
  G1Point,
  type G2,
  isInGT,
  noticeBase,
  P2,
  pairing,
  R_ORDER,
  randomScalar,
  tagBase,
  tagBaseMessage,
  tdh2Base,
} from "../../protocol/suite.ts";

const { Fp12 } = bls12_381.fields;
const malformed = (file: string): Uint8Array[] => {
  const path = new URL(`../vectors/bls12-381-points/${file}`, import.meta.url);
  const all: { input: string; output: unknown }[] = JSON.parse(readFileSync(path, "utf8"));
  return all.filter(({ output }) => output === false).map(({ input }) => hexToBytes(input));
};
const refusal = (act: () => unknown): string => {
  try {
    act();
    return "accepted";
  } catch (error) {
    return error instanceof DecodeError ? error.message : `threw ${error}`;
  }
};

describe("points", () => {
  it("come back from their encoding, which is the published one", () => {
    for (let k = 1n; k < 12n; k++) {
      const [p, q] = [G.multiply(k) as G1, P2.multiply(k) as G2];
      expect(decodeG1(encodeG1(p)).equals(p)).toBe(true);
      expect(decodeG2(encodeG2(q)).equals(q)).toBe(true);
      expect(encodeG1(p)).toEqual(p.toBytes());
      expect(encodeG2(q)).toEqual(q.toBytes());
    }
  });
  it("are refused in every other form, with the reason", () => {
    for (const bytes of malformed("deserialization_G1.json")) expect(refusal(() => decodeG1(bytes))).toMatch(/^G1: /);
    for (const bytes of malformed("deserialization_G2.json")) expect(refusal(() => decodeG2(bytes))).toMatch(/^G2: /);
    const identity = hexToBytes(`c0${"00".repeat(47)}`);
    expect(refusal(() => decodeG1(identity))).toBe("G1: identity");
    expect(refusal(() => encodeG1(G1Point.ZERO as G1))).toBe("G1: the identity has no encoding");
    expect(refusal(() => encodeG2(P2.subtract(P2) as G2))).toBe("G2: the identity has no encoding");
    expect(refusal(() => decodeG1(G.toBytes(false)))).toBe("G1: 96 bytes, expected 48");
    expect(refusal(() => decodeG2(P2.toBytes(false)))).toBe("G2: 192 bytes, expected 96");
  });
});

describe("elements of GT", () => {
  const f = pairing(G.multiply(5n) as G1, P2);
  it("come back from their encoding", () => {
    expect(Fp12.eql(decodeGT(encodeGT(f)), f)).toBe(true);
    expect(isInGT(f)).toBe(true);
    expect(isInGT(Fp12.ONE)).toBe(true);
  });
  it("are refused outside the subgroup, at 1, and in every other form", () => {
    const any = Fp12.add(f, Fp12.add(Fp12.ONE, Fp12.frobeniusMap(f, 1)));
    const easy = Fp12.mul(Fp12.conjugate(any), Fp12.inv(any));
    const cyclotomic = Fp12.mul(Fp12.frobeniusMap(easy, 2), easy);
    // ω of Fp has order 3, which divides p - x. So f^p = f^x holds for it, and it is not in the cyclotomic subgroup.
    const { Fp } = bls12_381.fields;
    const omega = Fp12.mul(Fp12.ONE, Fp.pow(2n, (Fp.ORDER - 1n) / 3n));
    expect(Fp12.eql(omega, Fp12.ONE)).toBe(false);
    expect(Fp12.eql(Fp12.mul(Fp12.sqr(omega), omega), Fp12.ONE)).toBe(true);
    for (const outside of [Fp12.ZERO, Fp12.neg(f), Fp12.neg(Fp12.ONE), any, easy, cyclotomic, omega]) {
      expect(isInGT(outside)).toBe(false);
      expect(refusal(() => decodeGT(encodeGT(outside)))).toBe("GT: outside the subgroup");
    }
    expect(refusal(() => decodeGT(encodeGT(Fp12.ONE)))).toBe("GT: identity");
    expect(refusal(() => decodeGT(encodeGT(f).slice(1)))).toBe("GT: 575 bytes, expected 576");
    expect(refusal(() => decodeGT(new Uint8Array(576).fill(255)))).toBe("GT: not canonical");
  });
});

describe("scalars and bases", () => {
  it("a random scalar is not 0 and is drawn again", () => {
    const draws = [new Uint8Array(48), hexToBytes(R_ORDER.toString(16).padStart(96, "0")), new Uint8Array(48).fill(1)];
    const x = randomScalar(() => draws.shift()!);
    expect(x).toBe(BigInt(`0x${"01".repeat(48)}`) % R_ORDER);
    expect(draws).toEqual([]);
  });
  it("the bases are those of their labels, and differ", () => {
    const hash = new Uint8Array(32).fill(7);
    expect(tagBaseMessage(hash, 1, 2)).toEqual(concatBytes(hash, u32be(1), u32be(2)));
    for (const n of [31, 33]) expect(() => tagBaseMessage(new Uint8Array(n), 1, 2)).toThrow(`${n} bytes, expected 32`);
    const dst = (DST: string, msg: Uint8Array) => bls12_381.G2.hashToCurve(msg, { DST }).toHex();
    expect(tagBase(hash, 1, 2).toHex()).toBe(dst(LABELS.tagG2, tagBaseMessage(hash, 1, 2)));
    expect(noticeBase(hash).toHex()).toBe(dst(LABELS.noticeG2, hash));
    const fixed = bls12_381.G1.hashToCurve(utf8ToBytes("tdh2"), { DST: LABELS.fixedG1 });
    expect(tdh2Base().toHex()).toBe(fixed.toHex());
    expect(tdh2Base()).toBe(tdh2Base());
  });
});
