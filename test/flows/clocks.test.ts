// Clocks that are off, with the default parameters: ten minutes in either direction are no hindrance to a clinic, a wallet
// or a requester, from the first request to the last. One second more is refused at every door. The refusal names the
// clock and the seconds.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clinic, Clinic as ClinicSdk } from "../../client/clinic.ts";
import {
  createRequesterKeys,
  MemoryStore,
  ParametersCache,
  Requester,
  SymbolonError,
  type Transport,
  Wallet,
} from "../../client/index.ts";
import { enrolWith } from "../../local/enrol.ts";
import { samplePatients } from "../../local/patients.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const read = (b: Uint8Array | undefined): string => new TextDecoder().decode(b);
const { patient, visits, references } = samplePatients()[0]!.bundle;
const START = epochStart(684) + 9 * 86_400 + 3600;

let practice: Practice;
let clinic: Clinic;
beforeAll(async () => {
  practice = await openPractice({ start: START, epochs: 2 });
  clinic = await practice.openClinic("Harbour Clinic");
});
afterAll(() => practice?.stop());

/** The transport of a party whose clock is `off` seconds ahead of the servers', or behind if negative. */
const transportOff = (off: number): Transport => ({
  ...practice.transport,
  now: () => practice.clock.now + off,
  sendClock: false,
  fetch: (input, init) =>
    practice.transport.fetch(input, {
      ...init,
      headers: { ...(init?.headers as Record<string, string>), "symbolon-clock": String(practice.clock.now) },
    }),
});
const clinicOff = (off: number): Clinic => new ClinicSdk(transportOff(off), practice.deployment, clinic.keys);

let people = 0;
async function newcomer(off: number) {
  const account = await practice.operator.registerPerson(patient, `SYM-CLOCK-${++people}`, { coverage: "standard" });
  const options = { transport: transportOff(off), deployment: practice.deployment, store: new MemoryStore() };
  return { ...account, wallet: await Wallet.create(options) };
}
async function walletOff(off: number): Promise<Wallet> {
  const { wallet, account, enrolmentCode } = await newcomer(off);
  await enrolWith(wallet, { account, enrolmentCode });
  return wallet;
}
/** An enrolled wallet whose clock can be set wrong later. */
async function driftingPhone() {
  const phone = { drift: 0, wallet: undefined as unknown as Wallet };
  const transport = { ...transportOff(0), now: () => practice.clock.now + phone.drift };
  const { account, enrolmentCode } = await newcomer(0);
  phone.wallet = await Wallet.create({ transport, deployment: practice.deployment, store: new MemoryStore() });
  await enrolWith(phone.wallet, { account, enrolmentCode });
  return phone;
}
async function requesterOff(off: number): Promise<Requester> {
  const transport = transportOff(off);
  const keys = createRequesterKeys(transport.rng);
  const certificate = await practice.operator.certifyRequester({
    signKey: bytesToHex(keys.signPublicKey),
    sealKey: keys.seal.publicKey,
    name: "Dr. Ada Emery",
    role: "clinician",
  });
  return new Requester(transport, practice.deployment, keys, certificate);
}

/** Code and message of the error that `act` throws. */
async function errorOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof SymbolonError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "accepted";
}

const W = CLOCK_TOLERANCE_SECONDS;

it("the parameters have the default tolerance, which is ten minutes", async () => {
  const cache = new ParametersCache(practice.transport, practice.deployment);
  const { document } = await cache.of(epochOf(START));
  expect([W, document.challengeWindowSeconds]).toEqual([600, 600]);
});

describe("within the tolerance", () => {
  const pairs: [number, number][] = [
    [1 - W, 0],
    [W - 1, 0],
    [0, 1 - W],
    [0, W - 1],
    [300, -299],
  ];
  it.each(pairs)("a clinic %i and a wallet %i seconds off: every step of a visit", async (clinicIs, walletIs) => {
    const [at, wallet] = [clinicOff(clinicIs), await walletOff(walletIs)];
    const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await at.invitation()));
    const session = await at.session(tagHash);
    const options = { patient, references, allow: () => true };
    const filed = await at.fileVisit(session, visits[0]!.entries, options);
    const note = await at.putRecord(session, text("a note"), { contentKind: "text/plain" });
    const better = await at.amend(session, note, text("a better note"), "text/plain");
    await at.withdraw(session, better);
    await at.erase(session, note);
    expect((await at.records(session)).map((r) => r.recordId)).toContain(filed.recordId);

    await wallet.send(tagHash, text("May I call?"));
    expect((await at.receive(session)).map(read)).toEqual(["May I call?"]);
    await at.send(session, text("After five."));
    expect((await wallet.receive(tagHash)).map(read)).toEqual(["After five."]);

    const own = await wallet.records();
    expect(own.faults).toEqual([]);
    expect(own.records.find((r) => r.recordId === filed.recordId)?.plaintext).toBeDefined();
    await wallet.refresh(epochOf(START) + 1);
  });

  it.each([-1, 1])("a requester, ahead or behind (%i), submits an order and reads its state", async (direction) => {
    const wallet = await walletOff(0);
    const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
    const requester = await requesterOff(direction * (W - 1));
    const order = await requester.order(emergency((await clinic.session(tagHash)).checkInBytes));
    expect((await requester.submit(order)).state).toBe("ordered");
    expect((await requester.status(order)).state).toBe("ordered");
    // The trustee verifies the order again, by its own clock.
    const officer = practice.officers[0]!;
    const waiting = (await officer.inbox()).find((c) => c.caseId === order.caseId)!;
    expect(await officer.review(waiting)).toMatchObject({ emergency: true });
  });
});

const emergency = (checkIn: Uint8Array) => ({
  kind: "link" as const,
  purpose: "Patient unconscious in the emergency room",
  legalGround: "GDPR Article 9(2)(c), vital interests",
  epochs: { from: epochOf(START), to: epochOf(START) },
  emergency: true,
  subject: { checkIn },
});

describe.each([-W - 1, W + 1])("%i seconds off, which is one too many", (off) => {
  const theirs = `Your clock is ${W + 1} seconds ${off > 0 ? "ahead of" : "behind"} this server's; at most ${W} are allowed.`;
  const saysSo = (answer: string): void => {
    expect(answer).toMatch(/^clock-skew: A clock is wrong, or the message is too old\. /);
    expect(answer).toContain(theirs);
  };

  it("a clinic is told so by the token endpoint, whatever it wants to do", async () => {
    const wallet = await walletOff(0);
    const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
    const session = await clinic.session(tagHash);
    const at = clinicOff(off);
    for (const act of [
      () => at.session(tagHash),
      () => at.sessions(),
      () => at.fileVisit(session, visits[0]!.entries, { patient, references, allow: () => true }),
      () => at.putRecord(session, text("a note"), { contentKind: "text/plain" }),
      () => at.send(session, text("hello")),
      () => at.receive(session),
    ])
      saysSo(await errorOf(act));
  });

  it("a wallet refuses the clinic's invitation and says by how much", async () => {
    const [wallet, invitation] = [await walletOff(0), await clinicOff(off).invitation()];
    const answer = await errorOf(() => wallet.readInvitation(invitation));
    expect(answer).toMatch(/^stale-challenge: This invitation is too old, or this phone's clock is wrong: it is /);
    expect(answer).toContain(
      `${W + 1} seconds ${off > 0 ? "ahead of" : "old by"} this phone's clock; at most ${W} are allowed`,
    );
  });

  it("clinic and wallet alike, so that only the service can tell: the check-in is refused with the seconds", async () => {
    const phone = await driftingPhone();
    phone.drift = off;
    const { wallet } = phone;
    const offer = await wallet.readInvitation(await clinicOff(off).invitation());
    const answer = await errorOf(() => wallet.checkIn(offer));
    expect(answer).toMatch(/^check-in-refused: The service did not accept the check-in: clock-skew, The challenge is /);
    expect(answer).toContain(`${W + 1} seconds ${off > 0 ? "ahead of" : "old by"} this server's clock`);
  });

  it("a wallet is told so when it enrols, refreshes, writes and reads messages", async () => {
    const { wallet: late, account, enrolmentCode } = await newcomer(off);
    saysSo(await errorOf(() => enrolWith(late, { account, enrolmentCode })));

    const phone = await driftingPhone();
    const { wallet } = phone;
    const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
    phone.drift = off;
    for (const act of [
      () => wallet.refresh(epochOf(START) + 1),
      () => wallet.send(tagHash, text("hello")),
      () => wallet.receive(tagHash),
    ])
      saysSo(await errorOf(act));
    phone.drift = 0;
    await wallet.send(tagHash, text("hello")); // control
  });

  it("a requester is told so by the escrow", async () => {
    const wallet = await walletOff(0);
    const { tagHash } = await wallet.checkIn(await wallet.readInvitation(await clinic.invitation()));
    const requester = await requesterOff(off);
    const order = await requester.order(emergency((await clinic.session(tagHash)).checkInBytes));
    saysSo(await errorOf(() => requester.submit(order)));
  });
});
