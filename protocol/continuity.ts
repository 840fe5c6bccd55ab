// "This clinic may know me": an optional pseudonym N. It is the same at every visit of this patient to this one service
// and has no meaning elsewhere. The patient chooses whether to send it, and it travels only inside the HPKE message to
// the clinic.
//
//   H2c = hash to G2 of frame(realm, service id);   N = z·H2c
//   Relation {T = z·H2(e,j), N = z·H2c}, one witness z; tag = frame(presentation hash)
//   Continuity, type 0x22 version 1:  N 96 ‖ challenge 32 ‖ response 32
//
// T and N are multiples of z in G2, never in G1. A multiple of z in G1 would link sessions by a pairing.

import { frame, type Rng, utf8ToBytes } from "./bytes.ts";
import { document, fixed, type Of } from "./codec.ts";
import { groupG2 } from "./group.ts";
import { LABELS } from "./labels.ts";
import { decodeProof, encodeProof, proofBytes, prove, Relation, verify } from "./sigma.ts";
import { DecodeError, decodeG2, encodeG2, type G2, G2_BYTES, hashToG2, type Scalar } from "./suite.ts";

/** The pseudonym N with its proof. */
export const Continuity = document("Continuity", 0x22, 1, { N: fixed(G2_BYTES), proof: fixed(proofBytes(1)) });
export type Continuity = Of<typeof Continuity>;

/** The public values of one visit, to which the pseudonym is bound. */
export interface ContinuityContext {
  /** H2(e, j) of the presentation */
  readonly tagBase: G2;
  /** of the presentation */
  readonly T: G2;
  readonly realm: string;
  readonly serviceId: Uint8Array;
  readonly presentationHash: Uint8Array;
}

/** H2c of a service. */
export const continuityBase = (realm: string, serviceId: Uint8Array): G2 =>
  hashToG2(LABELS.continuityG2, frame(utf8ToBytes(realm), serviceId));

const relationOf = ({ tagBase, T, realm, serviceId }: ContinuityContext, N: G2): Relation<"z"> =>
  new Relation(LABELS.continuity, ["z"] as const)
    .equation(groupG2, T, [["z", tagBase]])
    .equation(groupG2, N, [["z", continuityBase(realm, serviceId)]]);

/** Wallet: the pseudonym N, with the proof that it belongs to the presentation's T. */
export function proveContinuity(input: ContinuityContext & { z: Scalar }, rng: Rng): Continuity {
  const N = continuityBase(input.realm, input.serviceId).multiply(input.z) as G2;
  const proof = prove(relationOf(input, N), frame(input.presentationHash), { z: input.z }, rng);
  return { N: encodeG2(N), proof: encodeProof(proof) };
}

/** Clinic: whether N and T have the same z. Malformed input gives false. */
export function verifyContinuity(context: ContinuityContext, { N, proof }: Continuity): boolean {
  try {
    const relation = relationOf(context, decodeG2(N));
    return verify(relation, frame(context.presentationHash), decodeProof(proof, 1));
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
