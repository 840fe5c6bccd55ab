// A desk whose network goes, and whose machine starts anew meanwhile: it opens from its service worker, shows its code, takes the
// check-in of a real wallet that has no network either, and hands it in as soon as the network is back.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { looksRight, openDesk, PHRASE } from "./desk-stage.ts";
import { DESK, hasChromium, type Stage, sharedStage } from "./stage.ts";
import { button, checkInAt, enrolledPhone } from "./wallet-phone.ts";

describe.skipIf(!hasChromium)("a desk without network", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await sharedStage();
  });
  afterAll(() => stage?.close());

  it("opens after a reload, takes a wallet's check-in, and hands it in by itself", { timeout: 120_000 }, async () => {
    const desk = await stage.person({ viewport: DESK, passkeys: false });
    const clinic = await openDesk(stage, desk, "Island Clinic");
    const phone = await enrolledPhone(stage);
    // This phone was at the clinic before, so it can read the clinic's code without network.
    await checkInAt(stage, phone.page, clinic);
    await desk.page.locator(".arrival").waitFor();
    await button(phone.page, "Close").click();

    await desk.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await Promise.all([desk.context.setOffline(true), phone.context.setOffline(true)]);
    await desk.page.reload();
    await desk.page.getByLabel("Passphrase").fill(PHRASE);
    await desk.page.keyboard.press("Enter");
    await desk.page.locator(".line.off").waitFor();
    await desk.page.locator(".qr").waitFor();
    await looksRight(desk.page, "reception without network, after a reload");

    await desk.page.getByRole("button", { name: "Copy the code as text", exact: true }).click();
    const link = await desk.page.evaluate(() => navigator.clipboard.readText());
    await phone.page.evaluate((hash) => {
      location.hash = hash;
    }, link.split("#")[1]!);
    await button(phone.page, "Give it to the clinic directly").click();
    await phone.page.getByText("Show the text").click();
    const text = (await phone.page.locator("p.code").textContent())!;
    const tid = (await phone.page.locator(".tid").textContent())!.replaceAll(" ", "");

    await desk.page.getByLabel("Text of the check-in").fill(text);
    await button(desk.page, "Take the check-in").click();
    await desk.page.getByText("Taken. It is handed in when the network is back").waitFor();
    expect((await desk.page.locator(".letters").innerText()).replaceAll(" ", "")).toBe(tid);
    const entry = desk.page.locator("li", { hasText: tid });
    await entry.getByText("waits for the network").waitFor();

    // The queue outlives a further start of the machine, and nobody presses anything afterwards.
    await desk.page.reload();
    await desk.page.getByLabel("Passphrase").fill(PHRASE);
    await desk.page.keyboard.press("Enter");
    await entry.getByText("waits for the network").waitFor();
    await Promise.all([desk.context.setOffline(false), phone.context.setOffline(false)]);
    await entry.getByText("handed in").waitFor({ timeout: 15_000 });
    await desk.page.locator(".line.on").waitFor();
    const atService: string[] = [];
    for await (const session of clinic.eachSession()) atService.push(session.tid);
    expect(atService).toContain(tid);
    await Promise.all([desk.close(), phone.close()]);
  });
});
