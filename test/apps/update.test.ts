// The service worker of the wallet and of the desk: it starts the app without network, and a new version waits until the person
// takes it. The app's Worker runs in Node here, so that a second version can be served.

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import app from "../../functions/app.ts";
import { CHROMIUM } from "../../local/chromium.ts";
import { hasChromium } from "./stage.ts";
import { expectGoodScreen } from "./wallet-phone.ts";

const FILES = fileURLToPath(new URL("../../gen/apps", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

describe.skipIf(!hasChromium).each([
  ["wallet", "Scan the code from the desk"],
  ["desk", "Set up this desk"],
])("the service worker of the %s", (name, first) => {
  let server: Server;
  let browser: Browser;
  let url: string;
  let version = "";

  /** A build of its own, which keeps its files apart from those of the build before. */
  const nextWorker = (source: string): string =>
    version === ""
      ? source
      : `${source.replace(/version:`[0-9a-f]{16}`/, `version:\`${"f".repeat(16)}\``)}// ${version}`;
  const file = (path: string): Response => {
    try {
      const bytes = readFileSync(`${FILES}/${name}${path}`);
      const changed = path === "/service-worker.js" ? nextWorker(bytes.toString()) : bytes;
      return new Response(changed, { headers: { "content-type": TYPES[extname(path)] ?? "application/octet-stream" } });
    } catch {
      return new Response(null, { status: 404 });
    }
  };
  beforeAll(async () => {
    const APP = { fetch: async (asked: string) => file(new URL(asked).pathname) };
    const env = { APP, CAMERA: "1", DEPLOYMENT: "{}" } as unknown as Parameters<typeof app.fetch>[1];
    server = createServer(async (request, answer) => {
      const made = await app.fetch(new Request(`http://app.invalid${request.url}`), env);
      answer.writeHead(made.status, Object.fromEntries(made.headers)).end(Buffer.from(await made.arrayBuffer()));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://${name}.localhost:${(server.address() as AddressInfo).port}/`;
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  it("starts the app without network, and takes a new version only when the person says so", async () => {
    const page = await browser.newPage();
    await page.goto(url);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.context().setOffline(true);
    await page.reload();
    await page.getByRole("heading", { name: first }).waitFor();
    const kept = await page.evaluate(async () => (await (await caches.open((await caches.keys())[0]!)).keys()).length);
    expect(kept).toBeGreaterThan(5);
    await page.context().setOffline(false);

    version = "the next version";
    await page.reload();
    await page.getByText("A new version is ready").waitFor();
    await expectGoodScreen(page, "new version");
    // "About this app" compares the build that runs here, while the next one waits.
    const worker = () => page.evaluate(async () => (await fetch("/service-worker.js")).text());
    expect(await worker()).toBe(readFileSync(`${FILES}/${name}/service-worker.js`, "utf8"));
    const reloaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Use the new version" }).click();
    await reloaded;
    await page.getByRole("heading", { name: first }).waitFor();
    expect(await page.getByText("A new version is ready").count()).toBe(0);
    await expect.poll(worker).toContain("the next version");
  });
});
