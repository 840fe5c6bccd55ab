// What the escrow checks of an order before it takes it. The trustees check all of it again; what stands here keeps officers'
// inboxes free of what could never be opened, and tells a requester clearly what is wrong with its order.

import type { NewCase } from "../../durable-objects/linkage-escrow.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { chunksOfOrder } from "../../protocol/case-chunks.ts";
import { LogEntry, Order, openSigned, orderHashOf, RequesterCertificate } from "../../protocol/documents.ts";
import { epochOf, epochStart } from "../../protocol/epoch.ts";
import { HYBRID_OVERHEAD_BYTES, HYBRID_PUBLIC_KEY_BYTES } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { REQUEST_WINDOW_SECONDS } from "../../protocol/request-signature.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { Problem, refused } from "../shared/http.ts";
import { MAX_ORDER_SECONDS, MAX_SCOPE_EPOCHS, MAX_SCOPE_SLOTS } from "../shared/order-limits.ts";
import { parametersFor } from "../shared/parameters.ts";

export const MAX_ORDER_SERVICES = 1000;
export const MAX_ORDER_TEXT_CHARS = 4000;
export const MAX_DOSSIER_BYTES = 512 << 10;

export interface OpenedOrder {
  order: Order;
  hash: Uint8Array;
}

/** Signatures: of the order by the certified key, of the certificate by the registrar, of the request by the same key. */
export function openOrder(env: EscrowEnv, signed: Uint8Array, requestKey: string): OpenedOrder {
  const { key, value: order } = openSigned(LABELS.signOrder, Order, signed, nativeVerify);
  const certificate = openSigned(LABELS.signRequester, RequesterCertificate, order.certificate, nativeVerify);
  if (!equalBytes(certificate.key, hexToBytes(env.REGISTRAR_KEY))) throw refused("certificate: not by the registrar");
  if (!equalBytes(certificate.value.signKey, key)) throw refused("order: not by the certified key");
  if (bytesToHex(key) !== requestKey) throw refused("order: brought by another key");
  if (certificate.value.sealKey.length !== HYBRID_PUBLIC_KEY_BYTES)
    throw new Problem("malformed", "The certificate's seal key has another length.");
  return { order, hash: orderHashOf(signed) };
}

const wrong = (detail: string): Problem => new Problem("malformed", detail);

/** Everything that can be told from the order alone. @throws Problem saying which field and why */
export function screenOrder(order: Order, now: number): void {
  if (order.expiresAt <= now) throw new Problem("expired", "The order has run out.");
  if (order.issuedAt > now + REQUEST_WINDOW_SECONDS) throw wrong("issuedAt: in the future");
  if (order.expiresAt - order.issuedAt > MAX_ORDER_SECONDS)
    throw wrong(`expiresAt: ${MAX_ORDER_SECONDS} seconds after issuedAt at most`);
  if (order.epochTo < order.epochFrom) throw wrong("epochTo: before epochFrom");
  if (order.epochTo > epochOf(now)) throw wrong("epochTo: has not begun");
  if (order.services.length > MAX_ORDER_SERVICES)
    throw wrong(`services: ${MAX_ORDER_SERVICES} at most, or none for all`);
  if (new Set(order.services.map(bytesToHex)).size !== order.services.length) throw wrong("services: one twice");
  for (const field of ["purpose", "legalGround"] as const) {
    if (order[field].trim() === "") throw wrong(`${field}: must be said`);
    if (order[field].length > MAX_ORDER_TEXT_CHARS) throw wrong(`${field}: ${MAX_ORDER_TEXT_CHARS} characters at most`);
  }
}

/** A trace opens no slots; the epochs of the others must be over, but in an emergency, and lie under the same keys. */
async function screenScope(env: EscrowEnv, order: Order, now: number): Promise<void> {
  if (order.kind === "trace") return;
  const { epochFrom, epochTo } = order;
  if (epochTo - epochFrom >= MAX_SCOPE_EPOCHS) throw wrong(`epochs: ${MAX_SCOPE_EPOCHS} at most`);
  let slots = 0;
  for (let epoch = epochFrom; epoch <= epochTo; epoch++) {
    const { document } = await parametersFor(env, epoch, now);
    if (!equalBytes(document.keySetId, order.keySetId)) throw wrong("keySetId: other keys in a part of these epochs");
    if (!order.emergency && now < epochStart(epoch + 1) + document.offlineGraceSeconds)
      throw new Problem("not-allowed-now", "Only an emergency order may open an epoch that is still open.");
    slots += document.slots;
  }
  if (slots > MAX_SCOPE_SLOTS) throw wrong(`epochs: ${MAX_SCOPE_SLOTS} slots at most`);
}

export function screenDossiers(dossiers: readonly Uint8Array[], trustees: number): void {
  if (dossiers.length !== trustees)
    throw new Problem("malformed", `dossiers: ${trustees} expected, one sealed to each trustee in their order`);
  for (const d of dossiers)
    if (d.length < HYBRID_OVERHEAD_BYTES || d.length > MAX_DOSSIER_BYTES)
      throw new Problem("malformed", `dossiers: a seal has ${HYBRID_OVERHEAD_BYTES} to ${MAX_DOSSIER_BYTES} bytes`);
}

/** The case an acceptable order opens. @throws Problem */
export async function newCase(
  env: EscrowEnv,
  signed: Uint8Array,
  dossiers: Uint8Array[],
  requestKey: string,
  now: number,
): Promise<NewCase> {
  const { order, hash } = openOrder(env, signed, requestKey);
  screenOrder(order, now);
  const { document } = await parametersFor(env, epochOf(now), now);
  if (!equalBytes(order.keySetId, document.keySetId)) throw wrong("keySetId: not the trustees' present keys");
  await screenScope(env, order, now);
  screenDossiers(dossiers, document.trusteeKeys.length);
  return {
    caseId: bytesToHex(order.caseId),
    kind: order.kind,
    orderHash: bytesToHex(hash),
    order: signed,
    requesterKey: requestKey,
    trusteeKeys: document.trusteeKeys.map(bytesToHex),
    threshold: document.threshold,
    expiresAt: order.expiresAt,
    chunks: chunksOfOrder(order).length,
    entry: LogEntry.encode({ kind: "order", at: now, subject: hash, caseId: order.caseId, body: new Uint8Array() }),
    dossiers,
  };
}
