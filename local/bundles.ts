// The code as it is shipped, by esbuild: a Worker as wrangler would make it, and a page's script as an application would.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

export interface Weakening {
  /** path from the repository's root, as "functions/service/sessions.ts" */
  file: string;
  find: string;
  replace: string;
}

const bundles = new Map<string, Promise<string>>();

/** @throws Error where a passage to change is not there: then the test has to be mended */
function weakener(changes: readonly Weakening[]): Plugin {
  return {
    name: "weaken",
    setup({ onLoad }) {
      for (const file of new Set(changes.map((c) => c.file))) {
        const path = join(root, file);
        onLoad({ filter: new RegExp(`${file.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`) }, () => {
          let contents = readFileSync(path, "utf8");
          for (const { find, replace } of changes.filter((c) => c.file === file)) {
            if (!contents.includes(find)) throw new Error(`${file}: nothing to weaken, no such passage: ${find}`);
            contents = contents.replace(find, () => replace);
          }
          return { contents, loader: "ts" };
        });
      }
    },
  };
}

/** Compiled modules stay beside the script, as wrangler leaves them. */
const wasmBeside: Plugin = {
  name: "wasm-beside",
  setup({ onResolve }) {
    onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path: `./${basename(path)}`, external: true }));
  },
};
/** The compiled modules that a bundle may import. */
export const wasmModules = () =>
  readdirSync(join(root, "gen"))
    .filter((f) => f.endsWith(".wasm"))
    .map((f) => ({ type: "CompiledWasm" as const, path: f, contents: readFileSync(join(root, "gen", f)) }));

/** One ES module a Worker, as wrangler would make it. */
export function bundleWorker(entry: string, changes: readonly Weakening[] = []): Promise<string> {
  const key = JSON.stringify([entry, changes]);
  let made = bundles.get(key);
  if (!made) {
    made = build({
      entryPoints: [resolve(root, entry)],
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*", "node:*"],
      plugins: changes.length === 0 ? [wasmBeside] : [wasmBeside, weakener(changes)],
      logLevel: "silent",
    }).then((r) => r.outputFiles[0]!.text);
    bundles.set(key, made);
  }
  return made;
}

/** For browsers, with what `entry` exports as the global `sdk`. @param entry path from the repository's root */
export async function bundleForBrowsers(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [resolve(root, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "sdk",
    platform: "browser",
    target: "es2022",
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
