// A newcomer plays the tour to its end and presses nothing but Next, by keyboard. Every step is real, and every screen is fit for everybody.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STEPS } from "../../apps/tour/scene.ts";
import { CATALOGUE } from "../../apps/tour/words.ts";
import {
  axeFaults,
  DESK,
  hasChromium,
  openStage,
  type Person,
  PHONE,
  preferenceFaults,
  type Stage,
  scrollsSideways,
} from "./stage.ts";

const MOST_MS = 60_000;
/** to Next, over every table of the inspector */
const MOST_TABS = 40;
/** the kind of screen per play: [name, options] */
const KINDS = [
  ["desk, light, English", { viewport: DESK, scheme: "light", language: "en" }],
  ["phone, dark, Arabic", { viewport: PHONE, scheme: "dark", language: "ar" }],
] as const;

describe.skipIf(!hasChromium)("the tour", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage?.close());

  /** Goes on with Tab until the focus is on what has this text, and presses Enter. No mouse is used in the tour. */
  async function press({ page }: Person, name: string): Promise<void> {
    await page.locator(`:is(button:not([aria-disabled]), summary):text-is("${name}")`).waitFor({ timeout: MOST_MS });
    for (let tabs = 0; tabs < MOST_TABS; tabs++) {
      if (await page.evaluate((text) => document.activeElement?.textContent === text, name))
        return page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
    }
    throw new Error(`the keyboard does not reach ${name}`);
  }
  const shows = (person: Person, title: string): Promise<unknown> =>
    person.page.locator(`h1:text-is("${title}")`).waitFor({ timeout: MOST_MS });

  it.each(KINDS)("is played to its end by keyboard alone: %s", { timeout: 240_000 }, async (_, options) => {
    const person = await stage.person(options);
    const words = CATALOGUE[options.language];
    await person.page.goto(stage.urls.tourUrl);
    for (const [i, step] of STEPS.entries()) {
      if (i > 0) await press(person, words.next);
      await shows(person, words.steps[step].title);
      if (i > 0) await press(person, words.inspect);
      expect(await axeFaults(person.page), step).toEqual([]);
      expect(await scrollsSideways(person.page), step).toBe(false);
      expect(await preferenceFaults(person.page), step).toEqual([]);
      expect(await person.page.locator(".knowing h2").count(), "clinic, registrar, officer and operator").toBe(4);
      // The heading has the focus, so a screen reader says where one is.
      expect(await person.page.evaluate(() => document.activeElement?.tagName), step).toMatch(/H1|SUMMARY/);
    }
    // Two visits, two names for the day; the order opened both, and the notice came.
    const text = await person.page.locator("main").innerText();
    expect(text).toContain(words.patient.noticeTitle);
    expect(person.complaints).toEqual([]);
    await press(person, words.again);
    await shows(person, words.steps.begin.title);
    expect(person.complaints).toEqual([]);
    await person.close();
  });
});
