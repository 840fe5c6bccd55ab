// An engine: the suite's arithmetic on public data behind one interface, so that verification is written once and runs
// on noble (the default, and the only one that ever sees a secret scalar) or on a faster one that the host brings
// along.
//
// The elements of an engine are opaque: only its own functions take them. All engines answer alike, byte for byte:
//
//   decode    refuses exactly what the doors of suite.ts refuse: length, form, canonicity, curve, subgroup, identity
//   encode    the encodings of suite.ts
//   pairing   the suite's e, noble's normalisation and order of Fp12: index values are hashes of these bytes
//   hashToG2  RFC 9380, under a label of labels.ts
//   multiply  of the groups is for secrets; an engine that is not made for them throws there
//
// One thing is done with a secret, under a name of its own: pairingsOfSecretPoint takes a trustee's piece of z·G
// (opening-link.ts). An engine other than noble sees it only as P = A + B with A fresh and uniform: each point that
// goes in is by itself a uniform point of G1, used once, and what comes out is what the trustee gives away.
// docs/SECURITY.md argues it.
//
// fromG1, fromG2 and fromGT take over elements that a door has checked, or sums of such; what was taken over once is
// kept as long as the noble point is. toG1 and toG2 go the other way.

import type { Rng } from "./bytes.ts";
import { type Group, groupG1, groupG2, groupGT } from "./group.ts";
import type { Label } from "./labels.ts";
import { pairingProductIsOne } from "./pairing-check.ts";
import { Fp12, type G1, type G2, type GT, hashToG2, pairing } from "./suite.ts";

declare const group: unique symbol;
export interface ElementG1 {
  readonly [group]: "G1";
}
export interface ElementG2 {
  readonly [group]: "G2";
}
export interface ElementGT {
  readonly [group]: "GT";
}

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
  /** bytes that `gt.decode` has accepted before: the membership test, the dear part, is not repeated */
  acceptedGT(b: Uint8Array): ElementGT;
  hashToG2(label: Label, message: Uint8Array): ElementG2;
  pairing(p: ElementG1, q: ElementG2): ElementGT;
  /** e(p, q) for each q; @throws RangeError where p or a q is the identity */
  pairingsOfSecretPoint(p: G1, qs: readonly ElementG2[], rng: Rng): ElementGT[];
  /** Π e(g1, g2) = 1; a pair with the identity contributes 1. For points of G2 that came by fromG2 the lines are kept. */
  pairingProductIsOne(pairs: readonly { readonly g1: ElementG1; readonly g2: ElementG2 }[]): boolean;
}

/** Its opaque elements are noble's own: the conversions are nothing but changes of type. */
interface NobleElements {
  readonly g1: unknown;
  readonly g2: unknown;
  readonly gt: unknown;
}
const groups: NobleElements = { g1: groupG1, g2: groupG2, gt: groupGT };
const same = (x: unknown): unknown => x;

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
    if (p.is0() || qs.some((q) => nobleEngine.toG2(q).is0())) throw new RangeError("a pairing with the identity");
    return qs.map((q) => nobleEngine.fromGT(pairing(p, nobleEngine.toG2(q))));
  },
  pairingProductIsOne: (pairs) =>
    pairingProductIsOne(pairs.map(({ g1, g2 }) => ({ g1: nobleEngine.toG1(g1), g2: nobleEngine.toG2(g2) }))),
};
