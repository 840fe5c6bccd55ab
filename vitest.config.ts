import { existsSync } from "node:fs";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { common, own } from "./test/workers/bindings.ts";

/** One vitest project a role, in workerd with that role's own wrangler environment and bindings. */
function worker(role: keyof typeof own, files: string[]) {
  return {
    plugins: [
      cloudflareTest(async () => ({
        main: `./functions/${role}.ts`,
        wrangler: { configPath: "./wrangler.toml", environment: role === "trustee" ? "trustee-1" : role },
        miniflare: {
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
      maxWorkers: 1,
      include: files.map((f) => `test/workers/${f}.test.ts`),
      testTimeout: 60_000,
    },
  };
}

const node = (name: string, dir: string, testTimeout: number) => ({
  test: {
    name,
    environment: "node" as const,
    include: [`test/${dir}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
  },
});

export default defineConfig({
  test: {
    projects: [
      node("structure", "structure", 10_000),
      node("protocol", "protocol", 60_000),
      node("engine", "engine", 60_000),
      node("client", "client", 60_000),
      worker("log", ["log*"]),
      worker("service", ["service*", "replay-window*"]),
      worker("registrar", ["registrar*"]),
      worker("escrow", ["escrow*", "linkage-escrow*"]),
      worker("trustee", ["trustee*"]),
      node("flows", "flows", 240_000),
      node("attacks", "attacks", 240_000),
      node("browser", "browser", 120_000),
    ],
  },
});
