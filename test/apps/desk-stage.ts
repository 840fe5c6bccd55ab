// What the tests of the desk share: a desk that is open, and a patient with the SDK's wallet in Node.

import type { Page } from "playwright-core";
import { expect } from "vitest";
import {
  type Clinic,
  type FhirEntry,
  MemoryDeviceMark,
  MemoryStore,
  type Officer,
  Wallet,
} from "../../client/index.ts";
import { enrolWith } from "../../local/enrol.ts";
import { expectSound, PHONE_THEN_DESK } from "./looks.ts";
import { DESK, type Person, preferenceFaults, type Stage, scrollsSideways } from "./stage.ts";

export const PHRASE = "four good words here";
const PATIENT: FhirEntry = {
  fullUrl: "urn:uuid:5cbc121b-cd71-4428-b8b7-31e53eba8184",
  resource: { resourceType: "Patient", name: [{ family: "Lind", given: ["Ada"] }], birthDate: "1980-02-03" },
};
let people = 0;

/** A wallet that is enrolled, on the machine's clock. */
export async function newPatient({ practice }: Stage): Promise<Wallet> {
  practice.clock.now = Math.floor(Date.now() / 1000);
  const account = await practice.operator.registerPerson(PATIENT, `DESK-${Date.now()}-${++people}`, {
    coverage: "standard",
    age: "adult",
  });
  const { transport, deployment } = practice;
  const wallet = await Wallet.create({
    transport,
    deployment,
    store: new MemoryStore(),
    deviceMark: new MemoryDeviceMark(),
  });
  await enrolWith(wallet, account);
  return wallet;
}

/** The invitation that a link of the desk holds. */
export const invitationOf = (link: string): string => link.slice(link.indexOf("#v=") + 3);

export async function clipboard(page: Page, button: string): Promise<string> {
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await page.getByRole("button", { name: button, exact: true }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).not.toBe("");
  return page.evaluate(() => navigator.clipboard.readText());
}

/** A desk with the keys of a registered clinic, locked by a passphrase, at the reception. */
export async function openDesk(stage: Stage, person: Person, name = "Harbour Clinic"): Promise<Clinic> {
  stage.practice.clock.now = Math.floor(Date.now() / 1000);
  const clinic = await stage.practice.openClinic(name);
  await importKeys(stage, person, JSON.stringify(clinic.keys));
  return clinic;
}

export async function importKeys(stage: Stage, { page, context }: Person, keys: string): Promise<void> {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(stage.urls.deskUrl);
  await page.getByText("This clinic has a desk already").click();
  await page.getByLabel("Or paste the text of the file").fill(keys);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("This file is not locked").waitFor();
  await page.getByLabel("Passphrase", { exact: true }).fill(PHRASE);
  await page.getByLabel("The passphrase once more").fill(PHRASE);
  await page.keyboard.press("Enter");
  await page.getByText("Patients can check in here").waitFor({ timeout: 30_000 });
  await page.getByRole("link", { name: "Go to the reception" }).click();
  await page.locator(".line.on").waitFor({ timeout: 30_000 });
}

/** The desk makes keys for who asks, and the operator certifies them. */
export async function certifyWhoAsks({ practice }: Stage, page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Ask", exact: true }).click();
  await page.getByLabel("Name of the person or office that asks").fill(name);
  await page.getByRole("button", { name: "Make keys" }).click();
  await page.getByText("Have it certified").waitFor();
  const request = JSON.parse(await clipboard(page, "Copy the request as text"));
  practice.clock.now = Math.floor(Date.now() / 1000);
  const certificate = await practice.operator.certifyRequester({
    ...request,
    sealKey: Uint8Array.from(Buffer.from(request.sealKey, "base64url")),
  });
  await page.getByLabel("Or paste the certificate").fill(Buffer.from(certificate).toString("base64url"));
  await page.getByRole("button", { name: "Use this certificate" }).click();
  await page.getByText("You ask as").waitFor();
}

/** An officer's decision about a case. */
export async function decide(
  officer: Officer,
  caseId: string,
  decision: "approve" | "refuse",
  reason = "",
): Promise<void> {
  const waiting = (await officer.inbox()).find((one) => one.caseId === caseId);
  await officer[decision](await officer.review(waiting!), reason);
}

export async function checkIn(page: Page, wallet: Wallet): Promise<{ tagHash: string; tid: string }> {
  await page.locator(".qr").waitFor();
  const link = await clipboard(page, "Copy the code as text");
  return wallet.checkIn(await wallet.readInvitation(invitationOf(link)));
}

/** axe and sideways scrolling, on a desk and a phone, light and dark, and once in Arabic. The language is English afterwards. */
export async function looksRight(page: Page, where: string): Promise<void> {
  await expectSound(page, where, PHONE_THEN_DESK);
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await scrollsSideways(page), `${where} 320`).toBe(false);
  expect(await preferenceFaults(page), where).toEqual([]);
  await page.setViewportSize(DESK);
  await page.emulateMedia({ colorScheme: "light" });
}

/** A whole deployment's roles are the only addresses that a desk asks. */
export function expectOwnOrigins(stage: Stage, { origins }: Person): void {
  const { deployment } = stage.practice;
  const own = [
    stage.urls.deskUrl,
    ...Object.entries(deployment).flatMap(([name, url]) => (/Urls?$/.test(name) ? [url].flat() : [])),
  ];
  const allowed = new Set(own.map((url) => new URL(String(url)).origin));
  expect([...origins].filter((origin) => !allowed.has(origin))).toEqual([]);
}
