// Sets a fresh clone up: installs exactly what package-lock.json names, once. Runs on any Node from 20 on (`hash -r` in the
// scripts of package.json: the shell must forget where it found that one);
// the install brings Node 24 into node_modules/.bin, which every npm script then uses.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const stampFile = "node_modules/.symbolon-lock";
const lock = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== lock) {
  console.log("Installing dependencies (once; about 20 seconds) ...");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: "inherit" });
  if (npm.status !== 0) {
    console.error("npm ci failed: see the lines above. Nothing else was started.");
    process.exit(npm.status ?? 1);
  }
  writeFileSync(stampFile, lock);
}
await import("./make-mcl.mjs");
