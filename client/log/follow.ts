// Reads the log for an SDK: a LogMonitor under the pinned keys and the parameters in force, and its entries decoded.

import { LogEntry, type Parameters } from "../../protocol/documents.ts";
import { type LogTrust, logTrustOf } from "../../protocol/log-trust.ts";
import type { Frontier } from "../../protocol/merkle.ts";
import { parseCheckpoint, parseNote } from "../../protocol/note.ts";
import { type CodeOf, SymbolonError, textOfCause, translate } from "../errors.ts";
import { type Deployment, logPinsOf } from "../parameters.ts";
import type { Transport } from "../transport.ts";
import { LogMonitor, type MonitorState, type SplitView } from "./monitor.ts";
import { httpLogSource } from "./source.ts";

/**
 * The log cannot be followed. With the code log-broken, the log contradicts itself or what this reader saw before;
 * `evidence` then concerns the public, not this reader alone.
 */
export class LogError extends SymbolonError<CodeOf<"LogError">> {
  override name = "LogError";
  /** two signed heads, if they prove it */
  readonly evidence: SplitView | undefined;
  constructor(
    code: CodeOf<"LogError">,
    detail?: string,
    { cause, evidence }: { cause?: unknown; evidence?: SplitView } = {},
  ) {
    super(code, detail, { cause });
    this.evidence = evidence;
  }
}

/** Where a reading ended, for the next one. */
export interface ReadSoFar {
  /** the signed note of the head, which the next head must continue */
  readonly note: string;
  /** The next reading begins after these tiles. So the log learns in which tile this one ended, and no more. */
  readonly tiles: Frontier;
}
export interface ReadLog extends ReadSoFar {
  /** index of the first of `entries` */
  readonly from: number;
  /** every entry from there on, in order; undefined for one that this version cannot read */
  readonly entries: readonly (LogEntry | undefined)[];
}

function monitorState({ note, tiles }: ReadSoFar): MonitorState | undefined {
  const head = parseCheckpoint(parseNote(note)?.text ?? "");
  return head && { note, head, read: tiles };
}

/** Undefined if this version cannot read the entry, because it is damaged or of a kind that came later. */
function readEntry(bytes: Uint8Array): LogEntry | undefined {
  try {
    return LogEntry.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Reads the log up to a freshly cosigned head: the whole of it, or what came since an earlier reading.
 * @param terms of the parameters in force
 * @throws LogError, ApiError
 */
export async function readLog(
  { transport, deployment }: { transport: Transport; deployment: Deployment },
  terms: Pick<Parameters, "threshold" | "logFreshnessSeconds">,
  before?: ReadSoFar,
): Promise<ReadLog> {
  const trust = translate(
    (): LogTrust => logTrustOf(logPinsOf(deployment), terms),
    (cause) => new LogError("bad-log-key", textOfCause(cause), { cause }),
  );
  const source = httpLogSource(transport, deployment.logUrl, trust.quorum);
  const monitor = new LogMonitor(trust, source, transport.now, before && monitorState(before));
  const followed = await monitor.follow();
  if (!followed.ok && followed.reason === "stale") throw new LogError("log-stale");
  if (!followed.ok)
    throw new LogError("log-broken", followed.reason, "evidence" in followed ? { evidence: followed.evidence } : {});
  const { from, entries, tiles } = followed;
  return { from, entries: entries.map(readEntry), tiles, note: monitor.state!.note };
}
