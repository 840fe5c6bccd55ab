// The Merkle tree of a closed epoch's index, and what the log says of it.
//
//   leaves     the rows, sorted by value (index-row.ts, merkle.ts)
//   log entry  kind "index-root", subject = root, body = epoch u32 ‖ number of rows u32
//   block      INDEX_BLOCK_ROWS rows from a multiple of INDEX_BLOCK_ROWS on; the last block may have fewer
//   block hash root of the block's rows. The tree over the block hashes has the same root as the tree over the rows, since
//              INDEX_BLOCK_ROWS is a power of two
//
//   IndexBlocks, type 0x38 version 1: whole blocks of a closed epoch, with one proof for all of them (merkle-range.ts)
//     A reader of a part of the index gets every block that holds a row of the part, the row before the part or the row
//     after it. So the rows themselves show that none is left out.

import { type Part, rangeOf } from "./buckets.ts";
import { concatBytes, u32be } from "./bytes.ts";
import { blob, document, fixed, list, type Of, struct, u32 } from "./codec.ts";
import type { LogEntry } from "./documents.ts";
import { bytesToHex, type Hex } from "./encodings.ts";
import { arrivalsEnd, DELIVERY_MARGIN_SECONDS, type Tolerances } from "./epoch.ts";
import { INDEX_ROW_BYTES, INDEX_VALUE_BYTES } from "./index-row.ts";
import { emptyRoot, HASH_BYTES, leafHash } from "./merkle.ts";
import { rootOfLeaves, verifyRuns } from "./merkle-range.ts";

export const INDEX_BLOCK_ROWS = 64;
const BLOCK_BYTES = INDEX_BLOCK_ROWS * INDEX_ROW_BYTES;

/** Some blocks of a closed epoch, in ascending runs. */
export const IndexBlocks = document("IndexBlocks", 0x38, 1, {
  epoch: u32,
  /** rows of the whole epoch */
  count: u32,
  runs: list(struct({ block: u32, rows: blob })),
  proof: list(fixed(HASH_BYTES)),
});
export type IndexBlocks = Of<typeof IndexBlocks>;

/** The logged root of a closed epoch. */
export interface IndexRoot {
  readonly epoch: number;
  /** number of rows */
  readonly count: number;
  /** 32 bytes */
  readonly root: Uint8Array;
}

/** The log entry's fields that state a root. */
export const indexRootEntry = ({ epoch, count, root }: IndexRoot) => ({
  kind: "index-root" as const,
  subject: root,
  body: concatBytes(u32be(epoch), u32be(count)),
});

/** The root that a log entry states; undefined if it is no well-formed "index-root". */
export function readIndexRoot({ kind, subject, body }: LogEntry): IndexRoot | undefined {
  if (kind !== "index-root" || body.length !== 8) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return { epoch: view.getUint32(0), count: view.getUint32(4), root: subject };
}

/**
 * The time from which an epoch's index may be closed: no check-in can arrive any more (arrivalsEnd), and the outbox had a
 * margin. Unix seconds.
 */
export const indexClosesAt = (epoch: number, parameters: Tolerances): number =>
  arrivalsEnd(epoch, parameters) + DELIVERY_MARGIN_SECONDS;
/** The escrow closes an index within this time, and logs its root. Later a missing root is a fault. */
export const INDEX_CLOSED_WITHIN_SECONDS = 86_400;

/** Number of blocks of an epoch. */
export const blocksOf = (rows: number): number => Math.ceil(rows / INDEX_BLOCK_ROWS);

/** Cuts a list of whole rows. @throws RangeError if the bytes are no whole rows */
export function cutRows(rows: Uint8Array): Uint8Array[] {
  if (rows.length % INDEX_ROW_BYTES !== 0) throw new RangeError("not a list of rows");
  return Array.from({ length: rows.length / INDEX_ROW_BYTES }, (_, i) =>
    rows.subarray(i * INDEX_ROW_BYTES, (i + 1) * INDEX_ROW_BYTES),
  );
}

/** The hashes of the blocks of rows that begin at a block's start. */
export function blockHashes(rows: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(rows.length / BLOCK_BYTES) }, (_, i) =>
    rootOfLeaves(cutRows(rows.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)).map(leafHash)),
  );
}

/** The root over block hashes of a whole epoch. */
export const rootOfBlocks = (hashes: readonly Uint8Array[]): Uint8Array =>
  hashes.length === 0 ? emptyRoot() : rootOfLeaves(hashes);

/** Whether these blocks stand in the closed epoch of this root, each with all of its rows. */
export function verifyBlocks({ epoch, count, runs, proof }: IndexBlocks, of: IndexRoot): boolean {
  if (epoch !== of.epoch || count !== of.count) return false;
  const whole = runs.every(({ block, rows }) => {
    const end = block * INDEX_BLOCK_ROWS + rows.length / INDEX_ROW_BYTES; // of the run, counted in rows
    return Number.isInteger(end) && (end === count || (end < count && end % INDEX_BLOCK_ROWS === 0));
  });
  if (!whole) return false;
  const claimed = runs.map(({ block, rows }) => ({ start: block, leaves: blockHashes(rows) }));
  return verifyRuns({ runs: claimed, size: blocksOf(count), proof, root: of.root });
}

/** Blocks without a gap, and the values of their first and last row. */
export interface ProvenRun {
  readonly from: number;
  /** the block after the run */
  to: number;
  readonly first: Hex;
  last: Hex;
}

/** Adds the runs of a page to those before it. A run that goes on where the last one ended becomes part of it. */
export function addRuns(runs: ProvenRun[], page: Pick<IndexBlocks, "runs">): void {
  for (const { block, rows } of page.runs) {
    const values = cutRows(rows).map((row) => bytesToHex(row.subarray(0, INDEX_VALUE_BYTES)));
    const run = { from: block, to: block + blocksOf(values.length), first: values[0]!, last: values.at(-1)! };
    const before = runs.at(-1);
    if (before?.to === block) Object.assign(before, { to: run.to, last: run.last });
    else runs.push(run);
  }
}

/**
 * Whether the runs hold every row of the part: one run has a row before the part, or begins the epoch, and has a row after the
 * part, or ends the epoch.
 * @param blocks number of blocks of the epoch
 */
export function holdPart(runs: readonly ProvenRun[], part: Part, blocks: number): boolean {
  const { from, below } = rangeOf(part);
  return runs.some((run) => (run.from === 0 || run.first < from) && (run.to === blocks || run.last >= below));
}
