// What the page of bench/browser.ts loads: the protocol as a wallet bundles it.

import { type Holder, show } from "./holder.ts";

export { newHolder } from "./holder.ts";

/** Milliseconds each of so many proofs takes, encoded; every proof is of a slot of its own. */
export function prove(holder: Holder, count: number): number[] {
  return Array.from({ length: count }, (_, slot) => {
    const start = performance.now();
    show(holder, slot);
    return performance.now() - start;
  });
}
