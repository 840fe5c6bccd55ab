// The Merkle tree of the transparency log: RFC 9162 section 2.1 (the same tree as RFC 6962), SHA-256.
//
//   leaf hash  H(0x00 ‖ entry)        node hash  H(0x01 ‖ left ‖ right)        root of no entries  H("")
//   MTH(D[a:b]) splits at the largest power of two below b - a.
//
// Roles. The log makes proofs from the hashes that it stored. Witnesses, wallets and auditors verify the proofs and
// trust the log for nothing. A verifier takes sizes as bigint, since a liar may send any u64. It answers true or false,
// because a wrong proof is a peer's doing and no bug. The log itself counts with safe integers.
//
// Only *perfect* subtrees are ever stored. Node (level, index) covers the entries [index·2^level, (index+1)·2^level),
// and it never changes once it is full. Every hash in a root or proof is a right fold of such nodes (a `Span`). So a
// proof is first planned as spans. Then its nodes are read from where they are stored: rows (sync) or tiles (tiles.ts,
// async).

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes } from "./bytes.ts";

export const HASH_BYTES = 32;
/** Tree sizes are u64 on the wire (RFC 9162 section 4.10). */
const MAX_SIZE = (1n << 64n) - 1n;

/** A tree size, or the index of an entry. */
export type Size = number | bigint;
/** A perfect subtree, which covers the entries [index·2^level, (index+1)·2^level). */
export interface Node {
  readonly level: number;
  readonly index: number;
}
/** Perfect subtrees from left to right. Their right fold is one hash of the tree. */
export type Span = readonly Node[];

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** H(0x00 ‖ entry), 32 bytes */
export const leafHash = (entry: Uint8Array): Uint8Array => sha256(concatBytes(LEAF, entry));
/** H(0x01 ‖ left ‖ right), 32 bytes */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(concatBytes(NODE, left, right));
/** The root of the tree without entries: SHA-256(""). It proves nothing about any entry. */
export const emptyRoot = (): Uint8Array => sha256(new Uint8Array(0));

/** Right fold of the hashes of a span. @throws RangeError for no hashes */
export function foldSpan(hashes: readonly Uint8Array[]): Uint8Array {
  const last = hashes.at(-1);
  if (!last) throw new RangeError("a span has at least one node");
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

// ---- verifying ----

/** The claim that the entry with this leaf hash is at `index` of the tree of this size and root. */
export interface InclusionClaim {
  index: Size;
  size: Size;
  leafHash: Uint8Array;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}

/** Whether the proof shows the claim (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const index = checkedSize(claim.index);
  const size = checkedSize(claim.size);
  if (index === undefined || size === undefined || index >= size) return false;
  if (claim.leafHash.length !== HASH_BYTES || !allHashes(claim.proof)) return false;
  let fn = index;
  let sn = size - 1n;
  let r = claim.leafHash;
  for (const p of claim.proof) {
    if (sn === 0n) return false;
    if ((fn & 1n) === 1n || fn === sn) {
      r = nodeHash(p, r);
      if ((fn & 1n) === 0n) {
        do {
          fn >>= 1n;
          sn >>= 1n;
        } while ((fn & 1n) === 0n && fn !== 0n);
      }
    } else {
      r = nodeHash(r, p);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && equalBytes(r, claim.root);
}

/** The claim that the tree of size `from` is a prefix of the tree of size `to`. */
export interface ConsistencyClaim {
  from: Size;
  to: Size;
  fromRoot: Uint8Array;
  toRoot: Uint8Array;
  proof: readonly Uint8Array[];
}

/**
 * Whether the proof shows the claim (RFC 9162 section 2.1.4.2). An empty tree is consistent with every tree, so it
 * shows nothing: size 0 is refused on either side, even on both. Equal sizes need equal roots and an empty proof.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const from = checkedSize(claim.from);
  const to = checkedSize(claim.to);
  if (from === undefined || to === undefined || from === 0n || from > to) return false;
  if (from === to) return claim.proof.length === 0 && equalBytes(claim.fromRoot, claim.toRoot);
  if (claim.proof.length === 0 || !allHashes(claim.proof)) return false;
  // If the first size is a power of two, the first tree is itself a node of the second tree, and the proof leaves it
  // out.
  const path = (from & (from - 1n)) === 0n ? [claim.fromRoot, ...claim.proof] : [...claim.proof];
  let fn = from - 1n;
  let sn = to - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  const first = path.shift() as Uint8Array;
  if (first.length !== HASH_BYTES) return false;
  let fr = first;
  let sr = first;
  for (const c of path) {
    if (sn === 0n) return false;
    if ((fn & 1n) === 1n || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      if ((fn & 1n) === 0n) {
        do {
          fn >>= 1n;
          sn >>= 1n;
        } while ((fn & 1n) === 0n && fn !== 0n);
      }
    } else {
      sr = nodeHash(sr, c);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && equalBytes(fr, claim.fromRoot) && equalBytes(sr, claim.toRoot);
}

function allHashes(proof: readonly Uint8Array[]): boolean {
  return proof.every((p) => p.length === HASH_BYTES);
}

/** Checks a size from outside. A number that is no safe integer was already rounded, so it is not a size. */
function checkedSize(n: Size): bigint | undefined {
  if (typeof n === "number" && !Number.isSafeInteger(n)) return undefined;
  const value = BigInt(n);
  return value >= 0n && value <= MAX_SIZE ? value : undefined;
}

// ---- planning proofs ----

/**
 * The spans of PATH(index, D[0:size]) (RFC 9162 section 2.1.3.1), lowest first.
 * @throws RangeError if the tree has no such entry
 */
export function planInclusion(index: number, size: number): Span[] {
  checkSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError(`no entry ${index} of ${size}`);
  const path: Span[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + split(end - start);
    if (index < middle) {
      path.unshift(planSpan(middle, end));
      end = middle;
    } else {
      path.unshift(planSpan(start, middle));
      start = middle;
    }
  }
  return path;
}

/**
 * The spans of PROOF(from, D[0:to]) (RFC 9162 section 2.1.4.1), lowest first.
 * @throws RangeError if from < 1 or from > to
 */
export function planConsistency(from: number, to: number): Span[] {
  checkSize(to);
  if (!Number.isSafeInteger(from) || from < 1 || from > to) throw new RangeError(`no proof from size ${from} to ${to}`);
  const path: Span[] = [];
  let start = 0;
  let end = to;
  // SUBPROOF(m, D[start:end], b): `from` lies in (start, end]. The flag b (the old root is known) is true while start
  // is 0.
  while (from !== end) {
    const middle = start + split(end - start);
    if (from <= middle) {
      path.unshift(planSpan(middle, end));
      end = middle;
    } else {
      path.unshift(planSpan(start, middle));
      start = middle;
    }
  }
  if (start !== 0) path.unshift(planSpan(start, end));
  return path;
}

/** The span of the root of a non-empty tree. */
export const planRoot = (size: number): Span => planSpan(0, size);

/**
 * MTH(D[start:end]) as perfect subtrees. `start` is a split point of RFC 9162, hence a multiple of the width of each
 * subtree.
 */
export function planSpan(start: number, end: number): Span {
  checkSize(end);
  if (start >= end) throw new RangeError(`empty span [${start}, ${end})`);
  const nodes: Node[] = [];
  for (let at = start; at < end; ) {
    let width = 1;
    let level = 0;
    while (width * 2 <= end - at) {
      width *= 2;
      level++;
    }
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}

/** The largest power of two below n. */
export function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`not a tree size: ${size}`);
}

/** The inner nodes that become full when the leaf at `index` arrives, lowest first. Each has two full children. */
export function completedBy(index: number): Node[] {
  const nodes: Node[] = [];
  for (let level = 1, n = index; n % 2 === 1; level++) {
    n = (n - 1) / 2;
    nodes.push({ level, index: n });
  }
  return nodes;
}

/** One hash of a proof or root, from nodes that are already in memory. */
export const readSpan = (span: Span, node: (node: Node) => Uint8Array): Uint8Array => foldSpan(span.map(node));

// ---- following ----

/**
 * The state that a reader of all entries keeps between visits: the size and the hashes of `planRoot(size)`. The reader
 * pushes the new entries and compares the root. Equal roots prove that no entry was removed, changed or reordered.
 */
export interface Frontier {
  readonly size: number;
  readonly peaks: readonly Uint8Array[];
}
/** The frontier of the tree without entries. */
export const emptyFrontier: Frontier = { size: 0, peaks: [] };

/** The frontier after one more leaf hash. */
export function pushLeaf(frontier: Frontier, leaf: Uint8Array): Frontier {
  checkSize(frontier.size + 1);
  const peaks = [...frontier.peaks];
  let hash = leaf;
  for (const _ of completedBy(frontier.size)) hash = nodeHash(peaks.pop() as Uint8Array, hash);
  return { size: frontier.size + 1, peaks: [...peaks, hash] };
}

/** The root of the tree that the frontier describes. */
export function frontierRoot(frontier: Frontier): Uint8Array {
  return frontier.size === 0 ? emptyRoot() : foldSpan(frontier.peaks);
}
