// Verifies an order and its subject: who asks, until when, for which epochs, and about which patient. The trustee does this
// when an officer reviews the order, and again before every round of the case. If the order has expired in between, the
// trustee opens nothing more.
//
//   order        signed with the requester's key (Ed25519, LABELS.signOrder), whose certificate the registrar signed
//                (LABELS.signRequester). The certificate is in force now: begun, not ended, not withdrawn
//   time         issuedAt <= now + the tolerance of clocks, now < expiresAt, at most MAX_ORDER_SECONDS between issuedAt and
//                expiresAt
//   keys         key-set id and share generation are those of the key set that this trustee holds
//   scope        link, assemble: every epoch in [epochFrom, epochTo] has begun and has parameters under this key set. If
//                check-ins of an epoch can still arrive (isEpochOpen of protocol/epoch.ts), only an emergency
//                order may contain it. trace: no slots; the session's own epoch and service must be within the order's
//   subject      link, trace: order.subject = subjectHashOf(salt, check-in). The presentation is verified again, and so is
//                the service's signature under the self-certifying service id
//                assemble: order.subject = subjectHashOf(salt, selector). The registrar has signed the whole dossier for
//                this order. For each generation the contract's proof verifies under the link key, its identity commitment
//                opens to the one identity, and it has epochs of the order: from a month of the parameters under
//                which it was made, not before the phone before it, and to the order's end. The
//                contracts form one chain from generation 0 on. The oldest ones may be under an earlier link key. The
//                dossier counts these, they open nothing, and at least one contract remains. The
//                identity record has the order's selector. So a requester can neither open another person,
//                nor turn the notice to a contract that opens nothing

import { sha256 } from "@noble/hashes/sha2.js";
import { nativeVerify } from "../../engine/ed25519.ts";
import { equalBytes, frame, utf8ToBytes } from "../../protocol/bytes.ts";
import {
  type CheckInVerdict,
  type ParametersOfEpoch,
  type ReadCheckIn,
  readCheckIn,
  verifyCheckIn,
} from "../../protocol/check-in.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { verifyChain } from "../../protocol/contract-chain.ts";
import {
  assembleSubjectHash,
  type CaseContext,
  contractHashOf,
  Dossier,
  dossierHashOf,
  identityCommitmentOf,
  isDossierOf,
  Order,
  openSigned,
  orderHashOf,
  RequesterCertificate,
  subjectHashOf,
  traceSubjectHash,
} from "../../protocol/documents.ts";
import { bytesToHex } from "../../protocol/encodings.ts";
import type { Engine } from "../../protocol/engine.ts";
import { verifyContract } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { IdentityRecord, isRecordOf } from "../../protocol/identity-record.ts";
import { type KeySet, keySetId } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { LogTrust } from "../../protocol/log-trust.ts";
import type { Checkpoint } from "../../protocol/note.ts";
import {
  MAX_ORDER_SECONDS,
  MAX_SCOPE_EPOCHS,
  MAX_SCOPE_SLOTS,
  type OrderFault,
  orderFault,
  type ScopeFault,
  scopeFault,
} from "../../protocol/order-limits.ts";
import { encodeG1, type G1 } from "../../protocol/suite.ts";
import { orderAhead } from "../shared/clock.ts";
import type { EpochParameters } from "../shared/parameters.ts";
import { Problem, refused } from "../shared/problems.ts";

/** The keys and sources that a trustee trusts before it reads any message. */
export interface Trust {
  /** Unix seconds */
  readonly now: number;
  /** Ed25519 public key, 32 bytes */
  readonly registrarKey: Uint8Array;
  /** the log and its witnesses; a head that proves an entry may have any age */
  readonly log: LogTrust;
  /** @throws Problem if this trustee signed a head that contradicts this verified one (witness.ts) */
  checkOwnLine(note: string, checkpoint: Checkpoint): Promise<void>;
  /** verified; contains the pinned identity keys of all trustees */
  readonly keySet: KeySet;
  /** of this trustee, from 1 */
  readonly index: number;
  /** X-Wing secret key; opens the dossier */
  readonly transportSecret: Uint8Array;
  /** only for public data */
  readonly engine: Engine;
  /** @throws Problem if no parameters cover the epoch */
  parameters(epoch: number): Promise<EpochParameters>;
  /** @throws Problem if the requester's certificate has ended or is withdrawn, or if that cannot be known */
  requireInForce(signed: Uint8Array, certificate: RequesterCertificate): Promise<void>;
}

/** epochs with their slots and parameters' hash, ascending */
export type Scope = CaseContext["scope"];

export interface CheckedOrder {
  readonly order: Order;
  /** orderHashOf(signed order), 32 bytes */
  readonly orderHash: Uint8Array;
  readonly requester: RequesterCertificate;
  /** ascending by epoch; empty for a trace */
  readonly scope: Scope;
}

/** Verifies everything about an order except its subject. @throws Problem, CodecError */
export async function verifyOrder(signed: Uint8Array, trust: Trust): Promise<CheckedOrder> {
  const { key, value: order } = openSigned(LABELS.signOrder, Order, signed, nativeVerify);
  const certificate = openSigned(LABELS.signRequester, RequesterCertificate, order.certificate, nativeVerify);
  if (!equalBytes(certificate.key, trust.registrarKey)) throw refused("order: certificate not by the registrar");
  if (!equalBytes(certificate.value.signKey, key)) throw refused("order: certificate of another key");
  await trust.requireInForce(order.certificate, certificate.value);
  await verifyLimits(order, trust);
  if (!equalBytes(order.keySetId, keySetId(trust.keySet)) || order.shareGeneration !== trust.keySet.generation)
    throw new Problem("not-allowed-now", "other key set or generation");
  const scope = await verifyScope(order, trust);
  return { order, orderHash: orderHashOf(signed), requester: certificate.value, scope };
}

type Fault = Exclude<OrderFault, "ahead"> | ScopeFault;
const FAULTS: Record<Fault, readonly ["expired" | "malformed" | "not-allowed-now", string?]> = {
  expired: ["expired"],
  "too-long": ["malformed", `An order is valid for at most ${MAX_ORDER_SECONDS} seconds.`],
  "epoch-order": ["malformed", "epochFrom: must not be after epochTo"],
  "not-begun": ["not-allowed-now", "epoch not begun"],
  "too-many-epochs": ["malformed", `An order covers at most ${MAX_SCOPE_EPOCHS} epochs.`],
  "other-key-set": ["not-allowed-now", "other key set or generation"],
  "epoch-open": ["not-allowed-now", "epoch still open"],
  "too-many-slots": ["malformed", `An order covers at most ${MAX_SCOPE_SLOTS} slots.`],
};

/** @throws Problem clock-skew, expired, malformed, not-allowed-now */
async function verifyLimits(order: Order, trust: Trust): Promise<void> {
  const { now } = trust;
  const tolerance = order.issuedAt > now ? await clockTolerance(trust) : 0;
  const fault = orderFault(order, now, tolerance);
  if (fault === "ahead") throw orderAhead(order.issuedAt, now, tolerance);
  if (fault) throw new Problem(...FAULTS[fault]);
}

/** The tolerance of clocks: that of this month's parameters, or the default if there are none. */
const clockTolerance = (trust: Trust): Promise<number> =>
  trust.parameters(epochOf(trust.now)).then(
    ({ document }) => document.challengeWindowSeconds,
    () => CLOCK_TOLERANCE_SECONDS,
  );

/** The scope of an order, if this trustee may open it now. @throws Problem malformed, not-allowed-now */
async function verifyScope(order: Order, trust: Trust): Promise<Scope> {
  if (order.kind === "trace") return [];
  const { epochFrom, epochTo } = order;
  const found: EpochParameters[] = [];
  for (let epoch = epochFrom; epoch <= epochTo; epoch++) found.push(await trust.parameters(epoch));
  const fault = scopeFault(
    order,
    found.map(({ document }) => document),
    trust.now,
  );
  if (fault) throw new Problem(...FAULTS[fault]);
  return found.map(({ document, hash }, i) => ({ epoch: epochFrom + i, slots: document.slots, paramsHash: hash }));
}

// ---- the subject

/** One tag key F1, F2 from which a link finds sessions. */
export interface Subject {
  /** presentation hash (link, trace) or contract hash (assemble) */
  readonly hash: Uint8Array;
  readonly F1: G1;
  readonly F2: G1;
  /** the part of the order's scope in which this tag key has slots */
  readonly scope: Scope;
}
export interface Examined {
  /** link: one; assemble: one per generation; trace: none */
  readonly subjects: readonly Subject[];
  /** the tag keys whose wallets get the notice: one for a link or trace; one per generation for an assemble */
  readonly noticed: readonly Subject[];
  /** presentation hash, or assembleSubjectHash, which covers all contracts: it binds the case to its subjects */
  readonly subjectHash: Uint8Array;
  /** trace only: the encrypted handle */
  readonly handle: { readonly hash: Uint8Array; readonly C1: G1 } | undefined;
}

/** A dossier that this trustee opened. */
export interface OpenedDossier {
  readonly dossier: Dossier;
  readonly bytes: Uint8Array;
  /** dossierHashOf, 32 bytes */
  readonly hash: Uint8Array;
}

/** Opens the dossier, which is sealed to this trustee for this order. @throws Problem credential-refused, CodecError */
export function openDossier(sealed: Uint8Array, orderHash: Uint8Array, trust: Trust): OpenedDossier {
  let bytes: Uint8Array;
  try {
    bytes = hybridOpen(trust.transportSecret, orderHash, sealed);
  } catch {
    throw refused("dossier: does not open");
  }
  return { dossier: Dossier.decode(bytes), bytes, hash: dossierHashOf(bytes) };
}

/**
 * Verifies the subject of an order, and returns the values that the rounds start from.
 * @throws Problem credential-refused, CodecError
 */
export async function examineSubject(checked: CheckedOrder, dossier: Dossier, trust: Trust): Promise<Examined> {
  if (checked.order.kind === "assemble") return examineContracts(checked, dossier, trust);
  const { hash, verified } = await examineCheckIn(checked, dossier, trust);
  const subject: Subject = { hash, F1: verified.C1, F2: verified.F2, scope: checked.scope };
  const noticed = { noticed: [subject], subjectHash: hash };
  if (checked.order.kind === "link") return { subjects: [subject], ...noticed, handle: undefined };
  const { C1, C2 } = verified;
  return { subjects: [], ...noticed, handle: { hash: traceSubjectHash(encodeG1(C1), encodeG1(C2)), C1 } };
}

const ofEpoch = (p: EpochParameters): ParametersOfEpoch => ({ document: p.document, hash: p.hash, issuer: p });

const MAX_VERIFIED_CHECK_INS = 64;
type VerifiedCheckIn = CheckInVerdict & { ok: true };
const verifiedCheckIns = new Map<string, VerifiedCheckIn>();
/**
 * An officer's review, the decision and the first round verify the same check-in. If it verified once under these parameters, it
 * always does, so the verdict is kept in memory. @throws Problem credential-refused
 */
function verifiedCheckIn(
  bytes: Uint8Array,
  read: ReadCheckIn,
  parameters: { readonly tag: ParametersOfEpoch; readonly credential: ParametersOfEpoch },
  engine: Engine,
): VerifiedCheckIn {
  const name = bytesToHex(sha256(frame(bytes, parameters.tag.hash, parameters.credential.hash)));
  const before = verifiedCheckIns.get(name);
  if (before) return before;
  const verified = verifyCheckIn(read, parameters, engine, nativeVerify);
  if (!verified.ok) throw refused(`check-in: ${verified.reason}`);
  if (verifiedCheckIns.size >= MAX_VERIFIED_CHECK_INS) verifiedCheckIns.clear();
  verifiedCheckIns.set(name, verified);
  return verified;
}

/** Verifies the check-in of a link or trace. @throws Problem credential-refused, CodecError */
async function examineCheckIn({ order }: CheckedOrder, { salt, checkIn: bytes }: Dossier, trust: Trust) {
  if (!bytes || !equalBytes(order.subject, subjectHashOf(salt, bytes))) throw refused("dossier: another subject");
  const read = readCheckIn(bytes);
  const tag = ofEpoch(await trust.parameters(read.epoch));
  const credential = ofEpoch(await trust.parameters(read.presentation.credentialEpoch));
  if (!equalBytes(tag.document.keySetId, order.keySetId)) throw refused("check-in: under another key set");
  const verified = verifiedCheckIn(bytes, read, { tag, credential }, trust.engine);
  const { serviceId } = read.challenge;
  if (order.kind === "trace") {
    if (read.epoch < order.epochFrom || read.epoch > order.epochTo) throw refused("trace: session of another epoch");
    if (order.services.length > 0 && !order.services.some((s) => equalBytes(s, serviceId)))
      throw refused("trace: session at another service");
  }
  return { hash: read.presentationHash, verified };
}

function checkSelector(order: Order, { salt, selector }: Dossier): void {
  if (!equalBytes(order.subject, subjectHashOf(salt, utf8ToBytes(selector)))) throw refused("dossier: another subject");
}

/** Verifies the contracts of an assemble, oldest generation first. @throws Problem credential-refused, CodecError */
async function examineContracts(
  { order, orderHash, scope }: CheckedOrder,
  dossier: Dossier,
  trust: Trust,
): Promise<Examined> {
  checkSelector(order, dossier);
  if (!isDossierOf(trust.registrarKey, dossier, orderHash)) throw refused("dossier: not by the registrar");
  const { identity, identitySalts, generations } = dossier;
  if (!identity || identitySalts.length !== generations.length) throw refused("dossier: no opening of the identity");
  if (!isRecordOf(IdentityRecord.decode(identity), dossier.selector))
    throw refused("dossier: another person's identity");
  const chain = verifyChain(generations.map((g) => g.contract));
  if (!chain.ok) throw refused(`contract ${chain.generation + 1}: ${chain.reason} in the chain`);
  const linkKey = trust.keySet.keys.link;
  const subjects: Subject[] = [];
  for (const [i, { contract: bytes, epochFrom, epochTo }] of generations.entries()) {
    const { contract } = chain.links[i]!;
    if (!equalBytes(contract.identityCommitment, identityCommitmentOf(identitySalts[i]!, identity)))
      throw refused(`contract ${i + 1}: commits to another identity`);
    const verified = verifyContract({ linkKey }, contract);
    if (i < dossier.uncovered) {
      if (verified.ok) throw refused(`contract ${i + 1}: counted as uncovered`);
      continue;
    }
    if (!verified.ok) throw refused(`contract ${i + 1}: ${verified.reason}`);
    // The registrar says in which months a phone served. Its contract names the parameters under which the phone was enrolled.
    if (epochTo < order.epochTo) throw refused(`contract ${i + 1}: ends before the order does`);
    const own = scope.filter((s) => epochFrom <= s.epoch);
    if (own.length === 0) throw refused(`contract ${i + 1}: none of the order's epochs`);
    if (!equalBytes((await trust.parameters(epochFrom)).hash, contract.paramsHash))
      throw refused(`contract ${i + 1}: made under the parameters of other months than its first`);
    if (generations.slice(0, i).some((before) => before.epochFrom > epochFrom))
      throw refused(`contract ${i + 1}: begins before an earlier phone`);
    subjects.push({ hash: contractHashOf(bytes), F1: verified.F1, F2: verified.F2, scope: own });
  }
  if (subjects.length === 0) throw refused("dossier: no contract under the order's link key");
  // Every contract that the case opens gets the notice, so a contract that the registrar slips in takes it from nobody.
  // subjectHash is part of the binding of the case and of every chunk, so all rounds concern the same contracts and epochs.
  return { subjects, noticed: subjects, subjectHash: assembleSubjectHash(generations), handle: undefined };
}
