import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { RegistrarEnv } from "../../functions/shared/env.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { identityRecordHash, Registrations, verifyChain } from "../../protocol/contract-chain.ts";
import { Contract, contractHashOf, LogEntry, openSigned, RefreshRequest } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { hybridKeyPair } from "../../protocol/hybrid-seal.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { signRequest } from "../../protocol/request-signature.ts";
import { runCeremony } from "../support/trustees.ts";
import {
  ADMIN,
  ATTRIBUTES,
  admin,
  bytesOf,
  codeOf,
  dump,
  EPOCH,
  expectRefused,
  expectUnchanged,
  freshRegistrar,
  identityOf,
  type Known,
  log,
  NOW,
  ORIGIN,
  ok,
  parametersRequest,
  patientOf,
  postParameters,
  proof,
  registerRequester,
  rng,
  send,
  TestWallet,
} from "./registrar-world.ts";

const NEXT = epochStart(EPOCH + 1) + 86_400;

beforeEach(freshRegistrar);

describe("parameters", () => {
  it("are signed, logged once and public, and the same request gets the same document", async () => {
    const first = await admin("parameters", parametersRequest());
    expect(first.status).toBe(201);
    const answer = await first.json();
    const again = await admin("parameters", parametersRequest(), NOW + 100);
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual(answer);
    const { documents, keySets } = await ok(send("/v1/parameters"));
    expect(documents).toEqual([(answer as { document: string }).document]);
    expect(keySets).toEqual([parametersRequest().keySet]);
    const entries = log.entries.map((e) => LogEntry.decode(fromBase64url(e)));
    expect(entries.map((e) => [e.kind, toBase64url(e.body)])).toEqual([["parameters", documents[0]]]);
  });

  it("have one document per epoch, and an overlap is a conflict", async () => {
    await postParameters();
    for (const [epochFrom, epochTo] of [
      [EPOCH, EPOCH + 12],
      [EPOCH + 11, EPOCH + 20],
      [EPOCH + 3, EPOCH + 4],
      [EPOCH - 5, EPOCH],
    ])
      await expectUnchanged(async () =>
        expect(await codeOf(admin("parameters", parametersRequest({ epochFrom, epochTo })))).toBe("conflict"),
      );
    expect(await codeOf(admin("parameters", parametersRequest({ slots: 8 })))).toBe("conflict");
    expect(log.entries.length).toBe(1);
  });

  it("are refused for epochs that have begun, except in the very first document", async () => {
    await postParameters();
    const past = parametersRequest({ epochFrom: EPOCH - 3, epochTo: EPOCH - 1 });
    expect(await codeOf(admin("parameters", past))).toBe("not-allowed-now");
    const following = parametersRequest({ epochFrom: EPOCH + 12, epochTo: EPOCH + 20 });
    expect(await codeOf(admin("parameters", following))).toBe("accepted");
    const late = parametersRequest({ epochFrom: EPOCH + 21, epochTo: EPOCH + 30 });
    expect(await codeOf(admin("parameters", late, epochStart(EPOCH + 21)))).toBe("not-allowed-now");
  });

  it("that are requested twice at once with different values give one document, and the log has no other", async () => {
    const answers = await Promise.all(
      [8, 12, 16].map((slots) =>
        codeOf(admin("parameters", parametersRequest({ epochFrom: EPOCH + slots, epochTo: EPOCH + 40, slots }))),
      ),
    );
    expect(answers.sort()).toEqual(["accepted", "conflict", "conflict"]);
    expect((await dump()).parameters!.length).toBe(1);
    expect(log.entries.length).toBe(1);
  });

  it("are not valid before the log has them, and a later retry adds only one entry", async () => {
    log.down = true;
    expect(await codeOf(admin("parameters", parametersRequest()))).toBe("unavailable");
    expect((await ok(send("/v1/parameters"))).documents).toEqual([]);
    expect(await codeOf(admin("parameters", parametersRequest({ slots: 8 })))).toBe("conflict");
    log.down = false;
    expect((await admin("parameters", parametersRequest(), NOW + 500)).status).toBe(201);
    expect((await ok(send("/v1/parameters"))).documents.length).toBe(1);
    expect(log.entries.map((e) => LogEntry.decode(fromBase64url(e)).at)).toEqual([NOW]);
  });

  it("need a key set that the named trustees signed, and sane values", async () => {
    const keys = parametersRequest().trusteeKeys;
    const others = runCeremony(2, 3); // not the pinned trustees
    const truncated = parametersRequest().keySet.slice(0, -8);
    for (const changes of [
      { trusteeKeys: [...keys].reverse() },
      {
        keySet: toBase64url(KeySet.encode(others.keySet)),
        trusteeKeys: others.keySet.identityKeys.map(bytesToHex),
      },
      { trusteeKeys: keys.slice(1) },
      { keySet: truncated },
      { keySet: "!" },
      { epochTo: EPOCH - 1 },
      { slots: 0 },
      { attributes: [...ATTRIBUTES, ATTRIBUTES[0]] },
    ])
      await expectUnchanged(async () =>
        expect(await codeOf(admin("parameters", parametersRequest(changes)))).toBe("malformed"),
      );
  });
});

describe("the proofing desk", () => {
  const paths = ["parameters", "proofings", "find", "entitlements", "revoke", "requesters"];
  it.each(paths)("accepts %s from the administrator's key only", async (path) => {
    for (const signWith of [undefined, rng(32)])
      await expectUnchanged(() => expectRefused(send(`/v1/admin/${path}`, { json: {}, signWith })));
    // an old signature, or one for another path
    await expectRefused(send(`/v1/admin/${path}?x`, { json: {}, signWith: rng(32) }));
    expect(await codeOf(admin(path, {}))).toBe("malformed");
    expect(await codeOf(send(`/v1/admin/${path}`, { bytes: rng(40), signWith: ADMIN }))).toBe("malformed");
    const huge = send(`/v1/admin/${path}`, { bytes: new Uint8Array((1 << 20) + 1), signWith: ADMIN });
    expect(await codeOf(huge)).toBe("too-large");
  });

  it.each(["proofings", "parameters", "requesters"])("accepts a signed request for %s once", async (path) => {
    await postParameters();
    const json = {
      proofings: { patient: toBase64url(patientOf("Replayed")), selector: "B77", entitlements: {} },
      parameters: parametersRequest({ epochFrom: EPOCH + 12, epochTo: EPOCH + 20 }),
      requesters: {
        signKey: bytesToHex(rng(32)),
        sealKey: toBase64url(hybridKeyPair(rng(32)).publicKey),
        name: "Dr Ada",
        role: "clinician",
      },
    }[path];
    const body = utf8ToBytes(JSON.stringify(json));
    const signed = signRequest(
      { method: "POST", url: `${ORIGIN}/v1/admin/${path}`, body },
      ADMIN,
      NOW + CLOCK_TOLERANCE_SECONDS,
      rng,
    );
    const sent = (at: number) => send(`/v1/admin/${path}`, { bytes: body, header: signed, at });
    expect((await sent(NOW)).status).toBe(201);
    await expectUnchanged(async () => {
      await expectRefused(sent(NOW));
      // The last second in which the signature is good: the signer's clock was ahead by the whole tolerance.
      const last = NOW + 2 * CLOCK_TOLERANCE_SECONDS;
      await send("/v1/enrol/start", { json: { account: "00".repeat(16), enrolmentCode: "" }, at: last });
      await expectRefused(sent(last));
      expect(await codeOf(sent(last + 1))).toBe("clock-skew");
    });
    expect((await admin(path, json)).status).toBeLessThan(300); // control: the same request, signed again
  });

  it("recognises a person by the selector in any spelling, and corrects the record before any contract", async () => {
    await postParameters();
    const first = await proof("A 123-456");
    const again = await proof("a123.456", { patient: toBase64url(patientOf("Other")) });
    expect(first.known).toBe(false);
    expect(again).toMatchObject({ account: first.account, known: true });
    expect(again.enrolmentCode).not.toBe(first.enrolmentCode);
    const other = await proof("A 123-457");
    expect(other.account).not.toBe(first.account);
    const { identity } = await ok(send("/v1/enrol/start", { json: pick(again) }));
    expect(fromBase64url(identity)).toEqual(identityOf("Other", "A123456"));
    await expectRefused(send("/v1/enrol/start", { json: pick(first) })); // the newer code replaced it
  });

  it("tells whether a person is registered, to somebody who knows their birth date, and changes nothing", async () => {
    await postParameters();
    const birthDate = "1971-03-02";
    const patient = utf8ToBytes(JSON.stringify({ fullUrl: "x", resource: { resourceType: "Patient", birthDate } }));
    const entitlements = { entitlement: "private" };
    const finding = (selector: string, born = birthDate, at = NOW) =>
      ok(admin("find", { selector, birthDate: born }, at));
    expect(await finding("A 123-456")).toEqual({ known: false, person: null });
    const { account, expires } = await proof("A 123-456", { patient: toBase64url(patient), entitlements });
    const found = { account, phones: 0, revoked: false, codeExpires: expires, entitlements };
    await expectUnchanged(async () => {
      expect(await finding("a123.456")).toEqual({ known: true, person: found });
      expect(await finding("A123456", "1971-02-03")).toEqual({ known: true, person: null });
      expect((await finding("A123456", birthDate, expires + 1)).person.codeExpires).toBeNull();
      expect(await codeOf(admin("find", { selector: "A123456", birthDate: "1971" }))).toBe("malformed");
    });
    await admin("revoke", { account });
    expect((await finding("A123456")).person).toEqual({ ...found, revoked: true, codeExpires: null });
    // a record with the year alone, and one without any date
    const yearOnly = utf8ToBytes(JSON.stringify({ fullUrl: "x", resource: { birthDate: "1971" } }));
    await proof("B123", { patient: toBase64url(yearOnly) });
    expect((await finding("B123")).person).not.toBeNull();
    expect((await finding("B123", "1972-03-02")).person).toBeNull();
    await proof("C123");
    expect((await finding("C123")).person).not.toBeNull();
  });

  it("makes one account for a person who is proofed twice at once", async () => {
    await postParameters();
    const both = await Promise.all([proof("X1234"), proof("X1234"), proof("X1234")]);
    expect(new Set(both.map((b) => b.account)).size).toBe(1);
    expect(both.filter((b) => !b.known).length).toBe(1);
  });

  it("refuses entitlements outside the value lists, empty selectors and unknown accounts", async () => {
    const wanted = { patient: toBase64url(patientOf("X")), selector: "A123", entitlements: {} };
    expect(await codeOf(admin("proofings", wanted))).toBe("not-allowed-now"); // no parameters yet
    await postParameters();
    for (const changes of [
      { entitlements: { entitlement: "gold" } },
      { entitlements: { entitlement: "" } },
      { entitlements: { colour: "red" } },
      { entitlements: { constructor: "x" } },
      { selector: " -. -.- " },
      { patient: "" },
      { patient: "*" },
    ])
      await expectUnchanged(async () =>
        expect(await codeOf(admin("proofings", { ...wanted, ...changes }))).toBe("malformed"),
      );
    const account = "ab".repeat(16);
    expect(await codeOf(admin("revoke", { account }))).toBe("not-found");
    expect(await codeOf(admin("entitlements", { account, entitlements: {} }))).toBe("not-found");
    expect(await codeOf(admin("revoke", { account: "ab" }))).toBe("malformed");
  });

  it("certifies a requester, and logs only the hash", async () => {
    const { certificate } = await registerRequester("Dr Ada");
    expect(certificate.length).toBeGreaterThan(1216);
    const [entry] = log.entries.map((e) => LogEntry.decode(fromBase64url(e)));
    expect([entry!.kind, entry!.body.length]).toEqual(["requester", 0]);
    const bad = {
      signKey: "00".repeat(32),
      sealKey: toBase64url(new Uint8Array(1216).fill(255)),
      name: "x",
      role: "x",
    };
    expect(await codeOf(admin("requesters", bad))).toBe("malformed");
    expect(await codeOf(admin("requesters", { ...bad, sealKey: toBase64url(rng(100)) }))).toBe("malformed");
  });
});

const pick = (p: { account: string; enrolmentCode: string }) => ({
  account: p.account,
  enrolmentCode: p.enrolmentCode,
});

describe("enrolment", () => {
  let known: Known;
  let wallet: TestWallet;
  beforeEach(async () => {
    known = await postParameters();
    wallet = new TestWallet(known);
  });

  it("stores the contract, and answers the same bytes with the same answer", async () => {
    const person = await proof("A1234");
    const { start, contract, generations } = await wallet.enrol(person);
    expect(fromBase64url(start.identity)).toEqual(identityOf("Weerasinghe-Planted", "A1234"));
    expect(generations).toEqual([{ generation: 0, epochFrom: EPOCH }]);
    const again = await wallet.send(person, contract, NOW + 60);
    expect([again.status, await again.json()]).toEqual([200, { generations }]);
    expect((await dump()).generations!.length).toBe(1);
  });

  it("refuses a wrong, expired, used or foreign code with one and the same answer", async () => {
    const person = await proof("A1234");
    const other = await proof("B1234");
    const starting = (account: string, enrolmentCode: string, at = NOW) =>
      send("/v1/enrol/start", { json: { account, enrolmentCode }, at });
    await expectUnchanged(async () => {
      await expectRefused(starting(person.account, toBase64url(rng(32))));
      await expectRefused(starting(person.account, other.enrolmentCode));
      await expectRefused(starting("00".repeat(16), person.enrolmentCode));
      await expectRefused(starting(person.account, person.enrolmentCode, person.expires + 1));
    });
    const { contract } = await wallet.enrol(person);
    await expectRefused(starting(person.account, person.enrolmentCode));
    // the used code with another phone
    const thief = new TestWallet(known);
    await expectUnchanged(() => expectRefused(thief.send(person, contract)));
  });

  it("refuses a contract over another identity, foreign parameters, another or expired nonce, or a broken proof", async () => {
    const person = await proof("A1234");
    const other = await proof("B1234");
    const start = await wallet.start(person);
    const theirs = await new TestWallet(known).start(other);
    const good = wallet.contract(start);
    const broken = { ...good, proof: Uint8Array.from(good.proof, (b, i) => (i === 70 ? b ^ 1 : b)) };
    await expectUnchanged(async () => {
      await expectRefused(wallet.send(person, wallet.contract(start, { identityCommitment: rng(32) })));
      await expectRefused(wallet.send(person, wallet.contract({ ...start, salt: theirs.salt })));
      await expectRefused(wallet.send(person, wallet.contract(start, { paramsHash: rng(32) })));
      await expectRefused(wallet.send(person, wallet.contract(start, { nonce: rng(32) })));
      await expectRefused(wallet.send(person, wallet.contract({ ...start, nonce: theirs.nonce })));
      await expectRefused(wallet.send(person, broken));
      await expectRefused(wallet.send(person, { ...good, F2: good.F1 }));
      await expectRefused(wallet.send(person, good, NOW + 601));
      await expectRefused(wallet.send(person, good, NOW, { deviceKey: bytesToHex(rng(32)) }));
      await expectRefused(wallet.send(person, good, NOW, { enrolmentCode: other.enrolmentCode }));
    });
    expect((await wallet.send(person, good)).status).toBe(201);
  });

  it("refuses k or z of another person, and writes nothing", async () => {
    await wallet.enrol(await proof("A1234"));
    const mallory = new TestWallet(known);
    const person = await proof("B1234");
    const start = await mallory.start(person);
    const [a, m] = [wallet.secrets(0), mallory.secrets(0)];
    for (const secrets of [
      { k: a.k, z: m.z },
      { k: m.k, z: a.z },
    ])
      await expectUnchanged(() => expectRefused(mallory.send(person, mallory.contract(start, {}, secrets))));
    expect((await mallory.send(person, mallory.contract(start))).status).toBe(201);
  });

  it("accepts one of two concurrent enrolments with one code", async () => {
    const person = await proof("A1234");
    const other = new TestWallet(known);
    const contracts = [wallet.contract(await wallet.start(person)), other.contract(await other.start(person))];
    const answers = await Promise.all([wallet, other].map((w, i) => codeOf(w.send(person, contracts[i]!))));
    expect(answers.sort()).toEqual(["accepted", "credential-refused"]);
    expect((await dump()).generations!.length).toBe(1);
  });

  it("answers malformed requests with the code malformed, and writes nothing", async () => {
    const person = await proof("A1234");
    const good = Contract.encode(wallet.contract(await wallet.start(person)));
    const at = (i: number, ...bytes: number[]) => Uint8Array.from(good, (b, k) => bytes[k - i] ?? b);
    await expectUnchanged(async () => {
      const codes = [
        [good.subarray(0, -1), "malformed"],
        [new Uint8Array([...good, 0]), "malformed"],
        [new Uint8Array(), "malformed"],
        [at(0, 0x08), "malformed"],
        [at(1, 9), "unknown-version"],
      ] as const;
      for (const [bytes, code] of codes) expect(await codeOf(wallet.send(person, bytes))).toBe(code);
      expect(await codeOf(wallet.send(person, good, NOW, { contract: "a".repeat(5000) }))).toBe("malformed");
      expect(await codeOf(wallet.send(person, good, NOW, { contract: "=" }))).toBe("malformed");
      expect(await codeOf(wallet.send(person, good, NOW, { account: "X" }))).toBe("malformed");
      expect(await codeOf(wallet.send(person, good, NOW, { enrolmentCode: 7 }))).toBe("malformed");
      expect(await codeOf(send("/v1/enrol/start", { bytes: utf8ToBytes("{") }))).toBe("malformed");
    });
  });

  it("refuses a contract that does not continue the newest one of the account", async () => {
    const first = await wallet.enrol(await proof("A1234"));
    const other = await new TestWallet(known).enrol(await proof("B9999"));
    const person = await proof("A1234");
    const start = await wallet.start(person);
    const honest = { previous: contractHashOf(Contract.encode(first.contract)) };
    const foreign = { previous: contractHashOf(Contract.encode(other.contract)) };
    for (const lie of [
      { generation: 0, previous: undefined, previousK: undefined },
      { generation: 0 },
      { generation: 2 },
      foreign,
      { previous: undefined },
      { previousK: wallet.secrets(1).k },
    ])
      await expectUnchanged(() => expectRefused(wallet.send(person, wallet.contract(start, lie))));
    const good = wallet.contract(start, honest);
    const stripped = { ...good, continuation: undefined };
    await expectUnchanged(() => expectRefused(wallet.send(person, stripped)));
    expect((await wallet.send(person, good)).status).toBe(201);
  });

  it("takes a contract without a continuation from a phone whose words were lost", async () => {
    await wallet.enrol(await proof("A1234"));
    const stranger = new TestWallet(known);
    const { contract } = await stranger.enrol(await proof("A1234"));
    expect(contract).toMatchObject({ generation: 1, continuation: undefined });
  });

  it("makes a declined code void, and lets the desk correct a record until a contract commits to it", async () => {
    const wrong = await proof("A1234", { patient: toBase64url(patientOf("Wrong")) });
    const pick = { account: wrong.account, enrolmentCode: wrong.enrolmentCode };
    expect(await ok(send("/v1/enrol/decline", { json: pick }))).toEqual({ declined: true });
    await expectRefused(send("/v1/enrol/start", { json: pick }));
    await expectRefused(send("/v1/enrol/decline", { json: pick }));
    const right = await proof("A1234", { patient: toBase64url(patientOf("Right")) });
    const { start } = await wallet.enrol(right);
    expect(fromBase64url(start.identity)).toEqual(identityOf("Right", "A1234"));
    const later = await wallet.start(await proof("A1234", { patient: toBase64url(patientOf("Later")) }));
    expect(fromBase64url(later.identity)).toEqual(identityOf("Right", "A1234"));
  });

  it("refuses, in every place, the identity, points outside the subgroup, and scalars beyond r", async () => {
    const person = await proof("A1234");
    const good = wallet.contract(await wallet.start(person));
    const identity = (n: number) => new Uint8Array([0xc0, ...new Uint8Array(n - 1)]);
    // x = 4 is on the curve y² = x³ + 4 of G1 and not in the subgroup
    const outside = new Uint8Array([0x80, ...new Uint8Array(46), 4]);
    const scalarBeyond = Uint8Array.from(good.proof, (b, i) => (i < 32 ? 0xff : b));
    await expectUnchanged(async () => {
      for (const f of ["Cm", "R", "F1", "F2"] as const)
        for (const point of [identity(48), outside, new Uint8Array(48)])
          await expectRefused(wallet.send(person, { ...good, [f]: point }));
      for (const V of [identity(96), new Uint8Array(96), new Uint8Array(96).fill(0xff)])
        await expectRefused(wallet.send(person, { ...good, V }));
      await expectRefused(wallet.send(person, { ...good, proof: scalarBeyond }));
      await expectRefused(wallet.send(person, { ...good, proof: good.proof.subarray(32) }));
    });
  });
});

describe("refresh", () => {
  let known: Known;
  let wallet: TestWallet;
  let account: string;
  beforeEach(async () => {
    known = await postParameters();
    wallet = new TestWallet(known);
    const person = await proof("A1234");
    account = person.account;
    await wallet.enrol(person);
  });

  it("issues a credential that the wallet can use, with the patient's current entitlements", async () => {
    const first = wallet.receive(await bytesOf(wallet.refresh(account, EPOCH)), EPOCH);
    expect(first.values).toEqual(["statutory", "yes"]);
    await ok(admin("entitlements", { account, entitlements: { entitlement: "private" } }));
    const next = wallet.receive(await bytesOf(wallet.refresh(account, EPOCH + 1)), EPOCH + 1);
    expect(next.values).toEqual(["private", ""]);
  });

  it("is possible for this epoch and the next", async () => {
    for (const epoch of [EPOCH - 1, EPOCH + 2, 0, 0xffffffff]) {
      const request = wallet.request(account, await wallet.nonce(account), epoch);
      await expectUnchanged(() => expectRefused(wallet.sendRefresh(request)));
    }
  });

  it("gives one commitment the same answer under a new nonce, and refuses another commitment for that epoch", async () => {
    const first = await bytesOf(wallet.refresh(account, EPOCH));
    await ok(admin("entitlements", { account, entitlements: {} }));
    expect(await bytesOf(wallet.refresh(account, EPOCH))).toEqual(first);
    const other = wallet.request(account, await wallet.nonce(account), EPOCH, 0, EPOCH + 77);
    await expectRefused(wallet.sendRefresh(other));
    expect((await dump()).issued!.length).toBe(1);
  });

  it("accepts a nonce once, in time, for the account and the purpose of its issue", async () => {
    const nonce = await wallet.nonce(account);
    const request = wallet.request(account, nonce, EPOCH);
    await expectRefused(wallet.sendRefresh(request, NOW + 600));
    await bytesOf(wallet.sendRefresh(request));
    await expectRefused(wallet.sendRefresh(request));
    await expectRefused(wallet.sendRefresh(wallet.request(account, nonce, EPOCH + 1)));
    await expectRefused(wallet.sendRefresh(wallet.request(account, rng(32), EPOCH + 1)));
    const person = await proof("B1234");
    const other = new TestWallet(known);
    const enrolNonce = fromBase64url((await other.start(person)).nonce);
    await other.enrol(person);
    await expectRefused(other.sendRefresh(other.request(person.account, enrolNonce, EPOCH)));
    const theirs = await other.nonce(person.account);
    await expectRefused(wallet.sendRefresh(wallet.request(account, theirs, EPOCH + 1)));
  });

  it("gives two concurrent requests one credential", async () => {
    const nonces = [await wallet.nonce(account), await wallet.nonce(account)];
    const same = await Promise.all(nonces.map((n) => wallet.sendRefresh(wallet.request(account, n, EPOCH))));
    const bodies = await Promise.all(same.map(async (r) => toBase64url(new Uint8Array(await r.arrayBuffer()))));
    expect(same.map((r) => r.status)).toEqual([200, 200]);
    expect(bodies[0]).toBe(bodies[1]);
    const again = [await wallet.nonce(account), await wallet.nonce(account)];
    const different = await Promise.all(
      again.map((n, i) => codeOf(wallet.sendRefresh(wallet.request(account, n, EPOCH + 1, 0, 900 + i)))),
    );
    expect(different.sort()).toEqual(["accepted", "credential-refused"]);
    expect((await dump()).issued!.length).toBe(2);
  });

  it("refuses another device, another account's wallet, and a proof over other secrets", async () => {
    const other = new TestWallet(known);
    await expectRefused(send("/v1/refresh/nonce", { json: { account }, signWith: other.device }));
    await expectRefused(send("/v1/refresh/nonce", { json: { account: "00".repeat(16) }, signWith: wallet.device }));
    const nonce = await wallet.nonce(account);
    await expectUnchanged(async () => {
      await expectRefused(other.sendRefresh(other.request(account, nonce, EPOCH)));
      // the phone's own key over a request that names another account, and over another's secrets
      await expectRefused(wallet.sendRefresh(other.request(account, nonce, EPOCH)));
      const forged = {
        ...other.request(account, nonce, EPOCH),
        deviceKey: wallet.request(account, nonce, EPOCH).deviceKey,
      };
      await expectRefused(wallet.sendRefresh(forged));
      await expectRefused(wallet.sendRefresh(wallet.request(account, nonce, EPOCH, 1)));
    });
  });

  it("is refused after a revocation, and so is a new enrolment", async () => {
    const nonce = await wallet.nonce(account);
    await ok(admin("revoke", { account }));
    await expectRefused(wallet.sendRefresh(wallet.request(account, nonce, EPOCH)));
    await expectRefused(send("/v1/refresh/nonce", { json: { account }, signWith: wallet.device }));
    const body = { patient: toBase64url(patientOf("X")), selector: "A1234", entitlements: {} };
    expect(await codeOf(admin("proofings", body))).toBe("not-allowed-now");
  });

  it("answers malformed requests as malformed and bad points as refused, and writes nothing", async () => {
    const good = wallet.request(account, await wallet.nonce(account), EPOCH);
    const bytes = RefreshRequest.encode(good);
    const at = (i: number, byte: number) => Uint8Array.from(bytes, (b, k) => (k === i ? byte : b));
    await expectUnchanged(async () => {
      for (const [body, code] of [
        [bytes.subarray(0, -1), "malformed"],
        [new Uint8Array([...bytes, 0]), "malformed"],
        [at(0, 7), "malformed"],
        [at(1, 2), "unknown-version"],
        [rng(2000), "malformed"],
        [new Uint8Array((1 << 20) + 1), "too-large"],
      ] as const)
        expect(await codeOf(wallet.sendRefresh(body))).toBe(code);
      for (const Cm of [
        new Uint8Array([0xc0, ...new Uint8Array(47)]),
        new Uint8Array([0x80, ...new Uint8Array(46), 4]),
      ])
        await expectRefused(wallet.sendRefresh({ ...good, Cm }));
      await expectRefused(wallet.sendRefresh({ ...good, proof: good.proof.map((b, i) => (i < 32 ? 0xff : b)) }));
      await expectRefused(wallet.sendRefresh({ ...good, proof: new Uint8Array() }));
    });
    expect((await wallet.sendRefresh(good)).status).toBe(200);
  });

  it("a second phone takes over at once, and the first is refused from then on", async () => {
    await bytesOf(wallet.refresh(account, EPOCH));
    const lost = wallet.device;
    const person = await proof("A1234");
    wallet.device = rng(32);
    const { start, generations } = await wallet.enrol(person);
    expect(start.contracts.length).toBe(1);
    expect(generations).toEqual([
      { generation: 1, epochFrom: EPOCH },
      { generation: 0, epochFrom: EPOCH },
    ]);
    await expectRefused(wallet.refresh(account, EPOCH, 0)); // the lost phone's secrets
    const now = await bytesOf(wallet.refresh(account, EPOCH, 1));
    expect(wallet.receive(now, EPOCH, 1).epoch).toBe(EPOCH);
    await expectRefused(send("/v1/refresh/nonce", { json: { account }, signWith: lost }));
    const nonce = await wallet.nonce(account);
    const recovered = wallet.device;
    wallet.device = lost;
    for (const g of [0, 1]) await expectRefused(wallet.sendRefresh(wallet.request(account, nonce, EPOCH + 1, g)));
    wallet.device = recovered;
    const bytes = await bytesOf(wallet.refresh(account, EPOCH + 1, 1, NEXT));
    expect(wallet.receive(bytes, EPOCH + 1, 1).epoch).toBe(EPOCH + 1);
  });

  it("if the first phone fetched next month's credential in advance, the second one gets that month too", async () => {
    await bytesOf(wallet.refresh(account, EPOCH + 1));
    const person = await proof("A1234");
    wallet.device = rng(32);
    await wallet.enrol(person);
    const bytes = await bytesOf(wallet.refresh(account, EPOCH + 1, 1));
    expect(wallet.receive(bytes, EPOCH + 1, 1).epoch).toBe(EPOCH + 1);
  });

  it("signs the list of all contracts over the person's record, with every nonce", async () => {
    const listed = async () => {
      const answer = await ok(send("/v1/refresh/nonce", { json: { account }, signWith: wallet.device }));
      const { key, value } = openSigned(LABELS.signRegistrations, Registrations, fromBase64url(answer.registrations));
      expect(bytesToHex(key)).toBe((env as unknown as RegistrarEnv).REGISTRAR_KEY);
      expect(value).toMatchObject({ at: NOW, record: identityRecordHash(identityOf("Weerasinghe-Planted", "A1234")) });
      return value.contracts;
    };
    expect((await listed()).length).toBe(1);
    const person = await proof("A1234");
    const { start, contract } = await wallet.enrol(person);
    const chain = [fromBase64url(start.contracts[0]!), Contract.encode(contract)];
    expect(await listed()).toEqual(chain.map(contractHashOf));
    expect(verifyChain(chain)).toMatchObject({ ok: true, links: [{ continues: false }, { continues: true }] });
  });
});

describe("a signed request of somebody whose clock is off", () => {
  const path = "/v1/refresh/nonce";
  const json = { account: "00".repeat(16) };
  /** Signed by a stranger: in time, it is refused for its credential. */
  const asked = (off: number, at = NOW) => {
    const body = utf8ToBytes(JSON.stringify(json));
    return send(path, {
      json,
      header: signRequest({ method: "POST", url: ORIGIN + path, body }, rng(32), at + off, rng),
      at,
    });
  };
  const detail = async (answer: Promise<Response>) => ((await (await answer).json()) as { detail?: string }).detail;

  it("is judged by the default tolerance until there are parameters", async () => {
    for (const off of [-CLOCK_TOLERANCE_SECONDS, CLOCK_TOLERANCE_SECONDS]) await expectRefused(asked(off));
    expect(await detail(asked(-601))).toBe("Your clock is 601 seconds behind this server's; at most 600 are allowed.");
    expect(await detail(asked(601))).toBe("Your clock is 601 seconds ahead of this server's; at most 600 are allowed.");
  });

  it("is judged by the window of this month's parameters, and an administrator's by the default", async () => {
    await postParameters({ challengeWindowSeconds: 60 });
    for (const off of [-60, 60]) await expectRefused(asked(off));
    expect(await detail(asked(-61))).toBe("Your clock is 61 seconds behind this server's; at most 60 are allowed.");
    expect(await codeOf(asked(61))).toBe("clock-skew");
    await expectRefused(asked(600, epochStart(EPOCH + 12))); // a month without parameters
    const body = utf8ToBytes("{}");
    const adminPath = "/v1/admin/revoke";
    const sent = (off: number) =>
      send(adminPath, {
        bytes: body,
        header: signRequest({ method: "POST", url: ORIGIN + adminPath, body }, ADMIN, NOW + off, rng),
      });
    expect(await codeOf(sent(600))).toBe("malformed"); // believed, and then read
    expect(await codeOf(sent(601))).toBe("clock-skew");
  });
});

describe("a dump of the database", () => {
  it("contains no identity, selector, code or entitlement in clear", async () => {
    const known = await postParameters();
    const wallet = new TestWallet(known);
    const person = await proof("KVNR-Z987654321");
    await wallet.enrol(person);
    await bytesOf(wallet.refresh(person.account, EPOCH));
    const code = fromBase64url((await proof("KVNR-Z987654321")).enrolmentCode); // a code that is still open
    const { parameters, log_entries, ...rest } = await dump();
    const cells = Object.values(rest).flatMap((rows) => rows.flatMap((row) => Object.values(row as object)));
    const text = cells
      .map((cell) =>
        Array.isArray(cell) || cell instanceof ArrayBuffer || cell instanceof Uint8Array
          ? bytesToHex(Uint8Array.from(new Uint8Array(cell as ArrayBuffer)))
          : bytesToHex(utf8ToBytes(String(cell))),
      )
      .join("|");
    expect(text).toContain(bytesToHex(utf8ToBytes(person.account))); // control: the search finds text that is there
    for (const planted of ["Weerasinghe", "Planted", "Z987654321", "KVNR", "statutory", "Patient", "resourceType"]) {
      expect(text).not.toContain(bytesToHex(utf8ToBytes(planted)));
      expect(text).not.toContain(bytesToHex(utf8ToBytes(toBase64url(utf8ToBytes(planted)).slice(0, -2))));
    }
    expect(text).not.toContain(bytesToHex(code));
    expect(text).not.toContain(bytesToHex(utf8ToBytes(toBase64url(code))));
    expect(text).not.toContain(bytesToHex(utf8ToBytes(bytesToHex(code))));
    expect(parameters!.length + log_entries!.length).toBe(2);
  });
});
