// The whole state of a wallet, secrets included, for tests and benches. client/index.ts does not export it:
// applications use Wallet.overview().

import type { WalletContext } from "./context.ts";
import type { WalletState } from "./state.ts";

const contexts = new WeakMap<object, WalletContext>();

/** Called by the constructor of Wallet. */
export const remember = (wallet: object, context: WalletContext): void => void contexts.set(wallet, context);

/** The state that a wallet holds now. Secret. */
export function stateOf(wallet: object): Readonly<WalletState> {
  const context = contexts.get(wallet);
  if (!context) throw new TypeError("not a wallet");
  return context.state;
}
