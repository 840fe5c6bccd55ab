// Asking from the desk: who asks is certified, an emergency takes three taps, officers decide, and the records can be read.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkIn, clipboard, decide, expectOwnOrigins, looksRight, newPatient, openDesk } from "./desk-stage.ts";
import { DESK, hasChromium, type Stage, sharedStage } from "./stage.ts";

const STORY = { timeout: 240_000 };

describe.skipIf(!hasChromium)("asking at the desk", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await sharedStage();
  }, 300_000);
  afterAll(() => stage?.close());

  it("opens an emergency in three taps, once the officers have approved", STORY, async () => {
    const { practice } = stage;
    const person = await stage.person({ viewport: DESK, passkeys: false });
    const { page } = person;
    const clinic = await openDesk(stage, person);
    const wallet = await newPatient(stage);
    const { tagHash } = await checkIn(page, wallet);
    await page.locator(".arrival").waitFor({ timeout: 10_000 });
    const session = await clinic.session(tagHash);
    await clinic.fileVisit(session, [
      {
        fullUrl: "urn:uuid:0b1c0f6e-5bd5-4a2c-8f8e-3a1f8c1e7d10",
        resource: { resourceType: "AllergyIntolerance", code: { text: "Penicillin" } },
      },
    ]);

    // Without a certificate, the emergency says what to do.
    await page.getByRole("link", { name: "Emergency" }).click();
    await page.getByRole("link", { name: "Set up who asks" }).click();
    await page.getByLabel("Name of the person or office that asks").fill("Dr Grace Moss");
    await page.getByRole("button", { name: "Make keys" }).click();
    await page.getByText("Have it certified").waitFor();
    await looksRight(page, "certify");
    const request = JSON.parse(await clipboard(page, "Copy the request as text"));
    await page.getByLabel("Or paste the certificate").fill("bm90IGEgY2VydGlmaWNhdGU");
    await page.getByRole("button", { name: "Use this certificate" }).click();
    await page.getByText("This certificate does not fit").waitFor();
    practice.clock.now = Math.floor(Date.now() / 1000);
    const certificate = await practice.operator.certifyRequester({
      ...request,
      sealKey: Uint8Array.from(Buffer.from(request.sealKey, "base64url")),
    });
    await page.getByLabel("Or paste the certificate").fill(Buffer.from(certificate).toString("base64url"));
    await page.getByRole("button", { name: "Use this certificate" }).click();
    await page.getByText("You ask as").waitFor();
    await looksRight(page, "no questions");

    await page.getByRole("link", { name: "Reception" }).click();
    await page.getByRole("link", { name: "Emergency" }).click();
    await page.getByText("Unconscious").waitFor();
    await looksRight(page, "emergency, the reason");
    await page.getByText("Unconscious").click();
    await looksRight(page, "emergency, the last tap");
    await page.getByRole("button", { name: "Ask now" }).click();
    await page.locator(".officers").waitFor({ timeout: 30_000 });
    await page.getByText("2 approvals are needed").waitFor();
    await looksRight(page, "a case that waits");

    const caseId = page.url().split("/").at(-1)!;
    practice.clock.now = Math.floor(Date.now() / 1000);
    await decide(practice.officers[0]!, caseId, "approve");
    await page.locator(".officers .approve").waitFor({ timeout: 20_000 });
    expect(await page.locator(".officers .approve").count()).toBe(1);
    await decide(practice.officers[1]!, caseId, "approve");
    await page.locator("details.record", { hasText: "Penicillin" }).waitFor({ timeout: 60_000 });
    await page.getByText("These are all records that can be found").waitFor({ timeout: 60_000 });
    await looksRight(page, "a report");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as FHIR" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("report.fhir.json");
    expect(person.complaints).toEqual([]);
    expectOwnOrigins(stage, person);

    // Another question, with a reason of its own, which the officers refuse.
    await page.getByRole("link", { name: "Today" }).click();
    await page.locator(".visits a").click();
    await page.getByRole("link", { name: "Ask about this visit" }).click();
    await page.getByText("Who this patient is").click();
    await page.getByLabel("Why do you need it?").fill("a relative asks");
    await page.getByText("This is an emergency").click();
    await looksRight(page, "question");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await page.locator(".officers").waitFor({ timeout: 30_000 });
    const refused = page.url().split("/").at(-1)!;
    practice.clock.now = Math.floor(Date.now() / 1000);
    for (const officer of practice.officers.slice(0, 2)) await decide(officer, refused, "refuse", "No law allows this");
    await page.getByText("Enough people refused").waitFor({ timeout: 20_000 });
    // The person who asked reads why, in the words that the officer signed.
    expect(await page.locator(".officers .refuse q").allInnerTexts()).toEqual([
      "No law allows this",
      "No law allows this",
    ]);
    await looksRight(page, "refused");

    // A service that puts one officer's words under another trustee is found out. The control above is the same case unchanged.
    await page.route(`**/v1/cases/${refused}`, async (route) => {
      const answer = await route.fetch();
      const status = (await answer.json()) as { decisions: { approval: string }[] };
      status.decisions[1]!.approval = status.decisions[0]!.approval;
      await route.fulfill({ response: answer, json: status });
    });
    await page.getByRole("link", { name: "Ask", exact: true }).click();
    await page.locator(`.visits a[href="/case/${refused}"]`).click();
    await page.getByText("decisions that do not verify").waitFor({ timeout: 20_000 });
    expect(await page.locator(".officers q").count()).toBe(0);
    await looksRight(page, "decisions that do not verify");

    await page.getByRole("link", { name: "Ask", exact: true }).click();
    await expect.poll(() => page.locator(".visits li").count()).toBe(2);
    await looksRight(page, "earlier questions");
    await page.getByRole("link", { name: "Ask for a person by number" }).click();
    await page.getByLabel("Number of the person at the registrar").waitFor();
    await looksRight(page, "question about a person");
    await person.close();
  });
});
