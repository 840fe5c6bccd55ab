// Every app starts under its strict policy, asks its own origin alone, and has nothing that axe finds.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axeFaults, DESK, hasChromium, openApps, PHONE, scrollsSideways } from "./stage.ts";

const APPS = ["walletUrl", "deskUrl", "registrarDeskUrl", "viewerUrl", "tourUrl"] as const;

describe.skipIf(!hasChromium)("every app", () => {
  let stage: Awaited<ReturnType<typeof openApps>>;
  beforeAll(async () => {
    stage = await openApps();
  });
  afterAll(() => stage?.close());
  const urlsOf = (): string[] => [...APPS.map((name) => stage.urls[name]), stage.urls.officerUrls[0]!];

  it.each([
    ["phone, light, English", { viewport: PHONE, scheme: "light", language: "en" }],
    ["desk, dark, Arabic", { viewport: DESK, scheme: "dark", language: "ar" }],
  ] as const)("starts without a complaint: %s", { timeout: 120_000 }, async (_, options) => {
    for (const url of urlsOf()) {
      const person = await stage.person(options);
      await person.page.goto(url);
      await person.page.waitForSelector("h1");
      expect(await person.page.locator("html").getAttribute("dir")).toBe(options.language === "ar" ? "rtl" : "ltr");
      expect(await axeFaults(person.page), url).toEqual([]);
      expect(await scrollsSideways(person.page), url).toBe(false);
      expect(person.complaints, url).toEqual([]);
      await person.close();
    }
  });

  it("answers no other method, and says 404 for a file that is not there", async () => {
    const at = stage.urls.walletUrl.replace("wallet.localhost", "127.0.0.1");
    const posted = await fetch(at, { method: "POST", body: "x" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    const missing = await fetch(`${at}/assets/none.js`);
    expect([missing.status, missing.headers.get("cache-control")]).toEqual([404, "no-store"]);
    expect(missing.headers.get("content-security-policy")).toContain("require-trusted-types-for 'script'");
  });
});
