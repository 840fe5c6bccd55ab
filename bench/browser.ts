// Measures the wallet's proof in Chromium, where a patient makes it: `present` and the encoding of its result. The page loads
// the protocol bundled as an application would. In a page that has just been opened, little code is compiled. So the first
// proof of a page has its own row.

import { type Browser, chromium } from "playwright-core";
import { bundleForBrowsers } from "../local/bundles.ts";
import { CHROMIUM, hasChromium, NO_CHROMIUM } from "../local/chromium.ts";
import type * as Page from "./browser-page.ts";
import { type Bench, type BenchContext, type Row, row } from "./measure.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const FIRST = "wallet presents in Chromium, first";
const LATER = "wallet presents in Chromium";
/** proofs until V8 has compiled and optimised the code */
const WARM_UP = 8;

/** The bundle, as a global of the page. */
declare const sdk: typeof Page;

/** Milliseconds of the proofs that one fresh page makes, in order. */
async function inPage(browser: Browser, script: string, proofs: number): Promise<number[]> {
  const page = await browser.newPage();
  try {
    await page.setContent("<!doctype html>");
    await page.addScriptTag({ content: script });
    return await page.evaluate((count) => sdk.prove(sdk.newHolder(), count), proofs);
  } finally {
    await page.close();
  }
}

async function run(context: BenchContext): Promise<Row[]> {
  if (!hasChromium) {
    return [FIRST, LATER].map((operation) => ({ operation, unit: "ms", n: 0, note: NO_CHROMIUM }));
  }
  const script = await bundleForBrowsers("bench/browser-page.ts");
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    const first: number[] = [];
    const later: number[] = [];
    for (let i = 0; i < context.times(3, 10); i++) {
      context.progress(`proofs in Chromium, page ${i + 1}`);
      const taken = await inPage(browser, script, WARM_UP + context.times(12, 40));
      first.push(taken[0]!);
      later.push(...taken.slice(WARM_UP));
    }
    return [
      row(LATER, later, `2 attributes, 1 shown; Chromium ${browser.version()}`),
      row(FIRST, first, "the first proof of a page that has only enrolled"),
    ];
  } finally {
    await browser.close();
  }
}

export const browserBench: Bench = { name: "browser", about: "the wallet proves in Chromium", run };
