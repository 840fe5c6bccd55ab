// Making an order: what is asked, of whom, why, until when; and the dossier that shows the trustees, and nobody else, whom
// it is about.
//
//   link, trace   subject = a check-in (as the clinic that held it hands it over), verified here before anybody is asked
//   assemble      subject = a selector, as the registrar knows the person; officers see it, the escrow does not
//
//   Order.subject = subjectHashOf(salt, check-in or selector)      names nobody
//   dossier i     = hybridSeal(transport key of trustee i, aad = order hash, Dossier)
//
// An Order is signed once; PreparedOrder is what the application keeps of it until the case is over.

import { bytesToHex, hexToBytes, utf8ToBytes } from "../../protocol/bytes.ts";
import { readCheckIn, verifyCheckIn } from "../../protocol/check-in.ts";
import {
  Dossier,
  type ORDER_KINDS,
  Order,
  orderHashOf,
  Signed,
  signDocument,
  subjectHashOf,
} from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { G1 } from "../../protocol/suite.ts";
import type { RequesterContext } from "./context.ts";
import { RequesterError } from "./errors.ts";

export const DEFAULT_VALID_SECONDS = 7 * 86_400;

export type Subject = { readonly checkIn: Uint8Array } | { readonly selector: string };
export interface OrderRequest {
  readonly kind: (typeof ORDER_KINDS)[number];
  readonly purpose: string;
  readonly legalGround: string;
  /** both included; a trace needs none: the session's own epoch is taken */
  readonly epochs?: { readonly from: number; readonly to: number };
  /** service ids in hex; all services if absent */
  readonly services?: readonly string[];
  /** only an emergency order may open the current epoch */
  readonly emergency?: boolean;
  readonly subject: Subject;
  readonly validSeconds?: number;
}

/** The session that a link or trace starts from. */
export interface SubjectSession {
  readonly checkIn: Uint8Array;
  readonly presentationHash: Uint8Array;
  /** hex */
  readonly tagHash: string;
  /** hex */
  readonly serviceId: string;
  readonly epoch: number;
  readonly C1: G1;
  readonly C2: G1;
}

export interface PreparedOrder {
  /** hex */
  readonly caseId: string;
  readonly order: Order;
  /** Signed<Order> */
  readonly signed: Uint8Array;
  readonly hash: Uint8Array;
  readonly salt: Uint8Array;
  readonly subject: Subject;
  readonly session: SubjectSession | undefined;
  /** sealed to trustee i at [i - 1] */
  readonly dossiers: readonly Uint8Array[];
}

/** @throws RequesterError "subject" */
async function examine(context: RequesterContext, checkIn: Uint8Array): Promise<SubjectSession> {
  const read = readCheckIn(checkIn);
  const parameters = {
    tag: await context.parameters.of(read.epoch),
    credential: await context.parameters.of(read.presentation.credentialEpoch),
  };
  const verdict = verifyCheckIn(read, parameters);
  if (!verdict.ok) throw new RequesterError("subject", `the check-in does not verify (${verdict.reason})`);
  return {
    checkIn,
    presentationHash: read.presentationHash,
    tagHash: bytesToHex(verdict.tagHash),
    serviceId: bytesToHex(read.challenge.serviceId),
    epoch: read.epoch,
    C1: verdict.C1,
    C2: verdict.C2,
  };
}

const subjectBytes = (subject: Subject): Uint8Array =>
  "checkIn" in subject ? subject.checkIn : utf8ToBytes(subject.selector);

function epochsOf(request: OrderRequest, session: SubjectSession | undefined, now: number) {
  if (request.kind === "trace" && session) return request.epochs ?? { from: session.epoch, to: session.epoch };
  const { epochs } = request;
  if (!epochs || epochs.from > epochs.to) throw new RequesterError("scope", "from which epoch to which?");
  if (epochs.to > epochOf(now)) throw new RequesterError("scope", "these epochs have not begun");
  if (epochs.to === epochOf(now) && !request.emergency)
    throw new RequesterError("scope", "only an emergency order opens the current epoch");
  return epochs;
}

/** @throws RequesterError, ParametersError, ApiError */
export async function prepareOrder(context: RequesterContext, request: OrderRequest): Promise<PreparedOrder> {
  const { transport, keys, certificate } = context;
  const now = transport.now();
  if ("selector" in request.subject !== (request.kind === "assemble"))
    throw new RequesterError("subject", "an assemble names a person, a link or trace a session");
  const session = "checkIn" in request.subject ? await examine(context, request.subject.checkIn) : undefined;
  const epochs = epochsOf(request, session, now);
  const trustees = await context.trustees(true);
  const caseId = transport.rng(32);
  const salt = transport.rng(32);
  const order: Order = {
    caseId,
    kind: request.kind,
    certificate,
    purpose: request.purpose,
    legalGround: request.legalGround,
    epochFrom: epochs.from,
    epochTo: epochs.to,
    services: (request.services ?? []).map(hexToBytes),
    emergency: request.emergency ?? false,
    subject: subjectHashOf(salt, subjectBytes(request.subject)),
    keySetId: trustees.keySetId,
    shareGeneration: trustees.keySet.generation,
    issuedAt: now,
    expiresAt: now + (request.validSeconds ?? DEFAULT_VALID_SECONDS),
  };
  const signed = signDocument(LABELS.signOrder, Order, order, keys.signSecretKey);
  const hash = orderHashOf(signed);
  const dossier = Dossier.encode({
    salt,
    checkIn: session?.checkIn,
    selector: "selector" in request.subject ? request.subject.selector : "",
    generations: [],
    identity: undefined,
    identitySalts: [],
    registrarSignature: undefined,
  });
  const dossiers = trustees.cards.map((card) => hybridSeal(card.transportKey, hash, dossier, transport.rng));
  const { subject } = request;
  return { caseId: bytesToHex(caseId), order, signed, hash, salt, subject, session, dossiers };
}

/** For keeping an order over a restart of the application. Holds the check-in or selector: keep it as such. */
export const saveOrder = (p: PreparedOrder): string =>
  JSON.stringify({
    signed: toBase64url(p.signed),
    salt: toBase64url(p.salt),
    subject: "checkIn" in p.subject ? { checkIn: toBase64url(p.subject.checkIn) } : p.subject,
    dossiers: p.dossiers.map(toBase64url),
  });

export async function loadOrder(context: RequesterContext, saved: string): Promise<PreparedOrder> {
  const s = JSON.parse(saved) as {
    signed: string;
    salt: string;
    subject: { checkIn: string } | { selector: string };
    dossiers: string[];
  };
  const subject: Subject = "checkIn" in s.subject ? { checkIn: fromBase64url(s.subject.checkIn) } : s.subject;
  const signed = fromBase64url(s.signed);
  const order = Order.decode(Signed.decode(signed).document);
  return {
    caseId: bytesToHex(order.caseId),
    order,
    signed,
    hash: orderHashOf(signed),
    salt: fromBase64url(s.salt),
    subject,
    session: "checkIn" in subject ? await examine(context, subject.checkIn) : undefined,
    dossiers: s.dossiers.map(fromBase64url),
  };
}
