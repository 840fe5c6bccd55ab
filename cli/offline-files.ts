// The queue of offline check-ins in a directory: one file per tag, so that several desks can share it.
//
//   <tagHash>.json   an OfflineCheckIn
//
// A file is written beside its place, made durable, and then linked or renamed into place. So whoever reads the queue finds
// whole entries only, and of two desks that add one tag at once, one finds the other's entry.

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { OfflineCheckIn, OfflineQueueStore } from "../client/clinic/offline.ts";
import type { Hex } from "../protocol/encodings.ts";
import { CliError } from "./command.ts";
import { createFile, makeDirectory, parseFile, readBytes, replaceFile } from "./files.ts";

const ENTRY = /^([0-9a-f]{64})\.json$/;

const isEntry =
  (tagHash: string) =>
  (value: unknown): boolean => {
    const { tagHash: name, checkIn, takenAt } = (value ?? {}) as Partial<OfflineCheckIn>;
    return name === tagHash && typeof checkIn === "string" && typeof takenAt === "number";
  };

export class OfflineFiles implements OfflineQueueStore {
  readonly #directory: string;

  /** @param directory is made when the first entry comes */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async list(): Promise<OfflineCheckIn[]> {
    const names = await readdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const entries = await Promise.all(names.map((name) => this.#read(ENTRY.exec(name)?.[1])));
    return entries.filter((entry) => entry !== undefined).sort((a, b) => a.takenAt - b.takenAt);
  }

  /** Undefined if there is no such entry, or another process has just removed it. @throws CliError bad-file */
  async #read(tagHash: string | undefined): Promise<OfflineCheckIn | undefined> {
    if (tagHash === undefined) return undefined;
    const path = this.#path(tagHash);
    try {
      return parseFile(path, new TextDecoder().decode(await readBytes(path)), isEntry(tagHash), "an offline check-in");
    } catch (error) {
      if (error instanceof CliError && error.code === "no-file") return undefined;
      throw error;
    }
  }

  async add(entry: OfflineCheckIn): Promise<OfflineCheckIn | undefined> {
    await makeDirectory(this.#directory);
    if (await createFile(this.#path(entry.tagHash), JSON.stringify(entry))) return undefined;
    return this.#read(entry.tagHash);
  }

  replace(entry: OfflineCheckIn): Promise<void> {
    return replaceFile(this.#path(entry.tagHash), JSON.stringify(entry));
  }

  remove(tagHash: Hex): Promise<void> {
    return rm(this.#path(tagHash), { force: true });
  }

  #path(tagHash: string): string {
    return join(this.#directory, `${tagHash}.json`);
  }
}
