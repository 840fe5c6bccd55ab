// A desk whose network goes, and whose machine starts anew meanwhile: it opens from its service worker, shows its code, takes the
// check-in of a real wallet that has no network either, and hands it in as soon as the network is back. And a desk whose live line is
// cut while it is open: it says so, comes back by itself, and shows who checked in meanwhile.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkIn, clipboard, invitationOf, looksRight, newPatient, openDesk, PHRASE } from "./desk-stage.ts";
import { DESK, hasChromium, type Person, type Stage, sharedStage } from "./stage.ts";
import { button, checkInAt, enrolledPhone } from "./wallet-phone.ts";

/** What `holdSockets` adds to the desk's worker. */
interface Cuttable {
  cut(): void;
}
/** The desk's worker remembers its sockets, so that a test can end them as a server or a broken cable does. */
function holdSockets({ page }: Person): void {
  page.on("worker", (worker) =>
    worker.evaluate(() => {
      const open = new Set<WebSocket>();
      globalThis.WebSocket = class extends WebSocket {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols);
          open.add(this);
        }
      };
      (globalThis as unknown as Cuttable).cut = () => {
        for (const socket of open) socket.close();
        open.clear();
      };
    }),
  );
}
const cutLine = async ({ page }: Person): Promise<void> => {
  for (const worker of page.workers()) await worker.evaluate(() => (globalThis as unknown as Cuttable).cut());
};

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

  const tidOnScreen = async ({ page }: Person): Promise<string> =>
    (await page.locator(".arrival .letters").innerText()).replaceAll(" ", "");

  it("says when its live line is cut, comes back by itself, and shows who checked in meanwhile", {
    timeout: 120_000,
  }, async () => {
    const desk = await stage.person({ viewport: DESK, passkeys: false });
    const { page, context } = desk;
    holdSockets(desk);
    await openDesk(stage, desk, "Ferry Clinic");
    const [first, second] = [await newPatient(stage), await newPatient(stage)];
    const before = await checkIn(page, first);
    await page.locator(".arrival").waitFor();
    expect(await tidOnScreen(desk)).toBe(before.tid); // the line is live
    await page.getByRole("button", { name: "Next patient" }).click();
    const link = await clipboard(page, "Copy the code as text");

    await context.setOffline(true);
    await cutLine(desk);
    await page.locator(".line.off").waitFor();
    await looksRight(page, "reception whose line was cut");
    const { tid } = await second.checkIn(await second.readInvitation(invitationOf(link)));
    expect(await page.locator(".arrival").count()).toBe(0); // the desk cannot know yet
    await page.locator(".line.off").waitFor();

    await context.setOffline(false);
    await page.locator(".line.on").waitFor({ timeout: 15_000 });
    await page.locator(".arrival").waitFor();
    expect(await tidOnScreen(desk)).toBe(tid);

    // The line goes once more, and the browser says "online" before the service can be reached, so the desk asks for the whole day
    // anew. The patients of before come again from the service, and are no news at the desk.
    await page.getByRole("button", { name: "Next patient" }).click();
    await context.setOffline(true);
    await cutLine(desk);
    await page.locator(".line.off").waitFor();
    for (const worker of page.workers()) await worker.evaluate(() => void dispatchEvent(new Event("online")));
    await context.setOffline(false);
    await page.locator(".line.on").waitFor({ timeout: 15_000 });
    await page.waitForTimeout(1500);
    expect(await page.locator(".arrival").count()).toBe(0);
    await page.getByRole("link", { name: "Today" }).click();
    await expect.poll(() => page.locator(".visits > li").count()).toBe(2);
    await desk.close();
  });

  it("comes back to a service that ended the line, although the network never went", { timeout: 120_000 }, async () => {
    const desk = await stage.person({ viewport: DESK, passkeys: false });
    const { page } = desk;
    holdSockets(desk);
    await openDesk(stage, desk, "Bridge Clinic");
    const wallet = await newPatient(stage);
    const link = await clipboard(page, "Copy the code as text");
    const tickets = "**/events/ticket";
    await page.route(tickets, (route) => route.abort("connectionrefused"));
    await cutLine(desk);
    await page.locator(".line.off").waitFor();
    const { tid } = await wallet.checkIn(await wallet.readInvitation(invitationOf(link)));
    expect(await page.locator(".arrival").count()).toBe(0);

    await page.unroute(tickets);
    await page.locator(".arrival").waitFor({ timeout: 70_000 }); // the longest wait between two attempts is a minute
    expect(await tidOnScreen(desk)).toBe(tid);
    await page.locator(".line.on").waitFor();
    await desk.close();
  });
});
