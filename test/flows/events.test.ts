// A clinic learns of a check-in, a message and a case without polling: over the SDK's socket, which breaks and comes back, and
// over a webhook, which a receiver on loopback verifies with the unmodified package `standardwebhooks`.

import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Clinic, type ClinicEvent } from "../../client/clinic.ts";
import type { Requester } from "../../client/requester.ts";
import { approvedOrder } from "../../demo/cases.ts";
import { samplePatients } from "../../local/patients.ts";
import { type EnrolledPatient, openPractice, type Practice } from "../../local/practice.ts";
import { dayOf, epochOf, SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { openReceiver, type Receiver } from "../support/receiver.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const soon = { timeout: 20_000, interval: 20 };

let practice: Practice;
let clinic: Clinic;
let patient: EnrolledPatient;
let clinician: Requester;
let receiver: Receiver;
/** the sockets that the SDK opened */
const sockets: WebSocket[] = [];

beforeAll(async () => {
  practice = await openPractice();
  receiver = await openReceiver();
  const { keys } = await practice.openClinic("Clinic");
  const webSocket = (url: string, protocols: string[]): WebSocket => {
    const socket = new WebSocket(url, protocols);
    sockets.push(socket);
    return socket;
  };
  clinic = new Clinic({ ...practice.transport, webSocket }, practice.deployment, keys);
  const file = samplePatients()[0]!;
  patient = await practice.enrolPatient(file.bundle.patient, "SYM-1", { coverage: "standard", age: "adult" });
  clinician = await practice.newRequester("Dr. Reed", "clinician");
});
afterAll(async () => {
  await receiver?.stop();
  await practice?.stop();
});

async function visit(at = clinic): Promise<string> {
  const { tagHash } = await patient.wallet.checkIn(await patient.wallet.readInvitation(await at.invitation()));
  return tagHash;
}
const today = () => {
  const day = dayOf(practice.clock.now);
  return { cursor: String(day), day: new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 10) };
};

/** Collects events until the signal aborts. */
function listen(options: { after?: string } = {}) {
  const stop = new AbortController();
  const heard: ClinicEvent[] = [];
  const before = sockets.length;
  const ended = (async () => {
    for await (const event of clinic.events({ ...options, signal: stop.signal })) heard.push(event);
  })();
  const opened = vi.waitFor(() => expect(sockets[before]?.readyState).toBe(WebSocket.OPEN), soon);
  return { heard, ended, opened, stop: () => stop.abort() };
}

it("the SDK's socket tells of a check-in and a message, and ends with its signal", async () => {
  const earlier = await visit();
  const { heard, ended, opened, stop } = listen();
  await opened;
  const tagHash = await visit();
  await vi.waitFor(() => expect(heard).toEqual([{ type: "check-in", tagHash, ...today() }]), soon);
  const session = await clinic.session(tagHash);
  await patient.wallet.send(tagHash, text("hello"));
  await vi.waitFor(() => expect(heard[1]).toEqual({ type: "message", tagHash, ...today() }), soon);
  expect((await clinic.receive(session)).length).toBe(1);
  stop();
  await ended;
  expect(heard.map((event) => event.type !== "case" && event.tagHash)).not.toContain(earlier);
});

it("a connection that breaks comes back, and what was missed comes once", async () => {
  const { heard, ended, opened, stop } = listen();
  await opened;
  const first = await visit();
  await vi.waitFor(() => expect(heard).toHaveLength(1), soon);
  const count = sockets.length;
  sockets.at(-1)!.close();
  const meanwhile = await visit();
  await vi.waitFor(() => expect(sockets.length).toBeGreaterThan(count), soon);
  await vi.waitFor(() => expect(heard).toHaveLength(2), soon);
  const last = await visit();
  await vi.waitFor(() => expect(heard).toHaveLength(3), soon);
  expect(heard.map((event) => event.type === "check-in" && event.tagHash)).toEqual([first, meanwhile, last]);
  stop();
  await ended;
});

it("a stored cursor brings what a stopped process has missed", async () => {
  const missed = [await visit(), await visit()];
  const { heard, ended, stop } = listen({ after: today().cursor });
  await vi.waitFor(() => {
    const tags = heard.flatMap((event) => (event.type === "check-in" ? [event.tagHash] : []));
    for (const tagHash of missed) expect(tags.filter((tag) => tag === tagHash)).toHaveLength(1);
  }, soon);
  stop();
  await ended;
  // a later day's catch-up brings none of them, and its socket goes on. The bell may ring late, so an old check-in may ring too
  const dayAfter = String(dayOf(practice.clock.now) + 3);
  const types: string[] = [];
  for await (const event of clinic.missedEvents(dayAfter)) types.push(event.type);
  expect(types).not.toContain("check-in");
  const later = listen({ after: dayAfter });
  await later.opened;
  const fresh = await visit();
  const isLate = (event: ClinicEvent) => event.type === "check-in" && missed.includes(event.tagHash);
  const heardNew = [{ type: "check-in", tagHash: fresh, ...today() }];
  await vi.waitFor(() => expect(later.heard.filter((event) => !isLate(event))).toEqual(heardNew), soon);
  later.stop();
  await later.ended;
  await expect(clinic.events({ after: "yesterday" }).next()).rejects.toMatchObject({ code: "bad-id" });
});

it("a clinic that is not registered is told so at once", async () => {
  const stranger = new Clinic(practice.transport, practice.deployment, {
    ...clinic.keys,
    signSecretKey: clinic.keys.hpkeSecretKey,
  });
  await expect(stranger.events().next()).rejects.toMatchObject({ code: "credential-refused" });
});

it("a case that the clinic watches is told from the order to the opening", async () => {
  const { heard, ended, opened, stop } = listen();
  await opened;
  const session = await clinic.session(await visit());
  const epoch = epochOf(practice.clock.now);
  const request = {
    kind: "link",
    purpose: "Patient unconscious in the emergency room",
    legalGround: "GDPR Article 9(2)(c), vital interests",
    epochs: { from: epoch, to: epoch },
    emergency: true,
    subject: { checkIn: session.checkInBytes },
  } as const;
  const prepared = await clinician.order(request);
  await clinician.submit(prepared);
  expect(await clinic.watchCase(prepared.caseId)).toBe("ordered");
  const foreign = await approvedOrder(practice, clinician, request); // not watched
  for (const officer of practice.officers.slice(0, practice.threshold)) {
    const waiting = (await officer.inbox()).find((c) => c.caseId === prepared.caseId)!;
    await officer.approve(await officer.review(waiting), "checked");
  }
  await clinician.advance(prepared);
  const cases = () => heard.flatMap((event) => (event.type === "case" ? [event] : []));
  await vi.waitFor(() => expect(cases().at(-1)?.state).toBe("opened"), soon);
  expect(cases().map(({ caseId }) => caseId)).not.toContain(foreign.caseId);
  for (const event of cases()) expect(event).toMatchObject({ caseId: prepared.caseId, ...today() });
  await clinic.unwatchCase(prepared.caseId);
  stop();
  await ended;
});

it("a webhook is signed, is tried again after an error, and does not hold up a check-in", async () => {
  const { secret, webhook } = await clinic.webhooks.register(receiver.url, ["check-in"]);
  const verifier = new Webhook(secret);
  let isFirst = true;
  receiver.answer = (response) => {
    if (!isFirst) response.writeHead(204).end();
    else response.writeHead(503).end("later");
    isFirst = false;
  };
  const tagHash = await visit();
  await vi.waitFor(() => expect(receiver.arrived).toHaveLength(2), soon); // after some five seconds
  const [first, second] = receiver.arrived;
  expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
  for (const { body, headers } of [first!, second!])
    expect(verifier.verify(body, headers)).toMatchObject({ type: "check-in", data: { tagHash } });
  await vi.waitFor(
    async () => expect(await clinic.webhooks.get(webhook.id)).toMatchObject({ waiting: 0, dead: 0 }),
    soon,
  );

  receiver.answer = () => {}; // never
  const tags = [await visit(), await visit()];
  await vi.waitFor(() => expect(receiver.arrived).toHaveLength(4), soon);
  const again = await visit();
  expect((await clinic.session(again)).tagHash).toBe(again);
  expect((await clinic.webhooks.get(webhook.id)).waiting).toBeGreaterThanOrEqual(tags.length);
  await clinic.webhooks.remove(webhook.id);
});
