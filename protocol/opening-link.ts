// Partials in GT: link (a session's F, or an enrolment's F°, to index values of approved slots) and notice (the same at
// one point of the case's own). Trustee i of the approving set S holds y_i of the link key; Y_i = y_i·G is public,
// F1 = u·G, F2 = z·G + u·Y_K, H_s in G2 the base of slot s.
//
//   partial   d_s = e(λ_i·y_i·F1, H_s) for each slot s. λ_i is inside: a partial fits this S only, and neither y_i·F1
//             nor z·G (which would link every tag of the patient) ever leaves a trustee.
//   seed      labelledHash(batchCoefficients, label, ctx, Y_i', F1, H_1 ‖ …, d_1 ‖ …)     Y_i' = λ_i·Y_i
//   ρ_s       16 bytes each, little-endian, of the sponge at session id `seed`
//   proof     H* = Σ ρ_s·H_s   Δ = Π d_s^ρ_s   {y : Y_i' = y·G ∧ Δ = e(F1, H*)^y}, label of its kind, tag = seed
//   combine   τ_s = e(F2, H_s) / Π_{i∈S} d_s = e(z·G, H_s) = e(G, T) for the session tag T = z·H_s
//   index     indexValue(τ) = labelledHash(indexValue, encodeGT(τ)): what the session index stores
//   notice    κ = the same at H_n(case id) = e(G, z·H_n(case id)), which the wallet computes alone
//
// Soundness of the batch: if some d_s is not e(y·F1, H_s), both in the group of prime order r, then Δ is right for one
// ρ_s in 2^128, and the seed fixes everything before ρ. The prime order matters: −d_s would pass on every even ρ_s and
// hide a session, so every value is checked to lie in GT first. (The seed adds the H_s to the design's list: then it does
// not rest on ctx that the slots were fixed first.)
// Who learns what: t partials of one S give the index values of the approved slots, and nothing of other slots (SXDH).
// Layout: LinkShare 0x40:  u8 index ‖ list of d_s (576 each) ‖ proof (64);   NoticeShare 0x41:  u8 index ‖ d ‖ proof.

import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as P from "micro-packed";
import { labelledHash, type Rng, utf8ToBytes } from "./bytes.ts";
import { document, fixed, list, type Of, u8 } from "./codec.ts";
import { proof } from "./element-coders.ts";
import { type ElementG1, type ElementG2, type ElementGT, type Engine, nobleEngine } from "./engine.ts";
import { groupG2 } from "./group.ts";
import { LABELS } from "./labels.ts";
import { checkContext, collect } from "./opening-common.ts";
import { blindedMultiply } from "./opening-points.ts";
import { lagrangeAtZero } from "./sharing.ts";
import { type Proof, prove, Relation, verify } from "./sigma.ts";
import { fromLittleEndian, Sponge } from "./sponge.ts";
import {
  DecodeError,
  decodeGT,
  encodeGT,
  Fp12,
  Fr,
  G,
  type G1,
  type G2,
  type GT,
  GT_BYTES,
  noticeBase,
  pairing,
  type Scalar,
} from "./suite.ts";

const COEFFICIENT_BYTES = 16;

/** Elements that passed the door: noble's are frozen, so membership (1 ms each) is tested once. */
const members = new WeakSet<GT>();

const gt: P.CoderType<GT> = P.apply(fixed(GT_BYTES), {
  encode(b: Uint8Array) {
    const d = decodeGT(b);
    if (isDeepFrozen(d)) members.add(d);
    return d;
  },
  decode: encodeGT,
});

function isDeepFrozen(x: unknown): boolean {
  return typeof x !== "object" || x === null || (Object.isFrozen(x) && Object.values(x).every(isDeepFrozen));
}

export const LinkShare = document("LinkShare", 0x40, 1, { index: u8, values: list(gt), proof: proof(1) });
export type LinkShare = Of<typeof LinkShare>;
/** The same document, its values left as bytes for an engine's door: verifyLinkShare tests them. */
export const UntestedLinkShare = document("LinkShare", 0x40, 1, {
  index: u8,
  values: list(fixed(GT_BYTES)),
  proof: proof(1),
});
export type UntestedLinkShare = Of<typeof UntestedLinkShare>;
export const NoticeShare = document("NoticeShare", 0x41, 1, { index: u8, value: gt, proof: proof(1) });
export type NoticeShare = Of<typeof NoticeShare>;

interface LinkContext {
  readonly ctx: Uint8Array;
  readonly index: number;
  /** S, the approving set */
  readonly set: readonly number[];
  /** Y_i */
  readonly shareKey: G1;
  readonly F1: G1;
}
interface Secret {
  /** y_i */
  readonly share: Scalar;
}
export type LinkPublic = LinkContext & { /** H_s, in the order that ctx gives */ readonly slots: readonly G2[] };
export type NoticePublic = LinkContext & { readonly caseId: Uint8Array };

type Kind = "linkShare" | "noticeShare";

interface Batch {
  readonly seed: Uint8Array;
  /** ρ_s */
  readonly coefficients: Scalar[];
  /** Y_i' */
  readonly weightedKey: ElementG1;
  /** H* */
  readonly base: ElementG2;
}

/** Everything that prover and verifier derive alike from the public part and the values. */
function batch(engine: Engine, kind: Kind, at: LinkPublic, values: readonly ElementGT[]): Batch {
  const { ctx, index, set } = at;
  const { g1, g2, gt } = engine;
  checkContext(ctx);
  const [F1, slots] = [engine.fromG1(at.F1), at.slots.map(engine.fromG2)];
  // public because λ and Y_i are
  const weightedKey = g1.multiplyPublic(engine.fromG1(at.shareKey), lagrangeAtZero(index, set));
  const seed = labelledHash(
    LABELS.batchCoefficients,
    utf8ToBytes(LABELS[kind]),
    ctx,
    g1.encode(weightedKey),
    g1.encode(F1),
    g2.encodeAll(slots),
    gt.encodeAll(values),
  );
  const stream = new Sponge(seed).squeeze(COEFFICIENT_BYTES * slots.length);
  const coefficients = slots.map((_, s) =>
    fromLittleEndian(stream.subarray(s * COEFFICIENT_BYTES, (s + 1) * COEFFICIENT_BYTES)),
  );
  return { seed, coefficients, weightedKey, base: g2.combine(slots, coefficients) };
}

/** One statement, two uses. */
const relation = (engine: Engine, kind: Kind, b: Batch, F1: G1, delta: ElementGT): Relation<"y"> =>
  new Relation(LABELS[kind], ["y"])
    .equation(engine.g1, b.weightedKey, [["y", engine.fromG1(G)]])
    .equation(engine.gt, delta, [["y", engine.pairing(engine.fromG1(F1), b.base)]]);

/** On noble, always: y is the trustee's secret. */
function makeShare(kind: Kind, at: LinkPublic & Secret, rng: Rng): { values: GT[]; proof: Proof } {
  if (at.slots.length === 0 || at.F1.is0()) throw new RangeError("no slots, or F1 is the identity");
  const noble = nobleEngine;
  const y = Fr.mul(lagrangeAtZero(at.index, at.set), at.share);
  const weightedF1 = blindedMultiply(at.F1, y, rng); // stays here: from t of these anybody has z·G
  const values = at.slots.map((h) => pairing(weightedF1, h));
  const b = batch(noble, kind, at, values.map(noble.fromGT));
  const delta = pairing(weightedF1, noble.toG2(b.base)); // = Π d_s^ρ_s, at the price of one pairing
  return { values, proof: prove(relation(noble, kind, b, at.F1, noble.fromGT(delta)), b.seed, { y }, rng) };
}

/** The values as elements of the engine, each tested to lie in GT and not to be 1; undefined if one does not. */
function tested(engine: Engine, values: readonly (GT | Uint8Array)[]): ElementGT[] | undefined {
  try {
    return values.map((d) => {
      if (d instanceof Uint8Array) return engine.gt.decode(d);
      return members.has(d) ? engine.fromGT(d) : engine.gt.decode(Fp12.toBytes(d));
    });
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function verifyShare(
  engine: Engine,
  kind: Kind,
  at: LinkPublic,
  index: number,
  given: readonly (GT | Uint8Array)[],
  proof: Proof,
): boolean {
  checkContext(at.ctx);
  if (index !== at.index || given.length !== at.slots.length || given.length === 0) return false;
  if (at.F1.is0()) return false;
  const values = tested(engine, given);
  if (values === undefined) return false;
  const b = batch(engine, kind, at, values);
  const delta = engine.gt.combine(values, b.coefficients);
  return !engine.g2.isIdentity(b.base) && verify(relation(engine, kind, b, at.F1, delta), b.seed, proof);
}

export function linkShare(at: LinkPublic & Secret, rng: Rng): LinkShare {
  return { index: at.index, ...makeShare("linkShare", at, rng) };
}
export const verifyLinkShare = (
  at: LinkPublic,
  share: LinkShare | UntestedLinkShare,
  engine: Engine = nobleEngine,
): boolean => verifyShare(engine, "linkShare", at, share.index, share.values, share.proof);

/** The length of a LinkShare document, to refuse others before each value is tested. */
export const linkShareBytes = (slots: number): number => 2 + 1 + 2 + slots * GT_BYTES + 64;

const withSlot = <T extends { caseId: Uint8Array }>(at: T, slot = noticeBase(at.caseId)): T & { slots: G2[] } => ({
  ...at,
  slots: [slot],
});
const noticeBaseIn = (engine: Engine, caseId: Uint8Array): ElementG2 => engine.hashToG2(LABELS.noticeG2, caseId);

export function noticeShare(at: NoticePublic & Secret, rng: Rng): NoticeShare {
  const { values, proof } = makeShare("noticeShare", withSlot(at), rng);
  return { index: at.index, value: values[0]!, proof };
}
export const verifyNoticeShare = (at: NoticePublic, share: NoticeShare, engine: Engine = nobleEngine): boolean => {
  const slot = engine.toG2(noticeBaseIn(engine, at.caseId));
  return verifyShare(engine, "noticeShare", withSlot(at, slot), share.index, [share.value], share.proof);
};

/** e(F2, H) / Π d over verified partials of S */
const tau = (engine: Engine, F2: ElementG1, h: ElementG2, values: readonly (GT | Uint8Array)[]): ElementGT => {
  const { gt } = engine;
  const product = values
    .map((d) => (d instanceof Uint8Array ? engine.acceptedGT(d) : engine.fromGT(d)))
    .reduce(gt.add, gt.identity);
  return gt.add(engine.pairing(F2, h), gt.negate(product));
};

/** The index values of the slots, in their order, from verified shares of exactly the members of S. @throws OpeningError */
export function combineLink(
  {
    F2,
    slots,
    set,
    shares,
  }: {
    F2: G1;
    slots: readonly G2[];
    set: readonly number[];
    shares: readonly (LinkShare | UntestedLinkShare)[];
  },
  engine: Engine = nobleEngine,
): Uint8Array[] {
  const chosen = collect(set, shares);
  if (chosen.some((s) => s.values.length !== slots.length)) throw new RangeError("a share has other slots");
  return slots.map((h, s) => {
    const values = chosen.map((share) => share.values[s]!);
    return hashOfElement(engine.gt.encode(tau(engine, engine.fromG1(F2), engine.fromG2(h), values)));
  });
}

/** κ from verified shares of exactly the members of S. @throws OpeningError */
export function combineNotice(
  {
    F2,
    caseId,
    set,
    shares,
  }: {
    F2: G1;
    caseId: Uint8Array;
    set: readonly number[];
    shares: readonly NoticeShare[];
  },
  engine: Engine = nobleEngine,
): GT {
  const values = collect(set, shares).map((s) => s.value);
  return engine.toGT(tau(engine, engine.fromG1(F2), noticeBaseIn(engine, caseId), values));
}

const hashOfElement = (encoded: Uint8Array): Uint8Array => labelledHash(LABELS.indexValue, encoded);
export const indexValue = (value: GT): Uint8Array => hashOfElement(encodeGT(value));
/** What the session index stores for a tag T. */
export const sessionIndexValue = (T: G2): Uint8Array => indexValue(pairing(G, T));
/** The same of an engine's own element, as a verified presentation has it. */
export const indexValueOfElement = (T: ElementG2, engine: Engine): Uint8Array =>
  hashOfElement(engine.gt.encode(engine.pairing(engine.fromG1(G), T)));
/** The same from T's encoding. @throws DecodeError */
export const indexValueOfTag = (T: Uint8Array, engine: Engine = nobleEngine): Uint8Array =>
  indexValueOfElement(engine.g2.decode(T), engine);

/** The wallet's κ of a case, from its own tag secret. */
export const walletKappa = (z: Scalar, caseId: Uint8Array): GT => pairing(G, groupG2.multiply(noticeBase(caseId), z)); // z·H_n first: z·G is never computed

/** In the log entry: HMAC-SHA256 of the case id, 32 bytes; only who has κ finds it. */
export const noticeMac = (kappa: GT, caseId: Uint8Array): Uint8Array =>
  hmac(sha256, labelledHash(LABELS.notice, encodeGT(kappa)), caseId);

/** Key of the sealed notice in the log entry, 32 bytes. */
export const noticeKey = (kappa: GT): Uint8Array =>
  hkdf(sha256, encodeGT(kappa), utf8ToBytes(LABELS.noticeKey), new Uint8Array(), 32);
