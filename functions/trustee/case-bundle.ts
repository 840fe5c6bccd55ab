// What a trustee is handed with every round of a case, verified from nothing but pinned keys: its own key set, the
// registrar's key, the log's key. The escrow that hands it over is believed in nothing.
//
//   order, dossier      case-order.ts
//   approvals           exactly t, ascending, by S, this trustee among them (approvals.ts)
//   checkpoint          signed by the log, cosigned by >= t trustees as witnesses: fixes what was logged before
//   inclusion           LogEntry "order" and one LogEntry "approval" for each member of S stand in that tree
//   binding             of the case id: every value above; the vault holds one id to one binding
//
//   CaseContext         what a share is for; ctx = caseContextHash. Scope is the order's; for a link share, what its
//                       subject has in the chunk
//
// The bundle of each member differs in the dossier's seal only, which no context carries: so all contexts are equal but
// for the trustee.

import { nativeVerify } from "../../engine/ed25519.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { approvalHashOf, caseBinding, checkpointHashOf, trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { type Approval, type CaseContext, LogEntry } from "../../protocol/documents.ts";
import type { KeySet } from "../../protocol/key-set.ts";
import { leafHash, verifyInclusion } from "../../protocol/merkle.ts";
import { type Checkpoint, formatVkey, verifyCheckpoint } from "../../protocol/note.ts";
import { verifyApprovals } from "../shared/approvals.ts";
import { Problem, readBase64url, refused } from "../shared/http.ts";
import type { Bundle, Inclusion } from "../shared/trustee-api.ts";
import {
  type CheckedOrder,
  type Examined,
  examineSubject,
  openDossier,
  type Subject,
  type Trust,
  verifyOrder,
} from "./case-order.ts";

export interface OpenCase extends CheckedOrder, Examined {
  /** S, ascending */
  readonly set: readonly number[];
  readonly approvals: readonly Approval[];
  readonly binding: Uint8Array;
  context(kind: CaseContext["kind"], subject: { hash: Uint8Array } | Subject, trustee: number): CaseContext;
}

/** @throws Problem, CodecError, DecodeError */
export async function openBundle(bundle: Bundle, trust: Trust): Promise<OpenCase> {
  const nonce = readBase64url(bundle.nonce, "nonce");
  if (nonce.length !== 32) throw new Problem("malformed", "nonce: 32 bytes expected");
  const checked = await verifyOrder(readBase64url(bundle.order, "order"), trust);
  const { order, orderHash } = checked;

  const signedApprovals = bundle.approvals.map((a) => readBase64url(a, "approvals"));
  const { set, approvals } = verifyApprovals({
    orderHash,
    caseId: order.caseId,
    approvals: signedApprovals,
    trusteeKeys: trust.keySet.identityKeys,
    threshold: trust.keySet.threshold,
  });
  if (set.length !== trust.keySet.threshold) throw refused("approving set: not of the threshold's size");
  if (approvals.some((a, i) => a.trustee !== set[i])) throw new Problem("malformed", "approvals: not ascending");
  if (!set.includes(trust.index)) throw refused("approving set: without this trustee");

  const { checkpoint, text } = checkCheckpoint(bundle.checkpoint, trust);
  checkEntry(bundle.orderInclusion, checkpoint, { kind: "order", subject: orderHash, caseId: order.caseId });
  if (bundle.approvalInclusions.length !== set.length) throw refused("inclusion: one for each approval");
  signedApprovals.forEach((signed, i) => {
    const expected = { kind: "approval", subject: approvalHashOf(signed), caseId: order.caseId } as const;
    checkEntry(bundle.approvalInclusions[i]!, checkpoint, expected);
  });

  const dossier = openDossier(readBase64url(bundle.dossier, "dossier"), orderHash, trust);
  const examined = await examineSubject(checked, dossier, trust);
  const context: OpenCase["context"] = (kind, subject, trustee) => ({
    kind,
    caseId: order.caseId,
    orderHash,
    keySetId: order.keySetId,
    shareGeneration: order.shareGeneration,
    scope: kind === "link" ? (subject as Subject).scope : checked.scope,
    requesterKey: checked.requester.signKey,
    subjectHash: subject.hash,
    nonce,
    set,
    trustee,
    expiresAt: order.expiresAt,
    checkpoint: checkpointHashOf(text),
  });
  return {
    ...checked,
    ...examined,
    set,
    approvals,
    binding: caseBinding(context("notice", examined.notice, 0)),
    context,
  };
}

const MAX_CHECKPOINTS = 64;
const goodCheckpoints = new WeakMap<KeySet, Map<string, { checkpoint: Checkpoint; text: string }>>();
/**
 * A head that the log signed and t trustees cosigned. The same note under the same keys is as good when it comes again,
 * as it does with every chunk of a case. @throws Problem credential-refused
 */
function checkCheckpoint(note: string, { logKey, keySet }: Trust): { checkpoint: Checkpoint; text: string } {
  const name = `${formatVkey(logKey)}\n${note}`;
  const good = goodCheckpoints.get(keySet) ?? new Map();
  goodCheckpoints.set(keySet, good);
  const before = good.get(name);
  if (before) return before;
  const witnesses = keySet.identityKeys.map((key, i) => trusteeWitnessKey(i + 1, key));
  const verified = verifyCheckpoint({ note, logKey, witnesses, quorum: keySet.threshold, verify: nativeVerify });
  if (!verified.ok) throw refused(`checkpoint: ${verified.reason}`);
  if (good.size >= MAX_CHECKPOINTS) good.clear();
  good.set(name, verified);
  return verified;
}

function checkInclusion({ entry, index, proof }: Inclusion, { size, root }: Checkpoint): Uint8Array {
  const bytes = readBase64url(entry, "entry");
  const claim = { index, size, leafHash: leafHash(bytes), proof: proof.map((p) => readBase64url(p, "proof")), root };
  if (!verifyInclusion(claim)) throw refused("inclusion: proof does not verify");
  return bytes;
}

function checkEntry(
  inclusion: Inclusion,
  checkpoint: Checkpoint,
  expected: Pick<LogEntry, "kind" | "subject" | "caseId">,
): void {
  const entry = LogEntry.decode(checkInclusion(inclusion, checkpoint));
  const same =
    entry.kind === expected.kind &&
    equalBytes(entry.subject, expected.subject) &&
    entry.caseId !== undefined &&
    equalBytes(entry.caseId, expected.caseId!);
  if (!same) throw refused(`inclusion: another entry than this ${expected.kind}`);
}

/** The notice entry that all of S made stands in the log, under a head of its own. @throws Problem credential-refused */
export function checkNoticeLogged(
  notice: { checkpoint: string; inclusion: Inclusion },
  entry: Uint8Array,
  trust: Trust,
): void {
  const { checkpoint } = checkCheckpoint(notice.checkpoint, trust);
  if (!equalBytes(checkInclusion(notice.inclusion, checkpoint), entry)) throw refused("inclusion: another notice");
}
