// npm run screens [-- NAME…]: plays the apps on a stage and takes pictures of them. Those that README.md shows go to docs/screens,
// small enough for the repository, and the others to gen/screens. Look at all of them after a change of a screen. Without names it
// takes all; a picture that cannot be taken is told, and the others are taken.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { STEPS, type Step } from "../../apps/tour/scene.ts";
import { registerOfficer } from "../../client/index.ts";
import { samplePatients } from "../../local/patients.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { smallPng } from "./palette.ts";
import { openStage, type Person, PHONE, type Stage } from "./stage.ts";

const ROOT = join(import.meta.dirname, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const fileOf = (name: string): string =>
  README.includes(`docs/screens/${name}.png`) ? `docs/screens/${name}.png` : `gen/screens/${name}.png`;
/** a desk's screen, narrow enough to be read in a README */
const WINDOW = { width: 1120, height: 800 };
/** high enough for the tour's lines of who knows what */
const TOUR = { width: 1120, height: 920 };
const MAX_BYTES = 60_000;
const WAIT = 180_000;
const [file] = samplePatients();

const wanted = process.argv.slice(2);
let failed = 0;

async function shoot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.waitForTimeout(300);
  const png = smallPng(await page.screenshot({ animations: "disabled" }));
  if (png.length > MAX_BYTES) throw new Error(`${png.length} bytes are too many`);
  writeFileSync(join(ROOT, fileOf(name)), png);
  console.log(`${fileOf(name)}  ${(png.length / 1000).toFixed(0)} kB`);
}

/** Makes some pictures. @param names the pictures that it makes */
async function scene(names: string[], make: () => Promise<void>): Promise<void> {
  if (wanted.length > 0 && !names.some((name) => wanted.includes(name))) return;
  try {
    await make();
  } catch (error) {
    failed++;
    console.error(`${names.join(", ")}: ${String(error).split("\n")[0]}`);
  }
}

const tick = ({ practice }: Stage): void => {
  practice.clock.now = Math.floor(Date.now() / 1000);
};
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function playTour({ page }: Person, url: string, shots: Partial<Record<Step, string>>): Promise<void> {
  await page.goto(url);
  for (const [i, step] of STEPS.entries()) {
    if (i > 0) await page.locator("button.primary:not([aria-disabled])").click();
    await page.getByText(`Step ${i + 1} of ${STEPS.length}`).waitFor();
    await page.locator("button.primary:not([aria-disabled])").waitFor();
    await page.mouse.move(0, 0);
    if (shots[step] !== undefined) await shoot(page, shots[step]);
  }
}

const stage = await openStage();
for (const folder of ["docs/screens", "gen/screens"]) mkdirSync(join(ROOT, folder), { recursive: true });
const at = async (options: Parameters<Stage["person"]>[0]): Promise<Person> => {
  const person = await stage.person(options);
  person.page.setDefaultTimeout(WAIT);
  return person;
};
try {
  await scene(["tour-check-in", "tour-opened"], async () => {
    const person = await at({ viewport: TOUR });
    await playTour(person, stage.urls.tourUrl, { checkIn: "tour-check-in", approveSecond: "tour-opened" });
    await person.close();
  });

  await scene(["wallet-asks", "wallet-checked-in", "wallet-records"], async () => {
    tick(stage);
    const { practice, urls } = stage;
    const { account, enrolmentCode } = await practice.operator.registerPerson(
      file!.bundle.patient,
      `SCREENS-${Date.now()}`,
      { coverage: "standard", age: "adult" },
    );
    const clinic = await practice.openClinic("Harbour Clinic", {
      required: [{ attribute: "age", accepted: ["adult", "senior"] }],
      maxStaleEpochs: 1,
    });
    const person = await at({ viewport: PHONE });
    const { page } = person;
    await page.goto(`${urls.walletUrl}/#e=${account}.${enrolmentCode}`);
    await button(page, "With the phone's own lock").click();
    await button(page, "Yes, this is me").click();
    await page.getByRole("heading", { name: "Check in", level: 1 }).waitFor();
    tick(stage);
    await page.goto(`${urls.walletUrl}/#v=${await clinic.invitationText()}`);
    await button(page, "Check in").waitFor();
    await shoot(page, "wallet-asks");
    await button(page, "Check in").click();
    await page.getByRole("heading", { name: "You are checked in", level: 1 }).waitFor();
    await shoot(page, "wallet-checked-in");
    tick(stage);
    for await (const session of clinic.eachSession())
      for (const visit of file!.bundle.visits.slice(0, 3)) await clinic.fileVisit(session, visit.entries);
    await page
      .getByRole("link", { name: /records/i })
      .first()
      .click();
    await page.locator("main li, main table, main article").first().waitFor();
    await shoot(page, "wallet-records");
    await person.close();
  });

  await scene(["desk-arrival"], async () => {
    tick(stage);
    const { practice, urls } = stage;
    const patient = await practice.enrolPatient(file!.bundle.patient, `SCREENS-D-${Date.now()}`, {
      coverage: "standard",
      age: "adult",
    });
    const clinic = await practice.openClinic("Harbour Clinic", {
      required: [{ attribute: "age", accepted: ["adult", "senior"] }],
      maxStaleEpochs: 1,
    });
    const person = await at({ viewport: WINDOW, passkeys: false });
    const { page } = person;
    await page.goto(urls.deskUrl);
    await page.getByText("This clinic has a desk already").click();
    await page.getByLabel("Or paste the text of the file").fill(JSON.stringify(clinic.keys));
    await button(page, "Next").click();
    await page.getByLabel("Passphrase", { exact: true }).fill("four good words here");
    await page.getByLabel("The passphrase once more").fill("four good words here");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Go to the reception" }).click();
    await page.locator(".line.on").waitFor();
    tick(stage);
    await patient.wallet.checkIn(await patient.wallet.readInvitation(await clinic.invitation()));
    await page.locator(".arrival").waitFor();
    await shoot(page, "desk-arrival");
    await person.close();
  });

  await scene(["viewer"], async () => {
    const person = await at({ viewport: PHONE });
    await person.page.goto(stage.urls.viewerUrl);
    await person.page.locator("h1").waitFor();
    await shoot(person.page, "viewer");
    await person.close();
  });

  await scene(["registrar-desk"], async () => {
    const person = await at({ viewport: WINDOW });
    const { page } = person;
    const key = Buffer.from(stage.practice.host.adminSecretKey).toString("hex");
    await page.goto(stage.urls.registrarDeskUrl);
    await page.locator("input[type=password]").fill(key);
    await page.locator("form .button.primary").click();
    await page.locator(".facts").waitFor();
    await page.locator(".button.primary").click(); // keep this key
    await page.locator(".button.primary").click(); // with a passkey
    await page.locator("nav.tabs").waitFor();
    await shoot(page, "registrar-desk");
    await person.close();
  });

  await scene(["officer-decides"], async () => {
    tick(stage);
    const { practice, urls } = stage;
    const patient = await practice.enrolPatient(file!.bundle.patient, `SCREENS-O-${Date.now()}`, {
      coverage: "standard",
      age: "adult",
    });
    const clinic = await practice.openClinic("Market Street Surgery");
    const { tagHash } = await patient.wallet.checkIn(await patient.wallet.readInvitation(await clinic.invitation()));
    const { checkInBytes: checkIn } = await clinic.session(tagHash);
    const clinician = await practice.newRequester("Dr. Ruth Okafor", "emergency physician");
    const person = await at({ viewport: PHONE, scheme: "dark" });
    const { page } = person;
    await page.goto(urls.officerUrls[0]!);
    await button(page, "Make a passkey").click();
    await page.getByLabel("A name for this passkey").fill("Sam Keller, night desk");
    await button(page, "Make the passkey").click();
    const registration = JSON.parse((await page.locator("code").textContent())!);
    const { transport, deployment, host } = practice;
    await registerOfficer(transport, deployment.trusteeUrls[0]!, host.adminSecretKey, registration);
    await page.getByRole("link", { name: "Waiting", exact: true }).click();
    await button(page, "Sign in").click();
    await page.getByRole("heading", { name: "Nothing waits for you" }).waitFor();
    tick(stage);
    const epoch = epochOf(practice.clock.now);
    const order = await clinician.order({
      kind: "link",
      purpose: "found unconscious, allergies not known",
      legalGround: "GDPR Article 9(2)(c), vital interests",
      epochs: { from: epoch, to: epoch },
      emergency: true,
      subject: { checkIn },
    });
    await clinician.submit(order);
    await page.locator(`a[href="/case/${Buffer.from(order.order.caseId).toString("hex")}"]`).click();
    await page.getByText("4 checks on this device passed").waitFor();
    await shoot(page, "officer-decides");
    await person.close();
  });
} finally {
  await stage.close();
}
process.exitCode = failed === 0 ? 0 : 1;
