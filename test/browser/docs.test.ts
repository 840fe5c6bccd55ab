// The page of the API in a real browser: it shows the routes, breaks no rule of its own Content-Security-Policy, and asks no other
// origin for anything.

import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONTRACTS } from "../../api/roles.ts";
import { CHROMIUM, hasChromium, NO_CHROMIUM } from "../../local/chromium.ts";
import { type Host, startHost } from "../../local/host.ts";

if (!hasChromium) console.warn(NO_CHROMIUM);

describe.skipIf(!hasChromium)("the page of the API in Chromium", () => {
  let host: Host;
  let browser: Browser;
  let page: Page;
  const asked: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    [host, browser] = await Promise.all([
      startHost({ trustees: 2, witnesses: 1 }),
      chromium.launch({
        executablePath: CHROMIUM,
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
      }),
    ]);
    page = await browser.newPage();
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => {
      if (message.type() === "error" || /Content.Security.Policy/i.test(message.text()))
        complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (e) =>
        console.error(`violation: ${e.violatedDirective} ${e.blockedURI}`),
      );
    });
  });
  afterAll(async () => {
    await browser?.close();
    await host?.stop();
  });

  const isOurs = (url: string): boolean =>
    url.startsWith("data:") || new URL(url).origin === new URL(host.urls.service).origin;

  it("shows every route, and opens one", async () => {
    await page.goto(`${host.urls.service}/docs`);
    await page.waitForSelector(".opblock", { timeout: 60_000 });
    const service = CONTRACTS.find(({ role }) => role === "service")!;
    expect(await page.locator(".opblock").count()).toBe(Object.keys(service.routes).length);
    await page.locator("#operations-sessions-listSessions button.opblock-summary-control").click();
    await page.waitForSelector("#operations-sessions-listSessions .responses-table", { timeout: 30_000 });
    expect(await page.locator("#operations-sessions-listSessions").innerText()).toContain("system/Session.s");
  });

  it("asked no other origin, and broke no rule", () => {
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter((url) => !isOurs(url))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("control: an inline script and a request elsewhere are refused, and seen", async () => {
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      return fetch("https://elsewhere.example/").catch(() => undefined);
    });
    expect(await page.evaluate(() => (globalThis as { ran?: boolean }).ran)).toBeUndefined();
    await expect
      .poll(() => complaints.filter((text) => text.startsWith("violation:")).length)
      .toBeGreaterThanOrEqual(2);
  });

  it("the page of a problem code keeps to the rules too", async () => {
    complaints.length = 0;
    asked.length = 0;
    await page.goto(`${host.urls.service}/problems/clock-skew`);
    expect(await page.locator("h1").innerText()).toBe("clock-skew");
    expect(asked.filter((url) => !isOurs(url))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
