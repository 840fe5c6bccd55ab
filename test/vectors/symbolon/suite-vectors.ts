// Makes suite.json: hash to scalar, every fixed base, H2(e, j), the pairing's normalisation and the parts of one proof.
// It also lists group elements and scalars that every implementation must refuse.

import { concatBytes, frame, utf8ToBytes } from "../../../protocol/bytes.ts";
import { continuityBase } from "../../../protocol/continuity.ts";
import { attributeScalar, credentialGenerators, credentialHeader, publicBase } from "../../../protocol/credential.ts";
import { groupG1, groupGT } from "../../../protocol/group.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { indexValue } from "../../../protocol/opening.ts";
import { encodeProof, prove, Relation } from "../../../protocol/sigma.ts";
import { deriveSessionId } from "../../../protocol/sponge.ts";
import {
  encodeG1,
  encodeG2,
  encodeGT,
  encodeScalar,
  G,
  type G1,
  handleBase,
  handleBaseG2,
  hashToScalar,
  noticeBase,
  P2,
  pairing,
  randomScalar,
  tagBase,
  tdh2Base,
} from "../../../protocol/suite.ts";
import {
  hex,
  hexes,
  IDENTITY_G1,
  IDENTITY_G2,
  type Json,
  MINUS_ONE_GT,
  OFF_CURVE_G1,
  ONE_GT,
  offSubgroupG1,
  plusTorsion,
  SIGN_FLIPPED_GT,
  UNCOMPRESSED_FLAG_G1,
  UNREDUCED_G1,
  UNREDUCED_SCALAR,
} from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

/** A proof of {a : a·G, a·H} with all inputs of its challenge. */
function sampleProof() {
  const rng = rngOf("sample proof");
  const a = randomScalar(rng);
  const point = G.multiply(a) as G1;
  const second = handleBase().multiply(a) as G1;
  const relation = new Relation(LABELS.shareKeyPossession, ["a"] as const)
    .equation(groupG1, point, [["a", G]])
    .equation(groupG1, second, [["a", handleBase()]]);
  const tag = frame(utf8ToBytes("sample"));
  return { a, point, second, relation, tag, proof: prove(relation, tag, { a }, rng) };
}

export function suiteVectors(w: World): Json {
  const { Q1, H, Q2, J1, J2 } = credentialGenerators(2);
  const sample = sampleProof();
  const suite = "CMPT-with-sigma-proofs_Shake128_BLS12381-multigroup.";
  const attribute = frame(utf8ToBytes("cover"), utf8ToBytes("full"));
  return {
    hashToScalar: [
      {
        label: LABELS.attribute,
        message: hex(attribute),
        scalar: hex(encodeScalar(hashToScalar(LABELS.attribute, attribute))),
      },
    ],
    bases: {
      G: hex(encodeG1(G)),
      P2: hex(encodeG2(P2)),
      Ghat: hex(encodeG1(handleBase())),
      Gbar: hex(encodeG1(tdh2Base())),
      H2v: hex(encodeG2(handleBaseG2())),
      Q1: hex(encodeG1(Q1)),
      H: hexes(H.map(encodeG1)),
      Q2: hex(encodeG1(Q2)),
      J1: hex(encodeG1(J1)),
      J2: hex(encodeG1(J2)),
    },
    tagBases: [0, 1].map((slot) => ({
      paramsHash: hex(w.paramsHash),
      epoch: w.epoch,
      slot,
      point: hex(encodeG2(tagBase(w.paramsHash, w.epoch, slot))),
    })),
    noticeBase: { caseId: hex(w.order.caseId), point: hex(encodeG2(noticeBase(w.order.caseId))) },
    continuityBase: {
      realm: w.parameters.realm,
      serviceId: hex(w.serviceId),
      point: hex(encodeG2(continuityBase(w.parameters.realm, w.serviceId))),
    },
    pairing: {
      "e(G, P2)": hex(encodeGT(groupGT.generator())),
      "indexValue(e(G, P2))": hex(indexValue(groupGT.generator())),
      "indexValue(e(G, H2(e, 0)))": hex(indexValue(pairing(G, tagBase(w.paramsHash, w.epoch, 0)))),
    },
    credential: {
      header: hex(credentialHeader(w.paramsHash)),
      attributes: w.parameters.attributes.map(({ name, values }) => ({
        name,
        scalars: ["", ...values].map((value) => ({
          value,
          scalar: hex(encodeScalar(attributeScalar({ name, values }, value))),
        })),
      })),
      "P1 + domain·Q1 + epoch·H1": hex(encodeG1(publicBase(w.params, w.paramsHash, w.epoch))),
    },
    proof: {
      witness: hex(encodeScalar(sample.a)),
      label: sample.relation.label,
      tag: hex(sample.tag),
      sessionId: hex(
        deriveSessionId(concatBytes(utf8ToBytes(sample.relation.label), utf8ToBytes(suite), frame(sample.tag))),
      ),
      instance: hex(sample.relation.compile()!.instance),
      proof: hex(encodeProof(sample.proof)),
    },
    refused: [
      { kind: "G1", class: "identity", bytes: hex(IDENTITY_G1) },
      { kind: "G1", class: "off-subgroup", bytes: hex(offSubgroupG1()) },
      { kind: "G1", class: "off-curve", bytes: hex(OFF_CURVE_G1) },
      { kind: "G1", class: "non-canonical", bytes: hex(UNREDUCED_G1) },
      { kind: "G1", class: "compression-flag", bytes: hex(UNCOMPRESSED_FLAG_G1) },
      { kind: "G1", class: "length", bytes: hex(encodeG1(G).subarray(0, 47)) },
      { kind: "G1", class: "trailing-byte", bytes: `${hex(encodeG1(G))}00` },
      { kind: "G2", class: "identity", bytes: hex(IDENTITY_G2) },
      { kind: "G2", class: "off-subgroup", bytes: hex(plusTorsion(P2)) },
      { kind: "G2", class: "length", bytes: hex(encodeG2(P2).subarray(0, 95)) },
      { kind: "GT", class: "identity", bytes: hex(ONE_GT) },
      { kind: "GT", class: "off-subgroup", name: "-1", bytes: hex(MINUS_ONE_GT) },
      { kind: "GT", class: "off-subgroup", name: "-e(G, P2)", bytes: hex(SIGN_FLIPPED_GT) },
      { kind: "GT", class: "zero", bytes: "00".repeat(576) },
      { kind: "scalar", class: "non-canonical", bytes: hex(UNREDUCED_SCALAR) },
      { kind: "scalar", class: "length", bytes: "00".repeat(31) },
    ],
  };
}
