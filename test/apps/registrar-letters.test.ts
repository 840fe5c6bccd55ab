// Letters about openings, at the registrar's desk. A link leaves none, a trace and an assemble leave one each. The letter says in the
// person's language what the registry knows, and what it does not know.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CATALOGUE as LETTERS } from "../../apps/registrar/openings/letter-words.ts";
import type { Clinic, ClinicSession, OrderRequest, PreparedOrder, Requester } from "../../client/index.ts";
import type { EnrolledPatient } from "../../local/practice.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { expectSound, PHONE_THEN_DESK } from "./looks.ts";
import { DESK, hasChromium, openStage, type Person, preferenceFaults, type Stage } from "./stage.ts";

const DOCTOR = "Dr Noor Haddad";
const ROLE = "emergency physician";
const NAME = "Amira Sophie Al-Khalidi";
const NUMBER = "LETTER-4711";
const PURPOSE = "Outbreak of measles, contacts must be found";
const LAW = "GDPR Article 9(2)(i)";

describe.skipIf(!hasChromium)("letters about openings", { timeout: 240_000 }, () => {
  let stage: Stage;
  let desk: Person;
  let amira: EnrolledPatient;
  let clinic: Clinic;
  let session: ClinicSession;
  let requester: Requester;

  const synchronise = (): number => {
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
    return stage.practice.clock.now;
  };

  beforeAll(async () => {
    stage = await openStage();
    const { practice } = stage;
    const patient = {
      fullUrl: "urn:uuid:9a0c2f3e-66d5-4a2c-8f8e-3a1f8c1e7d10",
      resource: {
        resourceType: "Patient",
        name: [{ use: "official", family: "Al-Khalidi", given: ["Amira", "Sophie"] }],
        birthDate: "1988-04-09",
      },
    };
    synchronise();
    clinic = await practice.openClinic("Harbour Clinic");
    amira = await practice.enrolPatient(patient, NUMBER, { coverage: "standard", age: "adult" });
    const { tagHash } = await amira.wallet.checkIn(await amira.wallet.readInvitation(await clinic.invitation()));
    session = await clinic.session(tagHash);
    requester = await practice.newRequester(DOCTOR, ROLE);
    desk = await stage.person({ viewport: DESK });
    desk.page.setDefaultTimeout(30_000);
    await desk.page.goto(stage.urls.registrarDeskUrl);
    await desk.page.locator("input[type=password]").fill(bytesToHex(practice.host.adminSecretKey));
    await desk.page.locator("form .button.primary").click();
    await desk.page.locator(".facts").waitFor();
    await desk.page.locator(".button.primary").click(); // keep this key
    await desk.page.locator(".button.primary").click(); // with a passkey
    await desk.page.locator("nav.tabs").waitFor();
  }, 300_000);
  afterAll(() => stage?.close());

  const button = (name: string) => desk.page.getByRole("button", { name, exact: true });
  const entries = () => desk.page.locator(".openings li");
  const plain = async (where: string): Promise<string> =>
    (await desk.page.locator(where).innerText()).replaceAll(/[\u2066-\u2069]/g, "");
  const seen = (text: string) => text.replaceAll(/[\u2066-\u2069]/g, "");

  /** The list, fetched anew. */
  async function openList(): Promise<void> {
    const tab = (name: string) => desk.page.getByRole("navigation").getByRole("link", { name }).click();
    await tab("People");
    await tab("Openings");
    await desk.page.getByText("Links are not in this list").waitFor();
  }

  /** An order that two officers approve. The case is not carried on. */
  async function approved(request: Pick<OrderRequest, "kind" | "subject">): Promise<PreparedOrder> {
    const epoch = epochOf(synchronise());
    const order = await requester.order({
      purpose: PURPOSE,
      legalGround: LAW,
      emergency: true,
      ...(request.kind !== "trace" && { epochs: { from: epoch, to: epoch } }),
      ...request,
    });
    await requester.submit(order);
    for (const officer of stage.practice.officers.slice(0, 2)) {
      const waiting = (await officer.inbox()).find(({ caseId }) => caseId === order.caseId);
      await officer.approve(await officer.review(waiting!));
    }
    return order;
  }

  async function looksSound(what: string): Promise<void> {
    const { page } = desk;
    await expectSound(page, what, [...PHONE_THEN_DESK, [DESK, "light"]]);
    expect(await preferenceFaults(page), what).toEqual([]);
    expect(desk.complaints, what).toEqual([]);
  }
  const pages = async (): Promise<number | undefined> =>
    (await desk.page.pdf({ preferCSSPageSize: true })).toString("latin1").match(/\/Type \/Page\b/g)?.length;

  it("has none after a link, and none for a case that was approved but answered by nobody", async () => {
    await requester.advance(await approved({ kind: "link", subject: { checkIn: session.checkInBytes } }));
    await approved({ kind: "trace", subject: { checkIn: session.checkInBytes } });
    await approved({ kind: "assemble", subject: { selector: NUMBER } });
    await openList();
    await desk.page.getByText("Nobody was named to an office yet").waitFor();
    expect(await entries().count()).toBe(0);
    await looksSound("no openings");
  });

  it("lists a trace, and its letter tells who learned the name, and that the registry knows no reason and no visit", async () => {
    const order = await approved({ kind: "trace", subject: { checkIn: session.checkInBytes } });
    await requester.advance(order);
    expect((await requester.trace(order)).selector).toBe("LETTER4711");
    await requester.trace(order); // a repetition gives no second letter
    await openList();
    await expect.poll(() => entries().count()).toBe(1);
    const entry = await plain(".openings li");
    for (const part of [NAME, "LETTER4711", `${DOCTOR} (${ROLE}) learned who this person is`, "No letter yet"])
      expect(entry).toContain(part);
    await button("Show the letter").click();
    const letter = await plain(".sheet");
    for (const part of [
      NAME,
      `${DOCTOR} (${ROLE}) was allowed to learn your name, starting from one visit.`,
      "People of 2 out of 3 organisations: organisation 1 (127.0.0.1",
      (order.caseId.slice(0, 16).match(/.{4}/g) ?? []).join(" "),
      LETTERS.en.notTold,
      LETTERS.en.meansOf.trace[0]!,
      LETTERS.en.wrongSteps[0]!,
      "You may complain to the data protection office",
    ])
      expect(letter).toContain(part);
    // what the registrar was never told, and what must not stand in an open window of an envelope
    for (const secret of [PURPOSE, LAW, "Harbour Clinic", session.tid, "LETTER4711"])
      expect(letter).not.toContain(secret);
    await looksSound("the letter about a trace");
  });

  it("asks after printing whether it was printed, and takes the mark back", async () => {
    await button("Print the letter").click();
    await desk.page.getByText("Was it printed?").waitFor();
    await looksSound("was it printed");
    await button("No").click();
    await desk.page.getByText("Was it printed?").waitFor({ state: "detached" });
    await button("Print the letter").click();
    await button("Yes").click();
    await desk.page.getByText("The letter is marked as printed").waitFor();
    await button("Undo").click();
    await desk.page.getByText("The letter is marked as printed").waitFor({ state: "detached" });
    await openList();
    await desk.page.getByText("No letter yet").waitFor();
    await button("Show the letter").click();
    await button("Print the letter").click();
    await button("Yes").click();
    await button("Back to the list").click();
    await desk.page.getByText("Letter printed on").waitFor();
    await openList(); // the registrar keeps the mark, not this page
    await desk.page.getByText("Letter printed on").waitFor();
    await looksSound("a printed letter");
  });

  it("lists an assemble, and its letter tells the reason, the law and the months, in three languages on one page", async () => {
    const { page } = desk;
    const order = await approved({ kind: "assemble", subject: { selector: NUMBER } });
    await requester.advance(order);
    expect((await requester.person(order)).selector).toBe("LETTER4711");
    await openList();
    await expect.poll(() => entries().count()).toBe(2);
    expect(seen(await entries().first().innerText())).toContain("was allowed to open all visits of this person");
    await entries().first().getByRole("button", { name: "Show the letter" }).click();
    const month = (language: string): string =>
      new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date());
    const who = `${DOCTOR} (${ROLE})`;
    for (const language of ["en", "de", "ar"] as const) {
      const s = LETTERS[language];
      await page.getByLabel("Language of the letter").selectOption(language);
      await expect.poll(() => page.locator(".sheet").getAttribute("lang")).toBe(language);
      expect(await page.locator(".sheet").getAttribute("dir")).toBe(language === "ar" ? "rtl" : "ltr");
      const letter = await plain(".sheet");
      for (const part of [
        NAME,
        s.title,
        s.assemble(who),
        s.emergency,
        PURPOSE,
        LAW,
        s.everyClinic,
        s.month(month(language)),
      ])
        expect(letter, language).toContain(seen(part));
      for (const part of [s.meansTitle, ...s.means, ...s.meansOf.assemble, ...s.wrongSteps, s.phone])
        expect(letter, language).toContain(seen(part));
      for (const secret of ["Harbour Clinic", session.tid, s.notTold]) expect(letter, language).not.toContain(secret);
      expect(await pages(), language).toBe(1);
      await looksSound(`the letter in ${language}`);
    }
  });

  it("fetches older ones when asked", async () => {
    const { page } = desk;
    // The registrar's pages hold 50, so the first one is cut here. The registrar itself answers the cursor.
    await page.route("**/v1/admin/openings", async (route) => {
      const answer = await route.fetch();
      const json = (await answer.json()) as { openings: { at: number; caseId: string }[]; cursor: string | null };
      const [newest, ...older] = json.openings;
      if (older.length > 0) Object.assign(json, { openings: [newest], cursor: `${newest!.at}-${newest!.caseId}` });
      await route.fulfill({ response: answer, json });
    });
    await openList();
    await button("Show older ones").waitFor();
    expect(await entries().count()).toBe(1);
    await looksSound("a page of openings");
    await button("Show older ones").click();
    await button("Show older ones").waitFor({ state: "detached" });
    expect(await entries().count()).toBe(2);
    expect(seen(await entries().last().innerText())).toContain("learned who this person is");
    await page.unroute("**/v1/admin/openings");
  });

  it("leaves nothing on the screen when the desk is locked", async () => {
    await button("Lock the desk").click();
    await desk.page.getByRole("heading", { level: 1, name: "The desk is locked" }).waitFor();
    expect(await desk.page.content()).not.toContain("Al-Khalidi");
  });

  it("tells the phone the same, and the link as well", async () => {
    synchronise();
    const notices = await amira.wallet.notices();
    expect(notices.length).toBe(3); // the cases that nobody carried on have no notice yet
  });
});
