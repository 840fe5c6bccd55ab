// How far the decisions about a case are, and which ones a trustee has made. Escrow and trustee deliver the documents; here each
// one is verified under the pinned keys. A decision that does not verify is an error and not merely left out: somebody made
// it up.
//
//   decision    Signed<Approval> of a pinned trustee about exactly this order, with the assertion of an officer's passkey
//   logged      LogEntry "order" of this order, in a tree whose head a quorum of witnesses signed, at any time

import type { CaseProgressAnswer } from "../../api/trustee/officers.ts";
import { Approval, type Decided, verifyDecision } from "../../protocol/approvals.ts";
import { isOrderLogged } from "../../protocol/case-proofs.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { openSigned } from "../../protocol/documents.ts";
import {
  type Base64url,
  bytesToHex,
  fromBase64url,
  type Hex,
  hexToBytes,
  toBase64url,
} from "../../protocol/encodings.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { atAnyAge, logTrustOf, verifyHead } from "../../protocol/log-trust.ts";
import { leafHash } from "../../protocol/merkle.ts";
import { readOfficerCard } from "../../protocol/officer-card.ts";
import { decodeAnswer, textOfCause, translate } from "../errors.ts";
import { httpLogSource } from "../log/source.ts";
import { type Deployment, logPinsOf, type ParametersCache } from "../parameters.ts";
import { apiJson, type Transport } from "../transport.ts";
import { OfficerError } from "./passkeys.ts";
import type { VerifiedOrder } from "./review.ts";

/** One trustee's decision, as its officer signed it. */
export interface MadeDecision {
  readonly caseId: Hex;
  readonly trustee: number;
  readonly decision: Approval["decision"];
  readonly reason: string;
  /** unix seconds */
  readonly at: number;
  /** the officer's passkey */
  readonly credentialId: Base64url;
}

export interface CaseProgress {
  readonly state: CaseProgressAnswer["state"];
  /** how many approvals are needed, as the escrow says it */
  readonly needed: number;
  /** ascending by trustee */
  readonly decisions: readonly MadeDecision[];
}

const madeOf = (a: Approval, credentialId: Uint8Array): MadeDecision => ({
  caseId: bytesToHex(a.caseId),
  trustee: a.trustee,
  decision: a.decision,
  reason: a.reason,
  at: a.at,
  credentialId: toBase64url(credentialId),
});

/** Verifies every decision of an answer. @param now unix seconds @throws OfficerError wrong-progress */
export function readProgress(
  { state, needed, decisions }: CaseProgressAnswer,
  { order, hash: orderHash }: Pick<VerifiedOrder, "order" | "hash">,
  { trusteeKeys }: Pick<Deployment, "trusteeKeys">,
  now: number,
): CaseProgress {
  const wrong = (detail: string, cause?: unknown) => new OfficerError("wrong-progress", detail, { cause });
  const scope = {
    orderHash,
    caseId: order.caseId,
    trusteeKeys: trusteeKeys.map(hexToBytes),
    from: order.issuedAt - CLOCK_TOLERANCE_SECONDS,
    to: now + CLOCK_TOLERANCE_SECONDS,
  };
  const read = (signed: Base64url): Decided => {
    const verdict = verifyDecision(fromBase64url(signed), scope);
    if (!verdict.ok) throw wrong(verdict.reason);
    return verdict.decided;
  };
  const made = translate(
    () => decisions.map(read).map((decided) => madeOf(decided, decided.card.credentialId)),
    (cause) => wrong(textOfCause(cause), cause),
  ).sort((a, b) => a.trustee - b.trustee);
  if (made.some(({ trustee }, i) => trustee === made[i - 1]?.trustee)) throw wrong("two of one trustee");
  return { state, needed, decisions: made };
}

/** Reads a decision that this trustee keeps. Its order is not at hand, so only the trustee's signatures are verified. */
export function readOwnDecision(signed: Base64url, trustee: number, trusteeKey: Hex): MadeDecision {
  const identityKey = hexToBytes(trusteeKey);
  return decodeAnswer("a decision", () => {
    const { key, value } = openSigned(LABELS.signApproval, Approval, fromBase64url(signed));
    if (bytesToHex(key) !== trusteeKey || value.trustee !== trustee) throw new RangeError("of another trustee");
    return madeOf(value, readOfficerCard(value.officerCard, { index: trustee, identityKey }).credentialId);
  });
}

/**
 * Checks that the log has the order.
 * @param entry LogEntry of the order, as the escrow delivers it
 * @throws OfficerError order-not-logged; ParametersError, ApiError
 */
export async function requireLogged(
  { transport, deployment }: { transport: Transport; deployment: Deployment },
  parameters: ParametersCache,
  { order, hash: orderHash }: VerifiedOrder,
  entry: Base64url | null,
): Promise<void> {
  const missing = (detail: string): OfficerError => new OfficerError("order-not-logged", detail);
  if (entry === null) throw missing("the escrow does not deliver its entry");
  const bytes = decodeAnswer("a log entry", () => fromBase64url(entry));
  const now = transport.now();
  const { document } = await parameters.of(epochOf(now));
  const trust = atAnyAge(logTrustOf(logPinsOf(deployment), document));
  const { index } = await apiJson<{ index: number }>(
    transport,
    deployment.logUrl,
    `/v1/leaves/${bytesToHex(leafHash(bytes))}`,
  );
  const { checkpoint: note } = await apiJson<{ checkpoint: string }>(
    transport,
    deployment.logUrl,
    `/v1/cosigned?quorum=${trust.quorum}&min=${index + 1}`,
  );
  const head = verifyHead(note, trust, now);
  if (!head.ok) throw missing(`a head of the log does not verify (${head.reason})`);
  const proof = await httpLogSource(transport, deployment.logUrl, trust.quorum).inclusion(index, head.checkpoint.size);
  const logged = { entry: bytes, index, proof };
  if (!isOrderLogged(logged, head.checkpoint, { orderHash, caseId: order.caseId }))
    throw missing("it has another entry");
}
