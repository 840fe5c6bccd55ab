// The phases of a case at the escrow. In each phase the escrow asks every member of S (the approving trustees), verifies the
// signatures and addresses of the answers, and records the answers in the case's object. It cannot read their contents, since
// they are sealed to members of S or to the requester (api/trustee/rounds.ts describes the rounds).
//
//   ordered   → approved   the order, the approvals of S and their officers are in the log; a checkpoint has t cosignatures
//   approved  → noticed    notice-shares from S; then notice: equal entries of all of S, each signed; the entry is appended, and a newer
//                          checkpoint has t cosignatures
//   noticed   → opened     one chunk per call, the newest epochs first: shares from S; for link and assemble also result
//                          from S. The entry "opening" is appended before the first chunk becomes readable
//
// Each step is recorded in the object before the next step starts, and a recorded answer is never asked for again. So a crash
// at any point, or two concurrent calls, lead to the same state. If a member's answer has a wrong signature or address, the
// problem names that member. If a member reports another member's wrong share, the problem passes that report on.

import type * as z from "zod";
import type { CaseProofs, Inclusion, OrderProof } from "../../api/case-proofs.ts";
import { type Bundle, ForRequesterAnswer, NoticeAnswer, PartsAnswer, SharesAnswer } from "../../api/trustee/rounds.ts";
import {
  type CaseView,
  decisionName,
  finalRound,
  officerName,
  type Part,
  type PartRound,
  type Placed,
} from "../../durable-objects/linkage-escrow.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { type Chunk, chunksOfOrder } from "../../protocol/case-chunks.ts";
import { ForRequester, SealedPart } from "../../protocol/case-documents.ts";
import { LogEntry, Order, openSigned, Signed } from "../../protocol/documents.ts";
import { type Base64url, bytesToHex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import type { ApprovedInclusions } from "../shared/approvals.ts";
import { call } from "../shared/calls.ts";
import { readBase64url } from "../shared/http.ts";
import { appendEntryBytes } from "../shared/log-writer.ts";
import { PROBLEMS, Problem } from "../shared/problems.ts";
import { type CaseHandle, recorded } from "./case-handle.ts";
import { cosignedCheckpoint, encodeProof, inclusionProof, trusteeUrl } from "./checkpoints.ts";
import { loggedRoots } from "./logged-roots.ts";

// ---- entries in the log

/** Appends the named entries to the log, except those whose log index is already recorded. */
export async function appendEntries(handle: CaseHandle, names: readonly string[]): Promise<CaseView> {
  let view = handle.view;
  for (const name of names) {
    const { entry, index } = view.entries[name]!;
    if (index !== undefined) continue;
    view = recorded(await handle.stub.logged(name, await appendEntryBytes(handle.env, handle.now, entry), handle.now));
  }
  return view;
}

/** A cosigned checkpoint that contains the named entries, with their audit paths. @throws Problem unavailable */
async function placeInLog(handle: CaseHandle, names: readonly string[]): Promise<Placed> {
  const entries = names.map((name) => {
    const { entry, index } = handle.view.entries[name]!;
    return { name, entry, index: index! };
  });
  const size = Math.max(...entries.map((e) => e.index)) + 1;
  const checkpoint = await cosignedCheckpoint(handle.env, handle.view, size, handle.now);
  const found = entries.map(
    async (e) => [e.name, await inclusionProof(handle.env, checkpoint, e, handle.now)] as const,
  );
  const proofs: Placed["proofs"] = Object.fromEntries(await Promise.all(found));
  return { checkpoint: checkpoint.note, proofs };
}

// ---- asking the members

function inclusionOf(view: CaseView, placed: Placed, name: string): Inclusion {
  const { entry, index } = view.entries[name]!;
  return { entry: toBase64url(entry), index: index!, proof: encodeProof(placed.proofs[name]!) };
}

/** The places of the order, the approvals of S and their officers, under one checkpoint. */
const inclusionsOf = (view: CaseView, approved: Placed): ApprovedInclusions => ({
  orderInclusion: inclusionOf(view, approved, "order"),
  approvalInclusions: view.set!.map((i) => inclusionOf(view, approved, decisionName(i))),
  officerInclusions: view.set!.map((i) => inclusionOf(view, approved, officerName(i))),
});

/** The signed approvals of S, ascending. */
const approvalsOf = ({ decisions, set }: CaseView): Base64url[] =>
  decisions.filter((d) => set!.includes(d.trustee)).map((d) => toBase64url(d.approval));

/** The bundle for one trustee. It is made only from stored values, so it is the same at every repetition. */
async function bundleFor({ stub, view, now }: CaseHandle, trustee: number): Promise<Bundle> {
  const { set, nonce, approved } = view;
  const dossier = await stub.dossier(trustee, now);
  if (!set || !nonce || !approved || !dossier) throw new Problem("expired", "The case has expired.");
  return {
    order: toBase64url(view.order),
    approvals: approvalsOf(view),
    nonce: toBase64url(nonce),
    checkpoint: approved.checkpoint,
    ...inclusionsOf(view, approved),
    dossier: toBase64url(dossier),
  };
}

/** The answer of this member is wrong in a way that only this member can cause. */
const ownFault = (trustee: number, what: string): Problem =>
  new Problem("not-allowed-now", `Trustee ${trustee} answered wrongly: ${what}.`);

/**
 * Sends one round to one member of S. If the member refuses, the problem names the member and is never "credential-refused",
 * since the requester's own credential is not at fault. @throws Problem unavailable, expired, not-allowed-now
 */
async function askMember<S extends z.ZodType>(
  handle: CaseHandle,
  trustee: number,
  round: "notice-shares" | "notice" | "shares" | "result" | "record-shares",
  body: object,
  schema: S,
): Promise<z.infer<S>> {
  const json = { bundle: await bundleFor(handle, trustee), ...body };
  let response: Response;
  try {
    const path = `/v1/cases/${round}`;
    const { SIGNING_KEY: signingKey } = handle.env;
    const to = { baseUrl: trusteeUrl(handle.env, trustee), method: "POST", path } as const;
    response = await call({ ...to, json, signingKey, now: handle.now });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const detail = `Trustee ${trustee}, ${round}: ${error.detail ?? PROBLEMS[error.code][1]}`;
    const retry = error.code === "unavailable" || error.code === "too-many" || error.code === "in-progress";
    const code = retry ? "unavailable" : error.code === "expired" ? "expired" : "not-allowed-now";
    throw new Problem(code, detail, error.inside);
  }
  const answer = schema.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) throw ownFault(trustee, `this is no answer to ${round}`);
  return answer.data;
}

/** Asks all these members at once. If one fails, the answers of the others are still recorded; then the failure is thrown. */
async function askAll(set: readonly number[], ask: (trustee: number) => Promise<unknown>): Promise<void> {
  const outcomes = await Promise.allSettled(set.map(ask));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** Opens a signed document that must be by `trustee`. @throws Problem not-allowed-now naming the trustee */
function openFrom<T>(trustee: number, view: CaseView, open: () => { key: Uint8Array; value: T }): T {
  let document: { key: Uint8Array; value: T };
  try {
    document = open();
  } catch {
    throw ownFault(trustee, "a document that does not verify");
  }
  if (bytesToHex(document.key) !== view.trusteeKeys[trustee - 1])
    throw ownFault(trustee, "a document signed by another key");
  return document.value;
}

/** Reads the parts of one member: exactly one for each other member of S, for this case and round. @throws Problem */
function readParts(view: CaseView, from: number, round: SealedPart["round"], parts: readonly string[]): Part[] {
  const read = parts.map((part) => {
    const bytes = readBase64url(part, "part");
    const p = openFrom(from, view, () => openSigned(LABELS.signPart, SealedPart, bytes, nativeVerify));
    if (p.from !== from || p.round !== round || bytesToHex(p.caseId) !== view.caseId)
      throw ownFault(from, "a part of another round or case");
    return { from, to: p.to, bytes };
  });
  const others = view.set!.filter((i) => i !== from);
  if (read.length !== others.length || !others.every((i) => read.some((p) => p.to === i)))
    throw ownFault(from, "not one part for each other member");
  return read;
}

/** Reads an answer sealed to the requester, for this case, order and kind. @throws Problem */
function readForRequester(
  view: CaseView,
  from: number,
  kind: ForRequester["kind"],
  part: string | undefined,
): Uint8Array {
  const bytes = readBase64url(part ?? "", "forRequester");
  const p = openFrom(from, view, () => openSigned(LABELS.signForRequester, ForRequester, bytes, nativeVerify));
  if (p.from !== from || p.kind !== kind || bytesToHex(p.caseId) !== view.caseId)
    throw ownFault(from, "an answer of another kind or case");
  if (bytesToHex(p.orderHash) !== view.orderHash) throw ownFault(from, "an answer to another order");
  return bytes;
}

/** Runs a round with the members of S whose answers are not recorded yet. */
async function runRound<S extends z.ZodType>(
  handle: CaseHandle,
  name: PartRound,
  schema: S,
  body: (trustee: number) => object | Promise<object>,
  read: (trustee: number, answer: z.infer<S>) => Part[],
  chunk = 0,
): Promise<void> {
  const have = await handle.stub.answered(name, handle.now, chunk);
  const missing = handle.view.set!.filter((i) => !have.includes(i));
  await askAll(missing, async (trustee) => {
    const parts = read(trustee, await askMember(handle, trustee, name, await body(trustee), schema));
    recorded(await handle.stub.keep(name, trustee, parts, handle.now, chunk));
  });
}

const partsTo = async ({ stub, now }: CaseHandle, name: PartRound, trustee: number, chunk = 0): Promise<Base64url[]> =>
  (await stub.partsTo(name, trustee, now, chunk)).map((p) => toBase64url(p.bytes));

// ---- the phases

async function toApproved(handle: CaseHandle): Promise<CaseView> {
  const { set } = handle.view;
  if (!set) throw new Problem("not-allowed-now", "The officers have not approved yet.");
  const names = ["order", ...set.flatMap((i) => [decisionName(i), officerName(i)])];
  const view = await appendEntries(handle, names);
  return recorded(await handle.stub.approve(await placeInLog({ ...handle, view }, names), handle.now));
}

/** The notice entry that every member of S made and signed; all must be equal. The signed ones are recorded. @throws Problem */
async function agreedNotice(handle: CaseHandle): Promise<Uint8Array> {
  const answers: { trustee: number; entry: Uint8Array; signed: Uint8Array }[] = [];
  await askAll(handle.view.set!, async (trustee) => {
    const body = { parts: await partsTo(handle, "notice-shares", trustee) };
    const answer = await askMember(handle, trustee, "notice", body, NoticeAnswer);
    const bytes = readBase64url(answer.entry, "entry");
    const signed = readBase64url(answer.signed, "signed");
    const value = openFrom(trustee, handle.view, () => openSigned(LABELS.signNotice, LogEntry, signed, nativeVerify));
    if (!equalBytes(LogEntry.encode(value), bytes)) throw ownFault(trustee, "a signature over another notice");
    if (value.kind !== "notice" || !value.caseId || bytesToHex(value.caseId) !== handle.view.caseId)
      throw ownFault(trustee, "a notice of another case");
    answers.push({ trustee, entry: bytes, signed });
  });
  const { entry } = answers[0]!;
  if (answers.some((a) => !equalBytes(a.entry, entry)))
    throw new Problem("not-allowed-now", "The trustees made different notices, so at least one of them lies.");
  for (const { trustee, signed } of answers)
    recorded(await handle.stub.keep("notice", trustee, [{ from: trustee, to: 0, bytes: signed }], handle.now));
  return entry;
}

async function toNoticed(handle: CaseHandle): Promise<CaseView> {
  let { view } = handle;
  if (!view.entries.notice) {
    await runRound(
      handle,
      "notice-shares",
      PartsAnswer,
      () => ({}),
      (trustee, answer) => readParts(view, trustee, "notice", answer.parts),
    );
    view = recorded(await handle.stub.intend("notice", await agreedNotice(handle), handle.now));
  }
  view = await appendEntries({ ...handle, view }, ["notice"]);
  return recorded(await handle.stub.notice(await placeInLog({ ...handle, view }, ["notice"]), handle.now));
}

const chunkOf = ({ order }: CaseView, chunk: number): Chunk =>
  chunksOfOrder(Order.decode(Signed.decode(order).document))[chunk]!;

async function toOpened(handle: CaseHandle): Promise<CaseView> {
  let { view } = handle;
  const { kind, noticed, chunksOpened: chunk } = view;
  // All chunks are recorded and logged. An earlier call stopped just before the last step.
  if (chunk >= view.chunks) return openedNow(handle);
  const notice = { checkpoint: noticed!.checkpoint, inclusion: inclusionOf(view, noticed!, "notice") };
  // Fetched while the members compute their shares.
  const roots =
    kind === "trace" ? undefined : loggedRoots(handle.env, chunkOf(view, chunk), notice.checkpoint, handle.now);
  roots?.catch(() => {}); // the result round reports it
  await runRound(
    handle,
    "shares",
    SharesAnswer,
    () => ({ notice, chunk }),
    (trustee, answer) =>
      kind === "trace"
        ? [{ from: trustee, to: 0, bytes: readForRequester(view, trustee, "trace", answer.forRequester) }]
        : readParts(view, trustee, "link", answer.parts),
    chunk,
  );
  if (kind !== "trace") {
    await runRound(
      handle,
      "result",
      ForRequesterAnswer,
      async (trustee) => ({
        parts: await partsTo(handle, "shares", trustee, chunk),
        chunk,
        roots: await roots,
      }),
      (trustee, answer) => [
        { from: trustee, to: 0, bytes: readForRequester(view, trustee, "result", answer.forRequester) },
      ],
      chunk,
    );
  }
  if (view.entries.opening?.index === undefined) {
    const caseId = hexToBytes(view.caseId);
    const subject = hexToBytes(view.orderHash);
    const entry = LogEntry.encode({ kind: "opening", at: handle.now, subject, caseId, body: new Uint8Array() });
    view = recorded(await handle.stub.intend("opening", entry, handle.now));
    await appendEntries({ ...handle, view }, ["opening"]);
  }
  view = recorded(await handle.stub.view(handle.now));
  if (view.state !== "noticed" || view.chunksOpened < view.chunks) return view;
  return openedNow(handle);
}

async function openedNow(handle: CaseHandle): Promise<CaseView> {
  return recorded(await handle.stub.open(handle.now));
}

/** Runs the next phase, or opens the next chunk. In a final state it does nothing. @throws Problem */
export async function advance(handle: CaseHandle): Promise<CaseView> {
  if (handle.view.state === "ordered") return toApproved(handle);
  if (handle.view.state === "approved") return toNoticed(handle);
  if (handle.view.state === "noticed") return toOpened(handle);
  return handle.view;
}

/** The answers that the members of S sealed to the requester, in the order of S. */
export async function sealedResults({ stub, view, now }: CaseHandle, chunk: number): Promise<Uint8Array[]> {
  return (await stub.partsTo(finalRound(view.kind), 0, now, chunk)).map((p) => p.bytes);
}

// ---- proofs for the requester, who passes them to the registrar

/** The order's place in the log, under a cosigned head. @throws Problem unavailable */
export async function orderProof(handle: CaseHandle): Promise<OrderProof> {
  const view = await appendEntries(handle, ["order"]);
  const placed = await placeInLog({ ...handle, view }, ["order"]);
  return { checkpoint: placed.checkpoint, orderInclusion: inclusionOf(view, placed, "order") };
}

/** The approvals and the notice of a case, and their places in the log. @throws Problem expired, not-allowed-now */
export async function caseProofs(handle: CaseHandle): Promise<CaseProofs> {
  const { view, stub, now } = handle;
  if (view.cleared) throw new Problem("expired", "The case has expired.");
  if (!view.approved || !view.noticed)
    throw new Problem("not-allowed-now", "The log does not have the case's notice yet.");
  return {
    approvals: approvalsOf(view),
    checkpoint: view.approved.checkpoint,
    ...inclusionsOf(view, view.approved),
    notice: {
      checkpoint: view.noticed.checkpoint,
      inclusion: inclusionOf(view, view.noticed, "notice"),
      signed: (await stub.partsTo("notice", 0, now)).map((p) => toBase64url(p.bytes)),
    },
  };
}

// ---- record shares

/**
 * Asks every member of S for shares of record keys, with the request that the requester sealed to it; both in the order of S.
 * Returns their sealed answers; nothing is recorded.
 * @throws Problem expired, not-allowed-now, unavailable
 */
export async function recordShares(handle: CaseHandle, sealed: readonly string[]): Promise<Uint8Array[]> {
  const { view } = handle;
  if (view.cleared) throw new Problem("expired", "The case has expired.");
  if (view.chunksOpened === 0 || view.kind === "trace")
    throw new Problem("not-allowed-now", "This case does not give access to records, or no chunk is opened yet.");
  if (sealed.length !== view.set!.length)
    throw new Problem("malformed", "sealed: one request for each member of the approving set expected");
  return Promise.all(
    view.set!.map(async (trustee, i) => {
      const answer = await askMember(handle, trustee, "record-shares", { sealed: sealed[i] }, ForRequesterAnswer);
      return readForRequester(view, trustee, "records", answer.forRequester);
    }),
  );
}
