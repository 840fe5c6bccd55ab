// What the handlers of a case share: finding it, who may see it, and what each of them is told.

import type { CaseView, LinkageEscrow, NewCase } from "../../durable-objects/linkage-escrow.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { approvalHashOf } from "../../protocol/case-documents.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { followCase, listCases } from "../../schema/case-list.ts";
import { verifyDecision } from "../shared/approvals.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { Problem, refused } from "../shared/http.ts";
import { advance, appendEntries, type CaseHandle, recorded, sealedResults } from "./rounds.ts";

export const INBOX_PAGE = 32;

export const caseObject = (env: EscrowEnv, caseId: string): DurableObjectStub<LinkageEscrow> =>
  (env.LINKAGE_ESCROW as DurableObjectNamespace<LinkageEscrow>).getByName(caseId);

export async function openCaseHandle(env: EscrowEnv, caseId: string, now: number): Promise<CaseHandle> {
  const stub = caseObject(env, caseId);
  return { env, stub, view: recorded(await stub.view(now)), now };
}

export function mustBeRequester({ view }: CaseHandle, key: string): void {
  if (view.requesterKey !== key) throw refused("case: of another requester");
}
export function mustBeParty({ view }: CaseHandle, key: string): void {
  if (view.requesterKey !== key && !view.trusteeKeys.includes(key)) throw refused("case: of others");
}

/** What parties may see: sealed to nobody, and without a word about the person. */
export function statusOf(view: CaseView) {
  return {
    caseId: view.caseId,
    kind: view.kind,
    state: view.state,
    threshold: view.threshold,
    trustees: view.trusteeKeys.length,
    expiresAt: view.expiresAt,
    set: view.set ?? null,
    dossiersComplete: view.dossiersComplete,
    chunks: { opened: view.chunksOpened, of: view.chunks },
    decisions: view.decisions.map(({ trustee, decision, approval }) => ({
      trustee,
      decision,
      approval: toBase64url(approval),
    })),
    log: Object.entries(view.entries).map(([name, { entry, index }]) => ({
      name,
      entry: toBase64url(entry),
      index: index ?? null,
    })),
    nonce: view.nonce ? toBase64url(view.nonce) : null,
    checkpoint: view.approved?.checkpoint ?? null,
  };
}
export type CaseStatus = ReturnType<typeof statusOf>;

const follow = (handle: CaseHandle, view: CaseView): Promise<void> => followCase(handle.env.ESCROW_DB, view);

/** Object, then log, then inbox: officers see only what is logged. Repeating it finishes what a fault left open. */
export async function openCase(env: EscrowEnv, c: NewCase, now: number): Promise<CaseView> {
  const stub = caseObject(env, c.caseId);
  const view = recorded(await stub.create(c, now));
  const handle: CaseHandle = { env, stub, view, now };
  const logged = await appendEntries(handle, ["order"]);
  await follow(handle, logged);
  return logged;
}

/** Takes a decision; with the t-th approval the case goes on to "approved" if log and witnesses answer. */
export async function takeDecision(handle: CaseHandle, signed: Uint8Array): Promise<CaseView> {
  const { view, now } = handle;
  const scope = {
    orderHash: hexToBytes(view.orderHash),
    caseId: hexToBytes(view.caseId),
    trusteeKeys: view.trusteeKeys.map(hexToBytes),
  };
  const { trustee, decision } = verifyDecision(signed, scope);
  const entry = LogEntry.encode({
    kind: decision === "approve" ? "approval" : "refusal",
    at: now,
    subject: approvalHashOf(signed),
    caseId: scope.caseId,
    body: new Uint8Array(),
  });
  const decided = recorded(await handle.stub.decide({ trustee, decision, approval: signed }, entry, now));
  const logged = await appendEntries({ ...handle, view: decided }, [`decision-${trustee}`]);
  await follow(handle, logged);
  if (logged.state !== "ordered" || !logged.set) return logged;
  try {
    return await carry({ ...handle, view: logged });
  } catch (error) {
    // The decision stands; whoever advances the case tries again.
    if (error instanceof Problem && error.code === "unavailable") return logged;
    throw error;
  }
}

/** One phase further. */
export async function carry(handle: CaseHandle): Promise<CaseView> {
  const view = await advance(handle);
  await follow(handle, view);
  return view;
}

export async function completeDossiers(handle: CaseHandle, dossiers: Uint8Array[]): Promise<CaseView> {
  return recorded(await handle.stub.complete(dossiers, handle.now));
}

export async function resultOf(handle: CaseHandle, chunk: number): Promise<{ state: string; sealed: string[] }> {
  const { state, cleared, chunks, chunksOpened } = handle.view;
  if (cleared) throw new Problem("expired", "The case has run out, and its sealed results are gone.");
  if (chunk >= chunks) throw new Problem("malformed", "chunk: the case has fewer");
  if (chunk >= chunksOpened) throw new Problem("not-allowed-now", "The case is not opened, or not so far.");
  return { state, sealed: (await sealedResults(handle, chunk)).map(toBase64url) };
}

/** Cases for a trustee's officers, by pages. */
export async function inboxPage(
  env: EscrowEnv,
  { state, after, trusteeKey, now }: { state: CaseView["state"]; after: string; trusteeKey: string; now: number },
) {
  const ids = await listCases(env.ESCROW_DB, { state, after, limit: INBOX_PAGE, now });
  const cases = [];
  for (const caseId of ids) {
    const stub = caseObject(env, caseId);
    const answer = await stub.view(now);
    if (!answer.ok || answer.view.state !== state) continue; // the list lags behind
    const index = answer.view.trusteeKeys.indexOf(trusteeKey) + 1;
    if (index === 0) continue;
    const dossier = await stub.dossier(index, now);
    cases.push({
      caseId,
      order: toBase64url(answer.view.order),
      dossier: dossier ? toBase64url(dossier) : null,
      decided: answer.view.decisions.some((d) => d.trustee === index),
    });
  }
  return { cases, cursor: ids.length === INBOX_PAGE ? ids.at(-1)! : null };
}
