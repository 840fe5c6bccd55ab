import { randomBytes } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { beforeAll, describe, expect, it } from "vitest";
import { labelledHash, utf8ToBytes } from "../../protocol/bytes.ts";
import { CodecError } from "../../protocol/codec.ts";
import { nobleEngine } from "../../protocol/engine.ts";
import { groupG1, groupG2, groupGT } from "../../protocol/group.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  combineLink,
  combineNotice,
  combinePoints,
  combineTrace,
  findCheaters,
  LinkShare,
  linkShare,
  linkShareBytes,
  linkShareInSteps,
  NoticeShare,
  noticeKey,
  noticeMac,
  noticeShare,
  OpeningError,
  RecordShare,
  recordShare,
  sessionIndexValue,
  TraceShare,
  traceShare,
  UntestedLinkShare,
  verifyLinkShare,
  verifyNoticeShare,
  verifyRecordShare,
  verifyTraceShare,
  walletKappa,
} from "../../protocol/opening.ts";
import { evaluate, lagrangeAtZero, sharePolynomial } from "../../protocol/sharing.ts";
import { prove, Relation, verify } from "../../protocol/sigma.ts";
import { fromLittleEndian, Sponge } from "../../protocol/sponge.ts";
import {
  DecodeError,
  decodeGT,
  encodeG1,
  encodeGT,
  Fp12,
  Fr,
  G,
  type G1,
  type GT,
  handleBase,
  isInGT,
  P2,
  pairing,
  R_ORDER,
  randomScalar,
  type Scalar,
  tagBase,
} from "../../protocol/suite.ts";

const rng = (n: number): Uint8Array => new Uint8Array(randomBytes(n));
const times = (p: G1, s: Scalar): G1 => p.multiply(s) as G1;
const hash32 = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

/** A key shared t of n, as the key ceremony leaves it. */
function sharedKey(t: number, n: number) {
  const y = randomScalar(rng);
  const polynomial = sharePolynomial(y, t, rng);
  const holders = Array.from({ length: n }, (_, i) => {
    const share = evaluate(polynomial, i + 1);
    return { index: i + 1, share, shareKey: times(G, share) };
  });
  return { Y: times(G, y), holder: (i: number) => holders[i - 1]! };
}
/** A patient's secrets, and the values that one check-in leaves. */
function patient(Y: G1) {
  const [z, k, u] = [randomScalar(rng), randomScalar(rng), randomScalar(rng)];
  const tag = (epoch: number, slot: number) => tagBase(hash32(1), epoch, slot).multiply(z) as typeof P2;
  return { z, k, tag, F1: times(G, u), F2: times(G, z).add(times(Y, u)) as G1 };
}
const ctx = hash32(7);
const SLOTS = 4;
const slotsOf = (epoch: number) => Array.from({ length: SLOTS }, (_, j) => tagBase(hash32(1), epoch, j));

describe.each([
  { t: 2, n: 3, set: [1, 3] },
  { t: 3, n: 5, set: [5, 2, 4] },
  { t: 4, n: 7, set: [7, 1, 6, 2] },
])("link, $t of $n, set $set", ({ t, n, set }) => {
  const key = sharedKey(t, n);
  const alice = patient(key.Y);
  const slots = slotsOf(3);
  const at = (index: number) => ({ ctx, set, F1: alice.F1, F2: alice.F2, slots, ...key.holder(index) });
  const shares = set.map((i) => linkShare(at(i), rng));

  it("every share verifies, and the patient's sessions of the approved epoch are found", () => {
    expect(findCheaters(shares, (s) => verifyLinkShare(at(s.index), s))).toEqual([]);
    const found = combineLink({ set, shares });
    for (const j of [0, 2]) expect(found[j]).toEqual(sessionIndexValue(alice.tag(3, j)));
    expect(found).not.toContainEqual(sessionIndexValue(patient(key.Y).tag(3, 0)));
    // The same patient's sessions in another epoch, or in slots that the order does not name, stay hidden.
    expect(found).not.toContainEqual(sessionIndexValue(alice.tag(4, 0)));
    expect(found).not.toContainEqual(sessionIndexValue(alice.tag(3, SLOTS)));
  });

  it("t - 1 shares find nothing, even with weights for a set of t - 1", () => {
    const fewer = set.slice(1);
    const own = fewer.map((i) => linkShare({ ...at(i), set: fewer }, rng));
    const found = combineLink({ set: fewer, shares: own });
    expect(found).not.toContainEqual(sessionIndexValue(alice.tag(3, 0)));
    expect(() => combineLink({ set, shares: shares.slice(1) })).toThrow(OpeningError);
    const twice = [shares[0]!, ...shares.slice(0, -1)];
    expect(() => combineLink({ set, shares: twice })).toThrow(OpeningError);
  });
});

it("a link share made in steps is the same document, and yields to other work between steps", () => {
  const set = [1, 2];
  const key = sharedKey(2, 3);
  const alice = patient(key.Y);
  const slots = Array.from({ length: 17 }, (_, j) => tagBase(hash32(1), 3, j));
  const at = (index: number) => ({ ctx, set, F1: alice.F1, F2: alice.F2, slots, ...key.holder(index) });
  const steps = linkShareInSteps(at(1), rng, nobleEngine);
  let yields = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) yields++;
  expect(yields).toBe(2);
  const bytes = UntestedLinkShare.encode(step.value);
  expect(bytes.length).toBe(linkShareBytes(17));
  const made = LinkShare.decode(bytes);
  expect(verifyLinkShare(at(1), made)).toBe(true);
  expect(verifyLinkShare(at(2), { ...made, index: 2 })).toBe(false);
  const found = combineLink({ set, shares: [made, linkShare(at(2), rng)] });
  expect(found[16]).toEqual(sessionIndexValue(alice.tag(3, 16)));
});

describe("a link share is refused", () => {
  const set = [1, 2];
  const key = sharedKey(2, 3);
  const alice = patient(key.Y);
  const slots = slotsOf(3);
  const at = (index: number) => ({ ctx, set, F1: alice.F1, F2: alice.F2, slots, ...key.holder(index) });
  let share: LinkShare;
  let other: LinkShare;
  beforeAll(() => {
    share = linkShare(at(1), rng);
    other = linkShare(at(2), rng);
  });
  const refused = (s: LinkShare, where = at(1)) => expect(verifyLinkShare(where, s)).toBe(false);
  const withValue = (index: number, value: GT): LinkShare => ({ ...share, values: share.values.with(index, value) });

  it("with a flipped sign, and its author is named", () => {
    // This includes a flip that the batch coefficients would cancel: no coefficients let a flip pass.
    const flips = share.values.map((d, s) => withValue(s, Fp12.neg(d)));
    for (const s of flips) refused(s);
    refused({ ...share, values: share.values.map((d) => Fp12.neg(d)) });
    for (const s of flips) expect(findCheaters([other, s], (x) => verifyLinkShare(at(x.index), x))).toEqual([1]);
  });
  it("with a flipped sign under an even coefficient and a matching proof, which the equations alone would accept", () => {
    // The cheater recomputes the values that the header of opening-link.ts describes, with its flipped value, until ρ_s
    // is even.
    const weightedKey = groupG1.multiplyPublic(at(1).shareKey, lagrangeAtZero(1, set));
    const y = Fr.mul(lagrangeAtZero(1, set), at(1).share);
    for (let attempt = 0; ; attempt++) {
      const place = { ...at(1), ctx: hash32(attempt) };
      const values = linkShare(place, rng).values.with(0, Fp12.neg(share.values[0]!));
      const seed = labelledHash(
        LABELS.batchCoefficients,
        utf8ToBytes(LABELS.linkShare),
        place.ctx,
        encodeG1(weightedKey),
        encodeG1(place.F1),
        encodeG1(place.F2),
        groupG2.encodeAll(slots),
        groupGT.encodeAll(values),
      );
      const stream = new Sponge(seed).squeeze(16 * SLOTS);
      const rho = slots.map((_, s) => fromLittleEndian(stream.subarray(16 * s, 16 * (s + 1))));
      if (rho[0]! % 2n === 1n) continue;
      const product = values.map((d, s) => Fp12.pow(d, rho[s]!)).reduce((a, b) => Fp12.mul(a, b));
      const base = groupG2.combine(slots, rho);
      const delta = groupGT.add(pairing(place.F2, base), groupGT.negate(product));
      const statement = new Relation(LABELS.linkShare, ["y"])
        .equation(groupG1, weightedKey, [["y", G]])
        .equation(groupGT, delta, [["y", pairing(place.F1, base)]]);
      const proof = prove(statement, seed, { y }, rng);
      expect(verify(statement, seed, proof)).toBe(true);
      refused({ index: 1, values, proof }, place);
      break;
    }
  });
  it("with a value that is another one, inverted, the identity, or from another slot", () => {
    refused(withValue(0, groupGT.add(share.values[0]!, groupGT.generator())));
    refused(withValue(1, groupGT.negate(share.values[1]!)));
    refused(withValue(2, Fp12.ONE));
    refused(withValue(2, Fp12.ZERO));
    refused({ ...share, values: [share.values[1]!, share.values[0]!, ...share.values.slice(2)] });
    refused({ ...share, values: other.values });
    refused({ ...share, values: share.values.slice(1) });
    refused({ ...share, values: [...share.values, share.values[0]!] });
    refused({ ...share, values: [] });
  });
  it("in another context: case, set, session, slots, share key or index", () => {
    refused(share, { ...at(1), ctx: hash32(8) });
    refused(share, { ...at(1), set: [1, 3] });
    refused(share, { ...at(1), F1: times(G, 5n) });
    refused(share, { ...at(1), F2: times(G, 5n) });
    refused(other, { ...at(2), F2: times(G, 5n) });
    refused(share, { ...at(1), slots: slotsOf(4) });
    refused(share, { ...at(1), slots: slots.toReversed() });
    refused(share, { ...at(1), shareKey: key.holder(2).shareKey });
    refused(share, at(2));
    refused({ ...share, index: 2 }, at(2));
    expect(() => verifyLinkShare({ ...at(1), ctx: new Uint8Array(31) }, share)).toThrow(RangeError);
    expect(() => linkShare({ ...at(1), slots: [] }, rng)).toThrow(RangeError);
  });
  it("with another proof, or made with another share", () => {
    refused({ ...share, proof: other.proof });
    refused({ ...share, proof: { ...share.proof, challenge: share.proof.challenge ^ 1n } });
    refused(linkShare({ ...at(1), share: at(1).share ^ 1n }, rng));
  });
  it("as a notice share; and a notice share is refused as a link share", () => {
    const caseId = hash32(9);
    const notice = noticeShare({ ...at(1), caseId }, rng);
    expect(verifyNoticeShare({ ...at(1), caseId }, notice)).toBe(true);
    expect(verifyNoticeShare({ ...at(1), caseId }, { index: 1, value: share.values[0]!, proof: share.proof })).toBe(
      false,
    );
  });

  it("if any one of its bytes is wrong", () => {
    const bytes = LinkShare.encode(share);
    expect(bytes.length).toBe(linkShareBytes(SLOTS));
    const decoded = LinkShare.decode(bytes);
    expect(verifyLinkShare(at(1), decoded)).toBe(true);
    refused({ ...decoded, values: decoded.values.with(0, Fp12.neg(decoded.values[0]!)) });
    expect(() => LinkShare.decode(LinkShare.encode(withValue(0, share.values[1]!)).slice(0, -1))).toThrow(CodecError);
    expect(() => LinkShare.decode(Uint8Array.of(...bytes, 0))).toThrow(CodecError);
    expect(() => LinkShare.decode(LinkShare.encode(withValue(0, Fp12.neg(share.values[0]!))))).toThrow(CodecError);
    expect(() => LinkShare.decode(LinkShare.encode(withValue(0, Fp12.ONE)))).toThrow(CodecError);
    expect(() => NoticeShare.decode(bytes)).toThrow(CodecError);
  });
});

describe("notice", () => {
  const set = [3, 1];
  const key = sharedKey(2, 3);
  const [alice, bob] = [patient(key.Y), patient(key.Y)];
  const caseId = hash32(9);
  const at = (index: number, id = caseId) => ({
    ctx,
    set,
    F1: alice.F1,
    F2: alice.F2,
    caseId: id,
    ...key.holder(index),
  });
  const shares = set.map((i) => noticeShare(at(i), rng));

  it("is found by the patient's wallet and by no other wallet", () => {
    expect(findCheaters(shares, (s) => verifyNoticeShare(at(s.index), s))).toEqual([]);
    const kappa = combineNotice({ set, shares });
    const [hers, his] = [walletKappa(alice.z, caseId), walletKappa(bob.z, caseId)];
    expect(Fp12.eql(kappa, hers)).toBe(true);
    expect(noticeMac(hers, caseId)).toEqual(noticeMac(kappa, caseId));
    const sealed = hash32(7);
    expect(noticeKey(hers, sealed)).toEqual(noticeKey(kappa, sealed));
    expect(noticeKey(kappa, sealed).length).toBe(32);
    expect(noticeMac(his, caseId)).not.toEqual(noticeMac(kappa, caseId));
    expect(noticeKey(his, sealed)).not.toEqual(noticeKey(kappa, sealed));
    expect(noticeKey(kappa, hash32(8))).not.toEqual(noticeKey(kappa, sealed));
    expect(noticeKey(kappa, sealed)).not.toEqual(noticeMac(kappa, caseId));
  });
  it("two cases of one patient have different κ", () => {
    expect(encodeGT(walletKappa(alice.z, hash32(8)))).not.toEqual(encodeGT(walletKappa(alice.z, caseId)));
  });
  it("refuses shares of another case and flipped shares; their bytes round-trip", () => {
    const [share] = shares as [NoticeShare];
    expect(verifyNoticeShare(at(3, hash32(8)), share)).toBe(false);
    expect(verifyNoticeShare(at(3), { ...share, value: Fp12.neg(share.value) })).toBe(false);
    const decoded = NoticeShare.decode(NoticeShare.encode(share));
    expect(verifyNoticeShare(at(3), decoded)).toBe(true);
  });
});

describe.each([
  { t: 2, n: 3, set: [2, 3] },
  { t: 3, n: 5, set: [1, 5, 3] },
  { t: 4, n: 7, set: [4, 3, 2, 7] },
])("trace and record, $t of $n, set $set", ({ t, n, set }) => {
  const key = sharedKey(t, n);
  const [k, r] = [randomScalar(rng), randomScalar(rng)];
  const R = times(handleBase(), k);
  const C1 = times(G, r);
  const C2 = R.add(times(key.Y, r)) as G1;
  const at = (index: number) => ({ ctx, C1, ...key.holder(index) });
  const shares = set.map((i) => traceShare(at(i), rng));

  it("a trace gives the handle k·Ĝ from t shares, and not from t - 1", () => {
    expect(findCheaters(shares, (s) => verifyTraceShare(at(s.index), s))).toEqual([]);
    expect(combineTrace({ C2, set, shares }).equals(R)).toBe(true);
    expect(combineTrace({ C2, set: set.slice(1), shares: shares.slice(1) }).equals(R)).toBe(false);
    expect(() => combineTrace({ C2, set, shares: shares.slice(1) })).toThrow(OpeningError);
  });

  it("record shares from t trustees give y·u", () => {
    const place = (index: number) => ({ ctx, u: C1, ...key.holder(index) });
    const partials = set.map((i) => recordShare(place(i), rng));
    expect(findCheaters(partials, (s) => verifyRecordShare(place(s.index), s))).toEqual([]);
    expect(combinePoints(set, partials).equals(times(key.Y, r))).toBe(true);
    const bytes = RecordShare.encode(partials[0]!);
    expect(verifyRecordShare(place(set[0]!), RecordShare.decode(bytes))).toBe(true);
    // a share of one kind is invalid as the other kind
    const { index, D, proof } = shares[0]!;
    expect(verifyRecordShare(place(index), { index, point: D, proof })).toBe(false);
  });
});

describe("a trace share is refused", () => {
  const key = sharedKey(2, 3);
  const C1 = times(G, randomScalar(rng));
  const at = { ctx, C1, ...key.holder(1) };
  const share = traceShare(at, rng);
  it.each<[string, Partial<typeof at>, Partial<TraceShare>]>([
    ["in another context", { ctx: hash32(8) }, {}],
    ["for another session", { C1: times(G, 5n) }, {}],
    ["under another share key", { shareKey: key.holder(2).shareKey }, {}],
    ["under another index", {}, { index: 2 }],
    ["with another point", {}, { D: share.D.add(G) as G1 }],
    ["with the point negated", {}, { D: share.D.negate() as G1 }],
    ["with a changed response", {}, { proof: { ...share.proof, responses: [share.proof.responses[0]! ^ 1n] } }],
  ])("%s", (_, place, change) => {
    expect(verifyTraceShare(at, share)).toBe(true);
    expect(verifyTraceShare({ ...at, ...place }, { ...share, ...change })).toBe(false);
  });
  it("and its author is named", () => {
    const wrong = traceShare({ ...at, ...key.holder(3), share: 5n }, rng);
    expect(findCheaters([wrong, share], (s) => verifyTraceShare({ ...at, ...key.holder(s.index) }, s))).toEqual([3]);
  });
  it("in bytes that are truncated or have a suffix", () => {
    const bytes = TraceShare.encode(share);
    expect(verifyTraceShare(at, TraceShare.decode(bytes))).toBe(true);
    expect(() => TraceShare.decode(Uint8Array.of(...bytes, 0))).toThrow(CodecError);
    expect(() => TraceShare.decode(bytes.slice(0, -1))).toThrow(CodecError);
    expect(() => RecordShare.decode(bytes)).toThrow(CodecError);
  });
});

describe("membership in GT", () => {
  const p = bls12_381.fields.Fp.ORDER;
  const x = -0xd201000000010000n;
  const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

  it("the two conditions hold exactly on the subgroup of order r: gcd(p - x, Φ12(p)) = r", () => {
    expect(p % R_ORDER).toBe((x + R_ORDER) % R_ORDER);
    expect(gcd(p - x, p ** 4n - p ** 2n + 1n)).toBe(R_ORDER);
  });
  it("members pass; -d, -1, other roots of unity and elements of the cyclotomic subgroup's cofactor fail", () => {
    const d = pairing(times(G, 5n), P2);
    expect(isInGT(d)).toBe(true);
    expect(Fp12.eql(decodeGT(encodeGT(d)), d)).toBe(true);
    // Any element of Fp12*, raised to (p^6 - 1)(p^2 + 1): its order divides Φ12(p), but has a factor besides r.
    const any = Fp12.add(d, Fp12.add(Fp12.ONE, Fp12.frobeniusMap(d, 1)));
    const easy = Fp12.mul(Fp12.conjugate(any), Fp12.inv(any));
    const cyclotomic = Fp12.mul(Fp12.frobeniusMap(easy, 2), easy);
    expect(Fp12.eql(Fp12.mul(Fp12.frobeniusMap(cyclotomic, 4), cyclotomic), Fp12.frobeniusMap(cyclotomic, 2))).toBe(
      true,
    );
    for (const outside of [Fp12.neg(d), Fp12.neg(Fp12.ONE), any, easy, cyclotomic, Fp12.mul(d, cyclotomic)]) {
      expect(isInGT(outside)).toBe(false);
      expect(() => decodeGT(encodeGT(outside))).toThrow(DecodeError);
    }
    expect(() => decodeGT(encodeGT(Fp12.ONE))).toThrow(DecodeError);
    expect(() => decodeGT(encodeGT(Fp12.ZERO))).toThrow(DecodeError);
    expect(() => decodeGT(encodeGT(d).slice(1))).toThrow(DecodeError);
  });
});
