// The first day: no trustee has keys. The administrator has them made at the registrar's desk, step by step, with the keyboard
// alone. A trustee is down in the middle, another at the end, and one lies. At the end the desk and the officers of two trustees
// show the same digits, and a second desk can make no second set.

import type { Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchKeySet, Operator, systemTransport } from "../../client/index.ts";
import { trusteeKeys } from "../../functions/trustee/keys.ts";
import { deploymentOf } from "../../local/practice.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { CeremonyDeals } from "../../protocol/ceremony-documents.ts";
import { openSigned, signDocument } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { chainOf, KeySetChain } from "../../protocol/key-set-chain.ts";
import { LABELS } from "../../protocol/labels.ts";
import { runCeremony } from "../support/trustees.ts";
import { DESK_THEN_PHONE, expectSound } from "./looks.ts";
import { DESK, hasChromium, openFirstDay, type Person, PHONE, preferenceFaults } from "./stage.ts";

const WAIT = 60_000;
const SOON = { timeout: 20_000 };
const CORS = { "access-control-allow-origin": "*" };
const refused = (code: string) => ({
  status: 403,
  headers: { ...CORS, "content-type": "application/problem+json" },
  body: JSON.stringify({ title: "refused", status: 403, code }),
});

describe.skipIf(!hasChromium)("the trustees' first keys", { timeout: 240_000 }, () => {
  let stage: Awaited<ReturnType<typeof openFirstDay>>;
  let desk: Person;
  /** of another administrator, who looked before the keys were made */
  let late: Person;
  let officers: Person[];
  let digits: string[];

  beforeAll(async () => {
    stage = await openFirstDay();
    desk = await stage.person({ viewport: DESK });
    late = await stage.person({ viewport: PHONE, scheme: "dark", language: "ar" });
    officers = [await stage.person({ viewport: PHONE }), await stage.person({ viewport: DESK, scheme: "dark" })];
    for (const { page } of [desk, late, ...officers]) page.setDefaultTimeout(WAIT);
    for (const of of [desk, late]) await bringKey(of);
    for (const [i, { page }] of officers.entries()) await page.goto(`${stage.urls.officerUrls[i]}/keys`);
  }, 300_000);
  afterAll(() => stage?.close());

  async function bringKey({ page }: Person): Promise<void> {
    await page.goto(stage.urls.registrarDeskUrl);
    await page.locator("input[type=password]").fill(bytesToHex(stage.host.adminSecretKey));
    await page.locator("form .button.primary").click();
    await page.locator(".facts").waitFor();
    await page.locator(".button.primary").click(); // keep this key
    await page.locator(".button.primary").click(); // with a passkey
    await page.locator("nav.tabs").waitFor();
  }
  const inspect = async ({ page }: Person): Promise<void> => {
    const before = page.viewportSize()!;
    await expectSound(page, "screen", DESK_THEN_PHONE);
    expect(await preferenceFaults(page)).toEqual([]);
    await page.setViewportSize(before);
  };
  const says = (text: string | RegExp, of = desk) => of.page.getByText(text).first().waitFor();
  const mainText = async (of = desk): Promise<string> => (await of.page.locator("main").textContent())!;
  const digitsOf = ({ page }: Person): Promise<string[]> => page.locator(".digits li").allTextContents();

  /** Goes with the Tab key to what has this text, and presses the key there. */
  async function press(text: string, key = "Enter"): Promise<void> {
    const { page } = desk;
    for (let n = 0; n < 60; n++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement as HTMLInputElement;
        return (element.labels?.[0] ?? element).textContent?.trim();
      });
      if (at === text) return page.keyboard.press(key);
    }
    throw new Error(`the Tab key does not lead to “${text}”`);
  }

  const path = (trustee: number, what: string): string => `${stage.host.urls.trustees[trustee - 1]}/v1/${what}`;
  const down = (route: Route): Promise<void> => route.abort("connectionrefused");
  /** While it lasts, this desk reaches no such path of the trustee. */
  async function whileAt<T>(url: string, handler: (route: Route) => unknown, act: () => Promise<T>): Promise<T> {
    await desk.page.route(url, handler);
    try {
      return await act();
    } finally {
      await desk.page.unroute(url);
    }
  }

  it("shows which trustees answer, and begins only if all do", async () => {
    const { page } = desk;
    await whileAt(path(3, "**"), down, async () => {
      await press("Trustees");
      await says("no answer");
      expect((await mainText()).match(/no keys yet/g)).toHaveLength(2);
      await says("All trustees must answer before you can begin.");
      expect(await page.getByRole("button", { name: "Make the keys now" }).getAttribute("aria-disabled")).toBe("true");
      await inspect(desk);
    });
    await press("Look again");
    await expect.poll(async () => (await mainText()).match(/no keys yet/g), SOON).toHaveLength(3);
    await inspect(desk);
    await late.page.locator('nav.tabs a[href="/trustees"]').click();
    await late.page.locator("fieldset").waitFor();
    await inspect(late);
    await says("No keys yet", officers[0]!);
    await inspect(officers[0]!);
  });

  it("says who complains of whom, and lets people begin anew", async () => {
    const liar = trusteeKeys(hexToBytes(stage.host.bindings["trustee-2"]!.TRUSTEE_SEED!), 2);
    const lie = async (route: Route): Promise<void> => {
      if (route.request().method() !== "POST") return route.fallback();
      const response = await route.fetch();
      const { message } = (await response.json()) as { message: string };
      const { value } = openSigned(LABELS.signCeremony, CeremonyDeals, fromBase64url(message));
      const sealed = value.sealed.map((s) => crypto.getRandomValues(new Uint8Array(s.length)));
      const bad = signDocument(LABELS.signCeremony, CeremonyDeals, { ...value, sealed }, liar.identitySecret);
      await route.fulfill({ response, json: { message: toBase64url(bad) } });
    };
    await whileAt(path(2, "ceremony/*/deal"), lie, async () => {
      await press("Make the keys now");
      await says("A trustee complains, so no keys were made");
    });
    const text = await mainText();
    for (const accuser of [1, 3]) expect(text).toContain(`Trustee ${accuser} complains of Trustee 2.`);
    expect(text).toContain("It cannot read the part that it got.");
    await desk.page.getByRole("button", { name: "Make the keys now" }).waitFor();
    await inspect(desk);
  });

  it("says that a trustee does not take this desk's key", async () => {
    const other = (route: Route) =>
      route.request().method() === "POST" ? route.fulfill(refused("credential-refused")) : route.fallback();
    await whileAt(path(2, "ceremony/*/start"), other, async () => {
      await press("Make the keys now");
      await says("Trustee 2 does not take this desk's key.");
    });
    await press("Give it up, and begin anew");
    await desk.page.getByRole("button", { name: "Make the keys now" }).waitFor();
  });

  it("goes on after a reload, with a trustee that was down in the middle and one that was down at the end", async () => {
    const { page } = desk;
    const hang = (): void => {}; // no answer at all
    const reopen = async (): Promise<void> => {
      await page.getByRole("heading", { level: 1, name: "The desk is locked" }).waitFor();
      await press("Open with the passkey");
      await page.locator("nav.tabs").waitFor();
      await press("Trustees");
    };
    await whileAt(path(2, "ceremony/*/deal"), hang, async () => {
      await page.locator("input[name=threshold]").first().focus();
      await page.keyboard.press("ArrowDown"); // 3 of 3
      await says("If fewer than 3 keep their part");
      await page.keyboard.press("ArrowUp");
      await press("Make the keys now");
      await page.getByRole("heading", { level: 1, name: "The trustees make the keys" }).waitFor();
      await expect.poll(() => page.locator(".list > li").nth(2).textContent(), SOON).toContain("✓ Trustee 3");
      expect(await page.locator(".list > li").nth(2).textContent()).toContain("· Trustee 2");
      await inspect(desk);
      await press("Lock the desk");
      await reopen();
      await says("The desk was locked meanwhile.");
      await press("Go on");
      await page.getByRole("heading", { level: 1, name: "The trustees make the keys" }).waitFor();
      await page.reload();
    });
    await reopen();
    await says("The making of the keys has not ended");
    await says("with 2 of 3 who must agree");
    const run = await page.locator("p .code-text").last().textContent();
    expect(run).toMatch(/^[0-9a-f]{64}$/);

    await whileAt(path(2, "ceremony/*/deal"), down, async () => {
      await press("Go on");
      await says("Trustee 2 did not answer.");
      await inspect(desk);
    });
    await whileAt(path(3, "ceremony/*/finish"), down, async () => {
      await press("Go on");
      await says("Trustee 3 did not answer.");
      await expect.poll(async () => (await mainText()).match(/holds keys/g), SOON).toHaveLength(2);
      // giving up would leave trustee 3 without keys for ever
      expect(await page.getByRole("button", { name: "Give it up, and begin anew" }).count()).toBe(0);
      expect(await page.locator("p .code-text").last().textContent()).toBe(run);
      await inspect(desk);
    });
    await press("Go on");
    await says("Every trustee holds its part.");
    digits = await digitsOf(desk);
    expect(digits).toHaveLength(12);
    for (const group of digits) expect(group).toMatch(/^\d{5}$/);
    await says("Any 2 of 3 trustees together can open something.");
    await inspect(desk);
  });

  it("shows the same digits to the officers of two trustees, who need no login for them", async () => {
    for (const [i, officer] of officers.entries()) {
      await officer.page.reload();
      await officer.page.locator(".digits").waitFor();
      expect(await digitsOf(officer), `officer ${i + 1}`).toEqual(digits);
      const text = await mainText(officer);
      expect(text).toContain("They also say how many trustees must agree: 2.");
      expect(text.match(/the same digits/g)).toHaveLength(2);
      await inspect(officer);
    }
  });

  it("warns an officer if the trustee does not answer, or shows keys of other trustees", async () => {
    const [{ page }] = officers as [Person];
    const again = async (handler: (route: Route) => unknown, text: string): Promise<void> => {
      await page.route(path(1, "keysets"), handler);
      await page.reload();
      await says(text, officers[0]!);
      expect(await digitsOf(officers[0]!)).toEqual([]);
      await inspect(officers[0]!);
      await page.unroute(path(1, "keysets"));
    };
    await again(down, "Your trustee does not answer");
    const chain = toBase64url(KeySetChain.encode(chainOf(KeySet.encode(runCeremony(2, 3).keySet))));
    await again((route) => route.fulfill({ headers: CORS, json: { chain } }), "Stop. Your trustee shows other keys");
    await whileAt(
      path(1, "keysets"),
      (route) => route.fulfill({ headers: CORS, json: { chain } }),
      async () => {
        await press("Look again");
        await says("Stop. People must look at this");
        expect(await digitsOf(desk)).toEqual([]);
      },
    );
    await press("Look again");
    await desk.page.locator(".digits").waitFor();
  });

  it("gives the key set as a file, with which the operator issues the parameters", async () => {
    const { host } = stage;
    const [download] = await Promise.all([desk.page.waitForEvent("download"), press("Save the file")]);
    const parts: Buffer[] = [];
    for await (const part of await download.createReadStream()) parts.push(part as Buffer);
    const keySet = new Uint8Array(Buffer.concat(parts));
    const transport = systemTransport();
    const served = await fetchKeySet(transport, host.urls.trustees[2]!, host.trusteeIdentityKeys);
    expect(bytesToHex(keySet)).toBe(bytesToHex(served.keySetBytes));
    const operator = new Operator(transport, deploymentOf(host), host.adminSecretKey);
    const epoch = epochOf(transport.now());
    await operator.issueParameters({
      keySet,
      realm: "symbolon.local",
      epochFrom: epoch,
      epochTo: epoch,
      attributes: [{ name: "age", values: ["adult"] }],
    });
  });

  it("refuses a second set in plain words, also at a desk that looked before the first one was made", async () => {
    expect(await desk.page.getByRole("button", { name: "Make the keys now" }).count()).toBe(0);
    await says("Keys are made once");
    const { page } = late;
    await page.getByRole("button", { name: "اصنع المفاتيح الآن" }).click();
    await says("الجهة الأمينة 1 تحمل مفاتيح من قبل", late);
    await page.locator(".digits").waitFor();
    expect(await digitsOf(late)).toEqual(digits);
    expect(await page.locator(".digits").getAttribute("dir")).toBe("ltr");
    expect(await page.getByRole("button", { name: "اصنع المفاتيح الآن" }).count()).toBe(0);
    await inspect(late);
  });

  it("asks only the roles of its deployment, and no key of the administrator is on a page", async () => {
    const known = Object.values({ ...deploymentOf(stage.host), ...stage.urls })
      .flat()
      .filter((value) => String(value).startsWith("http"))
      .map((value) => new URL(String(value)).origin);
    const key = bytesToHex(stage.host.adminSecretKey);
    for (const person of [desk, late, ...officers]) {
      expect([...person.origins].filter((origin) => !known.includes(origin))).toEqual([]);
      expect(await person.page.content()).not.toContain(key);
      // The browser itself notes each request that this test cut off, and each refusal.
      expect(person.complaints.filter((line) => !line.startsWith("Failed to load resource"))).toEqual([]);
    }
  });
});
