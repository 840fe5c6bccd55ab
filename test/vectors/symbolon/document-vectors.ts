// Makes documents.json: one sample of every document type that parties exchange and that is in no other file. Each has
// the hash by which other documents name it, and one broken form of its bytes.

import { approvalHashOf } from "../../../protocol/approvals.ts";
import { concatBytes } from "../../../protocol/bytes.ts";
import {
  caseBinding,
  type ForRequester,
  LinkParts,
  NoticeParts,
  RecordParts,
  type SealedPart,
  signForRequester,
  signPart,
  TracePart,
  TrusteeCard,
} from "../../../protocol/case-documents.ts";
import type { Codec } from "../../../protocol/codec.ts";
import { identityRecordHash, Registrations } from "../../../protocol/contract-chain.ts";
import {
  CaseResult,
  Contract,
  contractHashOf,
  Dossier,
  IdentityDisclosure,
  Manifest,
  manifestHashOf,
  orderHashOf,
  presentationHashOf,
  Receipt,
  requesterHashOf,
  ServiceCard,
  signDocument,
  signDossier,
} from "../../../protocol/documents.ts";
import { IdentityRecord } from "../../../protocol/identity-record.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { officerCardHashOf } from "../../../protocol/officer-card.ts";
import { RecordItems } from "../../../protocol/record-items.ts";
import { edit, flipped, hex, type Json, longer, replaced } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

const fill = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);

export function documentVectors(w: World): Json {
  const visit = w.visits[0]!;
  const part: SealedPart = {
    caseId: w.order.caseId,
    context: caseBinding(w.contextOf("notice", 1)),
    round: "link",
    from: 1,
    to: 2,
    sealed: fill(7, 40),
  };
  const recordItems: RecordItems = {
    caseId: w.order.caseId,
    orderHash: w.orderHash,
    trustee: 1,
    items: [{ serviceId: w.serviceId, tagHash: fill(4, 32), recordId: fill(5, 16), stanza: fill(6, 20) }],
  };
  const forRequester: ForRequester = {
    caseId: w.order.caseId,
    orderHash: w.orderHash,
    kind: "result",
    from: 1,
    sealed: fill(8, 40),
  };
  const receipt: Receipt = {
    tagHash: visit.tagHash,
    serviceId: w.serviceId,
    presentationHash: presentationHashOf(visit.checkIn),
    epoch: w.epoch,
    openedAt: w.issuedAt + 5,
  };
  const plain = <T>(codec: Codec<T>, value: T) => ({ document: codec.name, bytes: hex(codec.encode(value)) });
  const result: CaseResult = {
    caseId: w.order.caseId,
    orderHash: w.orderHash,
    epochFrom: w.epoch,
    epochTo: w.epoch,
    sessions: w.visits
      .map((v) => ({ epoch: w.epoch, slot: v.slot, serviceId: w.serviceId, tagHash: v.tagHash }))
      .sort((a, b) => (hex(a.tagHash) < hex(b.tagHash) ? -1 : 1)),
    unproved: [{ epoch: w.epoch, reason: "no-root" }],
  };
  const unsigned: Dossier = {
    salt: w.salt,
    checkIn: undefined,
    selector: "A123456780",
    generations: [{ contract: Contract.encode(w.contract), epochFrom: w.epoch, epochTo: w.epoch }],
    identity: w.identity,
    identitySalts: [w.identitySalt],
    uncovered: 0,
    registrarSignature: undefined,
  };
  const dossier = signDossier(unsigned, w.orderHash, w.registrarSign);
  const card = signDocument(LABELS.signServiceCard, ServiceCard, w.card, w.clinicSecret);
  return {
    signed: [
      { document: "ServiceCard", label: LABELS.signServiceCard, bytes: hex(card) },
      { document: "Challenge", label: LABELS.signChallenge, bytes: hex(visit.challenge) },
      {
        document: "Manifest",
        label: LABELS.signManifest,
        bytes: hex(w.manifest),
        hash: hex(manifestHashOf(w.manifest)),
      },
      {
        document: "Receipt",
        label: LABELS.signReceipt,
        bytes: hex(signDocument(LABELS.signReceipt, Receipt, receipt, rngOf("service worker")(32))),
      },
      {
        document: "RequesterCertificate",
        label: LABELS.signRequester,
        bytes: hex(w.certificate),
        hash: hex(requesterHashOf(w.certificate)),
      },
      { document: "Order", label: LABELS.signOrder, bytes: hex(w.signedOrder), hash: hex(orderHashOf(w.signedOrder)) },
      {
        document: "OfficerCard",
        label: LABELS.signOfficer,
        bytes: hex(w.officers[0]!.card),
        hash: hex(officerCardHashOf(w.officers[0]!.card)),
      },
      {
        document: "Approval",
        label: LABELS.signApproval,
        bytes: hex(w.approvals[0]!),
        hash: hex(approvalHashOf(w.approvals[0]!)),
      },
      {
        document: "TrusteeCard",
        label: LABELS.signTrustee,
        bytes: hex(
          signDocument(
            LABELS.signTrustee,
            TrusteeCard,
            { index: 1, transportKey: w.committee[0]!.transport.publicKey },
            w.committee[0]!.identitySecret,
          ),
        ),
      },
      { document: "SealedPart", label: LABELS.signPart, bytes: hex(signPart(part, w.committee[0]!.identitySecret)) },
      {
        document: "ForRequester",
        label: LABELS.signForRequester,
        bytes: hex(signForRequester(forRequester, w.committee[0]!.identitySecret)),
      },
      {
        document: "CaseResult",
        label: LABELS.signResult,
        bytes: hex(signDocument(LABELS.signResult, CaseResult, result, w.committee[0]!.identitySecret)),
      },
    ],
    plain: [
      plain(Dossier, dossier),
      plain(IdentityRecord, IdentityRecord.decode(w.identity)),
      plain(Registrations, {
        record: identityRecordHash(w.identity),
        at: 1_800_000_000,
        contracts: [contractHashOf(Contract.encode(w.contract))],
      }),
      plain(IdentityDisclosure, {
        contracts: [Contract.encode(w.contract)],
        identity: w.identity,
        identitySalts: [w.identitySalt],
      }),
      plain(RecordItems, recordItems),
      plain(NoticeParts, { shares: [fill(1, 3), fill(2, 4)] }),
      plain(LinkParts, { shares: [fill(1, 3), fill(2, 4)] }),
      plain(TracePart, { context: fill(1, 3), share: fill(2, 4) }),
      plain(RecordParts, {
        items: [{ ...pick(w.place), context: fill(1, 3), ciphertext: fill(2, 4), share: new Uint8Array() }],
      }),
    ],
    refusedManifests: manifestFaults(w),
  };
}

const pick = ({ serviceId, tagHash, recordId }: World["place"]) => ({ serviceId, tagHash, recordId });

/** Signed<Manifest>: u8 0 ‖ u8 1 ‖ key 32 ‖ signature 64 ‖ u32 length ‖ document. */
function manifestFaults(w: World): Json {
  const DOCUMENT = 2 + 32 + 64 + 4;
  const m = w.manifest;
  const value = Manifest.decode(m.slice(DOCUMENT));
  const signedAs = (label: typeof LABELS.signManifest | typeof LABELS.signOrder): Uint8Array =>
    signDocument(label as typeof LABELS.signManifest, Manifest, value, w.clinicSecret);
  return [
    { class: "wrong-type", reason: "wrong-type", bytes: edit(m, flipped(m, 0)) },
    { class: "unknown-version", reason: "unknown-version", bytes: edit(m, replaced(m, 1, Uint8Array.of(2))) },
    { class: "trailing-byte", reason: "malformed", bytes: edit(m, longer(m)) },
    { class: "truncated", reason: "malformed", bytes: edit(m, m.subarray(0, -1)) },
    { class: "other-key", reason: "malformed", bytes: edit(m, flipped(m, 2)) },
    { class: "flipped-signature", reason: "malformed", bytes: edit(m, flipped(m, 40)) },
    { class: "altered", reason: "malformed", bytes: edit(m, flipped(m, -1)) },
    { class: "other-label", reason: "malformed", bytes: edit(m, signedAs(LABELS.signOrder)) },
    {
      class: "length-beyond",
      reason: "malformed",
      bytes: edit(m, concatBytes(m.slice(0, DOCUMENT - 4), Uint8Array.of(255, 255, 255, 255), m.slice(DOCUMENT))),
    },
  ];
}
