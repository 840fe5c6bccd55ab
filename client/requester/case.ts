// A case as the requester follows it at the escrow: submit, wait for the officers, carry on phase by phase, and open what
// the members of the approving set sealed to it. The escrow's word is taken for nothing but "not yet": answers count when
// they are signed by the pinned trustees over this order.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { type Chunk, chunksOfOrder } from "../../protocol/case-chunks.ts";
import { ForRequester, forRequesterAad, isFalseRow } from "../../protocol/case-documents.ts";
import { type CaseContext, CaseResult, openSigned } from "../../protocol/documents.ts";
import { fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { apiJson } from "../transport.ts";
import type { RequesterContext, Trustees } from "./context.ts";
import { RequesterError } from "./errors.ts";
import type { PreparedOrder } from "./order.ts";

export interface CaseStatus {
  caseId: string;
  kind: "link" | "trace" | "assemble";
  state: "ordered" | "approved" | "noticed" | "opened" | "refused" | "expired";
  threshold: number;
  trustees: number;
  expiresAt: number;
  /** S, once enough have approved */
  set: number[] | null;
  dossiersComplete: boolean;
  /** parts of the opening, newest epochs first, that may be read already */
  chunks: { opened: number; of: number };
  decisions: { trustee: number; decision: "approve" | "refuse"; approval: string }[];
  log: { name: string; entry: string; index: number | null }[];
  nonce: string | null;
  checkpoint: string | null;
}

const request = <T>(context: RequesterContext, path: string, json?: unknown, method?: "GET" | "POST"): Promise<T> =>
  apiJson<T>(context.transport, context.deployment.escrowUrl, `/v1/cases${path}`, {
    signWith: context.keys.signSecretKey,
    ...(json === undefined ? {} : { json }),
    ...(method === undefined ? {} : { method }),
  });

/** Sending it again changes nothing. */
export const submitCase = (context: RequesterContext, p: PreparedOrder): Promise<CaseStatus> =>
  request(context, "", { order: toBase64url(p.signed), dossiers: p.dossiers.map(toBase64url) });
export const caseStatus = (context: RequesterContext, caseId: string): Promise<CaseStatus> =>
  request(context, `/${caseId}`);
export const advanceCase = (context: RequesterContext, caseId: string): Promise<CaseStatus> =>
  request(context, `/${caseId}/advance`, undefined, "POST");
export const sendDossiers = (context: RequesterContext, caseId: string, dossiers: string[]): Promise<CaseStatus> =>
  request(context, `/${caseId}/dossiers`, { dossiers });
export const sealedResults = async (context: RequesterContext, caseId: string, chunk = 0): Promise<string[]> =>
  (await request<{ sealed: string[] }>(context, `/${caseId}/result?chunk=${chunk}`)).sealed;
export const recordShares = async (context: RequesterContext, caseId: string, items: unknown[]): Promise<string[]> =>
  (await request<{ sealed: string[] }>(context, `/${caseId}/record-shares`, { items })).sealed;

/** Signed approvals of S, ascending. @throws RequesterError "awaiting-approvals" */
export function approvalsOf(status: CaseStatus): string[] {
  const { set } = status;
  if (!set) throw new RequesterError("awaiting-approvals", `${status.threshold} approvals are needed`);
  return status.decisions.filter((d) => set.includes(d.trustee)).map((d) => d.approval);
}

// ---- what is sealed to the requester

export interface Answer {
  readonly from: number;
  readonly plaintext: Uint8Array;
}

/** Answers of exactly t trustees, ascending. @throws RequesterError "wrong-answer" */
export function openAnswers(
  context: RequesterContext,
  p: Pick<PreparedOrder, "hash" | "order">,
  kind: ForRequester["kind"],
  threshold: number,
  sealed: readonly string[],
): Answer[] {
  const answers = sealed.map((text) => {
    const { key, value: part } = openSigned(LABELS.signPart, ForRequester, fromBase64url(text));
    const author = context.identityKeys[part.from - 1];
    if (!author || !equalBytes(author, key))
      throw new RequesterError("wrong-answer", "an answer is signed by none of the pinned trustees");
    const wrong = (detail: string): RequesterError =>
      new RequesterError("wrong-answer", `trustee ${part.from}: ${detail}`, [part.from]);
    if (part.kind !== kind || !equalBytes(part.orderHash, p.hash) || !equalBytes(part.caseId, p.order.caseId))
      throw wrong("an answer to something else");
    try {
      const aad = forRequesterAad({ orderHash: p.hash, kind, from: part.from });
      return { from: part.from, plaintext: hybridOpen(context.keys.seal.secretKey, aad, part.sealed) };
    } catch {
      throw wrong("a seal that does not open");
    }
  });
  const distinct = new Set(answers.map((a) => a.from));
  if (answers.length !== threshold || distinct.size !== threshold)
    throw new RequesterError("wrong-answer", `${distinct.size} answers of ${threshold}`);
  return answers.sort((a, b) => a.from - b.from);
}

/** Decodes what a trustee sealed. @throws RequesterError "wrong-answer" naming it */
export function readAnswer<T>({ from, plaintext }: Answer, read: (bytes: Uint8Array) => T): T {
  try {
    return read(plaintext);
  } catch (cause) {
    if (cause instanceof RequesterError) throw cause;
    throw new RequesterError("wrong-answer", `trustee ${from}: ${(cause as Error).message}`, [from]);
  }
}

/** A share's context must speak of this case; nonce and checkpoint are the escrow's choice, equal for all. */
export function checkContext(
  p: PreparedOrder,
  trustees: Trustees,
  expected: { kind: CaseContext["kind"]; subjectHash: Uint8Array; requesterKey: Uint8Array; set: readonly number[] },
  { from, context }: { from: number; context: CaseContext },
): void {
  const fits =
    context.kind === expected.kind &&
    equalBytes(context.caseId, p.order.caseId) &&
    equalBytes(context.orderHash, p.hash) &&
    equalBytes(context.keySetId, trustees.keySetId) &&
    context.shareGeneration === trustees.keySet.generation &&
    equalBytes(context.requesterKey, expected.requesterKey) &&
    equalBytes(context.subjectHash, expected.subjectHash) &&
    context.set.join() === expected.set.join() &&
    context.trustee === from &&
    context.expiresAt === p.order.expiresAt;
  if (!fits) throw new RequesterError("wrong-answer", `trustee ${from}: a share of another case`, [from]);
}

// ---- the result of a link or assemble

export interface LinkedSession {
  readonly epoch: number;
  readonly slot: number;
  /** hex */
  readonly serviceId: string;
  /** hex */
  readonly tagHash: string;
}
export interface OpenedCase {
  readonly prepared: PreparedOrder;
  /** S, ascending */
  readonly set: readonly number[];
  /** newest epoch first */
  readonly sessions: readonly LinkedSession[];
  /** slots with a session that the escrow's index hides behind a false row; fetchRecords tells each as a fault */
  readonly hidden: readonly LinkedSession[];
}
/** A part of an opening: the sessions of these epochs. */
export interface OpenedChunk extends OpenedCase, Chunk {}

/** All chunks of an opened case as one. @throws RequesterError, ApiError */
export async function openResult(context: RequesterContext, prepared: PreparedOrder): Promise<OpenedCase> {
  const count = chunksOfOrder(prepared.order).length;
  const chunks = await Promise.all(Array.from({ length: count }, (_, i) => openChunk(context, prepared, i)));
  const [{ set }] = chunks as [OpenedChunk, ...OpenedChunk[]];
  return {
    prepared,
    set,
    sessions: chunks.flatMap((c) => c.sessions),
    hidden: chunks.flatMap((c) => c.hidden),
  };
}

/** Valid with t equal documents, each signed by its trustee. @throws RequesterError */
export async function openChunk(
  context: RequesterContext,
  prepared: PreparedOrder,
  chunk: number,
): Promise<OpenedChunk> {
  const range = chunksOfOrder(prepared.order)[chunk];
  if (!range) throw new RangeError("the order has fewer chunks");
  const { keySet } = await context.trustees();
  const sealed = await sealedResults(context, prepared.caseId, chunk);
  const answers = openAnswers(context, prepared, "result", keySet.threshold, sealed);
  const results = answers.map((answer) =>
    readAnswer(answer, (bytes) => {
      const { key, value } = openSigned(LABELS.signResult, CaseResult, bytes);
      if (!equalBytes(key, context.identityKeys[answer.from - 1]!)) throw new Error("a result signed by another");
      if (!equalBytes(value.caseId, prepared.order.caseId) || !equalBytes(value.orderHash, prepared.hash))
        throw new Error("a result of another case");
      return value;
    }),
  );
  const [first, ...rest] = results as [CaseResult, ...CaseResult[]];
  const bytes = CaseResult.encode(first);
  if (rest.some((r) => !equalBytes(CaseResult.encode(r), bytes)))
    throw new RequesterError(
      "results-differ",
      "the trustees found different sessions",
      answers.map((a) => a.from),
    );
  const { services } = prepared.order;
  const { epochFrom, epochTo } = range;
  if (first.epochFrom !== epochFrom || first.epochTo !== epochTo)
    throw new RequesterError("wrong-answer", "the escrow hands over a result of other epochs");
  const inScope = first.sessions.every(
    (s) =>
      epochFrom <= s.epoch &&
      s.epoch <= epochTo &&
      (services.length === 0 || services.some((id) => equalBytes(id, s.serviceId))),
  );
  if (!inScope)
    throw new RequesterError(
      "wrong-answer",
      "sessions outside the order",
      answers.map((a) => a.from),
    );
  const linked = (s: CaseResult["sessions"][number]): LinkedSession => ({
    epoch: s.epoch,
    slot: s.slot,
    serviceId: bytesToHex(s.serviceId),
    tagHash: bytesToHex(s.tagHash),
  });
  return {
    ...range,
    prepared,
    set: answers.map((a) => a.from),
    sessions: first.sessions.filter((s) => !isFalseRow(s.tagHash)).map(linked),
    hidden: first.sessions.filter((s) => isFalseRow(s.tagHash)).map(linked),
  };
}
