// Proofs that runs of leaves stand in a Merkle tree (merkle.ts): several runs under one root, with one proof.
//
//   proof   the hashes of the largest subtrees of MTH(D[0:size]) that hold no leaf of a run, from left to right
//   verify  builds the root again: a subtree without a leaf of a run is the proof's next hash, every other one splits
//           as RFC 9162 section 2.1 says. The proof must have no hash too few or too many
//
// So the verifier learns the places of the leaves too, and that nothing stands between the leaves of one run. A proof of
// a run of n leaves has at most 2·log2(size) hashes. A run has at least one leaf: an empty place is shown by a run that
// holds both of its neighbours.

import { equalBytes } from "./bytes.ts";
import { HASH_BYTES, nodeHash, planSpan, type Span, split } from "./merkle.ts";

/** A run of leaves: the places [start, start + leaves.length). */
export interface Run {
  readonly start: number;
  /** leaf hashes, 32 bytes each, at least one */
  readonly leaves: readonly Uint8Array[];
}
/** The place of a run. */
export interface RunPlace {
  readonly start: number;
  readonly count: number;
}

/** The claim that these runs stand in the tree of this size and root. */
export interface RunsClaim {
  /** ascending and disjoint */
  readonly runs: readonly Run[];
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** The root of the tree with these leaf hashes. @throws RangeError for no leaves */
export function rootOfLeaves(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) throw new RangeError("the tree without leaves has no subtree");
  // Pairs from the left, level by level, with an odd last hash carried up, are the tree of RFC 9162.
  let level = [...leaves];
  while (level.length > 1)
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) =>
      level[2 * i + 1] === undefined ? level[2 * i]! : nodeHash(level[2 * i]!, level[2 * i + 1]!),
    );
  return level[0]!;
}

const inOrder = (runs: readonly RunPlace[], size: number): boolean =>
  Number.isSafeInteger(size) &&
  runs.length > 0 &&
  runs.every(({ start, count }, i) => {
    const before = runs[i - 1];
    const from = before === undefined ? 0 : before.start + before.count;
    return Number.isSafeInteger(start) && count > 0 && start >= from && start + count <= size;
  });

/**
 * The spans of the proof, from left to right.
 * @throws RangeError if the runs are not ascending, disjoint, not empty and inside the tree
 */
export function planRuns(runs: readonly RunPlace[], size: number): Span[] {
  if (!inOrder(runs, size)) throw new RangeError(`no runs of a tree of ${size} leaves`);
  const spans: Span[] = [];
  const visit = (start: number, end: number, inside: readonly RunPlace[]): void => {
    const within = inside.filter((r) => r.start < end && r.start + r.count > start);
    if (within.length === 0) spans.push(planSpan(start, end));
    else if (!within.some((r) => r.start <= start && r.start + r.count >= end)) {
      const middle = start + split(end - start);
      visit(start, middle, within);
      visit(middle, end, within);
    }
  };
  visit(0, size, runs);
  return spans;
}

/** Whether the proof shows the claim. */
export function verifyRuns({ runs, size, proof, root }: RunsClaim): boolean {
  const places = runs.map(({ start, leaves }) => ({ start, count: leaves.length }));
  if (!inOrder(places, size)) return false;
  if (![...proof, ...runs.flatMap((r) => r.leaves)].every((h) => h.length === HASH_BYTES)) return false;
  let used = 0;
  const hashOf = (start: number, end: number, inside: readonly Run[]): Uint8Array | undefined => {
    const within = inside.filter((r) => r.start < end && r.start + r.leaves.length > start);
    if (within.length === 0) return proof[used++];
    const whole = within.find((r) => r.start <= start && r.start + r.leaves.length >= end);
    if (whole) return rootOfLeaves(whole.leaves.slice(start - whole.start, end - whole.start));
    const middle = start + split(end - start);
    const left = hashOf(start, middle, within);
    const right = hashOf(middle, end, within);
    return left && right && nodeHash(left, right);
  };
  const computed = hashOf(0, size, runs);
  return computed !== undefined && used === proof.length && equalBytes(computed, root);
}
