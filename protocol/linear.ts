// A linear relation in one group, and the moves of the sigma protocol for it (draft-irtf-cfrg-sigma-protocols-03,
// sections "Linear relations", "Instance validation", "Serialization", "Sigma protocol"). Both sigma.ts (several
// groups, one witness) and sigma-draft.ts (the draft's exact form, G1 only) run on this file.
//
//   instance   elements E_0 … E_m, E_0 the group's generator; per equation
//              Σ coeff·E_element (image)  =  Σ coeff·w_scalar·E_element (terms)
//   commit     nonces k:            K_q = Σ coeff·k_scalar·E_element
//   challenge  c from the sponge over the serialised instance and all K
//   respond    z = k + c·w
//   simulate   K_q = Σ coeff·z_scalar·E_element − c·image_q     (the verifier recomputes; compact proofs carry c, not
//              K)
//
// Instance bytes: u32 equations ‖ per equation ( u32 images ‖ (u32 element ‖ coeff)* ‖ u32 terms ‖ (u32 scalar ‖
// u32 element ‖ coeff)* ) ‖ E_1 ‖ … ‖ E_m; u32 little-endian, coeff 32 bytes big-endian, elements compressed. The last
// element is the highest one referenced. So the length follows from the header, and the encoding is prefix-free.
//
// An instance is valid if these checks of the draft hold (with the draft's numbers): 1 it has an equation; 2 no image
// and no list of terms is empty; 3 the indices are in bounds; 4, 5 indices and elements match one to one; 6 each scalar
// occurs; 7 E_0 is the generator; 8 no element and 9 no image is the identity; 10 each scalar has, in some equation, a
// column that is not the identity. Without 10 the response of such a scalar would be free.

import { concatBytes } from "./bytes.ts";
import type { Group } from "./group.ts";
import { littleEndian, Sponge } from "./sponge.ts";
import { encodeScalar, Fr, R_ORDER, type Scalar } from "./suite.ts";

/** Both sides of one equation. Indices point into the part's elements and the shared vector of scalars. */
export interface Equation {
  readonly image: readonly { readonly element: number; readonly coefficient: Scalar }[];
  readonly terms: readonly { readonly scalar: number; readonly element: number; readonly coefficient: Scalar }[];
}

const U32_LIMIT = 2 ** 32;
const isU32 = (n: number): boolean => Number.isInteger(n) && n >= 0 && n < U32_LIMIT;
const u32le = (n: number): Uint8Array => littleEndian(n, 4);

/** One group's part of a statement, without the type of the group's elements. */
export interface Part {
  /** whether checks 1 to 5 and 7 to 9 hold for this part */
  isWellFormed(): boolean;
  /** the scalars whose column in this part is not the identity (for checks 6 and 10, which join all parts) */
  boundScalars(): Set<number>;
  /** 1 + the highest scalar index */
  scalarCount(): number;
  serialize(): Uint8Array;
  /** @throws DecodeError if a commitment is the identity, which honest nonces never give */
  commit(nonces: readonly Scalar[]): Uint8Array;
  /** undefined if a commitment is the identity, which no honest prover sends */
  simulate(responses: readonly Scalar[], challenge: Scalar): Uint8Array | undefined;
}

/** The equations in one group, with the elements that they use. */
export class LinearPart<E> implements Part {
  readonly #group: Group<E>;
  readonly #elements: E[];
  /** of elements 1, 2, …; the generator is not serialised */
  readonly #encodings: Uint8Array[] = [];
  readonly #equations: Equation[] = [];
  #images: E[] | undefined;

  constructor(group: Group<E>) {
    this.#group = group;
    this.#elements = [group.generator()];
  }

  /** The index of an element. Equal elements get the same index. @throws DecodeError for the identity */
  element(e: E): number {
    const known = this.#elements.findIndex((other) => other === e || this.#group.equals(other, e));
    return known >= 0 ? known : this.append(e);
  }

  /** Adds an element under a new index, even if it is already present. @throws DecodeError for the identity */
  append(e: E): number {
    this.#encodings.push(this.#group.encode(e));
    return this.#elements.push(e) - 1;
  }

  equation(equation: Equation): void {
    this.#images = undefined;
    this.#equations.push(equation);
  }

  isWellFormed(): boolean {
    if (this.#equations.length === 0 || this.#equations.length >= U32_LIMIT) return false;
    const referenced = new Set<number>([0]);
    for (const { image, terms } of this.#equations) {
      if (image.length === 0 || terms.length === 0) return false;
      if (image.length >= U32_LIMIT || terms.length >= U32_LIMIT) return false;
      if (!terms.every((t) => isU32(t.scalar))) return false;
      for (const { element, coefficient } of [...image, ...terms]) {
        if (!isU32(element) || element >= this.#elements.length) return false;
        if (coefficient < 0n || coefficient >= R_ORDER) return false;
        referenced.add(element);
      }
    }
    if (referenced.size !== this.#elements.length) return false;
    // Checks 7 and 8 hold by construction: the constructor puts the generator first, and append refuses the identity.
    return !this.#imageValues().some((e) => this.#group.isIdentity(e));
  }

  scalarCount(): number {
    let count = 0;
    for (const { terms } of this.#equations) for (const t of terms) count = Math.max(count, t.scalar + 1);
    return count;
  }

  boundScalars(): Set<number> {
    const bound = new Set<number>();
    for (const { terms } of this.#equations) {
      for (const scalar of new Set(terms.map((t) => t.scalar))) {
        if (bound.has(scalar)) continue;
        const column = terms.filter((t) => t.scalar === scalar);
        const elements = column.map((t) => this.#elements[t.element]!);
        const coefficients = column.map((t) => t.coefficient);
        const vanishes =
          column.length === 1
            ? coefficients[0] === 0n
            : this.#group.isIdentity(this.#group.combine(elements, coefficients));
        if (!vanishes) bound.add(scalar);
      }
    }
    return bound;
  }

  serialize(): Uint8Array {
    const rows = this.#equations.flatMap(({ image, terms }) => [
      u32le(image.length),
      ...image.flatMap((t) => [u32le(t.element), encodeScalar(t.coefficient)]),
      u32le(terms.length),
      ...terms.flatMap((t) => [u32le(t.scalar), u32le(t.element), encodeScalar(t.coefficient)]),
    ]);
    return concatBytes(u32le(this.#equations.length), ...rows, ...this.#encodings);
  }

  commit(nonces: readonly Scalar[]): Uint8Array {
    const group = this.#group;
    return group.encodeAll(
      this.#equations.map(({ terms }) =>
        terms
          .map((t) => group.multiply(this.#elements[t.element]!, Fr.mul(t.coefficient, nonces[t.scalar]!)))
          .reduce((sum, e) => group.add(sum, e)),
      ),
    );
  }

  simulate(responses: readonly Scalar[], challenge: Scalar): Uint8Array | undefined {
    const group = this.#group;
    const minusChallenge = Fr.neg(challenge);
    const images = this.#imageValues();
    const commitments = this.#equations.map(({ terms }, q) =>
      group.combine(
        [...terms.map((t) => this.#elements[t.element]!), images[q]!],
        [...terms.map((t) => Fr.mul(t.coefficient, responses[t.scalar]!)), minusChallenge],
      ),
    );
    return commitments.some((e) => group.isIdentity(e)) ? undefined : group.encodeAll(commitments);
  }

  #imageValues(): E[] {
    this.#images ??= this.#equations.map(({ image }) => {
      const [only, ...others] = image;
      if (others.length === 0 && only!.coefficient === 1n) return this.#elements[only!.element]!;
      return this.#group.combine(
        image.map((t) => this.#elements[t.element]!),
        image.map((t) => t.coefficient),
      );
    });
    return this.#images;
  }
}

/** Whether all parts are well formed, and each scalar is bound by at least one of them. */
export function isValidInstance(parts: readonly Part[], scalars: number): boolean {
  if (parts.length === 0 || !parts.every((p) => p.isWellFormed())) return false;
  const bound = new Set(parts.flatMap((p) => [...p.boundScalars()]));
  return bound.size === scalars && parts.every((p) => p.scalarCount() <= scalars);
}

/**
 * DeriveChallenge of the draft: squeezes 48 bytes of the sponge over session id, instance and commitments, reads them
 * as a little-endian integer and reduces it mod r.
 */
export function deriveChallenge(sessionId: Uint8Array, instance: Uint8Array, commitment: Uint8Array): Scalar {
  return new Sponge(sessionId).absorb(instance).absorb(commitment).squeezeUint(R_ORDER);
}
