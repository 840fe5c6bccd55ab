// The page of the browser test loads this file: the SDK's door, and a store as a small web application would have one.

import { StoreConflictError, type WalletState, type WalletStore } from "../../client/index.ts";

export { systemTransport, Wallet } from "../../client/index.ts";

export function localStore(name: string): WalletStore {
  const stored = () => {
    const kept = localStorage.getItem(name);
    return kept === null ? undefined : (JSON.parse(kept) as WalletState);
  };
  return {
    load: async () => stored(),
    // localStorage is synchronous, and one document writes at a time; compare and swap in one block.
    async save(state, expected) {
      if ((stored()?.revision ?? 0) !== expected) throw new StoreConflictError();
      localStorage.setItem(name, JSON.stringify(state));
    },
  };
}
