// Cases as a requester brings them to the registrar: a trace with its shares, and an assemble with its order and dossiers.

import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8ToBytes } from "../../protocol/bytes.ts";
import {
  CaseContext,
  caseContextHash,
  Dossier,
  dossierHashOf,
  Order,
  orderHashOf,
  signDocument,
  subjectHashOf,
  traceSubjectHash,
} from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { keySetId } from "../../protocol/key-set.ts";
import { LABELS } from "../../protocol/labels.ts";
import { TraceShare, traceShare } from "../../protocol/opening.ts";
import { present } from "../../protocol/presentation.ts";
import { decodeG1 } from "../../protocol/suite.ts";
import {
  type Approved,
  bytesOf,
  cardOf,
  EPOCH,
  type Known,
  NOW,
  ok,
  proofOfOrder,
  proofsOf,
  type Requester,
  rng,
  send,
  type TestWallet,
  trustees,
} from "./registrar-world.ts";

export const EXPIRES = NOW + 3600;

/** The ciphertext C1, C2 of a handle. */
export type Sealed = { C1: Uint8Array; C2: Uint8Array };

/** A visit with a credential of this registrar. */
export async function visitOf(wallet: TestWallet, account: string, known: Known): Promise<Sealed> {
  const credential = wallet.receive(await bytesOf(wallet.refresh(account, EPOCH)), EPOCH);
  return present(
    {
      params: known.issuer,
      credential,
      secrets: wallet.secrets(0),
      tagEpoch: EPOCH,
      slot: 3,
      tagParamsHash: known.hash,
      credentialParamsHash: known.hash,
      shown: [],
      context: rng(32),
    },
    rng,
  );
}

export const openSealed = (sealed: string, orderHash: Uint8Array, secretKey: Uint8Array): Uint8Array =>
  hybridOpen(secretKey, orderHash, fromBase64url(sealed));

// ---- trace

export interface TraceCase extends Sealed {
  context: CaseContext;
}
export const traceCaseOf = (
  requester: Requester,
  { C1, C2 }: Sealed,
  changes: Partial<CaseContext> = {},
): TraceCase => ({
  C1,
  C2,
  context: {
    kind: "trace",
    caseId: rng(32),
    orderHash: rng(32),
    keySetId: keySetId(trustees.keySet),
    shareGeneration: 0,
    scope: [],
    requesterKey: ed25519.getPublicKey(requester.secret),
    subjectHash: traceSubjectHash(C1, C2),
    nonce: rng(32),
    set: [1, 3],
    trustee: 0,
    expiresAt: EXPIRES,
    checkpoint: rng(32),
    ...changes,
  },
});

/** Trustee i's share for a case with its context. With `by`, the share is made with that trustee's secret. */
export function part(c: TraceCase, trustee: number, changes: Partial<CaseContext> = {}, by = trustee) {
  const context = { ...c.context, ...changes, trustee };
  const share = traceShare(
    {
      ctx: caseContextHash(context),
      index: trustee,
      shareKey: trustees.keySet.shareKeys[by - 1]!.trace,
      C1: decodeG1(c.C1),
      share: trustees.secrets[by - 1]!.shares.trace,
    },
    rng,
  );
  return { context: toBase64url(CaseContext.encode(context)), share: toBase64url(TraceShare.encode(share)) };
}
/** The registrar does not see the dossier of a trace. */
export const approvedIn = ({ context: { caseId, orderHash } }: TraceCase): Approved => ({
  caseId,
  orderHash,
  dossierHash: orderHash,
});
export const traceRequestOf = (requester: Requester, c: TraceCase, changes: Record<string, unknown> = {}) => ({
  certificate: toBase64url(requester.certificate),
  proofs: proofsOf(approvedIn(c), c.context.set),
  C1: toBase64url(c.C1),
  C2: toBase64url(c.C2),
  parts: c.context.set.map((i) => part(c, i)),
  ...changes,
});
export const trace = (request: object, signWith: Uint8Array, at = NOW): Promise<Response> =>
  send("/v1/trace", { json: request, signWith, at });

// ---- assemble

export function assembleOrderOf(requester: Requester, selector: string, changes: Partial<Order> = {}) {
  const salt = rng(32);
  const order: Order = {
    caseId: rng(32),
    kind: "assemble",
    certificate: requester.certificate,
    purpose: "treatment of an unconscious patient",
    legalGround: "GDPR 9(2)(c)",
    epochFrom: EPOCH - 2,
    epochTo: EPOCH,
    services: [],
    emergency: true,
    subject: subjectHashOf(salt, utf8ToBytes(selector)),
    keySetId: keySetId(trustees.keySet),
    shareGeneration: 0,
    issuedAt: NOW,
    expiresAt: EXPIRES,
    ...changes,
  };
  const bytes = signDocument(LABELS.signOrder, Order, order, requester.secret);
  const of = { caseId: order.caseId, orderHash: orderHashOf(bytes) };
  const json = {
    order: toBase64url(bytes),
    selector,
    selectorSalt: toBase64url(salt),
    proof: proofOfOrder(of),
    cards: [1, 2, 3].map((i) => toBase64url(cardOf(i))),
  };
  return { of, json };
}
export const dossiersFor = (json: object, signWith: Uint8Array, at = NOW): Promise<Response> =>
  send("/v1/assemble/dossiers", { json, signWith, at });
export const identityFor = (json: object, signWith: Uint8Array, at = NOW): Promise<Response> =>
  send("/v1/assemble/identity", { json, signWith, at });
export const transportOf = (trustee: number): Uint8Array => trustees.committee[trustee - 1]!.transportSecret;

/** An order with its dossiers, and what the officers of trustee 1 saw. */
export async function withDossiersOf(requester: Requester, selector: string, changes: Partial<Order> = {}) {
  const made = assembleOrderOf(requester, selector, changes);
  const { dossiers } = (await ok(dossiersFor(made.json, requester.secret))) as { dossiers: string[] };
  const bytes = openSealed(dossiers[0]!, made.of.orderHash, transportOf(1));
  const approved: Approved = { ...made.of, dossierHash: dossierHashOf(bytes) };
  const request = (set = [1, 3], proofs: Parameters<typeof proofsOf>[2] = {}) => ({
    order: made.json.order,
    proofs: proofsOf(approved, set, proofs),
  });
  return { ...made, dossiers, dossier: Dossier.decode(bytes), approved, request };
}
