// Runs one of the repository's commands like a user: in a child process, with the Node version that runs the tests.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Running {
  child: ChildProcess;
  /** everything printed so far */
  stdout(): string;
  stderr(): string;
  ended: Promise<number | null>;
}

export function command(script: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
    });
  const ended = new Promise<number | null>((done) => child.once("close", done));
  return { child, stdout: () => printed.stdout, stderr: () => printed.stderr, ended };
}

export async function run(script: string, ...args: string[]) {
  const running = command(script, args);
  const code = await running.ended;
  return { code, stdout: running.stdout(), stderr: running.stderr() };
}
