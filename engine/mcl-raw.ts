// The form in which JavaScript holds an element of G1, G2 or GT between two calls of mcl.

/** One element. Only engine/ looks inside; protocol/engine.ts gives it an opaque type. */
export interface Raw {
  /** mcl's own form: Montgomery limbs; for G1 and G2, Jacobian coordinates */
  readonly limbs: Uint8Array;
  /** the encoding of suite.ts, if the element was decoded from it or has been encoded once */
  wire: Uint8Array | undefined;
}

export const raw = (limbs: Uint8Array, wire?: Uint8Array): Raw => ({ limbs, wire });
