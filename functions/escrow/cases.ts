// The operations of a case that its routes call: open it, take a decision, run a phase, and the status that each party may
// see.

import type { CaseResultPage, CaseStatus, InboxPage } from "../../api/escrow/cases.ts";
import type { CaseView, NewCase } from "../../durable-objects/linkage-escrow.ts";
import { approvalHashOf, passkeyName } from "../../protocol/approvals.ts";
import { CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { LogEntry, Order, Signed } from "../../protocol/documents.ts";
import { bytesToHex, type Hex, hexToBytes, toBase64url } from "../../protocol/encodings.ts";
import { officerEntry } from "../../protocol/officer-card.ts";
import { followCase, listCases } from "../../schema/case-list.ts";
import { timesOf, verifyDecision } from "../shared/approvals.ts";
import type { EscrowEnv } from "../shared/env.ts";
import { loggedIndex } from "../shared/log-reader.ts";
import { Problem, refused } from "../shared/problems.ts";
import { type CaseHandle, caseObject, recorded } from "./case-handle.ts";
import { tellService } from "./case-news.ts";
import { advance, appendEntries, sealedResults } from "./rounds.ts";

/** cases per page of a trustee's inbox */
const INBOX_PAGE = 32;

/** The status that the parties of a case may see. It contains no sealed material and nothing about the person. */
export function statusOf(view: CaseView): CaseStatus {
  return {
    caseId: view.caseId,
    kind: view.kind,
    state: view.state,
    needed: view.needed,
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

async function follow({ env, now }: CaseHandle, view: CaseView): Promise<void> {
  if (await followCase(env.ESCROW_DB, view)) tellService(env, view, now);
}

/**
 * Records the case in its object, then logs the order, then lists the case. Officers therefore see only logged orders. If a
 * fault interrupts this, the requester's repetition finishes it.
 */
export async function openCase(env: EscrowEnv, c: NewCase, now: number): Promise<CaseView> {
  const stub = caseObject(env, c.caseId);
  const view = recorded(await stub.create(c, now));
  const handle: CaseHandle = { env, stub, view, now };
  const logged = await appendEntries(handle, ["order"]);
  await follow(handle, logged);
  return logged;
}

/** The log's index of a decision's officer. @throws Problem credential-refused if the log does not have the officer */
async function officerIndex(env: EscrowEnv, entry: Uint8Array, now: number): Promise<number> {
  const index = await loggedIndex(env, entry, now);
  if (index === undefined) throw refused("approval: the log does not have the officer");
  return index;
}

/**
 * Records an officer's decision. After the last approval that is needed the case goes on to "approved", if log and witnesses
 * answer. @throws CodecError, Problem credential-refused, conflict, not-allowed-now, unavailable
 */
export async function takeDecision(handle: CaseHandle, signed: Uint8Array): Promise<CaseView> {
  const { view, now } = handle;
  if (view.kind === "assemble" && !view.dossiersComplete)
    throw new Problem("not-allowed-now", "The requester must first add the registrar's dossiers.");
  const order = Order.decode(Signed.decode(view.order).document);
  const decision = verifyDecision(signed, {
    orderHash: hexToBytes(view.orderHash),
    caseId: order.caseId,
    trusteeKeys: view.trusteeKeys.map(hexToBytes),
    from: timesOf(order).from,
    to: Math.min(order.expiresAt, now + CLOCK_TOLERANCE_SECONDS),
  });
  const entry = LogEntry.encode({
    kind: decision.decision === "approve" ? "approval" : "refusal",
    at: now,
    subject: approvalHashOf(signed),
    caseId: order.caseId,
    body: new Uint8Array(),
  });
  const officer = officerEntry(decision.officerCard, decision.card.notBefore);
  const { trustee } = decision;
  const dossier = bytesToHex(decision.dossierHash);
  const decided = recorded(
    await handle.stub.decide(
      { trustee, decision: decision.decision, approval: signed, dossier, passkey: passkeyName(decision.card) },
      entry,
      { entry: officer, index: await officerIndex(handle.env, officer, now) },
      now,
    ),
  );
  const logged = await appendEntries({ ...handle, view: decided }, [`decision-${trustee}`]);
  await follow(handle, logged);
  if (logged.state !== "ordered" || !logged.set) return logged;
  try {
    return await carry({ ...handle, view: logged });
  } catch (error) {
    // The decision is recorded and logged. The next call of /advance tries the phase again.
    if (error instanceof Problem && error.code === "unavailable") return logged;
    throw error;
  }
}

/** Runs the next phase of the case, and updates its row in the list of cases. */
export async function carry(handle: CaseHandle): Promise<CaseView> {
  const view = await advance(handle);
  await follow(handle, view);
  return view;
}

/** Adds the registrar's dossiers to an assemble. @throws Problem */
export async function completeDossiers(handle: CaseHandle, dossiers: Uint8Array[]): Promise<CaseView> {
  return recorded(await handle.stub.complete(dossiers, handle.now));
}

/** The sealed results of one chunk, one per member of S. @throws Problem expired, malformed, not-allowed-now */
export async function resultOf(handle: CaseHandle, chunk: number): Promise<CaseResultPage> {
  const { state, cleared, chunks, chunksOpened } = handle.view;
  if (cleared) throw new Problem("expired", "The case has expired, and its sealed results were deleted.");
  if (chunk >= chunks) throw new Problem("malformed", `chunk: the case has only ${chunks}`);
  if (chunk >= chunksOpened) throw new Problem("not-allowed-now", "This chunk of the case is not opened yet.");
  return { state, sealed: (await sealedResults(handle, chunk)).map(toBase64url) };
}

/** One page of the cases in `state` that concern this trustee, with the dossier sealed to it. */
export async function inboxPage(
  env: EscrowEnv,
  { state, after, trusteeKey, now }: { state: CaseView["state"]; after: string; trusteeKey: Hex; now: number },
): Promise<InboxPage> {
  const ids = await listCases(env.ESCROW_DB, { state, after, limit: INBOX_PAGE, now });
  const cases: InboxPage["cases"] = [];
  for (const caseId of ids) {
    const stub = caseObject(env, caseId);
    const answer = await stub.view(now);
    if (!answer.ok || answer.view.state !== state) continue; // the list can lag behind the object
    const index = answer.view.trusteeKeys.indexOf(trusteeKey) + 1;
    if (index === 0 || (answer.view.kind === "assemble" && !answer.view.dossiersComplete)) continue;
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
