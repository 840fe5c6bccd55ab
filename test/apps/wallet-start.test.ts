// The wallet's first minutes in a real browser: enrol with the desk's code, lock and open, and what goes wrong on the way.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clinic, codeGroups, publishBuilds, readEnrolmentCode } from "../../client/index.ts";
import { localBuildHash } from "../../local/published-builds.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { hasChromium, openStage, type Stage } from "./stage.ts";
import {
  button,
  checkInAt,
  deskCode,
  enrol,
  enrolledPhone,
  expectGoodScreen,
  expectQuiet,
  heading,
  NAME,
  typeCode,
} from "./wallet-phone.ts";

describe.skipIf(!hasChromium)("the wallet's first minutes", () => {
  let stage: Stage;
  let clinic: Clinic;
  beforeAll(async () => {
    stage = await openStage();
    clinic = await stage.practice.openClinic("Harbour Clinic");
  });
  afterAll(() => stage?.close());

  it("enrols with a typed code, and opens again with the phone's lock", async () => {
    const person = await stage.person();
    const { page } = person;
    await page.goto(stage.urls.walletUrl);
    await heading(page, "Scan the code from the desk").waitFor();
    await expectGoodScreen(page, "code");
    await typeCode(page, "not a code");
    await page.getByText("This is not a code of the registration desk").waitFor();

    // The groups of the printed sheet: one letter wrong, then right.
    const groups = codeGroups(readEnrolmentCode(await deskCode(stage)));
    const wrong = groups[3]!.startsWith("A") ? `B${groups[3]!.slice(1)}` : `A${groups[3]!.slice(1)}`;
    await page.getByLabel("Link or code from the sheet").fill(groups.with(3, wrong).join(" "));
    await button(page, "Use this text").click();
    await page.getByText("A letter of this code is wrong.").waitFor();
    await page.getByLabel("Link or code from the sheet").fill(groups.join(" ").toLowerCase());
    await button(page, "Use this text").click();
    await heading(page, "How do you want to lock this app?").waitFor();
    await expectGoodScreen(page, "lock");
    await button(page, "With the phone's own lock").click();
    await heading(page, "Is this you?").waitFor();
    expect(await page.locator("main").textContent()).toContain(NAME);
    await expectGoodScreen(page, "person");
    await button(page, "Yes, this is me").click();
    await heading(page, "Check in").waitFor();
    await expectGoodScreen(page, "home");

    await page.reload();
    await heading(page, "This app is locked").waitFor();
    await expectGoodScreen(page, "locked");
    await button(page, "Open with the phone's lock").click();
    await heading(page, "Check in").waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    await page.getByRole("link", { name: "More" }).click();
    await heading(page, "More").waitFor();
    await expectGoodScreen(page, "more");
    expectQuiet(stage, person);
    await person.close();
  });

  it("says whether the public list has the running app, and what to do if not", async () => {
    const { practice, urls } = stage;
    const { transport, deployment, host } = practice;
    const logged = (...hashes: Uint8Array[]) =>
      publishBuilds(
        { transport, deployment, adminSecretKey: host.adminSecretKey },
        hashes.map((buildHash) => ({ app: "wallet" as const, buildHash, source: "v1" })),
      );
    const own = localBuildHash("wallet");
    const person = await enrolledPhone(stage);
    const { page } = person;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload(); // from here on the service worker answers
    await button(page, "Open with the phone's lock").click();
    await page.getByRole("link", { name: "More", exact: true }).click();
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.url().startsWith(deployment.logUrl)) asked.push(request.url());
    });
    await page.getByRole("link", { name: "About this app" }).click();
    await heading(page, "About this app").waitFor();
    await expectGoodScreen(page, "about");
    expect(asked, "the log is read after a tap only").toEqual([]);

    await logged(own.map((byte) => byte ^ 1));
    await button(page, "Compare it with the published app").click();
    await page.getByText("The public list does not know this app").waitFor();
    await page.getByText("not published").waitFor();
    await expectGoodScreen(page, "about: other");
    await logged(own);
    await button(page, "Try again").click();
    await page.getByText("This is the published app").waitFor();
    expect((await page.locator("code.build").textContent())!.replaceAll(" ", "")).toBe(bytesToHex(own));
    await page.getByText("The number of this app").click();
    await expectGoodScreen(page, "about: current");
    expectQuiet(stage, person);

    await page.route(`${deployment.logUrl}/**`, (route) => route.abort());
    await button(page, "Try again").click();
    await page.getByText("We could not compare").waitFor();
    await expectGoodScreen(page, "about: unreachable");
    await page.unroute(`${deployment.logUrl}/**`);
    await logged(own.map((byte) => byte ^ 2));
    await button(page, "Try again").click();
    await page.getByText("There is a newer app").waitFor();
    await page.getByRole("combobox").selectOption("ar");
    await page.getByText("يوجد تطبيق أحدث").waitFor();
    await expectGoodScreen(page, "about: older, Arabic");
    expect(await page.locator("code.outside").textContent()).toBe(`symbolon log builds ${urls.walletUrl}`);
    await person.close();
  });

  it("takes a passphrase where there is no passkey, and no other one opens it", async () => {
    const person = await stage.person({ passkeys: false });
    const { page } = person;
    await page.goto(`${stage.urls.walletUrl}/#e=${await deskCode(stage)}`);
    await heading(page, "Choose a passphrase").waitFor();
    expect(page.url(), "the code stays in no history").not.toContain("#");
    await page.getByLabel("Passphrase", { exact: true }).fill("short");
    await button(page, "Next").click();
    await page.getByText("This is too short").waitFor();
    await page.getByLabel("Passphrase", { exact: true }).fill("harbour lantern oak nine");
    await page.getByLabel("The same once more").fill("harbour lantern oak nin");
    await button(page, "Next").click();
    await page.getByText("The two are not the same").waitFor();
    await expectGoodScreen(page, "passphrase");
    await page.getByLabel("The same once more").fill("harbour lantern oak nine");
    await page.keyboard.press("Enter");
    await button(page, "Yes, this is me").click();
    await heading(page, "Check in").waitFor();

    await page.reload();
    await page.getByLabel("Passphrase").fill("harbour lantern oak ten");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the passphrase of this device.").waitFor();
    await expectGoodScreen(page, "wrong passphrase");
    await page.getByLabel("Passphrase").fill("harbour lantern oak nine");
    await page.keyboard.press("Enter");
    await heading(page, "Check in").waitFor();
    expectQuiet(stage, person);
    await person.close();
  });

  it("makes the code void if the record is somebody else's", async () => {
    const code = await deskCode(stage);
    const { page, close } = await stage.person();
    await page.goto(`${stage.urls.walletUrl}/#e=${code}`);
    await button(page, "With the phone's own lock").click();
    await button(page, "No, this is not me").click();
    await heading(page, "Tell the desk that this was not you").waitFor();
    await button(page, "Scan the code").click();
    await typeCode(page, code);
    await button(page, "Show whose code it is").click();
    await page.getByText("This code is used up or has run out. Ask at the desk for a new one.").waitFor();
    await button(page, "Use another code").click();
    await typeCode(page, await deskCode(stage));
    await button(page, "Show whose code it is").click();
    await button(page, "Yes, this is me").click();
    await heading(page, "Check in").waitFor();
    await close();
  });

  it("is in one tab at a time, and moves when it is told to", async () => {
    const { page, context, close } = await enrolledPhone(stage, { passkeys: true });
    const second = await context.newPage();
    await second.goto(stage.urls.walletUrl);
    await heading(second, "Open in another tab").waitFor();
    await expectGoodScreen(second, "another tab");
    await button(second, "Use it here").click();
    await heading(second, "This app is locked").waitFor();
    await heading(page, "Open in another tab").waitFor();
    await button(page, "Use it here").click();
    await button(page, "Open with the phone's lock").click();
    await heading(page, "Check in").waitFor();
    await close();
  });

  it("says so if the browser removed its data, and starts again", async () => {
    const { page, close } = await enrolledPhone(stage);
    await page.goto(`${stage.urls.walletUrl}/icon.svg`); // the worker ends, so nothing holds the data
    await page.evaluate(async () => {
      for (const { name } of await indexedDB.databases())
        await new Promise((done) => {
          indexedDB.deleteDatabase(name!).onsuccess = done;
        });
    });
    await page.goto(stage.urls.walletUrl);
    await heading(page, "Your browser removed this app's data").waitFor();
    await expectGoodScreen(page, "removed data");
    await button(page, "Start again").click();
    await heading(page, "Scan the code from the desk").waitFor();
    await close();
  });

  it("brings the visits back on a new phone with the 24 words", { timeout: 120_000 }, async () => {
    const selector = crypto.randomUUID();
    const old = await stage.person();
    await enrol(stage, old.page, await deskCode(stage, selector));
    expect(await old.page.getByText("Write the words down").count(), "not before the first visit").toBe(0);
    await checkInAt(stage, old.page, clinic);
    await button(old.page, "Close").click();
    await old.page.getByRole("link", { name: "Write the words down" }).click();
    await expectGoodScreen(old.page, "before the words");
    await button(old.page, "Show the words").click();
    const words = await old.page.locator("ol.words li").allTextContents();
    expect(words.length).toBe(24);
    await expectGoodScreen(old.page, "words");

    await button(old.page, "I wrote them down").click();
    const fields = old.page.getByLabel(/^Word number/);
    const asked = await old.page.locator("label", { hasText: /^Word number/ }).allTextContents();
    for (const [i, label] of asked.entries()) await fields.nth(i).fill(words[Number(label.match(/\d+/)![0]) - 1]!);
    await fields.nth(0).fill("zebra");
    await button(old.page, "Check").click();
    await old.page.getByText("At least one word differs").waitFor();
    await expectGoodScreen(old.page, "check of the words");
    await fields.nth(0).fill(words[Number(asked[0]!.match(/\d+/)![0]) - 1]!);
    await button(old.page, "Check").click();
    await old.page.getByText("You wrote them down.").waitFor();
    await old.close();

    const next = await stage.person();
    const { page } = next;
    await page.goto(stage.urls.walletUrl);
    await button(page, "I have 24 words from an earlier phone").click();
    await page.getByLabel("The 24 words").fill([...words.slice(0, 23), "harbourr"].join(" "));
    await button(page, "Next").click();
    await page.getByText("Some words are mistyped: number 24").waitFor();
    await expectGoodScreen(page, "typing the words");
    await page.getByLabel("The 24 words").fill(words.join("  "));
    await button(page, "Next").click();
    await typeCode(page, await deskCode(stage, selector));
    await button(page, "With the phone's own lock").click();
    await button(page, "Yes, this is me").click();
    await heading(page, "Check in").waitFor();
    await page.getByRole("link", { name: /Show your last visit: .*Harbour Clinic/ }).click();
    await page.getByText("This is the name of your visit. Say it at the desk.").waitFor();
    await expectGoodScreen(page, "earlier visit");
    expectQuiet(stage, next);
    await next.close();
  });

  it("removes everything when its owner wants it", async () => {
    const { page, close } = await enrolledPhone(stage);
    await page.getByRole("link", { name: "More" }).click();
    await button(page, "Remove everything …").click();
    await expectGoodScreen(page, "remove");
    await button(page, "Remove everything").click({ force: true });
    await heading(page, "Remove everything from this phone").waitFor();
    await page.getByLabel(/I have my 24 words/).check();
    await button(page, "Remove everything").click();
    await heading(page, "Scan the code from the desk").waitFor();
    await close();
  });

  it("speaks German and Arabic, from right to left", async () => {
    const { page, close, ...person } = await stage.person({ language: "ar" });
    await page.goto(`${stage.urls.walletUrl}/#e=${await deskCode(stage)}`);
    await expectGoodScreen(page, "lock, Arabic");
    await button(page, "بقفل الهاتف نفسه").click();
    await button(page, "نعم، هذا أنا").click();
    await heading(page, "تسجيل الوصول").waitFor();
    await expectGoodScreen(page, "home, Arabic");
    await page.getByRole("combobox").selectOption("de");
    await heading(page, "Anmelden").waitFor();
    expect(await page.locator("html").getAttribute("dir")).toBe("ltr");
    await expectGoodScreen(page, "home, German");
    expectQuiet(stage, { page, close, ...person });
    await close();
  });
});
