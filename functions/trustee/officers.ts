// The trustee's officers: people with a passkey registered at this trustee, who read orders and decide.
//
//   register   by ADMIN_KEY: credential id, COSE key (ES256), RP id, origin
//   login      challenge (single use) → assertion → bearer token for reading inbox and orders, OFFICER_TOKEN_SECONDS
//   decide     an assertion whose challenge is approvalChallenge {case, order, trustee, decision}: nothing else can be
//              signed in its stead. One decision a case id; the same one again answers the same document
//
// Assertions are verified with @simplewebauthn/server: type, challenge, origin, RP id, user present and verified, counter
// not going back, signature. Why an order is read only behind a login: the escrow holds dossiers sealed to this trustee,
// and must not have them opened here.

import { sha256 } from "@noble/hashes/sha2.js";
import type { Context } from "hono";
import type * as z from "zod";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import {
  Approval,
  approvalChallenge,
  type DECISIONS,
  type RequesterCertificate,
  signDocument,
} from "../../protocol/documents.ts";
import { type Base64url, toBase64url } from "../../protocol/encodings.ts";
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

export async function registerOfficer(env: TrusteeEnv, request: z.infer<typeof OfficerRequest>): Promise<void> {
  const publicKey = readBase64url(request.publicKey, "publicKey");
  if (!coseEs256(publicKey)) throw new Problem("malformed", "publicKey: an ES256 COSE key expected");
  const { credentialId, rpId, origin } = request;
  if ((await vaultOf(env).addOfficer({ credentialId, publicKey, rpId, origin })) === "conflict")
    throw new Problem("conflict", "This credential is registered with other values.");
}

/** @throws Problem credential-refused for every failure alike */
async function verifyAssertion(
  env: TrusteeEnv,
  assertion: Assertion,
  challenge: Uint8Array,
): Promise<{ publicKey: Uint8Array; counter: number }> {
  const officer = await vaultOf(env).officer(assertion.credentialId);
  if (!officer) throw refused("officer: unknown credential");
  const { credentialId: id, authenticatorData, clientDataJSON, signature } = assertion;
  try {
    // its certificates and ASN.1 are a third of the Worker's start, and wanted only here
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

export async function newChallenge(env: TrusteeEnv, now: number): Promise<{ challenge: string; trustee: number }> {
  const challenge = rng(32);
  await vaultOf(env).addChallenge(challenge, now + CHALLENGE_SECONDS, now);
  return { challenge: toBase64url(challenge), trustee: ownKeys(env).index };
}

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

/** The bearer token of a login. @throws Problem credential-refused */
export async function requireOfficer(c: Context<{ Bindings: TrusteeEnv }>, now: number): Promise<void> {
  const [, token] = /^Bearer ([A-Za-z0-9_-]{43})$/.exec(c.req.header("authorization") ?? "") ?? [];
  if (token === undefined || !(await vaultOf(c.env).isToken(sha256(readBase64url(token)), now)))
    throw refused("officer token");
}

// ---- inbox and review

/** The escrow's list, asked for with this trustee's signature. */
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

async function examine(env: TrusteeEnv, request: z.infer<typeof ReviewRequest>, now: number) {
  const trust = trustOf(env, parseKeySet((await heldKeys(env)).keySet), now);
  const checked = await verifyOrder(readBase64url(request.order, "order"), trust);
  const dossier = openDossier(readBase64url(request.dossier, "dossier"), checked.orderHash, trust);
  return { checked, dossier, session: await describeSubject(checked, dossier, trust) };
}

/** `scope`: what the order would open, if it were approved. */
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
  if (order.emergency) warnings.push("Emergency order: it is logged as one, and the patient will read that it was.");
  if (order.emergency && order.kind !== "trace" && order.epochTo >= epochOf(now))
    warnings.push("Opens the current epoch: whoever approves could recognise this patient's later visits in it.");
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
    // A repetition, whose assertion was counted and kept the first time.
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
  new Problem("conflict", "This trustee has decided this case id already, otherwise.");
