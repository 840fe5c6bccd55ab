// The checks that the escrow makes before it accepts an order. Every trustee verifies the order again (functions/trustee/
// case-order.ts) and does not rely on the escrow. The checks here keep orders that could never be opened out of the officers'
// inboxes, and they tell the requester which field of its order is wrong.

import type { NewCase } from "../../durable-objects/linkage-escrow.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { approvalsNeeded } from "../../protocol/approvals.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { chunksOfOrder } from "../../protocol/case-chunks.ts";
import { LogEntry, Order, openSigned, orderHashOf, RequesterCertificate } from "../../protocol/documents.ts";
import { bytesToHex, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { HYBRID_OVERHEAD_BYTES, HYBRID_PUBLIC_KEY_BYTES } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import {
  MAX_ORDER_SECONDS,
  MAX_SCOPE_EPOCHS,
  MAX_SCOPE_SLOTS,
  type OrderFault,
  orderFault,
  type ScopeFault,
  scopeFault,
} from "../../protocol/order-limits.ts";
import { orderAhead } from "../shared/clock.ts";
import { committeeFor } from "../shared/committee.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { clockTolerance, type EpochParameters, parametersFor } from "../shared/parameters.ts";
import { Problem, refused } from "../shared/problems.ts";
import { requireInForce } from "../shared/revocations.ts";

const MAX_ORDER_SERVICES = 1000;
const MAX_ORDER_TEXT_CHARS = 4000;
const MAX_DOSSIER_BYTES = 512 << 10;

export interface OpenedOrder {
  order: Order;
  /** orderHashOf(signed order), 32 bytes */
  hash: Uint8Array;
}

/**
 * Verifies the signatures of an order: the registrar signed the certificate, the certified key signed the order, and the same
 * key signed the request. The certificate must be in force.
 * @throws CodecError, Problem credential-refused, malformed, unavailable
 */
async function openOrder(env: EscrowEnv, signed: Uint8Array, requestKey: Hex, now: number): Promise<OpenedOrder> {
  const { key, value: order } = openSigned(LABELS.signOrder, Order, signed, nativeVerify);
  const certificate = openSigned(LABELS.signRequester, RequesterCertificate, order.certificate, nativeVerify);
  if (!equalBytes(certificate.key, hexToBytes(env.REGISTRAR_KEY))) throw refused("certificate: not by the registrar");
  if (!equalBytes(certificate.value.signKey, key)) throw refused("order: not by the certified key");
  if (bytesToHex(key) !== requestKey) throw refused("order: request signed by another key");
  if (certificate.value.sealKey.length !== HYBRID_PUBLIC_KEY_BYTES)
    throw new Problem("malformed", `The certificate's seal key must have ${HYBRID_PUBLIC_KEY_BYTES} bytes.`);
  await requireInForce(env, order.certificate, certificate.value, now);
  return { order, hash: orderHashOf(signed) };
}

const wrong = (detail: string): Problem => new Problem("malformed", detail);

type Fault = Exclude<OrderFault, "ahead"> | ScopeFault;
const FAULTS: Record<Fault, readonly ["expired" | "malformed" | "not-allowed-now", string]> = {
  expired: ["expired", "The order has expired."],
  "too-long": ["malformed", `expiresAt: at most ${MAX_ORDER_SECONDS} seconds after issuedAt`],
  "epoch-order": ["malformed", "epochTo: must not be before epochFrom"],
  "not-begun": ["malformed", "epochTo: this epoch has not begun"],
  "too-many-epochs": ["malformed", `epochs: at most ${MAX_SCOPE_EPOCHS}`],
  "other-key-set": ["malformed", "keySetId: some of these epochs have another key set"],
  "epoch-open": ["not-allowed-now", "Only an emergency order may open an epoch whose check-ins can still arrive."],
  "too-many-slots": ["malformed", `epochs: at most ${MAX_SCOPE_SLOTS} slots`],
};

/**
 * Checks the fields of an order that need nothing but the order.
 * @throws Problem expired, clock-skew, or malformed with field and reason
 */
function screenOrder(order: Order, now: number, toleranceSeconds: number): void {
  const fault = orderFault(order, now, toleranceSeconds);
  if (fault === "ahead") throw orderAhead(order.issuedAt, now, toleranceSeconds);
  if (fault) throw new Problem(...FAULTS[fault]);
  if (order.services.length > MAX_ORDER_SERVICES)
    throw wrong(`services: at most ${MAX_ORDER_SERVICES}; an empty list means all services`);
  if (new Set(order.services.map(bytesToHex)).size !== order.services.length)
    throw wrong("services: each service at most once");
  for (const field of ["purpose", "legalGround"] as const) {
    if (order[field].trim() === "") throw wrong(`${field}: must not be empty`);
    if (order[field].length > MAX_ORDER_TEXT_CHARS) throw wrong(`${field}: at most ${MAX_ORDER_TEXT_CHARS} characters`);
  }
}

/**
 * Checks the parameters of the epochs of a link or assemble. A trace opens no slots, so it has no such limits.
 * @throws Problem malformed, not-allowed-now
 */
async function screenScope(env: EscrowEnv, order: Order, now: number): Promise<void> {
  if (order.kind === "trace") return;
  const found: EpochParameters[] = [];
  for (let epoch = order.epochFrom; epoch <= order.epochTo; epoch++) found.push(await parametersFor(env, epoch, now));
  const fault = scopeFault(
    order,
    found.map(({ document }) => document),
    now,
  );
  if (fault) throw new Problem(...FAULTS[fault]);
}

/** Checks number and length of the dossiers; they are sealed to the trustees. @throws Problem malformed */
export function screenDossiers(dossiers: readonly Uint8Array[], expected: number): void {
  if (dossiers.length !== expected)
    throw new Problem("malformed", `dossiers: ${expected} expected, one sealed to each trustee, in index order`);
  for (const d of dossiers)
    if (d.length < HYBRID_OVERHEAD_BYTES || d.length > MAX_DOSSIER_BYTES)
      throw new Problem("malformed", `dossiers: each must have ${HYBRID_OVERHEAD_BYTES} to ${MAX_DOSSIER_BYTES} bytes`);
}

/** The new case for an order that passes all checks of this file. @throws CodecError, Problem */
export async function newCase(
  env: EscrowEnv,
  signed: Uint8Array,
  dossiers: Uint8Array[],
  requestKey: Hex,
  now: number,
): Promise<NewCase> {
  const { order, hash } = await openOrder(env, signed, requestKey, now);
  screenOrder(order, now, await clockTolerance(env, now));
  const { document } = await parametersFor(env, epochOf(now), now);
  if (!equalBytes(order.keySetId, document.keySetId)) throw wrong("keySetId: not the trustees' current key set");
  const { identityKeys, threshold, generation } = await committeeFor(env, order.keySetId, now);
  if (order.shareGeneration !== generation)
    throw wrong(`shareGeneration: the trustees hold shares of generation ${generation}`);
  await screenScope(env, order, now);
  screenDossiers(dossiers, order.kind === "assemble" ? 0 : identityKeys.length);
  const ofIssue = await parametersFor(env, epochOf(order.issuedAt), now);
  return {
    caseId: bytesToHex(order.caseId),
    kind: order.kind,
    orderHash: bytesToHex(hash),
    order: signed,
    requesterKey: requestKey,
    trusteeKeys: identityKeys.map(bytesToHex),
    threshold,
    needed: approvalsNeeded(order.kind, { threshold, assembleThreshold: ofIssue.document.assembleThreshold }),
    expiresAt: order.expiresAt,
    chunks: chunksOfOrder(order).length,
    entry: LogEntry.encode({ kind: "order", at: now, subject: hash, caseId: order.caseId, body: new Uint8Array() }),
    dossiers,
  };
}
