// The tarball of `npm pack`, installed in an empty project: what a vendor gets, and that it works wherever vendors run it.

import { execFileSync, spawnSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { chromium } from "playwright-core";
import { publint } from "publint";
import { describe, expect, inject, it } from "vitest";
import { chunksForBrowsers } from "../../local/bundles.ts";
import { CHROMIUM, hasChromium, NO_CHROMIUM } from "../../local/chromium.ts";
import { PACKAGE_FOLDER } from "../../scripts/build-sdk.ts";
import { gzipBytes } from "../../scripts/size-budgets.ts";
import type { Found, Vectors } from "./program.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { tarball, project, nodes, installSeconds, failure } = inject("installed");
const installed = join(project, "node_modules/symbolon");
const DOORS = ["wallet", "share", "fhir", "spoken", "clinic", "requester", "officer", "operator", "builds", "protocol"];
const WALLET_GZIP_BYTES = 120_000;

const vector = (name: string) => JSON.parse(readFileSync(join(root, `test/vectors/symbolon/${name}.json`), "utf8"));
const { checkIn, refusedCheckIns } = vector("presentation");
const edit = refusedCheckIns.find((refused: { class: string }) => refused.class === "other-session-key").checkIn;
const vectors: Vectors = {
  parameters: vector("credential").parameters,
  checkIn,
  altered: checkIn.slice(0, 2 * edit.at) + edit.insert + checkIn.slice(2 * (edit.at + edit.remove)),
};

/** What program.ts finds everywhere. */
const FOUND: Found = {
  card: "Harbour Clinic, version 1",
  tid: vector("presentation").tid,
  shown: vector("presentation").shown,
  altered: "proof",
  filed: true,
  nameFound: true,
  offline: "unreachable",
  words: 0,
  keys: [32, 1216],
  signedIn: true,
  sameError: true,
};

/** Bundles a script of the project as a vendor would, for a platform. */
async function bundle(script: string, conditions: string[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: project, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions,
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

const program = readFileSync(join(import.meta.dirname, "program.ts"), "utf8");
if (failure === undefined) writeFileSync(join(project, "program.ts"), program);

it("the package can be built, packed and installed", () => {
  expect(failure).toBeUndefined();
  expect(installSeconds).toBeLessThan(60);
});

describe.skipIf(failure !== undefined)("the package", () => {
  it("holds compiled code and types of client and protocol, and no tests, servers or source maps", () => {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    const folders = new Set(files.map((file) => file.split("/")[1]!));
    for (const name of ["client", "protocol", "README.md", "LICENSE", "package.json"]) expect(folders).toContain(name);
    for (const name of ["functions", "durable-objects", "local", "test", "schema"]) expect(folders).not.toContain(name);
    expect(files.filter((file) => !/\.(js|d\.ts|wasm)$|README\.md$|LICENSE$|package\.json$/.test(file))).toEqual([]);
    for (const file of globSync("**/*.{js,d.ts,json,md}", { cwd: installed, exclude: ["node_modules"] }))
      expect(readFileSync(join(installed, file), "utf8").includes(root), file).toBe(false);
  });

  it("asks for exact versions, and the doors for nothing that only a server needs", () => {
    const { dependencies, exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Object.keys(exports).sort()).toEqual(DOORS.map((door) => `./${door}`).sort());
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const [, to] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g))
        visit(join(file, "..", to!));
    };
    for (const door of DOORS) visit(join(installed, `client/doors/${door}.js`));
    expect(reached.size).toBeGreaterThan(100);
    expect([...reached].filter((file) => /\/(cli|gateway)\//.test(file.slice(installed.length)))).toEqual([]);
  });

  it("is clean for publint and attw", async () => {
    const { messages } = await publint({ pkgDir: PACKAGE_FOLDER, strict: true, level: "suggestion" });
    expect(messages).toEqual([]);
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const run = spawnSync(process.execPath, [attw, tarball, "--profile", "esm-only", "--no-color"], {
      encoding: "utf8",
    });
    expect(run.stdout.match(/🟢/g)).toHaveLength(2 * DOORS.length); // from Node's ES modules, and from a bundler
    expect(run.status).toBe(0);
  });

  it("has types for a strict program, whose libraries are checked too", () => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const libraries = ["--lib", "es2023,dom,dom.iterable", "--types", "", "--skipLibCheck", "false"];
    const strict = ["--strict", "--module", "nodenext", "--target", "es2022", "--noEmit", ...libraries];
    writeFileSync(
      join(project, "wrong.ts"),
      'import { clinicCard } from "symbolon/clinic";\nexport const card: string = clinicCard("keys");',
    );
    const files = ["program.ts", "wrong.ts"];
    const { stdout } = spawnSync(process.execPath, [tsc, ...strict, ...files], { cwd: project, encoding: "utf8" });
    const faults = stdout.split("\n").filter((line) => line.includes("error TS"));
    expect(faults.filter((line) => !line.startsWith("wrong.ts"))).toEqual([]);
    expect(faults.length).toBeGreaterThan(0); // the control: the types are not `any`
  });

  it("opens no other file than its doors", () => {
    const run = (specifier: string) =>
      spawnSync(process.execPath, ["--input-type=module", "-e", `await import(${JSON.stringify(specifier)})`], {
        cwd: project,
        encoding: "utf8",
      });
    expect(run("symbolon/clinic").status).toBe(0);
    expect(run("symbolon/client/clinic.js").stderr).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });
});

describe.skipIf(failure !== undefined)("the first program runs", () => {
  it.each(["20", "22", "24"] as const)("in Node %s", async (major) => {
    const node = nodes[major];
    const wanted = process.env.CI !== undefined || process.platform === "linux";
    if (node === undefined && !wanted) return console.warn(`not tested: npm has no Node ${major} for this platform`);
    expect(node, `npm gave no Node ${major}: the package is not tested in it`).toBeDefined();
    const { outputFiles } = await build({
      entryPoints: [join(project, "program.ts")],
      write: false,
      format: "esm",
      logLevel: "silent",
    });
    writeFileSync(join(project, "program.mjs"), outputFiles[0]!.text);
    const main = `import { program } from "./program.mjs";
      console.log(process.versions.node.split(".")[0], JSON.stringify(await program(${JSON.stringify(vectors)})));`;
    writeFileSync(join(project, "main.mjs"), main);
    const { stdout, stderr } = spawnSync(node!, ["main.mjs"], { cwd: project, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.slice(0, 2)).toBe(major);
    expect(JSON.parse(stdout.slice(3))).toEqual(FOUND);
  });

  it("in a Worker", async () => {
    const script = await bundle(
      `import { program } from "./program.ts";
       export default { fetch: async (request: Request) => Response.json(await program(await request.json())) };`,
      ["workerd", "worker"],
    );
    const options = { modules: true, script, compatibilityDate: "2026-01-01", cf: false };
    const worker = new Miniflare(convertV4MiniflareOptions(options));
    try {
      const answer = await worker.dispatchFetch("http://worker/", { method: "POST", body: JSON.stringify(vectors) });
      expect(await answer.json()).toEqual(FOUND);
    } finally {
      await worker.dispose();
    }
  });
});

if (!hasChromium) console.warn(NO_CHROMIUM);

describe.skipIf(failure !== undefined)("a browser's bundle", () => {
  it.skipIf(!hasChromium)("runs the first program in Chromium", async () => {
    const script = await bundle('import { program } from "./program.ts"; Object.assign(globalThis, { program });');
    const server = createServer((request, response) => {
      response.setHeader("content-type", request.url === "/" ? "text/html" : "text/javascript");
      response.end(request.url === "/" ? "<!doctype html><script type=module src=/program.js></script>" : script);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: flags });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction("globalThis.program !== undefined");
      expect(await page.evaluate(`program(${JSON.stringify(vectors)})`)).toEqual(FOUND);
    } finally {
      await browser.close();
      server.close();
    }
  });

  it(`of symbolon/wallet loads at most ${WALLET_GZIP_BYTES / 1000} kB compressed at the start`, async () => {
    writeFileSync(join(project, "wallet.ts"), 'export * from "symbolon/wallet";');
    const { first, later } = await chunksForBrowsers("wallet.ts", project);
    expect(gzipBytes(first)).toBeLessThanOrEqual(WALLET_GZIP_BYTES);
    expect(gzipBytes(first)).toBeGreaterThan(50_000); // the control: it is the wallet
    const holds = (part: string, text: string): boolean => part.includes(text); // says no script on a failure
    const stanza = "age-encryption.org/mlkem768x25519"; // in age-encryption, which comes when a record is opened
    expect({ first: holds(first, stanza), later: holds(later, stanza) }).toEqual({ first: false, later: true });
    expect(/["']node:/.test(first + later)).toBe(false);
  });
});
