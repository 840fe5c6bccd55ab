// Sharing, from the phone to the reader's browser: a link with passcode and one without are made in the wallet, opened by our viewer
// and by the unmodified package `kill-the-clipboard`, and ended. The reader has nothing but the link.

import { SHLInvalidPasscodeError, SHLViewer } from "kill-the-clipboard";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clinic, readShareLink, systemTransport, writeShareLink } from "../../client/index.ts";
import { samplePatients } from "../../local/patients.ts";
import { hasChromium, type Person, type Stage, sharedStage } from "./stage.ts";
import { button, checkInAt, enrolledPhone, expectGoodScreen, expectQuiet, heading } from "./wallet-phone.ts";

const [sample] = samplePatients();
/** of the visit that the clinic files */
const VISIT = sample!.bundle.visits.reduce((a, b) => (a.entries.length >= b.entries.length ? a : b));

describe.skipIf(!hasChromium)("a link", () => {
  let stage: Stage;
  let clinic: Clinic;
  let phone: Person;
  let page: Page;
  /** that the phone shows */
  let text: string;
  let passcode: string;

  beforeAll(async () => {
    stage = await sharedStage();
    clinic = await stage.practice.openClinic("Practice at the Bridge");
    phone = await enrolledPhone(stage);
    page = phone.page;
    await phone.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: stage.urls.walletUrl });
    await checkInAt(stage, page, clinic);
    const [session] = await clinic.sessions();
    const { patient, references } = sample!.bundle;
    await clinic.fileVisit(session!, VISIT.entries, { patient, references, allow: () => true });
  });
  afterAll(async () => {
    await phone?.close();
    await stage?.close();
  });

  const inTab = (name: string) => page.getByRole("navigation").getByRole("link", { name });
  async function startShare(): Promise<void> {
    await inTab("Share").click();
    await heading(page, "Share").waitFor();
    await button(page, "Share records").click();
    await heading(page, "Share records").waitFor();
  }
  async function madeLink(): Promise<string> {
    await button(page, "Make the link").click();
    await button(page, "Copy the link").waitFor();
    await button(page, "Copy the link").click();
    await page.getByText("Copied", { exact: true }).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  }
  const viewer = (options = {}): Promise<Person> => stage.person({ passkeys: false, ...options });
  const field = (at: Page, name: string) => at.getByLabel(name, { exact: true });
  async function ask(at: Page, name: string, digits?: string): Promise<void> {
    await field(at, "Your name").fill(name);
    if (digits !== undefined) await field(at, "Passcode").fill(digits);
    await button(at, "Show the records").click();
  }
  const wrong = (): string => (passcode === "000000" ? "000001" : "000000");
  /** The viewer complained about nothing but answers that refuse, and asked its own origin and the host alone. */
  function expectViewerQuiet({ complaints, origins }: Person): void {
    expect(complaints.filter((line) => !/status of 40[14]/.test(line))).toEqual([]);
    const own = new URL(stage.practice.deployment.serviceUrl).origin;
    expect([...origins].filter((origin) => origin !== stage.urls.viewerUrl && origin !== own)).toEqual([]);
  }

  it("is made on the phone, with a passcode", async () => {
    await inTab("Share").click();
    await page.getByText("No links yet").waitFor();
    await expectGoodScreen(page, "no links");
    await startShare();
    await expectGoodScreen(page, "a new link");
    await page.getByLabel("Everything, with all visits and documents").check();
    await page.getByLabel("A name for this link").fill("For Dr Weber");
    text = await madeLink();
    await expectGoodScreen(page, "a link");
    passcode = (await page.locator(".share-passcode").innerText()).replace(/\D/g, "");
    expect(passcode).toMatch(/^\d{6}$/);
    expect(new URL(page.url()).href).toBe(`${stage.urls.walletUrl}/share/link`); // names no link
    expect(text.startsWith(`${stage.urls.viewerUrl}/#shlink:/`)).toBe(true);
    const read = readShareLink(text);
    expect(read).toMatchObject({ flag: "P", label: "For Dr Weber" });
    expect(read.exp! % 3600).toBe(0);
    await page.getByText("0 times").waitFor();
    expectQuiet(stage, phone);
  });

  it("is opened by another's program, and not with a wrong passcode", async () => {
    const other = new SHLViewer({ shlinkURI: text });
    await expect(other.resolveSHL({ recipient: "Practice system", passcode: wrong() })).rejects.toThrow(
      SHLInvalidPasscodeError,
    );
    const { fhirResources } = await other.resolveSHL({ recipient: "Practice system", passcode });
    const [bundle] = fhirResources as { resourceType: string; entry: { resource: { resourceType: string } }[] }[];
    expect(bundle!.resourceType).toBe("Bundle");
    const types = bundle!.entry.map(({ resource }) => resource.resourceType);
    expect(types.slice(0, 2)).toEqual(["Composition", "Patient"]);
    expect(types).toContain(VISIT.entries[0]!.resource.resourceType);
  });

  it("is opened in the viewer: name, passcode, records, paper", async () => {
    const reader = await viewer();
    const asked: string[] = [];
    reader.page.on("request", (request) => asked.push(`${request.url()} ${request.postData() ?? ""}`));
    await reader.page.goto(text);
    await heading(reader.page, "For Dr Weber").waitFor();
    expect(reader.page.url()).toBe(`${stage.urls.viewerUrl}/`); // the link has left the address
    await expectGoodScreen(reader.page, "asking");
    await button(reader.page, "Show the records").click();
    await reader.page.getByText("Write your name, or the name of your practice.").waitFor();
    await reader.page.getByText("Write the passcode.").waitFor();
    await ask(reader.page, "Dr Weber", wrong());
    await reader.page.getByText("3 tries are left.").waitFor();
    await expectGoodScreen(reader.page, "wrong passcode");
    await ask(reader.page, "Dr Weber", `${passcode.slice(0, 3)} ${passcode.slice(3)}`);
    await reader.page.getByText("Practice at the Bridge").first().waitFor();
    expect(await reader.page.getByText("Brett").count()).toBeGreaterThan(0);
    await expectGoodScreen(reader.page, "the records");
    const line = reader.page.locator(".fhir-group a").first();
    const title = await line.innerText();
    await line.click();
    await heading(reader.page, title).waitFor();
    await expectGoodScreen(reader.page, "one record");
    await reader.page.getByRole("link", { name: "All records" }).click();
    await heading(reader.page, "For Dr Weber").waitFor();
    await reader.page.evaluate(() => {
      window.print = () => {
        document.title = `printed ${document.querySelectorAll(".paper > section").length}`;
        dispatchEvent(new Event("afterprint"));
      };
    });
    await button(reader.page, "Print everything").click();
    await reader.page.waitForFunction(() => /^printed [1-9]/.test(document.title));
    await reader.page.waitForFunction(() => document.querySelector(".paper") === null);
    const { key } = readShareLink(text);
    expect(asked.length).toBeGreaterThan(2);
    for (const line of asked) expect(line).not.toContain(key);
    expectViewerQuiet(reader);
    await reader.page.reload();
    await heading(reader.page, "Open shared records").waitFor();
    await expectGoodScreen(reader.page, "no link");
    await reader.close();
  });

  it("tells its maker how often it was opened, and ends at once", async () => {
    await button(page, "Ask again").click();
    await page.getByText("2 times").waitFor();
    await button(page, "End the link now").click();
    await page.getByText("This link shows nothing any more.").waitFor();
    await expectGoodScreen(page, "an ended link");
    const reader = await viewer({ language: "ar" });
    await reader.page.goto(text);
    await field(reader.page, "اسمك").fill("Dr Weber");
    await field(reader.page, "رمز المرور").fill(passcode);
    await expectGoodScreen(reader.page, "asking, Arabic");
    await button(reader.page, "أظهر السجلات").click();
    await heading(reader.page, "لم يعد هذا الرابط يعرض شيئًا").waitFor();
    await expectGoodScreen(reader.page, "ended, Arabic");
    expectViewerQuiet(reader);
    await reader.close();
    await page.getByRole("link", { name: "All my links" }).click();
    await page.getByText("ended", { exact: true }).waitFor();
    await expectGoodScreen(page, "links");
  });

  it("without a passcode opens with a name alone, and shows the summary", async () => {
    await startShare();
    await page.getByLabel("No, the link is enough").check();
    await page.getByLabel("How long can it be opened?").selectOption("hour");
    text = await madeLink();
    const { flag, exp, label } = readShareLink(text);
    expect([flag, label]).toEqual(["U", "Health records"]);
    expect(exp! - systemTransport().now()).toBeLessThanOrEqual(2 * 3600);
    const { fhirResources } = await new SHLViewer({ shlinkURI: text }).resolveSHL({ recipient: "Practice system" });
    expect(JSON.stringify(fhirResources)).toContain("60591-5"); // an International Patient Summary
    const reader = await viewer();
    await reader.page.goto(stage.urls.viewerUrl);
    await field(reader.page, "Link").fill(text);
    await button(reader.page, "Go on").click();
    await heading(reader.page, "Health records").waitFor();
    expect(await field(reader.page, "Passcode").count()).toBe(0);
    await ask(reader.page, "Dr Weber");
    await reader.page.getByText("Brett").first().waitFor();
    expectViewerQuiet(reader);
    await reader.close();
  });

  it("that is broken, over, or of another host is refused in words", async () => {
    const reader = await viewer();
    const link = readShareLink(text);
    const at = `${stage.urls.viewerUrl}/`;
    for (const [given, title] of [
      [text.slice(0, -20), "This link is not complete"],
      [writeShareLink({ ...link, exp: 1_700_000_000 }, at), "The time of this link is over"],
      [writeShareLink({ ...link, url: "https://elsewhere.example/x" }, at), "This link leads elsewhere"],
    ] as const) {
      await reader.page.goto("about:blank");
      await reader.page.goto(given);
      await heading(reader.page, title).waitFor();
    }
    await expectGoodScreen(reader.page, "refused");
    await button(reader.page, "Open another link").click();
    await heading(reader.page, "Open shared records").waitFor();
    const other = `${link.key.startsWith("A") ? "B" : "A"}${link.key.slice(1)}` as typeof link.key;
    await field(reader.page, "Link").fill(writeShareLink({ ...link, key: other }));
    await button(reader.page, "Go on").click();
    await ask(reader.page, "Dr Weber");
    await heading(reader.page, "The records cannot be opened").waitFor();
    expectViewerQuiet(reader);
    await reader.close();
    expectQuiet(stage, phone);
  });
});
