// The whole story at six devices, through the screens alone: registrar, patient, desk, and an officer of each of two trustees. No
// key, card, code or certificate passes between them but as a text that one screen shows and another takes.
//
// Who knows what: the desk learns the name only from the trace; the registrar's desk learns that there was a trace, for the letter, and
// of no visit, no reason and no link; the patient learns of both openings, with the reason and the two organisations that agreed.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clipboard, expectOwnOrigins, PHRASE } from "./desk-stage.ts";
import { DESK, hasChromium, openStage, type Person, PHONE, type Stage } from "./stage.ts";
import { expectQuiet } from "./wallet-phone.ts";

const CLINIC = "Harbour Clinic";
const DOCTOR = "Dr Grace Moss";
const AMIRA = { family: "Al-Khalidi", given: "Amira Sophie", birthDate: "1988-04-09", number: "A 4711-0815" };
const MOST_MS = 120_000;

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { name }).first();
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true });
/** The text of a screen, without the marks that isolate names. */
const shown = async (page: Page, where = "main"): Promise<string> =>
  (await page.locator(where).first().innerText()).replaceAll(/[\u2066-\u2069]/g, "");

describe.skipIf(!hasChromium)("the whole story", { timeout: MOST_MS }, () => {
  let stage: Stage;
  let registrar: Person;
  let wallet: Person;
  let desk: Person;
  let officers: Person[];
  /** the name of each visit, as the wallet showed it */
  const visits: string[] = [];

  beforeAll(async () => {
    stage = await openStage();
    registrar = await stage.person({ viewport: DESK });
    wallet = await stage.person({ viewport: PHONE });
    desk = await stage.person({ viewport: DESK, passkeys: false });
    officers = [await stage.person({ viewport: PHONE }), await stage.person({ viewport: PHONE, scheme: "dark" })];
    for (const { page, context } of [registrar, wallet, desk, ...officers]) {
      page.setDefaultTimeout(20_000);
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    }
  }, 300_000);
  afterAll(() => stage?.close());

  /** At the registrar's desk: a text is read, looked at, and signed. */
  async function sign(tab: string, label: string, text: string, action: string): Promise<void> {
    const { page } = registrar;
    await page.getByRole("navigation").getByRole("link", { name: tab }).click();
    await page.getByLabel(label).fill(text);
    await button(page, "Read it").click();
    await heading(page, "Look at this before you sign").waitFor();
    if (tab === "Officers") await page.getByLabel("Name of the officer").fill("Night desk");
    await button(page, action).click();
  }

  it("lets the administrator open the registrar's desk with the key of the deployment", async () => {
    const { page } = registrar;
    await page.goto(stage.urls.registrarDeskUrl);
    await page.getByLabel("Or paste the key").fill(Buffer.from(stage.practice.host.adminSecretKey).toString("hex"));
    await button(page, "Check the key").click();
    await button(page, "Lock the key here").click();
    await button(page, "Lock with a passkey").click();
    await heading(page, "Who is at the desk?").waitFor();
  });

  it("registers the clinic by the card that its desk shows, and certifies who asks there", async () => {
    const { page } = desk;
    await page.goto(stage.urls.deskUrl);
    await page.getByText("New clinic").click();
    await page.getByLabel("Name of the clinic").fill(CLINIC);
    await page.keyboard.press("Enter");
    await button(page, "Next").click();
    await page.getByLabel("Passphrase", { exact: true }).fill(PHRASE);
    await page.getByLabel("The passphrase once more").fill(PHRASE);
    await page.keyboard.press("Enter");
    await page.getByText("Not registered yet").waitFor();
    await sign(
      "Clinics",
      "Or paste the card's text",
      await clipboard(page, "Copy the card as text"),
      "Sign and register",
    );
    await registrar.page.getByText("The clinic is registered.").waitFor();
    await page.getByText("Patients can check in here").waitFor();

    await link(page, "Ask").click();
    await page.getByLabel("Name of the person or office that asks").fill(DOCTOR);
    await button(page, "Make keys").click();
    await page.getByText("Have it certified").waitFor();
    const letters = await page.locator("main .tid").innerText();
    const request = await clipboard(page, "Copy the request as text");
    await registrar.page.getByRole("navigation").getByRole("link", { name: "Requesters" }).click();
    await registrar.page.getByLabel("Paste the text").fill(request);
    await button(registrar.page, "Read it").click();
    // the letters that both read to each other on the telephone
    expect(await registrar.page.locator(".facts .tid").innerText()).toBe(letters);
    await button(registrar.page, "Sign the certificate").click();
    const certificate = await registrar.page.locator(".notice.good textarea").inputValue();
    await page.getByLabel("Or paste the certificate").fill(certificate);
    await button(page, "Use this certificate").click();
    await page.getByText("You ask as").waitFor();
  });

  it("registers an officer's passkey at each of two trustees", async () => {
    for (const [i, { page }] of officers.entries()) {
      await page.goto(stage.urls.officerUrls[i]!);
      await button(page, "Make a passkey").click();
      await page.getByLabel("A name for this passkey").fill(`Night desk ${i + 1}`);
      await button(page, "Make the passkey").click();
      const text = await page.locator("code.raw").innerText();
      await sign("Officers", "Paste the officer's text", text, "Sign and register");
      await registrar.page.getByText("The officer is registered").waitFor();
      await link(page, "Waiting").click();
      await button(page, "Sign in").click();
      await heading(page, "Nothing waits for you").waitFor();
    }
  });

  it("enrols the patient with the code of the registrar's sheet", async () => {
    const { page: at } = registrar;
    await at.getByRole("navigation").getByRole("link", { name: "People" }).click();
    await at.getByLabel("Family name").fill(AMIRA.family);
    await at.getByLabel("Given names").fill(AMIRA.given);
    await at.getByLabel("Birth date").fill(AMIRA.birthDate);
    await at.getByLabel("Insurance number").fill(AMIRA.number);
    await button(at, "Search").click();
    await at.getByLabel("Extended").check();
    await button(at, "Register and make the code").click();
    await heading(at, "The code is ready").waitFor();
    const code = (await at.locator(".groups td").allTextContents()).join(" ");
    await button(at, "The person has it").click();

    const { page } = wallet;
    await page.goto(stage.urls.walletUrl);
    await page.getByText("Other ways").click();
    await page.getByLabel("Link or code from the sheet").fill(code);
    await button(page, "Use this text").click();
    await button(page, "With the phone's own lock").click();
    await heading(page, "Is this you?").waitFor();
    expect(await shown(page)).toContain("Amira Sophie Al-Khalidi");
    await button(page, "Yes, this is me").click();
    await heading(page, "Check in").waitFor();
  });

  async function checkIn(): Promise<void> {
    await link(desk.page, "Reception").click();
    await desk.page.locator(".qr").waitFor();
    const code = await clipboard(desk.page, "Copy the code as text");
    const { page } = wallet;
    await link(page, "Check in").click();
    await page.getByText("Other ways").click();
    await page.getByLabel("Link or text from the clinic").fill(code);
    await button(page, "Use this text").click();
    await heading(page, `Check in at`).waitFor();
    await button(page, "Check in").click();
    await heading(page, "You are checked in").waitFor();
    const tid = (await page.locator(".tid").first().innerText()).replaceAll(/\s/g, "");
    const letters = desk.page.locator(".letters");
    const atDesk = async () => (await letters.innerText()).replaceAll(/\s/g, "");
    await expect.poll(atDesk, { timeout: 20_000 }).toBe(tid);
    visits.push(tid);
    await button(page, "Close").click();
  }

  it("checks the patient in, files a record, and shows it in the wallet", async () => {
    await checkIn();
    const { page } = desk;
    expect(await shown(page)).not.toContain(AMIRA.family);
    await link(page, "Today").click();
    await page.locator(".visits a").click();
    await page.locator("[name=text]:focus").waitFor();
    await page.keyboard.press("Alt+Digit5");
    await page.locator("[name=substance]:focus").waitFor();
    await page.keyboard.type("Penicillin");
    await page.keyboard.press("Enter");
    await page.getByText("Filed: Allergy").waitFor();

    await link(wallet.page, "Records").click();
    const group = wallet.page.locator(".fhir-group");
    await group.getByText("Penicillin").first().waitFor();
    expect(await group.innerText()).toContain(CLINIC);
  });

  /** Both officers read the case that waits, and approve it with their passkeys. */
  async function approve(asks: RegExp): Promise<void> {
    for (const [i, { page }] of officers.entries()) {
      await page.locator("a.order-link").click();
      await heading(page, asks).waitFor();
      await page.getByText("4 checks on this device passed").waitFor();
      const text = await shown(page);
      expect(text).toContain(DOCTOR);
      expect(text).toContain(CLINIC);
      expect(text).not.toContain(AMIRA.family);
      await button(page, "Approve").click();
      await page.getByText(`${i + 1} of 2 approvals so far`).waitFor();
      await button(page, "Back to what waits").click();
      await heading(page, "Nothing waits for you").waitFor();
    }
  }

  it("opens the earlier visit in an emergency, once both officers approved", async () => {
    await checkIn();
    expect(visits[1]).not.toBe(visits[0]);
    const { page } = desk;
    await link(page, "Emergency").click();
    await page.getByText("Unconscious").click();
    await button(page, "Ask now").click();
    await page.locator(".officers").waitFor();
    expect(await page.locator("details.record").count()).toBe(0);
    await approve(/asks for a patient's other visits/);
    await page.locator("details.record", { hasText: "Penicillin" }).waitFor();
    await page.getByText("These are all records that can be found").waitFor();
    expect(await shown(page)).not.toContain(AMIRA.family);
  });

  it("names the person to the desk after a trace, and the registrar's desk sees it only for the letter", async () => {
    const { page } = desk;
    await link(page, "Today").click();
    await page.locator(".visits a").first().click();
    await link(page, "Ask about this visit").click();
    await page.getByText("Who this patient is").click();
    await page.getByLabel("Why do you need it?").fill("Next of kin must be told");
    await button(page, "Ask").click();
    await page.locator(".officers").waitFor();
    await approve(/asks who a patient is/);
    await expect.poll(() => shown(page), { timeout: 30_000 }).toContain(AMIRA.family);
    expect(await shown(page)).toContain("A47110815");

    const { page: at } = registrar;
    await at.getByRole("navigation").getByRole("link", { name: "Openings" }).click();
    await at.getByText("This desk cannot start a trace").waitFor();
    await at.locator(".openings li").waitFor();
    expect(await at.locator(".openings li").count()).toBe(1); // the link before it is not in the list
    const list = await shown(at);
    expect(list).toContain(`${DOCTOR} (clinician) learned who this person is`);
    await button(at, "Show the letter").click();
    const letter = await shown(at, ".sheet");
    expect(letter).toContain(`${DOCTOR} (clinician) was allowed to learn your name`);
    expect(letter).toContain(AMIRA.family);
    for (const secret of ["Next of kin", ...visits]) expect(list + letter).not.toContain(secret);
  });

  it("tells the patient of both, with the proof that the phone checked itself", async () => {
    const { page } = wallet;
    await link(page, "Who looked").click();
    await heading(page, "Who looked").waitFor();
    await button(page, "Check now").click();
    await page.getByText("The list is complete").waitFor();
    await page.getByText("All signatures are right").waitFor();
    const looks = await page.getByRole("article").allInnerTexts();
    const plain = looks.map((text) => text.replaceAll(/[\u2066-\u2069]/g, ""));
    expect(plain).toHaveLength(2);
    for (const text of plain) expect(text).toMatch(/organisation 1 .*organisation 2 /);
    const [linked] = plain.filter((text) =>
      text.includes(`${DOCTOR} (clinician) was allowed to open your other visits`),
    );
    expect(linked).toContain("Unconscious patient, emergency care");
    const [traced] = plain.filter((text) => text.includes(`${DOCTOR} (clinician) was allowed to learn your name`));
    expect(traced).toContain("Next of kin must be told");
  });

  it("left no page with a complaint, and none asked elsewhere", () => {
    for (const { complaints } of [registrar, desk, ...officers])
      expect(complaints.filter((line) => !/status of 404/.test(line))).toEqual([]);
    expectQuiet(stage, wallet);
    expectOwnOrigins(stage, desk);
  });
});
