// The page of the browser test loads this file: the SDK's door, and a store as a small web application would have one.

import type { WalletState, WalletStore } from "../../client/index.ts";

export { systemTransport, Wallet } from "../../client/index.ts";

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
