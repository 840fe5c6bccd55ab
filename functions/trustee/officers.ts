// The work of a trustee's officers: they read orders and decide. officer-registry.ts says who is an officer.
//
//   review   the order, the requester and the dossier as bytes. The officer's client renders them itself (client/officer.ts)
//            and compares them with the description that comes along (protocol/review.ts)
//   progress the decisions of all trustees about a case, as the escrow has them. The client verifies each one
//   decide   an assertion whose challenge is approvalChallenge {case, order, trustee, decision, dossier hash}, so it cannot
//            stand for anything else. Each case id gets one decision; the same decision again answers the same document
//
// Reading an order needs a login, because the escrow holds dossiers that are sealed to this trustee. Without the login, the
// escrow could have the trustee open them.

import type { CaseStatus } from "../../api/escrow/cases.ts";
import type {
  CaseProgressAnswer,
  DecideRequest,
  DecisionsAnswer,
  InboxAnswer,
  Review,
  ReviewRequest,
} from "../../api/trustee/officers.ts";
import { Approval, approvalChallenge } from "../../protocol/approvals.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { signDocument } from "../../protocol/documents.ts";
import { bytesToHex, type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { describeOrder } from "../../protocol/review.ts";
import { callJson } from "../shared/calls.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { readBase64url } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { examineSubject, openDossier, type Scope, verifyOrder } from "./case-order.ts";
import { heldKeys, ownKeys, parseKeySet, trustOf, vaultOf } from "./context.ts";
import { verifyAssertion } from "./officer-registry.ts";

/** A page of the escrow's list of cases. The request carries this trustee's signature. */
export async function inboxFromEscrow(
  env: TrusteeEnv,
  { state, cursor }: { state: string; cursor: string | undefined },
  now: number,
): Promise<InboxAnswer> {
  const query = new URLSearchParams({ state, ...(cursor === undefined ? {} : { cursor }) });
  return callJson<InboxAnswer>({
    baseUrl: env.ESCROW_URL,
    method: "GET",
    path: `/v1/cases?${query}`,
    signingKey: bytesToHex(ownKeys(env).identitySecret),
    now,
  });
}

/** How far the decisions about a case are, from the escrow. The request carries this trustee's signature. */
export async function progressFromEscrow(env: TrusteeEnv, caseId: Hex, now: number): Promise<CaseProgressAnswer> {
  const { state, needed, decisions, log } = await callJson<CaseStatus>({
    baseUrl: env.ESCROW_URL,
    method: "GET",
    path: `/v1/cases/${caseId}`,
    signingKey: bytesToHex(ownKeys(env).identitySecret),
    now,
  });
  return {
    state,
    needed,
    decisions: decisions.map(({ approval }) => approval),
    order: log.find(({ name }) => name === "order")?.entry ?? null,
  };
}

const DECISIONS_PAGE = 64;

/** A page of all decisions of this trustee, in the order of the case ids. */
export async function decisionPage(env: TrusteeEnv, cursor: Hex | undefined): Promise<DecisionsAnswer> {
  const after = cursor === undefined ? new Uint8Array() : hexToBytes(cursor);
  const page = await vaultOf(env).decisions(after, DECISIONS_PAGE);
  return {
    decisions: page.map(({ approval }) => toBase64url(approval)),
    cursor: page.length === DECISIONS_PAGE ? bytesToHex(page.at(-1)!.caseId) : null,
  };
}

/** Verifies the order and its whole subject. @throws Problem, CodecError */
async function examine(env: TrusteeEnv, request: ReviewRequest, now: number) {
  const trust = trustOf(env, parseKeySet((await heldKeys(env)).keySet), now);
  const checked = await verifyOrder(readBase64url(request.order, "order"), trust);
  const opened = openDossier(readBase64url(request.dossier, "dossier"), checked.orderHash, trust);
  await examineSubject(checked, opened.dossier, trust);
  return { checked, opened };
}

/**
 * The order as the officer reads it, and its dossier. `scope` is the scope that an approved order would open.
 * @throws Problem, CodecError
 */
export async function review(
  env: TrusteeEnv,
  request: ReviewRequest,
  now: number,
): Promise<{ answer: Review; scope: Scope }> {
  const { checked, opened } = await examine(env, request, now);
  const { order, orderHash, requester } = checked;
  const description = describeOrder(order, orderHash, requester, opened.dossier);
  return { answer: { description, dossier: toBase64url(opened.bytes) }, scope: checked.scope };
}

/**
 * Records an officer's decision on an order. The same decision again returns the same document.
 * @returns Signed<Approval>  @throws Problem credential-refused, conflict, CodecError
 */
export async function decide(env: TrusteeEnv, request: DecideRequest, now: number): Promise<Uint8Array> {
  const { checked, opened } = await examine(env, request, now);
  const { order, orderHash } = checked;
  const { decision, assertion } = request;
  const own = ownKeys(env);
  const head = { caseId: order.caseId, orderHash, dossierHash: opened.hash, trustee: own.index, decision };
  const challenge = approvalChallenge(head);
  const vault = vaultOf(env);
  const before = await vault.decision(order.caseId);
  if (before) {
    // A repetition. The assertion of the first time was counted and is part of the kept approval.
    if (equalBytes(before.challenge, challenge)) return before.approval;
    throw decidedOtherwise();
  }
  const { officer, counter } = await verifyAssertion(env, assertion, () => challenge, now);
  const approval: Approval = {
    ...head,
    reason: request.reason,
    officerCard: officer.card,
    authenticatorData: readBase64url(assertion.authenticatorData),
    clientDataJSON: readBase64url(assertion.clientDataJSON),
    signature: readBase64url(assertion.signature),
    at: now,
  };
  const decided = await vault.decide({
    caseId: order.caseId,
    challenge,
    decision,
    credentialId: assertion.credentialId,
    counter,
    approval: signDocument(LABELS.signApproval, Approval, approval, own.signer),
    now,
  });
  if (decided.ok) return decided.approval;
  if (decided.reason === "other-decision") throw decidedOtherwise();
  throw refused(`officer: ${decided.reason}`);
}

const decidedOtherwise = (): Problem =>
  new Problem("conflict", "This trustee has already made another decision on this case id.");
