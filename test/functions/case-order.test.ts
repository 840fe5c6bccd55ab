// Tests of functions/trustee/case-order.ts: a trustee verifies an order and its subject. Every case is signed anew around
// the one thing that is broken.

import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import { Problem, refused } from "../../functions/shared/problems.ts";
import { examineSubject, openDossier, type Trust, verifyOrder } from "../../functions/trustee/case-order.ts";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import { type Credential, decodeIssuerParams, issue, receive } from "../../protocol/credential.ts";
import {
  assembleSubjectHash,
  Challenge,
  CheckIn,
  Contract,
  checkInContext,
  contractHashOf,
  Dossier,
  dossierHashOf,
  identityCommitmentOf,
  Order,
  orderHashOf,
  type Parameters,
  paramsHashOf,
  presentationHashOf,
  RequesterCertificate,
  serviceIdOf,
  signDocument,
  signDossier,
  subjectHashOf,
} from "../../protocol/documents.ts";
import { nobleEngine } from "../../protocol/engine.ts";
import { requestEnrolment, verifyContract } from "../../protocol/enrolment.ts";
import { arrivalsEnd, epochOf, epochStart } from "../../protocol/epoch.ts";
import { hybridKeyPair, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { IdentityRecord } from "../../protocol/identity-record.ts";
import { proveIndexRow } from "../../protocol/index-row.ts";
import { keySetId } from "../../protocol/key-set.ts";
import { LABELS, type Label } from "../../protocol/labels.ts";
import { LOG_FRESHNESS_SECONDS } from "../../protocol/log-trust.ts";
import { MAX_ORDER_SECONDS } from "../../protocol/order-limits.ts";
import { Presentation, present } from "../../protocol/presentation.ts";
import { encodeG1, encodeG2, G, type G1, type G2, P2, randomScalar } from "../../protocol/suite.ts";
import { seededRng } from "../support/patients.ts";
import { NOW, problemOf, secret } from "./door.ts";

const rng = seededRng("case-order");
const EPOCH = epochOf(NOW);
const SELECTOR = "A123456789";
const DAY = 86_400;

// ---- the world: keys, parameters of three documents, patients with two phones, a visit

const keys = { link: G.multiply(randomScalar(rng)) as G1, trace: G.multiply(randomScalar(rng)) as G1 };
const keySet = { ceremonyId: rng(32), generation: 2, keys: { ...keys, record: G }, groupHybridKey: rng(32) };
const transport = hybridKeyPair(rng(32));
const issuerSecret = randomScalar(rng);
const serviceKey = secret("clinic");
const serviceId = serviceIdOf(ed25519.getPublicKey(serviceKey));
const pub = (name: string): Uint8Array => ed25519.getPublicKey(secret(name));

const documentOf = (epochFrom: number, epochTo: number, changes: Partial<Parameters> = {}): Parameters => ({
  realm: "test",
  epochFrom,
  epochTo,
  slots: 4,
  challengeWindowSeconds: 300,
  offlineGraceSeconds: 7 * DAY,
  logFreshnessSeconds: LOG_FRESHNESS_SECONDS,
  attributes: [{ name: "class", values: ["basic", "full"] }],
  issuerKey: encodeG2(P2.multiply(issuerSecret) as G2),
  keySetId: keySetId(keySet as never),
  traceKey: encodeG1(keys.trace),
  linkKey: encodeG1(keys.link),
  recordKey: encodeG1(G),
  groupHybridKey: rng(32),
  threshold: 2,
  assembleThreshold: 2,
  trusteeKeys: [pub("t1"), pub("t2"), pub("t3")],
  ...changes,
});
const early = documentOf(EPOCH - 130, EPOCH - 3);
const late = documentOf(EPOCH - 2, EPOCH + 2, { slots: 8 });
const parametersOf = (documents: readonly Parameters[]) => async (epoch: number) => {
  const document = documents.find((d) => d.epochFrom <= epoch && epoch <= d.epochTo);
  if (!document) throw new Problem("unavailable", undefined, "no parameters");
  return {
    document,
    hash: paramsHashOf(document),
    signed: new Uint8Array(),
    recordKey: G,
    ...decodeIssuerParams(document),
  };
};

const trustOf = (changes: Partial<Trust> = {}): Trust =>
  ({
    now: NOW,
    registrarKey: pub("registrar"),
    keySet,
    index: 1,
    transportSecret: transport.secretKey,
    engine: nobleEngine,
    parameters: parametersOf([early, late]),
    requireInForce: async () => {},
    ...changes,
  }) as never;

const identity = IdentityRecord.encode({ selector: SELECTOR, patient: rng(16) });
interface Phone {
  contract: Uint8Array;
  salt: Uint8Array;
  credential(epoch: number): Credential;
  secrets: { k: bigint; z: bigint };
}
function phone(document: Parameters, before?: Phone, record = identity, linkKey?: G1): Phone {
  const params = { ...decodeIssuerParams(document), ...(linkKey ? { linkKey } : {}) };
  const secrets = { k: randomScalar(rng), z: randomScalar(rng) };
  const [s, salt, paramsHash] = [randomScalar(rng), rng(32), paramsHashOf(document)];
  const chain = {
    generation: before ? Contract.decode(before.contract).generation + 1 : 0,
    salt: rng(32),
    previous: before && contractHashOf(before.contract),
    previousK: before?.secrets.k,
  };
  const about = {
    params,
    identityCommitment: identityCommitmentOf(salt, record),
    paramsHash,
    nonce: rng(32),
    secrets,
    s,
  };
  const contract = requestEnrolment({ ...chain, ...about }, rng);
  const credential = (epoch: number): Credential => {
    const checked = verifyContract(params, contract);
    if (!checked.ok) throw new Error(checked.reason);
    const of = { params, epoch, paramsHash };
    const issued = issue({ ...of, issuerSecret, Cm: checked.Cm, attributeValues: ["full"], rng });
    return receive({ ...of, issued, secrets, s });
  };
  return { contract: Contract.encode(contract), salt, secrets, credential };
}

function checkInOf(wallet: Phone, epoch = EPOCH - 2): Uint8Array {
  const [tag, issuedAt] = [epoch >= EPOCH - 2 ? late : early, epochStart(epoch) + DAY];
  const paramsHash = paramsHashOf(tag);
  const challenge = signDocument(
    LABELS.signChallenge,
    Challenge,
    {
      serviceId,
      cardHash: rng(32),
      nonce: rng(16),
      issuedAt,
      expiresAt: issuedAt + 300,
      paramsHash,
      required: [],
      maxStaleEpochs: 1,
    },
    serviceKey,
  );
  const { z } = wallet.secrets;
  const rowProof = proveIndexRow({ serviceId, epoch, slot: 1, paramsHash }, z, rng);
  const before = {
    challenge,
    sessionAuthKey: rng(32),
    sessionRecipient: "age1pq1test",
    rowProof,
    claim: rng(82),
    hpkeEnc: rng(32),
  };
  const presentation = present(
    {
      params: decodeIssuerParams(tag),
      credential: wallet.credential(epoch),
      secrets: wallet.secrets,
      tagEpoch: epoch,
      slot: 1,
      tagParamsHash: paramsHash,
      credentialParamsHash: paramsHash,
      shown: [],
      context: checkInContext(before),
    },
    rng,
  );
  return CheckIn.encode({ ...before, presentation: Presentation.encode(presentation) });
}

const certificateOf = (by = secret("registrar"), signKey = pub("requester")): Uint8Array =>
  signDocument(
    LABELS.signRequester,
    RequesterCertificate,
    {
      signKey,
      sealKey: transport.publicKey,
      name: "Dr Ada",
      role: "clinician",
      notBefore: NOW - DAY,
      notAfter: NOW + DAY,
    },
    by,
  );
const orderOf = (changes: Partial<Order> = {}): Order => ({
  caseId: rng(32),
  kind: "link",
  certificate: certificateOf(),
  purpose: "treatment",
  legalGround: "GDPR 9(2)(c)",
  epochFrom: EPOCH - 4,
  epochTo: EPOCH - 2,
  services: [],
  emergency: false,
  subject: rng(32),
  keySetId: keySetId(keySet as never),
  shareGeneration: 2,
  issuedAt: NOW,
  expiresAt: NOW + DAY,
  ...changes,
});
const signed = (order: Order, by = secret("requester"), label: Label = LABELS.signOrder) =>
  signDocument(label, Order, order, by);
const judged = (changes: Partial<Order>, trust: Partial<Trust> = {}) =>
  problemOf(() => verifyOrder(signed(orderOf(changes)), trustOf(trust)));

describe("an order", () => {
  it("is accepted, with the slots and parameters of each month of its scope", async () => {
    const bytes = signed(orderOf());
    const { orderHash, requester, scope, order } = await verifyOrder(bytes, trustOf());
    expect(orderHash).toEqual(orderHashOf(bytes));
    expect(requester.name).toBe("Dr Ada");
    expect(order.purpose).toBe("treatment");
    expect(scope).toEqual([
      { epoch: EPOCH - 4, slots: 4, paramsHash: paramsHashOf(early) },
      { epoch: EPOCH - 3, slots: 4, paramsHash: paramsHashOf(early) },
      { epoch: EPOCH - 2, slots: 8, paramsHash: paramsHashOf(late) },
    ]);
  });

  it("is its requester's, whom the registrar certified", async () => {
    expect(await judged({ certificate: certificateOf(secret("somebody")) })).toBe(
      "credential-refused: order: certificate not by the registrar",
    );
    expect(await judged({ certificate: certificateOf(undefined, pub("other")) })).toBe(
      "credential-refused: order: certificate of another key",
    );
    expect(await problemOf(() => verifyOrder(signed(orderOf(), undefined, LABELS.signNotice), trustOf()))).toMatch(
      /^threw CodecError/,
    );
    const seen: unknown[] = [];
    const order = orderOf();
    const requireInForce = async (certificate: Uint8Array, { name }: RequesterCertificate) => {
      seen.push(certificate, name);
      throw refused("withdrawn");
    };
    expect(await problemOf(() => verifyOrder(signed(order), trustOf({ requireInForce })))).toBe(
      "credential-refused: withdrawn",
    );
    expect(seen).toEqual([order.certificate, "Dr Ada"]);
  });

  it("is dated by the tolerance of this month's parameters, or of the default", async () => {
    const ahead = (seconds: number, trust: Partial<Trust> = {}) =>
      judged({ issuedAt: NOW + seconds, expiresAt: NOW + DAY }, trust).then((p) => p.split(":")[0]);
    expect(await ahead(300)).toBe("accepted");
    expect(await ahead(301)).toBe("clock-skew");
    const parameters = async (epoch: number) => {
      if (epoch === EPOCH) throw new Problem("unavailable");
      return parametersOf([early, late])(epoch);
    };
    expect(await ahead(600, { parameters })).toBe("accepted");
    expect(await ahead(601, { parameters })).toBe("clock-skew");
  });

  it("ends at its end, and lasts 90 days at most", async () => {
    expect(await judged({ issuedAt: NOW - 10, expiresAt: NOW + 1 })).toBe("accepted");
    expect(await judged({ issuedAt: NOW - 10, expiresAt: NOW })).toBe("expired");
    expect(MAX_ORDER_SECONDS).toBe(90 * DAY);
    expect(await judged({ issuedAt: NOW, expiresAt: NOW + 90 * DAY })).toBe("accepted");
    expect(await judged({ issuedAt: NOW, expiresAt: NOW + 90 * DAY + 1 })).toMatch(/^malformed: An order is valid/);
  });

  it("is under the keys that this trustee holds", async () => {
    const refusal = "not-allowed-now: other key set or generation";
    expect(await judged({ keySetId: rng(32) })).toBe(refusal);
    expect(await judged({ shareGeneration: 1 })).toBe(refusal);
    const other = documentOf(EPOCH - 2, EPOCH + 2, { keySetId: rng(32) });
    expect(await judged({}, { parameters: parametersOf([early, other]) })).toBe(refusal);
    expect(await judged({}, { parameters: parametersOf([late]) })).toBe("unavailable: no parameters");
  });

  it("covers months that are over, 120 at most, in their order", async () => {
    expect(await judged({ epochFrom: EPOCH - 2 })).toBe("accepted");
    expect(await judged({ epochFrom: EPOCH - 1 })).toBe("malformed: epochFrom: must not be after epochTo");
    expect(await judged({ epochFrom: EPOCH - 121 })).toBe("accepted");
    expect(await judged({ epochFrom: EPOCH - 122 })).toMatch(/^malformed: An order covers at most 120 epochs/);
    expect(await judged({ epochTo: EPOCH + 1 })).toBe("not-allowed-now: epoch not begun");
    expect(await judged({ epochTo: EPOCH })).toBe("not-allowed-now: epoch still open");
    expect(await judged({ epochTo: EPOCH, emergency: true })).toBe("accepted");
    const end = arrivalsEnd(EPOCH - 2, late);
    const at = (now: number) => judged({ issuedAt: now - 10, expiresAt: now + DAY, epochTo: EPOCH - 2 }, { now });
    expect(await at(end)).toBe("accepted");
    expect(await at(end - 1)).toBe("not-allowed-now: epoch still open");
  });

  it("covers 1920 slots at most", async () => {
    const of = (slots: number) =>
      judged(
        { epochFrom: EPOCH - 4, epochTo: EPOCH - 3 },
        { parameters: parametersOf([documentOf(EPOCH - 9, EPOCH, { slots })]) },
      );
    expect(await of(960)).toBe("accepted");
    expect(await of(961)).toBe("malformed: An order covers at most 1920 slots.");
  });

  it("of a trace has no slots, but its months have an order too", async () => {
    const { scope } = await verifyOrder(signed(orderOf({ kind: "trace", epochTo: EPOCH })), trustOf());
    expect(scope).toEqual([]);
    expect(await judged({ kind: "trace", epochFrom: EPOCH - 1 })).toMatch(/^malformed: epochFrom/);
  });
});

describe("a dossier", () => {
  const dossier: Dossier = {
    salt: rng(32),
    checkIn: rng(9),
    selector: "",
    generations: [],
    identity: undefined,
    identitySalts: [],
    uncovered: 0,
    registrarSignature: undefined,
  };
  it("opens for its trustee and its order alone", async () => {
    const orderHash = rng(32);
    const bytes = Dossier.encode(dossier);
    const sealed = hybridSeal(transport.publicKey, orderHash, bytes, rng);
    expect(openDossier(sealed, orderHash, trustOf())).toEqual({ dossier, bytes, hash: dossierHashOf(bytes) });
    const refusal = "credential-refused: dossier: does not open";
    expect(await problemOf(() => openDossier(sealed, rng(32), trustOf()))).toBe(refusal);
    const other = hybridKeyPair(rng(32)).secretKey;
    expect(await problemOf(() => openDossier(sealed, orderHash, trustOf({ transportSecret: other })))).toBe(refusal);
  });
});

describe("the subject of a link or trace", () => {
  let checkIn: Uint8Array;
  let other: Uint8Array;
  beforeAll(() => {
    checkIn = checkInOf(phone(late));
    other = checkInOf(phone(early), EPOCH - 4);
  });
  const salt = rng(32);
  const dossierOf = (bytes: Uint8Array | undefined): Dossier =>
    ({ salt, checkIn: bytes, selector: "", generations: [], identitySalts: [], uncovered: 0 }) as never;
  const examined = (
    changes: Partial<Order> = {},
    bytes: Uint8Array | undefined = checkIn,
    trust: Partial<Trust> = {},
  ) => {
    const order = orderOf({ subject: subjectHashOf(salt, bytes ?? checkIn), ...changes });
    const checked = {
      order,
      orderHash: rng(32),
      requester: {} as never,
      scope: [{ epoch: 1, slots: 2, paramsHash: rng(32) }],
    };
    return examineSubject(checked, dossierOf(bytes), trustOf(trust)).then((e) => ({ ...e, scope: checked.scope }));
  };
  const refusal = (changes?: Partial<Order>, bytes?: Uint8Array, trust?: Partial<Trust>) =>
    problemOf(() => examined(changes, bytes, trust));

  it("of a link is one tag key, in the scope of the order", async () => {
    const { subjects, noticed, subjectHash, handle, scope } = await examined();
    expect(subjects).toHaveLength(1);
    expect(noticed).toEqual(subjects);
    expect(subjects[0]!.scope).toEqual(scope);
    expect(subjectHash).toEqual(presentationHashOf(checkIn));
    expect(subjects[0]!.hash).toEqual(subjectHash);
    expect(handle).toBeUndefined();
  });
  it("of a trace is the encrypted handle; its wallet gets the notice", async () => {
    const { subjects, noticed, handle } = await examined({ kind: "trace" });
    expect(subjects).toEqual([]);
    expect(noticed).toHaveLength(1);
    const { C1, C2 } = Presentation.decode(CheckIn.decode(checkIn).presentation);
    expect(encodeG1(handle!.C1)).toEqual(C1);
    const { traceSubjectHash } = await import("../../protocol/documents.ts");
    expect(handle!.hash).toEqual(traceSubjectHash(C1, C2));
  });
  it("is the check-in that the order names", async () => {
    expect(await refusal({ subject: rng(32) })).toBe("credential-refused: dossier: another subject");
    const order = orderOf({ subject: subjectHashOf(salt, checkIn) });
    const checked = { order, orderHash: rng(32), requester: {} as never, scope: [] };
    expect(await problemOf(() => examineSubject(checked, dossierOf(undefined), trustOf()))).toBe(
      "credential-refused: dossier: another subject",
    );
    expect(await refusal({ subject: subjectHashOf(rng(32), checkIn) })).toBe(
      "credential-refused: dossier: another subject",
    );
  });
  it("verifies under the parameters of its own month, and under this key set", async () => {
    const without = async (epoch: number) => {
      if (epoch === EPOCH - 2) throw new Problem("unavailable", undefined, "month");
      return parametersOf([early, late])(epoch);
    };
    expect(await refusal({}, checkIn, { parameters: without })).toBe("unavailable: month");
    const swapped = parametersOf([early, { ...late, slots: 9 }]);
    expect(await refusal({}, checkIn, { parameters: swapped })).toMatch(/^credential-refused: check-in: /);
    expect(await refusal({ keySetId: rng(32) })).toBe("credential-refused: check-in: under another key set");
    const [a, b] = [CheckIn.decode(checkIn), CheckIn.decode(other)];
    expect(await refusal({}, CheckIn.encode({ ...a, presentation: b.presentation }))).toMatch(
      /^credential-refused: check-in: /,
    );
    expect(await refusal({}, checkIn)).toBe("accepted");
  });
  it("of a trace lies in the months and at the services of the order", async () => {
    const trace = (changes: Partial<Order>) => refusal({ kind: "trace", ...changes });
    const epoch = "credential-refused: trace: session of another epoch";
    expect(await trace({ epochFrom: EPOCH - 2, epochTo: EPOCH - 2 })).toBe("accepted");
    expect(await trace({ epochFrom: EPOCH - 1, epochTo: EPOCH })).toBe(epoch);
    expect(await trace({ epochFrom: EPOCH - 9, epochTo: EPOCH - 3 })).toBe(epoch);
    expect(await trace({ services: [rng(16), serviceId] })).toBe("accepted");
    expect(await trace({ services: [rng(16)] })).toBe("credential-refused: trace: session at another service");
    expect(await refusal({ services: [rng(16)], epochFrom: EPOCH - 9, epochTo: EPOCH - 3 })).toBe("accepted");
  });
});

/** What a test changes of an assemble. */
interface How {
  /** the signer of the dossier, "" for none */
  by?: string;
  order?: Partial<Order>;
  trust?: Partial<Trust>;
}
describe("the subjects of an assemble", () => {
  let one: Phone;
  let two: Phone;
  beforeAll(() => {
    one = phone(early);
    two = phone(late, one);
  });
  const salt = rng(32);
  const scope = [EPOCH - 4, EPOCH - 3, EPOCH - 2].map((epoch) => ({ epoch, slots: 4, paramsHash: rng(32) }));
  const generationsOf = (...phones: Phone[]): Dossier["generations"] =>
    phones.map((p, i) => ({ contract: p.contract, epochFrom: i === 0 ? EPOCH - 9 : EPOCH - 2, epochTo: EPOCH }));
  const personOf = (phones: Phone[], changes: Partial<Dossier> = {}): Dossier => ({
    salt,
    checkIn: undefined,
    selector: SELECTOR,
    generations: generationsOf(...phones),
    identity,
    identitySalts: phones.map((p) => p.salt),
    uncovered: 0,
    registrarSignature: undefined,
    ...changes,
  });
  const examined = (dossier: Dossier, { by = "registrar", order = {}, trust = {} }: How = {}) => {
    const orderHash = rng(32);
    const full = orderOf({ kind: "assemble", subject: subjectHashOf(salt, utf8ToBytes(dossier.selector)), ...order });
    const sealed = by === "" ? dossier : signDossier(dossier, orderHash, secret(by));
    return examineSubject({ order: full, orderHash, requester: {} as never, scope }, sealed, trustOf(trust));
  };
  const refusal = (dossier: Dossier, how: How = {}) =>
    problemOf(() => examined(dossier, how)).then((p) => p.replace("credential-refused: ", ""));

  it("are the tag keys of all phones, each in the months it served", async () => {
    const dossier = personOf([one, two]);
    const { subjects, noticed, subjectHash, handle } = await examined(dossier);
    expect(subjects.map((s) => [s.hash, s.scope])).toEqual([
      [contractHashOf(one.contract), scope],
      [contractHashOf(two.contract), scope.slice(2)],
    ]);
    expect(noticed).toEqual(subjects);
    expect(subjectHash).toEqual(assembleSubjectHash(dossier.generations));
    expect(handle).toBeUndefined();
  });
  it("are the person's that the order names, as the registrar said for this order", async () => {
    const dossier = personOf([one]);
    expect(await refusal(dossier)).toBe("accepted");
    expect(await refusal(dossier, { order: { subject: rng(32) } })).toBe("dossier: another subject");
    expect(await refusal(dossier, { by: "somebody" })).toBe("dossier: not by the registrar");
    expect(await refusal(dossier, { by: "" })).toBe("dossier: not by the registrar");
    expect(await refusal(personOf([one], { selector: "B1" }))).toBe("dossier: another person's identity");
    expect(await refusal(personOf([one], { identity: undefined }))).toBe("dossier: no opening of the identity");
    for (const identitySalts of [[], [one.salt, one.salt]])
      expect(await refusal(personOf([one], { identitySalts }))).toBe("dossier: no opening of the identity");
    expect(await refusal(personOf([one], { identitySalts: [rng(32)] }))).toBe(
      "contract 1: commits to another identity",
    );
    const stranger = phone(early, undefined, IdentityRecord.encode({ selector: SELECTOR, patient: rng(16) }));
    expect(await refusal(personOf([stranger]))).toBe("contract 1: commits to another identity");
  });
  it("are one chain of contracts that verify", async () => {
    expect(await refusal(personOf([two]))).toMatch(/^contract 1: .* in the chain$/);
    expect(await refusal(personOf([one, phone(late)]))).toMatch(/^contract 2: .* in the chain$/);
    expect(await refusal(personOf([]))).toMatch(/^contract 1: .* in the chain$/);
    const contract = Contract.decode(one.contract);
    const mauled = { ...one, contract: Contract.encode({ ...contract, F1: contract.F2, F2: contract.F1 } as never) };
    expect(await refusal(personOf([mauled]))).toMatch(/^contract 1: /);
  });
  it("lie in months of the order, of the parameters of their contract, and in the phones' order", async () => {
    const from = (...epochs: [number, number][]) =>
      refusal(
        personOf([one, two].slice(0, epochs.length), {
          generations: epochs.map(([epochFrom, epochTo], i) => ({
            contract: [one, two][i]!.contract,
            epochFrom,
            epochTo,
          })),
        }),
      );
    expect(await from([EPOCH - 9, EPOCH - 2])).toBe("accepted");
    expect(await from([EPOCH - 9, EPOCH - 3])).toBe("contract 1: ends before the order does");
    expect(await from([EPOCH - 9, EPOCH], [EPOCH - 1, EPOCH])).toBe("contract 2: none of the order's epochs");
    expect(await from([EPOCH - 2, EPOCH])).toBe("contract 1: made under the parameters of other months than its first");
    const later = phone(early, one);
    const order = (a: number, b: number) =>
      refusal(
        personOf([one, later], {
          generations: [
            { contract: one.contract, epochFrom: a, epochTo: EPOCH },
            { contract: later.contract, epochFrom: b, epochTo: EPOCH },
          ],
        }),
      );
    expect(await order(EPOCH - 9, EPOCH - 9)).toBe("accepted");
    expect(await order(EPOCH - 8, EPOCH - 9)).toBe("contract 2: begins before an earlier phone");
  });
  it("leave out as many old contracts as the dossier counts, if they are under an earlier link key", async () => {
    const old = phone(early, undefined, identity, G.multiply(7n) as G1);
    const next = phone(late, old);
    const { subjects } = await examined(personOf([old, next], { uncovered: 1 }));
    expect(subjects.map((s) => s.hash)).toEqual([contractHashOf(next.contract)]);
    expect(await refusal(personOf([old, next]))).toMatch(/^contract 1: /);
    expect(await refusal(personOf([one, two], { uncovered: 1 }))).toBe("contract 1: counted as uncovered");
    expect(await refusal(personOf([old], { uncovered: 1 }))).toBe("dossier: no contract under the order's link key");
  });
});
