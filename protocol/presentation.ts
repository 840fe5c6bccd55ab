// Check-in: the wallet presents a credential; the service, and later every trustee, verifies it. The statement, the tag
// and the wire form are in presentation-statement.ts.
//
// The verifier learns both epochs, the slot and the shown attributes, and that the prover holds a credential of the
// stated epoch. T is the same if the same wallet uses the same (epoch, slot) again, so T works as a single-use
// tag. Under another slot, T is unlinkable (SXDH). Verification needs no secret and no network.
//
// The caller gives the verifier every value that must not come from the wallet: the tag's epoch (from the signed
// issuedAt), J, the allowed staleness of a credential, the parameters of both epochs and the context.

import { labelledHash, type Rng } from "./bytes.ts";
import {
  attributeScalars,
  type Credential,
  handleGenerator,
  type IssuerParams,
  isListed,
  signedPoint,
  type WalletSecrets,
} from "./credential.ts";
import { type ElementG1, type ElementG2, type Engine, nobleEngine } from "./engine.ts";
import { groupG1, groupG2 } from "./group.ts";
import { hedged } from "./hedge.ts";
import { LABELS } from "./labels.ts";
import {
  hiddenIndexes,
  keptTagBase,
  type Presentation,
  type PresentationPoints,
  presentationRelation,
  presentationRelationIn,
  presentationTag,
  type Setting,
  type WitnessName,
} from "./presentation-statement.ts";
import { decodeBatchable, encodeBatchable, proveBatchable, verifyBatchable } from "./sigma.ts";
import { type BatchItem, randomWeight, verifyBatch } from "./sigma-batch.ts";
import {
  DecodeError,
  encodeG1,
  encodeG2,
  encodeScalar,
  Fr,
  G,
  type G1,
  type G2,
  P2,
  randomScalar,
  type Scalar,
} from "./suite.ts";

export { Presentation } from "./presentation-statement.ts";

/**
 * tagHash, 32 bytes. It names the session in objects, manifests and associated data.
 * @param T the encoded tag, 96 bytes
 */
export const tagHashOf = (T: Uint8Array): Uint8Array => labelledHash(LABELS.tagHash, T);

/** T = z·H2(e, j) of a slot. A wallet uses it to find its own sessions. */
export const tagOf = (z: Scalar, paramsHash: Uint8Array, epoch: number, slot: number): G2 =>
  groupG2.multiply(keptTagBase(paramsHash, epoch, slot), z);

// ---- wallet

/**
 * Wallet: makes a presentation.
 * @throws RangeError if `shown` names an unknown attribute, which is a bug of the caller and not of a peer
 */
export function present(
  input: {
    params: IssuerParams;
    /** of the credential's epoch; `params` if absent */
    credentialParams?: IssuerParams;
    credential: Credential;
    secrets: WalletSecrets;
    tagEpoch: number;
    slot: number;
    /** p_e of tagEpoch */
    tagParamsHash: Uint8Array;
    /** p_e of the credential's epoch */
    credentialParamsHash: Uint8Array;
    /** names of attributes */
    shown: readonly string[];
    context: Uint8Array;
  },
  rng: Rng,
): Presentation {
  const { params, credential, tagEpoch, slot, tagParamsHash, credentialParamsHash, context } = input;
  const { k, z } = input.secrets;
  const credentialParams = input.credentialParams ?? params;
  const names = credentialParams.attributes.map(({ name }) => name);
  for (const name of input.shown) if (!names.includes(name)) throw new RangeError(`no attribute ${name}`);
  const shown = names.flatMap((name, index) =>
    input.shown.includes(name) ? [{ index, value: credential.values[index]! }] : [],
  );
  const header = { credentialEpoch: credential.epoch, tagEpoch, slot, shown };

  // A cloned wallet that repeats its randomness must not show the same C1 or D in two slots: that would link them.
  const setting: Setting = { params, credentialParams, tagParamsHash, credentialParamsHash, context };
  const tag = presentationTag(setting, header);
  const draw = hedged(rng, "presentation", tag, ...[k, z, credential.s, credential.e].map(encodeScalar));
  const [r1, r2, r] = [draw, draw, draw].map(randomScalar) as [Scalar, Scalar, Scalar];
  const { multiply } = groupG1;
  const D = multiply(signedPoint(credentialParams, credentialParamsHash, credential, input.secrets), r2);
  const Abar = multiply(credential.A, Fr.mul(r1, r2));
  const points: PresentationPoints = {
    Abar,
    Bbar: multiply(D, r1).subtract(multiply(Abar, credential.e)) as G1,
    D,
    T: tagOf(z, tagParamsHash, tagEpoch, slot),
    C1: G.multiply(r) as G1,
    C2: handleGenerator().multiply(k).add(params.traceKey.multiply(r)) as G1,
    F2: G.multiply(z).add(params.linkKey.multiply(r)) as G1,
  };
  const messages = attributeScalars(credentialParams, credential.values);
  const hidden = hiddenIndexes(credentialParams, header).map((i) => [`m${i}`, messages[i]!] as const);
  const witness = { e: credential.e, r1, r3: Fr.inv(r2), s: credential.s, k, z, r, ...Object.fromEntries(hidden) };
  const relation = presentationRelation(setting, header, points);
  const proof = proveBatchable(relation, tag, witness as Record<WitnessName, Scalar>, rng);
  return {
    ...header,
    Abar: encodeG1(points.Abar),
    Bbar: encodeG1(points.Bbar),
    D: encodeG1(points.D),
    T: encodeG2(points.T),
    C1: encodeG1(points.C1),
    C2: encodeG1(points.C2),
    F2: encodeG1(points.F2),
    proof: encodeBatchable(proof),
  };
}

// ---- service, trustees, anybody

/** The values that the verifier sets; none of them comes from the wallet. */
export interface Expectation {
  readonly params: IssuerParams;
  /** of the credential's epoch; `params` if absent */
  readonly credentialParams?: IssuerParams;
  /** epoch of the signed issuedAt */
  readonly tagEpoch: number;
  /** J */
  readonly slots: number;
  readonly maxStaleEpochs: number;
  /** p_e of tagEpoch */
  readonly tagParamsHash: Uint8Array;
  /** p_e of the presentation's credentialEpoch */
  readonly credentialParamsHash: Uint8Array;
  readonly context: Uint8Array;
}

/** Why a presentation was refused. It is for tests and audit; the wire has one code for all reasons. */
export type Refusal = "epoch" | "stale" | "slot" | "attribute" | "encoding" | "proof" | "pairing";

/**
 * An accepted presentation. T, F2, C1 and C2 are noble's points whichever engine verified; each is converted when it is
 * read.
 */
export interface Verified {
  readonly ok: true;
  readonly T: G2;
  /** T as an element of the engine that verified */
  readonly tag: ElementG2;
  readonly tagHash: Uint8Array;
  readonly F2: G1;
  readonly C1: G1;
  readonly C2: G1;
  /** value of each shown attribute, by name */
  readonly shown: Readonly<Record<string, string>>;
}
/** An accepted presentation, or the reason for the refusal. */
export type Verdict = Verified | { readonly ok: false; readonly reason: Refusal };

type Points = PresentationPoints<ElementG1, ElementG2>;

interface Examined extends BatchItem, ToVerify {
  readonly points: Points;
}

/** Checks everything except the proof and the pairing. */
function examine(expected: Expectation, p: Presentation, engine: Engine): Refusal | Examined {
  const credentialParams = expected.credentialParams ?? expected.params;
  const { attributes } = credentialParams;
  if (p.tagEpoch !== expected.tagEpoch) return "epoch";
  if (p.credentialEpoch > p.tagEpoch || p.credentialEpoch + expected.maxStaleEpochs < p.tagEpoch) return "stale";
  if (!Number.isInteger(p.slot) || p.slot < 0 || p.slot >= expected.slots) return "slot";
  const ascending = p.shown.every(({ index }, i) => i === 0 || index > p.shown[i - 1]!.index);
  if (!ascending || !p.shown.every(({ index, value }) => isListed(attributes[index], value))) return "attribute";
  try {
    const { g1, g2 } = engine;
    const points: Points = {
      Abar: g1.decode(p.Abar),
      Bbar: g1.decode(p.Bbar),
      D: g1.decode(p.D),
      T: g2.decode(p.T),
      C1: g1.decode(p.C1),
      C2: g1.decode(p.C2),
      F2: g1.decode(p.F2),
    };
    const setting: Setting = { ...expected, credentialParams };
    const relation = presentationRelationIn(engine, setting, p, points);
    const proof = decodeBatchable(p.proof, relation.commitmentBytes(), relation.scalars.length);
    return { expected, presentation: p, points, relation, tag: presentationTag(setting, p), proof };
  } catch (error) {
    if (error instanceof DecodeError) return "encoding";
    throw error;
  }
}

/** Whether e(Abar, W) = e(Bbar, P2). */
const pairs = (engine: Engine, Abar: ElementG1, Bbar: ElementG1, W: G2): boolean =>
  engine.pairingProductIsOne([
    { g1: Abar, g2: engine.fromG2(W) },
    { g1: engine.g1.negate(Bbar), g2: engine.fromG2(P2) },
  ]);

function accept({ expected, presentation: p, points: { T, F2, C1, C2 } }: Examined, engine: Engine): Verified {
  const { attributes } = expected.credentialParams ?? expected.params;
  const shown = Object.fromEntries(p.shown.map(({ index, value }) => [attributes[index]!.name, value]));
  return {
    ok: true,
    tag: T,
    tagHash: tagHashOf(p.T),
    shown,
    get T() {
      return engine.toG2(T);
    },
    get F2() {
      return engine.toG1(F2);
    },
    get C1() {
      return engine.toG1(C1);
    },
    get C2() {
      return engine.toG1(C2);
    },
  };
}

/** The `rng` for a single presentation, which needs no random weights. */
export const NO_WEIGHTS: Rng = () => {
  throw new Error("one presentation needs no random weights");
};

/** Verifies one presentation. */
export const verifyPresentation = (
  expected: Expectation,
  presentation: Presentation,
  engine: Engine = nobleEngine,
): Verdict => verifyPresentations([{ expected, presentation }], NO_WEIGHTS, engine)[0]!;

/** A presentation with its verifier's expectation. */
export interface ToVerify {
  readonly expected: Expectation;
  readonly presentation: Presentation;
}

/**
 * Verifies many presentations, with the same verdicts as one by one. Each proof is verified by itself. Per issuer key
 * there is one pairing product, over Σ ρ_i·Abar_i and Σ ρ_i·Bbar_i with random 128-bit ρ_i. A product with a bad member
 * holds with probability 2^-128 at most. If a product does not hold, the bad members are found one by one.
 */
export function verifyPresentations(batch: readonly ToVerify[], rng: Rng, engine: Engine = nobleEngine): Verdict[] {
  const proved = examineAll(batch, engine).map((e) =>
    typeof e === "string" || verifyBatchable(e.relation, e.tag, e.proof) ? e : "proof",
  );
  const allPair = pairAll(proved, rng, engine);
  return proved.map((e): Verdict => {
    if (typeof e === "string") return { ok: false, reason: e };
    const good = allPair || (proved.length > 1 && pairAll([e], rng, engine));
    return good ? accept(e, engine) : { ok: false, reason: "pairing" };
  });
}

/**
 * Whether all presentations are true, with one sum per group and one pairing product per issuer key: for importers and
 * audits, at half the work per presentation. It may accept a presentation that verifyPresentation refuses.
 * sigma-batch.ts says which, and why this must not decide who is admitted.
 */
export function auditPresentations(batch: readonly ToVerify[], rng: Rng, engine: Engine = nobleEngine): boolean {
  const examined = examineAll(batch, engine);
  const readable = examined.filter((e) => typeof e !== "string");
  return readable.length === examined.length && verifyBatch(readable, rng) && pairAll(readable, rng, engine);
}

const examineAll = (batch: readonly ToVerify[], engine: Engine): (Refusal | Examined)[] =>
  batch.map(({ expected, presentation }) => examine(expected, presentation, engine));

/** One pairing product per issuer key. A single presentation needs no weights. */
function pairAll(examined: readonly (Refusal | Examined)[], rng: Rng, engine: Engine): boolean {
  const byKey = new Map<G2, Points[]>();
  for (const e of examined) {
    if (typeof e === "string") continue;
    const W = (e.expected.credentialParams ?? e.expected.params).issuerKey;
    byKey.set(W, [...(byKey.get(W) ?? []), e.points]);
  }
  return [...byKey].every(([W, points]) => {
    const [only, ...others] = points;
    if (others.length === 0) return pairs(engine, only!.Abar, only!.Bbar, W);
    const weights = points.map(() => randomWeight(rng));
    const sum = (of: (p: Points) => ElementG1): ElementG1 => engine.g1.combine(points.map(of), weights);
    return pairs(
      engine,
      sum((p) => p.Abar),
      sum((p) => p.Bbar),
      W,
    );
  });
}
