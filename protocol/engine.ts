// An engine is the suite's arithmetic on public data behind one interface, so that verification is written once. It
// runs on noble by default, or on a faster engine that the host supplies. Only noble ever handles a secret scalar.
//
// The elements of an engine are opaque: only its own functions take them. All engines give the same answers, byte for
// byte:
//
//   decode    refuses exactly what the decoders of suite.ts refuse: length, form, canonicity, curve, subgroup, identity
//   encode    the encodings of suite.ts
//   pairing   the suite's e, with noble's normalisation and order of Fp12; index values are hashes of these bytes
//   hashToG2  RFC 9380, under a label of labels.ts
//   multiply  of the groups is for secret scalars; an engine that is not made for them throws
//
// One function takes a secret, under a name of its own: pairingsOfSecretPoint takes a trustee's piece of z·G
// (opening-link.ts). An engine other than noble sees the piece only as P = A + B with a fresh and uniform A. So each
// point that enters the engine is, by itself, a uniform point of G1 that is used once. The engine's output is what the
// trustee gives away in any case. docs/SECURITY.md has the argument.
//
// fromG1, fromG2 and fromGT convert elements that a decoder has checked, or sums of such elements. A converted element
// is kept as long as the noble point is. toG1, toG2 and toGT convert in the other direction.

import type { Rng } from "./bytes.ts";
import { type Group, groupG1, groupG2, groupGT } from "./group.ts";
import type { Label } from "./labels.ts";
import { pairingProductIsOne } from "./pairing-check.ts";
import { Fp12, type G1, type G2, type GT, hashToG2, pairing } from "./suite.ts";

declare const group: unique symbol;
/** An element of G1 in the form of its engine. */
export interface ElementG1 {
  readonly [group]: "G1";
}
/** An element of G2 in the form of its engine. */
export interface ElementG2 {
  readonly [group]: "G2";
}
/** An element of GT in the form of its engine. */
export interface ElementGT {
  readonly [group]: "GT";
}

/** The interface of the header. */
export interface Engine {
  readonly name: string;
  readonly g1: Group<ElementG1>;
  readonly g2: Group<ElementG2>;
  readonly gt: Group<ElementGT>;
  fromG1(p: G1): ElementG1;
  fromG2(q: G2): ElementG2;
  fromGT(f: GT): ElementGT;
  toG1(p: ElementG1): G1;
  toG2(q: ElementG2): G2;
  toGT(f: ElementGT): GT;
  /** Reads bytes that `gt.decode` accepted before. It skips the membership test, which is the expensive part. */
  acceptedGT(b: Uint8Array): ElementGT;
  hashToG2(label: Label, message: Uint8Array): ElementG2;
  pairing(p: ElementG1, q: ElementG2): ElementGT;
  /** e(p, q) for each q, for a secret p. @throws RangeError if p or a q is the identity */
  pairingsOfSecretPoint(p: G1, qs: readonly ElementG2[], rng: Rng): ElementGT[];
  /**
   * Whether Π e(g1, g2) = 1; a pair with the identity contributes 1. The lines of points of G2 from fromG2 are kept.
   */
  pairingProductIsOne(pairs: readonly { readonly g1: ElementG1; readonly g2: ElementG2 }[]): boolean;
}

/**
 * noble's groups without the types of their elements. The opaque elements are noble's own, so each conversion only
 * changes a type.
 */
interface NobleElements {
  readonly g1: unknown;
  readonly g2: unknown;
  readonly gt: unknown;
}
const groups: NobleElements = { g1: groupG1, g2: groupG2, gt: groupGT };
const same = (x: unknown): unknown => x;

/** The default engine, on noble. */
export const nobleEngine: Engine = {
  name: "noble",
  g1: groups.g1 as Engine["g1"],
  g2: groups.g2 as Engine["g2"],
  gt: groups.gt as Engine["gt"],
  fromG1: same as Engine["fromG1"],
  fromG2: same as Engine["fromG2"],
  fromGT: same as Engine["fromGT"],
  toG1: same as Engine["toG1"],
  toG2: same as Engine["toG2"],
  toGT: same as Engine["toGT"],
  acceptedGT: (b) => nobleEngine.fromGT(Fp12.fromBytes(b)),
  hashToG2: (label, message) => nobleEngine.fromG2(hashToG2(label, message)),
  pairing: (p, q) => nobleEngine.fromGT(pairing(nobleEngine.toG1(p), nobleEngine.toG2(q))),
  pairingsOfSecretPoint(p, qs) {
    if (p.is0() || qs.some((q) => nobleEngine.toG2(q).is0())) throw new RangeError("pairing: a point is the identity");
    return qs.map((q) => nobleEngine.fromGT(pairing(p, nobleEngine.toG2(q))));
  },
  pairingProductIsOne: (pairs) =>
    pairingProductIsOne(pairs.map(({ g1, g2 }) => ({ g1: nobleEngine.toG1(g1), g2: nobleEngine.toG2(g2) }))),
};
