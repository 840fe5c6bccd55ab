// Sets up a clone: installs the exact versions of package-lock.json once, and writes gen/mcl.wasm.
//
// Any Node from 20 on can run this file. On Linux the install puts Node 24 into node_modules/.bin, and every npm script
// then uses that one. (`hash -r` in the scripts of package.json makes the shell forget the path of the first Node.)
//
// The environment may tell npm to leave packages out: NODE_ENV=production, omit=dev, omit=optional. The npm scripts need
// all packages, so this install overrides those settings. The stamp is written only after the key packages have loaded. It
// lists every installed package: if one of them is removed later, the next run installs again.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OLDEST_NODE_TO_INSTALL = [20, 0];
/** Runs TypeScript without flags and knows `import.meta.main`. */
const OLDEST_NODE_TO_RUN = [24, 2];
const STAMP = "node_modules/.symbolon-lock";
const LOCAL_NODE = "node_modules/.bin/node";
/** npm settings that would leave out packages or links which the npm scripts need */
const HARMFUL_SETTINGS =
  /^npm_config_(omit|include|only|also|production|dev|optional|bin_links|dry_run|global|location|package_lock(_only)?|install_strategy|workspaces?|include_workspace_root)$/i;
/** one package for each kind of dependency: plain, dev, with a native binary per platform */
const KEY_PACKAGES = ["@noble/curves/bls12-381.js", "mcl-wasm", "hono", "vitest/node", "miniflare", "esbuild"];
/** commands whose program comes in an optional package per platform */
const KEY_COMMANDS = ["esbuild", "workerd", "biome", "tsc"];

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

function fail(message) {
  console.error(message);
  process.exit(1);
}

const isOlder = (version, [major, minor]) => {
  const [ownMajor, ownMinor] = version.replace(/^v/, "").split(".").map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
};

if (isOlder(process.versions.node, OLDEST_NODE_TO_INSTALL))
  fail(
    `Symbolon needs Node 20 or newer to install itself. This is Node ${process.versions.node}: see https://nodejs.org.`,
  );

const lockText = readFileSync("package-lock.json", "utf8");
const lockHash = createHash("sha256").update(lockText).digest("hex");

/** Package folders of the lock that are on the disk. Packages for other platforms are not. */
const installedPackages = () =>
  Object.keys(JSON.parse(lockText).packages).filter((path) => path !== "" && existsSync(`${path}/package.json`));

function isSetUp() {
  try {
    const stamp = JSON.parse(readFileSync(STAMP, "utf8"));
    return stamp.lock === lockHash && stamp.packages.every((path) => existsSync(`${path}/package.json`));
  } catch {
    return false; // there is no stamp, or an older version of this file wrote it
  }
}

function install() {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== "NODE_ENV" && !HARMFUL_SETTINGS.test(name)),
  );
  const flags = ["--include=dev", "--include=optional", "--include=peer", "--bin-links", "--ignore-scripts"];
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const npm = spawnSync("npm", ["ci", ...flags, ...quiet], { stdio: "inherit", env });
  if (npm.error) fail(`npm could not be started (${npm.error.code}). Nothing else was started.`);
  if (npm.status !== 0) fail("npm ci failed: see the lines above. Nothing else was started.");
}

/** Ends this process with a clear line unless the Node of the npm scripts loads the key packages. */
function checkInstall() {
  const node = existsSync(LOCAL_NODE) ? LOCAL_NODE : process.execPath;
  const { stdout: version, error } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (error || !version) fail(`${node} does not run on this machine. Symbolon needs Node 24.2 or newer there.`);
  if (isOlder(version, OLDEST_NODE_TO_RUN))
    fail(
      `The npm scripts need Node 24.2 or newer, and this platform gets no Node from npm. This is Node ${version.trim()}.`,
    );
  for (const name of KEY_PACKAGES) {
    const load = `import(${JSON.stringify(name)}).then(() => process.exit(0))`;
    const { status, stderr } = spawnSync(node, ["--input-type=module", "-e", load], { encoding: "utf8" });
    if (status !== 0) fail(`The install is incomplete: ${name} does not load.\n${stderr}`);
  }
  for (const name of KEY_COMMANDS) {
    const { status, stderr } = spawnSync(`node_modules/.bin/${name}`, ["--version"], { encoding: "utf8" });
    if (status !== 0) fail(`The install is incomplete: ${name} does not run.\n${stderr ?? ""}`);
  }
}

if (!isSetUp()) {
  rmSync(STAMP, { force: true });
  console.log("Installing dependencies (once; about 20 seconds) ...");
  install();
  checkInstall();
  writeFileSync(STAMP, JSON.stringify({ lock: lockHash, packages: installedPackages() }));
}
await import("./make-mcl.mjs");
// The scripts are TypeScript, which the Node that runs this file may not know.
for (const script of ["scripts/site.ts", "scripts/build-apps.ts"]) {
  const made = spawnSync(existsSync(LOCAL_NODE) ? LOCAL_NODE : process.execPath, [script], { stdio: "inherit" });
  if (made.status !== 0) fail(`${script} failed: see the lines above.`);
}
