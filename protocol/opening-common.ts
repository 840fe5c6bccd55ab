// What all openings share: the context hash, the choice of exactly the approving set's partials, the naming of
// cheaters.

/** Partials that do not fit the set: the caller's mistake, as every partial is verified before it is combined. */
export class OpeningError extends Error {
  override name = "OpeningError";
}

export const CONTEXT_BYTES = 32;

export function checkContext(ctx: Uint8Array): void {
  if (ctx.length !== CONTEXT_BYTES) throw new RangeError(`ctx: ${ctx.length} bytes, expected ${CONTEXT_BYTES}`);
}

/** The shares in the order of the set: one of each member, of nobody else. @throws OpeningError */
export function collect<S extends { index: number }>(set: readonly number[], shares: readonly S[]): S[] {
  if (shares.length !== set.length) throw new OpeningError(`${shares.length} shares for a set of ${set.length}`);
  return set.map((index) => {
    const share = shares.find((s) => s.index === index);
    if (share === undefined) throw new OpeningError(`no share of trustee ${index}`);
    return share;
  });
}

/**
 * The trustees whose share is wrong, ascending. `isRight` is the verify of the kind at hand, with the context and share
 * key of the share's index; that the share came from that trustee is checked where it was received.
 */
export function findCheaters<S extends { index: number }>(
  shares: readonly S[],
  isRight: (share: S) => boolean,
): number[] {
  return [...new Set(shares.filter((s) => !isRight(s)).map((s) => s.index))].sort((a, b) => a - b);
}
