// S13 Recovery, the other way round: a wallet's store comes back from a phone's backup, on a second phone or on the same one.
// Everything in it is true and old. If such a wallet checked in, it would show a slot again at another clinic, and both
// clinics could tell that it is the same patient. If it sent a message, it would seal two frames under one nonce.
//
// With a device mark the wallet notices, reads on, and checks in again only under a fresh salt. Controls: the same story
// without a mark, and with a mark that the backup holds too. The attackers are the two clinics, which compare tags, and
// somebody who reads the frames at the service.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import { type CheckInError, MemoryDeviceMark, MemoryStore, Wallet } from "../../client/index.ts";
import { FRAME_HEADER_BYTES } from "../../client/sealing/messages.ts";
import type { WalletState } from "../../client/wallet/state.ts";
import { enrolWith } from "../../local/enrol.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { person, START, text, visit } from "./cases.ts";

const SLOTS = 2;

let p: Practice;
let harbour: Clinic;
let hill: Clinic;
/** every check-in and frame that left a phone of this file */
let sent: { tagHashes: string[]; frames: Uint8Array[] };

beforeAll(async () => {
  p = await openPractice({ start: START, epochs: 3, slots: SLOTS });
  harbour = await p.openClinic("Harbour");
  hill = await p.openClinic("Hill");
}, 240_000);
afterAll(() => p?.stop());

const transport = () => ({
  ...p.transport,
  fetch: (async (input: string | URL, init?: RequestInit) => {
    const { pathname } = new URL(String(input));
    if (init?.method === "POST" && pathname === "/v1/sessions")
      sent.tagHashes.push(bytesToHex(readCheckIn(init.body as Uint8Array).tagHash));
    if (init?.method === "POST" && pathname.endsWith("/frames")) sent.frames.push(init.body as Uint8Array);
    return p.transport.fetch(input, init);
  }) as typeof fetch,
});

/** A phone: the store that backups hold, and a place that they do not reach. */
interface Phone {
  store: MemoryStore;
  deviceMark?: MemoryDeviceMark;
}
const parts = (phone: Phone) => ({ transport: transport(), deployment: p.deployment, ...phone });
const register = (name: string) =>
  p.operator.registerPerson(person(name), `SELECTOR-${name}`, { coverage: "standard" });
async function storeWith(state: WalletState): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.save(state, 0);
  return store;
}
const checkIn = async (wallet: Wallet, clinic: Clinic): Promise<string> =>
  (await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()))).tagHash;
const codeOf = async (act: () => Promise<unknown>): Promise<string> =>
  act().then(
    () => "accepted",
    (error: CheckInError) => error.code,
  );

interface Story {
  phone: Phone;
  wallet: Wallet;
  /** the session from before the backup */
  first: string;
  backup: WalletState;
}

/** A phone visits the harbour clinic once. Then comes the backup. Then it sends a message and uses its last slot there. */
async function untilLoss(name: string, phone: Phone): Promise<Story> {
  sent = { tagHashes: [], frames: [] };
  const wallet = await Wallet.create(parts(phone));
  await enrolWith(wallet, await register(name));
  const { tagHash: first } = await visit(wallet, harbour, "the first visit");
  const backup = (await phone.store.load())!;
  await wallet.send(first, text("I am in the waiting room"));
  await visit(wallet, harbour, "the second visit");
  return { phone, wallet, first, backup };
}

/** The restored store shows the harbour's tag to the hill clinic, and its frames fall to somebody who knows one of them. */
async function expectHarm({ first, backup }: Story, restored: Phone): Promise<void> {
  const wallet = (await Wallet.open(parts({ ...restored, store: await storeWith(backup) })))!;
  expect(wallet.overview()).toMatchObject({ enrolled: true, copied: false });
  // The service refuses the repeated number, but by then it has the frame.
  expect(await codeOf(() => wallet.send(first, text("My pain is in the knee")))).toBe("credential-refused");
  expect(await codeOf(() => checkIn(wallet, hill))).toBe("check-in-refused");
  const [, second, third] = sent.tagHashes;
  expect(third).toBe(second);
  const [a, b] = sent.frames;
  expect(b!.subarray(0, FRAME_HEADER_BYTES)).toEqual(a!.subarray(0, FRAME_HEADER_BYTES));
  const known = text("I am in the waiting room");
  const at = (i: number): number => a![FRAME_HEADER_BYTES + i]! ^ b![FRAME_HEADER_BYTES + i]!;
  // The padded text starts somewhere in the frame: one of few places.
  const read = Array.from({ length: 16 }, (_, from) =>
    String.fromCharCode(...Array.from({ length: 22 }, (_, i) => at(from + i) ^ known[i]!)),
  );
  expect(read).toContain("My pain is in the knee");
}

/** The restored store is known for a copy. It reads, and checks in again only under a fresh salt. */
async function expectSafe({ first, backup }: Story, name: string, restored: Phone): Promise<Wallet> {
  const wallet = (await Wallet.open(parts({ ...restored, store: await storeWith(backup) })))!;
  const asked = structuredClone(sent);
  expect(wallet.overview()).toMatchObject({ enrolled: false, copied: true });
  expect(await codeOf(() => checkIn(wallet, hill))).toBe("copied-store");
  expect(await codeOf(() => wallet.send(first, text("My pain is in the knee")))).toBe("copied-store");
  expect(await codeOf(() => wallet.retryCheckIn(first))).toBe("copied-store");
  expect(sent).toEqual(asked);
  await harbour.send(await harbour.session(first), text("Your results are here"));
  expect((await wallet.receive(first)).map((m) => new TextDecoder().decode(m))).toEqual(["Your results are here"]);

  await enrolWith(wallet, await register(name));
  expect(wallet.overview()).toMatchObject({ enrolled: true, copied: false });
  expect(await wallet.recover()).toBe(1); // the visit after the backup
  await visit(wallet, hill, "the third visit");
  await visit(wallet, hill, "the fourth visit");
  expect(sent.tagHashes).toHaveLength(2 * SLOTS);
  expect(new Set(sent.tagHashes).size).toBe(2 * SLOTS);
  const { records, faults } = await wallet.records();
  expect(faults).toEqual([]);
  expect(records.map((r) => new TextDecoder().decode(r.plaintext)).sort()).toEqual(
    ["the first visit", "the fourth visit", "the second visit", "the third visit"].sort(),
  );
  expect(await codeOf(() => wallet.send(first, text("still not")))).toBe("copied-store");
  return wallet;
}

describe("a store restored from a backup", () => {
  it("on a second phone shows no tag again and sends under no nonce again", async () => {
    const phone = { store: new MemoryStore(), deviceMark: new MemoryDeviceMark() };
    const story = await untilLoss("Ann", phone);
    await expectSafe(story, "Ann", { store: phone.store, deviceMark: new MemoryDeviceMark() });
    // The phone that was left behind gets no further pass: its device key serves no more.
    p.clock.now = epochStart(story.wallet.overview().pass.epoch! + 1) + 86_400;
    expect(await codeOf(() => story.wallet.refresh())).toBe("credential-refused");
    p.clock.now = START;
  });
  it("on the same phone neither", async () => {
    const phone = { store: new MemoryStore(), deviceMark: new MemoryDeviceMark() };
    await expectSafe(await untilLoss("Ben", phone), "Ben", phone);
  });
  it("control: without a mark, both clinics see one tag, and a frame falls to a reader of the other", async () => {
    const phone = { store: new MemoryStore() };
    await expectHarm(await untilLoss("Cleo", phone), phone);
  });
  it("control: a mark that the backup holds too does not help", async () => {
    const phone = { store: new MemoryStore(), deviceMark: new MemoryDeviceMark() };
    const inBackup = new MemoryDeviceMark();
    // The mark at the time of the backup is the one that the saved state names.
    const story = await untilLoss("Dora", phone);
    await inBackup.save(story.backup.mark!.now, undefined);
    await expectHarm(story, { store: phone.store, deviceMark: inBackup });
  });
});
