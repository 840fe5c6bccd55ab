// S13, S12: a registrar that leaves a phone out of its answer at recovery hides neither that phone's sessions nor its notices.
//
// Alice has had two phones under the same words, with a visit on each. A case touched the session of the second phone. She
// loses it. The registrar then deletes phones from its database and answers as if they had never been: first the newest one
// alone, which a restored wallet does not notice, then all of them. The salts come from Alice's own claims at the service.
//
// The controls: an honest registrar, a wallet that has not read the claims, and a wallet that looks for notices under the
// registrar's phones alone.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import type { PreparedOrder } from "../../client/requester.ts";
import { knownPhones } from "../../client/wallet/claims.ts";
import { stateOf } from "../../client/wallet/inspect.ts";
import { MemoryDeviceMark, MemoryStore } from "../../client/wallet/state.ts";
import type { Wallet } from "../../client/wallet.ts";
import { enrolWith } from "../../local/enrol.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { NoticeContent } from "../../protocol/case-documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { approvedBy, carelessCore, enrolled, hex, indexOf, LINK, newRequester, person, START, visit } from "./cases.ts";

const EPOCH = epochOf(START);

let p: Practice;
let clinic: Clinic;
let account: string;
let words: string;
let old: Wallet;
/** the case that touched the second phone's session */
let seen: PreparedOrder;

beforeAll(async () => {
  p = await openPractice({ start: START, slots: 4, epochs: 2 });
  clinic = await p.openClinic("General practice");
  const alice = await enrolled(p, "Alice");
  ({ account } = alice);
  words = alice.wallet.recoveryWords;
  await visit(alice.wallet, clinic, "on the first phone");
  old = (await restored()).wallet;
  const session = await visit(old, clinic, "on the second phone");
  await indexOf(p, EPOCH, 2);
  const { requester } = await newRequester(p, "Dr. Nosy");
  const epochs = { from: EPOCH, to: EPOCH };
  const request = { ...LINK, purpose: "care", epochs, emergency: true, subject: { checkIn: session.checkInBytes } };
  seen = await approvedBy(p, requester, request, [1, 2]);
  await requester.advance(seen);
}, 240_000);
afterAll(() => p?.stop());

/** A new phone at the desk, from the words. The owner insists if the registrar shows no earlier phone. */
async function restored(empty: () => Promise<Wallet> = () => p.wallet(words)) {
  const { enrolmentCode } = await p.operator.registerPerson(person("Alice"), "SELECTOR-Alice", {
    coverage: "standard",
    age: "adult",
  });
  const wallet = await empty();
  const offer = await wallet.startEnrolment(account, enrolmentCode);
  await enrolWith(wallet, { account, enrolmentCode }, { withoutEarlierPhone: true });
  return { wallet, offer };
}
/** The registrar deletes every phone of Alice from this generation on, with the credentials that it issued to it. */
async function forgetFrom(generation: number): Promise<void> {
  const db = await p.host.miniflare.getD1Database("REGISTRAR_DB", "registrar");
  for (const table of ["issued", "generations"])
    await db.prepare(`DELETE FROM ${table} WHERE account = ? AND generation >= ?`).bind(account, generation).run();
}
const casesOf = async (wallet: Wallet): Promise<string[]> =>
  (await wallet.notices()).map((n) => hex(NoticeContent.decode(hexToBytes(n.content)).caseId));
const texts = async (wallet: Wallet): Promise<string[]> => {
  const { records, faults } = await wallet.records();
  expect(faults).toEqual([]);
  return records.map((r) => new TextDecoder().decode(r.plaintext)).sort();
};
/** A wallet that looks for notices under the phones that the registrar names, and under no other. */
async function credulousWallet(): Promise<Wallet> {
  const core = await carelessCore([
    {
      file: "client/wallet/claims.ts",
      find: "const all: Phone[] = [...state.generations, ...state.sessions];",
      replace: "const all: Phone[] = [...state.generations];",
    },
  ]);
  const { transport, deployment } = p;
  const parts = { transport, deployment, store: new MemoryStore(), deviceMark: new MemoryDeviceMark() };
  return (await core.Wallet.restore(parts, words)) as unknown as Wallet;
}

const BOTH = ["on the first phone", "on the second phone"];

it("control: an honest registrar shows both phones, and the new one has the notice at the desk", async () => {
  const { wallet, offer } = await restored();
  expect(offer.ownPhones.map((g) => g.generation)).toEqual([0, 1]);
  expect(stateOf(wallet).notices).toHaveLength(1);
  expect(await casesOf(wallet)).toEqual([seen.caseId]);
});

describe.each([
  { name: "the newest phone alone", from: 1, shown: [0], warnings: 0 },
  { name: "every phone", from: 0, shown: [], warnings: 1 },
])("a registrar that hides $name", ({ from, shown, warnings }) => {
  let fresh: Wallet;
  const salt = () => stateOf(old).generations.at(-1)!.salt;
  const salts = () => knownPhones(stateOf(fresh)).map((phone) => phone.salt);

  it("shows the phones that it likes, in a chain that is good", async () => {
    await forgetFrom(from);
    const { wallet, offer } = await restored();
    fresh = wallet;
    expect(offer.ownPhones.map((g) => g.generation)).toEqual(shown);
    expect(offer.warnings).toHaveLength(warnings); // none is the stated limit
    expect(salts()).not.toContain(salt());
  });
  it("control: on its word alone, the wallet finds neither the notice nor the session", async () => {
    expect(await casesOf(fresh)).toEqual([]);
    expect(await texts(fresh)).toEqual([]);
  });
  it("hides nothing from the claims: sessions and records of both phones come back", async () => {
    expect(await fresh.recover()).toBe(2);
    expect(salts()).toContain(salt());
    expect(await texts(fresh)).toEqual(BOTH);
  });
  it("hides no notice: the wallet reads the whole log again, for the phones that it found", async () => {
    expect(await casesOf(fresh)).toEqual([seen.caseId]);
    expect(await casesOf(fresh)).toEqual([seen.caseId]); // and once, however often it looks
  });
  it("control: a wallet that looks under the registrar's phones alone has the session and never the notice", async () => {
    await forgetFrom(from);
    const { wallet } = await restored(credulousWallet);
    expect(await wallet.recover()).toBe(2);
    expect(await texts(wallet)).toEqual(BOTH);
    expect(await casesOf(wallet)).toEqual([]);
  });
});
