// Blind BBS (draft-irtf-cfrg-bbs-blind-signatures, as of February 2025: the issuer signs over the point B).
// The wallet ("prover") commits to messages, and the issuer ("signer") signs them without seeing them.
//
//   generators   (Q_1, H_1..H_L) under api_id,  (Q_2, J_1..J_M) under "BLIND_" ‖ api_id
//   commit       C = s·Q_2 + Σ c_i·J_i, with a proof of knowledge of s and the c_i:
//                challenge = hash(M, Q_2, J_1..J_M, C, Cbar)
//   blind sign   B = P1 + domain·Q_1 + Σ m_i·H_i + C;  e = hash(x, B);  A = B·1/(x + e)
//   messages of the finished signature, in the order of its generators: m_1..m_L, s, c_1..c_M
//
//   commitment with proof   C 48 ‖ s^ 32 ‖ c^_i 32 each ‖ challenge 32
//
// This file departs from the text of that draft in two places, where the text contradicts the draft's own fixtures.
// The length of a commitment with proof is 48 + (M + 2)·32.
// B starts with P1 + domain·Q_1, as CoreVerify needs it.

import {
  addPublic,
  addSecret,
  coreVerify,
  encodeSignature,
  invertSecretSum,
  refusing,
  type Signature,
  sameLength,
  skToPk,
} from "./bbs.ts";
import {
  CIPHERSUITE_ID,
  calculateDomain,
  createGenerators,
  hashToScalarOf,
  messagesToScalars,
  P1,
  serialize,
} from "./bbs-generators.ts";
import { coreProofGen, coreProofVerify, hiddenCount } from "./bbs-proof.ts";
import type { Rng } from "./bytes.ts";
import { groupG1 } from "./group.ts";
import {
  DecodeError,
  decodeG1,
  decodeNonZero,
  decodeScalars,
  encodeG2,
  Fr,
  type G1,
  G1_BYTES,
  G1Point,
  randomScalar,
  SCALAR_BYTES,
  type Scalar,
} from "./suite.ts";

export const BLIND_BBS_API_ID = `${CIPHERSUITE_ID}BLIND_H2G_HM2S_`;

/** The generators of the committed part: (Q_2, J_1, …, J_M). */
export const createBlindGenerators = (committed: number, apiId: string): readonly G1[] =>
  createGenerators(committed + 1, `BLIND_${apiId}`);

/** The generators of the finished signature: (Q_1, H_1..H_L, Q_2, J_1..J_M). */
const allGenerators = (signed: number, committed: number, apiId: string): readonly G1[] => [
  ...createGenerators(signed + 1, apiId),
  ...createBlindGenerators(committed, apiId),
];

// ---- commitments

const blindChallenge = (C: G1, Cbar: G1, generators: readonly G1[], apiId: string): Scalar =>
  hashToScalarOf(apiId, serialize(generators.length - 1, ...generators, C, Cbar));

/** A commitment for the issuer, and the secret that opens it. */
export interface Commitment {
  readonly commitmentWithProof: Uint8Array;
  /** s, which the wallet keeps: it is one of the messages of the finished signature */
  readonly proverBlind: Scalar;
}

/** CoreCommit of the draft. It draws s, s~ and the c~_i in that order, 48 bytes each. */
function coreCommit(generators: readonly G1[], messages: readonly Scalar[], apiId: string, rng: Rng): Commitment {
  sameLength(generators, messages);
  const proverBlind = randomScalar(rng);
  const witness = [proverBlind, ...messages];
  const nonces = witness.map(() => randomScalar(rng));
  const C = addSecret(G1Point.ZERO as G1, generators, witness);
  const c = blindChallenge(C, addSecret(G1Point.ZERO as G1, generators, nonces), generators, apiId);
  const responses = witness.map((w, i) => Fr.add(nonces[i]!, Fr.mul(w, c)));
  return { commitmentWithProof: serialize(C, ...responses, c), proverBlind };
}

/**
 * How many messages a commitment of this length covers; 0 for the empty one.
 * @throws DecodeError if no commitment has this length
 */
export function committedCount(commitmentWithProof: Uint8Array): number {
  if (commitmentWithProof.length === 0) return 0;
  const rest = commitmentWithProof.length - G1_BYTES - 2 * SCALAR_BYTES;
  if (rest < 0 || rest % SCALAR_BYTES !== 0)
    throw new DecodeError(
      `commitment with proof: ${commitmentWithProof.length} bytes, expected 112 plus a multiple of 32`,
    );
  return rest / SCALAR_BYTES;
}

/**
 * deserialize_and_validate_commit of the draft. An absent commitment (no bytes) gives the identity.
 * @throws DecodeError
 */
export function decodeCommitment(commitmentWithProof: Uint8Array, generators: readonly G1[], apiId: string): G1 {
  if (commitmentWithProof.length === 0) return G1Point.ZERO as G1;
  if (committedCount(commitmentWithProof) + 1 !== generators.length)
    throw new DecodeError("commitment with proof: wrong number of generators");
  const C = decodeG1(commitmentWithProof.subarray(0, G1_BYTES));
  const scalars = decodeScalars(commitmentWithProof.subarray(G1_BYTES), generators.length + 1, decodeNonZero);
  const c = scalars[scalars.length - 1]!;
  const Cbar = groupG1.combine([C, ...generators], [Fr.neg(c), ...scalars.slice(0, -1)]);
  if (blindChallenge(C, Cbar, generators, apiId) !== c)
    throw new DecodeError("commitment with proof: the proof does not verify");
  return C;
}

// ---- signatures

/**
 * FinalizeBlindSign of the draft, the same for every `rng`. The caller has checked the proof of `commit`.
 * @throws DecodeError if B is the identity
 */
export function coreBlindSign(
  sk: Scalar,
  commit: G1,
  generators: readonly G1[],
  blindGenerators: readonly G1[],
  header: Uint8Array,
  messages: readonly Scalar[],
  apiId: string,
  rng: Rng,
): Signature {
  sameLength(generators, messages);
  const domain = calculateDomain(encodeG2(skToPk(sk)), [...generators, ...blindGenerators], header, apiId);
  const B = addPublic(P1.add(commit) as G1, generators, [domain, ...messages]); // public because the issuer knows them
  if (B.is0()) throw new DecodeError("B is the identity");
  const e = hashToScalarOf(apiId, serialize(sk, B));
  return { A: B.multiply(invertSecretSum(sk, e, rng)) as G1, e };
}

// ---- the draft's interface: octet string messages, api_id = ciphersuite_id ‖ "BLIND_H2G_HM2S_"

const API = BLIND_BBS_API_ID;

/** Commit of the draft. */
export function commit(committedMessages: readonly Uint8Array[], rng: Rng): Commitment {
  const generators = createBlindGenerators(committedMessages.length, API);
  return coreCommit(generators, messagesToScalars(committedMessages, API), API, rng);
}

/** BlindSign of the draft: 80 bytes, the same for every `rng`. @throws DecodeError if the commitment or its proof is invalid */
export function blindSign(
  sk: Scalar,
  commitmentWithProof: Uint8Array,
  header: Uint8Array,
  messages: readonly Uint8Array[],
  rng: Rng,
): Uint8Array {
  const blindGenerators = createBlindGenerators(committedCount(commitmentWithProof), API);
  const C = decodeCommitment(commitmentWithProof, blindGenerators, API);
  const generators = createGenerators(messages.length + 1, API);
  return encodeSignature(
    coreBlindSign(sk, C, generators, blindGenerators, header, messagesToScalars(messages, API), API, rng),
  );
}

/** VerifyBlindSign of the draft. `proverBlind` is 0 if nothing was committed. */
export function verifyBlindSign(
  pk: Uint8Array,
  signature: Uint8Array,
  header: Uint8Array,
  messages: readonly Uint8Array[],
  committedMessages: readonly Uint8Array[],
  proverBlind: Scalar,
): boolean {
  const generators = allGenerators(messages.length, committedMessages.length, API);
  const scalars = [...messagesToScalars(messages, API), proverBlind, ...messagesToScalars(committedMessages, API)];
  return coreVerify(pk, signature, generators, header, scalars, API);
}

// ---- proofs

/** Disclosed indexes into (m_1..m_L, s, c_1..c_M). The message s at index L is never disclosed. */
function jointIndexes(signed: number, disclosed: readonly number[], disclosedCommitted: readonly number[]): number[] {
  if (disclosed.some((i) => i >= signed)) throw new DecodeError("disclosed index beyond the signer's messages");
  if (disclosedCommitted.some((j) => j < 0)) throw new DecodeError("negative committed index");
  return [...disclosed, ...disclosedCommitted.map((j) => j + signed + 1)];
}

/** BlindProofGen of the draft. */
export function blindProofGen(
  pk: Uint8Array,
  signature: Uint8Array,
  header: Uint8Array,
  ph: Uint8Array,
  messages: readonly Uint8Array[],
  committedMessages: readonly Uint8Array[],
  disclosedIndexes: readonly number[],
  disclosedCommittedIndexes: readonly number[],
  proverBlind: Scalar,
  rng: Rng,
): Uint8Array {
  const generators = allGenerators(messages.length, committedMessages.length, API);
  const scalars = [...messagesToScalars(messages, API), proverBlind, ...messagesToScalars(committedMessages, API)];
  const indexes = jointIndexes(messages.length, disclosedIndexes, disclosedCommittedIndexes);
  return coreProofGen(pk, signature, generators, header, ph, scalars, indexes, API, rng);
}

/**
 * BlindProofVerify of the draft. `signed` is L, the number of messages that the signer knew. Malformed input gives
 * false.
 */
export function blindProofVerify(
  pk: Uint8Array,
  proof: Uint8Array,
  header: Uint8Array,
  ph: Uint8Array,
  signed: number,
  disclosedMessages: readonly Uint8Array[],
  disclosedCommittedMessages: readonly Uint8Array[],
  disclosedIndexes: readonly number[],
  disclosedCommittedIndexes: readonly number[],
): boolean {
  return refusing(() => {
    const total = hiddenCount(proof) + disclosedIndexes.length + disclosedCommittedIndexes.length;
    const committed = total - signed - 1;
    if (committed < 0) return false;
    const scalars = [
      ...messagesToScalars(disclosedMessages, API),
      ...messagesToScalars(disclosedCommittedMessages, API),
    ];
    const indexes = jointIndexes(signed, disclosedIndexes, disclosedCommittedIndexes);
    return coreProofVerify(pk, proof, allGenerators(signed, committed, API), header, ph, scalars, indexes, API);
  });
}
