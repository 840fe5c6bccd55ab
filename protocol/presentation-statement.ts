// The check-in's statement and its wire form. Prover and verifier (presentation.ts) both build the statement here.
//
//   Abar = A·(r1·r2)   D = B·r2   Bbar = D·r1 - Abar·e   r3 = 1/r2
//   T  = z·H2(e,j)                          session tag in G2, single-use
//   C1 = r·G                                one randomness for both ciphertexts
//   C2 = k·Ĝ + r·Y_R                        (C1, C2): handle, to the trustees' trace key
//   F2 = z·G + r·Y_K                        (C1, F2): tag key, to the trustees' link key
//
//   One r under two independent keys is as safe as two: ElGamal is reproducible, so re-used randomness adds no advantage
//   (K. Kurosawa, PKC 2002; M. Bellare, A. Boldyreva, J. Staddon, PKC 2003). It saves a point, a row and a response.
//
//   Relation, witness (e, r1, r3, s, k, z, r, hidden m_i in ascending order):
//     Bbar                                                = r1·D - e·Abar
//     P1 + domain·Q1 + epoch·H_1 + Σ_shown m_i·H_(1+i)    = r3·D - s·Q2 - k·J1 - z·J2 - Σ_hidden m_i·H_(1+i)
//     and the rows T, C1, C2, F2 above
//   Outside the relation: no point is O (the decoders refuse it);  e(Abar, W) = e(Bbar, P2)
//
//   tag (the session id holds the label of the relation; every point above is in the relation)
//     frame(context, credentialEpoch u32, tagEpoch u32, slot u32, W, Y_R, Y_K, header, p_e of tagEpoch, shown)
//     shown = frame(index u8 ‖ value UTF-8, ...), so the tag fixes each sum over the shown messages
//
//   Presentation, type 0x20 version 1
//     credentialEpoch u32 ‖ tagEpoch u32 ‖ slot u16
//     ‖ shown: u16 count of (attribute index u8 ‖ value: u16 length, UTF-8)
//     ‖ Abar 48 ‖ Bbar 48 ‖ D 48 ‖ T 96 ‖ C1 48 ‖ C2 48 ‖ F2 48
//     ‖ proof: u32 length, commitments of the rows Bbar, B, C1, C2, F2 (48 each) and T (96),
//       responses 32 each in witness order
//     The proof has the draft's batchable form, so that many presentations can be verified in one sum (sigma-batch.ts).

import { concatBytes, frame, u32be, utf8ToBytes } from "./bytes.ts";
import { blob, document, fixed, list, type Of, struct, text, u8, u16, u32 } from "./codec.ts";
import {
  credentialGenerators,
  credentialHeader,
  handleGenerator,
  type IssuerParams,
  publicBase,
} from "./credential.ts";
import { type ElementG1, type ElementG2, type Engine, nobleEngine } from "./engine.ts";
import { LABELS } from "./labels.ts";
import { Relation, type Term } from "./sigma.ts";
import { encodeG1, encodeG2, G, type G1, G1_BYTES, type G2, G2_BYTES, tagBaseMessage } from "./suite.ts";

const g1Bytes = fixed(G1_BYTES);

/** The wire form. Points and proof stay bytes; the verifier decodes them once. */
export const Presentation = document("Presentation", 0x20, 1, {
  credentialEpoch: u32,
  tagEpoch: u32,
  slot: u16,
  shown: list(struct({ index: u8, value: text })),
  Abar: g1Bytes,
  Bbar: g1Bytes,
  D: g1Bytes,
  T: fixed(G2_BYTES),
  C1: g1Bytes,
  C2: g1Bytes,
  F2: g1Bytes,
  proof: blob,
});
export type Presentation = Of<typeof Presentation>;

/** The points of a presentation, as noble's points or as elements of another engine. */
export interface PresentationPoints<P1 = G1, P2 = G2> {
  readonly Abar: P1;
  readonly Bbar: P1;
  readonly D: P1;
  readonly T: P2;
  readonly C1: P1;
  readonly C2: P1;
  readonly F2: P1;
}

/** The public values that both sides know before a proof is made. */
export interface Setting {
  /** of the tag's epoch: trace and link keys */
  readonly params: IssuerParams;
  /** of the credential's epoch: issuer key and attributes; the same as `params` unless the parameters have changed */
  readonly credentialParams: IssuerParams;
  readonly tagParamsHash: Uint8Array;
  readonly credentialParamsHash: Uint8Array;
  /** hash of all other bound values (checkInContext): challenge with service, nonce and policy, session keys */
  readonly context: Uint8Array;
}
type Header = Pick<Presentation, "credentialEpoch" | "tagEpoch" | "slot" | "shown">;

export type WitnessName = "e" | "r1" | "r3" | "s" | "k" | "z" | "r" | `m${number}`;
const FIXED_WITNESS = ["e", "r1", "r3", "s", "k", "z", "r"] as const;

/** Indexes of the attributes that are not shown, ascending. */
export const hiddenIndexes = ({ attributes }: IssuerParams, { shown }: Pick<Header, "shown">): number[] =>
  attributes.map((_, i) => i).filter((i) => !shown.some(({ index }) => index === i));

const MAX_KEPT_TAG_BASES = 64;
const keptTagBases = new WeakMap<Engine, Map<string, ElementG2>>();

/** H2(e, j), which is kept because a verifier needs the J slots of the current epoch again and again. */
export function tagBaseIn(engine: Engine, paramsHash: Uint8Array, epoch: number, slot: number): ElementG2 {
  let bases = keptTagBases.get(engine);
  if (bases === undefined || bases.size >= MAX_KEPT_TAG_BASES) {
    bases = new Map();
    keptTagBases.set(engine, bases);
  }
  const key = `${epoch}/${slot}/${paramsHash.join()}`;
  let base = bases.get(key);
  if (base === undefined) {
    base = engine.hashToG2(LABELS.tagG2, tagBaseMessage(paramsHash, epoch, slot));
    bases.set(key, base);
  }
  return base;
}
/** H2(e, j) as noble's point. */
export const keptTagBase = (paramsHash: Uint8Array, epoch: number, slot: number): G2 =>
  nobleEngine.toG2(tagBaseIn(nobleEngine, paramsHash, epoch, slot));

/**
 * The relation of the header, built in the given engine.
 * @throws DecodeError if a shown value is not in the attribute's list
 */
export function presentationRelationIn(
  engine: Engine,
  { params, credentialParams, tagParamsHash, credentialParamsHash }: Setting,
  header: Header,
  { Abar, Bbar, D, T, C1, C2, F2 }: PresentationPoints<ElementG1, ElementG2>,
): Relation<WitnessName> {
  const { g1, g2, fromG1 } = engine;
  const generators = credentialGenerators(credentialParams.attributes.length);
  const [Q2, J1, J2] = [generators.Q2, generators.J1, generators.J2].map(fromG1) as [ElementG1, ElementG1, ElementG1];
  const disclosed = publicBase(credentialParams, credentialParamsHash, header.credentialEpoch, header.shown);
  const hidden = hiddenIndexes(credentialParams, header);
  const hiddenTerms = hidden.map((i): Term<WitnessName, ElementG1> => [`m${i}`, fromG1(generators.H[i + 1]!), -1n]);

  return new Relation<WitnessName>(LABELS.present, [...FIXED_WITNESS, ...hidden.map((i) => `m${i}` as const)])
    .equation(g1, Bbar, [
      ["r1", D],
      ["e", Abar, -1n],
    ])
    .equation(g1, fromG1(disclosed), [["r3", D], ["s", Q2, -1n], ["k", J1, -1n], ["z", J2, -1n], ...hiddenTerms])
    .equation(g2, T, [["z", tagBaseIn(engine, tagParamsHash, header.tagEpoch, header.slot)]])
    .equation(g1, C1, [["r", fromG1(G)]])
    .equation(g1, C2, [
      ["k", fromG1(handleGenerator())],
      ["r", fromG1(params.traceKey)],
    ])
    .equation(g1, F2, [
      ["z", fromG1(G)],
      ["r", fromG1(params.linkKey)],
    ]);
}

/**
 * The same relation on noble, as the prover builds it.
 * @throws DecodeError if a shown value is not in the attribute's list
 */
export function presentationRelation(setting: Setting, header: Header, p: PresentationPoints): Relation<WitnessName> {
  const { fromG1, fromG2 } = nobleEngine;
  return presentationRelationIn(nobleEngine, setting, header, {
    Abar: fromG1(p.Abar),
    Bbar: fromG1(p.Bbar),
    D: fromG1(p.D),
    T: fromG2(p.T),
    C1: fromG1(p.C1),
    C2: fromG1(p.C2),
    F2: fromG1(p.F2),
  });
}

const keptKeyBytes = new WeakMap<G1 | G2, Uint8Array>();
function keyBytes<P extends G1 | G2>(key: P, encode: (p: P) => Uint8Array): Uint8Array {
  let bytes = keptKeyBytes.get(key);
  if (bytes === undefined) {
    bytes = encode(key);
    keptKeyBytes.set(key, bytes);
  }
  return bytes;
}

/** The tag of the header: every public value that the proof is bound to and that is not in the relation. */
export function presentationTag(setting: Setting, header: Header): Uint8Array {
  return frame(
    setting.context,
    u32be(header.credentialEpoch),
    u32be(header.tagEpoch),
    u32be(header.slot),
    keyBytes(setting.credentialParams.issuerKey, encodeG2),
    keyBytes(setting.params.traceKey, encodeG1),
    keyBytes(setting.params.linkKey, encodeG1),
    credentialHeader(setting.credentialParamsHash),
    setting.tagParamsHash,
    frame(...header.shown.map(({ index, value }) => concatBytes(Uint8Array.of(index), utf8ToBytes(value)))),
  );
}
