// The wallet's care for the person: who looked, messages under a visit, clinics that may know one again, requests to a clinic, help.
// One patient, two clinics, an emergency doctor and the officers, from the first screen to the notice.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clinic, type ClinicSession, writeInvitation } from "../../client/index.ts";
import { samplePatients } from "../../local/patients.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { axeFaults, DESK, hasChromium, openStage, type Person, PHONE, type Stage, scrollsSideways } from "./stage.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe.skipIf(!hasChromium)("care in the wallet", () => {
  let stage: Stage;
  let person: Person;
  let page: Page;
  let harbour: Clinic;
  let hill: Clinic;
  let visits: ClinicSession[];

  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
  const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name });
  /** Goes to a screen as a link of the app does: the wallet stays open. */
  const goTo = (to: string) =>
    page.evaluate((href) => {
      const link = document.createElement("a");
      link.href = href;
      document.body.append(link);
      link.click();
      link.remove();
    }, to);
  const idle = () => page.waitForFunction(() => document.querySelector("progress") === null);
  async function expectSound(what: string): Promise<void> {
    await idle();
    expect(await axeFaults(page), what).toEqual([]);
    expect(await scrollsSideways(page), what).toBe(false);
    await page.screenshot({ path: `/tmp/K/shots/${what.replaceAll(" ", "-")}.png`, fullPage: true });
  }

  async function visit(clinic: Clinic): Promise<ClinicSession> {
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
    const { challenge } = await clinic.invitation();
    await goTo("/");
    await page.getByRole("textbox").fill(writeInvitation({ challenge }));
    await page.locator("form button[type=submit]").click();
    await button("Check in").click();
    await page.waitForURL(/\/visit/);
    const known = new Set(visits.map(({ tagHash }) => tagHash));
    const session = (await clinic.sessions()).find(({ tagHash }) => !known.has(tagHash))!;
    visits.push(session);
    return session;
  }

  beforeAll(async () => {
    visits = [];
    stage = await openStage();
    const { practice, urls } = stage;
    [harbour, hill] = [await practice.openClinic("Harbour Clinic"), await practice.openClinic("Hill Practice")];
    const [file] = samplePatients();
    const { account, enrolmentCode } = await practice.operator.registerPerson(file!.bundle.patient, "CARE-1", {
      coverage: "standard",
      age: "adult",
    });
    person = await stage.person();
    page = person.page;
    await page.goto(`${urls.walletUrl}/#e=${account}.${enrolmentCode}`);
    await button("With the phone's own lock").click();
    await button("Yes, this is me").click();
    await heading("Check in").waitFor();
  }, 120_000);
  afterAll(() => stage?.close());

  it("says before the first visit that there is nothing", { timeout: 60_000 }, async () => {
    await goTo("/care");
    await heading("Who looked").waitFor();
    await page
      .getByText("This phone has not read the public list yet.")
      .or(page.getByText("Nobody has opened"))
      .waitFor();
    await expectSound("care before");
    await goTo("/messages");
    await page.getByText("No visits yet").waitFor();
    await expectSound("messages before");
    await goTo("/clinics");
    await page.getByText("No clinics yet").waitFor();
    await expectSound("clinics before");
  });
});
