// Tests of protocol/padding.ts: content of every length comes back, and padding has one form.

import { expect, it } from "vitest";
import { concatBytes, u32be } from "../../protocol/bytes.ts";
import { padTo, padToMultiple, unpad } from "../../protocol/padding.ts";

const content = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i + 1);

it("content comes back from the next multiple of the step", () => {
  for (const [n, size] of [
    [0, 16],
    [1, 16],
    [12, 16],
    [13, 32],
    [28, 32],
  ] as const) {
    const padded = padToMultiple(content(n), 16);
    expect(padded).toEqual(concatBytes(u32be(n), content(n), new Uint8Array(size - n - 4)));
    expect(unpad(padded)).toEqual(content(n));
  }
  expect(() => padTo(content(13), 16)).toThrow(RangeError);
});

it("padding is read from the middle of a buffer too", () => {
  expect(unpad(concatBytes(content(3), padToMultiple(content(5), 16)).subarray(3))).toEqual(content(5));
});

it("other forms are refused", () => {
  const padded = padToMultiple(content(5), 16);
  const changed = (at: number, byte: number) => padded.map((b, i) => (i === at ? byte : b));
  expect(unpad(concatBytes(u32be(0)))).toEqual(content(0));
  expect(unpad(concatBytes(u32be(1), content(1)))).toEqual(content(1));
  expect(() => unpad(new Uint8Array(3))).toThrow("padding: no length");
  expect(() => unpad(changed(3, 13))).toThrow("padding: length beyond the end");
  for (const at of [9, 15]) expect(() => unpad(changed(at, 1))).toThrow("padding: not zero");
  expect(() => unpad(changed(3, 4))).toThrow("padding: not zero");
});
