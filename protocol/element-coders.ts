// micro-packed coders for group elements, scalars and proofs, over the decoders of suite.ts and sigma.ts. A document
// that uses them holds parsed values only, and its `decode` refuses what those decoders refuse.

import * as P from "micro-packed";
import { fixed } from "./codec.ts";
import { decodeProof, encodeProof, type Proof, proofBytes } from "./sigma.ts";
import {
  decodeG1,
  decodeScalar,
  encodeG1,
  encodeScalar,
  type G1,
  G1_BYTES,
  SCALAR_BYTES,
  type Scalar,
} from "./suite.ts";

/** G1, 48 bytes compressed, never the identity */
export const g1: P.CoderType<G1> = P.apply(fixed(G1_BYTES), { encode: decodeG1, decode: encodeG1 });

/** a scalar, 32 bytes big-endian, canonical */
export const scalar: P.CoderType<Scalar> = P.apply(fixed(SCALAR_BYTES), { encode: decodeScalar, decode: encodeScalar });

/** a compact proof about n scalars: challenge and n responses, 32 bytes each */
export const proof = (n: number): P.CoderType<Proof> =>
  P.apply(fixed(proofBytes(n)), { encode: (b: Uint8Array) => decodeProof(b, n), decode: encodeProof });
