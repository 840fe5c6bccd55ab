// Makes the package once for all tests of this folder, and installs it as a stranger would: `npm pack`, then `npm install` of
// the tarball in an empty project outside the repository. Older Nodes come from npm into a project of their own.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildSdk, PACKAGE_FOLDER } from "../../scripts/build-sdk.ts";

/** The releases of Node that the SDK is tested in. 24 is the one that runs the tests. */
const OLDER_NODES = { 20: "20.20.2", 22: "22.23.3" };

export interface Installed {
  tarball: string;
  /** the project in which the package is installed */
  project: string;
  /** paths to programs; undefined if this platform or registry has none of that version */
  nodes: Record<"20" | "22" | "24", string | undefined>;
  /** how long the installation of the tarball took */
  installSeconds: number;
  /** why nothing could be made */
  failure?: string;
}
declare module "vitest" {
  interface ProvidedContext {
    installed: Installed;
  }
}

/** @throws Error with npm's words */
function npm(folder: string, ...args: string[]): string {
  const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const { status, stdout, stderr } = spawnSync("npm", [...args, ...quiet], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${args[0]} failed: ${stderr}`);
  return stdout;
}

function emptyProject(folder: string): string {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  return folder;
}

function olderNodes(folder: string): Pick<Installed["nodes"], "20" | "22"> {
  const versions = Object.entries(OLDER_NODES);
  const program = `node-${process.platform}-${process.arch}`;
  try {
    npm(folder, "install", ...versions.map(([major, version]) => `node-${major}@npm:${program}@${version}`));
  } catch (error) {
    console.warn(String(error));
  }
  const pathOf = (major: number): string | undefined => {
    const path = join(folder, `node_modules/node-${major}/bin/node`);
    return existsSync(path) ? path : undefined;
  };
  return { 20: pathOf(20), 22: pathOf(22) };
}

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "symbolon-package-"));
  const installed: Installed = {
    tarball: "",
    project: join(folder, "project"),
    nodes: { 20: undefined, 22: undefined, 24: process.execPath },
    installSeconds: 0,
  };
  try {
    buildSdk();
    const [{ filename }] = JSON.parse(npm(folder, "pack", PACKAGE_FOLDER, "--json"));
    installed.tarball = join(folder, filename);
    const started = performance.now();
    npm(emptyProject(installed.project), "install", installed.tarball);
    installed.installSeconds = (performance.now() - started) / 1000;
    Object.assign(installed.nodes, olderNodes(emptyProject(join(folder, "nodes"))));
  } catch (error) {
    installed.failure = error instanceof Error ? error.message : String(error); // a test tells it
  }
  provide("installed", installed);
  return () => rmSync(folder, { recursive: true, force: true });
}
