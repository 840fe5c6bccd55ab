import { partOf, writePart } from "../../../protocol/buckets.ts";
import { compareBytes, concatBytes, u32be } from "../../../protocol/bytes.ts";
import { trusteeWitnessKey } from "../../../protocol/case-documents.ts";
import { nobleSigner } from "../../../protocol/ed25519.ts";
import { INDEX_ROW_BYTES, INDEX_VALUE_BYTES } from "../../../protocol/index-row.ts";
import { blockHashes, cutRows, IndexBlocks, rootOfBlocks } from "../../../protocol/index-tree.ts";
import { leafHash, nodeHash, planConsistency, planInclusion, type Span } from "../../../protocol/merkle.ts";
import { planRuns, rootOfLeaves } from "../../../protocol/merkle-range.ts";
import { cosign, formatCheckpoint, formatNote, LOG_KEY, noteSigner, signNote } from "../../../protocol/note.ts";
import { hex, hexes, type Json } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

type Judged = { [key: string]: Json };
const of = (kind: string) => (reason: string, name: string, judged: Judged) => ({
  kind,
  class: name,
  reason,
  ...judged,
});
const replacedAt = <T>(list: readonly T[], at: number, item: T): T[] => list.map((x, i) => (i === at ? item : x));

/** Merkle proofs of RFC 9162 in a tree of 7 leaves. */
function merkle(): Json[] {
  const leaves = Array.from({ length: 7 }, (_, i) => leafHash(u32be(i)));
  const range = (span: Span): Uint8Array => {
    const first = span[0]!;
    const last = span.at(-1)!;
    return rootOfLeaves(leaves.slice(first.index * 2 ** first.level, (last.index + 1) * 2 ** last.level));
  };
  const root = (n: number): Uint8Array => rootOfLeaves(leaves.slice(0, n));
  const inclusion = (
    reason: string,
    name: string,
    index: number,
    size: number,
    change: Judged = {},
    proof = planInclusion(index, size).map(range),
  ) =>
    of("inclusion")(reason, name, {
      index,
      size,
      leafHash: hex(leaves[index]!),
      proof: hexes(proof),
      root: hex(root(size)),
      ...change,
    });
  const consistency = (
    reason: string,
    name: string,
    from: number,
    to: number,
    change: Judged = {},
    proof = planConsistency(from, to).map(range),
  ) =>
    of("consistency")(reason, name, {
      from,
      to,
      fromRoot: hex(root(from)),
      toRoot: hex(root(to)),
      proof: hexes(proof),
      ...change,
    });
  const path = planInclusion(5, 7).map(range);
  const steps = planConsistency(3, 7).map(range);
  const more = nodeHash(root(7), leaves[0]!);
  const pairs = [1, 2, 3, 4, 5, 6, 7].flatMap((to) => Array.from({ length: to }, (_, i) => [i + 1, to] as const));
  return [
    ...[0, 3, 5, 6].map((i) => inclusion("accepted", `leaf ${i} of 7`, i, 7)),
    inclusion("accepted", "the only leaf", 0, 1),
    inclusion("refused", "another leaf", 5, 7, { leafHash: hex(leaves[4]!) }),
    inclusion("refused", "another index", 5, 7, { index: 4 }),
    inclusion("refused", "index is the size", 5, 7, { index: 7 }),
    inclusion("refused", "index 1 with the proof of the only leaf", 0, 1, { index: 1 }),
    inclusion("refused", "another size", 5, 7, { size: 6 }),
    inclusion("refused", "size 0", 0, 1, { size: 0 }),
    inclusion("refused", "size 4 with the proof and root of size 2", 0, 2, { size: 4 }),
    inclusion("refused", "another root", 5, 7, { root: hex(root(6)) }),
    inclusion("refused", "hashes in another order", 5, 7, {}, [...path].reverse()),
    inclusion("refused", "one hash too few", 5, 7, {}, path.slice(0, -1)),
    inclusion("refused", "one hash too many, and a root over it", 5, 7, { root: hex(more) }, [...path, leaves[0]!]),
    inclusion("refused", "a hash of 31 bytes", 5, 7, {}, replacedAt(path, 0, path[0]!.subarray(1))),
    inclusion(
      "refused",
      "an inner node as leaf",
      4,
      7,
      { index: 1, size: 2, leafHash: hex(nodeHash(leaves[4]!, leaves[5]!)) },
      path,
    ),
    ...pairs.map(([from, to]) => consistency("accepted", `${from} in ${to}`, from, to)),
    consistency("refused", "another first root", 3, 7, { fromRoot: hex(root(2)) }),
    consistency("refused", "another second root", 3, 7, { toRoot: hex(root(6)) }),
    consistency("refused", "sizes exchanged", 3, 7, { from: 7, to: 3, fromRoot: hex(root(7)), toRoot: hex(root(3)) }),
    consistency("refused", "one hash too few", 3, 7, {}, steps.slice(0, -1)),
    consistency("refused", "one hash too many", 3, 7, {}, [...steps, leaves[0]!]),
    consistency("refused", "a hash of 31 bytes", 3, 7, {}, replacedAt(steps, 0, steps[0]!.subarray(1))),
    consistency("refused", "empty proof", 3, 7, {}, []),
    consistency("refused", "of one size with another root", 7, 7, { fromRoot: hex(root(6)) }),
    consistency("refused", "of one size with a hash", 7, 7, {}, [leaves[0]!]),
    consistency("refused", "from an empty tree", 1, 7, { from: 0 }),
    consistency("refused", "of two empty trees", 7, 7, { from: 0, to: 0 }),
  ];
}

/** Blocks of a closed epoch of 200 rows: 64, 64, 64 and 8. */
function indexBlocks(w: World): Json[] {
  const count = 200;
  const rows = rngOf("index rows")(count * INDEX_ROW_BYTES);
  const hashes = blockHashes(rows);
  const hashOf = (span: Span): Uint8Array => {
    const [first, last] = [span[0]!, span.at(-1)!];
    return rootOfLeaves(hashes.slice(first.index * 2 ** first.level, (last.index + 1) * 2 ** last.level));
  };
  const rowsOf = (from: number, to: number): Uint8Array => rows.slice(from * INDEX_ROW_BYTES, to * INDEX_ROW_BYTES);
  const proof = (start: number, n: number): Uint8Array[] => planRuns([{ start, count: n }], 4).map(hashOf);
  const right: IndexBlocks = { epoch: w.epoch, count, runs: [{ block: 1, rows: rowsOf(64, 128) }], proof: proof(1, 1) };
  const last: IndexBlocks = { ...right, runs: [{ block: 3, rows: rowsOf(192, 200) }], proof: proof(3, 1) };
  const entry = (reason: string, name: string, value: IndexBlocks, change: Judged = {}) =>
    of("index-blocks")(reason, name, {
      blocks: hex(IndexBlocks.encode(value)),
      epoch: w.epoch,
      count,
      root: hex(rootOfBlocks(hashes)),
      ...change,
    });
  const flippedRow = rowsOf(64, 128);
  flippedRow[9]! ^= 1;
  const leaves = cutRows(rowsOf(192, 200)).map(leafHash);
  return [
    entry("accepted", "block 1", right),
    entry("accepted", "the last block", last),
    entry("accepted", "blocks 1 and 3", {
      ...right,
      runs: [...right.runs, ...last.runs],
      proof: planRuns(
        [
          { start: 1, count: 1 },
          { start: 3, count: 1 },
        ],
        4,
      ).map(hashOf),
    }),
    entry("refused", "another epoch", { ...right, epoch: w.epoch - 1 }),
    entry("refused", "another count", { ...right, count: 199 }),
    entry("refused", "another root", right, { root: hex(leaves[0]!) }),
    entry("refused", "a changed row", { ...right, runs: [{ block: 1, rows: flippedRow }] }),
    entry("refused", "another block's place", { ...right, runs: [{ block: 2, rows: rowsOf(64, 128) }] }),
    entry("refused", "the last row left out", { ...last, runs: [{ block: 3, rows: rowsOf(192, 199) }] }),
    entry("refused", "half a row more", {
      ...right,
      runs: [{ block: 1, rows: rows.slice(64 * INDEX_ROW_BYTES, 128 * INDEX_ROW_BYTES + 104) }],
    }),
    entry("refused", "no rows", { ...right, runs: [{ block: 1, rows: new Uint8Array() }] }),
    entry("refused", "no runs", { ...right, runs: [], proof: [rootOfBlocks(hashes)] }),
    entry("refused", "one run twice", { ...right, runs: [...right.runs, ...right.runs] }),
    entry("refused", "runs that descend", {
      ...right,
      runs: [...last.runs, ...right.runs],
      proof: planRuns(
        [
          { start: 1, count: 1 },
          { start: 3, count: 1 },
        ],
        4,
      ).map(hashOf),
    }),
    entry("refused", "one hash too few", { ...right, proof: right.proof.slice(1) }),
    entry("refused", "one hash too many", { ...right, proof: [...right.proof, right.proof[0]!] }),
    entry("refused", "hashes in another order", { ...right, proof: [...right.proof].reverse() }),
  ];
}

/** Names of parts, and values inside and outside them. */
function parts(): Json[] {
  const value = (first: number): string => first.toString(16).padStart(8, "0") + "00".repeat(28);
  const part = (reason: string, name: string, written: string, first: number) =>
    of("part")(reason, name, { part: written, value: value(first) });
  const third = Math.ceil(2 ** 32 / 3);
  return [
    part("accepted", "the whole space", "0.1", 0xffffffff),
    part("accepted", "first value of a third", "1.3", third),
    part("accepted", "last value of a third", "0.3", third - 1),
    part("accepted", "last part of the most", "65535.65536", 0xffff0000),
    part("refused", "value before the part", "1.3", third - 1),
    part("refused", "value after the part", "0.3", third),
    part("malformed", "n is m", "3.3", 0),
    part("malformed", "no parts", "0.0", 0),
    part("malformed", "more parts than allowed", "0.65537", 0),
    part("malformed", "leading zero", "00.3", 0),
    part("malformed", "sign", "+1.3", third),
    part("malformed", "three numbers", "1.3.3", third),
    part("malformed", "no point", "1", 0),
    part("malformed", "empty", "", 0),
  ];
}

/** Parts of a closed epoch of 200 rows, and the pages of blocks that should hold all rows of the part. */
function indexParts(w: World): Json[] {
  const count = 200;
  const rng = rngOf("rows of parts");
  const values = Array.from({ length: count }, () => rng(INDEX_VALUE_BYTES)).sort(compareBytes);
  const rows = concatBytes(...values.map((v) => concatBytes(v, new Uint8Array(INDEX_ROW_BYTES - INDEX_VALUE_BYTES))));
  const hashes = blockHashes(rows);
  const hashOf = (span: Span): Uint8Array => {
    const [first, last] = [span[0]!, span.at(-1)!];
    return rootOfLeaves(hashes.slice(first.index * 2 ** first.level, (last.index + 1) * 2 ** last.level));
  };
  const bytesOf = 64 * INDEX_ROW_BYTES;
  /** a page of these runs: first block and number of blocks of each */
  const page = (...runs: [number, number][]): string =>
    hex(
      IndexBlocks.encode({
        ...{ epoch: w.epoch, count },
        runs: runs.map(([start, n]) => ({ block: start, rows: rows.slice(start * bytesOf, (start + n) * bytesOf) })),
        proof: planRuns(
          runs.map(([start, n]) => ({ start, count: n })),
          4,
        ).map(hashOf),
      }),
    );
  const entry = (reason: string, name: string, part: string, pages: string[]) =>
    of("index-part")(reason, name, { part, pages, epoch: w.epoch, count, root: hex(rootOfBlocks(hashes)) });
  /** the eighth with the first row of a block; the row before it is in the same eighth */
  const [inTwo, inThree] = [64, 128].map((row) => {
    const [at, before] = [row, row - 1].map((i) => writePart(partOf(hex(values[i]!), 8)));
    if (at !== before) throw new Error("the part begins with the block");
    return at!;
  }) as [string, string];
  /** a part inside block 1 */
  const inside = writePart(partOf(hex(values[96]!), 64));
  return [
    entry("accepted", "a part inside one block", inside, [page([1, 1])]),
    entry("accepted", "a part in two blocks", inTwo, [page([0, 2])]),
    entry("accepted", "two blocks on two pages", inThree, [page([1, 1]), page([2, 1])]),
    entry("accepted", "first part", "0.8", [page([0, 1])]),
    entry("accepted", "last part", "7.8", [page([2, 2])]),
    entry("accepted", "the whole epoch", "0.1", [page([0, 2]), page([2, 2])]),
    entry("refused", "the block before is missing", inTwo, [page([1, 1])]),
    entry("refused", "the block after is missing", inTwo, [page([0, 1])]),
    entry("refused", "a gap between the runs", inThree, [page([0, 1], [2, 1])]),
    entry("refused", "a gap between the pages", "0.1", [page([0, 1]), page([2, 2])]),
    entry("refused", "last block missing", "0.1", [page([0, 3])]),
    entry("refused", "first block missing", "0.1", [page([1, 3])]),
    entry("refused", "blocks of another part", inside, [page([3, 1])]),
  ];
}

/** Heads of a log with three witnesses, of which two must have signed within an hour. */
function heads(w: World): Json[] {
  const now = 1_800_000_000;
  const log = noteSigner("log.vectors.example", LOG_KEY, rngOf("log of heads")(32));
  const root = rngOf("head")(32);
  const text = formatCheckpoint({ origin: log.key.name, size: 7, root });
  const witness = (i: number) => ({
    key: trusteeWitnessKey(i, w.committee[i - 1]!.identityKey),
    signer: nobleSigner(w.committee[i - 1]!.identitySecret),
  });
  const by = (i: number, time = now, over = text) => cosign(over, witness(i), time);
  const stranger = noteSigner("log.vectors.example", LOG_KEY, rngOf("another log")(32));
  const entry = (reason: string, name: string, signatures: ReturnType<typeof by>[], over = text) =>
    of("head")(reason, name, {
      note: formatNote({ text: over, signatures }),
      now,
      logKey: hex(log.key.publicKey),
      witnessKeys: hexes(w.committee.map((t) => t.identityKey)),
      quorum: 2,
      maxAgeSeconds: 3600,
    });
  const other = formatCheckpoint({ origin: log.key.name, size: 8, root });
  const elsewhere = formatCheckpoint({ origin: "other.example", size: 7, root });
  const signed = signNote(text, log);
  return [
    entry("accepted", "two witnesses", [signed, by(1), by(3)]),
    entry("accepted", "as old and as early as allowed", [signed, by(1, now - 3600), by(3, now + 600)]),
    entry("accepted", "a line of an unknown key", [signed, signNote(text, stranger), by(1), by(3)]),
    entry("no-quorum", "one witness", [signed, by(1)]),
    entry("no-quorum", "one witness twice", [signed, by(1), by(1, now - 1)]),
    entry("stale", "one of them too old", [signed, by(1), by(3, now - 3601)]),
    entry("stale", "one of them from the future", [signed, by(1), by(3, now + 601)]),
    entry("not-signed-by-log", "the log did not sign", [by(1), by(3)]),
    entry("not-signed-by-log", "another log's key signed", [signNote(text, stranger), by(1), by(3)]),
    entry("bad-signature", "the log signed another head", [signNote(other, log), by(1), by(3)]),
    entry("bad-signature", "a witness signed another head", [signed, by(1), by(3, now, other)]),
    entry("bad-signature", "a witness's time was changed", [
      signed,
      by(1),
      { ...by(3), signature: concatBytes(by(3, now - 1).signature.slice(0, 8), by(3).signature.slice(8)) },
    ]),
    entry(
      "wrong-origin",
      "another origin",
      [signNote(elsewhere, log), by(1, now, elsewhere), by(3, now, elsewhere)],
      elsewhere,
    ),
    entry(
      "malformed",
      "a size with a leading zero",
      [signNote(text.replace("\n7\n", "\n07\n"), log), by(1), by(3)],
      text.replace("\n7\n", "\n07\n"),
    ),
  ];
}

export const treeFaults = (w: World): Json => ({
  entries: [merkle(), indexBlocks(w), heads(w), parts(), indexParts(w)].flat(),
});
