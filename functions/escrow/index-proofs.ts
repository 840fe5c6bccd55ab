// The tree of a closed epoch's index, kept so that a part can be proven without visiting many rows (protocol/index-tree.ts).
//
//   index_nodes   the perfect subtrees over the epoch's blocks, written when the epoch is closed. Level 0 has the hash of each
//                 block, and the value of its first row
//   read          the blocks that hold a part's rows, the row before the part and the row after it. Per part that is at most
//                 two blocks more than the rows themselves, and 2·log2(blocks) hashes. The escrow hashes nothing

import { EVERYTHING, type Part, rangeOf } from "../../protocol/buckets.ts";
import { bytesToHex, hexToBytes } from "../../protocol/encodings.ts";
import { INDEX_ROW_BYTES, INDEX_VALUE_BYTES } from "../../protocol/index-row.ts";
import { blocksOf, INDEX_BLOCK_ROWS, IndexBlocks } from "../../protocol/index-tree.ts";
import { completedBy, foldSpan, type Node, nodeHash } from "../../protocol/merkle.ts";
import { planRuns, type RunPlace } from "../../protocol/merkle-range.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { Problem } from "../shared/problems.ts";

/** blocks per answer: 768 rows, 160 kB. A page costs about 20 ms of CPU. */
const BLOCKS_PER_PAGE = 12;
const NODES_PER_STATEMENT = 4096;

interface StoredNode {
  level: number;
  at: number;
  hash: string;
  first: string | null;
}

/** Gathers the nodes of an epoch from its block hashes, and stores them. Storing them again changes nothing. */
export class TreeWriter {
  readonly #env: EscrowEnv;
  readonly #epoch: number;
  readonly #hashes: Uint8Array[][] = [];
  #nodes: StoredNode[] = [];

  constructor(env: EscrowEnv, epoch: number) {
    this.#env = env;
    this.#epoch = epoch;
  }

  /** The block hashes so far. */
  get blocks(): readonly Uint8Array[] {
    return this.#hashes[0] ?? [];
  }

  /** The next blocks of the epoch. @param rows whole blocks, but for the last block of the epoch */
  async add(rows: Uint8Array, hashes: readonly Uint8Array[]): Promise<void> {
    for (const [i, hash] of hashes.entries()) {
      const at = i * INDEX_BLOCK_ROWS * INDEX_ROW_BYTES;
      this.#keep({ level: 0, index: this.blocks.length }, hash, bytesToHex(rows.subarray(at, at + INDEX_VALUE_BYTES)));
      for (const { level, index } of completedBy(this.blocks.length - 1)) {
        const below = this.#hashes[level - 1]!;
        this.#keep({ level, index }, nodeHash(below[2 * index]!, below[2 * index + 1]!), null);
      }
    }
    if (this.#nodes.length >= NODES_PER_STATEMENT) await this.flush();
  }

  #keep({ level, index }: Node, hash: Uint8Array, first: string | null): void {
    this.#hashes[level] ??= [];
    this.#hashes[level].push(hash);
    this.#nodes.push({ level, at: index, hash: bytesToHex(hash), first });
  }

  async flush(): Promise<void> {
    const nodes = this.#nodes;
    this.#nodes = [];
    await this.#env.ESCROW_DB.prepare(
      `INSERT INTO index_nodes (epoch, level, at, hash, first)
       SELECT ?1, value ->> 'level', value ->> 'at', value ->> 'hash', value ->> 'first' FROM json_each(?2)
       WHERE true ON CONFLICT DO NOTHING`,
    )
      .bind(this.#epoch, JSON.stringify(nodes))
      .run();
  }
}

/** The block of the last row before a value, and the block of the first row that is not before another value. */
const BLOCKS_OF_PARTS = `SELECT
    (SELECT at FROM index_nodes WHERE epoch = ?1 AND first < p.value ->> 'from' ORDER BY first DESC LIMIT 1) AS lo,
    (SELECT at FROM index_nodes WHERE epoch = ?1 AND first <=
       (SELECT min(s.value) FROM session_index s WHERE s.epoch = ?1 AND s.value >= p.value ->> 'below')
     ORDER BY first DESC LIMIT 1) AS hi
  FROM json_each(?2) p`;
/** One text per run: its rows from the first value of its first block up to the first value of the block after it. */
const ROWS_OF_RUNS = `SELECT (SELECT group_concat(value || service_id || tag || row_proof, '') FROM
    (SELECT s.value, s.service_id, s.tag, s.row_proof FROM session_index s WHERE s.epoch = ?1
       AND s.value >= (SELECT first FROM index_nodes WHERE epoch = ?1 AND level = 0 AND at = r.value ->> 'start')
       AND s.value < coalesce((SELECT first FROM index_nodes WHERE epoch = ?1 AND level = 0
                               AND at = r.value ->> 'end'), 'g') ORDER BY s.value)) AS hex
  FROM json_each(?2) r ORDER BY r.key`;
const NODES = `SELECT n.hash FROM json_each(?2) p JOIN index_nodes n
  ON n.epoch = ?1 AND n.level = p.value ->> 'level' AND n.at = p.value ->> 'index' ORDER BY p.key`;

/** Ascending and disjoint runs of all wanted blocks after `after`, at most BLOCKS_PER_PAGE blocks. */
function runsOf(ranges: readonly { lo: number; hi: number }[], after: number): { runs: RunPlace[]; more: boolean } {
  const blocks = new Set<number>();
  for (const { lo, hi } of ranges) for (let b = Math.max(lo, after + 1); b <= hi; b++) blocks.add(b);
  const wanted = [...blocks].sort((a, b) => a - b);
  const runs: { start: number; count: number }[] = [];
  for (const block of wanted.slice(0, BLOCKS_PER_PAGE)) {
    const last = runs.at(-1);
    if (last && last.start + last.count === block) last.count++;
    else runs.push({ start: block, count: 1 });
  }
  return { runs, more: wanted.length > BLOCKS_PER_PAGE };
}

export interface BlocksAsked {
  readonly parts?: readonly Part[] | undefined;
  /** number of the last block of the page before */
  readonly cursor?: number | undefined;
}

/**
 * One page of the blocks of these parts, with their proof; if more blocks follow, also the cursor after the last one.
 * @throws Problem not-found if the epoch is not closed
 */
export async function readBlocks(
  env: EscrowEnv,
  epoch: number,
  { parts = [EVERYTHING], cursor = -1 }: BlocksAsked,
): Promise<{ blocks: Uint8Array; cursor: number | undefined }> {
  const db = env.ESCROW_DB;
  const [closed, found] = (await db.batch([
    db.prepare("SELECT count FROM closed_epochs WHERE epoch = ? AND entry IS NOT NULL").bind(epoch),
    db.prepare(BLOCKS_OF_PARTS).bind(epoch, JSON.stringify(parts.map(rangeOf))),
  ])) as [D1Result<{ count: number }>, D1Result<{ lo: number | null; hi: number | null }>];
  const count = closed.results[0]?.count;
  if (count === undefined) throw new Problem("not-found", "The index of this epoch is not closed.");
  const size = blocksOf(count);
  const ranges = found.results.map(({ lo, hi }) => ({ lo: lo ?? 0, hi: hi ?? size - 1 }));
  const { runs, more } = runsOf(ranges, cursor);
  if (runs.length === 0) {
    const none = IndexBlocks.encode({ epoch, count, runs: [], proof: [] });
    return { blocks: none, cursor: undefined };
  }
  const spans = planRuns(runs, size);
  const places = runs.map(({ start, count: n }) => ({ start, end: start + n }));
  const [rows, nodes] = (await db.batch([
    db.prepare(ROWS_OF_RUNS).bind(epoch, JSON.stringify(places)),
    db.prepare(NODES).bind(epoch, JSON.stringify(spans.flat())),
  ])) as [D1Result<{ hex: string }>, D1Result<{ hash: string }>];
  const hashes = nodes.results.map((n) => hexToBytes(n.hash)).values();
  const proof = spans.map((span) => foldSpan(span.map(() => hashes.next().value!)));
  const page = runs.map(({ start }, i) => ({ block: start, rows: hexToBytes(rows.results[i]!.hex) }));
  const last = runs.at(-1)!;
  const blocks = IndexBlocks.encode({ epoch, count, runs: page, proof });
  return { blocks, cursor: more ? last.start + last.count - 1 : undefined };
}
