// A screen in several sizes and schemes: axe finds nothing, and nothing scrolls sideways.

import type { Page } from "playwright-core";
import { expect } from "vitest";
import { axeFaults, DESK, PHONE, scrollsSideways } from "./stage.ts";

type Screen = readonly [size: { width: number; height: number }, scheme: "light" | "dark"];
export const DESK_THEN_PHONE: readonly Screen[] = [
  [DESK, "dark"],
  [PHONE, "light"],
];
export const PHONE_THEN_DESK: readonly Screen[] = [
  [PHONE, "light"],
  [DESK, "dark"],
];

/** The page keeps the last size and scheme. @param where stands in the message of a failure */
export async function expectSound(page: Page, where: string, screens: readonly Screen[]): Promise<void> {
  for (const [size, colorScheme] of screens) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    expect(await axeFaults(page), `${where}, ${colorScheme}`).toEqual([]);
    expect(await scrollsSideways(page), `${where}, ${size.width} px`).toBe(false);
  }
}
