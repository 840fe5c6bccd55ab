// Verifies many batchable proofs with one sum per group (draft-irtf-cfrg-sigma-protocols, "batchable"; M. Bellare,
// J. Garay, T. Rabin, EUROCRYPT 1998). For every row q of every proof i, with fresh 128-bit ρ of the verifier:
//
//   Σ ρ_iq·K_iq  =  Σ ρ_iq·(M_iq·z_i − c_i·image_iq),     c_i recomputed from the commitments as sent
//
// A base that occurs in many proofs is multiplied once. The ρ are drawn after all other values are fixed, so a batch
// with one wrong row passes with probability 2^-128.
//
// Commitments are decoded on the curve, without the subgroup test: the statement concerns the prime-order parts only.
// Every base and every image lies in the prime-order group. So the equation holds for the prime-order part of K, and
// the challenge hashes K as sent; extraction therefore works.
// The result can differ from verifyBatchable, which compares bytes. A prover with a true witness may add a point of
// small order to its own commitment, and the batch may accept that. So use this only for audits. Code that admits
// somebody must give the verdict of verifyBatchable. Otherwise the trustees might refuse to trace a session that its
// service accepted.

import { fromBigEndian, type Rng } from "./bytes.ts";
import type { Group } from "./group.ts";
import { type BatchableProof, challengeOf, type Relation } from "./sigma.ts";
import { DecodeError, Fr, type Scalar } from "./suite.ts";

const WEIGHT_BYTES = 16;

/** A uniform 128-bit coefficient. */
export const randomWeight = (rng: Rng): Scalar => fromBigEndian(rng(WEIGHT_BYTES));

/** One proof with its statement and tag. */
export interface BatchItem {
  // biome-ignore lint/suspicious/noExplicitAny: one batch holds relations over different witnesses
  readonly relation: Relation<any>;
  readonly tag: Uint8Array;
  readonly proof: BatchableProof;
}

/** Both sides of the equation in one group. */
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

/** Whether all proofs verify, with the exception that the header names. All relations must belong to one engine. */
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
