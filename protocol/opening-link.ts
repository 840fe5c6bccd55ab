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
import { groupG1, groupG2, groupGT } from "./group.ts";
import { LABELS } from "./labels.ts";
import { checkContext, collect } from "./opening-common.ts";
import { blindedMultiply } from "./opening-points.ts";
import { lagrangeAtZero } from "./sharing.ts";
import { type Proof, prove, Relation, verify } from "./sigma.ts";
import { fromLittleEndian, Sponge } from "./sponge.ts";
import {
  decodeGT,
  encodeG1,
  encodeGT,
  Fp12,
  Fr,
  G,
  type G1,
  type G2,
  type GT,
  GT_BYTES,
  invertGT,
  isInGT,
  noticeBase,
  pairing,
  type Scalar,
} from "./suite.ts";

const COEFFICIENT_BYTES = 16;

/** Elements that passed the door: noble's are frozen, so membership (1 ms each) is tested once. */
const members = new WeakSet<GT>();

function isMember(d: GT): boolean {
  if (Fp12.eql(d, Fp12.ONE)) return false;
  if (members.has(d)) return true;
  return isInGT(d);
}

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
  readonly weightedKey: G1;
  /** H* */
  readonly base: G2;
}

/** Everything that prover and verifier derive alike from the public part and the values. */
function batch(kind: Kind, at: LinkPublic, values: readonly GT[]): Batch {
  const { ctx, index, set, shareKey, F1, slots } = at;
  checkContext(ctx);
  const weightedKey = groupG1.multiplyPublic(shareKey, lagrangeAtZero(index, set)); // public because λ and Y_i are
  const seed = labelledHash(
    LABELS.batchCoefficients,
    utf8ToBytes(LABELS[kind]),
    ctx,
    encodeG1(weightedKey),
    encodeG1(F1),
    groupG2.encodeAll(slots),
    groupGT.encodeAll(values),
  );
  const stream = new Sponge(seed).squeeze(COEFFICIENT_BYTES * slots.length);
  const coefficients = slots.map((_, s) =>
    fromLittleEndian(stream.subarray(s * COEFFICIENT_BYTES, (s + 1) * COEFFICIENT_BYTES)),
  );
  return { seed, coefficients, weightedKey, base: groupG2.combine(slots, coefficients) };
}

/** One statement, two uses. */
const relation = (kind: Kind, { weightedKey, base }: Batch, F1: G1, delta: GT): Relation<"y"> =>
  new Relation(LABELS[kind], ["y"])
    .equation(groupG1, weightedKey, [["y", G]])
    .equation(groupGT, delta, [["y", pairing(F1, base)]]);

function makeShare(kind: Kind, at: LinkPublic & Secret, rng: Rng): { values: GT[]; proof: Proof } {
  if (at.slots.length === 0 || at.F1.is0()) throw new RangeError("no slots, or F1 is the identity");
  const y = Fr.mul(lagrangeAtZero(at.index, at.set), at.share);
  const weightedF1 = blindedMultiply(at.F1, y, rng); // stays here: from t of these anybody has z·G
  const values = at.slots.map((h) => pairing(weightedF1, h));
  const b = batch(kind, at, values);
  const delta = pairing(weightedF1, b.base); // = Π d_s^ρ_s, at the price of one pairing
  return { values, proof: prove(relation(kind, b, at.F1, delta), b.seed, { y }, rng) };
}

function verifyShare(kind: Kind, at: LinkPublic, index: number, values: readonly GT[], proof: Proof): boolean {
  checkContext(at.ctx);
  if (index !== at.index || values.length !== at.slots.length || values.length === 0) return false;
  if (at.F1.is0()) return false;
  if (!values.every(isMember)) return false;
  const b = batch(kind, at, values);
  const delta = groupGT.combine(values, b.coefficients);
  return !groupG2.isIdentity(b.base) && verify(relation(kind, b, at.F1, delta), b.seed, proof);
}

export function linkShare(at: LinkPublic & Secret, rng: Rng): LinkShare {
  return { index: at.index, ...makeShare("linkShare", at, rng) };
}
export const verifyLinkShare = (at: LinkPublic, share: LinkShare): boolean =>
  verifyShare("linkShare", at, share.index, share.values, share.proof);

/** The length of a LinkShare document, to refuse others before each value is tested. */
export const linkShareBytes = (slots: number): number => 2 + 1 + 2 + slots * GT_BYTES + 64;

const withSlot = <T extends { caseId: Uint8Array }>(at: T): T & { slots: G2[] } => ({
  ...at,
  slots: [noticeBase(at.caseId)],
});

export function noticeShare(at: NoticePublic & Secret, rng: Rng): NoticeShare {
  const { values, proof } = makeShare("noticeShare", withSlot(at), rng);
  return { index: at.index, value: values[0]!, proof };
}
export const verifyNoticeShare = (at: NoticePublic, share: NoticeShare): boolean =>
  verifyShare("noticeShare", withSlot(at), share.index, [share.value], share.proof);

/** e(F2, H) / Π d over verified partials of S */
const tau = (F2: G1, h: G2, values: readonly GT[]): GT =>
  values.reduce((acc, d) => Fp12.mul(acc, invertGT(d)), pairing(F2, h));

/** The index values of the slots, in their order, from verified shares of exactly the members of S. @throws OpeningError */
export function combineLink({
  F2,
  slots,
  set,
  shares,
}: {
  F2: G1;
  slots: readonly G2[];
  set: readonly number[];
  shares: readonly LinkShare[];
}): Uint8Array[] {
  const chosen = collect(set, shares);
  if (chosen.some((s) => s.values.length !== slots.length)) throw new RangeError("a share has other slots");
  return slots.map((h, s) =>
    indexValue(
      tau(
        F2,
        h,
        chosen.map((share) => share.values[s]!),
      ),
    ),
  );
}

/** κ from verified shares of exactly the members of S. @throws OpeningError */
export function combineNotice({
  F2,
  caseId,
  set,
  shares,
}: {
  F2: G1;
  caseId: Uint8Array;
  set: readonly number[];
  shares: readonly NoticeShare[];
}): GT {
  return tau(
    F2,
    noticeBase(caseId),
    collect(set, shares).map((s) => s.value),
  );
}

export const indexValue = (value: GT): Uint8Array => labelledHash(LABELS.indexValue, encodeGT(value));
/** What the session index stores for a tag T. */
export const sessionIndexValue = (T: G2): Uint8Array => indexValue(pairing(G, T));

/** The wallet's κ of a case, from its own tag secret. */
export const walletKappa = (z: Scalar, caseId: Uint8Array): GT => pairing(G, groupG2.multiply(noticeBase(caseId), z)); // z·H_n first: z·G is never computed

/** In the log entry: HMAC-SHA256 of the case id, 32 bytes; only who has κ finds it. */
export const noticeMac = (kappa: GT, caseId: Uint8Array): Uint8Array =>
  hmac(sha256, labelledHash(LABELS.notice, encodeGT(kappa)), caseId);

/** Key of the sealed notice in the log entry, 32 bytes. */
export const noticeKey = (kappa: GT): Uint8Array =>
  hkdf(sha256, encodeGT(kappa), utf8ToBytes(LABELS.noticeKey), new Uint8Array(), 32);
