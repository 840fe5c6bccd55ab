// S13 Recovery. With the recovery words a new phone gets every record back. The lost phone gets no credential for the next
// epoch, and fails everywhere after maxStaleEpochs.
//
// Alice loses her unlocked phone in September. The finder has its keys, its September credential, and her secrets of that
// generation. She goes to the desk and enrols a new phone from her words. In the control, the registrar's Worker does not
// look which phone asks.

import { ed25519 } from "@noble/curves/ed25519.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import { apiBytes, apiJson } from "../../client/transport.ts";
import { phoneOf, secretsOf, stateOf } from "../../client/wallet/inspect.ts";
import { credentialBlinding, holderSecrets, type Phone, walletRoot } from "../../client/wallet/keys.ts";
import type { Wallet } from "../../client/wallet.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { enrolWith } from "../../local/enrol.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { openSigned, Parameters, paramsHashOf, RefreshRequest } from "../../protocol/documents.ts";
import { requestRefresh } from "../../protocol/enrolment.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  carelessCore,
  enrolled,
  outcome,
  person,
  playedBy,
  presented,
  START,
  sendCheckIn,
  signedParameters,
  turn,
  visit,
} from "./cases.ts";

const SEPTEMBER = epochOf(START);
const OCTOBER = SEPTEMBER + 1;
const NOVEMBER = OCTOBER + 1;

const ANY_PHONE = [
  playedBy("switched-registrar", "functions/registrar.ts"),
  playedBy("registrar-blind-to-new-phones", "functions/registrar/store.ts"),
];

let p: Practice;
let strict: Clinic;
let lenient: Clinic;
let old: Wallet;
let fresh: Wallet;
let account: string;
let words: string;
let stranger: Awaited<ReturnType<typeof enrolled>>;

beforeAll(async () => {
  p = await openPractice({ start: START, slots: 4, epochs: 4, weaken: { registrar: ANY_PHONE } });
  strict = await p.openClinic("Current passes only", { required: [], maxStaleEpochs: 0 });
  lenient = await p.openClinic("Passes of last month too", { required: [], maxStaleEpochs: 1 });
  const alice = await enrolled(p, "Alice");
  ({ wallet: old, account } = alice);
  words = old.recoveryWords;
  stranger = await enrolled(p, "Mallory");
  await visit(old, strict, "September, first");
  await visit(old, lenient, "September, second");
}, 240_000);
afterAll(() => p?.stop());

const texts = async (wallet: Wallet): Promise<string[]> => {
  const { records, faults } = await wallet.records();
  expect(faults).toEqual([]);
  return records.map((r) => new TextDecoder().decode(r.plaintext)).sort();
};
/** The desk sees Alice herself, and gives her a new code. */
const desk = () => p.operator.registerPerson(person("Alice"), "SELECTOR-Alice", { coverage: "standard", age: "adult" });

/** A credential asked for by a phone, with a device key and secrets of its choosing. */
async function refreshBy(wallet: Wallet, phone: Phone, epoch: number): Promise<Uint8Array> {
  const { registrarUrl } = p.deployment;
  const signed = await signedParameters(p);
  const paramsHash = paramsHashOf(openSigned(LABELS.signParameters, Parameters, signed).value);
  const device = hexToBytes(stateOf(wallet).deviceSecretKey!);
  const deviceKey = ed25519.getPublicKey(device);
  const ask = { json: { account }, signWith: device };
  const { nonce } = await apiJson<{ nonce: string }>(p.transport, registrarUrl, "/v1/refresh/nonce", ask);
  const root = walletRoot(wallet.recoveryWords);
  const context = { nonce: readBase64url(nonce), epoch, deviceKey, paramsHash };
  const secrets = holderSecrets(root, phone);
  const s = credentialBlinding(root, phone, epoch);
  const request = requestRefresh({ ...context, secrets, s }, p.transport.rng);
  const bytes = RefreshRequest.encode({ account: hexToBytes(account), ...context, ...request });
  return apiBytes(p.transport, registrarUrl, "/v1/refresh", { bytes, signWith: device });
}

describe("the new phone", () => {
  it("gets back every record from the words alone, and those that come later", async () => {
    const { enrolmentCode, known } = await desk();
    expect(known).toBe(true);
    fresh = await p.wallet(words);
    const generation = await enrolWith(fresh, { account, enrolmentCode });
    expect(generation).toMatchObject({ generation: 1, epochFrom: SEPTEMBER });
    expect(await texts(fresh)).toEqual([]);
    expect(await fresh.recover()).toBe(2);
    expect(await texts(fresh)).toEqual(["September, first", "September, second"]);
  });
  it("visits from the next epoch on, under new secrets", async () => {
    p.clock.now = epochStart(OCTOBER) + 86_400;
    await fresh.refresh(OCTOBER);
    await visit(fresh, strict, "October");
    expect(await texts(fresh)).toEqual(["October", "September, first", "September, second"]);
    const [before, after] = [0, 1].map((g) => secretsOf(fresh, g));
    expect(before!.k === after!.k || before!.z === after!.z).toBe(false);
  });
  it("and so does a third one, of both generations", async () => {
    const { enrolmentCode } = await desk();
    const third = await p.wallet(words);
    await enrolWith(third, { account, enrolmentCode });
    expect(await third.recover()).toBe(3);
    expect(await texts(third)).toEqual(["October", "September, first", "September, second"]);
    fresh = third;
  });
  it("control: other words, with Alice's own code, find nothing", async () => {
    const { enrolmentCode } = await desk();
    const other = await p.wallet();
    await enrolWith(other, { account, enrolmentCode });
    expect(await other.recover()).toBe(0);
    expect(await texts(other)).toEqual([]);
    const { enrolmentCode: again } = await desk();
    fresh = await p.wallet(words);
    await enrolWith(fresh, { account, enrolmentCode: again });
    expect(await fresh.recover()).toBe(3);
  });
  it("an enrolment code serves once, and to nobody who was not at the desk", async () => {
    const { enrolmentCode } = await desk();
    const mine = await p.wallet(words);
    const theirs = await p.wallet();
    expect(await outcome(() => enrolWith(theirs, { account: stranger.account, enrolmentCode }))).toBe(
      "credential-refused",
    );
    await enrolWith(mine, { account, enrolmentCode });
    expect(await outcome(() => enrolWith(theirs, { account, enrolmentCode }))).toBe("credential-refused");
    fresh = mine;
    await fresh.recover();
  });
});

describe("the lost phone", () => {
  it("gets no credential, for no epoch, by its device key", async () => {
    for (const epoch of [OCTOBER, NOVEMBER])
      expect(await outcome(() => refreshBy(old, phoneOf(old, 0), epoch))).toBe("credential-refused");
    expect(await outcome(() => old.refresh(OCTOBER))).toBe("credential-refused");
    // with the new phone's generation of secrets, which the words in its memory give, it is the wrong phone still
    expect(await outcome(() => refreshBy(old, phoneOf(fresh, 5), NOVEMBER))).toBe("credential-refused");
  });
  it("control: a registrar that does not look at the phone would give it one", async () => {
    await turn(p.deployment.registrarUrl, true);
    expect(await outcome(() => refreshBy(old, phoneOf(old, 0), NOVEMBER))).toBe("accepted");
    await turn(p.deployment.registrarUrl, false);
    const db = await p.host.miniflare.getD1Database("REGISTRAR_DB", "registrar");
    await db.prepare("DELETE FROM issued WHERE epoch = ?").bind(NOVEMBER).run();
  });
  const used = () => stateOf(old).sessions.map((s) => s.slot);
  const slot = (n: number): number => [0, 1, 2, 3].filter((j) => !used().includes(j))[n]!;
  const tries = async (clinic: Clinic, n: number) =>
    sendCheckIn(p, await presented(p, clinic, old, { credentialEpoch: SEPTEMBER, slot: slot(n) }));

  it("in the next epoch passes only where the signed policy takes last month's passes: the stated price", async () => {
    expect(epochOf(p.clock.now)).toBe(OCTOBER);
    expect(await tries(strict, 0)).toBe("credential-refused");
    expect(await tries(lenient, 0)).toBe("accepted");
  });
  it("after maxStaleEpochs fails everywhere", async () => {
    p.clock.now = epochStart(NOVEMBER) + 86_400;
    for (const clinic of [strict, lenient]) {
      const checkIn = await presented(p, clinic, old, { credentialEpoch: SEPTEMBER, slot: slot(1) });
      expect(await sendCheckIn(p, checkIn)).toBe("credential-refused");
      expect(await outcome(async () => clinic.verify(checkIn))).toContain("stale");
      expect(await outcome(async () => old.readInvitation(await clinic.invitation()))).toMatch(/no.credential/);
      const core = await carelessCore([
        {
          file: "protocol/presentation.ts",
          find: "|| p.credentialEpoch + expected.maxStaleEpochs < p.tagEpoch",
          replace: "",
        },
      ]);
      expect(core.verdictOn(await signedParameters(p), checkIn)).toBe("ok"); // control: a verifier that forgets to count epochs accepts it
    }
  });
  it("and cannot bind another epoch's name to its old credential", async () => {
    const checkIn = await presented(p, strict, old, { credentialEpoch: SEPTEMBER, slot: slot(1) });
    const bytes = Buffer.from(checkIn);
    const epoch = Buffer.alloc(8);
    epoch.writeUInt32BE(SEPTEMBER, 0);
    epoch.writeUInt32BE(NOVEMBER, 4);
    const place = bytes.indexOf(epoch);
    expect(place).toBeGreaterThan(0);
    bytes.writeUInt32BE(NOVEMBER, place);
    expect(await sendCheckIn(p, bytes)).toBe("credential-refused");
  });
  it("while the new phone goes on, and holds everything", async () => {
    await fresh.refresh(NOVEMBER);
    await visit(fresh, strict, "November");
    expect(await texts(fresh)).toContain("November");
    expect((await texts(fresh)).length).toBe(4);
  });
  it("revoked at once, the account gets nothing more at all", async () => {
    await p.operator.revoke(account);
    expect(await outcome(() => fresh.refresh(NOVEMBER + 1))).toBe("credential-refused");
  });
});
