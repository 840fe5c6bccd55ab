// The test wallet's files. Nothing seals them but their mode 600, so they are for tests only: a real wallet keeps its state
// under the phone's key store.
//
//   FILE        the wallet's state: recovery words, device key, sessions
//   FILE.mark   the device mark, which shows a copied state (client/wallet/device-mark.ts)
//   FILE.lock   an SQLite file whose write lock one process holds while it uses the wallet. The kernel releases it, also after
//               SIGKILL. So commands that run at once take turns

import { DatabaseSync } from "node:sqlite";
import {
  type DeviceMarkStore,
  StoreConflictError,
  type WalletState,
  type WalletStore,
} from "../client/wallet/state.ts";
import { asHex, type Hex } from "../protocol/encodings.ts";
import { CliError, EXIT } from "./command.ts";
import { exists, parseFile, readSecret, replaceFile } from "./files.ts";

const LOCK_WAIT_MS = 30_000;
const MARK_BYTES = 16;

const isState = (value: unknown): boolean => {
  const { version, revision, words } = (value ?? {}) as Partial<WalletState>;
  return version === 3 && Number.isInteger(revision) && typeof words === "string";
};

export class WalletFile implements WalletStore {
  readonly #path: string;
  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<WalletState | undefined> {
    if (!(await exists(this.#path))) return undefined;
    return parseFile(this.#path, await readSecret(this.#path), isState, "a test wallet of this version");
  }

  async save(state: WalletState, expected: number): Promise<void> {
    const stored = (await this.load())?.revision ?? 0;
    if (stored !== expected) throw new StoreConflictError(`revision ${stored} is stored, ${expected} expected`);
    await replaceFile(this.#path, JSON.stringify(state));
  }
}

export class MarkFile implements DeviceMarkStore {
  readonly #path: string;
  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<Hex | undefined> {
    if (!(await exists(this.#path))) return undefined;
    const text = (await readSecret(this.#path)).trim();
    try {
      return asHex(text, MARK_BYTES);
    } catch {
      throw new CliError(EXIT.file, "bad-file", `${this.#path} is not a device mark.`);
    }
  }

  async save(mark: Hex, expected: Hex | undefined): Promise<void> {
    if ((await this.load()) !== expected) throw new StoreConflictError("another device mark is stored");
    await replaceFile(this.#path, `${mark}\n`);
  }
}

/** Runs `act` while no other process uses the wallet of this file. @throws CliError if one uses it all the time */
export async function alone<T>(path: string, act: () => Promise<T>): Promise<T> {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(`${path}.lock`, { timeout: LOCK_WAIT_MS });
  } catch {
    throw new CliError(EXIT.file, "no-access", `This user may not write ${path}.lock.`);
  }
  try {
    database.exec("BEGIN IMMEDIATE");
  } catch {
    database.close();
    throw new CliError(
      EXIT.file,
      "in-use",
      `Another process uses the wallet ${path}. Wait for it, or name another file.`,
    );
  }
  try {
    return await act();
  } finally {
    database.close();
  }
}
