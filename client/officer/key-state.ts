// The keys that the trustees hold, for an officer to compare by voice with the officers of other trustees. A trustee serves
// the chain of key sets; it is verified here from the pinned committee of the first ceremony.
//
//   fingerprint   spokenDigits of the hash of the newest key set. All trustees signed that key set at the end of the ceremony,
//                 so if two trustees read the same digits, they hold shares of the same keys

import type { ChainAnswer } from "../../api/trustee/cards.ts";
import { bytesToHex, fromBase64url, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { KeySetChain, walkChain } from "../../protocol/key-set-chain.ts";
import { keySetHash } from "../../protocol/resharing.ts";
import { decodeAnswer } from "../errors.ts";
import type { Deployment } from "../parameters.ts";
import { spokenDigits } from "../shared/spoken.ts";
import { ApiError, apiJson, type Transport } from "../transport.ts";

export interface KeyState {
  /** 0 after the first ceremony; each resharing adds one */
  readonly generation: number;
  /** how many trustees must agree to open anything */
  readonly threshold: number;
  /** the holders' identity keys; trustee i at [i - 1] */
  readonly trustees: readonly Hex[];
  /** 12 groups of five digits */
  readonly fingerprint: readonly string[];
}

/**
 * The newest keys of one trustee; undefined before its ceremony has finished.
 * @throws ApiError; SymbolonError bad-answer
 */
export async function readKeyState(
  t: Transport,
  { trusteeUrls, trusteeKeys }: Deployment,
  trustee: number,
): Promise<KeyState | undefined> {
  const url = trusteeUrls[trustee - 1];
  if (url === undefined) throw new RangeError(`trustee ${trustee}: not in the deployment`);
  let chain: string;
  try {
    ({ chain } = await apiJson<ChainAnswer>(t, url, "/v1/keysets"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
  return decodeAnswer("a chain of key sets", () => {
    const keySet = walkChain(KeySetChain.decode(fromBase64url(chain)), trusteeKeys.map(hexToBytes)).at(-1)!;
    const { generation, threshold, identityKeys } = keySet;
    return {
      generation,
      threshold,
      trustees: identityKeys.map(bytesToHex),
      fingerprint: spokenDigits(keySetHash(keySet)),
    };
  });
}
