// The rounds of a case at one member of S; api/trustee/rounds.ts describes the whole exchange. Each round verifies
// the bundle and checks that the case id is bound to it. If the vault keeps an answer of this round, the trustee sends that
// answer again. Otherwise it computes the answer, keeps it, and sends it.
//
// Links and assembles are opened in chunks, the newest epochs first (protocol/case-chunks.ts).
//
// For each round and chunk the vault keeps the answer. It also keeps, sealed at rest, this trustee's own share, which counts in
// the combination, and its own result, since record shares are given only for the sessions of the result. Record shares are
// not kept: asking again gives the same points with a fresh proof.

import type {
  ForRequesterAnswer,
  LoggedRoots,
  NoticeAnswer,
  NoticeRequest,
  NoticeSharesRequest,
  PartsAnswer,
  ResultRequest,
  SharesAnswer,
  SharesRequest,
} from "../../api/trustee/rounds.ts";
import { publicEngine } from "../../engine/worker.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { isFalseRow, LinkParts, NoticeParts, padForRequester, TracePart } from "../../protocol/case-documents.ts";
import { CaseContext, CaseResult, caseContextHash, LogEntry, Signed, signDocument } from "../../protocol/documents.ts";
import { bytesToHex, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { INDEX_CLOSED_WITHIN_SECONDS, indexClosesAt } from "../../protocol/index-tree.ts";
import { LABELS } from "../../protocol/labels.ts";
import { sealNotice } from "../../protocol/notice.ts";
import {
  combineLink,
  combineNotice,
  findCheaters,
  linkShareBytes,
  NoticeShare,
  noticeShare,
  TraceShare,
  traceShare,
  UntestedLinkShare,
  verifyLinkShare,
  verifyNoticeShare,
} from "../../protocol/opening.ts";
import type { G2 } from "../../protocol/suite.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { checkNoticeLogged, loggedRoots, type OpenCase } from "./case-bundle.ts";
import type { Subject } from "./case-order.ts";
import { vaultOf } from "./context.ts";
import { type ChunkOfCase, chunkAt, linkPartsOf, slotsOfSubjects } from "./link-shares.ts";
import { decodePart, type Place, sealForRequester, wrongShare } from "./parts.ts";
import {
  kept,
  once,
  partsFor,
  type RoundContext,
  receivedParts,
  roundContext,
  secretOf,
  shareAt,
} from "./round-context.ts";
import { type EpochOfCase, firstPages, matchSessions } from "./session-index.ts";

/** the place of the parts of the notice round */
const noticePlace = ({ open }: RoundContext): Place => ({ round: "notice", context: open.binding });

// ---- notice

/** Round notice-shares: this trustee's notice shares, one per subject, sealed to each other member. @throws Problem */
export async function noticeShares(
  env: TrusteeEnv,
  { bundle }: NoticeSharesRequest,
  now: number,
): Promise<PartsAnswer> {
  const round = await roundContext(env, bundle, now);
  return once(round, "notice-shares", async () => {
    const { caseId } = round.open.order;
    const share = secretOf(round).shares.link;
    const shares = round.open.noticed.map((subject) => {
      const at = { ...shareAt(round, "notice", subject, round.own.index), caseId, share };
      return NoticeShare.encode(noticeShare(at, rng, publicEngine()));
    });
    const value = NoticeParts.encode({ shares });
    return {
      answer: { parts: partsFor(round, noticePlace(round), value) },
      keep: { what: "own-notice-shares", value },
    };
  });
}

/**
 * Round notice: verifies the other members' shares, combines them to one notice key κ per subject, and signs the entry.
 * @throws Problem; not-allowed-now names members whose shares are wrong
 */
export async function notice(env: TrusteeEnv, { bundle, parts }: NoticeRequest, now: number): Promise<NoticeAnswer> {
  const round = await roundContext(env, bundle, now);
  return once(round, "notice", async () => {
    const { caseId } = round.open.order;
    const { set, noticed } = round.open;
    const own = readNoticeParts(noticed, round.own.index, await kept(round, "own-notice-shares", "notice-shares"));
    const others = receivedParts(round, noticePlace(round), parts).map(({ from, plaintext }) =>
      readNoticeParts(noticed, from, plaintext),
    );
    const kappas = noticed.map((subject, i) => {
      const theirs = others.map((o) => o[i]!);
      const cheaters = findCheaters(theirs, (share) =>
        verifyNoticeShare({ ...shareAt(round, "notice", subject, share.index), caseId }, share, publicEngine()),
      );
      if (cheaters.length > 0) throw wrongShare(cheaters);
      return combineNotice({ set, shares: [own[i]!, ...theirs] }, publicEngine());
    });
    const signed = signDocument(LABELS.signNotice, LogEntry, noticeEntry(round.open, kappas), round.own.signer);
    return { answer: { entry: toBase64url(Signed.decode(signed).document), signed: toBase64url(signed) } };
  });
}

/** A share must have the index of the member that sent it. Otherwise a member could speak for another. @throws RangeError */
function named<T extends { index: number }>(from: number, share: T): T {
  if (share.index !== from) throw new RangeError(`share of trustee ${share.index}`);
  return share;
}

/** Reads a NoticeParts document: one share per subject. @throws Problem not-allowed-now */
function readNoticeParts(subjects: readonly Subject[], from: number, bytes: Uint8Array): NoticeShare[] {
  return decodePart(from, () => {
    const { shares: documents } = NoticeParts.decode(bytes);
    if (documents.length !== subjects.length) throw new RangeError("not one share per subject");
    return documents.map((document) => named(from, NoticeShare.decode(document)));
  });
}

/** The notice entry. It is equal for all members of S, since it follows from the bundle and the κ alone. */
function noticeEntry(open: OpenCase, kappas: Parameters<typeof sealNotice>[0]): LogEntry {
  const { order, orderHash, requester } = open;
  const approvedAt = Math.max(...open.approvals.map((a) => a.at));
  const body = sealNotice(kappas, {
    kind: order.kind,
    caseId: order.caseId,
    orderHash,
    requesterName: requester.name,
    requesterRole: requester.role,
    purpose: order.purpose,
    legalGround: order.legalGround,
    epochFrom: order.epochFrom,
    epochTo: order.epochTo,
    services: order.services,
    emergency: order.emergency,
    approvedBy: [...open.set],
    approvedAt,
  });
  return { kind: "notice", at: approvedAt, subject: orderHash, caseId: order.caseId, body };
}

// ---- shares

/**
 * Round shares: this trustee's link shares of a chunk, sealed to each other member of S; or its trace share, sealed to the
 * requester. The log must contain the notice, so the patient can learn of the case. @throws Problem
 */
export async function shares(
  env: TrusteeEnv,
  { bundle, notice: logged, chunk }: SharesRequest,
  now: number,
): Promise<SharesAnswer> {
  const round = await roundContext(env, bundle, now);
  await checkNoticed(round, logged);
  const part = chunkAt(round, chunk);
  if (chunk > 0 && !(await vaultOf(env).output(round.open.order.caseId, "shares", chunk - 1)))
    throw new Problem("not-allowed-now", "newer chunks first");
  return once(
    round,
    "shares",
    async () => (round.open.order.kind === "trace" ? traceAnswer(round) : linkAnswer(round, part, chunk)),
    chunk,
  );
}

/** Verifies that the log contains this trustee's own notice entry, byte for byte. @throws Problem */
async function checkNoticed(round: RoundContext, logged: SharesRequest["notice"]): Promise<void> {
  const own = await vaultOf(round.env).output(round.open.order.caseId, "notice");
  if (!own) throw new Problem("not-allowed-now", "notice first");
  const { entry } = JSON.parse(new TextDecoder().decode(own)) as NoticeAnswer;
  await checkNoticeLogged(logged, readBase64url(entry), round.trust);
}

async function linkAnswer(round: RoundContext, part: ChunkOfCase, chunk: number) {
  const value = await linkPartsOf(round, part, chunk);
  return {
    answer: { parts: partsFor(round, part.place, value) } as SharesAnswer,
    keep: { what: "own-link-shares" as const, value },
  };
}

function traceAnswer(round: RoundContext) {
  const { hash, C1 } = round.open.handle!;
  const context = round.open.context("trace", { hash }, round.own.index);
  const at = {
    ctx: caseContextHash(context),
    index: round.own.index,
    shareKey: round.keySet.shareKeys[round.own.index - 1]!.trace,
    C1,
  };
  const part = TracePart.encode({
    context: CaseContext.encode(context),
    share: TraceShare.encode(traceShare({ ...at, share: secretOf(round).shares.trace }, rng)),
  });
  const answer: SharesAnswer = {
    parts: [],
    forRequester: toBase64url(sealForRequester(round.open, round.own, "trace", padForRequester(part))),
  };
  return { answer };
}

// ---- result

/**
 * Round result: verifies the other members' link shares, combines them to the index values of the chunk's slots, matches these
 * against the session index, and seals the sessions in scope to the requester.
 * @throws Problem; not-allowed-now names members whose shares are wrong
 */
export async function result(
  env: TrusteeEnv,
  { bundle, parts, chunk, roots }: ResultRequest,
  now: number,
): Promise<ForRequesterAnswer> {
  const round = await roundContext(env, bundle, now);
  if (round.open.order.kind === "trace") throw new Problem("not-allowed-now", "A trace has no result round.");
  const part = chunkAt(round, chunk);
  const { subjects, place, epochFrom, epochTo } = part;
  const compute = async () => {
    const { set } = round.open;
    const engine = publicEngine();
    const epochs = await epochsOf(round, part, roots);
    const pages = firstPages(round.env, epochs, round.now);
    const own = readLinkParts(subjects, round.own.index, await kept(round, "own-link-shares", "shares", chunk));
    const others = receivedParts(round, place, parts).map(({ from, plaintext }) =>
      readLinkParts(subjects, from, plaintext),
    );
    const slotsOfEach = await slotsOfSubjects(round, part);
    const wanted = new Map(epochs.map(({ epoch }) => [epoch, new Map<Hex, { slot: number; base: G2 }>()]));
    subjects.forEach((subject, i) => {
      const slots = slotsOfEach[i]!;
      const bases = slots.map((x) => x.base);
      const theirs = others.map((o) => o[i]!);
      const cheaters = findCheaters(theirs, (share) =>
        verifyLinkShare({ ...shareAt(round, "link", subject, share.index), slots: bases }, share, engine),
      );
      if (cheaters.length > 0) throw wrongShare(cheaters);
      const values = combineLink({ set, shares: [own[i]!, ...theirs] }, engine);
      values.forEach((value, k) => {
        const { epoch, slot, base } = slots[k]!;
        wanted.get(epoch)!.set(bytesToHex(value), { slot, base });
      });
    });
    const { caseId, services } = round.open.order;
    const { sessions: found, unproved } = await matchSessions(round.env, epochs, pages, wanted, round.now);
    // A false row proves no service, so it stays whatever the scope is.
    const inScope = ({ serviceId, tagHash }: (typeof found)[number]): boolean =>
      services.length === 0 || isFalseRow(tagHash) || services.some((id) => equalBytes(id, serviceId));
    const sessions = found.filter(inScope);
    const { orderHash } = round.open;
    const value = CaseResult.encode({ caseId, orderHash, epochFrom, epochTo, sessions, unproved });
    const signed = signDocument(LABELS.signResult, CaseResult, CaseResult.decode(value), round.own.signer);
    const answer: ForRequesterAnswer = {
      forRequester: toBase64url(sealForRequester(round.open, round.own, "result", padForRequester(signed))),
    };
    return { answer, keep: { what: "own-result" as const, value } };
  };
  return once(round, "result", compute, chunk);
}

/**
 * The epochs of a chunk with their roots in the log. Whether an epoch is over is decided by the time of the approvals, so that
 * all members of S decide alike. @throws Problem credential-refused if the log's proofs do not verify
 */
async function epochsOf(round: RoundContext, { subjects }: ChunkOfCase, given?: LoggedRoots): Promise<EpochOfCase[]> {
  const roots = new Map((given ? await loggedRoots(given, round.trust) : []).map((root) => [root.epoch, root]));
  const approvedAt = Math.max(...round.open.approvals.map((a) => a.at));
  const epochs = new Map<number, EpochOfCase>();
  for (const { epoch, slots, paramsHash } of subjects.flatMap((subject) => subject.scope)) {
    const { document } = await round.trust.parameters(epoch);
    const isOver = approvedAt >= indexClosesAt(epoch, document) + INDEX_CLOSED_WITHIN_SECONDS;
    const all = slots + (epochs.get(epoch)?.slots ?? 0);
    epochs.set(epoch, { epoch, slots: all, paramsHash, isOver, root: roots.get(epoch) });
  }
  return [...epochs.values()];
}

/**
 * Reads a LinkParts document: one share per subject, of the subject's number of slots. The values stay bytes, because
 * verifyLinkShare tests those of other members, and this trustee's own need no test. @throws Problem not-allowed-now
 */
function readLinkParts(subjects: readonly Subject[], from: number, bytes: Uint8Array): UntestedLinkShare[] {
  return decodePart(from, () => {
    const { shares: documents } = LinkParts.decode(bytes);
    if (documents.length !== subjects.length) throw new RangeError("not one share per subject");
    return documents.map((document, i) => {
      const slots = subjects[i]!.scope.reduce((sum, x) => sum + x.slots, 0);
      if (document.length !== linkShareBytes(slots)) throw new RangeError("share for another number of slots");
      return named(from, UntestedLinkShare.decode(document));
    });
  });
}
