// Byte strings and their text forms: edges, refusals and order.

import { describe, expect, it } from "vitest";
import { compareBytes, concatBytes, equalBytes, frame, fromBigEndian, u32be } from "../../protocol/bytes.ts";
import {
  asHex,
  bytesToHex,
  fromBase64,
  fromBase64Unpadded,
  fromBase64url,
  hexToBytes,
  isHex,
  toBase64,
  toBase64url,
} from "../../protocol/encodings.ts";

const of = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe("numbers", () => {
  it.each([
    [0, of(0, 0, 0, 0)],
    [1, of(0, 0, 0, 1)],
    [0x01020304, of(1, 2, 3, 4)],
    [0xffffffff, of(255, 255, 255, 255)],
  ])("%d is four bytes, big-endian", (n, bytes) => {
    expect(u32be(n)).toEqual(bytes);
    expect(fromBigEndian(bytes)).toBe(BigInt(n));
  });

  it.each([-1, -0.5, 0.5, 0x1_0000_0000, Number.NaN, Number.POSITIVE_INFINITY])("%d is out of range", (n) => {
    expect(() => u32be(n)).toThrow("u32 out of range");
  });

  it("no bytes are 0", () => expect(fromBigEndian(of())).toBe(0n));
});

describe("byte strings", () => {
  it("frames each part with its length, so that no two lists are alike", () => {
    expect(frame(of(1), of(2, 3))).toEqual(of(0, 0, 0, 1, 1, 0, 0, 0, 2, 2, 3));
    expect(frame(of(1, 2), of(3))).not.toEqual(frame(of(1), of(2, 3)));
    expect(frame()).toEqual(concatBytes());
  });

  it("are equal if length and bytes are", () => {
    expect(equalBytes(of(1, 2), of(1, 2))).toBe(true);
    expect(equalBytes(of(), of())).toBe(true);
    for (const other of [of(1), of(1, 3), of(1, 2, 0), of()]) {
      expect(equalBytes(of(1, 2), other)).toBe(false);
      expect(equalBytes(other, of(1, 2))).toBe(false);
    }
  });

  it("sort by the first different byte, and a beginning of another before it", () => {
    const sorted = [of(), of(0), of(1), of(1, 0), of(1, 0, 9), of(1, 2), of(2), of(255)];
    for (const [i, a] of sorted.entries())
      for (const [k, b] of sorted.entries()) expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(i - k));
  });
});

describe("text", () => {
  it("hex is in lower case when written, and of whole bytes when read", () => {
    expect(bytesToHex(of(0, 171, 255))).toBe("00abff");
    expect(hexToBytes("00ABff")).toEqual(of(0, 171, 255));
    for (const text of ["0", "0g", " 00", "00 "]) expect(() => hexToBytes(text)).toThrow();
  });

  it("isHex takes lower case alone, and the length that is asked for", () => {
    expect([isHex(""), isHex("00ab"), isHex("00ab", 2), isHex("", 0)]).toEqual([true, true, true, true]);
    for (const text of ["0", "0A", "zz", "00zz", "zz00", "00\n", "a"]) expect(isHex(text)).toBe(false);
    expect([isHex("00ab", 1), isHex("00ab", 3), isHex("0A", 1)]).toEqual([false, false, false]);
  });

  it("asHex returns it or says what was expected", () => {
    expect(asHex("00ab", 2)).toBe("00ab");
    expect(() => asHex("00ab", 3)).toThrow("hex of 3 bytes expected");
    expect(() => asHex("zz")).toThrow("hex expected");
  });

  it("base64 has padding, base64url has none and other symbols", () => {
    const bytes = of(251, 255, 190, 1);
    expect([toBase64(bytes), toBase64url(bytes)]).toEqual(["+/++AQ==", "-_--AQ"]);
    expect(fromBase64("+/++AQ==")).toEqual(bytes);
    expect(fromBase64url("-_--AQ")).toEqual(bytes);
    expect(fromBase64Unpadded("+/++AQ")).toEqual(bytes);
  });

  it.each([
    ["base64 without padding", fromBase64, "+/++AQ"],
    ["base64url with padding", fromBase64url, "-_--AQ=="],
    ["base64url with the symbols of base64", fromBase64url, "+/++AQ"],
    ["base64url with bits left over", fromBase64url, "-_--AR"],
    ["unpadded base64 with padding", fromBase64Unpadded, "+/++AQ=="],
    ["unpadded base64 with bits left over", fromBase64Unpadded, "+/++AR"],
  ])("%s is refused", (_, read, text) => expect(() => read(text)).toThrow());
});
