// The check-in's statement and its wire form; prover and verifier (presentation.ts) both build it here.
//
//   Abar = A·(r1·r2)   D = B·r2   Bbar = D·r1 - Abar·e   r3 = 1/r2
//   T  = z·H2(e,j)                          session tag in G2, single-use
//   C1 = r·G   C2 = k·Ĝ + r·Y_R             handle, to the trustees' trace key
//   F1 = u·G   F2 = z·G + u·Y_K             tag key, to the trustees' link key
//
//   Relation, witness (e, r1, r3, s, k, z, r, u, hidden m_i in ascending order):
//     Bbar                                                = r1·D - e·Abar
//     P1 + domain·Q1 + epoch·H_1 + Σ_shown m_i·H_(1+i)    = r3·D - s·Q2 - k·J1 - z·J2 - Σ_hidden m_i·H_(1+i)
//     and the rows T, C1, C2, F1, F2 above
//   Outside it: no point is O (the door refuses it);  e(Abar, W) = e(Bbar, P2)
//
//   tag (the label of the relation is in the engine's session id; every point above is in the relation)
//     frame(context, credentialEpoch u32, tagEpoch u32, slot u32, W, Y_R, Y_K, header, p_e of tagEpoch, shown)
//     shown = frame(index u8 ‖ value UTF-8, ...), so each shown sum on the left is fixed by the tag
//
//   Presentation, type 0x20 version 1
//     credentialEpoch u32 ‖ tagEpoch u32 ‖ slot u16 ‖ shown: u16 count of (attribute index u8 ‖ value: u16 length, UTF-8)
//     ‖ Abar 48 ‖ Bbar 48 ‖ D 48 ‖ T 96 ‖ C1 48 ‖ C2 48 ‖ F1 48 ‖ F2 48
//     ‖ proof: u32 length, challenge 32 ‖ responses 32 each in witness order

import { concatBytes, frame, u32be, utf8ToBytes } from "./bytes.ts";
import { blob, document, fixed, list, type Of, struct, text, u8, u16, u32 } from "./codec.ts";
import {
  credentialGenerators,
  credentialHeader,
  handleGenerator,
  type IssuerParams,
  publicBase,
} from "./credential.ts";
import { groupG1, groupG2 } from "./group.ts";
import { LABELS } from "./labels.ts";
import { Relation, type Term } from "./sigma.ts";
import { encodeG1, encodeG2, G, type G1, G1_BYTES, type G2, G2_BYTES, tagBase } from "./suite.ts";

const g1Bytes = fixed(G1_BYTES);

/** Points and proof stay bytes: the verifier decodes them, once. */
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
  F1: g1Bytes,
  F2: g1Bytes,
  proof: blob,
});
export type Presentation = Of<typeof Presentation>;

export interface PresentationPoints {
  readonly Abar: G1;
  readonly Bbar: G1;
  readonly D: G1;
  readonly T: G2;
  readonly C1: G1;
  readonly C2: G1;
  readonly F1: G1;
  readonly F2: G1;
}

/** What both sides know before any proof is made. */
export interface Setting {
  /** of the tag's epoch: trace and link keys */
  readonly params: IssuerParams;
  /** of the credential's epoch: issuer key and attributes; the same as `params` unless the parameters have changed */
  readonly credentialParams: IssuerParams;
  readonly tagParamsHash: Uint8Array;
  readonly credentialParamsHash: Uint8Array;
  /** hash of everything else: challenge with service, nonce and policy, session keys */
  readonly context: Uint8Array;
}
type Header = Pick<Presentation, "credentialEpoch" | "tagEpoch" | "slot" | "shown">;

export type WitnessName = "e" | "r1" | "r3" | "s" | "k" | "z" | "r" | "u" | `m${number}`;
const FIXED_WITNESS = ["e", "r1", "r3", "s", "k", "z", "r", "u"] as const;

/** Indexes of the attributes that are not shown, ascending. */
export const hiddenIndexes = ({ attributes }: IssuerParams, { shown }: Pick<Header, "shown">): number[] =>
  attributes.map((_, i) => i).filter((i) => !shown.some(({ index }) => index === i));

export const witnessCount = (params: IssuerParams, header: Pick<Header, "shown">): number =>
  FIXED_WITNESS.length + hiddenIndexes(params, header).length;

const MAX_KEPT_TAG_BASES = 64;
const keptTagBases = new Map<string, G2>();

/** H2(e, j), kept: a verifier meets the J slots of the current epoch again and again. */
export function keptTagBase(paramsHash: Uint8Array, epoch: number, slot: number): G2 {
  const key = `${epoch}/${slot}/${paramsHash.join()}`;
  let base = keptTagBases.get(key);
  if (base === undefined) {
    base = tagBase(paramsHash, epoch, slot);
    if (keptTagBases.size >= MAX_KEPT_TAG_BASES) keptTagBases.clear();
    keptTagBases.set(key, base);
  }
  return base;
}

/** @throws DecodeError if a shown value is not in the attribute's list */
export function presentationRelation(
  { params, credentialParams, tagParamsHash, credentialParamsHash }: Setting,
  header: Header,
  { Abar, Bbar, D, T, C1, C2, F1, F2 }: PresentationPoints,
): Relation<WitnessName> {
  const { attributes } = credentialParams;
  const { H, Q2, J1, J2 } = credentialGenerators(attributes.length);
  const hidden = hiddenIndexes(credentialParams, header);
  const disclosed = publicBase(credentialParams, credentialParamsHash, header.credentialEpoch, header.shown);
  const hiddenTerms = hidden.map((i): Term<WitnessName, G1> => [`m${i}`, H[i + 1]!, -1n]);

  return new Relation<WitnessName>(LABELS.present, [...FIXED_WITNESS, ...hidden.map((i) => `m${i}` as const)])
    .equation(groupG1, Bbar, [
      ["r1", D],
      ["e", Abar, -1n],
    ])
    .equation(groupG1, disclosed, [["r3", D], ["s", Q2, -1n], ["k", J1, -1n], ["z", J2, -1n], ...hiddenTerms])
    .equation(groupG2, T, [["z", keptTagBase(tagParamsHash, header.tagEpoch, header.slot)]])
    .equation(groupG1, C1, [["r", G]])
    .equation(groupG1, C2, [
      ["k", handleGenerator()],
      ["r", params.traceKey],
    ])
    .equation(groupG1, F1, [["u", G]])
    .equation(groupG1, F2, [
      ["z", G],
      ["u", params.linkKey],
    ]);
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
