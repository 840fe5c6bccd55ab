// Verifies the bundle that comes with every round of a case. The verification uses only pinned keys: the trustee's own key
// set, the registrar's key and the log's key. It does not rely on the escrow, which delivers the bundle.
//
//   order, dossier      see case-order.ts
//   approvals           exactly |S|, ascending, by S; this trustee is in S (protocol/approvals.ts)
//   checkpoint          signed by the log, cosigned by the quorum of witnesses (protocol/log-trust.ts), and on one line with the
//                       newest head that this trustee signed (witness.ts): it fixes what was logged before. It must be fresh
//                       when the vault binds the case id (round-context.ts); in later rounds it may be older
//   inclusion           the tree of that checkpoint contains LogEntry "order", and per member of S one LogEntry "approval" and
//                       the LogEntry "officer" of its officer's card (protocol/case-proofs.ts)
//   dossier             has the hash that every approval names
//   binding             of the case id: it covers every value above, and the vault keeps one binding per case id
//
//   CaseContext         says for what a share is made; ctx = caseContextHash. Its scope is the order's scope; for a link share
//                       it is the part of the chunk's scope in which the subject has slots
//
// The bundles of two members differ only in the seal of the dossier, and no CaseContext contains that seal. So the contexts of
// all members are equal except for the field `trustee`.

import type { Inclusion } from "../../api/case-proofs.ts";
import type { Bundle, LoggedRoots } from "../../api/trustee/rounds.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { type Approval, approvalsNeeded } from "../../protocol/approvals.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { caseBinding, checkpointHashOf } from "../../protocol/case-documents.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import type { CaseContext, Order } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { type IndexRoot, readIndexRoot } from "../../protocol/index-tree.ts";
import type { KeySet } from "../../protocol/key-set.ts";
import { type VerifiedHead, verifyHead, verifyLogged } from "../../protocol/log-trust.ts";
import { formatVkey } from "../../protocol/note.ts";
import { checkLogged, loggedOf, timesOf, verifyApprovals } from "../shared/approvals.ts";
import { readBase64url } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
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
  /** caseBinding, 32 bytes */
  readonly binding: Uint8Array;
  /** unix seconds: a quorum of the bundle's cosignatures is at least this new */
  readonly cosignedAt: number;
  context(kind: CaseContext["kind"], subject: { hash: Uint8Array } | Subject, trustee: number): CaseContext;
}

/** Verifies a bundle for the trustee of `trust`. @throws Problem, CodecError, DecodeError */
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
    needed: await approvalsNeededFor(order, trust),
    ...timesOf(order),
    // The newest approval dates the notice, and the log refuses a notice from the future. The escrow allows one tolerance, and
    // its clock may be another one ahead.
    to: Math.min(order.expiresAt, trust.now + 2 * CLOCK_TOLERANCE_SECONDS),
  });
  if (!set.includes(trust.index)) throw refused("approving set: without this trustee");

  const { checkpoint, text, cosignedAt } = await checkCheckpoint(bundle.checkpoint, trust);
  checkLogged(bundle, checkpoint, { orderHash, caseId: order.caseId }, signedApprovals, approvals);

  const { dossier, hash } = openDossier(readBase64url(bundle.dossier, "dossier"), orderHash, trust);
  if (!equalBytes(hash, approvals[0]!.dossierHash)) throw refused("dossier: another one than the officers approved");
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
    binding: caseBinding(context("notice", { hash: examined.subjectHash }, 0)),
    cosignedAt,
    context,
  };
}

type GoodHead = Extract<VerifiedHead, { ok: true }>;
const MAX_CHECKPOINTS = 64;
const goodCheckpoints = new WeakMap<KeySet, Map<string, GoodHead>>();
/**
 * Verifies a head that the log and a quorum of witnesses signed, of any age, and that lies on this trustee's own line. Every chunk
 * of a case brings the same note again. Under the same keys its verdict stays the same: the signatures do not change, and this
 * trustee signs nothing that contradicts a head on its line. So the verified head is kept in memory.
 * @throws Problem credential-refused, unavailable
 */
async function checkCheckpoint(note: string, { log, keySet, index, checkOwnLine, now }: Trust): Promise<GoodHead> {
  const name = [index, formatVkey(log.logKey), ...log.witnesses.map(formatVkey), note].join("\n");
  const good = goodCheckpoints.get(keySet) ?? new Map<string, GoodHead>();
  goodCheckpoints.set(keySet, good);
  const before = good.get(name);
  if (before) return before;
  const verified = verifyHead(note, log, now, nativeVerify);
  if (!verified.ok) throw refused(`checkpoint: ${verified.reason}`);
  await checkOwnLine(note, verified.checkpoint);
  if (good.size >= MAX_CHECKPOINTS) good.clear();
  good.set(name, verified);
  return verified;
}

/** |S| of this order, by the parameters of the month in which it was issued. @throws Problem */
async function approvalsNeededFor(order: Order, { keySet, parameters }: Trust): Promise<number> {
  if (order.kind !== "assemble") return keySet.threshold;
  const { assembleThreshold } = (await parameters(epochOf(order.issuedAt))).document;
  return approvalsNeeded(order.kind, { threshold: keySet.threshold, assembleThreshold });
}

/**
 * The roots of index epochs that the log contains. An entry that states no root is left out.
 * @throws Problem credential-refused if a proof does not verify
 */
export async function loggedRoots({ checkpoint: note, inclusions }: LoggedRoots, trust: Trust): Promise<IndexRoot[]> {
  const { checkpoint } = await checkCheckpoint(note, trust);
  const roots = inclusions.map((inclusion) => {
    const entry = verifyLogged(loggedOf(inclusion), checkpoint);
    if (!entry) throw refused("inclusion: an index root is not in the log");
    return readIndexRoot(entry);
  });
  return roots.filter((root) => root !== undefined);
}

/**
 * Verifies that the log contains the notice entry `entry`. The proof has its own cosigned head, which is newer than the bundle's.
 * @throws Problem credential-refused
 */
export async function checkNoticeLogged(
  notice: { checkpoint: string; inclusion: Inclusion },
  entry: Uint8Array,
  trust: Trust,
): Promise<void> {
  const { checkpoint } = await checkCheckpoint(notice.checkpoint, trust);
  const logged = loggedOf(notice.inclusion);
  if (!verifyLogged(logged, checkpoint)) throw refused("inclusion: proof does not verify");
  if (!equalBytes(logged.entry, entry)) throw refused("inclusion: another notice");
}
