// Partials in G1, for a trace (the identity behind a session) and for record keys. Trustee i holds y_i; Y_i = y_i·G is
// public.
//
//   partial   D_i = y_i·B        B = C1 of a presentation (trace key), or u of a TDH2 ciphertext (records key)
//   proof     {y : Y_i = y·G ∧ D_i = y·B}, label of its kind, tag = ctx       so a wrong partial names its author
//   combine   Σ_{i∈S} λ_i·D_i = y·B;   trace: R = C2 − y·C1 = k·Ĝ;   records: the shared point of TDH2
//
// ctx is the 32-byte hash of everything that the partial is for (kind, order, scope, case, set S, trustee, expiry, …).
// So a partial fits no other case. The caller verifies the presentation or the ciphertext before it makes a partial.
// Disclosure: a party with t partials learns y·B, for this B only.
// Layout: TraceShare 0x42, RecordShare 0x43:  u8 index ‖ point (48) ‖ proof (64).

import type { Rng } from "./bytes.ts";
import { document, fixed, type Of, u8 } from "./codec.ts";
import { g1, proof } from "./element-coders.ts";
import { type Engine, nobleEngine } from "./engine.ts";
import { groupG1 } from "./group.ts";
import { LABELS } from "./labels.ts";
import { checkContext, collect } from "./opening-common.ts";
import { interpolatePoints } from "./sharing.ts";
import { type Proof, prove, Relation, verify } from "./sigma.ts";
import { Fr, G, type G1, G1_BYTES, randomScalar, type Scalar } from "./suite.ts";

/** A trustee's partial for a trace, with its proof. */
export const TraceShare = document("TraceShare", 0x42, 1, { index: u8, D: g1, proof: proof(1) });
export type TraceShare = Of<typeof TraceShare>;
/** A trustee's partial for a record's key, with its proof. */
export const RecordShare = document("RecordShare", 0x43, 1, { index: u8, point: g1, proof: proof(1) });
export type RecordShare = Of<typeof RecordShare>;
/** The same document with its point as bytes, so that an engine can decode it. */
const UndecodedRecordShare = document("RecordShare", 0x43, 1, { index: u8, point: fixed(G1_BYTES), proof: proof(1) });
/** Reads a record share with the engine's decoder. @throws CodecError, DecodeError */
export function decodeRecordShare(bytes: Uint8Array, engine: Engine): RecordShare {
  const { point, ...rest } = UndecodedRecordShare.decode(bytes);
  return { ...rest, point: engine.toG1(engine.g1.decode(point)) };
}

interface Partial {
  readonly ctx: Uint8Array;
  readonly index: number;
  /** Y_i */
  readonly shareKey: G1;
}
interface Secret {
  /** y_i */
  readonly share: Scalar;
}
export type TracePublic = Partial & { /** C1 of the presentation */ readonly C1: G1 };
export type RecordPublic = Partial & { /** u of the ciphertext */ readonly u: G1 };

/**
 * share·point, computed as b·point + (share − b)·point with fresh b. The point is chosen by somebody else, and noble
 * blinds multiplications of the base point only.
 */
export function blindedMultiply(point: G1, share: Scalar, rng: Rng): G1 {
  const b = randomScalar(rng);
  return groupG1.add(groupG1.multiply(point, b), groupG1.multiply(point, Fr.sub(share, b)));
}

type Kind = "traceShare" | "recordShare";

/** The statement; prover and verifier share this builder. */
const relation = ({ g1, fromG1 }: Engine, kind: Kind, { shareKey }: Partial, base: G1, point: G1): Relation<"y"> =>
  new Relation(LABELS[kind], ["y"])
    .equation(g1, fromG1(shareKey), [["y", fromG1(G)]])
    .equation(g1, fromG1(point), [["y", fromG1(base)]]);

function makePartial(kind: Kind, at: Partial & Secret, base: G1, rng: Rng): { point: G1; proof: Proof } {
  checkContext(at.ctx);
  const point = blindedMultiply(base, at.share, rng);
  return { point, proof: prove(relation(nobleEngine, kind, at, base, point), at.ctx, { y: at.share }, rng) };
}

function verifyPartial(
  kind: Kind,
  at: Partial,
  base: G1,
  { index, point, proof }: { index: number; point: G1; proof: Proof },
  engine: Engine,
): boolean {
  checkContext(at.ctx);
  return index === at.index && verify(relation(engine, kind, at, base, point), at.ctx, proof);
}

/** A trustee's share of a trace. @throws RangeError if ctx is not 32 bytes */
export function traceShare(at: TracePublic & Secret, rng: Rng): TraceShare {
  const { point, proof } = makePartial("traceShare", at, at.C1, rng);
  return { index: at.index, D: point, proof };
}
/** Whether a trace share is right. */
export const verifyTraceShare = (at: TracePublic, { D, ...share }: TraceShare): boolean =>
  verifyPartial("traceShare", at, at.C1, { ...share, point: D }, nobleEngine);

/** A trustee's share of a record's key. @throws RangeError if ctx is not 32 bytes */
export function recordShare(at: RecordPublic & Secret, rng: Rng): RecordShare {
  const { point, proof } = makePartial("recordShare", at, at.u, rng);
  return { index: at.index, point, proof };
}
/** Whether a record share is right. */
export const verifyRecordShare = (at: RecordPublic, share: RecordShare, engine: Engine = nobleEngine): boolean =>
  verifyPartial("recordShare", at, at.u, share, engine);

/**
 * Σ λ_i·D_i over verified partials of exactly the members of `set`.
 * @throws OpeningError if the shares do not match the set
 */
export function combinePoints(set: readonly number[], shares: readonly { index: number; point: G1 }[]): G1 {
  return interpolatePoints(collect(set, shares));
}

/**
 * R = C2 − Σ λ_i·D_i. The caller compares it with the handle in the registrar's contract.
 * @throws OpeningError if the shares do not match the set
 */
export function combineTrace({
  C2,
  set,
  shares,
}: {
  C2: G1;
  set: readonly number[];
  shares: readonly TraceShare[];
}): G1 {
  const points = shares.map(({ index, D }) => ({ index, point: D }));
  return groupG1.add(C2, groupG1.negate(combinePoints(set, points)));
}
