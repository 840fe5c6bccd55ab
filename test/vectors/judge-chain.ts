// Judges chain-faults.json: walks a chain of key sets, or verifies a key set under the holders whom the chains name.

import { KeySet, verifyKeySet } from "../../protocol/key-set.ts";
import { holdersOf, KeySetChain, walkChain } from "../../protocol/key-set-chain.ts";
import { type Any, b, type Judge, thrownBy } from "./judges.ts";

function walked({ genesis, links }: Any, file: Any): KeySet[] {
  const part = (name: string): Uint8Array => b(file.parts[name]);
  const chain = KeySetChain.encode({
    genesis: part(genesis),
    links: links.map((l: Any) => ({ plan: part(l.plan), deals: l.deals.map(part), keySet: part(l.keySet) })),
  });
  return walkChain(KeySetChain.decode(chain), file.pinned.map(b));
}

export const judges: Record<string, Judge> = {
  chain: (entry, file) => thrownBy(() => walked(entry, file)),
  holders: ({ keySet: name, chains }, file) =>
    thrownBy(() => {
      const keySet = KeySet.decode(b(file.parts[name]));
      const known = chains.map((c: Any) => walked(c, file));
      verifyKeySet(keySet, holdersOf(keySet, known, file.pinned.map(b)));
    }),
};
