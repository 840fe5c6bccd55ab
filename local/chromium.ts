// The browser of the tests and of the bench.

import { existsSync } from "node:fs";

/**
 * Path of the browser: CHROMIUM of the environment, else Debian's. The headless shell comes first. It is the same Chromium
 * without the windows of a desktop, which take a quarter of the tests' time.
 */
export const CHROMIUM: string =
  process.env.CHROMIUM ??
  ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((path) => existsSync(path)) ??
  "/usr/bin/chromium";

export const hasChromium: boolean = existsSync(CHROMIUM);

/** What to say where a test or a bench is left out for want of a browser. */
export const NO_CHROMIUM = `left out: there is no browser at ${CHROMIUM} (apt-get install chromium, or set CHROMIUM)`;
