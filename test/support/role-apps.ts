// The Hono app of each role, loaded into Node, so that a test can ask which routes it really registers. The platform's own
// modules are left empty: no handler runs here.

import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

export const ROLES = ["registrar", "service", "escrow", "trustee", "log", "witness"] as const;
export type RoleName = (typeof ROLES)[number];

const root = fileURLToPath(new URL("../..", import.meta.url));

const platform: Plugin = {
  name: "platform",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cloudflare:|\.wasm$/ }, ({ path }) => ({ path, namespace: "empty" }));
    onLoad({ filter: /.*/, namespace: "empty" }, () => ({
      contents:
        "export class DurableObject {} export class WorkerEntrypoint {} export const waitUntil = () => {}; export default {};",
    }));
  },
};

/** Method and path of each route, as Hono has it. */
export async function routesOf(role: RoleName): Promise<string[]> {
  const { outputFiles } = await build({
    entryPoints: [`functions/${role}.ts`],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    external: ["node:*"],
    plugins: [platform],
    logLevel: "silent",
  });
  const url = `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString("base64")}`;
  const { default: app } = (await import(url)) as { default: { routes: { method: string; path: string }[] } };
  const all = app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`);
  return [...new Set(all)].sort();
}
