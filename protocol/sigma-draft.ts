// The exact form of draft-irtf-cfrg-sigma-protocols-03, ciphersuite sigma-proofs_Shake128_BLS12381: one linear relation
// over G1, as compact and as batchable proof. Symbolon's own proofs use sigma.ts. This file runs the same code under
// the draft's tag and instance bytes, so that the draft's vectors test it, including those that must be refused.
//
//   batchable  K_1 ‖ … ‖ K_q ‖ z_1 ‖ … ‖ z_n       48 bytes per commitment, 32 per response
//   compact    c ‖ z_1 ‖ … ‖ z_n
//
// Instances travel in vectors only; normally each party builds its own.

import { concatBytes, equalBytes, type Rng } from "./bytes.ts";
import { groupG1 } from "./group.ts";
import { deriveChallenge, type Equation, isValidInstance, LinearPart } from "./linear.ts";
import { decodeProof, encodeProof, proveParts, simulateParts } from "./sigma.ts";
import { deriveSessionId, fromLittleEndian } from "./sponge.ts";
import {
  DecodeError,
  decodeG1,
  decodeScalar,
  decodeScalars,
  encodeScalar,
  type G1,
  G1_BYTES,
  SCALAR_BYTES,
  type Scalar,
} from "./suite.ts";

/** A parsed instance that passed all of the draft's checks. */
export interface DraftInstance {
  readonly part: LinearPart<G1>;
  readonly equations: number;
  readonly scalars: number;
  readonly bytes: Uint8Array;
}

/** Reads the instance bytes of linear.ts and validates the instance. @throws DecodeError */
export function parseInstance(bytes: Uint8Array): DraftInstance {
  let offset = 0;
  const take = (n: number): Uint8Array => {
    if (bytes.length - offset < n) throw new DecodeError("instance: truncated");
    offset += n;
    return bytes.subarray(offset - n, offset);
  };
  const u32 = (): number => Number(fromLittleEndian(take(4)));
  // The sender chooses the counts. Each item is read before the next one is expected, so a large count soon runs out of
  // bytes.
  const items = <T>(read: () => T): T[] => {
    const out: T[] = [];
    for (let count = u32(); count > 0; count--) out.push(read());
    return out;
  };
  const coefficient = (): Scalar => decodeScalar(take(SCALAR_BYTES));
  const equations = items(
    (): Equation => ({
      image: items(() => ({ element: u32(), coefficient: coefficient() })),
      terms: items(() => ({ scalar: u32(), element: u32(), coefficient: coefficient() })),
    }),
  );

  const part = new LinearPart(groupG1);
  for (const equation of equations) part.equation(equation);
  while (offset < bytes.length) part.append(decodeG1(take(G1_BYTES)));
  const scalars = part.scalarCount();
  if (!isValidInstance([part], scalars)) throw new DecodeError("instance: not valid");
  return { part, equations: equations.length, scalars, bytes: bytes.slice() };
}

/** Reads exactly as many scalars as the instance has. @throws DecodeError */
export const parseWitness = (instance: DraftInstance, bytes: Uint8Array): Scalar[] =>
  decodeScalars(bytes, instance.scalars, decodeScalar);

function run(tag: Uint8Array, { part, bytes, scalars }: DraftInstance, witness: readonly Scalar[], rng: Rng) {
  if (witness.length !== scalars) throw new RangeError(`witness: ${witness.length} scalars, expected ${scalars}`);
  return proveParts([part], deriveSessionId(tag), bytes, witness, rng);
}

/** A batchable proof. @throws RangeError if the witness has a wrong number of scalars */
export function proveBatchable(tag: Uint8Array, instance: DraftInstance, witness: readonly Scalar[], rng: Rng) {
  const { commitment, responses } = run(tag, instance, witness, rng);
  return concatBytes(commitment, ...responses.map(encodeScalar));
}

/** A compact proof. @throws RangeError if the witness has a wrong number of scalars */
export function proveCompact(tag: Uint8Array, instance: DraftInstance, witness: readonly Scalar[], rng: Rng) {
  return encodeProof(run(tag, instance, witness, rng));
}

/** Whether a batchable proof verifies. @throws DecodeError if the proof does not parse */
export function verifyBatchable(tag: Uint8Array, instance: DraftInstance, narg: Uint8Array): boolean {
  const split = G1_BYTES * instance.equations;
  if (narg.length < split) throw new DecodeError("proof: truncated");
  const commitment = narg.subarray(0, split);
  for (let i = 0; i < split; i += G1_BYTES) decodeG1(commitment.subarray(i, i + G1_BYTES));
  const responses = decodeScalars(narg.subarray(split), instance.scalars, decodeScalar);
  const challenge = deriveChallenge(deriveSessionId(tag), instance.bytes, commitment);
  // Encodings are canonical, so equal bytes mean equal points: K = M·z − c·image.
  const expected = simulateParts([instance.part], { challenge, responses });
  return expected !== undefined && equalBytes(expected, commitment);
}

/** Whether a compact proof verifies. @throws DecodeError if the proof does not parse */
export function verifyCompact(tag: Uint8Array, instance: DraftInstance, narg: Uint8Array): boolean {
  const proof = decodeProof(narg, instance.scalars);
  const commitment = simulateParts([instance.part], proof);
  if (commitment === undefined) return false;
  return proof.challenge === deriveChallenge(deriveSessionId(tag), instance.bytes, commitment);
}
