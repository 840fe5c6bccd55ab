// S2 Registered. A session opens only for a wallet that holds a credential of this registrar, for this epoch, with the
// attributes that the clinic asks for. The attacks use forged, foreign, altered, early, stale and unentitled credentials.
// The attacker's own wallet makes each of them and sends it to the real service, which gives the one refusal. Afterwards no
// database, object or index has changed.
//
// Controls: a service Worker without one check opens sessions under the same attacks. Its checks of pairing, policy and
// staleness are removed one by one. The proof is not checked for slot 7 only, so that the other attacks still face it.

import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import { ParametersCache } from "../../client/parameters.ts";
import type { Wallet } from "../../client/wallet.ts";
import { readBase64url } from "../../functions/shared/http.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, concatBytes } from "../../protocol/bytes.ts";
import { type Credential, signedPoint } from "../../protocol/credential.ts";
import { CheckIn, openSigned, presentationHashOf, RefusedCheckIn } from "../../protocol/documents.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { Presentation } from "../../protocol/presentation.ts";
import {
  decodeG1,
  decodeG2,
  decodeScalar,
  encodeG1,
  encodeG2,
  Fr,
  G,
  type G1,
  type G2,
  G2Point,
  P2,
  randomScalar,
} from "../../protocol/suite.ts";
import {
  type Answer,
  type Crafted,
  craftChallenge,
  craftCheckIn,
  HOOK_MILLISECONDS,
  opened,
  partsOf,
  plantedPerson,
  postCheckIn,
  REFUSED,
  settled,
} from "./visits.ts";

const EPOCH = 678; // 2026-07
const DAY = 86_400;
/** last days of the month: the next credential may be fetched */
const START = epochStart(EPOCH + 1) - 2 * DAY;
const ALTERABLE_SLOT = 7;
/** of the rows Bbar, B, C1, C2, F2 and T */
const COMMITMENT_BYTES = 5 * 48 + 96;

interface Scene {
  practice: Practice;
  clinic: Clinic;
  /** adult, standard: entitled */
  wallet: Wallet;
  /** child, extended: not what the clinic accepts */
  other: Wallet;
}

const POLICY = { required: [{ attribute: "coverage", accepted: ["standard"] }], maxStaleEpochs: 1 };

async function openScene(options: Parameters<typeof openPractice>[0] = {}): Promise<Scene> {
  const practice = await openPractice({ start: START, epochs: 6, ...options });
  const clinic = await practice.openClinic("North", POLICY);
  const enrol = async (n: number, entitlements: Record<string, string>): Promise<Wallet> => {
    const { entry, selector } = plantedPerson(`P${n}`, n);
    return (await practice.enrolPatient(entry, selector, entitlements)).wallet;
  };
  const wallet = await enrol(1, { coverage: "standard", age: "adult" });
  await wallet.refresh(EPOCH + 1);
  return { practice, clinic, wallet, other: await enrol(2, { coverage: "extended", age: "child" }) };
}

let scene: Scene;
let weak: Scene;
beforeAll(async () => {
  scene = await openScene();
  weak = await openScene({
    weaken: {
      service: [
        { file: "protocol/presentation.ts", find: "return good ? accept", replace: "return true ? accept" },
        {
          file: "protocol/presentation.ts",
          find: "verifyBatchable(e.relation, e.tag, e.proof) ?",
          replace: `verifyBatchable(e.relation, e.tag, e.proof) || e.presentation.slot === ${ALTERABLE_SLOT} ?`,
        },
        { file: "protocol/presentation.ts", find: `return "stale";`, replace: ";" },
        { file: "functions/service/sessions.ts", find: `throw refused("stale");`, replace: ";" },
        { file: "protocol/check-in.ts", find: "!meetsPolicy(", replace: "false && !meetsPolicy(" },
        { file: "protocol/check-in.ts", find: "return provesRow(", replace: "return true || provesRow(" },
      ],
    },
  });
}, HOOK_MILLISECONDS);
afterAll(async () => {
  await scene?.practice.stop();
  await weak?.practice.stop();
});

/** A credential nobody issued: over the true B, under a key of the attacker's own, or under none at all. */
async function selfMade({ practice, wallet }: Scene, how: "foreign key" | "random"): Promise<Credential> {
  const { rng } = practice.transport;
  const { issuer, hash } = await new ParametersCache(practice.transport, practice.deployment).of(EPOCH);
  const e = randomScalar(rng);
  const draft = { epoch: EPOCH, values: ["standard", "adult"], s: randomScalar(rng) };
  const B = signedPoint(issuer, hash, draft, partsOf(wallet, EPOCH).secrets);
  const x = randomScalar(rng);
  const A = how === "random" ? G.multiply(randomScalar(rng)) : B.multiply(Fr.inv(Fr.add(x, e)));
  return { ...draft, A: A as G1, e };
}

type Attack = (s: Scene) => Promise<Uint8Array>;
const parts = (s: Scene) => partsOf(s.wallet, EPOCH);
const bytesOf = async (crafted: Promise<Crafted>): Promise<Uint8Array> => (await crafted).bytes;

/** A refusal without the hash of the check-in that its signed part names. */
function refusalOf(answer: Answer, checkIn: Uint8Array): string {
  const { refusal, ...rest } = JSON.parse(new TextDecoder().decode(answer.bytes));
  const { key, value } = openSigned(LABELS.signRefusedCheckIn, RefusedCheckIn, readBase64url(refusal));
  const { presentationHash, ...signed } = value;
  expect(presentationHash).toEqual(presentationHashOf(checkIn));
  return JSON.stringify({ ...rest, signed, key: bytesToHex(key) });
}

const forged: Record<string, Attack> = {
  "a credential made of random numbers": async (s) =>
    bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { slot: 1, credential: await selfMade(s, "random") })),
  "a credential signed by a foreign issuer's key": async (s) =>
    bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { slot: 2, credential: await selfMade(s, "foreign key") })),
  "a stolen signature under secrets of one's own": async (s) => {
    const { rng } = s.practice.transport;
    const { issued, s: blinding } = parts(s);
    const credential: Credential = { ...issued, A: decodeG1(issued.A), e: decodeScalar(issued.e), s: blinding };
    const secrets = { k: randomScalar(rng), z: randomScalar(rng) };
    return bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { slot: 3, credential, secrets }));
  },
};

const early: Attack = (s) => bytesOf(craftCheckIn(s.practice, partsOf(s.wallet, EPOCH + 1), s.clinic, { slot: 4 }));
const hidden: Attack = (s) => bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { slot: 5, shown: [] }));
const unaccepted: Attack = (s) => bytesOf(craftCheckIn(s.practice, partsOf(s.other), s.clinic, { slot: 5 }));

const foreign: Record<string, Attack> = {
  "foreign parameters, in presentation and signed challenge": async (s) => {
    const paramsHash = s.practice.transport.rng(32);
    const challenge = await craftChallenge(s.clinic, { paramsHash });
    return bytesOf(
      craftCheckIn(s.practice, parts(s), s.clinic, {
        challenge,
        paramsHash,
        credential: await selfMade(s, "foreign key"),
      }),
    );
  },
  "a true credential with a tag under foreign parameters, which no link would find": (s) =>
    bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { tagParamsHash: s.practice.transport.rng(32) })),
  "the tag of next month": (s) => bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { tagEpoch: EPOCH + 1 })),
  "a challenge whose policy was softened after registration": async (s) => {
    const challenge = await craftChallenge(s.clinic, { required: [] });
    return bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { challenge, shown: [] }));
  },
  "a challenge that tolerates more staleness than was registered": async (s) => {
    const challenge = await craftChallenge(s.clinic, { maxStaleEpochs: 9 });
    return bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { challenge }));
  },
  "a slot beyond J": (s) => bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { slot: 16 })),
};

describe("no credential, no session", () => {
  for (const [name, attack] of Object.entries({
    ...forged,
    ...foreign,
    "a credential fetched ahead, before its month": early,
    "the required attribute not shown": hidden,
    "a value that the clinic does not accept": unaccepted,
  })) {
    it(name, async () => {
      const before = await opened(scene.practice);
      const answer = await postCheckIn(scene.practice, await attack(scene));
      expect(answer).toMatchObject(REFUSED);
      expect(await opened(scene.practice)).toEqual(before);
    });
  }

  it("a challenge from the day before: refused for its age, whether the credential is true or made up", async () => {
    const { practice, clinic } = scene;
    const challenge = await practice.at(practice.clock.now - DAY, () => clinic.challenge());
    const before = await opened(practice);
    const answers = new Set<string>();
    for (const credential of [{}, { credential: await selfMade(scene, "foreign key") }]) {
      const bytes = await bytesOf(craftCheckIn(practice, parts(scene), clinic, { challenge, ...credential }));
      const answer = await postCheckIn(practice, bytes);
      expect(answer).toMatchObject({ status: 403, code: "clock-skew" });
      answers.add(refusalOf(answer, bytes));
    }
    expect(answers.size).toBe(1);
    expect(await opened(practice)).toEqual(before);
  });

  it("every refusal is the same answer, except for the check-in that its signed part names", async () => {
    const answers = new Set<string>();
    for (const attack of [forged["a credential made of random numbers"]!, hidden, early, foreign["a slot beyond J"]!]) {
      const bytes = await attack(scene);
      answers.add(refusalOf(await postCheckIn(scene.practice, bytes), bytes));
    }
    expect(answers.size).toBe(1);
  });
});

// ---- altered

const flip = (b: Uint8Array, at: number): Uint8Array => b.map((x, i) => (i === (at + b.length) % b.length ? x ^ 1 : x));
const shifted = (p: Uint8Array): Uint8Array => encodeG1(decodeG1(p).add(G) as G1);
/** T plus a point outside the prime-order subgroup (G2's cofactor has small factors); still on the curve. */
function withTorsion(T: Uint8Array): Uint8Array {
  const { Fp2 } = bls.fields;
  for (let c0 = 1n; ; c0++) {
    const x = Fp2.fromBigTuple([c0, 0n]);
    const y2 = Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.fromBigTuple([4n, 4n])); // y^2 = x^3 + 4(1 + i)
    let y: typeof x;
    try {
      y = Fp2.sqrt(y2);
    } catch {
      continue; // not on the curve
    }
    const sum = G2Point.fromAffine({ x, y }).add(G2Point.fromBytes(T)).toAffine();
    const bytes = concatBytes(Fp2.toBytes(sum.x).subarray(48), Fp2.toBytes(sum.x).subarray(0, 48));
    bytes[0]! |= 0x80;
    return bytes;
  }
}

const inPresentation: Record<string, (p: Presentation) => Partial<Presentation>> = {
  credentialEpoch: (p) => ({ credentialEpoch: p.credentialEpoch - 1 }),
  tagEpoch: (p) => ({ tagEpoch: p.tagEpoch + 1 }),
  slot: (p) => ({ slot: p.slot === 8 ? 9 : 8 }),
  "shown: another value": (p) => ({ shown: p.shown.map((x) => ({ ...x, value: "extended" })) }),
  "shown: another attribute": (p) => ({ shown: p.shown.map((x) => ({ ...x, index: 1, value: "adult" })) }),
  "shown: one more": (p) => ({ shown: [...p.shown, { index: 1, value: "adult" }] }),
  Abar: (p) => ({ Abar: shifted(p.Abar) }),
  Bbar: (p) => ({ Bbar: shifted(p.Bbar) }),
  "Abar and Bbar negated": (p) => ({
    Abar: encodeG1(decodeG1(p.Abar).negate() as G1),
    Bbar: encodeG1(decodeG1(p.Bbar).negate() as G1),
  }),
  D: (p) => ({ D: shifted(p.D) }),
  T: (p) => ({ T: encodeG2(decodeG2(p.T).add(P2) as G2) }),
  "T negated": (p) => ({ T: encodeG2(decodeG2(p.T).negate() as G2) }),
  "T plus torsion": (p) => ({ T: withTorsion(p.T) }),
  "T at infinity": () => ({ T: G2Point.ZERO.toBytes(true) }),
  C1: (p) => ({ C1: shifted(p.C1) }),
  "C2: somebody else's handle": (p) => ({ C2: shifted(p.C2) }),
  "F2: somebody else's tag key": (p) => ({ F2: shifted(p.F2) }),
  "proof: first commitment": (p) => ({ proof: flip(p.proof, 31) }),
  "proof: first response": (p) => ({ proof: flip(p.proof, COMMITMENT_BYTES + 31) }),
  "proof: last response": (p) => ({ proof: flip(p.proof, -1) }),
};
const attackersRecipient = await identityToRecipient(await generateHybridIdentity());
const inCheckIn: Record<string, (c: CheckIn) => Partial<CheckIn>> = {
  sessionAuthKey: (c) => ({ sessionAuthKey: flip(c.sessionAuthKey, 0) }),
  sessionRecipient: () => ({ sessionRecipient: attackersRecipient }),
  rowProof: (c) => ({ rowProof: flip(c.rowProof, 40) }),
  hpkeEnc: (c) => ({ hpkeEnc: flip(c.hpkeEnc, 40) }),
  "challenge: one byte": (c) => ({ challenge: flip(c.challenge, -1) }),
};

async function altered(s: Scene, name: string, slot: number): Promise<Uint8Array> {
  const { checkIn, presentation } = await craftCheckIn(s.practice, parts(s), s.clinic, { slot });
  const change = inPresentation[name];
  return change
    ? CheckIn.encode({ ...checkIn, presentation: Presentation.encode({ ...presentation, ...change(presentation) }) })
    : CheckIn.encode({ ...checkIn, ...inCheckIn[name]!(checkIn) });
}

describe("an altered presentation opens nothing", () => {
  it("each field, one at a time", async () => {
    const before = await opened(scene.practice);
    for (const name of [...Object.keys(inPresentation), ...Object.keys(inCheckIn)]) {
      const { status, code } = await postCheckIn(scene.practice, await altered(scene, name, 6));
      // a document that does not even decode is "malformed"; whatever decodes is "credential-refused"
      expect([`${name}: credential-refused 403`, `${name}: malformed 400`]).toContain(`${name}: ${code} ${status}`);
    }
    expect(await opened(scene.practice)).toEqual(before);
  });

  it("and the same presentation unaltered opens: nothing else was wrong with it", async () => {
    const { bytes } = await craftCheckIn(scene.practice, parts(scene), scene.clinic, { slot: 6 });
    const before = await settled(scene.practice);
    expect((await postCheckIn(scene.practice, bytes)).status).toBe(201);
    const { rows, objects, index } = await settled(scene.practice);
    expect([rows, objects, index]).toEqual([before.rows + 1, before.objects + 1, before.index + 1]);
  });
});

// ---- stale; last, for it moves the clocks on

describe("a stale credential", () => {
  const stale = async (s: Scene, epoch: number, slot: number): Promise<Uint8Array> => {
    s.practice.clock.now = epochStart(epoch) + DAY;
    expect(epochOf(s.practice.clock.now)).toBe(epoch);
    return bytesOf(craftCheckIn(s.practice, parts(s), s.clinic, { slot }));
  };

  it("opens one month later, as the clinic's policy says, and no later", async () => {
    expect((await postCheckIn(scene.practice, await stale(scene, EPOCH + 1, 0))).status).toBe(201);
    const before = await settled(scene.practice);
    expect(await postCheckIn(scene.practice, await stale(scene, EPOCH + 2, 0))).toMatchObject(REFUSED);
    expect(await opened(scene.practice)).toEqual(before);
  });

  it("control: without the check it opens", async () => {
    const now = weak.practice.clock.now;
    expect((await postCheckIn(weak.practice, await stale(weak, EPOCH + 2, 0))).status).toBe(201);
    weak.practice.clock.now = now;
  });
});

describe("control: with one check gone, the attack on it opens a session", () => {
  const opens = async (attack: Promise<Uint8Array>): Promise<void> => {
    const before = (await settled(weak.practice)).rows;
    expect((await postCheckIn(weak.practice, await attack)).status).toBe(201);
    expect((await settled(weak.practice)).rows).toBe(before + 1);
  };
  it("the pairing: a credential of random numbers, a foreign issuer's", async () => {
    for (const name of ["a credential made of random numbers", "a credential signed by a foreign issuer's key"])
      await opens(forged[name]!(weak));
  });
  it("the policy: nothing shown, and a value that is not accepted", async () => {
    await opens(hidden(weak));
    await opens(unaccepted(weak));
  });
  it("the credential's epoch: one fetched ahead", () => opens(early(weak)));
  it("the proof: an altered tag", () => opens(altered(weak, "T", ALTERABLE_SLOT)));
});
