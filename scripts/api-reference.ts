// Writes the API reference of the package from its docstrings, as web pages, to dist/api-reference/.
//
// TypeDoc needs the compiler API that TypeScript has up to version 6. So TypeDoc and TypeScript 6 are installed in a temporary
// folder of their own, at exact versions, and the folder is removed afterwards. Nothing else of the repository uses them.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const TOOLS = ["typedoc@0.28.20", "typescript@6.0.3"];

/** @throws Error if the command fails */
function run(folder: string, command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw error ?? new Error(`${command} ${args[0]} failed`);
}

const { exports, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string>;
  version: string;
};
const folder = mkdtempSync(join(tmpdir(), "symbolon-typedoc-"));
try {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  run(folder, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...TOOLS);
  const doors = Object.values(exports).map((file) => join(root, file));
  const config = {
    extends: join(root, "client/tsconfig.json"),
    compilerOptions: { types: [], typeRoots: [join(root, "node_modules/@types")] },
    include: doors,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const options = [
    "--name",
    `symbolon ${version}`,
    "--readme",
    join(root, "docs/SDK.md"),
    "--basePath",
    join(root, "client/doors"),
  ];
  const quiet = ["--excludePrivate", "--excludeInternal", "--disableSources", "--validation.notExported", "false"];
  const typedoc = join(folder, "node_modules/typedoc/bin/typedoc");
  const out = ["--out", join(root, "dist/api-reference"), "--tsconfig", join(folder, "tsconfig.json")];
  run(folder, process.execPath, typedoc, ...out, ...options, ...quiet, ...doors);
  console.log("dist/api-reference/index.html");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
