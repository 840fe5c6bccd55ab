// What an order says, checked: who may ask, until when, for which epochs, and of whom. Used when an officer is asked, and
// again before every round of a case: an order that has expired in between opens nothing more.
//
//   order        Ed25519 by the requester's key (LABELS.signOrder), certificate by the registrar's (LABELS.signRequester)
//   time         issuedAt <= now + skew, now < expiresAt, at most MAX_ORDER_SECONDS in between
//   keys         key-set id and share generation are the ones this trustee holds
//   scope        link, assemble: every epoch in [epochFrom, epochTo] has parameters under this key set; none lies in the
//                future; one whose check-ins can still come (it is running, or within its offline grace) only in an
//                emergency. trace: no slots; the session's own epoch and service must lie in the order's
//   subject      link, trace: order.subject = subjectHashOf(salt, check-in); the presentation verifies again, with the
//                service's signature under the self-certifying service id
//                assemble: order.subject = subjectHashOf(salt, selector); the registrar has signed the whole dossier for
//                this order; each generation's contract proof verifies under the link key, its identity commitment opens
//                to the one identity, and it has epochs of the order. So a requester can open nobody else, nor turn the
//                notice to a contract that opens nothing

import { sha256 } from "@noble/hashes/sha2.js";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, equalBytes, frame, utf8ToBytes } from "../../protocol/bytes.ts";
import {
  type CheckInVerdict,
  type ParametersOfEpoch,
  type ReadCheckIn,
  readCheckIn,
  verifyCheckIn,
} from "../../protocol/check-in.ts";
import {
  assembleSubjectHash,
  type CaseContext,
  Contract,
  contractHashOf,
  Dossier,
  identityCommitmentOf,
  isDossierOf,
  Order,
  openSigned,
  orderHashOf,
  RequesterCertificate,
  subjectHashOf,
  traceSubjectHash,
} from "../../protocol/documents.ts";
import type { Engine } from "../../protocol/engine.ts";
import { verifyContract } from "../../protocol/enrolment.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { type KeySet, keySetId } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { NoteKey } from "../../protocol/note.ts";
import { encodeG1, type G1 } from "../../protocol/suite.ts";
import { Problem, refused } from "../shared/http.ts";
import { MAX_ORDER_SECONDS, MAX_SCOPE_EPOCHS, MAX_SCOPE_SLOTS } from "../shared/order-limits.ts";
import type { EpochParameters } from "../shared/parameters.ts";

const CLOCK_SKEW_SECONDS = 300;
const MAX_GENERATIONS = 16;

/** What a trustee believes before it is told anything. */
export interface Trust {
  readonly now: number;
  readonly registrarKey: Uint8Array;
  readonly logKey: NoteKey;
  /** with the pinned identity keys of all trustees; verified */
  readonly keySet: KeySet;
  readonly index: number;
  readonly transportSecret: Uint8Array;
  /** for public data */
  readonly engine: Engine;
  /** @throws Problem where no parameters cover the epoch */
  parameters(epoch: number): Promise<EpochParameters>;
}

export type Scope = CaseContext["scope"];

export interface CheckedOrder {
  readonly order: Order;
  readonly orderHash: Uint8Array;
  readonly requester: RequesterCertificate;
  /** ascending by epoch; empty for a trace */
  readonly scope: Scope;
}

export async function verifyOrder(signed: Uint8Array, trust: Trust): Promise<CheckedOrder> {
  const { key, value: order } = openSigned(LABELS.signOrder, Order, signed, nativeVerify);
  const certificate = openSigned(LABELS.signRequester, RequesterCertificate, order.certificate, nativeVerify);
  if (!equalBytes(certificate.key, trust.registrarKey)) throw refused("order: certificate of another authority");
  if (!equalBytes(certificate.value.signKey, key)) throw refused("order: certificate of another key");
  verifyTimes(order, trust.now);
  if (!equalBytes(order.keySetId, keySetId(trust.keySet)) || order.shareGeneration !== trust.keySet.generation)
    throw new Problem("not-allowed-now", "other key set or generation");
  const scope = await verifyScope(order, trust);
  return { order, orderHash: orderHashOf(signed), requester: certificate.value, scope };
}

function verifyTimes({ issuedAt, expiresAt }: Order, now: number): void {
  if (issuedAt > now + CLOCK_SKEW_SECONDS) throw refused("order: issued in the future");
  if (now >= expiresAt) throw new Problem("expired");
  if (expiresAt - issuedAt > MAX_ORDER_SECONDS)
    throw new Problem("malformed", `An order is valid for ${MAX_ORDER_SECONDS} seconds at most.`);
}

async function verifyScope(order: Order, trust: Trust): Promise<Scope> {
  const { epochFrom, epochTo } = order;
  if (epochFrom > epochTo) throw new Problem("malformed", "epochFrom: after epochTo");
  if (order.kind === "trace") return [];
  if (epochTo - epochFrom >= MAX_SCOPE_EPOCHS)
    throw new Problem("malformed", `An order covers ${MAX_SCOPE_EPOCHS} epochs at most.`);
  if (epochTo > epochOf(trust.now)) throw new Problem("not-allowed-now", "epoch not begun");
  const epochs = Array.from({ length: epochTo - epochFrom + 1 }, (_, i) => epochFrom + i);
  const scope: Scope = [];
  for (const epoch of epochs) {
    const { document, hash } = await trust.parameters(epoch);
    if (!equalBytes(document.keySetId, order.keySetId))
      throw new Problem("not-allowed-now", "other key set or generation");
    if (trust.now < epochStart(epoch + 1) + document.offlineGraceSeconds && !order.emergency)
      throw new Problem("not-allowed-now", "epoch still open");
    scope.push({ epoch, slots: document.slots, paramsHash: hash });
  }
  if (scope.reduce((sum, s) => sum + s.slots, 0) > MAX_SCOPE_SLOTS)
    throw new Problem("malformed", `An order covers ${MAX_SCOPE_SLOTS} slots at most.`);
  return scope;
}

// ---- the subject

export interface Session {
  readonly tagHash: Uint8Array;
  readonly serviceId: Uint8Array;
  readonly epoch: number;
  readonly issuedAt: number;
}
/** One tag key to link from. */
export interface Subject {
  /** presentation hash or contract hash */
  readonly hash: Uint8Array;
  readonly F1: G1;
  readonly F2: G1;
  readonly scope: Scope;
}
export interface Examined {
  /** link: one; assemble: one a generation; trace: none */
  readonly subjects: readonly Subject[];
  /** whose key the notice is for; its hash names everybody who is opened */
  readonly notice: Subject;
  /** trace */
  readonly handle: { readonly hash: Uint8Array; readonly C1: G1 } | undefined;
}

/** @throws Problem credential-refused, CodecError */
export function openDossier(sealed: Uint8Array, orderHash: Uint8Array, trust: Trust): Dossier {
  let bytes: Uint8Array;
  try {
    bytes = hybridOpen(trust.transportSecret, orderHash, sealed);
  } catch {
    throw refused("dossier: does not open");
  }
  return Dossier.decode(bytes);
}

/** What an officer is shown: the session behind a link or trace. For an assemble, only that the selector is the order's. */
export async function describeSubject(
  checked: CheckedOrder,
  dossier: Dossier,
  trust: Trust,
): Promise<Session | undefined> {
  if (checked.order.kind === "assemble") {
    checkSelector(checked.order, dossier);
    return undefined;
  }
  return (await examineCheckIn(checked, dossier, trust)).session;
}

/** Everything that the rounds of a case start from. @throws Problem credential-refused, CodecError */
export async function examineSubject(checked: CheckedOrder, dossier: Dossier, trust: Trust): Promise<Examined> {
  if (checked.order.kind === "assemble") return examineContracts(checked, dossier, trust);
  const { hash, verified } = await examineCheckIn(checked, dossier, trust);
  const subject: Subject = { hash, F1: verified.C1, F2: verified.F2, scope: checked.scope };
  if (checked.order.kind === "link") return { subjects: [subject], notice: subject, handle: undefined };
  const { C1, C2 } = verified;
  return { subjects: [], notice: subject, handle: { hash: traceSubjectHash(encodeG1(C1), encodeG1(C2)), C1 } };
}

const ofEpoch = (p: EpochParameters): ParametersOfEpoch => ({ document: p.document, hash: p.hash, issuer: p });

const MAX_VERIFIED_CHECK_INS = 64;
type VerifiedCheckIn = CheckInVerdict & { ok: true };
const verifiedCheckIns = new Map<string, VerifiedCheckIn>();
/** An officer's review, its decision and the first round ask for the same proof; what held under these parameters holds. */
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

async function examineCheckIn({ order }: CheckedOrder, { salt, checkIn: bytes }: Dossier, trust: Trust) {
  if (!bytes || !equalBytes(order.subject, subjectHashOf(salt, bytes))) throw refused("dossier: another subject");
  const read = readCheckIn(bytes);
  const tag = ofEpoch(await trust.parameters(read.epoch));
  const credential = ofEpoch(await trust.parameters(read.presentation.credentialEpoch));
  if (!equalBytes(tag.document.keySetId, order.keySetId)) throw refused("check-in: under another key set");
  const verified = verifiedCheckIn(bytes, read, { tag, credential }, trust.engine);
  const { serviceId, issuedAt } = read.challenge;
  if (order.kind === "trace") {
    if (read.epoch < order.epochFrom || read.epoch > order.epochTo) throw refused("trace: session of another epoch");
    if (order.services.length > 0 && !order.services.some((s) => equalBytes(s, serviceId)))
      throw refused("trace: session at another service");
  }
  const session: Session = { tagHash: verified.tagHash, serviceId, epoch: read.epoch, issuedAt };
  return { hash: read.presentationHash, verified, session };
}

function checkSelector(order: Order, { salt, selector }: Dossier): void {
  if (!equalBytes(order.subject, subjectHashOf(salt, utf8ToBytes(selector)))) throw refused("dossier: another subject");
}

function examineContracts({ order, orderHash, scope }: CheckedOrder, dossier: Dossier, trust: Trust): Examined {
  checkSelector(order, dossier);
  if (!isDossierOf(trust.registrarKey, dossier, orderHash)) throw refused("dossier: not by the registrar");
  const { identity, identitySalts, generations } = dossier;
  if (!identity || identitySalts.length !== generations.length) throw refused("dossier: no opening of the identity");
  if (generations.length === 0 || generations.length > MAX_GENERATIONS) throw refused("dossier: number of generations");
  const subjects = generations.map(({ contract: bytes, epochFrom, epochTo }, i): Subject => {
    const contract = Contract.decode(bytes);
    if (!equalBytes(contract.identityCommitment, identityCommitmentOf(identitySalts[i]!, identity)))
      throw refused(`contract ${i + 1}: commits to another identity`);
    const verified = verifyContract({ linkKey: trust.keySet.keys.link }, contract);
    if (!verified.ok) throw refused(`contract ${i + 1}: ${verified.reason}`);
    const own = scope.filter((s) => epochFrom <= s.epoch && s.epoch <= epochTo);
    if (own.length === 0) throw refused(`contract ${i + 1}: none of the order's epochs`);
    return { hash: contractHashOf(bytes), F1: verified.F1, F2: verified.F2, scope: own };
  });
  // The newest generation is the phone in use; its wallet can make the older ones' keys from its words. The notice's
  // hash stands in the case's binding and in every chunk's, so all rounds are about the same contracts and epochs.
  const notice: Subject = { ...subjects.at(-1)!, hash: assembleSubjectHash(generations) };
  return { subjects, notice, handle: undefined };
}
