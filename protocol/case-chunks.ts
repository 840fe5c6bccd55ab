// Cuts the epochs of a link or assemble into chunks. The trustees open chunk by chunk, so that the requester reads the
// newest epochs while older ones are still computed. No invocation of a trustee takes more than a few seconds.
//
//   chunk 0 is the newest epoch alone; then 2, 4, 8 and from there 16 epochs each, backwards; the last one is the rest
//   120 epochs: 11 chunks;  12 epochs: 1, 2, 4, 5;  16 epochs of 16 slots: 256 pairings for each share
//
// The chunks are a pure function of the order's epochs. Requester, escrow and trustees all compute them, and nobody
// chooses them. Shares and results of a chunk are bound to its epochs (CaseContext.scope, CaseResult). A trace has one
// chunk.

/** A run of epochs, both ends included. */
export interface Chunk {
  readonly epochFrom: number;
  readonly epochTo: number;
}

export const MAX_CHUNK_EPOCHS = 16;

/** The chunks of these epochs, newest first. @throws RangeError if epochFrom is after epochTo */
export function chunksOf({ epochFrom, epochTo }: Chunk): Chunk[] {
  if (epochFrom > epochTo) throw new RangeError(`epochFrom ${epochFrom} is after epochTo ${epochTo}`);
  const chunks: Chunk[] = [];
  let to = epochTo;
  for (let size = 1; to >= epochFrom; size = Math.min(2 * size, MAX_CHUNK_EPOCHS)) {
    const from = Math.max(epochFrom, to - size + 1);
    chunks.push({ epochFrom: from, epochTo: to });
    to = from - 1;
  }
  return chunks;
}

/** The chunks of a case. They follow from the order's kind and epochs alone. */
export const chunksOfOrder = (order: Chunk & { readonly kind: string }): Chunk[] =>
  order.kind === "trace" ? [{ epochFrom: order.epochFrom, epochTo: order.epochTo }] : chunksOf(order);
