// S22: an event tells its own clinic that something changed, and nobody anything else. Attacks: a ticket that is used twice or at
// another clinic; a webhook that the service did not send; a webhook whose address leads into a private network, by its name or by
// a redirect; and a thief of the bell's storage, who looks for a history of visits.
// Controls: the same service with a bell that keeps tickets and deliveries, one bell for all clinics, and a door out that believes
// every name and follows redirects.
//
// The receivers stand on loopback in place of public ones. So both services take "localhost" for a public name, with http, and
// the name server of this test says to which address it leads. Everything behind that is as it is shipped.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ClinicApi } from "../../client/clinic/api.ts";
import type { Clinic } from "../../client/clinic.ts";
import { jsonOf } from "../../client/transport.ts";
import type { Weakening } from "../../local/bundles.ts";
import { samplePatients } from "../../local/patients.ts";
import { type EnrolledPatient, openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { openReceiver, type Receiver } from "../support/receiver.ts";
import { type DumpedRow, dumpStores } from "./dump.ts";
import { HOOK_MILLISECONDS } from "./visits.ts";

const OUTBOUND = "functions/shared/outbound.ts";
const STAND_IN: Weakening[] = [
  { file: OUTBOUND, find: `if (url.protocol !== "https:") throw`, replace: "if (false) throw" },
  { file: OUTBOUND, find: `!name.includes(".") || LOCAL_NAMES.test(name)`, replace: "false" },
];
const CARELESS: Weakening[] = [
  {
    file: "durable-objects/clinic-bell.ts",
    find: "DELETE FROM ticket WHERE hash = ? RETURNING until",
    replace: "SELECT until FROM ticket WHERE hash = ?",
  },
  { file: "functions/service/bells.ts", find: "idFromName(serviceId)", replace: `idFromName("one")` },
  {
    file: "durable-objects/webhook-outbox.ts",
    find: `"DELETE FROM outbox WHERE id = ?"`,
    replace: `"UPDATE outbox SET due = 9007199254740991 WHERE id = ?"`,
  },
  { file: OUTBOUND, find: "if (!addresses.every(isPublicAddress))", replace: "if (false)" },
  { file: OUTBOUND, find: `redirect: "manual",\n      signal,`, replace: `redirect: "follow",\n      signal,` },
];

const PUBLIC = "93.184.215.14";
const PRIVATE = "127.0.0.1";
const soon = { timeout: 30_000, interval: 50 };

/** A region with two clinics and a patient of both. */
interface Region {
  practice: Practice;
  clinics: [Clinic, Clinic];
  anna: EnrolledPatient;
  ben: EnrolledPatient;
}
let ours: Region;
let careless: Region;
let receiver: Receiver;
let inside: Receiver;
let doh: Server;
/** where "localhost" leads to, says the name server */
let address = PUBLIC;

async function openRegion(weaken: Weakening[]): Promise<Region> {
  const { port } = doh.address() as AddressInfo;
  const vars = { DOH_URL: `http://127.0.0.1:${port}/dns-query`, OUTBOUND_LOOPBACK: "0" };
  // no case is opened here, so the smallest committee does
  const few = { trustees: 2, threshold: 2, witnesses: 0 };
  const practice = await openPractice({ ...few, weaken: { service: weaken }, override: { service: vars } });
  const [anna, ben] = await Promise.all(
    samplePatients()
      .slice(0, 2)
      .map(({ bundle }, i) =>
        practice.enrolPatient(bundle.patient, `SYM-${i}`, { coverage: "standard", age: "adult" }),
      ),
  );
  const clinics: Region["clinics"] = [await practice.openClinic("A"), await practice.openClinic("B")];
  return { practice, clinics, anna: anna!, ben: ben! };
}

beforeAll(async () => {
  receiver = await openReceiver();
  inside = await openReceiver();
  doh = createServer((request, response) => {
    const isA = new URL(request.url!, "http://doh").searchParams.get("type") === "A";
    response.setHeader("content-type", "application/dns-json");
    response.end(JSON.stringify({ Status: 0, Answer: isA ? [{ type: 1, data: address }] : [] }));
  });
  await new Promise<void>((done) => doh.listen(0, "127.0.0.1", done));
  ours = await openRegion(STAND_IN);
}, HOOK_MILLISECONDS);
beforeAll(async () => {
  careless = await openRegion([...STAND_IN, ...CARELESS]);
}, HOOK_MILLISECONDS);
afterAll(async () => {
  await ours?.practice.stop();
  await careless?.practice.stop();
  await receiver?.stop();
  await inside?.stop();
  doh?.close();
});

async function visit({ wallet }: EnrolledPatient, clinic: Clinic): Promise<string> {
  return (await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()))).tagHash;
}
const named = (url: string): string => url.replace("127.0.0.1", "localhost");
const idOf = (clinic: Clinic): string => bytesToHex(clinic.serviceId);

async function ticketOf({ practice }: Region, clinic: Clinic): Promise<string> {
  const api = new ClinicApi(practice.transport, practice.deployment.serviceUrl, clinic.keys);
  const path = "/events/ticket";
  return (await jsonOf<{ ticket: string }>(await api.own(path, { method: "POST" }), path)).ticket;
}

/** Opens a clinic's socket with a ticket. Resolves to its messages, or to undefined if it is refused. */
function open({ practice }: Region, at: Clinic, ticket: string): Promise<string[] | undefined> {
  const url = `${practice.deployment.serviceUrl.replace("http", "ws")}/v1/services/${idOf(at)}/events/socket`;
  const socket = new WebSocket(url, ["symbolon.events.v1", `ticket.${ticket}`]);
  const heard: string[] = [];
  return new Promise((resolve) => {
    socket.onmessage = ({ data }) => void heard.push(String(data));
    socket.onopen = () => resolve(heard);
    socket.onerror = () => resolve(undefined);
  });
}

describe("a ticket", () => {
  it("opens one socket, at its own clinic", async () => {
    const [a, b] = ours.clinics;
    const ticket = await ticketOf(ours, a);
    expect(await open(ours, b, await ticketOf(ours, a))).toBeUndefined();
    const [ofA, ofB] = [await open(ours, a, ticket), await open(ours, b, await ticketOf(ours, b))];
    expect(await open(ours, a, ticket)).toBeUndefined();
    const tagHash = await visit(ours.anna, a);
    await vi.waitFor(() => expect(ofA).toHaveLength(1), soon);
    expect(ofA![0]).toContain(tagHash);
    expect(ofB).toEqual([]);
  });

  it("control: with a careless bell it opens again, and another clinic hears", async () => {
    const [a, b] = careless.clinics;
    const ticket = await ticketOf(careless, a);
    const [own, foreign] = [await open(careless, a, ticket), await open(careless, b, ticket)];
    const tagHash = await visit(careless.anna, a);
    await vi.waitFor(() => expect([own?.length, foreign?.length]).toEqual([1, 1]), soon);
    expect(foreign![0]).toContain(tagHash);
  });
});

it("a webhook that the service did not send, or that is sent again later, is not believed", async () => {
  const [a] = ours.clinics;
  const { secret, webhook } = await a.webhooks.register(named(receiver.url));
  const verifier = new Webhook(secret);
  await a.webhooks.test(webhook.id);
  await vi.waitFor(() => expect(receiver.arrived).toHaveLength(1), soon);
  const { body, headers } = receiver.arrived[0]!;
  expect(verifier.verify(body, headers)).toMatchObject({ type: "test" });
  const forged = body.replace('"test"', '"check-in"');
  expect(() => verifier.verify(forged, headers)).toThrow("No matching signature");
  // an attacker who has a webhook of its own at the same service signs with another secret
  const [, b] = ours.clinics;
  const other = await b.webhooks.register(named(inside.url));
  await b.webhooks.test(other.webhook.id);
  await vi.waitFor(() => expect(inside.arrived).toHaveLength(1), soon);
  expect(() => verifier.verify(inside.arrived[0]!.body, inside.arrived[0]!.headers)).toThrow("No matching signature");
  const later = Date.now() + 6 * 60_000;
  vi.useFakeTimers({ now: later, toFake: ["Date"] });
  try {
    expect(() => verifier.verify(body, headers)).toThrow("too old");
  } finally {
    vi.useRealTimers();
  }
  for (const [clinic, id] of [[a, webhook.id] as const, [b, other.webhook.id] as const])
    await clinic.webhooks.remove(id);
  for (const each of [receiver, inside]) each.arrived.length = 0;
});

describe("a webhook into a private network", () => {
  /** Registers the receiver, tests it with the name leading to `leadsTo`, and returns how many requests arrived in all. */
  async function attack({ clinics: [a] }: Region, leadsTo: string, redirect = false): Promise<number> {
    for (const each of [receiver, inside]) each.arrived.length = 0;
    const location = named(inside.url);
    receiver.answer = (response) => response.writeHead(redirect ? 307 : 204, redirect ? { location } : {}).end();
    address = PUBLIC;
    const { webhook } = await a.webhooks.register(named(receiver.url));
    address = leadsTo;
    await a.webhooks.test(webhook.id);
    const { practice } = a === ours.clinics[0] ? ours : careless;
    // over when it was delivered, or when an attempt has failed
    await vi.waitFor(() => {
      const rows = bellRows(practice, "outbox").filter(({ cells }) => cells.webhook === webhook.id);
      expect(rows.every(({ cells }) => Number(cells.attempts) > 0 || Number(cells.due) > 2 ** 50)).toBe(true);
    }, soon);
    await a.webhooks.remove(webhook.id);
    address = PUBLIC;
    return receiver.arrived.length + inside.arrived.length;
  }

  it("is not called, by its name or by a redirect", async () => {
    expect(await attack(ours, PUBLIC)).toBe(1);
    expect(await attack(ours, PRIVATE)).toBe(0);
    expect(await attack(ours, PUBLIC, true)).toBe(1);
    expect(inside.arrived).toHaveLength(0);
  });

  it("control: a careless door calls both", async () => {
    expect(await attack(careless, PRIVATE)).toBe(1);
    expect(await attack(careless, PUBLIC, true)).toBe(2);
    expect(inside.arrived).toHaveLength(1);
  });

  it("is refused in plain at registration", async () => {
    const [a] = ours.clinics;
    for (const url of [inside.url, "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest"])
      await expect(a.webhooks.register(url)).rejects.toMatchObject({ code: "malformed" });
  });
});

/** The rows of all bells on disk. */
function bellRows({ host }: Practice, table?: string): DumpedRow[] {
  const { rows } = dumpStores(host.persist);
  return rows.filter((row) => row.file.includes("ClinicBell") && (table === undefined || row.table === table));
}

describe("a thief of the bell's storage", () => {
  /** Visits of two patients at both clinics, with messages, all delivered and fetched. Returns their tag hashes. */
  async function live({ practice, clinics, anna, ben }: Region): Promise<string[]> {
    receiver.answer = (response) => response.writeHead(204).end();
    receiver.arrived.length = 0;
    const hooks = await Promise.all(
      clinics.map((clinic, i) => clinic.webhooks.register(`${named(receiver.url)}/${i}`)),
    );
    const tags: string[] = [];
    for (const patient of [anna, ben, anna])
      for (const clinic of clinics) {
        const tagHash = await visit(patient, clinic);
        tags.push(tagHash);
        await patient.wallet.send(tagHash, utf8ToBytes("hello"));
        // check-in and message; a careless bell tells both clinics' webhooks
        const ofSession = () => receiver.arrived.filter(({ body }) => body.includes(tagHash)).length;
        await vi.waitFor(() => expect(ofSession()).toBeGreaterThanOrEqual(2), soon);
        await clinic.receive(await clinic.session(tagHash));
      }
    await vi.waitFor(() => expect(bellRows(practice, "waiting")).toEqual([]), soon);
    expect(hooks).toHaveLength(2);
    return tags;
  }
  const found = (practice: Practice, tags: readonly string[]): number => {
    const text = JSON.stringify(bellRows(practice).map(({ cells }) => Object.values(cells).map(String)));
    return tags.filter((tagHash) => text.includes(tagHash)).length;
  };

  it("finds no session there once its events are delivered", async () => {
    const tags = await live(ours);
    expect(bellRows(ours.practice, "webhook")).toHaveLength(2); // it reads the right files
    await vi.waitFor(() => expect(found(ours.practice, tags)).toBe(0), soon);
  });

  it("finds nothing in waiting events that recurs with a patient", async () => {
    const { practice, clinics, anna, ben } = ours;
    receiver.answer = (response) => response.writeHead(500).end();
    const tags = [await visit(anna, clinics[0]), await visit(ben, clinics[0]), await visit(anna, clinics[0])];
    await vi.waitFor(() => expect(found(practice, tags)).toBe(3), soon);
    const rows = bellRows(practice, "outbox").map(({ cells }) => cells);
    const unlike = ["id", "about", "due"];
    for (const name of unlike) expect(new Set(rows.map((row) => row[name])).size).toBe(rows.length);
    for (const row of rows) for (const name of unlike) delete row[name];
    expect(
      new Set(
        rows.map(({ attempts: _, ...row }) =>
          JSON.stringify(row, (_name, v) => (typeof v === "bigint" ? String(v) : v)),
        ),
      ).size,
    ).toBe(1);
  });

  it("control: with a bell that keeps deliveries he has the list of visits", async () => {
    const tags = await live(careless);
    expect(found(careless.practice, tags)).toBe(tags.length);
  });
});
