// A case at the escrow, as the requester follows it: submit, wait for the officers, carry on phase by phase, and open
// the answers that the members of the approving set sealed to it. The requester believes the escrow's word only for
// "not yet". Answers count when the pinned trustees signed them over this order.

import type { CaseProofs, OrderProof } from "../../api/case-proofs.ts";
import type { CaseResultPage, CaseStatus, RecordSharesPage } from "../../api/escrow/cases.ts";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { type Chunk, chunksOfOrder } from "../../protocol/case-chunks.ts";
import { ForRequester, forRequesterAad, isFalseRow } from "../../protocol/case-documents.ts";
import { type CaseContext, CaseResult, openSigned } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { hybridOpen } from "../../protocol/hybrid-seal.ts";
import { LABELS } from "../../protocol/labels.ts";
import { unpad } from "../../protocol/padding.ts";
import { SymbolonError, textOfCause, translate } from "../errors.ts";
import { apiJson } from "../transport.ts";
import type { RequesterContext, Trustees } from "./context.ts";
import { RequesterError } from "./errors.ts";
import type { PreparedOrder } from "./order.ts";
import { neededFor } from "./proofs.ts";

/** A case as the escrow reports it. */
export type { CaseStatus };

const request = <T>(context: RequesterContext, path: string, json?: unknown, method?: "GET" | "POST"): Promise<T> =>
  apiJson<T>(context.transport, context.deployment.escrowUrl, `/v1/cases${path}`, {
    signWith: context.keys.signSecretKey,
    ...(json === undefined ? {} : { json }),
    ...(method === undefined ? {} : { method }),
  });

/** Submits an order. Sending it again changes nothing. */
export const submitCase = (context: RequesterContext, p: PreparedOrder): Promise<CaseStatus> =>
  request(context, "", { order: toBase64url(p.signed), dossiers: p.dossiers.map(toBase64url) });
export const caseStatus = (context: RequesterContext, caseId: string): Promise<CaseStatus> =>
  request(context, `/${caseId}`);
export const advanceCase = (context: RequesterContext, caseId: string): Promise<CaseStatus> =>
  request(context, `/${caseId}/advance`, undefined, "POST");
export const sendDossiers = (context: RequesterContext, caseId: string, dossiers: Base64url[]): Promise<CaseStatus> =>
  request(context, `/${caseId}/dossiers`, { dossiers });
export const sealedResults = async (context: RequesterContext, caseId: string, chunk = 0): Promise<Base64url[]> =>
  (await request<CaseResultPage>(context, `/${caseId}/result?chunk=${chunk}`)).sealed;
export const recordShares = async (
  context: RequesterContext,
  caseId: string,
  sealed: Base64url[],
): Promise<Base64url[]> => (await request<RecordSharesPage>(context, `/${caseId}/record-shares`, { sealed })).sealed;

/** The escrow's proof that the log has the order. */
export const orderProof = (context: RequesterContext, caseId: string): Promise<OrderProof> =>
  request(context, `/${caseId}/order-proof`);
/** The escrow's proofs of the approvals and the notice. @throws ApiError not-allowed-now before the notice */
export const caseProofs = (context: RequesterContext, caseId: string): Promise<CaseProofs> =>
  request(context, `/${caseId}/proofs`);

// ---- answers that are sealed to the requester

/** One trustee's answer, opened. */
export interface Answer {
  readonly from: number;
  readonly plaintext: Uint8Array;
}

/** Opens the answers of exactly `needed` trustees, ascending. @throws RequesterError wrong-answer */
export function openAnswers(
  context: RequesterContext,
  p: Pick<PreparedOrder, "hash" | "order">,
  kind: ForRequester["kind"],
  { needed, identityKeys }: { needed: number; identityKeys: readonly Uint8Array[] },
  sealed: readonly Base64url[],
): Answer[] {
  const answers = sealed.map((text) => {
    const { key, value: part } = translate(
      () => openSigned(LABELS.signForRequester, ForRequester, fromBase64url(text)),
      (cause) => new RequesterError("wrong-answer", textOfCause(cause), [], cause),
    );
    const author = identityKeys[part.from - 1];
    if (!author || !equalBytes(author, key))
      throw new RequesterError("wrong-answer", "it is signed by none of the trustees");
    const wrong = (detail: string): RequesterError =>
      new RequesterError("wrong-answer", `trustee ${part.from}: ${detail}`, [part.from]);
    if (part.kind !== kind || !equalBytes(part.orderHash, p.hash) || !equalBytes(part.caseId, p.order.caseId))
      throw wrong("it answers something else");
    try {
      const aad = forRequesterAad({ orderHash: p.hash, kind, from: part.from });
      return { from: part.from, plaintext: unpad(hybridOpen(context.keys.seal.secretKey, aad, part.sealed)) };
    } catch {
      throw wrong("its seal does not open");
    }
  });
  const distinct = new Set(answers.map((a) => a.from));
  if (answers.length !== needed || distinct.size !== needed)
    throw new RequesterError("wrong-answer", `${distinct.size} answers of ${needed}`);
  return answers.sort((a, b) => a.from - b.from);
}

/** Decodes a trustee's answer. @throws RequesterError wrong-answer, naming the trustee */
export function readAnswer<T>({ from, plaintext }: Answer, read: (bytes: Uint8Array) => T): T {
  try {
    return read(plaintext);
  } catch (cause) {
    if (cause instanceof RequesterError) throw cause;
    throw new RequesterError("wrong-answer", `trustee ${from}: ${textOfCause(cause)}`, [from], cause);
  }
}

/**
 * Checks that a share's context belongs to this case. Nonce and checkpoint are the escrow's choice, equal for all.
 * @throws RequesterError wrong-answer
 */
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
  if (!fits) throw new RequesterError("wrong-answer", `trustee ${from}: its share belongs to another case`, [from]);
}

// ---- the result of a link or assemble

/** The service id beside a false row, which proves none. */
export const NO_SERVICE: Hex = "00".repeat(16) as Hex;
/** A session that the trustees found. */
export interface LinkedSession {
  readonly epoch: number;
  readonly slot: number;
  /** 16 bytes */
  readonly serviceId: Hex;
  /** 32 bytes */
  readonly tagHash: Hex;
}
/** An epoch whose index the trustees could not compare with a root in the log. */
export type UnprovedEpoch = CaseResult["unproved"][number];
/** The opened sessions of a link or assemble. */
export interface OpenedCase {
  readonly prepared: PreparedOrder;
  /** S, ascending */
  readonly set: readonly number[];
  /** newest epoch first */
  readonly sessions: readonly LinkedSession[];
  /** slots with a session that the escrow's index hides behind a false row; fetchRecords reports each as a fault */
  readonly hidden: readonly LinkedSession[];
  /**
   * epochs in which the escrow may have hidden sessions, since their index is not proven to be whole; newest first. An
   * epoch with the reason "open" cannot be closed yet. fetchRecords reports each other one as a fault
   */
  readonly unproved: readonly UnprovedEpoch[];
}
/** A part of an opening: the sessions of these epochs. */
export interface OpenedChunk extends OpenedCase, Chunk {}

/** All chunks of an opened case, joined. @throws RequesterError, ApiError */
export async function openResult(context: RequesterContext, prepared: PreparedOrder): Promise<OpenedCase> {
  const count = chunksOfOrder(prepared.order).length;
  const chunks = await Promise.all(Array.from({ length: count }, (_, i) => openChunk(context, prepared, i)));
  const [{ set }] = chunks as [OpenedChunk, ...OpenedChunk[]];
  return {
    prepared,
    set,
    sessions: chunks.flatMap((c) => c.sessions),
    hidden: chunks.flatMap((c) => c.hidden),
    unproved: chunks.flatMap((c) => c.unproved),
  };
}

/**
 * One chunk of an opened case. It is valid with equal documents of all of S, each signed by its trustee.
 * @throws RequesterError; SymbolonError no-such-chunk; ApiError
 */
export async function openChunk(
  context: RequesterContext,
  prepared: PreparedOrder,
  chunk: number,
): Promise<OpenedChunk> {
  const range = chunksOfOrder(prepared.order)[chunk];
  if (!range) throw new SymbolonError("no-such-chunk", `${chunk}`);
  const needed = await neededFor(context, prepared.order);
  const sealed = await sealedResults(context, prepared.caseId, chunk);
  const { keySet } = await context.trustees();
  const { identityKeys } = keySet;
  const answers = openAnswers(context, prepared, "result", { needed, identityKeys }, sealed);
  const results = answers.map((answer) =>
    readAnswer(answer, (bytes) => {
      const { key, value } = openSigned(LABELS.signResult, CaseResult, bytes);
      if (!equalBytes(key, keySet.identityKeys[answer.from - 1]!))
        throw new RequesterError("wrong-answer", `trustee ${answer.from}: another signed its result`, [answer.from]);
      if (!equalBytes(value.caseId, prepared.order.caseId) || !equalBytes(value.orderHash, prepared.hash))
        throw new RequesterError("wrong-answer", `trustee ${answer.from}: its result is of another case`, [
          answer.from,
        ]);
      return value;
    }),
  );
  const [first, ...rest] = results as [CaseResult, ...CaseResult[]];
  const bytes = CaseResult.encode(first);
  if (rest.some((r) => !equalBytes(CaseResult.encode(r), bytes)))
    throw new RequesterError(
      "results-differ",
      `trustees ${answers.map((a) => a.from).join(", ")}`,
      answers.map((a) => a.from),
    );
  const { services } = prepared.order;
  const { epochFrom, epochTo } = range;
  if (first.epochFrom !== epochFrom || first.epochTo !== epochTo)
    throw new RequesterError("wrong-answer", "the escrow handed over a result of other epochs");
  const unprovedInScope = first.unproved.every(({ epoch }) => epochFrom <= epoch && epoch <= epochTo);
  const inScope = first.sessions.every(
    (s) =>
      epochFrom <= s.epoch &&
      s.epoch <= epochTo &&
      (services.length === 0 || isFalseRow(s.tagHash) || services.some((id) => equalBytes(id, s.serviceId))),
  );
  if (!inScope || !unprovedInScope)
    throw new RequesterError(
      "wrong-answer",
      "it holds sessions outside the order",
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
    unproved: first.unproved,
  };
}
