// npm test -- [NAME] [--project NAME] [-t "title"]
// Runs all tests, or the tests that the arguments name; they go to `vitest run`. The last line is "N passed, N failed".
//
// NODE_ENV is always "test", because NODE_ENV=production in the caller's environment could change what is tested.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "symbolon-test-"));
const report = join(folder, "report.json");
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
  {
    stdio: "inherit",
    env: {
      ...process.env,
      NODE_ENV: "test",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      SYMBOLON_BUNDLES: folder,
    },
  },
);
let passed = 0;
let failed = 0;
try {
  const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(readFileSync(report, "utf8"));
  passed = numPassedTests;
  // A file that could not be loaded has no test results, but it counts as a failure.
  const unloaded = testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0).length;
  failed = numFailedTests + unloaded;
  if (failed === 0 && numFailedTestSuites > 0 && run.status !== 0) failed = numFailedTestSuites;
} catch {
  console.error("vitest ended without writing a report");
  failed = 1;
}
if (run.status !== 0 && failed === 0) failed = 1;
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
