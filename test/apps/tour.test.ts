// A newcomer plays the tour to its end and presses nothing but Next. Every step is real, and every screen is fit for everybody.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STEPS } from "../../apps/tour/scene.ts";
import { CATALOGUE } from "../../apps/tour/words.ts";
import { axeFaults, DESK, hasChromium, openStage, type Person, PHONE, type Stage, scrollsSideways } from "./stage.ts";

const MOST_MS = 60_000;
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

  const press = (person: Person, name: string): Promise<void> =>
    person.page.locator(`button:not([aria-disabled]):text-is("${name}")`).click({ timeout: MOST_MS });
  const shows = (person: Person, title: string): Promise<unknown> =>
    person.page.locator(`h1:text-is("${title}")`).waitFor({ timeout: MOST_MS });

  it.each(KINDS)("is played to its end with Next alone: %s", { timeout: 240_000 }, async (_, options) => {
    const person = await stage.person(options);
    const words = CATALOGUE[options.language];
    await person.page.goto(stage.urls.tourUrl);
    for (const [i, step] of STEPS.entries()) {
      if (i > 0) await press(person, words.next);
      await shows(person, words.steps[step].title);
      if (i > 0) await person.page.locator("details > summary").click();
      expect(await axeFaults(person.page), step).toEqual([]);
      expect(await scrollsSideways(person.page), step).toBe(false);
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
