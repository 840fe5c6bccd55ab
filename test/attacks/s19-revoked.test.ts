// S19 Revoked. A requester whose certificate has ended or is withdrawn gets nothing more, not even from a case that is already
// approved. A suspended clinic opens no session, and its patients can still read their records.
//
// The attacker is the requester with a certificate from better days. In one test somebody between registrar and trustees also
// holds the newer revocation list back. The controls are trustees that do not look at certificates, for cases that are marked
// "credulous".

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import { createRequesterKeys, type PreparedOrder, Requester } from "../../client/requester.ts";
import type { Wallet } from "../../client/wallet.ts";
import type { Weakening } from "../../local/bundles.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { fromBase64url } from "../../protocol/encodings.ts";
import { approve, approvedBy, enrolled, LINK, MARKED, outcome, playedBy, START, turn, visit } from "./cases.ts";

const DAY = 86_400;
const CAREFUL = "treatment";
const CREDULOUS = "treatment, credulous trustees";
/** The escrow's own refusal, or that of a trustee, which the escrow passes on. */
const REFUSED = /^credential-refused|The credential was not accepted/;

const trustee: Weakening[] = [MARKED, playedBy("credulous-revocations", "functions/shared/revocations.ts")];
/** Turned on, it serves the first list that it made, for ever. */
const registrar: Weakening[] = [
  playedBy("switched-registrar", "functions/registrar.ts"),
  {
    file: "functions/registrar/requesters.ts",
    find: "const list = { number:",
    replace: "const list = careless() ? globalThis.oldList : globalThis.oldList = { number:",
  },
];

let p: Practice;
let clinic: Clinic;
let alice: Wallet;
let session: ClinicSession;
beforeAll(async () => {
  const weaken = { registrar, "trustee-1": trustee, "trustee-2": trustee, "trustee-3": trustee };
  p = await openPractice({ start: START, slots: 4, weaken });
  clinic = await p.openClinic("Clinic A");
  ({ wallet: alice } = await enrolled(p, "Alice"));
  session = await visit(alice, clinic);
}, 240_000);
afterAll(() => p?.stop());

async function certified(days?: number) {
  const keys = createRequesterKeys(p.transport.rng);
  const certificate = await p.operator.certifyRequester({
    signKey: bytesToHex(keys.signPublicKey),
    sealKey: keys.seal.publicKey,
    name: "Dr Former",
    role: "clinician",
    ...(days !== undefined && { days }),
  });
  return { keys, certificate, requester: new Requester(p.transport, p.deployment, keys, certificate) };
}
const order = (purpose: string) => ({
  ...LINK,
  purpose,
  epochs: { from: session.epoch, to: session.epoch },
  emergency: true,
  subject: { checkIn: session.checkInBytes },
});
const approved = (requester: Requester, purpose: string): Promise<PreparedOrder> =>
  approvedBy(p, requester, order(purpose), [1, 2]);

describe("S19 a withdrawn certificate", () => {
  it("stops a case that is approved, and opens no new one", async () => {
    const { requester, certificate } = await certified();
    const running = await approved(requester, CAREFUL);
    const control = await approved(requester, CREDULOUS);
    const undecided = await requester.order(order(CAREFUL));
    await requester.submit(undecided);
    await p.operator.revokeRequester(certificate);
    p.clock.now += 120;
    expect(await outcome(() => requester.advance(running))).toMatch(REFUSED);
    expect(await outcome(() => approve(p, undecided, [1]))).toMatch(REFUSED);
    expect(await outcome(async () => requester.submit(await requester.order(order(CAREFUL))))).toMatch(REFUSED);
    // Control: the same case goes through at trustees that do not look.
    expect((await requester.advance(control)).state).toBe("opened");
  }, 120_000);

  it("counts for a day at most if somebody holds the newer list back", async () => {
    const { requester, certificate } = await certified();
    const soon = await approved(requester, CAREFUL);
    const later = await approved(requester, CAREFUL);
    await turn(p.host.urls.registrar, true);
    await p.operator.revokeRequester(certificate);
    p.clock.now += 3600;
    // The bound that docs/SECURITY.md states: the old list is good for a day.
    expect((await requester.advance(soon)).state).toBe("opened");
    p.clock.now += DAY;
    expect(await outcome(() => requester.advance(later))).toMatch(/^(unavailable|not-allowed-now: Trustee 1)/);
    await turn(p.host.urls.registrar, false);
    expect(await outcome(() => requester.advance(later))).toMatch(REFUSED);
  }, 120_000);
});

describe("S19 a certificate that has ended", () => {
  it("carries no case on, though its order has not expired", async () => {
    const { requester, keys, certificate } = await certified(1);
    const running = await approved(requester, CAREFUL);
    const control = await approved(requester, CREDULOUS);
    p.clock.now += 2 * DAY;
    expect(await outcome(() => requester.advance(running))).toMatch(REFUSED);
    expect(() => new Requester(p.transport, p.deployment, keys, certificate)).toThrow(/ended/);
    // Control: the order itself still holds.
    expect((await requester.advance(control)).state).toBe("opened");
  }, 120_000);

  it("is never made for more than a year and a day", async () => {
    expect(await outcome(() => certified(367))).toMatch(/^malformed/);
  });
});

describe("S19 a suspended clinic", () => {
  it("opens no session, files nothing and takes nothing back; its records stay readable; it can be resumed", async () => {
    const before = await alice.records();
    await p.operator.suspendService(bytesToHex(clinic.serviceId));
    const offer = await alice.readInvitation(await clinic.invitation());
    expect(await outcome(() => alice.checkIn(offer))).toContain("This clinic is suspended");
    expect(await outcome(() => clinic.putRecord(session, new Uint8Array([1])))).toContain("This clinic is suspended");
    // A thief of the clinic's keys can neither hide nor destroy a record.
    const [record] = before.records;
    for (const act of ["withdraw", "erase"] as const)
      expect(await outcome(() => clinic[act](record!.session, record!.recordId))).toContain("This clinic is suspended");
    const since = await alice.records();
    expect(since.records.map((r) => r.status)).toEqual(before.records.map((r) => r.status));
    expect(since.records[0]!.plaintext).toEqual(record!.plaintext);
    await p.operator.resumeService(bytesToHex(clinic.serviceId));
    // Control: with the same keys, the same acts take effect at a clinic that is not suspended.
    await clinic.withdraw(record!.session, record!.recordId);
    await clinic.erase(record!.session, record!.recordId);
    expect((await alice.records()).records[0]).toMatchObject({ status: "erased", plaintext: undefined });
    await visit(alice, clinic);
  }, 60_000);

  it("leaves each act in the log", async () => {
    const response = await fetch(`${p.host.urls.log}/v1/entries?from=0&limit=256`);
    const { entries } = (await response.json()) as { entries: string[] };
    const kinds = entries.map((e) => LogEntry.decode(fromBase64url(e)).kind);
    for (const kind of ["requester-revoked", "service-suspended", "service-resumed"] as const)
      expect(kinds).toContain(kind);
  });
});
