// The registrar's desk in a browser: the key is brought once, a person is searched before anybody is registered, a wallet enrols
// with the printed code, and clinics, requesters and officers are read before they are signed.

import decodeQR from "qr/decode.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { suggested, yearsOld } from "../../apps/registrar/people/entitlements.ts";
import {
  ApiError,
  clinicCard,
  codeLink,
  createClinicKeys,
  createRequesterKeys,
  listServices,
  Officer,
  Requester,
  readEnrolmentCode,
  SoftwarePasskey,
  serviceIdOfKeys,
  writeRequesterKeys,
} from "../../client/index.ts";
import { enrolWith } from "../../local/enrol.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import {
  axeFaults,
  DESK,
  hasChromium,
  openStage,
  type Person,
  PHONE,
  preferenceFaults,
  type Stage,
  scrollsSideways,
} from "./stage.ts";

const WAIT = 60_000;
const rng = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));

describe("the suggested age group", () => {
  const facts = [{ name: "age", values: ["child", "adult", "senior"] }];
  it.each([
    ["2008-11-29", 17, "child"],
    ["2008-11-28", 18, "adult"],
    ["1961-11-29", 64, "adult"],
    ["1961-11-28", 65, "senior"],
  ])("of somebody born on %s is that of %i years", (born, years, age) => {
    expect(yearsOld(born, "2026-11-28")).toBe(years);
    expect(suggested(facts, born, "2026-11-28")).toEqual({ age });
  });
  it("is none if the parameters know other groups", () => {
    expect(suggested([{ name: "age", values: ["adult"] }], "1990-01-01", "2026-11-28")).toEqual({});
    expect(suggested([], "1990-01-01", "2026-11-28")).toEqual({});
  });
});

describe.skipIf(!hasChromium)("the registrar's desk", { timeout: 240_000 }, () => {
  let stage: Stage;
  let desk: Person;
  let adminKey: string;
  beforeAll(async () => {
    stage = await openStage();
    adminKey = bytesToHex(stage.practice.host.adminSecretKey);
    desk = await stage.person({ viewport: DESK });
    desk.page.setDefaultTimeout(WAIT);
  }, 300_000);
  afterAll(() => stage?.close());

  const button = (name: string, of = desk) => of.page.getByRole("button", { name, exact: true });
  const heading = (name: string, of = desk) => of.page.getByRole("heading", { level: 1, name });
  const tab = (name: string) => desk.page.getByRole("navigation").getByRole("link", { name }).click();
  /** The screen has no fault that axe finds, and is not too wide. */
  async function looksRight(of = desk): Promise<void> {
    expect(await axeFaults(of.page)).toEqual([]);
    expect(await scrollsSideways(of.page)).toBe(false);
  }

  async function bringKey(of: Person): Promise<void> {
    await of.page.goto(stage.urls.registrarDeskUrl);
    await of.page.locator("input[type=password]").fill(adminKey);
    await of.page.locator("form .button.primary").click();
    await of.page.locator(".facts").waitFor();
    await of.page.locator(".button.primary").click(); // keep this key
    await of.page.locator(".button.primary").click(); // with a passkey
    await of.page.locator("nav.tabs").waitFor();
  }

  interface Visitor {
    family: string;
    given: string;
    birthDate: string;
    number: string;
  }
  const amira = { family: "Al-Khalidi", given: "Amira Sophie", birthDate: "1988-04-09", number: "A 4711-0815" };
  async function search({ family, given, birthDate, number }: Visitor): Promise<void> {
    const { page } = desk;
    await tab("People");
    await page.getByLabel("Family name").fill(family);
    await page.getByLabel("Given names").fill(given);
    await page.getByLabel("Birth date").fill(birthDate);
    await page.getByLabel("Insurance number").fill(number);
    await button("Search").click();
    await page.waitForURL("**/person");
  }
  /** The code as the printed square has it. */
  async function squareText(): Promise<string> {
    const qr = desk.page.locator(".sheet .qr");
    const [path, box] = await Promise.all([qr.locator("path").getAttribute("d"), qr.getAttribute("viewBox")]);
    const [from = 0, , side = 0] = box!.split(" ").map(Number);
    const scale = 4;
    const width = side * scale;
    const data = new Uint8Array(width * width * 4).fill(255);
    for (const [, x, y] of path!.matchAll(/M(\d+) (\d+)h/g))
      for (let dy = 0; dy < scale; dy++)
        for (let dx = 0; dx < scale; dx++) {
          const at = ((Number(y) - from) * scale + dy) * width + (Number(x) - from) * scale + dx;
          data.fill(0, 4 * at, 4 * at + 3);
        }
    return decodeQR({ width, height: width, data });
  }
  /** How many pages a printer gives. */
  const pages = async (): Promise<number | undefined> =>
    (await desk.page.pdf({ preferCSSPageSize: true })).toString("latin1").match(/\/Type \/Page\b/g)?.length;
  const typedText = async (): Promise<string> => (await desk.page.locator(".groups td").allTextContents()).join(" ");

  it("takes the administrator's key once, seals it under a passkey, and never shows it again", async () => {
    const { page } = desk;
    await page.goto(stage.urls.registrarDeskUrl);
    await heading("Bring the administrator's key").waitFor();
    await looksRight();
    await page.getByLabel("Or paste the key").fill("0123");
    await button("Check the key").click();
    await page.getByText("This is no key of an administrator").waitFor();
    // another key than the registrar's: said, and it may be kept only knowingly
    await page.getByLabel("Or paste the key").fill(bytesToHex(rng(32)));
    await button("Check the key").click();
    await heading("The registrar does not take this key").waitFor();
    await looksRight();
    await button("Use another key").click();
    const file = { name: "admin.key", mimeType: "text/plain", buffer: Buffer.from(`${adminKey.toUpperCase()}\n`) };
    await page.getByLabel("Choose the key's file").setInputFiles(file);
    await heading("The registrar takes this key").waitFor();
    await button("Lock the key here").click();
    await heading("How is this desk locked?").waitFor();
    await looksRight();
    await button("Lock with a passkey").click();
    await heading("Who is at the desk?").waitFor();
    await page.reload();
    await heading("The desk is locked").waitFor();
    await looksRight();
    const kept = await page.evaluate(async () => {
      const open = indexedDB.open("locker");
      const db: IDBDatabase = await new Promise((done) => {
        open.onsuccess = () => done(open.result);
      });
      const all = (store: string): Promise<unknown[]> =>
        new Promise((done) => {
          const asked = db.transaction(store).objectStore(store).getAll();
          asked.onsuccess = () => done(asked.result);
        });
      const text = [...(await all("values")), ...(await all("wraps"))].map((row) =>
        Object.values(row as object).map((v) =>
          v instanceof ArrayBuffer || v instanceof Uint8Array
            ? [...new Uint8Array(v as ArrayBuffer)].map((b) => b.toString(16).padStart(2, "0")).join("")
            : String(v),
        ),
      );
      db.close();
      return JSON.stringify(text) + document.documentElement.outerHTML + JSON.stringify(localStorage);
    });
    expect(kept.length).toBeGreaterThan(500);
    expect(kept).not.toContain(adminKey);
    await button("Open with the passkey").click();
    await heading("Who is at the desk?").waitFor();
    await tab("Key");
    await heading("The key of this desk").waitFor();
    await looksRight();
    expect((await page.content()).toLowerCase()).not.toContain(adminKey);
  });

  it("searches first, registers somebody new, and prints a code with which a wallet enrols", async () => {
    const { page } = desk;
    await tab("People");
    await button("Search").click();
    await expect.poll(() => page.locator(".fault").count()).toBe(4);
    await looksRight();
    await search(amira);
    await heading("Nobody is registered under this number").waitFor();
    await button("Register and make the code").click(); // the insurance is not chosen yet
    await page.getByRole("alert").filter({ hasText: "Choose one for each." }).waitFor();
    expect(await page.getByLabel("Adult", { exact: true }).isChecked()).toBe(true); // from the birth date
    await looksRight();
    await page.getByLabel("Extended").check();
    await button("Register and make the code").click();
    await heading("The code is ready").waitFor();
    await looksRight();
    expect(page.url()).not.toMatch(/[0-9a-f]{16}/);

    const code = readEnrolmentCode(await typedText());
    const link = await squareText();
    expect(link).toBe(codeLink(stage.urls.walletUrl, code));
    expect(await page.locator(".sheet").innerText()).not.toContain(amira.family); // a lost sheet names nobody
    for (const language of ["en", "de", "ar"]) {
      await page.getByLabel("Language of the sheet").selectOption(language);
      expect(await page.locator(".sheet").getAttribute("lang")).toBe(language);
      expect(await pages(), language).toBe(1);
    }

    const wallet = await stage.practice.wallet();
    const record = await wallet.startEnrolment(code.account, code.enrolmentCode);
    expect(record).toMatchObject({ selector: "A47110815", name: "Amira Sophie Al-Khalidi" });
    await wallet.confirmEnrolment(record);
    await button("The person has it").click();
    await heading("Who is at the desk?").waitFor();
    expect(await page.getByLabel("Family name").inputValue()).toBe("");
  });

  it("finds somebody who is registered, and offers no second registration", async () => {
    const { page } = desk;
    await search({ ...amira, number: "a4711 0815" });
    await heading("This person is registered").waitFor();
    await page.getByText("1 phone so far").waitFor();
    await page.getByText("Insurance: Extended").waitFor();
    expect(await button("Register and make the code").count()).toBe(0);
    for (const summary of await page.locator("summary").all()) await summary.click();
    await looksRight();

    await page.getByLabel("Standard").check();
    await button("Save the change").click();
    await page.getByText("Insurance: Standard").waitFor();
    await button("Undo").click();
    await page.getByText("Insurance: Extended").waitFor();

    // the number of one person with the birth date of another: no code
    await search({ ...amira, birthDate: "1988-09-04" });
    await heading("This number is registered with another birth date").waitFor();
    await looksRight();
    expect(await page.locator(".button.primary").count()).toBe(0);
  });

  it("gives a lost phone's owner a fresh code, and can make a code void again", async () => {
    const { page } = desk;
    const freshCode = async () => {
      await search(amira);
      await button("Make a fresh code").click();
      await heading("The code is ready").waitFor();
      await page.getByText("If you had the app before").waitFor();
      expect(await pages(), "with the part for people who had the app").toBe(1);
      return readEnrolmentCode(await typedText());
    };
    const lost = await freshCode();
    await button("Make the code void").click();
    await page.getByText("The code is void.").waitFor();
    const refused = enrolWith(await stage.practice.wallet(), lost);
    await expect(refused).rejects.toMatchObject({ code: "credential-refused" });
    const next = await freshCode();
    await enrolWith(await stage.practice.wallet(), next);
    await button("Make the code void").click(); // too late: it was used
    await page.getByText("The code may be used up").waitFor();
    await search(amira);
    await page.getByText("2 phones so far").waitFor();
  });

  it("ends a registration only after the number was typed again, and says that nobody can take it back", async () => {
    const { page } = desk;
    const ben = { family: "Okafor", given: "Ben", birthDate: "2019-02-03", number: "B 999 1" };
    await search(ben);
    await page.getByLabel("Standard").check();
    expect(await page.getByLabel("Child").isChecked()).toBe(true);
    await button("Register and make the code").click();
    await heading("The code is ready").waitFor();
    const code = readEnrolmentCode(await typedText());
    await search(ben);
    await page.getByText("End this registration").click();
    await page.getByLabel("Type the insurance number again").fill("B 999 2");
    await button("End for ever").click({ force: true }); // it says that it is off
    await page.getByLabel("Type the insurance number again").fill("b9991");
    await enrolsStill(code); // the wrong number ended nothing
    await button("End for ever").click();
    await heading("This registration has ended").waitFor();
    await looksRight();
    await search(ben);
    await heading("This registration has ended").waitFor();
  });
  const enrolsStill = async (code: { account: string; enrolmentCode: string }): Promise<void> => {
    const { name } = await (await stage.practice.wallet()).startEnrolment(code.account, code.enrolmentCode);
    expect(name).toBe("Ben Okafor");
  };

  it("shows a clinic's card before it registers the clinic, and can stop it and take that back", async () => {
    const { page } = desk;
    const { deployment, transport } = stage.practice;
    const required = [{ attribute: "age", accepted: ["adult", "senior"] }];
    const keys = await createClinicKeys("Harbour Clinic", { required, maxStaleEpochs: 2 });
    const listed = async () => (await listServices(transport, deployment)).map(({ id }) => id as string);
    const id = bytesToHex(serviceIdOfKeys(keys));
    await tab("Clinics");
    await page.getByText("No clinic is registered yet").waitFor();
    await looksRight();
    const bring = (bytes: Uint8Array) =>
      page
        .getByLabel("Choose the clinic's card")
        .setInputFiles({ name: "card", mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
    const card = clinicCard(keys);
    await bring(Uint8Array.from(card, (b, i) => (i === 90 ? b ^ 1 : b)));
    await page.getByText("This is no clinic's card").waitFor();
    await bring(card);
    await heading("Look at this before you sign").waitFor();
    const shown = await page.locator(".facts").innerText();
    expect(shown).toContain("Age group: Adult, Senior, 65 and over");
    expect(shown.replace(/\s/g, "")).toContain(id);
    expect(shown).toContain("this month and 2 months before");
    expect(await listed()).not.toContain(id); // reading is not registering
    await looksRight();
    await button("Sign and register").click();
    await page.getByText("The clinic is registered.").waitFor();
    expect(await listed()).toContain(id);
    await button("Stop").click();
    await page.getByText("Stopped from this desk").waitFor();
    await looksRight();
    await button("Undo").click();
    await page.getByText("Harbour Clinic\u2069 goes on.").waitFor();
    await page.getByText("Stopped from this desk").waitFor({ state: "detached" });
  });

  it("certifies a requester after the letters were shown, and withdraws the certificate", async () => {
    const { page } = desk;
    const { deployment, transport } = stage.practice;
    const keys = createRequesterKeys(rng);
    const about = { name: "Emergency ward", role: "emergency physician" };
    const text = writeRequesterKeys({ ...about, signKey: keys.signPublicKey, sealKey: keys.seal.publicKey });
    await tab("Requesters");
    await page.getByText("None yet on this machine").waitFor();
    await looksRight();
    await page.getByLabel("Paste the text").fill(text.slice(1));
    await button("Read it").click();
    await page.getByText("These are no keys of a requester").waitFor();
    await page.getByLabel("Paste the text").fill(text);
    await button("Read it").click();
    await heading("Look at this before you sign").waitFor();
    expect(await page.locator(".facts .tid").innerText()).toMatch(/^([A-Z2-7]{4} ){3}[A-Z2-7]{4}$/);
    await looksRight();
    await button("Sign the certificate").click();
    const certificate = fromBase64url(await page.locator(".notice.good textarea").inputValue());
    const requester = new Requester(transport, deployment, keys, certificate); // it takes the certificate
    expect(requester).toBeDefined();
    await looksRight();
    await page.locator("summary").click();
    await page.getByLabel("Type the requester's name").fill("emergency ward");
    await button("Withdraw").click();
    await page.getByText("Withdrawn", { exact: true }).waitFor();
  });

  it("registers an officer at the trustee on whose app the passkey was made, and removes it", async () => {
    const { page } = desk;
    const { deployment, transport } = stage.practice;
    const origin = stage.urls.officerUrls[1]!;
    const authenticator = await SoftwarePasskey.create({ rpId: new URL(origin).hostname, origin });
    const officer = new Officer({ transport, deployment, trustee: 2, authenticator });
    await tab("Officers");
    await page.getByLabel("Paste the officer's text").fill(JSON.stringify(authenticator.registration));
    await button("Read it").click();
    await heading("Look at this before you sign").waitFor();
    await page.getByText("Trustee 2").waitFor();
    await looksRight();
    await button("Sign and register").click();
    await page.getByText("Write the officer's name.").waitFor();
    await page.getByLabel("Name of the officer").fill("Noor");
    await expect(officer.inbox()).rejects.toBeInstanceOf(ApiError);
    await button("Sign and register").click();
    await page.getByText("The officer is registered").waitFor();
    await officer.inbox();
    await page.locator("summary").click();
    await looksRight();
    await page.getByLabel("Type the officer's name").fill("noor");
    await button("Remove").click();
    await page.getByText("Removed", { exact: true }).waitFor();
    await expect(officer.inbox()).rejects.toBeInstanceOf(ApiError);
  });

  it("says what it cannot do about openings, and asked only the roles of its deployment", async () => {
    const { page } = desk;
    await tab("Openings");
    await page.getByText("This desk cannot start a trace").waitFor();
    await page.getByText("Nobody was named to an office yet").waitFor();
    await page.getByText("Links are not in this list").waitFor();
    await looksRight();
    await page.goto(`${stage.urls.registrarDeskUrl}/nowhere`);
    await button("Open with the passkey").click();
    await heading("This screen does not exist").waitFor();
    const known = Object.values({ ...stage.practice.deployment, ...stage.urls })
      .flat()
      .filter((value) => String(value).startsWith("http"))
      .map((value) => new URL(String(value)).origin);
    expect([...desk.origins].filter((origin) => !known.includes(origin))).toEqual([]);
    // a refusal of a role is an expected answer, which browsers put into the console
    expect(desk.complaints.filter((line) => !/status of (403|404|409)/.test(line))).toEqual([]);
  });

  it("fits a phone, in the dark and in Arabic, and a second tab takes the desk over", async () => {
    const phone = await stage.person({ viewport: PHONE, scheme: "dark", language: "ar" });
    await bringKey(phone);
    for (const path of ["/", "/clinics", "/requesters", "/officers", "/trustees", "/openings", "/key"]) {
      await phone.page.locator(`nav.tabs a[href="${path}"]`).click();
      await phone.page.waitForTimeout(200);
      await looksRight(phone);
      expect(await preferenceFaults(phone.page), path).toEqual([]);
      for (const colorScheme of ["dark", "light"] as const) {
        await phone.page.setViewportSize(colorScheme === "dark" ? DESK : PHONE);
        await phone.page.emulateMedia({ colorScheme });
        await looksRight(phone);
      }
      await phone.page.emulateMedia({ colorScheme: "dark" });
    }
    const second = await phone.context.newPage();
    await second.goto(stage.urls.registrarDeskUrl);
    await second.locator("main .button.primary").click(); // use it here
    await second.locator("main .button.primary").waitFor();
    await phone.page.getByRole("heading", { level: 1, name: "مفتوح في علامة تبويب أخرى" }).waitFor();
    expect(phone.complaints).toEqual([]);
    await phone.close();
  });
});
