// Matches the index values of a case against the escrow's session index of an epoch. The trustee fetches large parts of the
// index and matches at home, so the escrow does not learn which row the trustee looked for.
//
//   first page    FIRST_PAGE_ROWS rows of the epoch, the same for every case. If this is the whole epoch, or reading on
//                 costs no more, the trustee reads the epoch whole
//   buckets       of a larger epoch. Its number of rows N is in its logged root. While it has none, values are hashes, so the
//                 n rows of the first page, up to the value of the last one, tell N. The epoch is cut into parts
//                 (protocol/buckets.ts): the largest power of two that leaves MIN_BUCKET_ROWS rows per part. One request asks
//                 for the parts of all wanted values, so the amount fetched stays the same as N grows. With powers of two, the
//                 parts of a later, larger index lie within the earlier ones, so two requests about one value tell no more
//                 than the narrower one
//
// If the trustee reads buckets, the escrow learns which parts an approved case asks for, one per slot. Most of these slots
// have no session. The escrow could invent rows to make the parts narrower. MAX_BUCKETS bounds this, and the round ends if a
// bucket of an open epoch comes with fewer rows than the first page promised.
//
// Completeness. The escrow logs the root of each epoch that it closes (protocol/index-tree.ts). The trustee computes the root
// of an epoch that it reads whole. From a larger one it gets whole blocks of rows with a proof, and checks that the blocks hold
// a row before and a row after each part, or an end of the epoch. So no row can be left out after the epoch is closed. If the
// rows were logged in another order, a row could be hidden from this check; only a reader of the whole epoch finds that. An epoch whose rows are not proven enters the result as unproved, with the reason. Its rows are
// matched all the same, and the round does not fail: in an emergency, a doubtful answer is better than none.
//
// A row whose value is wanted counts only if value = H(e(G, T)), and if the wallet's row proof holds for its service id and
// for the wanted epoch and slot; its tagHash is the hash of this T. So nobody can put another patient's session under an
// approved patient's value: T determines the value, and two tags never have the same value, since T ↦ e(G, T) is injective.
// Nobody can put another service beside it either, since only the wallet can make a row proof. If a wanted row lies, it enters
// the result with FALSE_ROW in place of the tagHash, without a service id, and the requester sees it. The trustee does not
// skip such a row, or the escrow could hide a session behind it. The round does not fail either, or the escrow could make rows
// lie and learn from the refusals which values were wanted.

import { publicEngine } from "../../engine/worker.ts";
import { partOf, readPart, writePart } from "../../protocol/buckets.ts";
import { compareBytes, equalBytes } from "../../protocol/bytes.ts";
import { FALSE_ROW } from "../../protocol/case-documents.ts";
import type { CaseResult } from "../../protocol/documents.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import {
  INDEX_ROW_BYTES,
  INDEX_VALUE_BYTES,
  readIndexRow,
  SERVICE_ID_BYTES,
  verifyIndexRow,
} from "../../protocol/index-row.ts";
import {
  addRuns,
  blocksOf,
  cutRows,
  holdPart,
  type IndexRoot,
  type ProvenRun,
  rootOfBlocks,
  verifyBlocks,
} from "../../protocol/index-tree.ts";
import { leafHash } from "../../protocol/merkle.ts";
import { indexValueOfElement } from "../../protocol/opening.ts";
import { tagHashOf } from "../../protocol/presentation.ts";
import { DecodeError, type G2 } from "../../protocol/suite.ts";
import { blockPagesOf, broken, bucketsOf, FIRST_PAGE_ROWS, type Page, pageOf, type Source } from "./index-pages.ts";

/** epochs matched at once */
const PARALLEL_EPOCHS = 4;
/** rows that a bucket has on average, at least */
const MIN_BUCKET_ROWS = 256;
/** buckets per epoch, at most */
const MAX_BUCKETS = 4096;

export type LinkedSession = CaseResult["sessions"][number];
export type Unproved = CaseResult["unproved"][number];

/** An epoch of a case, as far as it is known before its wanted values are. */
export interface EpochOfCase {
  readonly epoch: number;
  /** p_e, 32 bytes */
  readonly paramsHash: Uint8Array;
  /** number of wanted values */
  readonly slots: number;
  /** whether the epoch's index must be closed by now */
  readonly isOver: boolean;
  /** from the log */
  readonly root: IndexRoot | undefined;
}
/** index value → slot with its base H2(e, j) */
export type Wanted = ReadonlyMap<Hex, { readonly slot: number; readonly base: G2 }>;

const FRACTION_CHARS = 12;
/** The number of rows of an epoch, estimated from its first page. */
function estimateRows({ bytes }: Page): number {
  const last = bytesToHex(bytes.subarray(-INDEX_ROW_BYTES).subarray(0, INDEX_VALUE_BYTES));
  const spanned = (Number.parseInt(last.slice(0, FRACTION_CHARS), 16) + 1) / 16 ** FRACTION_CHARS;
  return bytes.length / INDEX_ROW_BYTES / spanned;
}
/** The number of parts into which an epoch of `rows` rows is cut; 1 if reading it whole costs no more. */
function bucketCountFor(rows: number, slots: number, have: number): number {
  const parts = 2 ** Math.floor(Math.log2(Math.max(1, Math.min(rows / MIN_BUCKET_ROWS, MAX_BUCKETS))));
  return (slots * rows) / parts < rows - have ? parts : 1;
}
/** The root under which the trustee asks for proofs; undefined if it takes the rows as they come. */
const provingRoot = ({ isOver, root }: EpochOfCase): IndexRoot | undefined => (isOver ? root : undefined);
/** The number of parts if the epoch's blocks are asked for with proofs, else undefined. */
function provenParts(of: EpochOfCase): number | undefined {
  const root = provingRoot(of);
  const parts = root && bucketCountFor(root.count, of.slots, 0);
  return parts === 1 ? undefined : parts;
}

/** Whether the row's T has this value, and the wallet bound T to the row's service at this epoch and slot. */
function isTrueRow(
  row: Uint8Array,
  place: { readonly epoch: number; readonly slot: number; readonly paramsHash: Uint8Array },
  base: G2,
): boolean {
  const engine = publicEngine();
  const { value, serviceId, tag, rowProof } = readIndexRow(row);
  try {
    const T = engine.g2.decode(tag);
    if (!equalBytes(indexValueOfElement(T, engine), value)) return false;
    return verifyIndexRow({ ...place, serviceId }, T, rowProof, engine, engine.fromG2(base));
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
const NO_SERVICE = new Uint8Array(SERVICE_ID_BYTES);

/** Reads sorted pages, and keeps the sessions whose value is wanted. */
class Matcher {
  readonly found: LinkedSession[] = [];
  readonly #of: EpochOfCase;
  readonly #wanted: Wanted;
  #last = "";

  constructor(of: EpochOfCase, wanted: Wanted) {
    this.#of = of;
    this.#wanted = wanted;
  }

  /** Calls `see` with every row and its value. @throws Problem unavailable */
  read(bytes: Uint8Array, see: (value: Hex, row: Uint8Array) => void = () => {}): void {
    const { epoch, paramsHash } = this.#of;
    for (const row of cutRows(bytes)) {
      const value = bytesToHex(row.subarray(0, INDEX_VALUE_BYTES));
      if (value <= this.#last) throw broken(epoch, "not sorted, or a value twice");
      this.#last = value;
      see(value, row);
      const wanted = this.#wanted.get(value);
      if (wanted === undefined) continue;
      const place = { epoch, slot: wanted.slot };
      const { serviceId, tag } = readIndexRow(row);
      if (isTrueRow(row, { ...place, paramsHash }, wanted.base))
        this.found.push({ ...place, serviceId, tagHash: tagHashOf(tag) });
      else this.found.push({ ...place, serviceId: NO_SERVICE, tagHash: FALSE_ROW });
    }
  }
}

/** Reads an epoch whole. Returns whether its rows have the root. @throws Problem unavailable */
async function readWhole(env: Source, of: EpochOfCase, first: Page, matcher: Matcher, now: number): Promise<boolean> {
  const root = provingRoot(of);
  const leaves: Uint8Array[] = [];
  const see = root && ((_: Hex, row: Uint8Array) => leaves.push(leafHash(row)));
  matcher.read(first.bytes, see);
  for (let { cursor } = first; cursor !== undefined; ) {
    const page = await pageOf(env, of.epoch, now, { cursor });
    matcher.read(page.bytes, see);
    cursor = page.cursor;
  }
  return root !== undefined && leaves.length === root.count && equalBytes(rootOfBlocks(leaves), root.root);
}

const bucketsFor = (wanted: Wanted, of: number): string[] => [
  ...new Set([...wanted.keys()].sort().map((value) => writePart(partOf(value, of)))),
];

/** Reads buckets of an epoch without a root. @throws Problem unavailable */
async function readBuckets(
  env: Source,
  { epoch }: EpochOfCase,
  of: number,
  wanted: Wanted,
  matcher: Matcher,
  now: number,
) {
  const rows = new Map(bucketsFor(wanted, of).map((bucket) => [bucket, 0]));
  const count = (value: Hex): void => {
    const bucket = writePart(partOf(value, of));
    const before = rows.get(bucket);
    if (before === undefined) throw broken(epoch, "a row outside the requested buckets");
    rows.set(bucket, before + 1);
  };
  for await (const page of bucketsOf(env, epoch, now, [...rows.keys()])) matcher.read(page.bytes, count);
  // Values are hashes, so a true bucket has fewer than half its expected rows only once in 2^60.
  if ([...rows.values()].some((n) => n < MIN_BUCKET_ROWS / 2))
    throw broken(epoch, "fewer rows than its first page promised");
}

/** Reads the blocks of a closed epoch. Returns whether they are proven and hold all wanted parts. @throws Problem */
async function readBlocks(env: Source, root: IndexRoot, of: number, wanted: Wanted, matcher: Matcher, now: number) {
  const buckets = bucketsFor(wanted, of);
  const runs: ProvenRun[] = [];
  let proven = true;
  for await (const page of blockPagesOf(env, root.epoch, now, buckets)) {
    proven = verifyBlocks(page, root) && proven;
    for (const { rows } of page.runs) matcher.read(rows);
    addRuns(runs, page);
  }
  return proven && buckets.every((bucket) => holdPart(runs, readPart(bucket)!, blocksOf(root.count)));
}

interface Matched {
  readonly found: LinkedSession[];
  readonly unproved?: Unproved;
}
/** The sessions of one epoch whose value is wanted. @throws Problem unavailable */
async function matchEpoch(env: Source, of: EpochOfCase, first: Promise<Page> | undefined, wanted: Wanted, now: number) {
  const { epoch, slots, isOver } = of;
  const matcher = new Matcher(of, wanted);
  const root = provingRoot(of);
  const result = (proven: boolean): Matched => {
    const { found } = matcher;
    if (proven) return { found };
    return { found, unproved: { epoch, reason: root ? "false-root" : isOver ? "no-root" : "open" } };
  };
  const parts = provenParts(of);
  if (root && parts) return result(await readBlocks(env, root, parts, wanted, matcher, now));
  const page = await first!;
  const have = page.bytes.length / INDEX_ROW_BYTES;
  const buckets = root || page.cursor === undefined ? 1 : bucketCountFor(estimateRows(page), slots, have);
  if (buckets === 1) return result((await readWhole(env, of, page, matcher, now)) && root !== undefined);
  await readBuckets(env, of, buckets, wanted, matcher, now);
  return result(false);
}

/** First pages of epochs. They are requested before the wanted values are known, and arrive while those are computed. */
export type FirstPages = ReadonlyMap<number, Promise<Page>>;
export function firstPages(env: Source, epochs: readonly EpochOfCase[], now: number): FirstPages {
  const unproven = epochs.filter((of) => provenParts(of) === undefined);
  const limit = String(FIRST_PAGE_ROWS);
  const pages = new Map(unproven.map(({ epoch }) => [epoch, pageOf(env, epoch, now, { limit })]));
  for (const page of pages.values()) page.catch(() => {}); // matchSessions reports the error when it awaits the page
  return pages;
}

/**
 * The sessions of all wanted values, newest epoch first, then by tagHash, and the epochs whose rows are not proven. Both lists
 * are the same for every trustee.
 * @throws Problem unavailable
 */
export async function matchSessions(
  env: Source,
  epochs: readonly EpochOfCase[],
  pages: FirstPages,
  wanted: ReadonlyMap<number, Wanted>,
  now: number,
): Promise<{ sessions: LinkedSession[]; unproved: Unproved[] }> {
  const newestFirst = [...epochs].sort((a, b) => b.epoch - a.epoch);
  const matched: Matched[] = [];
  const match = (of: EpochOfCase): Promise<Matched> =>
    matchEpoch(env, of, pages.get(of.epoch), wanted.get(of.epoch)!, now);
  for (let i = 0; i < newestFirst.length; i += PARALLEL_EPOCHS)
    matched.push(...(await Promise.all(newestFirst.slice(i, i + PARALLEL_EPOCHS).map(match))));
  // The sort is stable, so false rows, which all have the tagHash zero, stay in the order of their values.
  const inOrder = (a: LinkedSession, b: LinkedSession): number => compareBytes(a.tagHash, b.tagHash);
  return {
    sessions: matched.flatMap(({ found }) => found.sort(inOrder)),
    unproved: matched.flatMap(({ unproved }) => (unproved ? [unproved] : [])),
  };
}
