// The trustee's officers. An officer is a person whose passkey is registered at this trustee, who reads orders and decides.
//
//   register   the administrator (ADMIN_KEY) registers credential id, COSE key (ES256), RP id and origin
//   login      challenge (single use) → assertion → bearer token, valid for OFFICER_TOKEN_SECONDS, to read inbox and orders
//   decide     an assertion whose challenge is approvalChallenge {case, order, trustee, decision}, so it cannot stand for
//              anything else. Each case id gets one decision; the same decision again answers the same document
//
// @simplewebauthn/server verifies the assertions: type, challenge, origin, RP id, user present and verified, a counter that
// does not go back, and the signature. Reading an order needs a login, because the escrow holds dossiers that are sealed to
// this trustee. Without the login, the escrow could have the trustee open them.

import { sha256 } from "@noble/hashes/sha2.js";
import type { Context } from "hono";
import type * as z from "zod";
import { equalBytes } from "../../protocol/bytes.ts";
import {
  Approval,
  approvalChallenge,
  type DECISIONS,
  type RequesterCertificate,
  signDocument,
} from "../../protocol/documents.ts";
import { type Base64url, bytesToHex, toBase64url } from "../../protocol/encodings.ts";
import { epochName, epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { tidOf } from "../../protocol/tid.ts";
import { coseEs256 } from "../shared/approvals.ts";
import { callJson } from "../shared/calls.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { Problem, readBase64url, refused } from "../shared/http.ts";
import { rng } from "../shared/rng.ts";
import type {
  Assertion,
  DecideRequest,
  InboxAnswer,
  OfficerRequest,
  Review,
  ReviewRequest,
} from "../shared/trustee-api.ts";
import {
  type CheckedOrder,
  describeSubject,
  openDossier,
  type Scope,
  type Session,
  verifyOrder,
} from "./case-order.ts";
import { heldKeys, ownKeys, parseKeySet, trustOf, vaultOf } from "./context.ts";

const CHALLENGE_SECONDS = 300;
const OFFICER_TOKEN_SECONDS = 3600;

/** @throws Problem malformed, or conflict if the credential is registered with other values */
export async function registerOfficer(env: TrusteeEnv, request: z.infer<typeof OfficerRequest>): Promise<void> {
  const publicKey = readBase64url(request.publicKey, "publicKey");
  if (!coseEs256(publicKey)) throw new Problem("malformed", "publicKey: a COSE key for ES256 expected");
  const { credentialId, rpId, origin } = request;
  if ((await vaultOf(env).addOfficer({ credentialId, publicKey, rpId, origin })) === "conflict")
    throw new Problem("conflict", "This credential is registered with other values.");
}

/**
 * Verifies the assertion of a registered passkey for `challenge`.
 * @throws Problem credential-refused, the same for every failure
 */
export async function verifyAssertion(
  env: TrusteeEnv,
  assertion: Assertion,
  challenge: Uint8Array,
): Promise<{ publicKey: Uint8Array; counter: number }> {
  const officer = await vaultOf(env).officer(assertion.credentialId);
  if (!officer) throw refused("officer: unknown credential");
  const { credentialId: id, authenticatorData, clientDataJSON, signature } = assertion;
  try {
    // Imported here only, because its certificates and ASN.1 code take a third of the Worker's start-up time.
    const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: { authenticatorData, clientDataJSON, signature },
      },
      expectedChallenge: toBase64url(challenge),
      expectedOrigin: officer.origin,
      expectedRPID: officer.rpId,
      credential: { id, publicKey: Uint8Array.from(officer.publicKey), counter: officer.counter },
      requireUserVerification: true,
    });
    if (verified) return { publicKey: officer.publicKey, counter: authenticationInfo.newCounter };
  } catch (cause) {
    throw refused(`officer: ${String(cause)}`);
  }
  throw refused("officer: signature");
}

// ---- login

/** A login challenge of 32 bytes, valid for CHALLENGE_SECONDS and for one login. */
export async function newChallenge(env: TrusteeEnv, now: number): Promise<{ challenge: string; trustee: number }> {
  const challenge = rng(32);
  await vaultOf(env).addChallenge(challenge, now + CHALLENGE_SECONDS, now);
  return { challenge: toBase64url(challenge), trustee: ownKeys(env).index };
}

/** A bearer token for the passkey's assertion over an unused challenge. @throws Problem credential-refused */
export async function login(env: TrusteeEnv, challengeText: string, assertion: Assertion, now: number) {
  const challenge = readBase64url(challengeText, "challenge");
  const { counter } = await verifyAssertion(env, assertion, challenge);
  const token = rng(32);
  const tokenExpires = now + OFFICER_TOKEN_SECONDS;
  const outcome = await vaultOf(env).login({
    challenge,
    credentialId: assertion.credentialId,
    counter,
    tokenHash: sha256(token),
    tokenExpires,
    now,
  });
  if (outcome !== "ok") throw refused(`officer: ${outcome}`);
  return { token: toBase64url(token), expires: tokenExpires };
}

/** Checks the bearer token that a login gave. @throws Problem credential-refused */
export async function requireOfficer(c: Context<{ Bindings: TrusteeEnv }>, now: number): Promise<void> {
  const [, token] = /^Bearer ([A-Za-z0-9_-]{43})$/.exec(c.req.header("authorization") ?? "") ?? [];
  if (token === undefined || !(await vaultOf(c.env).isToken(sha256(readBase64url(token)), now)))
    throw refused("officer token");
}

// ---- inbox and review

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

/** Verifies the order, opens its dossier and describes its subject. @throws Problem, CodecError */
async function examine(env: TrusteeEnv, request: z.infer<typeof ReviewRequest>, now: number) {
  const trust = trustOf(env, parseKeySet((await heldKeys(env)).keySet), now);
  const checked = await verifyOrder(readBase64url(request.order, "order"), trust);
  const dossier = openDossier(readBase64url(request.dossier, "dossier"), checked.orderHash, trust);
  return { checked, dossier, session: await describeSubject(checked, dossier, trust) };
}

/** The order as the officer reads it. `scope` is the scope that an approved order would open. @throws Problem, CodecError */
export async function review(
  env: TrusteeEnv,
  request: z.infer<typeof ReviewRequest>,
  now: number,
): Promise<{ answer: Review; scope: Scope }> {
  const { checked, dossier, session } = await examine(env, request, now);
  const { order, orderHash, requester } = checked;
  const trustee = ownKeys(env).index;
  const challenge = (decision: (typeof DECISIONS)[number]): Base64url =>
    toBase64url(approvalChallenge({ caseId: order.caseId, orderHash, trustee, decision }));
  const answer: Review = {
    trustee,
    caseId: bytesToHex(order.caseId),
    orderHash: bytesToHex(orderHash),
    kind: order.kind,
    requester: { name: requester.name, role: requester.role, key: bytesToHex(requester.signKey) },
    purpose: order.purpose,
    legalGround: order.legalGround,
    epochs: { from: epochName(order.epochFrom), to: epochName(order.epochTo) },
    services: order.services.map(bytesToHex),
    emergency: order.emergency,
    issuedAt: order.issuedAt,
    expiresAt: order.expiresAt,
    subject: session ? describe(session) : { selector: dossier.selector },
    warnings: warningsOf(checked, requester, now),
    challenges: { approve: challenge("approve"), refuse: challenge("refuse") },
  };
  return { answer, scope: checked.scope };
}

const describe = (s: Session) => ({
  tid: tidOf(s.tagHash),
  tagHash: bytesToHex(s.tagHash),
  serviceId: bytesToHex(s.serviceId),
  epoch: epochName(s.epoch),
  at: s.issuedAt,
});

function warningsOf({ order, scope }: CheckedOrder, requester: RequesterCertificate, now: number): string[] {
  const warnings: string[] = [];
  if (order.emergency) warnings.push("Emergency order: the notice in the log says so, and the patient will read it.");
  if (order.emergency && order.kind !== "trace" && order.epochTo >= epochOf(now))
    warnings.push(
      "Opens the current epoch: the approving trustees could recognise the patient's later visits in this epoch.",
    );
  if (order.kind === "trace") warnings.push("Reveals who the patient is.");
  if (order.kind === "assemble") warnings.push("Opens every visit of a named person in these epochs.");
  if (order.kind !== "trace" && order.services.length === 0) warnings.push("Covers all services.");
  if (scope.length > 12) warnings.push(`Covers ${scope.length} months.`);
  if (order.purpose.trim() === "" || order.legalGround.trim() === "")
    warnings.push("States no purpose or no legal ground.");
  if (requester.role.trim() === "") warnings.push("The requester has no registered role.");
  return warnings;
}

// ---- decide

/**
 * Records an officer's decision on an order. The same decision again returns the same document.
 * @returns Signed<Approval>  @throws Problem credential-refused, conflict, CodecError
 */
export async function decide(
  env: TrusteeEnv,
  request: z.infer<typeof DecideRequest>,
  now: number,
): Promise<Uint8Array> {
  const { checked } = await examine(env, request, now);
  const { order, orderHash } = checked;
  const own = ownKeys(env);
  const head = { caseId: order.caseId, orderHash, trustee: own.index, decision: request.decision };
  const { assertion } = request;
  const vault = vaultOf(env);
  const before = await vault.decision(order.caseId);
  if (before) {
    // A repetition. The assertion of the first time was counted and is part of the kept approval.
    if (before.decision === request.decision && equalBytes(before.orderHash, orderHash)) return before.approval;
    throw decidedOtherwise();
  }
  const { publicKey, counter } = await verifyAssertion(env, assertion, approvalChallenge(head));
  const approval: Approval = {
    ...head,
    reason: request.reason,
    officerKey: publicKey,
    credentialId: readBase64url(assertion.credentialId),
    authenticatorData: readBase64url(assertion.authenticatorData),
    clientDataJSON: readBase64url(assertion.clientDataJSON),
    signature: readBase64url(assertion.signature),
    at: now,
  };
  const decided = await vault.decide({
    caseId: order.caseId,
    orderHash,
    decision: request.decision,
    credentialId: assertion.credentialId,
    counter,
    approval: signDocument(LABELS.approval, Approval, approval, own.signer),
  });
  if (decided.ok) return decided.approval;
  if (decided.reason === "other-decision") throw decidedOtherwise();
  throw refused(`officer: ${decided.reason}`);
}

const decidedOtherwise = (): Problem =>
  new Problem("conflict", "This trustee has already made another decision on this case id.");
