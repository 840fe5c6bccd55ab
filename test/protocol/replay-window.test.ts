// Tests of protocol/replay-window.ts: first every decision of WireGuard's own self-test, then properties that it does
// not cover (purity, encoding, forged jumps).

import { describe, expect, it } from "vitest";
import {
  accept,
  check,
  decodeWindow,
  encodeWindow,
  newWindow,
  type ReplayWindow,
  SEQ_LIMIT,
  WINDOW,
} from "../../protocol/replay-window.ts";
import vectors from "../vectors/replay/wireguard-replay-window.json" with { type: "json" };

interface Step {
  counter?: string;
  range?: string[];
  expr: string;
  accept: boolean;
}

function* counters(step: Step): Generator<bigint> {
  if (step.counter !== undefined) return yield BigInt(step.counter);
  const [first, last] = step.range!.map(BigInt) as [bigint, bigint];
  const by = first <= last ? 1n : -1n;
  for (let c = first; c !== last + by; c += by) yield c;
}

describe("WireGuard's vectors", () => {
  it("uses the same parameters", () => {
    expect(WINDOW).toBe(vectors.windowSize);
    expect(SEQ_LIMIT).toBe(BigInt(vectors.RejectAfterMessages));
  });

  it("gives the expected decision at every step", () => {
    const wrong: string[] = [];
    let decisions = 0;
    for (const { name, steps } of vectors.sequences) {
      let window = newWindow();
      for (const step of steps as Step[]) {
        for (const seq of counters(step)) {
          decisions++;
          const ok = check(window, seq) === "ok";
          if (ok !== step.accept) wrong.push(`${name}: ${step.expr} = ${seq}`);
          if (ok) window = accept(window, seq);
        }
        window = decodeWindow(encodeWindow(window)); // as if the object were evicted between any two steps
      }
    }
    expect(wrong).toEqual([]);
    expect(decisions).toBe(48_813);
  });
});

const windowAfter = (...seqs: (bigint | number)[]): ReplayWindow => seqs.reduce<ReplayWindow>(accept, newWindow());

describe("window", () => {
  it("gives the reason of each refusal", () => {
    const w = windowAfter(0, 10_000);
    expect(check(w, 10_000)).toBe("replayed");
    expect(check(w, 10_000 - WINDOW)).toBe("ok");
    expect(check(w, 10_000 - WINDOW - 1)).toBe("too-old");
    expect(check(w, SEQ_LIMIT - 1n)).toBe("ok");
    expect(check(w, SEQ_LIMIT)).toBe("limit");
    expect(check(w, 2n ** 64n)).toBe("limit");
  });

  it("agrees with a plain set of all seen numbers, in a random order", () => {
    let w = newWindow();
    const seen = new Set<number>();
    let highest = 0;
    let x = 1; // mulberry32
    const random = (n: number): number => {
      x = (x + 0x6d2b79f5) | 0;
      let t = Math.imul(x ^ (x >>> 15), x | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) % n;
    };
    for (let i = 0; i < 20_000; i++) {
      const seq = Math.max(0, highest + 400 - random(9_000));
      const expected = seq > highest ? "ok" : highest - seq > WINDOW ? "too-old" : seen.has(seq) ? "replayed" : "ok";
      expect(check(w, seq)).toBe(expected);
      if (expected !== "ok") continue;
      w = accept(w, seq);
      seen.add(seq);
      highest = Math.max(highest, seq);
    }
    expect(seen.size).toBeGreaterThan(2_000);
  });

  it("does not change the old state, so that a state that was not stored has no effect", () => {
    const before = windowAfter(5);
    const bytes = encodeWindow(before);
    accept(before, 6);
    accept(before, 100_000);
    expect(encodeWindow(before)).toEqual(bytes);
    expect(check(before, 6)).toBe("ok");
  });

  it("refuses to accept a number that was not checked", () => {
    expect(() => accept(windowAfter(5), 5)).toThrow("replayed");
    expect(() => accept(newWindow(), SEQ_LIMIT)).toThrow("limit");
  });

  it("refuses numbers that are not exact", () => {
    expect(() => check(newWindow(), 2 ** 53)).toThrow(RangeError);
    expect(() => check(newWindow(), 1.5)).toThrow(RangeError);
    expect(() => check(newWindow(), -1n)).toThrow(RangeError);
    expect(check(newWindow(), 2n ** 53n + 1n)).toBe("ok");
  });
});

describe("encoding", () => {
  it("is exact at any offset of a buffer", () => {
    const w = windowAfter(1, 3, 70_000, 69_999, 2n ** 60n);
    const bytes = encodeWindow(w);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeWindow(shifted.subarray(3))).toEqual(w);
    expect(encodeWindow(decodeWindow(bytes))).toEqual(bytes);
  });

  const flip = (bytes: Uint8Array, at: number, mask: number): Uint8Array => {
    const out = bytes.slice();
    out[at]! ^= mask;
    return out;
  };
  const state = encodeWindow(windowAfter(40)); // bit 8 of block 1: byte 9 + 4 + 2, mask 1
  it.each([
    ["a byte short", state.subarray(1)],
    ["a byte long", Uint8Array.of(...state, 0)],
    ["another version", flip(state, 0, 3)],
    ["highest not seen", flip(state, 9 + 4 + 2, 1)],
    ["a bit above the highest, same block", flip(state, 9 + 4 + 2, 2)],
    ["a bit in a block not reached", flip(state, 9 + 4 * 200, 1)],
    ["past the limit", flip(state, 1, 0xff).fill(0xff, 1, 9)],
  ])("refuses %s", (_, bytes) => {
    expect(() => decodeWindow(bytes)).toThrow(RangeError);
  });
});
