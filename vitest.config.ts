import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "protocol", environment: "node", include: ["test/protocol/**/*.test.ts"], testTimeout: 60_000 } },
    ],
  },
});
