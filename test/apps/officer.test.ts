// An officer at night: makes a passkey in the page, is registered, sees an emergency come in, reads it, decides with the passkey,
// and finds the decision again. Beside it: what the page refuses, and the screens under axe.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  approveResharing,
  type PasskeyRegistration,
  type PreparedOrder,
  type Requester,
  registerOfficer,
  runResharing,
  writeResharing,
} from "../../client/index.ts";
import { samplePatients } from "../../local/patients.ts";
import { localBuildHash, publishLocalBuilds } from "../../local/published-builds.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { ResharePlan } from "../../protocol/ceremony-documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { HYBRID_PUBLIC_KEY_BYTES } from "../../protocol/hybrid-seal.ts";
import { DESK_THEN_PHONE, expectSound } from "./looks.ts";
import { hasChromium, openStage, type Person, type Stage } from "./stage.ts";

const [file] = samplePatients();
const PURPOSE = "Patient unconscious in the emergency room";

describe.skipIf(!hasChromium)("the officers' app", () => {
  let stage: Stage;
  let night: Person;
  let clinician: Requester;
  let checkIn: Uint8Array;

  beforeAll(async () => {
    stage = await openStage();
    const { practice } = stage;
    const anna = await practice.enrolPatient(file!.bundle.patient, "SYM-ANNA", { coverage: "standard", age: "adult" });
    const clinic = await practice.openClinic("Harbour Clinic");
    const { tagHash } = await anna.wallet.checkIn(await anna.wallet.readInvitation(await clinic.invitation()));
    checkIn = (await clinic.session(tagHash)).checkInBytes;
    clinician = await practice.newRequester("Dr. Ada Emery", "clinician");
    night = await stage.person();
    await night.page.goto(stage.urls.officerUrls[0]!);
  });
  afterAll(() => stage?.close());

  const tick = (): void => {
    stage.practice.clock.now = Math.floor(Date.now() / 1000);
  };
  async function ask(emergency = true): Promise<PreparedOrder> {
    tick();
    const epoch = epochOf(stage.practice.clock.now);
    const order = await clinician.order({
      kind: emergency ? "link" : "trace",
      purpose: PURPOSE,
      legalGround: "GDPR Article 9(2)(c), vital interests",
      ...(emergency && { epochs: { from: epoch, to: epoch } }),
      emergency,
      subject: { checkIn },
    } as Parameters<Requester["order"]>[0]);
    await clinician.submit(order);
    return order;
  }
  const decisionsOf = async (order: PreparedOrder) =>
    (await clinician.status(order)).decisions.map(({ trustee, decision }) => ({ trustee, decision }));
  /** The screen as it is, on a phone by day and on a desk by night. */
  const inspect = ({ page }: Person): Promise<void> => expectSound(page, "screen", DESK_THEN_PHONE);
  const tab = (person: Person, name: string) => person.page.getByRole("link", { name, exact: true }).click();
  const button = (person: Person, name: string) => person.page.getByRole("button", { name });
  /** The case in the inbox of the page, by its link. */
  const open = (person: Person, order: PreparedOrder) =>
    person.page.locator(`a[href="/case/${Buffer.from(order.order.caseId).toString("hex")}"]`).click();

  it("makes a passkey, which signs in only once the administrator registered it", async () => {
    const { page } = night;
    await inspect(night);
    await button(night, "Make a passkey").click();
    await button(night, "Make the passkey").click();
    await page.getByText("Write a name first.").waitFor();
    await page.getByLabel("A name for this passkey").fill("Sam Keller, night desk");
    await button(night, "Make the passkey").click();
    const registration = JSON.parse((await page.locator("code").textContent())!) as PasskeyRegistration;
    expect(registration).toMatchObject({ rpId: "officer-1.localhost", origin: stage.urls.officerUrls[0] });
    await inspect(night);

    await tab(night, "Waiting");
    await button(night, "Sign in").click();
    await page.getByText("The trustee does not know this passkey").waitFor();
    const { transport, deployment, host } = stage.practice;
    tick();
    await registerOfficer(transport, deployment.trusteeUrls[0]!, host.adminSecretKey, registration);
    await button(night, "Sign in").click();
    await page.getByRole("heading", { name: "Nothing waits for you" }).waitFor();
    await inspect(night);
  });

  it("brings an emergency to the officer within seconds, and shows what it asks and what was checked", async () => {
    const { page } = night;
    const order = await ask();
    const from = Date.now();
    await page.getByRole("heading", { name: "1 emergency waits" }).waitFor();
    expect(Date.now() - from).toBeLessThan(15_000); // every 4 s, and a busy machine
    await inspect(night);
    await open(night, order);
    await page.getByRole("heading", { name: /Dr\. Ada Emery.* asks for a patient's other visits/ }).waitFor();
    await page.getByText("4 checks on this device passed").waitFor();
    const text = (await page.locator("main").textContent())!.replaceAll(/[\u2068\u2069]/g, "");
    for (const part of [
      "Emergency",
      "clinician",
      PURPOSE,
      "vital interests",
      "Harbour Clinic",
      "0 of 2 approvals so far",
    ])
      expect(text).toContain(part);
    expect(text).not.toContain(file!.bundle.patient.fullUrl);
    await inspect(night);
    await page.getByRole("combobox").selectOption("ar");
    await page.getByText("0 من 2").or(page.getByText("٠ من ٢")).waitFor();
    await inspect(night);
    await page.getByRole("combobox").selectOption("en");
    const [refuse, approve] = await page.locator(".verdict button").all();
    const [left, right] = [(await refuse!.boundingBox())!, (await approve!.boundingBox())!];
    expect(right.x - (left.x + left.width)).toBeGreaterThan(48);
    for (const { width, height } of [left, right]) expect(Math.min(width, height)).toBeGreaterThanOrEqual(72);
    expect(left.y + left.height).toBeLessThanOrEqual(844); // in sight without scrolling

    // the officer of another trustee approves meanwhile
    const other = stage.practice.officers[1]!;
    const waiting = (await other.inbox()).find(({ decided }) => !decided)!;
    await other.approve(await other.review(waiting), "Called the ward back");
    await page.getByText("1 of 2 approvals so far").waitFor();
    await page.getByText("Called the ward back").waitFor();
    await approve!.click();
    await page.getByText("You approved").waitFor();
    await page.getByText("2 of 2 approvals so far").waitFor();
    expect(await decisionsOf(order)).toEqual([
      { trustee: 1, decision: "approve" },
      { trustee: 2, decision: "approve" },
    ]);
    expect((await clinician.status(order)).set).toEqual([1, 2]);
    await inspect(night);
    await button(night, "Back to what waits").click();
    await page.getByRole("heading", { name: "Nothing waits for you" }).waitFor();
  });

  it("refuses with a reason only, and does not approve while the public log cannot be checked", async () => {
    const { page } = night;
    const order = await ask(false);
    await page.route(`${stage.practice.deployment.logUrl}/**`, (route) => route.abort());
    await open(night, order);
    await page.getByText("The public log could not be checked").waitFor();
    await button(night, "Approve").click({ force: true }); // it is off
    await button(night, "Refuse").click();
    await page.getByText("Write why you refuse.").waitFor();
    expect(await decisionsOf(order)).toEqual([]);
    await page.unroute(`${stage.practice.deployment.logUrl}/**`);
    await button(night, "Check again").click();
    await page.getByText("4 checks on this device passed").waitFor();
    await page.getByLabel("Your reason").fill("Nobody at the ward knows of it");
    await button(night, "Refuse").click();
    await page.getByText("You refused").waitFor();
    expect(await decisionsOf(order)).toEqual([{ trustee: 1, decision: "refuse" }]);
  });

  it("rings for an emergency within seconds of its filing, and asks little while nothing happens", async () => {
    const { page, context } = night;
    await button(night, "Back to what waits").click();
    await page.evaluate(() => {
      const tones: number[] = [];
      (globalThis as unknown as { tones: number[] }).tones = tones;
      const { start } = AudioScheduledSourceNode.prototype;
      AudioScheduledSourceNode.prototype.start = function (when?: number) {
        tones.push(Date.now());
        start.call(this, when);
      };
    });
    const tones = () => page.evaluate(() => (globalThis as unknown as { tones: number[] }).tones);
    await page.getByLabel("Ring when an emergency comes").check();
    await expect.poll(async () => (await tones()).length, { message: "turning it on rings once" }).toBeGreaterThan(0);
    const before = (await tones()).length;

    const answers: { status: number; bytes: number }[] = [];
    const isInbox = (url: string): boolean => new URL(url).pathname === "/v1/cases" && url.includes("state=ordered");
    context.on("response", async (response) => {
      if (!isInbox(response.url()) || response.request().method() !== "GET") return;
      const body = response.status() === 304 ? 0 : (await response.body()).length;
      answers.push({ status: response.status(), bytes: body });
    });
    const newest = () => answers.slice(-3).map(({ status }) => status);
    await expect.poll(newest, { timeout: 30_000, message: "nothing has changed" }).toEqual([304, 304, 304]);

    answers.length = 0;
    const order = await ask();
    const filed = Date.now();
    await expect.poll(async () => (await tones()).length, { timeout: 20_000, interval: 200 }).toBeGreaterThan(before);
    const seconds = ((await tones())[before]! - filed) / 1000;
    console.log(`the bell rang ${seconds.toFixed(1)} s after the order was filed`);
    expect(seconds).toBeLessThan(10); // every 4 s, and a busy machine
    expect(answers.find(({ status }) => status === 200)?.bytes, "the new order travels once").toBeGreaterThan(1000);
    expect(await page.title()).toMatch(/^▲/);

    // An order that is no emergency does not ring.
    const rung = (await tones()).length;
    const quiet = await ask(false);
    await page.locator(`a[href="/case/${Buffer.from(quiet.order.caseId).toString("hex")}"]`).waitFor();
    expect((await tones()).length).toBe(rung);
    await open(night, order);
    await page.getByText("4 checks on this device passed").waitFor();
    await page.getByLabel("Your reason").fill("The ward does not answer");
    await button(night, "Refuse").click();
    await page.getByText("You refused").waitFor();
    // The requester sees who refused and that it was the first trustee.
    expect(await decisionsOf(order)).toEqual([{ trustee: 1, decision: "refuse" }]);
  });

  it("keeps the decisions, shows the keys' digits, reads a plan, and names its build", async () => {
    const { page } = night;
    await button(night, "Back to what waits").click();
    await tab(night, "Decided");
    await page.getByText("Nobody at the ward knows of it").waitFor();
    await expect.poll(() => page.locator(".list > li").count()).toBe(3);
    await inspect(night);

    await tab(night, "Keys");
    await page.locator(".digits").waitFor();
    const digits = await page.locator(".digits li").allTextContents();
    expect(digits).toHaveLength(12);
    for (const group of digits) expect(group).toMatch(/^\d{5}$/);
    await page.getByText("the same digits").first().waitFor();
    await page.getByLabel("The text of the plan").fill("not a plan");
    await button(night, "Read the plan").click();
    await page.getByText("This text cannot be read.").waitFor();
    const { transport, deployment, host, officers } = stage.practice;
    const plan = (dealers: number[]): string =>
      writeResharing(
        "ab".repeat(32) as never,
        ResharePlan.encode({
          reshareId: new Uint8Array(32).fill(0xab),
          previous: new Uint8Array(32),
          generation: 0,
          dealers,
          threshold: 2,
          trustees: host.trusteeIdentityKeys.map((identityKey) => ({
            identityKey,
            transportKey: new Uint8Array(HYBRID_PUBLIC_KEY_BYTES),
          })),
        }),
      );
    const approvePlan = async (text: string): Promise<void> => {
      await page.getByLabel("The text of the plan").fill(text);
      await button(night, "Read the plan").click();
      await page.getByText("Trustee 1, Trustee 2").waitFor();
      expect(await button(night, "Approve the plan").getAttribute("aria-disabled")).toBe("true");
      await page.getByLabel("I compared the digits by voice").check();
      await button(night, "Approve the plan").click();
    };
    await page.getByLabel("The text of the plan").fill(plan([2, 3]));
    await button(night, "Read the plan").click();
    await page.getByText("Your trustee hands nothing on in this plan").waitFor();
    await approvePlan(plan([1, 2])); // of an administrator who started nothing
    await page.getByText("Your trustee knows no such plan.").waitFor();
    await inspect(night);

    tick();
    await runResharing(transport, {
      oldUrls: deployment.trusteeUrls,
      newUrls: deployment.trusteeUrls,
      pinnedKeys: host.trusteeIdentityKeys,
      dealers: [1, 2],
      threshold: 2,
      adminSecretKey: host.adminSecretKey,
      async approve(trustee, id, bytes) {
        if (trustee === 2) return approveResharing(officers[1]!.access, id, bytes);
        await approvePlan(writeResharing(id, bytes));
        await page.getByText("You approved the plan").waitFor();
      },
    });
    await tab(night, "Decided");
    await tab(night, "Keys");
    await page.getByText("The keys were handed on 1 time.").waitFor();
    expect(await page.locator(".digits li").allTextContents()).not.toEqual(digits);

    await tab(night, "About");
    // Nobody has published it.
    await page.getByText("No app is published yet").waitFor();
    const hash = bytesToHex(localBuildHash("officer"));
    const numbers = async () =>
      (await page.locator("code.build").allTextContents()).map((text) => text.replaceAll(" ", ""));
    expect(await numbers()).toEqual([hash]);
    await inspect(night);
    await publishLocalBuilds(transport, deployment, host.adminSecretKey);
    await button(night, "Try again").click();
    await page.getByText("This is the published app").waitFor();
    expect(await numbers()).toEqual([hash]);
    await inspect(night);
    // The server sends this browser a page with one byte more.
    const root = `${stage.urls.officerUrls[0]}/`;
    const altered = `${readFileSync(join(import.meta.dirname, "../../gen/apps/officer/index.html"), "utf8")} `;
    await page.route(root, (route) => route.fulfill({ contentType: "text/html", body: altered }));
    await button(night, "Try again").click();
    await page.getByText("The public list does not know this app").waitFor();
    const [here, newest] = await numbers();
    expect([here === hash, newest]).toEqual([false, hash]);
    await inspect(night);
    await page.unroute(root);
    await page.route(`${deployment.logUrl}/**`, (route) => route.abort());
    await button(night, "Try again").click();
    await page.getByText("We could not compare").waitFor();
    await inspect(night);
    await page.unroute(`${deployment.logUrl}/**`);

    // The browser itself notes each answer that is a refusal, and each request that this test cut off.
    expect(night.complaints.filter((line) => !line.startsWith("Failed to load resource"))).toEqual([]);
    const known = Object.values(deployment)
      .flat()
      .filter((text) => /^http/.test(text));
    const allowed = new Set([stage.urls.officerUrls[0]!, ...known].map((url) => new URL(url).origin));
    expect([...night.origins].filter((origin) => !allowed.has(origin))).toEqual([]);
  });
});
