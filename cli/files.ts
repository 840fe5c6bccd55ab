// Files of the CLI. A secret file has the mode 600, is never overwritten by mistake, and is refused if others can read it. A
// state file is replaced in one step: whoever reads it finds the old content or the new one, also after a power cut.

import { constants } from "node:fs";
import { link, lstat, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CliError, EXIT } from "./command.ts";

const SECRET_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const OTHERS = 0o077;

const fileError = (code: string, message: string): CliError => new CliError(EXIT.file, code, message);
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "unknown error";

/** @throws CliError */
function cannot(act: string, path: string, error: unknown): never {
  const code = codeOf(error);
  if (code === "ENOENT") throw fileError("no-file", `${path} does not exist.`);
  if (code === "EISDIR") throw fileError("no-file", `${path} is a directory, and a file is needed.`);
  if (code === "EEXIST")
    throw fileError("exists", `${path} is there already. Remove it yourself, or name another file.`);
  if (code === "EACCES" || code === "EPERM") throw fileError("no-access", `This user may not ${act} ${path}.`);
  throw fileError("file", `${path} cannot be used (${code}).`);
}

/** @throws CliError */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    return cannot("read", path, error);
  }
}

/** All of standard input. */
async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** A file, or standard input for "-". @throws CliError */
export const readFrom = (path: string): Promise<Uint8Array> => (path === "-" ? readInput() : readBytes(path));

/** A secret file's text. @throws CliError if others can read the file, or if it is a link to one of theirs */
export async function readSecret(path: string): Promise<string> {
  let mode: number;
  try {
    mode = (await stat(path)).mode;
  } catch (error) {
    return cannot("read", path, error);
  }
  // Windows has no such bits.
  if (process.platform !== "win32" && (mode & OTHERS) !== 0)
    throw fileError("open-to-others", `Others can read ${path}. Run: chmod 600 ${path}`);
  return new TextDecoder().decode(await readBytes(path));
}

/** Writes a new file that only this user can read. @throws CliError if there is one already */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content, { mode: SECRET_MODE, flag: "wx", flush: true });
  } catch (error) {
    cannot("write", path, error);
  }
}

export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  } catch (error) {
    cannot("make", path, error);
  }
}

/** Makes a rename or a link durable. */
async function flushDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return; // directories cannot be opened there
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

let counter = 0;
/** The content in a durable file beside `path`. */
async function prepared(path: string, content: string): Promise<string> {
  const temporary = `${path}.${process.pid}.${counter++}.tmp`;
  try {
    await writeFile(temporary, content, { mode: SECRET_MODE, flag: "wx", flush: true });
  } catch (error) {
    cannot("write", temporary, error);
  }
  return temporary;
}

/** Replaces a file in one step. Resolves when the new content is durable. @throws CliError */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = await prepared(path, content);
  try {
    await rename(temporary, path);
    await flushDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    cannot("write", path, error);
  }
}

/** Makes a file in one step, unless it is there: then it answers false. Resolves when it is durable. @throws CliError */
export async function createFile(path: string, content: string): Promise<boolean> {
  const temporary = await prepared(path, content);
  try {
    await link(temporary, path); // a rename would replace what is there
    await flushDirectory(dirname(path));
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    return cannot("write", path, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

/** @throws CliError bad-file */
export function parseFile<T>(path: string, text: string, isRight: (value: unknown) => boolean, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isRight(value)) throw fileError("bad-file", `${path} is not ${what}.`);
  return value as T;
}
