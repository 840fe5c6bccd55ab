// The entry point of the bundle that the page of bench/browser.ts loads: the protocol as a wallet bundles it.

import { type Holder, show } from "./holder.ts";

export { newHolder } from "./holder.ts";

/** Milliseconds of each of `count` proofs, encoding included. Every proof uses its own slot. */
export function prove(holder: Holder, count: number): number[] {
  return Array.from({ length: count }, (_, slot) => {
    const start = performance.now();
    show(holder, slot);
    return performance.now() - start;
  });
}
