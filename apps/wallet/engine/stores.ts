// Where the SDK keeps a wallet in a browser: its state in the sealed locker, and the device mark in a database of its own
// (client/wallet/device-mark.ts). A copy of the whole browser profile holds both, so the mark finds only a locker that was
// moved or brought back without it (docs/SECURITY.md).

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import {
  type DeviceMarkStore,
  type Hex,
  StoreConflictError,
  type WalletState,
  type WalletStore,
} from "../../../client/doors/wallet.ts";
import type { Locker } from "../../shared/locker.ts";

const STATE = "wallet";

/**
 * The state in the locker. This tab alone holds the app's lock (one-tab.ts), so what it loaded or saved last is what the
 * locker has. A closed store saves nothing more: then another tab may go on.
 */
export class LockerStore implements WalletStore {
  readonly #locker: Locker;
  #revision: number | undefined;
  #closed = false;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(locker: Locker) {
    this.#locker = locker;
  }

  async load(): Promise<WalletState | undefined> {
    const state = await this.#locker.get<WalletState>(STATE);
    this.#revision = state?.revision ?? 0;
    return state;
  }

  async save(state: WalletState, expected: number): Promise<void> {
    if (this.#closed) throw new StoreConflictError("another tab has the wallet");
    if (this.#revision === undefined) await this.load();
    if (this.#revision !== expected)
      throw new StoreConflictError(`revision ${this.#revision} is stored, ${expected} expected`);
    const saving = this.#locker.put(STATE, state);
    this.#saving = saving.catch(() => {});
    await saving;
    this.#revision = state.revision;
  }

  /** Resolves when nothing is being saved any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#saving;
  }
}

interface MarkSchema extends DBSchema {
  marks: { key: string; value: Hex };
}
const MARK = "device";
const marks = (): Promise<IDBPDatabase<MarkSchema>> =>
  openDB<MarkSchema>("device-mark", 1, {
    upgrade(db) {
      db.createObjectStore("marks");
    },
  });

export class BrowserDeviceMark implements DeviceMarkStore {
  async load(): Promise<Hex | undefined> {
    return (await marks()).get("marks", MARK);
  }

  async save(mark: Hex, expected: Hex | undefined): Promise<void> {
    const change = (await marks()).transaction("marks", "readwrite", { durability: "strict" });
    if ((await change.store.get(MARK)) !== expected) throw new StoreConflictError("another device mark is stored");
    await Promise.all([change.store.put(mark, MARK), change.done]);
  }

  static async forget(): Promise<void> {
    await (await marks()).clear("marks");
  }
}
