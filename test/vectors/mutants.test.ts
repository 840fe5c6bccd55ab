// Deletes the checks of the verifiers in turn (mutants.ts) and runs the fault file of the area against the changed code.
// Fails if no entry notices, and if an edit does not apply to the code any more.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

/** processes side by side */
const PROCESSES = 2;

const run = (part: number): Promise<{ code: number | null; output: string }> =>
  new Promise((done) => {
    const main = join(import.meta.dirname, "mutant-main.ts");
    const child = spawn(process.execPath, [main, String(part), String(PROCESSES)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data) => {
        output += data;
      });
    child.on("close", (code) => done({ code, output }));
  });

it("some entry notices every deleted check", { timeout: 600_000 }, async () => {
  const runs = await Promise.all(Array.from({ length: PROCESSES }, (_, part) => run(part)));
  expect(runs).toEqual(runs.map(() => ({ code: 0, output: "" })));
});
