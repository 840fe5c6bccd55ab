import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hexToBytes, labelledHash } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { continuityBase, proveContinuity, verifyContinuity } from "../../protocol/continuity.ts";
import { groupG2 } from "../../protocol/group.ts";
import { hedged } from "../../protocol/hedge.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  auditPresentations,
  Presentation,
  present,
  tagHashOf,
  tagOf,
  verifyPresentation,
  verifyPresentations,
} from "../../protocol/presentation.ts";
import {
  type PresentationPoints,
  presentationRelation,
  presentationTag,
} from "../../protocol/presentation-statement.ts";
import { encodeBatchable, proveBatchable } from "../../protocol/sigma.ts";
import {
  decodeG1,
  decodeG2,
  encodeG1,
  encodeG2,
  encodeScalar,
  Fr,
  G,
  type G1,
  type G2,
  P2,
  R_ORDER,
  randomScalar,
  type Scalar,
  tagBase,
} from "../../protocol/suite.ts";
import {
  CONTEXT,
  EPOCH,
  expectation,
  hash,
  makePatient,
  makeRegistrar,
  PARAMS_HASH,
  SLOTS,
  seededRng,
} from "../support/patients.ts";

const registrar = makeRegistrar("registrar");
const { params } = registrar;
const foreign = makeRegistrar("foreign");
const alice = makePatient(registrar, "alice");
const bob = makePatient(registrar, "bob", ["basic", "yes", "child"]);
const rng = seededRng("presentations");

type Input = Parameters<typeof present>[0];
const show = (changes: Partial<Input> = {}, from = rng): Presentation =>
  present(
    {
      params,
      ...alice,
      tagEpoch: EPOCH,
      slot: 3,
      tagParamsHash: PARAMS_HASH,
      credentialParamsHash: PARAMS_HASH,
      shown: ["class"],
      context: CONTEXT,
      ...changes,
    },
    from,
  );
const reasonOf = (p: Presentation, changes: Parameters<typeof expectation>[1] = {}): string => {
  const verdict = verifyPresentation(expectation(params, changes), p);
  return verdict.ok ? "accepted" : verdict.reason;
};
const honest = show();
const G1_FIELDS = ["Abar", "Bbar", "D", "C1", "C2", "F2"] as const;

interface PointVector {
  name: string;
  input: string;
  output: unknown;
}
const malformed = (file: string, size: number): Uint8Array[] =>
  (JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/bls12-381-points", file), "utf8")) as PointVector[])
    .filter(({ output, input }) => output === false && input.length === 2 * size)
    .map(({ input }) => hexToBytes(input));

/** A point of the twist outside G2, moved into the part whose order is prime to r: Q with h·Q = O, Q ≠ O. */
function torsionG2(): G2 {
  const { Fp2 } = bls.fields;
  const b = Fp2.create({ c0: 4n, c1: 4n });
  for (let i = 1n; ; i++) {
    const x = Fp2.create({ c0: i, c1: 0n });
    try {
      const p = bls.G2.Point.fromAffine({ x, y: Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b)) });
      const q = p.multiplyUnsafe(R_ORDER - 1n).add(p);
      if (!q.is0()) return q as G2;
    } catch {
      // no square root: try the next x
    }
  }
}

describe("completeness", () => {
  it.each([
    [[], {}],
    [["class"], { class: "full" }],
    [["age", "dental"], { dental: "", age: "adult" }],
    [["class", "dental", "age"], { class: "full", dental: "", age: "adult" }],
  ])("showing %j", (shown, values) => {
    const wire = Presentation.encode(show({ shown }));
    const verdict = verifyPresentation(expectation(params), Presentation.decode(wire));
    expect(verdict.ok && verdict.shown).toEqual(values);
  });

  it("gives the verifier T, its hash, and ciphertexts that the trustees' keys open", () => {
    const verdict = verifyPresentation(expectation(params), honest);
    if (!verdict.ok) throw new Error(verdict.reason);
    expect(verdict.T.equals(tagOf(alice.secrets.z, PARAMS_HASH, EPOCH, 3))).toBe(true);
    expect(verdict.tagHash).toEqual(labelledHash(LABELS.tagHash, honest.T));
    expect(tagHashOf(honest.T)).toEqual(verdict.tagHash);
  });

  it("holds with a credential of the previous epoch if the policy accepts it", () => {
    const stale = show({ tagEpoch: EPOCH + 1 });
    expect(reasonOf(stale, { tagEpoch: EPOCH + 1, maxStaleEpochs: 1 })).toBe("accepted");
    expect(reasonOf(stale, { tagEpoch: EPOCH + 1, maxStaleEpochs: 0 })).toBe("stale");
    expect(reasonOf(stale, { tagEpoch: EPOCH + 3, maxStaleEpochs: 9 })).toBe("epoch");
    expect(reasonOf(show({ tagEpoch: EPOCH - 1 }), { tagEpoch: EPOCH - 1 })).toBe("stale");
  });

  it("holds with parameters that changed between the two epochs", () => {
    const now = { ...params, attributes: [{ name: "other", values: ["1"] }], traceKey: foreign.params.traceKey };
    const changed = { params: now, credentialParams: params, tagParamsHash: hash("new"), tagEpoch: EPOCH + 1 };
    expect(reasonOf(show(changed), changed)).toBe("accepted");
    expect(reasonOf(show(changed), { ...changed, credentialParams: undefined })).not.toBe("accepted");
  });

  it("repeats T within one slot only, and repeats no other value", () => {
    const [again, other] = [show(), show({ slot: 4 })];
    expect(again.T).toEqual(honest.T);
    expect(other.T).not.toEqual(honest.T);
    for (const field of G1_FIELDS) expect(again[field]).not.toEqual(honest[field]);
  });
});

describe("one thing broken", () => {
  it.each([
    ["another context", { context: hash("service B") }],
    ["the parameters hash of another epoch, for the tag", { tagParamsHash: hash("foreign") }],
    ["the parameters hash of another epoch, for the credential", { credentialParamsHash: hash("foreign") }],
    ["a foreign issuer", { params: { ...params, issuerKey: foreign.params.issuerKey } }],
    ["another trace key", { params: { ...params, traceKey: foreign.params.traceKey } }],
    ["another link key", { params: { ...params, linkKey: foreign.params.linkKey } }],
    ["an attribute more", { params: { ...params, attributes: [...params.attributes, { name: "x", values: [] }] } }],
    [
      "an attribute of another name",
      { params: { ...params, attributes: params.attributes.map((a) => ({ ...a, name: `${a.name}s` })) } },
    ],
  ])("refused under %s", (_, change) => {
    expect(reasonOf(honest, change)).not.toBe("accepted");
  });

  it("is refused if the epoch or the slot is not the expected one", () => {
    expect(reasonOf(honest, { tagEpoch: EPOCH + 1 })).toBe("epoch");
    expect(reasonOf({ ...honest, tagEpoch: EPOCH + 1 }, { tagEpoch: EPOCH + 1 })).toBe("proof");
    expect(reasonOf({ ...honest, credentialEpoch: EPOCH - 1 })).toBe("proof");
    expect(reasonOf({ ...honest, credentialEpoch: EPOCH + 1 })).toBe("stale");
    expect(reasonOf({ ...honest, slot: 4 })).toBe("proof");
    expect(reasonOf({ ...honest, slot: SLOTS })).toBe("slot");
    expect(reasonOf(show({ slot: SLOTS }))).toBe("slot");
    expect(reasonOf(show({ slot: SLOTS - 1 }))).toBe("accepted");
  });

  it.each([
    ["another listed value", [{ index: 0, value: "basic" }], "proof"],
    ["a value that is not listed", [{ index: 0, value: "gold" }], "attribute"],
    ["no value", [{ index: 0, value: "" }], "proof"],
    ["another attribute", [{ index: 1, value: "yes" }], "proof"],
    ["an attribute that is not there", [{ index: 3, value: "full" }], "attribute"],
    [
      "it twice",
      [
        { index: 0, value: "full" },
        { index: 0, value: "full" },
      ],
      "attribute",
    ],
    [
      "descending order",
      [
        { index: 2, value: "adult" },
        { index: 0, value: "full" },
      ],
      "attribute",
    ],
    [
      "one more",
      [
        { index: 0, value: "full" },
        { index: 2, value: "adult" },
      ],
      "encoding",
    ],
    ["none", [], "encoding"],
  ])("refused with shown attributes changed to %s", (_, shown, reason) => {
    expect(reasonOf({ ...honest, shown })).toBe(reason);
  });

  for (const field of G1_FIELDS)
    it(`refused with ${field} negated, shifted, identity or malformed`, () => {
      const p = decodeG1(honest[field]);
      for (const other of [p.negate(), p.add(G)])
        expect(reasonOf({ ...honest, [field]: encodeG1(other as G1) })).toBe("proof");
      for (const bytes of malformed("deserialization_G1.json", 48))
        expect(reasonOf({ ...honest, [field]: bytes })).toBe("encoding");
      expect(reasonOf({ ...honest, [field]: hexToBytes(`c0${"00".repeat(47)}`) })).toBe("encoding");
    });

  it("is refused with another T, a negated T, torsion, the identity or malformed bytes", () => {
    const T = decodeG2(honest.T);
    for (const other of [T.negate(), T.add(P2), tagOf(bob.secrets.z, PARAMS_HASH, EPOCH, 3)])
      expect(reasonOf({ ...honest, T: encodeG2(other as G2) })).toBe("proof");
    const torsion = torsionG2();
    expect(
      torsion
        .multiplyUnsafe(R_ORDER - 1n)
        .add(torsion)
        .is0(),
    ).toBe(false);
    expect(reasonOf({ ...honest, T: groupG2.encodeAll([T.add(torsion) as G2]) })).toBe("encoding");
    for (const bytes of malformed("deserialization_G2.json", 96))
      expect(reasonOf({ ...honest, T: bytes })).toBe("encoding");
    expect(reasonOf({ ...honest, T: hexToBytes(`c0${"00".repeat(95)}`) })).toBe("encoding");
  });

  it("is refused with ciphertexts that are mauled together", () => {
    const add = (b: Uint8Array, p: G1): Uint8Array => encodeG1(decodeG1(b).add(p) as G1);
    const rerandomised = {
      C1: add(honest.C1, G),
      C2: add(honest.C2, params.traceKey),
      F2: add(honest.F2, params.linkKey),
    };
    for (const parts of [
      ["C1", "C2"],
      ["C1", "F2"],
      ["C1", "C2", "F2"],
    ] as const)
      expect(reasonOf({ ...honest, ...Object.fromEntries(parts.map((p) => [p, rerandomised[p]])) })).toBe("proof");
    expect(reasonOf({ ...honest, C2: honest.F2, F2: honest.C2 })).toBe("proof");
  });

  it("is refused with any scalar of the proof altered or not canonical, or with one scalar too many or too few", () => {
    const responses = honest.proof.length - 9 * 32; // e, r1, r3, s, k, z, r and two hidden attributes
    for (let at = responses; at < honest.proof.length; at += 32) {
      const put = (scalar: Uint8Array): Presentation => {
        const proof = honest.proof.slice();
        proof.set(scalar, at);
        return { ...honest, proof };
      };
      const x = BigInt(`0x${Buffer.from(honest.proof.subarray(at, at + 32)).toString("hex")}`);
      expect(reasonOf(put(encodeScalar(Fr.add(x, 1n))))).toBe("proof");
      expect(reasonOf(put(hexToBytes((x + R_ORDER).toString(16).padStart(64, "0"))))).toBe("encoding");
    }
    expect(reasonOf({ ...honest, proof: honest.proof.slice(32) })).toBe("encoding");
    expect(reasonOf({ ...honest, proof: new Uint8Array([...honest.proof, ...encodeScalar(1n)]) })).toBe("encoding");
  });

  it("is refused if any byte of the wire form is changed, added or left out", () => {
    const wire = Presentation.encode(honest);
    expect(() => Presentation.decode(new Uint8Array([...wire, 0]))).toThrow(CodecError);
    expect(() => Presentation.decode(wire.slice(0, -1))).toThrow(CodecError);
    fc.assert(
      fc.property(fc.nat(wire.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = wire.slice();
        altered[at]! ^= change;
        try {
          return reasonOf(Presentation.decode(altered)) !== "accepted";
        } catch (error) {
          return error instanceof CodecError;
        }
      }),
      { numRuns: 12, seed: 5 },
    );
  });
});

describe("a dishonest wallet", () => {
  const setting = {
    params,
    credentialParams: params,
    tagParamsHash: PARAMS_HASH,
    credentialParamsHash: PARAMS_HASH,
    context: CONTEXT,
  };
  /** Makes the proof again over changed points, with the best available witness. */
  function forge(
    change: (p: PresentationPoints) => Partial<PresentationPoints>,
    witness: Record<string, Scalar>,
  ): Presentation {
    const points: PresentationPoints = {
      Abar: decodeG1(honest.Abar),
      Bbar: decodeG1(honest.Bbar),
      D: decodeG1(honest.D),
      T: decodeG2(honest.T),
      C1: decodeG1(honest.C1),
      C2: decodeG1(honest.C2),
      F2: decodeG1(honest.F2),
    };
    const changed = { ...points, ...change(points) };
    const proof = proveBatchable(
      presentationRelation(setting, honest, changed),
      presentationTag(setting, honest),
      witness as never,
      rng,
    );
    const { T, ...inG1 } = changed;
    const bytes = Object.fromEntries(Object.entries(inG1).map(([name, p]) => [name, encodeG1(p)]));
    return { ...honest, ...bytes, T: encodeG2(T), proof: encodeBatchable(proof) };
  }
  const all = {
    e: alice.credential.e,
    r1: 1n,
    r3: 1n,
    s: alice.credential.s,
    ...alice.secrets,
    r: 1n,
    m1: 1n,
    m2: 1n,
  };

  it("cannot use a tag of another z", () => {
    const T = tagOf(bob.secrets.z, PARAMS_HASH, EPOCH, 3);
    expect(reasonOf(forge(() => ({ T }), { ...all, z: bob.secrets.z }))).toBe("proof");
  });

  it("cannot invent a credential: the relation holds, but the pairing fails", () => {
    // Everybody can compute B from an epoch's base with chosen s, k, z and messages; only the issuer can sign it.
    const invented = show({ credential: { ...alice.credential, A: G.multiply(7n) as G1, e: 5n } });
    expect(reasonOf(invented)).toBe("pairing");
  });

  it("cannot show a value that the credential does not contain, nor another epoch", () => {
    const richer = show({ credential: { ...alice.credential, values: ["full", "yes", "adult"] }, shown: ["dental"] });
    expect(reasonOf(richer)).toBe("pairing");
    const later = show({ credential: { ...alice.credential, epoch: EPOCH + 1 }, tagEpoch: EPOCH + 1 });
    expect(reasonOf(later, { tagEpoch: EPOCH + 1 })).toBe("pairing");
  });

  it("cannot combine another patient's credential with its own secrets, nor its own with another's", () => {
    expect(reasonOf(show({ credential: bob.credential }))).toBe("pairing");
    expect(reasonOf(show({ secrets: { ...alice.secrets, k: bob.secrets.k } }))).toBe("pairing");
    expect(reasonOf(show({ secrets: { ...alice.secrets, z: bob.secrets.z } }))).toBe("pairing");
  });

  it("gets no help from a registrar that signs for another key", () => {
    const mallory = makePatient(foreign, "mallory");
    expect(reasonOf(show(mallory))).toBe("pairing");
  });
});

describe("batch", () => {
  it("accepts good presentations, names each bad one, and keeps issuers apart", () => {
    const mallory = makePatient(foreign, "mallory");
    const entry = (presentation: Presentation, p = params) => ({ expected: expectation(p), presentation });
    const batch = [
      entry(honest),
      entry(show({ ...bob, slot: 5 })),
      entry(show(mallory)), // signed by another registrar
      entry({ ...honest, F2: honest.C2 }), // broken relation
      entry(show({ ...mallory, params: foreign.params }), foreign.params),
    ];
    const verdicts = verifyPresentations(batch, rng);
    expect(verdicts.map((v) => (v.ok ? "accepted" : v.reason))).toEqual([
      "accepted",
      "accepted",
      "pairing",
      "proof",
      "accepted",
    ]);
    expect(verifyPresentations([], rng)).toEqual([]);
  });

  it("an audit passes for good presentations and fails with any kind of bad one among them", () => {
    const mallory = makePatient(foreign, "mallory");
    const entry = (presentation: Presentation, p = params) => ({ expected: expectation(p), presentation });
    const good = [
      entry(honest),
      entry(show({ ...bob, slot: 5 })),
      entry(show({ ...mallory, params: foreign.params }), foreign.params),
    ];
    expect(auditPresentations(good, rng)).toBe(true);
    expect(auditPresentations([], rng)).toBe(true);
    const bad = [show(mallory), { ...honest, F2: honest.C2 }, { ...honest, C1: honest.proof.subarray(0, 5) }];
    for (const presentation of bad) expect(auditPresentations([...good, entry(presentation)], rng)).toBe(false);
  });

  it("two bad presentations whose errors cancel each other are both named", () => {
    // The error of (A + X, e) is r1·r2·e(X, W + e·P2), which the prover knows because it draws r1 and r2.
    const off = (seed: string, sign: bigint, slot: number) => {
      const setting = {
        params,
        credentialParams: params,
        tagParamsHash: PARAMS_HASH,
        credentialParamsHash: PARAMS_HASH,
      };
      const { credentialEpoch, tagEpoch, shown } = honest;
      const tag = presentationTag({ ...setting, context: CONTEXT }, { credentialEpoch, tagEpoch, slot, shown });
      const { secrets, credential } = alice;
      const parts = [secrets.k, secrets.z, credential.s, credential.e].map(encodeScalar);
      const draw = hedged(seededRng(seed), "presentation", tag, ...parts);
      const scale = Fr.inv(Fr.mul(randomScalar(draw), randomScalar(draw)));
      const A = alice.credential.A.add(G.multiply(Fr.mul(Fr.create(sign), scale))) as G1;
      const presentation = show({ credential: { ...alice.credential, A }, slot }, seededRng(seed));
      return { expected: expectation(params), presentation };
    };
    const pair = [off("one", 1n, 1), off("two", -1n, 2)];
    const ones = (n: number): Uint8Array => new Uint8Array(n).fill(1, n - 1);
    expect(verifyPresentations(pair, ones).every((v) => v.ok)).toBe(true); // without the random coefficients the pair is accepted
    expect(verifyPresentations(pair, rng).map((v) => v.ok || v.reason)).toEqual(["pairing", "pairing"]);
    expect(auditPresentations(pair, rng)).toBe(false);
  });
});

describe("continuity", () => {
  const serviceId = hash("clinic").subarray(0, 16);
  const { z } = alice.secrets;
  const context = (slot: number) => ({
    tagBase: tagBase(PARAMS_HASH, EPOCH, slot),
    T: tagOf(z, PARAMS_HASH, EPOCH, slot),
    realm: "realm",
    serviceId,
    presentationHash: hash(`presentation ${slot}`),
  });
  const first = proveContinuity({ ...context(1), z }, rng);

  it("connects two visits at one service, and no others", () => {
    const second = proveContinuity({ ...context(2), z }, rng);
    expect(verifyContinuity(context(1), first) && verifyContinuity(context(2), second)).toBe(true);
    expect(second.N).toEqual(first.N);
    expect(proveContinuity({ ...context(1), serviceId: hash("other").subarray(0, 16), z }, rng).N).not.toEqual(first.N);
    expect(proveContinuity({ ...context(1), realm: "other", z }, rng).N).not.toEqual(first.N);
  });

  it.each([
    ["another tag", { T: tagOf(bob.secrets.z, PARAMS_HASH, EPOCH, 1) }],
    ["another slot", { tagBase: tagBase(PARAMS_HASH, EPOCH, 2) }],
    ["another service", { serviceId: hash("other").subarray(0, 16) }],
    ["another realm", { realm: "other" }],
    ["another presentation", { presentationHash: hash("other") }],
  ])("is refused for %s", (_, change) => {
    expect(verifyContinuity({ ...context(1), ...change }, first)).toBe(false);
  });

  it("is refused with another N, or with a proof that is not canonical", () => {
    const N = encodeG2(continuityBase("realm", serviceId).multiply(bob.secrets.z) as G2);
    expect(verifyContinuity(context(1), { ...first, N })).toBe(false);
    expect(verifyContinuity(context(1), { ...first, N: hexToBytes(`c0${"00".repeat(95)}`) })).toBe(false);
    expect(verifyContinuity(context(1), { ...first, proof: new Uint8Array(64).fill(0xff) })).toBe(false);
  });
});
