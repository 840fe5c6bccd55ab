// "My records" in the wallet: a person enrols in the page, visits two clinics, and reads, searches, prints and saves what these
// filed. Records that a clinic does not hand out are told, and the rest is there.

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FhirEntry, JsonObject } from "../../client/index.ts";
import { checkInPage, enrolInPage, fileVisits, NOTE, PDF, PNG, POTASSIUM, sofia, UNKNOWN } from "./records-care.ts";
import { axeFaults, DESK, hasChromium, type Person, PHONE, type Stage, scrollsSideways, sharedStage } from "./stage.ts";

const SHOTS = process.env.RECORDS_SHOTS;

describe.skipIf(!hasChromium)("my records", () => {
  let stage: Stage;
  let holder: Person;
  let page: Page;

  beforeAll(async () => {
    stage = await sharedStage();
    holder = await stage.person({ viewport: PHONE });
    page = holder.page;
    page.setDefaultTimeout(60_000);
    const { operator } = stage.practice;
    const person = await operator.registerPerson(sofia.patient, "RECORDS-1", { coverage: "standard", age: "adult" });
    await enrolInPage(page, stage.urls.walletUrl, `${person.account}.${person.enrolmentCode}`);
  }, 240_000);
  afterAll(() => stage?.close());

  const open = (path: string) => page.locator(`nav.tabs a[href='${path}']`).last().click();
  const search = async (text: string): Promise<void> => {
    await open("/records");
    await page.locator("input[type=search]").fill(text);
    await page.locator("section h2").filter({ hasText: text }).waitFor();
  };
  const openFound = async (text: string, title: string): Promise<void> => {
    await search(text);
    await page.locator(".fhir-line a").filter({ hasText: title }).first().click();
    await page.locator("h1").filter({ hasText: title }).waitFor();
  };
  /** The screen as it is: on a phone and a desk, light and dark, in Arabic. */
  const isWell = async (name: string): Promise<void> => {
    for (const [viewport, scheme, language] of [
      [PHONE, "light", "en"],
      [{ width: 320, height: 640 }, "dark", "ar"],
      [DESK, "dark", "de"],
    ] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: scheme });
      await page.locator("header select").selectOption(language);
      const at = `${name}, ${viewport.width}, ${scheme}, ${language}`;
      expect(await scrollsSideways(page), at).toBe(false);
      expect(await axeFaults(page), at).toEqual([]);
      if (SHOTS)
        await page.screenshot({
          path: `${SHOTS}/${name}-${viewport.width}-${language}.png`,
          fullPage: name !== "timeline",
        });
    }
    await page.setViewportSize(PHONE);
    await page.emulateMedia({ colorScheme: "light" });
    await page.locator("header select").selectOption("en");
  };

  it("says before the first visit what will be here", { timeout: 120_000 }, async () => {
    await open("/records");
    await page.getByText("No visits yet").waitFor();
    await isWell("empty");
  });

  it("shows the visits of all clinics, each with its mark, and what was filed", { timeout: 300_000 }, async () => {
    const [harbour, market] = [
      await stage.practice.openClinic("Harbour Clinic"),
      await stage.practice.openClinic("Market Clinic"),
    ];
    const first = await checkInPage(page, stage.urls.walletUrl, harbour);
    const second = await checkInPage(page, stage.urls.walletUrl, market);
    await checkInPage(page, stage.urls.walletUrl, market);
    await fileVisits(harbour, first, [0, 1], [POTASSIUM[0]!, NOTE]);
    await fileVisits(market, second, [10], [POTASSIUM[1]!, POTASSIUM[2]!, UNKNOWN]);
    await market.putRecord(second, PDF, { contentKind: "application/pdf" });
    await market.putRecord(second, PNG, { contentKind: "image/png" });
    await harbour.withdraw(first, await harbour.putRecord(first, new TextEncoder().encode('{"resourceType":"Basic"}')));
    await open("/records");
    await page.locator(".fhir-group").first().waitFor();
    const groups = await page.locator(".fhir-group").allInnerTexts();
    expect(groups).toHaveLength(3);
    expect(await page.locator(".fhir-group svg.disc").count()).toBe(3);
    expect(groups.filter((text) => text.includes("Market Clinic"))).toHaveLength(2);
    expect(groups.filter((text) => text.includes("Nothing was filed for this visit yet."))).toHaveLength(1);
    expect(groups.filter((text) => text.includes("The clinic took back 1 record"))).toHaveLength(1);
    expect(groups.join("\n")).toContain("Penicillin");
    expect(await page.locator(".notice.warn").count()).toBe(0);
    await isWell("timeline");
  });

  it("filters, and keeps the filter while one record is read", { timeout: 60_000 }, async () => {
    await page.locator("details summary").filter({ hasText: "Filter" }).click();
    await page.getByLabel("Kind").selectOption("allergy");
    expect(await page.locator(".fhir-line").count()).toBe(1);
    await page.locator(".fhir-line a").click();
    await page.locator("h1").filter({ hasText: "Penicillin" }).waitFor();
    await page.goBack();
    await page.locator(".fhir-group").waitFor();
    expect(await page.getByLabel("Kind").inputValue()).toBe("allergy");
    await page.getByLabel("Kind").selectOption("all");
  });

  it("shows a value with its digits, its range, its mark, and the chart with a table", {
    timeout: 120_000,
  }, async () => {
    await openFound("potassium", "Potassium");
    const body = await page.locator("main").innerText();
    expect(body).toContain("Normal range: 3.5 – 5.10 mmol/L");
    await page.locator(".fhir-chart summary").click();
    const rows = await page.locator(".fhir-chart tbody tr").allInnerTexts();
    expect(rows.map((row) => row.replace(/\s+/g, " "))).toEqual([
      expect.stringMatching(/3\.2 ▼ low/),
      expect.stringMatching(/5\.60 ▲ high/),
      expect.stringMatching(/4\.10 ● in the normal range/),
    ]);
    expect(await page.locator(".fhir-chart svg").getAttribute("aria-label")).toContain("3 values from Feb 3, 2024");
    await page.locator("summary").filter({ hasText: "Technical view" }).click();
    expect(await page.locator(".fhir-json").innerText()).toMatch(/"value": (?:4\.10|5\.60|3\.2),/);
    await isWell("value");
    await open("/records");
    await open("/records/values");
    await page.locator(".fhir-chart").first().waitFor();
    await isWell("values");
  });

  it("shows a kind that nobody knows as labelled text, and markup as text", { timeout: 120_000 }, async () => {
    await openFound("keep still", "Body scan plan");
    const body = await page.locator(".fhir").innerText();
    expect(body).toContain("Operator hint");
    expect(body).toContain("Keep still <b>please</b>");
    expect(body).toMatch(/Part name\s+knee\s+Left side\s+Yes/);
    await isWell("unknown");
  });

  it("shows a picture, and gives a PDF as a file", { timeout: 120_000 }, async () => {
    await openFound("image", "Picture");
    const picture = page.locator("img.fhir-picture");
    await picture.waitFor();
    await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(8);
    await openFound("PDF", "PDF document");
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("a[download]").click()]);
    expect(file.suggestedFilename()).toMatch(/\.pdf$/);
    expect(new Uint8Array(readFileSync(await file.path()))).toEqual(PDF);
  });

  it("saves everything, and a summary, as FHIR documents", { timeout: 120_000 }, async () => {
    await open("/records");
    await page.locator("input[type=search]").fill("");
    await open("/records/save");
    await isWell("save");
    const save = async (button: string): Promise<{ type: string; entry: FhirEntry[]; text: string }> => {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByText(button, { exact: true }).click(),
      ]);
      const text = readFileSync(await file.path(), "utf8");
      return { ...(JSON.parse(text) as { type: string; entry: FhirEntry[] }), text };
    };
    const typeOf = ({ entry }: { entry: FhirEntry[] }): unknown =>
      ((entry[0]!.resource.type as JsonObject).coding as JsonObject[])[0]!.code;
    const whole = await save("Save everything");
    expect([whole.type, typeOf(whole)]).toEqual(["document", "11503-0"]);
    expect(whole.text).toMatch(/"value": 4\.10,/);
    const summary = await save("Save the summary");
    expect([summary.type, typeOf(summary)]).toEqual(["document", "60591-5"]);
    expect(JSON.stringify(summary)).toContain("Penicillin");
    expect(summary.entry.some(({ resource }) => resource.resourceType === "Provenance")).toBe(false);
  });

  it("prints what is folded on the screen", { timeout: 60_000 }, async () => {
    await open("/records");
    const closed = page.locator("details.fhir-more:not([open])");
    const before = await closed.count();
    expect(before).toBeGreaterThan(0);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await closed.count()).toBe(0);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    expect(await closed.count()).toBe(before);
  });

  it("tells what a clinic does not hand out, and shows the rest; without network it says so", {
    timeout: 120_000,
  }, async () => {
    const { serviceUrl } = stage.practice.deployment;
    let spoilt = 0;
    // The downloads of records come in packs of bytes: one byte of each is changed.
    await holder.context.route(`${serviceUrl}/**`, async (route) => {
      const answer = await route.fetch();
      const body = await answer.body();
      const isBytes = (answer.headers()["content-type"] ?? "").includes("octet-stream");
      if (isBytes && body.length > 2000) {
        body[body.length - 40] = body[body.length - 40]! ^ 1;
        spoilt++;
      }
      await route.fulfill({ response: answer, body });
    });
    await page.getByText("Fetch again", { exact: true }).click();
    await page.locator(".notice.warn").waitFor();
    expect(spoilt).toBeGreaterThan(0);
    expect(await page.locator(".notice.warn .word").innerText()).toMatch(/could not be read/);
    expect(await page.locator(".notice.warn").innerText()).toContain("ask the clinic to file them again");
    expect(await page.locator(".fhir-group svg.disc").count()).toBe(3);
    expect(await page.locator(".fhir-group").count()).toBe(3); // what could not be read stands with its visit
    await isWell("faults");
    await holder.context.unroute(`${serviceUrl}/**`);
    expect(holder.complaints).toEqual([]);
    await holder.context.setOffline(true);
    await page.getByText("Fetch again", { exact: true }).click();
    await page.getByText("We could not reach the service.").waitFor();
    expect(await page.locator(".fhir-group").count()).toBeGreaterThan(0);
    await holder.context.setOffline(false);
  });

  it("asked the roles of its deployment and nobody else", () => {
    const { practice, urls } = stage;
    const known = new Set(
      [...Object.values(practice.deployment), ...Object.values(urls)].flat().flatMap((url) => {
        const text = String(url);
        return /^http/.test(text) ? [new URL(text).origin] : [];
      }),
    );
    for (const origin of holder.origins) expect(known).toContain(origin);
  });
});
