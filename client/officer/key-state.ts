// The keys that the trustees hold, for officers of different trustees to compare by voice. A trustee serves the chain of key
// sets; it is verified here from the pinned committee of the first ceremony.
//
//   fingerprint   spokenDigits of the hash of the newest KeySetCore: threshold, generation, the three keys, every trustee's
//                 share keys and identity key, the group hybrid key, and the transcript of the run. All trustees signed that
//                 core, so if two trustees read the same digits, they hold shares of the same keys, in one committee

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

/** What one trustee shows of its keys. */
export type TrusteeKeys =
  | { readonly trustee: number; readonly state: "keys"; readonly keys: KeyState }
  /** none: its ceremony has not finished; silent: no answer; wrong: its answer does not verify under the pinned keys */
  | { readonly trustee: number; readonly state: "none" | "silent" | "wrong" };

/** What every trustee of the deployment shows; trustee i at [i - 1]. */
export function readEveryKeyState(t: Transport, deployment: Deployment): Promise<TrusteeKeys[]> {
  const read = async (trustee: number): Promise<TrusteeKeys> => {
    try {
      const keys = await readKeyState(t, deployment, trustee);
      return keys === undefined ? { trustee, state: "none" } : { trustee, state: "keys", keys };
    } catch (error) {
      return { trustee, state: error instanceof ApiError ? "silent" : "wrong" };
    }
  };
  return Promise.all(deployment.trusteeUrls.map((_, i) => read(i + 1)));
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
