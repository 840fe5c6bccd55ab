// Runs the CLI as a user does: in a process of its own, with the Node that runs the tests.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const MAIN = fileURLToPath(new URL("../../cli/symbolon.mjs", import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}
export interface Surroundings {
  /** variables beside PATH; the tests' own are not handed on */
  env?: Record<string, string>;
  /** standard input */
  input?: string | Uint8Array;
  /** kills the process with SIGKILL when this resolves */
  killWhen?: Promise<unknown>;
}

export function symbolon(
  args: readonly string[],
  { env = {}, input = "", killWhen }: Surroundings = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, ...env }, stdio: "pipe" });
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
    });
  child.stdin.on("error", () => {}); // it may end before it reads
  child.stdin.end(input);
  void killWhen?.then(() => child.kill("SIGKILL"));
  return new Promise((done) => child.once("close", (code) => done({ code, ...printed })));
}

/** A directory that is removed when the tests of the file are over. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "symbolon-cli-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The JSON on standard output of a command that must succeed. @throws Error with its standard error if it fails */
export function outcome<T>({ code, stdout, stderr }: Ended): T {
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
