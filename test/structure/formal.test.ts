// Runs the Promela models of formal/ with SPIN, and their broken twins. Without spin or gcc the tests are skipped.

import { execSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const FORMAL = join(import.meta.dirname, "../../formal");
const has = (tool: string): boolean => {
  try {
    execSync(`command -v ${tool}`, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const errors = (model: string, flag: string): number => {
  const cwd = mkdtempSync(join(tmpdir(), "spin-"));
  const run = `spin ${flag} -a ${join(FORMAL, model)} && gcc -DSAFETY -O1 -o pan pan.c && ./pan -E -m100000`;
  return Number(/errors: (\d+)/.exec(execSync(run, { cwd, encoding: "utf8", stdio: "pipe" }))?.[1]);
};

/** Each model with the flags of its broken twins. */
const MODELS: [string, string[]][] = [
  ["check-in.pml", ["-DOLD"]],
  ["upload.pml", ["-DOLD"]],
  ["closing.pml", ["-DOLD", "-DBLIND", "-DQUIET"]],
];

it.skipIf(!has("spin") || !has("gcc")).each(MODELS)(
  "%s holds, and its twins %j break",
  (model, twins) => {
    expect(errors(model, "")).toBe(0);
    for (const twin of twins) expect(errors(model, twin), twin).toBeGreaterThan(0);
  },
  180_000,
);
