// A visit on paper, in real browsers: the wallet prints a card, and the desk takes it once.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cardIn } from "../../apps/desk/reception/card-text.ts";
import { VISIT_CARD_SECONDS, writeVisitCard } from "../../client/shared/visit-card.ts";
import { expectOwnOrigins, importKeys, looksRight, openDesk, PHRASE } from "./desk-stage.ts";
import { axeFaults, DESK, hasChromium, type Person, type Stage, scrollsSideways, sharedStage } from "./stage.ts";
import { button, checkInAt, enrolledPhone, expectGoodScreen, expectQuiet, filmOf, heading } from "./wallet-phone.ts";

const STORY = { timeout: 240_000 };

describe("a card's text, as it comes to the desk", () => {
  const { text } = writeVisitCard(new Uint8Array(32).fill(3), new Uint8Array(32).fill(7), 1_796_000_000);
  const letters = text.slice(text.indexOf(":") + 1);

  it("is found in a scan, and in letters that were typed from paper", () => {
    for (const typed of [
      text,
      ` ${text.toLowerCase()}\n`,
      letters,
      letters.match(/.{1,4}/g)!.join(" "),
      letters
        .match(/.{1,4}/g)!
        .join("-")
        .toLowerCase(),
      letters.replaceAll("O", "0").replaceAll("I", "1").replaceAll("B", "8"),
    ])
      expect(cardIn(typed), typed).toBe(text);
  });

  it("is not found in an invitation, a part or something else", () => {
    for (const typed of ["", "https://example.org/", `SYMBOLON:${"A".repeat(500)}`, letters.slice(1), `${letters}A`])
      expect(cardIn(typed), typed).toBeUndefined();
  });
});

describe.skipIf(!hasChromium)("a visit on paper", () => {
  let stage: Stage;
  let phone: Person;
  let desk: Person;
  let tid: string;
  /** the letters on the card, and its whole text */
  let letters: string;
  beforeAll(async () => {
    stage = await sharedStage();
    phone = await enrolledPhone(stage);
    desk = await stage.person({ viewport: DESK, passkeys: false });
  }, 300_000);
  afterAll(() => stage?.close());

  const read = async ({ page }: Person, typed: string): Promise<void> => {
    if ((await page.getByLabel("Or the letters under the code").count()) === 0)
      await button(page, "Read a visit card").click();
    await page.getByLabel("Or the letters under the code").fill(typed);
    await button(page, "Read these letters").click();
  };

  it("the wallet prints a card that names neither clinic nor visit, in three languages", STORY, async () => {
    const clinic = await openDesk(stage, desk, "Lighthouse Clinic");
    const { page } = phone;
    await checkInAt(stage, page, clinic);
    tid = (await page.locator(".tid").textContent())!.replaceAll(" ", "");
    const disc = await page.getByRole("img", { name: /left half/ }).innerHTML();
    await page.getByRole("link", { name: "Print a card for this visit" }).click();
    await heading(page, "A card for this visit").waitFor();
    const card = page.locator(".visit-card");
    await card.waitFor();
    letters = (await page.locator(".visit-card-letters").textContent())!.replaceAll(" ", "");
    expect(letters).toMatch(/^[A-Z2-7]{47}$/);
    const shape = (html: string) => html.replaceAll(/id="[^"]*"|url\([^)]*\)/g, "");
    expect(shape(await page.getByRole("img", { name: /left half/ }).innerHTML())).toBe(shape(disc));
    await expectGoodScreen(page, "card");

    // On paper there is the card, and nothing else.
    await page.emulateMedia({ media: "print" });
    const paper = await page.evaluate(() => document.body.innerText);
    expect(paper).toContain("Visit card");
    expect(paper).toMatch(/Good once, until /);
    for (const secret of ["Lighthouse", tid, tid.slice(0, 5), "Gottlieb", "A card for this visit", "Print the card"])
      expect(paper, secret).not.toContain(secret);
    await page.emulateMedia({ media: null });
    const pdf = (await page.pdf({ preferCSSPageSize: true, format: "A4" })).toString("latin1");
    expect(pdf.match(/\/Type \/Page\b/g), "one sheet").toHaveLength(1);
    expect([new URL(page.url()).pathname, await page.title()], "no history names the visit").toEqual([
      "/card",
      "Visits",
    ]);

    for (const [language, title] of [
      ["de", "Besuchskarte"],
      ["ar", "بطاقة زيارة"],
    ] as const) {
      await page.locator(".bar select").selectOption(language);
      await page.locator(".visit-card h2", { hasText: title }).waitFor();
      expect(await axeFaults(page), language).toEqual([]);
      expect(await scrollsSideways(page), language).toBe(false);
    }
    await page.locator(".bar select").selectOption("en");
    await page.evaluate(() => {
      window.print = () => document.body.setAttribute("data-printed", "");
    });
    await button(page, "Print the card").click();
    expect(await page.locator("body[data-printed]").count()).toBe(1);
    await button(page, "Back to the visit").click();
    await heading(page, "You are checked in").waitFor();
    expectQuiet(stage, phone);
  });

  it("the desk takes the card once, and says when it was used", STORY, async () => {
    const { page } = desk;
    const tag = page.locator(".arrival .tid");
    // The next patient: the visit was opened at home, and nobody is here yet.
    await expect.poll(async () => (await tag.textContent())!.replaceAll(" ", "")).toBe(tid);
    await button(page, "Next patient").click();
    await page.getByText("Nobody has checked in yet").waitFor();

    await button(page, "Read a visit card").click();
    await page.getByRole("heading", { name: "Visit card" }).waitFor();
    await looksRight(page, "reading a card");
    await read(desk, letters.slice(1));
    await page.getByText("This is no whole visit card").waitFor();
    await read(
      desk,
      letters
        .match(/.{1,4}/g)!
        .join(" ")
        .toLowerCase(),
    );
    await page.locator(".arrived", { hasText: "Here with a visit card" }).waitFor();
    expect((await tag.textContent())!.replaceAll(" ", "")).toBe(tid);
    await page.getByRole("img", { name: new RegExp(`Right half of the disc of visit ${tid}`) }).waitFor();
    expect(await page.getByLabel("Or the letters under the code").count(), "the reader closes").toBe(0);
    await looksRight(page, "arrived with a card");
    await page.getByRole("link", { name: "Today" }).click();
    await page.getByText("here, with a card").waitFor();
    await page.getByRole("link", { name: "Reception" }).click();

    await read(desk, letters);
    await page.getByText(/This card was used at /).waitFor();
    await page.getByText("somebody else came with the card").waitFor();
    await looksRight(page, "a card that was used");

    // After a restart too.
    await button(page, "Lock").click();
    await page.getByLabel("Passphrase").fill(PHRASE);
    await page.keyboard.press("Enter");
    await page.locator(".line.on").waitFor({ timeout: 30_000 });
    await page.getByRole("link", { name: "Today" }).click();
    await page.getByText("here, with a card").waitFor();
    await page.getByRole("link", { name: "Reception" }).click();
    await read(desk, letters);
    await page.getByText(/This card was used at /).waitFor();
    await page.locator(".bar select").selectOption("ar");
    await page.getByText("استُخدمت هذه البطاقة من قبل").waitFor();
    expect(await axeFaults(page), "ar").toEqual([]);
    expect(await scrollsSideways(page), "ar").toBe(false);
    await page.locator(".bar select").selectOption("en");
    expect(desk.complaints).toEqual([]);
    expectOwnOrigins(stage, desk);
  });

  it("the desk says in plain words what is wrong with other cards", STORY, async () => {
    const { page } = desk;
    const slip = `${letters.slice(0, 20)}${letters[20] === "A" ? "C" : "A"}${letters.slice(21)}`;
    await read(desk, slip);
    await page.getByText("Compare the letters under its code").waitFor();

    const [key, tagHash] = [new Uint8Array(32).fill(3), new Uint8Array(32).fill(7)];
    const now = Math.floor(Date.now() / 1000);
    await read(desk, writeVisitCard(key, tagHash, now + VISIT_CARD_SECONDS).text);
    await page.getByText("No visit of this clinic has this card").waitFor();
    await read(desk, writeVisitCard(key, tagHash, now - 1).text);
    await page.getByText("The time of this card is over").waitFor();
    await looksRight(page, "a card that is over");
    expect(desk.complaints).toEqual([]);
  });

  it("a camera reads the card at the desk, and at a second clinic it is unknown", STORY, async () => {
    const person = await stage.person({ viewport: DESK, passkeys: false, camera: filmOf(`SYMBOLON-CARD:${letters}`) });
    const clinic = await stage.practice.openClinic("Valley Clinic");
    await importKeys(stage, person, JSON.stringify(clinic.keys));
    await button(person.page, "Read a visit card").click();
    await button(person.page, "Start the camera").click();
    await person.page.getByText("No visit of this clinic has this card").waitFor({ timeout: 60_000 });
    await person.close();
  });
});
