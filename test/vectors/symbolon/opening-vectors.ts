// Makes openings.json: the case (order, approvals, log, contexts), link and notice shares with their combined values,
// and trace shares. Every kind of share is also broken in one way at a time. Makes records.json: stanza, record shares,
// file key; hybrid seal; padding.

import { sha256 } from "@noble/hashes/sha2.js";
import { pad } from "../../../client/sealing/padding.ts";
import { concatBytes, u32be, utf8ToBytes } from "../../../protocol/bytes.ts";
import { NoticeContent } from "../../../protocol/case-documents.ts";
import {
  CaseContext,
  type CaseContext as Context,
  caseContextHash,
  dossierHashOf,
} from "../../../protocol/documents.ts";
import { hybridSeal } from "../../../protocol/hybrid-seal.ts";
import { formatVkey } from "../../../protocol/note.ts";
import { sealNotice } from "../../../protocol/notice.ts";
import {
  combineLink,
  combineNotice,
  combinePoints,
  combineTrace,
  LinkShare,
  linkShare,
  NoticeShare,
  noticeMac,
  noticeShare,
  RecordShare,
  recordShare,
  sessionIndexValue,
  TraceShare,
  traceShare,
  walletKappa,
} from "../../../protocol/opening.ts";
import {
  decodeG1,
  decodeG2,
  encodeG1,
  encodeGT,
  encodeScalar,
  Fp12,
  G,
  type G1,
  tagBase,
} from "../../../protocol/suite.ts";
import { sealThreshold, Tdh2Ciphertext, tdh2Encrypt, tdh2Finish } from "../../../protocol/tdh2.ts";
import {
  edit,
  flipped,
  hex,
  hexes,
  IDENTITY_G1,
  type Json,
  longer,
  ONE_GT,
  replaced,
  UNREDUCED_SCALAR,
} from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

const bytesOf = (c: Context): string => hex(CaseContext.encode(c));
const GT_AT = 2 + 1 + 2;
const GT_BYTES = 576;

export function openingVectors(w: World): Json {
  const { presentation } = w.visits[0]!;
  const [C1, C2, F2] = [presentation.C1, presentation.C2, presentation.F2].map(decodeG1) as [G1, G1, G1];
  const slots = [0, 1].map((slot) => tagBase(w.paramsHash, w.epoch, slot));
  const at = (kind: Context["kind"], i: number) => ({
    ctx: caseContextHash(w.contextOf(kind, i)),
    index: i,
    set: w.set,
    shareKey: w.keySet.shareKeys[i - 1]!.link,
    F1: C1,
    F2,
  });
  const links = w.set.map((i) =>
    linkShare({ ...at("link", i), slots, share: w.shares[i - 1]!.shares.link }, rngOf(`link share ${i}`)),
  );
  const notices = w.set.map((i) =>
    noticeShare(
      { ...at("notice", i), caseId: w.order.caseId, share: w.shares[i - 1]!.shares.link },
      rngOf(`notice share ${i}`),
    ),
  );
  const traces = w.set.map((i) =>
    traceShare(
      {
        ctx: caseContextHash(w.contextOf("trace", i)),
        index: i,
        shareKey: w.keySet.shareKeys[i - 1]!.trace,
        C1,
        share: w.shares[i - 1]!.shares.trace,
      },
      rngOf(`trace share ${i}`),
    ),
  );
  const kappa = combineNotice({ set: w.set, shares: notices });
  if (!Fp12.eql(kappa, walletKappa(w.secrets.z, w.order.caseId))) throw new Error("two kappas");
  const others = [2n, 3n]; // z of two more subjects
  const otherKappas = others.map((z) => walletKappa(z, w.order.caseId));
  const content: NoticeContent = {
    kind: "link",
    caseId: w.order.caseId,
    orderHash: w.orderHash,
    requesterName: "Dr. Vector",
    requesterRole: "physician",
    purpose: w.order.purpose,
    legalGround: w.order.legalGround,
    epochFrom: w.order.epochFrom,
    epochTo: w.order.epochTo,
    services: [],
    emergency: true,
    approvedBy: w.set,
    approvedAt: w.order.issuedAt + 120,
  };
  const link = LinkShare.encode(links[0]!);
  const trace = TraceShare.encode(traces[0]!);
  const notice = NoticeShare.encode(notices[0]!);
  const negated = (d: (typeof links)[number]["values"][number]) => encodeGT(Fp12.neg(d));
  return {
    certificate: hex(w.certificate),
    order: hex(w.signedOrder),
    orderHash: hex(w.orderHash),
    subject: { salt: hex(w.salt), hash: hex(w.order.subject) },
    dossier: { bytes: hex(w.dossier), hash: hex(dossierHashOf(w.dossier)) },
    approvals: hexes(w.approvals),
    logEntries: hexes(w.entries),
    logVkey: formatVkey(w.logVkey),
    checkpoint: w.checkpoint,
    checkpointHash: hex(w.contextOf("link", 1).checkpoint),
    set: w.set,
    shareKeys: {
      link: w.keySet.shareKeys.map((k) => hex(encodeG1(k.link))),
      trace: w.keySet.shareKeys.map((k) => hex(encodeG1(k.trace))),
    },
    link: {
      F1: hex(presentation.C1),
      F2: hex(presentation.F2),
      slots: [0, 1].map((slot) => ({ epoch: w.epoch, slot, paramsHash: hex(w.paramsHash) })),
      contexts: w.set.map((i) => bytesOf(w.contextOf("link", i))),
      shares: links.map((s) => hex(LinkShare.encode(s))),
      indexValues: hexes(combineLink({ set: w.set, shares: links })),
      sessions: w.visits.map((v) => ({ slot: v.slot, indexValue: hex(sessionIndexValue(decodeG2(v.presentation.T))) })),
      refused: [
        {
          class: "sign-flipped",
          reason: "malformed",
          share: edit(link, replaced(link, GT_AT, negated(links[0]!.values[0]!))),
        },
        { class: "identity", reason: "malformed", share: edit(link, replaced(link, GT_AT, ONE_GT)) },
        {
          class: "unreduced-coordinate",
          reason: "malformed",
          share: edit(link, replaced(link, GT_AT, new Uint8Array(48).fill(255))),
        },
        {
          class: "non-canonical-scalar",
          reason: "malformed",
          share: edit(link, replaced(link, link.length - 32, UNREDUCED_SCALAR)),
        },
        { class: "trailing-byte", reason: "malformed", share: edit(link, longer(link)) },
        {
          class: "value-inverted",
          reason: "share",
          share: edit(link, replaced(link, GT_AT, encodeGT(Fp12.conjugate(links[0]!.values[0]!)))),
        },
        {
          class: "values-swapped",
          reason: "share",
          share: edit(
            link,
            replaced(
              link,
              GT_AT,
              concatBytes(link.slice(GT_AT + GT_BYTES, GT_AT + 2 * GT_BYTES), link.slice(GT_AT, GT_AT + GT_BYTES)),
            ),
          ),
        },
        { class: "flipped-response", reason: "share", share: edit(link, flipped(link, -1)) },
        { class: "other-index", reason: "share", share: edit(link, replaced(link, 2, Uint8Array.of(2))) },
        { class: "other-trustees-share", reason: "share", share: edit(link, LinkShare.encode(links[1]!)) },
        {
          class: "other-context",
          reason: "share",
          share: edit(link, link),
          context: bytesOf({ ...w.contextOf("link", 1), nonce: new Uint8Array(32) }),
        },
        {
          class: "notice-context",
          reason: "share",
          share: edit(link, link),
          context: bytesOf(w.contextOf("notice", 1)),
        },
        { class: "other-set", reason: "share", share: edit(link, link), set: [1, 3] },
      ],
    },
    notice: {
      caseId: hex(w.order.caseId),
      contexts: w.set.map((i) => bytesOf(w.contextOf("notice", i))),
      shares: notices.map((s) => hex(NoticeShare.encode(s))),
      z: hex(encodeScalar(w.secrets.z)),
      kappa: hex(encodeGT(kappa)),
      mac: hex(noticeMac(kappa, w.order.caseId)),
      content: hex(NoticeContent.encode(content)),
      body: hex(sealNotice([kappa], content)),
      several: {
        z: others.map((z) => hex(encodeScalar(z))),
        body: hex(sealNotice([...otherKappas, kappa], content)),
      },
      refused: [
        { class: "flipped-response", reason: "share", share: edit(notice, flipped(notice, -1)) },
        {
          class: "link-context",
          reason: "share",
          share: edit(notice, notice),
          context: bytesOf(w.contextOf("link", 1)),
        },
        { class: "other-case", reason: "share", share: edit(notice, notice), caseId: "00".repeat(32) },
      ],
    },
    trace: {
      C1: hex(presentation.C1),
      C2: hex(presentation.C2),
      contexts: w.set.map((i) => bytesOf(w.contextOf("trace", i))),
      shares: traces.map((s) => hex(TraceShare.encode(s))),
      R: hex(encodeG1(combineTrace({ C2, set: w.set, shares: traces }))),
      refused: [
        { class: "identity-point", reason: "malformed", share: edit(trace, replaced(trace, 3, IDENTITY_G1)) },
        { class: "other-point", reason: "share", share: edit(trace, replaced(trace, 3, encodeG1(G))) },
        { class: "flipped-response", reason: "share", share: edit(trace, flipped(trace, -1)) },
        {
          class: "other-context",
          reason: "share",
          share: edit(trace, trace),
          context: bytesOf({ ...w.contextOf("trace", 1), requesterKey: new Uint8Array(32) }),
        },
        { class: "other-session", reason: "share", share: edit(trace, trace), C1: hex(w.visits[1]!.presentation.C1) },
        { class: "other-trustees-share", reason: "share", share: edit(trace, TraceShare.encode(traces[1]!)) },
      ],
    },
  };
}

export function recordVectors(w: World): Json {
  const key = w.keySet.keys.record;
  const fileKey = rngOf("file key")(16);
  const { label } = w;
  const ciphertext = tdh2Encrypt({ key, label, plaintext: fileKey }, rngOf("stanza"));
  const stanza = sealThreshold({ key, groupHybridKey: w.keySet.groupHybridKey, label, fileKey }, rngOf("stanza"));
  const contexts = w.set.map((i) => w.contextOf("record", i, sha256(stanza)));
  const shares = w.set.map((i, n) =>
    recordShare(
      {
        ctx: caseContextHash(contexts[n]!),
        index: i,
        shareKey: w.keySet.shareKeys[i - 1]!.record,
        u: ciphertext.u,
        share: w.shares[i - 1]!.shares.record,
      },
      rngOf(`record share ${i}`),
    ),
  );
  const shared = combinePoints(w.set, shares);
  if (hex(tdh2Finish({ key, label, ct: ciphertext, shared })) !== hex(fileKey)) throw new Error("does not open");
  const ct = Tdh2Ciphertext.encode(ciphertext);
  const message = utf8ToBytes("sealed once");
  const sealed = hybridSeal(w.requesterSeal.publicKey, utf8ToBytes("aad"), message, rngOf("hybrid seal"));
  const padded = pad(utf8ToBytes("record"));
  return {
    place: {
      serviceId: hex(w.place.serviceId),
      tagHash: hex(w.place.tagHash),
      recordId: hex(w.place.recordId),
      keySetId: hex(w.place.keySetId),
    },
    label: hex(label),
    recordKey: hex(encodeG1(key)),
    groupHybridSecret: hex(w.shares[0]!.groupHybridSecret),
    fileKey: hex(fileKey),
    ciphertext: hex(ct),
    stanza: hex(stanza),
    shareKeys: w.keySet.shareKeys.map((k) => hex(encodeG1(k.record))),
    contexts: contexts.map(bytesOf),
    shares: shares.map((s) => hex(RecordShare.encode(s))),
    shared: hex(encodeG1(shared)),
    refusedCiphertexts: [
      { class: "other-label", reason: "proof", label: "00".repeat(32), ciphertext: edit(ct, ct) },
      { class: "other-key", reason: "proof", key: hex(encodeG1(w.keySet.keys.link)), ciphertext: edit(ct, ct) },
      { class: "flipped-response", reason: "proof", ciphertext: edit(ct, flipped(ct, 2 + 96 + 63)) },
      { class: "flipped-body", reason: "proof", ciphertext: edit(ct, flipped(ct, -1)) },
      { class: "point-swapped", reason: "proof", ciphertext: edit(ct, replaced(ct, 2, ct.slice(50, 98))) },
      { class: "identity-point", reason: "malformed", ciphertext: edit(ct, replaced(ct, 2, IDENTITY_G1)) },
      { class: "trailing-byte", reason: "malformed", ciphertext: edit(ct, longer(ct)) },
    ],
    refusedStanzas: [
      { class: "other-label", label: "00".repeat(32), stanza: edit(stanza, stanza) },
      { class: "flipped-kem", label: hex(label), stanza: edit(stanza, flipped(stanza, 1)) },
      { class: "flipped-body", label: hex(label), stanza: edit(stanza, flipped(stanza, -1)) },
    ],
    hybrid: {
      seed: hex(w.requesterSeal.secretKey),
      publicKey: hex(w.requesterSeal.publicKey),
      aad: hex(utf8ToBytes("aad")),
      plaintext: hex(message),
      sealed: hex(sealed),
      refused: [
        { class: "other-aad", aad: "", sealed: edit(sealed, sealed) },
        { class: "unknown-version", sealed: edit(sealed, replaced(sealed, 0, Uint8Array.of(2))) },
        { class: "flipped-kem", sealed: edit(sealed, flipped(sealed, 1)) },
        { class: "flipped-tag", sealed: edit(sealed, flipped(sealed, -1)) },
        { class: "trailing-byte", sealed: edit(sealed, longer(sealed)) },
        { class: "truncated", sealed: edit(sealed, sealed.subarray(0, -1)) },
      ],
    },
    padding: {
      data: hex(utf8ToBytes("record")),
      padded: hex(padded),
      lengths: [0, 507, 508, 1000, 1019, 4096, 65_536, 1_000_000].map((n) => ({
        data: n,
        padded: pad(new Uint8Array(n)).length,
      })),
      refused: [
        { class: "unknown-version", padded: edit(padded, replaced(padded, 0, Uint8Array.of(2))) },
        { class: "padding-not-zero", padded: edit(padded, flipped(padded, -1)) },
        { class: "trailing-byte", padded: edit(padded, longer(padded)) },
        { class: "truncated", padded: edit(padded, padded.subarray(0, -1)) },
        { class: "length-beyond", padded: edit(padded, replaced(padded, 1, u32be(4096))) },
        { class: "empty", padded: edit(padded, new Uint8Array()) },
      ],
    },
  };
}
