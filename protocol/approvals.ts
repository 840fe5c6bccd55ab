// Decisions of officers, and how everybody who acts on them verifies them: trustees, escrow, registrar and requester.
//
//   Approval           Signed with LABELS.signApproval by the pinned identity key of trustee `approval.trustee`
//   officerCard        Signed<OfficerCard> of the same trustee, valid at `approval.at` (officer-card.ts)
//   assertion          WebAuthn (Level 3, section 7.2) of the card's passkey, ES256. So an approval is evidence of an
//                      officer's act and not only of the trustee's Worker
//
//   clientDataJSON     type "webauthn.get", challenge = approvalChallenge, origin of the card, not cross-origin
//   authenticatorData  rpIdHash (32) = SHA-256(rpId of the card) ‖ flags ‖ …: user present and user verified
//   signature          DER, over authenticatorData ‖ SHA-256(clientDataJSON)
//
//   approvalChallenge  labelledHash(passkeyDecision, case id, order hash, u8 trustee, decision, dossier hash). The officer's
//                      client computes it. The dossier hash pins the evidence that the officer saw
//
// Counting is strict. None counts if one of the approvals is wrong, or is a refusal, or if two are of one trustee, of one
// passkey, or about different dossiers. A passkey is its public key: the assertion proves that key and nothing else of the
// card. A card's credential id is only its trustee's claim. If it counted, a lying trustee could claim the id of another
// trustee's officer, which the log shows, and so keep that officer from deciding.
//
// Whether the log contains the officer's card is a separate check: case-proofs.ts.

import { p256 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as P from "micro-packed";
import { concatBytes, equalBytes, labelledHash, utf8ToBytes } from "./bytes.ts";
import { blob, CodecError, document, fixed, type Of, oneOf, text, u8, u64 } from "./codec.ts";
import { type Order, openSigned, type Parameters } from "./documents.ts";
import type { VerifySignature } from "./ed25519.ts";
import { bytesToHex, type Hex, toBase64url } from "./encodings.ts";
import { LABELS } from "./labels.ts";
import { coseEs256, isCardAt, type OfficerCard, readOfficerCard } from "./officer-card.ts";

/** A longer decision is refused by everybody, so that nobody accepts one that another party then cannot read. */
const MAX_DECISION_BYTES = 32 << 10;

const DECISIONS = ["approve", "refuse"] as const;
/** An officer's decision about an order and its dossier. */
export const Approval = document("Approval", 0x0e, 2, {
  caseId: fixed(32),
  orderHash: fixed(32),
  dossierHash: fixed(32),
  trustee: u8,
  decision: oneOf(...DECISIONS),
  reason: text,
  officerCard: blob, // Signed<OfficerCard>
  authenticatorData: blob,
  clientDataJSON: blob,
  signature: blob,
  at: u64,
});
export type Approval = Of<typeof Approval>;
/** The hash of a Signed<Approval>: the subject of its log entry. */
export const approvalHashOf = (signedBytes: Uint8Array): Uint8Array => labelledHash(LABELS.approval, signedBytes);

/** What the passkey signs to decide about an order, 32 bytes. */
export const approvalChallenge = (
  a: Pick<Approval, "caseId" | "orderHash" | "trustee" | "decision" | "dossierHash">,
): Uint8Array =>
  labelledHash(
    LABELS.passkeyDecision,
    a.caseId,
    a.orderHash,
    Uint8Array.of(a.trustee),
    utf8ToBytes(a.decision),
    a.dossierHash,
  );

/**
 * The number of approvals that an order needs: t, or the parameters' assembleThreshold for an assemble if that is more. The
 * approving set S has exactly that size.
 */
export const approvalsNeeded = (
  kind: Order["kind"],
  { threshold, assembleThreshold }: Pick<Parameters, "threshold" | "assembleThreshold">,
): number => (kind === "assemble" ? Math.max(threshold, assembleThreshold) : threshold);

/** rpIdHash 32 ‖ flags 1 ‖ signCount 4 (WebAuthn, section 6.1) */
const AUTHENTICATOR_DATA_BYTES = 37;
const FLAGS_AT = 32;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

/** Whether the card's passkey made this assertion over the approval's own challenge, on the card's own origin. */
function isOfficersAct(a: Approval, card: OfficerCard): boolean {
  const point = coseEs256(card.publicKey);
  if (!point || a.authenticatorData.length < AUTHENTICATOR_DATA_BYTES) return false;
  const flags = a.authenticatorData[FLAGS_AT]!;
  if ((flags & USER_PRESENT) === 0 || (flags & USER_VERIFIED) === 0) return false;
  if (!equalBytes(a.authenticatorData.subarray(0, FLAGS_AT), sha256(utf8ToBytes(card.rpId)))) return false;
  try {
    const client = JSON.parse(P.string(null).decode(a.clientDataJSON)) as Record<string, unknown>;
    if (client.type !== "webauthn.get" || client.challenge !== toBase64url(approvalChallenge(a))) return false;
    if (client.origin !== card.origin || client.crossOrigin === true) return false;
    const message = concatBytes(a.authenticatorData, sha256(a.clientDataJSON));
    // lowS: false, because WebAuthn authenticators do not normalise s
    return p256.verify(a.signature, message, point, { format: "der", lowS: false });
  } catch {
    return false;
  }
}

export interface ApprovalScope {
  readonly orderHash: Uint8Array;
  readonly caseId: Uint8Array;
  /** the pinned identity keys (32 bytes each); trustee i is at [i - 1] */
  readonly trusteeKeys: readonly Uint8Array[];
  /** unix seconds between which a decision about this order can lie; both included */
  readonly from: number;
  readonly to: number;
}

/** An approval or refusal that verifies, with its officer's card. */
export interface Decided extends Approval {
  readonly card: OfficerCard;
}
type Verdict<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly reason: string };
const no = (reason: string) => ({ ok: false, reason }) as const;

function cardOf(
  signed: Uint8Array,
  trustee: { index: number; identityKey: Uint8Array },
  verify?: VerifySignature,
): OfficerCard | undefined {
  try {
    return readOfficerCard(signed, trustee, verify);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** Verifies one decision, an approval or a refusal. @throws CodecError if it cannot be decoded or is not signed */
export function verifyDecision(
  signed: Uint8Array,
  scope: ApprovalScope,
  verify?: VerifySignature,
): Verdict<{ decided: Decided }> {
  if (signed.length > MAX_DECISION_BYTES) return no("too long");
  const { key, value } = openSigned(LABELS.signApproval, Approval, signed, verify);
  const identityKey = scope.trusteeKeys[value.trustee - 1];
  if (!identityKey || !equalBytes(identityKey, key)) return no(`not by trustee ${value.trustee}`);
  if (!equalBytes(value.orderHash, scope.orderHash) || !equalBytes(value.caseId, scope.caseId))
    return no("of another order");
  if (value.at < scope.from || value.at > scope.to) return no("outside the order's time");
  const card = cardOf(value.officerCard, { index: value.trustee, identityKey }, verify);
  if (!card) return no("officer's card of another trustee, or unreadable");
  if (!isCardAt(card, value.at)) return no("officer's card out of date");
  if (!isOfficersAct(value, card)) return no("assertion does not verify");
  return { ok: true, decided: { ...value, card } };
}

/** The name of a card's passkey. If two cards have the same one, they are of one passkey. */
export const passkeyName = ({ publicKey }: Pick<OfficerCard, "publicKey">): Hex => bytesToHex(publicKey);

/**
 * Verifies exactly `needed` approvals by different trustees, in ascending order. `set` has the trustees.
 * @throws CodecError if one cannot be decoded or is not signed
 */
export function verifyApprovals(
  { approvals, needed, ...scope }: ApprovalScope & { approvals: readonly Uint8Array[]; needed: number },
  verify?: VerifySignature,
): Verdict<{ set: number[]; approvals: Decided[] }> {
  const decided: Decided[] = [];
  for (const signed of approvals) {
    const verdict = verifyDecision(signed, scope, verify);
    if (!verdict.ok) return verdict;
    decided.push(verdict.decided);
  }
  if (decided.some((a) => a.decision !== "approve")) return no("a refusal among them");
  const set = decided.map((a) => a.trustee);
  if (set.some((trustee, i) => i > 0 && trustee <= set[i - 1]!)) return no("not ascending by trustee");
  if (set.length !== needed) return no(`${set.length}, and ${needed} are needed`);
  const names = decided.map((a) => passkeyName(a.card));
  if (new Set(names).size !== names.length) return no("one passkey twice");
  if (decided.some((a) => !equalBytes(a.dossierHash, decided[0]!.dossierHash))) return no("of different dossiers");
  return { ok: true, set, approvals: decided };
}
