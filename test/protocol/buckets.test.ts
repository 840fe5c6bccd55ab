// Tests of protocol/buckets.ts: the wallet and the service divide the key space at the same places.

import fc from "fast-check";
import { expect, it } from "vitest";
import { EVERYTHING, MAX_PARTS, partOf, rangeOf, readPart, writePart } from "../../protocol/buckets.ts";
import { asHex, bytesToHex, type Hex } from "../../protocol/encodings.ts";

const anyTag = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => bytesToHex(b));
const anyCount = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: MAX_PARTS }));

it("a tag hash lies in the range of its own part and in no other range", () => {
  fc.assert(
    fc.property(anyTag, anyCount, fc.nat(), (tag, of, other) => {
      const part = partOf(tag, of);
      const inside = (n: number): boolean => {
        const { from, below } = rangeOf({ n, of });
        return from <= tag && tag < below;
      };
      expect(inside(part.n)).toBe(true);
      if (other % of !== part.n) expect(inside(other % of)).toBe(false);
    }),
  );
});

it("the ranges follow each other without a gap", () => {
  for (const parts of [1, 2, 3, 7, 104, 65_535, MAX_PARTS])
    for (const n of [0, 1, Math.floor(parts / 3), parts - 2].filter((n) => n >= 0 && n < parts - 1))
      expect(rangeOf({ n, of: parts }).below).toBe(rangeOf({ n: n + 1, of: parts }).from);
  expect(rangeOf(EVERYTHING)).toEqual({ from: "00000000", below: "g" });
  expect(rangeOf({ n: MAX_PARTS - 1, of: MAX_PARTS }).below).toBe("g");
});

it("the first and the last tag hash belong to the first and the last part", () => {
  const edge = (digits: string): Hex => asHex(digits.padEnd(64, "0"));
  expect(partOf(edge("55555555"), 3)).toEqual({ n: 0, of: 3 });
  expect(partOf(edge("55555556"), 3)).toEqual({ n: 1, of: 3 });
  expect(rangeOf({ n: 1, of: 3 })).toEqual({ from: "55555556", below: "aaaaaaab" });
  expect(partOf(asHex("f".repeat(64)), MAX_PARTS)).toEqual({ n: MAX_PARTS - 1, of: MAX_PARTS });
});

it("a part has exactly one written form", () => {
  fc.assert(
    fc.property(anyTag, anyCount, (tag, of) => {
      expect(readPart(writePart(partOf(tag, of)))).toEqual(partOf(tag, of));
    }),
  );
  for (const bad of ["", "-", "1", "1.1", "0.0", "00.1", "0.01", "0.65537", "-1.2", "0.1.2", "0.1 ", "0x1.2"])
    expect(readPart(bad)).toBeUndefined();
});
