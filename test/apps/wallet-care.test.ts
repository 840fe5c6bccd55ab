// The wallet's care for the person: who looked, messages under a visit, clinics that may know one again, requests to a clinic, help.
// One patient, two clinics, an emergency doctor and the officers, from an empty app to the notice.

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Clinic, type ClinicSession, writeInvitation } from "../../client/index.ts";
import { samplePatients } from "../../local/patients.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { axeFaults, DESK, hasChromium, openStage, type Person, PHONE, type Stage, scrollsSideways } from "./stage.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const textsOf = (messages: Uint8Array[]): string[] => messages.map((bytes) => new TextDecoder().decode(bytes));

describe.skipIf(!hasChromium)("care in the wallet", { timeout: 120_000 }, () => {
  let stage: Stage;
  let person: Person;
  let page: Page;
  let harbour: Clinic;
  let hill: Clinic;
  const visits: ClinicSession[] = [];

  const button = (name: string) => page.getByRole("button", { name, exact: true });
  /** A name stands between marks that keep its direction apart. */
  const heading = (name: string) =>
    page.getByRole("heading", { level: 1, name: new RegExp(`^[\u2068]?${name}[\u2069]?$`) }).waitFor();
  const said = (text: string | RegExp) => page.getByText(text).first().waitFor();
  /** Goes to a screen as a link of the app does: the wallet stays open. */
  const goTo = (to: string) =>
    page.evaluate((href) => {
      const link = document.createElement("a");
      link.href = href;
      document.body.append(link);
      link.click();
      link.remove();
    }, to);
  const idle = () => page.waitForFunction(() => document.querySelector("progress") === null);
  async function expectSound(what: string): Promise<void> {
    await idle();
    expect(await axeFaults(page), what).toEqual([]);
    expect(await scrollsSideways(page), what).toBe(false);
    expect(person.complaints, what).toEqual([]);
  }
  /** The machine's time for everybody, as in the browser. */
  const synchronise = (): void => {
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
  };

  async function visit(clinic: Clinic): Promise<ClinicSession> {
    synchronise();
    const { challenge } = await clinic.invitation();
    await goTo("/");
    await heading("Check in");
    await page.locator("summary").click();
    await page.getByRole("textbox").fill(writeInvitation({ challenge }));
    await page.locator("form button[type=submit]").click();
    await button("Check in").click();
    await page.waitForURL(/\/visit/);
    const known = new Set(visits.map(({ tagHash }) => tagHash));
    const session = (await clinic.sessions()).find(({ tagHash }) => !known.has(tagHash))!;
    visits.push(session);
    return session;
  }
  const openThread = async ({ tid }: ClinicSession, clinic: string): Promise<void> => {
    await goTo(`/messages#${tid}`);
    await heading(clinic);
    await idle();
  };

  beforeAll(async () => {
    stage = await openStage();
    const { practice, urls } = stage;
    harbour = await practice.openClinic("Harbour Clinic");
    hill = await practice.openClinic("Hill Practice");
    const [file] = samplePatients();
    const { account, enrolmentCode } = await practice.operator.registerPerson(file!.bundle.patient, "CARE-1", {
      coverage: "standard",
      age: "adult",
    });
    person = await stage.person();
    page = person.page;
    page.setDefaultTimeout(30_000);
    await page.goto(`${urls.walletUrl}/#e=${account}.${enrolmentCode}`);
    await button("With the phone's own lock").click();
    await button("Yes, this is me").click();
    await heading("Check in");
  }, 240_000);
  afterAll(() => stage?.close());

  it("gives help before there is a wallet", async () => {
    const stranger = await stage.person();
    await stranger.page.goto(stage.urls.walletUrl);
    await stranger.page.getByRole("link", { name: "Help", exact: true }).click();
    await stranger.page.getByRole("link", { name: "I lost my phone" }).click();
    await stranger.page.getByText("Call the registrar's desk, or go there.").waitFor();
    expect(await axeFaults(stranger.page)).toEqual([]);
    expect(stranger.complaints).toEqual([]);
    await stranger.close();
  });

  it("says before the first visit that there is nothing", async () => {
    await goTo("/care");
    await said(/Nobody has opened your records|This phone has not read the public list yet/);
    await expectSound("who looked, empty");
    await goTo("/messages");
    await said("No visits yet");
    await expectSound("messages, empty");
    await goTo("/clinics");
    await said("No clinics yet");
    await expectSound("clinics, empty");
  });

  it("sends and receives text under one visit alone, and names bytes that are no text", async () => {
    const first = await visit(harbour);
    const other = await visit(hill);
    await goTo("/messages");
    await heading("Messages");
    await page.getByRole("link", { name: /Harbour Clinic/ }).click();
    await heading("Harbour Clinic");
    expect(new URL(page.url()).pathname).toBe("/messages"); // no server reads the TID
    await page.getByLabel("Your message").fill("May I come at ten? Grüße, سلام");
    await button("Send").click();
    await page.locator(".message.mine").waitFor();
    await idle();
    expect(textsOf(await harbour.receive(first))).toEqual(["May I come at ten? Grüße, سلام"]);
    expect(await hill.receive(other)).toEqual([]);

    await harbour.send(first, utf8("Ten is fine."));
    await harbour.send(first, Uint8Array.of(0xff, 0xd8, 0xff, 0xe0));
    await button("Look for new messages").click();
    await said("Ten is fine.");
    await said("The clinic sent something that is no text (4 bytes).");
    await expectSound("a thread");
  });

  it("keeps a message that did not leave, and sends it again", async () => {
    await openThread(visits[0]!, "Harbour Clinic");
    await person.context.setOffline(true);
    await page.getByLabel("Your message").fill("And my sister comes along.");
    await button("Send").click();
    await said("Not sent.");
    await person.context.setOffline(false);
    await button("Send again").click();
    await page.getByText("Not sent.").waitFor({ state: "detached" });
    await idle();
    expect(textsOf(await harbour.receive(visits[0]!))).toContain("And my sister comes along.");
    person.complaints.length = 0; // the browser's word for no network
  });

  it("asks a clinic to erase a record, and believes it by the clinic's signature alone", async () => {
    const [session] = visits as [ClinicSession];
    synchronise();
    const recordId = await harbour.putRecord(session, utf8("a note"), { contentKind: "text/plain" });
    await goTo(`/messages#${session.tid}/${recordId}`);
    await heading("Harbour Clinic");
    await idle();
    await button("Send this request").click();
    await said("Your request was sent.");
    await idle();
    expect(textsOf(await harbour.receive(session))).toEqual([`Please erase record ${recordId}.`]);
    await expectSound("a request");

    await harbour.send(session, utf8("It is erased."));
    await button("Look for new messages").click();
    await said("The clinic has written since.");
    await button("Check whether it is done").click();
    await said(/Last checked/);
    await idle();
    await said("The clinic has written since."); // its word is no erasure
    await harbour.erase(session, recordId);
    await button("Check whether it is done").click();
    await said("Done: the clinic has signed that it did this.");
  });

  it("lets a clinic know the patient again, with time to undo it, and stops", async () => {
    const [first, other] = visits as [ClinicSession, ClinicSession];
    const second = await visit(harbour);
    await goTo("/clinics");
    await heading("My clinics");
    const clinic = page.locator(".list > li").filter({ hasText: "Harbour Clinic" }).first();
    await clinic.locator("summary").click();
    const letKnow = clinic.getByRole("button", { name: "Let this clinic know me again" });
    await letKnow.click();
    await button("Undo").click();
    await expectSound("clinics");
    expect(await harbour.receive(second)).toEqual([]);

    await letKnow.click();
    await said("The clinic was told");
    const [introduction] = await harbour.receive(second);
    const pseudonym = await harbour.recognise(second, introduction!);
    expect(pseudonym).toMatch(/^[0-9a-f]{192}$/);
    await expectSound("a clinic that knows");

    await button("Tell it in this visit too").click(); // of the first visit
    await button("Tell it in this visit too").waitFor({ state: "detached" });
    const [again] = await harbour.receive(first);
    expect(await harbour.recognise(first, again!)).toBe(pseudonym);
    const third = await visit(harbour); // the wallet tells it by itself
    const came = await vi.waitUntil(async () => (await harbour.receive(third))[0], { timeout: 30_000, interval: 500 });
    expect(await harbour.recognise(third, came)).toBe(pseudonym);

    await goTo("/clinics");
    await button("Do not tell it any more").click();
    await said("You told this clinic before.");
    const fourth = await visit(harbour);
    await goTo("/clinics");
    await said("stands alone");
    expect(await harbour.receive(fourth)).toEqual([]);
    expect(await hill.receive(other)).toEqual([]);
  });

  it("shows who looked, why and who agreed, and checks that none is missing", async () => {
    const [session] = visits as [ClinicSession];
    synchronise();
    const requester = await stage.practice.newRequester("Dr Noor Haddad", "emergency physician");
    const epoch = epochOf(stage.practice.clock.now);
    const order = await requester.order({
      kind: "link",
      purpose: "Unconscious patient, allergies needed",
      legalGround: "GDPR Article 9(2)(c)",
      epochs: { from: epoch, to: epoch },
      emergency: true,
      subject: { checkIn: session.checkInBytes },
    });
    await requester.submit(order);
    for (const officer of stage.practice.officers.slice(0, 2)) {
      const waiting = (await officer.inbox()).find(({ caseId }) => caseId === order.caseId);
      await officer.approve(await officer.review(waiting!));
    }
    await requester.advance(order);

    await goTo("/care");
    await heading("Who looked");
    await idle();
    await button("Check now").click();
    await said("The list is complete");
    await said(/entries read\. All signatures are right/);
    const look = page.getByRole("article");
    const text = (await look.innerText()).replaceAll(/[\u2066-\u2069]/g, "");
    expect(text).toContain("Dr Noor Haddad (emergency physician) was allowed to open your other visits");
    for (const part of ["Unconscious patient, allergies needed", "GDPR Article 9(2)(c)", "All clinics", "2 out of 3"])
      expect(text).toContain(part);
    expect(text).toContain("organisation 1 (127.0.0.1");
    expect(text).toContain(order.caseId.slice(0, 4));
    await expectSound("who looked");
  });

  it("is readable on a desk, in the dark, in Arabic, and on the narrowest phone", async () => {
    const [session] = visits as [ClinicSession];
    const screens = ["/care", `/messages#${session.tid}`, "/clinics", "/help", "/help/lost", "/help/limits"];
    const looks = [
      { viewport: DESK, colorScheme: "dark", language: "en" },
      { viewport: PHONE, colorScheme: "dark", language: "ar" },
      { viewport: { width: 320, height: 640 }, colorScheme: "light", language: "de" },
    ] as const;
    for (const { viewport, colorScheme, language } of looks) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.getByRole("combobox").first().selectOption(language);
      for (const screen of screens) {
        await goTo(screen);
        await page.locator("h1").waitFor();
        await expectSound(`${screen} ${language} ${colorScheme} ${viewport.width}`);
      }
    }
  });

  it("asks only the app's own origin and the roles", () => {
    const { deployment } = stage.practice;
    const roles = [deployment.registrarUrl, deployment.serviceUrl, deployment.logUrl, stage.urls.walletUrl];
    const own = new Set(roles.map((url) => new URL(url).origin));
    expect([...person.origins].filter((origin) => !own.has(origin))).toEqual([]);
  });
});
