// Runs every vitest project, or with arguments just what they name, and ends with the plain line "N passed, N failed".
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const report = join(mkdtempSync(join(tmpdir(), "symbolon-test-")), "report.json");
const run = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: "inherit", env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" } },
);
let passed = 0;
let failed = 0;
try {
  const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(readFileSync(report, "utf8"));
  passed = numPassedTests;
  // a file that could not be loaded has no test of its own, and still is a failure
  const unloaded = testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0).length;
  failed = numFailedTests + unloaded;
  if (failed === 0 && numFailedTestSuites > 0 && run.status !== 0) failed = numFailedTestSuites;
} catch {
  console.error("vitest wrote no report");
  failed = 1;
}
if (run.status !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
