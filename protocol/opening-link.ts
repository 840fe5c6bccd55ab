// Partials in GT: link (a session's F, or an enrolment's F°, to index values of approved slots) and notice (the same at
// one point of the case's own). Trustee i of the approving set S holds y_i of the link key; Y_i = y_i·G is public,
// F1 = u·G, F2 = z·G + u·Y_K, H_s in G2 the base of slot s.
//
//   piece     Z_i = [i = min S]·F2 − λ_i·y_i·F1, so that Σ_{i∈S} Z_i = z·G. Never leaves its trustee: neither may y_i·F1
//             nor z·G, which would link every tag of the patient. λ_i is inside: a piece fits this S only.
//   partial   d_s = e(Z_i, H_s) for each slot s
//   seed      labelledHash(batchCoefficients, label, ctx, Y_i', F1, F2, H_1 ‖ …, d_1 ‖ …)     Y_i' = λ_i·Y_i
//   ρ_s       16 bytes each, little-endian, of the sponge at session id `seed`
//   proof     H* = Σ ρ_s·H_s   Δ = [i = min S]·e(F2, H*) − Σ ρ_s·d_s (GT written additively)
//             {y : Y_i' = y·G ∧ Δ = y·e(F1, H*)}, label of its kind, tag = seed
//   combine   τ_s = Π_{i∈S} d_s = e(z·G, H_s) = e(G, T) for the session tag T = z·H_s
//   index     indexValue(τ) = labelledHash(indexValue, encodeGT(τ)): what the session index stores
//   notice    κ = the same at H_n(case id) = e(G, z·H_n(case id)), which the wallet computes alone
//
// F2 stands in the piece of one member so that a slot costs each member one pairing: e(F2, H_s) is never computed
// apart. Nothing more or less is told by it, since anybody has e(F2, H_s) from public points.
// Soundness of the batch: if some d_s is not e(Z_i, H_s), both in the group of prime order r, then Δ is right for one
// ρ_s in 2^128, and the seed fixes everything before ρ. The prime order matters: −d_s would pass on every even ρ_s and
// hide a session, so every value is checked to lie in GT first. (The seed adds the H_s to the design's list: then it
// does not rest on ctx that the slots were fixed first. Δ is a sum of public values, all of which are in the seed.) Who
// learns what: t partials of one S give the index values of the approved slots, and nothing of other slots (SXDH).
// Where: y, its nonce and λ_i·y_i·F1 are made on noble; pairings of the piece go through pairingsOfSecretPoint of the
// engine, which says how a faster one may do them.
// Layout: LinkShare 0x40:  u8 index ‖ list of d_s (576 each) ‖ proof (64);   NoticeShare 0x41:  u8 index ‖ d ‖ proof.

import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as P from "micro-packed";
import { labelledHash, type Rng, utf8ToBytes } from "./bytes.ts";
import { document, fixed, list, type Of, u8 } from "./codec.ts";
import { proof } from "./element-coders.ts";
import { type ElementG1, type ElementG2, type ElementGT, type Engine, nobleEngine } from "./engine.ts";
import { groupG1, groupG2 } from "./group.ts";
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
  readonly F2: G1;
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

/** Whose piece has F2 in it. */
const isFirst = ({ index, set }: Pick<LinkContext, "index" | "set">): boolean => index === Math.min(...set);

/** Everything that prover and verifier derive alike from the public part and the values. */
function batch(engine: Engine, kind: Kind, at: LinkPublic, values: readonly ElementGT[]): Batch {
  const { ctx, index, set } = at;
  const { g1, g2, gt } = engine;
  checkContext(ctx);
  const slots = at.slots.map(engine.fromG2);
  // public because λ and Y_i are
  const weightedKey = g1.multiplyPublic(engine.fromG1(at.shareKey), lagrangeAtZero(index, set));
  const seed = labelledHash(
    LABELS.batchCoefficients,
    utf8ToBytes(LABELS[kind]),
    ctx,
    g1.encode(weightedKey),
    g1.encode(engine.fromG1(at.F1)),
    g1.encode(engine.fromG1(at.F2)),
    g2.encodeAll(slots),
    gt.encodeAll(values),
  );
  const stream = new Sponge(seed).squeeze(COEFFICIENT_BYTES * slots.length);
  const coefficients = slots.map((_, s) =>
    fromLittleEndian(stream.subarray(s * COEFFICIENT_BYTES, (s + 1) * COEFFICIENT_BYTES)),
  );
  return { seed, coefficients, weightedKey, base: g2.combine(slots, coefficients) };
}

interface Statement {
  /** Y_i' */
  readonly weightedKey: ElementG1;
  /** e(F1, H*) */
  readonly base: ElementGT;
  /** Δ */
  readonly delta: ElementGT;
}
/** One statement, two uses. */
const relation = (engine: Engine, kind: Kind, { weightedKey, base, delta }: Statement): Relation<"y"> =>
  new Relation(LABELS[kind], ["y"])
    .equation(engine.g1, weightedKey, [["y", engine.fromG1(G)]])
    .equation(engine.gt, delta, [["y", base]]);

interface Made {
  readonly values: readonly ElementGT[];
  readonly proof: Proof;
}

/** Pairings between two yields: some 60 ms. */
const STEP_SLOTS = 16;
/**
 * The engine is for the pairings and for what is public; y itself stays on noble. Yields now and then, so that who has other
 * things to do as well can do them in between.
 */
function* makeShare(kind: Kind, at: LinkPublic & Secret, rng: Rng, engine: Engine): Generator<void, Made> {
  if (at.slots.length === 0 || at.F1.is0()) throw new RangeError("no slots, or F1 is the identity");
  const y = Fr.mul(lagrangeAtZero(at.index, at.set), at.share);
  const weightedF1 = blindedMultiply(at.F1, y, rng); // stays here: from t of these anybody has z·G
  const piece = groupG1.add(isFirst(at) ? at.F2 : groupG1.identity, groupG1.negate(weightedF1));
  const values: ElementGT[] = [];
  for (let from = 0; from < at.slots.length; from += STEP_SLOTS) {
    const slots = at.slots.slice(from, from + STEP_SLOTS).map(engine.fromG2);
    values.push(...engine.pairingsOfSecretPoint(piece, slots, rng));
    yield;
  }
  const b = batch(engine, kind, at, values);
  const [delta] = engine.pairingsOfSecretPoint(weightedF1, [b.base], rng); // = Δ
  const base = engine.pairing(engine.fromG1(at.F1), b.base);
  const noble = nobleEngine;
  const statement = relation(noble, kind, {
    weightedKey: noble.fromG1(engine.toG1(b.weightedKey)),
    base: noble.fromGT(engine.toGT(base)),
    delta: noble.fromGT(engine.toGT(delta!)),
  });
  return { values, proof: prove(statement, b.seed, { y }, rng) };
}

function allAtOnce(steps: Generator<void, Made>): Made {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
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
  if (engine.g2.isIdentity(b.base)) return false;
  const { gt, fromG1 } = engine;
  const inverse = gt.negate(gt.combine(values, b.coefficients));
  const delta = isFirst(at) ? gt.add(engine.pairing(fromG1(at.F2), b.base), inverse) : inverse;
  const base = engine.pairing(fromG1(at.F1), b.base);
  return verify(relation(engine, kind, { weightedKey: b.weightedKey, base, delta }), b.seed, proof);
}

export function linkShare(at: LinkPublic & Secret, rng: Rng, engine: Engine = nobleEngine): LinkShare {
  const { values, proof } = allAtOnce(makeShare("linkShare", at, rng, engine));
  return { index: at.index, values: values.map(engine.toGT), proof };
}
/** The same document, made in steps. */
export function* linkShareInSteps(
  at: LinkPublic & Secret,
  rng: Rng,
  engine: Engine,
): Generator<void, UntestedLinkShare> {
  const { values, proof } = yield* makeShare("linkShare", at, rng, engine);
  return { index: at.index, values: values.map(engine.gt.encode), proof };
}
export const verifyLinkShare = (
  at: LinkPublic,
  share: LinkShare | UntestedLinkShare,
  engine: Engine = nobleEngine,
): boolean => verifyShare(engine, "linkShare", at, share.index, share.values, share.proof);

/** The length of a LinkShare document, to refuse others before each value is tested. */
export const linkShareBytes = (slots: number): number => 2 + 1 + 2 + slots * GT_BYTES + 64;

const withSlot = <T>(at: T, slot: G2): T & { slots: G2[] } => ({ ...at, slots: [slot] });
const slotIn = (engine: Engine, caseId: Uint8Array): G2 => engine.toG2(engine.hashToG2(LABELS.noticeG2, caseId));

export function noticeShare(at: NoticePublic & Secret, rng: Rng, engine: Engine = nobleEngine): NoticeShare {
  const place = withSlot(at, slotIn(engine, at.caseId));
  const { values, proof } = allAtOnce(makeShare("noticeShare", place, rng, engine));
  return { index: at.index, value: engine.toGT(values[0]!), proof };
}
export const verifyNoticeShare = (at: NoticePublic, share: NoticeShare, engine: Engine = nobleEngine): boolean => {
  const place = withSlot(at, slotIn(engine, at.caseId));
  return verifyShare(engine, "noticeShare", place, share.index, [share.value], share.proof);
};

/** Π d over verified partials of S */
const tau = (engine: Engine, values: readonly (GT | Uint8Array)[]): ElementGT =>
  values
    .map((d) => (d instanceof Uint8Array ? engine.acceptedGT(d) : engine.fromGT(d)))
    .reduce((product, d) => engine.gt.add(product, d));

/** The index values of the slots, in their order, from verified shares of exactly the members of S. @throws OpeningError */
export function combineLink(
  { set, shares }: { set: readonly number[]; shares: readonly (LinkShare | UntestedLinkShare)[] },
  engine: Engine = nobleEngine,
): Uint8Array[] {
  const chosen = collect(set, shares);
  const slots = chosen[0]!.values.length;
  if (chosen.some((s) => s.values.length !== slots)) throw new RangeError("a share has other slots");
  return Array.from({ length: slots }, (_, s) => {
    const values = chosen.map((share) => share.values[s]!);
    return hashOfElement(engine.gt.encode(tau(engine, values)));
  });
}

/** κ from verified shares of exactly the members of S. @throws OpeningError */
export function combineNotice(
  { set, shares }: { set: readonly number[]; shares: readonly NoticeShare[] },
  engine: Engine = nobleEngine,
): GT {
  const values = collect(set, shares).map((s) => s.value);
  return engine.toGT(tau(engine, values));
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
