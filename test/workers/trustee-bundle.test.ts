// Tests that a trustee believes nothing of a bundle unchecked: each case below changes one thing of a valid bundle.

import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import type { Bundle } from "../../api/trustee/rounds.ts";
import { Problem } from "../../functions/shared/problems.ts";
import { openBundle } from "../../functions/trustee/case-bundle.ts";
import { type Trust, verifyOrder } from "../../functions/trustee/case-order.ts";
import { trustOf } from "../../functions/trustee/context.ts";
import { Approval } from "../../protocol/approvals.ts";
import { trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { CodecError } from "../../protocol/codec.ts";
import {
  CheckIn,
  Contract,
  Dossier,
  type LogEntry,
  type Order,
  openSigned,
  signDocument,
  signDossier,
} from "../../protocol/documents.ts";
import { type Base64url, toBase64url } from "../../protocol/encodings.ts";
import { epochStart, type Tolerances } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { cosign, formatNote, formatSignature, noteSigner, parseNote, WITNESS_KEY } from "../../protocol/note.ts";
import { Presentation } from "../../protocol/presentation.ts";
import { encodeG1, G, type G1 } from "../../protocol/suite.ts";
import { secret, trustees } from "./bindings.ts";
import {
  type Approved,
  approve,
  ask,
  bundled,
  certificate,
  clock,
  decide,
  dossierOf,
  dossierOfPerson,
  EPOCH,
  environments,
  freshWorld,
  handApprovals,
  NOW,
  newCase,
  newIdentity,
  newPatient,
  outcome,
  type Patient,
  rng,
  type TestCase,
  TestLog,
  type TestSession,
  visit,
  type World,
} from "./trustee-world.ts";

let w: World;
let patient: Patient;
let session: TestSession;
let valid: TestCase;
let approved: Approved;
beforeAll(async () => {
  w = await freshWorld();
  patient = newPatient(w);
  session = visit(w, patient);
  valid = newCase(w, dossierOf(session));
  approved = await approve(w, valid);
});

const trust = (trustee = 1, now = NOW) => trustOf(environments[trustee - 1]!, w.keySet, now);
const verdict = async (bundle: Bundle, trustee = 1, now = NOW): Promise<string> => {
  try {
    await openBundle(bundle, trust(trustee, now));
    return "accepted";
  } catch (error) {
    if (error instanceof Problem) return `${error.code} (${error.message})`;
    if (error instanceof CodecError) return `malformed (${error.message})`;
    throw error;
  }
};
const changed = (changes: Partial<Bundle>): Bundle => ({ ...approved.bundle(1), ...changes });

/** Runs with the clocks of the other roles at this time. */
async function atTime<T>(now: number, run: () => Promise<T>): Promise<T> {
  clock.now = now;
  return run().finally(() => {
    clock.now = NOW;
  });
}

/** A bundle around another order, in which everything else is as it must be. */
async function around(c: TestCase, now = NOW): Promise<string> {
  const approvals = [1, 2].map((i) => resigned(c, i));
  return verdict((await bundled(w, c, [1, 2], approvals)).bundle(1), 1, now);
}
const template = async (): Promise<Approval> =>
  openSigned(LABELS.signApproval, Approval, await decide(w, valid, 1)).value;
let assertion: Approval;
beforeAll(async () => {
  assertion = await template();
});
/** An approval signed by the trustee, with an assertion that is not for this order. */
const resigned = (c: TestCase, trustee: number): Uint8Array => {
  const approval = { ...assertion, caseId: c.order.caseId, orderHash: c.hash, trustee };
  return signDocument(LABELS.signApproval, Approval, approval, trustees[trustee - 1]!.identitySecret);
};
const ordered = (changes: Partial<Order>, key?: Uint8Array): TestCase => newCase(w, dossierOf(session), changes, key);

it("the unchanged bundle is accepted for every member, with one binding (control)", async () => {
  const [one, two] = await Promise.all([1, 2].map((i) => openBundle(approved.bundle(i), trust(i))));
  expect(one!.set).toEqual([1, 2]);
  expect(two!.binding).toEqual(one!.binding);
});

describe("order", () => {
  const cases: [string, () => TestCase, string, number?][] = [
    ["signed by another key", () => ordered({}, secret("stranger")), "certificate of another key"],
    [
      "certified by another authority",
      () => ordered({ certificate: certificate(secret("stranger")) }),
      "certificate not by the registrar",
    ],
    [
      "with another requester's certificate",
      () => ordered({ certificate: certificate(secret("registrar-sign"), ed25519.getPublicKey(secret("other"))) }),
      "certificate of another key",
    ],
    // The tolerance is the window of this month's parameters.
    [
      "dated ahead of the trustee's clock",
      () => ordered({ issuedAt: NOW + 301 }),
      "dated 301 seconds ahead of this server",
    ],
    ["expired", () => ordered({}), "expired", NOW + 86_400],
    ["valid for too long", () => ordered({ expiresAt: NOW + 91 * 86_400 }), "malformed"],
    ["for another key set", () => ordered({ keySetId: rng(32) }), "other key set"],
    ["for another generation of shares", () => ordered({ shareGeneration: 1 }), "other key set or generation"],
    ["for the open epoch without emergency", () => ordered({ epochTo: EPOCH }), "epoch still open"],
    ["for an epoch to come", () => ordered({ epochTo: EPOCH + 1, emergency: true }), "epoch not begun"],
    ["for an epoch without parameters", () => ordered({ epochFrom: EPOCH - 4 }), "not-allowed-now"],
    ["with its epochs the wrong way round", () => ordered({ epochFrom: EPOCH - 1, epochTo: EPOCH - 2 }), "malformed"],
    ["over too many epochs", () => ordered({ epochFrom: EPOCH - 130 }), "malformed"],
  ];
  it.each(cases)("%s", async (_, make, reason, now) => {
    expect(await around(make(), now)).toContain(reason);
  });
  it("in the grace period of the previous epoch, which is still open", async () => {
    const later = NOW + 3 * 86_400;
    const c = ordered({ epochFrom: EPOCH, epochTo: EPOCH, issuedAt: later, expiresAt: later + 6 * 86_400 });
    expect(await atTime(later, () => around(c, later))).toContain("epoch still open");
  });
  it("while a wallet may still answer a challenge of the epoch, although its offline grace is over", async () => {
    const end = epochStart(EPOCH + 1);
    const c = ordered({ epochFrom: EPOCH, epochTo: EPOCH, issuedAt: end, expiresAt: end + 9 * 86_400 });
    const at = (now: number, tolerances: Tolerances) => {
      const ours = trust(1, now);
      const parameters = async (epoch: number) => {
        const found = await ours.parameters(epoch);
        return { ...found, document: { ...found.document, ...tolerances } };
      };
      return atTime(now, () => verifyOrder(c.signed, { ...ours, parameters }).then(() => "accepted", String));
    };
    const noGrace = { challengeWindowSeconds: 300, offlineGraceSeconds: 0 };
    expect(await at(end + 299, noGrace)).toContain("epoch still open");
    expect(await at(end + 300, noGrace)).toBe("accepted"); // control: nothing arrives any more
    expect(await at(end + 300, { ...noGrace, offlineGraceSeconds: 301 })).toContain("epoch still open");
  });
  it("altered after it was signed", async () => {
    const bytes = valid.signed.slice();
    bytes[bytes.length - 1]! ^= 1;
    expect(await verdict(changed({ order: toBase64url(bytes) }))).toContain("malformed");
  });
});

describe("approvals", () => {
  const two = async (approvals: Uint8Array[], set = [1, 2]): Promise<string> =>
    verdict((await bundled(w, valid, set, approvals)).bundle(1));
  const by = (trustee: number, changes: Partial<Approval> = {}, key = trustees[trustee - 1]!.identitySecret) =>
    signDocument(LABELS.signApproval, Approval, { ...assertion, trustee, ...changes }, key);

  it("fewer than t", async () => {
    expect(await two([await decide(w, valid, 1)], [1])).toContain("1, and 2 are needed");
  });
  it("more than t: S has exactly t members", async () => {
    const all = await Promise.all([1, 2, 3].map((i) => decide(w, valid, i)));
    expect(await two(all, [1, 2, 3])).toContain("3, and 2 are needed");
  });
  it("one trustee twice", async () => {
    const own = await decide(w, valid, 1);
    expect(await two([own, own])).toContain("not ascending by trustee");
  });
  it("a refusal among them", async () => {
    const c = newCase(w, dossierOf(session));
    const approvals = [await decide(w, c, 1), await decide(w, c, 2, "refuse")];
    expect(await verdict((await bundled(w, c, [1, 2], approvals)).bundle(1))).toContain("a refusal among them");
  });
  it("dated ahead, which would date the notice ahead, and the log takes no notice from the future", async () => {
    const ahead = (seconds: number) => by(1, { at: clock.now + seconds });
    expect(await two([ahead(80_000), await decide(w, valid, 2)])).toContain("outside the order's time");
    expect(await two([ahead(1201), await decide(w, valid, 2)])).toContain("outside the order's time");
    expect(await two([ahead(1200), await decide(w, valid, 2)])).toBe("accepted"); // control: clocks differ
  });
  it("by a key that is not pinned", async () => {
    expect(await two([await decide(w, valid, 1), by(2, {}, secret("stranger"))])).toContain("not by trustee 2");
  });
  it("by another trustee in its place", async () => {
    const other = by(2, {}, trustees[2]!.identitySecret);
    expect(await two([await decide(w, valid, 1), other])).toContain("not by trustee 2");
  });
  it("of another order", async () => {
    const other = newCase(w, dossierOf(session));
    expect(await two([await decide(w, valid, 1), await decide(w, other, 2)])).toContain("of another order");
  });
  it("without an officer's assertion for it: trustee 1's officer never approved for trustee 2", async () => {
    expect(await two([await decide(w, valid, 1), by(2)])).toContain("officer's card of another trustee");
  });
  it("with another trustee's assertion beside its own officer's card", async () => {
    const { authenticatorData, clientDataJSON, signature } = assertion;
    const own = openSigned(LABELS.signApproval, Approval, await decide(w, valid, 2)).value;
    const lent = by(2, { ...own, authenticatorData, clientDataJSON, signature });
    expect(await two([await decide(w, valid, 1), lent])).toContain("assertion does not verify");
  });
  it("without user verification", async () => {
    const authenticatorData = assertion.authenticatorData.slice();
    authenticatorData[32] = 0x01;
    expect(await two([by(1, { authenticatorData }), await decide(w, valid, 2)])).toContain("assertion does not verify");
  });
  it("without this trustee among them", async () => {
    const a = await bundled(w, valid, [2, 3], [await decide(w, valid, 2), await decide(w, valid, 3)]);
    expect(await verdict(a.bundle(1))).toContain("without this trustee");
  });
  it("in another sequence", async () => {
    const { approvals, approvalInclusions } = approved.bundle(1);
    const bundle = changed({
      approvals: approvals.toReversed(),
      approvalInclusions: approvalInclusions.toReversed(),
    });
    expect(await verdict(bundle)).toContain("not ascending by trustee");
  });
});

describe("checkpoint and inclusion", () => {
  const withSignatures = (keep: (name: string) => boolean): string => {
    const note = parseNote(approved.bundle(1).checkpoint)!;
    return formatNote({ text: note.text, signatures: note.signatures.filter((s) => keep(s.name)) });
  };
  it("not signed by the log", async () => {
    expect(await verdict(changed({ checkpoint: withSignatures((n) => n.startsWith("symbolon/")) }))).toContain(
      "not-signed-by-log",
    );
  });
  it("cosigned by fewer witnesses than the quorum", async () => {
    expect(await verdict(changed({ checkpoint: withSignatures((n) => n !== "symbolon/trustee-2") }))).toContain(
      "no-quorum",
    );
  });
  it("of another root", async () => {
    const checkpoint = approved
      .bundle(1)
      .checkpoint.replace(/^(\S+\n\d+\n)(.)/, (_, head, x) => head + (x === "A" ? "B" : "A"));
    expect(await verdict(changed({ checkpoint }))).toContain("bad-signature");
  });
  it("of a fork that the other trustees help the log to show: this trustee's own line is another", async () => {
    await w.log.cosigned(); // this trustee's own head
    const fork = new TestLog();
    const other = { caseId: undefined, body: new Uint8Array() };
    const junk = (at: number): LogEntry => ({ kind: "erasure", at, subject: rng(32), ...other });
    const approvals = [await decide(w, valid, 1), await decide(w, valid, 2)];
    const ofCase = 5; // order, two approvals, two officers' cards
    for (let at = ofCase; at < w.log.leaves.length; at++) fork.append(junk(at));
    const forked = (await bundled({ ...w, log: fork }, valid, [1, 2], approvals, [])).bundle(1);
    const { text } = parseNote(forked.checkpoint)!;
    const lines = [2, 3].map((i) => {
      const { identitySecret, identityPublicKey } = trustees[i - 1]!;
      const { name } = trusteeWitnessKey(i, identityPublicKey);
      return formatSignature(cosign(text, noteSigner(name, WITNESS_KEY, identitySecret), NOW));
    });
    const bundle = { ...forked, checkpoint: forked.checkpoint + lines.join("") };
    // With outside witnesses, a quorum needs no line of this trustee. Here two lines are made to suffice.
    const open = async (changes: Partial<Trust>): Promise<string> =>
      openBundle(bundle, { ...trust(), log: { ...trust().log, quorum: 2 }, ...changes }).then(
        () => "accepted",
        (error: Error) => error.message,
      );
    expect(await open({})).toContain("own line, split-view");
    expect(await open({ checkOwnLine: async () => {} })).toBe("accepted"); // control
  });
  it("from before the order was logged", async () => {
    const checkpoint = await w.log.cosigned();
    const late = newCase(w, dossierOf(session));
    const a = await approve(w, late);
    expect(await verdict({ ...a.bundle(1), checkpoint })).toContain("not in the log: order");
  });
  it("with another entry in the order's place", async () => {
    const { approvalInclusions } = approved.bundle(1);
    expect(await verdict(changed({ orderInclusion: approvalInclusions[0]! }))).toContain("not in the log: order");
  });
  it("with an entry of another case in the order's place", async () => {
    const other = newCase(w, dossierOf(session));
    const index = w.log.append({
      kind: "order",
      at: NOW,
      subject: valid.hash,
      caseId: other.order.caseId,
      body: new Uint8Array(),
    } satisfies LogEntry);
    const checkpoint = await w.log.cosigned();
    const approvalInclusions = approved.bundle(1).approvalInclusions;
    expect(
      await verdict(changed({ checkpoint, orderInclusion: w.log.inclusion(index), approvalInclusions })),
    ).toContain("not in the log: order");
  });
  it("with one approval logged twice instead of both", async () => {
    const [first] = approved.bundle(1).approvalInclusions;
    expect(await verdict(changed({ approvalInclusions: [first!, first!] }))).toContain(
      "not in the log: approval of trustee 2",
    );
  });
  it("a nonce of another length", async () => {
    expect(await verdict(changed({ nonce: toBase64url(rng(31)) }))).toContain("malformed");
  });
});

describe("dossier", () => {
  const sealed = (dossier: Dossier, c = valid): Base64url =>
    toBase64url(hybridSeal(w.transportKeys[0]!, c.hash, Dossier.encode(dossier), rng));
  const checkIn = () => CheckIn.decode(session.bytes);
  const presentation = () => Presentation.decode(checkIn().presentation);
  const about = async (dossier: Dossier, changes: Partial<Order> = {}): Promise<string> => {
    const c = newCase(w, dossier, changes);
    return verdict((await approve(w, c)).bundle(1));
  };
  /** Uses the same check as the rounds, which also runs before an officer's decision is accepted. */
  const swapped = async (bytes: Uint8Array): Promise<string> => {
    const dossier: Dossier = { ...valid.dossier, checkIn: bytes };
    return outcomeOf(() => about(dossier));
  };
  const outcomeOf = async (run: () => Promise<string>): Promise<string> => {
    try {
      return await run();
    } catch (error) {
      return String((error as Error).message);
    }
  };

  it("sealed to another trustee", async () => {
    expect(await verdict(changed({ dossier: approved.bundle(2).dossier }))).toContain("dossier: does not open");
  });
  it("sealed for another order", async () => {
    const other = newCase(w, valid.dossier);
    expect(await verdict(changed({ dossier: sealed(valid.dossier, other) }))).toContain("dossier: does not open");
  });
  it("of another session", async () => {
    const other = visit(w, newPatient(w));
    expect(await verdict(changed({ dossier: sealed({ ...valid.dossier, checkIn: other.bytes }) }))).toContain(
      "another one than the officers approved",
    );
  });
  it("with another salt", async () => {
    expect(await verdict(changed({ dossier: sealed({ ...valid.dossier, salt: rng(32) }) }))).toContain(
      "another one than the officers approved",
    );
  });
  it("with a mauled tag key: F2 made by another party", async () => {
    const p = presentation();
    const mauled = { ...p, F2: encodeG1(G.multiply(7n) as G1) };
    expect(await swapped(CheckIn.encode({ ...checkIn(), presentation: Presentation.encode(mauled) }))).toContain(
      "refused",
    );
  });
  it("under another service's name", async () => {
    const { challenge } = checkIn();
    const forged = challenge.slice();
    forged.set(ed25519.getPublicKey(secret("stranger")), 2);
    expect(await swapped(CheckIn.encode({ ...checkIn(), challenge: forged }))).toMatch(/refused|malformed/);
  });
  it("to trace a session outside the order's epochs or services", async () => {
    const dossier = dossierOf(session);
    const { epoch } = session;
    const elsewhere = await outcomeOf(() =>
      about(dossier, { kind: "trace", epochFrom: epoch, epochTo: epoch, services: [rng(16)] }),
    );
    expect(elsewhere).toContain("refused");
    expect(
      await outcomeOf(() => about(dossier, { kind: "trace", epochFrom: epoch + 1, epochTo: epoch + 1 })),
    ).toContain("refused");
    expect(await about(dossier, { kind: "trace", epochFrom: epoch, epochTo: epoch })).toBe("accepted");
  });

  it("of an assemble with another person's contract, a mauled F°, or no opening", async () => {
    const other = newPatient(w);
    const good = dossierOfPerson([patient]);
    const c = newCase(w, good, { kind: "assemble" });
    // by a registrar that lies, and officers who approve it all the same
    const against = async (changed: Dossier) => {
      const dossier = signDossier(changed, c.hash, secret("registrar-sign"));
      const of = { ...c, dossier };
      return verdict((await bundled(w, of, [1, 2], handApprovals(of))).bundle(1));
    };
    const [generation] = good.generations;
    expect(await against(good)).toBe("accepted");
    const foreign = { ...generation!, contract: other.contract };
    expect(await against({ ...good, generations: [foreign] })).toContain("commits to another identity");
    const two = (second: Patient, changes: Partial<Dossier["generations"][number]> = {}) => ({
      ...good,
      generations: [generation!, { ...generation!, contract: second.contract, ...changes }],
      identitySalts: [patient.identitySalt, second.identitySalt],
    });
    const second = newPatient(w, patient.identity, patient);
    expect(await against(two(newPatient(w, newIdentity(), patient)))).toContain("2: commits to another identity");
    expect(await against(two(other))).toContain("contract 2: number in the chain");
    // the registrar leaves the first phone out, or gives the second one another past
    const gap = { generations: [{ ...generation!, contract: second.contract }], identitySalts: [second.identitySalt] };
    expect(await against({ ...good, ...gap })).toContain("contract 1: number in the chain");
    const branch = newPatient(w, patient.identity, newPatient(w, patient.identity));
    expect(await against(two(branch))).toContain("contract 2: previous in the chain");
    const mauled = { ...Contract.decode(patient.contract), F2: encodeG1(G.multiply(7n) as G1) };
    const bent = { ...generation!, contract: Contract.encode(mauled) };
    expect(await against({ ...good, generations: [bent] })).toContain("contract 1: proof");
    expect(await against({ ...good, identitySalts: [] })).toContain("no opening");
    expect(await against({ ...good, identity: undefined })).toContain("no opening");
    expect(await against({ ...good, generations: [], identitySalts: [] })).toContain("number in the chain");
    expect(await against({ ...good, selector: "B987654321" })).toContain("another subject");
    const stranger = newPatient(w, newIdentity("B987654321"));
    expect(await against({ ...dossierOfPerson([stranger]), salt: good.salt })).toContain("another person's identity");
    expect(await against({ ...good, generations: [{ ...generation!, epochTo: EPOCH - 2 }] })).toContain(
      "contract 1: ends before the order does",
    );
    expect(await against(two(second, { epochFrom: EPOCH, epochTo: EPOCH }))).toContain(
      "contract 2: none of the order's epochs",
    );
  });

  it("of an assemble whose registrar leaves out months in which a phone served", async () => {
    const good = dossierOfPerson([patient]);
    const c = newCase(w, good, { kind: "assemble" });
    const against = async (changed: Dossier) => {
      const of = { ...c, dossier: signDossier({ ...changed, salt: good.salt }, c.hash, secret("registrar-sign")) };
      return verdict((await bundled(w, of, [1, 2], handApprovals(of))).bundle(1));
    };
    // enrolled under the document before this world's: then it did not begin in a month of this one
    const earlier = newPatient({ ...w, paramsHash: rng(32) }, patient.identity);
    expect(await against(dossierOfPerson([earlier]))).toContain(
      "contract 1: made under the parameters of other months",
    );
    const both = dossierOfPerson([patient, newPatient(w, patient.identity, patient)]);
    const [first, second] = both.generations as [Dossier["generations"][number], Dossier["generations"][number]];
    const later = { ...both, generations: [{ ...first, epochFrom: EPOCH - 2 }, second] };
    expect(await against(later)).toContain("contract 2: begins before an earlier phone");
    const last = { ...both, generations: [first, { ...second, epochTo: EPOCH - 2 }] };
    expect(await against(last)).toContain("contract 2: ends before the order does");
    expect(await against(both)).toBe("accepted"); // control
  });

  it("of an assemble that counts another number of contracts under an earlier link key", async () => {
    // the person's first phone is from before a new key ceremony
    const linkKey = encodeG1(G.multiply(9n) as G1);
    const early = newPatient({ ...w, document: { ...w.document, linkKey } }, patient.identity);
    const good = { ...dossierOfPerson([early, newPatient(w, patient.identity, early)]), uncovered: 1 };
    const c = newCase(w, good, { kind: "assemble" });
    const against = async (changed: Dossier) => {
      const of = { ...c, dossier: signDossier(changed, c.hash, secret("registrar-sign")) };
      return verdict((await bundled(w, of, [1, 2], handApprovals(of))).bundle(1));
    };
    expect(await against(good)).toBe("accepted"); // control: the earlier contract blocks nothing
    expect(await against({ ...good, uncovered: 0 })).toContain("contract 1: proof");
    expect(await against({ ...good, uncovered: 2 })).toContain("contract 2: counted as uncovered");
    const onlyEarly = { generations: good.generations.slice(0, 1), identitySalts: good.identitySalts.slice(0, 1) };
    expect(await against({ ...good, ...onlyEarly })).toContain("no contract under the order's link key");
  });

  describe("of an assemble, changed by a requester who knows the identity:", () => {
    const signed = (dossier: Dossier, of = c, key = secret("registrar-sign")) => signDossier(dossier, of.hash, key);
    const epochs = { epochFrom: EPOCH - 3, epochTo: EPOCH };
    let good: Dossier;
    let c: TestCase;
    let withDecoy: Dossier;
    let otherSubject: Dossier;
    let registrarSignature: Dossier["registrarSignature"];
    /** officers approved this very dossier, as if their trustees had not looked */
    const bundle = async (dossier: Dossier): Promise<Bundle> => {
      const of = { ...c, dossier };
      return (await bundled(w, of, [1, 2], handApprovals(of))).bundle(1);
    };
    beforeAll(async () => {
      good = dossierOfPerson([patient]);
      c = newCase(w, good, { kind: "assemble" });
      const other = newPatient(w);
      // commits to the patient's identity, with a wallet that the requester made
      const selfMade = newPatient(w, patient.identity, patient, false);
      ({ registrarSignature } = signed(good));
      withDecoy = {
        ...good,
        generations: [...good.generations, { contract: selfMade.contract, ...epochs }],
        identitySalts: [...good.identitySalts, selfMade.identitySalt],
      };
      otherSubject = {
        ...good,
        generations: [{ contract: other.contract, ...epochs }],
        identity: other.identity,
        identitySalts: [other.identitySalt],
      };
    });
    const shorter = () => ({ ...good, generations: [{ ...good.generations[0]!, epochTo: EPOCH - 2 }] });
    const BY_ANOTHER = "not by the registrar";

    it.each<[string, () => Dossier, string]>([
      ["nothing (control)", () => signed(good), "accepted"],
      ["a contract of the requester's own appended", () => ({ ...withDecoy, registrarSignature }), BY_ANOTHER],
      ["the same, were the registrar to sign it (control)", () => signed(withDecoy), "accepted"],
      ["another subject's contract swapped in", () => ({ ...otherSubject, registrarSignature }), BY_ANOTHER],
      ["another subject's, were the registrar to sign it (control)", () => signed(otherSubject), "accepted"],
      ["other epochs", () => ({ ...shorter(), registrarSignature }), BY_ANOTHER],
      ["no signature", () => good, BY_ANOTHER],
      ["another's signature", () => signed(good, c, secret("requester")), BY_ANOTHER],
      ["a signature for another order", () => signed(good, newCase(w, good, { kind: "assemble" })), BY_ANOTHER],
    ])("%s", async (_name, dossier, expected) => {
      expect(await verdict(await bundle(dossier()))).toContain(expected);
    });

    it("exchanged for another signed one than the officers approved", async () => {
      const approvedOne = await bundle(signed(good));
      const round = (dossier: Dossier) =>
        outcome(ask(1, "notice-shares", { bundle: { ...approvedOne, dossier: sealed(dossier, c) } }));
      expect(await round(signed(good))).toHaveProperty("parts");
      for (const other of [withDecoy, shorter(), otherSubject]) {
        const changedOne = { ...approvedOne, dossier: sealed(signed(other), c) };
        expect(await verdict(changedOne)).toContain("another one than the officers approved");
        expect(await round(signed(other))).toBe("credential-refused");
      }
      expect(await round(signed(good))).toHaveProperty("parts");
    });
  });
});
