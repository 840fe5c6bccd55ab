import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "sqlite", schema: "./schema/escrow.ts", out: "./schema/migrations/escrow" });
