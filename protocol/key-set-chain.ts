// The chain of key sets: from the committee of the first ceremony, which everybody pins, to the committee of today.
//
//   genesis   the KeySet of the ceremony, signed by the pinned trustees
//   link      one resharing: its plan, the t deals of the old members, and the new KeySet
//
// A reader pins the identity keys of generation 0 and nothing else. In each link, the plan names the hash of the key set
// before it. The deals are signed by old members and start from their old share keys. The new key set follows from the deals,
// keeps the three keys, and all its holders have signed it (verifyResharing). So t members of each committee have handed on,
// and nobody else can. A chain that ends too early is still a true chain: see docs/SECURITY.md for what that allows.

import { equalBytes, labelledHash } from "./bytes.ts";
import { ResharePlan } from "./ceremony-documents.ts";
import { blob, document, list, type Of, struct } from "./codec.ts";
import { KeySet, KeySetError, verifyKeySet } from "./key-set.ts";
import { LABELS } from "./labels.ts";
import { openResharing, verifyResharing } from "./resharing.ts";

export const KeySetChain = document("KeySetChain", 0x60, 1, {
  genesis: blob, // KeySet
  links: list(
    struct({
      plan: blob, // ResharePlan
      deals: list(blob), // Signed<ReshareDeals> of each dealer
      keySet: blob, // KeySet
    }),
  ),
});
export type KeySetChain = Of<typeof KeySetChain>;

/**
 * Verifies a chain.
 * @param pinned Ed25519 identity keys of generation 0, trustee i at [i - 1]
 * @returns every key set of the chain, generation g at [g]
 * @throws CodecError, KeySetError, CeremonyAbort, RangeError
 */
export function walkChain(chain: KeySetChain, pinned: readonly Uint8Array[]): KeySet[] {
  const genesis = KeySet.decode(chain.genesis);
  verifyKeySet(genesis, pinned);
  const keySets = [genesis];
  for (const link of chain.links) {
    const next = KeySet.decode(link.keySet);
    verifyResharing(openResharing(ResharePlan.decode(link.plan), keySets.at(-1)!), link.deals, next);
    keySets.push(next);
  }
  return keySets;
}

/** A chain of the first ceremony alone. @param keySet encoded KeySet */
export const chainOf = (keySet: Uint8Array): KeySetChain => ({ genesis: keySet, links: [] });

/**
 * The identity keys under which a reader verifies this key set: the pinned ones for generation 0, and for a later generation
 * those of the chain that contains it.
 * @param chains walked chains, one per ceremony
 * @throws KeySetError if no chain contains the key set
 */
export function holdersOf(
  keySet: KeySet,
  chains: readonly (readonly KeySet[])[],
  pinned: readonly Uint8Array[],
): readonly Uint8Array[] {
  if (keySet.generation === 0) return pinned;
  const bytes = KeySet.encode(keySet);
  const known = chains.map((chain) => chain[keySet.generation]).find((k) => k && equalBytes(KeySet.encode(k), bytes));
  if (!known) throw new KeySetError("other-generation", "no chain of key sets leads to this one");
  return known.identityKeys;
}

/** What an officer's passkey signs before its trustee hands its share on, 32 bytes. @param context of the plan */
export const reshareApprovalChallenge = (context: Uint8Array, trustee: number): Uint8Array =>
  labelledHash(LABELS.reshareApproval, context, Uint8Array.of(trustee));
