import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./schema/registrar.ts",
  out: "./schema/migrations/registrar",
});
