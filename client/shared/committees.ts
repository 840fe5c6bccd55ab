// The trustees of today, as a client knows them. The application pins the committee of the first ceremony. The chain of key
// sets, which registrar and trustees serve, leads from there to the present one (protocol/key-set-chain.ts). A client keeps
// the longest chain that it saw, so nobody can bring an older committee back.

import { equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { type Base64url, fromBase64url, type Hex } from "../../protocol/encodings.ts";
import { type KeySet, keySetId } from "../../protocol/key-set.ts";
import { holdersOf, KeySetChain, walkChain } from "../../protocol/key-set-chain.ts";

export class Committees {
  readonly #pinned: readonly Uint8Array[];
  /** the longest chain per ceremony, with its text */
  #chains: { text: Base64url; keySets: readonly KeySet[] }[] = [];

  /**
   * @param pinned identity keys of generation 0, Ed25519, 32 bytes each
   * @param kept the value that `served` had before
   * @throws CodecError, KeySetError, CeremonyAbort
   */
  constructor(pinned: readonly Hex[], kept: readonly Base64url[] = []) {
    this.#pinned = pinned.map(hexToBytes);
    for (const text of kept) this.add(text);
  }

  /** Every chain believed so far, for the application's store. */
  get served(): Base64url[] {
    return this.#chains.map((c) => c.text);
  }

  /**
   * Verifies a chain, and keeps it if it is the longest of its ceremony.
   * @param text KeySetChain
   * @throws CodecError, KeySetError, CeremonyAbort
   */
  add(text: Base64url): void {
    if (this.#chains.some((c) => c.text === text)) return;
    const keySets = walkChain(KeySetChain.decode(fromBase64url(text)), this.#pinned);
    const id = keySetId(keySets[0]!);
    const known = this.#chains.find((c) => equalBytes(keySetId(c.keySets[0]!), id));
    if (known && known.keySets.length >= keySets.length) return;
    this.#chains = [...this.#chains.filter((c) => c !== known), { text, keySets }];
  }

  /** The newest key set with this id; undefined if no chain is known. @param id 32 bytes */
  newest(id: Uint8Array): KeySet | undefined {
    return this.#chains.find((c) => equalBytes(keySetId(c.keySets[0]!), id))?.keySets.at(-1);
  }

  /** The identity keys under which this key set must be signed. @throws KeySetError if no chain leads to it */
  holdersOf(keySet: KeySet): readonly Uint8Array[] {
    return holdersOf(
      keySet,
      this.#chains.map((c) => c.keySets),
      this.#pinned,
    );
  }
}
