// The rounds of a case: the escrow asks each member of S, verifies what comes back as far as it can be seen from outside,
// and records it. It reads nothing: parts are sealed to members or to the requester (functions/shared/trustee-api.ts).
//
//   ordered   → approved   entries of the order and S's approvals in the log, a checkpoint with t cosignatures
//   approved  → noticed    notice-shares from S; notice: t equal entries, each signed; appended, and a newer checkpoint
//   noticed   → opened     chunk by chunk, the newest epochs first, one at each call: shares from S; for link and assemble
//                          result from S. The entry "opening" is appended before the first chunk shows
//
// Every step is recorded in the object before the next one, and what is recorded already is not asked again: a crash
// anywhere, or two requesters' clicks at once, end in the same place. A member whose answer is not what its signature and
// addresses must be is named; so is one whom the others name.

import type * as z from "zod";
import {
  type CaseView,
  decisionName,
  finalRound,
  type LinkageEscrow,
  type Part,
  type PartRound,
  type Placed,
  type Recorded,
} from "../../durable-objects/linkage-escrow.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { ForRequester, SealedPart } from "../../protocol/case-documents.ts";
import { LogEntry, openSigned } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { call } from "../shared/calls.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { PROBLEMS, Problem, readBase64url } from "../shared/http.ts";
import { appendEntryBytes } from "../shared/log-writer.ts";
import {
  type Bundle,
  ForRequesterAnswer,
  type Inclusion,
  NoticeAnswer,
  PartsAnswer,
  SharesAnswer,
} from "../shared/trustee-api.ts";
import { cosignedCheckpoint, encodeProof, inclusionProof, trusteeUrl } from "./checkpoints.ts";

export interface CaseHandle {
  env: EscrowEnv;
  stub: DurableObjectStub<LinkageEscrow>;
  view: CaseView;
  now: number;
}

/** The view after a step. @throws Problem */
export function recorded(answer: Recorded): CaseView {
  if (answer.ok) return answer.view;
  if (answer.reason === "unknown") throw new Problem("not-found");
  if (answer.reason === "expired") throw new Problem("expired", "The case has run out.");
  if (answer.reason === "contradiction") throw new Problem("conflict");
  throw new Problem("not-allowed-now", "The case is not in a state for this.");
}

// ---- entries in the log

/** Appends those entries that are not yet known to stand in the log. */
export async function appendEntries(handle: CaseHandle, names: readonly string[]): Promise<CaseView> {
  let view = handle.view;
  for (const name of names) {
    const { entry, index } = view.entries[name]!;
    if (index !== undefined) continue;
    view = recorded(await handle.stub.logged(name, await appendEntryBytes(handle.env, handle.now, entry), handle.now));
  }
  return view;
}

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
  await checkpoint.brought;
  return { checkpoint: checkpoint.note, proofs };
}

// ---- asking the members

function inclusionOf(view: CaseView, placed: Placed, name: string): Inclusion {
  const { entry, index } = view.entries[name]!;
  return { entry: toBase64url(entry), index: index!, proof: encodeProof(placed.proofs[name]!) };
}

/** From stored values only, so it is the same at every repetition. */
async function bundleFor({ stub, view, now }: CaseHandle, trustee: number): Promise<Bundle> {
  const { set, nonce, approved } = view;
  const dossier = await stub.dossier(trustee, now);
  if (!set || !nonce || !approved || !dossier) throw new Problem("expired", "The case has run out.");
  const approvals = view.decisions.filter((d) => set.includes(d.trustee));
  return {
    order: toBase64url(view.order),
    approvals: approvals.map((d) => toBase64url(d.approval)),
    nonce: toBase64url(nonce),
    checkpoint: approved.checkpoint,
    orderInclusion: inclusionOf(view, approved, "order"),
    approvalInclusions: approvals.map((d) => inclusionOf(view, approved, decisionName(d.trustee))),
    dossier: toBase64url(dossier),
  };
}

const ownFault = (trustee: number, what: string): Problem =>
  new Problem("not-allowed-now", `Trustee ${trustee} answered wrongly: ${what}.`);

/** Sends one round to one member. A refusal is told under the member's name, never as the requester's bad credential. */
export async function askMember<S extends z.ZodType>(
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
    response = await call({ baseUrl: trusteeUrl(handle.env, trustee), method: "POST", path, json, now: handle.now });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const detail = `Trustee ${trustee}, ${round}: ${error.detail ?? PROBLEMS[error.code][1]}`;
    const retry = error.code === "unavailable" || error.code === "too-many" || error.code === "in-progress";
    const code = retry ? "unavailable" : error.code === "expired" ? "expired" : "not-allowed-now";
    throw new Problem(code, detail, error.inside);
  }
  const answer = schema.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) throw ownFault(trustee, `nothing that ${round} is answered with`);
  return answer.data;
}

/** All members at once; what some answered is kept though others failed. */
async function askAll(set: readonly number[], ask: (trustee: number) => Promise<unknown>): Promise<void> {
  const outcomes = await Promise.allSettled(set.map(ask));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

function opened<T>(trustee: number, view: CaseView, open: () => { key: Uint8Array; value: T }): T {
  let document: { key: Uint8Array; value: T };
  try {
    document = open();
  } catch {
    throw ownFault(trustee, "a document that does not verify");
  }
  if (bytesToHex(document.key) !== view.trusteeKeys[trustee - 1]) throw ownFault(trustee, "another trustee's document");
  return document.value;
}

/** One part to each other member, addressed as the round says. */
function readParts(view: CaseView, from: number, round: SealedPart["round"], parts: readonly string[]): Part[] {
  const read = parts.map((part) => {
    const bytes = readBase64url(part, "part");
    const p = opened(from, view, () => openSigned(LABELS.signPart, SealedPart, bytes, nativeVerify));
    if (p.from !== from || p.round !== round || bytesToHex(p.caseId) !== view.caseId)
      throw ownFault(from, "a part of another round or case");
    return { from, to: p.to, bytes };
  });
  const others = view.set!.filter((i) => i !== from);
  if (read.length !== others.length || !others.every((i) => read.some((p) => p.to === i)))
    throw ownFault(from, "not one part for each other member");
  return read;
}

export function readForRequester(
  view: CaseView,
  from: number,
  kind: ForRequester["kind"],
  part: string | undefined,
): Uint8Array {
  const bytes = readBase64url(part ?? "", "forRequester");
  const p = opened(from, view, () => openSigned(LABELS.signPart, ForRequester, bytes, nativeVerify));
  if (p.from !== from || p.kind !== kind || bytesToHex(p.caseId) !== view.caseId)
    throw ownFault(from, "an answer of another kind or case");
  if (bytesToHex(p.orderHash) !== view.orderHash) throw ownFault(from, "an answer to another order");
  return bytes;
}

/** Runs a round with those members whose answer is not recorded yet. */
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

const partsTo = async ({ stub, now }: CaseHandle, name: PartRound, trustee: number, chunk = 0): Promise<string[]> =>
  (await stub.partsTo(name, trustee, now, chunk)).map((p) => toBase64url(p.bytes));

// ---- the phases

async function toApproved(handle: CaseHandle): Promise<CaseView> {
  const { set } = handle.view;
  if (!set) throw new Problem("not-allowed-now", "The officers have not approved yet.");
  const names = ["order", ...set.map(decisionName)];
  const view = await appendEntries(handle, names);
  return recorded(await handle.stub.approve(await placeInLog({ ...handle, view }, names), handle.now));
}

/** The entry that all of S made, each under its signature. */
async function agreedNotice(handle: CaseHandle): Promise<Uint8Array> {
  const entries: Uint8Array[] = [];
  await askAll(handle.view.set!, async (trustee) => {
    const body = { parts: await partsTo(handle, "notice-shares", trustee) };
    const answer = await askMember(handle, trustee, "notice", body, NoticeAnswer);
    const bytes = readBase64url(answer.entry, "entry");
    const value = opened(trustee, handle.view, () =>
      openSigned(LABELS.signNotice, LogEntry, readBase64url(answer.signed, "signed"), nativeVerify),
    );
    if (!equalBytes(LogEntry.encode(value), bytes)) throw ownFault(trustee, "a signature over another notice");
    if (value.kind !== "notice" || !value.caseId || bytesToHex(value.caseId) !== handle.view.caseId)
      throw ownFault(trustee, "a notice of another case");
    entries.push(bytes);
  });
  const [first, ...rest] = entries as [Uint8Array, ...Uint8Array[]];
  if (rest.some((e) => !equalBytes(e, first)))
    throw new Problem("not-allowed-now", "The trustees made different notices: one of them lies.");
  return first;
}

async function toNoticed(handle: CaseHandle): Promise<CaseView> {
  let { view } = handle;
  if (view.kind === "assemble" && !view.dossiersComplete)
    throw new Problem("not-allowed-now", "The registrar's dossiers are still to come.");
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

async function toOpened(handle: CaseHandle): Promise<CaseView> {
  let { view } = handle;
  const { kind, noticed, chunksOpened: chunk } = view;
  // all chunks are there and logged: a call before this one died just before the last step
  if (chunk >= view.chunks) return openedNow(handle);
  const notice = { checkpoint: noticed!.checkpoint, inclusion: inclusionOf(view, noticed!, "notice") };
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
      async (trustee) => ({ parts: await partsTo(handle, "shares", trustee, chunk), chunk }),
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

/** The next phase, or the next chunk of the opening; in a final state nothing is left to do. */
export async function advance(handle: CaseHandle): Promise<CaseView> {
  if (handle.view.state === "ordered") return toApproved(handle);
  if (handle.view.state === "approved") return toNoticed(handle);
  if (handle.view.state === "noticed") return toOpened(handle);
  return handle.view;
}

/** What the members sealed to the requester, in the order of S. */
export async function sealedResults({ stub, view, now }: CaseHandle, chunk: number): Promise<Uint8Array[]> {
  return (await stub.partsTo(finalRound(view.kind), 0, now, chunk)).map((p) => p.bytes);
}
