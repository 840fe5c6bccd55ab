// What a visitor downloads before the first screen, and that the same sources give the same files.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningApps, startApps } from "../../local/apps.ts";
import { CHROMIUM } from "../../local/chromium.ts";
import { APPS } from "../../scripts/build-apps.ts";
import { gzipBytes } from "../../scripts/size-budgets.ts";
import { nobodysDeployment } from "./nobody.ts";
import { hasChromium } from "./stage.ts";

const ROOT = join(import.meta.dirname, "../..");
const GEN = join(ROOT, "gen/apps");
/** of the wallet, in bytes: page, worker, styles, font and /deployment.json, all compressed */
const WALLET_BUDGET = 200_000;
/** for what a page asks after its first screen */
const SETTLE_MS = 500;
/** already compressed */
const IS_PACKED = /\.(?:woff2|png|jpg)$/;

const deployment = nobodysDeployment();

/** The scripts that a script imports at once; those of `import(…)` load when they are asked for. */
function importsOf(script: string): string[] {
  return [...script.matchAll(/\b(?:from|import)\s*"(\.[^"]+\.js)"/g)].map(([, path]) => path!);
}

const fileOf = (app: string, path: string): string => join(GEN, app, path === "/" ? "index.html" : path);

/** All files of an app that its first load needs. @param asked paths that the browser asked for */
function firstLoad(app: string, asked: Iterable<string>): Set<string> {
  const all = new Set<string>();
  const waiting = [...asked].filter((path) => existsSync(fileOf(app, path)));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (all.has(path)) continue;
    all.add(path);
    if (!path.endsWith(".js")) continue;
    for (const next of importsOf(readFileSync(fileOf(app, path), "utf8")))
      waiting.push(posix.join(posix.dirname(path), next));
  }
  return all;
}

const packedSize = (app: string, path: string): number => {
  const bytes = readFileSync(fileOf(app, path));
  return IS_PACKED.test(path) ? bytes.length : gzipBytes(bytes);
};

describe.skipIf(!hasChromium)("first load", () => {
  let apps: RunningApps;
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu"],
    });
    apps = await startApps(deployment);
  });
  afterAll(async () => {
    await browser?.close();
    await apps?.stop();
  });

  async function asked(browser: Browser, url: string): Promise<Set<string>> {
    const page = await browser.newPage({ locale: "en" });
    const paths = new Set<string>();
    page.on("request", (request) => {
      if (request.serviceWorker() === null) paths.add(new URL(request.url()).pathname);
    });
    await page.goto(url);
    await page.waitForSelector("h1, h2");
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    await page.waitForTimeout(SETTLE_MS);
    await page.close();
    return paths;
  }

  it("of the wallet is at most 200 kB, and the others are told", { timeout: 120_000 }, async () => {
    const { walletUrl, deskUrl, registrarDeskUrl, viewerUrl, officerUrls, tourUrl } = apps.urls;
    const urls: Record<string, string> = {
      wallet: walletUrl,
      desk: deskUrl,
      registrar: registrarDeskUrl,
      officer: officerUrls[0]!,
      viewer: viewerUrl,
      tour: tourUrl,
    };
    const lines: string[] = [];
    const sizes = new Map<string, number>();
    for (const [app, url] of Object.entries(urls)) {
      const files = firstLoad(app, await asked(browser, url));
      // A browser asks for these always; a list without them would measure nothing.
      expect(
        [...files].some((path) => path.endsWith(".css")),
        app,
      ).toBe(true);
      expect(
        [...files].some((path) => path.includes("-latin-wght-")),
        app,
      ).toBe(true);
      const parts = [...files].map((path) => packedSize(app, path));
      const size = parts.reduce((a, b) => a + b, gzipBytes(JSON.stringify({ ...deployment, ...apps.urls })));
      sizes.set(app, size);
      lines.push(`${app.padEnd(10)}${(size / 1000).toFixed(1).padStart(6)} kB in ${files.size} files`);
    }
    console.log(`first load, compressed:\n${lines.join("\n")}`);
    expect(sizes.get("wallet"), lines.join("\n")).toBeLessThan(WALLET_BUDGET);
  });
});

describe("the build", () => {
  const temp = mkdtempSync(join(tmpdir(), "symbolon-build-"));
  afterAll(() => rmSync(temp, { recursive: true, force: true }));

  it("is the same in another folder", { timeout: 120_000 }, () => {
    const folder = join(temp, "some", "other folder");
    for (const part of ["apps", "client", "protocol", "api", "scripts", "package.json", "package-lock.json"])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    for (const config of ["tsconfig.json", "tsconfig.base.json"]) cpSync(join(ROOT, config), join(folder, config));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    execFileSync(process.execPath, ["scripts/build-apps.ts", "--all"], { cwd: folder, stdio: "ignore" });
    const hashOf = (gen: string, app: string): unknown =>
      JSON.parse(readFileSync(join(gen, app, "build.json"), "utf8"));
    for (const app of APPS) expect(hashOf(join(folder, "gen/apps"), app), app).toEqual(hashOf(GEN, app));
  });
});
