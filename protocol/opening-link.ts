// Partials in GT: for a link (from a session's F, or an enrolment's F°, to index values of approved slots) and for a
// notice (the same at one point of the case's own). Trustee i of the approving set S holds y_i of the link key.
// Y_i = y_i·G is public, F1 = u·G, F2 = z·G + u·Y_K, and H_s in G2 is the base of slot s.
//
//   piece     Z_i = [i = min S]·F2 − λ_i·y_i·F1, so that Σ_{i∈S} Z_i = z·G. It never leaves its trustee. Nor may y_i·F1
//             or z·G leave, which would link every tag of the patient. λ_i is inside: a piece fits this S only.
//   partial   d_s = e(Z_i, H_s) for each slot s
//   seed      labelledHash(batchCoefficients, label, ctx, Y_i', F1, F2, H_1 ‖ …, d_1 ‖ …)     Y_i' = λ_i·Y_i
//   ρ_s       16 bytes each, little-endian, of the sponge at session id `seed`
//   proof     H* = Σ ρ_s·H_s   Δ = [i = min S]·e(F2, H*) − Σ ρ_s·d_s (GT written additively)
//             {y : Y_i' = y·G ∧ Δ = y·e(F1, H*)}, label of its kind, tag = seed
//   combine   τ_s = Π_{i∈S} d_s = e(z·G, H_s) = e(G, T) for the session tag T = z·H_s
//   index     indexValue(τ) = labelledHash(indexValue, encodeGT(τ)): the value that the session index stores
//   notice    κ = the same at H_n(case id) = e(G, z·H_n(case id)), which the wallet computes alone
//
// F2 is in the piece of one member, so that a slot costs each member one pairing: e(F2, H_s) is never computed apart.
// This reveals no more and no less, since anybody can compute e(F2, H_s) from public points.
//
// Soundness of the batch. Let some d_s differ from e(Z_i, H_s), both in the group of prime order r. Then Δ is right for
// one ρ_s in 2^128, and the seed fixes all other values before ρ. The prime order matters: −d_s would pass for every
// even ρ_s and hide a session. So every value is first checked to lie in GT. The seed adds the H_s to the design's
// list, so the argument does not depend on ctx to fix the slots first. Δ is a sum of public values, all of which are in
// the seed.
//
// Disclosure. t partials of one S give the index values of the approved slots, and nothing about other slots (SXDH).
// Engines. y, its nonce and λ_i·y_i·F1 are computed on noble. Pairings of the piece go through the engine's
// pairingsOfSecretPoint; protocol/engine.ts says how a faster engine may compute them.
//
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

/**
 * Elements that the decoder has accepted. noble's elements are frozen, so each one's membership (1 ms) is tested only
 * once.
 */
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

/** A trustee's partials d_s for a link, with their proof. */
export const LinkShare = document("LinkShare", 0x40, 1, { index: u8, values: list(gt), proof: proof(1) });
export type LinkShare = Of<typeof LinkShare>;
/** The same document with its values as bytes, for an engine's decoder: verifyLinkShare tests them. */
export const UntestedLinkShare = document("LinkShare", 0x40, 1, {
  index: u8,
  values: list(fixed(GT_BYTES)),
  proof: proof(1),
});
export type UntestedLinkShare = Of<typeof UntestedLinkShare>;
/** A trustee's partial for κ, with its proof. */
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

/** Whether this member's piece includes F2. */
const isFirst = ({ index, set }: Pick<LinkContext, "index" | "set">): boolean => index === Math.min(...set);

/** All values that prover and verifier both derive from the public part and the partials. */
function batch(engine: Engine, kind: Kind, at: LinkPublic, values: readonly ElementGT[]): Batch {
  const { ctx, index, set } = at;
  const { g1, g2, gt } = engine;
  checkContext(ctx);
  const slots = at.slots.map(engine.fromG2);
  // public because λ and Y_i are public
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
/** The statement; prover and verifier share this builder. */
const relation = (engine: Engine, kind: Kind, { weightedKey, base, delta }: Statement): Relation<"y"> =>
  new Relation(LABELS[kind], ["y"])
    .equation(engine.g1, weightedKey, [["y", engine.fromG1(G)]])
    .equation(engine.gt, delta, [["y", base]]);

interface Made {
  readonly values: readonly ElementGT[];
  readonly proof: Proof;
}

/** slots per step: some 60 ms of pairings between two yields */
const STEP_SLOTS = 16;
/**
 * Makes the partials and the proof. The engine computes the pairings and the public values; y itself stays on noble. It
 * yields after each step, so that the caller can do other work in between.
 */
function* makeShare(kind: Kind, at: LinkPublic & Secret, rng: Rng, engine: Engine): Generator<void, Made> {
  if (at.slots.length === 0 || at.F1.is0()) throw new RangeError("no slots, or F1 is the identity");
  const y = Fr.mul(lagrangeAtZero(at.index, at.set), at.share);
  const weightedF1 = blindedMultiply(at.F1, y, rng); // never leaves: t of these give anybody z·G
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

/** The values as elements of the engine, each tested to lie in GT and not to be 1. Undefined if a value fails. */
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

/** A trustee's share of a link. @throws RangeError for no slots, or if F1 is the identity */
export function linkShare(at: LinkPublic & Secret, rng: Rng, engine: Engine = nobleEngine): LinkShare {
  const { values, proof } = allAtOnce(makeShare("linkShare", at, rng, engine));
  return { index: at.index, values: values.map(engine.toGT), proof };
}
/** The same document, made in steps: the generator yields after each step of pairings. */
export function* linkShareInSteps(
  at: LinkPublic & Secret,
  rng: Rng,
  engine: Engine,
): Generator<void, UntestedLinkShare> {
  const { values, proof } = yield* makeShare("linkShare", at, rng, engine);
  return { index: at.index, values: values.map(engine.gt.encode), proof };
}
/** Whether a link share is right. Every value is tested to lie in GT. */
export const verifyLinkShare = (
  at: LinkPublic,
  share: LinkShare | UntestedLinkShare,
  engine: Engine = nobleEngine,
): boolean => verifyShare(engine, "linkShare", at, share.index, share.values, share.proof);

/** Length in bytes of a LinkShare document. A receiver refuses another length before it tests any value. */
export const linkShareBytes = (slots: number): number => 2 + 1 + 2 + slots * GT_BYTES + 64;

const withSlot = <T>(at: T, slot: G2): T & { slots: G2[] } => ({ ...at, slots: [slot] });
const slotIn = (engine: Engine, caseId: Uint8Array): G2 => engine.toG2(engine.hashToG2(LABELS.noticeG2, caseId));

/** A trustee's share of a notice's κ. @throws RangeError if F1 is the identity */
export function noticeShare(at: NoticePublic & Secret, rng: Rng, engine: Engine = nobleEngine): NoticeShare {
  const place = withSlot(at, slotIn(engine, at.caseId));
  const { values, proof } = allAtOnce(makeShare("noticeShare", place, rng, engine));
  return { index: at.index, value: engine.toGT(values[0]!), proof };
}
/** Whether a notice share is right. */
export const verifyNoticeShare = (at: NoticePublic, share: NoticeShare, engine: Engine = nobleEngine): boolean => {
  const place = withSlot(at, slotIn(engine, at.caseId));
  return verifyShare(engine, "noticeShare", place, share.index, [share.value], share.proof);
};

/** Π d over verified partials of S. */
const tau = (engine: Engine, values: readonly (GT | Uint8Array)[]): ElementGT =>
  values
    .map((d) => (d instanceof Uint8Array ? engine.acceptedGT(d) : engine.fromGT(d)))
    .reduce((product, d) => engine.gt.add(product, d));

/**
 * The index values of the slots, in their order, from verified shares of exactly the members of S; 32 bytes each.
 * @throws OpeningError if the shares do not match S
 * @throws RangeError if the shares have different numbers of slots
 */
export function combineLink(
  { set, shares }: { set: readonly number[]; shares: readonly (LinkShare | UntestedLinkShare)[] },
  engine: Engine = nobleEngine,
): Uint8Array[] {
  const chosen = collect(set, shares);
  const slots = chosen[0]!.values.length;
  if (chosen.some((s) => s.values.length !== slots)) throw new RangeError("the shares have different numbers of slots");
  return Array.from({ length: slots }, (_, s) => {
    const values = chosen.map((share) => share.values[s]!);
    return hashOfElement(engine.gt.encode(tau(engine, values)));
  });
}

/** κ, from verified shares of exactly the members of S. @throws OpeningError if the shares do not match S */
export function combineNotice(
  { set, shares }: { set: readonly number[]; shares: readonly NoticeShare[] },
  engine: Engine = nobleEngine,
): GT {
  const values = collect(set, shares).map((s) => s.value);
  return engine.toGT(tau(engine, values));
}

const hashOfElement = (encoded: Uint8Array): Uint8Array => labelledHash(LABELS.indexValue, encoded);
/** labelledHash(indexValue, encodeGT(τ)), 32 bytes */
export const indexValue = (value: GT): Uint8Array => hashOfElement(encodeGT(value));
/** The index value of a tag T, 32 bytes: the session index stores it. */
export const sessionIndexValue = (T: G2): Uint8Array => indexValue(pairing(G, T));
/** The index value of a tag that an engine holds, for example from a verified presentation. */
export const indexValueOfElement = (T: ElementG2, engine: Engine): Uint8Array =>
  hashOfElement(engine.gt.encode(engine.pairing(engine.fromG1(G), T)));
/** The index value of an encoded tag. @throws DecodeError */
export const indexValueOfTag = (T: Uint8Array, engine: Engine = nobleEngine): Uint8Array =>
  indexValueOfElement(engine.g2.decode(T), engine);

/** κ of a case, computed by the wallet from its own tag secret. It computes z·H_n first, so z·G is never computed. */
export const walletKappa = (z: Scalar, caseId: Uint8Array): GT => pairing(G, groupG2.multiply(noticeBase(caseId), z));

/** The MAC in the log entry: HMAC-SHA256 of the case id, 32 bytes. Only a party that knows κ can recognise it. */
export const noticeMac = (kappa: GT, caseId: Uint8Array): Uint8Array =>
  hmac(sha256, labelledHash(LABELS.notice, encodeGT(kappa)), caseId);

/** The key that wraps the key of this ciphertext for one subject, 32 bytes (HKDF-SHA256, info = SHA-256(ciphertext)). */
export const noticeKey = (kappa: GT, ciphertext: Uint8Array): Uint8Array =>
  hkdf(sha256, encodeGT(kappa), utf8ToBytes(LABELS.noticeKey), sha256(ciphertext), 32);
