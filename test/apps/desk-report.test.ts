// A report over several months at the desk. The newest records can be read while the answers for older months are held back, and the
// screen says which months are missing. Everything is there once the answers come.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, Wallet } from "../../client/index.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { certifyWhoAsks, checkIn, decide, looksRight, openDesk } from "./desk-stage.ts";
import { DESK, hasChromium, openStage, type Stage } from "./stage.ts";

const DAY = 86_400;
/** the escrow's answers with the sessions of every chunk but the newest */
const OLDER_MONTHS = /\/v1\/cases\/[0-9a-f]{64}\/result\?chunk=[1-9]/;
const now = (): number => Math.floor(Date.now() / 1000);
const month0 = epochOf(now()) - 2;
const monthText = (epoch: number): string =>
  new Intl.DateTimeFormat("en", { year: "numeric", month: "long", timeZone: "UTC" }).format(Date.UTC(1970, epoch));

describe.skipIf(!hasChromium)("a report over several months", () => {
  let stage: Stage;
  let wallet: Wallet;

  const visitWith = async (clinic: Clinic, allergy: string, tagHash: string): Promise<void> => {
    await clinic.fileVisit(await clinic.session(tagHash), [
      {
        fullUrl: `urn:uuid:${crypto.randomUUID()}`,
        resource: { resourceType: "AllergyIntolerance", code: { text: allergy } },
      },
    ]);
  };

  // A visit in each of the two months before this one. The clocks of all roles follow the clock of the practice.
  beforeAll(async () => {
    stage = await openStage({ start: epochStart(month0) + 10 * DAY });
    const { practice } = stage;
    const hill = await practice.openClinic("Hill Practice");
    const patient = {
      fullUrl: "urn:uuid:5cbc121b-cd71-4428-b8b7-31e53eba8184",
      resource: { resourceType: "Patient", name: [{ family: "Lind", given: ["Ada"] }], birthDate: "1980-02-03" },
    };
    ({ wallet } = await practice.enrolPatient(patient, "REPORT-1", { coverage: "standard", age: "adult" }));
    for (const [i, allergy] of ["Peanut", "Latex"].entries()) {
      practice.clock.now = epochStart(month0 + i) + 11 * DAY;
      await wallet.refresh();
      const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await hill.invitation()));
      await visitWith(hill, allergy, tagHash);
    }
    practice.clock.now = now();
    await wallet.refresh();
    await practice.closeMonths();
  }, 300_000);
  afterAll(() => stage?.close());

  it("is readable while older months still come, and says which are missing", { timeout: 240_000 }, async () => {
    const { practice } = stage;
    const person = await stage.person({ viewport: DESK, passkeys: false });
    const { page } = person;
    const clinic = await openDesk(stage, person);
    const { tagHash } = await checkIn(page, wallet);
    await page.locator(".arrival").waitFor();
    await visitWith(clinic, "Penicillin", tagHash);
    await certifyWhoAsks(stage, page, "Dr Grace Moss");

    const held: (() => void)[] = [];
    let isHeld = true;
    await page.route(OLDER_MONTHS, async (route) => {
      if (isHeld) await new Promise<void>((release) => held.push(release));
      await route.continue();
    });
    await page.getByRole("link", { name: "Reception" }).click();
    await page.getByRole("link", { name: "Emergency" }).click();
    await page.getByText("Unconscious").click();
    await page.getByRole("button", { name: "Ask now" }).click();
    await page.locator(".officers").waitFor({ timeout: 30_000 });
    const caseId = page.url().split("/").at(-1)!;
    practice.clock.now = now();
    for (const officer of practice.officers.slice(0, 2)) await decide(officer, caseId, "approve");

    const record = (text: string) => page.locator("details.record", { hasText: text });
    await record("Penicillin").waitFor({ timeout: 60_000 });
    const missing = `Read so far: back to ${monthText(month0 + 2)}. Still missing: ${monthText(month0)} – ${monthText(month0 + 1)}.`;
    await page.getByText(missing).waitFor({ timeout: 30_000 });
    await expect.poll(() => held.length, { timeout: 30_000 }).toBeGreaterThan(0);
    // It can be read: the record is open, and nothing lies over it.
    expect(await record("Penicillin").getAttribute("open")).not.toBeNull();
    await record("Penicillin").locator("> summary").click();
    await record("Penicillin").locator("> summary").click();
    for (const older of ["Latex", "Peanut"]) expect(await record(older).count()).toBe(0);
    expect(await page.getByText("These are all records that can be found").count()).toBe(0);
    await looksRight(page, "a report whose older months are missing");

    isHeld = false;
    for (const release of held) release();
    for (const older of ["Latex", "Peanut"]) await record(older).waitFor({ timeout: 60_000 });
    await page.getByText("These are all records that can be found").waitFor({ timeout: 60_000 });
    expect(await page.getByText("Still missing").count()).toBe(0);
    expect(await page.locator("details.record").count()).toBe(3);
    expect(person.complaints).toEqual([]);
    await person.close();
  });
});
