// Range proofs against a naive tree, and blocks of an index against the tree of its rows.

import { randomBytes } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { INDEX_ROW_BYTES } from "../../protocol/index-row.ts";
import {
  blockHashes,
  blocksOf,
  cutRows,
  INDEX_BLOCK_ROWS,
  IndexBlocks,
  indexClosesAt,
  indexRootEntry,
  readIndexRoot,
  rootOfBlocks,
  verifyBlocks,
} from "../../protocol/index-tree.ts";
import {
  emptyFrontier,
  foldSpan,
  frontierRoot,
  leafHash,
  type Node,
  nodeHash,
  pushLeaf,
} from "../../protocol/merkle.ts";
import { planRuns, rootOfLeaves, verifyRuns } from "../../protocol/merkle-range.ts";

/** MTH as RFC 9162 section 2.1.1 writes it. */
function naive(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(concatBytes(Uint8Array.of(1), naive(leaves.slice(0, k)), naive(leaves.slice(k))));
}
const leavesOf = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, i) => leafHash(utf8ToBytes(`leaf ${i}`)));
const proofOf = (leaves: Uint8Array[], places: { start: number; count: number }[]): Uint8Array[] => {
  const node = ({ level, index }: Node) => naive(leaves.slice(index << level, (index + 1) << level));
  return planRuns(places, leaves.length).map((span) => foldSpan(span.map(node)));
};

/** A tree with some runs, ascending and disjoint; neighbours may touch. */
const treeWithRuns = fc.integer({ min: 1, max: 70 }).chain((size) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: size }), { minLength: 2, maxLength: 8 })
    .map((cuts) => cuts.sort((a, b) => a - b))
    .map((cuts) => ({
      size,
      places: Array.from({ length: Math.floor(cuts.length / 2) }, (_, i) => ({
        start: cuts[2 * i]!,
        count: cuts[2 * i + 1]! - cuts[2 * i]!,
      })),
    })),
);

describe("runs of leaves", () => {
  it("are proven under the naive root, and refused after any change", () => {
    fc.assert(
      fc.property(treeWithRuns, fc.nat(), fc.nat(), ({ size, places }, which, byte) => {
        const leaves = leavesOf(size);
        const root = naive(leaves);
        expect(rootOfLeaves(leaves)).toEqual(root);
        const proof = proofOf(leaves, places);
        const runs = places.map(({ start, count }) => ({ start, leaves: leaves.slice(start, start + count) }));
        const claim = { runs, size, proof, root };
        expect(verifyRuns(claim)).toBe(true);
        for (const { start, count } of places)
          expect(proofOf(leaves, [{ start, count }]).length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(size)));

        const bent = (hash: Uint8Array) => hash.map((b, i) => (i === byte % 32 ? b ^ 1 : b));
        const one = runs[which % runs.length]!;
        const at = which % one.leaves.length;
        const changed = (leaves: Uint8Array[]) => runs.map((r) => (r === one ? { ...r, leaves } : r));
        expect(verifyRuns({ ...claim, runs: changed(one.leaves.with(at, bent(one.leaves[at]!))) })).toBe(false);
        expect(verifyRuns({ ...claim, root: bent(root) })).toBe(false);
        expect(verifyRuns({ ...claim, proof: [...proof, root] })).toBe(false);
        if (proof.length > 0) {
          const i = which % proof.length;
          expect(verifyRuns({ ...claim, proof: proof.with(i, bent(proof[i]!)) })).toBe(false);
          expect(verifyRuns({ ...claim, proof: proof.slice(1) })).toBe(false);
        }
        // a leaf left out, or all of them one place further
        if (one.leaves.length > 1)
          expect(verifyRuns({ ...claim, runs: changed(one.leaves.filter((_, i) => i !== at)) })).toBe(false);
        const shifted = runs.map((r) => ({ ...r, start: r.start + 1 }));
        expect(verifyRuns({ ...claim, runs: shifted })).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it("an empty place is shown by its two neighbours; an empty run shows nothing", () => {
    const leaves = leavesOf(9);
    const claim = { size: 9, root: naive(leaves) };
    for (let at = 1; at < 9; at++) {
      const proof = proofOf(leaves, [{ start: at - 1, count: 2 }]);
      expect(verifyRuns({ ...claim, runs: [{ start: at - 1, leaves: leaves.slice(at - 1, at + 1) }], proof })).toBe(
        true,
      );
    }
    expect(verifyRuns({ ...claim, runs: [{ start: 3, leaves: [] }], proof: [claim.root] })).toBe(false);
    expect(verifyRuns({ ...claim, runs: [], proof: [claim.root] })).toBe(false);
    for (const bad of [[], [{ start: 0, count: 0 }], [{ start: 8, count: 2 }], [{ start: -1, count: 1 }]])
      expect(() => planRuns(bad, 9)).toThrow(RangeError);
  });

  it.each([Number.NaN, 0, -1, 2 ** 60, 1.5])("refuses a tree of %s leaves", (size) => {
    const [leaf] = leavesOf(1) as [Uint8Array];
    expect(verifyRuns({ runs: [{ start: 0, leaves: [leaf] }], size, proof: [], root: leaf })).toBe(false);
  });
});

it("accepts hashes of exactly 32 bytes, in leaves and in the proof", () => {
  const [left, right] = leavesOf(2) as [Uint8Array, Uint8Array];
  const verdict = (leaf: Uint8Array, other: Uint8Array) =>
    verifyRuns({ runs: [{ start: 0, leaves: [leaf] }], size: 2, proof: [other], root: nodeHash(leaf, other) });
  expect(verdict(left, right)).toBe(true);
  expect(verdict(Uint8Array.of(...left, 0), right)).toBe(false);
  expect(verdict(left, right.subarray(1))).toBe(false);
  expect(verifyRuns({ runs: [{ start: 0, leaves: [left] }], size: 2, proof: [], root: left })).toBe(false);
});

describe("blocks of an index", () => {
  const rowsOf = (count: number) => Uint8Array.from(randomBytes(count * INDEX_ROW_BYTES));
  const blocks = (rows: Uint8Array, places: { start: number; count: number }[]): IndexBlocks => {
    const bytes = INDEX_BLOCK_ROWS * INDEX_ROW_BYTES;
    return {
      epoch: 7,
      count: rows.length / INDEX_ROW_BYTES,
      runs: places.map(({ start, count }) => ({
        block: start,
        rows: rows.subarray(start * bytes, (start + count) * bytes),
      })),
      proof: proofOf(blockHashes(rows), places),
    };
  };

  it.each([1, 63, 64, 65, 128, 129, 200, 321, 1024])("of %i rows have the root of the rows", (count) => {
    const rows = rowsOf(count);
    const byRows = frontierRoot(cutRows(rows).map(leafHash).reduce(pushLeaf, emptyFrontier));
    expect(rootOfBlocks(blockHashes(rows))).toEqual(byRows);
    const root = { epoch: 7, count, root: byRows };
    for (let at = 0; at < blocksOf(count); at++) {
      const some = blocks(rows, [{ start: at, count: 1 }]);
      expect(verifyBlocks(IndexBlocks.decode(IndexBlocks.encode(some)), root)).toBe(true);
      expect(verifyBlocks({ ...some, epoch: 8 }, root)).toBe(false);
      const short = { ...some.runs[0]!, rows: some.runs[0]!.rows.slice(0, -INDEX_ROW_BYTES) };
      expect(verifyBlocks({ ...some, runs: [short] }, root)).toBe(false);
      const torn = { ...some.runs[0]!, rows: some.runs[0]!.rows.slice(1) };
      expect(verifyBlocks({ ...some, runs: [torn] }, root)).toBe(false);
      expect(verifyBlocks(some, { ...root, count: count + 1 })).toBe(false);
      // only the last block shows how many rows there are
      const longer = verifyBlocks({ ...some, count: count + 1 }, { ...root, count: count + 1 });
      expect(longer).toBe(at < blocksOf(count) - 1 && count % INDEX_BLOCK_ROWS !== 0);
    }
  });

  it("the log's entry says epoch, number of rows and root", () => {
    const root = { epoch: 680, count: 70_000, root: leafHash(new Uint8Array()) };
    const entry = LogEntry.decode(LogEntry.encode({ at: 5, caseId: undefined, ...indexRootEntry(root) }));
    expect(readIndexRoot(entry)).toEqual(root);
    expect(readIndexRoot({ ...entry, kind: "opening" })).toBeUndefined();
    expect(readIndexRoot({ ...entry, body: entry.body.subarray(1) })).toBeUndefined();
  });
});

it("rows are whole, and an index closes an hour after the last arrival", () => {
  expect(cutRows(new Uint8Array(2 * INDEX_ROW_BYTES)).map((row) => row.length)).toEqual(Array(2).fill(INDEX_ROW_BYTES));
  expect(() => cutRows(new Uint8Array(INDEX_ROW_BYTES + 1))).toThrow("not a list of rows");
  expect(indexClosesAt(680, { challengeWindowSeconds: 600, offlineGraceSeconds: 60 })).toBe(
    epochStart(681) + 600 + 3600,
  );
});
