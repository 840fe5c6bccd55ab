// Every component in every state, on each kind of screen: nothing that axe finds, no sideways scroll, and targets that a finger
// hits. The page needs no role of the system.

import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningApps, startApps } from "../../local/apps.ts";
import { CHROMIUM } from "../../local/chromium.ts";
import { nobodysDeployment } from "./nobody.ts";
import { axeFaults, DESK, hasChromium, PHONE, scrollsSideways } from "./stage.ts";

const NARROW = { width: 320, height: 640 };
const SMALLEST_TARGET = 24;
const SCREENS = [PHONE, DESK].flatMap((viewport) =>
  (["light", "dark"] as const).flatMap((colorScheme) =>
    (["en", "ar"] as const).map((locale) => ({ viewport, colorScheme, locale })),
  ),
);

describe.skipIf(!hasChromium)("the gallery of components", () => {
  let apps: RunningApps;
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu"],
    });
    apps = await startApps(nobodysDeployment());
  });
  afterAll(async () => {
    await browser?.close();
    await apps?.stop();
  });

  const complaints: string[] = [];
  async function open(options: NonNullable<Parameters<Browser["newPage"]>[0]>): Promise<Page> {
    const page = await browser.newPage(options);
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`${apps.urls.tourUrl}/gallery`);
    await page.waitForSelector("h1");
    return page;
  }

  it.each(SCREENS)("is fit for everybody: $viewport.width px, $colorScheme, $locale", async (options) => {
    const page = await open(options);
    expect(await axeFaults(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("fits on 320 px, and in forced colours with reduced motion", async () => {
    const page = await open({ viewport: NARROW, forcedColors: "active", reducedMotion: "reduce", locale: "de" });
    expect(await scrollsSideways(page)).toBe(false);
    expect(await axeFaults(page)).toEqual([]);
    const moving = await page.evaluate(() => document.getAnimations().filter((a) => a.playState === "running").length);
    expect(moving).toBe(0);
    await page.close();
  });

  it("has targets of 24 px and words for each", async () => {
    const page = await open({ viewport: PHONE, locale: "en" });
    const small = await page.evaluate((least) => {
      const targets = [...document.querySelectorAll<HTMLElement>("button, a, input, select, textarea, summary")];
      return targets
        .map((element) => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width < least || box.height < least)
        .map(({ element }) => element.outerHTML.slice(0, 100));
    }, SMALLEST_TARGET);
    expect(small).toEqual([]);
    await page.close();
  });

  it("works with the keyboard alone, and shows where the focus is", async () => {
    const page = await open({ viewport: DESK, locale: "en" });
    const seen = new Set<string>();
    for (let n = 0; n < 40; n++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        return { tag: element.tagName, outline: getComputedStyle(element).outlineStyle };
      });
      if (at.tag === "BODY") break;
      seen.add(at.tag);
      expect(at.outline, at.tag).toBe("solid");
    }
    expect([...seen].sort()).toEqual(["A", "BUTTON", "INPUT", "SELECT", "SUMMARY", "TEXTAREA"]);
    await page.close();
  });
});
