// S8: the registrar alone makes its own k, z and contract over Alice's record, and visits a clinic as her. This is a stated
// limit of docs/SECURITY.md. Here it runs against the real registrar, trustees, service and log, and each sentence of the
// limit is held: the answer of a trace, the list that Alice's wallet has, the warnings, the notice, and the log.
//
//   next phone    the registrar makes an enrolment code for Alice's account itself, and uses it. Its contract is phone 2
//   first phone   the registrar makes a second account and puts Alice's own record into it. Its contract is phone 1 there
//
// While its switch is on, the registrar knows Alice's account by its first phone alone, so Alice's wallet goes on as before
// (roles/registrar-blind-to-new-phones.ts). The controls: traces of Alice's own first and second phone.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic, ClinicSession } from "../../client/clinic.ts";
import type { Requester } from "../../client/requester.ts";
import { stateOf } from "../../client/wallet/inspect.ts";
import type { Wallet } from "../../client/wallet.ts";
import { openField, sealField } from "../../functions/registrar/fields.ts";
import { enrolWith } from "../../local/enrol.ts";
import { type EnrolledPatient, openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { NoticeContent } from "../../protocol/case-documents.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { identityRecordHash, Registrations } from "../../protocol/contract-chain.ts";
import { contractHashOf, Dossier, IdentityDisclosure, isDossierOf, openSigned } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  approvedBy,
  cosigned,
  enrolled,
  newRequester,
  outcome,
  person,
  playedBy,
  START,
  TRACE,
  turn,
  visit,
} from "./cases.ts";

const EPOCH = epochOf(START);
const LYING_REGISTRAR = [
  playedBy("switched-registrar", "functions/registrar.ts"),
  playedBy("registrar-blind-to-new-phones", "functions/registrar/store.ts"),
];
const ADULT = { coverage: "standard", age: "adult" };

let p: Practice;
let clinic: Clinic;
let alice: EnrolledPatient;
let requester: Requester;

beforeAll(async () => {
  p = await openPractice({ start: START, slots: 4, epochs: 4, weaken: { registrar: LYING_REGISTRAR } });
  clinic = await p.openClinic("General practice");
  alice = await enrolled(p, "Alice");
  ({ requester } = await newRequester(p, "Dr. Contact"));
}, 240_000);
afterAll(() => p?.stop());

const hide = (on: boolean) => turn(p.deployment.registrarUrl, on);
const codeFor = (selector: string) => p.operator.registerPerson(person("Alice"), selector, ADULT);

/** A wallet of the registrar's own, in Alice's account: with the switch off, it is her next phone. */
async function nextPhone(): Promise<Wallet> {
  const wallet = await p.wallet();
  await enrolWith(wallet, await codeFor("SELECTOR-Alice"));
  return wallet;
}
/** A wallet of the registrar's own, in an account of its own that holds Alice's record. */
async function firstPhone(): Promise<Wallet> {
  const env = p.host.bindings.registrar as never;
  const code = await codeFor("SELECTOR-of-nobody");
  const db = await p.host.miniflare.getD1Database("REGISTRAR_DB", "registrar");
  const read = (account: string) =>
    db.prepare("SELECT identity FROM accounts WHERE account = ?").bind(account).first<number[]>("identity");
  const record = openField(env, "identity", alice.account as never, Uint8Array.from((await read(alice.account))!));
  const sealed = sealField(env, "identity", code.account as never, record);
  await db.prepare("UPDATE accounts SET identity = ? WHERE account = ?").bind(sealed, code.account).run();
  const wallet = await p.wallet();
  await enrolWith(wallet, code);
  return wallet;
}

/** A trace of this session, as the requester's SDK reads it. */
async function trace(session: ClinicSession, purpose: string) {
  const request = { ...TRACE, purpose, subject: { checkIn: session.checkInBytes } };
  const prepared = await approvedBy(p, requester, request, [1, 2]);
  await requester.advance(prepared);
  return { ...(await requester.trace(prepared)), session };
}
type Traced = Awaited<ReturnType<typeof trace>>;
const purposesOf = async (wallet: Wallet): Promise<string[]> =>
  (await wallet.notices()).map((n) => NoticeContent.decode(hexToBytes(n.content)).purpose);

/**
 * Whether the answer of a trace and a list contradict each other: two statements under the registrar's key. The session was made
 * before the list, and so was the contract to which it leads.
 */
function contradict({ disclosure, session }: Traced, signedList: Uint8Array): boolean {
  const disclosed = openSigned(LABELS.signDisclosure, IdentityDisclosure, disclosure);
  const list = openSigned(LABELS.signRegistrations, Registrations, signedList);
  for (const { key } of [disclosed, list]) expect(bytesToHex(key)).toBe(p.deployment.registrarKey);
  expect(list.value.at).toBeGreaterThan(Number(readCheckIn(session.checkInBytes).challenge.issuedAt));
  expect(list.value.record).toEqual(identityRecordHash(disclosed.value.identity)); // of one and the same record
  const listed = list.value.contracts.map(bytesToHex);
  return disclosed.value.contracts.some((contract) => !listed.includes(bytesToHex(contractHashOf(contract))));
}
/** The list that the wallet gets with a pass that it does not have yet. */
async function listFor(wallet: Wallet, epoch: number): Promise<Uint8Array> {
  await wallet.refresh(epoch);
  return hexToBytes(wallet.overview().registrations!);
}

describe("as a first phone, in an account of its own", () => {
  let forged: Wallet;
  let answer: Traced;
  let own: Traced;
  let list: Uint8Array;

  it("leaves no trace in the log, which counts no registrations: the stated limit", async () => {
    const entries = async (): Promise<number> => {
      const { checkpoint } = await cosigned(p);
      return checkpoint.size;
    };
    const before = await entries();
    forged = await firstPhone();
    expect(await entries()).toBe(before);
  });
  it("is accepted everywhere, and a trace names Alice without a warning: the stated limit", async () => {
    answer = await trace(await visit(forged, clinic), "of the first phone");
    expect(answer).toMatchObject({ selector: alice.record.selector, warnings: [] });
    expect(answer.identity).toEqual(alice.record.identity);
    expect(answer.phones.map(({ continues }) => continues)).toEqual([false]);
  });
  it("control: a trace of Alice's own session looks the same, but for the contract", async () => {
    own = await trace(await visit(alice.wallet, clinic), "of Alice");
    expect(own).toMatchObject({ selector: alice.record.selector, warnings: [] });
    expect(own.phones.map(({ continues }) => continues)).toEqual([false]);
    expect(own.phones[0]!.contractHash).not.toEqual(answer.phones[0]!.contractHash);
  });
  it("is contradicted by the signed list that Alice's wallet gets, which her own contract is not", async () => {
    p.clock.now += 60;
    list = await listFor(alice.wallet, EPOCH + 1);
    expect(contradict(answer, list)).toBe(true);
    expect(contradict(own, list)).toBe(false); // control
    expect(alice.wallet.overview().warnings).toEqual([]); // her wallet alone has nothing to warn of
  });
  it("takes the notice of the trace: Alice must hear of it from somebody else", async () => {
    expect(await purposesOf(alice.wallet)).toEqual(["of Alice"]);
    expect(await purposesOf(forged)).toEqual(["of the first phone"]); // control: the notice was made and can be found
  });
});

describe("as Alice's next phone", () => {
  let answer: Traced;

  it("is a phone that did not continue hers, and a trace says so", async () => {
    const forged = await nextPhone();
    answer = await trace(await visit(forged, clinic), "of the next phone");
    expect(answer).toMatchObject({ selector: alice.record.selector });
    expect(answer.phones.map(({ continues }) => continues)).toEqual([false, false]);
    expect(answer.phones[0]!.contractHash).toEqual(hexToBytes(stateOf(alice.wallet).chain[0]!));
    expect(answer.warnings).toEqual([
      "Phone 2 was not enrolled with the recovery words of phone 1. Only the registrar says that it belongs to the same person.",
    ]);
    expect(await purposesOf(alice.wallet)).toEqual(["of Alice"]);
  });
  it("is in an assemble over Alice too, whose dossier says the same", async () => {
    const request = {
      kind: "assemble" as const,
      purpose: "a report",
      legalGround: "GDPR Article 9(2)(h)",
      epochs: { from: EPOCH, to: EPOCH },
      emergency: true,
      subject: { selector: alice.selector },
    };
    const prepared = await approvedBy(p, requester, request, [1, 2]);
    await requester.advance(prepared);
    const { phones, warnings, dossier } = await requester.person(prepared);
    expect(phones.map(({ continues }) => continues)).toEqual([false, false]);
    expect(warnings).toEqual(answer.warnings);
    expect(isDossierOf(hexToBytes(p.deployment.registrarKey), Dossier.decode(dossier), prepared.hash)).toBe(true);
    expect(await purposesOf(alice.wallet)).toEqual(["of Alice", "a report"]); // her own phone is in it
  });
  it("control: a trace of Bob's second phone, from his words, shows two phones and no warning", async () => {
    const bob = await enrolled(p, "Bob");
    const second = await p.wallet(bob.wallet.recoveryWords);
    await enrolWith(second, await p.operator.registerPerson(person("Bob"), "SELECTOR-Bob", ADULT));
    const named = await trace(await visit(second, clinic), "of Bob");
    expect(named.phones.map(({ continues }) => continues)).toEqual([false, true]);
    expect(named.warnings).toEqual([]);
  });
  it("hidden from Alice's wallet, which goes on as before, is contradicted by the list that it gets", async () => {
    await hide(true);
    await p.at(p.clock.now + 31 * 86_400, async () => {
      const list = await listFor(alice.wallet, EPOCH + 2);
      expect(alice.wallet.overview().warnings).toEqual([]);
      expect(contradict(answer, list)).toBe(true);
    });
    await hide(false);
  });
  it("not hidden, takes Alice's pass away: her wallet warns her, and so does her next phone at the desk", async () => {
    await p.at(p.clock.now + 62 * 86_400, async () => {
      expect(await outcome(() => alice.wallet.refresh(EPOCH + 3))).toBe("credential-refused");
      expect(alice.wallet.overview().warnings.join()).toContain("The registrar has given this phone no pass since");
    });
    const { enrolmentCode } = await codeFor("SELECTOR-Alice");
    const { ownPhones, warnings } = await (await p.wallet(alice.wallet.recoveryWords)).startEnrolment(
      alice.account,
      enrolmentCode,
    );
    expect(ownPhones.map((g) => g.generation)).toEqual([0]);
    expect(warnings[0]).toContain("another one was registered for you");
  });
});
