// Builds the web apps of apps/ into gen/apps/<name>: Vite for the page, its worker and its styles. The same sources give the
// same files, whatever machine or folder. gen/apps/<name>/build.json has the names of all files and the hash of the whole, which
// the operator publishes in the log (`symbolon operator publish`).
//
//   node scripts/build-apps.ts          builds what has changed since the last build
//   node scripts/build-apps.ts --all    builds everything

import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type InlineConfig } from "vite";
import { buildHashOf } from "../protocol/app-builds.ts";
import { bytesToHex } from "../protocol/bytes.ts";

// Vite takes another value from the environment, and would build other files, for example within a test.
process.env.NODE_ENV = "production";

const root = fileURLToPath(new URL("..", import.meta.url));
const outOf = (app: string): string => join(root, "gen/apps", app);

/** Each folder of apps/ with a page is an app. */
export const APPS: readonly string[] = readdirSync(join(root, "apps")).filter((name) =>
  existsSync(join(root, "apps", name, "index.html")),
);

/** A module that one app loads later is loaded at once in another. That is meant. */
const CHECKS = { ineffectiveDynamicImport: false };
/** Modules that only sealed records need. */
const SEALS_RECORDS =
  /age-encryption|post-quantum\/hybrid|post-quantum\/node_modules\/.*(?:weierstrass|nist|ed25519|edwards|montgomery|curve|hash-to-curve|modular)\.js|hashes\/scrypt/;

const shared: InlineConfig = {
  configFile: false,
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
};

async function buildPage(app: string): Promise<void> {
  await build({
    ...shared,
    root: join(root, "apps", app),
    base: "/",
    publicDir: join(root, "apps", app, "public"),
    build: {
      outDir: outOf(app),
      emptyOutDir: true,
      target: "es2023",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1000,
      rolldownOptions: { checks: CHECKS },
    },
    worker: {
      format: "es",
      // Without this group, what seals records shares a chunk with what a check-in needs, and the wallet's first load has both.
      // The other workers need all of it at once. There the group would import the worker back, and the circle would break it.
      rolldownOptions: {
        checks: CHECKS,
        ...(app === "wallet" && {
          output: {
            codeSplitting: { groups: [{ name: "age", test: SEALS_RECORDS, includeDependenciesRecursively: false }] },
          },
        }),
      },
    },
  });
  cpSync(join(root, "apps/shared/public"), outOf(app), { recursive: true });
}

const filesOf = (app: string): string[] =>
  readdirSync(outOf(app), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => relative(outOf(app), join(file.parentPath, file.name)))
    .filter((file) => file !== "build.json")
    .sort();

/** The build hash of an app (protocol/app-builds.ts), in hex. */
export function buildHash(app: string, files: readonly string[] = filesOf(app)): string {
  return bytesToHex(buildHashOf(files.map((name) => ({ name, content: readFileSync(join(outOf(app), name)) }))));
}

/** An app that works without network has a service worker, which knows the names of all other files. */
async function buildServiceWorker(app: string): Promise<void> {
  const source = join(root, "apps", app, "service-worker.ts");
  if (!existsSync(source)) return;
  const files = filesOf(app).filter((file) => file !== "index.html");
  const known = { version: buildHash(app).slice(0, 16), files: ["/", ...files.map((file) => `/${file}`)] };
  await build({
    ...shared,
    root: join(root, "apps", app),
    publicDir: false,
    define: { BUILD: JSON.stringify(known) },
    build: {
      outDir: outOf(app),
      emptyOutDir: false,
      target: "es2023",
      reportCompressedSize: false,
      rolldownOptions: { input: source, output: { entryFileNames: "service-worker.js", format: "iife" } },
    },
  });
}

/** Everything that the apps are made from. */
function sourcesHash(): string {
  const hash = createHash("sha256");
  const files = globSync(["apps/**/*", "client/**/*.ts", "protocol/**/*.ts", "api/**/*.ts"], { cwd: root }).sort();
  for (const file of [...files.filter((f) => /\.\w+$/.test(f)), "package-lock.json", "scripts/build-apps.ts"])
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

export async function buildApp(app: string): Promise<void> {
  await buildPage(app);
  await buildServiceWorker(app);
  writeFileSync(join(outOf(app), "build.json"), JSON.stringify({ app, hash: buildHash(app), files: filesOf(app) }));
}

/** Builds everything if the sources have changed since the last build. */
export async function buildApps({ always = false } = {}): Promise<void> {
  const stamp = join(root, "gen/apps/.sources");
  const sources = sourcesHash();
  const isBuilt =
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === sources &&
    APPS.every((app) => existsSync(join(outOf(app), "build.json")));
  if (isBuilt && !always) return;
  rmSync(join(root, "gen/apps"), { recursive: true, force: true });
  mkdirSync(join(root, "gen/apps"), { recursive: true });
  for (const app of APPS) await buildApp(app);
  writeFileSync(stamp, sources);
}

if (import.meta.main) await buildApps({ always: process.argv.includes("--all") });
