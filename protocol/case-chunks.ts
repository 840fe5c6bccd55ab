// How the opening of a link or assemble is cut into chunks, so that the newest epochs are read while older ones are
// still being computed, and no invocation of a trustee takes more than a few seconds.
//
//   chunk 0 is the newest epoch alone; then 2, 4, 8 and from there 16 epochs each, backwards, the last one what is left
//   120 epochs: 11 chunks;  12 epochs: 1, 2, 4, 5;  16 epochs of 16 slots: 256 pairings for each share
//
// A pure function of the order's epochs: requester, escrow and trustees all work it out, nobody chooses it. Shares and
// results of a chunk are bound to its epochs (CaseContext.scope, CaseResult). A trace has one chunk.

export interface Chunk {
  readonly epochFrom: number;
  readonly epochTo: number;
}

export const MAX_CHUNK_EPOCHS = 16;

/** Newest first. @throws RangeError where the epochs run backwards */
export function chunksOf({ epochFrom, epochTo }: Chunk): Chunk[] {
  if (epochFrom > epochTo) throw new RangeError("epochFrom after epochTo");
  const chunks: Chunk[] = [];
  let to = epochTo;
  for (let size = 1; to >= epochFrom; size = Math.min(2 * size, MAX_CHUNK_EPOCHS)) {
    const from = Math.max(epochFrom, to - size + 1);
    chunks.push({ epochFrom: from, epochTo: to });
    to = from - 1;
  }
  return chunks;
}

/** Those of a case: the order's kind and epochs say all. */
export const chunksOfOrder = (order: Chunk & { readonly kind: string }): Chunk[] =>
  order.kind === "trace" ? [{ epochFrom: order.epochFrom, epochTo: order.epochTo }] : chunksOf(order);
