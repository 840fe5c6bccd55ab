// BBS proofs (draft-irtf-cfrg-bbs-signatures, ProofGen and ProofVerify), with the draft's own challenge. The prover
// knows a signature (A, e) over messages and shows some of them. Symbolon's check-in does not use this form
// (presentation.ts).
//
//   prove   D = r2·B;  Abar = (r1·r2)·A;  Bbar = r1·D - e·Abar;  r3 = 1/r2;  and knowledge of (e, r1, r3, hidden m_j):
//           Bbar = r1·D - e·Abar    and    P1 + domain·Q_1 + Σ_shown m_i·H_i = r3·D - Σ_hidden m_j·H_j
//   check   that proof, and e(Abar, W) = e(Bbar, P2)
//   octets  Abar 48 ‖ Bbar 48 ‖ D 48 ‖ e^ 32 ‖ r1^ 32 ‖ r3^ 32 ‖ m^_j 32 per hidden message ‖ challenge 32
//
// Functions that prove throw on bad input; functions that verify return false for malformed input.

import { addSecret, decodeSignature, refusing, sameLength } from "./bbs.ts";
import {
  BBS_API_ID,
  calculateDomain,
  createGenerators,
  hashToScalarOf,
  i2osp8,
  messagesToScalars,
  P1,
  serialize,
} from "./bbs-generators.ts";
import { bytesToHex, concatBytes, type Rng } from "./bytes.ts";
import { type ElementG1, type ElementG2, type Engine, nobleEngine } from "./engine.ts";
import {
  DecodeError,
  decodeNonZero,
  decodeScalars,
  Fr,
  type G1,
  G1_BYTES,
  P2,
  randomScalar,
  SCALAR_BYTES,
  type Scalar,
} from "./suite.ts";

// ---- proofs

/**
 * The indexes that are not disclosed, ascending.
 * @throws DecodeError if the disclosed ones are not ascending and distinct in [0, L)
 */
function undisclosedIndexes(total: number, disclosed: readonly number[]): number[] {
  disclosed.forEach((x, i) => {
    if (!Number.isInteger(x) || x < 0 || x >= total || (i > 0 && x <= disclosed[i - 1]!))
      throw new DecodeError(`disclosed index ${x}: not ascending or not below ${total}`);
  });
  return Array.from({ length: total }, (_, i) => i).filter((i) => !disclosed.includes(i));
}

/** ProofChallengeCalculate of the draft; points = (Abar, Bbar, D, T1, T2). */
function proofChallenge(
  points: readonly (G1 | Uint8Array)[],
  disclosed: readonly (readonly [index: number, message: Scalar])[],
  domain: Scalar,
  ph: Uint8Array,
  apiId: string,
): Scalar {
  const items = serialize(disclosed.length, ...disclosed.flat(), ...points, domain);
  return hashToScalarOf(apiId, concatBytes(items, i2osp8(ph.length), ph));
}

/** CoreProofGen of the draft. It draws r1, r2, e~, r1~, r3~ and the m~_j in that order, 48 bytes each. */
export function coreProofGen(
  pk: Uint8Array,
  signature: Uint8Array,
  generators: readonly G1[],
  header: Uint8Array,
  ph: Uint8Array,
  messages: readonly Scalar[],
  disclosedIndexes: readonly number[],
  apiId: string,
  rng: Rng,
): Uint8Array {
  sameLength(generators, messages);
  const { A, e } = decodeSignature(signature);
  const hidden = undisclosedIndexes(messages.length, disclosedIndexes);
  const hiddenH = hidden.map((i) => generators[i + 1]!);
  const [r1, r2, e_, r1_, r3_] = [rng, rng, rng, rng, rng].map(randomScalar) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const m_ = hidden.map(() => randomScalar(rng));

  const domain = calculateDomain(pk, generators, header, apiId);
  const D = addSecret(P1, generators, [domain, ...messages]).multiply(r2) as G1;
  const Abar = A.multiply(Fr.mul(r1, r2)) as G1;
  const Bbar = D.multiply(r1).subtract(Abar.multiply(e)) as G1;
  const T1 = Abar.multiply(e_).add(D.multiply(r1_)) as G1;
  const T2 = addSecret(D.multiply(r3_) as G1, hiddenH, m_);
  const disclosed = disclosedIndexes.map((i) => [i, messages[i]!] as const);
  const c = proofChallenge([Abar, Bbar, D, T1, T2], disclosed, domain, ph, apiId);

  return serialize(
    Abar,
    Bbar,
    D,
    Fr.add(e_, Fr.mul(e, c)),
    Fr.sub(r1_, Fr.mul(r1, c)),
    Fr.sub(r3_, Fr.mul(Fr.inv(r2), c)),
    ...hidden.map((i, j) => Fr.add(m_[j]!, Fr.mul(messages[i]!, c))),
    c,
  );
}

/** length of a proof without hidden messages: 3 points and 4 scalars */
const PROOF_FLOOR_BYTES = 3 * G1_BYTES + 4 * SCALAR_BYTES;

/** How many messages a proof of this length hides. @throws DecodeError if no proof has this length */
export function hiddenCount(proof: Uint8Array): number {
  const rest = proof.length - PROOF_FLOOR_BYTES;
  if (rest < 0 || rest % SCALAR_BYTES !== 0)
    throw new DecodeError(`proof: ${proof.length} bytes, expected ${PROOF_FLOOR_BYTES} plus a multiple of 32`);
  return rest / SCALAR_BYTES;
}

const MAX_KEPT_KEYS = 16;
const keptKeys = new WeakMap<Engine, Map<string, ElementG2>>();
/**
 * The issuer's key as an element of the engine. A verifier sees few issuers, so the decoded key is kept; because it
 * comes from fromG2, the engine keeps its lines too.
 * @throws DecodeError
 */
function issuerKey(engine: Engine, pk: Uint8Array): ElementG2 {
  let keys = keptKeys.get(engine);
  if (keys === undefined || keys.size >= MAX_KEPT_KEYS) {
    keys = new Map();
    keptKeys.set(engine, keys);
  }
  const name = bytesToHex(pk);
  let key = keys.get(name);
  if (key === undefined) {
    key = engine.fromG2(engine.toG2(engine.g2.decode(pk)));
    keys.set(name, key);
  }
  return key;
}

/** CoreProofVerify of the draft. Malformed input gives false. @param pk 96 bytes */
export function coreProofVerify(
  pk: Uint8Array,
  proof: Uint8Array,
  generators: readonly G1[],
  header: Uint8Array,
  ph: Uint8Array,
  disclosedMessages: readonly Scalar[],
  disclosedIndexes: readonly number[],
  apiId: string,
  engine: Engine = nobleEngine,
): boolean {
  return refusing(() => {
    const { g1, fromG1, fromG2 } = engine;
    const W = issuerKey(engine, pk);
    const total = generators.length - 1;
    const hidden = undisclosedIndexes(total, disclosedIndexes);
    if (disclosedMessages.length !== disclosedIndexes.length || hiddenCount(proof) !== hidden.length) return false;
    const encoded = [0, 1, 2].map((i) => proof.subarray(i * G1_BYTES, (i + 1) * G1_BYTES));
    const [Abar, Bbar, D] = encoded.map(g1.decode) as [ElementG1, ElementG1, ElementG1];
    const scalars = decodeScalars(proof.subarray(3 * G1_BYTES), hidden.length + 4, decodeNonZero);
    const [e_, r1_, r3_] = scalars as [bigint, bigint, bigint];
    const c = scalars[scalars.length - 1]!;

    const domain = calculateDomain(pk, generators, header, apiId);
    const [Q1, ...H] = generators.map(fromG1);
    const T1 = g1.combine([Bbar, Abar, D], [c, e_, r1_]);
    // One sum includes Bv = P1 + domain·Q_1 + Σ_shown m_i·H_i: T2 = c·Bv + r3^·D + Σ_hidden m_j^·H_j
    const T2 = g1.combine(
      [fromG1(P1), Q1!, ...disclosedIndexes.map((i) => H[i]!), D, ...hidden.map((i) => H[i]!)],
      [c, ...[domain, ...disclosedMessages].map((m) => Fr.mul(c, m)), r3_, ...scalars.slice(3, -1)],
    );
    const disclosed = disclosedIndexes.map((i, j) => [i, disclosedMessages[j]!] as const);
    if (proofChallenge([...encoded, g1.encode(T1), g1.encode(T2)], disclosed, domain, ph, apiId) !== c) return false;
    return engine.pairingProductIsOne([
      { g1: Abar, g2: W },
      { g1: g1.negate(Bbar), g2: fromG2(P2) },
    ]);
  });
}

// ---- the plain interface: octet string messages, api_id = ciphersuite_id ‖ "H2G_HM2S_"

/** ProofGen of the draft. `ph` is the presentation header. */
export function proofGen(
  pk: Uint8Array,
  signature: Uint8Array,
  header: Uint8Array,
  ph: Uint8Array,
  messages: readonly Uint8Array[],
  disclosedIndexes: readonly number[],
  rng: Rng,
): Uint8Array {
  const generators = createGenerators(messages.length + 1, BBS_API_ID);
  const scalars = messagesToScalars(messages, BBS_API_ID);
  return coreProofGen(pk, signature, generators, header, ph, scalars, disclosedIndexes, BBS_API_ID, rng);
}

/** ProofVerify of the draft. Malformed input gives false. */
export function proofVerify(
  pk: Uint8Array,
  proof: Uint8Array,
  header: Uint8Array,
  ph: Uint8Array,
  disclosedMessages: readonly Uint8Array[],
  disclosedIndexes: readonly number[],
  engine?: Engine,
): boolean {
  return refusing(() => {
    const generators = createGenerators(hiddenCount(proof) + disclosedIndexes.length + 1, BBS_API_ID);
    const scalars = messagesToScalars(disclosedMessages, BBS_API_ID);
    return coreProofVerify(pk, proof, generators, header, ph, scalars, disclosedIndexes, BBS_API_ID, engine);
  });
}
