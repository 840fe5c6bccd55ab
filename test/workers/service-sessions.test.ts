// Tests of check-ins that must not open a session, each with one thing wrong; of the clinic's own check of its
// operator's answers; and of faults between the writes. After every refusal the stores are unchanged.

import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Clinic, createClinicKeys, renewCard, SessionError } from "../../client/clinic.ts";
import { ApiError, api, type Transport } from "../../client/transport.ts";
import { publicEngine } from "../../engine/worker.ts";
import { replayWindowOf } from "../../functions/service/session-objects.ts";
import { bytesToHex, concatBytes, hexToBytes } from "../../protocol/bytes.ts";
import { Challenge, CheckIn, Parameters, Signed, signDocument } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { Presentation } from "../../protocol/presentation.ts";
import { encodeG2, type G1, type G2, P2, R_ORDER } from "../../protocol/suite.ts";
import { trusteeWitnesses } from "../support/case-proofs.ts";
import { runCeremony } from "../support/trustees.ts";
import { keysOf, secret } from "./bindings.ts";
import {
  bindings,
  clinicWith,
  clock,
  code,
  document,
  EPOCH,
  freshWorld,
  GRACE_SECONDS,
  NOW,
  newClinic,
  newKey,
  newPatient,
  outside,
  type Patient,
  type Prepared,
  prepare,
  register,
  rng,
  SERVICE_URL,
  send,
  signParameters,
  transport,
  visit,
  WINDOW_SECONDS,
} from "./service-world.ts";

let clinic: Clinic;
let patient: Patient;
beforeEach(async () => {
  await freshWorld();
  clinic = await newClinic("Clinic", { required: [{ attribute: "class", accepted: ["full"] }], maxStaleEpochs: 1 });
  patient = newPatient();
});

const ALL_TABLES = [
  "services",
  "service_parts",
  "sessions",
  "uploads",
  "filed",
  "outbox",
  "client_assertions",
  "oauth_clients",
  "closed_epochs",
  "case_watches",
];
async function stores() {
  const counts: Record<string, number> = {};
  for (const [i, db] of [bindings.RECORDS_DB_0, bindings.RECORDS_DB_1].entries())
    for (const t of ALL_TABLES)
      counts[`${t}_${i}`] = (await db.prepare(`SELECT count(*) n FROM ${t}`).first<number>("n"))!;
  return {
    ...counts,
    blobs: (await bindings.BLOBS.list()).objects.length,
    objects: (await listDurableObjectIds(bindings.REPLAY_WINDOW)).length,
  };
}
/** The code of the refusal. Checks that the refusal changed nothing. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const before = await stores();
  const answer = await code(send(bytes));
  expect(await stores()).toEqual(before);
  return answer;
}
const honest = (options: Parameters2 = {}) => prepare(patient, clinic, { shown: ["class"], ...options });
type Parameters2 = NonNullable<globalThis.Parameters<typeof prepare>[2]>;

/** The same check-in with another presentation. */
function withPresentation({ checkIn }: Prepared, change: Partial<Presentation>): Uint8Array {
  const presentation = Presentation.encode({ ...Presentation.decode(checkIn.presentation), ...change });
  return CheckIn.encode({ ...checkIn, presentation });
}
const field = (p: Prepared): Presentation => Presentation.decode(p.checkIn.presentation);

describe("bytes that are no check-in", () => {
  it("answers each kind of unreadable bytes with its code", async () => {
    const { bytes, checkIn } = await honest();
    expect(await refusal(new Uint8Array())).toBe("malformed");
    expect(await refusal(rng(500))).toBe("malformed");
    expect(await refusal(bytes.subarray(0, -1))).toBe("malformed");
    expect(await refusal(concatBytes(bytes, Uint8Array.of(0)))).toBe("malformed");
    expect(await refusal(bytes.with(0, 0x05))).toBe("malformed");
    expect(await refusal(bytes.with(1, 9))).toBe("unknown-version");
    expect(await refusal(checkIn.presentation)).toBe("malformed");
    expect(await refusal(CheckIn.encode({ ...checkIn, presentation: checkIn.challenge }))).toBe("malformed");
    expect(await refusal(CheckIn.encode({ ...checkIn, presentation: checkIn.presentation.with(1, 9) }))).toBe(
      "unknown-version",
    );
    expect(await refusal(CheckIn.encode({ ...checkIn, hpkeEnc: rng(1119) }))).toBe("malformed");
    expect(await refusal(CheckIn.encode({ ...checkIn, sessionRecipient: "age1x" }))).toBe("malformed");
    expect(await refusal(CheckIn.encode({ ...checkIn, presentation: rng(20_000) }))).toBe("malformed");
    expect(await refusal(rng(40_000))).toBe("too-large");
    expect(await refusal(new Uint8Array(2 << 20))).toBe("too-large");
  });
});

/** A point on the curve, outside the prime-order subgroup. */
const offSubgroup = (() => {
  const { Fp } = bls.fields;
  for (let x = 1n; ; x++) {
    const square = Fp.add(Fp.mul(Fp.mul(x, x), x), 4n);
    try {
      Fp.sqrt(square);
    } catch {
      continue;
    }
    const bytes = Fp.toBytes(x);
    bytes[0]! |= 0x80;
    try {
      bls.G1.Point.fromBytes(bytes).assertValidity();
    } catch {
      return bytes;
    }
  }
})();

describe("presentations that must not open a session (S2)", () => {
  const g1Identity = new Uint8Array(48).with(0, 0xc0);
  const g2Identity = new Uint8Array(96).with(0, 0xc0);

  it("gives one answer to every bad point, bad scalar and altered field", async () => {
    const p = await honest();
    const f = field(p);
    const nonCanonicalScalar = hexToBytes(R_ORDER.toString(16).padStart(64, "0"));
    const bad: Partial<Presentation>[] = [
      ...(["Abar", "Bbar", "D", "C1", "C2", "F2"] as const).flatMap((name) => [
        { [name]: g1Identity },
        { [name]: offSubgroup },
        { [name]: new Uint8Array(48).fill(0xff) },
      ]),
      { T: g2Identity },
      { T: encodeG2(P2.multiply(5n) as G2) },
      { Abar: f.D, D: f.Abar },
      { proof: f.proof.subarray(0, -1) },
      { proof: concatBytes(f.proof, new Uint8Array(32)) },
      { proof: concatBytes(nonCanonicalScalar, f.proof.subarray(32)) },
      { proof: concatBytes(f.proof.subarray(0, -32), nonCanonicalScalar) },
      { proof: f.proof.with(40, f.proof[40]! ^ 1) },
      { proof: new Uint8Array() },
      { slot: f.slot + 1 },
      { slot: 16 },
      { slot: 65_535 },
      { tagEpoch: EPOCH - 1 },
      { credentialEpoch: EPOCH + 1 },
      { credentialEpoch: EPOCH - 1 },
      { credentialEpoch: EPOCH - 2 },
      { credentialEpoch: 0xffffffff },
      { shown: [] },
      { shown: [{ index: 0, value: "basic" }] },
      { shown: [{ index: 0, value: "unheard-of" }] },
      { shown: [{ index: 200, value: "full" }] },
      { shown: [...f.shown, ...f.shown] },
    ];
    const before = await stores();
    for (const change of bad)
      expect([change, await code(send(withPresentation(p, change)))]).toEqual([change, "credential-refused"]);
    expect(await stores()).toEqual(before);
    expect(await code(send(p.bytes))).toBe("accepted");
  });

  it("refuses a wallet that does not show an attribute that the policy requires", async () => {
    expect(await refusal((await honest({ shown: [] })).bytes)).toBe("credential-refused");
    const basic = newPatient(EPOCH, ["basic"]);
    expect(await refusal((await prepare(basic, clinic, { shown: ["class"] })).bytes)).toBe("credential-refused");
    // an empty value must be shown as well
    const policy = { required: [{ attribute: "class", accepted: ["", "full"] }], maxStaleEpochs: 1 };
    const lenient = await newClinic("Lenient", policy);
    expect(await refusal((await prepare(patient, lenient, { shown: [] })).bytes)).toBe("credential-refused");
    const without = await prepare(newPatient(EPOCH, [""]), lenient, { shown: ["class"] });
    expect(await code(send(without.bytes))).toBe("accepted");
  });

  it("accepts a credential as old as the policy allows, and no older one", async () => {
    expect(await code(prepare(newPatient(EPOCH - 1), clinic, { shown: ["class"] }).then((p) => send(p.bytes)))).toBe(
      "accepted",
    );
    expect(await refusal((await prepare(newPatient(EPOCH - 2), clinic, { shown: ["class"] })).bytes)).toBe(
      "credential-refused",
    );
  });

  it("is bound to the session's keys: another session key, recipient or enc under the same proof is refused", async () => {
    const { checkIn } = await honest();
    const other = await honest({ slot: 1 });
    for (const change of [
      { sessionAuthKey: rng(32) },
      { sessionRecipient: other.checkIn.sessionRecipient },
      { hpkeEnc: rng(1120) },
      { rowProof: other.checkIn.rowProof },
    ])
      expect(await refusal(CheckIn.encode({ ...checkIn, ...change }))).toBe("credential-refused");
  });
});

describe("check-ins that arrive together", () => {
  const pairings = () => vi.spyOn(publicEngine(), "pairingProductIsOne");
  afterEach(() => vi.restoreAllMocks());
  const crowd = (count: number) => Promise.all(Array.from({ length: count }, (_, slot) => honest({ slot })));

  it("are verified in few sums, and each gets its own session", async () => {
    const visits = await crowd(8);
    const products = pairings();
    const answers = await Promise.all(visits.map(({ bytes }) => code(send(bytes))));
    expect(answers).toEqual(visits.map(() => "accepted"));
    expect(products.mock.calls.length).toBeLessThan(visits.length);
    for (const { tagHash } of visits) expect((await clinic.session(tagHash)).tagHash).toBe(tagHash);
  });

  it("are verified each on its own merits: a bad one of any kind is refused, and no other", async () => {
    const [a, b, c, d, e, f] = (await crowd(6)) as [Prepared, Prepared, Prepared, Prepared, Prepared, Prepared];
    const unshown = await prepare(newPatient(), clinic, { shown: [] });
    const stranger = newPatient();
    const forged = { ...stranger, credential: { ...stranger.credential, A: stranger.credential.A.double() as G1 } };
    const unsigned = await prepare(forged, clinic, { shown: ["class"] });
    const sent: [Uint8Array, string][] = [
      [a.bytes, "accepted"],
      [withPresentation(b, { F2: field(b).C2 }), "credential-refused"], // relation
      [unsigned.bytes, "credential-refused"], // pairing
      [c.bytes, "accepted"],
      [unshown.bytes, "credential-refused"], // policy
      [withPresentation(d, { C1: offSubgroup }), "credential-refused"], // encoding
      [CheckIn.encode({ ...e.checkIn, sessionAuthKey: rng(32) }), "credential-refused"], // context
      [f.bytes, "accepted"],
    ];
    const answers = await Promise.all(sent.map(([bytes]) => code(send(bytes))));
    expect(answers).toEqual(sent.map(([, expected]) => expected));
    // a refused check-in has not spent its tag
    expect(await Promise.all([b, d, e].map(({ bytes }) => code(send(bytes))))).toEqual(Array(3).fill("accepted"));
  });

  it("are not affected if the verification of another one fails with an error", async () => {
    const visits = await crowd(4);
    pairings().mockImplementationOnce(() => {
      throw new Error("out of CPU");
    });
    const answers = await Promise.all(visits.map(({ bytes }) => code(send(bytes))));
    expect(answers.filter((answer) => answer !== "accepted")).toEqual(["internal"]);
  });
});

describe("challenges", () => {
  async function challenge(change: Partial<Challenge>, by: Clinic = clinic): Promise<Uint8Array> {
    const value = Challenge.decode(Signed.decode(await by.challenge()).document);
    return signDocument(LABELS.signChallenge, Challenge, { ...value, ...change }, hexToBytes(by.keys.signSecretKey));
  }
  const tried = async (change: Partial<Challenge>, by = clinic) =>
    refusal((await honest({ challenge: await challenge(change, by) })).bytes);

  it("refuses a challenge that has expired, is too old, or comes from the future", async () => {
    // The answer names the clock, and is not the one for a bad credential (service-clocks.test.ts).
    expect(await tried({ issuedAt: NOW - WINDOW_SECONDS - 1 })).toBe("clock-skew");
    expect(await tried({ issuedAt: NOW + WINDOW_SECONDS + 1 })).toBe("clock-skew");
    expect(await tried({ expiresAt: NOW - 1 })).toBe("clock-skew");
    const atTheEdge = await honest({ challenge: await challenge({ issuedAt: NOW - WINDOW_SECONDS, expiresAt: NOW }) });
    expect(await code(send(atTheEdge.bytes))).toBe("accepted");
  });

  it("takes the epoch of the tag only from the signed issuedAt", async () => {
    clock.now = epochStart(EPOCH + 1) + 10;
    const stale = await challenge({ issuedAt: epochStart(EPOCH + 1) - 10 });
    const p = await honest({ challenge: stale });
    expect(field(p).tagEpoch).toBe(EPOCH);
    expect(await code(send(p.bytes))).toBe("accepted");
  });

  it("refuses a policy other than the registered one, and other parameters", async () => {
    expect(await tried({ required: [] })).toBe("credential-refused");
    expect(await tried({ maxStaleEpochs: 12 })).toBe("credential-refused");
    expect(await tried({ paramsHash: rng(32) })).toBe("credential-refused");
  });

  it("refuses a service that is not registered, a forged signature, and a relabelled challenge (S3)", async () => {
    const stranger = new Clinic(transport, {} as never, await createClinicKeys("Stranger", undefined, NOW));
    const forStranger = await challenge({ serviceId: stranger.serviceId });
    expect(await refusal((await honest({ challenge: forStranger })).bytes)).toBe("credential-refused");
    const other = await newClinic("Other", clinic.keys.policy);
    expect(await tried({ serviceId: other.serviceId })).toBe("credential-refused");
    expect(await tried({ serviceId: clinic.serviceId }, other)).toBe("credential-refused");
    const { checkIn } = await honest();
    const forged = checkIn.challenge.with(40, checkIn.challenge[40]! ^ 1);
    expect(await refusal(CheckIn.encode({ ...checkIn, challenge: forged }))).toBe("credential-refused");
    const toOther = { ...checkIn, challenge: await other.challenge() };
    expect(await refusal(CheckIn.encode(toOther))).toBe("credential-refused");
  });

  it("accepts a check-in that the clinic held offline only under the clinic's token and only within the grace period", async () => {
    const { bytes, tagHash } = await honest();
    const offline = await clinic.verify(bytes);
    expect(offline.tagHash).toBe(tagHash);
    clock.now = NOW + GRACE_SECONDS;
    expect(await refusal(bytes)).toBe("clock-skew"); // the challenge is old, and no clinic hands it in
    const other = await newClinic("Other");
    expect(await code(other.handIn(offline))).toBe("token-refused");
    clock.now = NOW + GRACE_SECONDS + 1;
    expect(await code(clinic.handIn(offline))).toBe("clock-skew"); // the token is good, and the grace is over
    clock.now = NOW + GRACE_SECONDS;
    await clinic.handIn(offline);
    expect((await clinic.session(tagHash)).shown).toEqual({ class: "full" });
  });
});

describe("single use (S4)", () => {
  it("opens one session if one presentation is sent a hundred times at once", async () => {
    const { bytes } = await honest();
    const codes = await Promise.all(Array.from({ length: 100 }, () => code(send(bytes))));
    expect(codes.filter((c) => c === "accepted")).toHaveLength(100); // each is told the one receipt
    expect(await clinic.sessions()).toHaveLength(1);
  });

  it("refuses a second presentation in a spent slot, at the same service and at another", async () => {
    await send((await honest({ slot: 3 })).bytes);
    expect(await refusal((await honest({ slot: 3 })).bytes)).toBe("credential-refused");
    const other = await newClinic("Other");
    // The tag's object exists already, so neither the number of objects nor the number of rows may grow.
    expect(await refusal((await prepare(patient, other, { slot: 3 })).bytes)).toBe("credential-refused");
    expect(await code(send((await honest({ slot: 4 })).bytes))).toBe("accepted");
  });

  it("gives the same receipt for the same bytes: at once, later, after the challenge expired, and to the clinic", async () => {
    const { bytes } = await honest();
    const receipts = await Promise.all(Array.from({ length: 5 }, () => send(bytes)));
    clock.now = NOW + 3 * WINDOW_SECONDS;
    receipts.push(await send(bytes));
    expect(new Set(receipts.map(bytesToHex)).size).toBe(1);
    await clinic.handIn(await clinic.verify(bytes));
    // Another check-in of that age is refused, whatever its tag.
    const [spent, unspent] = [await honest({ slot: 0 }), await honest({ slot: 1 })];
    clock.now = NOW + 6 * WINDOW_SECONDS;
    expect(await refusal(spent.bytes)).toBe("clock-skew");
    expect(await refusal(unspent.bytes)).toBe("clock-skew");
  });

  it("is kept by the row in D1: an object restored to an earlier day opens no spent tag again", async () => {
    const [first, second] = [await honest({ slot: 5 }), await honest({ slot: 5 })];
    await send(first.bytes);
    const object = replayWindowOf(bindings, first.tagHash);
    const held = () =>
      runInDurableObject(object, (_, { storage }) =>
        storage.sql.exec("SELECT tag_hash FROM session WHERE tag_hash = ?", first.tagHash).toArray(),
      );
    await runInDurableObject(object, (_, { storage }) => storage.sql.exec("DELETE FROM session"));
    expect(await code(send(second.bytes))).toBe("credential-refused");
    expect(await held()).toEqual([]);
    expect(bytesToHex((await clinic.session(first.tagHash)).checkInBytes)).toBe(bytesToHex(first.bytes));
    // the check-in that had the session gets it again
    expect(await code(send(first.bytes))).toBe("accepted");
    expect(await held()).toHaveLength(1);
    expect(await code(send(second.bytes))).toBe("credential-refused");
  });

  it("allows closing an epoch by hand after a restore, and accepted check-ins still get their receipts", async () => {
    const { bytes } = await honest();
    const standing = await honest({ slot: 6 });
    const receipt = await send(standing.bytes);
    const close = (epoch: number) =>
      api(transport, SERVICE_URL, `/v1/admin/epochs/${epoch}/close`, { method: "POST", signWith: secret("admin") });
    expect(await code(close(EPOCH + 1))).toBe("not-allowed-now");
    await close(EPOCH);
    expect(await refusal(bytes)).toBe("credential-refused");
    expect(await send(standing.bytes)).toEqual(receipt);
  });
});

describe("faults (S15)", () => {
  const shards = [bindings.RECORDS_DB_0, bindings.RECORDS_DB_1];

  it("D1 fails after the object: the answer is unavailable, and the retry gets a receipt that stays the same", async () => {
    const { bytes, tagHash } = await honest();
    for (const db of shards)
      await db.exec("CREATE TRIGGER broken BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'broken'); END");
    expect(await code(send(bytes))).toBe("unavailable");
    for (const db of shards) await db.exec("DROP TRIGGER broken");
    clock.now = NOW + 60;
    const receipt = await send(bytes);
    expect(await send(bytes)).toEqual(receipt);
    expect((await clinic.session(tagHash)).tagHash).toBe(tagHash);
  });

  it("the escrow is down: the visit continues, and the index row follows later", async () => {
    outside.down.add("escrow.test");
    const prepared = await honest();
    const tag = toBase64url(field(prepared).T);
    const indexed = () => outside.indexed.filter((row) => row.tag === tag).length;
    await send(prepared.bytes);
    await new Promise((done) => setTimeout(done, 500));
    expect(indexed()).toBe(0);
    outside.down.clear();
    await send(prepared.bytes);
    await expect.poll(indexed, { timeout: 3000 }).toBe(1);
  });

  it("concurrent check-ins: every row reaches the index once, and every object learns of it", async () => {
    const visits = await Promise.all([0, 1, 2, 3, 4].map((slot) => honest({ slot })));
    const tags: string[] = visits.map((p) => toBase64url(field(p).T)).sort();
    await Promise.all(visits.map(({ bytes }) => send(bytes)));
    const indexed = () =>
      outside.indexed
        .map((row) => row.tag as string)
        .filter((tag) => tags.includes(tag))
        .sort();
    await expect.poll(indexed, { timeout: 3000 }).toEqual(tags);
    await new Promise((done) => setTimeout(done, 300));
    await Promise.all(visits.map(({ bytes }) => send(bytes)));
    await new Promise((done) => setTimeout(done, 500));
    expect(indexed()).toEqual(tags);
  });

  it("a new policy is valid at once, and challenges under the old one are refused", async () => {
    const under = clinic.challenge();
    const before = await honest({ challenge: await under });
    await send((await honest({ slot: 1 })).bytes); // now the card is in the isolate's memory
    const policy = { required: [{ attribute: "class", accepted: ["full"] }], maxStaleEpochs: 0 };
    const stricter = clinicWith(renewCard(clinic.keys, { policy }, NOW));
    await register(stricter);
    expect(await refusal(before.bytes)).toBe("credential-refused");
    expect(await code(honest({ slot: 2, challenge: await stricter.challenge() }).then((p) => send(p.bytes)))).toBe(
      "accepted",
    );
  });

  it("closing an epoch reaches every shard", async () => {
    const other = await newClinic("Other");
    await api(transport, SERVICE_URL, `/v1/admin/epochs/${EPOCH}/close`, { method: "POST", signWith: secret("admin") });
    for (const [i, at] of [clinic, other].entries())
      expect(await refusal((await prepare(newPatient(), at, { slot: i, shown: ["class"] })).bytes)).toBe(
        "credential-refused",
      );
  });

  it("two parameters documents for one epoch are not believed", async () => {
    const { joinParameters, parametersFor } = await import("../../functions/shared/parameters.ts");
    const source = bindings;
    const p = await parametersFor(source, EPOCH, NOW);
    expect(joinParameters([p], p)).toHaveLength(1);
    const later = { ...p, hash: rng(32), document: { ...document, epochFrom: EPOCH + 4, epochTo: EPOCH + 9 } };
    expect(joinParameters([p], later)).toHaveLength(2);
    expect(() => joinParameters([p], { ...later, document: { ...later.document, epochFrom: EPOCH + 3 } })).toThrow(
      /two/,
    );
    const forged = signDocument(LABELS.signParameters, Parameters, document, rng(32));
    const honestOnes = outside.parameters;
    outside.parameters = [forged];
    expect(await code(parametersFor({ ...source, REGISTRAR_URL: `${source.REGISTRAR_URL}/.` }, EPOCH, NOW))).toMatch(
      /signed by another key/,
    );
    outside.parameters = honestOnes;
  });

  describe("the registrar cannot replace the trustees", () => {
    const honest = { parameters: outside.parameters, keySet: outside.keySet, witnesses: outside.witnesses };
    afterEach(() => Object.assign(outside, honest));
    const believed = async (changes: Partial<typeof honest>, source: object = {}): Promise<string> => {
      const { parametersFor } = await import("../../functions/shared/parameters.ts");
      Object.assign(outside, changes);
      const REGISTRAR_URL = `${bindings.REGISTRAR_URL}/${bytesToHex(rng(8))}/..`; // not believed in any isolate yet
      return code(parametersFor({ ...bindings, REGISTRAR_URL, ...source }, EPOCH, NOW));
    };
    const others = runCeremony(2, 3);
    const own = {
      parameters: [signParameters({ ...document, ...keysOf(others) })],
      keySet: KeySet.encode(others.keySet),
    };

    it("control: the pinned trustees are believed", async () => expect(await believed({})).toBe("accepted"));
    it("by keys of its own making", async () => {
      expect(await believed(own)).toMatch(/holders differ/);
      const TRUSTEE_KEYS = JSON.stringify(others.keySet.identityKeys.map(bytesToHex));
      const witnesses = trusteeWitnesses(others.committee.map((p) => p.identitySecret));
      expect(await believed({ ...own, witnesses }, { TRUSTEE_KEYS })).toBe("accepted"); // control
    });
    it("by its own keys in the document only", async () =>
      expect(await believed({ parameters: own.parameters })).toMatch(/not the trustees'/));
    it("by one exchanged key", async () => {
      const { recordKey } = keysOf(others);
      expect(await believed({ parameters: [signParameters({ ...document, recordKey })] })).toMatch(/recordKey/);
    });
    it("by a missing key set", async () => expect(await believed({ keySet: new Uint8Array() })).toMatch(/parameters/));
  });
});

describe("the clinic does not trust its operator:", () => {
  /** A transport that replaces the answers for one session. */
  const lying = (row: object): Transport => ({
    ...transport,
    fetch: (async (input: string, init?: RequestInit) =>
      /\/sessions\/[0-9a-f]{64}$/.test(input)
        ? Response.json(row)
        : transport.fetch(input, init)) as Transport["fetch"],
  });
  const deploymentOf = {
    registrarUrl: "http://registrar.test",
    serviceUrl: SERVICE_URL,
    registrarKey: bindings.REGISTRAR_KEY,
    logVkey: bindings.LOG_VKEY,
    trusteeKeys: JSON.parse(bindings.TRUSTEE_KEYS),
    witnessVkeys: [],
  };

  it("it believes no session that the operator invented, altered, or filed under another tag", async () => {
    const real = await visit(await newClinic("Plain"));
    const { bytes, tagHash } = await honest();
    await send(bytes);
    const seen = async (row: object) => {
      const mine = new Clinic(lying(row), deploymentOf as never, clinic.keys);
      return mine.session(tagHash).then(
        () => "believed",
        (e: unknown) => (e instanceof SessionError ? e.detail : String(e)),
      );
    };
    const row = (b: Uint8Array, t = tagHash) => ({
      tagHash: toBase64url(hexToBytes(t)),
      epoch: EPOCH,
      day: 1,
      checkIn: toBase64url(b),
    });
    expect(await seen(row(bytes))).toBe("believed");
    expect(await seen(row(real.bytes, real.tagHash))).toBe("challenge-signature");
    const forged = withPresentation(await honest({ slot: 5 }), { slot: 6 });
    expect(await seen(row(forged))).toBe("proof");
    const elsewhere = await honest({ slot: 7 });
    expect(await seen(row(elsewhere.bytes, elsewhere.tagHash))).toMatch(/another session/);
    expect(await seen(row(elsewhere.bytes))).toMatch(/another tag/);
  });
});

describe("registration", () => {
  it("spreads services evenly, repeats without change, logs each card, and needs the administrator's signature", async () => {
    const second = await newClinic("Second");
    await register(second);
    const rows = (await bindings.RECORDS_DB_0.prepare("SELECT shard FROM services").all<{ shard: number }>()).results;
    expect(rows.map((r) => r.shard).sort()).toEqual([0, 1]);
    expect(outside.logged).toHaveLength(2);
    const asStranger = api(transport, SERVICE_URL, "/v1/admin/services", { bytes: second.card(), signWith: rng(32) });
    expect(await code(asStranger)).toBe("credential-refused");
    const card = second.card();
    const altered = { bytes: card.with(60, card[60]! ^ 1), signWith: secret("admin") };
    expect(await code(api(transport, SERVICE_URL, "/v1/admin/services", altered))).toBe("malformed");
    expect(await code(api(transport, SERVICE_URL, `/v1/services/${newKey()}`))).toBe("not-found");
    expect(await code(api(transport, SERVICE_URL, "/v1/services/xyz"))).toBe("malformed");
  });

  it("keeps the log entry while the log does not answer", async () => {
    outside.down.add("log.test");
    const late = new Clinic(transport, deploymentless(), await createClinicKeys("Late", undefined, NOW));
    expect(await code(register(late))).toBe("unavailable");
    outside.down.clear();
    const before = outside.logged.length;
    await register(late);
    expect(outside.logged).toHaveLength(before + 1);
  });
  const deploymentless = () => ({ registrarUrl: "", serviceUrl: SERVICE_URL }) as never;
});

describe("tokens", () => {
  it("give one service no access to another, and each assertion is valid once", async () => {
    const other = await newClinic("Other");
    const { tagHash } = await visit(other);
    await expect(clinic.session(tagHash)).rejects.toBeInstanceOf(ApiError);
    let form: Uint8Array | undefined;
    let authorization: string | null = null;
    const listening: Transport = {
      ...transport,
      fetch: (async (input: string, init?: RequestInit) => {
        if (String(input).endsWith("/v1/token")) form = init!.body as Uint8Array;
        authorization = new Headers(init?.headers).get("authorization") ?? authorization;
        return transport.fetch(input, init);
      }) as Transport["fetch"],
    };
    await new Clinic(listening, { serviceUrl: SERVICE_URL } as never, clinic.keys).sessions();
    const replayed = api(transport, SERVICE_URL, "/v1/token", {
      bytes: form!,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(await code(replayed)).toBe("credential-refused");
    const get = (id: Uint8Array) =>
      code(
        api(transport, SERVICE_URL, `/v1/services/${bytesToHex(id)}/sessions`, {
          headers: { authorization: authorization! },
        }),
      );
    expect(await get(clinic.serviceId)).toBe("accepted");
    expect(await get(other.serviceId)).toBe("token-refused");
    clock.now = NOW + 301;
    expect(await get(clinic.serviceId)).toBe("token-refused");
  });
});
