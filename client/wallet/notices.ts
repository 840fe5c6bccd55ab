// "Who opened my records?" The wallet reads the transparency log and finds every case that touched it, without telling
// anybody who it is. For each notice it computes κ = e(G, z·H_n(case id)) and checks whether the entry's MAC is its
// own.
//
// It reads the log through a LogMonitor: freshly cosigned heads only, each continuing the last one seen, and all entries
// between. It also compares its parameters with the log (logged-parameters.ts), and keeps the newest card of each clinic
// (logged-cards.ts). An entry that this version cannot read is counted and skipped, so it hides no other entry.

import { bytesToHex, hexToBytes } from "../../protocol/bytes.ts";
import { NoticeContent } from "../../protocol/case-documents.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { type LogTrust, logTrustOf } from "../../protocol/log-trust.ts";
import { emptyFrontier } from "../../protocol/merkle.ts";
import { parseCheckpoint, parseNote } from "../../protocol/note.ts";
import { openNotice } from "../../protocol/notice.ts";
import { walletKappa } from "../../protocol/opening.ts";
import { type CodeOf, SymbolonError, textOfCause, translate } from "../errors.ts";
import { LogMonitor, type MonitorState, type SplitView } from "../log/monitor.ts";
import { httpLogSource } from "../log/source.ts";
import { logPinsOf } from "../parameters.ts";
import { newestCards } from "./cards.ts";
import { knownPhones } from "./claims.ts";
import type { WalletContext } from "./context.ts";
import { holderSecrets } from "./keys.ts";
import { checkLoggedParameters } from "./logged-parameters.ts";
import type { WalletNotice } from "./state.ts";

/**
 * The log cannot be followed. With the code log-broken, the log contradicts itself or what this wallet saw before;
 * `evidence` then concerns the public, not this phone alone.
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

function monitorState(note: string | undefined): MonitorState | undefined {
  const head = note === undefined ? undefined : parseCheckpoint(parseNote(note)?.text ?? "");
  return head && { note: note!, head, read: emptyFrontier };
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
 * Concurrent calls scan one after the other.
 * @throws LogError, ApiError; ParametersError also if the log and this wallet have different parameters. The notices found are
 * kept even then, and are in the overview
 */
export function findNotices(w: WalletContext): Promise<readonly WalletNotice[]> {
  return w.turns.take("notices", () => scan(w));
}

async function scan(w: WalletContext): Promise<readonly WalletNotice[]> {
  const { deployment, transport, state } = w;
  if (state.generations.length === 0) return state.notices; // no case can have touched this wallet
  const { document } = w.parameters.known(epochOf(transport.now()));
  const trust = translate(
    (): LogTrust => logTrustOf(logPinsOf(deployment), document),
    (cause) => new LogError("bad-log-key", textOfCause(cause), { cause }),
  );
  const monitor = new LogMonitor(
    trust,
    httpLogSource(transport, deployment.logUrl, trust.quorum),
    transport.now,
    monitorState(state.lastCheckpoint),
  );
  const followed = await monitor.follow();
  if (!followed.ok && followed.reason === "stale") throw new LogError("log-stale");
  if (!followed.ok)
    throw new LogError("log-broken", followed.reason, "evidence" in followed ? { evidence: followed.evidence } : {});
  const found: WalletNotice[] = [];
  const entries = followed.entries.map(readEntry);
  const phones = knownPhones(state);
  entries.forEach((entry, i) => {
    const logIndex = followed.from + i;
    if (logIndex < state.noticesSeenUpTo || entry?.kind !== "notice" || !entry.caseId) return;
    // An assemble has a notice for each phone of the person. All have the same content, so the first that opens is enough.
    for (const phone of phones) {
      const { generation } = phone;
      const kappa = walletKappa(holderSecrets(w.root, phone).z, entry.caseId);
      const content = openNotice(kappa, entry.caseId, entry.body);
      if (!content) continue;
      found.push({ logIndex, at: entry.at, generation, content: bytesToHex(NoticeContent.encode(content)) });
      return;
    }
  });
  await w.update((s) => {
    const known = (n: WalletNotice) => s.notices.some((x) => x.logIndex === n.logIndex);
    s.notices.push(...found.filter((n) => !known(n)));
    s.noticesSeenUpTo = followed.head.size;
    s.cards = newestCards(entries, s.cards);
    s.unreadableEntries = entries.filter((entry) => !entry).length;
    s.lastCheckpoint = monitor.state!.note;
  });
  // The notices are kept before this check, since a fault of the registrar must hide none of them.
  checkLoggedParameters(entries, w.parameters.believed, hexToBytes(deployment.registrarKey));
  return w.state.notices;
}
