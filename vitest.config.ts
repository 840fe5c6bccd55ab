import { existsSync, globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { RATE_LIMITS } from "./functions/shared/rate-limits.ts";
import { CHROMIUM, hasChromium } from "./local/chromium.ts";
import { common, own } from "./test/workers/bindings.ts";

/** Vitest would leave one core free. Much of the time of a test that starts roles is waiting, so two files do well on two cores. */
const FILES_AT_ONCE = Math.max(2, availableParallelism() - 1);

/** One project per role: its tests run in workerd, with the wrangler environment and the bindings of that role. */
function worker(role: keyof typeof own) {
  return {
    plugins: [
      cloudflareTest(async () => ({
        main: `./functions/${role}.ts`,
        wrangler: { configPath: "./wrangler.toml", environment: role === "trustee" ? "trustee-1" : role },
        miniflare: {
          ratelimits: manyRequests(role),
          bindings: {
            ...common,
            ...own[role],
            TEST_MIGRATIONS: existsSync(`schema/migrations/${role}`)
              ? await readD1Migrations(`schema/migrations/${role}`)
              : [],
          },
        },
      })),
    ],
    test: {
      name: `workers-${role}`,
      isolate: false,
      maxWorkers: FILES_AT_ONCE,
      sequence: { groupOrder: 1 },
      include: [`test/workers/${role}*.test.ts`],
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  };
}

/** The role's rate limits, so high that no test but theirs meets them. */
const manyRequests = (role: keyof typeof own) =>
  Object.fromEntries(
    Object.keys(RATE_LIMITS[role]).map((name) => [
      name,
      { namespace_id: name, simple: { limit: 1_000_000, period: 60 as const } },
    ]),
  );

/** Files that replace modules. Each of them needs modules of its own, in a project of its own. */
const REPLACING = globSync("test/**/*.test.ts").filter((file) =>
  /vi\.(mock|resetModules)\(/.test(readFileSync(file, "utf8")),
);

/** A project of plain Node: the tests of one folder of test/, or of those in braces. Its files share their modules. */
const node = (name: string, dir: string, testTimeout: number) => ({
  test: {
    name,
    environment: "node" as const,
    include: [`test/${dir}/**/*.test.ts`],
    exclude: REPLACING,
    testTimeout,
    hookTimeout: testTimeout,
    isolate: false,
    maxWorkers: FILES_AT_ONCE,
    sequence: { groupOrder: 1 },
  },
});

/** The components of the apps, each alone on a page of Chromium. */
const components = {
  oxc: { jsx: { runtime: "automatic" as const, importSource: "preact" } },
  test: {
    name: "components",
    include: ["test/components/**/*.test.tsx"],
    sequence: { groupOrder: 2 },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] } }),
      instances: [{ browser: "chromium" as const }],
    },
  },
};

export default defineConfig({
  test: {
    projects: [
      node("structure", "structure", 10_000),
      node("protocol", "protocol", 60_000),
      node("vectors", "{vectors,second}", 60_000),
      node("engine", "engine", 60_000),
      node("client", "client", 60_000),
      node("functions", "functions", 30_000),
      worker("log"),
      worker("service"),
      worker("registrar"),
      worker("escrow"),
      worker("trustee"),
      { test: { ...node("package", "package", 240_000).test, globalSetup: "test/package/setup.ts" } },
      node("cli", "cli", 240_000),
      node("gateway", "gateway", 240_000),
      node("flows", "flows", 240_000),
      node("apps", "apps", 240_000),
      ...(hasChromium ? [components] : []),
      node("attacks", "attacks", 240_000),
      { test: { ...node("apart", "", 240_000).test, include: REPLACING, exclude: [], isolate: true } },
      node("browser", "browser", 120_000),
    ],
  },
});
