// A check-in at a clinic in a real browser: by link, text and photo, with and without network, and what is refused.

import QRCode from "qrcode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clinic, fromBase64url } from "../../client/index.ts";
import { wordsOfName } from "../../client/shared/spoken-words.ts";
import { spokenNameOf } from "../../protocol/spoken-invitation.ts";
import { hasChromium, type Person, type Stage, sharedStage } from "./stage.ts";
import {
  button,
  checkInAt,
  deskCode,
  enrol,
  enrolledPhone,
  expectGoodScreen,
  expectQuiet,
  filmOf,
  heading,
  visitLink,
} from "./wallet-phone.ts";

describe.skipIf(!hasChromium)("a check-in", () => {
  let stage: Stage;
  let clinic: Clinic;
  let adults: Clinic;
  let person: Person;
  beforeAll(async () => {
    stage = await sharedStage();
    clinic = await stage.practice.openClinic("Harbour Clinic");
    adults = await stage.practice.openClinic("Hill Clinic", {
      required: [{ attribute: "age", accepted: ["adult", "senior"] }],
      maxStaleEpochs: 1,
    });
    person = await enrolledPhone(stage);
  });
  afterAll(() => stage?.close());

  /** Whether the clinic has a session with the name that stands on the screen. */
  async function isAt(at: Clinic): Promise<boolean> {
    const shown = (await person.page.locator(".tid").textContent())!.replaceAll(" ", "");
    for await (const { tid } of at.eachSession()) if (tid === shown) return true;
    return false;
  }

  it("shows who asks, what they see, and then half of a disc", async () => {
    const { page } = person;
    await page.goto(await visitLink(stage, adults));
    await heading(page, /Check in at .*Hill Clinic/).waitFor();
    expect(page.url(), "the invitation stays in no history").not.toContain("SYMBOLON");
    expect(await page.locator(".seen").textContent()).toContain("Age group: adult");
    expect(await page.locator(".unseen").textContent()).toContain("your name");
    await expectGoodScreen(page, "offer");
    await button(page, "Check in").click();
    await heading(page, "You are checked in").waitFor();
    await page.getByRole("img", { name: /left half/ }).waitFor();
    await expectGoodScreen(page, "result");

    expect(await isAt(adults)).toBe(true);
    expect([page.url(), await page.title()], "no history names the visit").toEqual([
      `${stage.urls.walletUrl}/visit`,
      "Visits",
    ]);
    const tid = (await page.locator(".tid").textContent())!.replaceAll(" ", "");
    await page.getByRole("link", { name: "Messages of this visit" }).click();
    await page.getByRole("heading", { name: /Hill Clinic/, level: 1 }).waitFor();
    expect(new URL(page.url()).hash, "no server reads what names the visit").toBe(`#${tid}`);
    expectQuiet(stage, person);
  });

  it("takes a text that was pasted or a photo of the code, and the person may say not now", async () => {
    const { page } = person;
    await page.goto(stage.urls.walletUrl);
    await button(page, "Open with the phone's lock").click();
    await page.getByText("Other ways").click();
    await page.getByLabel("Link or text from the clinic").fill("https://example.org/");
    await button(page, "Use this text").click();
    await page.getByText("This holds no code of a clinic").waitFor();
    const text = (await visitLink(stage, clinic)).split("#v=")[1]!;
    await page.getByLabel("Link or text from the clinic").fill(text.toLowerCase());
    await button(page, "Use this text").click();
    await heading(page, /Check in at .*Harbour Clinic/).waitFor();
    await button(page, "Not now").click();
    await heading(page, "Check in").waitFor();

    await page.getByText("Other ways").click();
    const picture = (code: string) => QRCode.toBuffer(code, { scale: 5 });
    const photo = async (code: string) => ({ name: "photo.png", mimeType: "image/png", buffer: await picture(code) });
    await page.setInputFiles("input[type=file]", await photo("https://example.org/"));
    await page.getByText("This holds no code of a clinic").waitFor();
    await page.setInputFiles("input[type=file]", await photo(await visitLink(stage, clinic)));
    await heading(page, /Check in at .*Harbour Clinic/).waitFor();
    await button(page, "Not now").click();
  });

  it("takes six words that the desk says, offers the nearest for a slip, and shows the same clinic as the code", async () => {
    const { page } = person;
    await page.goto(stage.urls.walletUrl);
    await button(page, "Open with the phone's lock").click();
    await page.getByText("Other ways").click();
    await button(page, "Type six words that the desk says").click();
    await heading(page, "Type the six words").waitFor();
    await expectGoodScreen(page, "six words");
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
    const words = await clinic.spokenWords(await clinic.invitationText());
    const word = (n: number) => page.getByLabel(`Word ${n}`, { exact: true });

    await word(1).fill(words[0]!);
    await button(page, "Go on").click();
    await page.getByText("Not all words are right").waitFor();
    expect(await page.locator(".fault").count(), "the missing words are marked").toBe(5);

    // A space goes on to the next field; the last word has two letters swapped.
    const last = words[5]!;
    const slip = `${last.slice(0, -2)}${last.at(-1)}${last.at(-2)}q`;
    await word(1).fill("");
    await word(1).focus();
    await page.keyboard.type([...words.slice(0, 5), slip].join(" "));
    await page.keyboard.press("Enter");
    await page.getByText("No word of the list is written so.").waitFor();
    await expectGoodScreen(page, "six words, one mistyped");
    await button(page, `Take “${last}”`).click();
    await button(page, "Go on").click();
    await heading(page, /Check in at .*Harbour Clinic/).waitFor();
    await button(page, "Check in").click();
    await heading(page, "You are checked in").waitFor();
    expect(await isAt(clinic)).toBe(true);
    expectQuiet(stage, person);
  });

  it("says which words are wrong, and when they have run out", async () => {
    const { page } = person;
    const write = async (words: readonly string[]): Promise<void> => {
      await page.getByLabel("Word 1", { exact: true }).fill(words.join(" "));
      await button(page, "Go on").click();
    };
    await button(page, "Close").click();
    await page.getByText("Other ways").click();
    await button(page, "Type six words that the desk says").click();
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
    const words = await clinic.spokenWords(await clinic.invitationText());
    await write([words[1]!, words[0]!, ...words.slice(2)]);
    await page.getByText("One word is another one, or two have changed places").waitFor();

    const never = wordsOfName(spokenNameOf(await clinic.challenge()));
    await write(never);
    await page.getByText("No clinic shows these words now").waitFor();
    await expectGoodScreen(page, "words that ran out");
    // The browser itself writes one line about the service's 404.
    person.complaints.splice(0);
    await button(page, "Back to the camera").click();
    await heading(page, "Check in").waitFor();
  });

  it("refuses in plain words, and says what to do", async () => {
    const { page } = person;
    const children = await stage.practice.openClinic("Children's Clinic", {
      required: [{ attribute: "age", accepted: ["child"] }],
      maxStaleEpochs: 1,
    });
    await page.goto(await visitLink(stage, children));
    await page.getByText("The clinic asks for something that you do not have").waitFor();
    await expectGoodScreen(page, "not entitled");

    const link = await visitLink(stage, clinic);
    await page.goto(link.slice(0, -3));
    await page.getByText("This code cannot be read. Ask the clinic to show it again.").waitFor();

    stage.practice.clock.now -= 7200;
    const old = await clinic.invitationText();
    await page.goto(`${stage.urls.walletUrl}/#v=${old}`);
    await page.getByText("This code is too old").waitFor();
  });

  it("offers a way on if no answer comes, and sends the very same check-in again", async () => {
    const { page, context } = person;
    await page.goto(await visitLink(stage, clinic));
    await heading(page, /Check in at .*Harbour Clinic/).waitFor();
    await context.setOffline(true);
    await button(page, "Check in").click();
    await page.getByText("No answer came. Try again").waitFor();
    await expectGoodScreen(page, "no answer");
    await context.setOffline(false);
    await button(page, "Try again").click();
    await heading(page, "You are checked in").waitFor();
    expect(await isAt(clinic)).toBe(true);
  });

  it("works without network at a clinic that the phone knows, and the clinic takes the text", async () => {
    const { page, context } = person;
    await button(page, "Close").click();
    const link = await visitLink(stage, clinic);
    await context.setOffline(true);
    await page.evaluate((hash) => {
      location.hash = hash;
    }, link.split("#")[1]!);
    await page.getByText("You can check in without network").waitFor();
    await expectGoodScreen(page, "offer without network");
    await button(page, "Give it to the clinic directly").click();
    await page.getByText("The clinic does not have it yet").waitFor();
    await page.getByText("Show the text").click();
    await expectGoodScreen(page, "handed over");
    const text = (await page.locator("p.code").textContent())!;
    const { tid } = await clinic.verify(fromBase64url(text));
    expect((await page.locator(".tid").textContent())!.replaceAll(" ", "")).toBe(tid);
    await context.setOffline(false);
  });

  it("starts without network, and says what a code of an unknown clinic needs", async () => {
    const { page, context } = person;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    const stranger = await stage.practice.openClinic("Far Clinic");
    const link = await visitLink(stage, stranger);
    const withCard = await visitLink(stage, stranger, true);
    await context.setOffline(true);
    await page.reload();
    await button(page, "Open with the phone's lock").click();
    await page.getByRole("link", { name: "Check in" }).click();
    await heading(page, "Check in").waitFor();
    await page.evaluate((hash) => {
      location.hash = hash;
    }, link.split("#")[1]!);
    await page.getByText("There is no network, and this phone was never at this clinic").waitFor();
    await page.evaluate((hash) => {
      location.hash = hash;
    }, withCard.split("#")[1]!);
    await heading(page, /Check in at .*Far Clinic/).waitFor();
    await context.setOffline(false);
  });

  it("reads the codes of the desk and of a clinic from the camera", async () => {
    const film = filmOf(`${stage.urls.walletUrl}/#e=${await deskCode(stage)}`);
    const first = await stage.person({ camera: film });
    await first.page.goto(stage.urls.walletUrl);
    await button(first.page, "Scan the code").click();
    await heading(first.page, "How do you want to lock this app?").waitFor();
    await first.close();

    const next = await stage.person({ camera: filmOf(await visitLink(stage, clinic)) });
    await enrol(stage, next.page, await deskCode(stage));
    await button(next.page, "Scan the clinic's code").click();
    await heading(next.page, /Check in at .*Harbour Clinic/).waitFor();
    await button(next.page, "Check in").click();
    await heading(next.page, "You are checked in").waitFor();
    expectQuiet(stage, next);
    await next.close();
  });

  it("says that the camera cannot be used if the person refuses it, and keeps the other ways", async () => {
    const { page, context, close } = await enrolledPhone(stage);
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused", "NotAllowedError"));
    });
    await button(page, "Scan the clinic's code").click();
    await page.getByText("The camera cannot be used").waitFor();
    await button(page, "Choose a photo of the code").waitFor();
    await expectGoodScreen(page, "no camera");
    await context.close();
    await close().catch(() => {});
  });

  it("is quick with a phone that was just enrolled: three taps from the desk's code to the disc", async () => {
    const next = await stage.person();
    await enrol(stage, next.page, await deskCode(stage));
    await checkInAt(stage, next.page, clinic);
    expectQuiet(stage, next);
    await next.close();
  });
});
