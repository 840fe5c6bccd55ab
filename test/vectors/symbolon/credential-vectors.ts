// Makes credential.json (enrolment, refresh, credential) and presentation.json (check-in, tag, TID, continuity). Each
// negative vector changes one thing of the positive one above it, and names the class of failure that it must meet.

import { Continuity, proveContinuity } from "../../../protocol/continuity.ts";
import { Credential } from "../../../protocol/credential.ts";
import {
  CheckIn,
  Contract,
  contractHashOf,
  IssuedCredential,
  identityCommitmentOf,
  Parameters,
  presentationHashOf,
  RefreshRequest,
} from "../../../protocol/documents.ts";
import { sessionIndexValue } from "../../../protocol/opening.ts";
import { Presentation } from "../../../protocol/presentation.ts";
import { presentationRelation, presentationTag } from "../../../protocol/presentation-statement.ts";
import { decodeG1, decodeG2, encodeG1, encodeG2, encodeScalar, tagBase } from "../../../protocol/suite.ts";
import { tidOf } from "../../../protocol/tid.ts";
import {
  type Edit,
  edit,
  flipped,
  hex,
  IDENTITY_G1,
  IDENTITY_G2,
  type Json,
  longer,
  offSubgroupG1,
  plusTorsion,
  replaced,
  UNREDUCED_SCALAR,
  ZERO_SCALAR,
} from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

const another = (name: string): Uint8Array => rngOf(`another ${name}`)(32);

export function credentialVectors(w: World): Json {
  const { contract, refresh } = w;
  const c = (change: Partial<Contract>): Edit =>
    edit(Contract.encode(contract), Contract.encode({ ...contract, ...change }));
  const r = (change: Partial<RefreshRequest>): Edit =>
    edit(RefreshRequest.encode(refresh), RefreshRequest.encode({ ...refresh, ...change }));
  const i = (change: Partial<IssuedCredential>): Edit =>
    edit(IssuedCredential.encode(w.issued), IssuedCredential.encode({ ...w.issued, ...change }));
  return {
    parameters: hex(Parameters.encode(w.parameters)),
    paramsHash: hex(w.paramsHash),
    epoch: w.epoch,
    issuerSecret: hex(encodeScalar(w.issuerSecret)),
    secrets: { k: hex(encodeScalar(w.secrets.k)), z: hex(encodeScalar(w.secrets.z)), s: hex(encodeScalar(w.s)) },
    identity: {
      record: hex(w.identity),
      salt: hex(w.identitySalt),
      commitment: hex(identityCommitmentOf(w.identitySalt, w.identity)),
    },
    contract: hex(Contract.encode(contract)),
    contractHash: hex(contractHashOf(Contract.encode(contract))),
    refresh: hex(RefreshRequest.encode(refresh)),
    handles: { R: hex(contract.R), V: hex(contract.V) },
    issued: hex(IssuedCredential.encode(w.issued)),
    credential: hex(Credential.encode(w.credential)),
    refusedContracts: [
      { class: "identity-point", field: "R", contract: c({ R: IDENTITY_G1 }), reason: "encoding" },
      { class: "off-subgroup", field: "V", contract: c({ V: plusTorsion(decodeG2(contract.V)) }), reason: "encoding" },
      { class: "off-subgroup", field: "Cm", contract: c({ Cm: offSubgroupG1() }), reason: "encoding" },
      {
        class: "non-canonical-scalar",
        contract: c({ proof: replaced(contract.proof, 32, UNREDUCED_SCALAR) }),
        reason: "encoding",
      },
      { class: "proof-length", contract: c({ proof: longer(contract.proof) }), reason: "encoding" },
      { class: "flipped-response", contract: c({ proof: flipped(contract.proof, -1) }), reason: "proof" },
      { class: "flipped-challenge", contract: c({ proof: flipped(contract.proof, 31) }), reason: "proof" },
      { class: "other-identity", contract: c({ identityCommitment: another("identity") }), reason: "proof" },
      { class: "other-parameters", contract: c({ paramsHash: another("parameters") }), reason: "proof" },
      { class: "other-nonce", contract: c({ nonce: another("nonce") }), reason: "proof" },
      { class: "mauled-tag-key", contract: c({ F2: contract.F1 }), reason: "proof" },
      {
        class: "mauled-tag-key",
        contract: c({ F2: encodeG1(decodeG1(contract.F2).add(decodeG1(contract.F1))) }),
        reason: "proof",
      },
    ],
    refusedRefreshes: [
      { class: "other-commitment", refresh: r({ Cm: contract.R }), reason: "proof" },
      { class: "flipped-response", refresh: r({ proof: flipped(refresh.proof, -1) }), reason: "proof" },
      { class: "other-epoch", refresh: r({ epoch: w.epoch + 1 }), reason: "proof" },
      { class: "other-device", refresh: r({ deviceKey: another("device") }), reason: "proof" },
      { class: "other-nonce", refresh: r({ nonce: another("nonce") }), reason: "proof" },
      { class: "enrolment-proof", refresh: r({ proof: contract.proof.subarray(0, 128) }), reason: "proof" },
      { class: "proof-length", refresh: r({ proof: contract.proof }), reason: "encoding" },
    ],
    refusedCredentials: [
      { class: "other-epoch", issued: i({ epoch: w.epoch + 1 }) },
      { class: "other-values", issued: i({ values: ["basic", ""] }) },
      { class: "unlisted-value", issued: i({ values: ["gold", ""] }) },
      { class: "values-count", issued: i({ values: ["full"] }) },
      { class: "identity-point", issued: i({ A: IDENTITY_G1 }) },
      { class: "zero-scalar", issued: i({ e: ZERO_SCALAR }) },
      { class: "flipped-scalar", issued: i({ e: flipped(w.issued.e, -1) }) },
    ],
  };
}

export function presentationVectors(w: World): Json {
  const visit = w.visits[0]!;
  const p = visit.presentation;
  const T = decodeG2(p.T);
  const setting = {
    params: w.params,
    credentialParams: w.params,
    tagParamsHash: w.paramsHash,
    credentialParamsHash: w.paramsHash,
    context: visit.context,
  };
  const points = {
    Abar: decodeG1(p.Abar),
    Bbar: decodeG1(p.Bbar),
    D: decodeG1(p.D),
    T,
    C1: decodeG1(p.C1),
    C2: decodeG1(p.C2),
    F2: decodeG1(p.F2),
  };
  const bytes = Presentation.encode(p);
  const change = (to: Partial<Presentation>): Edit => edit(bytes, Presentation.encode({ ...p, ...to }));
  const base = tagBase(w.paramsHash, w.epoch, visit.slot);
  const continuityContext = {
    tagBase: base,
    T,
    realm: w.parameters.realm,
    serviceId: w.serviceId,
    presentationHash: presentationHashOf(visit.checkIn),
  };
  const continuity = proveContinuity({ ...continuityContext, z: w.secrets.z }, rngOf("continuity"));
  const n = (to: Partial<Continuity>): Edit =>
    edit(Continuity.encode(continuity), Continuity.encode({ ...continuity, ...to }));
  const G1_FIELDS = ["Abar", "Bbar", "D", "C1", "C2", "F2"] as const;
  return {
    epoch: w.epoch,
    slots: w.parameters.slots,
    maxStaleEpochs: 1,
    serviceId: hex(w.serviceId),
    challenge: hex(visit.challenge),
    checkIn: hex(visit.checkIn),
    presentationHash: hex(presentationHashOf(visit.checkIn)),
    context: hex(visit.context),
    presentation: hex(bytes),
    shown: { cover: "full" },
    tag: hex(presentationTag(setting, p)),
    instance: hex(presentationRelation(setting, p, points).compile()!.instance),
    tagHash: hex(visit.tagHash),
    tid: tidOf(visit.tagHash),
    indexValue: hex(sessionIndexValue(T)),
    secondVisit: {
      checkIn: hex(w.visits[1]!.checkIn),
      tagHash: hex(w.visits[1]!.tagHash),
      tid: tidOf(w.visits[1]!.tagHash),
      indexValue: hex(sessionIndexValue(decodeG2(w.visits[1]!.presentation.T))),
    },
    continuity: {
      realm: w.parameters.realm,
      document: hex(Continuity.encode(continuity)),
      refused: [
        { class: "identity-point", document: n({ N: IDENTITY_G2 }) },
        { class: "other-patient", document: n({ N: encodeG2(T) }) },
        { class: "flipped-response", document: n({ proof: flipped(continuity.proof, -1) }) },
        { class: "other-visit", document: n({}), presentationHash: hex(presentationHashOf(w.visits[1]!.checkIn)) },
        { class: "other-service", document: n({}), serviceId: "00".repeat(16) },
        { class: "other-realm", document: n({}), realm: "elsewhere" },
      ],
    },
    undecodable: [
      { class: "wrong-type", reason: "wrong-type", presentation: edit(bytes, flipped(bytes, 0)) },
      {
        class: "unknown-version",
        reason: "unknown-version",
        presentation: edit(bytes, replaced(bytes, 1, Uint8Array.of(2))),
      },
      { class: "trailing-byte", reason: "malformed", presentation: edit(bytes, longer(bytes)) },
      { class: "truncated", reason: "malformed", presentation: edit(bytes, bytes.subarray(0, -1)) },
      {
        class: "ill-formed-utf8",
        reason: "malformed",
        presentation: edit(bytes, replaced(bytes, 2 + 4 + 4 + 2 + 2 + 1 + 2, Uint8Array.of(0xff))),
      },
    ],
    refused: [
      ...G1_FIELDS.map((field) => ({
        class: "identity-point",
        field,
        presentation: change({ [field]: IDENTITY_G1 }),
        reason: "encoding",
      })),
      { class: "identity-point", field: "T", presentation: change({ T: IDENTITY_G2 }), reason: "encoding" },
      ...G1_FIELDS.map((field) => ({
        class: "off-subgroup",
        field,
        presentation: change({ [field]: offSubgroupG1() }),
        reason: "encoding",
      })),
      { class: "off-subgroup", field: "T", presentation: change({ T: plusTorsion(T) }), reason: "encoding" },
      {
        class: "non-canonical-scalar",
        presentation: change({ proof: replaced(p.proof, p.proof.length - 32, UNREDUCED_SCALAR) }),
        reason: "encoding",
      },
      { class: "proof-length", presentation: change({ proof: p.proof.subarray(32) }), reason: "encoding" },
      { class: "flipped-response", presentation: change({ proof: flipped(p.proof, -1) }), reason: "proof" },
      { class: "flipped-commitment", presentation: change({ proof: flipped(p.proof, 31) }), reason: "proof" },
      { class: "other-visits-tag", presentation: change({ T: w.visits[1]!.presentation.T }), reason: "proof" },
      { class: "other-visits-handle", presentation: change({ C2: w.visits[1]!.presentation.C2 }), reason: "proof" },
      { class: "other-visits-tag-key", presentation: change({ F2: w.visits[1]!.presentation.F2 }), reason: "proof" },
      {
        class: "scaled-signature",
        presentation: change({
          Abar: encodeG1(points.Abar.double()),
          Bbar: encodeG1(points.Bbar.double()),
          D: encodeG1(points.D.double()),
        }),
        reason: "proof",
      },
      { class: "other-slot", presentation: change({ slot: 0 }), reason: "proof" },
      { class: "slot-beyond-J", presentation: change({ slot: w.parameters.slots }), reason: "slot" },
      { class: "other-tag-epoch", presentation: change({ tagEpoch: w.epoch + 1 }), reason: "epoch" },
      { class: "other-credential-epoch", presentation: change({ credentialEpoch: w.epoch - 1 }), reason: "proof" },
      { class: "stale", presentation: change({ credentialEpoch: w.epoch - 2 }), reason: "stale" },
      { class: "credential-of-the-future", presentation: change({ credentialEpoch: w.epoch + 1 }), reason: "stale" },
      { class: "other-value-shown", presentation: change({ shown: [{ index: 0, value: "basic" }] }), reason: "proof" },
      {
        class: "unlisted-value-shown",
        presentation: change({ shown: [{ index: 0, value: "gold" }] }),
        reason: "attribute",
      },
      { class: "attribute-not-shown", presentation: change({ shown: [] }), reason: "encoding" },
      {
        class: "attribute-shown-twice",
        presentation: change({ shown: [p.shown[0]!, p.shown[0]!] }),
        reason: "attribute",
      },
      { class: "other-context", presentation: change({}), context: hex(w.visits[1]!.context), reason: "proof" },
      {
        class: "foreign-tag-parameters",
        presentation: change({}),
        tagParamsHash: hex(another("parameters")),
        reason: "proof",
      },
      {
        class: "foreign-credential-parameters",
        presentation: change({}),
        credentialParamsHash: hex(another("parameters")),
        reason: "proof",
      },
    ],
    refusedCheckIns: checkInFaults(w),
  };
}

/**
 * Faults outside the presentation: the receiver of a check-in finds them before it verifies the proof, or together with
 * it.
 */
function checkInFaults(w: World): Json {
  const { checkIn, challenge } = w.visits[0]!;
  const whole = CheckIn.decode(checkIn);
  const to = (change: Partial<CheckIn>): Edit => edit(checkIn, CheckIn.encode({ ...whole, ...change }));
  return [
    { class: "challenge-signature", reason: "challenge-signature", checkIn: to({ challenge: flipped(challenge, 40) }) },
    { class: "challenge-altered", reason: "challenge-signature", checkIn: to({ challenge: flipped(challenge, 105) }) },
    { class: "other-challenge", reason: "proof", checkIn: to({ challenge: w.visits[1]!.challenge }) },
    { class: "other-session-key", reason: "proof", checkIn: to({ sessionAuthKey: another("session") }) },
    { class: "other-recipient", reason: "proof", checkIn: to({ sessionRecipient: `${whole.sessionRecipient}x` }) },
    {
      class: "other-row-proof",
      reason: "proof",
      checkIn: to({ rowProof: CheckIn.decode(w.visits[1]!.checkIn).rowProof }),
    },
    { class: "other-channel", reason: "proof", checkIn: to({ hpkeEnc: flipped(whole.hpkeEnc, 0) }) },
    {
      class: "other-presentation",
      reason: "proof",
      checkIn: to({ presentation: Presentation.encode({ ...w.visits[1]!.presentation, slot: 1 }) }),
    },
  ];
}
