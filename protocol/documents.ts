// The wire documents that the roles exchange, with one codec per type; docs/SPEC.md has the layouts. Every hash of a
// document covers its exact bytes. Points stay bytes here: the function that uses a point decodes it once.
//
//   wallet  → service    CheckIn (Challenge signed by the service, Presentation, session keys)      → Receipt
//   wallet  → registrar  Contract at enrolment, RefreshRequest every epoch                           → IssuedCredential
//   clinic  → service    Manifest beside each blob, signed by the service
//   requester → escrow → trustees   Order, Dossier (sealed to each trustee)  → Approval → shares → CaseResult

import { concatBytes, labelledHash, u32be, utf8ToBytes } from "./bytes.ts";
import {
  ascending,
  blob,
  bool,
  type Codec,
  CodecError,
  document,
  fixed,
  list,
  type Of,
  oneOf,
  optional,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from "./codec.ts";
import { asSigner, nobleSigner, nobleVerify, type Signer, type VerifySignature } from "./ed25519.ts";
import { LABELS, type Label } from "./labels.ts";

// ---- signed documents: Ed25519 (RFC 8032, strict) over label ‖ document bytes

/** A document with the key that signed it. */
export const Signed = document("Signed", 0x00, 1, { key: fixed(32), signature: fixed(64), document: blob });

/** Signs label ‖ encode(value) and returns the encoded `Signed`. @param by a 32-byte Ed25519 seed, or a signer */
export function signDocument<T>(label: Label, codec: Codec<T>, value: T, by: Uint8Array | Signer): Uint8Array {
  const signer = asSigner(by);
  const bytes = codec.encode(value);
  const signature = signer.sign(concatBytes(utf8ToBytes(label), bytes));
  return Signed.encode({ key: signer.publicKey, signature, document: bytes });
}

/**
 * Decodes a signed document and verifies its signature against the key inside. The caller decides whether it trusts
 * that key.
 * @throws CodecError; a signature that does not verify has the reason "malformed", like any other bad document
 */
export function openSigned<T>(
  label: Label,
  codec: Codec<T>,
  bytes: Uint8Array,
  verify: VerifySignature = nobleVerify,
): { key: Uint8Array; value: T; bytes: Uint8Array } {
  const signed = Signed.decode(bytes);
  if (!verify(signed.signature, concatBytes(utf8ToBytes(label), signed.document), signed.key))
    throw new CodecError("malformed", `${codec.name}: signature does not verify`);
  return { key: signed.key, value: codec.decode(signed.document), bytes };
}

// ---- parameters and services

const Attribute = struct({ name: text, values: list(text) });
const Requirement = struct({ attribute: text, accepted: list(text) });

/** Valid for every epoch in [epochFrom, epochTo]. Exactly one document covers an epoch. The registrar signs it. */
export const Parameters = document("Parameters", 0x01, 2, {
  realm: text,
  epochFrom: u32,
  epochTo: u32,
  slots: u16,
  challengeWindowSeconds: u32,
  offlineGraceSeconds: u32,
  logFreshnessSeconds: u32, // the greatest age of a cosignature that counts
  attributes: list(Attribute),
  issuerKey: fixed(96),
  keySetId: fixed(32),
  traceKey: fixed(48),
  linkKey: fixed(48),
  recordKey: fixed(48),
  groupHybridKey: blob,
  threshold: u8,
  assembleThreshold: u8, // approvals that an assemble needs; threshold <= assembleThreshold <= trustees
  trusteeKeys: list(fixed(32)),
});
export type Parameters = Of<typeof Parameters>;
/** p_e of every epoch that the document covers. The hash covers the document without its signature. */
export const paramsHashOf = (p: Parameters): Uint8Array => labelledHash(LABELS.paramsHash, Parameters.encode(p));

/**
 * One service's keys and policy, signed by its signKey. It certifies itself, because serviceId is the first 16 bytes of
 * the hash of signKey. `version` rises with each card of the service, and a card is good within its dates (unix
 * seconds, both ends included). So an old card, which may name a lost key, is refused.
 */
export const ServiceCard = document("ServiceCard", 0x02, 2, {
  signKey: fixed(32),
  version: u32,
  notBefore: u64,
  notAfter: u64,
  name: text,
  hpkeKey: blob,
  ageRecipient: text,
  oauthKeyJwk: text,
  required: list(Requirement),
  maxStaleEpochs: u8,
});
export type ServiceCard = Of<typeof ServiceCard>;
/** The first 16 bytes of labelledHash(serviceId, signKey). */
export const serviceIdOf = (signKey: Uint8Array): Uint8Array => labelledHash(LABELS.serviceId, signKey).subarray(0, 16);
/** The hash of a Signed<ServiceCard>, 32 bytes. Challenges and the log name a card by it. */
export const cardHashOf = (signedBytes: Uint8Array): Uint8Array => labelledHash(LABELS.serviceCard, signedBytes);

// ---- check-in

/**
 * A service's request for one check-in, with its nonce, time window and policy. Signed by the service's key. It names
 * the card under which it asks.
 */
export const Challenge = document("Challenge", 0x03, 2, {
  serviceId: fixed(16),
  cardHash: fixed(32),
  nonce: fixed(16),
  issuedAt: u64,
  expiresAt: u64,
  paramsHash: fixed(32),
  required: list(Requirement),
  maxStaleEpochs: u8,
});
export type Challenge = Of<typeof Challenge>;

/** bytes of a claim (claim.ts); its form is for the wallet alone */
export const CLAIM_BYTES = 82;
/**
 * A wallet's answer to a challenge: the presentation, the keys of the new session, and a claim by which a restored
 * wallet finds the session again.
 */
export const CheckIn = document("CheckIn", 0x04, 2, {
  challenge: blob,
  presentation: blob,
  sessionAuthKey: fixed(32),
  sessionRecipient: text,
  rowProof: fixed(64), // the wallet's proof for the row of the session index (index-row.ts)
  claim: fixed(CLAIM_BYTES),
  hpkeEnc: blob,
});
export type CheckIn = Of<typeof CheckIn>;
/** A check-in as far as it stands before its presentation, and before its channel, is made. */
export type CheckInBeforeProof = Omit<CheckIn, "presentation">;
export type CheckInBeforeChannel = Omit<CheckIn, "presentation" | "hpkeEnc">;
const fieldsBeforeChannel = (c: CheckInBeforeChannel): Uint8Array[] => [
  c.challenge,
  c.sessionAuthKey,
  utf8ToBytes(c.sessionRecipient),
  c.rowProof,
  c.claim,
];
/**
 * The hash that binds a presentation to its check-in: the challenge (with service, policy and nonce), the session keys,
 * the row proof and the claim. The tag of the presentation's proof absorbs it.
 */
export const checkInContext = (c: CheckInBeforeProof): Uint8Array =>
  labelledHash(LABELS.challenge, ...fieldsBeforeChannel(c), c.hpkeEnc);
/** HPKE info of the session's channel. It covers every field of the check-in that is known before `enc` is made. */
export const channelContext = (c: CheckInBeforeChannel): Uint8Array =>
  labelledHash(LABELS.channelContext, ...fieldsBeforeChannel(c));
/** The hash of the whole CheckIn document, 32 bytes. */
export const presentationHashOf = (checkInBytes: Uint8Array): Uint8Array =>
  labelledHash(LABELS.presentation, checkInBytes);

/** Signed by the service Worker's receipt key. It states that this session was opened, once. */
export const Receipt = document("Receipt", 0x05, 1, {
  tagHash: fixed(32),
  serviceId: fixed(16),
  presentationHash: fixed(32),
  epoch: u32,
  openedAt: u64,
});
export type Receipt = Of<typeof Receipt>;

export const CHECK_IN_REFUSALS = ["credential-refused", "clock-skew"] as const;
/**
 * Signed by the service Worker's receipt key. It states that the Worker refused this check-in at this moment, with this
 * problem code. A proxy between wallet and Worker cannot make it.
 */
export const RefusedCheckIn = document("RefusedCheckIn", 0x1a, 1, {
  presentationHash: fixed(32),
  code: oneOf(...CHECK_IN_REFUSALS),
  at: u64,
});
export type RefusedCheckIn = Of<typeof RefusedCheckIn>;

// ---- records

export const MANIFEST_KINDS = ["record", "amendment", "withdrawal", "move", "erasure"] as const;
/**
 * One per record or statement, signed by the service. `count` and `previous` chain the manifests of one session. A
 * record or amendment has a blob. A withdrawal, move or erasure concerns `target` and has no blob: its hashes are zero
 * and its size is 0.
 */
export const Manifest = document("Manifest", 0x06, 1, {
  kind: oneOf(...MANIFEST_KINDS),
  serviceId: fixed(16),
  tagHash: fixed(32),
  recordId: fixed(16),
  target: optional(fixed(16)),
  movedTo: optional(fixed(32)),
  blobHash: fixed(32),
  stanzaHash: fixed(32),
  size: u64,
  day: u32, // days since 1970-01-01: the coarse date
  contentKind: text,
  keySetId: fixed(32),
  count: u32, // 1 for the session's first manifest
  previous: fixed(32), // manifestHash of the previous manifest; zeros for the first
});
export type Manifest = Of<typeof Manifest>;
/** The hash of a Signed<Manifest>, 32 bytes. */
export const manifestHashOf = (signedBytes: Uint8Array): Uint8Array => labelledHash(LABELS.manifest, signedBytes);

// ---- registrar

/**
 * The contract is the enrolment proof of one phone: rows Cm, R, V and the two halves F1, F2 of F°. Its tag absorbs every
 * field before the points (enrolment.ts). Contracts of one person form a chain (contract-chain.ts).
 */
export const Contract = document("Contract", 0x07, 2, {
  generation: u32, // 0 for the person's first phone
  salt: fixed(32), // the wallet's own random bytes; k and z derive from them
  previous: optional(fixed(32)), // contractHash of the generation before; absent in generation 0
  identityCommitment: fixed(32),
  paramsHash: fixed(32),
  nonce: fixed(32),
  Cm: fixed(48),
  R: fixed(48),
  V: fixed(96),
  F1: fixed(48),
  F2: fixed(48),
  proof: blob,
  continuation: optional(blob), // proof of the k of the generation before; absent if its words were lost
});
export type Contract = Of<typeof Contract>;
/** The hash of a Contract, 32 bytes. */
export const contractHashOf = (bytes: Uint8Array): Uint8Array => labelledHash(LABELS.contract, bytes);
/** A commitment to the registrar's identity record. It is binding, and the 32-byte random salt makes it hiding. */
export const identityCommitmentOf = (salt: Uint8Array, identity: Uint8Array): Uint8Array =>
  labelledHash(LABELS.identity, salt, identity);

/** A wallet's request for the credential of one epoch. Its proof is over the stored R and V (enrolment.ts). */
export const RefreshRequest = document("RefreshRequest", 0x08, 1, {
  account: fixed(16),
  nonce: fixed(32),
  epoch: u32,
  deviceKey: fixed(32),
  Cm: fixed(48),
  proof: blob,
});
export type RefreshRequest = Of<typeof RefreshRequest>;

/** The blind signature (A, e) with the messages that it signs in clear. */
export const IssuedCredential = document("IssuedCredential", 0x0a, 1, {
  epoch: u32,
  values: list(text), // one per attribute, "" if the patient has none
  A: fixed(48),
  e: fixed(32),
});
export type IssuedCredential = Of<typeof IssuedCredential>;

/**
 * The answer to an approved trace, signed by the registrar and sealed to the requester: the person's contracts from
 * generation 0 up to the traced one, and the openings of their identity commitments.
 */
export const IdentityDisclosure = document("IdentityDisclosure", 0x12, 2, {
  contracts: list(blob), // the traced one is the last
  identity: blob, // IdentityRecord
  identitySalts: list(fixed(32)), // one per contract
});
export type IdentityDisclosure = Of<typeof IdentityDisclosure>;

// ---- orders

/**
 * Signed by the registrar's signing key. It states that this key belongs to a registered requester, from `notBefore` on
 * and before `notAfter`. The registrar can withdraw it earlier (requester-status.ts).
 */
export const RequesterCertificate = document("RequesterCertificate", 0x0b, 2, {
  signKey: fixed(32),
  sealKey: blob, // X-Wing public key
  name: text,
  role: text,
  notBefore: u64,
  notAfter: u64,
});
/** The hash of a Signed<RequesterCertificate>, 32 bytes. */
export const requesterHashOf = (signedBytes: Uint8Array): Uint8Array => labelledHash(LABELS.requester, signedBytes);
export type RequesterCertificate = Of<typeof RequesterCertificate>;

export const ORDER_KINDS = ["link", "trace", "assemble"] as const;
/** Signed by the requester's key. subject = subjectHashOf(dossier), so the order itself names nobody. */
export const Order = document("Order", 0x0c, 1, {
  caseId: fixed(32),
  kind: oneOf(...ORDER_KINDS),
  certificate: blob, // Signed<RequesterCertificate>
  purpose: text,
  legalGround: text,
  epochFrom: u32,
  epochTo: u32,
  services: list(fixed(16)), // empty: all
  emergency: bool, // only an emergency order may open the current epoch
  subject: fixed(32),
  keySetId: fixed(32),
  shareGeneration: u32,
  issuedAt: u64,
  expiresAt: u64,
});
export type Order = Of<typeof Order>;
/** The hash of a Signed<Order>, 32 bytes. */
export const orderHashOf = (signedBytes: Uint8Array): Uint8Array => labelledHash(LABELS.order, signedBytes);

const Generation = struct({ contract: blob, epochFrom: u32, epochTo: u32 });
/**
 * The evidence for an order, which the trustees need and the escrow must not see; it is sealed to each trustee.
 * A link or trace has the CheckIn. An assemble has the contracts of all generations, the identity and the opening of its
 * commitment. The registrar signs an assemble's dossier as a whole:
 * Ed25519 over signDossier ‖ order hash ‖ Dossier without registrarSignature.
 */
export const Dossier = document("Dossier", 0x0d, 2, {
  salt: fixed(32),
  checkIn: optional(blob),
  selector: text, // assemble: the requester's name for the person, e.g. an insurance number
  generations: list(Generation),
  identity: optional(blob),
  identitySalts: list(fixed(32)), // openings of the generations' identity commitments, in order
  uncovered: u8, // assemble: as many of the oldest generations have contracts under an earlier link key
  registrarSignature: optional(fixed(64)), // assemble
});
export type Dossier = Of<typeof Dossier>;

/** The bytes that the registrar signs: signDossier ‖ order hash ‖ Dossier without registrarSignature. */
const dossierMessage = (dossier: Dossier, orderHash: Uint8Array): Uint8Array =>
  concatBytes(
    utf8ToBytes(LABELS.signDossier),
    orderHash,
    Dossier.encode({ ...dossier, registrarSignature: undefined }),
  );
/** The dossier with the registrar's signature for this order. @param registrarSecret 32-byte Ed25519 seed */
export const signDossier = (dossier: Dossier, orderHash: Uint8Array, registrarSecret: Uint8Array): Dossier => ({
  ...dossier,
  registrarSignature: nobleSigner(registrarSecret).sign(dossierMessage(dossier, orderHash)),
});
/** Whether the registrar signed this dossier for this order. */
export const isDossierOf = (registrarKey: Uint8Array, dossier: Dossier, orderHash: Uint8Array): boolean =>
  dossier.registrarSignature !== undefined &&
  nobleVerify(dossier.registrarSignature, dossierMessage(dossier, orderHash), registrarKey);

/** The subject of an assemble: the hash of every generation's contract with its epochs. */
export const assembleSubjectHash = (generations: Dossier["generations"]): Uint8Array =>
  labelledHash(
    LABELS.assembleSubject,
    ...generations.flatMap((g) => [contractHashOf(g.contract), u32be(g.epochFrom), u32be(g.epochTo)]),
  );
/** The hash of a Dossier's bytes, 32 bytes. Officers approve it, and every trustee of a case compares it with its own dossier. */
export const dossierHashOf = (bytes: Uint8Array): Uint8Array => labelledHash(LABELS.dossier, bytes);
/** The order's hiding commitment to its subject: the check-in, or the selector if the order is an assemble. */
export const subjectHashOf = (salt: Uint8Array, checkInOrSelector: Uint8Array): Uint8Array =>
  labelledHash(LABELS.orderSubject, salt, checkInOrSelector);

const EpochSlots = struct({ epoch: u32, slots: u16, paramsHash: fixed(32) });
/**
 * The subject of a trace's shares: both halves (C1, C2) of the handle's encryption. Because both are bound, nobody can
 * show the registrar the shares with another C2. The registrar can check this without seeing the presentation.
 */
export const traceSubjectHash = (C1: Uint8Array, C2: Uint8Array): Uint8Array =>
  labelledHash(LABELS.traceSubject, C1, C2);

/** All values to which a share is bound; ctx = caseContextHash. */
export const CaseContext = document("CaseContext", 0x0f, 1, {
  kind: oneOf("notice", "link", "trace", "record"),
  caseId: fixed(32),
  orderHash: fixed(32),
  keySetId: fixed(32),
  shareGeneration: u32,
  scope: ascending(EpochSlots, (a, b) => a.epoch < b.epoch), // slots 0..slots-1 of each epoch
  requesterKey: fixed(32),
  subjectHash: fixed(32), // hash of the presentation, a contract, (C1, C2) for a trace, or a stanza
  nonce: fixed(32),
  set: ascending(u8, (a, b) => a < b), // S
  trustee: u8,
  expiresAt: u64,
  checkpoint: fixed(32), // hash of the cosigned checkpoint note
});
export type CaseContext = Of<typeof CaseContext>;
export const caseContextHash = (c: CaseContext): Uint8Array => labelledHash(LABELS.caseContext, CaseContext.encode(c));

export const UNPROVED_REASONS = ["open", "no-root", "false-root"] as const;
/**
 * An epoch whose rows the trustees could not compare with a root in the log. "open": its index need not be closed yet.
 * "no-root": it should be closed, and the escrow showed no root in the log. "false-root": the rows do not have the root.
 */
const Unproved = struct({ epoch: u32, reason: oneOf(...UNPROVED_REASONS) });
const LinkedSession = struct({ epoch: u32, slot: u16, serviceId: fixed(16), tagHash: fixed(32) });
/**
 * Each member of S computes and signs this result alone, one per chunk of the order's epochs (case-chunks.ts). It
 * counts if t members sign the same document. It is sealed to the requester.
 */
export const CaseResult = document("CaseResult", 0x10, 2, {
  caseId: fixed(32),
  orderHash: fixed(32),
  epochFrom: u32,
  epochTo: u32,
  sessions: list(LinkedSession), // newest epoch first, then by tagHash
  unproved: list(Unproved), // newest epoch first
});
export type CaseResult = Of<typeof CaseResult>;

export const LOG_KINDS = [
  "parameters",
  "key-set",
  "service",
  "requester",
  "order",
  "approval",
  "refusal",
  "notice",
  "opening",
  "erasure",
  "index-root",
  "requester-revoked",
  "officer",
  "officer-removed",
  "service-suspended",
  "service-resumed",
  "app-build",
] as const;
export type LogKind = (typeof LOG_KINDS)[number];
/**
 * An entry of the transparency log. It holds no personal data. `subject` is the hash of the document that the entry
 * announces.
 */
export const LogEntry = document("LogEntry", 0x11, 1, {
  kind: oneOf(...LOG_KINDS),
  at: u64,
  subject: fixed(32),
  caseId: optional(fixed(32)),
  body: blob, // a public document in full; for a notice: protocol/notice.ts; else empty
});
export type LogEntry = Of<typeof LogEntry>;
