// Measures a check-in between two apps in Chromium: from the patient's tap in the wallet until the wallet is green, and until the
// desk shows the arrival. The wallet has just been opened each time, as on a phone that comes out of a pocket.
//
//   as it is      the machine's own speed, no delay on the network
//   slow phone    the wallet's processes run for a sixth of the time (slow-thread.ts), and its requests have the DevTools preset
//                 "Slow 4G", from the moment the wallet asks whether to check in. The desk stays as it is
//
// The person reads for two seconds what the clinic would see. Meanwhile the wallet makes the check-in.
// A time ends two frames after the screen has changed, so it is painted. Each row's note has what the slowdown really came to,
// measured in the wallet's worker.

import { Worker } from "node:worker_threads";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import type { Clinic } from "../client/index.ts";
import { type RunningApps, startApps } from "../local/apps.ts";
import { CHROMIUM, hasChromium, NO_CHROMIUM } from "../local/chromium.ts";
import { samplePatients } from "../local/patients.ts";
import { openPractice, type Practice } from "../local/practice.ts";
import { buildApps } from "../scripts/build-apps.ts";
import { type Bench, type BenchContext, quantile, type Row, row } from "./measure.ts";

const CPU_FACTOR = 6;
/** DevTools' preset "Slow 4G": milliseconds before an answer, bytes per second */
const SLOW_4G = { offline: false, latency: 562.5, downloadThroughput: 180_000, uploadThroughput: 84_375 };
const SLOTS = 64;
const READING_MS = 2_000;
const PHRASE = "four good words here";

const GREEN = "tap to green in the wallet";
const CPU = "CPU of the wallet from the question to green";
const SHOWN = "tap to the arrival at the desk";
const SLOW = `, ${CPU_FACTOR}x CPU and slow 4G`;

const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] });

interface Scene {
  practice: Practice;
  apps: RunningApps;
  clinic: Clinic;
  phoneBrowser: Browser;
  phone: Page;
  desk: Page;
}

async function addPasskeys(page: Page): Promise<void> {
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
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const tick = ({ clock }: Practice): void => {
  clock.now = Math.floor(Date.now() / 1000);
};

/** A wallet that is enrolled. */
async function openPhone(browser: Browser, practice: Practice, walletUrl: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "en" })).newPage();
  await addPasskeys(page);
  tick(practice);
  const [file] = samplePatients();
  const entitlements = { coverage: "standard", age: "adult" };
  const code = await practice.operator.registerPerson(file!.bundle.patient, "bench-apps", entitlements);
  await page.goto(`${walletUrl}/#e=${code.account}.${code.enrolmentCode}`);
  await button(page, "With the phone's own lock").click();
  await button(page, "Yes, this is me").click();
  await page.getByRole("heading", { name: "Check in", level: 1 }).waitFor();
  return page;
}

/** A desk at the reception, with its line to the service. */
async function openDesk(browser: Browser, clinic: Clinic, deskUrl: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en" })).newPage();
  await page.goto(deskUrl);
  await page.getByText("This clinic has a desk already").click();
  await page.getByLabel("Or paste the text of the file").fill(JSON.stringify(clinic.keys));
  await button(page, "Next").click();
  await page.getByLabel("Passphrase", { exact: true }).fill(PHRASE);
  await page.getByLabel("The passphrase once more").fill(PHRASE);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Go to the reception" }).click();
  await page.locator(".line.on").waitFor();
  return page;
}

/** Resolves with the time (ms since 1970) at which the page has painted an element of this kind that was not there before. */
const painted = (page: Page, selector: string): Promise<number> =>
  page.evaluate((css) => {
    const before = new Set(document.querySelectorAll(css));
    return new Promise<number>((done) => {
      const look = (): void => {
        if (![...document.querySelectorAll(css)].some((element) => !before.has(element))) return;
        seen.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.timeOrigin + performance.now())));
      };
      const seen = new MutationObserver(look);
      seen.observe(document, { childList: true, subtree: true });
    });
  }, selector);

/** Presses the wallet's button from within the page: the time of an automation's own search for it is not the patient's. */
const tap = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const found = [...document.querySelectorAll<HTMLElement>("button.primary")].find((b) => b.innerText === "Check in");
    const at = performance.timeOrigin + performance.now();
    found!.click();
    return at;
  });

/** Opens the wallet anew with the desk's link, up to the question whether to check in. */
async function offered({ phone, practice, apps, clinic }: Scene): Promise<void> {
  tick(practice);
  const link = `${apps.urls.walletUrl}/#v=${await clinic.invitationText()}`;
  await phone.goto("about:blank");
  await phone.goto(link);
  await button(phone, "Open with the phone's lock").click();
  await button(phone, "Check in").waitFor();
}

interface Times {
  green: number;
  shown: number;
  /** of the wallet's processes until both have happened */
  cpu: number;
}
async function checkIn(scene: Scene, browser: CDPSession, slow: () => Promise<() => Promise<void>>): Promise<Times> {
  await offered(scene);
  const before = await cpuSeconds(browser);
  const green = painted(scene.phone, ".disc");
  const shown = painted(scene.desk, ".arrival");
  const quick = await slow();
  try {
    await scene.phone.waitForTimeout(READING_MS);
    const from = await tap(scene.phone);
    const [a, b] = await Promise.all([green, shown]);
    const cpu = ((await cpuSeconds(browser)) - before) * 1000;
    return { green: a - from, shown: b - from, cpu };
  } finally {
    await quick();
    await button(scene.desk, "Next patient").click();
  }
}

/** Ends the returned slowdown by calling it. */
async function slowDown(browser: CDPSession, phone: CDPSession): Promise<() => Promise<void>> {
  const pids = (await renderers(browser)).map(({ id }) => id);
  await phone.send("Network.emulateNetworkConditions", SLOW_4G);
  const thread = new Worker(new URL("./slow-thread.ts", import.meta.url), { workerData: { pids, factor: CPU_FACTOR } });
  return async () => {
    const ended = new Promise((done) => thread.once("message", done));
    thread.postMessage("enough");
    await ended;
    await thread.terminate();
    await phone.send("Network.emulateNetworkConditions", {
      ...SLOW_4G,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  };
}

const renderers = async (browser: CDPSession) =>
  (await browser.send("SystemInfo.getProcessInfo")).processInfo.filter(({ type }) => type === "renderer");
const cpuSeconds = async (browser: CDPSession): Promise<number> =>
  (await renderers(browser)).reduce((sum, { cpuTime }) => sum + cpuTime, 0);

/**
 * What the slowdown comes to in the wallet's worker: how many times its CPU time a loop takes, which other work on this machine
 * raises too, and the time of a small request.
 */
async function slowness({ phone, practice }: Scene, browser: CDPSession): Promise<string> {
  const worker = phone.workers()[0]!;
  const before = await cpuSeconds(browser);
  const loopMs = await worker.evaluate(() => {
    const from = performance.now();
    let sum = 0;
    for (let i = 0; i < 60_000_000; i++) sum = (sum + i * i) % 1_000_003;
    return sum < 0 ? 0 : performance.now() - from;
  });
  const cpu = (await cpuSeconds(browser)) - before;
  const requestMs = await worker.evaluate(async (url) => {
    const from = performance.now();
    await fetch(url).catch(() => undefined);
    return performance.now() - from;
  }, `${practice.deployment.serviceUrl}/v1/health`);
  const factor = (loopMs / (cpu * 1000)).toFixed(1);
  return `in its worker a loop takes ${factor} times its CPU time, a small request ${Math.round(requestMs)} ms`;
}

async function openScene({ progress }: BenchContext): Promise<Scene & { stop(): Promise<void> }> {
  progress("the web apps");
  await buildApps();
  const practice = await openPractice({ slots: SLOTS });
  const apps = await startApps(practice.deployment);
  const [phoneBrowser, deskBrowser] = await Promise.all([launch(), launch()]);
  const stop = async (): Promise<void> => {
    await Promise.all([phoneBrowser.close(), deskBrowser.close()]);
    await apps.stop();
    await practice.stop();
  };
  try {
    tick(practice);
    const clinic = await practice.openClinic("Harbour Clinic");
    const phone = await openPhone(phoneBrowser, practice, apps.urls.walletUrl);
    const desk = await openDesk(deskBrowser, clinic, apps.urls.deskUrl);
    return { practice, apps, clinic, phoneBrowser, phone, desk, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function run(context: BenchContext): Promise<Row[]> {
  if (!hasChromium) {
    return [GREEN, CPU, SHOWN, GREEN + SLOW, SHOWN + SLOW].map((operation) => ({
      operation,
      unit: "ms",
      n: 0,
      note: NO_CHROMIUM,
    }));
  }
  const scene = await openScene(context);
  try {
    const phone = await scene.phone.context().newCDPSession(scene.phone);
    await phone.send("Network.enable");
    const browser = await scene.phoneBrowser.newBrowserCDPSession();
    const asItIs = async () => async () => {};
    const slow = () => slowDown(browser, phone);

    await offered(scene);
    const quick = await slow();
    const note = await slowness(scene, browser);
    await quick();

    const taken: { plain: Times[]; slow: Times[] } = { plain: [], slow: [] };
    const turns = context.times(3, 12);
    for (let turn = 0; turn <= turns; turn++) {
      context.progress(`check-in ${turn} of ${turns} between wallet and desk`);
      const times = { plain: await checkIn(scene, browser, asItIs), slow: await checkIn(scene, browser, slow) };
      if (turn === 0) continue; // warms the service up
      taken.plain.push(times.plain);
      taken.slow.push(times.slow);
    }
    const of = (times: Times[], what: keyof Times): number[] => times.map((t) => t[what]);
    const slowest = Math.round(quantile(of(taken.slow, "green"), 1));
    return [
      row(GREEN, of(taken.plain, "green"), `wallet just opened; Chromium ${scene.phoneBrowser.version()}`),
      row(CPU, of(taken.plain, "cpu"), "does not depend on the other work of this machine", "ms CPU"),
      row(SHOWN, of(taken.plain, "shown"), "by the socket of the clinic's events, session fetched and verified"),
      row(GREEN + SLOW, of(taken.slow, "green"), `${note}; the slowest ${slowest} ms`),
      row(SHOWN + SLOW, of(taken.slow, "shown"), "the phone alone is slow"),
    ];
  } finally {
    await scene.stop();
  }
}

export const appsBench: Bench = { name: "apps", about: "a check-in between the wallet and the desk in Chromium", run };
