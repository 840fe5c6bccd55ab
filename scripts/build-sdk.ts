// Makes the npm package `symbolon` in dist/symbolon/: the SDK, and the command-line program if the repository has one.
//
//   doors     "exports" of package.json names the source file of each subpath
//   command   cli/main.ts, as the package's `bin`
//   sources   every file that these reach, compiled by plain tsc to an ES module and a .d.ts beside it; nothing else
//   manifest  written here: version and licence of the root, and the dependencies that the packed files import, at the
//             root's exact versions
//   README    docs/SDK.md
//
// There are no source maps, because the sources are not packed. `npm pack dist/symbolon` makes the tarball.

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
/** The folder of the package, for `npm pack`. */
export const PACKAGE_FOLDER: string = join(dist, "symbolon");
const COMMAND = "cli/main.ts";
/** The oldest Node that the SDK's dependencies run on. The command needs Node 22 and says so itself. */
const ENGINES = { node: ">=20.19.0" };

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  exports: Record<string, string>;
  dependencies: Record<string, string>;
}

const compiledTo = (source: string, extension: ".js" | ".d.ts"): string =>
  `./${source.replace(/^\.\//, "").replace(/\.ts$/, extension)}`;

/** @throws Error with the compiler's words */
function compile(files: readonly string[]): void {
  const config = {
    extends: "../tsconfig.base.json",
    compilerOptions: {
      module: "nodenext",
      moduleResolution: "nodenext",
      rewriteRelativeImportExtensions: true,
      declaration: true,
      noEmit: false,
      noEmitOnError: true,
      rootDir: "..",
      outDir: "symbolon",
      lib: ["ES2024", "DOM", "DOM.Iterable"],
      types: ["node"],
    },
    files: files.map((file) => join(root, file)),
  };
  writeFileSync(join(dist, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", dist], { encoding: "utf8" });
  if (status !== 0) throw new Error(`tsc failed:\n${stdout}`);
}

const IMPORT = /(?<!\.)\b(?:from\s*|import\s*\(?\s*)"([^"]+)"/g;

/** The packages that compiled files and their types import. A word in a comment may look like an import: it does no harm. */
export function packagesImported(files: readonly string[]): string[] {
  const names = new Set<string>();
  for (const file of files)
    for (const [, specifier = ""] of readFileSync(file, "utf8")
      .replace(/^\s*(?:\/\/|\*).*$/gm, "")
      .matchAll(IMPORT)) {
      if (specifier.endsWith(".wasm")) throw new Error(`${file}: a package cannot import WebAssembly`);
      if (specifier.startsWith(".") || isBuiltin(specifier)) continue;
      names.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)![0]);
    }
  return [...names].sort();
}

/** Compiles the package and writes its manifest. @returns the manifest */
export function buildSdk(): Record<string, unknown> {
  const own: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const hasCommand = existsSync(join(root, COMMAND));
  rmSync(PACKAGE_FOLDER, { recursive: true, force: true });
  mkdirSync(PACKAGE_FOLDER, { recursive: true });
  compile([...Object.values(own.exports), ...(hasCommand ? [COMMAND] : [])]);

  const compiled = globSync("**/*.{js,d.ts}", { cwd: PACKAGE_FOLDER }).map((file) => join(PACKAGE_FOLDER, file));
  const dependencies = packagesImported(compiled).map((name) => {
    const version = own.dependencies[name];
    if (version === undefined) throw new Error(`the package imports ${name}, which is no dependency of package.json`);
    return [name, version];
  });
  const doors = Object.entries(own.exports).map(([subpath, source]) => [
    subpath,
    { types: compiledTo(source, ".d.ts"), default: compiledTo(source, ".js") },
  ]);
  const { name, version, description, license } = own;
  const manifest = {
    name,
    version,
    description,
    license,
    type: "module",
    engines: ENGINES,
    sideEffects: false,
    exports: Object.fromEntries(doors),
    ...(hasCommand ? { bin: { symbolon: compiledTo(COMMAND, ".js") } } : {}),
    dependencies: Object.fromEntries(dependencies),
  };
  if (hasCommand) chmodSync(join(PACKAGE_FOLDER, compiledTo(COMMAND, ".js")), 0o755);
  writeFileSync(join(PACKAGE_FOLDER, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(root, "docs/SDK.md"), join(PACKAGE_FOLDER, "README.md"));
  copyFileSync(join(root, "LICENSE"), join(PACKAGE_FOLDER, "LICENSE"));
  return manifest;
}

if (import.meta.main) {
  const { name, version, exports } = buildSdk() as unknown as Manifest;
  console.log(`${name} ${version} in dist/symbolon: ${Object.keys(exports).join(" ")}`);
}
