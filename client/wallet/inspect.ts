// The whole state of a wallet, secrets included, for tests and benches. client/index.ts does not export it:
// applications use Wallet.overview().

import type { WalletContext } from "./context.ts";
import { type HolderSecrets, holderSecrets, type Phone } from "./keys.ts";
import type { WalletState } from "./state.ts";

const contexts = new WeakMap<object, WalletContext>();

/** Called by the constructor of Wallet. */
export const remember = (wallet: object, context: WalletContext): void => void contexts.set(wallet, context);

function contextOf(wallet: object): WalletContext {
  const context = contexts.get(wallet);
  if (!context) throw new TypeError("not a wallet");
  return context;
}

/** The state that a wallet holds now. Secret. */
export const stateOf = (wallet: object): Readonly<WalletState> => contextOf(wallet).state;

/** A phone of this wallet, from whose number and salt its keys derive. */
export const phoneOf = (wallet: object, generation: number): Phone => contextOf(wallet).phone(generation);

/** k and z of a phone of this wallet. Secret. */
export const secretsOf = (wallet: object, generation: number): HolderSecrets =>
  holderSecrets(contextOf(wallet).root, phoneOf(wallet, generation));
