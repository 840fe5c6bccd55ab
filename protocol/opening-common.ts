// Common parts of all openings: the context hash, the selection of exactly the approving set's partials, and the search
// for cheaters.

/**
 * Partials that do not match the set. It is the caller's mistake, because every partial is verified before it is
 * combined.
 */
export class OpeningError extends Error {
  override name = "OpeningError";
}

export const CONTEXT_BYTES = 32;

/** @throws RangeError if `ctx` is not 32 bytes */
export function checkContext(ctx: Uint8Array): void {
  if (ctx.length !== CONTEXT_BYTES) throw new RangeError(`ctx: ${ctx.length} bytes, expected ${CONTEXT_BYTES}`);
}

/**
 * The shares in the order of the set: one from each member and none from anybody else.
 * @throws OpeningError otherwise
 */
export function collect<S extends { index: number }>(set: readonly number[], shares: readonly S[]): S[] {
  if (shares.length !== set.length) throw new OpeningError(`${shares.length} shares for a set of ${set.length}`);
  return set.map((index) => {
    const share = shares.find((s) => s.index === index);
    if (share === undefined) throw new OpeningError(`no share of trustee ${index}`);
    return share;
  });
}

/**
 * The trustees whose share is wrong, ascending. `isRight` verifies one share of the current kind, with the context and
 * share key of the share's index. The receiver of a share has already checked that it came from that trustee.
 */
export function findCheaters<S extends { index: number }>(
  shares: readonly S[],
  isRight: (share: S) => boolean,
): number[] {
  return [...new Set(shares.filter((s) => !isRight(s)).map((s) => s.index))].sort((a, b) => a - b);
}
