// npm run mutation -- [FILE …]
//
// Mutates the given files, or all files of tests-of.ts, and runs the tests that reach each mutant. It writes the counts
// per file into docs/MUTATION.md and prints the mutants that no test noticed. The rows of other files stay as they are.
// Stryker's own record of each file is in out/mutation/. It lets a second run skip mutants whose verdict cannot change.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative, resolve } from "node:path";
import type { LogLevel, MutantResult } from "@stryker-mutator/api/core";
import { Stryker } from "@stryker-mutator/core";
import { readRows, rowOf, scoreOf, writeRows } from "./table.ts";
import { TESTS_OF } from "./tests-of.ts";

const OUT = "out/mutation";
/** Added to three times the time of the tests. Other work on the machine must not count as a killed mutant. */
const TIMEOUT_MS = 8_000;
/** The folders that the tests read. */
const SANDBOX = ["protocol", "engine", "schema", "durable-objects", "functions", "client", "scripts", "test", "gen"];
/** Files per run of Stryker. A run that is stopped loses the results of its files. */
const FILES_PER_RUN = 8;

/** The mutants of the files, with their verdicts. */
async function mutate(files: readonly string[]): Promise<MutantResult[]> {
  const stryker = new Stryker({
    mutate: [...files],
    testRunner: "in-process",
    testsOf: Object.fromEntries(files.map((file) => [file, TESTS_OF.get(file)])),
    plugins: ["./test/mutation/runner.ts"],
    ignorers: ["words-of-errors"],
    coverageAnalysis: "perTest",
    concurrency: Number(process.env.MUTATION_PROCESSES ?? availableParallelism()),
    timeoutMS: TIMEOUT_MS,
    timeoutFactor: 3,
    maxTestRunnerReuse: 300,
    reporters: ["progress-append-only"],
    logLevel: "warn" as LogLevel,
    incremental: true,
    incrementalFile: `${OUT}/${createHash("sha256").update(files.join()).digest("hex").slice(0, 16)}.json`,
    tempDirName: `${OUT}/sandboxes`,
    tsconfigFile: "none.json",
    disableTypeChecks: false,
    ignorePatterns: ["/*", ...SANDBOX.map((folder) => `!/${folder}`), "/test/data"],
    allowConsoleColors: false,
  });
  return stryker.runMutationTest();
}

/** Prints the mutants that no test noticed. */
function printSurvivors(file: string, mutants: readonly MutantResult[]): void {
  const lines = readFileSync(file, "utf8").split("\n");
  for (const { status, location, mutatorName, replacement } of mutants) {
    if (status === "Killed" || status === "Timeout" || status === "Ignored") continue;
    const { start, end } = location;
    const text = start.line === end.line ? lines[start.line - 1]!.slice(start.column - 1, end.column - 1) : "{…}";
    const change = `${text} → ${replacement?.split("\n").join(" ").slice(0, 100)}`;
    console.log(`${file}:${start.line} ${status} ${mutatorName}: ${change}`);
  }
}

const asked = process.argv.slice(2);
const unknown = asked.filter((file) => !TESTS_OF.has(file));
if (unknown.length > 0) {
  console.error(`test/mutation/tests-of.ts has no tests for ${unknown.join(", ")}`);
  process.exit(2);
}
mkdirSync(OUT, { recursive: true });
const files = asked.length > 0 ? asked : [...TESTS_OF.keys()];
for (let at = 0; at < files.length; at += FILES_PER_RUN) {
  const some = files.slice(at, at + FILES_PER_RUN);
  const mutants = await mutate(some);
  for (const file of some) {
    const own = mutants.filter(({ fileName }) => relative(process.cwd(), resolve(fileName)) === file);
    const row = rowOf(file, own);
    printSurvivors(file, own);
    writeRows(TESTS_OF.keys(), readRows().set(file, row));
    console.log(`${file}: ${row.mutants === 0 ? "no mutants" : `${scoreOf(row).toFixed(1)} %`}`);
  }
}
