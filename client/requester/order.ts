// Makes an order: the question, the people it is put to, the reason and the time limit. A dossier goes with it, which
// shows only to the trustees whom the order is about.
//
//   link, trace   subject = a check-in, handed over by the clinic that held it; verified here before anybody is asked
//   assemble      subject = a selector, by which the registrar knows the person; officers see it, the escrow does not
//
//   Order.subject = subjectHashOf(salt, check-in or selector)      names nobody
//   dossier i     = hybridSeal(transport key of trustee i, aad = order hash, Dossier), for a link or trace. The registrar
//                   makes the dossiers of an assemble, once the log has the order (assemble.ts)
//
// An Order is signed once. The application keeps it as a PreparedOrder until the case is over.

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
import { type Base64url, fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { epochOf, isEpochOpen } from "../../protocol/epoch.ts";
import { hybridSeal } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { G1 } from "../../protocol/suite.ts";
import { textOfCause, translate } from "../errors.ts";
import { asServiceId } from "../shared/ids.ts";
import type { RequesterContext, Trustees } from "./context.ts";
import { RequesterError } from "./errors.ts";

/** seven days */
const DEFAULT_VALID_SECONDS = 7 * 86_400;

/** CheckIn bytes of a session (link, trace), or the name by which the registrar knows the person (assemble). */
export type Subject = { readonly checkIn: Uint8Array } | { readonly selector: string };
/** An order as a requester asks for it. */
export interface OrderRequest {
  readonly kind: (typeof ORDER_KINDS)[number];
  readonly purpose: string;
  readonly legalGround: string;
  /** both included; a trace needs none and then takes the session's own epoch */
  readonly epochs?: { readonly from: number; readonly to: number };
  /** service ids, hex of 16 bytes; all services if absent */
  readonly services?: readonly string[];
  /** only an emergency order may open an epoch whose check-ins can still arrive */
  readonly emergency?: boolean;
  readonly subject: Subject;
  /** default DEFAULT_VALID_SECONDS */
  readonly validSeconds?: number;
}

/** The session that a link or trace starts from. */
export interface SubjectSession {
  readonly checkIn: Uint8Array;
  readonly presentationHash: Uint8Array;
  /** 32 bytes */
  readonly tagHash: Hex;
  /** 16 bytes */
  readonly serviceId: Hex;
  readonly epoch: number;
  readonly C1: G1;
  readonly C2: G1;
}

/** A signed order. The application keeps it until the case is over (saveOrder). */
export interface PreparedOrder {
  /** 32 bytes */
  readonly caseId: Hex;
  readonly order: Order;
  /** Signed<Order> */
  readonly signed: Uint8Array;
  /** order hash, 32 bytes */
  readonly hash: Uint8Array;
  /** 32 bytes; opens the order's subject hash */
  readonly salt: Uint8Array;
  readonly subject: Subject;
  readonly session: SubjectSession | undefined;
  /** sealed to trustee i at [i - 1]; none for an assemble */
  readonly dossiers: readonly Uint8Array[];
}

/** Verifies a check-in and reads the session it opened. @throws RequesterError subject; ParametersError, ApiError */
async function examine(context: RequesterContext, checkIn: Uint8Array): Promise<SubjectSession> {
  const read = translate(
    () => readCheckIn(checkIn),
    (cause) => new RequesterError("subject", textOfCause(cause), [], cause),
  );
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

async function epochsOf(context: RequesterContext, request: OrderRequest, session: SubjectSession | undefined) {
  const now = context.transport.now();
  if (request.kind === "trace" && session) return request.epochs ?? { from: session.epoch, to: session.epoch };
  const { epochs } = request;
  if (!epochs || epochs.from > epochs.to)
    throw new RequesterError("scope", "the first epoch must not be after the last");
  if (epochs.to > epochOf(now)) throw new RequesterError("scope", "the last epoch has not begun");
  const { document } = await context.parameters.of(epochs.to);
  if (!request.emergency && isEpochOpen(epochs.to, document, now))
    throw new RequesterError("scope", "only an emergency order may open an epoch whose check-ins can still arrive");
  return epochs;
}

function sealedDossiers(
  { transport }: RequesterContext,
  { cards }: Trustees,
  { hash, salt, checkIn }: { hash: Uint8Array; salt: Uint8Array; checkIn: Uint8Array },
): Uint8Array[] {
  const dossier = Dossier.encode({
    salt,
    checkIn,
    selector: "",
    generations: [],
    identity: undefined,
    identitySalts: [],
    uncovered: 0,
    registrarSignature: undefined,
  });
  return cards.map((card) => hybridSeal(card.transportKey, hash, dossier, transport.rng));
}

/**
 * Makes and signs an order.
 * @throws RequesterError subject, scope, trustees; SymbolonError bad-id; ParametersError, ApiError
 */
export async function prepareOrder(context: RequesterContext, request: OrderRequest): Promise<PreparedOrder> {
  const { transport, keys, certificate } = context;
  const now = transport.now();
  if ("selector" in request.subject !== (request.kind === "assemble"))
    throw new RequesterError("subject", "an assemble order names a person; a link or trace order gives a check-in");
  const session = "checkIn" in request.subject ? await examine(context, request.subject.checkIn) : undefined;
  const epochs = await epochsOf(context, request, session);
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
    services: (request.services ?? []).map((id) => hexToBytes(asServiceId(id))),
    emergency: request.emergency ?? false,
    subject: subjectHashOf(salt, subjectBytes(request.subject)),
    keySetId: trustees.keySetId,
    shareGeneration: trustees.keySet.generation,
    issuedAt: now,
    expiresAt: now + (request.validSeconds ?? DEFAULT_VALID_SECONDS),
  };
  const signed = signDocument(LABELS.signOrder, Order, order, keys.signSecretKey);
  const hash = orderHashOf(signed);
  const dossiers = session ? sealedDossiers(context, trustees, { hash, salt, checkIn: session.checkIn }) : [];
  const { subject } = request;
  return { caseId: bytesToHex(caseId), order, signed, hash, salt, subject, session, dossiers };
}

/**
 * An order as text, for a restart of the application. It holds the check-in or selector: keep it as confidential as
 * they are.
 */
export const saveOrder = (p: PreparedOrder): string =>
  JSON.stringify({
    signed: toBase64url(p.signed),
    salt: toBase64url(p.salt),
    subject: "checkIn" in p.subject ? { checkIn: toBase64url(p.subject.checkIn) } : p.subject,
    dossiers: p.dossiers.map(toBase64url),
  });

interface SavedOrder {
  signed: Base64url;
  salt: Base64url;
  subject: { checkIn: Base64url } | { selector: string };
  dossiers: Base64url[];
}

/** @throws RequesterError saved-order */
function readSaved(saved: string): Omit<PreparedOrder, "session"> {
  return translate(
    () => {
      const s = JSON.parse(saved) as SavedOrder;
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
        dossiers: s.dossiers.map(fromBase64url),
      };
    },
    (cause) => new RequesterError("saved-order", textOfCause(cause), [], cause),
  );
}

/** Reads an order that saveOrder wrote. @throws RequesterError saved-order, subject; ParametersError, ApiError */
export async function loadOrder(context: RequesterContext, saved: string): Promise<PreparedOrder> {
  const order = readSaved(saved);
  const { subject } = order;
  return { ...order, session: "checkIn" in subject ? await examine(context, subject.checkIn) : undefined };
}
