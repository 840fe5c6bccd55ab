// Tests of protocol/tid.ts. People read TIDs aloud, type them and print them on labels, so every single typing error
// must be noticed.

import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { formatTid, parseTid, TID_ALPHABET, TID_CHARS, TidError, tidOf } from "../../protocol/tid.ts";

const tids = Array.from({ length: 50 }, (_, i) => tidOf(sha256(utf8ToBytes(`session ${i}`))));

const reasonOf = (typed: string): string => {
  try {
    return parseTid(typed);
  } catch (error) {
    return (error as TidError).reason;
  }
};

describe("tidOf", () => {
  it("gives a fixed, known result", () => {
    expect(tidOf(new Uint8Array(32))).toBe("KB36W6Z4AJZK5TY");
  });

  it("fits on a label and uses no characters that look alike", () => {
    expect(TID_CHARS).toBeLessThanOrEqual(15);
    for (const c of "01ILO") expect(TID_ALPHABET).not.toContain(c);
    expect(new Set(TID_ALPHABET).size).toBe(31);
    for (const tid of tids) expect(tid).toMatch(/^[2-9A-HJKMNP-Z]{15}$/);
    expect(new Set(tids).size).toBe(tids.length);
  });

  it("accepts a tagHash and nothing else", () => {
    expect(() => tidOf(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe("parseTid", () => {
  it("accepts any case, spaces and hyphens", () => {
    for (const tid of tids) {
      expect(parseTid(tid)).toBe(tid);
      expect(parseTid(` ${formatTid(tid).toLowerCase()}\n`)).toBe(tid);
      expect(formatTid(tid)).toMatch(/^.{5}-.{5}-.{5}$/);
    }
  });

  it("notices any single wrong character", () => {
    for (const tid of tids)
      for (let i = 0; i < TID_CHARS; i++)
        for (const c of TID_ALPHABET)
          if (c !== tid[i]) expect(reasonOf(tid.slice(0, i) + c + tid.slice(i + 1))).toBe("check");
  });

  it("notices any two swapped characters", () => {
    for (const tid of tids)
      for (let i = 0; i < TID_CHARS; i++)
        for (let j = i + 1; j < TID_CHARS; j++) {
          const c = [...tid];
          [c[i], c[j]] = [c[j]!, c[i]!];
          expect(reasonOf(c.join(""))).toBe(tid[i] === tid[j] ? tid : "check");
        }
  });

  it("gives the reason of a refusal", () => {
    const tid = tids[0]!;
    expect(reasonOf(tid.slice(1))).toBe("length");
    expect(reasonOf(`${tid}2`)).toBe("length");
    expect(reasonOf("")).toBe("length");
    for (const c of "01ILO.\u0391\u017f") expect(reasonOf(c + tid.slice(1))).toBe("symbol");
    expect(() => parseTid(`0${tid.slice(1)}`)).toThrow(TidError);
  });
});
