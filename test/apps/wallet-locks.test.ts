// The locks of the wallet in a real browser: a second lock, another passphrase, a passkey that is gone from the phone.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, type Stage, sharedStage } from "./stage.ts";
import { button, deskCode, enrolledPhone, expectGoodScreen, expectQuiet, heading } from "./wallet-phone.ts";

describe.skipIf(!hasChromium)("the wallet's locks", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await sharedStage();
  });
  afterAll(() => stage?.close());

  it("has a second lock, which opens when the passkey is lost and makes a new one", async () => {
    const person = await enrolledPhone(stage);
    const { page } = person;
    const wraps = () =>
      page.evaluate(
        () =>
          new Promise<{ kind: string; credentialId?: string }[]>((found) => {
            indexedDB.open("locker").onsuccess = ({ target }) => {
              const db = (target as IDBOpenDBRequest).result;
              db.transaction("wraps").objectStore("wraps").getAll().onsuccess = (event) => {
                db.close();
                found((event.target as IDBRequest).result);
              };
            };
          }),
      );
    const toLocks = async (): Promise<void> => {
      await page.getByRole("link", { name: "More" }).click();
      await page.getByRole("link", { name: "Change the lock" }).click();
      await heading(page, "How this app is locked").waitFor();
    };
    await toLocks();
    await expectGoodScreen(page, "one lock");
    expect(await page.getByRole("button", { name: /^Remove the/ }).count(), "the only lock stays").toBe(0);
    await button(page, "Add a passphrase").click();
    await heading(page, "Open the app once more").waitFor();
    await expectGoodScreen(page, "proof");
    await button(page, "Open with the phone's lock").click();
    await page.getByLabel("Passphrase", { exact: true }).fill("harbour lantern oak nine");
    await page.getByLabel("The same once more").fill("harbour lantern oak nine");
    await page.keyboard.press("Enter");
    await page.getByText("The new passphrase opens this app now.").waitFor();
    await expectGoodScreen(page, "two locks");
    const before = await wraps();
    expect(before.map(({ kind }) => kind).sort()).toEqual(["passkey", "passphrase"]);

    // The passkey is gone from the phone: the passphrase opens, and no other one does.
    await page.reload();
    await heading(page, "This app is locked").waitFor();
    await expectGoodScreen(page, "locked, two ways");
    await page.evaluate(() => {
      navigator.credentials.get = () => Promise.reject(new DOMException("no such passkey", "NotAllowedError"));
    });
    await button(page, "Open with the phone's lock").click();
    await page.getByText("The passkey was not used.").waitFor();
    await button(page, "Use the passphrase").click();
    await page.getByLabel("Passphrase").fill("harbour lantern oak ten");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the passphrase of this device.").waitFor();
    await page.getByLabel("Passphrase").fill("harbour lantern oak nine");
    await page.keyboard.press("Enter");
    await heading(page, "How this app is locked").waitFor();

    await toLocks();
    await button(page, "Make a new passkey").click();
    await button(page, "Use the passphrase").click();
    await page.getByLabel("Passphrase").fill("harbour lantern oak nine");
    await page.keyboard.press("Enter");
    await button(page, "Make the passkey").click();
    await page.getByText("The phone’s lock opens this app now.").waitFor();
    const after = await wraps();
    const passkeyOf = (all: typeof after) => all.filter(({ kind }) => kind === "passkey").map((w) => w.credentialId);
    expect(after).toHaveLength(2);
    expect(passkeyOf(after)).not.toEqual(passkeyOf(before));

    // The new passkey opens, and then the passphrase goes: only with the lock that stays.
    await page.reload();
    await button(page, "Open with the phone's lock").click();
    await heading(page, "How this app is locked").waitFor();
    await toLocks();
    await button(page, "Remove the passphrase").click();
    await page.getByText("Open it with the lock that stays.").waitFor();
    expect(await button(page, "Use the passphrase").count()).toBe(0);
    await button(page, "Open with the phone's lock").click();
    await page.getByText("The passphrase opens this app no more.").waitFor();
    expect((await wraps()).map(({ kind }) => kind)).toEqual(["passkey"]);
    await page.reload();
    await button(page, "Open with the phone's lock").waitFor();
    expect(await button(page, "Use the passphrase").count()).toBe(0);
    expectQuiet(stage, person);
    await person.close();
  });

  it("changes the passphrase, and only for somebody who knows the old one", async () => {
    const { page, close } = await stage.person({ passkeys: false });
    const set = async (phrase: string): Promise<void> => {
      await page.getByLabel("Passphrase", { exact: true }).fill(phrase);
      await page.getByLabel("The same once more").fill(phrase);
      await page.keyboard.press("Enter");
    };
    const open = async (phrase: string): Promise<void> => {
      await page.getByLabel("Passphrase").fill(phrase);
      await page.keyboard.press("Enter");
    };
    await page.goto(`${stage.urls.walletUrl}/#e=${await deskCode(stage)}`);
    await set("harbour lantern oak nine");
    await button(page, "Yes, this is me").click();
    await page.getByRole("link", { name: "More" }).click();
    await page.getByRole("link", { name: "Change the lock" }).click();
    await button(page, "Change the passphrase").click();
    await open("harbour lantern oak ten");
    await page.getByText("This is not the passphrase of this device.").waitFor();
    await open("harbour lantern oak nine");
    await heading(page, "Choose a passphrase").waitFor();
    await set("quiet river seven stones");
    await page.getByText("The new passphrase opens this app now.").waitFor();
    await page.reload();
    await open("harbour lantern oak nine");
    await page.getByText("This is not the passphrase of this device.").waitFor();
    await open("quiet river seven stones");
    await heading(page, "How this app is locked").waitFor();
    await close();
  });

  it("asks the browser to keep its data, and has a name and a way out that say nothing", async () => {
    const person = await stage.person();
    const { page, context } = person;
    await page.addInitScript(() => {
      const { storage } = navigator;
      const persist = storage.persist.bind(storage);
      storage.persist = () => {
        document.documentElement.dataset.persisted = "asked";
        return persist();
      };
    });
    await context.route("https://www.wikipedia.org/", (route) =>
      route.fulfill({ contentType: "text/html", body: "<title>Wikipedia</title><h1>Wikipedia</h1>" }),
    );
    await page.goto(`${stage.urls.walletUrl}/#e=${await deskCode(stage)}`);
    const asked = () => page.evaluate(() => document.documentElement.dataset.persisted);
    await heading(page, "How do you want to lock this app?").waitFor();
    expect(await asked(), "there is nothing to keep yet").toBeUndefined();
    await button(page, "With the phone's own lock").click();
    await button(page, "Yes, this is me").click();
    await heading(page, "Check in").waitFor();
    expect(await asked()).toBe("asked");

    const said = await page.evaluate(async () => {
      const manifest = await fetch("/manifest.webmanifest").then((answer) => answer.text());
      return `${document.title} ${manifest} ${await fetch("/icon.svg").then((answer) => answer.text())}`;
    });
    expect(said).toContain("Visits");
    expect(said).not.toMatch(/health|medic|clinic|patient|doctor|wallet|symbolon/i);

    await page.getByRole("link", { name: "More" }).click();
    await button(page, "Quick exit").click();
    await heading(page, "Wikipedia").waitFor();
    await page.goBack();
    await heading(page, "Wikipedia").waitFor();
    await page.waitForURL("https://www.wikipedia.org/");
    expect(await page.getByRole("heading", { name: "Check in" }).count()).toBe(0);
    await person.close();
  });
});
