// A clinic's audit of one past month of the session index. The clinic reads the whole month at the escrow, as anybody can, and
// matches it at home. So the escrow does not learn which clinic reads.
//
//   roots     the log, under a freshly cosigned head, has exactly one root of the month
//   rows      the rows have that root, and are sorted by value
//   sessions  every session of this clinic has a row, with its value, this clinic's service id and a row proof that holds
//
// Each finding is a fault of the escrow, or of a service Worker that did not deliver a row. A row that came after the
// month was closed is missing, too. The clinic knows its sessions from the service Worker: a session that it hides from
// clinic and escrow alike is not found here.

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import type { Parameters } from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { nobleEngine } from "../../protocol/engine.ts";
import { type IndexRow, readIndexRow, verifyIndexRow } from "../../protocol/index-row.ts";
import { cutRows, type IndexRoot, readIndexRoot } from "../../protocol/index-tree.ts";
import { emptyFrontier, frontierRoot, leafHash, pushLeaf } from "../../protocol/merkle.ts";
import { indexValueOfTag } from "../../protocol/opening.ts";
import { decodeAnswer } from "../errors.ts";
import { readLog } from "../log/follow.ts";
import type { Deployment } from "../parameters.ts";
import { eachBody } from "../shared/paging.ts";
import type { Transport } from "../transport.ts";
import type { ClinicSession } from "./session.ts";

export type IndexFinding =
  /** the log has no root of this month, under the newest cosigned head */
  | { readonly kind: "no-root" }
  /** the log has several roots of this month, so the escrow can show each reader another month */
  | { readonly kind: "second-root"; readonly logIndexes: readonly number[] }
  /** the rows do not have the first root in the log */
  | { readonly kind: "other-root" }
  /** the rows are not sorted by value, so a row can be hidden from readers of parts */
  | { readonly kind: "false-order" }
  /** no row has this session's tag */
  | { readonly kind: "missing-session"; readonly tagHash: Hex }
  /** the row of this session has another value, service id or row proof, so no case finds the session */
  | { readonly kind: "wrong-row"; readonly tagHash: Hex };

export interface IndexAudit {
  readonly epoch: number;
  /** rows of the whole month */
  readonly rows: number;
  /** sessions of this clinic in the month */
  readonly own: number;
  /** none if all is well */
  readonly findings: readonly IndexFinding[];
}

/** What one audit is about. */
export interface AuditOf {
  readonly epoch: number;
  /** p_e, 32 bytes */
  readonly paramsHash: Uint8Array;
  /** 16 bytes */
  readonly serviceId: Uint8Array;
  /** the clinic's verified sessions of this month */
  readonly sessions: AsyncIterable<ClinicSession>;
}

interface AuditContext {
  readonly transport: Transport;
  readonly deployment: Deployment;
}

interface LoggedRoot extends IndexRoot {
  readonly logIndex: number;
}

interface OwnSession {
  readonly tagHash: Hex;
  readonly slot: number;
  /** T, compressed G2, 96 bytes */
  readonly tag: Uint8Array;
  /** rows with this T */
  readonly rows: IndexRow[];
}

/**
 * @param terms of the parameters in force now
 * @throws LogError, SessionError, ApiError; SymbolonError bad-answer
 */
export async function auditIndex(
  context: AuditContext,
  terms: Pick<Parameters, "threshold" | "logFreshnessSeconds">,
  of: AuditOf,
): Promise<IndexAudit> {
  const own = await ownSessions(of);
  const { entries } = await readLog(context, terms);
  const [root, ...others] = distinctRoots(
    entries.flatMap((entry, logIndex) => {
      const read = entry && readIndexRoot(entry);
      return read?.epoch === of.epoch ? [{ ...read, logIndex }] : [];
    }),
  );
  const findings: IndexFinding[] = [];
  if (!root) findings.push({ kind: "no-root" });
  else if (others.length > 0)
    findings.push({ kind: "second-root", logIndexes: [root, ...others].map((r) => r.logIndex) });

  let tree = emptyFrontier;
  let last = "";
  let isSorted = true;
  for await (const row of rowsOf(context, of.epoch)) {
    const read = readIndexRow(row);
    const value = bytesToHex(read.value);
    isSorted &&= value > last;
    last = value;
    tree = pushLeaf(tree, leafHash(row));
    own.get(bytesToHex(read.tag))?.rows.push(read);
  }
  if (root && !(tree.size === root.count && equalBytes(frontierRoot(tree), root.root)))
    findings.push({ kind: "other-root" });
  if (!isSorted) findings.push({ kind: "false-order" });
  for (const session of own.values()) {
    const { tagHash, rows } = session;
    if (rows.length === 0) findings.push({ kind: "missing-session", tagHash });
    else if (!rows.some((row) => isRightRow(row, session, of))) findings.push({ kind: "wrong-row", tagHash });
  }
  return { epoch: of.epoch, rows: tree.size, own: own.size, findings };
}

/** Own sessions by their T, hex. */
async function ownSessions({ sessions }: AuditOf): Promise<Map<Hex, OwnSession>> {
  const own = new Map<Hex, OwnSession>();
  for await (const { tagHash, checkInBytes } of sessions) {
    const { T, slot } = readCheckIn(checkInBytes).presentation;
    own.set(bytesToHex(T), { tagHash, slot, tag: T, rows: [] });
  }
  return own;
}

/** Two entries that state the same root are one: a retry may have logged it again. */
const distinctRoots = (roots: readonly LoggedRoot[]): LoggedRoot[] =>
  roots.filter((a, i) => !roots.slice(0, i).some((b) => a.count === b.count && equalBytes(a.root, b.root)));

/** All rows of a month, as the escrow serves them. @throws ApiError; SymbolonError bad-answer */
async function* rowsOf({ transport, deployment }: AuditContext, epoch: number): AsyncGenerator<Uint8Array> {
  const at = { transport, url: deployment.escrowUrl, path: `/v1/index/${epoch}` };
  const bodies = eachBody("rows of the session index", at);
  for await (const bytes of bodies) yield* decodeAnswer("rows of the session index", () => cutRows(bytes));
}

/** Whether trustees would find the session by this row. Its T is the session's. */
function isRightRow(row: IndexRow, { slot, tag }: OwnSession, { epoch, paramsHash, serviceId }: AuditOf): boolean {
  if (!equalBytes(row.serviceId, serviceId) || !equalBytes(row.value, indexValueOfTag(tag))) return false;
  return verifyIndexRow({ serviceId, epoch, slot, paramsHash }, nobleEngine.g2.decode(tag), row.rowProof);
}
