// What the browser test's page loads: the SDK as it is, and a store as a small web application would have one.

import type { WalletState, WalletStore } from "../../client/wallet/state.ts";

export { systemTransport } from "../../client/transport.ts";
export { Wallet } from "../../client/wallet.ts";

export function localStore(name: string): WalletStore {
  return {
    async load() {
      const kept = localStorage.getItem(name);
      return kept === null ? undefined : (JSON.parse(kept) as WalletState);
    },
    async save(state) {
      localStorage.setItem(name, JSON.stringify(state));
    },
  };
}
