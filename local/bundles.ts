// The code as it is shipped, by esbuild: a Worker as wrangler would make it, and a page's script as an application would.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A change to one line of a check. `find` must occur exactly once in the file. */
export interface TextPatch {
  /** path from the repository's root, such as "functions/service/sessions.ts" */
  file: string;
  find: string;
  replace: string;
}
/**
 * One module takes another's place. Every import of `swap`, and `swap` as the entry point, resolves to `with`. Only files
 * in the directory of `with` still reach the real module, so `with` can re-export it and override single functions.
 */
export interface ModuleSwap {
  /** path from the repository's root */
  swap: string;
  /** path from the repository's root, such as "test/attacks/roles/witness-that-signs-anything.ts" */
  with: string;
}
/** How an attack test changes a Worker: to play a cheating role, or to show that the attack succeeds without a check. */
export type Weakening = TextPatch | ModuleSwap;

const bundles = new Map<string, Promise<string>>();
/** A folder that `npm test` makes for one run. Each test file is a process of its own, and would make the same bundles again. */
const OF_THIS_RUN = process.env.SYMBOLON_BUNDLES;

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

/** @throws Error if a passage does not occur exactly once, or if the bundle never loads a file that is to be changed */
function weakener(changes: readonly Weakening[]): Plugin {
  const patches = Map.groupBy(
    changes.filter((c) => "file" in c),
    ({ file }) => join(root, file),
  );
  const swaps = new Map<string, string>();
  for (const change of changes) {
    if (!("swap" in change)) continue;
    if (swaps.has(join(root, change.swap))) throw new Error(`${change.swap} is swapped for two modules`);
    swaps.set(join(root, change.swap), join(root, change.with));
  }
  return {
    name: "weaken",
    setup({ onResolve, onLoad, onEnd }) {
      const unused = new Set([...patches.keys(), ...swaps.keys()]);
      // Imports of this repository's own modules are relative and name the file with its extension.
      onResolve({ filter: /^[./]/ }, ({ path, resolveDir, importer }) => {
        const asked = resolve(resolveDir, path);
        const instead = swaps.get(asked);
        if (instead === undefined || dirname(importer) === dirname(instead)) return undefined;
        unused.delete(asked);
        return { path: instead };
      });
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const wanted = patches.get(path);
        if (!wanted) return undefined;
        unused.delete(path);
        let contents = readFileSync(path, "utf8");
        for (const { file, find, replace } of wanted) {
          const found = occurrences(contents, find);
          if (found !== 1) throw new Error(`${file}: expected exactly 1 match, found ${found}, of: ${find}`);
          contents = contents.replace(find, () => replace);
        }
        return { contents, loader: "ts" };
      });
      onEnd(({ errors }) => {
        if (errors.length > 0 || unused.size === 0) return undefined;
        const text = `the bundle does not load: ${[...unused].join(", ")}`;
        return { errors: [{ text }] };
      });
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
  const key = JSON.stringify([root, entry, changes]);
  let made = bundles.get(key);
  if (!made) {
    made = keptInThisRun(key, () => bundle(entry, changes));
    bundles.set(key, made);
  }
  return made;
}

async function keptInThisRun(key: string, make: () => Promise<string>): Promise<string> {
  if (OF_THIS_RUN === undefined) return make();
  const file = join(OF_THIS_RUN, `${createHash("sha256").update(key).digest("hex")}.mjs`);
  if (existsSync(file)) return readFileSync(file, "utf8");
  const script = await make();
  writeFileSync(`${file}.${process.pid}`, script);
  renameSync(`${file}.${process.pid}`, file); // another process reads the whole or nothing
  return script;
}

async function bundle(entry: string, changes: readonly Weakening[]): Promise<string> {
  const { outputFiles } = await build({
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
  });
  return outputFiles[0]!.text;
}

/**
 * The parts that a bundler makes of an entry: those loaded with it, and those that a dynamic import loads later.
 * @param entry path from `folder`
 */
export async function chunksForBrowsers(entry: string, folder = root): Promise<{ first: string; later: string }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [resolve(folder, entry)],
    bundle: true,
    minify: true,
    write: false,
    splitting: true,
    outdir: "out",
    absWorkingDir: folder,
    format: "esm",
    metafile: true,
    platform: "browser",
    target: "es2022",
    logLevel: "silent",
  });
  const outputs = Object.entries(metafile.outputs);
  const first = new Set<string>();
  const load = (path: string): void => {
    if (first.has(path)) return;
    first.add(path);
    for (const { path: needed, kind } of metafile.outputs[path]!.imports) if (kind === "import-statement") load(needed);
  };
  load(outputs.find(([, { entryPoint }]) => entryPoint === entry)![0]);
  const textOf = (isFirst: boolean): string =>
    outputFiles
      .filter(({ path }) => first.has(relative(folder, path)) === isFirst)
      .map(({ text }) => text)
      .join("");
  return { first: textOf(true), later: textOf(false) };
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
