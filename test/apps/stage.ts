// The stage for tests of the apps: the whole system, every app, and Chromium. Each person has a browser context of their own, with a
// passkey authenticator and a size of screen.

import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";
import { type AppUrls, type RunningApps, startApps } from "../../local/apps.ts";
import { CHROMIUM, hasChromium, NO_CHROMIUM } from "../../local/chromium.ts";
import { type Host, type HostOptions, startHost } from "../../local/host.ts";
import { deploymentOf, openPractice, type Practice, type PracticeOptions } from "../../local/practice.ts";
import { tourStage } from "../../local/tour.ts";
import { nobodysDeployment } from "./nobody.ts";

export { hasChromium };

if (!hasChromium) console.warn(NO_CHROMIUM);

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export interface PersonOptions {
  viewport?: { width: number; height: number };
  scheme?: "light" | "dark";
  language?: "en" | "de" | "ar";
  /** false: this device has no passkeys; the apps then ask for a passphrase */
  passkeys?: boolean;
  /** a .y4m or .mjpeg file that the camera shows; such a person has a browser of their own. Otherwise it shows a test picture */
  camera?: string;
}

/** One person at one device. */
export interface Person {
  context: BrowserContext;
  page: Page;
  /** what the page complained about: errors, and violations of the Content-Security-Policy. A test expects none */
  complaints: string[];
  /** every origin that the page asked */
  origins: Set<string>;
  close(): Promise<void>;
}

export interface Stage {
  practice: Practice;
  urls: AppUrls;
  browser: Browser;
  person(options?: PersonOptions): Promise<Person>;
  close(): Promise<void>;
}

const launch = (camera?: string): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      ...(camera === undefined ? [] : [`--use-file-for-fake-video-capture=${camera}`]),
    ],
  });

async function addPasskeys(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      hasPrf: true,
      automaticPresenceSimulation: true,
    },
  });
  return session;
}

async function newPerson(
  shared: Browser,
  { viewport = PHONE, scheme = "light", language = "en", passkeys = true, camera }: PersonOptions = {},
): Promise<Person> {
  const browser = camera === undefined ? shared : await launch(camera);
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale: language });
  const page = await context.newPage();
  const complaints: string[] = [];
  const origins = new Set<string>();
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (/^http/.test(request.url())) origins.add(new URL(request.url()).origin);
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`violation: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  if (passkeys) await addPasskeys(page);
  return { context, page, complaints, origins, close: () => (browser === shared ? context : browser).close() };
}

/** The apps and the browser around a system that starts meanwhile. */
async function openAround<System extends { stop(): Promise<void> }>(
  starting: Promise<System>,
  appsOf: (system: System) => Promise<RunningApps>,
): Promise<Omit<Stage, "practice"> & { system: System }> {
  const [system, browser] = await Promise.all([starting, launch()]);
  let apps: RunningApps;
  try {
    apps = await appsOf(system);
  } catch (error) {
    await Promise.all([system.stop(), browser.close()]);
    throw error;
  }
  return {
    system,
    urls: apps.urls,
    browser,
    person: (person) => newPerson(browser, person),
    async close() {
      await browser.close();
      await apps.stop();
      await system.stop();
    },
  };
}

/** Starts the system, the apps and the browser. The clock is the machine's, because browsers have no other. */
export async function openStage(options: PracticeOptions = {}): Promise<Stage> {
  const { system: practice, ...stage } = await openAround(openPractice(options), ({ deployment, host }) =>
    startApps(deployment, undefined, tourStage(deployment, host)),
  );
  return { practice, ...stage };
}

/** The roles, the apps and the browser on the first day: no keys, no officers, no parameters. */
export async function openFirstDay(options: HostOptions = {}): Promise<Omit<Stage, "practice"> & { host: Host }> {
  const { system: host, ...stage } = await openAround(startHost(options), (started) =>
    startApps(deploymentOf(started)),
  );
  return { host, ...stage };
}

let shared: Promise<Stage> | undefined;

/**
 * The stage that the files of one test process share, so that the system starts once; it ends with the process. `close` ends
 * what this file's people do. A file that changes what others see (builds in the log, committees, officers' passkeys) opens
 * a stage of its own.
 */
export async function sharedStage(): Promise<Stage> {
  shared ??= openStage().then((stage) => {
    process.once("exit", () => rmSync(stage.practice.host.persist, { recursive: true, force: true }));
    return stage;
  });
  const stage = await shared;
  stage.practice.clock.now = Math.floor(Date.now() / 1000);
  const people: Person[] = [];
  return {
    ...stage,
    async person(options) {
      const person = await stage.person(options);
      people.push(person);
      return person;
    },
    close: async () => void (await Promise.all(people.map((person) => person.close()))),
  };
}

/** The apps and the browser without the system: for what a page is before it asks any role. */
export async function openApps(): Promise<Omit<Stage, "practice">> {
  const [apps, browser] = await Promise.all([startApps(nobodysDeployment()), launch()]);
  return {
    urls: apps.urls,
    browser,
    person: (person) => newPerson(browser, person),
    async close() {
      await browser.close();
      await apps.stop();
    },
  };
}

/**
 * What axe finds on the page: one line per fault. A test expects none. A bar that sticks to an edge stands in the flow
 * meanwhile: the text scrolls beneath it, and a link of which it covers a part for now is not a small target.
 */
export async function axeFaults(page: Page): Promise<string[]> {
  // Playwright's evaluate passes the page's Content-Security-Policy, which an added script would not.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const { axe } = globalThis as unknown as {
      axe: { run(o: unknown): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const bars = [...document.querySelectorAll<HTMLElement>("body *")].filter((element) =>
      /sticky|fixed/.test(getComputedStyle(element).position),
    );
    for (const bar of bars) bar.style.position = "static";
    const { violations } = await axe.run({
      runOnly: { type: "tag", values: tags },
      resultTypes: ["violations"],
      selectors: false,
    });
    for (const bar of bars) bar.style.position = "";
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  }, WCAG);
}

/** Whether the page scrolls sideways. */
export const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);

/** What moves or scrolls sideways for somebody who wants forced colours and less motion. A test expects nothing. */
export async function preferenceFaults(page: Page): Promise<string[]> {
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  const moving = await page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState }) => playState === "running")
      .map((animation) => `moves: ${(animation as CSSAnimation).animationName}`),
  );
  // Forced colours take backgrounds away, so only a border shows that this is a button.
  const bare = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".button")]
      .filter((button) => getComputedStyle(button).borderStyle === "none" && !/link/.test(button.className))
      .map((button) => `no border: ${button.outerHTML.slice(0, 80)}`),
  );
  const sideways = (await scrollsSideways(page)) ? ["scrolls sideways"] : [];
  await page.emulateMedia({ forcedColors: null, reducedMotion: null });
  return [...moving, ...bare, ...sideways];
}
