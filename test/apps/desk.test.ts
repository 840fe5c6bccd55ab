// The clinic's desk in a real browser: keys are made and move to a second desk, patients check in, records are filed, changed and
// withdrawn, and a check-in is taken without network.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invitationOfWords } from "../../client/index.ts";
import {
  checkIn,
  clipboard,
  expectOwnOrigins,
  importKeys,
  invitationOf,
  looksRight,
  newPatient,
  openDesk,
  PHRASE,
} from "./desk-stage.ts";
import { DESK, hasChromium, PHONE, type Stage, sharedStage } from "./stage.ts";

const STORY = { timeout: 240_000 };

describe.skipIf(!hasChromium)("the desk", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await sharedStage();
  }, 300_000);
  afterAll(() => stage?.close());

  it("makes a clinic's keys under a passkey, has them registered, and opens again", STORY, async () => {
    const person = await stage.person({ viewport: PHONE });
    const { page, context } = person;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(stage.urls.deskUrl);
    await page.getByText("New clinic").waitFor();
    await looksRight(page, "welcome");
    await page.getByText("New clinic").click();
    await page.getByLabel("Name of the clinic").fill("Bay Street Practice");
    await page.keyboard.press("Enter");
    await page.locator("input[name=coverage][value='*']").check();
    await looksRight(page, "policy");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Lock with a passkey" }).click();
    await page.getByText("Not registered yet").waitFor({ timeout: 30_000 });
    await looksRight(page, "card");
    const card = await clipboard(page, "Copy the card as text");
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
    await stage.practice.operator.registerService(Uint8Array.from(Buffer.from(card, "base64url")));
    await page.getByText("Patients can check in here").waitFor({ timeout: 30_000 });

    await page.getByRole("button", { name: "Lock", exact: true }).click();
    await page.getByRole("button", { name: "Open with a passkey" }).click();
    await page.getByText("Patients can check in here").waitFor({ timeout: 30_000 });

    // The keys go to a second desk under a passphrase, and only with it.
    await page.getByRole("button", { name: "Add a desk" }).click();
    await page.getByLabel("Passphrase", { exact: true }).fill(PHRASE);
    await page.getByLabel("The passphrase once more").fill(PHRASE);
    await page.getByRole("button", { name: "Make code and file" }).click();
    await page.locator(".qr").waitFor({ timeout: 30_000 });
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as a file" }).click(),
    ]);
    const second = await stage.person({ viewport: DESK, passkeys: false });
    await second.page.goto(stage.urls.deskUrl);
    await second.page.getByText("This clinic has a desk already").click();
    await second.page.getByLabel("File with the keys").setInputFiles(await file.path());
    await second.page.getByLabel("Passphrase").fill("not this one");
    await second.page.keyboard.press("Enter");
    await second.page.getByText("This is not the passphrase").waitFor();
    await second.page.getByLabel("Passphrase").fill(PHRASE);
    await second.page.keyboard.press("Enter");
    await second.page.getByText("Keys of Bay Street Practice").waitFor({ timeout: 30_000 });
    expect([...person.complaints, ...second.complaints]).toEqual([]);
    expectOwnOrigins(stage, person);
    await Promise.all([person.close(), second.close()]);
  });

  it(
    "shows a check-in at once, files by keyboard, changes and withdraws, and talks to the patient",
    STORY,
    async () => {
      const person = await stage.person({ viewport: DESK, passkeys: false });
      const { page } = person;
      const clinic = await openDesk(stage, person);
      await looksRight(page, "reception without anybody");
      const wallet = await newPatient(stage);

      await page.getByRole("button", { name: "Say it in six words" }).click();
      const said = page.getByRole("list", { name: "Six words for this check-in" });
      await said.waitFor();
      await looksRight(page, "reception with six words");
      const words = (await said.getByRole("listitem").allInnerTexts()).join(" ");
      const link = await clipboard(page, "Copy the code as text");
      expect(await invitationOfWords(stage.practice.transport, stage.practice.deployment, words)).toBe(
        invitationOf(link),
      );
      await page.getByRole("button", { name: "Hide the words" }).click();
      await said.waitFor({ state: "detached" });

      const { tagHash, tid } = await checkIn(page, wallet);
      await page.locator(".arrival").waitFor({ timeout: 10_000 });
      expect((await page.locator(".letters").innerText()).replaceAll(" ", "")).toBe(tid);
      // Both halves are drawn from the same value.
      const session = await clinic.session(tagHash);
      expect(wallet.visitMark(tagHash)).toBe(await clinic.visitMark(session));
      await looksRight(page, "arrival");

      await page.getByRole("link", { name: "Today" }).click();
      await page.locator(".visits .tid").waitFor();
      await looksRight(page, "today");
      await page.locator(".visits a").click();
      await page.getByText("Nothing filed yet").waitFor();
      const filed = (what: string) => page.getByText(`Filed: ${what}`).waitFor({ timeout: 15_000 });
      const field = (name: string) => page.locator(`[name=${name}]:focus`).waitFor();

      await field("text");
      await page.keyboard.type("Sore throat since Monday.");
      await page.keyboard.press("Control+Enter");
      await filed("Note");
      await page.keyboard.press("Alt+Digit2");
      await field("systolic");
      for (const value of ["142", "88", "77"]) {
        await page.keyboard.type(value);
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Enter");
      await filed("Vital signs");
      await page.keyboard.press("Alt+Digit5");
      await field("substance");
      await page.keyboard.type("Penicillin");
      await page.keyboard.press("Enter");
      await filed("Allergy");
      await looksRight(page, "visit with records");
      expect((await clinic.records(session)).map(({ state }) => state)).toEqual(["current", "current", "current"]);

      // A name in the text: nothing is filed, and the place is shown.
      await page.keyboard.press("Alt+Digit1");
      await field("text");
      await page.getByText("Check the text for a name").click();
      await page.getByLabel("Name to watch for").fill("Ada Lind");
      await page.getByLabel("Note", { exact: true }).fill("Mrs Lind coughs.");
      await page.keyboard.press("Control+Enter");
      await page.getByText("This may name the patient").waitFor();
      expect(await page.locator("mark").allInnerTexts()).toEqual(["Lind"]);
      expect(await clinic.records(session)).toHaveLength(3);
      await looksRight(page, "findings");
      await page.getByRole("button", { name: "Change the text" }).click();
      await page.getByLabel("Note", { exact: true }).fill("Coughs.");
      await page.keyboard.press("Control+Enter");
      await filed("Note");
      expect(await clinic.records(session)).toHaveLength(4);

      // Undo withdraws it; a change keeps the old version.
      await page.getByRole("button", { name: "Undo" }).click();
      await page.locator(".tag", { hasText: "withdrawn" }).waitFor({ timeout: 15_000 });
      const note = page.locator("details.record:not(.gone)", { hasText: "Sore throat" });
      await page.locator("summary", { hasText: "Note" }).last().click();
      await note
        .or(page.locator("details.record", { hasText: "Sore throat" }))
        .last()
        .getByRole("button", { name: "Change" })
        .click();
      await page.getByLabel("Note", { exact: true }).fill("Sore throat since Sunday.");
      await page.keyboard.press("Control+Enter");
      await page.locator(".tag", { hasText: "older version" }).waitFor({ timeout: 15_000 });
      const states = (await clinic.records(session)).map(({ state }) => state);
      expect(states.toSorted()).toEqual(["amended", "current", "current", "current", "withdrawn"]);

      // Messages.
      await wallet.send(tagHash, new TextEncoder().encode("I am in the waiting room"));
      await page.keyboard.press("Alt+Digit7");
      await page.getByText("I am in the waiting room").waitFor({ timeout: 15_000 });
      await page.getByLabel("Message to the patient").fill("Room 2, please");
      await page.keyboard.press("Control+Enter");
      await page.locator(".message.clinic").waitFor({ timeout: 15_000 });
      await looksRight(page, "messages");
      expect((await wallet.receive(tagHash)).map((bytes) => new TextDecoder().decode(bytes))).toEqual([
        "Room 2, please",
      ]);

      await page.getByLabel("Language").selectOption("ar");
      expect(await page.locator("html").getAttribute("dir")).toBe("rtl");
      await looksRight(page, "visit in Arabic");
      expect(person.complaints).toEqual([]);
      expectOwnOrigins(stage, person);
      await person.close();
    },
  );

  it("takes a check-in without network, tells a double use, and hands in when the network is back", STORY, async () => {
    const person = await stage.person({ viewport: DESK, passkeys: false });
    const { page, context } = person;
    const clinic = await openDesk(stage, person, "Island Clinic");
    const wallet = await newPatient(stage);
    await page.locator(".qr").waitFor();
    const link = await clipboard(page, "Copy the code as text");
    const offer = await wallet.readInvitation(invitationOf(link));
    const { checkIn: bytes, tagHash, tid } = await wallet.handOver(offer);

    await context.setOffline(true);
    await page.getByRole("button", { name: "Take a check-in by hand" }).click();
    const text = page.getByLabel("Text of the check-in");
    await text.fill("nonsense");
    await page.getByRole("button", { name: "Take the check-in" }).click();
    await page.getByText("This text is no check-in").waitFor();
    await text.fill(Buffer.from(bytes).toString("base64url"));
    await page.getByRole("button", { name: "Take the check-in" }).click();
    await page.getByText("Taken. It is handed in when the network is back").waitFor({ timeout: 15_000 });
    expect((await page.locator(".letters").innerText()).replaceAll(" ", "")).toBe(tid);
    await text.fill(Buffer.from(bytes).toString("hex"));
    await page.getByRole("button", { name: "Take the check-in" }).click();
    await page.getByText("This check-in was taken before").waitFor();
    await looksRight(page, "offline");
    await context.setOffline(false);
    await page.getByRole("button", { name: "Hand in now" }).click();
    await page.locator("li", { hasText: tid }).getByText("handed in").waitFor({ timeout: 20_000 });
    expect((await clinic.session(tagHash)).tid).toBe(tid);
    await person.close();
  });

  it("lets one tab hold the desk, and refuses a file that holds no keys", STORY, async () => {
    const person = await stage.person({ viewport: DESK, passkeys: false });
    const { page, context } = person;
    await page.goto(stage.urls.deskUrl);
    await page.getByText("This clinic has a desk already").click();
    await page.getByLabel("Or paste the text of the file").fill('{"name": "x"}');
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("This holds no keys of a clinic").waitFor();
    await looksRight(page, "no keys");
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
    const { keys } = await stage.practice.openClinic("Two Tabs");
    await importKeys(stage, person, JSON.stringify(keys));
    const other = await context.newPage();
    await other.goto(stage.urls.deskUrl);
    await other.getByRole("button", { name: "Use it here" }).click();
    await other.getByLabel("Passphrase").waitFor();
    await page.getByRole("heading", { name: "Open in another tab" }).waitFor();
    await person.close();
  });

  it("says that its camera was refused, and takes the keys as a text instead", STORY, async () => {
    const person = await stage.person({ viewport: DESK, passkeys: false });
    const { page } = person;
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused", "NotAllowedError"));
    });
    await page.goto(stage.urls.deskUrl);
    await page.getByText("This clinic has a desk already").click();
    await page.getByRole("button", { name: "Scan a code from the other desk" }).click();
    await page.getByText("There is no camera here, or it was refused. Use the file.").waitFor();
    await looksRight(page, "no camera");
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
    const { keys } = await stage.practice.openClinic("No Camera");
    await page.getByLabel("Or paste the text of the file").fill(JSON.stringify(keys));
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("This file is not locked").waitFor();
    await person.close();
  });
});
