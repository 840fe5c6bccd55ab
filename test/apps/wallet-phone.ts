// A patient with a phone, for the tests of the wallet: the desk's code, an enrolled wallet, a clinic's link, and a look at a
// screen in two sizes and both schemes.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import QRCode from "qrcode";
import { expect } from "vitest";
import type { Clinic } from "../../client/index.ts";
import { samplePatients } from "../../local/patients.ts";
import {
  axeFaults,
  DESK,
  type Person,
  type PersonOptions,
  PHONE,
  preferenceFaults,
  type Stage,
  scrollsSideways,
} from "./stage.ts";

const [sample] = samplePatients();
export const NAME = "Brett Gottlieb";

const setClock = ({ practice }: Stage): void => {
  practice.clock.now = Math.floor(Date.now() / 1000);
};

/** A code of the registrar's desk. The same selector is the same person: then the code is for a further phone. */
export async function deskCode(stage: Stage, selector: string = crypto.randomUUID()): Promise<string> {
  setClock(stage);
  const { account, enrolmentCode } = await stage.practice.operator.registerPerson(sample!.bundle.patient, selector, {
    coverage: "standard",
    age: "adult",
  });
  return `${account}.${enrolmentCode}`;
}

export const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
export const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { name, level: 1 });

/** Types the desk's code on the first screen. */
export async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByText("Other ways").click();
  await page.getByLabel("Link or code from the sheet").fill(code);
  await button(page, "Use this text").click();
}

/** Opens the desk's link, locks the wallet with the phone's own lock, and confirms the record. */
export async function enrol(stage: Stage, page: Page, code: string): Promise<void> {
  await page.goto(`${stage.urls.walletUrl}/#e=${code}`);
  await button(page, "With the phone's own lock").click();
  await button(page, "Yes, this is me").click();
  await heading(page, "Check in").waitFor();
}

export async function enrolledPhone(stage: Stage, options?: PersonOptions): Promise<Person> {
  const person = await stage.person(options);
  await enrol(stage, person.page, await deskCode(stage));
  return person;
}

/** The clinic's invitation as a link that any camera app opens. */
export async function visitLink(stage: Stage, clinic: Clinic, withCard = false): Promise<string> {
  setClock(stage);
  return `${stage.urls.walletUrl}/#v=${await clinic.invitationText({ withCard })}`;
}

export async function checkInAt(stage: Stage, page: Page, clinic: Clinic): Promise<void> {
  await page.goto(await visitLink(stage, clinic));
  await button(page, "Check in").click();
  await heading(page, "You are checked in").waitFor();
}

/** A film for the camera that shows a QR code: YUV4MPEG2, black and white, at one frame per tenth of a second. @returns its path */
export function filmOf(code: string): string {
  const { size, data } = QRCode.create(code, { errorCorrectionLevel: "M" }).modules;
  const [width, height] = [640, 480];
  const scale = Math.floor(440 / size);
  const [left, top] = [width, height].map((side) => Math.floor((side - size * scale) / 2)) as [number, number];
  const luma = Buffer.alloc(width * height, 235);
  for (let y = 0; y < size * scale; y++)
    for (let x = 0; x < size * scale; x++) {
      const isDark = data[Math.floor(y / scale) * size + Math.floor(x / scale)] === 1;
      if (isDark) luma[(top + y) * width + left + x] = 16;
    }
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((width * height) / 2, 128)]);
  const file = join(mkdtempSync(join(tmpdir(), "symbolon-film-")), "code.y4m");
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(file, Buffer.concat([head, ...Array.from({ length: 5 }, () => frame)]));
  return file;
}

/** Axe finds nothing, and nothing scrolls sideways: on a phone in light, on a desk in dark, and at 320 px. */
export async function expectGoodScreen(page: Page, screen: string): Promise<void> {
  for (const [viewport, colorScheme] of [
    [DESK, "dark"],
    [{ width: 320, height: 640 }, "dark"],
    [PHONE, "light"],
  ] as const) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    if (viewport.width !== 320) expect(await axeFaults(page), `${screen}, ${colorScheme}`).toEqual([]);
    expect(await scrollsSideways(page), `${screen}, ${viewport.width} px`).toBe(false);
  }
  expect(await preferenceFaults(page), screen).toEqual([]);
}

/** The page complained about nothing, and asked the wallet's own origin and the roles alone. */
export function expectQuiet({ urls, practice }: Stage, { complaints, origins }: Person): void {
  const { registrarUrl, serviceUrl, escrowUrl, logUrl, trusteeUrls } = practice.deployment;
  const known = new Set([urls.walletUrl, registrarUrl, serviceUrl, escrowUrl, logUrl, ...trusteeUrls]);
  expect(complaints).toEqual([]);
  expect([...origins].filter((origin) => !known.has(origin))).toEqual([]);
}
