import { describe, expect, it } from "vitest";
import { chunksOf, chunksOfOrder, MAX_CHUNK_EPOCHS } from "../../protocol/case-chunks.ts";

const sizes = (epochs: number): number[] =>
  chunksOf({ epochFrom: 700 - epochs + 1, epochTo: 700 }).map((c) => c.epochTo - c.epochFrom + 1);

describe("chunks of an order", () => {
  it("start with the newest epoch alone and grow", () => {
    expect(sizes(1)).toEqual([1]);
    expect(sizes(2)).toEqual([1, 1]);
    expect(sizes(12)).toEqual([1, 2, 4, 5]);
    expect(sizes(120)).toEqual([1, 2, 4, 8, ...Array(6).fill(16), 9]);
    expect(chunksOf({ epochFrom: 696, epochTo: 700 })).toEqual([
      { epochFrom: 700, epochTo: 700 },
      { epochFrom: 698, epochTo: 699 },
      { epochFrom: 696, epochTo: 697 },
    ]);
  });

  it("contain each epoch once, newest first, and no chunk is larger than MAX_CHUNK_EPOCHS", () => {
    for (let n = 1; n <= 130; n++) {
      const chunks = chunksOf({ epochFrom: 5, epochTo: 4 + n });
      const epochs = chunks.flatMap(({ epochFrom, epochTo }) =>
        Array.from({ length: epochTo - epochFrom + 1 }, (_, i) => epochTo - i),
      );
      expect(epochs).toEqual(Array.from({ length: n }, (_, i) => 4 + n - i));
      expect(Math.max(...sizes(n))).toBeLessThanOrEqual(MAX_CHUNK_EPOCHS);
    }
  });

  it("are a single chunk for a trace, and none for an order whose first epoch follows its last", () => {
    expect(chunksOfOrder({ kind: "trace", epochFrom: 1, epochTo: 9 })).toHaveLength(1);
    expect(chunksOfOrder({ kind: "assemble", epochFrom: 1, epochTo: 9 })).toHaveLength(4);
    expect(() => chunksOf({ epochFrom: 2, epochTo: 1 })).toThrow(RangeError);
  });
});
