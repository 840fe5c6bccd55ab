// What a desk files about a visit, read back as the clinic's other software reads it: forms as FHIR, dropped files, print. Beside it:
// a second desk that takes the keys by its camera, and the list of today, whose order says nothing.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clinic, type ClinicSession, type FhirResource, readContent } from "../../client/index.ts";
import { checkIn, looksRight, newPatient, openDesk, PHRASE } from "./desk-stage.ts";
import { DESK, hasChromium, type Person, type Stage, sharedStage } from "./stage.ts";

const STORY = { timeout: 180_000 };
const PDF = Buffer.from("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
const bundle = (note: string): string =>
  JSON.stringify({
    resourceType: "Bundle",
    type: "collection",
    entry: [
      {
        fullUrl: "urn:uuid:6f0c1f0e-5bd5-4a2c-8f8e-3a1f8c1e7d11",
        resource: { resourceType: "Patient", name: [{ family: "Lindqvist", given: ["Ada"] }], birthDate: "1980-02-03" },
      },
      {
        fullUrl: "urn:uuid:6f0c1f0e-5bd5-4a2c-8f8e-3a1f8c1e7d12",
        resource: {
          resourceType: "Condition",
          subject: { reference: "urn:uuid:6f0c1f0e-5bd5-4a2c-8f8e-3a1f8c1e7d11" },
          code: { text: "Asthma" },
          note: [{ text: note }],
        },
      },
    ],
  });

/** Drops a file on the page, as a mouse does. */
async function drop(page: Page, name: string, type: string, content: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, kind, base64]) => {
      const bytes = Uint8Array.from(atob(base64!), (c) => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], fileName!, { type: kind! }));
      return data;
    },
    [name, type, content.toString("base64")],
  );
  await page.dispatchEvent(".drop", "drop", { dataTransfer: transfer });
}

describe.skipIf(!hasChromium)("a visit at the desk", () => {
  let stage: Stage;
  let desk: Person;
  let clinic: Clinic;
  let session: ClinicSession;
  beforeAll(async () => {
    stage = await sharedStage();
    desk = await stage.person({ viewport: DESK, passkeys: false });
    clinic = await openDesk(stage, desk);
  });
  afterAll(() => stage?.close());

  const filed = (what: string) => desk.page.getByText(`Filed: ${what}`).waitFor();
  /** The newest record's resources, as any reader of the clinic gets them. */
  async function newest(): Promise<FhirResource[]> {
    const record = (await clinic.records(session)).at(-1)!;
    const content = readContent(await clinic.open(record), record.contentKind);
    if (!content.readable) throw new Error("no FHIR");
    return content.entries.map(({ resource }) => resource);
  }

  it("files a laboratory result and a prescription by keyboard, as FHIR", STORY, async () => {
    const { page } = desk;
    const field = (name: string) => page.locator(`[name=${name}]:focus`).waitFor();
    const { tagHash } = await checkIn(page, await newPatient(stage));
    session = await clinic.session(tagHash);
    await page.getByRole("link", { name: "Open the visit" }).click();
    await field("text");
    await page.keyboard.press("Alt+Digit3");
    await field("test");
    for (const text of ["CRP", "48"]) {
      await page.keyboard.type(text);
      await page.keyboard.press("Tab");
    }
    // The unit and the range of a test that the desk knows stand there already.
    expect(await page.getByLabel("Unit").inputValue()).toBe("mg/L");
    await page.keyboard.press("Enter");
    await filed("Laboratory");
    expect(await newest()).toMatchObject([
      {
        resourceType: "Observation",
        status: "final",
        code: { text: "CRP" },
        valueQuantity: { value: 48, unit: "mg/L", system: "http://unitsofmeasure.org" },
        referenceRange: [{ high: { value: 5, unit: "mg/L" } }],
        subject: { reference: expect.any(String) },
        effectiveDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
    ]);

    await page.keyboard.press("Alt+Digit4");
    await field("medicine");
    await page.keyboard.press("Enter"); // nothing is filed without a medicine: the field says so and has the focus
    await page.getByText("Please check this value.").waitFor();
    await field("medicine");
    expect(await clinic.records(session)).toHaveLength(1);
    await page.keyboard.type("Amoxicillin 500 mg");
    await page.keyboard.press("Enter");
    await filed("Prescription");
    expect(await newest()).toMatchObject([
      {
        resourceType: "MedicationRequest",
        status: "active",
        intent: "order",
        medicationCodeableConcept: { text: "Amoxicillin 500 mg" },
        dosageInstruction: [expect.objectContaining({ timing: expect.any(Object) })],
      },
    ]);
    await looksRight(page, "a visit with a result and a prescription");
  });

  it("takes a FHIR file and a PDF that are dropped, and shows where a FHIR file names the patient", STORY, async () => {
    const { page } = desk;
    await page.keyboard.press("Alt+Digit6");
    await page.locator(".drop").waitFor();
    const before = (await clinic.records(session)).length;
    await drop(page, "visit.json", "application/json", Buffer.from(bundle("Lindqvist uses her inhaler.")));
    await page.getByText("This may name the patient").waitFor();
    await looksRight(page, "a file that names the patient");
    expect(await clinic.records(session)).toHaveLength(before);
    await drop(page, "visit.json", "application/json", Buffer.from(bundle("Uses the inhaler.")));
    await filed("visit.json");
    const resources = await newest();
    expect(resources.map(({ resourceType }) => resourceType)).toContain("Condition");
    expect(JSON.stringify(resources), "the patient's own resource stays out").not.toContain("Lindqvist");
    await drop(page, "broken.json", "application/json", Buffer.from("{"));
    await page.getByText("This file is no FHIR in JSON.").waitFor();

    await drop(page, "letter.pdf", "application/pdf", PDF);
    await page.getByText("letter.pdf").waitFor();
    await looksRight(page, "a PDF that nobody has searched");
    expect(await clinic.records(session), "nothing is filed before somebody looked").toHaveLength(before + 1);
    await page.getByRole("button", { name: "File it as it is" }).click();
    await filed("letter.pdf");
    const record = (await clinic.records(session)).at(-1)!;
    expect(record.contentKind).toBe("application/pdf");
    expect(Buffer.from(await clinic.open(record))).toEqual(PDF);
  });

  it("prints the visit's records without the desk around them", STORY, async () => {
    const { page } = desk;
    const menu = page.locator(".menu .tabs");
    expect(await menu.isVisible()).toBe(true);
    await page.emulateMedia({ media: "print" });
    expect(await menu.isVisible()).toBe(false);
    await page.locator("details.record", { hasText: "Amoxicillin" }).first().waitFor();
    await page.emulateMedia({ media: null });
  });

  it("lists today's visits by their letters, whoever came first", STORY, async () => {
    const { page } = desk;
    for (let i = 0; i < 3; i++) {
      await page.getByRole("link", { name: "Reception", exact: true }).click();
      await checkIn(page, await newPatient(stage));
    }
    await page.getByRole("link", { name: "Today", exact: true }).click();
    await expect.poll(() => page.locator(".visits > li").count()).toBe(4);
    const shown = (await page.locator(".visits .tid").allInnerTexts()).map((text) => text.replace(/\s/g, ""));
    expect(shown).toEqual(shown.toSorted());
    const text = await page.locator(".visits").innerText();
    expect(text, "no time of day").not.toMatch(/\d\d?:\d\d/);
  });

  it("gives its keys to a second desk that scans them with its camera", STORY, async () => {
    const { page } = desk;
    await page.getByRole("link", { name: "Clinic", exact: true }).click();
    await page.getByRole("button", { name: "Add a desk" }).click();
    await page.getByLabel("Passphrase", { exact: true }).fill(PHRASE);
    await page.getByLabel("The passphrase once more").fill(PHRASE);
    await page.getByRole("button", { name: "Make code and file" }).click();
    const code = await page.locator(".qr").screenshot();

    const second = await stage.person({ viewport: DESK, passkeys: false });
    // The camera of the second desk sees the first one's screen.
    await second.page.addInitScript((base64) => {
      navigator.mediaDevices.getUserMedia = async () => {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
        const canvas = document.createElement("canvas");
        canvas.width = picture.width + 80;
        canvas.height = picture.height + 80;
        const context = canvas.getContext("2d")!;
        const paint = (): void => {
          context.fillStyle = "white";
          context.fillRect(0, 0, canvas.width, canvas.height);
          context.drawImage(picture, 40, 40);
        };
        setInterval(paint, 50);
        paint();
        return canvas.captureStream(20);
      };
    }, code.toString("base64"));
    await second.page.goto(stage.urls.deskUrl);
    await second.page.getByText("This clinic has a desk already").click();
    await second.page.getByRole("button", { name: "Scan a code from the other desk" }).click();
    await second.page.getByLabel("Passphrase").fill(PHRASE);
    await second.page.keyboard.press("Enter");
    await second.page.getByText("Keys of Harbour Clinic").waitFor();
    await second.page.getByLabel("Passphrase", { exact: true }).fill(`${PHRASE} 2`);
    await second.page.getByLabel("The passphrase once more").fill(`${PHRASE} 2`);
    await second.page.keyboard.press("Enter");
    await second.page.getByText("Patients can check in here").waitFor();

    // Both desks are told of the next patient.
    await page.getByRole("link", { name: "Reception", exact: true }).click();
    await second.page.getByRole("link", { name: "Go to the reception" }).click();
    await second.page.locator(".line.on").waitFor();
    const { tid } = await checkIn(page, await newPatient(stage));
    for (const one of [page, second.page])
      await expect.poll(async () => (await one.locator(".letters").innerText()).replace(/\s/g, "")).toBe(tid);
    expect(desk.complaints).toEqual([]);
    expect(second.complaints).toEqual([]);
    await second.close();
  });
});
