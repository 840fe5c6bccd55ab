// Many batchable proofs in one sum a group (draft-irtf-cfrg-sigma-protocols, "batchable"; M. Bellare, J. Garay, T. Rabin,
// EUROCRYPT 1998). For every row q of every proof i, with fresh 128-bit ρ of the verifier's:
//
//   Σ ρ_iq·K_iq  =  Σ ρ_iq·(M_iq·z_i − c_i·image_iq),     c_i recomputed from the commitments as sent
//
// Bases that come again in many proofs are multiplied once. A batch in which one row is wrong passes with probability
// 2^-128: the ρ are drawn after everything else is fixed.
//
// Commitments are decoded on the curve, not in the subgroup: the statement speaks of the prime-order parts alone. Every
// base and image is in the prime-order group, so the equation's prime-order part holds for K's prime-order part, and the
// challenge is a hash of K as sent: extraction goes through. What may differ from verifyBatchable, which compares bytes: a
// prover with a true witness who adds a point of small order to a commitment of its own may be accepted here. So this is for
// audits: whoever lets somebody in must answer what verifyBatchable answers, or the trustees might refuse to trace a session
// that its service took.

import type { Rng } from "./bytes.ts";

import type { Group } from "./group.ts";
import { type BatchableProof, challengeOf, type Relation } from "./sigma.ts";
import { DecodeError, Fr, type Scalar } from "./suite.ts";

const WEIGHT_BYTES = 16;

/** 128 bits, uniform. */
export const randomWeight = (rng: Rng): Scalar => rng(WEIGHT_BYTES).reduce((x, byte) => (x << 8n) | BigInt(byte), 0n);

export interface BatchItem {
  // biome-ignore lint/suspicious/noExplicitAny: relations over different witnesses stand in one batch
  readonly relation: Relation<any>;
  readonly tag: Uint8Array;
  readonly proof: BatchableProof;
}

/** Both sides of one group's equation. */
class Sides<E> {
  readonly #group: Group<E>;
  readonly #commitments: E[] = [];
  readonly #weights: Scalar[] = [];
  readonly #sum = new Map<E, Scalar>();

  constructor(group: Group<E>) {
    this.#group = group;
  }

  commitment(encoded: Uint8Array, weight: Scalar): void {
    this.#commitments.push(this.#group.decodeOnCurve(encoded));
    this.#weights.push(weight);
  }

  add(base: E, scalar: Scalar): void {
    this.#sum.set(base, Fr.add(this.#sum.get(base) ?? 0n, scalar));
  }

  areEqual(): boolean {
    const { combine, equals } = this.#group;
    return equals(combine(this.#commitments, this.#weights), combine([...this.#sum.keys()], [...this.#sum.values()]));
  }
}

/** Do all of them verify? The relations are of one engine. */
export function verifyBatch(items: readonly BatchItem[], rng: Rng): boolean {
  const groups = new Map<unknown, Sides<unknown>>();
  for (const { relation, tag, proof } of items) {
    const asked = challengeOf(relation, tag, proof);
    if (asked === undefined) return false;
    const response = new Map(relation.scalars.map((name, i) => [name, proof.responses[i]!]));
    let at = 0;
    for (const { group, image, terms } of relation.rows()) {
      const sides = groups.get(group) ?? new Sides(group);
      groups.set(group, sides);
      const weight = randomWeight(rng);
      try {
        sides.commitment(proof.commitment.subarray(at, at + group.elementBytes), weight);
      } catch (error) {
        if (error instanceof DecodeError) return false;
        throw error;
      }
      at += group.elementBytes;
      sides.add(image, Fr.neg(Fr.mul(weight, asked.challenge)));
      for (const [name, base, coefficient = 1n] of terms)
        sides.add(base, Fr.mul(weight, Fr.mul(Fr.create(coefficient), response.get(name)!)));
    }
  }
  return [...groups.values()].every((sides) => sides.areEqual());
}
