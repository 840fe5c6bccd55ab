// Measures how long the CLI takes until it has printed something, in a process of its own, beside a Node that does nothing. The
// commands that use the SDK load it when they run: `clinic init` shows what that costs, with the making of keys.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, type BenchContext, inTurns, type Row, row } from "./measure.ts";

const MAIN = fileURLToPath(new URL("../cli/symbolon.mjs", import.meta.url));

/** @throws Error if the process fails */
const ended = (args: readonly string[]): Promise<void> =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    child.once("close", (code) => (code === 0 ? done() : fail(new Error(`${args.join(" ")}: exit ${code}`))));
  });

async function run(context: BenchContext): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), "symbolon-bench-"));
  let n = 0;
  try {
    const [bare, version, help, init] = await inTurns(context.times(5, 20), [
      () => ended(["-e", "0"]),
      () => ended([MAIN, "--version"]),
      () => ended([MAIN, "clinic", "challenge", "--help"]),
      () => ended([MAIN, "clinic", "init", "--name", "Bench", "--keys", join(directory, `${n++}.json`)]),
    ]);
    return [
      row("CLI start: node alone", bare!, "node -e 0"),
      row("CLI start: --version", version!, "from the TypeScript sources, with Node's compile cache"),
      row("CLI start: help of a command", help!),
      row("CLI: clinic init", init!, "loads the SDK's clinic keys and makes three key pairs"),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const cliBench: Bench = { name: "cli", about: "start of the command line", run };
