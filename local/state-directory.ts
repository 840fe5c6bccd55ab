// The state directory of `npm start`: it belongs to one process at a time, and it never keeps a half-finished seeding.
//
// The lock is the write lock of an SQLite file. The kernel releases it when its process ends, also after a crash or SIGKILL.
// So a lock is never stale, and a reused process id cannot keep it. A second file names the holder for the error message.
//
//   start.lock, start.pid   the lock and its holder; both stay when the process ends
//   seeding                 exists while the state is being made; if a start finds it, it seeds again from the beginning
//   seeded.json             the clinics and patients of a finished seeding, with recovery words
//   other files             for the CLI and the gateway: practice-files.ts
//   local-seed.hex          the seed of all local secrets (host.ts); with the databases, it is the rest of the state

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SEED_FILE } from "./host.ts";

const LOCK_FILE = "start.lock";
const HOLDER_FILE = "start.pid";
const SEEDING_FILE = "seeding";
const SEEDED_FILE = "seeded.json";
const SQLITE_BUSY = 5;

/** The directory cannot be used. The message is one line for the person who started the command. */
export class StateError extends Error {
  override readonly name = "StateError";
}

/** Facts about a finished seeding that later starts print. */
export interface Seeded {
  /** id: hex; slug: of the file with its keys (practice-files.ts) */
  clinics: { name: string; id: string; slug: string }[];
  patients: { selector: string; recoveryWords: string; visits: number }[];
}

export class StateDirectory {
  readonly path: string;
  readonly seededFile: string;
  readonly #lock: DatabaseSync;
  readonly #isNew: boolean;

  /**
   * Takes the lock until the process ends or `giveUp` is called.
   * @throws StateError if the directory holds other files, or another process holds the lock; nothing was written then
   */
  constructor(path: string) {
    this.path = path;
    this.seededFile = join(path, SEEDED_FILE);
    this.#isNew = !existsSync(path);
    if (!this.#isNew && !statSync(path).isDirectory()) throw new StateError(`--state: ${path} is not a directory`);
    const names = this.#isNew ? [] : stateFiles(path);
    if (names.length > 0 && !names.includes(SEED_FILE) && !names.includes(SEEDING_FILE))
      throw new StateError(`--state: ${path}/ holds other files, which npm start does not touch`);
    mkdirSync(path, { recursive: true });
    this.#lock = lock(path);
  }

  /** The last seeding was stopped before it ended. */
  get isHalfSeeded(): boolean {
    return existsSync(join(this.path, SEEDING_FILE));
  }

  /** The seeding was made before `npm start` kept the clinics' keys, so nobody can act as one of them. */
  get isWithoutKeys(): boolean {
    return this.seeded?.clinics.some(({ slug }) => slug === undefined) ?? false;
  }

  /** There is a seed, but `npm start` neither finished nor began a seeding with it. */
  get isFromElsewhere(): boolean {
    return existsSync(join(this.path, SEED_FILE)) && !this.isHalfSeeded && !existsSync(this.seededFile);
  }

  /** A finished seeding, or undefined if the directory is empty or half seeded. */
  get seeded(): Seeded | undefined {
    if (this.isHalfSeeded || !existsSync(this.seededFile)) return undefined;
    return JSON.parse(readFileSync(this.seededFile, "utf8")) as Seeded;
  }

  /** Removes all state and marks the directory as half seeded. */
  beginSeeding(): void {
    // The mark comes first and stays last: if this is interrupted, the next start does it again.
    writeFileSync(join(this.path, SEEDING_FILE), "");
    for (const name of stateFiles(this.path))
      if (name !== SEEDING_FILE) rmSync(join(this.path, name), { recursive: true, force: true });
  }

  endSeeding(seeded: Seeded): void {
    writeFileSync(this.seededFile, `${JSON.stringify(seeded, null, 2)}\n`, { mode: 0o600 });
    rmSync(join(this.path, SEEDING_FILE));
  }

  /** Releases the lock, and removes the directory if this process made it. Call it only before `beginSeeding`. */
  giveUp(): void {
    this.#lock.close();
    if (this.#isNew) rmSync(this.path, { recursive: true, force: true });
  }
}

const stateFiles = (path: string): string[] =>
  readdirSync(path).filter((name) => !name.startsWith(LOCK_FILE) && name !== HOLDER_FILE);

function lock(path: string): DatabaseSync {
  const database = new DatabaseSync(join(path, LOCK_FILE));
  try {
    database.exec("BEGIN IMMEDIATE");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new StateError(
      `${path}/ is in use by another npm start${holderOf(path)}: stop it, or choose another --state`,
    );
  }
  writeFileSync(join(path, HOLDER_FILE), `${process.pid}\n`);
  return database;
}

function holderOf(path: string): string {
  try {
    return ` (process ${readFileSync(join(path, HOLDER_FILE), "utf8").trim()})`;
  } catch {
    return ""; // the other process has just taken the lock and not yet written its id
  }
}
