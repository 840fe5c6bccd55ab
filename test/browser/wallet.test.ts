// The wallet SDK in a real browser, bundled without changes, on its own origin. It enrols, checks in, exchanges
// messages and reads records. Its state survives a reload, and Node can open it at the end.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import { toTid } from "../../client/fhir/pseudonymise.ts";
import { writeRecord } from "../../client/fhir/record.ts";
import type { DocumentBundle } from "../../client/fhir/report.ts";
import { displayName } from "../../client/fhir/resource.ts";
import type { Deployment } from "../../client/parameters.ts";
import { MemoryStore, type WalletState } from "../../client/wallet/state.ts";
import { Wallet, type WalletOptions } from "../../client/wallet.ts";
import { bundleForBrowsers } from "../../local/bundles.ts";
import { CHROMIUM, hasChromium, NO_CHROMIUM } from "../../local/chromium.ts";
import { samplePatients } from "../../local/patients.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import type * as Sdk from "./sdk.ts";

if (!hasChromium) console.warn(NO_CHROMIUM);

/** Runs in the browser: the bundle, and values that the page's scripts share. */
declare const sdk: typeof Sdk;
declare const globals: { options: WalletOptions; wallet: Wallet };

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const read = (b: Uint8Array): string => new TextDecoder().decode(b);
const file = samplePatients()[0]!;

function serve(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/sdk.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : "<!doctype html><meta charset=utf-8><script src=/sdk.js></script>");
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

describe.skipIf(!hasChromium)("the wallet in Chromium", () => {
  let practice: Practice;
  let clinic: Clinic;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let session: ClinicSession;
  const complaints: string[] = [];

  /**
   * Opens the application's page with the practice's clock, as after a start of the browser: only stored values remain.
   */
  async function openPage(): Promise<void> {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.evaluate(
      ({ deployment, now }) => {
        const transport = { ...sdk.systemTransport(), now: () => now, sendClock: true };
        Object.assign(globalThis, {
          globals: { options: { transport, deployment, store: sdk.localStore("wallet") } },
        });
      },
      { deployment: practice.deployment as Deployment, now: practice.clock.now },
    );
  }

  beforeAll(async () => {
    [practice, server, browser] = await Promise.all([
      openPractice(),
      bundleForBrowsers("test/browser/sdk.ts").then(serve),
      chromium.launch({
        executablePath: CHROMIUM,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
      }),
    ]);
    clinic = await practice.openClinic("Clinic by the browser", {
      required: [{ attribute: "coverage", accepted: ["standard"] }],
      maxStaleEpochs: 1,
    });
    page = await browser.newPage();
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await openPage();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await practice?.stop();
  });

  it("is created and enrolled", async () => {
    const { account, enrolmentCode } = await practice.operator.registerPerson(file.bundle.patient, "SYM-1", {
      coverage: "standard",
      age: "adult",
    });
    const made = await page.evaluate(
      async ({ account, enrolmentCode }) => {
        globals.wallet = await sdk.Wallet.create(globals.options);
        const offer = await globals.wallet.startEnrolment(account, enrolmentCode);
        const { generation } = await globals.wallet.confirmEnrolment(offer);
        return { generation, selector: offer.selector, name: offer.name, words: globals.wallet.recoveryWords };
      },
      { account, enrolmentCode },
    );
    expect(made.generation).toBe(0);
    expect(made.selector).toBe("SYM1");
    expect(made.name).toBe(displayName(file.bundle.patient.resource));
    expect(made.words.split(" ").length).toBeGreaterThanOrEqual(12);
  });

  it("checks in, and the clinic verifies the data that the browser sent", async () => {
    const invitation = await clinic.invitation();
    const { shows, tagHash } = await page.evaluate(
      async ({ card, challenge }) => {
        const offer = await globals.wallet.readInvitation({
          card: Uint8Array.from(card),
          challenge: Uint8Array.from(challenge),
        });
        const { tagHash } = await globals.wallet.checkIn(offer);
        return { shows: offer.shows, tagHash };
      },
      { card: [...invitation.card], challenge: [...invitation.challenge] },
    );
    expect(shows).toEqual([{ attribute: "coverage", value: "standard" }]);
    session = await clinic.session(tagHash);
    expect(session.shown).toEqual({ coverage: "standard" });
  });

  it("learns the problem code of a refusal from another origin", async () => {
    const refused = await page.evaluate(async (tagHash) => {
      const stranger = globals.wallet.sessions.find((s) => s.tagHash === tagHash)!;
      const { serviceUrl } = globals.options.deployment;
      const path = `/v1/sessions/${stranger.serviceId}/${tagHash}/frames`;
      const answer = await fetch(serviceUrl + path);
      return { status: answer.status, problem: await answer.json() };
    }, session.tagHash);
    expect(refused).toMatchObject({ status: 401, problem: { code: "token-refused" } });
    complaints.length = 0; // the browser reports every refusal as a complaint
  });

  it("sends a message and receives the answer", async () => {
    await page.evaluate(
      (tagHash) => globals.wallet.send(tagHash, new TextEncoder().encode("Grüße aus dem Browser")),
      session.tagHash,
    );
    expect((await clinic.receive(session)).map(read)).toEqual(["Grüße aus dem Browser"]);
    await clinic.send(session, text("all is well"));
    const received = await page.evaluate(async (tagHash) => {
      const messages = await globals.wallet.receive(tagHash);
      return messages.map((m) => new TextDecoder().decode(m));
    }, session.tagHash);
    expect(received).toEqual(["all is well"]);
  });

  it("is the same wallet after a reload, and reads its own report", async () => {
    const visit = file.bundle.visits[0]!;
    await clinic.putRecord(
      session,
      text(
        writeRecord(toTid(visit.entries, { ...file.bundle, known: file.bundle.references, tid: session.tid }).entries),
      ),
    );
    await openPage();
    const { report, faults } = await page.evaluate(async () => {
      const opened = await sdk.Wallet.open(globals.options);
      if (!opened) throw new Error("the store is empty");
      globals.wallet = opened;
      const records = await opened.records();
      return { report: await opened.report(records), faults: records.faults };
    });
    expect(faults).toEqual([]);
    expect(report.type).toBe("document");
    const got = new Map((report as DocumentBundle).entry.map((e) => [e.fullUrl, e.resource]));
    for (const { fullUrl, resource } of visit.entries) expect(got.get(fullUrl)).toEqual(resource);
    expect(got.get(file.bundle.patient.fullUrl)).toEqual(file.bundle.patient.resource);
  });

  it("continues in Node from its stored state, with the same words, sessions and channel, and makes another visit", async () => {
    const state = await page.evaluate(() => JSON.parse(localStorage.getItem("wallet")!) as WalletState);
    const words = await page.evaluate(() => globals.wallet.recoveryWords);
    const store = new MemoryStore();
    await store.save(state, 0);
    const inNode = await Wallet.open({ transport: practice.transport, deployment: practice.deployment, store });
    expect(inNode!.recoveryWords).toBe(words);
    expect(inNode!.sessions.map((s) => s.tagHash)).toEqual([session.tagHash]);
    // The channel's counter continues too: the clinic would refuse a repeated frame number.
    await inNode!.send(session.tagHash, text("and from Node"));
    expect((await clinic.receive(session)).map(read)).toEqual(["and from Node"]);
    const { tagHash } = await inNode!.checkIn(await inNode!.readInvitation(await clinic.invitation()));
    expect(tagHash).not.toBe(session.tagHash);
    expect((await clinic.session(tagHash)).tid).not.toBe(session.tid);
  });

  it("caused no unexpected complaint in the page", () => {
    expect(complaints).toEqual([]);
  });
});
